from __future__ import annotations

import pytest
from planning_fixtures import STYLES, backbone, planned, portfolio, scene, vocabulary

from mepg_agent.planning.critic import critique
from mepg_agent.portfolio import Expert
from mepg_agent.records import Remark, Severity
from mepg_agent.scene import Region, ScenePlan


def remarks(plan: ScenePlan) -> tuple[Remark, ...]:
    return critique(plan, backbone(), vocabulary(), STYLES)


def about(plan: ScenePlan, kind: str) -> list[Remark]:
    return [r for r in remarks(plan) if r.about == kind]


@pytest.mark.parametrize(
    "prompt",
    [
        "a watercolor fox left of a castle at night, with a full moon top right",
        "two dogs in front of a red house on a meadow",
        "a cat on a car, a bird in the top left corner",
        "three mice",
        "a beach at sunset",
    ],
)
def test_a_plan_of_the_rule_planner_has_no_errors_and_no_warnings(prompt: str):
    assert remarks(planned(prompt)) == ()


def test_a_region_too_small_for_the_latent_grid_is_an_error():
    (found,) = about(scene({"fox": (0.1, 0.1, 0.05, 0.3)}), "size")
    assert found.severity is Severity.ERROR and found.regions == ("fox",) and "24" in found.message


def test_boxes_that_clash_without_reason_are_an_error_and_with_a_reason_none():
    boxes = {"house": (0.2, 0.2, 0.5, 0.5), "dog": (0.4, 0.4, 0.4, 0.4)}
    (found,) = about(scene(boxes), "overlap")
    assert found.severity is Severity.ERROR and set(found.regions) == {"house", "dog"}
    assert about(scene(boxes, "dog in front of house"), "overlap") == []


def test_a_small_overlap_is_a_warning():
    (found,) = about(scene({"house": (0.1, 0.2, 0.4, 0.5), "dog": (0.42, 0.3, 0.4, 0.4)}), "overlap")
    assert found.severity is Severity.WARNING


def test_a_broken_relation_is_an_error():
    (found,) = about(
        scene({"fox": (0.6, 0.5, 0.2, 0.2), "castle": (0.1, 0.4, 0.3, 0.3)}, "fox left of castle"), "relation"
    )
    assert found.severity is Severity.ERROR and "fox left of castle" in found.message


def test_a_hidden_region_is_an_error():
    plan = scene({"dog": (0.3, 0.3, 0.2, 0.2), "house": (0.2, 0.2, 0.5, 0.5)})
    assert [r.severity for r in about(plan, "hidden")] == [Severity.ERROR]


def test_one_thing_twice_in_one_place_is_an_error():
    plan = scene({"dog": (0.3, 0.3, 0.4, 0.4), "dog-2": (0.31, 0.3, 0.4, 0.4)})
    assert [r.severity for r in about(plan, "duplicate")] == [Severity.ERROR]


@pytest.mark.parametrize(
    "relations",
    [
        ("a left of b", "a right of b"),
        ("a left of b", "b left of a"),
        ("a on b", "b on a"),
        ("a left of b", "b left of c", "c left of a"),
        ("a above b", "c below b", "c above a"),
        ("a behind b", "c in front of b", "a in front of c"),
        ("a next to a",),
    ],
)
def test_contradictions_are_told(relations: tuple[str, ...]):
    boxes = {"a": (0.1, 0.1, 0.2, 0.2), "b": (0.4, 0.4, 0.2, 0.2), "c": (0.7, 0.7, 0.2, 0.2)}
    assert len(about(scene(boxes, *relations), "contradiction")) == 1


def test_relations_that_agree_are_no_contradiction():
    boxes = {"a": (0.1, 0.1, 0.2, 0.2), "b": (0.4, 0.4, 0.2, 0.2), "c": (0.7, 0.7, 0.2, 0.2)}
    assert (
        about(scene(boxes, "a left of b", "b right of a", "a above c", "b next to a", "a next to b"), "contradiction")
        == []
    )


def test_a_wrong_count_is_told():
    plan = planned("three dogs")
    fewer = plan.replaced(regions=plan.regions[:2])
    assert "3 × dog, the plan has 2" in about(fewer, "count")[0].message


