from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_fixtures import STYLES, planned, related, scene, vocabulary
from pydantic import TypeAdapter, ValidationError

from mepg_agent.errors import BadInput
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
    changed_boxes,
)
from mepg_agent.planning.geometry import holds
from mepg_agent.planning.instructions import parse_edit
from mepg_agent.planning.references import Question
from mepg_agent.scene import Box, Region, RelationKind, ScenePlan

EDIT: TypeAdapter[PlanEdit] = TypeAdapter(PlanEdit)


@pytest.fixture(scope="module")
def plan() -> ScenePlan:
    return planned("a watercolor fox left of a castle, a cat, two dogs on a meadow, and the moon top right")


def others(plan: ScenePlan, *but: str) -> dict[str, Region]:
    return {r.id: r for r in plan.regions if r.id not in but}


def test_edits_are_read_from_json_by_their_op():
    assert EDIT.validate_python({"op": "move", "region": "fox", "spot": "top left"}) == Move(
        region="fox", spot="top left"
    )
    with pytest.raises(ValidationError):
        EDIT.validate_python({"op": "explode", "region": "fox"})


@pytest.mark.parametrize(
    "edit",
    [
        Restyle(region="fox", style="neon"),
        Recolor(region="fox", color="blue"),
        Move(region="fox", dx=0.1),
        Move(region="fox", spot="top left"),
        Move(region="fox", box=Box(x=0, y=0, width=0.3, height=0.3)),
        Resize(region="fox", factor=1.2),
        Relate(region="fox", kind=RelationKind.LEFT_OF, other="cat"),
    ],
)
def test_an_edit_of_one_region_leaves_the_others_alone(plan: ScenePlan, edit: PlanEdit):
    after = apply(plan, [edit], vocabulary())
    assert {i: r.box for i, r in others(after, "fox").items()} == {i: r.box for i, r in others(plan, "fox").items()}
    assert after.region("fox") != plan.region("fox")
    assert after.planner == "edited"


def test_a_restyled_region_has_to_be_routed_again(plan: ScenePlan):
    routed = plan.with_regions([plan.region("fox").model_copy(update={"expert": "watercolor"})])
    fox = apply(routed, [Restyle(region="fox", style="neon")], vocabulary()).region("fox")
    assert (fox.style, fox.expert) == ("neon", None)


def test_restyling_everything_clears_the_styles_of_the_regions(plan: ScenePlan):
    after = apply(plan, [Restyle(style="neon")], vocabulary())
    assert after.style == "neon" and not any(r.style for r in after.regions)
    assert after.global_prompt.endswith("neon style")


def test_a_new_color_goes_into_the_words_and_a_cleared_one_out(plan: ScenePlan):
    red = apply(plan, [Recolor(region="fox", color="red")], vocabulary())
    assert red.region("fox").prompt == "a red fox"
    orange = apply(red, [Recolor(region="fox", color="orange")], vocabulary())
    assert orange.region("fox").prompt == "an orange fox"
    assert apply(orange, [Recolor(region="fox", color=None)], vocabulary()).region("fox").prompt == "a fox"


def test_details_of_the_words_survive_a_new_color(plan: ScenePlan):
    sleepy = plan.with_regions([plan.region("fox").model_copy(update={"prompt": "a sleepy fox with a scarf"})])
    after = apply(sleepy, [Recolor(region="fox", color="red")], vocabulary())
    assert after.region("fox").prompt == "a sleepy red fox with a scarf"


def test_a_new_color_takes_the_place_of_all_words_of_the_old_one(plan: ScenePlan):
    dark = {"color": "dark red", "prompt": "a sleepy dark red fox in a red hat"}
    red = plan.with_regions([plan.region("fox").model_copy(update=dark)])
    after = apply(red, [Recolor(region="fox", color="blue")], vocabulary())
    assert after.region("fox").prompt == "a sleepy blue fox in a red hat"
    unsaid = plan.with_regions([plan.region("fox").model_copy(update={"color": "dark red"})])
    assert apply(unsaid, [Recolor(region="fox", color="blue")], vocabulary()).region("fox").prompt == "a blue fox"


