"""The tools that only look: `get_picture`, `list_experts`."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult, TextContent
from pydantic import Field

from mcp_server.apps import PICTURE
from mcp_server.calls import LOOKS, Ctx, Session, Version, call, known
from mcp_server.drawings import Drawings
from mcp_server.records import Drawable, drawable
from mcp_server.reply import MAX_SIDE, NEXT, Outcome, after, answer, cut, drawing, link_to, preview, words
from mepg_agent.agent import Agent
from mepg_agent.errors import BadInput
from mepg_agent.pictures import content_of

SMALLEST = 32  # pixels; less shows nothing
Side = Annotated[
    int,
    Field(
        description="Pixels of the longer side at most.", json_schema_extra={"minimum": SMALLEST, "maximum": MAX_SIDE}
    ),
]
RegionOrNone = Annotated[str, Field(description='Only this region, by its id: "fox". Without, the whole picture.')]


def add_tools(server: MCPServer[Drawings]) -> None:
    server.tool(
        title="Look at a picture",
        description=(
            "Show a drawn picture, an earlier version of it or one region of it from close by. Returns the image, a "
            "link to the full picture, the plan and the verdict."
        ),
        annotations=LOOKS,
        meta=PICTURE,
    )(get_picture)
    server.tool(
        title="What can be drawn",
        description=(
            "List the style experts with the words that choose them, and the things, places, times and colours that "
            "each family of models knows. Use it when a word was not understood."
        ),
        annotations=LOOKS,
    )(list_experts)


async def get_picture(
    session: Session, ctx: Ctx, version: Version = None, max_side: Side = MAX_SIDE, region: RegionOrNone = ""
) -> Annotated[CallToolResult, Outcome]:
    def work(agent: Agent) -> CallToolResult:
        if not SMALLEST <= max_side <= MAX_SIDE:
            raise BadInput(f"max_side {max_side} is not possible.", f"Ask for {SMALLEST} to {MAX_SIDE} pixels.")
        known(agent, session)
        result = agent.result(session, version)
        full = content_of(result.image)
        part = cut(full, result.plan, region) if region else full
        what = f"The region '{region}' of version {result.version}." if region else f"Version {result.version}."
        text = "\n".join([what, words(result), after(NEXT[result.status])])
        image = preview(part, max_side).to_image_content()
        outcome = Outcome(session=session, drawing=drawing(result))
        return answer(outcome, [TextContent(text=text), image, link_to(result, len(full))])

    return await call(ctx, work)


async def list_experts(ctx: Ctx) -> Annotated[CallToolResult, Drawable]:
    def work(agent: Agent) -> CallToolResult:
        found = drawable(agent)
        lines = [f"{len(found.experts)} style experts."]
        lines += [
            f"- {e.id} ({e.family}): {e.title}, chosen by {', '.join(e.triggers) or 'its id'}" for e in found.experts
        ]
        for family in found.families:
            lines.append(f"{family.title} ({family.id}): {family.description}")
            said = {"Looks": family.looks, "Things": family.things, "Places": family.places}
            said |= {"Times": family.times, "Colours": family.colors}
            lines += [f"{name}: {', '.join(what)}." for name, what in said.items() if what]
        lines.append(after("plan_scene or draw_picture with these words."))
        return answer(found, [TextContent(text="\n".join(lines))])

    return await call(ctx, work)
