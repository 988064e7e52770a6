"""Whose turn it is on a device: one picture at a time, by the threads of this program and by all programs of a home.

    home/devices/cpu.lock       held by the program that draws
    home/devices/cpu.next.lock  held by the one that comes next

Whoever has just drawn has to get hold of the second file again, as everybody else: nobody draws twice while another one
waits. The system lets go for a program that was killed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

from mepg_agent.errors import Cancelled, InUse
from mepg_agent.files import alone
from mepg_agent.pictures import writing

WAITING = "another program is drawing on this device; waiting"
POLL = 0.1  # seconds between two looks
SAID = 10  # looks between two words of it: whoever follows can tell that it is alive, and stop it


class Turns:
    """On one device, by the programs that keep their pictures in `home`. `device` names the device once it is known,
    fit for a file's name."""

    def __init__(self, home: Path, device: Callable[[], str]) -> None:
        self._home, self._device = home, device
        self._threads = threading.Lock()

    @contextmanager
    def turn(self, stop: threading.Event, tell: Callable[[str], None] = lambda words: None) -> Iterator[None]:
        """Waits for the device and has it until the block ends; `tell` hears now and then that another program has it.

        Raises Cancelled once `stop` is set, BrokenAsset where the home cannot be written.
        """
        with ExitStack() as stack:
            for words in self.waiting(stack, stop):
                tell(words)
            yield

    def waiting(self, stack: ExitStack, stop: threading.Event) -> Iterator[str]:
        """Words, now and then, as long as another program has the device; then `stack` has it until it ends. Raises as
        `turn`."""
        while not self._threads.acquire(timeout=POLL):
            if stop.is_set():
                raise stopped()
        stack.callback(self._threads.release)
        with ExitStack() as door:
            yield from self._entered(door, ".next", stop)
            yield from self._entered(stack, "", stop)

    def _entered(self, stack: ExitStack, which: str, stop: threading.Event) -> Iterator[str]:
        """Words until the stack has the lock."""
        lock = self._home / "devices" / f"{self._device()}{which}.lock"
        for look in count():
            try:
                with writing(self._home):
                    stack.enter_context(alone(lock, InUse("Another program draws.", "Wait until it is done.")))
                return
            except InUse:
                if look % SAID == 0:
                    yield WAITING
            if stop.wait(POLL):
                raise stopped()


def stopped() -> Cancelled:
    return Cancelled("Stopped before the picture was finished.", "Resume the session to draw it after all.")
