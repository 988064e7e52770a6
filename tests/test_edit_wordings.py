"""The same wish in the words that people use for it; what is understood in part only is asked about."""

from __future__ import annotations

import pytest
from planning_fixtures import STYLES, scene, vocabulary

from mepg_agent.conversation import step_of
from mepg_agent.planning.edits import (
    Add,
    Background,
    Move,
    PlanEdit,
    Recolor,
    Relate,
    Remove,
    Reorder,
    Replace,
    Resize,
    Restyle,
    Time,
    apply,
)
from mepg_agent.planning.instructions import parse_edit, understand
from mepg_agent.planning.lexer import Lexicon
from mepg_agent.planning.references import Question
from mepg_agent.scene import RelationKind, ScenePlan


@pytest.fixture(scope="module")
def plan() -> ScenePlan:
    """From left to right: a fox, a small dog, a castle, a big dog, a red balloon."""
    return scene(
        {
            "fox": (0.0, 0.6, 0.2, 0.3),
            "dog": (0.22, 0.7, 0.12, 0.15),
            "castle": (0.38, 0.3, 0.25, 0.5),
            "dog-2": (0.65, 0.6, 0.18, 0.3),
            "balloon": (0.85, 0.1, 0.1, 0.15),
        }
    )


def read(text: str, plan: ScenePlan) -> list[PlanEdit]:
    found = parse_edit(text, plan, vocabulary(), STYLES)
    assert not isinstance(found, Question), found.text
    return list(found)


def asked(text: str, plan: ScenePlan) -> str:
    found = parse_edit(text, plan, vocabulary(), STYLES)
    assert isinstance(found, Question), found
    return found.text


@pytest.mark.parametrize(
    "text",
    [
        "Hey, could you please remove the fox? Thanks a lot!",
        "One more thing: remove the fox",
        "ok, I'd like you to remove the fox now",
        "Removing the fox would be nice",
        "Lovely! Now remove teh fox, please.",
        "the fox can go",
        "the fox has to go",
        "I don't want the fox anymore",
        "take the fox out of the picture",
        "no more foxes",
        "without the fox",
        "there should be no fox",
        "ditch the fox",
    ],
)
def test_a_thing_goes_in_many_words(plan: ScenePlan, text: str):
    assert read(text, plan) == [Remove(region="fox")]


@pytest.mark.parametrize(
    "text",
    [
        "a cat instead of the fox",
        "instead of the fox I want a cat",
        "could the fox be a cat?",
        "the fox should become a cat",
        "substitute a cat for the fox",
        "swap the fox for a cat",
        "remake the fox as a cat",
        "make a cat out of the fox",
    ],
)
def test_a_thing_becomes_another_in_many_words(plan: ScenePlan, text: str):
    assert read(text, plan) == [Replace(region="fox", noun="cat")]


@pytest.mark.parametrize(
    "text",
    [
        "let the fox and the castle change places",
        "the fox and the castle should swap positions",
        "exchange the fox and the castle",
        "switch the places of the fox and the castle",
        "put the fox where the castle is and vice versa",
    ],
)
def test_two_things_change_places_in_many_words(plan: ScenePlan, text: str):
    there, back = read(text, plan)
    assert isinstance(there, Move) and isinstance(back, Move)
    assert (there.region, there.dx, there.dy) == ("fox", -back.dx, -back.dy) and back.region == "castle"


