"""The graph that draws a picture: every node and all wiring on this page.

A new picture is planned, its layout mended, where asked for approved, and drawn; then each round of repair takes every
failed region one rung up the ladder: drawn again, moved, or said in fewer words. An edit of a picture takes the same
way: its plan is given, only what it changed may be laid out anew, drawn and repaired, and the picture before it is kept
everywhere else. `mepg graph` prints the drawing.

The state is small JSON, checked whenever a node reads it; pictures stay in the session store under their hashes. A node
that runs twice (after a crash, on replay) gives the same: renders are kept by the hash of their job.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import wraps
from time import perf_counter
from typing import Any, Protocol, get_type_hints

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import RetryPolicy, interrupt
from pydantic import ValidationError

from mepg_agent.context import Context, Family, say
from mepg_agent.drawing import draw
from mepg_agent.engine.prepare import Push
from mepg_agent.errors import BadInput, Transient
from mepg_agent.evidence import with_crops
from mepg_agent.ladder import LADDER, affordable, attempted, changed, next_trial, steps_of
from mepg_agent.mistakes import first_mistake
from mepg_agent.planning.layout import solve, solve_only
from mepg_agent.records import (
    Action,
    Approval,
    Brief,
    Keep,
    Remark,
    Render,
    Rung,
    Severity,
    Status,
    Verdict,
    digest,
)
from mepg_agent.routing import route_plan
from mepg_agent.scene import Box, Frozen, Region, ScenePlan
from mepg_agent.session import Result
from mepg_agent.state import Asked, Drawing, Judged, Planned, Repairing, Revising, State, Update
from mepg_agent.verify.base import Pixels, Verifier, choose
from mepg_agent.verify.gone import with_gone

__all__ = ["Context", "Family", "build_graph"]

MAX_REVISIONS = 2  # of a layout; the solver needs one, the second is for what its moves brought about
UNCHECKED = "Nobody checked this picture: the backbone has no verifier."
NOTHING_TO_CHECK = "Nobody checked this picture: its layout has no things to look for."
ONCE = "The whole picture had to be drawn again, once: candidates are parts of a picture."
UNDRAWN = "Nothing had to be drawn again."
REJECTED = "The layout was rejected; nothing was drawn."
RETRY = RetryPolicy(retry_on=Transient, max_attempts=3, initial_interval=1.0)
FALLIBLE = {"plan", "generate", "verify", "regenerate"}  # nodes that may ask something that fails now and then
ACTIONS = {Rung.MOVE: Action.REVISE_LAYOUT, Rung.SIMPLER: Action.REPLAN}  # of a trial; others draw at once


class Node(Protocol):
    """Reads its part of the state, returns what changes."""

    def __call__(self, state: Any, runtime: Runtime[Context]) -> Update: ...


def plan(state: Asked, runtime: Runtime[Context]) -> Update:
    """Words to regions, and an expert for each."""
    context, brief, family = runtime.context, state.brief, runtime.context.family(state.brief)
    if state.edit is not None:
        say(runtime, "plan", f"changing the picture: {state.edit.instruction}")
        return {"plan": _json(state.edit.plan), "notes": list(state.edit.notes)}
    session = state.session or context.store.begin(brief)
    if brief.plan is None:
        say(runtime, "plan", "planning the picture")
        drafted = context.planner(brief).plan(brief, family.backbone, family.vocabulary, family.styles)
    else:
        drafted = brief.plan
    routed, reasons = route_plan(drafted, family.experts, family.looks)
    say(runtime, "plan", f"regions: {', '.join(r.id for r in routed.regions) or 'none'}")
    notes = [*routed.notes, *(reason.message for reason in reasons)]
    return {"session": session, "plan": _json(routed), "notes": notes}


def criticise(state: Planned, runtime: Runtime[Context]) -> Update:
    """What is wrong with the layout, before it costs a picture."""
    family = runtime.context.family(state.brief)
    remarks = family.remarks(state.plan)
    for remark in remarks:
        say(runtime, "critique", remark.message)
    return {"remarks": [_json(remark) for remark in remarks]}


def approve(state: Planned, runtime: Runtime[Context]) -> Update:
    """Waits for a person's answer to the layout, an `Approval`. It runs again from its start once there is one."""
    answer = _answer(interrupt({"plan": _json(state.plan), "remarks": [_json(remark) for remark in state.remarks]}))
    if answer.plan is None:
        say(runtime, "approve", "the layout is approved" if answer.answer == "approve" else REJECTED)
        return {"approved": answer.answer == "approve"}
    family = runtime.context.family(state.brief)
    routed, reasons = route_plan(answer.plan, family.experts, family.looks)
    say(runtime, "approve", "the layout was changed")
    return {"plan": _json(routed), "revisions": 0, "notes": [reason.message for reason in reasons]}


