"""Sketches of a job's regions, placed in their boxes, as guidance for the denoiser.

Boxes as a condition of their own are GLIGEN's (arXiv 2301.07093); here they say where each sketch stands. A family
has sketches where its manifest names a folder of them; others draw from words alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor

from mepg_agent.engine.sketch_reader import DOTS, SketchReader
from mepg_agent.engine.sketcher import Sketcher
from mepg_agent.engine.windows import Window
from mepg_agent.records import RenderJob
from mepg_agent.scene import Box

SEEN = 60 / 255  # how opaque a sketch is where it shows its thing
INSET = 0.05  # of a box's side, left free around its thing for what a style adds to it: a glow, a border, a shadow


@dataclass(frozen=True)
class Guide:
    """Residuals (1, c, h, w) for a denoiser on one window: of its skip connections, finest first, and of its middle."""

    skips: tuple[Tensor, ...]
    middle: Tensor

    def batch(self, silent: int, told: int, dtype: torch.dtype) -> dict[str, Any]:
        """Arguments of a UNet that draws `silent` pictures without, then `told` ones with them."""

        def rows(residual: Tensor) -> Tensor:
            shape = residual.shape[1:]
            return torch.cat([residual.new_zeros(silent, *shape), residual.expand(told, *shape)]).to(dtype)

        return {
            "down_block_additional_residuals": [rows(each) for each in self.skips],
            "mid_block_additional_residual": rows(self.middle),
        }


class Artist:
    """Sketcher and reader of one family."""

    def __init__(self, sketcher: Sketcher, reader: SketchReader) -> None:
        for part in (sketcher, reader):
            part.eval().requires_grad_(False)
        self.sketcher, self.reader = sketcher, reader

    @classmethod
    def load(cls, folder: Path, device: str) -> Artist:
        """From the folders `sketcher` and `reader` below `folder`."""
        sketcher: Any = Sketcher.from_pretrained(folder / "sketcher")
        reader: Any = SketchReader.from_pretrained(folder / "reader")
        return cls(sketcher.float(), reader.float()).to(device)

    def to(self, device: str) -> Self:
        parts: Any = (self.sketcher, self.reader)
        for part in parts:
            part.to(device)
        return self

    @staticmethod
    def of(pipe: Any) -> Artist | None:
        """Who sketches for a pipeline's denoiser, where the family has one."""
        return getattr(pipe, "artist", None)

    def joins(self, pipe: Any) -> None:
        pipe.artist = self

    @torch.inference_mode()
    def sketch(self, states: Tensor, boxes: Sequence[Box], canvas: tuple[int, int]) -> Tensor:
        """Sketches of the things that `states` (n, tokens, channels) tell, each in its box on a sheet (n, 4, h, w) for
        a canvas of that latent size."""
        corners = torch.tensor([(b.x, b.y, b.right, b.bottom) for b in boxes], device=states.device)
        inwards = INSET * (corners[:, 2:] - corners[:, :2]).repeat(1, 2) * corners.new_tensor([1, 1, -1, -1])
        return placed(self.sketcher(states.float()), corners + inwards, (canvas[0] * DOTS, canvas[1] * DOTS))

    @torch.inference_mode()
    def guide(self, layers: Tensor) -> Guide:
        """Of sketches on their sheets, far to near."""
        skips, middle = self.reader(stacked(layers)[None])
        return Guide(tuple(skips), middle)


class Sketches:
    """The regions of a job, each sketched once, as a window of its canvas shows them."""

    def __init__(
        self, artist: Artist, job: RenderJob, states: Sequence[Tensor], window: Window, canvas: tuple[int, int]
    ) -> None:
        """`states` (tokens, channels) are what each region's prompt says, `canvas` the latent size of the picture."""
        layers = artist.sketch(torch.stack(list(states)), [r.box for r in job.regions], canvas)
        self._artist, self._job, self.layers = artist, job, seen_from(layers, window)
        self._guides: dict[tuple[bool, ...], Guide | None] = {}

    def guide(self, told: tuple[bool, ...]) -> Guide | None:
        """What the denoiser hears of the regions that are `told`; None where there are none."""
        if told not in self._guides:
            shown = [i for i, on in enumerate(told) if on]
            shown.sort(key=lambda i: self._job.regions[i].z)
            self._guides[told] = self._artist.guide(self.layers[shown]) if shown else None
        return self._guides[told]


