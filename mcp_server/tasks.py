"""Long drawings as tasks, for clients that declare the extension `io.modelcontextprotocol/tasks` (revision 2026-07-28).

A task's id says all that is needed to find its picture again: the session, the version that it becomes and when it was
begun. So tasks outlive the server: one that the server's end interrupted goes on when it is asked for. One that was
stopped or that failed stays so, whatever becomes of its session later: how it ended stands there.

https://github.com/modelcontextprotocol/ext-tasks
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import anyio.to_thread
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.extension import Extension, MethodBinding
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CallToolRequestParams,
    CallToolResult,
    RequestParams,
    TextContent,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import Field

from mcp_server.advice import told
from mcp_server.calls import under_way
from mcp_server.drawings import Busy, Drawings, now
from mcp_server.progress import words_of
from mcp_server.reply import finished
from mepg_agent.agent import Agent
from mepg_agent.errors import BadInput, InUse, MepgError
from mepg_agent.session import Ending

EXTENSION = "io.modelcontextprotocol/tasks"
POLL = 2000  # milliseconds between two looks
ID = re.compile(r"([a-z0-9-]{1,100})\.([1-9][0-9]{0,5})\.([0-9]{1,14})")
HAVE_A_HANDLE = frozenset({"wait", "cancel"})  # asked about a drawing that was given one before
STOPPED = "The drawing was stopped; wait with its session goes on."
DONE = {"resultType": "complete"}
Ctx = ServerRequestContext[Drawings, Any]


class TaskParams(RequestParams):
    task_id: str = Field(alias="taskId", max_length=200)


class Task(NamedTuple):
    session: str
    version: int
    begun: int  # milliseconds of the epoch

    def __str__(self) -> str:
        return f"{self.session}.{self.version}.{self.begun}"


class Tasks(Extension):
    identifier = EXTENSION

    def methods(self) -> Sequence[MethodBinding]:
        served = {"tasks/get": self._get, "tasks/update": self._update, "tasks/cancel": self._cancel}
        versions = frozenset(MODERN_PROTOCOL_VERSIONS)
        return [MethodBinding(method, TaskParams, handler, versions) for method, handler in served.items()]

    async def intercept_tool_call(self, params: CallToolRequestParams, ctx: Ctx, call_next: CallNext) -> HandlerResult:
        """A task in place of the handle that a drawing gives which takes long."""
        result = await call_next(ctx)
        handle = result.structured_content if isinstance(result, CallToolResult) else None
        version = ((handle or {}).get("pending") or {}).get("version")
        if handle is None or version is None or params.name in HAVE_A_HANDLE or not _declared(ctx):
            return result
        work = ctx.lifespan_context.of(handle["session"])
        task = Task(handle["session"], version, work.begun if work else now())
        return {"resultType": "task", **_fields(task, "working", handle["pending"]["doing"])}

    async def _get(self, ctx: Ctx, params: TaskParams) -> HandlerResult:
        return {**DONE, **await look(ctx, await known(ctx, params.task_id))}

    async def _update(self, ctx: Ctx, params: TaskParams) -> HandlerResult:
        """What has to be asked is asked before a drawing begins, so that no task ever waits for an answer."""
        await known(ctx, params.task_id)
        return DONE

    async def _cancel(self, ctx: Ctx, params: TaskParams) -> HandlerResult:
        task = await known(ctx, params.task_id)
        work = ctx.lifespan_context.of(task.session)
        if work is not None and work.version == task.version and not work.done.is_set():
            work.stop()
        return DONE


async def known(ctx: Ctx, task_id: str) -> Task:
    """Raises MCPError for a task that is none, and for a client that did not declare the extension."""
    require(ctx)
    match = ID.fullmatch(task_id)
    try:
        if match is not None:
            task = Task(match[1], int(match[2]), int(match[3]))
            await anyio.to_thread.run_sync(lambda: ctx.lifespan_context.lazy.get().store.brief(task.session))
            return task
    except MepgError as error:
        raise MCPError(INVALID_PARAMS, f"There is no such task: {told(error)}") from error
    raise MCPError(INVALID_PARAMS, "There is no such task. Use the taskId as it came.")


def require(ctx: Ctx) -> None:
    """Raises MCPError for a client that did not declare the extension."""
    if not _declared(ctx):
        needed = {"requiredCapabilities": {"extensions": {EXTENSION: {}}}}
        raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, f"Declare the extension {EXTENSION}.", needed)


async def look(ctx: Ctx, task: Task) -> dict[str, Any]:
    """The task as it stands. One that nobody draws goes on. Raises MCPError for one that there never was."""
    drawings = ctx.lifespan_context
    work = drawings.of(task.session)
    done = work is not None and work.done.is_set()  # before the disk is read: then all that came of it stands there
    try:
        settled = await anyio.to_thread.run_sync(_settled, drawings.lazy.get(), task)
    except BadInput as error:
        raise MCPError(INVALID_PARAMS, f"There is no such task: {error}") from error
    except MepgError as error:
        raise MCPError(INTERNAL_ERROR, told(error)) from error
    if settled is None and work is not None and not done:
        return _fields(task, "working", words_of(work.at))
    own = work if work is not None and work.version == task.version else None  # how another change failed is not told
    if own is not None and done:  # it failed, which is told now
        drawings.heard_of(own)
    if settled is not None:
        return settled
    if own is not None and isinstance(own.error, InUse):
        return _fields(task, "working", "drawn by another server or command")
    if own is not None:  # how it ended could not be written down
        return _ended(task, Ending(version=task.version, at=now(), error=own.error and told(own.error)))
    try:
        work = drawings.start(task.session, lambda agent, stop: agent.resume(task.session, stop=stop))
    except Busy:  # its turn comes when the client asks again, with one of its others done
        return _fields(task, "working", "waiting until another drawing is finished")
    work.version = task.version  # known before it is begun, so that what keeps it from beginning is told of this task
    return _fields(task, "working", words_of(work.at))


def _declared(ctx: Ctx) -> bool:
    capabilities = ctx.session.client_capabilities
    modern = ctx.protocol_version in MODERN_PROTOCOL_VERSIONS
    return modern and EXTENSION in ((capabilities and capabilities.extensions) or {})


def _settled(agent: Agent, task: Task) -> dict[str, Any] | None:
    """None while the picture is still to be drawn. Raises BadInput where there is none to draw."""
    ending = agent.store.ending(task.session, task.version, task.begun)
    if ending is not None:
        return _ended(task, ending)
    pending = under_way(agent, task.session)  # before the history, so that what ends in between is in it
    past = agent.store.history(task.session)
    if past is not None and task.version <= len(past.versions):
        parent = past.version(task.version).parent
        return _completed(task, finished(agent, agent.result(task.session, task.version), parent))
    if task.version != pending:
        raise BadInput(f"There is no version {task.version} of {task.session}.", "It was dropped, or never begun.")
    return None


def _ended(task: Task, ending: Ending) -> dict[str, Any]:
    """A drawing that failed is a result of its tool, not of the protocol."""
    if ending.error is None:
        return _fields(task, "cancelled", STOPPED)
    return _completed(task, CallToolResult(content=[TextContent(text=ending.error)], is_error=True))


def _completed(task: Task, result: CallToolResult) -> dict[str, Any]:
    shown = result.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {**_fields(task, "completed"), "result": shown}


def _fields(task: Task, status: str, message: str | None = None) -> dict[str, Any]:
    begun, at = (datetime.fromtimestamp(time / 1000, UTC).isoformat() for time in (task.begun, now()))
    told = {"statusMessage": message} if message else {}
    dates = {"createdAt": begun, "lastUpdatedAt": at}
    return {"taskId": str(task), "status": status, **told, **dates, "ttlMs": None, "pollIntervalMs": POLL}
