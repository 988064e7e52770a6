"""Tasks (an MCP extension): a long drawing that is polled, listened to, cancelled, and outlives its server."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, cast

import anyio
import pytest
from fake_mepg import fake_agent
from mcp import Client, MCPError
from mcp.client.extension import ClaimContext, ClientExtension, NotificationBinding, ResultClaim
from mcp_fixtures import PROMPT, Broken, Held, Slow, called, connected, data, drawn, refused, set_, words
from mcp_types import (
    INVALID_PARAMS,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CallToolResult,
    Request,
    Result,
    SubscriptionFilter,
    SubscriptionsListenRequest,
    SubscriptionsListenRequestParams,
)
from pydantic import BaseModel, Field

from mcp_server.drawings import Work
from mcp_server.tasks import Task, TaskParams, _settled, look
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.history import History

pytestmark = pytest.mark.anyio


class TaskResult(Result):
    """What a client with the extension takes in place of a tool's answer."""

    result_type: Literal["task"] = Field(alias="resultType")
    task_id: str = Field(alias="taskId")
    status: str
    poll_interval_ms: int = Field(alias="pollIntervalMs")
    ttl_ms: int | None = Field(alias="ttlMs")


class News(BaseModel, extra="allow"):
    """Of a task, on a stream."""

    task_id: str = Field(alias="taskId")
    status: str
    result: dict[str, Any] | None = None


class Patient(ClientExtension):
    """A client that polls tasks."""

    identifier = "io.modelcontextprotocol/tasks"

    def __init__(self) -> None:
        self.tasks: list[TaskResult] = []
        self.news: list[News] = []
        self.told, self.ended = anyio.Event(), anyio.Event()

    def claims(self) -> list[ResultClaim[Any]]:
        return [ResultClaim(result_type="task", model=TaskResult, resolve=self.noted)]

    def notifications(self) -> list[NotificationBinding[Any]]:
        return [NotificationBinding(method="notifications/tasks", params_type=News, handler=self.heard)]

    async def heard(self, news: News) -> None:
        self.news.append(news)
        self.told.set()
        if news.status != "working":
            self.ended.set()

    async def noted(self, task: TaskResult, ctx: ClaimContext) -> CallToolResult:
        self.tasks.append(task)
        return CallToolResult(content=[], structured_content={})


class Answer(Result, extra="allow"):
    status: str = ""
    result: dict[str, Any] | None = None


class Ask(Request[TaskParams, str]):
    pass


async def asked(client: Client, method: str, task: str) -> Answer:
    return await client.session.send_request(Ask(method=method, params=TaskParams(taskId=task)), Answer)


async def polled(client: Client, task: str) -> Answer:
    while (found := await asked(client, "tasks/get", task)).status == "working":
        pass
    return found


async def test_a_client_that_knows_tasks_gets_one_for_a_long_drawing():
    engine, patient = Slow(), Patient()
    async with connected(engine=engine, extensions=[patient]) as client:
        await client.call_tool("draw_picture", {"prompt": PROMPT, "patience": 0})
        (task,) = patient.tasks
        session = task.task_id.split(".")[0]
        working = await asked(client, "tasks/get", task.task_id)
        await asked(client, "tasks/update", task.task_id)
        handle = await client.call_tool("wait", {"session": session, "patience": 0})
        engine.go_on.set()
        done = await polled(client, task.task_id)
        shown = await called(client, "wait", session=session)
    assert (task.status, working.status, done.status) == ("working", "working", "completed")
    assert task.poll_interval_ms > 0 and task.ttl_ms is None
    assert done.result is not None and done.result["structuredContent"] == data(shown)
    assert [block["type"] for block in done.result["content"]] == ["text", "image", "resource_link"]
    assert data(handle)["pending"] and len(patient.tasks) == 1


