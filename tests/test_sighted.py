"""The check of the benches' detector, with finds made by hand."""

from __future__ import annotations

import numpy as np

from mepg_agent.bench.sight import Seen
from mepg_agent.scene import Box
from mepg_agent.training.scenes import Scene, Thing
from mepg_agent.training.sighted import marks, question

FOX, MOON, TREE = (
    Thing("fox", "flat", None, False, Box.centered(0.2, 0.7, 0.3, 0.3)),
    Thing("moon", "flat", None, False, Box.centered(0.8, 0.2, 0.2, 0.2)),
    Thing("tree", "flat", None, False, Box.centered(0.22, 0.6, 0.3, 0.3)),
)


def scene(*things: Thing) -> Scene:
    return Scene(np.zeros((8, 8, 3), np.uint8), things, "meadow", "day")


def seen(thing: Thing, box: Box | None = None) -> Seen:
    return Seen(thing.noun, box or thing.box, 0.9, "flat", (1.0,))


def test_a_perfect_detector_has_every_mark() -> None:
    found = marks(scene(FOX, MOON), [seen(FOX), seen(MOON)], "bus")
    assert all(all(values) for values in found.values())
    assert set(found) >= {"relations seen", "false relations refused"}


def test_a_find_in_the_wrong_place_counts_as_neither_found_nor_there() -> None:
    found = marks(scene(FOX), [seen(FOX, MOON.box)], "bus")
    assert found["things found"] == [False] and found["finds that are there"] == [False]
    assert found["counts right"] == [True]


def test_a_find_too_many_and_one_that_is_absent_are_marked() -> None:
    bus = Seen("bus", MOON.box, 0.9, "flat", (1.0,))
    found = marks(scene(FOX), [seen(FOX), seen(FOX, MOON.box), bus], "bus")
    assert found["counts right"] == [False] and found["absent things not found"] == [False]


def test_things_that_stand_close_together_are_not_asked_for_their_relation() -> None:
    assert question(scene(FOX, TREE), "fox", "tree") is None
    asked = question(scene(FOX, MOON), "fox", "moon")
    assert asked is not None and asked.relation == "left of"
