"""What the rules hear in a prompt, before anything is laid out."""

from __future__ import annotations

import pytest
from planning_fixtures import STYLES, vocabulary

from mepg_agent.planning.lexer import lexicon
from mepg_agent.planning.reader import Reader
from mepg_agent.planning.reading import Reading


def read(prompt: str) -> Reading:
    return Reader(lexicon(vocabulary(), STYLES), prompt).reading


def things(reading: Reading) -> list[str]:
    """ "2 red dog in neon at left"."""
    lines: list[str] = []
    for thing in reading.things:
        where = thing.spot or thing.depth
        words = [str(thing.count), thing.color, thing.noun, thing.style and f"in {thing.style}"]
        lines.append(" ".join(word for word in (*words, f"at {where}" if where else None) if word))
    return lines


def links(reading: Reading) -> list[str]:
    named = [thing.noun for thing in reading.things]
    return [f"{named[s]} {kind} {named[o]}" for s, kind, o in reading.links]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("on the left is a dog, on the right is a cat", ["1 dog at left", "1 cat at right"]),
        ("on the left there is a dog and on the right there is a cat", ["1 dog at left", "1 cat at right"]),
        ("in the foreground stands a dog, in the background a castle", ["1 dog at front", "1 castle at back"]),
    ],
)
def test_a_part_of_the_canvas_that_is_said_first_belongs_to_what_follows(prompt: str, expected: list[str]):
    assert things(read(prompt)) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a castle and a dragon above it", ["dragon above castle"]),
        ("a dog and a cat beside it", ["cat next to dog"]),
        ("a fox and a dog next to each other", ["dog next to fox"]),
        ("a castle with a fox to the left of it and a bear to the right of it",
         ["fox left of castle", "bear right of castle"]),
        ("a castle with a fox to its left and a bear to its right", ["fox left of castle", "bear right of castle"]),
        ("a brown dog. To its left, a cat.", ["cat left of dog"]),
        ("a dog with a cat next to it and a bird above it", ["cat next to dog", "bird above dog"]),
        ("a bear with a crown on its head", ["crown on bear"]),
        ("a table with an apple and a banana on it", []),
    ],
)  # fmt: skip
def test_a_pronoun_means_what_was_named_before_the_things_it_relates(prompt: str, expected: list[str]):
    assert links(read(prompt)) == expected


def test_a_second_relation_after_and_is_of_the_same_thing():
    assert links(read("a dog left of a cat and right of a fox")) == ["dog left of cat", "dog right of fox"]


@pytest.mark.parametrize("prompt", ["between a house and a church stands a tree", "between two churches a tree"])
def test_what_something_is_between_may_be_said_first(prompt: str):
    reading = read(prompt)
    assert [reading.things[middle].noun for middle, *_ in reading.between] == ["oak tree"]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("two dogs, one red and one blue", ["1 red dog", "1 blue dog"]),
        ("three cats: one black, one white and one orange", ["1 black cat", "1 white cat", "1 orange cat"]),
        ("five cats, two black and three white", ["2 black cat", "3 white cat"]),
        ("two cats, one on the left and one on the right", ["1 cat at left", "1 cat at right"]),
        ("two robots, one in neon and one in watercolor", ["1 robot in neon", "1 robot in watercolor"]),
        ("two dogs. The left dog is red", ["1 red dog at left", "1 dog"]),
        ("a fox and a dog, both red", ["1 red fox", "1 red dog"]),
        ("a dog, a cat and a fox, all red", ["1 red dog", "1 red cat", "1 red fox"]),
        ("a red car and a blue one", ["1 red car", "1 blue car"]),
        ("three balloons: two red ones and a blue one", ["2 red balloon", "1 blue balloon"]),
        ("red, blue and green kites", ["2 red kite", "2 blue kite", "2 green kite"]),
        ("a red, white and blue kite", ["1 red kite"]),
    ],
)
def test_some_of_several_are_told_apart(prompt: str, expected: list[str]):
    assert things(read(prompt)) == expected


def test_each_of_several_told_apart_keeps_the_relation_of_all():
    reading = read("two dogs in front of a house, one red and one blue")
    assert [t.color for t in reading.things if t.noun == "dog"] == ["red", "blue"]
    assert links(reading) == ["dog in front of house"] * 2


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("the black cat is left of the white cat", ["1 black cat", "1 white cat"]),
        ("a red car and a blue car, the red car on the left", ["1 red car at left", "1 blue car"]),
    ],
)
def test_the_same_noun_in_another_color_is_another_thing(prompt: str, expected: list[str]):
    assert things(read(prompt)) == expected


def test_a_possessive_is_no_plural():
    assert things(read("a lion's crown")) == ["1 lion", "1 crown"]


def test_but_ends_what_is_left_out():
    assert things(read("not a dog but a cat")) == ["1 cat"]


@pytest.mark.parametrize("prompt", ["a blue sky over a meadow with a cow", "a cow on a meadow under a starry sky"])
def test_a_sky_over_things_is_not_the_place_they_stand_in(prompt: str):
    assert read(prompt).place == "meadow"