def test_counts_of_an_edited_plan_are_not_held_against_its_old_prompt():
    plan = planned("three dogs")
    assert about(plan.replaced(regions=plan.regions[:2], planner="edited"), "count") == []


def test_words_the_backbone_does_not_know_are_told_with_the_nearest_known_one():
    plan = scene({"wolve": (0.1, 0.5, 0.3, 0.3)}, background="meadows", time="nightfall")
    assert "wolves" in about(plan, "noun")[0].message
    assert "meadow" in about(plan, "place")[0].message
    assert "night" in about(plan, "time")[0].message


def test_an_unknown_style_is_a_warning_unless_an_expert_was_found_for_it():
    plan = planned("a fox in ukiyo-e style")
    assert [r.severity for r in about(plan, "style")] == [Severity.WARNING]
    routed = Region.model_validate({**dict(plan.regions[0]), "expert": "woodcut"})
    assert about(plan.with_regions([routed]), "style") == []


def test_a_global_prompt_that_leaves_out_a_thing_is_told():
    plan = planned("a fox and a castle").replaced(global_prompt="a castle")
    assert about(plan, "caption")[0].regions == ("fox",)


def test_a_crowd_is_told():
    boxes = {f"dog-{i}": (0.02 + 0.24 * (i % 4), 0.02 + 0.3 * (i // 4), 0.2, 0.2) for i in range(9)}
    assert len(about(scene(boxes), "crowd")) == 1


def test_errors_come_first():
    plan = scene({"wizard": (0.1, 0.1, 0.05, 0.3), "fox": (0.6, 0.5, 0.2, 0.2)}, "fox left of wizard")
    severities = [r.severity for r in remarks(plan)]
    assert severities == sorted(severities, key=list(Severity).index)
    assert {Severity.ERROR, Severity.WARNING} <= set(severities)


@pytest.mark.parametrize(("start", "end", "odd"), [(0.0, 0.3, True), (0.3, 0.8, False), (0.0, 0.4, False)])
def test_a_region_that_is_heard_while_its_style_rests_is_a_warning(start: float, end: float, odd: bool):
    found = portfolio().expert("picturebook", "watercolor")
    late = {"watercolor": found.model_copy(update={"item": found.item.model_copy(update={"start": 0.3})})}
    plan = scene({"fox": (0.3, 0.4, 0.4, 0.4)})
    fox = Region.model_validate({**dict(plan.regions[0]), "expert": "watercolor", "start": start, "end": end})
    said = critique(plan.with_regions([fox]), backbone(), vocabulary(), STYLES, late)
    assert [r.regions for r in said if r.about == "window"] == ([("fox",)] if odd else [])


@pytest.mark.parametrize(
    ("heard", "works", "told"),
    [
        (
            (0.9, 1.0),
            (0.0, 1.0),
            ["fox is heard from 0.9 to 1 of the drawing, where none of the backbone's 8 steps lies."],
        ),
        ((0.0, 1.0), (0.13, 0.24), ["works from 0.13 to 0.24, where none of the backbone's 8 steps lies."]),
        ((0.0, 0.3), (0.26, 1.0), ["its style watercolor works from 0.26 to 1."]),
        ((0.875, 1.0), (0.75, 1.0), []),
    ],
)
def test_a_window_between_two_steps_is_a_warning(
    heard: tuple[float, float], works: tuple[float, float], told: list[str]
):
    found = portfolio().expert("picturebook", "watercolor")
    fields = {**dict(found.item), "start": works[0], "end": works[1]}
    plan = scene({"fox": (0.3, 0.4, 0.4, 0.4)})
    fox = {**dict(plan.regions[0]), "expert": "watercolor", "start": heard[0], "end": heard[1]}
    said = critique(
        plan.with_regions([Region.model_validate(fox)]),
        backbone(),
        vocabulary(),
        STYLES,
        {"watercolor": found.model_copy(update={"item": Expert.model_validate(fields)})},
    )
    messages = [r.message for r in said if r.about == "window"]
    assert len(messages) == len(told) and all(m.endswith(t) for m, t in zip(messages, told, strict=True))
