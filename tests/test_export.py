"""What training leaves behind becomes a family that the portfolio finds whole, and experts that fit it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DDPMScheduler, DiffusionPipeline
from transformers import CLIPTextModel, CLIPTokenizer

from mepg_agent.bench.family import SAMPLES
from mepg_agent.engine.patch_autoencoder import PatchAutoencoder
from mepg_agent.errors import BrokenAsset
from mepg_agent.experts_io.check import check
from mepg_agent.portfolio import Portfolio, check_weights, read_backbone
from mepg_agent.settings import Settings
from mepg_agent.training import denoiser, experts, export, imagetext, words
from mepg_agent.training.loop import Budget

FAMILY = Path(__file__).parents[1] / "experts" / "picturebook"
CARD = {"title": "Wash", "description": "Soft.", "triggers": ["wash", "soft wash"]}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the trainers leave it: random weights, one expert after three steps."""
    out = tmp_path_factory.mktemp("trained")
    tokenizer = CLIPTokenizer.from_pretrained(FAMILY / "pipeline" / "tokenizer")
    torch.manual_seed(0)
    text = CLIPTextModel(words.text_config(tokenizer, 32, 1))
    unet = denoiser.build((32, 64), (True, False), latent=4, text=32, sample=4)
    denoiser.pipeline(PatchAutoencoder(16, 4, 16, 8, 1, 1), text, tokenizer, unet).save_pretrained(out / "pipeline")
    imagetext.build(text, [8, 16]).save_pretrained(out / "verifier")
    tokenizer.save_pretrained(out / "verifier")
    adapter = experts.equip(unet, "wash", 2, seed=0)
    states = {"encoder_hidden_states": torch.randn(2, 48, 32)}
    schedule: Any = DDPMScheduler(**denoiser.SCHEDULE)

    def value(generator: torch.Generator) -> torch.Tensor:
        return denoiser.loss(unet, schedule, (torch.randn(2, 4, 4, 4, generator=generator), states), generator)

    experts.train("wash", adapter, value, out / "runs", 1e-2, Budget(steps=3), seed=0)
    experts.save(unet, "wash", out / "experts" / "wash", CARD, read_backbone(FAMILY / "backbone.toml"))
    return out


@pytest.fixture
def shipped(trained: Path, tmp_path: Path) -> Path:
    family = tmp_path / "experts" / "picturebook"
    family.mkdir(parents=True)
    for name in ("backbone.toml", "vocabulary.toml"):
        shutil.copy(FAMILY / name, family)
    export.ship(trained, family)
    export.write_manifest(family, {"present": 0.4})
    return family


def test_an_exported_family_is_whole_and_plain_diffusers_loads_it(shipped: Path) -> None:
    found = Portfolio((shipped.parent,)).backbone("picturebook")
    assert found.item.thresholds == {"present": 0.4}
    for part in ("pipeline", "verifier"):
        check_weights(found, part)
    pipe: Any = DiffusionPipeline.from_pretrained(shipped / "pipeline", use_safetensors=True, safety_checker=None)
    assert pipe.unet.config["in_channels"] == 4


def test_exporting_again_replaces_hashes_and_thresholds(shipped: Path) -> None:
    before = (shipped / "backbone.toml").read_text()
    export.write_manifest(shipped, {"present": 0.4})
    assert (shipped / "backbone.toml").read_text() == before
    export.write_manifest(shipped, {})
    assert "present" not in (shipped / "backbone.toml").read_text().split("[thresholds]")[1]
    next((shipped / "verifier").glob("*.safetensors")).write_bytes(b"other")
    with pytest.raises(BrokenAsset):
        check_weights(Portfolio((shipped.parent,)).backbone("picturebook"), "verifier")


def test_a_trained_expert_is_found_by_its_words_and_fits_the_family(shipped: Path, settings: Settings) -> None:
    portfolio = Portfolio((shipped.parent,))
    expert = portfolio.experts_of("picturebook")["wash"].item
    assert expert.triggers == ("wash", "soft wash")
    assert [h.problem for h in check(settings.model_copy(update={"experts": (shipped.parent,)}))] == [None]


def test_what_the_benchmark_drew_with_an_expert_becomes_its_sample(shipped: Path, tmp_path: Path) -> None:
    (tmp_path / SAMPLES).mkdir()
    for name in ("wash", "gone"):
        (tmp_path / SAMPLES / f"{name}.png").write_bytes(name.encode())
    export.show_experts(tmp_path, shipped)
    assert (shipped / "wash" / "sample.png").read_bytes() == b"wash"
    assert not (shipped / "gone").exists()
