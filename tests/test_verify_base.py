from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mepg_agent.records import Check, Finding, Verdict
from mepg_agent.verify.base import calibrate, lowered, region_score


def verdict(**scores: float) -> Verdict:
    def finding(region: str, score: float) -> Finding:
        return Finding(region=region, check=Check.PRESENT, passed=score >= 0.5, score=score, threshold=0.5, evidence="")

    return Verdict(findings=tuple(finding(region, score) for region, score in scores.items()))


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        ({"fox": 0.9, "dog": 0.1}, {"fox": 0.9, "dog": 0.8}, ()),
        ({"fox": 0.9, "dog": 0.1}, {"fox": 0.4, "dog": 0.8}, ("fox",)),
        ({"fox": 0.9, "dog": 0.4}, {"fox": 0.9, "dog": 0.1}, ("dog",)),
        ({"fox": 0.9, "dog": 0.4}, {"fox": 0.6, "dog": 0.395}, ()),
    ],
    ids=["mended", "broke another", "fell further", "still right, and noise"],
)
def test_a_region_is_lowered_when_it_fails_anew_or_falls_further(
    before: Mapping[str, float], after: Mapping[str, float], worse: tuple[str, ...]
):
    assert lowered(verdict(**before), verdict(**after)) == worse


def checks(**scores: float) -> Verdict:
    """On the fox."""

    def finding(check: str, score: float) -> Finding:
        return Finding(region="fox", check=Check(check), passed=score >= 0.5, score=score, threshold=0.5, evidence="")

    return Verdict(findings=tuple(finding(check, score) for check, score in scores.items()))


def test_a_region_that_is_right_at_last_is_no_worse_though_it_had_greater_margins_before():
    before = checks(present=0.45, style=0.99, color=0.99, leak=0.99)
    assert lowered(before, checks(present=0.8, style=0.8, color=0.8)) == ()


@pytest.mark.parametrize(("present", "worse"), [(0.445, ()), (0.1, ("fox",))])
def test_only_what_was_looked_at_both_times_is_compared(present: float, worse: tuple[str, ...]):
    assert lowered(checks(present=0.45, leak=0.99), checks(present=present)) == worse


def test_a_check_of_the_whole_picture_can_be_lowered_too():
    whole = Finding(region=None, check=Check.STYLE, passed=True, score=0.9, threshold=0.5, evidence="")
    after = whole.model_copy(update={"passed": False, "score": 0.1})
    assert lowered(Verdict(findings=(whole,)), Verdict(findings=(after,))) == ("the whole picture",)


def test_scores_of_regions_do_not_mix():
    assert region_score(verdict(fox=0.9, dog=0.1), "fox") == region_score(verdict(fox=0.9, dog=0.8), "fox")


def errors_at(threshold: float, scores: list[float], labels: list[bool]) -> int:
    return sum((score >= threshold) != label for score, label in zip(scores, labels, strict=True))


samples = st.lists(
    st.tuples(st.floats(0, 1).map(lambda x: round(x, 3)), st.booleans()), min_size=2, max_size=40
).filter(lambda pairs: len({label for _, label in pairs}) == 2)


@given(samples)
def test_no_other_threshold_errs_less_than_the_calibrated_one(pairs: list[tuple[float, bool]]):
    scores, labels = [s for s, _ in pairs], [label for _, label in pairs]
    fewest = min(errors_at(t, scores, labels) for t in [*scores, max(scores) + 1])
    assert errors_at(calibrate(scores, labels), scores, labels) == fewest


def test_calibration_stands_in_the_middle_of_the_gap():
    assert calibrate([0.1, 0.2, 0.8, 0.9], [False, False, True, True]) == pytest.approx(0.5)


def test_calibration_needs_samples_of_both_kinds():
    with pytest.raises(ValueError, match="both kinds"):
        calibrate([0.1, 0.2], [True, True])