def test_a_replaced_thing_keeps_place_and_relations_and_takes_its_own_name(plan: ScenePlan):
    after = apply(plan, [Replace(region="fox", noun="bunny", color="white")], vocabulary())
    rabbit = after.region("rabbit")
    assert rabbit.box == plan.region("fox").box and rabbit.prompt == "a white rabbit"
    assert [str(r) for r in after.relations] == ["rabbit left of castle"]


def test_a_replaced_thing_may_be_named_by_the_id_it_had(plan: ScenePlan):
    wanted = [
        Replace(region="fox", noun="cat"),
        Recolor(region="fox", color="blue"),
        Relate(region="cat", kind=RelationKind.ABOVE, other="fox"),
        Replace(region="fox", noun="bird"),
        Restyle(region="fox", style="neon"),
        Restyle(region="cat-2", style="oil"),
    ]
    assert apply(plan, wanted[:2], vocabulary()).region("cat-2").prompt == "a blue cat"
    after = apply(plan, wanted[:5], vocabulary())
    assert after.region("bird").style == "neon" and "cat above bird" in map(str, after.relations)
    assert apply(plan, wanted, vocabulary()).region("bird").style == "oil"


def test_an_id_that_is_in_the_picture_is_no_name_for_what_gave_it_up(plan: ScenePlan):
    wanted = [Replace(region="fox", noun="rabbit"), Add(noun="fox"), Recolor(region="fox", color="red")]
    after = apply(plan, wanted, vocabulary())
    assert (after.region("fox").color, after.region("rabbit").color) == ("red", None)
    with pytest.raises(BadInput, match="'rabbit'"):
        apply(plan, [wanted[0], Remove(region="rabbit"), wanted[2]], vocabulary())


def test_a_removed_thing_takes_its_relations_with_it(plan: ScenePlan):
    after = apply(plan, [Remove(region="castle")], vocabulary())
    assert "castle" not in others(after) and after.relations == ()
    assert "castle" not in after.global_prompt


def test_an_added_thing_finds_a_free_place(plan: ScenePlan):
    after = apply(plan, [Add(noun="balloon", color="red", spot="top left")], vocabulary())
    balloon = after.region("balloon")
    assert balloon.prompt == "a red balloon" and balloon.box.cx < 0.4 and balloon.box.cy < 0.4
    assert all(balloon.box.overlap(r.box) < 0.01 for r in plan.regions)
    assert {i: r.box for i, r in others(after, "balloon").items()} == {i: r.box for i, r in others(plan).items()}


def test_a_thing_is_added_where_its_relation_holds(plan: ScenePlan):
    after = apply(plan, [Add(noun="bird", kind=RelationKind.ABOVE, other="castle")], vocabulary())
    assert any(str(r) == "bird above castle" and holds(r, after) for r in after.relations)


def test_a_move_that_breaks_a_relation_drops_it_and_says_so(plan: ScenePlan):
    after = apply(plan, [Move(region="fox", spot="right")], vocabulary())
    assert after.relations == ()
    assert any("fox left of castle" in note for note in after.notes)


@pytest.mark.parametrize(
    "edit",
    [
        Recolor(region="fox", color="blue"),
        Recolor(region="dog", color="blue"),
        Move(region="fox", dy=-0.2),
        Resize(region="dog", factor=0.9),
        Relate(region="dog", kind=RelationKind.LEFT_OF, other="fox"),
        Reorder(region="dog", to="front"),
        Add(noun="bird"),
        Time(time="night"),
    ],
)
def test_what_never_held_stays_wished_unless_its_thing_is_moved(edit: PlanEdit):
    boxes = {"dog": (0.05, 0.5, 0.2, 0.3), "castle": (0.35, 0.4, 0.3, 0.5), "fox": (0.7, 0.5, 0.2, 0.3)}
    before = scene(boxes, "dog left of castle", "castle left of dog", background="meadow")
    after = apply(before, [edit], vocabulary())
    assert set(before.relations) <= set(after.relations) and after.notes == ()
    moved = apply(before, [edit, Move(region="dog", dy=-0.01)], vocabulary())
    assert related("castle left of dog") not in moved.relations
    assert moved.notes == ("No longer asked for: castle left of dog.",)


