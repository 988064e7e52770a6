"""Where an added or moved thing goes: in sight, large enough, hiding little, and what must give way for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_fixtures import STYLES, planned, scene, vocabulary

from mepg_agent.planning.edits import Relate, apply
from mepg_agent.planning.geometry import holds
from mepg_agent.planning.instructions import parse_edit
from mepg_agent.planning.placing import SCALES, best_box
from mepg_agent.planning.references import Question
from mepg_agent.scene import RelationKind, ScenePlan


def told(prompt: str, text: str) -> tuple[ScenePlan, ScenePlan]:
    """The plan of the prompt, and what an instruction makes of it."""
    plan = planned(prompt)
    found = parse_edit(text, plan, vocabulary(), STYLES)
    assert not isinstance(found, Question), found.text
    return plan, apply(plan, found, vocabulary())


def test_several_added_in_front_of_a_thing_leave_it_in_sight():
    before, after = told("a house", "add two cats in front of it")
    house, one, two = (after.region(i).box for i in ("house", "cat", "cat-2"))
    assert house == before.region("house").box
    assert one.overlap(two) == 0 and one.width == pytest.approx(two.width)
    for cat in (one, two):
        assert cat.width > 0.25 and cat.bottom > house.bottom
        assert house.covered_by(cat) < 0.12


def test_what_is_added_behind_a_thing_is_seen_beside_it_and_stands_higher():
    _, after = told("a car", "add a cat behind the car")
    cat, car = after.region("cat").box, after.region("car").box
    assert cat.covered_by(car) < 0.4 and cat.bottom < car.bottom


def test_what_is_added_under_a_thing_is_before_its_feet():
    _, after = told("a tree", "add a fox under the tree")
    fox, tree = after.region("fox").box, after.region("oak-tree").box
    assert tree.covered_by(fox) < 0.15 and fox.bottom > tree.bottom and fox.width > 0.2


def test_the_thing_that_is_named_gives_way_where_there_is_no_room_beside_it_and_stays_large():
    before, after = told("a castle", "add a horse left of the castle")
    horse, castle = after.region("horse").box, after.region("castle").box
    assert horse.width > 0.3 and horse.right < castle.cx
    assert castle.width >= 0.74 * before.region("castle").box.width


def test_nothing_gives_way_that_is_not_named():
    before, after = told("a dog and a tree", "add another dog")
    assert all(after.region(r.id).box == r.box for r in before.regions)
    assert after.region("dog-2").box.width > 0.2


def test_a_thing_that_found_little_room_is_noted():
    _, after = told("a fox and a castle", "add a mushroom next to the fox")
    assert any(note.startswith("There was little room for mushroom") for note in after.notes)
    assert after.region("mushroom").box.width > 0.2


def test_what_is_moved_in_front_of_a_thing_stands_lower_than_it():
    before = planned("a house and a dog")
    after = apply(before, [Relate(region="dog", kind=RelationKind.IN_FRONT_OF, other="house")], vocabulary())
    assert all(holds(r, after) for r in after.relations)
    assert after.region("dog").box.bottom > after.region("house").box.bottom
    assert after.region("house").box == before.region("house").box


sides = st.floats(0.05, 0.9)
places = st.floats(0, 1)


@given(st.lists(st.tuples(places, places, sides, sides), min_size=1, max_size=5), st.sampled_from(list(RelationKind)))
def test_any_picture_has_a_place_on_the_canvas_and_it_is_the_same_one(
    boxes: list[tuple[float, float, float, float]], kind: RelationKind
):
    wished = {f"thing-{i}": (x * (1 - w), y * (1 - h), w, h) for i, (x, y, w, h) in enumerate(boxes)}
    said = [f"thing-0 {kind} thing-1"] if len(boxes) > 1 else []
    plan = scene(wished, *said)
    box, cost = best_box(plan, "thing-0", vocabulary())
    assert (box, cost) == best_box(plan, "thing-0", vocabulary())
    assert box.x >= 0 and box.y >= 0 and box.right <= 1 + 1e-6 and box.bottom <= 1 + 1e-6
    assert any(box.width == pytest.approx(plan.region("thing-0").box.width * scale, abs=1e-3) for scale in SCALES)
