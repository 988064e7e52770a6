"""Tells a client that listens how its tasks stand, so that it need not ask: `notifications/tasks` on the stream of
`subscriptions/listen`, as the tasks extension has it."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal, cast

import anyio
from mcp.server.mcpserver import MCPServer
from mcp.server.session import ServerSession
from mcp.server.subscriptions import SUBSCRIPTION_ID_META_KEY, ListenHandler
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    Notification,
    ServerNotification,
    SubscriptionsAcknowledgedNotification,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
)

from mcp_server.auth import caller
from mcp_server.changes import Changes
from mcp_server.tasks import POLL, Ctx, Task, known, look, require

FIELD = "taskIds"
MOST_TASKS = 100  # of one stream
MOST_STREAMS = 100  # of one client


class TaskNotification(Notification[dict[str, Any], Literal["notifications/tasks"]]):
    method: Literal["notifications/tasks"] = "notifications/tasks"


class Acknowledging:
    """The session of a stream, which names in its first message the tasks that will be told of, too."""

    def __init__(self, session: ServerSession, tasks: list[Task]) -> None:
        self._session, self._tasks = session, tasks
        self.acknowledged = anyio.Event()

    async def send_notification(self, notification: ServerNotification, related_request_id: str | int | None) -> None:
        first = isinstance(notification, SubscriptionsAcknowledgedNotification)
        if first and self._tasks:
            honored = notification.params.notifications
            more = honored.model_copy(update={FIELD: [str(task) for task in self._tasks]})
            params = notification.params.model_copy(update={"notifications": more})
            notification = notification.model_copy(update={"params": params})
        await self._session.send_notification(notification, related_request_id)
        if first:
            self.acknowledged.set()


class Listening:
    """Serves `subscriptions/listen`: the SDK's own handler, and tasks beside it."""

    def __init__(self, changes: Changes) -> None:
        self._plain = ListenHandler(changes.bus)
        self._streams = Counter[str | None]()  # by client

    def serve(self, server: MCPServer[Any]) -> None:
        """The SDK's server takes no other handler for it than its own."""
        add = server._lowlevel_server.add_request_handler
        add("subscriptions/listen", SubscriptionsListenRequestParams, self)

    def close(self) -> None:
        """Ends every stream, each with its last message."""
        self._plain.close()

    async def __call__(self, ctx: Ctx, params: SubscriptionsListenRequestParams) -> SubscriptionsListenResult:
        tasks, client = await _asked_for(ctx, params), caller()
        if self._streams[client] >= MOST_STREAMS:
            raise MCPError(INTERNAL_ERROR, f"You have {MOST_STREAMS} streams open. Close one of them.")
        self._streams[client] += 1
        session = Acknowledging(ctx.session, tasks)
        results: list[SubscriptionsListenResult] = []
        try:
            async with anyio.create_task_group() as group:
                for task in tasks:
                    group.start_soon(_follow, ctx, task, session.acknowledged)
                results.append(await self._plain(replace(ctx, session=cast(ServerSession, session)), params))
                group.cancel_scope.cancel()
            return results[0]
        finally:
            self._streams[client] -= 1


async def _asked_for(ctx: Ctx, params: SubscriptionsListenRequestParams) -> list[Task]:
    """Those of the caller's own; others are left out of what is acknowledged."""
    given = (params.notifications.model_extra or {}).get(FIELD)
    if not given:
        return []
    require(ctx)
    found: list[Task] = []
    for task_id in [str(each) for each in given][:MOST_TASKS] if isinstance(given, list) else ():
        with suppress(MCPError):
            found.append(await known(ctx, task_id))
    return [*dict.fromkeys(found)]


async def _follow(ctx: Ctx, task: Task, acknowledged: anyio.Event) -> None:
    """Tells how the task stands, and again whenever that changed, until it has ended."""
    await acknowledged.wait()
    told: tuple[str, str] | None = None
    while told is None or told[0] == "working":
        try:
            found = await look(ctx, task)
        except MCPError:  # it was dropped with its session
            return
        stands = found["status"], found.get("statusMessage", "")
        if stands != told:
            params = {**found, "_meta": {SUBSCRIPTION_ID_META_KEY: ctx.request_id}}
            await ctx.session.send_notification(
                cast(ServerNotification, TaskNotification(params=params)), ctx.request_id
            )
        told = stands
        await _moved(ctx, task)


async def _moved(ctx: Ctx, task: Task) -> None:
    """Waits until its drawing ends, or until it is time for another look."""
    work = ctx.lifespan_context.of(task.session)
    with anyio.move_on_after(POLL / 1000):
        await (anyio.sleep_forever() if work is None or work.done.is_set() else work.done.wait())
