"""Contact sheets: what the models draw, to be looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image
from torch import Tensor

from mepg_agent.bench.sheet import grid
from mepg_agent.engine.patch_autoencoder import PatchAutoencoder
from mepg_agent.training.pool import to_float

SIX = (
    "a fox on a meadow",
    "a castle in the mountains at night",
    "a sailboat on the sea",
    "a red car in a city",
    "an owl next to a pumpkin in a forest",
    "three balloons in the sky",
)
PROMPTS = (
    *(f"{p}, {look} style" for p, look in zip(SIX, ("flat", "glossy", "ink") * 2, strict=True)),
    "a fox",
    "a blue elephant, glossy style",
    "an owl",
    "a bus, flat style",
    "a flat dog to the left of a house on a meadow",
    "a robot to the right of a guitar in a room",
    "a full moon above a castle by the sea at night",
    "two dogs in a park",
    "a purple elephant, glossy style; a castle, flat style and a full moon top right at night",
    "a penguin in the snow",
    "a rocket in space, glossy style",
    "a whale underwater",
)


def prompts(
    pipe: StableDiffusionPipeline, texts: tuple[str, ...] | list[str], file: Path, guidance: float, steps: int = 24
) -> None:
    """One picture a prompt, seeds 0, 1, 2 …, drawn through plain diffusers."""
    seeds = [torch.Generator("cpu").manual_seed(i) for i in range(len(texts))]
    images = cast(Any, pipe)(list(texts), num_inference_steps=steps, guidance_scale=guidance, generator=seeds).images
    grid(images, list(texts)).save(file)


@torch.no_grad()
def reconstructions(vae: PatchAutoencoder, images: Tensor, file: Path) -> None:
    """Each picture beside what is left of it after coding."""
    pairs(images, vae.picture(vae.code(to_float(images).to(vae.device))).cpu(), file)


def pairs(images: Tensor, decoded: Tensor, file: Path) -> None:
    """Pictures (n, h, w, 3) uint8 beside decoded ones (n, 3, h, w) in -1..1."""
    shown = ((decoded.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1)
    beside = [
        Image.fromarray(np.concatenate([a, b], 1))
        for a, b in zip(images.cpu().numpy(), shown.cpu().numpy(), strict=True)
    ]
    grid(beside, ["scene | decoded"] * len(beside), columns=4).save(file)
