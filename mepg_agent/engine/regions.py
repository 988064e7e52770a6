"""Regenerating regions: denoise a crop, copy every pixel outside the boxes from the picture before.

Blended diffusion (arXiv 2111.14818) on a crop: positions that must stay follow the accepted latents at the matching
noise level. The cost follows the crop's area.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mepg_agent.engine.adapters import ExpertWeights
from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.blending import blend
from mepg_agent.engine.checkpoints import Ensemble
from mepg_agent.engine.sampler import Moment, Pin, decode, denoise, draw_noise, make_scheduler
from mepg_agent.engine.windows import crops, touched
from mepg_agent.errors import BadInput
from mepg_agent.records import Keep, RenderJob
from mepg_agent.scene import PixelBox

HALO = 1 / 16  # of the canvas's longer side: what a repair sees around its boxes; 1/8 costs more and mends no more


def repair(
    pipe: Any, job: RenderJob, experts: dict[str, ExpertWeights], before: tuple[Pixels, Latents]
) -> Iterator[Step | Picture]:
    """Draws the boxes of `job.keep` again on top of `before`; see `Engine.run`."""
    keep = check(pipe, job, before)
    started = time.perf_counter()
    scale, depth = pipe.vae_scale_factor, len(pipe.unet.config.block_out_channels)
    image, accepted = before[0], torch.from_numpy(before[1]).to(pipe.unet.device)
    canvas = (accepted.shape[1], accepted.shape[2])
    boxes = [b.pixels(job.extent) for b in keep.redraw]
    latents = accepted.repeat(keep.candidates, 1, 1, 1)
    windows = crops(boxes, canvas, scale, 2 ** (depth - 1), HALO)
    calls, region_seconds = 0.0, dict.fromkeys((r.id for r in job.regions), 0.0)
    for number, window in enumerate(windows):
        begun = time.perf_counter()
        run = Ensemble(pipe, job, experts, window, canvas)
        free = torch.from_numpy(touched(boxes, canvas, scale)[window.as_slices()]).to(accepted.device)
        for moment in redraw(pipe, run, job, keep.candidates, accepted[:, *window.as_slices()], free, canvas):
            latents[:, :, *window.as_slices()] = moment.latents.float()
            yield Step(number * moment.of + moment.step, len(windows) * moment.of)
        calls += run.calls * keep.candidates * window.area / (canvas[0] * canvas[1])
        for region, share in zip(job.regions, run.field.finest.mean((1, 2))[1:], strict=True):
            region_seconds[region.id] += float(share) * (time.perf_counter() - begun)
    drawn = _decoded_onto(pipe, latents, image, boxes)
    found = tuple((picture, code.float().cpu().numpy()) for picture, code in zip(drawn, latents, strict=True))
    seconds = time.perf_counter() - started
    yield Picture(found[0][0], found[0][1], seconds, calls, region_seconds, candidates=found)


def check(pipe: Any, job: RenderJob, before: tuple[Pixels, Latents]) -> Keep:
    """What the repair keeps. Raises BadInput for a picture of another size, or nothing to draw."""
    scale = pipe.vae_scale_factor
    height, width = job.extent.height, job.extent.width
    wanted = (pipe.unet.config.in_channels, height // scale, width // scale)
    if before[0].shape != (height, width, 3) or before[1].shape != wanted:
        raise BadInput(
            f"The picture to repair is {before[0].shape[1]}×{before[0].shape[0]} with latents {before[1].shape}; "
            f"the job draws {job.extent}.",
            "Repair a picture that this backbone drew at this size.",
        )
    if not job.keep or not any(box.pixels(job.extent).area for box in job.keep.redraw):
        raise BadInput("The repair names nothing to draw again.", "Name at least one region of a pixel or more.")
    return job.keep


def redraw(
    pipe: Any, run: Ensemble, job: RenderJob, candidates: int, clean: Tensor, free: Tensor, canvas: tuple[int, int]
) -> Iterator[Moment]:
    """Denoises all candidates of one crop in one batch; candidate c takes every seed plus c."""
    channels, dtype = pipe.unet.config.in_channels, pipe.unet.dtype
    noises = torch.stack([draw_noise(job, run.field, channels, canvas, c, dtype) for c in range(candidates)])
    noises = torch.where(free, noises, noises[:1])
    pin = Pin(clean[None].to(dtype), free, noises[:1])
    return denoise(run, make_scheduler(job.scheduler, pipe.scheduler), noises, job, pin)


def _decoded_onto(pipe: Any, latents: Tensor, image: Pixels, boxes: Sequence[PixelBox]) -> list[Pixels]:
    """The picture before with each candidate inside the boxes."""
    area = (
        slice(min(b.top for b in boxes), max(b.bottom for b in boxes)),
        slice(min(b.left for b in boxes), max(b.right for b in boxes)),
    )
    drawn = []
    for part in _decode_area(pipe, latents, area):
        new = image.copy()
        new[area] = part
        drawn.append(blend(image, new, boxes))
    return drawn


def _decode_area(pipe: Any, latents: Tensor, area: tuple[slice, slice]) -> NDArray[np.uint8]:
    """Decoded pixels of `area`. A decoder with a bounded receptive field sees only what it needs of the latents."""
    scale = pipe.vae_scale_factor
    reach = receptive_radius(pipe.vae)
    spans, offsets = [], []
    for part, limit in zip(area, latents.shape[-2:], strict=True):
        low = 0 if reach is None else max(part.start // scale - reach, 0)
        high = limit if reach is None else min(-(-part.stop // scale) + reach, limit)
        spans.append(slice(low, high))
        offsets.append(slice(part.start - low * scale, part.stop - low * scale))
    return decode(pipe, latents[:, :, *spans])[:, *offsets]


def receptive_radius(vae: Any) -> int | None:
    """How far, in latent positions, a decoded pixel looks; None where norms or attention see the whole picture.

    Every 3×3 convolution looks one position further at its own resolution.
    """
    from diffusers import AutoencoderTiny

    from mepg_agent.engine.patch_autoencoder import PatchAutoencoder

    config: Any = vae.config
    if isinstance(vae, AutoencoderTiny):  # one in, then at each doubling: three a block, one behind, one out
        radius = 1 + sum((3 * blocks + 2) / 2**level for level, blocks in enumerate(config.num_decoder_blocks))
    elif isinstance(vae, PatchAutoencoder):  # two a block; the fine part works on positions of four pixels
        radius = 1 + 2 * config.blocks + (2 + 2 * config.fine_blocks) * 4 / config.patch
    else:
        return None
    return ceil(radius) + 1
