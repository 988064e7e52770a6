"""Collecting while somebody draws: what is wanted again meanwhile stays."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import pytest
from edit_fixtures import agent_of, drawn, kept_files, pixels

from mepg_agent.agent import Agent
from mepg_agent.scene import ScenePlan
from mepg_agent.settings import Settings


def test_a_picture_that_is_taken_from_the_store_while_collecting_stays(
    settings: Settings, three_things: ScenePlan, monkeypatch: pytest.MonkeyPatch
):
    """Nobody referred to it when the list of what goes was begun."""
    with agent_of(settings) as agent:
        agent.forget(drawn(agent, three_things))
        for file in kept_files(settings.home):
            os.utime(file, (0, time.time() - 7200))
        again: list[str] = []
        monkeypatch.setattr(agent.store, "sessions", drawing(agent, three_things, again, agent.store.sessions))
        assert agent.collect().files == 0
        [session] = again
        pixels(agent, agent.result(session))
        pixels(agent, agent.edit(session, "make the dog red"))


def drawing(agent: Agent, plan: ScenePlan, made: list[str], list_sessions: Callable[..., Any]) -> Callable[..., Any]:
    """Lists the sessions, and has one more drawn right after."""

    def listed(**given: Any) -> Any:
        found = list_sessions(**given)
        if not made:
            made.append(drawn(agent, plan))
        return found

    return listed
