from __future__ import annotations

from pathlib import Path

import pytest
from edit_fixtures import install_woodcut
from hypothesis import given
from hypothesis import strategies as st
from planning_fixtures import planned
from test_cli import mepg

from mepg_agent.portfolio import Expert, Found
from mepg_agent.routing import route, route_plan, style_words

LOOKS = ("cartoon", "flat", "ink")
CARDS = {
    "watercolor": ("Watercolor", ("watercolor painting",), "Soft transparent washes that bleed into wet paper."),
    "pixel-art": ("Pixel art", ("pixel art", "8-bit"), "Blocky squares as in an old video game, hard edges."),
    "oil": ("Oil painting", ("oil painting", "oil paint"), "Thick visible brush strokes on canvas, impasto."),
    "pencil-sketch": ("Pencil sketch", ("pencil sketch",), "Gray graphite hatching and rough lines."),
}


def expert(name: str) -> Found[Expert]:
    title, triggers, description = CARDS[name]
    card = Expert(
        id=name, title=title, base="b", description=description, triggers=triggers, licence="MIT", sha256="0" * 64
    )
    return Found(folder=Path("."), item=card)


EXPERTS = {name: expert(name) for name in CARDS}


@pytest.mark.parametrize(
    ("phrase", "wanted", "how"),
    [
        ("watercolor", "watercolor", "named exactly"),
        ("Pixel Art", "pixel-art", "named exactly"),
        ("pencil-sketches", "pencil-sketch", "named exactly"),
        ("8 bit", "pixel-art", "trigger"),
        ("oil painting", "oil", "trigger"),
        ("a loose watercolor look", "watercolor", "holds its words"),
        ("soft wash", "watercolor", "'soft wash' are nearest"),
        ("watercolour", "watercolor", "nearest"),
        ("thick brush strokes", "oil", "nearest"),
        ("rough graphite", "pencil-sketch", "nearest"),
        ("video game squares", "pixel-art", "nearest"),
    ],
)
def test_a_phrase_finds_its_expert_and_says_why(phrase: str, wanted: str, how: str):
    found = route(phrase, EXPERTS, LOOKS)
    assert found.expert == wanted
    assert found.reason.startswith(f"{wanted}: ") and how in found.reason


@pytest.mark.parametrize(
    "phrase", ["ukiyo-e", "claymation", "quantum spaghetti", "blargh", "very nice", "old", "in the style of", "", "🦊"]
)
def test_what_is_near_to_nothing_goes_to_the_base_model_and_says_so(phrase: str):
    found = route(phrase, EXPERTS, LOOKS)
    assert found.expert is None and found.style == phrase and "no card is near" in found.reason


def test_a_look_of_the_base_model_needs_no_expert():
    found = route("black ink", EXPERTS, LOOKS)
    assert (found.expert, found.style) == (None, "ink")
    assert "base model" in found.reason


def test_an_expert_that_goes_by_the_name_of_a_look_is_preferred():
    CARDS_WITH_INK = {
        **EXPERTS,
        "ink": Found(folder=Path("."), item=EXPERTS["oil"].item.model_copy(update={"id": "ink"})),
    }
    assert route("ink", CARDS_WITH_INK, LOOKS).expert == "ink"


def test_the_word_to_write_is_the_first_trigger():
    assert route("oil", EXPERTS).style == "oil painting"


def test_the_runner_up_is_named():
    found = route("soft transparent brush", EXPERTS)
    assert (found.expert, found.runner_up) == ("watercolor", "oil")


@pytest.mark.parametrize(
    ("phrase", "runner_up"),
    [("oil paint", "watercolor"), ("a loose oil look with graphite", "pencil-sketch"), ("watercolor", None)],
)
def test_exact_choices_name_the_likest_other_card_where_any_is_like_them(phrase: str, runner_up: str | None):
    assert route(phrase, EXPERTS).runner_up == runner_up


@pytest.mark.parametrize("command", [("plan",), ("draw", "--steps", "1")], ids=" ".join)
def test_a_person_is_told_who_draws_what_and_why(home: Path, command: tuple[str, ...]):
    install_woodcut(home)
    said = mepg(*command, "a linocut fox, a bold woodcut dog and a ukiyo-e style castle on a meadow").out
    assert "fox: woodcut: 'linocut' is one of its trigger phrases" in said
    assert "dog: woodcut: " in said
    assert "castle: no card is near 'ukiyo-e'; the base model draws it from the words" in said


def test_without_experts_everything_goes_to_the_base_model():
    assert route("watercolor", {}).expert is None


@given(st.text(max_size=60))
def test_any_phrase_is_routed_and_always_the_same_way(phrase: str):
    found = route(phrase, EXPERTS, LOOKS)
    assert found == route(phrase, dict(reversed(EXPERTS.items())), LOOKS)
    assert found.expert in (None, *EXPERTS)


def test_a_plan_gets_an_expert_for_every_region_with_a_style_and_a_remark_on_each():
    plan = planned("a watercolor fox, a cat, an ink dog and a ukiyo-e style castle")
    routed, remarks = route_plan(plan, EXPERTS, LOOKS)
    assert [r.expert for r in routed.regions] == ["watercolor", None, None, None]
    assert [r.style for r in routed.regions] == ["watercolor", None, "ink", "ukiyo-e"]
    assert [r.regions for r in remarks] == [("fox",), ("dog",), ("castle",)]


def test_an_expert_that_a_region_names_already_is_kept():
    plan = planned("a watercolor fox")
    named = plan.with_regions([plan.regions[0].model_copy(update={"expert": "oil"})])
    assert route_plan(named, EXPERTS, LOOKS) == (named, ())


def test_the_style_of_the_picture_becomes_the_word_of_its_expert():
    plan = planned("a fox on a meadow, in the style of oil paint")
    routed, remarks = route_plan(plan, EXPERTS, LOOKS)
    assert routed.style == "oil painting"
    assert remarks[0].message.startswith("the whole picture: oil:")


def test_style_words_are_looks_ids_and_triggers_once_each():
    words = style_words(EXPERTS.values(), LOOKS)
    assert words[:3] == LOOKS and "oil paint" in words and "pixel-art" in words
    assert len(words) == len(set(words))


def test_a_whole_style_whose_word_two_experts_share_is_named_by_the_id_of_the_one_that_was_chosen() -> None:
    twin = EXPERTS["oil"].item.model_copy(update={"id": "my-oil", "title": "Mine"})
    both = {**EXPERTS, "my-oil": Found(folder=Path("."), item=twin)}
    plan = planned("a fox on a meadow").replaced(style="my-oil")
    assert route_plan(plan, both)[0].style == "my-oil"
    assert route_plan(plan.replaced(style="oil"), EXPERTS)[0].style == "oil painting"
