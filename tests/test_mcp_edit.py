"""`edit_picture` and `history` as an assistant sees them."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
from edit_fixtures import install_woodcut
from mcp import Client
from mcp_fixtures import PROMPT, TIMEOUT, Mode, called, connected, data, drawn, parts, refused, words
from mcp_types import BlobResourceContents, CallToolResult, ElicitRequestFormParams, ElicitResult
from PIL import Image

from mepg_agent.agent import Agent
from mepg_agent.agent_edits import Stream
from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import InUse
from mepg_agent.records import RenderJob
from mepg_agent.scene import Box, Extent

pytestmark = pytest.mark.anyio
both_modes = pytest.mark.parametrize("mode", ["auto", "legacy"])
TWO_DOGS = "two dogs left of a castle"
NO_SESSIONS = ["../../etc", "fox", "fox-castle-0000", "", "/etc/passwd", "fox-castle-0000/../x", "Ω-0000"]


async def pixels(client: Client, uri: str) -> np.ndarray:
    (full,) = (await client.read_resource(uri)).contents
    assert isinstance(full, BlobResourceContents)
    with Image.open(BytesIO(base64.b64decode(full.blob)), formats=["PNG"]) as picture:
        return np.asarray(picture.convert("RGB"))


@both_modes
async def test_an_edit_comes_with_the_proof_that_the_rest_is_byte_equal(mode: Mode, home: Path):
    install_woodcut(home)
    async with connected(mode) as client:
        session = await drawn(client)
        first = data(await called(client, "get_picture", session=session))["drawing"]
        result = await called(client, "edit_picture", session=session, instruction="make the fox woodcut")
        edited = data(result)
        before, after = await pixels(client, first["picture"]), await pixels(client, edited["drawing"]["picture"])
    proof = edited["proof"]
    assert (proof["a"], proof["b"], proof["regions"], proof["outside_equal"]) == (1, 2, ["fox"], True)
    assert "fox drawn again" in words(result) and "every byte outside the touched boxes is equal" in words(result)
    assert [r["expert"] for r in edited["drawing"]["plan"]["regions"]] == ["woodcut", None]
    extent = Extent.model_validate(edited["drawing"]["plan"]["extent"])
    same = (before == after).all(axis=2)
    outside = np.ones_like(same)
    for box in proof["boxes"]:
        outside[Box.model_validate(box).pixels(extent).as_slices()] = False
    assert outside.any() and same[outside].all() and not same.all()
    assert (edited["question"], edited["drawing"]["version"]) == (None, 2)
    assert parts(result)[1].uri == edited["drawing"]["picture"]


async def test_an_edit_of_the_whole_picture_says_so():
    async with connected() as client:
        result = await called(client, "edit_picture", session=await drawn(client), instruction="make it night")
    assert "the whole picture was drawn again" in words(result) and "byte outside" not in words(result)


async def test_an_edit_that_changes_nothing_leaves_the_version():
    async with connected() as client:
        result = await called(client, "edit_picture", session=await drawn(client), instruction="make the fox red")
    assert (data(result)["proof"], data(result)["drawing"]["version"]) == (None, 1)
    assert "Nothing changed" in words(result)


async def test_an_edit_waits_for_a_moment_where_another_call_holds_the_session(monkeypatch: pytest.MonkeyPatch):
    free, edit = iter([False, False, True]), Agent.stream_edit

    def held(self: Agent, session: str, *given: Any, **more: Any) -> Stream:
        if not next(free):
            raise InUse("The session is being worked on elsewhere.", "Wait.")
        return edit(self, session, *given, **more)

    monkeypatch.setattr(Agent, "stream_edit", held)
    monkeypatch.setattr("mcp_server.drawings.PAUSE", 0.0)
    async with connected() as client:
        result = await called(client, "edit_picture", session=await drawn(client), instruction="make it night")
    assert data(result)["drawing"]["version"] == 2


async def test_words_that_fit_several_things_come_back_as_a_question():
    engine = FakeEngine()
    async with connected(engine=engine) as client:
        session = await drawn(client, TWO_DOGS)
        jobs = len(engine.jobs)
        result = await called(client, "edit_picture", session=session, instruction="make the dog red")
        assert len(engine.jobs) == jobs
        question = data(result)["question"]
        assert question["text"] == "Which dog?" and question["text"] in words(result)
        assert question["instructions"] == ["make the left dog red", "make the right dog red"]
        assert all(way in words(result) for way in question["instructions"])
        said = await called(client, "edit_picture", session=session, instruction=question["instructions"][1])
    assert data(said)["proof"]["regions"] == ["dog-2"]


class Person:
    """Answers every form the same way."""

    def __init__(self, answer: str | None) -> None:
        self.answer = answer
        self.asked: list[ElicitRequestFormParams] = []

    async def __call__(self, context: object, params: object) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        self.asked.append(params)
        if self.answer is None:
            return ElicitResult(action="decline")
        return ElicitResult(action="accept", content={"instruction": self.answer})


@both_modes
async def test_a_client_with_forms_asks_the_person_which_one_is_meant(mode: Mode):
    person = Person("make the right dog red")
    async with connected(mode, elicitation_callback=person) as client:
        session = await drawn(client, TWO_DOGS)
        result = await called(client, "edit_picture", session=session, instruction="make the dog red")
        versions = data(await called(client, "history", action="list", session=session))["versions"]
    (form,) = person.asked
    assert form.message == "Which dog?"
    assert form.requested_schema["properties"]["instruction"]["enum"] == [
        "make the left dog red",
        "make the right dog red",
    ]
    assert data(result)["proof"]["regions"] == ["dog-2"]
    assert versions[1]["said"] == "make the right dog red"


@both_modes
async def test_a_person_who_does_not_answer_leaves_the_picture_as_it_is(mode: Mode):
    engine, person = FakeEngine(), Person(None)
    async with connected(mode, engine, elicitation_callback=person) as client:
        session = await drawn(client, TWO_DOGS)
        jobs = len(engine.jobs)
        result = await called(client, "edit_picture", session=session, instruction="make the dog red")
    assert len(person.asked) == 1 and len(engine.jobs) == jobs
    assert data(result)["question"]["text"] == "Which dog?" and data(result)["drawing"] is None


async def test_where_no_choice_makes_an_instruction_the_person_says_it_anew():
    person = Person("remove the fox")
    async with connected(elicitation_callback=person) as client:
        result = await called(client, "edit_picture", session=await drawn(client), instruction="remove the zorg")
    (form,) = person.asked
    field = form.requested_schema["properties"]["instruction"]
    assert "enum" not in field and field["default"] == "remove the zorg" and "castle" in field["description"]
    assert [r["id"] for r in data(result)["drawing"]["plan"]["regions"]] == ["castle"]


async def test_an_answer_that_is_no_clearer_is_a_question_again_and_not_a_loop():
    person = Person("remove the gizmo")
    async with connected(elicitation_callback=person) as client:
        result = await called(client, "edit_picture", session=await drawn(client), instruction="remove the zorg")
    assert len(person.asked) == 1
    assert "gizmo" in data(result)["question"]["text"]


async def test_clear_words_are_never_asked_about():
    person = Person("remove the fox")
    async with connected(elicitation_callback=person) as client:
        await called(client, "edit_picture", session=await drawn(client), instruction="move the castle up")
    assert person.asked == []


@pytest.mark.parametrize("instruction", ["", "   ", "red " * 1000])
async def test_an_instruction_that_says_nothing_is_a_tool_error(instruction: str):
    async with connected() as client:
        session = await drawn(client)
        assert "instruction" in await refused(client, "edit_picture", session=session, instruction=instruction)


@pytest.mark.parametrize("session", NO_SESSIONS)
async def test_what_is_no_session_is_told_in_a_sentence(session: str):
    async with connected(elicitation_callback=Person("undo")) as client:
        await drawn(client)
        told = [
            await refused(client, "edit_picture", session=session, instruction="undo"),
            await refused(client, "edit_picture", session=session, instruction="make it night"),
            await refused(client, "history", action="undo", session=session),
            await refused(client, "history", action="compare", session=session),
            await refused(client, "get_picture", session=session),
        ]
    for sentence in told:
        assert "session" in sentence and "`history` without a session lists" in sentence


async def test_a_session_of_another_home_is_not_found(home: Path, monkeypatch: pytest.MonkeyPatch):
    async with connected() as client:
        session = await drawn(client)
    monkeypatch.setenv("MEPG_HOME", str(home / "other"))
    async with connected() as client:
        assert f"There is no session '{session}'" in await refused(client, "get_picture", session=session)


async def test_history_undoes_redoes_and_branches():
    async with connected() as client:
        session = await drawn(client)
        await called(client, "edit_picture", session=session, instruction="make the fox blue")
        undone = data(await called(client, "history", action="undo", session=session))["drawing"]
        assert undone["version"] == 1
        assert data(await called(client, "history", action="redo", session=session))["drawing"]["version"] == 2
        branched = data(await called(client, "history", action="branch", session=session, name="green", version=1))
        assert branched["drawing"]["version"] == 1
        await called(client, "edit_picture", session=session, instruction="make the fox green")
        listed = data(await called(client, "history", action="list", session=session))
        compared = await called(client, "history", action="compare", session=session, version=3, other=2)
        parent = data(await called(client, "history", action="compare", session=session))["comparison"]
        back = await called(client, "edit_picture", session=session, instruction="undo")
    assert [(v["version"], v["parent"], v["branch"], v["shown"]) for v in listed["versions"]] == [
        (1, None, "main", False),
        (2, 1, "main", False),
        (3, 1, "green", True),
    ]
    assert listed["branches"] == {"main": 2, "green": 3}
    assert data(compared)["comparison"]["outside_equal"] and "every byte outside" in words(compared)
    assert (parent["a"], parent["b"]) == (1, 3)
    assert data(back)["drawing"]["version"] == 1 and data(back)["proof"]["a"] == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"action": "undo"}, "nothing to undo"),
        ({"action": "redo"}, "Nothing was undone"),
        ({"action": "compare"}, "Version 1 is the first"),
        ({"action": "compare", "other": 9}, "no version 9"),
        ({"action": "branch", "name": "A B"}, "cannot name a line"),
        ({"action": "branch", "name": "x", "version": 0}, "no version 0"),
    ],
)
async def test_a_step_that_is_not_there_is_told(arguments: dict, said: str):
    async with connected() as client:
        assert said in await refused(client, "history", session=await drawn(client), **arguments)


async def test_history_without_a_session_lists_all():
    async with connected() as client:
        none = await called(client, "history", action="list")
        session = await drawn(client)
        one = await called(client, "history", action="list")
    assert data(none)["sessions"] == []
    (line,) = data(one)["sessions"]
    assert line.pop("picture").startswith("mepg://pictures/")
    assert line == {"session": session, "prompt": PROMPT, "status": "accepted", "versions": 1, "edit": None}
    assert session in words(one)


async def test_a_session_whose_records_cannot_be_read_is_listed_as_damaged(home: Path):
    async with connected() as client:
        session = await drawn(client)
        (home / "sessions" / session / "history.json").write_text("{")
        listed = await called(client, "history", action="list")
    assert [(s["session"], s["status"]) for s in data(listed)["sessions"]] == [(session, "damaged")]
    assert "damaged: its records cannot be read" in words(listed)


class Slow(FakeEngine):
    """Draws some pictures as usual, then never ends unless it is stopped, until it is let go on."""

    def __init__(self, quick: int = 1) -> None:
        super().__init__()
        self.quick = quick
        self.stopped, self.go_on = threading.Event(), threading.Event()

    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        try:
            for step in count(1) if len(self.jobs) >= self.quick else ():
                if self.go_on.is_set():
                    break
                yield Step(step, 1_000_000)
            yield from super().run(job, before)
        finally:
            self.stopped.set()


class Ear:
    """Hears progress."""

    def __init__(self, word: str) -> None:
        self.word, self.heard = word, anyio.Event()

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        if message and message.startswith(self.word):
            self.heard.set()


async def cancelled(client: Client, engine: Slow, tool: str, **arguments: object) -> None:
    """A call that is taken back while its picture is drawn."""
    ear = Ear("drawing")
    engine.stopped.clear()
    async with anyio.create_task_group() as group:

        async def ask() -> None:
            await client.call_tool(tool, arguments, progress_callback=ear)

        group.start_soon(ask)
        await ear.heard.wait()
        group.cancel_scope.cancel()
    assert await anyio.to_thread.run_sync(engine.stopped.wait, TIMEOUT)


@both_modes
async def test_a_cancelled_edit_stops_between_steps_and_can_be_finished(mode: Mode):
    engine = Slow()
    async with connected(mode, engine) as client:
        session = await drawn(client)
        await cancelled(client, engine, "edit_picture", session=session, instruction="make the fox blue")
        listed = await called(client, "history", action="list", session=session)
        assert len(data(listed)["versions"]) == 1 and "Not finished: 'make the fox blue'" in words(listed)
        engine.go_on.set()
        resumed = data(await called(client, "history", action="resume", session=session))["drawing"]
    assert resumed["version"] == 2 and "blue" in resumed["plan"]["regions"][0]["prompt"]


async def test_a_cancelled_drawing_is_listed_and_can_be_finished():
    engine = Slow(quick=0)
    async with connected(engine=engine) as client:
        await cancelled(client, engine, "draw_picture", prompt=PROMPT)
        (line,) = data(await called(client, "history", action="list"))["sessions"]
        told = await refused(client, "edit_picture", session=line["session"], instruction="make the fox blue")
        assert "not finished" in words(await called(client, "history", action="list", session=line["session"]))
        engine.go_on.set()
        resumed = data(await called(client, "history", action="resume", session=line["session"]))["drawing"]
    assert line["status"] is None and "Call wait with its session first" in told
    assert (resumed["session"], resumed["version"], resumed["status"]) == (line["session"], 1, "accepted")


async def test_a_call_that_has_to_wait_says_so_and_is_served_afterwards():
    engine, first, second = Slow(), Ear("drawing"), Ear("waiting")
    results: dict[str, CallToolResult] = {}
    async with connected(engine=engine) as client:
        session = await drawn(client)
        async with anyio.create_task_group() as group:

            async def ask(instruction: str, ear: Ear) -> None:
                asked = {"session": session, "instruction": instruction}
                results[instruction] = await client.call_tool("edit_picture", asked, progress_callback=ear)

            group.start_soon(ask, "make the fox blue", first)
            await first.heard.wait()
            group.start_soon(ask, "make the castle pink", second)
            await second.heard.wait()
            engine.go_on.set()
    assert [data(r)["proof"]["b"] for r in results.values()] == [2, 3]
