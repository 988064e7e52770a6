"""Experts that are whole checkpoints: each evaluated on the crop of its regions, predictions blended by the masks.

All share one latent space and one noise schedule, so at every position the prediction is Σ w_c(p)·ε_c(p), as in
MultiDiffusion (arXiv 2302.08113) but only where a checkpoint has something to draw.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mepg_agent.engine.adapters import ExpertWeights
from mepg_agent.engine.field import Field
from mepg_agent.engine.sampler import Pass
from mepg_agent.engine.windows import Window, crops
from mepg_agent.records import RenderJob

HALO = 1 / 8  # of the canvas's longer side: what a checkpoint sees around its regions


@dataclass(frozen=True)
class _Guest:
    """Another denoiser on its window, and the slices of that window in the host's."""

    adapter: str
    run: Pass
    place: tuple[slice, slice]


class Ensemble:
    """The backbone's pass over a window, and a pass of each checkpoint expert over the part that it draws."""

    def __init__(
        self, pipe: Any, job: RenderJob, experts: dict[str, ExpertWeights], window: Window, canvas: tuple[int, int]
    ) -> None:
        self._host = Pass(pipe, job, experts, window, canvas)
        self.field = self._host.field
        self.calls = 0.0  # evaluations so far, in units of one over the whole window
        self._guests = [
            guest
            for adapter in job.adapters
            if experts[adapter.id].checkpoint is not None
            for guest in self._invite(pipe, job, experts, adapter.id, canvas)
        ]

    def _invite(
        self, pipe: Any, job: RenderJob, experts: dict[str, ExpertWeights], adapter: str, canvas: tuple[int, int]
    ) -> Iterator[_Guest]:
        host = self._host.window
        for window in _windows(pipe, job, adapter, host, canvas):
            top, left = window.top - host.top, window.left - host.left
            place = (slice(top, top + window.height), slice(left, left + window.width))
            yield _Guest(adapter, Pass(pipe, job, experts, window, canvas, experts[adapter].checkpoint), place)

    def predict(self, latents: Tensor, timestep: Tensor, step: int, of: int) -> Tensor:
        base = self._host.predict(latents, timestep, step, of)
        self.calls += 1
        blended = base
        for guest in self._guests:
            weight = _weight(self.field, guest.adapter)[guest.place].to(base.dtype)
            if not weight.any():
                continue
            own = guest.run.predict(latents[:, :, *guest.place].contiguous(), timestep, step, of)
            blended = blended.clone()
            blended[:, :, *guest.place] += weight * (own - base[:, :, *guest.place])
            self.calls += guest.run.window.area / self._host.window.area
        return blended


def _weight(field: Field, adapter: str) -> Tensor:
    """Share (h, w) of the prediction that a checkpoint gives now; its scale says how far it replaces the backbone."""
    scales = [min(scale, 1.0) if used == adapter else 0.0 for used, scale in field.drawn_by]
    weights = field.top.weights
    return (torch.tensor(scales, device=weights.device)[:, None, None] * weights).sum(0)


def _windows(pipe: Any, job: RenderJob, adapter: str, host: Window, canvas: tuple[int, int]) -> list[Window]:
    """The crops of its regions on a whole canvas; inside a crop, or behind everything, the host's own window."""
    if host.area < canvas[0] * canvas[1] or job.background_adapter == adapter:
        return [host]
    boxes = [r.box.pixels(job.extent) for r in job.regions if r.adapter == adapter]
    multiple = 2 ** (len(pipe.unet.config.block_out_channels) - 1)
    return crops(boxes, canvas, pipe.vae_scale_factor, multiple, HALO)
