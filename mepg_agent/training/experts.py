"""Style experts: low-rank adapters (LoRA, arXiv 2106.09685) on attention, feed-forward and convolutions."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from torch import Tensor
from transformers import CLIPTextModel

from mepg_agent.training.denoiser import Codes, noiser, step_loss
from mepg_agent.training.loop import Budget, Run

ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
WIDE = ("conv1", "conv2", "ff.net.0.proj", "ff.net.2")


def config(rank: int = 4, wide_rank: int = 4) -> LoraConfig:
    """Rank `rank` on the attention projections, `wide_rank` on convolutions and feed-forward."""
    return LoraConfig(
        r=rank,
        lora_alpha=rank,
        init_lora_weights="gaussian",
        target_modules=[*ATTENTION, *WIDE],
        rank_pattern={name: wide_rank for name in WIDE},
        alpha_pattern={name: wide_rank for name in WIDE},
    )


def train(
    name: str,
    unet: UNet2DConditionModel,
    codes: Codes,
    text_tower: CLIPTextModel,
    empty: Tensor,
    folder: Path,
    budget: Budget,
    seed: int,
    batch: int = 128,
    peak: float = 1.5e-3,
) -> Path:
    """Trains one adapter on `codes` (pictures of the style) and writes `folder/name/adapter.safetensors`.

    The denoiser comes back as it was.
    """
    torch.manual_seed(seed)
    device = codes.latents.device
    unet.requires_grad_(False)
    unet.add_adapter(config(), adapter_name=name)
    trained = [p for p in unet.parameters() if p.requires_grad]
    run = Run(
        f"expert-{name}",
        folder / "runs",
        _Adapter(trained),
        torch.optim.AdamW(trained, lr=peak, weight_decay=0.01),
        budget,
        peak=peak,
        ema_decay=0.99,
    )
    generator = torch.Generator(device).manual_seed(seed + run.step)
    alphas = noiser().alphas_cumprod.to(device)
    for _ in run:
        rows = torch.randint(len(codes.latents), (batch,), generator=generator, device=device)
        value = step_loss(unet, codes, rows, text_tower, empty, alphas, generator)
        run.optimizer.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        run.optimizer.step()
        run.note(loss=value)
    run.model.load_state_dict(run.averaged())
    target = folder / name
    save(unet, name, target)
    unet.delete_adapters(name)
    return target


class _Adapter(torch.nn.Module):
    """The adapter's parameters alone, so that checkpoints do not carry the denoiser."""

    def __init__(self, parameters: list[torch.nn.Parameter]) -> None:
        super().__init__()
        self.items = torch.nn.ParameterList(parameters)


def save(unet: UNet2DConditionModel, name: str, target: Path) -> None:
    layers = get_peft_model_state_dict(unet, adapter_name=name)
    layers = {k: v.half() for k, v in layers.items()}
    StableDiffusionPipeline.save_lora_weights(
        target, unet_lora_layers=layers, weight_name="adapter.safetensors", safe_serialization=True
    )