async def test_stopping_a_drawing_that_does_not_stop_at_once_makes_no_second_task(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mcp_server.tools_wait.GRACE", 0)
    engine, patient = Held(), Patient()
    async with connected(engine=engine, extensions=[patient]) as client:
        await client.call_tool("draw_picture", {"prompt": PROMPT, "patience": 0})
        await set_(engine.begun)
        session = patient.tasks[0].task_id.split(".")[0]
        stopped = await client.call_tool("cancel", {"session": session})
        engine.go_on.set()
    assert len(patient.tasks) == 1 and "It stops after the step at hand." in words(stopped)


async def test_a_task_that_is_finished_does_not_take_the_error_of_another_change_with_it(
    monkeypatch: pytest.MonkeyPatch,
):
    engine, broken, finish, ended = FakeEngine(), Broken(), Work.finish, anyio.Event()
    async with connected(engine=engine, extensions=[Patient()]) as client:
        session = await drawn(client)
        with monkeypatch.context() as patched:
            patched.setattr(engine, "run", broken.run)
            patched.setattr(Work, "finish", lambda work: (finish(work), ended.set()))
            await client.call_tool(
                "edit_picture", {"session": session, "instruction": "make the fox blue", "patience": 0}
            )
            broken.go_on.set()
            await ended.wait()
        first = await asked(client, "tasks/get", f"{session}.1.0")
        said = await refused(client, "wait", session=session)
    assert first.status == "completed" and "The weights are damaged" in said


async def test_a_task_that_another_program_works_on_goes_on_once_that_lets_go(
    home: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("mcp_server.drawings.PATIENCE", 0)
    with fake_agent() as agent:
        session = agent.begin(PROMPT)
        async with connected(extensions=[Patient()]) as client:
            task, messages = f"{session}.1.0", set[str | None]()
            with agent.store.held(session):
                while "drawn by another server or command" not in messages:
                    found = await asked(client, "tasks/get", task)
                    assert found.status == "working"
                    messages.add((found.model_extra or {}).get("statusMessage"))
            done = await polled(client, task)
    assert done.status == "completed" and done.result is not None and not done.result["isError"]


async def test_a_task_is_cancelled_and_says_so():
    engine, patient = Slow(), Patient()
    async with connected(engine=engine, extensions=[patient]) as client:
        await client.call_tool("draw_picture", {"prompt": PROMPT, "patience": 0})
        (task,) = patient.tasks
        await set_(engine.begun)
        await asked(client, "tasks/cancel", task.task_id)
        assert (await polled(client, task.task_id)).status == "cancelled"
    assert engine.stopped.is_set() and engine.jobs == []


def test_a_picture_that_is_finished_while_its_task_is_looked_at_is_no_unknown_one(monkeypatch: pytest.MonkeyPatch):
    with fake_agent() as agent:
        session = agent.begin(PROMPT)
        history = agent.store.history

        def finished_meanwhile(session: str) -> History | None:
            monkeypatch.setattr(agent.store, "history", history)
            found = history(session)
            list(agent.resume(session))
            return found

        monkeypatch.setattr(agent.store, "history", finished_meanwhile)
        found = _settled(agent, Task(session, 1, 0))
    assert found is not None and found["status"] == "completed"


async def test_a_drawing_that_ends_while_its_task_is_looked_at_is_not_told_before_it_is_known(
    monkeypatch: pytest.MonkeyPatch,
):
    work = Work("fox-castle-0000", "")
    work.version = 1
    lazy = SimpleNamespace(get=lambda: None)
    drawings = SimpleNamespace(of=lambda session: work, lazy=lazy, heard_of=lambda work: None)

    def ends_meanwhile(agent: None, task: Task) -> None:
        anyio.from_thread.run_sync(work.finish)

    monkeypatch.setattr("mcp_server.tasks._settled", ends_meanwhile)
    found = await look(cast(Any, SimpleNamespace(lifespan_context=drawings)), Task("fox-castle-0000", 1, 0))
    assert found["status"] == "working"


async def test_a_task_outlives_its_server():
    engine, patient = Slow(quick=1), Patient()
    async with connected(engine=engine, extensions=[patient]) as client:
        session = await drawn(client)
        await client.call_tool("edit_picture", {"session": session, "instruction": "make the fox blue", "patience": 0})
    async with connected(extensions=[patient]) as client:
        done = await polled(client, patient.tasks[0].task_id)
    assert done.status == "completed" and done.result is not None
    assert done.result["structuredContent"]["drawing"]["version"] == 2


async def test_a_task_that_fails_is_completed_with_an_error_of_its_tool():
    engine, patient = Broken(), Patient()
    async with connected(engine=engine, extensions=[patient]) as client:
        await client.call_tool("draw_picture", {"prompt": PROMPT, "patience": 0})
        engine.go_on.set()
        done = await polled(client, patient.tasks[0].task_id)
    assert done.status == "completed" and done.result is not None and done.result["isError"]
    assert "The weights are damaged" in done.result["content"][0]["text"]


def listen_to(*tasks: str) -> SubscriptionsListenRequest:
    wanted = SubscriptionFilter.model_validate({"taskIds": [*tasks]})
    return SubscriptionsListenRequest(params=SubscriptionsListenRequestParams(notifications=wanted))


async def test_a_listening_client_is_told_how_its_task_stands_and_what_came_of_it():
    engine, patient = Slow(), Patient()
    async with connected(engine=engine, extensions=[patient]) as client:
        await client.call_tool("draw_picture", {"prompt": PROMPT, "patience": 0})
        task = patient.tasks[0].task_id
        async with anyio.create_task_group() as group:
            listen = listen_to(task, "fox-castle-0000.1.0", "../../etc")
            group.start_soon(client.session.send_request, listen, Answer)
            await patient.told.wait()
            engine.go_on.set()
            await patient.ended.wait()
            group.cancel_scope.cancel()
        polled_too = await asked(client, "tasks/get", task)
    assert {news.task_id for news in patient.news} == {task}
    assert (patient.news[0].status, patient.news[-1].status) == ("working", "completed")
    assert patient.news[-1].result == polled_too.result is not None


async def test_only_a_client_that_declared_tasks_can_listen_to_them():
    async with connected() as client:
        with pytest.raises(MCPError) as caught:
            await client.session.send_request(listen_to("fox-castle-0000.1.0"), Answer)
    assert caught.value.code == MISSING_REQUIRED_CLIENT_CAPABILITY


@pytest.mark.parametrize("by_tool", [False, True])
async def test_a_task_that_was_stopped_stays_so_after_a_restart_and_when_its_session_goes_on(by_tool: bool):
    engine, patient = Slow(), Patient()
    async with connected(engine=engine, extensions=[patient]) as client:
        await client.call_tool("draw_picture", {"prompt": PROMPT, "patience": 0})
        task = patient.tasks[0].task_id
        session = task.split(".")[0]
        await set_(engine.begun)
        if by_tool:
            await called(client, "cancel", session=session)
        else:
            await asked(client, "tasks/cancel", task)
        assert (await polled(client, task)).status == "cancelled"
    engine = FakeEngine()
    async with connected(engine=engine, extensions=[patient]) as client:
        again = await asked(client, "tasks/get", task)
        assert engine.jobs == []
        drawn = await called(client, "wait", session=session)
        finally_ = await asked(client, "tasks/get", task)
    assert (again.status, finally_.status) == ("cancelled", "cancelled")
    assert data(drawn)["drawing"]["status"] == "accepted"


async def test_a_client_that_did_not_declare_tasks_gets_none():
    async with connected() as client:
        session = await drawn(client)
        with pytest.raises(MCPError) as caught:
            await asked(client, "tasks/get", f"{session}.1.0")
    assert caught.value.code == MISSING_REQUIRED_CLIENT_CAPABILITY


FAR = f"fox-castle-0000.1.{'9' * 15}"  # begun in a year that no calendar has


@pytest.mark.parametrize("task", ["", "fox", "fox-castle-0000.1.0", "../../etc.1.0", "fox-castle-0000.0.0", FAR])
@pytest.mark.parametrize("method", ["tasks/get", "tasks/update", "tasks/cancel"])
async def test_a_task_that_is_none_is_an_error(method: str, task: str):
    async with connected(extensions=[Patient()]) as client:
        with pytest.raises(MCPError) as caught:
            await asked(client, method, task)
    assert caught.value.code == INVALID_PARAMS
