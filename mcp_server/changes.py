"""Tells clients what changed: the list of resources, and each resource that they asked to hear of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import anyio
from mcp.server import NotificationOptions
from mcp.server.connection import Connection
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import MCPServer
from mcp.server.subscriptions import InMemorySubscriptionBus, ResourcesListChanged, ResourceUpdated, ServerEvent
from mcp_types import EmptyResult, SubscribeRequestParams, UnsubscribeRequestParams

from mcp_server.auth import caller

MOST = 1000  # resources that one older client hears of; the first ones go first
SLOW = 1.0  # seconds for a client to take a message; whoever reads slower misses it
INITIALIZED = "notifications/initialized"
LIST_CHANGED, UPDATED = "notifications/resources/list_changed", "notifications/resources/updated"


class OwnBus(InMemorySubscriptionBus):
    """Whoever listens hears of what the same client does, and of nobody else's pictures."""

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        owner = caller()
        return super().subscribe(lambda event: listener(event) if caller() == owner else None)


class Older:
    """A client of the revisions with connections, and the resources that it subscribed to."""

    def __init__(self, owner: str | None) -> None:
        self.owner = owner
        self.uris: dict[str, None] = {}  # in the order in which they came


class Changes:
    """`bus` serves clients that listen (2026-07-28); those of the revisions before are told on their connection."""

    def __init__(self) -> None:
        self.bus = OwnBus()
        self._older: dict[Connection, Older] = {}  # those that are open

    def serve(self, server: MCPServer[Any]) -> None:
        """The SDK's server has no public door for these methods of the older revisions, nor to say that its list of
        resources changes."""
        inner = server._lowlevel_server
        inner.add_request_handler("resources/subscribe", SubscribeRequestParams, self._subscribe)
        inner.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, self._unsubscribe)
        told: Any = partial(inner.create_initialization_options, NotificationOptions(resources_changed=True))
        inner.create_initialization_options = told
        server.middleware.append(self._meet)

    async def touched(self, session: str) -> None:
        """Something of this session is to be seen anew: it began or ended, or another version of it is shown."""
        uris = ("mepg://sessions", f"mepg://sessions/{session}", f"mepg://plans/{session}")
        for event in (ResourcesListChanged(), *map(ResourceUpdated, uris)):
            await self.bus.publish(event)
        own = [(connection, older) for connection, older in self._older.items() if older.owner == caller()]
        async with anyio.create_task_group() as group:
            for connection, older in own:
                group.start_soon(_tell, connection, [uri for uri in uris if uri in older.uris])

    async def _meet(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """A middleware: notes connections that are open for messages of the server."""
        if ctx.method == INITIALIZED:
            self._of(ctx)
        return await call_next(ctx)

    def _of(self, ctx: ServerRequestContext[Any, Any]) -> Older:
        connection = ctx.session._connection
        if connection not in self._older:
            self._older[connection] = Older(caller())
            connection.exit_stack.callback(self._older.pop, connection, None)
        return self._older[connection]

    async def _subscribe(self, ctx: ServerRequestContext[Any, Any], params: SubscribeRequestParams) -> EmptyResult:
        uris = self._of(ctx).uris
        uris[str(params.uri)] = None
        while len(uris) > MOST:
            del uris[next(iter(uris))]
        return EmptyResult()

    async def _unsubscribe(self, ctx: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams) -> EmptyResult:
        self._of(ctx).uris.pop(str(params.uri), None)
        return EmptyResult()


async def _tell(connection: Connection, uris: Iterable[str]) -> None:
    with anyio.move_on_after(SLOW):
        await connection.notify(LIST_CHANGED, None)
        for uri in uris:
            await connection.notify(UPDATED, {"uri": uri})
