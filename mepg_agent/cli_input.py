"""What a person typed, turned into values; every mistake becomes one sentence and what to do about it."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from pydantic import ValidationError

from mepg_agent.errors import BadInput
from mepg_agent.mistakes import first_mistake
from mepg_agent.records import Combine
from mepg_agent.scene import MAX_PROMPT, Extent, ScenePlan

FROM_STDIN = "-"
# How a picture is checked and what it may cost: the same for one and for a list.
Rounds = Annotated[
    int,
    typer.Option(min=0, max=20, help="Rounds of repair at most; a region that failed has five rungs to climb."),
]
MaxCalls = Annotated[
    float | None, typer.Option(help="Denoiser calls of a picture at most, repairs included; those of ten by default.")
]
MaxSeconds = Annotated[float | None, typer.Option(help="No repair of a picture begins after so many seconds.")]
Planner = Annotated[str, typer.Option(help="Who lays the picture out: auto, psa, rules or chat:PROVIDER:MODEL.")]
Verifiers = Annotated[
    list[str], typer.Option(help="Who checks: auto, clip:MODEL, vlm:MODEL or chat:PROVIDER:MODEL. May be repeated.")
]
Combined = Annotated[Combine, typer.Option(help="What several verifiers say: all, any or mean.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def check_json_comes_last(ctx: typer.Context, as_json: bool) -> None:
    """Raises BadInput for --json between a group and its command."""
    if as_json:
        said = f"Say mepg {ctx.info_name} {ctx.invoked_subcommand} … --json."
        raise BadInput("--json stands before the command.", said)


def read_prompt(prompt: str) -> str:
    """The prompt itself, or for "-" what stands on the standard input."""
    if prompt != FROM_STDIN:
        return prompt
    text = TextIOWrapper(standard_input(), encoding="utf-8", newline="")
    try:
        return text.read(MAX_PROMPT + 1)  # one character more than is allowed: enough to see that it is too long
    except UnicodeDecodeError as error:
        raise BadInput("The standard input is not UTF-8 text.", "Pipe plain text into `mepg draw -`.") from error
    finally:
        text.detach()  # leaves the stream open


def standard_input() -> BinaryIO:
    """Raises BadInput where it is closed."""
    if sys.stdin is None:
        raise BadInput("The standard input is closed.", "Name what it should bring instead of '-'.")
    return sys.stdin.buffer


def read_plan(file: Path) -> ScenePlan:
    try:
        return ScenePlan.model_validate_json(file.read_bytes())
    except OSError as error:
        raise BadInput(f"The plan {file} cannot be read: {error.strerror}.", "Name a file that exists.") from error
    except ValidationError as error:
        advice = "`mepg plan … --json` prints a good one, `mepg schema ScenePlan` says what may stand in it."
        raise BadInput(f"{file} is not a plan: {first_mistake(error)}.", advice) from error


def check_no_size(plan: object, size: object) -> None:
    """Raises BadInput for a size beside a plan."""
    if plan is not None and size is not None:
        raise BadInput("A plan has its own size.", "Leave out the size.")


def read_size(size: str) -> Extent:
    """ "256" or "320x256", in pixels."""
    match = re.fullmatch(r"(\d{1,5})(?:[x×](\d{1,5}))?", size)
    if match is None:
        raise BadInput(f"'{size}' is not a size.", "Write pixels, as 256 or 320x256.")
    try:
        return Extent(width=int(match[1]), height=int(match[2] or match[1]))
    except ValidationError as error:
        raise BadInput(f"A picture cannot be {size}: {first_mistake(error)}.", "Both sides are 64 to 4096.") from error


def check_output(file: Path, ending: str) -> Path:
    """Absolute path of a file that can be written, found out before any work is done."""
    if file.suffix.lower() != ending:
        raise BadInput(f"'{file}' does not end in {ending}.", f"Name it {file.stem or 'picture'}{ending}.")
    try:
        file = file.absolute()
        if file.is_dir():
            raise BadInput(f"{file} is a folder.", "Name a file.")
        if not file.parent.is_dir():
            raise BadInput(f"There is no folder {file.parent}.", "Make it first, or name another file.")
        tempfile.TemporaryFile(dir=file.parent).close()
        if file.exists() and not os.access(file, os.W_OK):
            raise PermissionError(13, os.strerror(13))
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error.strerror}.", "Name a file in another folder.") from error
    return file
