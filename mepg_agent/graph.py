"""The graph that draws a picture: every node and all wiring on this page.

    plan → critique ⇄ revise_layout
              ↓
           generate → verify → accept
                       ↑  ↓  ↘ best_effort
                    regenerate

An edit of a picture takes the same way: its plan is given, only what it changed may be laid out anew, drawn and
repaired, and the picture before it is kept everywhere else.

The state is small JSON, checked whenever a node reads it; pictures stay in the session store under their hashes. A node
that runs twice (after a crash, on replay) gives the same: renders are kept by the hash of their job.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import wraps
from time import perf_counter
from typing import Any, Protocol, get_type_hints

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from mepg_agent.engine.base import Engine, Latents, Picture, Pixels, Step
from mepg_agent.engine.prepare import prepare
from mepg_agent.errors import BrokenAsset, Cancelled
from mepg_agent.planning.base import Planner
from mepg_agent.planning.critic import critique
from mepg_agent.planning.layout import solve, solve_only
from mepg_agent.portfolio import Backbone, Expert, Found, Portfolio, Vocabulary
from mepg_agent.records import Action, Brief, Event, Keep, Remark, RenderJob, Severity, Status, Verdict, digest
from mepg_agent.routing import route_plan, style_words
from mepg_agent.scene import Box, Frozen, Region, ScenePlan
from mepg_agent.session import Result, SessionStore
from mepg_agent.state import Asked, Drawing, Judged, Planned, State, Update
from mepg_agent.verify.base import Verifier, choose

MAX_REVISIONS = 2  # of a layout; the solver needs one, the second is for what its moves brought about
CANDIDATES = 3  # seeds tried at once for a region that failed
UNCHECKED = "Nobody checked this picture: the backbone has no verifier."
UNDRAWN = "Nothing had to be drawn again."


class Node(Protocol):
    """Reads its part of the state, returns what changes."""

    def __call__(self, state: Any, runtime: Runtime[Context]) -> Update: ...


@dataclass(frozen=True)
class Family:
    """What a backbone can draw."""

    backbone: Backbone
    vocabulary: Vocabulary | None
    experts: dict[str, Found[Expert]]

    @property
    def looks(self) -> tuple[str, ...]:
        return self.vocabulary.looks if self.vocabulary else ()

    @property
    def styles(self) -> tuple[str, ...]:
        """Every phrase that names one."""
        return style_words(self.experts.values(), self.looks)


@dataclass(frozen=True)
class Context:
    """The heavy objects, made on first use, by backbone. One a run: `cancelled` stops that run between two steps."""

    portfolio: Portfolio
    store: SessionStore
    planner: Callable[[Brief], Planner]
    engine: Callable[[str], Engine]
    weights: Callable[[str], str]  # the engine's hash, known without loading it
    verifier: Callable[[str], Verifier | None]
    drawing: threading.Lock = field(default_factory=threading.Lock)  # one picture at a time on one engine
    cancelled: threading.Event = field(default_factory=threading.Event)

    def family(self, brief: Brief) -> Family:
        backbone, name = self.portfolio.backbone(brief.backbone).item, brief.backbone
        return Family(backbone, self.portfolio.vocabulary(name), self.portfolio.experts_of(name))


def plan(state: Asked, runtime: Runtime[Context]) -> Update:
    """Words to regions, and an expert for each."""
    context, brief, family = runtime.context, state.brief, runtime.context.family(state.brief)
    if state.edit is not None:
        _say(runtime, "plan", f"changing the picture: {state.edit.instruction}")
        return {"plan": _json(state.edit.plan), "notes": list(state.edit.notes)}
    session = state.session or context.store.begin(brief)
    if brief.plan is None:
        _say(runtime, "plan", "planning the picture")
        drafted = context.planner(brief).plan(brief, family.backbone, family.vocabulary, family.styles)
    else:
        drafted = brief.plan
    routed, reasons = route_plan(drafted, family.experts, family.looks)
    _say(runtime, "plan", f"regions: {', '.join(r.id for r in routed.regions) or 'none'}")
    notes = [*routed.notes, *(reason.message for reason in reasons)]
    return {"session": session, "plan": _json(routed), "notes": notes}


def criticise(state: Planned, runtime: Runtime[Context]) -> Update:
    """What is wrong with the layout, before it costs a picture."""
    family = runtime.context.family(state.brief)
    remarks = critique(state.plan, family.backbone, family.vocabulary, family.styles)
    for remark in remarks:
        _say(runtime, "critique", remark.message)
    return {"remarks": [_json(remark) for remark in remarks]}


def revise_layout(state: Planned, runtime: Runtime[Context]) -> Update:
    """The solver moves boxes until the layout obeys the relations. What an edit does not name stays where it is."""
    family, extent = runtime.context.family(state.brief), state.plan.extent
    grid = min(extent.width, extent.height) // family.backbone.latent_scale
    if state.edit is None:
        layout = solve(state.plan, family.vocabulary, grid)
    else:
        layout = solve_only(state.plan, state.movable, family.vocabulary, grid)
    _say(runtime, "revise_layout", "moving boxes")
    notes = [*layout.moves, *(f"Cannot be satisfied: {relation}." for relation in layout.unsatisfied)]
    return {"plan": _json(layout.plan), "revisions": state.revisions + 1, "notes": notes}


def generate(state: Planned, runtime: Runtime[Context]) -> Update:
    """The whole picture; of an edited one, where a part will do, that part."""
    before = state.edit.render if state.edit else None
    if before is None or Box.full() in state.redrawn:
        return _draw(_job(state.plan, state.brief, runtime.context), "generate", state, runtime)
    if not state.redrawn:
        _say(runtime, "generate", UNDRAWN)
        return {"candidates": [_json(before)], "notes": [UNDRAWN]}
    keep = Keep(picture=before.picture, latents=before.latents, redraw=state.redrawn)
    return _draw(_job(state.plan, state.brief, runtime.context, keep), "generate", state, runtime)


def regenerate(state: Judged, runtime: Runtime[Context]) -> Update:
    """One failed region again, from new seeds; every pixel outside its box stays. A round takes each of them once."""
    queue = state.waiting or state.repairs(state.verdict)
    number = state.round if state.waiting else state.round + 1
    region = state.plan.region(queue[0])
    _say(runtime, "regenerate", f"drawing the {region.id} again, round {number} of {state.brief.rounds}", region.id)
    seed = int(digest([state.brief.seed, region.id, number])[:15], 16)
    tried = state.plan.with_regions([Region.model_validate({**dict(region), "seed": seed})])
    keep = Keep(
        picture=state.kept.picture,
        latents=state.kept.latents,
        redraw=state.repairable[region.id],
        candidates=CANDIDATES,
    )
    job = _job(tried, state.brief, runtime.context, keep)
    return {**_draw(job, "regenerate", state, runtime), "round": number, "waiting": list(queue[1:])}


def verify(state: Drawing, runtime: Runtime[Context]) -> Update:
    """Looks at what was drawn and keeps the best picture; a repair that harmed any region is rolled back."""
    verifier = runtime.context.verifier(state.brief.backbone)
    if verifier is None:
        unchecked = Verdict(findings=(), action=Action.STOP, verifier="none")
        return {"kept": _json(state.candidates[0]), "verdict": _json(unchecked), "notes": [UNCHECKED]}
    _say(runtime, "verify", "looking at the picture")
    pictures = ((render, runtime.context.store.picture(render.picture)) for render in state.candidates)
    judged = [(render, verifier.verify(image, state.plan)) for render, image in pictures]
    before = (state.kept, state.verdict) if state.kept is not None and state.verdict is not None else None
    (kept, verdict), rejected = choose(before, judged)
    failed = state.repairs(verdict)
    waiting = [region for region in state.waiting if region in failed]
    more = waiting or (failed and state.round < state.brief.rounds)
    shown = not _unshown(state.remarks)
    action = Action.ACCEPT if verdict.passed and shown else Action.REGENERATE if more else Action.STOP
    verdict = Verdict.model_validate({**dict(verdict), "action": action})
    _say(runtime, "verify", rejected or _summary(verdict))
    notes = [rejected] if rejected else []
    return {"kept": _json(kept), "verdict": _json(verdict), "waiting": waiting, "notes": notes}


def accept(state: Judged, runtime: Runtime[Context]) -> Update:
    """Every check passed, and the layout shows every relation."""
    return _finish(state, "accepted", (), runtime)


def best_effort(state: Judged, runtime: Runtime[Context]) -> Update:
    """The best of what was drawn, and what is still wrong with it."""
    wrong = [
        f"{f.region or 'the picture'}: {f.check} not confirmed ({f.evidence})"
        for f in state.verdict.findings
        if not f.passed
    ]
    return _finish(state, "best_effort", (*_unshown(state.remarks), *wrong), runtime)


def _unshown(remarks: tuple[Remark, ...]) -> tuple[str, ...]:
    """What the person said about where things stand and the layout, after its revisions, still does not show."""
    return tuple(r.message for r in remarks if r.severity is Severity.ERROR and r.about == "relation")


def after_critique(state: Planned) -> str:
    faulty = any(r.severity is Severity.ERROR and set(r.regions) & set(state.movable) for r in state.remarks)
    return "revise_layout" if faulty and state.revisions < MAX_REVISIONS else "generate"


def after_verify(state: Judged) -> str:
    return {Action.ACCEPT: "accept", Action.REGENERATE: "regenerate"}.get(state.verdict.action, "best_effort")


def build_graph(context: Context | None = None, plan_only: bool = False) -> StateGraph[State, Context, Asked, State]:
    """The wiring. `context` serves runs that bring none of their own; `plan_only` stops before anything is drawn."""
    graph = StateGraph(State, context_schema=Context, input_schema=Asked)

    def add(name: str, node: Node) -> None:
        graph.add_node(name, _node(name, node, context), input_schema=_input_of(node))

    add("plan", plan)
    add("critique", criticise)
    add("revise_layout", revise_layout)
    graph.add_edge(START, "plan")
    graph.add_edge("plan", "critique")
    graph.add_conditional_edges(
        "critique", after_critique, {"revise_layout": "revise_layout", "generate": END if plan_only else "generate"}
    )
    graph.add_edge("revise_layout", "critique")
    if plan_only:
        return graph
    add("generate", generate)
    add("verify", verify)
    add("regenerate", regenerate)
    add("accept", accept)
    add("best_effort", best_effort)
    graph.add_edge("generate", "verify")
    graph.add_conditional_edges("verify", after_verify, ["accept", "regenerate", "best_effort"])
    graph.add_edge("regenerate", "verify")
    graph.add_edge("accept", END)
    graph.add_edge("best_effort", END)
    return graph


def _input_of(node: Node) -> type[Asked]:
    """The part of the state that a node's first argument asks for."""
    return get_type_hints(node)["state"]


