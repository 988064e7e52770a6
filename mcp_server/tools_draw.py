"""The tools that start from words: `plan_scene`, `revise_layout`, `draw_picture`."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel, Field, PlainValidator

from mcp_server.apps import PICTURE
from mcp_server.calls import DRAWS, LOOKS, PATIENCE, Ctx, Patience, TooMany, call, draw, drawings_of, family_of
from mcp_server.drawings import Drawings
from mcp_server.limits import check_size, fitting
from mcp_server.reply import Outcome, after, answer, layout
from mepg_agent.agent import Agent, make_brief
from mepg_agent.errors import BadInput
from mepg_agent.planning.layout import solve
from mepg_agent.records import ROUNDS, Brief, Remark, Severity
from mepg_agent.scene import MAX_PROMPT, Extent, ScenePlan

# The limits stand in the schemas for the caller to read; `Agent` enforces them, with advice.
Prompt = Annotated[
    str,
    Field(
        description='What the picture shows: "a watercolor fox left of a castle at night".',
        json_schema_extra={"minLength": 1, "maxLength": MAX_PROMPT},
    ),
]
OptionalPrompt = Annotated[
    str,
    Field(
        description='What the picture shows: "a watercolor fox left of a castle at night". Not needed with a plan.',
        json_schema_extra={"maxLength": MAX_PROMPT},
    ),
]
# The schema is shown as it is; `Agent` checks the plan and names the first mistake in a sentence.
GivenPlan = Annotated[
    Any,
    PlainValidator(lambda given: given, json_schema_input_type=ScenePlan),
    Field(description="A plan, as plan_scene returns it; boxes are fractions of the canvas, origin top left."),
]
OptionalPlan = Annotated[
    Any,
    PlainValidator(lambda given: given, json_schema_input_type=ScenePlan | None),
    Field(description="A plan of your own or a changed one of plan_scene, drawn instead of planning the prompt."),
]
Canvas = Annotated[
    Any,
    PlainValidator(lambda given: given, json_schema_input_type=Extent | None),
    Field(description="Pixels of the picture; without, what suits model and scene. A plan has its own."),
]
Seed = Annotated[int, Field(description="Same seed, same picture.", json_schema_extra={"minimum": 0})]
Steps = Annotated[
    int | None,
    Field(
        description="Denoising steps; without, what suits the model.", json_schema_extra={"minimum": 1, "maximum": 200}
    ),
]
Rounds = Annotated[
    int,
    Field(
        description="Rounds of repair at most; each takes everything that failed one step further.",
        json_schema_extra={"minimum": 0, "maximum": 20},
    ),
]
MaxCalls = Annotated[
    float | None,
    Field(
        description="Denoiser calls at most, repairs included; a picture takes `steps`. Without, ten pictures'.",
        json_schema_extra={"exclusiveMinimum": 0},
    ),
]


class Scene(BaseModel):
    """A plan that was not drawn yet, what the critic says about it, and what the solver moved."""

    plan: ScenePlan
    remarks: tuple[Remark, ...]
    moves: tuple[str, ...] = ()


def add_tools(server: MCPServer[Drawings]) -> None:
    server.tool(
        title="Plan a scene",
        description=(
            "Lay a picture out without drawing it: quick and cheap. Returns the plan (regions with boxes, styles and "
            "experts), the critic's remarks and what was not understood. Show or change it, then draw it."
        ),
        annotations=LOOKS,
    )(plan_scene)
    server.tool(
        title="Mend a layout",
        description=(
            "Check a plan and, where it breaks its own relations or things collide, move its boxes until it does not. "
            "Draws nothing. Returns the mended plan, each move with its reason, and what is still wrong. Regions with "
            "`locked` true stay."
        ),
        annotations=LOOKS,
    )(revise_layout)
    server.tool(
        title="Draw a picture",
        description=(
            "Draw a new picture from words, or from a plan. Plans a layout, draws every thing in its own style, checks "
            "the picture and draws again what failed. Returns a preview, a link to the full picture, the plan, the "
            "verdict and the session that edit_picture and the other tools take."
        ),
        annotations=DRAWS,
        meta=PICTURE,
    )(draw_picture)


async def plan_scene(prompt: Prompt, ctx: Ctx, extent: Canvas = None) -> Annotated[CallToolResult, Scene]:
    def work(agent: Agent) -> CallToolResult:
        brief = _brief(agent, ctx, prompt, None, extent)
        plan = agent.plan(brief)
        return _reply(Scene(plan=plan, remarks=_remarks(agent, brief, plan)))

    return await call(ctx, work)


async def revise_layout(plan: GivenPlan, ctx: Ctx) -> Annotated[CallToolResult, Scene]:
    def work(agent: Agent) -> CallToolResult:
        brief = _brief(agent, ctx, _prompt_of(plan), plan, None)
        assert brief.plan is not None
        if not any(remark.severity is Severity.ERROR for remark in _remarks(agent, brief, brief.plan)):
            return _reply(Scene(plan=brief.plan, remarks=_remarks(agent, brief, brief.plan)), "Nothing had to move.")
        family = family_of(agent, brief)
        extent = brief.plan.extent
        found = solve(brief.plan, family.vocabulary, min(extent.width, extent.height) // family.backbone.latent_scale)
        moves = (*found.moves, *(f"Cannot be satisfied: {relation}." for relation in found.unsatisfied))
        return _reply(Scene(plan=found.plan, remarks=_remarks(agent, brief, found.plan), moves=moves), *moves)

    return await call(ctx, work)


async def draw_picture(
    ctx: Ctx,
    prompt: OptionalPrompt = "",
    plan: OptionalPlan = None,
    extent: Canvas = None,
    seed: Seed = 0,
    steps: Steps = None,
    rounds: Rounds = ROUNDS,
    max_calls: MaxCalls = None,
    patience: Patience = PATIENCE,
) -> Annotated[CallToolResult, Outcome]:
    def work(agent: Agent) -> str:
        wanted = prompt if prompt or plan is None else _prompt_of(plan)
        wishes = {"seed": seed, "steps": steps, "rounds": rounds, "max_calls": max_calls}
        return agent.begin(_brief(agent, ctx, wanted, plan, extent, **wishes))

    session = await call(ctx, work)
    try:
        return await draw(ctx, session, lambda agent, stop: agent.resume(session, stop=stop), patience)
    except TooMany:
        await call(ctx, lambda agent: agent.store.forget(session))
        raise


def _brief(agent: Agent, ctx: Ctx, prompt: str, plan: Any, extent: Any, **wishes: Any) -> Brief:
    """Raises BadInput as `make_brief`, for an extent beside a plan, and for a picture larger than this server draws.
    Where no size is said and the family's own are larger, it is as large as may be."""
    if plan is not None and extent is not None:
        raise BadInput("A plan has an extent of its own.", "Change that one, and leave out the other.")
    brief = make_brief(prompt, plan=plan, extent=extent, **wishes)
    canvas, side = brief.plan.extent if brief.plan is not None else brief.extent, drawings_of(ctx).side
    if canvas is not None:
        check_size(canvas, side)
        return brief
    return brief.model_copy(update={"extent": fitting(agent.portfolio.backbone(brief.backbone).item, side)})


def _prompt_of(plan: Any) -> str:
    """The words that a plan holds; whatever else may be wrong with it is found where it is checked."""
    if not isinstance(plan, dict):
        raise BadInput("The plan is not an object.", "Pass the `plan` that plan_scene returned, as it is or changed.")
    return str(plan.get("prompt", "")) or "a picture"


def _remarks(agent: Agent, brief: Brief, plan: ScenePlan) -> tuple[Remark, ...]:
    return family_of(agent, brief).remarks(plan)


def _reply(scene: Scene, *said: str) -> CallToolResult:
    plan = scene.plan
    place = ", ".join(filter(None, (plan.background, plan.time, plan.style)))
    remarks = [f"{remark.severity}: {remark.message}" for remark in scene.remarks]
    lines = [
        f"A plan, {place}, {plan.extent} pixels; nothing was drawn.",
        *said,
        *layout(plan),
        *filter(None, (*plan.notes, plan.rationale)),
        *remarks,
        after("draw_picture with this plan; or change it and let revise_layout check it."),
    ]
    return answer(scene, [TextContent(text="\n".join(lines))])
