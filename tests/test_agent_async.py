from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from scripted import ScriptedVerifier

from mepg_agent.agent import Agent
from mepg_agent.agent_async import in_thread
from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput
from mepg_agent.records import Brief, Event, RenderJob
from mepg_agent.scene import ScenePlan
from mepg_agent.session import Result
from mepg_agent.settings import Settings


class Endless(FakeEngine):
    def __init__(self) -> None:
        super().__init__()
        self.begun, self.closed = threading.Event(), threading.Event()

    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        self.jobs.append(job)
        try:
            while True:
                self.begun.set()
                yield Step(1, 1_000_000)
        finally:
            self.closed.set()


def agent_of(settings: Settings, engine: FakeEngine | None = None) -> Agent:
    return Agent(settings, engine=engine or FakeEngine(), verifier=ScriptedVerifier())


def test_drawing_without_blocking_gives_the_same_picture(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        one = asyncio.run(agent.adraw(three_things.prompt, plan=three_things, seed=3))
        two = agent.draw(three_things.prompt, plan=three_things, seed=3)
    assert one.status == "accepted"
    assert one.render.picture == two.render.picture


def test_two_pictures_at_once_share_an_agent(settings: Settings, three_things: ScenePlan):
    async def both(agent: Agent) -> list[Result]:
        return await asyncio.gather(*(agent.adraw(three_things.prompt, plan=three_things, seed=s) for s in (1, 2)))

    with agent_of(settings) as agent:
        assert [result.brief.seed for result in asyncio.run(both(agent))] == [1, 2]


def test_an_asynchronous_stream_has_the_events_and_the_result_last(settings: Settings, three_things: ScenePlan):
    async def items(agent: Agent) -> list[Event | Result]:
        return [item async for item in agent.astream(three_things.prompt, plan=three_things)]

    with agent_of(settings) as agent:
        *events, result = asyncio.run(items(agent))
    assert {event.node for event in events if isinstance(event, Event)} >= {"plan", "generate", "verify", "accept"}
    assert isinstance(result, Result)


def test_the_event_loop_stays_free_while_a_picture_is_drawn(settings: Settings, three_things: ScenePlan):
    engine = Endless()

    async def watch(agent: Agent) -> int:
        task, turns = asyncio.create_task(agent.adraw(three_things.prompt, plan=three_things)), 0
        while not engine.begun.is_set():
            turns += 1
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return turns

    with agent_of(settings, engine) as agent:
        assert asyncio.run(watch(agent)) > 1


def test_cancelling_the_task_stops_between_two_steps_and_the_session_can_go_on(
    settings: Settings, three_things: ScenePlan
):
    engine = Endless()

    async def cancel(agent: Agent) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(agent.adraw(three_things.prompt, plan=three_things), timeout=0.5)
        assert engine.closed.is_set()

    with agent_of(settings, engine) as agent:
        asyncio.run(cancel(agent))
        [unfinished] = agent.store.sessions()
    assert unfinished.status is None
    with agent_of(settings) as again:
        *_, result = again.resume(unfinished.session)
    assert isinstance(result, Result) and result.status == "accepted"


def test_a_picture_that_waits_for_the_engine_can_be_cancelled_at_once(settings: Settings, three_things: ScenePlan):
    engine = Endless()

    async def cancel_the_second(agent: Agent) -> None:
        first = asyncio.create_task(agent.adraw(three_things.prompt, plan=three_things, seed=1))
        await asyncio.to_thread(engine.begun.wait)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(agent.adraw(three_things.prompt, plan=three_things, seed=2), timeout=0.5)
        assert not engine.closed.is_set() and not first.done()
        first.cancel()
        await asyncio.wait([first])

    with agent_of(settings, engine) as agent:
        asyncio.run(cancel_the_second(agent))
    assert [job.seed for job in engine.jobs] == [1]


def test_editing_without_blocking_gives_the_same_version_and_can_be_cancelled(
    settings: Settings, three_things: ScenePlan
):
    async def cancelled(agent: Agent, engine: Endless, session: str) -> None:
        task = asyncio.create_task(agent.aedit(session, "make the fox blue"))
        await asyncio.to_thread(engine.begun.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with agent_of(settings) as agent:
        session = agent.draw(three_things.prompt, plan=three_things, steps=2).session
        edited = asyncio.run(agent.aedit(session, "make the dog red"))
        assert edited == agent.result(session, 2)
    engine = Endless()
    with agent_of(settings, engine) as agent:
        asyncio.run(cancelled(agent, engine, session))
        assert engine.closed.wait(30)
    with agent_of(settings) as again:
        *_, done = again.resume(session)
    assert isinstance(done, Result) and done.version == 3


def test_a_batch_without_blocking_gives_its_results_in_order(settings: Settings, three_things: ScenePlan):
    async def seeds(agent: Agent) -> list[int]:
        briefs = [Brief(prompt=three_things.prompt, plan=three_things, seed=seed) for seed in (3, 1, 2)]
        return [result.brief.seed async for result in agent.abatch(briefs, steps=2)]

    with agent_of(settings) as agent:
        assert asyncio.run(seeds(agent)) == [3, 1, 2]


def test_leaving_an_asynchronous_stream_closes_the_drawing(settings: Settings, three_things: ScenePlan):
    engine = Endless()

    async def leave(agent: Agent) -> None:
        stream = agent.astream(three_things.prompt, plan=three_things)
        async for item in stream:
            if isinstance(item, Event) and item.step is not None:
                break
        await stream.aclose()
        assert engine.closed.is_set()

    with agent_of(settings, engine) as agent:
        asyncio.run(leave(agent))


def test_what_is_wrong_is_raised_to_the_one_who_waits(settings: Settings):
    with agent_of(settings) as agent:
        with pytest.raises(BadInput, match="empty"):
            asyncio.run(agent.adraw(" "))
        with pytest.raises(BadInput, match="no planner"):
            asyncio.run(agent.adraw("a fox", planner="nonesuch"))
        assert agent.store.sessions() == ()


def test_a_generator_keeps_its_order_and_runs_outside_the_loop_s_thread():
    def numbers() -> Generator[tuple[int, int], None, None]:
        for number in range(100):
            yield number, threading.get_ident()

    async def collect() -> list[tuple[int, int]]:
        return [item async for item in in_thread(numbers, threading.Event())]

    items = asyncio.run(collect())
    assert [number for number, _ in items] == list(range(100))
    assert {thread for _, thread in items}.isdisjoint({threading.get_ident()})


def test_several_requests_are_all_checked_before_the_first_is_drawn(settings: Settings, three_things: ScenePlan):
    engine = FakeEngine()
    with agent_of(settings, engine) as agent:
        with pytest.raises(BadInput, match="empty"):
            agent.batch(["a fox", ""])
        with pytest.raises(BadInput, match="no planner"):
            agent.batch(["a fox", Brief(prompt="a dog", planner="nonesuch")])
        results = list(agent.batch([three_things.prompt, "a fox"], seed=4))
    assert [result.brief.prompt for result in results] == [three_things.prompt, "a fox"]
    assert [job.seed for job in engine.jobs] == [4, 4]


def test_what_is_cancelled_before_a_thread_was_free_opens_no_session(settings: Settings, three_things: ScenePlan):
    free = threading.Event()

    async def cancel(agent: Agent) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(max_workers=1))
        busy = loop.run_in_executor(None, free.wait)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(agent.adraw(three_things.prompt, plan=three_things), timeout=0.1)
        assert not busy.done(), "nobody waited for the thread"
        free.set()
        await busy

    with agent_of(settings, FakeEngine()) as agent:
        asyncio.run(asyncio.wait_for(cancel(agent), timeout=30))
        assert agent.store.sessions() == ()
