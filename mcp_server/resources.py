"""What a client can read and complete: sessions, plans, pictures, experts, the graph."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import (
    ResourceError,
    ResourceNotFoundError,
    ToolError,
    UnexpectedToolError,
)
from mcp_types import (
    CallToolResult,
    Completion,
    CompletionArgument,
    CompletionContext,
    InputRequiredResult,
    PromptReference,
    Resource,
    ResourceTemplateReference,
)
from pydantic import ValidationError

from mcp_server.advice import told
from mcp_server.calls import known, mistake
from mcp_server.drawings import Drawings
from mcp_server.records import LISTED, SessionLine, drawable, lines_of, session_lines
from mcp_server.reply import as_webp
from mcp_server.task_news import Listening
from mepg_agent.agent import Agent
from mepg_agent.errors import BadInput, MepgError
from mepg_agent.graph import drawing_of_graph
from mepg_agent.pictures import content_of

SHA256 = re.compile(r"[0-9a-f]{64}")
JSON, MERMAID = "application/json", "text/vnd.mermaid"
MOST = 100  # completions at once, as the protocol allows
T = TypeVar("T")


class PictureServer(MCPServer[Drawings]):
    """Lists, beside what is always there, the sessions and pictures of whoever asks."""

    shelf: Shelf
    listening: Listening

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Drawings, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Raises ToolError, in a sentence: the SDK's have the tool's name first, and a report of several lines where an
        argument does not fit; it passes over those that a tool does not have."""
        tools = {tool.name: tool.input_schema["properties"] for tool in await self.list_tools()}
        takes = tools.get(name, arguments)
        if strange := [argument for argument in arguments if argument not in takes]:
            raise ToolError(f"{name} takes no {strange[0][:60]!r}. It takes: {', '.join(takes) or 'nothing'}.")
        try:
            return await super().call_tool(name, arguments, context)
        except UnexpectedToolError as error:
            raise UnexpectedToolError("The tool failed unexpectedly. See the server's log.") from error.__cause__
        except ToolError as error:
            why = error.__cause__
            said = str(mistake(why)) if isinstance(why, ValidationError) else str(error)
            raise ToolError(said.removeprefix(f"Error executing tool {name}: ")) from why

    async def list_resources(self) -> list[Resource]:
        return [*await super().list_resources(), *await self.shelf.listed()]


def add_resources(server: PictureServer, drawings: Drawings) -> None:
    shelf = server.shelf = Shelf(drawings)

    def add(uri: str, name: str, title: str, description: str, mime: str, read: Callable[..., Any]) -> None:
        server.resource(uri, name=name, title=title, description=description, mime_type=mime)(read)

    listed = "The pictures drawn so far, last touched first."
    add("mepg://sessions", "sessions", "All sessions", listed, JSON, shelf.sessions)
    add("mepg://experts", "experts", "What can be drawn", "Style experts, and the words known.", JSON, shelf.experts)
    add("mepg://graph", "graph", "How it works", "The graph that draws a picture.", MERMAID, shelf.graph)
    add("mepg://sessions/{session}", "session", "A session", "Its versions and lines.", JSON, shelf.session)
    add("mepg://plans/{session}", "plan", "A plan", "The plan of the version that is shown.", JSON, shelf.plan)
    behind = "The full picture behind a link that a tool returned."
    add("mepg://pictures/{sha256}.png", "picture", "A drawn picture", behind, "image/png", shelf.picture)
    smaller = "The same pixels in less bytes."
    add("mepg://pictures/{sha256}.webp", "picture-webp", "A drawn picture", smaller, "image/webp", shelf.webp)
    rough = "What a picture that is being drawn looks like so far."
    add("mepg://previews/{session}.png", "preview", "A preview", rough, "image/png", shelf.preview)
    add("mepg://experts/{expert}", "expert", "An expert", "Its title, words and licence.", JSON, shelf.expert)
    server.completion()(shelf.complete)


