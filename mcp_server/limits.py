"""How much one client may ask for, and over HTTP also how often and from which pages."""

from __future__ import annotations

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mcp_server.auth import caller
from mepg_agent.errors import BadInput
from mepg_agent.portfolio import CROWD, Backbone
from mepg_agent.scene import Extent

MAX_BODY = 1024 * 1024  # bytes of a request; the largest plan has a twentieth of it
MAX_SIDE = 2048  # pixels of a picture, without another word from the operator
GRID = 64  # pixels; every family draws sides that are multiples of it, and no server draws smaller ones
REQUESTS = 600  # a minute and client


class HostGuard:
    """Refuses a Host or Origin that is not expected: a page of somebody else that a browser shows (DNS rebinding).

    The SDK does so for its own path; this one covers all of them but the open ones.
    """

    def __init__(self, app: ASGIApp, settings: TransportSecuritySettings, open_paths: frozenset[str]) -> None:
        self._app, self._open = app, open_paths
        self._guard = TransportSecurityMiddleware(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in self._open:
            refusal = await self._guard.validate_request(Request(scope))
            if refusal is not None:
                return await refusal(scope, receive, send)
        return await self._app(scope, receive, send)


class RateLimit:
    """So many requests a minute for each client: for each token, or where none was shown, for each address. To stand
    behind what knows the token."""

    def __init__(self, app: ASGIApp, requests: int, open_paths: frozenset[str]) -> None:
        self._app, self._open = app, open_paths
        self._limit = RateLimitItemPerMinute(requests)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in self._open:
            who = caller() or f"address {(scope.get('client') or ('unknown', 0))[0]}"
            if not self._limiter.hit(self._limit, who):
                ends = self._limiter.get_window_stats(self._limit, who).reset_time
                wait = max(1, math.ceil(ends - time.time()))
                said = f"Too many requests. Wait {wait} s and ask again.\n"
                return await PlainTextResponse(said, 429, {"retry-after": str(wait)})(scope, receive, send)
        return await self._app(scope, receive, send)


def check_size(extent: Extent, side: float) -> None:
    """Raises BadInput for a picture larger than the operator allows. Takes the extent as it was read, since what a
    client sends may be a number in quotes, or a whole plan in them."""
    asked = max(extent.width, extent.height)
    if asked > side:
        raise BadInput(f"A side of {asked} pixels is more than this server draws.", f"Ask for {side} or less.")


def fitting(family: Backbone, side: float) -> Extent | None:
    """A canvas for every scene on which no side is longer than `side`; None where the family's own are so small."""
    usual, largest = family.defaults.extent, family.defaults.extent_of(CROWD)
    longest = max(usual.width, usual.height)
    if max(longest, largest.width, largest.height) <= side:
        return None
    if longest <= side:
        return usual
    width, height = (max(int(pixels * side / longest) // GRID, 1) * GRID for pixels in (usual.width, usual.height))
    return Extent(width=width, height=height)
