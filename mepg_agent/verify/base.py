"""What a verifier is, and how two of its verdicts compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from mepg_agent.records import Finding, Render, Verdict
from mepg_agent.scene import ScenePlan

Pixels = NDArray[np.uint8]  # (height, width, 3), sRGB

Judged = tuple[Render, Verdict]  # a picture and what was found in it
NOISE = 0.02  # two scores of one region that are nearer than this count as equal
SURE = 0.5  # of the way from a check's threshold to certainty: what is refused may be right, so a repair must be surer


@runtime_checkable
class Verifier(Protocol):
    """Looks at a picture region by region. The same picture and plan give the same verdict."""

    def verify(self, image: Pixels, plan: ScenePlan) -> Verdict:
        """Findings on every region of `plan`. What to do about them is the graph's business."""
        ...


def region_score(verdict: Verdict, region: str | None) -> float:
    """`Verdict.score` of the findings on one region, or on a thing that was taken away, alone (None: on the whole)."""
    return Verdict(findings=findings_on(verdict, region)).score()


def findings_on(verdict: Verdict, region: str | None) -> tuple[Finding, ...]:
    return tuple(f for f in verdict.findings if f.subject == region)


def lowered(before: Verdict, after: Verdict) -> tuple[str, ...]:
    """Regions that came off worse: a check that passed fails now, or a failed region got farther from passing, by the
    checks that both verdicts have.

    Among passed checks a smaller margin is no harm: the region is still right, or right at last.
    """
    regions = dict.fromkeys(f.subject for f in before.findings)
    return tuple(region or "the whole picture" for region in regions if _worse(before, after, region))


def _worse(before: Verdict, after: Verdict, region: str | None) -> bool:
    old, new = ({f.check: f for f in findings_on(verdict, region)} for verdict in (before, after))
    both = [check for check in old if check in new]
    if any(old[check].passed and not new[check].passed for check in both):
        return True
    if all(f.passed for f in old.values()) or all(f.passed for f in new.values()):
        return False
    was, now = (Verdict(findings=tuple(found[check] for check in both)).score() for found in (old, new))
    return now < was - NOISE


def mended(before: Verdict, after: Verdict) -> bool:
    """Whether a region that failed surely passes now, in every check."""
    failed = {f.subject for f in before.findings if not f.passed}
    return any((found := findings_on(after, region)) and all(map(_sure, found)) for region in failed)


def _sure(finding: Finding) -> bool:
    return finding.passed and finding.score >= finding.threshold + SURE * (1 - finding.threshold)


def choose(before: Judged | None, judged: Sequence[Judged]) -> tuple[Judged, str]:
    """The picture to keep, and why it is the one before, where it is.

    A first picture has nothing to beat. A repair must have mended a region that failed, surely, and lowered none.
    """
    if before is None:
        return max(judged, key=_score), ""
    harmed = [lowered(before[1], verdict) for _, verdict in judged]
    better = [pair for pair, harm in zip(judged, harmed, strict=True) if not harm and mended(before[1], pair[1])]
    if better:
        return max(better, key=_score), ""
    regions = ", ".join(dict.fromkeys(region for harm in harmed for region in harm))
    return before, f"Rolled back a repair: {f'it made {regions} worse' if regions else 'nothing was surely mended'}."


def _score(pair: Judged) -> float:
    return pair[1].score()


def calibrate(scores: list[float], labels: list[bool]) -> float:
    """The threshold t for which "passes if score ≥ t" errs least: fewest wrong passes plus fewest wrong failures.

    `labels[i]` says whether sample i should pass. Among equally good thresholds the middle of the widest gap between
    neighbouring scores is taken. Raises ValueError unless both labels occur.
    """
    if len(scores) != len(labels) or len(set(labels)) != 2:
        raise ValueError("calibration needs as many labels as scores, and samples of both kinds")
    order = np.argsort(scores, kind="stable")
    values, right = np.asarray(scores, float)[order], np.asarray(labels)[order]
    # Cutting before position i fails samples 0..i-1: wrong are the good ones below and the bad ones from i on.
    wrong = np.concatenate([[0], np.cumsum(right)]) + np.concatenate([np.cumsum(~right[::-1])[::-1], [0]])
    padded = np.concatenate([[values[0] - 1e-6], values, [values[-1] + 1e-6]])
    gaps = np.diff(padded)
    best = min((i for i in range(len(wrong)) if gaps[i] > 0), key=lambda i: (wrong[i], -gaps[i]))
    return float((padded[best] + padded[best + 1]) / 2)
