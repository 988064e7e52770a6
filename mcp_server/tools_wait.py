"""The tools for drawings that take long: `wait`, `cancel`."""

from __future__ import annotations

from typing import Annotated

import anyio
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, TextContent, ToolAnnotations

from mcp_server.advice import told
from mcp_server.apps import PICTURE
from mcp_server.calls import (
    DRAWS,
    PATIENCE,
    Ctx,
    Patience,
    Session,
    call,
    drawings_of,
    pending,
    pick_up,
    served,
    unfinished,
)
from mcp_server.drawings import Drawings
from mcp_server.reply import Outcome, after, answer
from mepg_agent.agent import Agent
from mepg_agent.errors import BadInput, Cancelled

GRACE = 20.0  # seconds; a step of a large model on a slow machine takes less
STOPS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


def add_tools(server: MCPServer[Drawings]) -> None:
    server.tool(
        title="Wait for a picture",
        description=(
            "Pick up a picture that was not finished when a tool answered: waits for it, and takes it up again where "
            "it was stopped or the server was started anew. Not finished again: call wait again."
        ),
        annotations=DRAWS,
        meta=PICTURE,
    )(wait)
    server.tool(
        title="Stop a drawing",
        description=(
            "Stop the drawing of a session between two steps, or take it out of the queue. What is finished stays; "
            "wait goes on with the rest, and history with action undo drops a change."
        ),
        annotations=STOPS,
    )(cancel)


async def wait(session: Session, ctx: Ctx, patience: Patience = PATIENCE) -> Annotated[CallToolResult, Outcome]:
    return await pick_up(ctx, session, patience)


async def cancel(session: Session, ctx: Ctx) -> Annotated[CallToolResult, Outcome]:
    work = drawings_of(ctx).of(session)
    if work is None:
        return await call(ctx, lambda agent: _idle(agent, session))
    work.stop()
    with anyio.move_on_after(GRACE):
        await work.done.wait()
    if work.result is not None:  # it was faster
        return await served(ctx, work, 0)
    if not work.done.is_set():
        return _said(Outcome(session=session, pending=pending(work)), "It stops after the step at hand.")
    drawings_of(ctx).heard_of(work)
    if work.error is not None and not isinstance(work.error, Cancelled):  # it failed before it stopped
        raise ToolError(told(work.error)) from work.error
    return _said(Outcome(session=session), f"The drawing of {session} was stopped; nothing finished is lost.")


def _idle(agent: Agent, session: str) -> CallToolResult:
    if not unfinished(agent, session):
        raise BadInput(f"Nothing of {session} is being drawn.", "Call history to see its versions, or to undo one.")
    return _said(Outcome(session=session), f"Nothing of {session} is being drawn: it was stopped before.")


def _said(outcome: Outcome, words: str) -> CallToolResult:
    then = "wait goes on with it; history with action undo drops a change that is not finished."
    return answer(outcome, [TextContent(text=f"{words}\n{after(then)}")])
