"""The MCP server: pictures drawn by an `Agent`, for an assistant and the person it talks to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing

from mcp.server.auth.provider import TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer

from mcp_server import prompts, resources, tools_draw, tools_edit, tools_look
from mcp_server.lazy import LazyAgent
from mepg_agent import __version__
from mepg_agent.agent import Agent

INSTRUCTIONS = (
    "Draws pictures from words and changes them in plain words. Every thing in the prompt gets its own place and its "
    "own style; each is checked, and what failed is drawn again. Say where things stand (left of, above, behind, top "
    "right) and in which style; list_experts names what can be drawn. "
    "A picture lives in a session: keep the id that draw_picture returns, it also works after a restart. To change a "
    "picture call edit_picture, one change a call, and do not draw it anew: what the words do not name keeps every "
    "byte. If it answers with a question, ask the person. history undoes. "
    "A result that is `best_effort` failed some checks: tell the person which."
)


def build_server(
    agent_factory: Callable[[], Agent] = Agent, access: tuple[TokenVerifier, AuthSettings] | None = None
) -> MCPServer[LazyAgent]:
    """A server of its own. `agent_factory` is called when the first tool needs it, and once at most in a run. `access`
    says who is let in over HTTP."""
    lazy = LazyAgent(agent_factory)

    @asynccontextmanager
    async def lifespan(_: MCPServer[LazyAgent]) -> AsyncIterator[LazyAgent]:
        with closing(lazy):
            yield lazy

    server = MCPServer(
        "mepg",
        title="MEPG pictures",
        description="Draws, checks, repairs and changes pictures region by region, each in its own style.",
        instructions=INSTRUCTIONS,
        version=__version__,
        lifespan=lifespan,
        token_verifier=access[0] if access else None,
        auth=access[1] if access else None,
        log_level="WARNING",
    )
    for tools in (tools_draw, tools_edit, tools_look):
        tools.add_tools(server)
    resources.add_resources(server, lazy)
    prompts.add_prompts(server)
    return server
