from __future__ import annotations

import base64
import hashlib
import os
import sys
import threading
from collections.abc import Iterator
from io import BytesIO
from itertools import count
from pathlib import Path

import anyio
import jsonschema
import numpy as np
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp_fixtures import PROMPT, TIMEOUT, Held, Mode, connected, parts, words
from mcp_types import BlobResourceContents, CallToolResult
from PIL import Image
from scripted import ScriptedVerifier

from mcp_server import progress as progress_module
from mcp_server.reply import MAX_PREVIEW, MAX_SIDE, preview
from mcp_server.server import build_server
from mepg_agent.agent import Agent
from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BrokenAsset
from mepg_agent.records import RenderJob

ROOT = Path(__file__).resolve().parent.parent


pytestmark = pytest.mark.anyio
both_modes = pytest.mark.parametrize("mode", ["auto", "legacy"])


TOOLS = [
    *("plan_scene", "revise_layout", "draw_picture", "edit_picture", "history", "draw_region", "verify_picture"),
    *("get_picture", "list_experts", "wait", "cancel"),
]
LOOKING = {"plan_scene", "revise_layout", "get_picture", "list_experts"}


@both_modes
async def test_every_tool_says_what_it_does_and_takes_and_gives(mode: Mode):
    async with connected(mode) as client:
        tools = (await client.list_tools()).tools
        assert client.instructions and "edit_picture" in client.instructions
    assert [tool.name for tool in tools] == TOOLS
    for tool in tools:
        assert tool.title and tool.description
        assert all(field["description"] for field in tool.input_schema["properties"].values())
        assert tool.output_schema is not None and tool.output_schema["properties"]
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is (tool.name in LOOKING)
        assert tool.annotations.idempotent_hint is (tool.name in {*LOOKING, "cancel"})
        assert tool.annotations.destructive_hint is False


@both_modes
async def test_a_drawn_picture_comes_as_words_preview_link_and_data(mode: Mode):
    async with connected(mode) as client:
        result = await client.call_tool("draw_picture", {"prompt": PROMPT, "seed": 5, "steps": 3})
        (tool,) = [t for t in (await client.list_tools()).tools if t.name == "draw_picture"]
        assert not result.is_error, words(result)
        image, link = parts(result)
        (full,) = (await client.read_resource(link.uri)).contents
    assert "Accepted" in words(result)
    assert "fox" in words(result)
    assert link.uri in words(result)
    assert isinstance(full, BlobResourceContents)
    png = base64.b64decode(full.blob)
    assert f"mepg://pictures/{hashlib.sha256(png).hexdigest()}.png" == link.uri
    assert (len(png), full.mime_type, link.mime_type) == (link.size, "image/png", "image/png")
    assert len(base64.b64decode(image.data)) <= MAX_PREVIEW

    found = result.structured_content
    assert found is not None
    assert tool.output_schema is not None
    jsonschema.validate(found, tool.output_schema)
    data = found["drawing"]
    assert (data["status"], data["picture"], data["cost"]["denoiser_calls"]) == ("accepted", link.uri, 3)
    assert [region["id"] for region in data["plan"]["regions"]] == ["fox", "castle"]
    assert image.data[:64] not in str(found)


@both_modes
async def test_progress_flows_in_words_while_the_picture_is_drawn(mode: Mode):
    told: list[tuple[float, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, message))

    async with connected(mode) as client:
        await client.call_tool("draw_picture", {"prompt": PROMPT, "steps": 4}, progress_callback=hear)
    counts = [count for count, _ in told]
    assert counts == sorted(set(counts))
    assert [message for _, message in told if message and message.endswith("(4 of 4)")] == ["drawing (4 of 4)"]
    assert any(message and "fox" in message for _, message in told)


async def test_a_picture_has_the_size_that_was_asked_for():
    async with connected() as client:
        asked = {"prompt": PROMPT, "extent": {"width": 192, "height": 128}}
        planned = (await client.call_tool("plan_scene", asked)).structured_content
        drawn = await client.call_tool("draw_picture", {**asked, "steps": 2})
        (full,) = (await client.read_resource(parts(drawn)[1].uri)).contents
        both = await client.call_tool("draw_picture", {**asked, "plan": (planned or {})["plan"]})
    assert (planned or {})["plan"]["extent"] == asked["extent"]
    assert isinstance(full, BlobResourceContents)
    assert Image.open(BytesIO(base64.b64decode(full.blob))).size == (192, 128)
    assert both.is_error and "A plan has an extent of its own" in words(both)


async def test_best_effort_is_not_sold_as_accepted():
    async with connected(verifier=ScriptedVerifier({"fox": (0.1,)})) as client:
        result = await client.call_tool("draw_picture", {"prompt": PROMPT, "rounds": 1})
    assert not result.is_error
    assert result.structured_content is not None
    assert result.structured_content["drawing"]["status"] == "best_effort"
    assert "fox: present not confirmed" in words(result)
    assert "Accepted" not in words(result)


