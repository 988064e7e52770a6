"""The server as a process: what it writes, how it ends, and what becomes of the pictures it was drawing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from fake_mepg import fake_agent
from mcp import Client
from mcp_fixtures import TIMEOUT, called, data
from served import ROOT, Served, served

from mcp_server.reply import picture_uri
from mepg_agent.settings import Settings

PROMPT = "a red fox left of a castle"
HELD = "held_mepg.py"

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(sys.platform == "win32", reason="signals")]


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


async def test_what_is_asked_for_when_the_server_is_told_to_stop_is_still_answered(home: Path):
    answers = []
    with served(home, "--grace", "30", script=HELD) as server:

        async def draw(client: Client, drawing: anyio.Event) -> None:
            async def hear(progress: float, total: float | None, message: str | None) -> None:
                if message == "drawing (1 of 2)":
                    drawing.set()

            arguments = {"prompt": PROMPT, "steps": 2}
            answers.append(await client.call_tool("draw_picture", arguments, progress_callback=hear))

        with anyio.fail_after(TIMEOUT):
            async with Client(server.url) as client, anyio.create_task_group() as group:
                await client.list_tools()  # with their schemas, which it asks for when an answer comes
                drawing = anyio.Event()
                group.start_soon(draw, client, drawing)
                await drawing.wait()
                server.process.send_signal(signal.SIGTERM)
                (home / "go").touch()
            code = await anyio.to_thread.run_sync(server.process.wait, TIMEOUT)
    assert code in (0, -signal.SIGTERM)
    assert data(answers[0])["drawing"]["status"] == "accepted"


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
