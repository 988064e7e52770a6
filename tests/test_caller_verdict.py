"""The one who called looks at the picture and hands a verdict in: what it finds wrong is repaired."""

from __future__ import annotations

import threading

import pytest
from scripted import ScriptedVerifier, wrong

from mepg_agent.agent import Agent
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput, Cancelled
from mepg_agent.graph import UNDRAWN
from mepg_agent.records import Finding, Rung
from mepg_agent.redrawing import Redraw
from mepg_agent.scene import Box, ScenePlan
from mepg_agent.session import Result
from mepg_agent.settings import Settings


def test_what_the_caller_finds_wrong_is_drawn_again_and_nothing_else_changes(
    settings: Settings, three_things: ScenePlan
):
    with Agent(settings, engine=FakeEngine(), verifier=ScriptedVerifier()) as agent:
        first = agent.draw(three_things.prompt, plan=three_things, steps=1)
        second = agent.mend(first.session, [wrong("dog", "it has five legs")])
        assert (second.version, second.status, second.plan) == (2, "accepted", first.plan)
        [attempt] = second.attempts
        assert (attempt.region, attempt.rung, attempt.kept) == ("dog", Rung.SEEDS, True)
        assert "it has five legs" in attempt.reason
        assert UNDRAWN not in second.notes
        found = agent.compare(first.session, 1, 2)
        assert found.regions == ("dog",) and found.boxes == (three_things.region("dog").box,)
        assert found.outside_equal and found.changed > 0
        assert agent.undo(first.session).render == first.render


def test_a_repair_that_is_stopped_can_be_finished(settings: Settings, three_things: ScenePlan):
    stop = threading.Event()
    stop.set()
    with Agent(settings, engine=FakeEngine(), verifier=ScriptedVerifier()) as agent:
        session = agent.draw(three_things.prompt, plan=three_things, steps=1).session
        with pytest.raises(Cancelled):
            list(agent.stream_mend(session, [wrong("dog", "it has five legs")], stop=stop))
        assert agent.history(session).head == 1
        *_, finished = agent.resume(session)
        assert isinstance(finished, Result) and finished.version == 2 and finished.status == "accepted"


@pytest.mark.parametrize("rounds", [0, 1])
def test_a_verdict_on_the_picture_before_is_not_put_on_one_that_a_new_layout_drew(
    settings: Settings, three_things: ScenePlan, rounds: int
):
    with Agent(settings, engine=FakeEngine(), verifier=ScriptedVerifier()) as agent:
        session = agent.draw(three_things.prompt, plan=three_things, steps=1).session
        dog = three_things.region("dog").box
        over = agent.redraw(session, [Redraw(region="fox", box=Box.centered(dog.cx + 0.02, dog.cy, 0.26, 0.4))])
        mended = agent.mend(session, [wrong("dog", "the fox hides it")], rounds=rounds)
    assert mended.plan.region("dog").box != over.plan.region("dog").box
    assert mended.render.picture != over.render.picture
    assert mended.status == "accepted" and mended.attempts == ()
    assert "the fox hides it" not in [finding.evidence for finding in mended.verdict.findings]


def test_a_repair_that_the_verifier_finds_no_better_is_rolled_back(settings: Settings, three_things: ScenePlan):
    verifier = ScriptedVerifier({"dog": (0.9, 0.1)})
    with Agent(settings, engine=FakeEngine(), verifier=verifier) as agent:
        first = agent.draw(three_things.prompt, plan=three_things, steps=1)
        worse = Finding.model_validate({**dict(wrong("dog", "it is too small")), "score": 0.4})
        second = agent.mend(first.session, [worse], rounds=1)
        assert second.status == "best_effort" and second.render == first.render
        assert second.attempts[0].outcome.startswith("Rolled back")


def test_more_rounds_than_there_can_be_are_refused(settings: Settings, three_things: ScenePlan):
    with Agent(settings, engine=FakeEngine(), verifier=ScriptedVerifier()) as agent:
        session = agent.draw(three_things.prompt, plan=three_things, steps=1).session
        with pytest.raises(BadInput, match="99 rounds"):
            agent.mend(session, [wrong("dog", "it has five legs")], rounds=99)


def test_a_verdict_on_a_region_that_is_not_there_is_refused(settings: Settings, three_things: ScenePlan):
    with Agent(settings, engine=FakeEngine(), verifier=ScriptedVerifier()) as agent:
        session = agent.draw(three_things.prompt, plan=three_things, steps=1).session
        with pytest.raises(BadInput, match="no region 'cow'"):
            agent.mend(session, [wrong("cow", "there is none")])
        assert agent.result(session).version == 1