class Shelf:
    """What there is, read anew each time. Raises ResourceNotFoundError for what is not there."""

    def __init__(self, drawings: Drawings) -> None:
        self._drawings, self._lazy = drawings, drawings.lazy

    async def listed(self) -> list[Resource]:
        """Of the sessions last touched. A broken installation is told by what is read, not by the list."""
        found: dict[str, Resource] = {}
        with suppress(ResourceError, ResourceNotFoundError):
            for line in await self._read(lambda agent: session_lines(agent)[:LISTED]):
                for resource in _entries(line):
                    found.setdefault(resource.uri, resource)  # two sessions may have the same picture
        return [*found.values()]

    async def sessions(self) -> str:
        return await self._read(lambda agent: _json([s.model_dump(mode="json") for s in session_lines(agent)]))

    async def experts(self) -> str:
        return await self._read(lambda agent: drawable(agent).model_dump_json())

    async def expert(self, expert: str) -> str:
        def work(agent: Agent) -> str:
            found = [line for line in drawable(agent).experts if line.id == expert]
            if not found:
                raise BadInput(f"There is no expert '{expert[:60]}'.", "mepg://experts lists them.")
            return found[0].model_dump_json()

        return await self._read(work)

    async def graph(self) -> str:
        return await anyio.to_thread.run_sync(drawing_of_graph)

    async def session(self, session: str) -> str:
        def work(agent: Agent) -> str:
            brief, past = known(agent, session), agent.store.history(session)
            edit = agent.store.edit(session)
            found: dict[str, Any] = {"session": session, "prompt": brief.prompt, "edit": edit and edit.instruction}
            if past is not None:
                versions = [line.model_dump(mode="json") for line in lines_of(past)]
                found |= {"head": past.head, "branch": past.branch, "branches": past.branches, "versions": versions}
            return _json(found)

        return await self._read(work)

    async def plan(self, session: str) -> str:
        def work(agent: Agent) -> str:
            known(agent, session)
            return agent.result(session).plan.model_dump_json()

        return await self._read(work)

    async def picture(self, sha256: str) -> bytes:
        def work(agent: Agent) -> bytes:
            if not SHA256.fullmatch(sha256):
                raise BadInput("A picture is named by the 64 hex digits of its sha256.", "Use the link as it came.")
            file = agent.store.picture_path(sha256)
            if not file.is_file():
                raise BadInput(f"There is no picture {sha256[:12]}… here.", "Draw it again.")
            return content_of(file)

        return await self._read(work)

    async def webp(self, sha256: str) -> bytes:
        png = await self.picture(sha256)
        return await anyio.to_thread.run_sync(as_webp, png)

    async def preview(self, session: str) -> bytes:
        work = self._drawings.of(session)
        file = work.preview if work is not None else None
        try:
            if file is not None:
                return await anyio.Path(file).read_bytes()
        except FileNotFoundError:  # finished meanwhile
            pass
        raise ResourceNotFoundError(f"Nothing of {session[:60]} is to be seen yet. Call wait with its session.")

    async def complete(
        self,
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion:
        """By the argument's name, which means the same in every prompt and template."""
        others = (context.arguments if context else None) or {}
        try:
            found = await anyio.to_thread.run_sync(lambda: _values(self._lazy.get(), argument.name, others))
        except MepgError:  # nothing to propose for a session that is none
            found = []
        fitting = [value for value in found if value.startswith(argument.value)]
        return Completion(values=fitting[:MOST], total=len(fitting), has_more=len(fitting) > MOST)

    async def _read(self, work: Callable[[Agent], T]) -> T:
        """`work` in a thread, its errors as the protocol has them."""
        try:
            return await anyio.to_thread.run_sync(lambda: work(self._lazy.get()))
        except BadInput as error:
            raise ResourceNotFoundError(told(error)) from error
        except MepgError as error:
            raise ResourceError(told(error)) from error


def _entries(line: SessionLine) -> Iterator[Resource]:
    """What there is of a session; its picture is the one that is shown."""
    name, title = line.session, line.prompt
    yield Resource(uri=f"mepg://sessions/{name}", name=name, title=title, description=line.state, mime_type=JSON)
    if line.picture is not None:
        uri, plan = f"mepg://plans/{name}", f"{name}.plan.json"
        yield Resource(uri=line.picture, name=f"{name}.png", title=title, description=line.state, mime_type="image/png")
        yield Resource(uri=uri, name=plan, title=title, description="The plan of the picture.", mime_type=JSON)


def _values(agent: Agent, name: str, others: dict[str, str]) -> list[str]:
    """What an argument of this name can be; `others` are the arguments given already."""
    if name == "session":
        return [line.session for line in session_lines(agent)]
    if name == "expert":
        return [expert.id for expert in drawable(agent).experts]
    if name == "style":
        found = drawable(agent)
        looks = (look for family in found.families for look in family.looks)
        return list(dict.fromkeys([*(expert.id for expert in found.experts), *looks]))
    if name == "region" and others.get("session"):
        return [region.id for region in agent.result(others["session"]).plan.regions]
    return []


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
