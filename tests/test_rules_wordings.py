"""Prompts in the words that people use around a picture: talk, verbs, styles said apart, slips of the pen."""

from __future__ import annotations

import pytest
from planning_fixtures import planned


def things(prompt: str) -> list[str]:
    return [r.id for r in planned(prompt).regions]


@pytest.mark.parametrize(
    "prompt",
    [
        "Hi, could you put together a scene with a fox and a castle? Thanks!",
        "Subjects: a fox and a castle",
        "I'm thinking of a fox and a castle",
        "my kid wants a fox and a castle",
    ],
)
def test_the_talk_around_a_picture_names_no_thing(prompt: str):
    plan = planned(prompt)
    assert [r.id for r in plan.regions] == ["fox", "castle"]
    assert not any("not among the things" in note for note in plan.notes)


def test_a_thing_that_has_no_word_is_told_as_not_drawn():
    assert planned("a fox and a griffon").undrawn == ("griffon",)
    assert planned("a fox and a castle").undrawn == ()


def test_an_unknown_verb_before_a_thing_is_no_thing():
    notes = planned("a fox fighting a dragon").notes
    assert any("'fighting'" in note for note in notes) and not any("not among the things" in note for note in notes)


@pytest.mark.parametrize(
    ("prompt", "styles", "whole"),
    [
        ("Style: watercolor. A fox under a tree", {"fox": None, "oak-tree": None}, "watercolor"),
        ("a fox and a dog. watercolor for the fox", {"fox": "watercolor", "dog": None}, None),
        ("a fox and a dog. The fox should be in neon", {"fox": "neon", "dog": None}, None),
        ("a watercolor fox and a dog, the rest in neon", {"fox": "watercolor", "dog": None}, "neon"),
        ("a fox turned into watercolor next to a dog", {"fox": "watercolor", "dog": None}, None),
    ],
)
def test_styles_said_apart_reach_what_they_are_said_of(prompt: str, styles: dict[str, str | None], whole: str | None):
    plan = planned(prompt)
    assert ({r.id: r.style for r in plan.regions}, plan.style) == (styles, whole)


def test_a_row_is_from_left_to_right():
    plan = planned("from left to right: a dog, a cat and a bird")
    assert [str(r) for r in plan.relations] == ["dog left of cat", "cat left of bird"]
    assert plan.region("dog").box.cx < plan.region("cat").box.cx < plan.region("bird").box.cx


@pytest.mark.parametrize(
    ("prompt", "relation"),
    [
        ("a fox to the right side of a castle", "fox right of castle"),
        ("a fox at the left hand side of a castle", "fox left of castle"),
        ("a balloon higher than a castle", "balloon above castle"),
        ("a fox closer to us than a castle", "fox in front of castle"),
        ("a fox at the rear of a castle", "fox behind castle"),
    ],
)
def test_relations_are_told_in_many_words(prompt: str, relation: str):
    assert [str(r) for r in planned(prompt).relations] == [relation]


@pytest.mark.parametrize(
    ("prompt", "time"),
    [("a castle by moonlight", "night"), ("a fox as the sun sets", "sunset"), ("a fox under the stars", "night")],
)
def test_light_is_told_in_many_words(prompt: str, time: str):
    assert planned(prompt).time == time


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a horse instead of a cow", ["horse"]),
        ("some moon over some foxes", ["full-moon", "fox", "fox-2", "fox-3"]),
        ("2x fox", ["fox", "fox-2"]),
        ("a foursome of foxes", ["fox", "fox-2", "fox-3", "fox-4"]),
        ("teh fox adn a dog", ["fox", "dog"]),
    ],
)
def test_things_are_counted_in_many_words(prompt: str, expected: list[str]):
    assert things(prompt) == expected


@pytest.mark.parametrize("prompt", ["a fox on a bench", "a lonely fox", "a clown with a fox"])
def test_a_word_with_another_letter_is_another_word(prompt: str):
    assert not any(note.startswith("Read ") for note in planned(prompt).notes)


