"""Pictures that take longer than anybody waits: handles, `wait`, `cancel`, tasks, and a server that was killed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from mcp import Client, MCPError
from mcp_fixtures import (
    PROMPT,
    TIMEOUT,
    Broken,
    Mode,
    Slow,
    called,
    connected,
    data,
    drawn,
    parts,
    refused,
    set_,
    words,
)
from mcp_types import CallToolResult, ElicitResult

from mcp_server.drawings import Work
from mcp_server.progress import Progress
from mepg_agent.agent import Agent, Result
from mepg_agent.agent_edits import Stream
from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BrokenAsset
from mepg_agent.records import RenderJob

pytestmark = pytest.mark.anyio
both_modes = pytest.mark.parametrize("mode", ["auto", "legacy"])


async def seen(client: Client, session: str) -> CallToolResult:
    """The handle of a drawing, once a preview of it is there."""
    while not data(handle := await called(client, "wait", session=session, patience=0.1))["pending"]["preview"]:
        pass
    return handle


@both_modes
async def test_a_drawing_that_takes_long_gives_a_handle_and_wait_picks_it_up(mode: Mode):
    engine = Slow()
    async with connected(mode, engine) as client:
        handle = await called(client, "draw_picture", prompt=PROMPT, patience=0)
        session, pending = data(handle)["session"], data(handle)["pending"]
        again = await seen(client, session)
        engine.go_on.set()
        result = await called(client, "wait", session=session)
    assert data(handle)["drawing"] is None and pending["version"] == 1
    assert f"wait with session {session}" in words(handle) and "Do not draw it anew" in words(handle)
    assert data(again)["pending"]["of"] == 1_000_000 and "drawing (" in words(again)
    assert (
        data(result)["drawing"]["status"] == "accepted" and parts(result)[1].uri == data(result)["drawing"]["picture"]
    )
    assert len(engine.jobs) == 1


class Stuck(FakeEngine):
    """Its first picture hangs in a step until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.release = threading.Event(), threading.Event()

    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        if not self.begun.is_set():
            yield Step(1, 2)
            self.begun.set()
            assert self.release.wait(TIMEOUT)
        yield from super().run(job, before)


@pytest.mark.parametrize(("tool", "more"), [("wait", {}), ("history", {"action": "resume"})])
async def test_a_picture_that_is_still_being_stopped_is_taken_up_once_it_has_stopped(
    tool: str, more: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    engine, told_to_stop, stop = Stuck(), threading.Event(), Work.stop
    monkeypatch.setattr(Work, "stop", lambda work: (stop(work), told_to_stop.set()))
    results: list[CallToolResult] = []
    async with connected(engine=engine) as client:
        session = data(await called(client, "draw_picture", prompt=PROMPT, patience=0))["session"]
        await set_(engine.begun)

        async def go_on() -> None:
            results.append(await called(client, tool, session=session, **more))

        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "cancel", {"session": session})
            await set_(told_to_stop)
            group.start_soon(go_on)
            await called(client, "list_experts")  # answered after the one before it was begun
            engine.release.set()
    assert data(results[0])["drawing"]["status"] == "accepted"


async def test_what_is_spent_on_work_that_stops_is_not_waited_again(monkeypatch: pytest.MonkeyPatch):
    engine, told_to_stop, stop = Stuck(), threading.Event(), Work.stop
    follow, left = Progress.follow, list[float]()

    async def noted(progress: Progress, work: Work, patience: float) -> None:
        left.append(patience)
        await follow(progress, work, patience)

    monkeypatch.setattr(Work, "stop", lambda work: (stop(work), told_to_stop.set()))
    async with connected(engine=engine) as client:
        session = data(await called(client, "draw_picture", prompt=PROMPT, patience=0))["session"]
        await set_(engine.begun)
        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "cancel", {"session": session})
            await set_(told_to_stop)
            monkeypatch.setattr(Progress, "follow", noted)
            assert data(await called(client, "wait", session=session, patience=0.3))["pending"]
            engine.release.set()
    assert len(left) == 1 and left[0] < 0.1


