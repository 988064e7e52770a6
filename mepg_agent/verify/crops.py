"""The parts of a picture that are looked at for one region."""

from __future__ import annotations

import numpy as np
from PIL import Image

from mepg_agent.scene import Box
from mepg_agent.verify.base import Pixels

GROWN = 1.15  # side of the square that is looked at, in longer sides of the region
PART, AWAY = 0.55, 0.2  # side of a part in longer sides of the region, and how far its middle is away in the region's
PARTS = tuple((across, down) for down in (-AWAY, AWAY) for across in (-AWAY, AWAY))


def square_crop(image: Pixels, box: Box, grown: float = GROWN) -> Image.Image:
    """The square around `box`, `grown` times its longer side; beyond the canvas its edge is repeated."""
    return _square(image, box, box.cx, box.cy, grown)


def part_crops(image: Pixels, box: Box) -> list[Image.Image]:
    """Squares of four parts of `box`, one for each of PARTS, that overlap in its middle: they show what it is painted
    with, where the whole made as small as models see it is smooth."""
    return [_square(image, box, box.cx + x * box.width, box.cy + y * box.height, PART) for x, y in PARTS]


def _square(image: Pixels, box: Box, cx: float, cy: float, grown: float) -> Image.Image:
    height, width = image.shape[:2]
    half = max(box.width * width, box.height * height) * grown / 2
    x, y = cx * width, cy * height
    columns = np.arange(round(x - half), max(round(x + half), round(x - half) + 1)).clip(0, width - 1)
    rows = np.arange(round(y - half), max(round(y + half), round(y - half) + 1)).clip(0, height - 1)
    return Image.fromarray(image[np.ix_(rows, columns)], "RGB")
