"""The planner's compact text: what it can say survives a round trip, what breaks the grammar is refused."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_fixtures import may_be_written, vocabulary

from mepg_agent.errors import BadInput
from mepg_agent.planning.reading import Reading, Thing
from mepg_agent.planning.target import RELATES, decode, encode, next_line
from mepg_agent.scene import RelationKind
from mepg_agent.training.psa_scenes import reading_of, sample_scene

TEXT = "meadow, night, in watercolor\n2 fox, red, big, is sleepy, in oil, at top left\n1 puppy\nfox left of puppy"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_what_a_prompt_says_survives_encoding_and_decoding(seed: int) -> None:
    reading = reading_of(sample_scene(Random(seed), vocabulary()))
    assert may_be_written(encode(reading))
    read = decode(encode(reading), None)
    assert sorted(read.links) == sorted(reading.links)
    assert replace(read, links=reading.links) == reading


def test_a_text_becomes_things_links_and_a_setting() -> None:
    assert decode(TEXT, None) == Reading(
        things=[
            Thing("fox", 2, "red", "oil", 1.4, "top left", detail="sleepy"),
            Thing("puppy"),
        ],
        links=[(0, RelationKind.LEFT_OF, 1)],
        place="meadow",
        time="night",
        style="watercolor",
    )


def test_a_vocabulary_maps_spellings_to_its_own_words_and_names_what_it_lacks() -> None:
    reading = decode("lawn\n1 puppy, golden\n1 unicycle\n1 fox, maroon", vocabulary())
    assert reading.place == "meadow"
    assert [(t.noun, t.color) for t in reading.things] == [("dog", "yellow"), (None, None), ("fox", None)]
    assert reading.unknown == ["unicycle"]
    assert reading.notes == ["fox: left out 'maroon', a colour this backbone does not know."]


def test_between_takes_two_others_or_a_pair() -> None:
    assert decode("plain\n1 cat\n2 tree\ncat between tree and tree", None).between == [(0, 1, 1)]
    assert decode("plain\n1 cat\n1 tree\n1 car\ncat between tree and car", None).between == [(0, 1, 2)]


def test_kinds_of_one_noun_are_told_apart_by_number() -> None:
    text = "plain\n1 cat, black\n1 cat, white\n1 left of 2\n1 tree\n2 on tree"
    reading = decode(text, None)
    assert reading.links == [(0, RelationKind.LEFT_OF, 1), (1, RelationKind.ON, 2)]
    assert encode(reading) == text


@pytest.mark.parametrize("line", ["fox left of owl", "fox on fox", "fox between tree and fox", "7 left of tree"])
def test_a_relation_that_does_not_join_two_things_is_left_out_and_noted(line: str) -> None:
    reading = decode(f"plain\n1 fox\n1 tree\nfox on tree\n{line}", None)
    assert reading.links == [(0, RelationKind.ON, 1)] and not reading.between
    assert reading.notes == [f"Left out '{line}': it does not name things of the picture."]


@pytest.mark.parametrize(
    "text",
    ["", "meadow, night, dusk", "plain\nfox", "plain\n0 fox", "plain\n17 fox", "plain\n1 fox, at nowhere",
     "plain\n1 fox, in ", "plain\n1 fox\nhello", "plain\n1 fox\n1 cat\nfox left of cat\ndog"],
)  # fmt: skip
def test_a_text_outside_the_grammar_is_refused(text: str) -> None:
    assert not may_be_written(text)
    with pytest.raises(BadInput):
        decode(text, None)


@st.composite
def written(draw: st.DrawFn) -> str:
    """A text as decoding line by line may write it."""
    pattern, text = next_line(None, ""), ""
    for _ in range(draw(st.integers(1, 7))):
        if not (follows := pattern(text)):  # none may follow
            break
        text += draw(st.from_regex(follows, fullmatch=True)) + "\n"
    return text


@settings(max_examples=25, deadline=None)
@given(written())
def test_everything_the_grammar_matches_is_read(text: str) -> None:
    reading = decode(text, None)
    assert reading.things or "\n" not in text.strip("\n")
    lines = text.splitlines()[1:]
    said = len(reading.things) + len(reading.links) + len(reading.between)
    assert said + len(reading.notes) == len(lines)
    for note in reading.notes:
        line = note.removeprefix("Left out '").rpartition("':")[0]
        again = [other for other in lines if re.match(rf"\d+ {re.escape(line[2:])}(,|$)", other)]
        assert RELATES.match(line.lstrip("0123456789")) or (line.startswith("1 ") and len(again) > 1)


def test_a_thing_said_again_is_left_out_and_noted_and_nothing_but_relations_follows() -> None:
    text = "plain\n1 fox, red\n1 half moon\n1 half moon above fox\n1 fox"
    reading = decode(text, None)
    assert [t.noun for t in reading.things] == ["fox", "half moon"]
    assert reading.links == [(1, RelationKind.ABOVE, 0)]
    assert reading.notes == ["Left out '1 fox': it is there already."]
    after = next_line(None, "")("plain\n1 fox, red\n1 half moon\n1 fox\n")
    assert re.fullmatch(after, "fox left of half moon") and not re.fullmatch(after, "1 owl")
    assert len(decode("plain\n1 fox, red\n1 fox, white", None).things) == 2


def test_a_relation_comes_as_soon_as_its_things_are_there() -> None:
    links = [(2, RelationKind.ABOVE, 0), (0, RelationKind.LEFT_OF, 1)]
    reading = Reading([Thing("fox"), Thing("castle"), Thing("owl")], links, [(1, 0, 2)])
    assert encode(reading).splitlines()[1:] == [
        *("1 fox", "1 castle", "fox left of castle"),
        *("1 owl", "owl above fox", "castle between fox and owl"),
    ]


def test_relations_in_a_list_at_the_end_are_read_as_well() -> None:
    later, at_once = (
        "plain\n1 fox\n1 castle\n1 owl\nfox left of castle",
        "plain\n1 fox\n1 castle\nfox left of castle\n1 owl",
    )
    assert decode(later, None) == decode(at_once, None)


@pytest.mark.parametrize(
    ("line", "allowed"),
    [("cat left of owl", True), ("cat on tree", True), ("tree between cat and owl", True), ("1 owl", True),
     ("owl between tree and tree", True), ("tree between owl and owl", False), ("cap left of owl", False),
     ("owl left of owl", False), ("owl between owl and cat", False), ("1 on 2", False)],
)  # fmt: skip
def test_line_by_line_relations_join_what_is_there(line: str, allowed: bool) -> None:
    assert bool(re.fullmatch(next_line(None, "")("plain\n1 cat\n2 tree\n1 owl\n"), line)) == allowed


def test_line_by_line_two_things_are_joined_once_and_one_thing_has_no_relation() -> None:
    after = next_line(None, "")
    assert re.fullmatch(after("plain\n1 cat\n1 tree\ncat on tree\n"), "1 owl")
    assert not re.fullmatch(after("plain\n1 cat\n1 tree\ncat on tree\n"), "tree under cat")
    assert re.fullmatch(after("plain\n1 cat\n1 tree\ncat on tree\n1 owl\nowl on cat\n"), "owl left of tree")
    assert not re.fullmatch(after("plain\n1 cat\n"), "cat on cat")
    assert re.fullmatch(after("plain\n1 cat, is ~ on a leash\n"), "1 owl")  # a detail is no relation
    between = "plain\n1 cat\n1 tree\n1 owl\ncat between tree and owl\n"
    assert not re.fullmatch(after(between), "owl left of cat")
    assert re.fullmatch(after(between), "owl on tree")
    names = [chr(97 + n) for n in range(16)]
    full = "plain\n" + "".join(f"1 {name}\n" for name in names)
    assert re.fullmatch(after(full), "p on a")
    assert after(full + "".join(f"{a} on {b}\n" for a, b in combinations(names, 2))) == ""


@given(st.text(alphabet="a, 12\n~inat", max_size=60))
def test_any_text_is_decoded_or_refused_but_never_breaks(text: str) -> None:
    with suppress(BadInput):
        decode(text, None)
