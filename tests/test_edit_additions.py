"""What is added to a picture or put between two of its things: which of them is meant, and what stands to what."""

from __future__ import annotations

import pytest
from planning_fixtures import STYLES, planned, vocabulary

from mepg_agent.planning import instructions
from mepg_agent.planning.edits import Add, Move, Recolor, apply
from mepg_agent.planning.instructions import parse_edit, understand
from mepg_agent.planning.references import Question
from mepg_agent.scene import Box, Region, RelationKind, ScenePlan

FOXES = "a red fox and a blue fox and a house"


def told(text: str, prompt: str) -> ScenePlan:
    """The plan of the prompt after an instruction that is understood."""
    plan = planned(prompt)
    found = parse_edit(text, plan, vocabulary(), STYLES)
    assert not isinstance(found, Question), found.text
    return apply(plan, found, vocabulary())


def asked(text: str, prompt: str) -> Question:
    found = parse_edit(text, planned(prompt), vocabulary(), STYLES)
    assert isinstance(found, Question), found
    return found


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("add a crown on the red fox", "crown on fox"),
        ("add a crown on the blue fox", "crown on fox-2"),
        ("add a crown on the right fox", "crown on fox-2"),
        ("add a crown on fox-2", "crown on fox-2"),
        ("add a crown on the second fox and a cat", "crown on fox-2"),
        ("add a bird between the red fox and the house", "bird right of fox"),
        ("add a bird between the red fox and the house", "bird left of house"),
    ],
)
def test_what_something_is_added_to_is_told_by_colour_place_or_id(text: str, relation: str):
    assert relation in map(str, told(text, FOXES).relations)


def test_each_of_the_choices_offered_for_an_anchor_is_an_answer():
    question = asked("add a crown on the fox", FOXES)
    relations = [str(told(f"add a crown on {choice}", FOXES).relations[-1]) for choice in question.choices]
    assert relations == ["crown on fox", "crown on fox-2"]


def test_another_one_beside_the_one_that_is_there_is_added_there():
    plan = told("add another dog next to the dog", "a dog")
    assert [r.id for r in plan.regions] == ["dog", "dog-2"]
    assert [str(r) for r in plan.relations] == ["dog-2 next to dog"]


def test_a_thing_beside_one_that_is_not_there_is_asked_about():
    assert asked("add a dog next to the dog", "a fox").text.startswith("There is no dog in the picture.")


def test_all_that_are_added_between_two_stand_between_them():
    plan = told("add two birds between the house and the dog", "a dog and a house")
    wanted = {f"{bird} {side}" for bird in ("bird", "bird-2") for side in ("right of dog", "left of house")}
    assert set(map(str, plan.relations)) == wanted


@pytest.mark.parametrize(
    "text", ["add a bird between the dog and a house", "add a house and a bird between the dog and the house"]
)
def test_one_end_of_between_may_be_added_by_the_same_words(text: str):
    relations = set(map(str, told(text, "a dog").relations))
    assert {"bird right of dog", "bird left of house"} <= relations


@pytest.mark.parametrize(
    ("text", "relations"),
    [
        ("add a bird on it and a cat", ["bird on dog"]),
        ("add a cat next to it and a bird on it", ["cat next to dog", "bird on cat"]),
        ("put a bird on it", ["bird on dog"]),
    ],
)
def test_only_what_is_said_to_be_on_it_is(text: str, relations: list[str]):
    assert sorted(str(r) for r in told(text, "a dog").relations) == sorted(relations)


@pytest.mark.parametrize(
    "text",
    [
        "put the dog between the house and the church",
        "move the dog between the church and the house",
        "the dog should stand between the house and the church",
    ],
)
def test_a_thing_that_is_there_goes_between_two_others(text: str):
    plan = told(text, "a house, a church and a dog")
    assert {str(r) for r in plan.relations} == {"dog right of house", "dog left of church"}
    assert plan.region("house").box.cx < plan.region("dog").box.cx < plan.region("church").box.cx


@pytest.mark.parametrize("text", ["put the dog between the house", "put the dog between the dog and the house"])
def test_between_one_thing_or_itself_is_asked_about(text: str):
    question = asked(text, "a house, a church and a dog")
    assert (question.text, question.choices) == ("Between which two?", ("house", "church"))