@pytest.mark.parametrize(
    ("prompt", "color", "left_out"),
    [
        ("a white cat, not black", "white", "black"),
        ("a white cat, not black or brown", "white", "brown"),
        ("a cat that is not brown", None, "brown"),
        ("a red cat on a blue background", "red", "blue"),
        ("a cat against a pale pink backdrop with a tree", None, "pink"),
    ],
)
def test_a_look_that_is_not_wanted_or_not_of_the_thing_is_left_out_with_a_note(
    prompt: str, color: str | None, left_out: str
):
    plan = planned(prompt)
    assert plan.region("cat").color == color
    assert any(f"Left out {left_out}" in note for note in plan.notes)


@pytest.mark.parametrize(
    "prompt",
    [
        "a fox between a house on the right and a church on the left",
        "a fox between a house on the right and a church",
        "a house right of a church and a fox between the house and the church",
        "a church left of a house and a fox between the house and the church",
    ],
)
def test_the_ends_of_between_stay_on_the_sides_that_are_said(prompt: str):
    plan = planned(prompt)
    assert plan.region("church").box.cx < plan.region("fox").box.cx < plan.region("house").box.cx
    assert {"fox right of church", "fox left of house"} <= set(map(str, plan.relations))


@pytest.mark.parametrize(
    ("prompt", "relations"),
    [
        ("two dogs and a bird above each dog", ["bird above dog", "bird-2 above dog-2"]),
        ("two dogs and a crown on every dog", ["crown on dog", "crown-2 on dog-2"]),
        ("two cats, each wearing a crown", ["crown on cat", "crown-2 on cat-2"]),
        ("two dogs each on a chair", ["dog on chair", "dog-2 on chair-2"]),
        ("two cats next to each other", []),
    ],
)
def test_each_of_several_has_one_of_its_own(prompt: str, relations: list[str]):
    plan = planned(prompt)
    assert [str(r) for r in plan.relations] == relations
    assert len(plan.regions) == (4 if relations else 2)


@pytest.mark.parametrize("prompt", ["neither a dog nor a cat, only a fox", "a fox and neither dogs nor cats"])
def test_what_is_neither_wanted_nor_the_other_is_not_drawn(prompt: str):
    assert things(prompt) == ["fox"]


def test_a_thing_with_a_side_of_its_own_is_not_on_the_side_that_is_said_of_the_next():
    plan = planned("a cat to the left and a dog to the right of a house")
    assert [str(r) for r in plan.relations] == ["dog right of house"]
    assert plan.region("cat").box.cx < plan.region("house").box.cx < plan.region("dog").box.cx


@pytest.mark.parametrize(
    ("prompt", "regions"),
    [
        ("a house with a tree on each side", ["house", "oak-tree", "oak-tree-2"]),
        ("a tree on either side of a house", ["oak-tree", "oak-tree-2", "house"]),
        ("a fox and a bear on both sides of a house", ["fox", "bear", "house"]),
    ],
)
def test_on_each_side_is_one_left_and_one_right(prompt: str, regions: list[str]):
    plan = planned(prompt)
    assert [r.id for r in plan.regions] == regions
    left, right = (r.box.cx for r in plan.regions if r.id != "house")
    assert left < plan.region("house").box.cx < right


def test_things_in_a_row_lack_no_word():
    plan = planned("four mushrooms in a row")
    assert len(plan.regions) == 4 and plan.undrawn == () and not any("row" in note for note in plan.notes)


@pytest.mark.parametrize(
    ("prompt", "relations"),
    [
        (
            "a fish left of an octopus, both below a ship",
            {"fish left of octopus", "fish below ship", "octopus below ship"},
        ),
        (
            "a fox, a cat and a bear, all three under a tree",
            {f"{one} under oak-tree" for one in ("fox", "cat", "bear")},
        ),
        ("a bear and two cats, both under a tree", {"cat under oak-tree", "cat-2 under oak-tree"}),
        ("a fox and a cat under a tree", {"fox under oak-tree", "cat under oak-tree"}),
    ],
)
def test_what_is_said_of_both_or_all_three_holds_of_so_many(prompt: str, relations: set[str]):
    assert {str(r) for r in planned(prompt).relations} == relations
