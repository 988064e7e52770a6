"""An agent made when it is first needed: the handshake stays quick, and a broken installation is a tool's error."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mcp_server.auth import caller
from mepg_agent.agent import Agent

CLIENTS = "clients"  # folder in the home


class LazyAgent:
    """Safe to use from several threads."""

    def __init__(self, make: Callable[[], Agent]) -> None:
        self._make = make
        self._agents: dict[str | None, Agent] = {}
        self._lock = threading.Lock()

    def get(self) -> Agent:
        """The agent of whoever asks. A client that is known by its token has a home of its own, so that no call of
        another one finds its sessions and pictures; the models are shared."""
        who = caller()
        with self._lock:
            if None not in self._agents:
                self._agents[None] = self._make()
            if who is not None and who not in self._agents:
                first = self._agents[None]
                self._agents[who] = first.at(first.settings.home / CLIENTS / who)
            return self._agents[who]

    def close(self) -> None:
        with self._lock:
            for agent in self._agents.values():
                agent.close()
            self._agents.clear()
