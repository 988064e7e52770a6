"""Which counts a plan may have: those that its prompt says."""

from __future__ import annotations

import re

import pytest
from planning_fixtures import vocabulary

from mepg_agent.planning.counting import counts_of
from mepg_agent.planning.target import decode, next_line
from mepg_agent.training.psa_data import plan_examples

ALL = tuple(range(1, 17))


@pytest.mark.parametrize(
    ("prompt", "counts"),
    [
        ("three foxes in a snowy forest", (1, 3)),
        ("two cats and 5 balloons", (1, 2, 5)),
        ("half a dozen cupcakes and a pair of owls", (1, 2, 6)),
        ("a group of four birds", (1, 4)),
        ("3x cat, 2 dogs", (1, 2, 3)),
        ("a dozen, no, just four bees", (1, 4, 12)),
        ("four mushrooms in a row", (1, 4)),
        ("a fox and a castle", ALL),
        ("two dogs and a row of houses", ALL),
        ("two flocks of birds", ALL),
        ("a group of birds and two cats", ALL),
        ("five balls, two red and the rest blue", ALL),
        ("twenty birds and two cats", ALL),
        ("8-bit foxes as a 3d render", ALL),
        ("", ALL),
    ],
)
def test_counts_are_those_that_are_said_unless_one_is_left_open(prompt: str, counts: tuple[int, ...]) -> None:
    assert counts_of(prompt) == counts


def test_the_count_of_every_example_may_be_written() -> None:
    restricted = 0
    for example in plan_examples(vocabulary(), 200, 31, held=False):
        counts = counts_of(example["prompt"])
        restricted += counts != ALL
        assert {thing.count for thing in decode(example["target"], None).things} <= set(counts), example["prompt"]
    assert restricted > 40


def test_the_grammar_of_a_prompt_has_its_counts() -> None:
    pattern = next_line(None, "three foxes and a castle")("forest\n")
    assert re.fullmatch(pattern, "3 fox") and re.fullmatch(pattern, "1 castle")
    assert not re.fullmatch(pattern, "6 fox")
