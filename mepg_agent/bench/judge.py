"""What the independent scorer finds in a picture, region by region: thing, style, leaks, place and seams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from mepg_agent.bench.scorer import SIZE, Answers, Scorer
from mepg_agent.engine.base import Pixels
from mepg_agent.scene import Box, Extent, Region, ScenePlan
from mepg_agent.verify.crops import PARTS, part_crops, square_crop

STRIDE = 1 / 16  # of the canvas: where a thing is looked for
FREE, MARGIN = 0.2, 0.02  # of the canvas: side of a square of background, and how far from any box it is
SCALES = (0.8, 1.0, 1.25)  # of its region's longer side


@dataclass(frozen=True)
class Judged:
    """One region of one picture. Shares and scores are 0..1."""

    noun: bool  # the scorer sees the thing that was asked for
    style: bool | None  # in the style that was asked for; None: none was, or one that the scorer does not know
    leak: bool  # it sees another region's thing, or another region's style, instead
    iou: float  # of the region's box with the square where the thing is likeliest


def look(scorer: Scorer, image: Pixels, boxes: Sequence[Box]) -> Answers[NDArray[np.float32]]:
    """Probabilities of nouns, styles and colours in boxes of the picture. What a thing is painted with is lost where
    the whole of it is made small, so styles are the mean of those of the whole and of its parts."""
    whole = glance(scorer, [square_crop(image, box) for box in boxes])
    parts = glance(scorer, [part for box in boxes for part in part_crops(image, box)]).styles
    parts = parts.reshape(len(boxes), len(PARTS), -1)
    return whole._replace(styles=np.concatenate([whole.styles[:, None], parts], 1).mean(1))


def glance(scorer: Scorer, crops: Sequence[Image.Image]) -> Answers[NDArray[np.float32]]:
    """Probabilities of nouns, styles and colours by each crop as a whole."""
    small = [np.asarray(crop.resize((SIZE, SIZE), Image.Resampling.BILINEAR)) for crop in crops]
    pixels = torch.from_numpy(np.stack(small)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return Answers(*(each.numpy() for each in scorer.judge(pixels)))


def style_of(region: Region, plan: ScenePlan, scorer: Scorer) -> str | None:
    """The style the scorer should see: the expert's id, or the look that is named."""
    wanted = region.expert or region.style or plan.style
    return wanted if wanted in scorer.styles else None


def judge(scorer: Scorer, image: Pixels, plan: ScenePlan) -> list[Judged]:
    """Every region of the plan, in its order."""
    nouns, styles, _ = look(scorer, image, [region.box for region in plan.regions])
    wanted = [style_of(region, plan, scorer) for region in plan.regions]
    found, named = [], scorer.named(nouns)
    for i, region in enumerate(plan.regions):
        noun, style = named[i], scorer.styles[int(styles[i].argmax())]
        others = [r.noun for r in plan.regions if r.noun != region.noun]
        foreign = [s for s in wanted if s is not None and s != wanted[i]]
        found.append(
            Judged(
                noun=noun == region.noun,
                style=None if wanted[i] is None else style == wanted[i],
                leak=noun in others or (wanted[i] is not None and style in foreign),
                iou=_place(scorer, image, region),
            )
        )
    return found


def _place(scorer: Scorer, image: Pixels, region: Region) -> float:
    """IoU of the region's square with the square of the canvas that looks most like its thing."""
    boxes = []
    for side in (min(max(region.box.width, region.box.height) * scale, 1.0) for scale in SCALES):
        steps = np.arange(side / 2, 1 - side / 2 + 1e-6, STRIDE * 2)
        boxes += [Box.centered(float(x), float(y), side, side) for y in steps for x in steps]
    nouns = glance(scorer, [square_crop(image, box) for box in boxes]).nouns
    best = boxes[int(nouns[:, scorer.nouns.index(region.noun)].argmax())]
    side = max(region.box.width, region.box.height)
    return best.iou(Box.centered(region.box.cx, region.box.cy, side, side))


def spill(scorer: Scorer, image: Pixels, plan: ScenePlan) -> float | None:
    """Share of the background's squares that look most like a style that an expert draws inside some box; None where no
    region has one, or no square is free. The scorer knows things, not backgrounds, and takes some for a style by
    mistake: hold it against what is drawn without experts.
    """
    foreign = {r.expert for r in plan.regions if r.expert in scorer.styles} - {plan.style}
    squares = free_squares(plan)
    if not foreign or not squares:
        return None
    styles = look(scorer, image, squares).styles
    return float(np.mean([scorer.styles[best] in foreign for best in styles.argmax(1)]))


def free_squares(plan: ScenePlan) -> list[Box]:
    """Squares of the background, side by side, that no box comes near to."""
    at = np.arange(FREE / 2, 1 - FREE / 2 + 1e-6, FREE)
    squares = (Box.centered(float(x), float(y), FREE, FREE) for y in at for x in at)
    return [s for s in squares if all(s.overlap(r.box.grown(MARGIN)) == 0 for r in plan.regions)]


def seam(image: Pixels, plan: ScenePlan) -> float:
    """How much stronger edges run along the borders of boxes than elsewhere: mean step across a border pixel, over the
    mean step between neighbouring pixels of the whole picture. 1 is no seam."""
    light = image.astype(np.float32).mean(-1)
    across, down = np.abs(np.diff(light, axis=1)), np.abs(np.diff(light, axis=0))
    extent = Extent(width=image.shape[1], height=image.shape[0])
    steps: list[NDArray[np.float32]] = []
    for region in plan.regions:
        box = region.box.pixels(extent)
        rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
        steps += [across[rows, x - 1] for x in (box.left, box.right) if 0 < x < extent.width]
        steps += [down[y - 1, columns] for y in (box.top, box.bottom) if 0 < y < extent.height]
    if not steps:
        return 1.0
    whole = (across.mean() + down.mean()) / 2
    return float(np.concatenate(steps).mean() / max(whole, 1e-6))
