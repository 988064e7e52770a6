"""`mepg batch`: a list of pictures, drawn without anyone watching. One JSON line a picture on the standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stdout
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from mepg_agent.cli_input import Combined, MaxCalls, MaxSeconds, Planner, Rounds, Verifiers, check_output
from mepg_agent.cli_progress import asked_to_stop
from mepg_agent.cli_report import ACCEPTED, BEST_EFFORT, FAULT
from mepg_agent.errors import Cancelled
from mepg_agent.records import ROUNDS, Event
from mepg_agent.settings import Settings

if TYPE_CHECKING:
    from mepg_agent.batch import Item, Outcome


def batch(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help='A list: .txt, .csv or .jsonl; "-" reads lines of text or of JSON from the standard input.',
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Gets the pictures, DIR/<id>.png.")],
    rounds: Rounds = ROUNDS,
    max_calls: MaxCalls = None,
    max_seconds: MaxSeconds = None,
    planner: Planner = "auto",
    verifier: Verifiers = ["auto"],  # noqa: B006  Typer takes no other sequence
    combine: Combined = "all",
    jobs: Annotated[
        int, typer.Option(min=1, max=64, help="Pictures planned and checked at once; they are drawn one by one.")
    ] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the batch that DIR holds.")] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write a page about all of them (.html).")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Nothing but JSON: no progress, and errors as an object too.")
    ] = False,
) -> int:
    """Draw a list of pictures into a folder.

    A .txt has one prompt a line, '#' starts a comment; a .csv or .jsonl has prompt, seed, plan, size, id, steps.

    The exit code is 0 if all were accepted, 3 if some are a best effort, 1 if some failed, 2 if the list is wrong.
    """
    from mepg_agent.batch import open_folder, picture_file, run_batch
    from mepg_agent.batch_report import write_report
    from mepg_agent.cli_list import read_list
    from mepg_agent.planning.chain import choose_planner
    from mepg_agent.verify.chain import check_names

    choose_planner(planner, Settings.load())
    check_names(verifier)
    checked = {"rounds": rounds, "verifiers": tuple(verifier), "combine": combine}
    items = read_list(file, planner=planner, max_calls=max_calls, max_seconds=max_seconds, **checked)
    open_folder(output)
    page = check_output(report, ".html") if report else None
    outcomes: dict[str, Outcome] = {}
    stdout = ctx.obj.out.file  # fetched here: what a model library prints goes to stderr from now on
    with ctx.obj.make_agent() as agent, redirect_stdout(sys.stderr):
        news = run_batch(agent, items, output, jobs, resume)
        try:
            with closing(news), asked_to_stop() as asked, _Watch(ctx.obj.err, len(items), as_json) as watch:
                for item, what in news:
                    if isinstance(what, Event):
                        watch.show(item, what)
                    else:
                        outcomes[item.id] = what
                        watch.done(item, what)
                        with watch.aside():
                            stdout.write(json.dumps(_line(what, picture_file(output, item))) + "\n")
                            stdout.flush()
                    if asked.is_set() and len(outcomes) < len(items):
                        finished = f"Stopped with {len(outcomes)} of {len(items)} pictures finished."
                        raise Cancelled(finished, "Give the same command with --resume to go on.")
        finally:
            if page is not None:
                write_report(page, items, outcomes, output, agent.store)
    if not as_json:
        ctx.obj.err.print(Text(_summary(outcomes)))
    statuses = {outcome.status for outcome in outcomes.values()}
    return FAULT if "failed" in statuses else BEST_EFFORT if "best_effort" in statuses else ACCEPTED


def _line(outcome: Outcome, picture: Path) -> dict[str, Any]:
    drawn = outcome.status != "failed"
    line = {
        "id": outcome.id,
        "status": outcome.status,
        "file": str(picture.absolute()) if drawn else None,
        "session": outcome.session,
        "seconds": round(outcome.seconds, 3),
        "calls": outcome.calls,
    }
    return line if drawn else {**line, "error": outcome.error}


def _summary(outcomes: dict[str, Outcome]) -> str:
    counts = {"accepted": 0, "best_effort": 0, "failed": 0}
    for outcome in outcomes.values():
        counts[outcome.status] += 1
    parts = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in counts.items() if count)
    return f"{len(outcomes)} picture{'s' if len(outcomes) != 1 else ''}: {parts}."


class _Watch:
    """On a terminal a bar with the time left; elsewhere a line a picture. Nothing at all when `quiet`."""

    def __init__(self, console: Console, total: int, quiet: bool) -> None:
        self._console, self._total, self._quiet = console, total, quiet
        self._finished = 0
        self._drawing: float | None = None  # when the first picture of this run was begun, by the clock
        self._drawn = 0  # since then
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}", markup=False),
        )
        self._bar = Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal)
        self._task = self._bar.add_task("starting", total=total, left="")

    def show(self, item: Item, event: Event) -> None:
        if self._drawing is None:
            self._drawing = monotonic()
        step = f" {event.step}/{event.of}" if event.step is not None else ""
        self._bar.update(self._task, description=f"{item.id}: {event.message}{step}")

    def done(self, item: Item, outcome: Outcome) -> None:
        self._finished += 1
        self._drawn += self._drawing is not None
        left = self._left()
        self._bar.update(self._task, completed=self._finished, left=left)
        if self._quiet or (self._console.is_terminal and outcome.status != "failed"):
            return
        said = outcome.error if outcome.status == "failed" else f"{outcome.seconds:.1f} s"
        place = ", ".join(filter(None, (f"{self._finished} of {self._total}", left)))
        self._console.print(Text(f"{item.id}: {outcome.status.replace('_', ' ')}, {said} ({place})"))

    @contextmanager
    def aside(self) -> Iterator[None]:
        """The bar makes room for what others write to the same terminal."""
        self._bar.stop()
        try:
            yield
        finally:
            self._bar.start()

    def _left(self) -> str:
        """Time left, by the mean of the pictures that this run drew."""
        more = self._total - self._finished
        if self._drawing is None or not more:
            return ""
        seconds = round((monotonic() - self._drawing) / self._drawn * more)
        hours, minutes = divmod(seconds // 60, 60)
        return f"about {hours}:{minutes:02}:{seconds % 60:02} left"

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
