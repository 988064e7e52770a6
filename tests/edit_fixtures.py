"""What the tests of edits and sessions share: an agent without weights, an expert to route to, a drawn picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from scripted import ScriptedVerifier

from mepg_agent.agent import Agent
from mepg_agent.engine.base import Pixels
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.scene import ScenePlan
from mepg_agent.session import Result
from mepg_agent.settings import Settings

WOODCUT = """
id = "woodcut"
title = "Woodcut"
base = "picturebook"
description = "Bold black lines."
triggers = ["woodcut", "linocut"]
licence = "Apache-2.0"
sha256 = "{}"
"""


def install_woodcut(home: Path) -> None:
    folder = home / "experts" / "picturebook" / "woodcut"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "expert.toml").write_text(WOODCUT.format("0" * 64), encoding="utf-8")


def agent_of(settings: Settings, engine: FakeEngine | None = None, **scores: Sequence[float]) -> Agent:
    """An agent with one expert; `scores` are what its verifier says of a region, look by look."""
    install_woodcut(settings.home)
    return Agent(settings, engine=engine or FakeEngine(), verifier=ScriptedVerifier(scores))


def drawn(agent: Agent, plan: ScenePlan) -> str:
    """The session of a first picture."""
    return agent.draw(plan.prompt, plan=plan, steps=2).session


def pixels(agent: Agent, result: Result) -> Pixels:
    return agent.store.picture(result.render.picture)


def kept_files(home: Path) -> set[Path]:
    """Everything in the store but the sessions."""
    return {f for part in ("pictures", "latents", "jobs", "renders") for f in (home / part).rglob("*") if f.is_file()}
