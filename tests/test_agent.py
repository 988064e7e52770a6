from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image
from scripted import ScriptedVerifier

from mepg_agent.agent import Agent, make_graph
from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.records import Brief, Event, RenderJob, Verdict
from mepg_agent.scene import MAX_PROMPT, ScenePlan
from mepg_agent.session import Result
from mepg_agent.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def agent_of(settings: Settings, engine: FakeEngine | None = None) -> Agent:
    return Agent(settings, engine=engine or FakeEngine(), verifier=ScriptedVerifier())


class Killed(BaseException):
    """What ends a process leaves no time for handlers."""


class KilledVerifier:
    def verify(self, image: Pixels, plan: ScenePlan) -> Verdict:
        raise Killed


class BrokenEngine(FakeEngine):
    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        yield Step(1, job.steps)
        raise BrokenAsset("The weights are damaged.", "Restore them.")


class Endless(FakeEngine):
    """Counts the steps it was pulled for, and whether it was closed."""

    pulled, closed = 0, False

    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        try:
            while True:
                self.pulled += 1
                yield Step(self.pulled, 1_000_000)
        finally:
            self.closed = True


def test_the_same_brief_drawn_twice_is_two_sessions_and_one_render(settings: Settings, three_things: ScenePlan):
    engine = FakeEngine()
    with agent_of(settings, engine) as agent:
        one, two = (agent.draw(three_things.prompt, plan=three_things) for _ in range(2))
    assert len(engine.jobs) == 1
    assert one.session != two.session and one.render == two.render