def test_an_added_thing_that_cannot_stand_as_asked_is_still_wished_there():
    wide = apply(scene({"castle": (0, 0, 1, 1)}), [Move(region="castle", box=Box.full())], vocabulary())  # locked
    after = apply(wide, [Add(noun="bird", kind=RelationKind.LEFT_OF, other="castle")], vocabulary())
    assert [str(r) for r in after.relations] == ["bird left of castle"] and not holds(after.relations[0], after)


def test_relations_are_judged_after_the_last_edit():
    before = planned("a fox next to a dog and left of a castle")
    found = parse_edit("swap the fox and the dog", before, vocabulary(), STYLES)
    assert isinstance(found, tuple) and len(found) == 2
    assert apply(before, found[:1], vocabulary()).notes
    after = apply(before, found, vocabulary())
    assert all(holds(r, after) for r in after.relations)
    assert related("fox next to dog") in after.relations and not any("next to" in note for note in after.notes)
    became = apply(before, [found[0], Replace(region="fox", noun="cat"), found[1]], vocabulary())
    assert related("cat next to dog") in became.relations and "fox" not in " ".join(became.notes)


def test_a_relation_that_a_new_depth_breaks_is_dropped_unless_the_depth_is_mended():
    before = scene({"castle": (0.3, 0.3, 0.4, 0.4), "fox": (0.4, 0.5, 0.3, 0.3)}, "fox in front of castle")
    behind = apply(before, [Reorder(region="fox", to="back")], vocabulary())
    assert behind.relations == () and behind.notes == ("No longer so: fox in front of castle.",)
    both = [Reorder(region="fox", to="back"), Reorder(region="castle", to="back")]
    assert apply(before, both, vocabulary()).relations == before.relations


def test_a_wish_about_depth_that_never_held_gives_way_to_the_opposite():
    apart = scene({"fox": (0.1, 0.5, 0.2, 0.3), "castle": (0.5, 0.3, 0.4, 0.5)}, "castle in front of fox")
    assert apply(apart, [Reorder(region="castle", to="front")], vocabulary()).relations == apart.relations
    assert apply(apart, [Reorder(region="fox", to="front")], vocabulary()).relations == ()


def test_a_thing_brought_to_the_front_is_nearest(plan: ScenePlan):
    after = apply(plan, [Reorder(region="full-moon", to="front")], vocabulary())
    assert after.region("full-moon").z == max(r.z for r in after.regions)


def test_resized_things_keep_their_feet_on_the_ground(plan: ScenePlan):
    after = apply(plan, [Resize(region="castle", factor=0.7)], vocabulary())
    assert after.region("castle").box.bottom == pytest.approx(plan.region("castle").box.bottom)


def test_place_and_time_change(plan: ScenePlan):
    after = apply(plan, [Background(place="beach"), Time(time="night")], vocabulary())
    assert (after.background, after.time) == ("beach", "night")
    assert after.global_prompt.endswith("on a beach at night")


def test_who_edits_has_seen_what_is_not_drawn(plan: ScenePlan):
    edited = apply(plan.replaced(undrawn=("griffon",)), [Recolor(region="fox", color="blue")], vocabulary())
    assert edited.undrawn == ()


def test_an_unknown_region_is_refused(plan: ScenePlan):
    with pytest.raises(BadInput, match="'ghost'"):
        apply(plan, [Remove(region="ghost")], vocabulary())


def test_a_picture_that_is_full_takes_no_more():
    with pytest.raises(BadInput, match="16"):
        apply(planned("8 dogs and 8 cats"), [Add(noun="fox")], vocabulary())


def test_what_must_be_redrawn_is_the_old_and_the_new_place(plan: ScenePlan):
    after = apply(plan, [Move(region="fox", dy=-0.2)], vocabulary())
    assert changed_boxes(plan, after) == (plan.region("fox").box, after.region("fox").box)
    assert changed_boxes(plan, plan) == ()
    assert changed_boxes(plan, apply(plan, [Remove(region="cat")], vocabulary())) == (plan.region("cat").box,)
    assert changed_boxes(plan, apply(plan, [Recolor(region="cat", color="red")], vocabulary())) == (
        plan.region("cat").box,
    )


