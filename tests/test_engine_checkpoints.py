"""Experts that are whole checkpoints: two random ones, through the manifest that every expert has."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from engine_fixtures import (
    WEIGHTS,
    as_adapter,
    build_unet,
    difference,
    draw,
    make_job,
    region,
    save_adapter,
    save_pipeline,
)
from experts_fixtures import install_family
from safetensors.torch import save_file

from mepg_agent.engine.adapters import Residents
from mepg_agent.engine.local import LocalEngine
from mepg_agent.engine.prepare import prepare
from mepg_agent.engine.reference import ReferenceEngine
from mepg_agent.experts_io.check import check
from mepg_agent.portfolio import Portfolio
from mepg_agent.records import Adapter, Brief, Keep, RenderJob
from mepg_agent.scene import Box, Extent, Region, ScenePlan
from mepg_agent.settings import Settings

LEFT, RIGHT = Box(x=0, y=0, width=0.4, height=1), Box(x=0.4, y=0, width=0.6, height=1)
ROUNDING = 1e-4  # latents have a spread of about 1


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A family with two checkpoints and an adapter, each a folder with a manifest."""
    root = tmp_path_factory.mktemp("experts")
    install_family(root, str(save_pipeline(tmp_path_factory.mktemp("tiny"))))
    for seed, name in enumerate(("ink", "oil")):
        torch.manual_seed(5 + seed)
        (root / "tiny" / name).mkdir()
        save_file(build_unet().state_dict(), root / "tiny" / name / "weights.safetensors")
        manifest(root / "tiny" / name, "weights.safetensors", "checkpoint")
    made = save_adapter(root / "tiny" / "neon", build_unet(), 1)
    manifest(root / "tiny" / "neon", Path(made.path).name, "adapter")
    return root


def manifest(folder: Path, file: str, kind: str) -> None:
    sha256 = as_adapter(folder / file, "x").sha256
    said = {"id": folder.name, "title": "T", "base": "tiny", "kind": kind, "file": file, "description": "D"}
    said |= {"licence": "MIT", "sha256": sha256}
    (folder / "expert.toml").write_text("".join(f"{k} = {json.dumps(v)}\n" for k, v in said.items()))


@pytest.fixture(scope="module")
def engine(root: Path) -> LocalEngine:
    return LocalEngine(Portfolio((root,)).backbone("tiny").item.pipeline, weights_hash=WEIGHTS)


@pytest.fixture(scope="module")
def adapters(root: Path) -> dict[str, Adapter]:
    return {a.id: a for a in job_of(root, "ink", "oil", "neon").adapters}


def job_of(root: Path, *experts: str) -> RenderJob:
    """As the agent prepares it: a region an expert."""
    wide = 1 / len(experts)
    regions = tuple(
        Region(id=e, noun="fox", prompt="a fox", expert=e, box=Box(x=i * wide, y=0, width=wide, height=1))
        for i, e in enumerate(experts)
    )
    plan = ScenePlan(prompt="p", global_prompt="a fox", extent=Extent(width=128, height=128), regions=regions)
    portfolio = Portfolio((root,))
    return prepare(plan, Brief(prompt="p", steps=3), portfolio.backbone("tiny"), portfolio.experts_of("tiny"), WEIGHTS)


def test_checkpoints_pass_the_check_of_all_experts_and_draw_beside_adapters(root: Path, engine: LocalEngine) -> None:
    assert [h.problem for h in check(Settings(home=root, experts=(root,), prompts=root))] == [None] * 3
    job = job_of(root, "ink", "oil", "neon")
    assert sorted((a.id, a.kind) for a in job.adapters) == [
        ("ink", "checkpoint"),
        ("neon", "adapter"),
        ("oil", "checkpoint"),
    ]
    every = draw(engine, job).latents
    for without in ("ink", "oil", "neon"):
        bare = tuple(r.model_copy(update={"adapter": None}) if r.id == without else r for r in job.regions)
        assert difference(draw(engine, job.model_copy(update={"regions": bare})).latents, every) > 0.01