def test_looking_at_something_is_not_standing_beside_it():
    assert links(read("a cat looking at the moon")) == []


@pytest.mark.parametrize(
    "prompt", ["fox|castle", "fox\ncastle", "fox\tcastle", "fox/castle", "a fox\r\n\r\na castle\n"]
)
def test_a_line_end_a_tab_a_bar_and_a_slash_part_things_as_a_comma_does(prompt: str):
    reading = read(prompt)
    assert (things(reading), reading.notes) == (["1 fox", "1 castle"], [])


def test_nouns_of_two_lines_are_two_things():
    assert things(read("a palm\ntree")) != things(read("a palm tree"))
    assert things(read("an owl\npixel-art fox")) == ["1 owl", "1 fox in pixel-art"]


@pytest.mark.parametrize(
    "prompt",
    [
        "a red\nfox next\nto a\ncastle in the\nbackground",
        "a red fox\nnext to a castle\nin the background",
    ],
)
def test_a_sentence_may_be_wrapped_anywhere(prompt: str):
    flat = read(prompt.replace("\n", " "))
    assert (things(read(prompt)), links(read(prompt))) == (things(flat), links(flat))
    assert links(flat) == ["fox next to castle"]


@pytest.mark.parametrize("prompt", ["a fox w/ a hat", "a fox / watercolor / on a hill"])
def test_a_slash_that_parts_no_things_says_nothing(prompt: str):
    assert read(prompt) == read(prompt.replace("/", " "))
    assert read("a b/w photo of a fox").style == "b/w"


@pytest.mark.parametrize(
    ("prompt", "note"),
    [
        ("a red blue green fox", "Left out 'blue', 'green': a thing has one colour."),
        ("a fox in a red meadow", "Left out 'red': a place has no colour of its own."),
        (
            "fox fox fox",
            "Left out 'fox': of things named in a row the last is drawn; commas between them part them.",
        ),
        ("a fluffy fox", "Left out 'fluffy': not a word for a thing, colour, style or place here."),
    ],
)
def test_the_note_on_a_word_that_is_left_out_says_why(prompt: str, note: str):
    assert read(prompt).notes == [note]


def test_what_is_wanted_instead_is_not_refused_with_the_rest():
    reading = read("Instead of a horse I want a zebra")
    assert ([t.noun for t in reading.things], reading.refused) == (["zebra"], ["the horse"])
    assert read("a fox, no cats or dogs").refused == ["the cat", "the dog"]


@pytest.mark.parametrize(
    ("prompt", "looks"),
    [
        ("two dogs, the left one is red", [("red", "left"), (None, None)]),
        ("two dogs, the left one is red and the right one is blue", [("red", "left"), ("blue", "right")]),
        ("two dogs. The one on the left is red, the one on the right is blue.", [("red", "left"), ("blue", "right")]),
        ("three dogs, the middle one is red", [("red", "center"), (None, None)]),
        ("three dogs, the left one is red, the other ones are blue", [("red", "left"), ("blue", None)]),
        ("two dogs and a house. The left one is red", [("red", "left"), (None, None)]),
        ("two dogs, the left one next to a tree, the right one is red", [(None, "left"), ("red", "right")]),
        ("three cats, one black. Two dogs, the left one is white", [("white", "left"), (None, None)]),
    ],
)
def test_the_one_that_is_meant_of_several_gets_what_is_said_of_it(
    prompt: str, looks: list[tuple[str | None, str | None]]
):
    assert [(t.color, t.spot) for t in read(prompt).things if t.noun == "dog"] == looks


def test_the_big_one_and_the_small_one_of_two_keep_their_colours():
    things = read("two cats, the big one is black and the small one is white").things
    assert [(t.count, t.color, t.size > 1) for t in things] == [(1, "black", True), (1, "white", False)]


@pytest.mark.parametrize(
    "prompt", ["a red dog and a blue dog, the red one is big", "a red dog and a blue cat, the red one is big"]
)
def test_the_red_one_is_the_one_that_was_called_red_not_one_more(prompt: str):
    things = read(prompt).things
    assert [(t.color, t.count, t.size > 1) for t in things] == [("red", 1, True), ("blue", 1, False)]


@pytest.mark.parametrize(
    "prompt",
    [
        "a house, a church and a fox between the house and the church",
        "a house, a church and a fox between them",
        "a house and a church with a fox between them",
        "a house and a church. Between them is a fox",
        "a house. A fox between it and a church",
    ],
)
def test_what_is_between_two_things_that_were_named_before_it_is_so_alone(prompt: str):
    reading = read(prompt)
    nouns = [tuple(reading.things[i].noun for i in three) for three in reading.between]
    assert nouns == [("fox", "house", "church")]


def test_two_of_a_kind_that_were_named_before_are_both_ends_of_between():
    reading = read("two houses and a fox between them")
    assert reading.between == [(1, 0, 0)]
