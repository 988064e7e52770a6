"""Instructions in several parts, and those that are understood in part only: a question or a note, never a guess."""

from __future__ import annotations

import pytest
from edit_fixtures import agent_of, drawn
from planning_fixtures import STYLES, planned, vocabulary

from mepg_agent.planning.editing import RuleEditor
from mepg_agent.planning.edits import Add, Move, PlanEdit, Recolor, Relate, Remove, Replace, Restyle, apply
from mepg_agent.planning.instructions import parse_edit
from mepg_agent.planning.references import Question
from mepg_agent.scene import RelationKind, ScenePlan
from mepg_agent.settings import Settings


@pytest.fixture
def one(three_things: ScenePlan) -> ScenePlan:
    return three_things.replaced(regions=three_things.regions[:1])


def asked(text: str, plan: ScenePlan) -> Question:
    found = parse_edit(text, plan, vocabulary(), STYLES)
    assert isinstance(found, Question), found
    return found


def read(text: str, plan: ScenePlan) -> list[PlanEdit]:
    """The edits; they apply to the plan as it was when the instruction was given."""
    found = parse_edit(text, plan, vocabulary(), STYLES)
    assert not isinstance(found, Question), found.text
    apply(plan, found, vocabulary())
    return list(found)


LATER: list[tuple[str, list[PlanEdit]]] = [
    ("add a balloon and make it red", [Add(noun="balloon"), Recolor(region="balloon", color="red")]),
    ("add a balloon, then move it to the left", [Add(noun="balloon"), Move(region="balloon", dx=-0.2)]),
    ("add a fox and make it red", [Add(noun="fox"), Recolor(region="fox-2", color="red")]),
    (
        "turn the fox into a cat and make it red",
        [Replace(region="fox", noun="cat"), Recolor(region="cat", color="red")],
    ),
    ("add a cat; make the cat red", [Add(noun="cat"), Recolor(region="cat", color="red")]),
    (
        "add two birds and make them red",
        [
            *(Add(noun="bird"), Add(noun="bird")),
            *(Recolor(region="bird", color="red"), Recolor(region="bird-2", color="red")),
        ],
    ),
    ("add a house and put a bird on it", [Add(noun="house"), Add(noun="bird", kind=RelationKind.ON, other="house")]),
    (
        "add a house and move the fox left of it",
        [Add(noun="house"), Relate(region="fox", kind=RelationKind.LEFT_OF, other="house")],
    ),
]


@pytest.mark.parametrize(("text", "expected"), LATER)
@pytest.mark.parametrize("alone", [True, False])
def test_it_is_what_the_part_before_brought(
    three_things: ScenePlan, one: ScenePlan, text: str, expected: list[PlanEdit], alone: bool
):
    assert read(text, one if alone else three_things) == expected


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("add two birds and make it red", ("bird", "bird-2")),
        ("make the fox and the dog bigger and make it red", ("fox", "dog")),
        ("remove the fox and make it red", ("dog", "castle")),
    ],
)
def test_it_asks_where_several_or_none_of_what_was_named_is_left(
    three_things: ScenePlan, text: str, choices: tuple[str, ...]
):
    assert asked(text, three_things) == Question(text="Which thing is 'it'?", choices=choices)


def test_more_of_a_kind_than_there_are_are_asked_about(three_things: ScenePlan):
    text = "There are not 2 foxes to choose from. Which thing is meant?"
    assert asked("remove 2 foxes", three_things) == Question(text=text, choices=("the fox",))
    dogs = asked("remove 3 dogs", planned("two dogs and a fox"))
    assert "not 3 dogs to choose from" in dogs.text and dogs.choices == ("the left dog", "the right dog")


def test_a_thing_is_not_put_beside_itself(three_things: ScenePlan):
    question = asked("make the fox red and put it behind the fox", three_things)
    assert "behind itself" in question.text and question.choices == ("dog", "castle")


