"""Windows of latent positions: the whole canvas, or the crops that a repair or a checkpoint expert works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mepg_agent.scene import PixelBox

HALO = 1 / 8  # of the canvas's longer side: what a crop sees around a box
WHOLE = 0.75  # crops that cover more of the canvas than this are drawn as the whole canvas


@dataclass(frozen=True)
class Window:
    """A rectangle of latent positions: the whole canvas, or the crop that a repair draws."""

    top: int
    left: int
    height: int
    width: int

    @property
    def area(self) -> int:
        return self.height * self.width

    def as_slices(self) -> tuple[slice, slice]:
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)

    def coarser(self, factor: int) -> Window:
        """The same rectangle on a grid `factor` times coarser; its edges must lie on that grid."""
        return Window(self.top // factor, self.left // factor, self.height // factor, self.width // factor)


def crops(boxes: Sequence[PixelBox], canvas: tuple[int, int], scale: int, multiple: int) -> list[Window]:
    """Windows of latent positions that cover `boxes` plus a halo, on the grid `multiple`, without overlap."""
    halo = round(HALO * max(canvas))
    found: list[Window] = []
    for box in boxes:
        top, bottom = _span(box.top, box.bottom, scale, halo, multiple, canvas[0])
        left, right = _span(box.left, box.right, scale, halo, multiple, canvas[1])
        found.append(Window(top, left, bottom - top, right - left))
    merged = disjoint(found)
    if sum(w.area for w in merged) >= WHOLE * canvas[0] * canvas[1]:
        return [Window(0, 0, *canvas)]
    return merged


def _span(low: int, high: int, scale: int, halo: int, multiple: int, limit: int) -> tuple[int, int]:
    low, high = low // scale - halo, -(-high // scale) + halo
    return max(low // multiple * multiple, 0), min(-(-high // multiple) * multiple, limit)


def disjoint(windows: Sequence[Window]) -> list[Window]:
    """The same windows with overlapping ones joined into their common rectangle."""
    done: list[Window] = []
    for window in windows:
        while over := [w for w in done if _overlap(w, window)]:
            done = [w for w in done if w not in over]
            top, left = min(w.top for w in (*over, window)), min(w.left for w in (*over, window))
            bottom = max(w.top + w.height for w in (*over, window))
            right = max(w.left + w.width for w in (*over, window))
            window = Window(top, left, bottom - top, right - left)
        done.append(window)
    return done


def _overlap(a: Window, b: Window) -> bool:
    return (
        a.top < b.top + b.height
        and b.top < a.top + a.height
        and a.left < b.left + b.width
        and b.left < a.left + a.width
    )


def touched(boxes: Sequence[PixelBox], canvas: tuple[int, int], scale: int) -> NDArray[np.bool_]:
    """Latent positions (h, w) under any pixel of the boxes: the ones a repair may change."""
    mask = np.zeros(canvas, bool)
    for box in boxes:
        mask[box.top // scale : -(-box.bottom // scale), box.left // scale : -(-box.right // scale)] = True
    return mask
