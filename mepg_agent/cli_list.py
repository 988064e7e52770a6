"""A list of pictures to draw, as .txt, .csv or .jsonl: read whole, every line checked before anything is drawn."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mepg_agent.agent import make_brief
from mepg_agent.batch import Item, file_id, make_items
from mepg_agent.cli_input import FROM_STDIN, check_no_size, read_plan, read_size, standard_input
from mepg_agent.errors import BadInput
from mepg_agent.mistakes import first_mistake
from mepg_agent.records import Brief
from mepg_agent.scene import ScenePlan

COLUMNS = ("prompt", "seed", "plan", "size", "id", "steps")
SHOWN = 5  # bad lines that are named; the others are counted
Row = tuple[int, dict[str, Any] | BadInput]  # the line it starts at, counted from 1, and what it says


def read_list(file: Path, **wishes: Any) -> list[Item]:
    """The items of a list; "-" reads lines of JSON or of text from the standard input. `wishes` are fields of `Brief`
    that hold for all.

    Paths of plans are relative to the list. Raises BadInput that counts all bad lines and names the first few.
    """
    make_brief("a picture", **wishes)  # a wish that cannot be is no mistake of the list
    name = "The standard input" if str(file) == FROM_STDIN else str(file)
    folder = Path() if str(file) == FROM_STDIN else file.parent
    rows = list(_rows(file, name))
    if not rows:
        raise BadInput(f"{name} holds nothing to draw.", "Write one prompt a line.")
    wanted: list[tuple[str | None, Brief]] = []
    bad: list[str] = []
    names: dict[str, int] = {}
    for line, said in rows:
        try:
            wanted.append(_wanted(line, said, names, folder, wishes))
        except BadInput as error:
            bad.append(f"Line {line}: {error}")
    if bad:
        raise _refused(name, bad, len(rows))
    return make_items(wanted)


def _refused(name: str, bad: list[str], of: int) -> BadInput:
    more = [f"And {len(bad) - SHOWN} more."] if len(bad) > SHOWN else []
    lines = [f"{name}: {len(bad)} of {of} cannot be drawn.", *bad[:SHOWN], *more]
    return BadInput(lines, "Nothing was drawn; mend the list and start again.")


def _rows(file: Path, name: str) -> Iterator[Row]:
    ending = file.suffix.lower()
    if str(file) == FROM_STDIN:
        text = _text(standard_input().read(), name)
        return _json_lines(text) if text.lstrip().startswith("{") else _prompts(text)
    readers = {".txt": _prompts, ".csv": _cells, ".jsonl": _json_lines}
    if ending not in readers:
        raise BadInput(f"'{file}' is not a list.", f"A list ends in {', '.join(readers)}.")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise BadInput(f"The list {file} cannot be read: {error.strerror}.", "Name a file that exists.") from error
    return readers[ending](_text(content, name))


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{name} is not UTF-8 text.", "Save it as UTF-8.") from error


def _prompts(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if (prompt := line.strip()) and not prompt.startswith("#"):
            yield number, {"prompt": prompt}


def _json_lines(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, _json_line(line)


def _json_line(line: str) -> dict[str, Any] | BadInput:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as error:
        why = error.msg if isinstance(error, json.JSONDecodeError) else "it nests too deep or has too long a number"
        return BadInput(f"It is not JSON: {why}.", 'Write an object, as {"prompt": "a red fox", "seed": 7}.')
    if not isinstance(said, dict):
        return BadInput("It is not a JSON object.", 'Write one, as {"prompt": "a red fox", "seed": 7}.')
    return said


def _cells(text: str) -> Iterator[Row]:
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    head: list[str] | None = None
    start = 1
    try:
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if head is None:
                head = _head(cells)
            elif len(cells) > len(head):
                yield line, BadInput("It has more cells than the header.", "Put words with commas into quotes.")
            else:
                yield line, {column: cell for column, cell in zip(head, cells, strict=False) if cell.strip()}
    except csv.Error as error:
        raise BadInput(f"Line {start} is not CSV: {error}.", "Close its quotes.") from error


def _head(cells: list[str]) -> list[str]:
    head = [cell.strip().lower() for cell in cells]
    _check_names(head)
    if len(set(head)) < len(head):
        raise BadInput("The header names a column twice.", "Keep one of them.")
    return head


def _check_names(names: list[str]) -> None:
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        raise BadInput(f"There is no column {unknown[0][:60]!r}.", f"Possible are {', '.join(COLUMNS)}.")


def _wanted(
    line: int, said: dict[str, Any] | BadInput, names: dict[str, int], folder: Path, wishes: dict[str, Any]
) -> tuple[str | None, Brief]:
    """Id and brief of a row. `names` has the lines of the ids so far."""
    if isinstance(said, BadInput):
        raise said
    _check_names(list(said))
    said = {key: value for key, value in said.items() if value is not None}
    plan = _plan(said["plan"], folder) if "plan" in said else None
    check_no_size(plan, said.get("size"))
    brief = make_brief(
        said.get("prompt", plan.prompt if plan else ""),
        plan=plan,
        extent=read_size(str(said["size"])) if "size" in said else None,
        **wishes,
        **{key: said[key] for key in ("seed", "steps") if key in said},
    )
    return _id(line, said, names), brief


def _id(line: int, said: dict[str, Any], names: dict[str, int]) -> str | None:
    if "id" not in said:
        return None
    name = file_id(str(said["id"]))
    if not name:
        raise BadInput("Its id has no letter or digit to name a file by.", "Write another, or leave it out.")
    if (before := names.setdefault(name.casefold(), line)) != line:
        raise BadInput(f"Its id names the same file as line {before}, {name}.png.", "Write another, or leave it out.")
    return name


def _plan(given: Any, folder: Path) -> ScenePlan:
    """A plan that stands in the list, or the file of one."""
    advice = "Write the path of a plan, or the object that `mepg plan … --json` prints."
    try:
        if isinstance(given, dict):
            return ScenePlan.model_validate_json(json.dumps(given))
        if isinstance(given, str) and given.lstrip().startswith("{"):
            return ScenePlan.model_validate_json(given)
    except ValidationError as error:
        raise BadInput(f"Its plan cannot be drawn: {first_mistake(error)}.", advice) from error
    if not isinstance(given, str) or not given.isprintable():
        raise BadInput("Its plan is neither a path nor an object.", advice)
    return read_plan(folder / given)
