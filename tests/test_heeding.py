"""The small planner draws what the words name and no more, and says what of it it does not give."""

from __future__ import annotations

import pytest
from planning_fixtures import STYLES, Says, answered, backbone, vocabulary

from mepg_agent.errors import BadInput
from mepg_agent.planning.chain import Chain
from mepg_agent.planning.psa import PsaPlanner
from mepg_agent.planning.rules import RulePlanner
from mepg_agent.records import Brief


@pytest.mark.parametrize("prompt", [".", "🦊", "no fox", "0 cats", "without a castle", "at night"])
def test_words_that_name_nothing_are_refused_as_the_rules_do(prompt: str) -> None:
    with pytest.raises(BadInput) as by_rules:
        RulePlanner().plan(Brief(prompt=prompt), backbone(), vocabulary(), STYLES)
    with pytest.raises(BadInput) as refused:
        answered("plain\n1 fox", prompt)
    assert str(refused.value) == str(by_rules.value)


def test_what_several_planners_refuse_for_one_reason_is_told_once() -> None:
    both = Chain(PsaPlanner(Says("plain\n1 car"), vocabulary()), RulePlanner())
    with pytest.raises(BadInput) as refused:
        both.plan(Brief(prompt="."), backbone(), vocabulary(), STYLES)
    assert refused.value.message == "The prompt names nothing that this backbone can draw."


def test_words_without_a_letter_are_refused_where_no_vocabulary_is() -> None:
    with pytest.raises(BadInput, match="nothing"):
        answered("plain\n1 car", "🦊!", closed=False)


@pytest.mark.parametrize("prompt", ["a dog, but no cats", "0 cats and a dog", "a dog without a cat"])
def test_a_thing_that_is_not_to_be_there_is_not_drawn_whatever_the_model_reads(prompt: str) -> None:
    found = answered("plain\n1 dog\n2 cat", prompt)
    assert [r.id for r in found.regions] == ["dog"]
    assert found.notes == ("Left out the cat, as asked.",)


def test_a_place_and_an_unknown_thing_that_are_not_to_be_there_are_left_out_too() -> None:
    found = answered("forest\n1 dog\n1 zorb", "a dog, no forest, no zorbs")
    assert ([r.id for r in found.regions], found.undrawn) == (["dog"], ())
    assert found.background != "forest" and not any("zorb" in note for note in found.notes)


@pytest.mark.parametrize(
    "prompt", ["a dog and a cat, no cat on the dog", "a dog, all in paper except the cat, which is blue"]
)
def test_a_thing_that_is_refused_in_one_place_only_stays(prompt: str) -> None:
    assert [r.id for r in answered("plain\n1 dog\n1 cat", prompt).regions] == ["dog", "cat"]


def test_a_count_that_the_model_does_not_give_is_noted() -> None:
    assert answered("plain\n5 cat", "9999 cats").notes == ("9999 cats are too many for one picture: 5 are drawn.",)
    assert answered("plain\n12 cat", "12 cats").notes == ()


@pytest.mark.parametrize("prompt", ["three cats", "two cats and a cat", "three cats, the left one is red"])
def test_fewer_of_a_kind_than_the_rules_read_are_noted(prompt: str) -> None:
    notes = answered("plain\n1 cat", prompt).notes
    assert notes == ("The small planner reads 1 of cat, the rules 3. Edit in what is missing.",)
    assert answered("plain\n3 cat", prompt).notes == ()


def test_a_count_that_is_none_is_asked_for_as_the_one_it_is_read_as() -> None:
    says = Says("plain\n2 cat")
    found = PsaPlanner(says).plan(Brief(prompt="1.5 cats"), backbone(), vocabulary(), STYLES)
    assert says.asked.startswith("2 cats\n")
    assert found.notes == ("Read '1.5' as 2: things come in whole numbers from 1 up.",)


@pytest.mark.parametrize(
    ("prompt", "asked"),
    [
        ("fox|castle", "fox, castle"),
        ("a fox\na red castle", "a fox, a red castle"),
        ("a fox on\na castle", "a fox on a castle"),
        ("a fox at dusk | ink silhouette", "a fox at dusk | ink silhouette"),
        ("a fox, 2 owls", "a fox, 2 owls"),
    ],
)
def test_the_model_is_asked_with_commas_between_things_that_lines_part(prompt: str, asked: str) -> None:
    says = Says("plain\n1 fox\n1 castle")
    PsaPlanner(says).read(prompt, vocabulary())
    assert says.asked.startswith(f"{asked}\n")
