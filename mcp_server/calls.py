"""How a tool reaches the agent: in a thread, with progress in words, stopped with its request, errors as sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Annotated, Any, TypeAlias, TypeVar

import anyio.from_thread
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

from mcp_server.lazy import LazyAgent
from mcp_server.progress import Progress
from mepg_agent.agent import Agent, Event, Result
from mepg_agent.errors import BadInput, MepgError
from mepg_agent.graph import Family
from mepg_agent.records import Brief

Ctx: TypeAlias = Context[LazyAgent, Any]
T = TypeVar("T")

WAITING = Event(node="wait", message="waiting until the picture before it is finished")
LOOKS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
DRAWS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)

Session = Annotated[str, Field(description='The session of the picture, as a tool returned it: "fox-castle-3f9a".')]


async def call(ctx: Ctx, work: Callable[[Agent, Progress], T]) -> T:
    """`work` in a thread, with the agent. Raises ToolError for what went wrong, in a sentence with advice."""
    lazy = ctx.request_context.lifespan_context
    try:
        return await Progress(ctx).watch(lambda progress: work(lazy.get(), progress))
    except MepgError as error:
        raise ToolError(str(error)) from error


@contextmanager
def turn(ctx: Ctx, progress: Progress) -> Iterator[None]:
    """One picture is drawn at a time; who has to wait says so, and stops waiting when the request is cancelled.

    For the worker thread.
    """
    lock = ctx.request_context.lifespan_context.drawing
    if not lock.acquire(blocking=False):
        progress.say(WAITING)
        while not lock.acquire(timeout=0.1):
            anyio.from_thread.check_cancelled()
    try:
        yield
    finally:
        lock.release()


def follow(items: Any, progress: Progress) -> Result:
    """Pulls a stream in a worker thread. Leaving early closes it, which stops the drawing."""
    with closing(items):
        for item in items:
            anyio.from_thread.check_cancelled()
            if not isinstance(item, Event):
                return item
            progress.say(item)
    raise MepgError("The picture was not finished.", "Draw it again.")


def known(agent: Agent, session: str) -> Brief:
    """What the session was asked for. Raises BadInput, with advice for an assistant, where there is none."""
    try:
        return agent.store.brief(session)
    except BadInput as error:
        raise BadInput(error.message, "The tool `history` without a session lists those that there are.") from error


def family_of(agent: Agent, brief: Brief) -> Family:
    """What can be drawn for this brief."""
    name, portfolio = brief.backbone, agent.portfolio
    return Family(portfolio.backbone(name).item, portfolio.vocabulary(name), portfolio.experts_of(name))
