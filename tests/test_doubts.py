"""Instructions that are doubtful whoever reads them: the rules and the small model ask, or say what they took."""

from __future__ import annotations

import pytest
from edit_fixtures import agent_of, drawn
from planning_fixtures import STYLES, vocabulary

from mepg_agent.errors import BadInput
from mepg_agent.planning.editing import EditReader, PsaEditor, RuleEditor
from mepg_agent.planning.edits import Recolor, Resize
from mepg_agent.planning.instructions import Understood
from mepg_agent.planning.question import Pattern
from mepg_agent.planning.references import Question
from mepg_agent.scene import ScenePlan
from mepg_agent.settings import Settings


class Says:
    """Answers what it is told to, whatever it is asked."""

    def __init__(self, answer: str) -> None:
        self.answer = answer

    def write(self, asked: str, pattern: Pattern) -> str:
        return self.answer


def read(editor: EditReader, text: str, plan: ScenePlan) -> Understood:
    return editor.read(text, plan, vocabulary(), STYLES)


READERS = [RuleEditor(), PsaEditor(Says("recolor fox 1 blue"))]


@pytest.mark.parametrize("editor", READERS)
@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("add 0 dogs", "0"),
        ("add zero dogs", "zero"),
        ("add -1 dog", "-1"),
        ("add 1.5 dogs", "1.5"),
        ("make the fox 0 times bigger", "0"),
        ("remove 0 foxes", "0"),
    ],
)
def test_a_number_to_change_nothing_by_is_asked_about(
    editor: EditReader, text: str, number: str, three_things: ScenePlan
) -> None:
    asked = f"'{number}' is no number to change a picture by. Which number is meant?"
    assert read(editor, text, three_things).edits == Question(text=asked)


@pytest.mark.parametrize("text", ["make the fox 0.5 times bigger", "make the fox 2x bigger"])
def test_a_measure_that_the_rules_have_no_factor_for_is_asked_about(text: str, three_things: ScenePlan) -> None:
    assert isinstance(read(RuleEditor(), text, three_things).edits, Question)


def test_a_measure_is_none_of_the_numbers_that_count_things(three_things: ScenePlan) -> None:
    by_model = read(PsaEditor(Says("resize fox 1 bigger")), "make the fox 1.5 times bigger", three_things)
    assert by_model.edits == (Resize(region="fox", factor=1.3),)


@pytest.mark.parametrize("editor", READERS)
@pytest.mark.parametrize("which", ["99th", "second", "2nd", "0th"])
def test_one_of_a_number_that_is_not_there_is_asked_about(
    editor: EditReader, which: str, three_things: ScenePlan
) -> None:
    found = read(editor, f"make the {which} fox blue", three_things).edits
    text = f"There is no {which} fox in the picture. Which thing is meant?"
    assert found == Question(text=text, choices=("fox", "dog", "castle"))


@pytest.mark.parametrize("editor", READERS)
def test_one_of_a_number_that_is_there_is_meant(editor: EditReader, three_things: ScenePlan) -> None:
    assert read(editor, "make the 1st fox blue", three_things).edits == (Recolor(region="fox", color="blue"),)


@pytest.mark.parametrize(
    ("editor", "note"),
    [
        (RuleEditor(), "Took 'blue', left out 'red': a thing has one colour."),
        (PsaEditor(Says("recolor fox 1 red")), "Took 'red', left out 'blue': a thing has one colour."),
    ],
)
def test_of_two_colours_for_a_thing_it_is_said_which_was_taken(
    editor: EditReader, note: str, three_things: ScenePlan
) -> None:
    assert read(editor, "make the fox red and blue", three_things).notes == (note,)


@pytest.mark.parametrize("editor", READERS)
@pytest.mark.parametrize("text", ["make the fox blue", "make the fox blue and the dog bigger"])
def test_a_colour_that_is_not_listed_with_another_has_no_note(
    editor: EditReader, text: str, three_things: ScenePlan
) -> None:
    assert read(editor, text, three_things).notes == ()


@pytest.mark.parametrize("editor", READERS)
@pytest.mark.parametrize("text", ["🦊", "🦊!"])
def test_signs_without_a_word_are_not_understood(editor: EditReader, text: str, three_things: ScenePlan) -> None:
    found = read(editor, text, three_things).edits
    assert isinstance(found, Question) and "not understand" in found.text


@pytest.mark.parametrize("text", [".", "!!", " … ", "\n", "?"])
def test_stops_alone_are_an_empty_instruction(settings: Settings, three_things: ScenePlan, text: str) -> None:
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        with pytest.raises(BadInput, match="The instruction is empty"):
            agent.edit(session, text)
