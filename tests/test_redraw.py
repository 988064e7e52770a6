"""Regions drawn again, and pictures judged by others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from edit_fixtures import agent_of, drawn, pixels
from planning_fixtures import backbone

from mepg_agent.agent import Agent
from mepg_agent.context import Family
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput
from mepg_agent.history import Edit
from mepg_agent.records import Brief, Check, Finding, Rung
from mepg_agent.redrawing import Redraw, redraw_of
from mepg_agent.scene import Box, Relation, RelationKind, ScenePlan
from mepg_agent.settings import Settings


@pytest.fixture
def agent(settings: Settings) -> Iterator[Agent]:
    with agent_of(settings) as found:
        yield found


def seen(region: str | None, passed: bool, check: Check = Check.PRESENT) -> Finding:
    return Finding(region=region, check=check, passed=passed, score=float(passed), threshold=0.5, evidence="looked at")


def test_only_the_named_regions_are_drawn_again(agent: Agent, three_things: ScenePlan):
    session = drawn(agent, three_things)
    before = agent.result(session)
    after = agent.redraw(session, [Redraw(region="fox"), Redraw(region="castle")])
    differs = (pixels(agent, before) != pixels(agent, after)).any(axis=2)
    allowed = np.zeros_like(differs)
    for region in ("fox", "castle"):
        allowed[three_things.region(region).box.pixels(three_things.extent).as_slices()] = True
    assert differs[allowed].any() and not differs[~allowed].any()
    assert agent.history(session).version().instruction == "draw the fox again; draw the castle again"
    assert after.plan.region("dog") == before.plan.region("dog")


def test_a_region_that_keeps_failing_is_never_drawn_outside_its_box(settings: Settings, three_things: ScenePlan):
    until_it_would_move = (0.9, *[0.1] * 10, 0.95)
    with agent_of(settings, fox=until_it_would_move) as agent:
        session = drawn(agent, three_things)
        before = agent.result(session)
        after = agent.redraw(session, [Redraw(region="fox", seed=3)], rounds=5)
        differs = (pixels(agent, before) != pixels(agent, after)).any(axis=2)
    assert {attempt.rung for attempt in after.attempts} >= {Rung.SEEDS, Rung.STRONGER, Rung.SOLO}
    assert Rung.MOVE not in {attempt.rung for attempt in after.attempts}
    differs[three_things.region("fox").box.pixels(three_things.extent).as_slices()] = False
    assert not differs.any()


def test_an_edit_that_was_begun_before_regions_could_be_kept_still_is_read(agent: Agent, three_things: ScenePlan):
    history = agent.history(drawn(agent, three_things))
    family, brief = Family(backbone(), None, {}), Brief(prompt=three_things.prompt)
    edit = redraw_of([Redraw(region="fox", prompt="a cat")], history, family, brief, rounds=0)
    old = edit.model_dump(exclude={"still"})
    assert edit.movable(edit.plan) == () and edit.named(edit.plan) == ("cat",)
    assert Edit.model_validate(old).movable(edit.plan) == ("cat",)


@pytest.mark.parametrize("prompt", [" ", "\x07"])
def test_words_that_say_nothing_are_refused_also_without_a_vocabulary(
    agent: Agent, three_things: ScenePlan, prompt: str
):
    history, open_family = agent.history(drawn(agent, three_things)), Family(backbone(), None, {})
    with pytest.raises(BadInput, match="The words for the fox say nothing"):
        redraw_of([Redraw(region="fox", prompt=prompt)], history, open_family, Brief(prompt="a fox"), rounds=0)


def test_a_seed_is_taken_and_without_one_a_new_one_each_time(agent: Agent, three_things: ScenePlan):
    session = drawn(agent, three_things)
    same = [agent.redraw(session, [Redraw(region="fox", seed=7)]) for _ in range(2)]
    other = [agent.redraw(session, [Redraw(region="fox")]) for _ in range(2)]
    assert same[0].render.picture == same[1].render.picture
    assert len({r.plan.region("fox").seed for r in (*same, *other)}) == 3


def test_the_best_of_several_candidates_is_kept(settings: Settings, three_things: ScenePlan):
    engine = FakeEngine()
    with agent_of(settings, engine, fox=(0.9, 0.6, 0.95, 0.7)) as agent:
        session = drawn(agent, three_things)
        result = agent.redraw(session, [Redraw(region="fox")], candidates=3)
        assert result.render.picture == result.renders[1].picture and len(result.renders) == 3
        assert agent.compare(session, 1, 2).outside_equal
    assert [job.keep.candidates for job in engine.jobs if job.keep] == [3]


def test_a_whole_picture_that_must_be_drawn_again_says_that_there_is_one_candidate(
    agent: Agent, three_things: ScenePlan
):
    session = drawn(agent, three_things)
    result = agent.redraw(session, [Redraw(region="fox", box=Box.full())], candidates=3)
    assert len(result.renders) == 1 and any("candidates are parts of a picture" in note for note in result.notes)


@pytest.mark.parametrize("candidates", [0, 17])
def test_too_many_or_no_candidates_are_refused(agent: Agent, three_things: ScenePlan, candidates: int):
    session = drawn(agent, three_things)
    with pytest.raises(BadInput, match="Ask for 1 to 16"):
        agent.redraw(session, [Redraw(region="fox")], candidates=candidates)


def test_words_expert_strength_and_place_are_changed_together(agent: Agent, three_things: ScenePlan):
    session, box = drawn(agent, three_things), Box(x=0.1, y=0.1, width=0.3, height=0.3)
    change = Redraw(region="fox", prompt="a blue fox", expert="woodcut", strength=1.5, box=box)
    fox = agent.redraw(session, [change]).plan.region("fox")
    assert (fox.prompt, fox.color, fox.expert, fox.strength, fox.box) == ("a blue fox", "blue", "woodcut", 1.5, box)
    assert agent.redraw(session, [Redraw(region="fox", expert="")]).plan.region("fox").expert is None


def test_a_region_may_be_heard_for_a_part_of_the_drawing(agent: Agent, three_things: ScenePlan):
    session = drawn(agent, three_things)
    fox = agent.redraw(session, [Redraw(region="fox", start=0.25, end=0.75)]).plan.region("fox")
    assert (fox.start, fox.end) == (0.25, 0.75)
    assert agent.history(session).version().instruction == "draw the fox again heard from 0.25 on heard until 0.75"
    with pytest.raises(BadInput, match=r"from 0\.8 to 0\.75"):
        agent.redraw(session, [Redraw(region="fox", start=0.8)])


def test_another_thing_in_its_place_gets_its_own_name(agent: Agent, three_things: ScenePlan):
    session = drawn(agent, three_things)
    plan = agent.redraw(session, [Redraw(region="fox", prompt="a woodcut cat")]).plan
    assert [r.id for r in plan.regions] == ["cat", "dog", "castle"]
    assert (plan.region("cat").noun, plan.region("cat").expert) == ("cat", "woodcut")
    assert plan.region("cat").box == three_things.region("fox").box and "cat" in plan.global_prompt


@pytest.mark.parametrize(
    ("prompt", "noun"),
    [("a Fox in a hat", "fox"), ("a firefox logo", "firefox logo"), ("two foxes", "two foxes"), ("the fox", "fox")],
)
def test_without_a_vocabulary_a_thing_stays_where_the_words_name_it_as_a_word(
    agent: Agent, three_things: ScenePlan, prompt: str, noun: str
):
    history, open_family = agent.history(drawn(agent, three_things)), Family(backbone(), None, {})
    changes, brief = [Redraw(region="fox", prompt=prompt)], Brief(prompt=three_things.prompt)
    first, *_ = redraw_of(changes, history, open_family, brief, rounds=0).plan.regions
    assert (first.noun, first.prompt) == (noun, prompt)


def test_what_a_terminal_would_obey_is_noted_and_told_as_spaces(agent: Agent, three_things: ScenePlan):
    session = drawn(agent, three_things)
    agent.redraw(session, [Redraw(region="fox", expert="\x1b]0;owned\x07\nwoodcut")])
    assert agent.history(session).version().instruction == "draw the fox again in ]0;owned woodcut"
    with pytest.raises(BadInput, match="is not one thing") as caught:
        agent.redraw(session, [Redraw(region="fox", prompt="\x1b[31mtwo cats")])
    assert "\x1b" not in str(caught.value)


def test_a_relation_that_the_new_place_breaks_is_dropped_with_a_note(agent: Agent, three_things: ScenePlan):
    relation = Relation(subject="fox", kind=RelationKind.LEFT_OF, object="castle")
    session = drawn(agent, three_things.replaced(relations=(relation,)))
    result = agent.redraw(session, [Redraw(region="fox", box=Box(x=0.7, y=0.05, width=0.2, height=0.3))])
    assert result.plan.relations == () and "No longer so: fox left of castle." in result.notes


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([], "Name the regions"),
        ([{"region": "fox"}, {"region": "fox"}], "each once"),
        ([{"region": "moon"}], "no region 'moon'"),
        ([{"region": "fox", "prompt": "a zorblax"}], "cannot be drawn"),
        ([{"region": "fox", "prompt": "two cats"}], "not one thing"),
        ([{"region": "fox", "prompt": "a cat and a dog"}], "not one thing"),
    ],
)
def test_what_cannot_be_drawn_again_is_told(
    agent: Agent, three_things: ScenePlan, changes: list[dict[str, Any]], said: str
):
    session = drawn(agent, three_things)
    with pytest.raises(BadInput, match=said):
        agent.redraw(session, [Redraw(**change) for change in changes])
    assert len(agent.history(session).versions) == 1 and agent.store.edit(session) is None


def test_findings_of_others_take_the_place_of_the_verifiers(agent: Agent, three_things: ScenePlan):
    session = drawn(agent, three_things)
    judged = agent.judge(session, [seen("fox", False), seen("dog", True, Check.STYLE)])
    assert (judged.status, judged.verdict.failed) == ("best_effort", ("fox",))
    assert [(f.region, f.check) for f in judged.verdict.findings] == [
        ("fox", "present"), ("dog", "present"), ("castle", "present"), ("dog", "style"),
    ]  # fmt: skip
    assert judged.verdict.verifier == "scripted, assistant"
    assert agent.result(session) == judged


def test_a_verdict_of_another_holds_nothing_that_a_terminal_would_obey():
    finding = seen("fox", True).model_copy(update={"evidence": "red\x1b[31m", "question": "\x07?", "answer": "\x08"})
    read = Finding.model_validate(finding.model_dump())
    assert (read.evidence, read.question, read.answer) == ("red [31m", " ?", " ")


def test_the_verifier_can_look_again(agent: Agent, three_things: ScenePlan):
    session = drawn(agent, three_things)
    agent.judge(session, [seen("fox", False)])
    assert agent.judge(session).status == "accepted"
    assert agent.result(session).verdict.verifier == "scripted"


def test_who_looks_again_still_sees_what_was_to_be_gone(settings: Settings, three_things: ScenePlan):
    scores: Any = {"gone-castle": (0.8,)}
    with agent_of(settings, **scores) as agent:
        session = drawn(agent, three_things)
        edited = agent.edit(session, "remove the castle", rounds=0)
        judged = agent.judge(session)
    assert judged.status == "best_effort" and judged.verdict.wrong == edited.verdict.wrong == ("castle",)


def test_a_verdict_that_says_nothing_accepts_nothing(agent: Agent, three_things: ScenePlan):
    session = drawn(agent, three_things)
    before = agent.result(session)
    with pytest.raises(BadInput, match="says nothing"):
        agent.judge(session, [])
    assert agent.result(session) == before


def test_a_finding_on_nothing_is_refused(agent: Agent, three_things: ScenePlan):
    session = drawn(agent, three_things)
    with pytest.raises(BadInput, match="no region 'moon'"):
        agent.judge(session, [seen("moon", False)])