def _job(plan: ScenePlan, brief: Brief, context: Context, keep: Keep | None = None) -> RenderJob:
    found, experts = context.portfolio.backbone(brief.backbone), context.portfolio.experts_of(brief.backbone)
    return prepare(plan, brief, found, experts, context.weights(brief.backbone), keep)


def _node(name: str, node: Node, default: Context | None) -> Node:
    """The node, timed, and with the default context where a run brings none."""

    @wraps(node)
    def run(state: Any, runtime: Runtime[Context]) -> Update:
        start = perf_counter()
        if default is not None and runtime.context is None:
            runtime = runtime.override(context=default)
        update = node(state, runtime)
        return {**update, "seconds": {name: perf_counter() - start}}

    return run


def _say(runtime: Runtime[Context], node: str, message: str, region: str | None = None) -> None:
    runtime.stream_writer(Event(node=node, message=message, region=region))


def _json(value: Frozen) -> Update:
    return value.model_dump(mode="json")


def _summary(verdict: Verdict) -> str:
    passed = sum(f.passed for f in verdict.findings)
    failed = f"; failed: {', '.join(verdict.failed)}" if verdict.failed else ""
    return f"{passed} of {len(verdict.findings)} checks passed{failed}"


def _finish(state: Judged, status: Status, notes: tuple[str, ...], runtime: Runtime[Context]) -> Update:
    store = runtime.context.store
    result = Result(
        session=state.session,
        status=status,
        brief=state.brief,
        plan=state.plan,
        render=state.kept,
        verdict=state.verdict,
        rounds=state.round,
        renders=state.renders,
        remarks=state.remarks,
        notes=tuple(dict.fromkeys((*state.notes, *notes))),
        seconds=state.seconds,
        image=store.picture_path(state.kept.picture),
        version=state.edit.number if state.edit else 1,
    )
    store.put_result(result, state.edit)
    _say(runtime, "accept" if status == "accepted" else "best_effort", status.replace("_", " "))
    return {"status": status, "notes": list(notes)}