@pytest.mark.parametrize(
    "text",
    [
        "can we have a cat?",
        "a cat, please",
        "there should also be a cat",
        "the picture needs a cat",
        "how about a cat",
        "throw in a cat",
        "I'd like a cat too",
    ],
)
def test_a_thing_comes_in_many_words(plan: ScenePlan, text: str):
    assert read(text, plan) == [Add(noun="cat")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("blue for the fox", Recolor(region="fox", color="blue")),
        ("let blue be the color of the fox", Recolor(region="fox", color="blue")),
        ("draw the fox as a pencil sketch", Restyle(region="fox", style="pencil-sketch")),
        ("scale the fox down", Resize(region="fox", factor=0.77)),
        ("the fox is way too big", Resize(region="fox", factor=0.6)),
        ("the fox should be less big", Resize(region="fox", factor=0.77)),
        ("make the fox two times bigger", Resize(region="fox", factor=2.0)),
        ("the fox a little to the left", Move(region="fox", dx=-0.1)),
        ("move the fox up and to the left", Move(region="fox", dx=-0.2, dy=-0.2)),
        ("change day to night", Time(time="night")),
        ("change the scenery to the mountains", Background(place="mountains")),
        ("nudge the fox towards the top", Move(region="fox", dy=-0.2)),
        ("could the fox stand behind the castle?", Relate(region="fox", kind=RelationKind.BEHIND, other="castle")),
        (
            "move the fox over to the right side of the castle",
            Relate(region="fox", kind=RelationKind.RIGHT_OF, other="castle"),
        ),
        ("the fox higher than the castle", Relate(region="fox", kind=RelationKind.ABOVE, other="castle")),
        ("put the fox in front of everything", Reorder(region="fox", to="front")),
        ("the fox into the background", Reorder(region="fox", to="back")),
        ("everything else behind the fox", Reorder(region="fox", to="front")),
        ("I want a beach behind them", Background(place="beach")),
        ("it's too dark, make it day", Time(time=None)),
        ("all in watercolor please", Restyle(style="watercolor")),
    ],
)
def test_looks_sizes_and_places_are_told_in_many_words(plan: ScenePlan, text: str, expected: PlanEdit):
    assert read(text, plan) == [expected]


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("remove the dog on the left", "dog"),
        ("remove the last dog", "dog-2"),
        ("remove the first dog from the right", "dog-2"),
        ("remove the dog that is furthest left", "dog"),
        ("remove the biggest dog", "dog-2"),
        ("remove the leftmost thing", "fox"),
        ("remove the red object", "balloon"),
        ("remove the last thing I added", "balloon"),
        ("remove what you just added", "balloon"),
    ],
)
def test_one_of_several_is_pointed_at(plan: ScenePlan, text: str, region: str):
    red = plan.with_regions([plan.region("balloon").model_copy(update={"color": "red"})])
    assert read(text, red) == [Remove(region=region)]


@pytest.mark.parametrize(
    "who", ["every dog", "each of the dogs", "all of the dogs", "both of the dogs", "the two dogs"]
)
def test_several_are_meant_at_once(plan: ScenePlan, who: str):
    assert read(f"make {who} black", plan) == [Recolor(region=r, color="black") for r in ("dog", "dog-2")]


def test_a_thing_that_no_vocabulary_knows_goes_by_its_name(plan: ScenePlan):
    walrus = plan.with_regions([plan.region("fox").model_copy(update={"noun": "walrus"})])
    assert read("make the walrus blue", walrus) == [Recolor(region="fox", color="blue")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "the fox should be blue and the castle can go",
            [Recolor(region="fox", color="blue"), Remove(region="castle")],
        ),
        ("the fox bigger, it should be blue", [Recolor(region="fox", color="blue"), Resize(region="fox", factor=1.3)]),
        (
            "the fox should be on the right and blue",
            [Move(region="fox", spot="right"), Recolor(region="fox", color="blue")],
        ),
        ("a cat instead of the fox, and no balloon", [Replace(region="fox", noun="cat"), Remove(region="balloon")]),
    ],
)
def test_wishes_are_parted_where_each_half_is_understood(plan: ScenePlan, text: str, expected: list[PlanEdit]):
    assert read(text, plan) == expected


@pytest.mark.parametrize(
    "text",
    [
        "make the fox blue beside the castle",
        "give the fox a blue scarf",
        "make the fox face left",
        "remove the blue of the fox",
        "the fox should be bigger and wiggle",
        "another go for the red fox",
        "make everything apart from the castle vanish",
        "put the fox where the other one was",
        "let the others hide the red balloon",
        "something wild in watercolor for once",
    ],
)
def test_what_is_understood_in_part_is_asked_about(plan: ScenePlan, text: str):
    assert asked(text, plan)


def test_what_changes_no_plan_is_told_how_to_ask_for(plan: ScenePlan):
    assert "redraw that region" in asked("please fix the fox", plan)


@pytest.mark.parametrize("text", ["thanks", "Looks great, thank you!", "I love it", "ok. perfect."])
def test_thanks_ask_for_nothing(plan: ScenePlan, text: str):
    assert read(text, plan) == []


