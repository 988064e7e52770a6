"""An agent made when it is first needed: the handshake stays quick, and a broken installation is a tool's error."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mepg_agent.agent import Agent


class LazyAgent:
    """Safe to use from several threads. Whoever draws holds `drawing`: the others wait, and can say so."""

    def __init__(self, make: Callable[[], Agent]) -> None:
        self.drawing = threading.Lock()
        self._make = make
        self._agent: Agent | None = None
        self._lock = threading.Lock()

    def get(self) -> Agent:
        with self._lock:
            if self._agent is None:
                self._agent = self._make()
            return self._agent

    def close(self) -> None:
        with self._lock:
            if self._agent is not None:
                self._agent.close()
                self._agent = None
