"""A picture that is being drawn, followed to its result: events on stderr, the result on the standard output."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from contextlib import closing, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Group
from rich.text import Text

from mepg_agent.cli_progress import Watch, asked_to_stop
from mepg_agent.cli_report import CODES, WAITING, plan_view, result_json, result_view
from mepg_agent.errors import BadInput, MepgError, NeedsApproval
from mepg_agent.files import whole
from mepg_agent.records import Event

if TYPE_CHECKING:
    from mepg_agent.cli import Door
    from mepg_agent.session import Result

T = TypeVar("T")
Output = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to put the picture (.png).")]


def follow(door: Door, items: Iterator[Event | Result], file: Path | None, as_json: bool) -> int:
    """Shows the events, then the result, or the layout that waits for approval."""
    try:
        result = watch(door, items, quiet=as_json)
    except NeedsApproval as waiting:
        _show_layout(door, waiting, as_json)
        return WAITING
    show_result(door, result, file, as_json)
    return CODES[result.status]


def _show_layout(door: Door, waiting: NeedsApproval, as_json: bool) -> None:
    if as_json:
        plan, remarks = waiting.plan.model_dump(mode="json"), [r.model_dump(mode="json") for r in waiting.remarks]
        door.json({"status": "waiting", "session": waiting.session, "plan": plan, "remarks": remarks})
        return
    said = [f"{remark.severity}: {remark.message}" for remark in waiting.remarks]
    lines = [*said, waiting.message, waiting.advice]
    door.out.print(Group(plan_view(waiting.plan), Text(), *(Text(line) for line in lines)))


def show_result(door: Door, result: Result, file: Path | None, as_json: bool) -> None:
    """Copies the picture to `file` and reports it."""
    if file is not None:
        copy(result.image, file)
    place = file or result.image
    if as_json:
        door.json(result_json(result, place))
    else:
        door.out.print(result_view(result, place))


def watch(door: Door, items: Iterator[Event | T], quiet: bool) -> T:
    """Shows the events; returns what comes after them."""
    # What a model library prints goes to stderr: the standard output is for the result.
    with (
        redirect_stdout(sys.stderr),
        closing(_pulled(items)) as stream,
        asked_to_stop() as asked,
        Watch(door.err, quiet) as shown,
    ):
        for item in stream:
            if not isinstance(item, Event):
                return item
            if asked.is_set():
                raise KeyboardInterrupt
            shown.show(item)
    raise MepgError("The picture was not finished.", "Draw it again.")


def _pulled(items: Iterator[T]) -> Generator[T, None, None]:
    """The same items, from something that can be closed: closing it stops the drawing."""
    yield from items


def copy(image: Path, file: Path) -> None:
    """The picture as `file`, whole or not at all. Raises BadInput, BrokenAsset where the kept one is damaged."""
    from mepg_agent.pictures import content_of

    put(file, content_of(image), f"The picture is kept at {image}.")


def put(file: Path, content: bytes, advice: str = "Name a file in another folder.") -> None:
    """Writes what a command was asked for, whole or not at all. Raises BadInput with `advice`."""
    try:
        with whole(file) as stream:
            stream.write(content)
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error.strerror}.", advice) from error
