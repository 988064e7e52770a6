"""A verifier that says what a test wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mepg_agent.engine.base import Pixels
from mepg_agent.records import Check, Finding, Verdict
from mepg_agent.scene import Region, ScenePlan
from mepg_agent.verify.gone import PREFIX

THRESHOLD = 0.5


@dataclass
class ScriptedVerifier:
    """Scores by script: the n-th different crop of a region gets its n-th score (the last one goes on for ever).

    The same pixels always get the same score, as with a real verifier; a region without a script always
    passes, and what an edit took away is gone.
    """

    scores: dict[str, Sequence[float]] = field(default_factory=dict)
    seen: dict[str, list[bytes]] = field(default_factory=dict)

    def verify(self, image: Pixels, plan: ScenePlan) -> Verdict:
        return Verdict(findings=tuple(self._look(image, plan, region) for region in plan.regions), verifier="scripted")

    def _look(self, image: Pixels, plan: ScenePlan, region: Region) -> Finding:
        crop = image[region.box.pixels(plan.extent).as_slices()].tobytes()
        crops = self.seen.setdefault(region.id, [])
        if crop not in crops:
            crops.append(crop)
        script = self.scores.get(region.id, (0.1,) if region.id.startswith(PREFIX) else (0.9,))
        score = script[min(crops.index(crop), len(script) - 1)]
        return Finding(
            region=region.id,
            check=Check.PRESENT,
            passed=score >= THRESHOLD,
            score=score,
            threshold=THRESHOLD,
            evidence=f"crop {crops.index(crop)}",
        )


def wrong(region: str, why: str) -> Finding:
    """What one who looked at the picture may say."""
    return Finding(region=region, check=Check.PRESENT, passed=False, score=0.0, threshold=THRESHOLD, evidence=why)