def test_another_seed_is_another_picture(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        one, two = (agent.draw(three_things.prompt, plan=three_things, seed=seed) for seed in (0, 1))
    assert one.render.picture != two.render.picture


def test_a_session_killed_after_drawing_goes_on_without_drawing_again(settings: Settings, three_things: ScenePlan):
    first = Agent(settings, engine=FakeEngine(), verifier=KilledVerifier())
    with pytest.raises(Killed):
        first.draw(three_things.prompt, plan=three_things)
    first.close()
    engine = FakeEngine()
    with agent_of(settings, engine) as second:
        [unfinished] = second.store.sessions()
        assert unfinished.status is None
        *events, result = second.resume(unfinished.session)
    assert isinstance(result, Result) and result.status == "accepted"
    assert engine.jobs == []
    assert {e.node for e in events if isinstance(e, Event)} == {"verify", "accept"}


def test_a_session_killed_before_its_first_node_can_be_resumed(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        session = agent.store.begin(Brief(prompt=three_things.prompt, plan=three_things))
        *_, result = agent.resume(session)
    assert isinstance(result, Result) and result.session == session


def test_a_finished_session_resumes_to_its_result(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        result = agent.draw(three_things.prompt, plan=three_things)
        assert list(agent.resume(result.session)) == [result]
        assert agent.result(result.session) == result


def test_an_unfinished_or_unknown_session_has_no_result(settings: Settings):
    with agent_of(settings) as agent:
        session = agent.store.begin(Brief(prompt="a fox"))
        with pytest.raises(BadInput, match="not finished"):
            agent.result(session)
        with pytest.raises(BadInput, match="no session"):
            agent.resume("fox-castle-3f9a")


def test_closing_the_stream_stops_between_two_steps_and_the_session_can_go_on(
    settings: Settings, three_things: ScenePlan
):
    engine = Endless()
    with agent_of(settings, engine) as agent:
        stream = agent.stream(three_things.prompt, plan=three_things)
        for item in stream:
            if isinstance(item, Event) and item.step == 3:
                break
        stream.close()  # type: ignore[attr-defined]
        pulled = engine.pulled
        assert engine.closed
        [unfinished] = agent.store.sessions()
    assert engine.pulled == pulled and unfinished.status is None
    with agent_of(settings) as again:
        *_, result = again.resume(unfinished.session)
    assert isinstance(result, Result) and result.status == "accepted"


def test_what_stops_a_drawing_stays_as_it_was_when_the_drawing_ends(settings: Settings, three_things: ScenePlan):
    stop = threading.Event()
    with agent_of(settings) as agent:
        for seed in (1, 2):
            session = agent.begin(three_things.prompt, plan=three_things, seed=seed)
            with closing(agent.resume(session, stop=stop)) as stream:
                assert next(item for item in stream if isinstance(item, Result)).status == "accepted"
            assert not stop.is_set()


def test_a_failure_is_raised_recorded_and_can_be_resumed(settings: Settings, three_things: ScenePlan):
    with agent_of(settings, BrokenEngine()) as agent:
        with pytest.raises(BrokenAsset, match="damaged"):
            agent.draw(three_things.prompt, plan=three_things)
        [failed] = agent.store.sessions()
        assert failed.status == "failed"
    with agent_of(settings) as again:
        *_, result = again.resume(failed.session)
        assert [s.status for s in again.store.sessions()] == ["accepted"]
    assert isinstance(result, Result)


@pytest.mark.parametrize(
    ("prompt", "wishes", "said"),
    [
        ("", {}, "empty"),
        (" \n", {}, "empty"),
        ("x" * (MAX_PROMPT + 1), {}, f"at most {MAX_PROMPT}"),
        ("a fox", {"steps": 0}, "steps"),
        ("a fox", {"rounds": 99}, "rounds"),
        ("a fox", {"colour": "red"}, "colour"),
        ("a fox", {"planner": "nonesuch"}, "no planner 'nonesuch'"),
        ("a fox", {"backbone": "nonesuch"}, "no backbone 'nonesuch'"),
    ],
)
def test_a_request_that_cannot_be_drawn_is_one_sentence_and_opens_no_session(
    settings: Settings, prompt: str, wishes: dict[str, object], said: str
):
    with agent_of(settings) as agent:
        with pytest.raises(BadInput, match=said) as caught:
            agent.draw(prompt, **wishes)
        assert "\n" not in str(caught.value)
        assert agent.store.sessions() == ()


def test_a_session_that_cannot_be_planned_says_why_whatever_is_asked_of_it(settings: Settings):
    with agent_of(settings) as agent:
        with pytest.raises(BadInput) as refused:
            agent.draw("xyzzy plugh")
        [summary] = agent.store.sessions()
        with pytest.raises(BadInput) as caught:
            agent.edit(summary.session, "make it night")
    assert summary.status == "failed"
    assert refused.value.message in caught.value.message and caught.value.advice == refused.value.advice


def test_a_home_that_cannot_be_written_is_said_before_anything_is_drawn(settings: Settings, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BrokenAsset, match="MEPG_HOME"):
        Agent(settings.model_copy(update={"home": tmp_path / "file"}))


def test_planning_draws_nothing_and_leaves_no_session(settings: Settings, three_things: ScenePlan):
    engine = FakeEngine()
    with agent_of(settings, engine) as agent:
        plan = agent.plan(three_things.prompt, plan=three_things)
        assert plan.regions == three_things.regions
        assert agent.store.sessions() == () and engine.jobs == []


def test_a_plan_that_was_shown_draws_as_shown(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        plan = agent.plan(three_things.prompt, plan=three_things)
        result = agent.draw(plan.prompt, plan=plan)
    assert result.plan.regions == plan.regions
    assert len(result.notes) == len(set(result.notes))


def test_words_become_a_picture(settings: Settings):
    engine = FakeEngine()
    with agent_of(settings, engine) as agent:
        result = agent.draw("a red fox left of a castle at night", steps=2)
    assert result.status == "accepted"
    assert [r.noun for r in result.plan.regions] == ["fox", "castle"]
    assert result.plan.region("fox").box.cx < result.plan.region("castle").box.cx
    assert [r.prompt for r in engine.jobs[0].regions] == [
        "a red fox on a meadow at night, flat style",
        "a castle on a meadow at night, flat style",
    ]
    with Image.open(result.image) as image:
        assert ScenePlan.model_validate_json(image.info["mepg:plan"]) == result.plan


def test_what_was_not_understood_is_told(settings: Settings):
    with agent_of(settings) as agent:
        assert any("florbel" in note for note in agent.draw("a fox and a florbel", steps=2).notes)
        with pytest.raises(BadInput, match="names nothing"):
            agent.draw("florbel")


def test_an_agent_that_is_closed_while_it_draws_keeps_its_checkpoints_open_until_the_picture_is_there(
    settings: Settings, three_things: ScenePlan
):
    agent = agent_of(settings)
    drawing, other = (agent.stream(three_things.prompt, plan=three_things, seed=seed) for seed in (1, 2))
    assert isinstance(next(drawing), Event) and isinstance(next(other), Event)
    [opened, _] = agent._open or pytest.fail("it draws")
    agent.close()
    for stream in (drawing, other):
        assert agent._open is not None and agent._open[0] is opened
        *_, result = stream
        assert isinstance(result, Result) and result.status == "accepted"
    assert agent._open is None


def test_a_batch_of_one_string_is_not_drawn_letter_by_letter(settings: Settings):
    with agent_of(settings) as agent, pytest.raises(BadInput, match="a list of prompts"):
        agent.batch("a fox")


def test_threads_may_share_an_agent(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent, ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda s: agent.draw(three_things.prompt, plan=three_things, seed=s % 2), range(8)))
    assert len({r.session for r in results}) == 8
    assert len({r.render.picture for r in results}) == 2


def test_the_server_s_graph_runs_without_a_context_of_its_own(home: Path, three_things: ScenePlan, monkeypatch):
    monkeypatch.setattr(Agent, "_engine", lambda self, backbone: FakeEngine())
    monkeypatch.setattr(Agent, "_verifier", lambda self, backbone: ScriptedVerifier())
    brief = Brief(prompt=three_things.prompt, plan=three_things)
    state = make_graph().invoke({"brief": brief.model_dump(mode="json")})
    assert state["status"] == "accepted"
    assert (home / "sessions" / state["session"] / "result.json").is_file()


def python(code: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_importing_the_package_imports_nothing_heavy():
    heavy = "{'torch', 'diffusers', 'transformers', 'langgraph', 'numpy', 'pydantic'}"
    done = python(f"import sys, mepg_agent; assert not {heavy} & set(sys.modules)")
    assert done.returncode == 0, done.stderr
    done = python("import sys; from mepg_agent import Agent; assert not {'torch', 'diffusers'} & set(sys.modules)")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("strict", ["true", "false"])
def test_checkpoints_hold_plain_data_and_nothing_warns(strict: str, settings: Settings, three_things: ScenePlan):
    with pytest.raises(Killed):
        Agent(settings, engine=FakeEngine(), verifier=KilledVerifier()).draw(three_things.prompt, plan=three_things)
    code = """
import logging, sys
sys.path.insert(0, "tests")
logging.basicConfig(level=logging.WARNING)
from scripted import ScriptedVerifier
from mepg_agent.agent import Agent
from mepg_agent.engine.fake import FakeEngine
with Agent(engine=FakeEngine(), verifier=ScriptedVerifier()) as agent:
    *_, result = agent.resume(agent.store.sessions()[0].session)
print(result.status)
"""
    done = python(code, LANGGRAPH_STRICT_MSGPACK=strict, MEPG_HOME=str(settings.home))
    assert (done.stdout, done.stderr) == ("accepted\n", "")
