"""Contact sheets: what the models draw, to be looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image, ImageDraw
from torch import Tensor

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
    *(
        f"{p}, {look} style"
        for p, look in zip(SIX, ("cartoon", "flat", "glossy", "sticker", "ink", "cartoon"), strict=True)
    ),
    "a fox",
    "a blue elephant, glossy style",
    "an owl",
    "a bicycle, flat style",
    "a cartoon dog to the left of a house on a meadow",
    "a robot to the right of a guitar in a room",
    "a full moon above a lighthouse at sea at night",
    "two dogs in a park",
    "a purple dragon, cartoon style; a castle, flat style and a full moon top right at night",
    "a penguin in the snow",
    "a rocket in space, glossy style",
    "an octopus underwater",
)


def grid(images: list[Image.Image], labels: list[str], columns: int = 6) -> Image.Image:
    """Pictures of one size with their captions under them."""
    width, height = images[0].size
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (columns * (width + 6), rows * (height + 18)), "white")
    draw = ImageDraw.Draw(sheet)
    for i, (image, label) in enumerate(zip(images, labels, strict=True)):
        x, y = i % columns * (width + 6), i // columns * (height + 18)
        sheet.paste(image, (x, y))
        draw.text((x + 2, y + height + 2), label[: width // 6], fill="black")
    return sheet


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
    out = vae.picture(vae.code(to_float(images))).clamp(-1, 1)
    shown = ((out + 1) * 127.5).round().byte().permute(0, 2, 3, 1)
    pairs = [
        Image.fromarray(np.concatenate([a, b], 1))
        for a, b in zip(images.cpu().numpy(), shown.cpu().numpy(), strict=True)
    ]
    grid(pairs, ["scene | decoded"] * len(pairs), columns=4).save(file)
