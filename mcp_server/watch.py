"""Every request, counted and logged: which method and tool, for whom, how long it took and how it ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import MCPServer
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS
from mcp_types.methods import SPEC_CLIENT_METHODS

from mcp_server.auth import caller
from mcp_server.metrics import Metrics
from mepg_agent.session import SESSION_ID

OTHER = "other"  # a name that somebody made up
GET_PROMPT = "prompts/get"
log = logging.getLogger(__name__)


class Watch:
    """A middleware of the SDK's server."""

    def __init__(self, server: MCPServer[Any], metrics: Metrics) -> None:
        self._server, self._metrics = server, metrics
        self._tools: frozenset[str] = frozenset()

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.request_id is None:  # a notification is not answered
            return await call_next(ctx)
        method, tool = await self._names(ctx)
        begun, outcome = time.monotonic(), "cancelled"
        try:
            with self._metrics.running.track_inprogress():
                result = await call_next(ctx)
            outcome = _outcome(result)
            return result
        except Exception:  # counted, and raised on
            outcome = "error"
            raise
        finally:
            self._note(ctx.params, method, tool, outcome, time.monotonic() - begun)

    def _note(self, params: Mapping[str, Any] | None, method: str, tool: str, outcome: str, seconds: float) -> None:
        self._metrics.requests.labels(method, tool, outcome).inc()
        self._metrics.seconds.labels(method, tool).observe(seconds)
        arguments = (params or {}).get("arguments")
        session = arguments.get("session") if isinstance(arguments, Mapping) else None
        fields = {"method": method, "tool": tool, "client": caller(), "session": _tail(session), "outcome": outcome}
        known = {key: value for key, value in fields.items() if value}
        log.info("request", extra={**known, "seconds": round(seconds, 3)})
        log.debug("arguments", extra={"arguments": arguments})

    async def _names(self, ctx: ServerRequestContext[Any, Any]) -> tuple[str, str]:
        """Method and tool, both from lists that do not grow with what is sent."""
        method = ctx.method if ctx.method in SPEC_CLIENT_METHODS else OTHER
        if method != "tools/call":
            return method, ""
        if not self._tools:
            self._tools = frozenset(tool.name for tool in await self._server.list_tools())
        name = (ctx.params or {}).get("name")
        return method, name if isinstance(name, str) and name in self._tools else OTHER


async def tell_prompts(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """An unknown prompt or argument is the caller's mistake; the SDK takes it for a fault of the server."""
    try:
        return await call_next(ctx)
    except ValueError as error:
        if ctx.method != GET_PROMPT:
            raise
        raise MCPError(INVALID_PARAMS, f"{error}. prompts/list names what there is.") from error


def _outcome(result: HandlerResult) -> str:
    """ok, refused (a tool said why it cannot be done) or question (the person has to be asked first)."""
    found = result if isinstance(result, Mapping) else result.model_dump(by_alias=True) if result is not None else {}
    if found.get("isError"):
        return "refused"
    return "question" if found.get("resultType") == "input_required" else "ok"


def _tail(session: object) -> str | None:
    """ "3f9a" of "fox-castle-3f9a", whose other words come from a prompt."""
    return session.rpartition("-")[2] if isinstance(session, str) and SESSION_ID.fullmatch(session) else None
