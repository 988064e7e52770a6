"""Edits as a small model writes them: the picture from left to right, an operation a line."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mepg_agent.errors import BadInput
from mepg_agent.planning.operations import (
    Operation,
    Verb,
    decode_operations,
    edit_grammar,
    encode_operations,
    encode_picture,
)
from mepg_agent.scene import Box, Extent, Region, ScenePlan

OPERATIONS = (
    "remove dog 1", "move dog 2 to top left", "move dog 1 left", "move dog 1 right of dog 2", "recolor dog 1 blue",
    "resize dog 2 much bigger", "restyle dog 2 neon", "restyle all oil", "replace dog 1 cat", "swap dog 1 dog 2",
    "front dog 1", "back dog 2", "background forest", "time night", "redraw dog 2", "nothing", "which dog",
    "remove every dog", "recolor every dog blue", "restyle every dog neon", "resize every dog bigger",
    "add 2 owl, gray, in neon, at top", "add 1 owl left of dog 2", "remove dog 2\ntime night",
)  # fmt: skip


def plan() -> ScenePlan:
    """A small dog on the right, a big one on the left; the left one came last."""
    boxes = {"dog": Box.centered(0.8, 0.2, 0.2, 0.2), "dog-2": Box.centered(0.2, 0.8, 0.3, 0.3)}
    regions = tuple(
        Region(id=i, box=box, prompt="a dog", noun="dog", color="red" if i == "dog" else None, style=None)
        for i, box in boxes.items()
    )
    extent = Extent(width=256, height=256)
    return ScenePlan(prompt="two dogs", global_prompt="two dogs", background="plain", extent=extent, regions=regions)


def test_a_picture_is_shown_from_left_to_right_with_coarse_places() -> None:
    assert encode_picture(plan()) == "dog 1, big, at bottom left, last\ndog 2, red, small, at top right"


@pytest.mark.parametrize("text", OPERATIONS)
def test_an_operation_survives_decoding_and_encoding(text: str) -> None:
    assert re.fullmatch(edit_grammar(None, plan()), text)
    assert encode_operations(decode_operations(text, plan(), None), plan()) == text


@pytest.mark.parametrize(
    "text",
    ["explode dog 1", "remove dog 3", "remove cat 1", "remove 1", "remove", "move dog 1 sideways", "resize dog 1 blue",
     "swap dog 1", "remove dog 1 dog 2", "move dog 1 left of dog 3", "move dog 1 left of dog 2 dog 1", "add fox",
     "which", "which dog 1", "which cat", "remove except dog", "replace every dog cat", "background", ""],
)  # fmt: skip
def test_an_unknown_operation_is_refused(text: str) -> None:
    assert not re.fullmatch(edit_grammar(None, plan()), text)
    with pytest.raises(BadInput):
        decode_operations(text, plan(), None)


def test_operations_name_regions_by_id() -> None:
    assert decode_operations("remove dog 1\nrecolor dog 2 blue", plan(), None) == (
        Operation(verb=Verb.REMOVE, region="dog-2"),
        Operation(verb=Verb.RECOLOR, region="dog", value="blue"),
    )


def mixed() -> ScenePlan:
    """A cat between the two dogs, and a thing whose name begins alike to their right."""
    nouns = {"cat": 0.5, "cat friend": 0.9}
    more = tuple(
        Region(id=noun.replace(" ", "-"), box=Box.centered(x, 0.5, 0.1, 0.1), prompt=f"a {noun}", noun=noun)
        for noun, x in nouns.items()
    )
    return plan().replaced(regions=(*plan().regions, *more))


def test_several_are_named_together() -> None:
    assert decode_operations("recolor every dog blue", mixed(), None) == tuple(
        Operation(verb=Verb.RECOLOR, region=region, value="blue", group="every dog") for region in ("dog-2", "dog")
    )
    others = decode_operations("remove except cat", mixed(), None)
    assert [op.region for op in others] == ["dog-2", "dog", "cat-friend"]
    assert encode_operations(others, mixed()) == "remove except cat"
    styled = decode_operations("restyle except cat friend neon", mixed(), None)
    assert [(op.region, op.value) for op in styled] == [("dog-2", "neon"), ("cat", "neon"), ("dog", "neon")]
    with pytest.raises(BadInput):
        decode_operations("remove every cat", mixed(), None)


def test_what_changes_nothing_when_it_is_said_again_counts_once() -> None:
    again = decode_operations("recolor dog 1 blue\nrecolor dog 1 blue\nmove dog 1 left\nmove dog 1 left", plan(), None)
    assert [op.verb for op in again] == [Verb.RECOLOR, Verb.MOVE, Verb.MOVE]


@settings(max_examples=12, deadline=None)
@given(st.from_regex(edit_grammar(None, mixed()), fullmatch=True))
@example("resize every dog bigger\nresize every dog bigger")
def test_everything_the_grammar_matches_is_read_and_written_alike_where_names_begin_alike(text: str) -> None:
    read = decode_operations(text, mixed(), None)
    assert read and decode_operations(encode_operations(read, mixed()), mixed(), None) == read


@settings(max_examples=12, deadline=None)
@given(st.from_regex(edit_grammar(None, plan()), fullmatch=True))
def test_everything_the_grammar_matches_is_read(text: str) -> None:
    assert decode_operations(text, plan(), None)
