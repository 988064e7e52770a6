"""Several verifiers as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean

from mepg_agent.records import Check, Combine, Finding, Verdict
from mepg_agent.scene import ScenePlan
from mepg_agent.verify.base import Pixels, Verifier


class CombinedVerifier:
    """Each looks for itself. A check that several made passes if all do, any does, or their mean does."""

    def __init__(self, verifiers: Sequence[Verifier], how: Combine) -> None:
        self._verifiers = tuple(verifiers)
        self._how: Combine = how

    def verify(self, image: Pixels, plan: ScenePlan) -> Verdict:
        return self.together(lambda verifier: verifier.verify(image, plan))

    def together(self, look: Callable[[Verifier], Verdict]) -> Verdict:
        """What `look` gives with each of them, as one verdict."""
        return combine([look(verifier) for verifier in self._verifiers], self._how)


def combine(verdicts: Sequence[Verdict], how: Combine) -> Verdict:
    """One finding for each subject and check that any verdict has; what only one looked at stands as it is."""
    found: dict[tuple[str | None, Check], list[tuple[str, Finding]]] = {}
    for verdict in verdicts:
        for finding in verdict.findings:
            found.setdefault((finding.subject, finding.check), []).append((verdict.verifier, finding))
    names = ", ".join(dict.fromkeys(verdict.verifier for verdict in verdicts))
    return Verdict(findings=tuple(_one(group, how) for group in found.values()), verifier=f"{how} of {names}")


def _one(group: list[tuple[str, Finding]], how: Combine) -> Finding:
    findings = [finding for _, finding in group]
    by_margin = sorted(findings, key=lambda f: (f.passed, f.score - f.threshold))
    decisive = by_margin[-1] if how == "any" else by_margin[0]
    fields: dict[str, object] = {"evidence": "; ".join(f"{name}: {f.evidence}" for name, f in group)}
    if how == "mean":
        score, threshold = fmean(f.score for f in findings), fmean(f.threshold for f in findings)
        fields |= {"score": score, "threshold": threshold, "passed": score >= threshold}
    asked = decisive if decisive.question else next((f for f in findings if f.question), decisive)
    return Finding.model_validate({**dict(decisive), **fields, "question": asked.question, "answer": asked.answer})
