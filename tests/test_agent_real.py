"""The whole agent over a backbone that is only a folder: a tiny pipeline, a tiny verifier, one expert."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from clip_fixtures import save_clip
from engine_fixtures import build_unet, save_adapter, save_pipeline

from mepg_agent.agent import Agent
from mepg_agent.errors import BrokenAsset
from mepg_agent.records import Event
from mepg_agent.redrawing import Redraw
from mepg_agent.scene import Box, ScenePlan
from mepg_agent.session import Result
from mepg_agent.settings import Settings

BACKBONE = """
id = "tiny"
title = "Tiny"
description = "Random weights."
licence = "Apache-2.0"
pipeline = "pipeline"
verifier = "verifier"
style_prompt = "{prompt}, {style} style"
[defaults]
steps = 3
guidance = 4.0
extent = { width = 128, height = 128 }
[thresholds]
present = 0.999
"""


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """experts/tiny: what somebody who adds a backbone would write."""
    folder = tmp_path_factory.mktemp("assets") / "experts" / "tiny"
    save_pipeline(folder)
    save_clip(folder / "verifier")
    (folder / "backbone.toml").write_text(BACKBONE)
    adapter = Path(save_adapter(folder / "neon", build_unet(), seed=1).path)
    sha256 = hashlib.sha256(adapter.read_bytes()).hexdigest()
    (folder / "neon" / "expert.toml").write_text(
        f'id = "neon"\ntitle = "Neon"\nbase = "tiny"\nfile = "{adapter.name}"\ndescription = "Glow."\n'
        f'triggers = ["neon"]\nlicence = "MIT"\nsha256 = "{sha256}"\n'
    )
    return folder


@pytest.fixture
def agent(family: Path, settings: Settings) -> Iterator[Agent]:
    with Agent(settings.model_copy(update={"experts": (family.parent,), "threads": 1, "device": "cpu"})) as agent:
        yield agent


def plan_with_style(plan: ScenePlan) -> ScenePlan:
    fox = plan.region("fox").model_copy(update={"style": "neon"})
    return plan.with_regions([fox])


def test_a_folder_is_all_a_backbone_needs(agent: Agent, three_things: ScenePlan):
    *events, result = agent.stream(three_things.prompt, plan=plan_with_style(three_things), backbone="tiny", rounds=1)
    assert isinstance(result, Result) and all(isinstance(e, Event) for e in events)
    assert result.plan.region("fox").expert == "neon"
    assert {f.region for f in result.verdict.findings} == {"fox", "dog", "castle"}
    assert result.status == "best_effort"  # random weights draw nothing that could be recognised
    assert result.rounds == 1 and len(result.renders) > 1


def test_a_repair_leaves_every_other_pixel_alone(agent: Agent, three_things: ScenePlan):
    result = agent.draw(three_things.prompt, plan=three_things, backbone="tiny", rounds=1)
    box = three_things.region(result.verdict.findings[0].region or "").box.pixels(three_things.extent)
    outside = np.ones((256, 256), bool)
    outside[box.as_slices()] = False
    first, *candidates = (agent.store.picture(render.picture) for render in result.renders[:4])
    for image in candidates:
        assert np.array_equal(image[outside], first[outside])
        assert (image[~outside] != first[~outside]).any()


def test_a_region_of_a_stored_session_moves_and_what_it_uncovers_is_drawn_again(agent: Agent, three_things: ScenePlan):
    """After a restart: another agent, which has only the files of the home."""
    plan = three_things.with_regions([three_things.region("fox").model_copy(update={"style": "neon"})])
    first = agent.draw(three_things.prompt, plan=plan, backbone="tiny", rounds=0)
    old, new = three_things.region("fox").box, Box(x=0.05, y=0.05, width=0.26, height=0.4)
    with Agent(agent.settings) as later:
        second = later.redraw(first.session, [Redraw(region="fox", box=new)], rounds=0, candidates=2)
        before, after = (later.store.picture(r.render.picture) for r in (first, second))
    differs = (before != after).any(2)
    outside = np.ones_like(differs)
    for box in (old, new):
        inside = box.pixels(three_things.extent).as_slices()
        assert differs[inside].any()
        outside[inside] = False
    assert not differs[outside].any()
    assert second.plan.region("fox").expert == "neon" and len(second.renders) == 2
    assert second.renders[0].picture != second.renders[1].picture


def test_same_brief_same_bytes_in_another_home(agent: Agent, three_things: ScenePlan, tmp_path: Path):
    one = agent.draw(three_things.prompt, plan=three_things, backbone="tiny", rounds=1)
    elsewhere = agent.settings.model_copy(update={"home": tmp_path / "elsewhere"})
    with Agent(elsewhere) as other:
        two = other.draw(three_things.prompt, plan=three_things, backbone="tiny", rounds=1)
    assert [r.picture for r in one.renders] == [r.picture for r in two.renders]
    assert one.verdict == two.verdict


def test_missing_weights_are_one_sentence(agent: Agent, family: Path, three_things: ScenePlan):
    (family.parent / "hollow").mkdir(exist_ok=True)
    hollow = BACKBONE.replace('id = "tiny"', 'id = "hollow"')
    (family.parent / "hollow" / "backbone.toml").write_text(hollow)
    with Agent(agent.settings) as fresh, pytest.raises(BrokenAsset, match="cannot be loaded") as caught:
        fresh.draw(three_things.prompt, plan=three_things, backbone="hollow")
    assert "\n" not in str(caught.value)
