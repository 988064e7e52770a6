"""The stream of events, shown while it happens: a bar on a terminal, a line a node elsewhere. Always on stderr."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from mepg_agent.records import Event


class Watch:
    """Shows one event after the other; shows nothing at all when `quiet`."""

    def __init__(self, console: Console, quiet: bool) -> None:
        self._console = console
        self._quiet = quiet
        self._last: Event | None = None
        words = TextColumn("{task.description}", markup=False)
        columns = (words, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal)
        self._task = self._bar.add_task("starting", total=None)

    def show(self, event: Event) -> None:
        self._bar.update(self._task, description=event.message, total=event.of, completed=event.step or 0)
        last, self._last = self._last, event
        new_line = event.step is None or last is None or event.node != last.node  # in a log not a line a step
        if new_line and event != last and not self._quiet and not self._console.is_terminal:
            self._console.print(Text(f"{event.node}: {event.message}"))

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


@contextmanager
def telling(
    console: Console, first: str, hidden: bool = False, lines: bool = False
) -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar with the time left on stderr, where everything that is printed meanwhile goes too. What it takes:
    done, of, what. With `lines` a log, which has no bar, gets a line for every new `what`."""
    said = first

    def tell(done: int, of: int, what: str) -> None:
        nonlocal said
        progress.update(shown, completed=done, total=of, description=what)
        if what != said and lines and not hidden and not console.is_terminal:
            console.print(Text(what))
        said = what

    hidden_bar = hidden or not console.is_terminal  # a log would get an empty line of it
    with redirect_stdout(sys.stderr), Progress(console=console, transient=True, disable=hidden_bar) as progress:
        shown = progress.add_task(first, total=None)
        yield tell


@contextmanager
def asked_to_stop() -> Iterator[threading.Event]:
    """Set by the first Ctrl-C, so that the step at hand can end and its session be resumed; a second breaks in."""
    asked = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def ask(*_: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
