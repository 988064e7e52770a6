"""The first boxes of a scene keep things apart that would be drawn as one."""

from __future__ import annotations

from pathlib import Path

import pytest
from planning_fixtures import backbone, planned

from mepg_agent.planning.arrange import arrange
from mepg_agent.planning.geometry import holds
from mepg_agent.planning.items import GAP, Item
from mepg_agent.portfolio import Place, Portfolio
from mepg_agent.scene import Extent

VOCABULARY = Portfolio((Path(__file__).parents[1] / "experts",)).vocabulary("picturebook")
assert VOCABULARY is not None
CANVAS = Extent(width=256, height=256)


def items(noun: str, count: int) -> list[Item]:
    assert VOCABULARY is not None
    return [Item(id=f"{noun}-{i}", noun=VOCABULARY.nouns[noun]) for i in range(count)]


@pytest.mark.parametrize("count", range(2, 9))
@pytest.mark.parametrize(
    ("noun", "ground"), [("apple", 0.5), ("rose", 0.6), ("bus", 0.65), ("full moon", 0.5), ("cat", 1.0)]
)
def test_several_of_a_kind_keep_clear_of_one_another(noun: str, ground: float, count: int) -> None:
    boxes = list(arrange(items(noun, count), [], Place(ground=ground), CANVAS).values())
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            across = max(one.x, other.x) - min(one.right, other.right)
            down = max(one.y, other.y) - min(one.bottom, other.bottom)
            assert max(across, down) >= GAP * 0.95


def test_four_things_are_larger_in_two_rows_than_a_row_would_let_them_be() -> None:
    boxes = list(arrange(items("apple", 4), [], Place(ground=0.5), CANVAS).values())
    assert len({round(box.cy, 3) for box in boxes}) == 2
    assert all(box.width > 0.22 for box in boxes)


def test_three_things_take_the_crowded_canvas_of_a_family_that_names_one_unless_a_size_is_asked_for():
    usual, crowded = backbone().defaults.extent, backbone().defaults.crowded
    assert crowded is not None and crowded.width > usual.width
    assert planned("a fox and a dog").extent == usual
    assert planned("a fox, a dog and a cat").extent == crowded
    assert planned("a fox, a dog and a cat", usual).extent == usual


def test_small_things_are_drawn_larger_than_they_are_beside_large_ones_and_stay_smaller() -> None:
    fox, castle = (
        arrange([*items("fox", 1), *items("castle", 1)], [], Place(ground=0.5), CANVAS)[i]
        for i in ("fox-0", "castle-0")
    )
    true = VOCABULARY.nouns["castle"].size / VOCABULARY.nouns["fox"].size  # type: ignore[union-attr]
    assert 1.1 < castle.height / fox.height < 0.9 * true
    assert fox.height > 0.35


TOGETHER = (
    "two cats in front of a red house",
    "three dogs in front of a castle",
    "four rabbits in front of a house",
    "three candles on a birthday cake",
    "two cats behind a car",
    "two foxes under a tree",
    "five mushrooms under a tree",
    "five balloons above a house",
    "two dogs in front of two houses",
    "three trees behind a house",
)


@pytest.mark.parametrize("prompt", TOGETHER)
def test_several_that_stand_alike_to_a_thing_keep_clear_of_one_another_and_leave_most_of_it_in_sight(prompt: str):
    plan = planned(prompt)
    assert all(holds(relation, plan) for relation in plan.relations)
    several = [r.box for r in plan.regions if r.id in {relation.subject for relation in plan.relations}]
    for i, one in enumerate(several):
        for other in several[i + 1 :]:
            across = max(one.x, other.x) - min(one.right, other.right)
            down = max(one.y, other.y) - min(one.bottom, other.bottom)
            assert max(across, down) > 0.0
            assert max(across, down) > 0.04 or abs(one.cy - other.cy) > 0.04  # two rows may touch at their corners
    for relation in plan.relations:
        front, back = sorted((plan.region(relation.subject), plan.region(relation.object)), key=lambda r: -r.z)
        assert back.box.covered_by(front.box) <= 0.45


def test_what_is_under_a_thing_that_stands_is_before_its_feet():
    for prompt in ("a fox under a tree", "a mushroom under a tree", "a fish under a boat"):
        plan = planned(prompt)
        under, over = (plan.region(i).box for i in (plan.relations[0].subject, plan.relations[0].object))
        assert over.covered_by(under) <= 0.2 and under.bottom > over.bottom


def test_what_is_above_and_what_is_before_a_thing_leave_it_room_between_them():
    plan = planned("a castle with a dragon flying above it and two horses in front")
    dragon, castle = plan.region("dragon").box, plan.region("castle").box
    assert dragon.overlap(castle) == 0 and castle.width > 0.3


def test_what_is_hidden_from_the_feet_up_need_not_stand_on_the_ground():
    plan = planned("three trees behind a house")
    middle = plan.region("oak-tree-2").box
    assert middle.bottom < plan.region("oak-tree").box.bottom - 0.1
    assert middle.covered_by(plan.region("house").box) < 0.6


def test_what_lives_in_the_water_swims_where_the_place_is_under_it():
    plan = planned("a fish, a whale and an octopus underwater")
    assert all(region.box.bottom < 0.9 for region in plan.regions)
    assert len({round(region.box.cy, 2) for region in plan.regions}) == 3
    (boat,) = planned("a sailboat at sea").regions
    assert boat.box.bottom > 0.5