async def test_a_change_that_takes_long_to_be_read_gives_a_handle_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mcp_server.calls.GRACE", 0.05)
    go_on, read = threading.Event(), Agent.stream_edit

    def slowly(*given: Any) -> Stream:
        assert go_on.wait(TIMEOUT)
        return read(*given)

    monkeypatch.setattr(Agent, "stream_edit", slowly)
    async with connected() as client:
        session = await drawn(client)
        handle = await called(client, "edit_picture", session=session, instruction="make the fox blue", patience=0)
        again = await called(client, "wait", session=session, patience=0)
        go_on.set()
        edited = await called(client, "wait", session=session)
    assert data(handle)["pending"]["version"] is None and data(again) == data(handle)
    assert data(edited)["drawing"]["version"] == 2 and data(edited)["proof"]["regions"] == ["fox"]


async def test_a_picture_in_the_making_can_be_looked_at():
    engine = Slow()
    async with connected(engine=engine) as client:
        session = data(await called(client, "draw_picture", prompt=PROMPT, patience=0))["session"]
        with pytest.raises(MCPError, match="Call wait"):
            await client.read_resource("mepg://previews/fox-castle-0000.png")
        pending = data(await seen(client, session))["pending"]
        (preview,) = (await client.read_resource(pending["preview"])).contents
        engine.go_on.set()
        await called(client, "wait", session=session)
    assert preview.mime_type == "image/png"


@both_modes
async def test_waiting_for_a_picture_that_is_finished_shows_it_with_its_proof(mode: Mode):
    async with connected(mode) as client:
        session = await drawn(client)
        edited = await called(client, "edit_picture", session=session, instruction="make the fox blue")
        waited = await called(client, "wait", session=session)
    assert data(waited) == data(edited)


async def test_an_edit_gives_a_handle_too_and_another_change_waits_for_it():
    engine = Slow(quick=1)
    async with connected(engine=engine) as client:
        session = await drawn(client)
        handle = await called(client, "edit_picture", session=session, instruction="make the fox blue", patience=0)
        other = {"session": session, "regions": [{"region": "castle"}]}
        results: list[CallToolResult] = []
        async with anyio.create_task_group() as group:

            async def ask() -> None:
                results.append(await called(client, "draw_region", **other))

            group.start_soon(ask)
            engine.go_on.set()
        versions = data(await called(client, "history", action="list", session=session))["versions"]
    assert data(handle)["pending"]["version"] == 2
    assert [v["said"] for v in versions[1:]] == ["make the fox blue", "draw the castle again"]
    assert data(results[0])["proof"]["regions"] == ["castle"]


async def test_a_change_that_cannot_begin_in_time_is_refused_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch):
    engine = Slow(quick=1)
    async with connected(engine=engine) as client:
        session = await drawn(client)
        await called(client, "edit_picture", session=session, instruction="make the fox blue", patience=0)
        monkeypatch.setattr("mcp_server.calls.GRACE", 0.05)
        other = {"session": session, "instruction": "make the castle pink", "patience": 0}
        assert "still being drawn" in await refused(client, "edit_picture", **other)
        engine.go_on.set()
        await called(client, "wait", session=session)
        versions = data(await called(client, "history", action="list", session=session))["versions"]
    assert [v["said"] for v in versions[1:]] == ["make the fox blue"]


@both_modes
async def test_a_drawing_is_stopped_and_taken_up_again(mode: Mode):
    engine = Slow()
    async with connected(mode, engine) as client:
        session = data(await called(client, "draw_picture", prompt=PROMPT, patience=0))["session"]
        await set_(engine.begun)
        stopped = await called(client, "cancel", session=session)
        assert engine.stopped.is_set()
        again = await called(client, "cancel", session=session)
        engine.go_on.set()
        result = await called(client, "wait", session=session)
        idle = await refused(client, "cancel", session=session)
    assert "was stopped; nothing finished is lost" in words(stopped) and "stopped before" in words(again)
    assert data(result)["drawing"]["status"] == "accepted"
    assert "Nothing" in idle and "history" in idle


async def test_stopping_a_drawing_that_fails_tells_how_it_failed(monkeypatch: pytest.MonkeyPatch):
    begun, told_to_stop, stop = threading.Event(), threading.Event(), Work.stop

    def fails(work: Work, stream: Stream) -> Result:
        begun.set()
        assert told_to_stop.wait(TIMEOUT)
        raise BrokenAsset("The disk is full.", "Make room.")

    monkeypatch.setattr(Work, "pull", fails)
    monkeypatch.setattr(Work, "stop", lambda work: (stop(work), told_to_stop.set()))
    async with connected() as client:
        session = data(await called(client, "draw_picture", prompt=PROMPT, patience=0))["session"]
        await set_(begun)
        said = await refused(client, "cancel", session=session)
        again = await called(client, "cancel", session=session)
    assert said == "The disk is full. Make room." and "Nothing of" in words(again)