def test_a_change_of_the_whole_picture_redraws_all_of_it(plan: ScenePlan):
    for edit in (Time(time="night"), Background(place="sea"), Restyle(style="neon")):
        assert changed_boxes(plan, apply(plan, [edit], vocabulary())) == (Box.full(),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("make the castle watercolor", [Restyle(region="castle", style="watercolor")]),
        ("the fox in neon", [Restyle(region="fox", style="neon")]),
        ("everything in pixel-art", [Restyle(style="pixel-art")]),
        ("change the style to oil painting", [Restyle(style="oil painting")]),
        ("make it watercolor", [Restyle(style="watercolor")]),
        ("make the fox red", [Recolor(region="fox", color="red")]),
        ("color the fox blue please", [Recolor(region="fox", color="blue")]),
        ("make the left dog black", [Recolor(region="dog", color="black")]),
        ("make dog-2 black", [Recolor(region="dog-2", color="black")]),
        ("make the watercolor fox red", [Recolor(region="fox", color="red")]),
        ("move the castle left", [Move(region="castle", dx=-0.2)]),
        ("move the fox a bit up", [Move(region="fox", dy=-0.1)]),
        ("put the castle in the top left corner", [Move(region="castle", spot="top left")]),
        ("move the cat behind the castle", [Relate(region="cat", kind=RelationKind.BEHIND, other="castle")]),
        ("bring the cat to the front", [Reorder(region="cat", to="front")]),
        ("remove the moon", [Remove(region="full-moon")]),
        ("delete both dogs", [Remove(region="dog"), Remove(region="dog-2")]),
        ("get rid of the second dog", [Remove(region="dog-2")]),
        ("add a red balloon top left", [Add(noun="balloon", color="red", spot="top left")]),
        ("add two birds", [Add(noun="bird"), Add(noun="bird")]),
        ("add a tree next to the castle", [Add(noun="oak tree", kind=RelationKind.NEXT_TO, other="castle")]),
        ("make the fox bigger", [Resize(region="fox", factor=1.3)]),
        ("the castle should be much smaller", [Resize(region="castle", factor=0.6)]),
        ("shrink the castle", [Resize(region="castle", factor=0.77)]),
        ("replace the cat with a rabbit", [Replace(region="cat", noun="rabbit")]),
        ("turn the cat into a black horse", [Replace(region="cat", noun="horse", color="black")]),
        ("make it night", [Time(time="night")]),
        ("change the background to a forest", [Background(place="forest")]),
        ("put them in space", [Background(place="space")]),
        ("make the fox red and move it up", [Recolor(region="fox", color="red"), Move(region="fox", dy=-0.2)]),
        ("remove the cat, then make it night", [Remove(region="cat"), Time(time="night")]),
        (
            "make the fox red and the castle blue",
            [Recolor(region="fox", color="red"), Recolor(region="castle", color="blue")],
        ),
        ("remove the fox, the cat and the left dog", [Remove(region=i) for i in ("fox", "cat", "dog")]),
        ("make the fox and the cat bigger", [Resize(region="fox", factor=1.3), Resize(region="cat", factor=1.3)]),
        ("move the fox and the cat up", [Move(region="fox", dy=-0.2), Move(region="cat", dy=-0.2)]),
        ("the fox is too small", [Resize(region="fox", factor=1.3)]),
        ("the castle is too big", [Resize(region="castle", factor=0.77)]),
        ("make the dog on the right black", [Recolor(region="dog-2", color="black")]),
        ("make the watercolor one red", [Recolor(region="fox", color="red")]),
        ("turn the dogs into cats", [Replace(region="dog", noun="cat"), Replace(region="dog-2", noun="cat")]),
        ("add a crown to the fox", [Add(noun="crown")]),
        (
            "add a rabbit between the dogs",
            [
                Add(noun="rabbit", kind=RelationKind.RIGHT_OF, other="dog"),
                Relate(region="rabbit", kind=RelationKind.LEFT_OF, other="dog-2"),
            ],
        ),
        ("place a balloon next to the fox", [Add(noun="balloon", kind=RelationKind.NEXT_TO, other="fox")]),
    ],
)
def test_frequent_instructions_are_understood(plan: ScenePlan, text: str, expected: list[PlanEdit]):
    assert parse_edit(text, plan, vocabulary(), STYLES) == tuple(expected)