def revise_layout(state: Revising, runtime: Runtime[Context]) -> Update:
    """The solver moves boxes until the layout obeys the relations. What an edit does not name stays where it is, and
    once there is a picture, everything but the region that keeps failing, which gets a bigger box or another place."""
    family = runtime.context.family(state.brief)
    if state.trial is not None:
        return _changed(state, "revise_layout", runtime)
    if state.edit is None:
        layout = solve(state.plan, family.vocabulary, family.grid(state.plan))
    else:
        layout = solve_only(state.plan, state.movable, family.vocabulary, family.grid(state.plan))
    say(runtime, "revise_layout", "moving boxes")
    notes = [*layout.moves, *(f"Cannot be satisfied: {relation}." for relation in layout.unsatisfied)]
    return {"plan": _json(layout.plan), "revisions": state.revisions + 1, "notes": notes}


def replan(state: Revising, runtime: Runtime[Context]) -> Update:
    """The region that keeps failing is asked for in fewer words."""
    return _changed(state, "replan", runtime)


def generate(state: Planned, runtime: Runtime[Context]) -> Update:
    """The whole picture; of an edited one, where a part will do, that part."""
    edit = state.edit
    if edit is None or Box.full() in state.redrawn:
        _check_budget(state.brief, steps_of(state.brief, runtime.context.family(state.brief)))
        drawn = _candidates(draw(state.plan, "generate", state, runtime))
        return {**drawn, "notes": [ONCE]} if edit is not None and edit.candidates > 1 else drawn
    if not state.redrawn:
        say(runtime, "generate", UNDRAWN)
        return {"candidates": [_json(edit.render)]}
    before = edit.render
    keep = Keep(picture=before.picture, latents=before.latents, redraw=state.redrawn, candidates=edit.candidates)
    return _candidates(draw(state.plan, "generate", state, runtime, keep))


def regenerate(state: Repairing, runtime: Runtime[Context]) -> Update:
    """One failed region again, or the place of a thing that was taken away, several new seeds at once; every pixel
    outside its boxes stays."""
    trial, plan, context = state.trial, state.tried or state.plan, runtime.context
    region, boxes = next((r for r in plan.regions if r.id == trial.region), None), state.repairable[trial.region]
    where = f"round {trial.round} of {state.brief.rounds}: {trial.rung}"
    what = f"the {region.id}" if region else f"the place where the {trial.region} was"
    say(runtime, "regenerate", f"drawing {what} again, {where}", region.id if region else None)
    seed = int(digest([state.brief.seed, trial.region, trial.round])[:15], 16)
    keep = Keep(
        picture=state.kept.picture,
        latents=state.kept.latents,
        redraw=boxes if state.tried is None or region is None else tuple(dict.fromkeys((*boxes, region.box))),
        candidates=affordable(state.brief, steps_of(state.brief, context.family(state.brief)), state.renders),
        zoom=trial.rung is Rung.SOLO,
    )
    if region is None:  # only the background is heard there, and its noise comes from the picture's own seed
        seeded = state.model_copy(update={"brief": state.brief.model_copy(update={"seed": seed})})
        return _candidates(draw(plan, "regenerate", seeded, runtime, keep))
    push = None if trial.rung is Rung.SEEDS else Push(alone=region.id if trial.rung is Rung.SOLO else None)
    again = plan.with_regions([Region.model_validate({**dict(region), "seed": seed})])
    return _candidates(draw(again, "regenerate", state, runtime, keep, push))


