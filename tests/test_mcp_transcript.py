"""A conversation of eight turns with the server as a process of its own, which is killed and started again half-way."""

from __future__ import annotations

import base64
import hashlib
import os
import shlex
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import anyio
import pytest
from edit_fixtures import install_woodcut
from mcp import Client, StdioServerParameters
from mcp_fixtures import TIMEOUT, called, data, words
from mcp_types import BlobResourceContents, CallToolResult
from served import ROOT
from served import served as http_server

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(sys.platform == "win32", reason="signals")]

Kill = Callable[[], None]
Connect = Callable[[Path, Path], AbstractAsyncContextManager[tuple[Client, Kill]]]


@asynccontextmanager
async def over_stdio(home: Path, folder: Path) -> AsyncIterator[tuple[Client, Kill]]:
    pid, script = folder / "pid", ROOT / "tests" / "fake_mepg.py"
    serve = shlex.join([sys.executable, str(script), "serve", "--folder", str(folder)])
    environment = {**os.environ, "MEPG_HOME": str(home), "PYTHONPATH": str(ROOT)}
    start = f"echo $$ > {shlex.quote(str(pid))}; exec {serve}"
    command = StdioServerParameters(command="/bin/sh", args=["-c", start], env=environment, cwd=folder)
    with anyio.fail_after(TIMEOUT):
        async with Client(command) as client:
            yield client, lambda: os.kill(int(pid.read_text()), signal.SIGKILL)


@asynccontextmanager
async def over_http(home: Path, folder: Path) -> AsyncIterator[tuple[Client, Kill]]:
    with http_server(home, "--folder", str(folder)) as server, anyio.fail_after(TIMEOUT):
        async with Client(server.url) as client:
            yield client, server.process.kill


@pytest.mark.parametrize("connect", [over_stdio, over_http])
async def test_a_conversation_outlives_its_server(connect: Connect, home: Path, tmp_path: Path):
    install_woodcut(home)
    async with connect(home, tmp_path) as (client, kill):
        first = data(await called(client, "draw_picture", prompt="a dog left of a castle", steps=2))
        session = first["session"]
        verdict = [{"region": "dog", "passed": True}, {"region": "castle", "passed": True, "evidence": "three towers"}]
        judged = data(await called(client, "verify_picture", session=session, verdict=verdict))
        styled = await called(client, "edit_picture", session=session, instruction="make the dog woodcut")
        moved = await called(client, "edit_picture", session=session, instruction="move the castle up a bit")
        kill()
    assert judged["drawing"]["verdict"]["findings"][1]["evidence"] == "three towers"
    assert [data(result)["proof"]["regions"] for result in (styled, moved)] == [["dog"], ["castle"]]
    assert data(styled)["drawing"]["plan"]["regions"][0]["expert"] == "woodcut"

    async with connect(home, tmp_path) as (client, _):
        added = data(await called(client, "edit_picture", session=session, instruction="add a red balloon top left"))
        undone = data(await called(client, "history", action="undo", session=session))
        branch = data(await called(client, "history", action="branch", session=session, name="plain", version=1))
        saved = await called(client, "export_picture", session=session, version=4, file="balloon.png")
        compared = await called(client, "history", action="compare", session=session, version=4, other=3)
        listed = data(await called(client, "history", action="list", session=session))
        (full,) = (await client.read_resource(added["drawing"]["picture"])).contents

    assert added["proof"]["regions"] == ["balloon"] and added["proof"]["outside_equal"]
    assert (undone["drawing"]["version"], branch["drawing"]["version"]) == (3, 1)
    assert undone["drawing"]["picture"] == data(moved)["drawing"]["picture"]
    assert branch["drawing"]["picture"] == first["drawing"]["picture"]
    assert data(compared)["comparison"] == {**added["proof"], "a": 3, "b": 4}
    assert "every byte outside the touched boxes is equal" in words(compared)
    check_export(saved, full, added["drawing"]["picture"], tmp_path)
    assert [v["said"] for v in listed["versions"]] == [
        "a dog left of a castle",
        "make the dog woodcut",
        "move the castle up a bit",
        "add a red balloon top left",
    ]


def check_export(saved: CallToolResult, full: object, picture: str, folder: Path) -> None:
    """The file, the resource and its name are the same bytes."""
    png = (folder / "balloon.png").read_bytes()
    assert (data(saved)["file"], data(saved)["size"]) == (str(folder / "balloon.png"), len(png))
    assert isinstance(full, BlobResourceContents) and base64.b64decode(full.blob) == png
    assert picture == f"mepg://pictures/{hashlib.sha256(png).hexdigest()}.png"