def test_two_checkpoints_equal_the_slow_renderer(engine: LocalEngine, adapters: dict[str, Adapter]) -> None:
    """Where all prompts agree: then only the blending of predictions is left, at soft borders and at full scale."""
    regions = (region("a", LEFT, "a fox", adapter="ink"), region("b", RIGHT, "a fox", adapter="oil", scale=0.5))
    both = (adapters["ink"], adapters["oil"])
    job = make_job((regions[0], regions[1].model_copy(update={"scale": 1.0})), both, prompt="a fox", feather=0.2)
    found = draw(engine, job)
    assert difference(found.latents, draw(ReferenceEngine(engine), job).latents) < ROUNDING
    half = draw(engine, job.model_copy(update={"regions": regions}))
    assert difference(half.latents, found.latents) > 0.01


def test_the_order_of_checkpoints_changes_no_bit(root: Path, engine: LocalEngine) -> None:
    job = job_of(root, "ink", "oil").model_copy(update={"feather": 0.25})
    turned = job.model_copy(update={"adapters": job.adapters[::-1]})
    assert (draw(engine, job).latents == draw(engine, turned).latents).all()


def test_a_checkpoint_costs_the_crop_of_its_regions(engine: LocalEngine, adapters: dict[str, Adapter]) -> None:
    corners = (Box(x=0, y=0, width=0.25, height=0.25), Box(x=0.75, y=0.75, width=0.25, height=0.25))
    regions = tuple(region(n, box, adapter=n) for n, box in zip(("ink", "oil"), corners, strict=True))
    job = make_job(regions, (adapters["ink"], adapters["oil"]))
    assert draw(engine, job).calls == 3 * (1 + 2 * 64 / 256)
    keep = Keep(picture="0" * 64, latents="1" * 64, redraw=(corners[0],))
    before = (np.zeros((128, 128, 3), np.uint8), np.zeros((16, 16, 16), np.float32))
    again = draw(engine, job.model_copy(update={"keep": keep}), before)
    assert again.calls == 3 * 2 * 64 / 256  # the crop for the backbone, and for the one checkpoint that is heard there
    assert (again.image[:32, :32] != 0).any() and not again.image[32:].any() and not again.image[:, 32:].any()


def test_a_checkpoint_has_a_time_window_and_may_be_the_background(
    engine: LocalEngine, adapters: dict[str, Adapter]
) -> None:
    whole = make_job((region("a", LEFT, adapter="ink"),), (adapters["ink"],))
    base = draw(engine, make_job((region("a", LEFT),))).latents
    for window in ({"start": 0.9}, {"end": 0.0}):
        asleep = adapters["ink"].model_copy(update=window)
        assert difference(draw(engine, whole.model_copy(update={"adapters": (asleep,)})).latents, base) < ROUNDING
    early = draw(engine, whole.model_copy(update={"adapters": (adapters["ink"].model_copy(update={"end": 0.3}),)}))
    assert early.calls == 3 + 1  # one step of three; its crop would be three quarters of the canvas, so it is all
    job = make_job((), (adapters["ink"],), prompt="a fox", background_adapter="ink")
    assert difference(draw(engine, job).latents, draw(ReferenceEngine(engine), job).latents) < ROUNDING


def test_a_checkpoint_is_silent_while_its_region_is(engine: LocalEngine, adapters: dict[str, Adapter]) -> None:
    unheard = draw(engine, make_job((region("a", LEFT, start=0.9, adapter="ink"),), (adapters["ink"],)))
    assert difference(unheard.latents, draw(engine, make_job()).latents) < ROUNDING and unheard.calls == 3


def test_checkpoints_count_against_the_budget_of_memory(engine: LocalEngine, adapters: dict[str, Adapter]) -> None:
    residents = Residents(engine.pipe, budget=1)
    both = residents.get((adapters["ink"], adapters["oil"]))
    weight = sum(p.numel() * 4 for p in engine.pipe.unet.parameters())
    assert [w.bytes for w in both.values()] == [weight] * 2
    assert (
        residents.get((adapters["ink"], adapters["oil"])) == both
    )  # those of the running job stay, whatever they weigh
    assert residents.get((adapters["oil"],))["oil"] is both["oil"]
    assert residents.get((adapters["ink"],))["ink"] is not both["ink"]