def verify(state: Drawing, runtime: Runtime[Context]) -> Update:
    """Looks at what was drawn and keeps the best picture; a repair that harmed any region is rolled back. Decides what
    is tried next."""
    context, family, shown = runtime.context, runtime.context.family(state.brief), state.tried or state.plan
    verifier = context.verifier(state.brief)
    if verifier is None:
        unchecked = Verdict(findings=(), action=Action.STOP, verifier="none")
        return {"kept": _json(state.candidates[0]), "verdict": _json(unchecked), "notes": [UNCHECKED]}
    say(runtime, "verify", "looking at the picture")
    pictures = ((render, context.store.picture(render.picture)) for render in state.candidates)
    judged = [
        (render, _handed(render, state) or _looked_at(verifier, image, shown, state)) for render, image in pictures
    ]
    before = (state.kept, state.verdict) if state.kept is not None and state.verdict is not None else None
    (kept, verdict), rejected = choose(before, judged)
    plan = state.plan if rejected else shown
    remarks = state.remarks if plan == state.plan else family.remarks(plan)
    now = state.model_copy(update={"plan": plan, "remarks": remarks})
    trial, waiting, why = next_trial(now, verdict, family)
    accepted = verdict.passed and not unshown(remarks)
    action = Action.ACCEPT if accepted else ACTIONS.get(trial.rung, Action.REGENERATE) if trial else Action.STOP
    verdict = Verdict.model_validate({**dict(verdict), "action": action})
    say(runtime, "verify", rejected or _summary(verdict))
    climbed = {trial.region: LADDER.index(trial.rung) + 1} if trial else {}
    attempts = []
    if state.trial is not None and state.verdict is not None:
        attempts.append(attempted(state.trial, state.candidates, state.verdict, verdict, kept, rejected))
    return {
        "kept": _json(kept),
        "plan": _json(plan),
        "remarks": [_json(remark) for remark in remarks],
        "verdict": _json(verdict),
        "trial": _json(trial) if trial else None,
        "tried": None,
        "round": trial.round if trial else state.round,
        "waiting": list(waiting),
        "climbed": state.climbed | climbed,
        "attempts": [_json(attempt) for attempt in attempts],
        "notes": [*filter(None, (rejected, why, "" if verdict.findings else NOTHING_TO_CHECK))],
    }


def _handed(render: Render, state: Drawing) -> Verdict | None:
    """The verdict that an edit brings, for the picture that it is about: a new layout is drawn anew, and looked at."""
    edit = state.edit
    if edit is None or state.kept is not None or render.picture != edit.render.picture:
        return None
    return edit.verdict


def _looked_at(verifier: Verifier, image: Pixels, plan: ScenePlan, state: Drawing) -> Verdict:
    """Of an edit also whether what it took away is gone."""
    verdict = verifier.verify(image, plan)
    return verdict if state.edit is None else with_gone(verdict, verifier, image, state.edit.stood, plan)


def accept(state: Judged, runtime: Runtime[Context]) -> Update:
    """Every check passed, and the layout shows every thing and every relation."""
    return _finish(state, "accepted", (), runtime)


def best_effort(state: Judged, runtime: Runtime[Context]) -> Update:
    """The best of what was drawn, what is still wrong with it, and what was tried."""
    wrong = [
        f"{f.subject or 'the picture'}: {f.check} not confirmed ({f.evidence})"
        for f in state.verdict.findings
        if not f.passed
    ]
    tried = {
        subject: ", ".join(dict.fromkeys(a.rung for a in state.attempts if a.region == subject))
        for subject in state.verdict.wrong
    }
    told = [f"{subject}: tried {rungs}." for subject, rungs in tried.items() if rungs]
    return _finish(state, "best_effort", (*unshown(state.remarks), *wrong, *told), runtime)


def unshown(remarks: tuple[Remark, ...]) -> tuple[str, ...]:
    """Things that the person asked for, and how they stand, that the layout, after its revisions, does not show."""
    return tuple(r.message for r in remarks if r.severity is Severity.ERROR and r.about in ("relation", "undrawn"))


def after_critique(state: Planned) -> str:
    faulty = any(r.severity is Severity.ERROR and set(r.regions) & set(state.movable) for r in state.remarks)
    if faulty and state.revisions < MAX_REVISIONS:
        return "revise_layout"
    return "approve" if state.brief.approve and state.edit is None else "generate"


def after_approve(state: Planned) -> str:
    return {True: "generate", False: END, None: "critique"}[state.approved]


def after_revise_layout(state: Revising) -> str:
    return "critique" if state.trial is None else "regenerate"


def after_verify(state: Judged) -> str:
    ends = {Action.ACCEPT: "accept", Action.STOP: "best_effort"}
    return ends.get(state.verdict.action) or state.verdict.action.value.replace(" ", "_")


