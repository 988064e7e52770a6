"""Progress in words, with a sign of life where nothing happens for a while."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from mcp.server.mcpserver import Context

from mcp_server.drawings import Work
from mepg_agent.errors import MepgError
from mepg_agent.records import Event

HEARTBEAT = 15.0  # seconds; clients give up on a silent server after 30 to 60
T = TypeVar("T")


class Progress:
    """Of one request. How much there is to do is not known in advance (repairs), so only the count grows."""

    def __init__(self, ctx: Context[Any, Any]) -> None:
        self._ctx = ctx
        self._count = 0

    async def tell(self, words: str) -> None:
        self._count += 1
        await self._ctx.report_progress(self._count, None, words)

    async def during(self, words: str, work: Callable[[], T]) -> T:
        """Runs `work` in a thread and returns what it returns. Raises what it raises."""
        done: list[T] = []
        error: MepgError | None = None
        async with anyio.create_task_group() as group:
            group.start_soon(self._beat, words)
            try:
                done.append(await anyio.to_thread.run_sync(work))
            except MepgError as raised:  # carried out of the group, which would wrap it
                error = raised
            group.cancel_scope.cancel()
        if error is not None:
            raise error
        return done[0]

    async def follow(self, work: Work, patience: float) -> None:
        """Tells what a drawing is at, until it ends or `patience` (seconds) does."""
        with suppress(anyio.EndOfStream), anyio.move_on_after(patience), work.heard() as said:
            while True:
                event = None
                with anyio.move_on_after(HEARTBEAT):
                    event = await said.receive()
                await self.tell(words_of(event or work.at))

    async def _beat(self, words: str) -> None:
        while True:
            await anyio.sleep(HEARTBEAT)
            await self.tell(words)


def words_of(event: Event) -> str:
    step = f" ({event.step} of {event.of})" if event.of else ""
    return f"{event.message}{step}"
