"""Pictures that are being made. A drawing belongs to the server and not to the request that began it: who asked may
leave with a handle and pick the picture up later, also after the server was started again."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from itertools import chain
from pathlib import Path

import anyio
import anyio.from_thread
import anyio.to_thread
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from mcp_server.advice import told
from mcp_server.auth import caller
from mcp_server.changes import Changes
from mcp_server.lazy import LazyAgent
from mcp_server.queue import Queue
from mepg_agent.agent import Agent, Event, Result
from mepg_agent.agent_edits import Stream
from mepg_agent.errors import BadInput, BrokenAsset, Cancelled, InUse, MepgError, NeedsApproval
from mepg_agent.session import Ending

# Notes on disk what will be drawn, and draws it when pulled; the event stops it.
Begin = Callable[[Agent, threading.Event], Stream]
STARTING = Event(node="wait", message="starting")
BEHIND = Event(node="wait", message="waiting until the picture before it is finished")
HEARD = 100  # events that a slow listener may lag behind
QUEUED = 8  # drawings of one client in the making, without another word from the operator
PATIENCE, PAUSE = 5.0, 0.1  # seconds for a session that another call holds, and until it is tried again
log = logging.getLogger(__name__)


def now() -> int:
    """Milliseconds of the epoch."""
    return time.time_ns() // 1_000_000


class Busy(BadInput):
    """A client has as many drawings in the making as it may."""


class Work:
    """One picture in the making. For the event loop, but for `pull`."""

    def __init__(self, session: str, client: str) -> None:
        self.session, self.client, self.begun = session, client, now()
        self.version: int | None = None  # that it will be; None for a step through the history
        self.before: int | None = None  # the version that was shown when it began
        self.at = STARTING
        self.behind = False  # another one of its session comes first
        self.ahead: int | None = None  # pictures that come first; None once it is drawn
        self.preview: Path | None = None
        self.result: Result | None = None
        self.error: MepgError | None = None
        self.noted, self.done = anyio.Event(), anyio.Event()  # `noted`: on disk, so that it outlives the server
        self.stopping = threading.Event()
        self.scope = anyio.CancelScope()
        self._ears: set[MemoryObjectSendStream[Event]] = set()

    def stop(self) -> None:
        """Between two steps, or at once where it still waits."""
        self.stopping.set()
        self.scope.cancel()

    def say(self, event: Event) -> None:
        self.at, self.preview = event, Path(event.preview) if event.preview else self.preview
        for ear in self._ears:
            with suppress(anyio.WouldBlock, anyio.BrokenResourceError):
                ear.send_nowait(event)

    def moved(self, ahead: int) -> None:
        """Stands so far behind in the queue."""
        self.ahead = ahead or None
        if ahead:
            first = "one picture comes" if ahead == 1 else f"{ahead} pictures come"
            self.say(Event(node="wait", message=f"waiting in line: {first} first"))

    @contextmanager
    def heard(self) -> Iterator[MemoryObjectReceiveStream[Event]]:
        """What it says from now on; the stream ends with the work."""
        mouth, ear = anyio.create_memory_object_stream[Event](HEARD)
        with mouth, ear:
            if self.done.is_set():
                mouth.close()
            else:
                self._ears.add(mouth)
            try:
                yield ear
            finally:
                self._ears.discard(mouth)

    def finish(self) -> None:
        if self.result is None and self.error is None:
            advice = "Call wait with its session to draw it after all."
            self.error = Cancelled("The drawing was stopped before the picture was finished.", advice)
        for ear in self._ears:
            ear.close()
        self.noted.set()
        self.done.set()

    def pull(self, stream: Stream) -> Result:
        """For a worker thread: the picture, step by step, or Cancelled once it should stop."""
        with closing(stream):
            try:
                for item in stream:
                    if not isinstance(item, Event):
                        return item
                    anyio.from_thread.run_sync(self.say, item)
                    if self.stopping.is_set():
                        break
            except Cancelled:
                if not self.stopping.is_set():
                    raise
        if self.stopping.is_set():
            raise Cancelled("Stopped before the picture was finished.", "Call wait to draw it after all.")
        raise BrokenAsset("The picture was not finished.", "Draw it again.")


class Drawings:
    """All of one server, by client and session. `side` is the longest of a picture, in pixels."""

    def __init__(self, lazy: LazyAgent, changes: Changes, most: int = QUEUED, side: float = math.inf) -> None:
        self.lazy, self.changes, self.queue, self.side = lazy, changes, Queue(), side
        self._most, self._making = most, Counter[str]()  # drawings in the making, for each client
        self._works: dict[tuple[str, str], list[Work]] = {}  # in the order in which they were asked for
        self._group: TaskGroup | None = None
        self._closing = False

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Drawings]:
        """While the server runs. At the end all drawings stop between two steps; they can be resumed."""
        try:
            async with anyio.create_task_group() as self._group:
                try:
                    yield self
                finally:
                    self._closing = True
                    for work in chain.from_iterable(self._works.values()):
                        work.stop()
        finally:
            self._group, self._closing = None, False
            self.lazy.close()

    def of(self, session: str) -> Work | None:
        """The drawing under way, or the one that failed and nobody has heard of yet."""
        works = self._works.get((caller() or "", session), [])
        return next((work for work in works if not work.done.is_set()), works[-1] if works else None)

    def heard_of(self, work: Work) -> None:
        """How it ended was told."""
        key = (work.client, work.session)
        left = [other for other in self._works.get(key, ()) if other is not work]
        if left:
            self._works[key] = left
        else:
            self._works.pop(key, None)

    def start(self, session: str, begin: Begin) -> Work:
        """Draws in the background, after whatever is drawn of the same session already. Raises Busy."""
        assert self._group is not None, "drawings need a server that runs"
        client = caller() or ""
        if self._making[client] >= self._most:
            raise Busy(f"{self._most} of your drawings are not finished.", "Call wait for one of them, then ask again.")
        self._making[client] += 1
        work, key = Work(session, client), (client, session)
        running = [other for other in self._works.get(key, ()) if not other.done.is_set()]
        self._works[key] = [*running, work]
        self._group.start_soon(self._make, work, running[-1] if running else None, begin)
        return work

    async def _make(self, work: Work, before: Work | None, begin: Begin) -> None:
        try:
            await self._draw(work, before, begin)
            if work.result is None and not self._closing:  # what the server's own end stops goes on after it
                await anyio.to_thread.run_sync(self._note_ending, work)
        finally:
            work.finish()
            self._making[work.client] -= 1
            if work.error is None or isinstance(work.error, Cancelled):
                self.heard_of(work)
        await self.changes.touched(work.session)

    async def _draw(self, work: Work, before: Work | None, begin: Begin) -> None:
        try:
            with work.scope:
                if before is not None:
                    work.behind = True
                    work.say(BEHIND)
                    await before.done.wait()
                    work.behind = False
                    work.say(STARTING)
                stream = await anyio.to_thread.run_sync(self._note, work, begin)
                work.noted.set()
                await self.changes.touched(work.session)
                async with self.queue.turn(work.client, work.moved):
                    work.result = await anyio.to_thread.run_sync(work.pull, stream)
        except MepgError as error:
            work.error = error
        except Exception:  # of one drawing: the server goes on
            log.exception("a drawing failed unexpectedly")
            work.error = BrokenAsset("The drawing failed unexpectedly.", "See the server's log; then draw it again.")

    def _note(self, work: Work, begin: Begin) -> Stream:
        agent = self.lazy.get()
        past = agent.store.history(work.session)
        work.before = past.head if past else None
        stream = self._begun(agent, work, begin)
        edit = agent.store.edit(work.session)
        work.version = edit.number if edit else None if past else 1
        return stream

    def _begun(self, agent: Agent, work: Work, begin: Begin) -> Stream:
        """Once nobody else holds the session: whoever looks at a picture holds it for a moment, too. Raises InUse."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return begin(agent, work.stopping)
            except InUse:
                if time.monotonic() > until or work.stopping.wait(PAUSE):
                    raise

    def _note_ending(self, work: Work) -> None:
        """For whoever asks about the drawing's task, also once the server was started anew."""
        if work.version is None or isinstance(work.error, InUse | NeedsApproval):
            return
        error = None if work.error is None or isinstance(work.error, Cancelled) else told(work.error)
        with suppress(MepgError):  # the disk may be what failed, or the session is gone
            self.lazy.get().store.put_ending(work.session, Ending(version=work.version, at=now(), error=error))
