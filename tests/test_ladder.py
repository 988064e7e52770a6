"""What is tried for a region that keeps failing, in which order, why, and what it may cost."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from scripted import ScriptedVerifier

from mepg_agent.agent import Agent
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput
from mepg_agent.ladder import CANDIDATES, LADDER, affordable
from mepg_agent.portfolio import Portfolio
from mepg_agent.records import Brief, GateKind, RenderJob, Rung
from mepg_agent.scene import Region, ScenePlan
from mepg_agent.session import Result
from mepg_agent.settings import Settings

STEPS = 2


@pytest.fixture
def wordy(three_things: ScenePlan) -> ScenePlan:
    """Three things, of which the dog is said in more words than it needs."""
    return changed_dog(three_things, prompt="a sleepy dog with a scarf")


def changed_dog(plan: ScenePlan, **fields: object) -> ScenePlan:
    return plan.with_regions([Region.model_validate({**dict(plan.region("dog")), **fields})])


def draw(
    settings: Settings, plan: ScenePlan, scores: dict[str, Sequence[float]], **wishes: object
) -> tuple[Result, list[RenderJob]]:
    engine = FakeEngine()
    with Agent(settings, engine=engine, verifier=ScriptedVerifier(scores)) as agent:
        return agent.draw(plan.prompt, plan=plan, steps=STEPS, **{"rounds": 5, **wishes}), engine.jobs


def rungs(result: Result) -> list[Rung]:
    return [attempt.rung for attempt in result.attempts]


def climbing(rung: Rung) -> dict[str, Sequence[float]]:
    """The dog comes out right on this rung."""
    return {"dog": (*[0.1] * (1 + CANDIDATES * LADDER.index(rung)), 0.9)}


def test_a_region_that_keeps_failing_climbs_every_rung_once_and_is_reported(settings: Settings, wordy: ScenePlan):
    result, jobs = draw(settings, wordy, {"dog": (0.1,)}, rounds=20)
    assert rungs(result) == list(LADDER) and len(jobs) == 1 + len(LADDER)
    assert result.status == "best_effort" and result.plan == wordy
    assert f"dog: tried {', '.join(LADDER)}." in result.notes


def test_every_attempt_tells_its_reason_from_the_verdict_and_what_came_of_it(settings: Settings, wordy: ScenePlan):
    result, _ = draw(settings, wordy, {"dog": (0.1, 0.4, 0.4, 0.4, 0.1, 0.1, 0.1, 0.9)})
    assert [(a.round, a.region, a.kept) for a in result.attempts] == [
        (1, "dog", False),
        (2, "dog", False),
        (3, "dog", True),
    ]
    assert [attempt.reason for attempt in result.attempts] == ["present 0.10, needs 0.50 (crop 0)"] * 3
    outcomes = [attempt.outcome for attempt in result.attempts]
    assert outcomes[0].startswith("Rolled back") and outcomes[2] == "kept: score -0.20 → 1.20"


def test_each_rung_draws_in_its_own_way(settings: Settings, wordy: ScenePlan):
    _, [first, *repairs] = draw(settings, wordy, {"dog": (0.1,)})
    seeds, stronger, solo, moved, simpler = repairs
    usual = Portfolio(settings.experts).backbone("picturebook").item.defaults.guidance
    assert (seeds.gate, seeds.guidance) == (first.gate, first.guidance) == (GateKind.ATTENTION, usual)
    assert stronger.gate is GateKind.POSITION and stronger.guidance > first.guidance
    assert [r.id for r in stronger.regions] == ["fox", "dog", "castle"]
    assert [r.id for r in solo.regions] == ["dog"] and solo.keep and solo.keep.zoom
    assert (solo.gate, solo.guidance) == (first.gate, first.guidance)
    before, after = wordy.region("dog").box, moved.regions[1].box
    assert moved.keep and moved.keep.redraw == (before, after) and after.area > before.area
    assert simpler.regions[1].prompt.startswith("a dog") and "sleepy" in first.regions[1].prompt
    assert len({r.seed for job in repairs for r in job.regions if r.id == "dog"}) == len(repairs)
    assert all(job.keep and job.keep.candidates == CANDIDATES for job in repairs)


@pytest.mark.parametrize("rung", LADDER)
def test_the_ladder_is_left_where_the_region_comes_out_right(settings: Settings, wordy: ScenePlan, rung: Rung):
    result, _ = draw(settings, wordy, climbing(rung))
    assert result.status == "accepted" and rungs(result) == list(LADDER[: LADDER.index(rung) + 1])


def test_a_plan_changes_only_by_a_rung_that_helped(settings: Settings, wordy: ScenePlan):
    moved, _ = draw(settings, wordy, climbing(Rung.MOVE))
    assert moved.plan == changed_dog(wordy, box=moved.plan.region("dog").box) != wordy
    simpler, _ = draw(settings, wordy, climbing(Rung.SIMPLER))
    assert simpler.plan == changed_dog(wordy, prompt="a dog")


def test_a_box_that_was_placed_by_hand_is_not_moved(settings: Settings, wordy: ScenePlan):
    result, _ = draw(settings, changed_dog(wordy, locked=True), {"dog": (0.1,)})
    assert rungs(result) == [rung for rung in LADDER if rung is not Rung.MOVE]


def test_a_thing_that_is_said_in_one_word_cannot_be_said_in_fewer(settings: Settings, three_things: ScenePlan):
    result, _ = draw(settings, three_things, {"dog": (0.1,)})
    assert rungs(result) == [rung for rung in LADDER if rung is not Rung.SIMPLER]


def test_a_colour_that_was_asked_for_is_still_checked_when_it_is_not_said_any_more(
    settings: Settings, three_things: ScenePlan
):
    red = changed_dog(three_things, prompt="a red dog", color="red")
    result, jobs = draw(settings, red, climbing(Rung.SIMPLER))
    assert jobs[-1].regions[1].prompt.startswith("a dog")
    assert result.plan.region("dog").color == "red"


def test_every_region_climbs_its_own_ladder(settings: Settings, three_things: ScenePlan):
    scores = {"dog": (0.1,), "fox": (*[0.1] * (1 + CANDIDATES), 0.9)}
    result, _ = draw(settings, three_things, scores, rounds=3)
    tried = [(attempt.region, attempt.rung) for attempt in result.attempts]
    assert tried == [
        ("fox", Rung.SEEDS),
        ("dog", Rung.SEEDS),
        ("fox", Rung.STRONGER),
        ("dog", Rung.STRONGER),
        ("dog", Rung.SOLO),
    ]


@pytest.mark.parametrize("most", [2, 4, 7, 9.5, 30])
def test_no_more_calls_than_the_budget_are_spent_and_the_result_says_why_it_stopped(
    settings: Settings, wordy: ScenePlan, most: float
):
    result, jobs = draw(settings, wordy, {"dog": (0.1,)}, max_calls=most, rounds=20)
    assert result.calls <= most
    told = [note for note in result.notes if note.startswith("No further repair")]
    assert bool(told) is (len(result.attempts) < len(LADDER))
    assert all(job.keep.candidates <= CANDIDATES for job in jobs if job.keep)


def test_a_budget_below_one_picture_is_refused_before_anything_is_drawn(settings: Settings, wordy: ScenePlan):
    with pytest.raises(BadInput, match="2 denoiser calls, more than the 1 allowed"):
        draw(settings, wordy, {}, max_calls=1)


def test_no_repair_begins_when_the_seconds_are_spent(settings: Settings, wordy: ScenePlan):
    result, jobs = draw(settings, wordy, {"dog": (0.1,)}, max_seconds=1e-6)
    assert len(jobs) == 1 and result.attempts == ()
    assert any("seconds are spent" in note for note in result.notes)


def test_the_costs_of_the_parts_add_up_to_that_of_the_whole(settings: Settings, wordy: ScenePlan):
    result, _ = draw(settings, wordy, {"dog": (0.1,), "fox": (0.2,)})
    parts = result.renders[0].calls + sum(attempt.calls for attempt in result.attempts)
    assert result.calls == pytest.approx(parts, abs=0.01)
    assert all(attempt.calls > 0 for attempt in result.attempts)
    assert all(a.round <= b.round for a, b in pairwise(result.attempts))


def test_a_draw_without_another_word_climbs_the_whole_ladder(settings: Settings, wordy: ScenePlan):
    result, _ = draw(settings, wordy, {"dog": (0.1,)}, rounds=Brief(prompt="x").rounds)
    assert rungs(result) == list(LADDER)


def test_without_a_limit_of_their_own_repairs_cost_no_more_than_a_few_pictures(
    settings: Settings, wordy: ScenePlan, monkeypatch: pytest.MonkeyPatch
):
    assert affordable(Brief(prompt="x"), STEPS, ()) == CANDIDATES
    monkeypatch.setattr("mepg_agent.ladder.PICTURES", 2)
    result, _ = draw(settings, wordy, {"dog": (0.1,)})
    assert STEPS < result.calls <= 2 * STEPS and len(result.attempts) < len(LADDER)
    assert any(f"of {2 * STEPS} denoiser calls are spent" in note for note in result.notes)
