"""The server as a process: what it writes, how it ends, and what becomes of the pictures it was drawing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import anyio
import pytest
from fake_mepg import fake_agent
from mcp import Client
from mcp_fixtures import TIMEOUT, Mode, called, data
from served import ROOT, Served, served

from mcp_server.reply import picture_uri
from mepg_agent.settings import Settings
from mepg_agent.turns import WAITING

PROMPT = "a red fox left of a castle"
HELD = "held_mepg.py"
SOON = 10  # seconds; less than the grace of a server, which it need not use up

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(sys.platform == "win32", reason="signals")]
both_modes = pytest.mark.parametrize("mode", ["auto", "legacy"])


async def test_a_server_told_to_stop_leaves_its_pictures_to_be_finished_after_a_restart(home: Path, tmp_path: Path):
    with served(home, "--grace", "1", script=HELD) as server:
        with anyio.fail_after(TIMEOUT):
            async with Client(server.url) as client:
                begun = data(await called(client, "draw_picture", prompt=PROMPT, seed=5, steps=2, patience=0))
                session = begun["session"]
                assert begun["pending"] and begun["drawing"] is None
        code = await anyio.to_thread.run_sync(server.end, signal.SIGTERM)
    assert code in (0, -signal.SIGTERM)
    check_log(server)

    (home / "go").touch()
    with served(home, script=HELD) as server, anyio.fail_after(TIMEOUT):
        async with Client(server.url) as client:
            drawn = data(await called(client, "wait", session=session))["drawing"]
    other = Settings.load({"MEPG_HOME": str(tmp_path / "other")})
    with fake_agent().at(other.home) as agent:
        same = agent.draw(PROMPT, seed=5, steps=2)
    assert (drawn["status"], drawn["picture"]) == ("accepted", picture_uri(same.render.picture))


def check_log(server: Served) -> None:
    """One JSON object a line that tells of every call, and of nothing that anybody wrote."""
    lines = [json.loads(line) for line in server.log]
    calls = [line for line in lines if line.get("method") == "tools/call"]
    assert [line["tool"] for line in calls] == ["draw_picture"]
    assert all(line["level"] == "INFO" and line["time"] and "seconds" in line for line in calls)
    assert not any(word in "".join(server.log) for word in ("fox", "castle", "Traceback"))


@both_modes
async def test_what_is_asked_for_when_the_server_is_told_to_stop_is_still_answered(mode: Mode, home: Path):
    answers = []
    with served(home, "--grace", "30", script=HELD) as server:

        async def draw(client: Client, drawing: anyio.Event) -> None:
            async def hear(progress: float, total: float | None, message: str | None) -> None:
                if message == "drawing (1 of 2)":
                    drawing.set()

            arguments = {"prompt": PROMPT, "steps": 2}
            answers.append(await client.call_tool("draw_picture", arguments, progress_callback=hear))

        with anyio.fail_after(TIMEOUT):
            async with Client(server.url, mode=mode) as client, anyio.create_task_group() as group:
                await client.list_tools()  # with their schemas, which it asks for when an answer comes
                drawing = anyio.Event()
                group.start_soon(draw, client, drawing)
                await drawing.wait()
                server.process.send_signal(signal.SIGTERM)
                (home / "go").touch()
            code = await anyio.to_thread.run_sync(server.process.wait, TIMEOUT)
    assert code in (0, -signal.SIGTERM)
    assert data(answers[0])["drawing"]["status"] == "accepted"


@both_modes
async def test_who_only_listens_does_not_keep_a_server_from_ending(mode: Mode, home: Path):
    """A drawing that nobody waits for any more goes on after the next start."""
    with served(home, "--grace", "60", script=HELD) as server, anyio.fail_after(TIMEOUT):
        async with Client(server.url, mode=mode) as client, AsyncExitStack() as stack:
            if mode == "auto":
                await stack.enter_async_context(client.listen(resources_list_changed=True))
            begun = data(await called(client, "draw_picture", prompt=PROMPT, steps=2, patience=0))
            server.process.send_signal(signal.SIGTERM)
            code = await anyio.to_thread.run_sync(server.process.wait, SOON)
    assert code in (0, -signal.SIGTERM)
    assert not any('"level": "ERROR"' in line for line in server.log)
    (home / "go").touch()
    with served(home, script=HELD) as server, anyio.fail_after(TIMEOUT):
        async with Client(server.url) as client:
            assert data(await called(client, "wait", session=begun["session"]))["drawing"]["status"] == "accepted"


@pytest.mark.parametrize("how", [signal.SIGINT, None])
def test_on_the_standard_streams_it_ends_when_told_or_when_its_client_goes(how: signal.Signals | None, home: Path):
    command = [sys.executable, str(ROOT / "tests" / "fake_mepg.py"), "serve"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, text=True, stdin=pipe, stdout=pipe) as process:
        try:
            assert process.stdin is not None and process.stdout is not None
            hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}}
            process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["result"]["serverInfo"]["name"] == "mepg"
            if how is None:
                process.stdin.close()
            else:
                process.send_signal(how)
            assert process.wait(TIMEOUT) == (-how if how else 0)
        finally:
            process.kill()


async def test_two_servers_of_one_home_take_turns_on_the_device_and_a_killed_one_lets_go(home: Path):
    """The second says why it waits, can be stopped meanwhile, and draws once the first is killed."""
    with served(home, script=HELD) as first, served(home) as second, anyio.fail_after(TIMEOUT):
        async with Client(first.url) as holder:
            held = data(await called(holder, "draw_picture", prompt=PROMPT, seed=1, steps=2, patience=0))["session"]
            while data(await called(holder, "wait", session=held, patience=0.1))["pending"]["doing"] != "drawing":
                pass
        async with Client(second.url) as client:
            waits, session, told = anyio.Event(), "", {}

            async def hear(progress: float, total: float | None, message: str | None) -> None:
                if message == WAITING:
                    waits.set()

            async with anyio.create_task_group() as group:
                arguments = {"prompt": PROMPT, "seed": 2, "steps": 2}
                group.start_soon(partial(client.call_tool, "draw_picture", arguments, progress_callback=hear))
                await waits.wait()
                listed = data(await called(client, "history", action="list"))["sessions"]
                (session,) = {line["session"] for line in listed} - {held}
                told = data(await called(client, "wait", session=session, patience=0))["pending"]
                await called(client, "cancel", session=session)
            first.process.kill()
            drawn = data(await called(client, "wait", session=session))["drawing"]
            rest = data(await called(client, "wait", session=held))["drawing"]
    assert told["doing"] == WAITING
    assert drawn["status"] == rest["status"] == "accepted"
