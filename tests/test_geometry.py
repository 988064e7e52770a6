from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_fixtures import related, scene

from mepg_agent.errors import BadInput
from mepg_agent.planning.geometry import OPPOSITE, holds
from mepg_agent.scene import Relation, RelationKind

Numbers = tuple[float, float, float, float]
HOUSE = (0.4, 0.3, 0.3, 0.5)


@pytest.mark.parametrize(
    ("relation", "box", "true"),
    [
        ("a left of b", (0.05, 0.5, 0.3, 0.3), True),
        ("a left of b", (0.25, 0.5, 0.2, 0.3), True),  # reaches into the house, its middle does not
        ("a left of b", (0.35, 0.5, 0.2, 0.3), False),
        ("a right of b", (0.75, 0.0, 0.2, 0.2), True),
        ("a right of b", (0.05, 0.5, 0.2, 0.2), False),
        ("a above b", (0.45, 0.05, 0.2, 0.2), True),
        ("a above b", (0.45, 0.5, 0.2, 0.2), False),
        ("a below b", (0.45, 0.81, 0.1, 0.15), True),
        ("a on b", (0.45, 0.1, 0.2, 0.2), True),
        ("a on b", (0.45, 0.05, 0.2, 0.2), False),  # hovers
        ("a on b", (0.75, 0.1, 0.2, 0.2), False),  # beside the roof
        ("a under b", (0.45, 0.7, 0.2, 0.2), True),
        ("a under b", (0.45, 0.3, 0.2, 0.2), False),
        ("a in front of b", (0.3, 0.6, 0.25, 0.3), True),
        ("a in front of b", (0.0, 0.6, 0.25, 0.3), False),  # does not meet the house
        ("a in front of b", (0.35, 0.25, 0.4, 0.6), False),  # hides it
        ("a next to b", (0.15, 0.6, 0.2, 0.2), True),
        ("a next to b", (0.75, 0.6, 0.2, 0.2), True),
        ("a next to b", (0.0, 0.6, 0.1, 0.2), False),  # too far
        ("a next to b", (0.15, 0.0, 0.2, 0.1), False),  # another height
        ("a inside b", (0.45, 0.5, 0.2, 0.2), True),
        ("a inside b", (0.6, 0.5, 0.2, 0.2), False),
    ],
)
def test_a_relation_means_what_its_definition_says(relation: str, box: Numbers, true: bool):
    assert holds(related(relation), scene({"b": HOUSE, "a": box})) is true


def test_what_is_in_front_must_be_nearer():
    near = scene({"b": HOUSE, "a": (0.3, 0.6, 0.25, 0.3)})
    far = scene({"a": (0.3, 0.6, 0.25, 0.3), "b": HOUSE})
    assert holds(related("a in front of b"), near)
    assert not holds(related("a in front of b"), far)
    assert holds(related("b behind a"), near)


def test_nothing_stands_in_a_relation_to_itself():
    assert not holds(related("a next to a"), scene({"a": HOUSE}))


def test_an_unknown_region_is_named():
    with pytest.raises(BadInput, match="'ghost'"):
        holds(related("ghost on a"), scene({"a": HOUSE}))


@st.composite
def boxes(draw: st.DrawFn) -> Numbers:
    width, height = draw(st.floats(0.1, 0.6)), draw(st.floats(0.1, 0.6))
    return draw(st.floats(0, 1 - width)), draw(st.floats(0, 1 - height)), width, height


@given(boxes(), boxes(), st.sampled_from(sorted(OPPOSITE)))
def test_a_relation_and_its_opposite_seen_from_the_other_side_agree(a: Numbers, b: Numbers, kind: RelationKind):
    plan = scene({"a": a, "b": b})
    one = Relation(subject="a", kind=kind, object="b")
    other = Relation(subject="b", kind=OPPOSITE[kind], object="a")
    assert holds(one, plan) == holds(other, plan)


@given(boxes(), boxes())
def test_left_and_right_never_hold_together(a: Numbers, b: Numbers):
    plan = scene({"a": a, "b": b})
    assert not (holds(related("a left of b"), plan) and holds(related("a right of b"), plan))
