"""How a tool reaches the agent: in a thread, with progress in words, stopped with its request, errors as sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias, TypeVar

import anyio
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, ToolAnnotations
from pydantic import AfterValidator, Field, ValidationError

from mcp_server.advice import told
from mcp_server.drawings import Begin, Busy, Drawings, Work
from mcp_server.progress import Progress
from mcp_server.reply import Pending, finished, preview_uri, still_drawing
from mepg_agent.agent import Agent
from mepg_agent.errors import BadInput, MepgError
from mepg_agent.graph import Family
from mepg_agent.mistakes import place_of_mistake, said_of_mistake
from mepg_agent.records import Brief

Ctx: TypeAlias = Context[Drawings, Any]
T = TypeVar("T")

LOOKS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
DRAWS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)
PATIENCE = 45.0  # seconds; many clients give up on a call after 60, whatever progress they hear of
MAX_PATIENCE = 55.0
GRACE = 5.0  # seconds more for a change that is not on disk yet: it waits for another one of its picture, or is read

Session = Annotated[str, Field(description='The session of the picture, as a tool returned it: "fox-castle-3f9a".')]
Version = Annotated[
    int | None, Field(description="Without, the version that is shown.", json_schema_extra={"minimum": 1})
]
EditRounds = Annotated[
    int | None,
    Field(
        description="Repairs at most; without, as many as the first picture was given.",
        json_schema_extra={"minimum": 0, "maximum": 20},
    ),
]


def _possible(patience: float) -> float:
    if not 0 <= patience <= MAX_PATIENCE:
        raise ValueError(f"a patience of {patience:g} seconds is not possible, say 0 to {MAX_PATIENCE:g}")
    return patience


# Not every client keeps to a schema: what is out of its bounds is refused before anything is begun.
Patience = Annotated[
    float,
    AfterValidator(_possible),
    Field(
        description="Seconds to wait for the picture at most; a longer drawing goes on, and `wait` picks it up.",
        json_schema_extra={"minimum": 0, "maximum": MAX_PATIENCE},
    ),
]


def drawings_of(ctx: Ctx) -> Drawings:
    return ctx.request_context.lifespan_context


async def call(ctx: Ctx, work: Callable[[Agent], T], words: str = "working") -> T:
    """`work` in a thread, with the agent. Raises ToolError for what went wrong, in a sentence with advice."""
    lazy = drawings_of(ctx).lazy
    try:
        return await Progress(ctx).during(words, lambda: work(lazy.get()))
    except MepgError as error:
        raise ToolError(told(error)) from error


class TooMany(ToolError):
    """Nothing was begun: the client has to wait for a drawing that it asked for before."""


def started(ctx: Ctx, session: str, begin: Begin) -> Work:
    try:
        return drawings_of(ctx).start(session, begin)
    except Busy as error:
        raise TooMany(str(error)) from error


async def draw(ctx: Ctx, session: str, begin: Begin, patience: float) -> CallToolResult:
    """The picture, or after `patience` seconds the handle to it. A request that is taken back stops the drawing."""
    work = started(ctx, session, begin)
    try:
        return await served(ctx, work, patience)
    except anyio.get_cancelled_exc_class():
        work.stop()
        raise


async def pick_up(ctx: Ctx, session: str, patience: float) -> CallToolResult:
    """The picture that is being drawn; one that was stopped, or that a server left when it ended, is taken up again;
    where there is none, the picture that is shown. Taking the request back does not stop it."""
    until = anyio.current_time() + patience
    work = drawings_of(ctx).of(session)
    if work is not None and work.stopping.is_set():
        with anyio.CancelScope(deadline=until):  # it ends with the step at hand; then what is left is taken up
            await work.done.wait()
        work = drawings_of(ctx).of(session)
    if work is None:
        shown = await call(ctx, lambda agent: _shown(agent, session))
        if shown is not None:
            return shown
        work = started(ctx, session, lambda agent, stop: agent.resume(session, stop=stop))
    return await served(ctx, work, max(until - anyio.current_time(), 0))


async def served(ctx: Ctx, work: Work, patience: float) -> CallToolResult:
    await Progress(ctx).follow(work, patience)
    with anyio.move_on_after(GRACE):
        await work.noted.wait()
    if work.behind:
        work.stop()  # `wait` would bring the one before it, so there is no handle to give
        raise ToolError("Another change of this picture is still being drawn. Call wait, then ask for this one again.")
    # What is still being read is not on disk yet and has no version; this server's `wait` brings it all the same.
    if not work.done.is_set():
        return still_drawing(work.session, pending(work))
    drawings_of(ctx).heard_of(work)
    if work.error is not None:
        raise ToolError(told(work.error)) from work.error
    result, before = work.result, work.before
    assert result is not None, "what is done has a picture or an error"
    return await call(ctx, lambda agent: finished(agent, result, before))


def pending(work: Work) -> Pending:
    return Pending(
        doing=work.at.message,
        step=work.at.step,
        of=work.at.of,
        ahead=work.ahead or 0,
        version=work.version,
        preview=preview_uri(work.session) if work.preview else None,
    )


def known(agent: Agent, session: str) -> Brief:
    """What the session was asked for. Raises BadInput where there is none, BrokenAsset for a damaged one."""
    return agent.store.brief(session)


def mistake(error: ValidationError, name: str = "") -> BadInput:
    """The first thing that is wrong with what was given, as `name` or as arguments, and what to do."""
    where = place_of_mistake(error, name)
    return BadInput(f"{where}: {said_of_mistake(error)}.", f"Change {where} and ask again.")


def unfinished(agent: Agent, session: str) -> bool:
    """Whether there is something to resume."""
    known(agent, session)
    return under_way(agent, session) is not None


def under_way(agent: Agent, session: str) -> int | None:
    """The number of the version that is not finished. What ends meanwhile stands in the history from then on."""
    edit, past = agent.store.edit(session), agent.store.history(session)
    if past is None:
        return 1
    return edit.number if edit is not None and edit.number > len(past.versions) else None


def family_of(agent: Agent, brief: Brief) -> Family:
    """What can be drawn for this brief."""
    name, portfolio = brief.backbone, agent.portfolio
    return Family(portfolio.backbone(name).item, portfolio.vocabulary(name), portfolio.experts_of(name))


def _shown(agent: Agent, session: str) -> CallToolResult | None:
    """None where a drawing is to be taken up."""
    if unfinished(agent, session):
        return None
    result = agent.result(session)
    return finished(agent, result, agent.history(session).version().parent)
