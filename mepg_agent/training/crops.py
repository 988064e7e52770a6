"""Crops of single things, cut from scenes once and jittered at every use: what verifier and scorer learn from.

They see a thing as a whole, made small, and parts of it, which alone show the grain of paper and the grid of pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from mepg_agent.engine.patch_autoencoder import PatchAutoencoder
from mepg_agent.training.draws import integers, normal, uniform
from mepg_agent.training.pool import Pool, to_float
from mepg_agent.verify.crops import AWAY, PART, PARTS

MARGIN = 1.8  # a stored crop is this much wider than its thing, and a second one exactly as wide, for its parts
STORED = 112  # pixels of a stored crop: the thing itself spans 62 of them, and all of the second
SIZE = 64  # pixels of a crop as the models see it
WIDE, CLOSE = 0, 1  # kinds of stored crops
WHOLES = 2  # views of whole things for every view of a part of one, which teaches its style alone
TRIES = 8
CODED = 128  # scenes of each style, and CODED_PLAIN of those of all kinds, that are also seen as the autoencoder
CODED_PLAIN = 640  # gives them back: flat surfaces that it roughened are no texture
BLURRED = 0.2  # at most, of the spread of the codes: how far off codes are that are given back
HELD_OUT = 256  # the pool's first scenes are never trained on


@dataclass
class Crops:
    """pixels (n, 2, 112, 112, 3) uint8: the thing and what is around it, and the thing alone, larger; labels (n, 3):
    noun, style, colour, -1 is none."""

    pixels: Tensor
    labels: Tensor

    def drawn(self, count: int, generator: torch.Generator) -> Tensor:
        """Rows (count,): half of them any crop, half of a style that is drawn first: rare styles are learned too."""
        anyone = integers(len(self.labels), (count - count // 2,), generator)
        order, starts, counts = self._by_style
        style, part = integers(len(starts), (count // 2,), generator), uniform((count // 2,), generator)
        return torch.cat([anyone, order[starts[style] + (part * counts[style]).long()]])

    @cached_property
    def _by_style(self) -> tuple[Tensor, Tensor, Tensor]:
        """All rows sorted by style; where each style that there is begins, and how many rows it has."""
        counts = self.labels[:, 1].unique(return_counts=True)[1]
        return self.labels[:, 1].argsort(stable=True), counts.cumsum(0) - counts, counts

    def to(self, device: torch.device) -> Crops:
        return Crops(self.pixels.to(device), self.labels.to(device))

    def batch(self, rows: Tensor, generator: torch.Generator, rough: bool = True) -> Tensor:
        """Views (n, 3, 64, 64) in -1..1, off and too wide or a little narrow, as drawn things are in their boxes."""
        noise = uniform((3, len(rows), 1, 1), generator)
        half = (0.45 + 0.35 * noise[0]) * 2 / MARGIN
        view = self._views(WIDE, rows, half, *((noise[1:] - 0.5) * 0.5 / MARGIN))
        return roughen(view, generator) if rough else view

    def parts(self, rows: Tensor, generator: torch.Generator, rough: bool = True) -> Tensor:
        """Views (n, 3, 64, 64) of a part of each thing, about as large as those of `verify/crops.part_crops`."""
        noise = uniform((3, len(rows), 1, 1), generator)
        view = self._views(CLOSE, rows, PART + 0.2 * (noise[0] - 0.5), *((noise[1:] - 0.5) * 2.4 * AWAY * 2))
        return roughen(view, generator) if rough else view

    def four_parts(self, rows: Tensor, generator: torch.Generator) -> list[Tensor]:
        """As many views of each thing as are looked at, clean: what accuracy on parts is measured with."""
        return [self.parts(rows, generator, rough=False) for _ in PARTS]

    def edges(self, rows: Tensor, generator: torch.Generator) -> Tensor:
        """Views (n, 3, 64, 64) that hold a corner of their thing and what is around it: nothing that can be named."""
        noise = uniform((3, len(rows), 1, 1), generator)
        half = (0.35 + 0.3 * noise[0]) / MARGIN
        side = integers(4, noise[1].shape, generator)
        away, along = (0.95 + 0.15 * noise[1]) / MARGIN, (2 * noise[2] - 1) / MARGIN
        sign = torch.where(side < 2, -1.0, 1.0) * away
        x, y = torch.where(side % 2 == 0, sign, along), torch.where(side % 2 == 0, along, sign)
        return roughen(self._views(WIDE, rows, half, x, y), generator)

    def _views(self, kind: int, rows: Tensor, half: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Squares of `half` the side around (x, y), in -1..1 of the stored crops of that kind; all (n, 1, 1)."""
        steps = torch.linspace(-1 + 1 / SIZE, 1 - 1 / SIZE, SIZE, device=half.device)
        across, down = steps[None, None, :] * half + x, steps[None, :, None] * half + y
        shape = (len(rows), SIZE, SIZE)
        grid = torch.stack([across.expand(shape), down.expand(shape)], -1)
        return F.grid_sample(to_float(self.pixels[rows, kind]), grid, padding_mode="border", align_corners=False)


