"""What several test files need: a home inside tmp_path, and a plan."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mepg_agent.scene import Box, Extent, Region, ScenePlan
from mepg_agent.settings import Settings

if TYPE_CHECKING:
    from playwright.async_api import Browser

# Before torch is imported: a thread that waits must not keep a core from those that work, and of tests that run side by
# side each has one.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test touches the home of the person who runs it."""
    monkeypatch.setenv("MEPG_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def no_small_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests plan by rules, whatever is installed on the machine, unless they ask for the model."""
    monkeypatch.setenv("MEPG_PLANNER", "rules")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    from page_fixtures import chromium

    async with chromium() as found:
        yield found


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings.load({"MEPG_HOME": str(home), "MEPG_PLANNER": "rules"})


@pytest.fixture
def three_things() -> ScenePlan:
    """A fox, a dog and a castle, none over another."""
    nouns = {"fox": 0.05, "dog": 0.37, "castle": 0.69}
    return ScenePlan(
        prompt="a fox, a dog and a castle",
        global_prompt="a fox, a dog and a castle on a meadow",
        background="meadow",
        extent=Extent(width=256, height=256),
        regions=tuple(
            Region(id=noun, noun=noun, prompt=f"a {noun}", box=Box(x=x, y=0.5, width=0.26, height=0.4))
            for noun, x in nouns.items()
        ),
    )


@pytest.fixture
def one_small(three_things: ScenePlan) -> ScenePlan:
    """The same with a castle so narrow that the critic has something to say."""
    *others, castle = three_things.regions
    narrow = castle.box.model_copy(update={"width": 0.13})
    return three_things.with_regions([*others, castle.model_copy(update={"box": narrow})])
