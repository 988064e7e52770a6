"""What is tried for a region that failed, one rung after the other, and what it may cost. Pure: draws nothing."""

from __future__ import annotations

from collections.abc import Iterable

from mepg_agent.context import Family
from mepg_agent.english import article, noun_phrase
from mepg_agent.planning.layout import solve_only
from mepg_agent.records import Attempt, Brief, Check, Render, Rung, Severity, Trial, Verdict
from mepg_agent.scene import Box, Region, ScenePlan
from mepg_agent.state import Drawing
from mepg_agent.verify.base import findings_on, region_score

LADDER = tuple(Rung)
CANDIDATES = 3  # seeds tried at once
BIGGER = 1.3  # side of a grown box
GROWN = 1.1  # area that counts as bigger
PICTURES = 10  # whole ones, whose calls a picture with its repairs may take where the person set no limit
ASIDE = 0.5  # how far a box is moved, in its own sides


def next_trial(state: Drawing, verdict: Verdict, family: Family) -> tuple[Trial | None, tuple[str, ...], str]:
    """The repair to try next, the regions that its round has still to take, and, where the budget forbids it, why.

    `verdict` is on the best picture so far, drawn from `state.plan`. A round takes every failed region once, each by
    the lowest rung that it has not had.
    """
    rungs = {region: rung for region in state.repairs(verdict) if (rung := _next_rung(region, state, verdict, family))}
    queue, number = [region for region in state.waiting if region in rungs], state.round
    if not queue and state.round < state.brief.rounds:
        queue, number = list(rungs), state.round + 1
    if not queue:
        return None, (), ""
    if why := _spent(state, family):
        return None, (), why
    region = queue[0]
    trial = Trial(round=number, region=region, rung=rungs[region], reason=_reason(verdict, region))
    return trial, tuple(queue[1:]), ""


def _next_rung(region: str, state: Drawing, verdict: Verdict, family: Family) -> Rung | None:
    """None at the end of the ladder. A place that an edit uncovered has one rung: each round tries other seeds."""
    if all(r.id != region for r in state.plan.regions):
        return Rung.SEEDS
    may_change = {Rung.MOVE: state.movable, Rung.SIMPLER: state.named}
    for rung in LADDER[state.climbed.get(region, 0) :]:
        if rung not in CHANGES:
            return rung
        if region in may_change[rung] and changed(rung, region, state.plan, verdict, family) is not None:
            return rung
    return None


def changed(rung: Rung, region: str, plan: ScenePlan, verdict: Verdict, family: Family) -> ScenePlan | None:
    """The plan that a rung tries; None where it has nothing to offer."""
    return CHANGES[rung](plan, plan.region(region), verdict, family)


def _with_room(plan: ScenePlan, region: Region, verdict: Verdict, family: Family) -> ScenePlan | None:
    """The region's box bigger, or where there is no room for that, or another thing is seen in it, moved aside."""
    if region.locked:
        return None
    aside = [region.box.moved(dx * region.box.width, dy * region.box.height) for dx, dy in _DIRECTIONS]
    bigger = [region.box.resized(BIGGER)]
    leaks = Check.LEAK in _failed(verdict, region.id)
    for wish in [*aside, *bigger] if leaks else [*bigger, *aside]:
        tried = _laid_out(plan, region, wish, family)
        if tried is not None:
            return tried
    return None


_DIRECTIONS = ((-ASIDE, 0), (ASIDE, 0), (0, -ASIDE), (0, ASIDE))


def _laid_out(plan: ScenePlan, region: Region, wish: Box, family: Family) -> ScenePlan | None:
    """The plan with the box as near to the wished one as the layout allows, if that is another box and no smaller one,
    and the critic finds nothing worse."""
    layout = solve_only(_with(plan, region, box=wish), (region.id,), family.vocabulary, family.grid(plan))
    box = layout.plan.region(region.id).box
    tried = _with(plan, region, box=box)  # depths stay as they are
    grown = box.area >= GROWN * region.box.area
    elsewhere = box.area >= 0.95 * region.box.area and box.covered_by(region.box) < 1 - ASIDE / 2
    better = grown or elsewhere
    return tried if better and _errors(tried, family) <= _errors(plan, family) else None


def _errors(plan: ScenePlan, family: Family) -> set[tuple[str, tuple[str, ...]]]:
    return {(r.about, r.regions) for r in family.remarks(plan) if r.severity is Severity.ERROR}


def _in_fewer_words(plan: ScenePlan, region: Region, verdict: Verdict, family: Family) -> ScenePlan | None:
    """Colour and noun alone; where that is said already and the thing itself is missing, the noun alone. What the
    verifier asks for stays as it was."""
    words = [noun_phrase(region.noun, region.color)]
    if Check.PRESENT in _failed(verdict, region.id):
        words.append(article(region.noun))
    fewer = next((w for w in words if len(w) < len(region.prompt)), None)
    return None if fewer is None else _with(plan, region, prompt=fewer)


def _with(plan: ScenePlan, region: Region, **fields: object) -> ScenePlan:
    return plan.with_regions([Region.model_validate({**dict(region), **fields})])


CHANGES = {Rung.MOVE: _with_room, Rung.SIMPLER: _in_fewer_words}  # rungs that change the plan


def _reason(verdict: Verdict, region: str) -> str:
    """Why the region is drawn again: the findings that failed."""
    wrong = [
        f"{f.check} {f.score:.2f}, needs {f.threshold:.2f} ({f.evidence})"
        for f in findings_on(verdict, region)
        if not f.passed
    ]
    return "; ".join(wrong)


def _failed(verdict: Verdict, region: str) -> set[Check]:
    return {f.check for f in findings_on(verdict, region) if not f.passed}


def attempted(
    trial: Trial, candidates: Iterable[Render], before: Verdict, after: Verdict, kept: Render, rejected: str
) -> Attempt:
    """What a repair cost and what came of it. `rejected` is why it was rolled back, empty if it was kept."""
    drawn = tuple(candidates)
    old, new = region_score(before, trial.region), region_score(after, trial.region)
    return Attempt(
        **dict(trial),
        calls=sum(r.calls for r in drawn),
        seconds=sum(r.seconds for r in drawn),
        kept=not rejected,
        outcome=rejected or f"kept: score {old:.2f} → {new:.2f}",
        picture=None if rejected else kept.picture,
    )


def _spent(state: Drawing, family: Family) -> str:
    """Why the budget allows no further repair; empty where it does."""
    brief, seconds = state.brief, sum(state.seconds.values())
    if brief.max_seconds is not None and seconds >= brief.max_seconds:
        return f"No further repair: {seconds:.1f} of {brief.max_seconds:g} seconds are spent."
    if not affordable(brief, steps_of(brief, family), state.renders):
        calls = sum(render.calls for render in state.renders)
        return f"No further repair: {calls:.1f} of {_calls(brief, steps_of(brief, family)):g} denoiser calls are spent."
    return ""


def affordable(brief: Brief, steps: int, renders: Iterable[Render]) -> int:
    """How many seeds the budget of denoiser calls lets the next repair try, CANDIDATES at most. Each is counted as the
    dearest picture so far, or as a whole one: a crop costs less."""
    costs = [r.calls for r in renders]
    return max(min(CANDIDATES, int((_calls(brief, steps) - sum(costs)) // max([steps, *costs]))), 0)


def _calls(brief: Brief, steps: int) -> float:
    return brief.max_calls or float(PICTURES * steps)


def steps_of(brief: Brief, family: Family) -> int:
    return brief.steps or family.backbone.defaults.steps
