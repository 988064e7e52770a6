"""A conversation of eight turns with the server as a process of its own, which is killed and started again half-way."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from edit_fixtures import install_woodcut
from mcp import Client, StdioServerParameters
from mcp_fixtures import TIMEOUT, called, data, parts, words

ROOT = Path(__file__).resolve().parent.parent

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(sys.platform == "win32", reason="signals")]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def served(home: Path, folder: Path) -> AsyncIterator[tuple[Client, Path]]:
    """A client of a new process, and the file that holds the number of that process."""
    pid, script = folder / "pid", ROOT / "tests" / "fake_mepg.py"
    start = f"echo $$ > {shlex.quote(str(pid))}; exec {shlex.join([sys.executable, str(script), 'serve'])}"
    environment = {**os.environ, "MEPG_HOME": str(home), "PYTHONPATH": str(ROOT)}
    command = StdioServerParameters(command="/bin/sh", args=["-c", start], env=environment, cwd=folder)
    with anyio.fail_after(TIMEOUT):
        async with Client(command) as client:
            yield client, pid


async def test_a_conversation_outlives_its_server(home: Path, tmp_path: Path):
    install_woodcut(home)
    async with served(home, tmp_path) as (client, pid):
        first = data(await called(client, "draw_picture", prompt="a dog left of a castle", steps=2))
        session = first["session"]
        styled = await called(client, "edit_picture", session=session, instruction="make the dog woodcut")
        moved = await called(client, "edit_picture", session=session, instruction="move the castle up a bit")
        os.kill(int(pid.read_text()), signal.SIGKILL)
    assert [data(result)["proof"]["regions"] for result in (styled, moved)] == [["dog"], ["castle"]]
    assert data(styled)["drawing"]["plan"]["regions"][0]["expert"] == "woodcut"

    async with served(home, tmp_path) as (client, pid):
        added = data(await called(client, "edit_picture", session=session, instruction="add a red balloon top left"))
        undone = data(await called(client, "history", action="undo", session=session))
        branch = data(await called(client, "history", action="branch", session=session, name="plain", version=1))
        compared = await called(client, "history", action="compare", session=session, version=4, other=3)
        shown = await called(client, "get_picture", session=session, version=4, region="balloon")
        listed = data(await called(client, "history", action="list", session=session))

    assert added["proof"]["regions"] == ["balloon"] and added["proof"]["outside_equal"]
    assert (undone["drawing"]["version"], branch["drawing"]["version"]) == (3, 1)
    assert undone["drawing"]["picture"] == data(moved)["drawing"]["picture"]
    assert branch["drawing"]["picture"] == first["drawing"]["picture"]
    assert data(compared)["comparison"] == {**added["proof"], "a": 3, "b": 4}
    assert "every byte outside the touched boxes is equal" in words(compared)
    assert parts(shown)[1].uri == added["drawing"]["picture"]
    assert [v["said"] for v in listed["versions"]] == [
        "a dog left of a castle",
        "make the dog woodcut",
        "move the castle up a bit",
        "add a red balloon top left",
    ]
