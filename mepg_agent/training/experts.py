"""Style experts: low-rank adapters (LoRA, arXiv 2106.09685) on attention, feed-forward and convolutions.

`python -m mepg_agent.training.experts watercolor oil` trains them on the pool's scenes of these styles, resumably.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from torch import nn
from transformers import CLIPTextModel

import mepg_agent.engine.patch_autoencoder  # noqa: F401  diffusers builds only classes that are already imported
from mepg_agent.engine.memory import keep_freed_memory
from mepg_agent.experts_io.card import as_toml
from mepg_agent.portfolio import Backbone, Expert, read_backbone
from mepg_agent.training import sheets
from mepg_agent.training.config import ExpertsConfig, arguments, read
from mepg_agent.training.denoiser import Codes, caption_ids, empty_ids, encoded, loss, signal_levels
from mepg_agent.training.loop import Budget, Run
from mepg_agent.training.pool import Pool, Source, all_styles

ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
WIDE = ("conv1", "conv2", "ff.net.0.proj", "ff.net.2")


def lora(rank: int) -> LoraConfig:
    return LoraConfig(r=rank, lora_alpha=rank, init_lora_weights="gaussian", target_modules=[*ATTENTION, *WIDE])


class Adapter(nn.Module):
    """The adapter's parameters alone, so that checkpoints do not carry the denoiser."""

    def __init__(self, unet: UNet2DConditionModel) -> None:
        super().__init__()
        self.parts = nn.ParameterList(p for p in unet.parameters() if p.requires_grad)


def train(
    name: str,
    unet: UNet2DConditionModel,
    text_tower: CLIPTextModel,
    codes: Codes,
    empty: torch.Tensor,
    folder: Path,
    config: ExpertsConfig,
    budget: Budget,
    seed: int,
) -> None:
    """Adds the adapter `name` to `unet` and trains it on `codes`, pictures of the style."""
    torch.manual_seed(seed)
    unet.requires_grad_(False)
    unet.add_adapter(lora(config.rank), adapter_name=name)
    adapter = Adapter(unet)
    optimizer = torch.optim.AdamW(adapter.parameters(), lr=config.peak, weight_decay=0.01)
    run = Run(f"expert-{name}", folder, adapter, optimizer, budget, config.peak, ema_decay=0.99)
    generator, levels = torch.Generator().manual_seed(seed + run.step), signal_levels()
    for _ in run:
        rows = torch.randint(len(codes.latents), (config.batch,), generator=generator)
        with torch.no_grad():
            text = text_tower(caption_ids(codes, rows, empty, generator)).last_hidden_state
        value = loss(unet, codes.latents[rows].float(), text, levels, generator)
        run.descend(value)
        run.note(loss=value)
    adapter.load_state_dict(run.averaged())


def save(unet: UNet2DConditionModel, name: str, folder: Path, card: Mapping[str, Any], family: Backbone) -> None:
    """The expert's folder: `adapter.safetensors` in diffusers' format and half precision, `expert.toml`."""
    layers: dict[str, Any] = get_peft_model_state_dict(unet, adapter_name=name)
    expert = Expert(
        id=name,
        base=family.id,
        licence=family.licence,
        sha256="0" * 64,
        **{**card, "triggers": tuple(card["triggers"])},
    )
    StableDiffusionPipeline.save_lora_weights(
        folder,
        unet_lora_layers={key: value.half() for key, value in layers.items()},
        weight_name=expert.file,
        safe_serialization=True,
    )
    digest = hashlib.sha256((folder / expert.file).read_bytes()).hexdigest()
    (folder / "expert.toml").write_text(as_toml(expert.model_copy(update={"sha256": digest})), encoding="utf-8")


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("styles", nargs="+")
    options = parser.parse_args()
    config = read(options.config)
    keep_freed_memory()
    cards = tomllib.loads((config.data.vocabulary.parent / "styles.toml").read_text(encoding="utf-8"))
    family = read_backbone(config.data.vocabulary.parent / "backbone.toml")
    pipe: Any = StableDiffusionPipeline.from_pretrained(config.out / "pipeline", safety_checker=None)
    pipe.set_progress_bar_config(disable=True)
    pool = Pool(Source.of(config.data))
    known = all_styles(pool.source.vocabulary())
    for style in options.styles:
        number, folder = known.index(style), config.out / "experts" / style
        codes = encoded(pool, pipe.vae, pipe.tokenizer, number)
        train(
            style, pipe.unet, pipe.text_encoder, codes, empty_ids(pipe.tokenizer), config.out / "runs",
            config.experts, Budget(minutes=config.experts.minutes), config.data.seed + 100 + number,
        )  # fmt: skip
        save(pipe.unet, style, folder, cards[style], family)
        sheets.prompts(pipe, [f"{p}, {style} style" for p in sheets.SIX], folder / "sample.png", 3.0)
        pipe.unet.delete_adapters(style)


if __name__ == "__main__":
    main()
