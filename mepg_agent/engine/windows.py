"""Windows of latent positions: the whole canvas, or the crops that a repair or a checkpoint expert works on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mepg_agent.scene import PixelBox

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


def crops(boxes: Sequence[PixelBox], canvas: tuple[int, int], scale: int, multiple: int, halo: float) -> list[Window]:
    """Windows of latent positions that cover `boxes` plus a halo, a fraction of the canvas's longer side, without
    overlap. Their sides are multiples of `multiple`, as the denoiser's coarsest grid wants them; where they begin is
    free."""
    wide = max(round(halo * max(canvas)), 1)
    found: list[Window] = []
    for box in boxes:
        top, bottom = box.top // scale - wide, -(-box.bottom // scale) + wide
        left, right = box.left // scale - wide, -(-box.right // scale) + wide
        found.append(Window(top, left, bottom - top, right - left))
    merged = disjoint(found, lambda window: _fitted(window, canvas, multiple))
    if sum(w.area for w in merged) >= WHOLE * canvas[0] * canvas[1]:
        return [Window(0, 0, *canvas)]
    return merged


def _fitted(window: Window, canvas: tuple[int, int], multiple: int) -> Window:
    """Cut at the canvas, then grown to whole multiples."""
    top, height = _span(window.top, window.top + window.height, canvas[0], multiple)
    left, width = _span(window.left, window.left + window.width, canvas[1], multiple)
    return Window(top, left, height, width)


def _span(low: int, high: int, limit: int, multiple: int) -> tuple[int, int]:
    low, high = max(low, 0), min(high, limit)
    length = min(-(-(high - low) // multiple) * multiple, limit)
    return min(max(low - (length - (high - low)) // 2, 0), limit - length), length


def disjoint(windows: Sequence[Window], fitted: Callable[[Window], Window] = lambda window: window) -> list[Window]:
    """The same windows, `fitted`, with overlapping ones joined into their common rectangle."""
    done: list[Window] = []
    for window in map(fitted, windows):
        while over := [w for w in done if _overlap(w, window)]:
            done = [w for w in done if w not in over]
            top, left = min(w.top for w in (*over, window)), min(w.left for w in (*over, window))
            bottom = max(w.top + w.height for w in (*over, window))
            right = max(w.left + w.width for w in (*over, window))
            window = fitted(Window(top, left, bottom - top, right - left))
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
