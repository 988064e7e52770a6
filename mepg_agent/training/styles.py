"""Seven picture styles made by image processing: what the style experts learn from.

Each takes a scene and repaints it; the same picture and generator state give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mepg_agent.training.style_fields import Field, grown, to_bytes
from mepg_agent.training.styles_cut import neon, paper_cut, pixel_art, stained_glass
from mepg_agent.training.styles_paint import oil, pencil_sketch, watercolor

_PAINTERS: dict[str, Callable[[Field, np.random.Generator], Field]] = {
    "watercolor": watercolor,
    "pixel-art": pixel_art,
    "neon": neon,
    "pencil-sketch": pencil_sketch,
    "stained-glass": stained_glass,
    "oil": oil,
    "paper-cut": paper_cut,
}
MADE_STYLES: tuple[str, ...] = tuple(_PAINTERS)
RIM = 6  # pixels around a thing that are painted like it
AROUND = 32  # pixels around a thing that its painter sees: what it does at the borders of a picture stays outside
GRID = 16  # pixels: parts begin on it, as the squares of pixel-art do


def apply_style(style: str, image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """`image` (H, W, 3) uint8 repainted in `style`, same shape; the input is left alone.

    Raises ValueError for a style not in MADE_STYLES or a picture that is not (H, W, 3) uint8.
    """
    if style not in _PAINTERS:
        raise ValueError(f"There is no made style {style!r}. Use one of: {', '.join(MADE_STYLES)}.")
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(f"A picture is (height, width, 3) uint8, not {image.shape} {image.dtype}.")
    return to_bytes(_PAINTERS[style](image.astype(np.float32) / 255, rng))


def restyle(style: str, canvas: Image.Image, alpha: NDArray[np.float32], left: int, top: int, seed: int) -> None:
    """Repaints in `style` the thing whose coverage `alpha` (h, w), 0..255, stands at (left, top), with a narrow rim."""
    mask = np.zeros((canvas.height + 2 * AROUND, canvas.width + 2 * AROUND), np.float32)
    row, column = max(top + AROUND, 0), max(left + AROUND, 0)
    shown = alpha[: mask.shape[0] - row, : mask.shape[1] - column]
    mask[row : row + shown.shape[0], column : column + shown.shape[1]] = shown
    mask = mask[AROUND:-AROUND, AROUND:-AROUND]
    solid = mask > 128
    if not solid.any():
        return
    rim = grown(solid, RIM)
    rows, columns = (_part(np.flatnonzero(solid.any(axis)), solid.shape[1 - axis]) for axis in (1, 0))
    part = np.asarray(canvas)[rows, columns]
    painted = apply_style(style, part, np.random.default_rng(seed))
    over = Image.fromarray((ndimage.gaussian_filter(rim[rows, columns], 0.7) * 255).round().astype(np.uint8))
    canvas.paste(Image.fromarray(painted), (columns.start, rows.start), over)


def _part(where: NDArray[np.int64], size: int) -> slice:
    """From AROUND before the first to AROUND after the last, from a line of the grid on."""
    return slice(max(int(where[0]) - AROUND, 0) // GRID * GRID, min(int(where[-1]) + AROUND, size))
