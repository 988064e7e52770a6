"""The slow renderer: one pass of the whole canvas per region, each with its own prompt and expert, predictions blended.

MultiDiffusion (arXiv 2302.08113) with soft masks, as Regional Prompter's latent mode does it. It shares only the masks,
the noise and the loop with the engine, so it serves as the oracle in tests and as the peer in the benchmark.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from mepg_agent.engine import sampler
from mepg_agent.engine.adapters import ExpertWeights
from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.field import Field, canonical
from mepg_agent.engine.layers import equipped, fused_weights
from mepg_agent.engine.local import LocalEngine
from mepg_agent.engine.sketching import Artist, Guide, Sketches, sketched_at
from mepg_agent.engine.text import TextReader
from mepg_agent.engine.windows import Window
from mepg_agent.errors import BadInput
from mepg_agent.records import RenderJob
from mepg_agent.scene import Extent


class ReferenceEngine:
    """Draws the jobs of a `LocalEngine` the slow way, with the same weights. It cannot repair."""

    def __init__(self, local: LocalEngine) -> None:
        self._local = local

    def extent(self) -> Extent:
        return self._local.extent()

    def weights_hash(self) -> str:
        return self._local.weights_hash()

    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        if job.keep is not None or before is not None:
            raise BadInput("The reference renderer draws whole pictures only.", "Repair with the local engine.")
        job, started, pipe = canonical(job), time.perf_counter(), self._local.pipe
        canvas = (job.extent.height // pipe.vae_scale_factor, job.extent.width // pipe.vae_scale_factor)
        field = Field(job, Window(0, 0, *canvas), canvas, 1, frozenset(), *sampler.place_of(pipe.unet))
        noise = sampler.draw_noise(job, field, pipe.unet.config.in_channels, canvas, dtype=pipe.unet.dtype)[None]
        passes = _Passes(pipe, job, self._local.experts(job), torch.from_numpy(field.finest).to(noise))
        latents = noise
        for moment in sampler.denoise(passes, sampler.make_scheduler(job.scheduler, pipe.scheduler), noise, job):
            latents = moment.latents
            yield Step(moment.step, moment.of)
        image = sampler.decode(pipe, latents)[0]
        seconds = time.perf_counter() - started
        yield Picture(image, latents[0].float().cpu().numpy(), seconds, calls=passes.calls)


class _Passes:
    """One denoiser call a block and step; block 0 is the global prompt."""

    def __init__(self, pipe: Any, job: RenderJob, experts: dict[str, ExpertWeights], weights: Tensor) -> None:
        self._pipe, self._job, self._weights, self.calls = pipe, job, weights, 0.0
        self._experts = experts
        self._reader = TextReader(pipe)
        self._windows = {a.id: (a.start, a.end) for a in job.adapters}
        background = (job.prompt, job.background_adapter, job.background_scale)
        artist, (height, width) = Artist.of(pipe) if job.regions else None, weights.shape[1:]
        states = [self._reader.read(r.prompt, {}, 0.0)[0] for r in job.regions]
        canvas = (height, width)
        self._sketches = artist and Sketches(artist, job, states, Window(0, 0, *canvas), canvas)
        self._blocks = [background, *((r.prompt, r.adapter, r.scale) for r in job.regions)]

    def predict(self, latents: Tensor, timestep: Tensor, step: int, of: int) -> Tensor:
        weights = self._shares(step, of)
        guide = self._sketches.guide(sketched_at(self._job, step / of)) if self._sketches else None
        return torch.stack([
            w * self._one(latents, timestep, step / of, guide, *block)
            for w, block in zip(weights, self._blocks, strict=True)
        ]).sum(0)  # fmt: skip

    def _shares(self, step: int, of: int) -> Tensor:
        """Weights (blocks, h, w) of a step: β to the global prompt, strengths and windows as in the engine."""
        first, last = self._job.global_share
        share = first + (last - first) * step / max(of - 1, 1)
        weights = (1 - share) * self._weights
        for block, region in enumerate(self._job.regions, 1):
            if region.start <= step / of < region.end:
                weights[block] *= region.strength
            else:  # the background's meanwhile
                weights[0] += weights[block]
                weights[block] = 0
        weights[0] += share
        return weights / weights.sum(0)

    def _one(
        self,
        latents: Tensor,
        timestep: Tensor,
        progress: float,
        guide: Guide | None,
        prompt: str,
        adapter: str | None,
        scale: float,
    ) -> Tensor:
        unet, weights, text = self._pipe.unet, {}, {}
        if adapter is not None and self._windows[adapter][0] <= progress < self._windows[adapter][1]:
            expert = self._experts[adapter]
            unet, text = expert.checkpoint or unet, expert.text
            weights = fused_weights(unet, expert.unet, scale)
        told = self._reader.read(prompt, text, scale)
        without = self._reader.read_negative(self._job.negative, text, scale)
        extent = self._job.extent
        found, own = [], unet is self._pipe.unet  # sketches are for that one alone
        for (states, pooled), silent in ((without, 1), (told, 0)):
            heard = guide.batch(silent, 1 - silent, latents.dtype) if guide is not None and own else {}
            conditions = None if pooled is None else self._reader.conditions([pooled], (extent.height, extent.width))
            with equipped({}, {}, weights):
                found.append(
                    unet(
                        latents, timestep, encoder_hidden_states=states[None], added_cond_kwargs=conditions, **heard
                    ).sample
                )
        self.calls += 1
        return found[0] + self._job.guidance * (found[1] - found[0])
