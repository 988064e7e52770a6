"""Style experts: low-rank adapters (LoRA, arXiv 2106.09685) on attention, feed-forward and convolutions.

`python -m mepg_agent.training.experts watercolor oil` trains them on the pool's scenes of these styles, resumably.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import DDPMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

import mepg_agent.engine.patch_autoencoder  # noqa: F401  diffusers builds only classes that are already imported
from mepg_agent.engine.memory import keep_freed_memory
from mepg_agent.errors import BadInput
from mepg_agent.experts_io.card import as_toml
from mepg_agent.portfolio import Backbone, Expert, read_backbone
from mepg_agent.training import sheets
from mepg_agent.training.config import arguments, read
from mepg_agent.training.denoiser import Codes, caption_ids, empty_ids, encoded, loss
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

    @property
    def bytes(self) -> int:
        return sum(p.numel() * p.element_size() for p in self.parts)


def equip(unet: UNet2DConditionModel, name: str, rank: int, seed: int) -> Adapter:
    """Adds the adapter `name` to `unet`; nothing else of it learns."""
    torch.manual_seed(seed)
    unet.requires_grad_(False)
    unet.add_adapter(lora(rank), adapter_name=name)
    return Adapter(unet)


def train(
    name: str,
    adapter: Adapter,
    value: Callable[[torch.Generator], Tensor],
    folder: Path,
    peak: float,
    budget: Budget,
    seed: int,
    tell: Callable[[int], None] = lambda _: None,
) -> int:
    """Trains `adapter` on `value`, the loss of a batch; `tell` hears how many steps are done. Returns the steps in all.

    BadInput where the loss is no longer a number.
    """
    optimizer = torch.optim.AdamW(adapter.parameters(), lr=peak, weight_decay=0.01)
    run = Run(f"expert-{name}", folder, adapter, optimizer, budget, peak, ema_decay=0.99)
    generator = torch.Generator().manual_seed(seed + run.step)
    for step in run:
        tell(step)
        found = value(generator)
        if not torch.isfinite(found):
            raise BadInput(f"The training of '{name}' diverged at step {step}.", "Begin anew at a lower rate.")
        run.descend(found)
        run.note(loss=found)
    adapter.load_state_dict(run.averaged())
    return run.step


def packed(unet: UNet2DConditionModel, name: str) -> bytes:
    """The adapter as a .safetensors file in diffusers' format and half precision."""
    layers: dict[str, Any] = get_peft_model_state_dict(unet, adapter_name=name)
    return to_bytes({f"unet.{key}": value.half().contiguous() for key, value in layers.items()}, {"format": "pt"})


def save(unet: UNet2DConditionModel, name: str, folder: Path, card: Mapping[str, Any], family: Backbone) -> None:
    """The expert's folder: `adapter.safetensors` and `expert.toml`."""
    weights = packed(unet, name)
    expert = Expert(
        id=name,
        base=family.id,
        licence=family.licence,
        sha256=hashlib.sha256(weights).hexdigest(),
        **{**card, "triggers": tuple(card["triggers"])},
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / expert.file).write_bytes(weights)
    (folder / "expert.toml").write_text(as_toml(expert), encoding="utf-8")


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
    known, empty = all_styles(pool.source.vocabulary()), empty_ids(pipe.tokenizer)
    schedule: Any = DDPMScheduler.from_config(pipe.scheduler.config)
    for style in options.styles:
        number, folder = known.index(style), config.out / "experts" / style
        codes = encoded(pool, pipe.vae, pipe.tokenizer, number)
        seed = config.data.seed + 100 + number

        def value(generator: torch.Generator, codes: Codes = codes) -> Tensor:
            rows = torch.randint(len(codes.latents), (config.experts.batch,), generator=generator)
            with torch.no_grad():
                text = pipe.text_encoder(caption_ids(codes, rows, empty, generator)).last_hidden_state
            return loss(pipe.unet, schedule, (codes.latents[rows].float(), {"encoder_hidden_states": text}), generator)

        budget = Budget(minutes=config.experts.minutes)
        adapter = equip(pipe.unet, style, config.experts.rank, seed)
        train(style, adapter, value, config.out / "runs", config.experts.peak, budget, seed)
        save(pipe.unet, style, folder, cards[style], family)
        sheets.prompts(pipe, [f"{p}, {style} style" for p in sheets.SIX], folder / "sample.png", 3.0)
        pipe.unet.delete_adapters(style)


if __name__ == "__main__":
    main()
