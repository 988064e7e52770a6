"""Seven picture styles made by image processing: what the style experts learn from.

Each takes a scene and repaints it; the same picture and generator state give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mepg_agent.training.style_fields import Field, to_bytes
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


def apply_style(style: str, image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """`image` (H, W, 3) uint8 repainted in `style`, same shape; the input is left alone.

    Raises ValueError for a style not in MADE_STYLES or a picture that is not (H, W, 3) uint8.
    """
    if style not in _PAINTERS:
        raise ValueError(f"There is no made style {style!r}. Use one of: {', '.join(MADE_STYLES)}.")
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(f"A picture is (height, width, 3) uint8, not {image.shape} {image.dtype}.")
    return to_bytes(_PAINTERS[style](image.astype(np.float32) / 255, rng))
