"""Numbers in figures: which they are, and what a count becomes that no count can be."""

from __future__ import annotations

import pytest
from planning_fixtures import planned

from mepg_agent.errors import BadInput
from mepg_agent.planning.lexer import split
from mepg_agent.planning.numerals import in_whole_numbers, number_of


@pytest.mark.parametrize(
    ("word", "number"),
    [("3", 3), ("2x", 2), ("1,000", 1000), ("1.5", 1.5), ("2,5", 2.5), ("-3", -3), ("3/4", 0.75), ("0", 0)],
)
def test_a_number_in_figures_is_read(word: str, number: float) -> None:
    assert number_of(word) == number


@pytest.mark.parametrize("word", ["fox", "8k", "x", "1/0", "-", "1.2.3", "9" * 5000])
def test_what_is_no_number_is_none(word: str) -> None:
    assert number_of(word) is None


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("a fox,3 owls", ["a", "fox", ",", "3", "owls"]),
        ("fox-3", ["fox", "3"]),
        ("2-3 cats", ["2", "3", "cats"]),
        ("I want 3. Now", ["i", "want", "3", ".", "now"]),
        ("in 8k", ["in", "8k"]),
    ],
)
def test_a_stop_or_a_hyphen_beside_a_number_is_no_part_of_it(text: str, tokens: list[str]) -> None:
    assert split(text) == tokens


@pytest.mark.parametrize(
    ("prompt", "count", "note"),
    [
        ("1,000 cats", 8, "1000 cats are too many for one picture: 8 are drawn."),
        ("10000 cats", 8, "10000 cats are too many for one picture: 8 are drawn."),
        ("1.5 cats", 2, "Read '1.5' as 2: things come in whole numbers from 1 up."),
        ("-3 owls", 3, "Read '-3' as 3: things come in whole numbers from 1 up."),
        ("½ fox", 1, "Read '1/2' as 1: things come in whole numbers from 1 up."),
        ("2.0 cats", 2, None),
    ],
)
def test_a_count_that_is_none_becomes_one_with_a_note(prompt: str, count: int, note: str | None) -> None:
    plan = planned(prompt)
    assert (len(plan.regions), plan.notes) == (count, (note,) if note else ())


@pytest.mark.parametrize(
    "prompt", ["a fox and 0 cats", "zero cats and a fox", "a fox next to 0 cats", "0 red cats, a fox"]
)
def test_of_what_is_counted_zero_nothing_is_drawn(prompt: str) -> None:
    plan = planned(prompt)
    assert ([r.id for r in plan.regions], plan.relations) == (["fox"], ())
    assert plan.notes == ("Left out the cat, as asked.",)


def test_zero_of_some_says_nothing_of_the_others() -> None:
    plan = planned("0 red and two blue balloons")
    assert [r.color for r in plan.regions] == ["blue", "blue"]
    assert plan.notes == ("Left out the red balloon, as asked.",)
    assert [r.color for r in planned("two dogs, zero red").regions] == [None, None]


def test_nothing_but_zero_of_a_thing_is_refused() -> None:
    with pytest.raises(BadInput, match="names nothing"):
        planned("0 cats")


def test_a_text_is_rewritten_where_its_numbers_are_no_counts_only() -> None:
    assert in_whole_numbers("1,000 cats")[0] == "1000 cats"
    assert in_whole_numbers("1½ cats and -2 owls")[0] == "1 1 cats and 2 owls"
    plain = "2x fox, 3 owls in a web 2.0 style, 2-3 cats… ② „so“"
    assert in_whole_numbers(plain) == (plain, [])
