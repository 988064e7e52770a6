"""Long drawings as tasks, for clients that declare the extension `io.modelcontextprotocol/tasks` (revision 2026-07-28).

A task's id says all that is needed to find its picture again: the session, the version that it becomes and when it was
begun. So tasks outlive the server without a record of their own. A drawing that was cancelled is told so until the
server ends; after that, asking for it takes it up again, as `wait` does.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import anyio.to_thread
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.extension import Extension, MethodBinding
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CallToolRequestParams,
    CallToolResult,
    RequestParams,
    TextContent,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import Field

from mcp_server.calls import unfinished
from mcp_server.drawings import Busy, Drawings, Work
from mcp_server.progress import words_of
from mcp_server.reply import finished
from mepg_agent.agent import Agent
from mepg_agent.errors import MepgError

POLL = 2000  # milliseconds between two looks
ID = re.compile(r"([a-z0-9-]{1,100})\.([1-9][0-9]{0,5})\.([0-9]{1,12})")
ASKS_ANEW = "wait"  # its client wants to wait, and has a handle already
Ctx = ServerRequestContext[Drawings, Any]


class TaskParams(RequestParams):
    task_id: str = Field(alias="taskId", max_length=200)


class Task(NamedTuple):
    session: str
    version: int
    begun: int  # seconds of the epoch

    def __str__(self) -> str:
        return f"{self.session}.{self.version}.{self.begun}"


class Tasks(Extension):
    identifier = "io.modelcontextprotocol/tasks"

    def __init__(self) -> None:
        self._stopped: set[Task] = set()

    def methods(self) -> Sequence[MethodBinding]:
        served = {"tasks/get": self._get, "tasks/update": self._update, "tasks/cancel": self._cancel}
        versions = frozenset(MODERN_PROTOCOL_VERSIONS)
        return [MethodBinding(method, TaskParams, handler, versions) for method, handler in served.items()]

    async def intercept_tool_call(self, params: CallToolRequestParams, ctx: Ctx, call_next: CallNext) -> HandlerResult:
        """A task in place of the handle that a drawing gives which takes long."""
        result = await call_next(ctx)
        handle = result.structured_content if isinstance(result, CallToolResult) else None
        version = ((handle or {}).get("pending") or {}).get("version")
        if handle is None or version is None or params.name == ASKS_ANEW or not self._declared(ctx):
            return result
        task = Task(handle["session"], version, int(time.time()))
        return {"resultType": "task", **_fields(task, "working", handle["pending"]["doing"])}

    async def _get(self, ctx: Ctx, params: TaskParams) -> HandlerResult:
        task = await self._known(ctx, params)
        work = ctx.lifespan_context.of(task.session)
        if work is not None and work.version == task.version:
            return self._failed(ctx, task, work) if work.done.is_set() else _working(task, work)
        result = await anyio.to_thread.run_sync(_result, ctx.lifespan_context.lazy.get(), task)
        if result is not None:
            shown = result.model_dump(mode="json", by_alias=True, exclude_none=True)
            return {**_fields(task, "completed"), "result": shown}
        if task in self._stopped or not await anyio.to_thread.run_sync(_open, ctx.lifespan_context.lazy.get(), task):
            return _fields(task, "cancelled", "The drawing was stopped; wait with its session goes on.")
        try:
            return _working(task, ctx.lifespan_context.start(task.session, lambda agent: agent.resume(task.session)))
        except Busy:  # its turn comes when the client asks again, with one of its others done
            return _fields(task, "working", "waiting until another drawing is finished")

    async def _update(self, ctx: Ctx, params: TaskParams) -> HandlerResult:
        """What has to be asked is asked before a drawing begins, so that no task ever waits for an answer."""
        await self._known(ctx, params)
        return {}

    async def _cancel(self, ctx: Ctx, params: TaskParams) -> HandlerResult:
        task = await self._known(ctx, params)
        work = ctx.lifespan_context.of(task.session)
        if work is not None and work.version == task.version and not work.done.is_set():
            self._stopped.add(task)
            work.stop()
        return {}

    def _failed(self, ctx: Ctx, task: Task, work: Work) -> dict[str, Any]:
        """A drawing that failed is a result of its tool, not of the protocol."""
        ctx.lifespan_context.heard_of(work)
        self._stopped.add(task)
        failure = CallToolResult(content=[TextContent(text=str(work.error))], is_error=True)
        shown = failure.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {**_fields(task, "completed"), "result": shown}

    async def _known(self, ctx: Ctx, params: TaskParams) -> Task:
        if not self._declared(ctx):
            needed = {"requiredCapabilities": {"extensions": {self.identifier: {}}}}
            raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, f"Declare the extension {self.identifier}.", needed)
        match = ID.fullmatch(params.task_id)
        task = Task(match[1], int(match[2]), int(match[3])) if match else None
        try:
            if task is not None:
                await anyio.to_thread.run_sync(lambda: ctx.lifespan_context.lazy.get().store.brief(task.session))
                return task
        except MepgError as error:
            raise MCPError(INVALID_PARAMS, f"There is no such task: {error}") from error
        raise MCPError(INVALID_PARAMS, "There is no such task. Use the taskId as it came.")

    def _declared(self, ctx: Ctx) -> bool:
        capabilities = ctx.session.client_capabilities
        modern = ctx.protocol_version in MODERN_PROTOCOL_VERSIONS
        return modern and self.identifier in ((capabilities and capabilities.extensions) or {})


def _open(agent: Agent, task: Task) -> bool:
    """Whether the picture of the task is still to be drawn."""
    edit = agent.store.edit(task.session)
    return unfinished(agent, task.session) and task.version == (edit.number if edit else 1)


def _result(agent: Agent, task: Task) -> CallToolResult | None:
    past = agent.store.history(task.session)
    if past is None or task.version > len(past.versions):
        return None
    return finished(agent, agent.result(task.session, task.version), past.version(task.version).parent)


def _working(task: Task, work: Work) -> dict[str, Any]:
    return _fields(task, "working", words_of(work.at))


def _fields(task: Task, status: str, message: str | None = None) -> dict[str, Any]:
    begun, now = (datetime.fromtimestamp(at, UTC).isoformat() for at in (task.begun, time.time()))
    told = {"statusMessage": message} if message else {}
    dates = {"createdAt": begun, "lastUpdatedAt": now}
    return {"taskId": str(task), "status": status, **told, **dates, "ttlMs": None, "pollIntervalMs": POLL}