def sketched_at(job: RenderJob, progress: float) -> tuple[bool, ...]:
    """By region: whether it is heard at that part of the drawing, 0..1, and its expert still wants a sketch."""
    ends = {adapter.id: adapter.sketched for adapter in job.adapters}
    return tuple(r.start <= progress < min(r.end, ends.get(r.adapter or "", 1.0)) for r in job.regions)


def seen_from(layers: Tensor, window: Window) -> Tensor:
    """The part of sheets (n, 4, h, w) that a window of latent positions shows."""
    rows, columns = (slice(s.start * DOTS, s.stop * DOTS) for s in window.as_slices())
    return layers[..., rows, columns]


def silhouettes(layers: Tensor) -> Tensor:
    """How much of its expert each region hears at every latent position, (n, h, w) in 0..1: all of it on its thing and
    a position around it, nothing from there on."""
    solid = (F.max_pool2d(layers[:, 3:], DOTS) > SEEN).float()
    return F.avg_pool2d(F.max_pool2d(solid, 3, 1, 1), 3, 1, 1, count_include_pad=False)[:, 0]


def visible(sketches: Tensor) -> Tensor:
    """Corners (n, 4) of what is seen of sketches, in fractions; all of one of which nothing is seen."""
    seen = sketches[:, 3] > SEEN
    side, corners = sketches.shape[-1], []
    for axis in (1, 2):  # across, down
        some = seen.any(axis).float()
        places = torch.arange(side, device=sketches.device)
        low = torch.where(some > 0, places, side).amin(1)
        high = torch.where(some > 0, places + 1, 0).amax(1)
        none = low >= high
        corners.append((torch.where(none, 0, low) / side, torch.where(none, side, high) / side))
    (left, right), (top, bottom) = corners
    return torch.stack([left, top, right, bottom], 1)


def placed(sketches: Tensor, boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Sketches (n, 4, side, side), each on an empty sheet (n, 4, *size): what is seen of it fills its box (n, 4;
    corners in fractions) as far as its proportions allow, in the middle and standing on the box's lower side."""
    seen = visible(sketches)
    shape = torch.tensor([size[1], size[0]], device=boxes.device)
    wide, art = (boxes[:, 2:] - boxes[:, :2]) * shape, seen[:, 2:] - seen[:, :2]
    scale = (wide / art).amin(1, keepdim=True)  # sheet pixels a side of the sketch
    taken = art * scale / shape
    left = (boxes[:, :1] + boxes[:, 2:3] - taken[:, :1]) / 2
    start = torch.cat([left, boxes[:, 3:] - taken[:, 1:]], 1)  # of what is seen, on the sheet
    # sheet point p is sketch point seen_low + (p - start) * shape / scale
    factor, shift = shape / scale, seen[:, :2] - start * shape / scale
    axes = []
    for axis, count in ((0, 2 * size[1]), (1, 2 * size[0])):  # twice as fine, then averaged
        points = (torch.arange(count, device=boxes.device) + 0.5) / count
        axes.append((points * factor[:, axis, None] + shift[:, axis, None]) * 2 - 1)
    x, y = axes
    where = torch.stack([x[:, None].expand(-1, y.shape[1], -1), y[:, :, None].expand(-1, -1, x.shape[1])], -1)
    return F.avg_pool2d(F.grid_sample(sketches, where, padding_mode="zeros", align_corners=False), 2)


def stacked(layers: Tensor) -> Tensor:
    """Premultiplied layers (…, n, 4, h, w), far to near, as one sheet (…, 4, h, w)."""
    sheet = torch.zeros_like(layers.select(-4, 0))
    for layer in layers.unbind(-4):
        sheet = layer + (1 - layer[..., 3:, :, :]) * sheet
    return sheet
