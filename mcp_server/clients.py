"""How the server is made known to an assistant: what to write where, for each of the usual ones."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from mepg_agent.errors import BadInput

NAME = "mepg"
TOKEN = "MEPG_TOKEN"  # the variable that holds the token where a client takes it from its environment


class Config(NamedTuple):
    text: str
    where: str  # for a person


@dataclass(frozen=True)
class Reached:
    """Either a command to start, or a URL of a server that runs."""

    command: Sequence[str] = ()
    environment: Mapping[str, str] | None = None
    url: str = ""
    with_token: bool = False


def config_for(client: str, reached: Reached) -> Config:
    """Raises BadInput for a client that is not known or cannot reach the server so."""
    if client not in CLIENTS:
        raise BadInput(f"'{client[:60]}' is not a client known here.", f"There are {', '.join(CLIENTS)}.")
    return CLIENTS[client](reached)


def _claude_desktop(reached: Reached) -> Config:
    if reached.url:
        advice = "Leave --http out: Claude Desktop starts the server itself. Or use claude-code, vscode or cursor."
        raise BadInput("Claude Desktop's file names commands, not URLs.", advice)
    where = "Settings, Developer, Edit Config (claude_desktop_config.json); then start Claude Desktop again."
    return Config(_json({"mcpServers": {NAME: _started(reached)}}), where)


def _claude_code(reached: Reached) -> Config:
    add = ["claude", "mcp", "add", "--scope", "user"]
    if reached.url:
        words = shlex.join([*add, "--transport", "http", NAME, reached.url])
        header = f' --header "Authorization: Bearer ${TOKEN}"' if reached.with_token else ""
        return Config(words + header, "A shell." + (f" ${TOKEN} holds your token." if header else ""))
    variables = [f"--env={key}={value}" for key, value in (reached.environment or {}).items()]
    return Config(shlex.join([*add, *variables, NAME, "--", *reached.command]), "A shell.")


def _vscode(reached: Reached) -> Config:
    where = ".vscode/mcp.json in a workspace, or `MCP: Open User Configuration`."
    if not reached.url:
        return Config(_json({"servers": {NAME: {"type": "stdio", **_started(reached)}}}), where)
    server = {"type": "http", **_remote(reached, "${input:mepg-token}")}
    asked = {"type": "promptString", "id": "mepg-token", "description": "Token of MEPG", "password": True}
    return Config(_json({**({"inputs": [asked]} if reached.with_token else {}), "servers": {NAME: server}}), where)


def _cursor(reached: Reached) -> Config:
    server = _remote(reached, f"${{env:{TOKEN}}}") if reached.url else _started(reached)
    where = "~/.cursor/mcp.json, or .cursor/mcp.json in a project."
    return Config(_json({"mcpServers": {NAME: server}}), where)


def _generic(reached: Reached) -> Config:
    server = {"type": "http", **_remote(reached, "YOUR-TOKEN")} if reached.url else _started(reached)
    return Config(_json({"mcpServers": {NAME: server}}), "Wherever the client lists its MCP servers.")


CLIENTS = {
    "claude-desktop": _claude_desktop,
    "claude-code": _claude_code,
    "vscode": _vscode,
    "cursor": _cursor,
    "generic": _generic,
}


def _started(reached: Reached) -> dict[str, Any]:
    command, *arguments = reached.command
    environment = {"env": dict(reached.environment)} if reached.environment else {}
    return {"command": command, "args": arguments, **environment}


def _remote(reached: Reached, token: str) -> dict[str, Any]:
    headers = {"headers": {"Authorization": f"Bearer {token}"}} if reached.with_token else {}
    return {"url": reached.url, **headers}


def _json(value: object) -> str:
    return json.dumps(value, indent=2)
