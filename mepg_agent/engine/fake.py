"""An engine without a model: flat boxes whose colours come from the job. For tests of everything above the protocol."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.windows import touched
from mepg_agent.errors import BadInput
from mepg_agent.records import JobRegion, Keep, RenderJob, digest
from mepg_agent.scene import Extent

LATENT_SCALE = 8  # pixels per latent position


class FakeEngine:
    """Keeps the engine's contract: same job, same bytes; a repair leaves every pixel outside its boxes alone."""

    def __init__(self, extent: Extent | None = None) -> None:
        self._extent = extent or Extent(width=128, height=128)
        self.jobs: list[RenderJob] = []  # every job that was run, in order

    def extent(self) -> Extent:
        return self._extent

    def weights_hash(self) -> str:
        return digest("fake")

    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        if (job.keep is None) != (before is None):
            raise BadInput("A repair needs the picture it repairs.", "Pass it exactly when the job keeps one.")
        self.jobs.append(job)
        for step in range(1, job.steps + 1):
            yield Step(step, job.steps)
        if job.keep is None or before is None:
            image, latents = _draw(job, 0)
            yield Picture(image, latents, seconds=0.0, calls=float(job.steps))
            return
        drawn = tuple(_put_on(before, _draw(job, n), job.keep, job.extent) for n in range(job.keep.candidates))
        share = min(sum(box.area for box in job.keep.redraw), 1.0)
        image, latents = drawn[0]
        yield Picture(image, latents, seconds=0.0, calls=job.steps * share * len(drawn), candidates=drawn)


def _draw(job: RenderJob, candidate: int) -> tuple[Pixels, Latents]:
    extent = job.extent
    image = np.empty((extent.height, extent.width, 3), np.uint8)
    image[:] = _color(job.prompt, job.seed, job.background_adapter)
    for region in sorted(job.regions, key=lambda r: r.z):
        image[region.box.pixels(extent).as_slices()] = _region_color(region, candidate)
    small = image[::LATENT_SCALE, ::LATENT_SCALE].astype(np.float32).transpose(2, 0, 1) / 127.5 - 1
    return image, np.concatenate([small, small.mean(0, keepdims=True)])


def _region_color(region: JobRegion, candidate: int) -> tuple[int, ...]:
    return _color(region.id, region.prompt, region.adapter, region.scale, region.seed, candidate)


def _color(*parts: object) -> tuple[int, ...]:
    return tuple(bytes.fromhex(digest([str(p) for p in parts])[:6]))


def _put_on(
    before: tuple[Pixels, Latents], drawn: tuple[Pixels, Latents], keep: Keep, extent: Extent
) -> tuple[Pixels, Latents]:
    """The new picture inside the boxes of the repair, the one before everywhere else."""
    boxes = [box.pixels(extent) for box in keep.redraw]
    image = np.where(touched(boxes, (extent.height, extent.width), 1)[..., None], drawn[0], before[0])
    latents = np.where(touched(boxes, before[1].shape[1:], LATENT_SCALE), drawn[1], before[1])
    return image, latents
