"""The MCP server: pictures drawn by an `Agent`, for an assistant and the person it talks to."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from typing import Annotated, Any

import anyio
import anyio.from_thread
import anyio.to_thread
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp_types import CallToolResult, ToolAnnotations
from pydantic import Field

from mcp_server.lazy import LazyAgent
from mcp_server.progress import Progress
from mcp_server.reply import Drawing, reply
from mepg_agent import __version__
from mepg_agent.agent import Agent, Event, Result
from mepg_agent.errors import MepgError
from mepg_agent.scene import MAX_PROMPT

INSTRUCTIONS = (
    "Draws pictures from words. Every thing in the prompt gets its own place and its own style; each is checked, and "
    "what failed is drawn again. Say where things stand (left of, above, behind, top right) and in which style. A "
    "result that is `best_effort` failed some checks: tell the person which."
)
SHA256 = re.compile(r"[0-9a-f]{64}")


# The limits stand in the schema for the caller to read; `Agent` enforces them, with advice.
Prompt = Annotated[
    str,
    Field(
        description='What the picture shows: "a watercolor fox left of a castle at night".',
        json_schema_extra={"minLength": 1, "maxLength": MAX_PROMPT},
    ),
]
Seed = Annotated[int, Field(description="Same seed, same picture.", json_schema_extra={"minimum": 0})]
Steps = Annotated[
    int | None,
    Field(
        description="Denoising steps; without, what suits the model.", json_schema_extra={"minimum": 1, "maximum": 200}
    ),
]
Rounds = Annotated[int, Field(description="Repairs at most.", json_schema_extra={"minimum": 0, "maximum": 20})]


def build_server(agent_factory: Callable[[], Agent] = Agent) -> MCPServer[LazyAgent]:
    """A server of its own. `agent_factory` is called when the first tool needs it, and once at most."""

    @asynccontextmanager
    async def lifespan(_: MCPServer[LazyAgent]) -> AsyncIterator[LazyAgent]:
        with closing(LazyAgent(agent_factory)) as agent:
            yield agent

    server = MCPServer(
        "mepg",
        title="MEPG pictures",
        description="Draws, checks and repairs pictures region by region, each in its own style.",
        instructions=INSTRUCTIONS,
        version=__version__,
        lifespan=lifespan,
        log_level="WARNING",
    )
    server.tool(
        title="Draw a picture",
        description=(
            "Draw a new picture from words. Plans a layout, draws every thing in its own style, checks the picture and "
            "draws again what failed. Returns a preview, a link to the full picture, the plan and the verdict."
        ),
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
        ),
    )(draw_picture)
    server.resource(
        "mepg://pictures/{sha256}.png",
        name="picture",
        title="A drawn picture",
        description="The full picture behind a link that `draw_picture` returned.",
        mime_type="image/png",
    )(read_picture)
    return server


async def draw_picture(
    prompt: Prompt, ctx: Context[LazyAgent, Any], seed: Seed = 0, steps: Steps = None, rounds: Rounds = 2
) -> Annotated[CallToolResult, Drawing]:
    lazy = ctx.request_context.lifespan_context

    def work(progress: Progress) -> CallToolResult:
        agent = lazy.get()
        result = _follow(agent.stream(prompt, seed=seed, steps=steps, rounds=rounds), progress)
        return reply(result, result.image.read_bytes())

    try:
        return await Progress(ctx).watch(work)
    except MepgError as error:
        raise ToolError(str(error)) from error


async def read_picture(sha256: str, ctx: Context[LazyAgent, Any]) -> bytes:
    if not SHA256.fullmatch(sha256):
        raise ResourceNotFoundError("A picture is named by the 64 hex digits of its sha256: use the link as it came.")
    try:
        agent = await anyio.to_thread.run_sync(ctx.request_context.lifespan_context.get)
    except MepgError as error:
        raise ResourceError(str(error)) from error
    file = anyio.Path(agent.store.picture_path(sha256))
    if not await file.is_file():
        raise ResourceNotFoundError(f"There is no picture {sha256[:12]}… here: draw it again.")
    return await file.read_bytes()


def _follow(items: Any, progress: Progress) -> Result:
    """Pulls the stream in a worker thread. Leaving early closes it, which stops the drawing."""
    with closing(items):
        for item in items:
            anyio.from_thread.check_cancelled()
            if not isinstance(item, Event):
                return item
            progress.say(item)
    raise MepgError("The picture was not finished.", "Draw it again.")
