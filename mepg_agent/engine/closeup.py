"""Regenerating a region as a picture of its own: the crop around it is drawn as large as the whole canvas, then made
small again and put back.

A thing that takes a few latent positions has no room to become anything; enlarged, it gets the whole grid. The crop's
surroundings are held as in any repair, so that what is drawn fits in.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from mepg_agent.engine.adapters import ExpertWeights
from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.blending import blend
from mepg_agent.engine.checkpoints import Ensemble
from mepg_agent.engine.regions import check, redraw
from mepg_agent.engine.sampler import decode, encode
from mepg_agent.engine.windows import Window, touched
from mepg_agent.records import Keep, RenderJob
from mepg_agent.scene import EPS, Box, PixelBox

MARGIN = 1 / 8  # of the canvas: what a view shows around its boxes


@dataclass(frozen=True)
class View:
    """A part of the canvas, of the canvas's own shape."""

    box: Box

    @classmethod
    def around(cls, boxes: tuple[Box, ...]) -> View:
        """The smallest one that shows all boxes and a margin around them."""
        both = boxes[0]
        for box in boxes[1:]:
            both = both.union(box)
        side = max(both.width, both.height) + 2 * MARGIN
        return cls(Box.centered(both.cx, both.cy, side, side))

    def seen(self, box: Box) -> Box | None:
        """The part of a box that is seen, in fractions of the view."""
        left, top = max(box.x, self.box.x), max(box.y, self.box.y)
        right, bottom = min(box.right, self.box.right), min(box.bottom, self.box.bottom)
        if min(right - left, bottom - top) < EPS:  # a box that only touches the view may overlap it by a rounding
            return None
        x, y = (left - self.box.x) / self.box.width, (top - self.box.y) / self.box.height
        wide, high = (right - left) / self.box.width, (bottom - top) / self.box.height
        return Box(x=x, y=y, width=min(wide, 1 - x), height=min(high, 1 - y))


def draw_closeup(
    pipe: Any, job: RenderJob, experts: dict[str, ExpertWeights], before: tuple[Pixels, Latents]
) -> Iterator[Step | Picture]:
    """Draws the boxes of `job.keep` again on top of `before`, enlarged; see `Engine.run`."""
    keep = check(pipe, job, before)
    started, (image, accepted) = time.perf_counter(), before
    view, canvas = View.around(keep.redraw), (accepted.shape[1], accepted.shape[2])
    place, scale = view.box.pixels(job.extent), pipe.vae_scale_factor
    near = _enlarged(job, view)
    large = _resized(image[place.as_slices()], job.extent.width, job.extent.height)
    boxes = [seen.pixels(job.extent) for box in keep.redraw if (seen := view.seen(box)) is not None]
    run = Ensemble(pipe, near, experts, Window(0, 0, *canvas), canvas)
    free = torch.from_numpy(touched(boxes, canvas, scale)).to(pipe.unet.device)
    latents = torch.empty(0)
    for moment in redraw(pipe, run, near, keep.candidates, encode(pipe, large), free, canvas):
        latents = moment.latents.float()
        yield Step(moment.step, moment.of)
    drawn = [_put_back(image, small, place, keep, job) for small in decode(pipe, latents)]
    found = tuple((picture, _codes(pipe, picture, accepted, keep, job)) for picture in drawn)
    seconds = time.perf_counter() - started
    shares = {r.id: seconds * float(s) for r, s in zip(near.regions, run.field.finest.mean((1, 2))[1:], strict=True)}
    calls = run.calls * keep.candidates
    yield Picture(found[0][0], found[0][1], seconds, calls, shares, candidates=found)


def _enlarged(job: RenderJob, view: View) -> RenderJob:
    """The job with what the view shows of its regions."""
    seen = ((region, view.seen(region.box)) for region in job.regions)
    regions = tuple(region.model_copy(update={"box": box}) for region, box in seen if box is not None)
    return job.model_copy(update={"regions": regions})


def _put_back(image: Pixels, large: Pixels, place: PixelBox, keep: Keep, job: RenderJob) -> Pixels:
    new = image.copy()
    new[place.as_slices()] = _resized(large, place.width, place.height)
    return blend(image, new, [box.pixels(job.extent) for box in keep.redraw])


def _codes(pipe: Any, picture: Pixels, accepted: Latents, keep: Keep, job: RenderJob) -> Latents:
    """Latents of the picture where it is new, those from before elsewhere."""
    boxes = [box.pixels(job.extent) for box in keep.redraw]
    new = touched(boxes, (accepted.shape[1], accepted.shape[2]), pipe.vae_scale_factor)
    return np.where(new, encode(pipe, picture).float().cpu().numpy(), accepted)


def _resized(image: Pixels, width: int, height: int) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(image, "RGB").resize((width, height), Image.Resampling.LANCZOS))