def batch_of(
    sets: Sequence[Crops], count: int, generator: torch.Generator, kind: Callable[..., Tensor] = Crops.batch
) -> tuple[Tensor, Tensor]:
    """Views (count, 3, 64, 64) and their labels, as many from each of `sets`; `kind` is the method that cuts them."""
    views, labels = [], []
    for crops in sets:
        rows = crops.drawn(count // len(sets), generator)
        views.append(kind(crops, rows, generator))
        labels.append(crops.labels[rows])
    return torch.cat(views), torch.cat(labels)


def naming(logits: Tensor, nouns: Tensor, smoothing: float = 0.0) -> Tensor:
    """Mean cross-entropy of logits (n, nouns) and numbers of nouns (n,); of what is none, -1, to be sure of nothing."""
    count = logits.shape[1]
    wanted = F.one_hot(nouns.clamp(min=0), count).float()
    wanted = torch.where((nouns < 0)[:, None], 1 / count, wanted)
    return F.cross_entropy(logits.float(), wanted, label_smoothing=smoothing)


def right(logits: Tensor, true: Tensor) -> Tensor:
    """Share of right answers among those that are known."""
    return (logits.argmax(1) == true)[true >= 0].float().mean()


def joined(parts: Iterable[Crops]) -> Crops:
    every = list(parts)
    return Crops(torch.cat([p.pixels for p in every]), torch.cat([p.labels for p in every]))


def held_out(pools: Iterable[Pool]) -> Crops:
    """Every thing of the scenes that are never trained on."""
    return joined(cut(pool, 0, HELD_OUT) for pool in pools)


def middle(pool: Pool) -> int:
    """The verifier learns from the scenes before, the benchmark's scorer from those after."""
    return HELD_OUT + (len(pool) - HELD_OUT) // 2


def cut(pool: Pool, start: int, stop: int) -> Crops:
    """Every thing of the scenes start..stop."""
    return things(pool, ((row, pool.picture(row)) for row in range(start, stop)))


def coded(vae: PatchAutoencoder, pool: Pool, start: int, stop: int) -> Crops:
    """Every thing of the scenes start..stop as the autoencoder gives them back from codes that are a little off, which
    is how far drawn pictures differ from composed ones whatever they show."""
    return things(pool, _given_back(vae, pool, start, stop))


def lessons(vae: PatchAutoencoder, every: Sequence[Pool], spans: Sequence[tuple[int, int]]) -> list[Crops]:
    """Every thing of the scenes start..stop of each pool; and those of the first of them as the autoencoder gives them
    back; on its device."""
    composed, given = [], []
    for pool, (start, stop) in zip(every, spans, strict=True):
        count = CODED_PLAIN if pool.source.style is None else CODED
        composed.append(cut(pool, start, stop))
        given.append(coded(vae, pool, start, min(start + count, stop)))
    return [joined(each).to(vae.device) for each in (composed, given)]


@torch.inference_mode()
def _given_back(vae: PatchAutoencoder, pool: Pool, start: int, stop: int) -> Iterator[tuple[int, Image.Image]]:
    generator = torch.Generator(vae.device).manual_seed(pool.source.seed + 8)
    for rows in torch.arange(start, stop).split(8):
        codes = vae.code(to_float(pool.pictures(rows).to(vae.device)))
        off = normal(codes.shape, generator) / vae.config["scaling_factor"]
        amount = BLURRED * uniform((len(codes), 1, 1, 1), generator)
        pictures = vae.picture(codes + off * amount)
        shown = ((pictures.float() + 1) * 127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu()
        yield from zip(rows.tolist(), (Image.fromarray(picture.numpy()) for picture in shown), strict=True)


def things(pool: Pool, scenes: Iterable[tuple[int, Image.Image]]) -> Crops:
    pixels, labels = [], []
    for row, image in scenes:
        for box, label in zip(pool.boxes[row].tolist(), pool.labels[row], strict=True):
            if label[0] >= 0:
                pixels.append(windows(image, box))
                labels.append(label)
    return Crops(torch.stack(pixels), torch.stack(labels))


def cut_empty(pool: Pool, start: int, stop: int) -> Crops:
    """A square of every scene start..stop in which no thing stands, where a few tries find one. Labels are -1."""
    generator = torch.Generator().manual_seed(pool.source.seed)
    pixels = []
    for row in range(start, stop):
        things = [b for b, label in zip(pool.boxes[row].tolist(), pool.labels[row], strict=True) if label[0] >= 0]
        for left, top, side in uniform((TRIES, 3), generator).tolist():
            side = 0.2 + 0.3 * side
            box = [left * (1 - side), top * (1 - side), left * (1 - side) + side, top * (1 - side) + side]
            if not any(_meet(box, thing) for thing in things):
                pixels.append(windows(pool.picture(row), box))
                break
    return Crops(torch.stack(pixels), torch.full((len(pixels), 3), -1))


def _meet(a: list[float], b: list[float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def windows(image: Image.Image, box: list[float]) -> Tensor:
    """(2, 112, 112, 3): the box and what is around it, and the box alone."""
    return torch.from_numpy(np.stack([window(image, box, margin) for margin in (MARGIN, 1.0)]))


def window(image: Image.Image, box: list[float], margin: float) -> np.ndarray:
    """Square window (112, 112, 3) around the box (corners, fractions), `margin` of its longer side; beyond the picture
    its edge is repeated."""
    side = max(box[2] - box[0], box[3] - box[1]) * image.width * margin
    left, top = (box[0] + box[2]) / 2 * image.width - side / 2, (box[1] + box[3]) / 2 * image.height - side / 2
    pad = ceil(max(-left, -top, left + side - image.width, top + side - image.height, 0))
    if pad:
        image = Image.fromarray(np.pad(np.asarray(image), ((pad, pad), (pad, pad), (0, 0)), mode="edge"))
        left, top = left + pad, top + pad
    area = (max(left, 0.0), max(top, 0.0), min(left + side, image.width), min(top + side, image.height))
    return np.array(image.resize((STORED, STORED), Image.Resampling.BILINEAR, box=area))


def roughen(image: Tensor, generator: torch.Generator) -> Tensor:
    """What drawn pictures have and scenes have not: blur, grain, shifted light. (n, 3, s, s) -> same."""
    amount = uniform((4, len(image), 1, 1, 1), generator)
    soft = F.interpolate(F.avg_pool2d(image, 2), size=image.shape[-2:], mode="bilinear")
    image = torch.lerp(image, soft, amount[0] * (amount[0] > 0.7))
    image = image + normal(image.shape, generator) * 0.16 * (amount[1] - 0.5).clamp(min=0)
    return (image * (0.85 + 0.3 * amount[2]) + 0.2 * (amount[3] - 0.5)).clamp(-1, 1)
