"""Clients that hear what changed: the list of resources, and the resources that they asked to hear of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import anyio
import pytest
from mcp import Client
from mcp.server.connection import Connection
from mcp_fixtures import PROMPT, Slow, called, connected, data, drawn, read
from mcp_types import ResourceListChangedNotification, ResourceUpdatedNotification

from mcp_server import changes as changes_module
from mcp_server.changes import LIST_CHANGED, Changes, Older

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning")]
LIST = "list"  # stands for a change of the list
BLUE = {"instruction": "make the fox blue"}


class Ear:
    """Hears what changed, and can wait for something."""

    def __init__(self) -> None:
        self.heard: set[str] = set()
        self._new: set[str] = set()  # since the last time that something was waited for
        self._more = anyio.Event()

    async def __call__(self, message: Any) -> None:
        """For a client of an older revision."""
        if isinstance(message, ResourceUpdatedNotification):
            self.note(str(message.params.uri))
        if isinstance(message, ResourceListChangedNotification):
            self.note(LIST)

    def note(self, what: str) -> None:
        self.heard.add(what)
        self._new.add(what)
        self._more.set()
        self._more = anyio.Event()

    async def until(self, *what: str) -> None:
        """All of it was heard since the last time."""
        while not set(what) <= self._new:
            await self._more.wait()
        self._new.clear()


@asynccontextmanager
async def listening(client: Client, **what: Any) -> AsyncIterator[Ear]:
    ear = Ear()
    async with client.listen(**what) as changes, anyio.create_task_group() as group:

        async def listen() -> None:
            async for event in changes:
                ear.note(getattr(event, "uri", LIST))

        group.start_soon(listen)
        yield ear
        group.cancel_scope.cancel()


async def uris(client: Client) -> set[str]:
    return {resource.uri for resource in (await client.list_resources()).resources}


async def test_a_listening_client_hears_of_new_sessions_versions_and_steps():
    async with connected() as client:
        session = await drawn(client)
        asked = ["mepg://sessions", f"mepg://plans/{session}"]
        async with listening(client, resources_list_changed=True, resource_subscriptions=asked) as ear:
            before = await uris(client)
            await called(client, "edit_picture", session=session, **BLUE)
            await ear.until(LIST, *asked)
            assert await uris(client) != before  # another picture is shown
            await called(client, "history", action="undo", session=session)
            await ear.until(LIST, *asked)
            assert await uris(client) == before
            other = await drawn(client, "a dog")
            await ear.until(LIST, "mepg://sessions")
            assert f"mepg://sessions/{other}" in await uris(client)


async def test_a_client_hears_of_nothing_that_it_did_not_ask_for():
    async with connected() as client:
        session = await drawn(client)
        async with listening(client, resource_subscriptions=[f"mepg://plans/{session}"]) as ear:
            await drawn(client, "a dog")
            await called(client, "edit_picture", session=session, **BLUE)
            await ear.until(f"mepg://plans/{session}")
    assert ear.heard == {f"mepg://plans/{session}"}


async def test_a_session_is_listed_when_it_begins_and_its_picture_when_it_is_there():
    engine = Slow()
    async with connected(engine=engine) as client, listening(client, resources_list_changed=True) as ear:
        session = data(await called(client, "draw_picture", prompt=PROMPT, patience=0))["session"]
        await ear.until(LIST)
        found = await uris(client)
        engine.go_on.set()
        await called(client, "wait", session=session)
        await ear.until(LIST)
        assert f"mepg://plans/{session}" in await uris(client)
    assert f"mepg://sessions/{session}" in found and f"mepg://plans/{session}" not in found


async def test_an_older_client_hears_of_the_list_and_of_what_it_subscribed_to_until_it_takes_that_back():
    ear = Ear()
    async with connected("legacy", message_handler=ear) as client:
        resources = client.server_capabilities.resources
        assert resources is not None and resources.subscribe and resources.list_changed
        session = await drawn(client)
        await ear.until(LIST)
        uri = f"mepg://sessions/{session}"
        await client.subscribe_resource(uri)
        await called(client, "edit_picture", session=session, **BLUE)
        await ear.until(LIST, uri)
        await client.unsubscribe_resource(uri)
        await client.subscribe_resource("mepg://sessions")
        await called(client, "history", action="undo", session=session)
        await ear.until(LIST, "mepg://sessions")


async def test_a_picture_that_nobody_waits_for_is_told_when_it_is_there():
    engine, ear = Slow(), Ear()
    async with connected("legacy", engine, message_handler=ear) as client:
        session = data(await called(client, "draw_picture", prompt=PROMPT, patience=0))["session"]
        await ear.until(LIST)
        await client.subscribe_resource(f"mepg://plans/{session}")
        engine.go_on.set()
        await ear.until(LIST, f"mepg://plans/{session}")
        assert "fox" in await read(client, f"mepg://plans/{session}")


class Deaf(Connection):
    """Takes no message, and never says so."""

    async def notify(self, method: str, params: Any, opts: Any = None) -> None:
        await anyio.sleep_forever()


class Quick(Connection):
    async def notify(self, method: str, params: Any, opts: Any = None) -> None:
        self.state[method] = params


async def test_a_client_that_takes_no_message_holds_nobody_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(changes_module, "SLOW", 0.01)
    changes, quick = Changes(), Quick.for_loop(cast(Any, None))
    changes._older = {Deaf.for_loop(cast(Any, None)): Older(None), quick: Older(None)}
    with anyio.fail_after(5):
        await changes.touched("fox-castle-3f9a")
    assert LIST_CHANGED in quick.state
