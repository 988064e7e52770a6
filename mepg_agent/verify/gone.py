"""Is a thing that an edit took away really gone? Asked of any verifier, as whether the thing is still where it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mepg_agent.records import Check, Finding, Verdict
from mepg_agent.scene import MAX_REGIONS, Region, ScenePlan, free_id
from mepg_agent.verify.base import Pixels, Verifier
from mepg_agent.verify.combined import CombinedVerifier

HIDDEN = 0.5  # share of a place that something else stands in now: what is seen there is that
PREFIX = "gone-"  # of the ids that the verifier sees


def taken_away(before: Iterable[Region], plan: ScenePlan) -> tuple[Region, ...]:
    """Of the regions that stood before those that `plan` has no more, except where one of its own, or a thing of the
    same kind, stands."""
    ids = {r.id for r in plan.regions}
    return tuple(
        old
        for old in before
        if old.id not in ids
        and not any(
            old.box.covered_by(r.box) > HIDDEN or (r.noun == old.noun and r.box.overlap(old.box)) for r in plan.regions
        )
    )


def with_gone(
    verdict: Verdict, verifier: Verifier, image: Pixels, before: Iterable[Region], plan: ScenePlan
) -> Verdict:
    """The verdict with a finding on the whole picture more for every thing that was taken away. Several verifiers each
    say whether it is gone, before what they say is put together."""
    asked: dict[str, Region] = {}
    for region in taken_away(before, plan):
        asked[free_id(f"{PREFIX}{region.id}", asked)] = region
    if not asked:
        return verdict

    def look(one: Verifier) -> Verdict:
        return _looked_for(asked, one, image, plan)

    gone = verifier.together(look) if isinstance(verifier, CombinedVerifier) else look(verifier)
    return Verdict.model_validate({**dict(verdict), "findings": (*verdict.findings, *gone.findings)})


def _looked_for(asked: Mapping[str, Region], verifier: Verifier, image: Pixels, plan: ScenePlan) -> Verdict:
    """Whether the regions, by the ids that the verifier sees, are gone. No picture shows more of them than a plan may
    have, but more may have been taken away."""
    regions = [region.model_copy(update={"id": name}) for name, region in asked.items()]
    gone: list[Finding] = []
    name = ""
    for start in range(0, len(regions), MAX_REGIONS):
        some = tuple(regions[start : start + MAX_REGIONS])
        seen = verifier.verify(image, plan.replaced(regions=some, relations=()))
        gone += [_gone(f, asked[f.region].id) for f in seen.findings if f.check is Check.PRESENT and f.region]
        name = seen.verifier
    return Verdict(findings=tuple(gone), verifier=name)


def _gone(there: Finding, name: str) -> Finding:
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
