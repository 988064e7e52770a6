"""The planner's compact text: what it can say survives a round trip, what breaks the grammar is refused."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mepg_agent.errors import BadInput
from mepg_agent.planning.target import (
    Operation,
    Verb,
    decode,
    decode_operations,
    encode,
    encode_numbered,
    encode_operations,
)
from mepg_agent.scene import Extent
from mepg_agent.training.psa_data import load_vocabulary
from mepg_agent.training.psa_scenes import plan_of, sample_scene

VOCABULARY = load_vocabulary(Path(__file__).parents[1] / "experts/picturebook/vocabulary-full.toml")
SQUARE = Extent(width=256, height=256)
TEXT = "meadow|night|watercolor\nfox|red|sleepy|-|3565 3030\npuppy|-|~ with a hat|oil|7050 5555\n1 left of 2"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_a_plan_text_survives_decoding_and_encoding(seed: int) -> None:
    plan = plan_of(sample_scene(Random(seed), VOCABULARY), VOCABULARY, "words")
    if plan is not None:
        assert encode(decode(encode(plan), "words", None, SQUARE)) == encode(plan)


def test_a_text_becomes_regions_relations_and_a_setting() -> None:
    plan = decode(TEXT, "a fox and a puppy", None, SQUARE)
    assert [r.prompt for r in plan.regions] == ["a sleepy red fox", "a puppy with a hat"]
    assert (plan.background, plan.time, plan.style) == ("meadow", "night", "watercolor")
    assert [str(r) for r in plan.relations] == ["fox left of puppy"]
    assert (plan.regions[0].box.cx, plan.regions[0].box.height) == (pytest.approx(0.35), pytest.approx(0.3))


def test_a_vocabulary_maps_spellings_to_its_own_words() -> None:
    plan = decode("lawn|-|-\npuppy|golden|-|-|5050 3030\nunicycle|-|-|-|2050 3030", "p", VOCABULARY, SQUARE)
    assert plan.background == "meadow"
    assert [(r.noun, r.color) for r in plan.regions] == [("dog", "yellow"), ("unicycle", None)]


def test_things_keep_their_proportions_on_a_wide_canvas() -> None:
    box = decode("plain|-|-\nfox|-|-|-|5050 4040", "p", None, Extent(width=512, height=256)).regions[0].box
    assert box.width * 512 == pytest.approx(box.height * 256)


@pytest.mark.parametrize(
    "text",
    ["", "meadow|night", "plain|-|-\nfox|-|-|-|5050", "plain|-|-\nfox|-|-|-|5050 0030", "plain|-|-\n-|-|-|-|5050 3030",
     "plain|-|-\nfox|-|-|-|5050 3030\n1 left of 2", "plain|-|-\nfox|-|-|-|5050 3030\n1 left of 1",
     "plain|-|-\nfox|-|-|-|5050 3030\nhello", "plain|-|-\nfox|-|-|-|5a50 3030",
     "plain|-|-" + "\nfox|-|-|-|5050 3030" * 17],
)  # fmt: skip
def test_a_text_outside_the_grammar_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        decode(text, "p", None, SQUARE)


@given(st.text(alphabet="a|-1 2\n05~", max_size=60))
def test_any_text_is_decoded_or_refused_but_never_breaks(text: str) -> None:
    with suppress(BadInput):
        decode(text, "p", None, SQUARE)


OPERATIONS = (
    "remove 1", "move 2 to top left", "move 1 left", "move 1 right of 2", "resize 2 much bigger", "recolor 1 blue",
    "restyle 2 neon", "restyle all oil", "replace 1 cat", "swap 1 2", "front 1", "back 2", "background forest",
    "time night", "redraw 2", "nothing", "add owl|gray|-|-|8020 3030",
)  # fmt: skip


@pytest.mark.parametrize("text", OPERATIONS)
def test_an_operation_survives_decoding_and_encoding(text: str) -> None:
    plan = decode(TEXT, "p", None, SQUARE)
    assert encode_operations(decode_operations(text, plan, None), plan) == text


@pytest.mark.parametrize(
    "text", ["explode 1", "remove 3", "remove", "move 1 sideways", "resize 1 blue", "swap 1", "remove 1 2"]
)
def test_an_unknown_operation_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        decode_operations(text, decode(TEXT, "p", None, SQUARE), None)


def test_operations_name_regions_by_id() -> None:
    plan = decode(TEXT, "p", None, SQUARE)
    assert decode_operations("remove 2\ntime night", plan, VOCABULARY) == (
        Operation(verb=Verb.REMOVE, region="puppy"),
        Operation(verb=Verb.TIME, value="night"),
    )


def test_an_edit_sees_the_things_with_their_numbers() -> None:
    assert encode_numbered(decode(TEXT, "p", None, SQUARE)).split("\n")[1] == "1 fox|red|sleepy|-|3565 3030"