async def test_who_waits_hears_that_somebody_else_stopped_it():
    engine = Slow()
    async with connected(engine=engine) as client:
        session = data(await called(client, "draw_picture", prompt=PROMPT, patience=0))["session"]
        told: list[str] = []
        async with anyio.create_task_group() as group:

            async def ask() -> None:
                told.append(await refused(client, "wait", session=session))

            group.start_soon(ask)
            await set_(engine.begun)
            await called(client, "cancel", session=session)
    assert "Stopped before the picture was finished" in told[0] and "wait" in told[0]


async def test_one_picture_is_drawn_at_a_time_and_the_others_hear_their_place():
    engine = Slow()
    async with connected(engine=engine) as client:
        first, second, third = [
            data(await called(client, "draw_picture", prompt=PROMPT, seed=seed, patience=0)) for seed in range(3)
        ]
        await set_(engine.begun)
        told = data(await called(client, "wait", session=third["session"], patience=0.1))["pending"]
        left = await called(client, "cancel", session=second["session"])
        moved = data(await called(client, "wait", session=third["session"], patience=0.1))["pending"]
        engine.go_on.set()
        results = [await called(client, "wait", session=s["session"]) for s in (first, third)]
    assert (told["ahead"], told["doing"]) == (2, "waiting in line: 2 pictures come first")
    assert moved["ahead"] == 1 and "stopped" in words(left)
    assert all(data(r)["drawing"]["status"] == "accepted" for r in results) and len(engine.jobs) == 2


async def test_a_drawing_that_failed_while_nobody_waited_is_told_by_wait():
    engine = Broken()
    async with connected(engine=engine) as client:
        session = data(await called(client, "draw_picture", prompt=PROMPT, patience=0))["session"]
        engine.go_on.set()
        said = await refused(client, "wait", session=session)
    assert "The weights are damaged. Install them again." in said


@pytest.mark.parametrize("patience", [-1, 56, 1e9])
async def test_a_patience_that_no_client_has_is_refused(patience: float):
    engine = FakeEngine()
    async with connected(engine=engine) as client:
        assert "patience" in await refused(client, "wait", session=await drawn(client), patience=patience)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("draw_picture", {"prompt": PROMPT}),
        ("edit_picture", {"instruction": "make it blue"}),  # which of both is a question, asked in a form
        ("draw_region", {"regions": [{"region": "fox"}]}),
        ("verify_picture", {"verdict": [{"region": "fox", "passed": False}], "repair": True}),
    ],
)
async def test_a_patience_that_no_client_has_leaves_no_trace(tool: str, arguments: dict[str, Any]):
    asked = []

    async def ask(context: object, params: object) -> ElicitResult:
        asked.append(params)
        return ElicitResult(action="decline")

    async with connected(elicitation_callback=ask) as client:
        session = await drawn(client)
        before = data(await called(client, "history", action="list", session=session))
        arguments = arguments if tool == "draw_picture" else {"session": session, **arguments}
        assert "say 0 to 55" in await refused(client, tool, patience=60, **arguments)
        assert data(await called(client, "history", action="list", session=session)) == before
        assert len(data(await called(client, "history", action="list"))["sessions"]) == 1
    assert asked == []


@pytest.mark.parametrize("tool", ["wait", "cancel"])
@pytest.mark.parametrize("session", ["fox-castle-0000", "../../etc", ""])
async def test_a_session_that_is_none_is_told(tool: str, session: str):
    async with connected() as client:
        assert "`history` without a session lists" in await refused(client, tool, session=session)


async def test_a_drawing_that_ended_with_its_server_is_picked_up_by_the_next_one():
    engine = Slow(quick=1)
    async with connected(engine=engine) as client:
        session = await drawn(client)
        await called(client, "edit_picture", session=session, instruction="make the fox blue", patience=0)
        unborn = data(await called(client, "draw_picture", prompt=PROMPT, patience=0))["session"]
        await set_(engine.begun)
    assert engine.stopped.is_set()
    async with connected() as client:
        edited = await called(client, "wait", session=session)
        first = await called(client, "wait", session=unborn)
    assert data(edited)["drawing"]["version"] == 2 and data(edited)["proof"]["regions"] == ["fox"]
    assert data(first)["drawing"]["status"] == "accepted"
