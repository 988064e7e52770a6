"""What stands on or inside a thing goes with it, and several that go to one place do not stand on one another."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_fixtures import vocabulary

from mepg_agent.planning.edits import Add, Move, PlanEdit, Relate, Resize, apply, changed_regions
from mepg_agent.planning.geometry import holds
from mepg_agent.scene import Box, Extent, Region, Relation, RelationKind, ScenePlan

BOXES = {
    "bear": Box.centered(0.3, 0.65, 0.4, 0.4),
    "crown": Box.centered(0.3, 0.35, 0.2, 0.2),
    "bird": Box.centered(0.32, 0.2, 0.1, 0.1),
    "tree": Box.centered(0.85, 0.7, 0.2, 0.3),
}
ON_BEAR = Relation(subject="crown", kind=RelationKind.ON, object="bear")
ON_CROWN = Relation(subject="bird", kind=RelationKind.ON, object="crown")


def plan(*relations: Relation, locked: str = "") -> ScenePlan:
    """A bear, a crown over it, a bird over that, and a tree to the right."""
    regions = tuple(
        Region(id=noun, noun=noun, prompt=f"a {noun}", box=box, z=z, locked=noun == locked)
        for z, (noun, box) in enumerate(BOXES.items())
    )
    extent = Extent(width=256, height=256)
    return ScenePlan(prompt="p", global_prompt="p", extent=extent, regions=regions, relations=relations)


def after(edit: PlanEdit, *more: PlanEdit, start: ScenePlan | None = None) -> ScenePlan:
    return apply(start or plan(ON_BEAR, ON_CROWN), (edit, *more), vocabulary())


@given(st.floats(-0.1, 0.4), st.floats(-0.1, 0.1))
def test_what_stands_on_a_moved_thing_and_what_stands_on_that_go_with_it(dx: float, dy: float) -> None:
    moved = after(Move(region="bear", dx=dx, dy=dy))
    assert all(holds(r, moved) for r in (ON_BEAR, ON_CROWN)) and moved.relations == (ON_BEAR, ON_CROWN)
    by = moved.region("bear").box.cx - BOXES["bear"].cx
    for rider in ("crown", "bird"):
        assert moved.region(rider).box.cx == pytest.approx(BOXES[rider].cx + by)
        assert moved.region(rider).box.width == pytest.approx(BOXES[rider].width)
    assert moved.region("tree").box == BOXES["tree"]


def test_what_stands_on_a_thing_that_shrinks_shrinks_with_it() -> None:
    small = after(Resize(region="bear", factor=0.5))
    assert small.region("crown").box.width == pytest.approx(0.1)
    assert all(holds(r, small) for r in small.relations) and len(small.relations) == 2
    assert set(changed_regions(plan(ON_BEAR, ON_CROWN), small)) == {"bear", "crown", "bird"}


def test_what_stands_on_a_thing_that_grows_keeps_its_size() -> None:
    large = after(Resize(region="bear", factor=1.2))
    assert large.region("bear").box.width > 0.45
    assert large.region("crown").box.width == pytest.approx(0.2)
    assert all(holds(r, large) for r in large.relations) and len(large.relations) == 2


def test_what_is_inside_a_thing_cannot_outgrow_it() -> None:
    inside = Relation(subject="crown", kind=RelationKind.INSIDE, object="bear")
    start = plan(inside).with_regions([plan().region("crown").model_copy(update={"box": BOXES["bear"].resized(0.5)})])
    large = after(Resize(region="crown", factor=4), start=start)
    assert holds(inside, large) and large.relations == (inside,)
    assert large.region("crown").box.width > 0.3
    assert "room for crown" in large.notes[-1]


def test_what_is_named_itself_or_locked_or_not_on_it_is_not_carried() -> None:
    both = after(Move(region="bear", dx=0.2), Move(region="crown", dx=0.2))
    assert both.region("crown").box.cx == pytest.approx(0.5)
    locked = after(Move(region="bear", dx=0.2), start=plan(ON_BEAR, locked="crown"))
    assert locked.region("crown").box == BOXES["crown"]
    never = Relation(subject="tree", kind=RelationKind.ON, object="bear")
    assert after(Move(region="bear", dx=0.1), start=plan(never)).region("tree").box == BOXES["tree"]


def test_what_stands_on_a_thing_that_is_put_elsewhere_or_gives_way_goes_with_it() -> None:
    put = after(Relate(region="bear", kind=RelationKind.RIGHT_OF, other="tree"))
    assert holds(ON_BEAR, put) and holds(ON_CROWN, put)
    added = after(Add(noun="dog", kind=RelationKind.LEFT_OF, other="bear"))
    assert holds(ON_BEAR, added) and holds(ON_CROWN, added)


@pytest.mark.parametrize("spot", ["left", "right", "center", "top", "top left", "bottom right", "corner"])
def test_several_that_go_to_one_part_of_the_canvas_stand_side_by_side(spot: str) -> None:
    three = ("bear", "crown", "bird")
    moved = after(*(Move.model_validate({"region": r, "spot": spot}) for r in three), start=plan())
    boxes = [moved.region(r).box for r in three]
    assert not any(a.overlap(b) for a, b in combinations(boxes, 2))
    middle = sum(b.cx * b.width for b in boxes) / sum(b.width for b in boxes)
    if spot.endswith(("left", "corner")):
        assert middle < 0.5
    elif spot.endswith("right"):
        assert middle > 0.5
    assert [round(b.width, 6) for b in boxes] == [0.4, 0.2, 0.1]


def test_more_than_fit_side_by_side_stay_on_the_canvas() -> None:
    wide = plan().with_regions([r.model_copy(update={"box": r.box.resized(2)}) for r in plan().regions])
    moved = after(*(Move(region=r, spot="bottom left") for r in BOXES), start=wide)
    assert all(r.box.x >= 0 and r.box.right <= 1 + 1e-9 for r in moved.regions)
    assert len({r.box.cx for r in moved.regions}) == len(BOXES)
