"""Is a thing that an edit took away really gone? Asked of any verifier, as whether the thing is still where it was."""

from __future__ import annotations

from mepg_agent.records import Check, Finding, Verdict
from mepg_agent.scene import Region, ScenePlan
from mepg_agent.verify.base import Pixels, Verifier

HIDDEN = 0.5  # share of a place that something else stands in now: what is seen there is that
PREFIX = "gone-"  # of the ids that the verifier sees


def taken_away(before: ScenePlan, plan: ScenePlan) -> tuple[Region, ...]:
    """Regions of `before` that `plan` has no more, except where one of its own, or a thing of the same kind, stands."""
    ids = {r.id for r in plan.regions}
    return tuple(
        old
        for old in before.regions
        if old.id not in ids
        and not any(
            old.box.covered_by(r.box) > HIDDEN or (r.noun == old.noun and r.box.overlap(old.box)) for r in plan.regions
        )
    )


def with_gone(verdict: Verdict, verifier: Verifier, image: Pixels, before: ScenePlan, plan: ScenePlan) -> Verdict:
    """The verdict with a finding on the whole picture more for every thing that was taken away."""
    asked = tuple(Region.model_validate({**dict(r), "id": f"{PREFIX}{r.id}"[:48]}) for r in taken_away(before, plan))
    if not asked:
        return verdict
    seen = verifier.verify(image, plan.replaced(regions=asked, relations=()))
    gone = tuple(_gone(f) for f in seen.findings if f.check is Check.PRESENT)
    return Verdict.model_validate({**dict(verdict), "findings": (*verdict.findings, *gone)})


def _gone(there: Finding) -> Finding:
    name = (there.region or "").removeprefix(PREFIX)
    changed = {
        "region": None,
        "was": name,
        "check": Check.GONE,
        "passed": not there.passed,
        "score": 1 - there.score,
        "threshold": 1 - there.threshold,
        "evidence": f"where the {name} was: {there.evidence}",
    }
    return Finding.model_validate({**dict(there), **changed})
