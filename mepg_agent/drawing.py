"""From a plan to a picture in the store: the job is prepared, found drawn or drawn step by step, and kept."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

from langgraph.runtime import Runtime

from mepg_agent.context import Context, say
from mepg_agent.engine.base import Engine, Latents, Picture, Pixels, Step
from mepg_agent.engine.prepare import Push, prepare
from mepg_agent.errors import BrokenAsset
from mepg_agent.records import Event, Keep, Render, RenderJob
from mepg_agent.scene import ScenePlan
from mepg_agent.state import Planned
from mepg_agent.turns import stopped


def draw(
    plan: ScenePlan,
    node: str,
    state: Planned,
    runtime: Runtime[Context],
    keep: Keep | None = None,
    push: Push | None = None,
) -> tuple[Render, ...]:
    """`plan` drawn, or with `keep` a part of it drawn again; what was drawn before comes from the store.

    Raises Cancelled between two steps once the person asked to stop.
    """
    context, brief = runtime.context, state.brief
    found, experts = context.portfolio.backbone(brief.backbone), context.portfolio.experts_of(brief.backbone)
    job = prepare(plan, brief, found, experts, context.weights(brief.backbone), keep, push)
    drawn = context.store.drawn(job.hash())
    if drawn is None:
        drawn = context.store.keep(job, _run(job, node, state.session, runtime), plan)
    else:
        say(runtime, node, "already drawn: taken from the store")
    return drawn.renders


def _run(job: RenderJob, node: str, session: str, runtime: Runtime[Context]) -> Picture:
    """Pulls the engine step by step."""
    context, store = runtime.context, runtime.context.store
    before = (store.picture(job.keep.picture), store.latents(job.keep.latents)) if job.keep else None
    engine = context.engine(job.backbone)
    turn = context.turns.turn(context.cancelled, lambda words: say(runtime, node, words))
    with turn, closing(pulled(engine, job, before)) as steps:
        for item in steps:
            if isinstance(item, Picture):
                return item
            preview = store.put_preview(session, item.preview) if item.preview is not None else None
            event = Event(node=node, message="drawing", step=item.step, of=item.of, preview=preview and str(preview))
            runtime.stream_writer(event)
            if context.cancelled.is_set():
                raise stopped()
    raise BrokenAsset("The engine ended without a picture.", "Draw it again; if that repeats, check the weights.")


def pulled(
    engine: Engine, job: RenderJob, before: tuple[Pixels, Latents] | None
) -> Generator[Step | Picture, None, None]:
    """What the engine yields, from something that can be closed."""
    yield from engine.run(job, before)