@both_modes
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"prompt": " "}, "prompt is empty"),
        ({"prompt": "fox " * 5000}, "2000"),
        ({"prompt": "zorblax quuxly"}, "Name a thing"),
        ({"prompt": PROMPT, "seed": -1}, "seed"),
        ({"prompt": PROMPT, "rounds": 99}, "rounds"),
        ({"prompt": PROMPT, "steps": "many"}, "steps"),
        ({"prompt": PROMPT, "extent": {"width": 320}}, "extent.height"),
        ({}, "prompt is empty"),
        ({"plan": {"prompt": "a fox", "regions": []}}, "plan.global_prompt: Field required"),
        ({"plan": "a fox on a meadow"}, "The plan is not an object"),
    ],
)
async def test_a_mistake_is_a_tool_error_that_says_what_to_do(mode: Mode, arguments: dict, said: str):
    engine = FakeEngine()
    async with connected(mode, engine) as client:
        result = await client.call_tool("draw_picture", arguments)
    assert result.is_error
    assert said in words(result)
    assert engine.jobs == []


def no_agent() -> Agent:
    raise BrokenAsset("The weights are missing.", "Install the package again.")


async def test_a_broken_installation_is_told_and_does_not_stop_the_server():
    with anyio.fail_after(TIMEOUT):
        async with Client(build_server(no_agent)) as client:
            result = await client.call_tool("draw_picture", {"prompt": PROMPT})
            with pytest.raises(MCPError, match="Install the package again"):
                await client.read_resource(f"mepg://pictures/{'0' * 64}.png")
    assert result.is_error
    assert "The weights are missing. Install the package again." in words(result)


@pytest.mark.parametrize("name", ["0" * 64, "fox", "..%2F..%2Fetc%2Fpasswd", "F" * 64])
async def test_only_pictures_that_were_drawn_can_be_read(name: str):
    async with connected() as client:
        with pytest.raises(MCPError):
            await client.read_resource(f"mepg://pictures/{name}.png")


async def test_a_silent_engine_still_gives_signs_of_life(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(progress_module, "HEARTBEAT", 0.01)
    engine = Held()
    alive = 0

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        nonlocal alive
        alive += message == "drawing (1 of 3)"
        if alive == 3:
            engine.go_on.set()

    async with connected(engine=engine) as client:
        result = await client.call_tool("draw_picture", {"prompt": PROMPT}, progress_callback=hear)
    assert not result.is_error


class Endless(FakeEngine):
    """Nothing but stopping ends the drawing."""

    def __init__(self) -> None:
        super().__init__()
        self.stopped = threading.Event()

    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        try:
            for step in count(1):
                yield Step(step, 1_000_000)
        finally:
            self.stopped.set()


@both_modes
async def test_a_cancelled_request_stops_the_drawing(mode: Mode):
    engine = Endless()
    drawing = anyio.Event()

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        if message and message.startswith("drawing"):
            drawing.set()

    async with connected(mode, engine) as client:
        async with anyio.create_task_group() as group:

            async def ask() -> None:
                await client.call_tool("draw_picture", {"prompt": PROMPT}, progress_callback=hear)

            group.start_soon(ask)
            await drawing.wait()
            group.cancel_scope.cancel()
        assert await anyio.to_thread.run_sync(engine.stopped.wait, TIMEOUT)


async def test_two_requests_at_once_both_get_their_picture():
    results: dict[int, CallToolResult] = {}
    async with connected() as client, anyio.create_task_group() as group:

        async def ask(seed: int) -> None:
            results[seed] = await client.call_tool("draw_picture", {"prompt": PROMPT, "seed": seed})

        for seed in (1, 2):
            group.start_soon(ask, seed)
    assert len({parts(result)[1].uri for result in results.values()}) == 2


@both_modes
async def test_serve_speaks_only_protocol_on_standard_output(mode: Mode, home: Path, tmp_path: Path):
    # The engine of this process prints to its standard output: that must not reach the client.
    command = StdioServerParameters(
        command=sys.executable,
        args=[str(ROOT / "tests" / "fake_mepg.py"), "serve"],
        env={**os.environ, "MEPG_HOME": str(home), "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
    )
    with anyio.fail_after(TIMEOUT):
        async with Client(command, mode=mode) as client:
            result = await client.call_tool("draw_picture", {"prompt": PROMPT, "steps": 2})
            again = await client.call_tool("draw_picture", {"prompt": PROMPT, "steps": 2, "seed": 3})
    assert not result.is_error, words(result)
    assert "Accepted" in words(result)
    assert parts(result)[1].uri != parts(again)[1].uri


def png(side: int, noise: bool) -> bytes:
    shape = (side, side, 3)
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8) if noise else np.zeros(shape, np.uint8)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(("side", "noise"), [(256, True), (1568, False), (1569, False), (600, True), (2400, True)])
async def test_a_preview_is_always_small_enough_for_a_message(side: int, noise: bool):
    full = png(side, noise)
    small = preview(full)
    assert small.data is not None
    assert len(small.data) <= MAX_PREVIEW
    with Image.open(BytesIO(small.data), formats=["PNG", "JPEG"]) as picture:
        assert max(picture.size) == min(side, MAX_SIDE)
        assert Image.MIME[picture.format or ""] == small.to_image_content().mime_type
