"""The family that ships: whole, unaltered, small, and an ordinary diffusers folder."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mepg_agent.agent import Agent
from mepg_agent.errors import BrokenAsset
from mepg_agent.portfolio import Portfolio, check_weights
from mepg_agent.records import RenderJob
from mepg_agent.settings import Settings

EXPERTS = Path(__file__).parents[1] / "experts"
FOUND = Portfolio((EXPERTS,)).backbone("picturebook")
MEGABYTE = 1_000_000
PARTS = ("pipeline", "sketches", "verifier")


def test_every_weights_file_is_the_one_the_manifest_names() -> None:
    assert {p.split("/")[0] for p in FOUND.item.sha256} == set(PARTS)
    for part in PARTS:
        check_weights(FOUND, part)
    named = {FOUND.folder / p for p in FOUND.item.sha256}
    there = {f for part in PARTS for f in (FOUND.folder / part).rglob("*.safetensors")}
    assert named == there


def test_every_expert_is_the_card_that_training_would_write_for_it() -> None:
    cards = tomllib.loads((FOUND.folder / "styles.toml").read_text(encoding="utf-8"))
    shipped = Portfolio((EXPERTS,)).experts_of("picturebook")
    assert set(cards) == set(shipped)
    for name, card in cards.items():
        found = shipped[name].item.model_dump(mode="json")
        assert {key: found[key] for key in card} == card, name


@pytest.mark.parametrize("path", sorted(FOUND.item.sha256))
def test_pictures_are_of_the_weights_that_draw_whatever_looks_at_them(path: str) -> None:
    other = FOUND.item.model_copy(update={"sha256": {**FOUND.item.sha256, path: "0" * 64}})
    assert (other.weights_hash() == FOUND.item.weights_hash()) is path.startswith("verifier/")


def test_the_family_is_small() -> None:
    files = [f for part in PARTS for f in (FOUND.folder / part).rglob("*") if f.is_file()]
    assert sum(f.stat().st_size for f in files) < 80 * MEGABYTE


def test_plain_diffusers_draws_with_it_and_the_prompt_matters() -> None:
    import torch
    from diffusers import DiffusionPipeline

    import mepg_agent.engine.patch_autoencoder  # noqa: F401  diffusers builds only classes that are already imported

    pipe: Any = DiffusionPipeline.from_pretrained(
        FOUND.folder / "pipeline", use_safetensors=True, safety_checker=None, dtype=torch.float32
    )
    pipe.set_progress_bar_config(disable=True)
    images = [
        np.asarray(pipe(words, num_inference_steps=6, generator=torch.Generator().manual_seed(1)).images[0], float)
        for words in ("a rocket in space at night", "a sunflower on a beach")
    ]
    assert images[0].shape == (256, 256, 3)
    assert images[0].mean() < images[1].mean() - 40, "space at night is darker than a beach"


def test_the_last_preview_is_nearly_the_picture_and_as_large() -> None:
    from mepg_agent.engine.base import Picture, Step
    from mepg_agent.engine.local import LocalEngine

    engine = LocalEngine.of_family(FOUND, Settings.load())
    job = RenderJob(
        backbone="picturebook", weights=engine.weights_hash(), prompt="a rocket in space", regions=(), seed=1, steps=8,
        guidance=3.0, extent=FOUND.item.defaults.extent,
    )  # fmt: skip
    *steps, picture = engine.run(job)
    assert isinstance(picture, Picture)
    shown = [s.preview.astype(float) for s in steps if isinstance(s, Step) and s.preview is not None]
    assert [preview.shape for preview in shown] == [picture.image.shape] * 3
    off = [np.abs(preview - picture.image).mean() for preview in shown]
    assert off[0] > off[1] > off[2] and off[2] < 12


@pytest.mark.parametrize("part", ["pipeline/unet", "verifier"])
def test_a_damaged_weights_file_is_named_in_one_sentence(part: str, tmp_path: Path) -> None:
    family = tmp_path / "experts" / "picturebook"
    shutil.copytree(FOUND.folder, family, ignore=shutil.ignore_patterns("scorer"))
    damaged = sorted((family / part).glob("*.safetensors"))[0]
    damaged.write_bytes(damaged.read_bytes()[:1000])
    settings = Settings.load({"MEPG_HOME": str(tmp_path / "home")}).model_copy(update={"experts": (family.parent,)})
    with Agent(settings) as agent, pytest.raises(BrokenAsset, match="is damaged") as caught:
        agent.draw("a fox", steps=1, rounds=0)
    assert "\n" not in str(caught.value) and str(damaged) in str(caught.value)
