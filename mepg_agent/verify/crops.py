"""The part of a picture that is looked at for one region."""

from __future__ import annotations

import numpy as np
from PIL import Image

from mepg_agent.scene import Box
from mepg_agent.verify.base import Pixels

GROWN = 1.15  # side of the square that is looked at, in longer sides of the region


def square_crop(image: Pixels, box: Box, grown: float = GROWN) -> Image.Image:
    """The square around `box`, `grown` times its longer side; beyond the canvas its edge is repeated."""
    height, width = image.shape[:2]
    half = max(box.width * width, box.height * height) * grown / 2
    x, y = box.cx * width, box.cy * height
    columns = np.arange(round(x - half), max(round(x + half), round(x - half) + 1)).clip(0, width - 1)
    rows = np.arange(round(y - half), max(round(y + half), round(y - half) + 1)).clip(0, height - 1)
    return Image.fromarray(image[np.ix_(rows, columns)], "RGB")
