"""A server as an operator asked for it, whichever way it is reached; and the one on the standard streams."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from mcp_server import logs, tools_export
from mcp_server.auth import Access
from mcp_server.drawings import QUEUED
from mcp_server.limits import MAX_SIDE
from mcp_server.metrics import Metrics
from mcp_server.resources import PictureServer
from mcp_server.server import build_server
from mcp_server.watch import Watch, tell_prompts
from mepg_agent.agent import Agent


class Wishes(NamedTuple):
    """Of an operator."""

    side: int = MAX_SIDE  # pixels of a picture at most
    queued: int = QUEUED  # drawings of one client in the making at most
    folders: tuple[Path, ...] = ()  # where pictures may be saved as files; without, no tool takes a file


def watched_server(
    make_agent: Callable[[], Agent], wishes: Wishes, metrics: Metrics, access: Access | None = None
) -> PictureServer:
    server = build_server(make_agent, access, wishes.queued, wishes.side)
    if wishes.folders:
        tools_export.add_tools(server, wishes.folders)
    server.middleware.extend((Watch(server, metrics), tell_prompts))
    return server


def serve_stdio(make_agent: Callable[[], Agent], wishes: Wishes, level: logs.Level) -> None:
    """Until the client closes the stream. What is being drawn then stops between two steps and can be resumed."""
    # The thread that waits for a line cannot be woken, so Ctrl-C ends the process at once, as SIGTERM does: everything
    # that was begun is on disk.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    logs.configure(level)
    watched_server(make_agent, wishes, Metrics()).run("stdio")