def _draw(job: RenderJob, node: str, state: Planned, runtime: Runtime[Context]) -> Update:
    """Draws the job, or finds it drawn, and puts its renders up as candidates."""
    store = runtime.context.store
    drawn = store.drawn(job.hash())
    if drawn is None:
        picture = _run(job, node, state.session, runtime)
        drawn = store.keep(job, picture, state.plan)
    else:
        _say(runtime, node, "already drawn: taken from the store")
    renders = [_json(render) for render in drawn.renders]
    return {"candidates": renders, "renders": renders}


def _run(job: RenderJob, node: str, session: str, runtime: Runtime[Context]) -> Picture:
    """Pulls the engine step by step. Raises Cancelled between two steps once the person asked to stop."""
    context, store = runtime.context, runtime.context.store
    before = (store.picture(job.keep.picture), store.latents(job.keep.latents)) if job.keep else None
    engine = context.engine(job.backbone)
    with _turn(context), closing(_pulled(engine, job, before)) as steps:
        for item in steps:
            if isinstance(item, Picture):
                return item
            preview = store.put_preview(session, item.preview) if item.preview is not None else None
            event = Event(node=node, message="drawing", step=item.step, of=item.of, preview=preview and str(preview))
            runtime.stream_writer(event)
            if context.cancelled.is_set():
                raise _stopped()
    raise BrokenAsset("The engine ended without a picture.", "Draw it again; if that repeats, check the weights.")


def _pulled(
    engine: Engine, job: RenderJob, before: tuple[Pixels, Latents] | None
) -> Generator[Step | Picture, None, None]:
    yield from engine.run(job, before)


@contextmanager
def _turn(context: Context) -> Iterator[None]:
    """Waits until the engine is free, unless the person asks to stop."""
    while not context.drawing.acquire(timeout=0.1):
        if context.cancelled.is_set():
            raise _stopped()
    try:
        yield
    finally:
        context.drawing.release()


def _stopped() -> Cancelled:
    return Cancelled("Stopped before the picture was finished.", "Resume the session to draw it after all.")
