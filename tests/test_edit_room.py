"""Room for what an edit asks: a thing that grows, one placed by hand that is related to another."""

from __future__ import annotations

import pytest
from planning_fixtures import STYLES, backbone, vocabulary

from mepg_agent.errors import BadInput
from mepg_agent.planning.critic import critique
from mepg_agent.planning.edits import Relate, Resize, apply
from mepg_agent.planning.layout import solve_only
from mepg_agent.records import Severity
from mepg_agent.scene import Box, Region, Relation, RelationKind, ScenePlan

TWICE = Resize(region="dog", factor=2.0)


def boxed(plan: ScenePlan, region: str, box: Box, locked: bool = False) -> ScenePlan:
    fields = {**dict(plan.region(region)), "box": box, "locked": locked}
    return plan.with_regions([Region.model_validate(fields)])


def test_a_thing_that_is_to_grow_never_ends_up_smaller(three_things: ScenePlan):
    once = apply(three_things, [TWICE], vocabulary())
    again = apply(once, [TWICE], vocabulary())
    errors = [r for r in critique(again, backbone(), vocabulary(), STYLES) if r.severity is Severity.ERROR]
    assert errors == []  # the layout has nothing to mend by shrinking it
    assert again.region("dog").box.area > once.region("dog").box.area > three_things.region("dog").box.area


def test_a_thing_grows_as_far_as_there_is_room_and_says_so(three_things: ScenePlan):
    slightly = apply(three_things, [Resize(region="dog", factor=1.01)], vocabulary())
    assert slightly.region("dog").box.width == pytest.approx(0.2626) and slightly.notes == ()
    once = apply(three_things, [TWICE], vocabulary())
    again = apply(once, [TWICE], vocabulary())
    assert once.notes == ()
    assert any("room for dog to grow to 1" in note and "not to 200%" in note for note in again.notes)


def test_a_thing_without_room_to_grow_is_left_as_it_is(three_things: ScenePlan):
    crowded = boxed(three_things, "dog", Box(x=0.2, y=0.5, width=0.26, height=0.4))
    with pytest.raises(BadInput, match="no room for dog to grow") as refused:
        apply(crowded, [TWICE], vocabulary())
    assert refused.value.advice


def test_a_grown_thing_keeps_its_proportions_at_the_border_of_the_canvas(three_things: ScenePlan):
    alone = three_things.replaced(regions=(three_things.region("dog"),))
    box = apply(alone, [Resize(region="dog", factor=4.0)], vocabulary()).region("dog").box
    assert box.height == pytest.approx(1.0) and box.width / box.height == pytest.approx(0.26 / 0.4)


def test_a_thing_does_not_grow_until_it_hides_what_is_behind_it(three_things: ScenePlan):
    dog = three_things.region("dog")
    behind = Relation(subject="fox", kind=RelationKind.BEHIND, object="dog")
    stacked = three_things.with_regions([dog.model_copy(update={"z": 1})]).replaced(relations=(behind,))
    fox = Box(x=0.38, y=0.4, width=0.26, height=0.4)
    after = apply(boxed(stacked, "fox", fox), [TWICE], vocabulary())
    assert after.region("fox").box.covered_by(after.region("dog").box) <= 0.85


def test_a_thing_placed_by_hand_can_be_put_beside_another(three_things: ScenePlan):
    placed = boxed(three_things, "fox", Box(x=0.7, y=0.05, width=0.25, height=0.3), locked=True)
    left_of = Relate(region="fox", kind=RelationKind.LEFT_OF, other="dog")
    after = apply(placed, [left_of], vocabulary())
    assert [str(r) for r in after.relations] == ["fox left of dog"]
    assert after.region("fox").box.cx < after.region("dog").box.x
    assert after.region("dog") == placed.region("dog").model_copy(update={"z": after.region("dog").z})


def test_a_thing_placed_by_hand_stays_placed_where_an_instruction_put_it(three_things: ScenePlan):
    placed = boxed(three_things, "fox", Box(x=0.7, y=0.05, width=0.25, height=0.3), locked=True)
    after = apply(placed, [Relate(region="fox", kind=RelationKind.LEFT_OF, other="dog")], vocabulary())
    assert after.region("fox").locked and not after.region("dog").locked
    assert solve_only(after, ("fox",), vocabulary()).plan.region("fox").box == after.region("fox").box