@pytest.mark.parametrize(
    ("text", "one", "other"), [("swap the fox and the cat", "fox", "cat"), ("swap the two dogs", "dog", "dog-2")]
)
def test_two_things_change_places(plan: ScenePlan, text: str, one: str, other: str):
    found = parse_edit(text, plan, vocabulary(), STYLES)
    assert isinstance(found, tuple)
    after = apply(plan, found, vocabulary())
    assert after.region(one).box.cx == pytest.approx(plan.region(other).box.cx, abs=1e-3)


def test_what_is_moved_beside_a_thing_at_the_border_makes_it_give_way():
    before = planned("a fox left of a house")
    after = apply(before, [Relate(region="fox", kind=RelationKind.RIGHT_OF, other="house")], vocabulary())
    assert [str(r) for r in after.relations] == ["fox right of house"]
    assert all(holds(r, after) for r in after.relations)


@pytest.mark.parametrize(
    ("text", "asked", "choices"),
    [
        ("make the dog red", "Which dog?", ("the left dog", "the right dog")),
        ("remove one of the dogs", "Which dog?", ("the left dog", "the right dog")),
        ("put the dog on the left", "Which dog?", ("the left dog", "the right dog")),
        ("remove the elephant", "no elephant", ("fox", "castle", "cat", "dog", "dog-2", "full-moon")),
        ("remove the wizard", "'wizard'", ("fox", "castle", "cat", "dog", "dog-2", "full-moon")),
        ("frobnicate", "not understand 'frobnicate'", None),
        ("move the fox", "where", None),
        ("replace the fox", "with what", None),
        ("make it bigger", "'it'", None),
    ],
)
def test_what_is_ambiguous_comes_back_as_a_question(
    plan: ScenePlan, text: str, asked: str, choices: tuple[str, ...] | None
):
    found = parse_edit(text, plan, vocabulary(), STYLES)
    assert isinstance(found, Question) and asked in found.text
    assert choices is None or found.choices == choices


@pytest.mark.parametrize("prompt", ["a fox", "two dogs and a castle", "a meadow at night"])
def test_what_is_offered_after_nonsense_can_be_said_of_that_picture(prompt: str):
    scene = planned(prompt)
    question = parse_edit("frobnicate", scene, vocabulary(), STYLES)
    assert isinstance(question, Question) and len(question.choices) >= 2
    for choice in question.choices:
        edits = parse_edit(choice, scene, vocabulary(), STYLES)
        assert not isinstance(edits, Question), choice
        apply(scene, edits, vocabulary())


def test_the_answers_offered_are_understood(plan: ScenePlan):
    question = parse_edit("make the dog red", plan, vocabulary(), STYLES)
    assert isinstance(question, Question)
    for choice, region in zip(question.choices, ("dog", "dog-2"), strict=True):
        assert parse_edit(f"make {choice} red", plan, vocabulary(), STYLES) == (Recolor(region=region, color="red"),)


def test_it_is_the_only_thing_there_is():
    assert parse_edit("make it bigger", planned("a fox"), vocabulary(), STYLES) == (Resize(region="fox", factor=1.3),)


WORDS = (
    "make the dog dogs fox castle moon red watercolor left of top bigger move add remove "
    "replace with a and then it everything in night forest swap put behind two , . second"
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(WORDS.split()), max_size=14).map(" ".join)))
def test_any_instruction_gives_edits_that_apply_or_a_question(text: str):
    plan = planned("a fox left of a castle, two dogs on a meadow")
    found = parse_edit(text, plan, vocabulary(), STYLES)
    if isinstance(found, Question):
        assert found.text
        return
    try:
        apply(plan, found, vocabulary())
    except BadInput as error:
        assert error.advice
