"""Tells clients that subscribed to a resource when it changed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import anyio
from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver import MCPServer
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ResourceUpdated, ServerEvent
from mcp_types import EmptyResult, SubscribeRequestParams, UnsubscribeRequestParams

from mcp_server.auth import caller

MOST = 1000  # subscriptions of older clients; the oldest go first


class OwnBus(InMemorySubscriptionBus):
    """Whoever listens hears of what the same client does, and of nobody else's pictures."""

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        owner = caller()
        return super().subscribe(lambda event: listener(event) if caller() == owner else None)


class Changes:
    """`bus` serves clients that listen (2026-07-28); those of the revisions before subscribe to one resource each."""

    def __init__(self) -> None:
        self.bus = OwnBus()
        self._subscribed: dict[tuple[int, str], tuple[ServerSession, str | None]] = {}  # by connection and resource

    def serve(self, server: MCPServer[Any]) -> None:
        """The SDK's server has no public door for these two methods of the older revisions."""
        add = server._lowlevel_server.add_request_handler
        add("resources/subscribe", SubscribeRequestParams, self._subscribe)
        add("resources/unsubscribe", UnsubscribeRequestParams, self._unsubscribe)

    async def touched(self, session: str) -> None:
        """A picture of this session came, or another one is shown."""
        for uri in ("mepg://sessions", f"mepg://sessions/{session}", f"mepg://plans/{session}"):
            await self.bus.publish(ResourceUpdated(uri=uri))
            for key, (client, owner) in [*self._subscribed.items()]:
                if key[1] != uri or owner != caller():
                    continue
                try:
                    await client.send_resource_updated(uri)
                except (anyio.ClosedResourceError, anyio.BrokenResourceError):  # it has gone without a word
                    self._subscribed.pop(key, None)

    async def _subscribe(self, ctx: ServerRequestContext[Any, Any], params: SubscribeRequestParams) -> EmptyResult:
        self._subscribed[_connection(ctx), str(params.uri)] = ctx.session, caller()
        while len(self._subscribed) > MOST:
            del self._subscribed[next(iter(self._subscribed))]
        return EmptyResult()

    async def _unsubscribe(self, ctx: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams) -> EmptyResult:
        with suppress(KeyError):
            del self._subscribed[_connection(ctx), str(params.uri)]
        return EmptyResult()


def _connection(ctx: ServerRequestContext[Any, Any]) -> int:
    """Each request has a session of its own; what stays the same is the connection behind it."""
    return id(ctx.session._connection)
