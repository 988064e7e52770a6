"""What the tests of the MCP server share: a client in memory, and how to take an answer apart."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Literal

import anyio
import jsonschema
import numpy as np
from fake_mepg import fake_agent
from mcp import Client
from mcp_types import CallToolResult, ImageContent, ResourceLink, TextContent, TextResourceContents
from scripted import ScriptedVerifier

from mcp_server.server import build_server
from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BrokenAsset
from mepg_agent.records import RenderJob

PROMPT = "a red fox left of a castle"
TIMEOUT = 60  # seconds; a hanging server fails its test

Mode = Literal["auto", "legacy"]


class Slow(FakeEngine):
    """Draws some pictures as usual; then one takes until it is let go on, or stopped."""

    def __init__(self, quick: int = 0) -> None:
        super().__init__()
        self.quick = quick
        self.begun, self.go_on, self.stopped = threading.Event(), threading.Event(), threading.Event()

    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        self.stopped.clear()
        try:
            for step in count(1) if len(self.jobs) >= self.quick else ():
                yield Step(step, 1_000_000, np.full((64, 64, 3), step % 256, np.uint8))
                self.begun.set()
                if self.go_on.wait(0.01):
                    break
            yield from super().run(job, before)
        finally:
            self.stopped.set()


@asynccontextmanager
async def connected(
    mode: Mode = "auto", engine: FakeEngine | None = None, verifier: ScriptedVerifier | None = None, **client: Any
) -> AsyncIterator[Client]:
    with anyio.fail_after(TIMEOUT):
        async with Client(build_server(lambda: fake_agent(engine, verifier)), mode=mode, **client) as found:
            yield found


def words(result: CallToolResult) -> str:
    (text,) = [block.text for block in result.content if isinstance(block, TextContent)]
    return text


def parts(result: CallToolResult) -> tuple[ImageContent, ResourceLink]:
    (image,) = [block for block in result.content if isinstance(block, ImageContent)]
    (link,) = [block for block in result.content if isinstance(block, ResourceLink)]
    return image, link


async def called(client: Client, tool: str, **arguments: object) -> CallToolResult:
    """An answer that is none of an error, fits its schema, says what comes next and has no picture in its data."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, words(result)
    (schema,) = [t.output_schema for t in (await client.list_tools()).tools if t.name == tool]
    assert schema is not None
    jsonschema.validate(result.structured_content, schema)
    assert words(result).splitlines()[-1].startswith("Next: ")
    for block in result.content:
        assert not isinstance(block, ImageContent) or block.data[:64] not in str(result.structured_content)
    return result


async def refused(client: Client, tool: str, **arguments: object) -> str:
    """The sentences of an error."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error, words(result)
    assert "\n" not in words(result) and "Traceback" not in words(result)
    return words(result)


def data(result: CallToolResult) -> dict[str, Any]:
    assert result.structured_content is not None
    return result.structured_content


async def drawn(client: Client, prompt: str = PROMPT) -> str:
    """The session of a picture."""
    return data(await called(client, "draw_picture", prompt=prompt, steps=2))["session"]


async def read(client: Client, uri: str) -> str:
    (found,) = (await client.read_resource(uri)).contents
    assert isinstance(found, TextResourceContents)
    return found.text


async def set_(event: threading.Event) -> None:
    assert await anyio.to_thread.run_sync(event.wait, TIMEOUT)


class Held(FakeEngine):
    """Stands still after its first step until it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = threading.Event(), threading.Event()

    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        yield Step(1, 3)
        self.begun.set()
        assert self.go_on.wait(TIMEOUT)
        yield from self.rest(job, before)

    def rest(self, job: RenderJob, before: tuple[Pixels, Latents] | None) -> Iterator[Step | Picture]:
        return super().run(job, before)


class Broken(Held):
    """Breaks down once it is let go on."""

    def rest(self, job: RenderJob, before: tuple[Pixels, Latents] | None) -> Iterator[Step | Picture]:
        raise BrokenAsset("The weights are damaged.", "Install them again.")