@pytest.mark.parametrize("text", [" " * 1900 + "x", "a, " * 660, "x where a is and " * 110, "and the fox " * 160])
def test_long_nonsense_is_answered_after_few_readings(plan: ScenePlan, text: str, monkeypatch: pytest.MonkeyPatch):
    read_once, readings = Lexicon.read, []
    monkeypatch.setattr(Lexicon, "read", lambda self, said: readings.append(said) or read_once(self, said))
    assert asked(text, plan)
    assert len(readings) < 100  # 36 at most, however many ways there are to part the text


def test_a_trial_that_failed_leaves_no_note(plan: ScenePlan):
    assert understand("bring the fox to the front", plan, vocabulary(), STYLES).notes == ()
    assert understand("a cat instead of the fox", plan, vocabulary(), STYLES).notes == ()


def test_edits_of_many_words_apply(plan: ScenePlan):
    after = apply(plan, read("could the fox be a cat, and the balloon can go", plan), vocabulary())
    assert [r.id for r in after.regions] == ["cat", "dog", "castle", "dog-2"]


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        ("make the small dog red", Recolor(region="dog", color="red")),
        ("paint the big dog blue", Recolor(region="dog-2", color="blue")),
        ("make the smaller dog bigger", Resize(region="dog", factor=1.3)),
        ("bigger fox, please", Resize(region="fox", factor=1.3)),
    ],
)
def test_a_size_that_only_says_which_thing_is_meant_changes_no_size(plan: ScenePlan, text: str, edit: PlanEdit):
    assert read(text, plan) == [edit]


@pytest.mark.parametrize(
    "text", ["is the fox red?", "Hey, how big is the castle?", "why is the fox so small?", "where is the red fox?"]
)
def test_a_question_about_the_picture_changes_nothing(plan: ScenePlan, text: str):
    assert "I did not understand" in asked(text, plan)


def test_a_wish_after_a_question_is_about_the_thing_that_was_asked_about(plan: ScenePlan):
    assert read("why is the fox so small? Make it bigger.", plan) == [Resize(region="fox", factor=1.3)]
    assert read("can the fox be red?", plan) == [Recolor(region="fox", color="red")]


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        ("make the left dog brown and the right one black", ["dog", "dog-2"]),
        ("make the small dog red and the big one blue", ["dog", "dog-2"]),
        ("make the left dog bigger. Make the right one smaller.", ["dog", "dog-2"]),
        ("make the rightmost one black", ["balloon"]),
    ],
)
def test_the_right_one_is_of_the_kind_that_was_just_named(plan: ScenePlan, text: str, regions: list[str]):
    assert [edit.region for edit in read(text, plan) if isinstance(edit, Recolor | Resize)] == regions


@pytest.mark.parametrize("words", ["undo", "Undo.", "undo, please!", "Go back."])
def test_a_step_back_may_be_said_with_stops(words: str):
    assert step_of(words) == "undo" and step_of("Redo that!") == "redo" and step_of(f"{words} the dog") is None


@pytest.mark.parametrize(
    "text",
    [
        "replace the fox with three cats",
        "make the fox 10% bigger",
        "move the fox 5% to the left",
        "remove the fox's tail",
        "remove the string of the balloon",
    ],
)
def test_a_number_or_a_part_that_no_edit_takes_up_is_asked_about(plan: ScenePlan, text: str):
    assert "I did not understand" in asked(text, plan)
    assert read("make the fox two times bigger", plan) == [Resize(region="fox", factor=2.0)]


@pytest.mark.parametrize(
    ("text", "relations"),
    [
        ("add a bird on a tree", {"bird on oak-tree"}),
        ("add a house with a cat in front of it", {"cat in front of house"}),
        ("add a cat to the left of the castle and to the right of the fox", {"cat left of castle", "cat right of fox"}),
        ("add two cats next to a tree", {"cat next to oak-tree", "cat-2 next to oak-tree"}),
    ],
)
def test_everything_that_is_said_of_how_added_things_stand_is_kept(plan: ScenePlan, text: str, relations: set[str]):
    assert {str(r) for r in apply(plan, read(text, plan), vocabulary()).relations} == relations


def test_a_thing_added_in_the_background_stands_behind_all(plan: ScenePlan):
    after = apply(plan, read("add a house in the background", plan), vocabulary())
    assert min(after.regions, key=lambda r: r.z).id == "house"
