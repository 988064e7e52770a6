"""Putting a redrawn part into the picture before: nothing outside its boxes is written, and no square shows inside.

A part is drawn anew from noise, so that its background comes out a little lighter or darker than around it. Along the
border, where both pictures show the same, the difference is known; a membrane stretched over the boxes carries it
inwards (Poisson image editing, Pérez et al., 2003, doi 10.1145/882262.882269; by pull and push instead of a solver).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mepg_agent.engine.base import Pixels
from mepg_agent.scene import PixelBox

RAMP = 8  # pixels over which the new picture fades in, inside the box
ALIKE = 24.0  # of 255: what differs more along the border is another thing, not another tone
BLOCK = 4  # pixels: the membrane is smooth, so it is stretched over blocks of that side
SPREADS = (64.0, 32.0, 16.0, 8.0, 4.0, 2.0, 1.0)  # blocks over which it is stretched: the nearest has the last word
FAINT = 1e-3  # share of known blocks from which on a spread tells something

Map = NDArray[np.float32]


def blend(old: Pixels, new: Pixels, boxes: Sequence[PixelBox]) -> Pixels:
    """`new` inside the boxes, in the tone of `old` along their border; `old` outside, a ramp between. No pixel outside
    the boxes is written."""
    part = opacity(boxes, *old.shape[:2])
    rows, columns = (slice(line[0], line[-1] + 1) for line in (np.flatnonzero(part.any(axis)) for axis in (1, 0)))
    before, after, seen = old[rows, columns], new[rows, columns], part[rows, columns]
    toned = np.clip(after + membrane(before, after, seen), 0, 255)
    mixed = (seen[..., None] * toned + (1 - seen[..., None]) * before).round().astype(np.uint8)
    result = old.copy()
    result[rows, columns] = np.where(seen[..., None] > 0, mixed, before)
    return result


def opacity(boxes: Sequence[PixelBox], height: int, width: int) -> Map:
    """How much of the new picture is seen at each pixel: 0 outside the boxes, 1 inside but for a ramp at their edges.

    An edge on the rim of the canvas has no ramp: there is nothing to fade into.
    """
    seen = np.zeros((height, width), np.float32)
    for box in boxes:
        rows = _rise(box.top, box.bottom, height)
        columns = _rise(box.left, box.right, width)
        inside = seen[box.as_slices()]
        np.maximum(inside, np.minimum(rows[:, None], columns), out=inside)
    return seen


def membrane(old: Pixels, new: Pixels, part: Map) -> Map:
    """What is to be added to `new` (height, width, 3) so that it meets `old` where `part` rises from 0 to 1; zero where
    nothing tells."""
    from scipy.ndimage import gaussian_filter, zoom

    difference = old.astype(np.float32) - new
    known = ((part > 0) & (part < 1) & (np.abs(difference).max(-1) <= ALIKE)).astype(np.float32)[..., None]
    both = _blocks(np.concatenate([difference * known, known], axis=-1))
    added = np.zeros_like(both[..., :-1])
    for spread in SPREADS:
        near = gaussian_filter(both, (spread, spread, 0))
        trust = np.clip(near[..., -1:] / FAINT, 0, 1)
        added += trust * (near[..., :-1] / np.maximum(near[..., -1:], 1e-9) - added)
    smooth = np.asarray(zoom(added, (BLOCK, BLOCK, 1), order=1, mode="nearest", grid_mode=True), np.float32)
    return smooth[: part.shape[0], : part.shape[1]]


def _blocks(values: Map) -> Map:
    """Means over blocks; what is missing at the end of a side is unknown."""
    height, width, channels = values.shape
    padded = np.pad(values, ((0, -height % BLOCK), (0, -width % BLOCK), (0, 0)))
    return padded.reshape(-(-height // BLOCK), BLOCK, -(-width // BLOCK), BLOCK, channels).mean((1, 3))


def _rise(low: int, high: int, limit: int) -> Map:
    ramp = max(min(RAMP, (high - low) // 4), 1)
    at = np.arange(low, high) + 0.5
    from_low = (at - low) / ramp if low > 0 else np.ones(high - low)
    from_high = (high - at) / ramp if high < limit else np.ones(high - low)
    return np.minimum(np.minimum(from_low, from_high), 1.0).astype(np.float32)