def test_a_long_wish_with_a_word_that_is_not_understood_is_read_few_times(monkeypatch: pytest.MonkeyPatch):
    parted, read = instructions._parted, []
    monkeypatch.setattr(instructions, "_parted", lambda clause: read.append(clause.text) or parted(clause))
    plan = planned("a fox and a house")
    text = "move the fox left" + " and in watercolor" * 10 + " and qwertyzz foo"
    assert isinstance(parse_edit(text, plan, vocabulary(), STYLES), Question)
    assert 10 < len(read) < 150


def test_the_notes_on_a_half_that_is_read_twice_are_kept():
    plan = planned("a fox and a house")
    found = understand("add a fluffy bird and make it red and in watercolor", plan, vocabulary(), STYLES)
    assert isinstance(found.edits, tuple) and found.edits[0] == Add(noun="bird")
    assert any("fluffy" in note for note in found.notes)


def test_what_is_added_where_there_is_no_room_for_its_relation_is_noted():
    top = Move(region="castle", box=Box(x=0.2, y=0.0, width=0.6, height=0.6))  # placed by hand: it does not give way
    house = Add(noun="house", kind=RelationKind.ABOVE, other="castle")
    plan = apply(planned("a huge castle"), [top, house], vocabulary())
    assert any(note.startswith("There is no room for house above castle") for note in plan.notes)


@pytest.mark.parametrize(
    ("fields", "color", "prompt"),
    [
        ({"noun": "orange", "prompt": "orange", "color": "orange"}, None, "an orange"),
        ({"noun": "orange", "prompt": "an orange", "color": "orange"}, "blue", "a blue orange"),
        ({"noun": "fox", "prompt": "a red fox"}, "blue", "a blue fox"),
        ({"noun": "fox", "prompt": "a red fox"}, None, "a fox"),
        ({"noun": "Fox", "prompt": "a sleepy red Fox", "color": "red"}, "blue", "a sleepy blue Fox"),
        ({"noun": "fox", "prompt": "a fox in a red coat"}, "blue", "a blue fox in a red coat"),
    ],
)
def test_the_words_of_a_recoloured_thing_say_the_new_colour_once(
    fields: dict[str, str], color: str | None, prompt: str
):
    plan = planned("a fox")
    given = plan.with_regions([Region.model_validate({**dict(plan.regions[0]), **fields})])
    after = apply(given, [Recolor(region="fox", color=color)], vocabulary())
    assert after.regions[0].prompt == prompt


@pytest.mark.parametrize("text", ["make the fox blue", "add a crown on the fox", "put the fox left of the house"])
def test_a_thing_of_a_given_plan_is_found_whatever_the_case_of_its_noun(text: str):
    plan = planned("a fox and a house")
    given = plan.with_regions([Region.model_validate({**dict(plan.region("fox")), "noun": "Fox"})])
    assert parse_edit(text, given, vocabulary(), STYLES) == parse_edit(text, plan, vocabulary(), STYLES)


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("add a cat right of the foxes", "cat right of fox-2"),
        ("add a cat left of the foxes", "cat left of fox"),
        ("move the house to the left of the foxes", "house left of fox"),
    ],
)
def test_beside_several_is_beside_the_outermost_of_them(text: str, relation: str) -> None:
    after = told(text, FOXES)
    [new] = [r for r in after.relations if str(r) == relation]
    foxes = [r.box for r in after.regions if r.noun == "fox"]
    thing = after.region(new.subject).box
    assert all((thing.cx > fox.cx) is (new.kind is RelationKind.RIGHT_OF) for fox in foxes)


def test_which_of_several_a_thing_goes_onto_is_asked_in_words_that_tell_them_apart() -> None:
    assert asked("add a crown on the foxes", FOXES).choices == ("the left fox", "the right fox")


@pytest.mark.parametrize("word", ["each", "every"])
def test_to_each_of_several_one_is_added(word: str) -> None:
    after = told(f"add a bird above {word} fox", FOXES)
    assert [str(r) for r in after.relations if "bird" in str(r)] == ["bird above fox", "bird-2 above fox-2"]
    assert sorted(r.id for r in after.regions) == ["bird", "bird-2", "fox", "fox-2", "house"]


@pytest.mark.parametrize(
    "text", ["add a tree on each side of the house", "make the house red and add a tree on both sides of it"]
)
def test_on_each_side_one_is_added(text: str) -> None:
    after = told(text, "a house")
    assert {str(r) for r in after.relations} == {"oak-tree left of house", "oak-tree-2 right of house"}
