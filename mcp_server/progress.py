"""Progress in words, from a worker thread, with a sign of life where nothing happens for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread
from mcp.server.mcpserver import Context

from mepg_agent.errors import MepgError
from mepg_agent.records import Event

HEARTBEAT = 15.0  # seconds; clients give up on a silent server after 30 to 60
T = TypeVar("T")


class Progress:
    """Of one request. How much there is to do is not known in advance (repairs), so only the count grows."""

    def __init__(self, ctx: Context[Any, Any]) -> None:
        self._ctx = ctx
        self._count = 0
        self._words = "starting"

    async def watch(self, work: Callable[[Progress], T]) -> T:
        """Runs `work(self)` in a thread and returns what it returns. Raises what it raises."""
        done: list[T] = []
        error: MepgError | None = None
        async with anyio.create_task_group() as group:
            group.start_soon(self._beat)
            try:
                done.append(await anyio.to_thread.run_sync(work, self))
            except MepgError as raised:  # carried out of the group, which would wrap it
                error = raised
            group.cancel_scope.cancel()
        if error is not None:
            raise error
        return done[0]

    def say(self, event: Event) -> None:
        """For the worker thread."""
        step = f" ({event.step} of {event.of})" if event.of else ""
        self._words = f"{event.message}{step}"
        anyio.from_thread.run(self._send)

    async def _send(self) -> None:
        self._count += 1
        await self._ctx.report_progress(self._count, None, self._words)

    async def _beat(self) -> None:
        while True:
            await anyio.sleep(HEARTBEAT)
            await self._send()
