"""A layout that waits for a person: approved, changed or rejected, from Python and from the command line."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError
from rich.console import Console
from scripted import ScriptedVerifier

from mepg_agent.agent import Agent
from mepg_agent.cli import Door, run
from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput, Cancelled, NeedsApproval
from mepg_agent.records import Approval, Event, RenderJob
from mepg_agent.scene import Box, Extent, Region, Relation, RelationKind, ScenePlan
from mepg_agent.session import Result
from mepg_agent.settings import Settings

YES, NO = Approval(answer="approve"), Approval(answer="reject")


def agent_of(settings: Settings, engine: FakeEngine | None = None) -> Agent:
    return Agent(settings, engine=engine or FakeEngine(), verifier=ScriptedVerifier())


def ask(agent: Agent, plan: ScenePlan) -> NeedsApproval:
    with pytest.raises(NeedsApproval, match="waits for your approval") as waiting:
        agent.draw(plan.prompt, plan=plan, approve=True, steps=2)
    return waiting.value


def result_of(agent: Agent, session: str, answer: Approval | None = None) -> Result:
    *_, result = agent.resume(session, answer)
    assert isinstance(result, Result)
    return result


def test_nothing_is_drawn_before_the_layout_is_approved(settings: Settings, three_things: ScenePlan):
    engine = FakeEngine()
    with agent_of(settings, engine) as agent:
        waiting = ask(agent, three_things)
        assert engine.jobs == [] and waiting.plan == three_things
        with pytest.raises(NeedsApproval):
            result_of(agent, waiting.session)
        result = result_of(agent, waiting.session, YES)
    assert result.status == "accepted" and result.plan == three_things and len(engine.jobs) == 1


def test_without_being_asked_nobody_has_to_approve(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        assert agent.draw(three_things.prompt, plan=three_things, steps=2).status == "accepted"


def test_the_layout_that_waits_is_the_mended_one(settings: Settings, three_things: ScenePlan):
    wanted = Relation(subject="castle", kind=RelationKind.LEFT_OF, object="fox")
    with agent_of(settings) as agent:
        plan = ask(agent, three_things.replaced(relations=(wanted,))).plan
    assert plan.region("castle").box.cx < plan.region("fox").box.cx


def test_a_changed_layout_is_shown_once_more_and_then_drawn(settings: Settings, three_things: ScenePlan):
    small = Region.model_validate({**dict(three_things.region("dog")), "box": Box(x=0.4, y=0.6, width=0.2, height=0.3)})
    changed = three_things.with_regions([small])
    engine = FakeEngine()
    with agent_of(settings, engine) as agent:
        session = ask(agent, three_things).session
        with pytest.raises(NeedsApproval) as again:
            result_of(agent, session, Approval(answer="change", plan=changed))
        assert again.value.plan == changed and engine.jobs == []
        assert result_of(agent, session, YES).plan == changed


def test_a_change_with_an_expert_that_is_not_there_is_refused_and_the_layout_waits_on(
    settings: Settings, three_things: ScenePlan
):
    fox = Region.model_validate({**dict(three_things.region("fox")), "expert": "nope"})
    with agent_of(settings) as agent:
        session = ask(agent, three_things).session
        with pytest.raises(BadInput, match="the expert 'nope', which is not installed"):
            result_of(agent, session, Approval(answer="change", plan=three_things.with_regions([fox])))
        with pytest.raises(NeedsApproval) as waiting:
            result_of(agent, session)
        assert waiting.value.plan == three_things
        assert result_of(agent, session, YES).status == "accepted"


class Square(FakeEngine):
    """Draws no other size than squares, as it finds when it is asked to."""

    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        if job.extent.width != job.extent.height:
            raise BadInput("This backbone draws squares.", "Ask for 256 × 256.")
        yield from super().run(job, before)


def test_an_approved_layout_that_cannot_be_drawn_waits_for_another_answer(settings: Settings, three_things: ScenePlan):
    wide = three_things.replaced(extent=Extent(width=320, height=256))
    with agent_of(settings, Square()) as agent:
        session = ask(agent, three_things).session
        with pytest.raises(NeedsApproval):
            result_of(agent, session, Approval(answer="change", plan=wide))
        with pytest.raises(BadInput, match="draws squares"):
            result_of(agent, session, YES)
        assert [summary.status for summary in agent.store.sessions()] == [None]
        with pytest.raises(NeedsApproval) as waiting:
            result_of(agent, session)
        assert waiting.value.plan == wide
        with pytest.raises(NeedsApproval):
            result_of(agent, session, Approval(answer="change", plan=three_things))
        assert result_of(agent, session, YES).plan == three_things


def test_an_approved_layout_that_cannot_be_drawn_can_be_rejected(settings: Settings, three_things: ScenePlan):
    with agent_of(settings, Square()) as agent:
        session = ask(agent, three_things.replaced(extent=Extent(width=320, height=256))).session
        with pytest.raises(BadInput, match="draws squares"):
            result_of(agent, session, YES)
        with pytest.raises(Cancelled, match="rejected; nothing was drawn"):
            result_of(agent, session, NO)


def test_a_rejected_layout_is_not_drawn_and_can_be_planned_anew(settings: Settings, three_things: ScenePlan):
    engine = FakeEngine()
    with agent_of(settings, engine) as agent:
        session = ask(agent, three_things).session
        with pytest.raises(Cancelled, match="rejected; nothing was drawn"):
            result_of(agent, session, NO)
        assert engine.jobs == []
        with pytest.raises(NeedsApproval):
            result_of(agent, session)


def test_another_process_may_answer(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as first:
        session = ask(first, three_things).session
    with agent_of(settings) as second:
        assert result_of(second, session, YES).status == "accepted"


def test_an_answer_that_nothing_waits_for_is_refused(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        result = agent.draw(three_things.prompt, plan=three_things, steps=2)
        with pytest.raises(BadInput, match=f"No layout of {result.session} waits"):
            result_of(agent, result.session, YES)


def test_an_answer_too_early_does_not_make_an_unfinished_picture_a_failed_one(
    settings: Settings, three_things: ScenePlan
):
    with agent_of(settings) as agent:
        session = agent.begin(three_things.prompt, plan=three_things, steps=2)
        with pytest.raises(BadInput, match=f"No layout of {session} waits"):
            result_of(agent, session, YES)
        assert [summary.status for summary in agent.store.sessions()] == [None]
        assert result_of(agent, session).status == "accepted"


def test_the_stream_ends_with_the_question(settings: Settings, one_small: ScenePlan):
    told: list[Event | Result] = []
    with agent_of(settings) as agent, pytest.raises(NeedsApproval):
        for item in agent.stream(one_small.prompt, plan=one_small, approve=True):
            told.append(item)
    assert {item.node for item in told if isinstance(item, Event)} == {"plan", "critique"}


def test_a_change_needs_a_plan_and_nothing_else_has_one(three_things: ScenePlan):
    for answer, plan in (("change", None), ("approve", three_things)):
        with pytest.raises(ValidationError, match="a change needs the changed plan"):
            Approval.model_validate({"answer": answer, "plan": plan})


class Terminal:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def run(self, *arguments: str) -> tuple[int, str]:
        out, err = (Console(file=io.StringIO(), width=140) for _ in range(2))
        code = run(arguments, Door(lambda: agent_of(self.settings), out, err))
        return code, out.file.getvalue() + err.file.getvalue()  # type: ignore[attr-defined]


def test_a_terminal_asks_and_answers(settings: Settings, tmp_path: Path):
    terminal = Terminal(settings)
    code, said = terminal.run("draw", "a red fox", "--ask", "--steps", "2")
    assert code == 4 and "waits for your approval" in said and "fox" in said
    code, said = terminal.run("resume", "last", "--json")
    waiting = json.loads(said)
    assert code == 4 and waiting["status"] == "waiting"
    waiting["plan"]["regions"][0]["box"] = {"x": 0.1, "y": 0.4, "width": 0.4, "height": 0.5}
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(waiting["plan"]))
    assert terminal.run("resume", "last", "--change", str(file))[0] == 4
    code, said = terminal.run("resume", "last", "--approve", "-o", str(tmp_path / "fox.png"))
    assert code == 0 and "left 10%–50%" in said and (tmp_path / "fox.png").is_file()


def test_a_terminal_refuses_two_answers_at_once(settings: Settings):
    code, said = Terminal(settings).run("resume", "last", "--approve", "--reject")
    assert code == 2 and "several answers" in said
