"""A thing that an edit took away is looked for where it was."""

from __future__ import annotations

from typing import Any

import pytest
from edit_fixtures import agent_of, drawn

from mepg_agent.records import Check
from mepg_agent.scene import Box, Region, ScenePlan
from mepg_agent.settings import Settings
from mepg_agent.verify.gone import taken_away


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
    assert [r.id for r in taken_away(three_things, without(three_things, "dog"))] == ["dog"]
    assert taken_away(three_things, three_things) == ()
    assert taken_away(three_things, without(three_things, "dog", cat=dog)) == ()
    assert taken_away(three_things, without(three_things, "dog", dog=dog.moved(0.2, 0))) == ()
    assert taken_away(three_things, without(three_things, "dog", cat=dog.moved(0.2, 0))) != ()