@pytest.mark.parametrize(
    "text",
    [
        "make the sky red",
        "make the sea blue",
        "make the snow white",
        "color the castle blue and the sky pink",
        "add a red sky",
        "move everything to a red forest",
    ],
)
def test_a_colour_of_the_background_is_no_other_background(three_things: ScenePlan, text: str):
    question = asked(text, three_things)
    assert "background has no colour" in question.text and question.choices
    assert all(read(choice, three_things) for choice in question.choices)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("add a cat and a laptop", "'laptop' cannot be drawn"),
        ("make the fox red and the laptop blue", "'make the laptop blue'"),
        ("remove the fox and the laptop", "no 'laptop'"),
        ("remove the fox and a laptop", "no 'laptop'"),
        ("replace the dog with a cat and the bear with a fox", "no bear"),
        ("put the fox left of the dog and the castle", "where"),
        ("make the fox red and fluffy", "'fluffy'"),
    ],
)
def test_half_of_an_instruction_is_not_done(three_things: ScenePlan, text: str, word: str):
    assert word in asked(text, three_things).text


@pytest.mark.parametrize(
    ("text", "count"), [("add 12 birds", "12"), ("add fourteen birds", "14"), ("add twenty-one birds", "21")]
)
def test_more_of_a_kind_than_a_picture_holds_asks_how_many(three_things: ScenePlan, text: str, count: str):
    question = asked(text, three_things)
    assert f"{count} birds are too many" in question.text
    assert read(question.choices[0], three_things) == [Add(noun="bird")] * 8
    assert read("add a thirsty bird", three_things) == [Add(noun="bird")]  # no slip of "thirty"


def test_things_are_replaced_at_once_where_the_verb_is_said_once(three_things: ScenePlan):
    expected = [Replace(region="dog", noun="fox"), Replace(region="fox", noun="cat")]
    assert read("replace the dog with a fox and the fox with a cat", three_things) == expected


@pytest.mark.parametrize(
    "text",
    [
        "do not make the fox red",
        "dont make the fox red",
        "make the fox not red",
        "the fox should no longer be red",
        "the fox shouldn't be so big",
        "remove everything but the fox",
        "remove everything except the fox",
        "do not add a cat",
        "add a cat but don't make it red",
    ],
)
def test_what_is_not_to_be_done_is_not_done(three_things: ScenePlan, text: str):
    question = asked(text, three_things)
    assert "not wanted" in question.text or "not understand" in question.text
    assert question.choices and not any(choice in text for choice in question.choices if "not make" in text)


def test_a_contrast_and_a_polite_question_are_not_what_is_not_wanted(three_things: ScenePlan):
    red, blue = Recolor(region="fox", color="red"), Recolor(region="fox", color="blue")
    for text, expected in (
        ("blue fox, not red", blue),
        ("make the fox blue but not red", blue),
        ("make the fox red, but not the dog", red),
        ("remove the fox and not the dog", Remove(region="fox")),
        ("no neon for the fox, take watercolor", Restyle(region="fox", style="watercolor")),
        ("add a cat, not a bird", Add(noun="cat")),
        ("why not make the fox red", red),
        ("couldn't you make the fox red if you don't mind", red),
    ):
        assert read(text, three_things) == [expected]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("add a fluffy cat", "Left out 'fluffy'"),
        ("add a cat on a beach", "Left out beach: the background stays"),
        ("add a cat at night", "Left out night: the time of day stays"),
        ("make the castel red", "Read 'castel' as 'castle'."),
    ],
)
def test_words_that_are_passed_over_or_mended_are_told(three_things: ScenePlan, text: str, note: str):
    understood = RuleEditor().read(text, three_things, vocabulary(), STYLES)
    assert not isinstance(understood.edits, Question)
    assert len(understood.notes) == 1 and note in understood.notes[0]
    assert RuleEditor().read("please add a bird in the sky", three_things, vocabulary(), STYLES).notes == ()


def test_a_style_said_after_several_added_things_is_that_of_all(three_things: ScenePlan):
    expected = [Add(noun="cat", style="watercolor"), Add(noun="bird", style="watercolor")]
    assert read("add a cat and a bird in watercolor", three_things) == expected


def test_every_line_of_an_instruction_is_a_clause(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        result = agent.edit(drawn(agent, three_things), "make the fox blue\nmove the dog left\x07")
        history = agent.history(result.session)
    plan = history.version().plan
    assert plan.region("fox").color == "blue" and plan.region("dog").box.x < three_things.region("dog").box.x
    assert history.version().instruction == "make the fox blue move the dog left"
