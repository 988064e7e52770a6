"""A thing that an edit took away is looked for where it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from edit_fixtures import agent_of, drawn, pixels
from scripted import ScriptedVerifier, wrong

from mepg_agent.records import Check, Rung, Verdict
from mepg_agent.scene import MAX_REGIONS, Box, Region, ScenePlan
from mepg_agent.settings import Settings
from mepg_agent.verify.gone import taken_away, with_gone


def without(plan: ScenePlan, *ids: str, **more: Box) -> ScenePlan:
    kept = [r for r in plan.regions if r.id not in ids]
    new = [Region(id=f"{noun}-9", noun=noun, prompt=f"a {noun}", box=box) for noun, box in more.items()]
    return plan.replaced(regions=(*kept, *new))


@pytest.mark.parametrize(("score", "status"), [(0.2, "accepted"), (0.8, "best_effort")])
def test_a_removed_thing_that_is_still_seen_is_no_success(
    score: float, status: str, settings: Settings, three_things: ScenePlan
):
    scores: Any = {"gone-castle": (score,)}
    with agent_of(settings, **scores) as agent:
        result = agent.edit(drawn(agent, three_things), "remove the castle", rounds=1)
    [found] = [f for f in result.verdict.findings if f.check is Check.GONE]
    assert (result.status, found.passed, found.region) == (status, status == "accepted", None)
    assert found.evidence.startswith("where the castle was: ")
    assert any("gone not confirmed" in note for note in result.notes) == (status == "best_effort")


def test_an_edit_that_takes_nothing_away_looks_for_nothing(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        result = agent.edit(drawn(agent, three_things), "make the dog red")
    assert not any(f.check is Check.GONE for f in result.verdict.findings)


def test_what_another_thing_hides_or_resembles_is_not_looked_for(three_things: ScenePlan):
    dog = three_things.region("dog").box
    assert [r.id for r in taken_away(three_things.regions, without(three_things, "dog"))] == ["dog"]
    assert taken_away(three_things.regions, three_things) == ()
    assert taken_away(three_things.regions, without(three_things, "dog", cat=dog)) == ()
    assert taken_away(three_things.regions, without(three_things, "dog", dog=dog.moved(0.2, 0))) == ()
    assert taken_away(three_things.regions, without(three_things, "dog", cat=dog.moved(0.2, 0))) != ()


def test_things_with_long_names_that_begin_alike_are_told_apart(three_things: ScenePlan):
    names = ["a-very-long-name-of-a-thing-that-is-told-apart-" + n for n in "12"]
    boxes = [region.box for region in three_things.regions]
    regions = [Region(id=n, noun="fox", prompt="a fox", box=box) for n, box in zip(names, boxes[:2], strict=True)]
    before, plan = three_things.replaced(regions=regions), three_things.replaced(regions=())
    image = np.zeros((256, 256, 3), np.uint8)
    verdict = with_gone(Verdict(findings=()), ScriptedVerifier({}), image, before.regions, plan)
    assert [f.was for f in verdict.findings] == names


def test_more_things_may_go_than_a_picture_can_show(three_things: ScenePlan):
    box = three_things.region("fox").box
    before = [Region(id=f"fox-{i}", noun="fox", prompt="a fox", box=box) for i in range(MAX_REGIONS + 4)]
    image = np.zeros((256, 256, 3), np.uint8)
    empty = three_things.replaced(regions=())
    verdict = with_gone(Verdict(findings=()), ScriptedVerifier({}), image, before, empty)
    assert [f.was for f in verdict.findings] == [region.id for region in before]


def test_where_a_removed_thing_is_still_seen_the_place_is_drawn_again_and_nothing_else(
    settings: Settings, three_things: ScenePlan
):
    scores: Any = {"gone-castle": (0.8, 0.2)}
    with agent_of(settings, **scores) as agent:
        session = drawn(agent, three_things)
        before = pixels(agent, agent.result(session))
        result = agent.edit(session, "remove the castle", rounds=1)
        changed = (pixels(agent, result) != before).any(-1)
    [attempt] = result.attempts
    assert result.status == "accepted" and attempt.kept
    assert (attempt.region, attempt.rung) == ("castle", Rung.SEEDS) and attempt.reason.startswith("gone ")
    outside = np.ones_like(changed)
    outside[three_things.region("castle").box.pixels(three_things.extent).as_slices()] = False
    assert changed.any() and not (changed & outside).any()


def test_a_thing_that_will_not_go_is_reported_with_what_was_tried(settings: Settings, three_things: ScenePlan):
    scores: Any = {"gone-castle": (0.8,)}
    with agent_of(settings, **scores) as agent:
        result = agent.edit(drawn(agent, three_things), "remove the castle", rounds=3)
    assert result.status == "best_effort" and [a.round for a in result.attempts] == [1, 2, 3]
    assert len({render.job for render in result.renders}) == 4  # every round from another seed
    assert "castle: tried new seeds." in result.notes


def test_a_repair_goes_on_with_what_an_earlier_edit_did_not_take_away(settings: Settings, three_things: ScenePlan):
    scores: Any = {"gone-castle": (0.8, 0.2)}
    with agent_of(settings, **scores) as agent:
        session = drawn(agent, three_things)
        first = agent.edit(session, "remove the castle", rounds=0)
        before = pixels(agent, first)
        result = agent.mend(session, rounds=2)
        changed = (pixels(agent, result) != before).any(-1)
        assert agent.history(session).version().instruction == "mend castle"
    assert (first.status, result.status) == ("best_effort", "accepted")
    assert {attempt.region for attempt in result.attempts} == {"castle"}
    outside = np.ones_like(changed)
    outside[three_things.region("castle").box.pixels(three_things.extent).as_slices()] = False
    assert changed.any() and not (changed & outside).any()


@pytest.mark.parametrize("name", ["fox", "castle"])
def test_a_verdict_on_one_of_two_things_taken_away_leaves_the_other_as_it_was(
    name: str, settings: Settings, three_things: ScenePlan
):
    seen: Any = {"gone-castle": (0.8,), "gone-fox": (0.8,)}
    with agent_of(settings, **seen) as agent:
        session = drawn(agent, three_things)
        first = agent.edit(session, "remove the castle and the fox", rounds=0)
        [own] = [f for f in first.verdict.findings if f.was == name]
        right = own.model_copy(update={"passed": True, "evidence": "it is gone"})
        result = agent.judge(session, [right])
    found = {f.was: f.passed for f in result.verdict.findings if f.check is Check.GONE}
    assert found == {"fox": False, "castle": False} | {name: True}


def test_what_is_still_seen_is_not_forgotten_while_another_region_is_repaired(
    settings: Settings, three_things: ScenePlan
):
    scores: Any = {"gone-castle": (0.8,)}
    with agent_of(settings, **scores) as agent:
        session = drawn(agent, three_things)
        agent.edit(session, "remove the castle", rounds=0)
        result = agent.mend(session, [wrong("fox", "it has five legs")], rounds=1)
    assert result.status == "best_effort"
    assert [f.was for f in result.verdict.findings if not f.passed] == ["castle"]
