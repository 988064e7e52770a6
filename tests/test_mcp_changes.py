"""Clients that hear when a resource changed."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from mcp_fixtures import PROMPT, Slow, called, connected, data, drawn, read
from mcp_types import ResourceUpdatedNotification

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning")]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Ear:
    """Hears which resources changed, and can wait for so many."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._more = anyio.Event()

    async def __call__(self, message: Any) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            self.note(str(message.params.uri))

    def note(self, uri: str) -> None:
        self.heard.append(uri)
        self._more.set()
        self._more = anyio.Event()

    async def until(self, count: int) -> list[str]:
        while len(self.heard) < count:
            await self._more.wait()
        return self.heard


async def test_a_listening_client_hears_of_new_pictures_versions_and_steps():
    async with connected() as client:
        session = await drawn(client)
        uris = ["mepg://sessions", f"mepg://plans/{session}"]
        ear = Ear()
        async with client.listen(resource_subscriptions=uris) as changes, anyio.create_task_group() as group:

            async def listen() -> None:
                async for event in changes:
                    ear.note(getattr(event, "uri", ""))

            group.start_soon(listen)
            await called(client, "edit_picture", session=session, instruction="make the fox blue")
            await ear.until(2)
            await called(client, "history", action="undo", session=session)
            await ear.until(4)
            await drawn(client, "a dog")  # of another session: the plan that is listened to stays
            await ear.until(5)
            group.cancel_scope.cancel()
    assert ear.heard == [*uris, *uris, "mepg://sessions"]


async def test_an_older_client_hears_what_it_subscribed_to_until_it_takes_that_back():
    ear = Ear()
    async with connected("legacy", message_handler=ear) as client:
        session = await drawn(client)
        assert client.server_capabilities.resources is not None and client.server_capabilities.resources.subscribe
        uri = f"mepg://sessions/{session}"
        await client.subscribe_resource(uri)
        await called(client, "edit_picture", session=session, instruction="make the fox blue")
        await ear.until(1)
        await client.unsubscribe_resource(uri)
        await client.subscribe_resource("mepg://sessions")
        await called(client, "history", action="undo", session=session)
        heard = await ear.until(2)
    assert heard == [uri, "mepg://sessions"]


async def test_a_picture_that_nobody_waits_for_is_told_when_it_is_there():
    engine, ear = Slow(), Ear()
    async with connected("legacy", engine, message_handler=ear) as client:
        session = data(await called(client, "draw_picture", prompt=PROMPT, patience=0))["session"]
        await client.subscribe_resource(f"mepg://plans/{session}")
        engine.go_on.set()
        assert await ear.until(1) == [f"mepg://plans/{session}"]
        assert "fox" in await read(client, f"mepg://plans/{session}")