def build_graph(context: Context | None = None, plan_only: bool = False) -> StateGraph[State, Context, Asked, State]:
    """The wiring. `context` serves runs that bring none of their own; `plan_only` stops before anything is drawn."""
    graph = StateGraph(State, context_schema=Context, input_schema=Asked)

    def add(name: str, node: Node) -> None:
        policy = RETRY if name in FALLIBLE else None
        graph.add_node(name, _node(name, node, context), input_schema=_input_of(node), retry_policy=policy)

    add("plan", plan)
    add("critique", criticise)
    add("revise_layout", revise_layout)
    graph.add_edge(START, "plan")
    graph.add_edge("plan", "critique")
    if plan_only:
        ends: dict[Hashable, str] = {"revise_layout": "revise_layout", "approve": END, "generate": END}
        graph.add_conditional_edges("critique", after_critique, ends)
        graph.add_edge("revise_layout", "critique")
        return graph
    add("approve", approve)
    add("generate", generate)
    add("verify", verify)
    add("regenerate", regenerate)
    add("replan", replan)
    add("accept", accept)
    add("best_effort", best_effort)
    graph.add_conditional_edges("critique", after_critique, ["revise_layout", "approve", "generate"])
    graph.add_conditional_edges("revise_layout", after_revise_layout, ["critique", "regenerate"])
    graph.add_conditional_edges("approve", after_approve, ["critique", "generate", END])
    graph.add_edge("generate", "verify")
    nexts = ["accept", "regenerate", "revise_layout", "replan", "best_effort"]
    graph.add_conditional_edges("verify", after_verify, nexts)
    graph.add_edge("replan", "regenerate")
    graph.add_edge("regenerate", "verify")
    graph.add_edge("accept", END)
    graph.add_edge("best_effort", END)
    return graph


def drawing_of_graph() -> str:
    """The wiring as a Mermaid drawing."""
    return build_graph().compile().get_graph().draw_mermaid()


def _input_of(node: Node) -> type[Asked]:
    """The part of the state that a node's first argument asks for."""
    return get_type_hints(node)["state"]


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


def _answer(given: Any) -> Approval:
    try:
        return Approval.model_validate(given)
    except ValidationError as error:
        said = f"This is no answer to a layout: {first_mistake(error)}."
        raise BadInput(said, "Approve, change or reject it.") from error


def _changed(state: Revising, node: str, runtime: Runtime[Context]) -> Update:
    """The plan that the trial at hand is to be drawn from. The one before stays until the verdict."""
    trial, verdict = state.trial, state.verdict
    assert trial is not None and verdict is not None, "a trial follows from a verdict"
    plan = changed(trial.rung, trial.region, state.plan, verdict, runtime.context.family(state.brief))
    assert plan is not None, "only a rung that has something to offer is tried"
    say(runtime, node, f"{trial.rung} for the {trial.region}: {trial.reason}", trial.region)
    return {"tried": _json(plan)}


def _check_budget(brief: Brief, steps: int) -> None:
    if brief.max_calls is not None and brief.max_calls < steps:
        raise BadInput(
            f"A picture of {steps} steps takes {steps} denoiser calls, more than the {brief.max_calls:g} allowed.",
            "Allow more calls or ask for fewer steps.",
        )


def _candidates(drawn: tuple[Render, ...]) -> Update:
    renders = [_json(render) for render in drawn]
    return {"candidates": renders, "renders": renders}


def _json(value: Frozen) -> Update:
    return value.model_dump(mode="json")


def _summary(verdict: Verdict) -> str:
    passed = sum(f.passed for f in verdict.findings)
    failed = f"; failed: {', '.join(verdict.failed)}" if verdict.failed else ""
    return f"{passed} of {len(verdict.findings)} checks passed{failed}"


def _finish(state: Judged, status: Status, notes: tuple[str, ...], runtime: Runtime[Context]) -> Update:
    store = runtime.context.store
    notes = notes if state.renders else (UNDRAWN, *notes)
    result = Result(
        session=state.session,
        status=status,
        brief=state.brief,
        plan=state.plan,
        render=state.kept,
        verdict=with_crops(state.verdict, state.plan, state.kept.picture, store),
        rounds=state.round,
        renders=state.renders,
        attempts=state.attempts,
        remarks=state.remarks,
        notes=tuple(dict.fromkeys((*state.notes, *notes))),
        seconds=state.seconds,
        image=store.picture_path(state.kept.picture),
        version=state.edit.number if state.edit else 1,
    )
    store.put_result(result, state.edit)
    say(runtime, "accept" if status == "accepted" else "best_effort", status.replace("_", " "))
    return {"status": status, "notes": list(notes)}
