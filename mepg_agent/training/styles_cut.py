"""Styles of pieces and lights: pixel-art, neon, stained-glass, paper-cut."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mepg_agent.training.style_fields import (
    Field,
    blur,
    blur_bytes,
    edge_strength,
    kuwahara,
    luma,
    moved,
    nearest_color,
    palette,
    saturate,
    smooth_noise,
    to_bytes,
)

CELL = 4  # pixels of one pixel-art cell: an 8x autoencoder sees exactly 2 x 2 of them in a code
PALETTE = 14  # colours of a pixel-art picture
LAYERS = 10  # sheets of a paper-cut


def pixel_art(picture: Field, rng: np.random.Generator) -> Field:
    """Square cells on a fixed grid, a small palette of the picture's own colours, no blending."""
    height, width = picture.shape[:2]
    calm = saturate(kuwahara(picture, 2), 1.25)
    calm = ((calm - 0.5) * 1.1 + 0.5).clip(0, 1)
    middle_y = np.minimum(np.arange(0, height, CELL) + CELL // 2, height - 1)
    middle_x = np.minimum(np.arange(0, width, CELL) + CELL // 2, width - 1)
    cells = calm[middle_y[:, None], middle_x]
    colors = palette(cells, PALETTE)
    return colors[nearest_color(cells, colors)].repeat(CELL, 0).repeat(CELL, 1)[:height, :width]


def neon(picture: Field, rng: np.random.Generator) -> Field:
    """Glowing tubes along the contours, in the picture's own hues, on a near-black ground."""
    shape = picture.shape[:2]
    calm = kuwahara(picture, 3)
    edges = blur(edge_strength(calm), 0.8)
    crest = np.asarray(ndimage.maximum_filter(edges, 5))
    tube = ((edges / (crest + 1e-6) - 0.6) / 0.25).clip(0, 1) * ((edges - 0.022) * 40).clip(0, 1)
    color = _vivid(calm, rng)
    lit = to_bytes(color * tube[..., None])
    near, mid, far = blur_bytes(lit, 1.2), blur_bytes(lit, 4), blur_bytes(lit, 12)
    ground = np.array([0.035, 0.02, 0.075], np.float32) + 0.1 * calm * luma(calm)[..., None]
    core = (tube**2)[..., None] * (0.3 + 0.7 * color)
    flicker = (1 + 0.08 * smooth_noise(shape, 20, rng))[..., None]
    return 1 - (1 - ground) * np.exp(-(1.8 * near + 2.4 * mid + 2.2 * far) * flicker - 1.6 * core)


def _vivid(picture: Field, rng: np.random.Generator) -> Field:
    """Full-strength version of each pixel's hue; gray pixels take one cool or warm hue of the sign maker's choice."""
    weight = (picture.max(-1, keepdims=True) - picture.min(-1, keepdims=True) + 1e-3) ** 4
    near = blur(picture * weight, 2.5) / blur(weight, 2.5)  # of the two sides of a contour the more colourful wins
    low, high = near.min(-1, keepdims=True), near.max(-1, keepdims=True)
    hue = (near - low) / (high - low + 1e-4)
    house = np.array([[0.1, 0.85, 1.0], [1.0, 0.15, 0.75], [0.3, 1.0, 0.5]], np.float32)[int(rng.integers(3))]
    sure = ((high - low - 0.06) / 0.12).clip(0, 1)
    return hue * sure + house * (1 - sure)


def stained_glass(picture: Field, rng: np.random.Generator) -> Field:
    """Pieces of one colour that follow the forms, joined by dark lead, lit from behind."""
    labels = _pieces(picture, 20, rng)
    count = int(labels.max()) + 1
    weight = np.maximum(np.bincount(labels.ravel(), minlength=count), 1)
    means = np.stack([np.bincount(labels.ravel(), picture[..., c].ravel(), count) / weight for c in range(3)], -1)
    glass = saturate(means.astype(np.float32)[None], 1.5)[0]
    glass = (glass * (1 + 0.09 * rng.standard_normal((count, 1)))).clip(0, 1).astype(np.float32) ** 0.85
    panes = glass[labels]
    border = np.zeros(labels.shape, bool)
    strong = np.zeros(labels.shape, bool)
    for down, right in ((-1, 0), (0, -1)):
        beside = moved(labels, down, right)
        border |= labels != beside
        strong |= np.abs(panes - glass[beside]).max(-1) > 0.22
    distance = np.minimum(_away(border), _away(strong) - 0.6)
    lead = (1.5 - distance).clip(0, 1)[..., None]
    inner = (distance / 6).clip(0, 1)[..., None]
    ripple = (1 + 0.05 * smooth_noise(labels.shape, 3, rng))[..., None]
    lit = panes * (0.78 + 0.34 * inner) * ripple + 0.05 * inner
    return lit.clip(0, 1) * (1 - lead) + np.array([0.06, 0.06, 0.07], np.float32) * lead


def _away(mask: NDArray[np.bool_]) -> Field:
    """Distance to the nearest True pixel."""
    return np.asarray(ndimage.distance_transform_edt(~mask), np.float32)


def _pieces(picture: Field, step: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Superpixel labels (H, W) after SLIC (Achanta et al. 2012): k-means in colour and place from a jittered grid.

    Every pixel compares the nine seeds around its own grid square.
    """
    height, width = picture.shape[:2]
    rows, columns = max(height // step, 1), max(width // step, 1)
    calm = blur(kuwahara(picture, 2), 0.7)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    place = 0.15 / step  # how much a step of distance weighs against a unit of colour
    features = np.concatenate([calm, (y * place)[..., None], (x * place)[..., None]], -1)
    seed_y, seed_x = np.mgrid[:rows, :columns].astype(np.float32)
    seed_y = (seed_y + 0.5 + rng.uniform(-0.3, 0.3, seed_y.shape)) * (height / rows)
    seed_x = (seed_x + 0.5 + rng.uniform(-0.3, 0.3, seed_x.shape)) * (width / columns)
    at = seed_y.astype(int).clip(0, height - 1), seed_x.astype(int).clip(0, width - 1)
    seeds = features[at].reshape(-1, 5)
    row = (np.arange(height) * rows // height)[:, None]
    column = (np.arange(width) * columns // width)[None]
    labels = np.zeros((height, width), np.intp)
    for stride in (2, 2, 1):  # the first rounds only move the seeds: half the resolution will do
        part = features[::stride, ::stride]
        labels = _nearest(part, seeds, row[::stride], column[:, ::stride], rows, columns)
        if stride > 1:
            weight = np.maximum(np.bincount(labels.ravel(), minlength=len(seeds)), 1)
            sums = [np.bincount(labels.ravel(), part[..., c].ravel(), len(seeds)) for c in range(5)]
            seeds = (np.stack(sums, -1) / weight[:, None]).astype(np.float32)
    return labels


def _nearest(
    features: Field, seeds: Field, row: NDArray[np.intp], column: NDArray[np.intp], rows: int, columns: int
) -> NDArray[np.intp]:
    best = np.full(features.shape[:2], np.inf, np.float32)
    labels = np.zeros(features.shape[:2], np.intp)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            candidate = (row + dy).clip(0, rows - 1) * columns + (column + dx).clip(0, columns - 1)
            gap = features - seeds[candidate]
            cost = np.einsum("hwc,hwc->hw", gap, gap)
            better = cost < best
            best, labels = np.where(better, cost, best), np.where(better, candidate, labels)
    return labels


def paper_cut(picture: Field, rng: np.random.Generator) -> Field:
    """A few sheets of plain coloured paper, the largest at the back, each throwing a soft shadow on those below."""
    calm = saturate(kuwahara(picture, 2), 1.3) ** 0.85
    colors = palette(calm, LAYERS)
    index = nearest_color(calm, colors)
    shares = np.stack([blur_bytes(((index == k) * 255).astype(np.uint8), 1.0) for k in range(len(colors))])
    sheet = shares.argmax(0)  # every border cut as one smooth curve
    area = np.bincount(sheet.ravel(), minlength=len(colors))
    result = np.ones_like(picture)
    windows = ndimage.find_objects(sheet + 1, max_label=len(colors))
    for k in np.argsort(-area, kind="stable"):
        if windows[k] is not None:
            reach = tuple(slice(max(side.start - 1, 0), side.stop + 16) for side in windows[k])  # the shadow's too
            _lay(result[reach], sheet[reach] == k, colors[k])
    fibre = 0.012 * smooth_noise(sheet.shape, 1.2, rng) + 0.01 * smooth_noise(sheet.shape, 5, rng)
    return (result * (1 + fibre[..., None])).clip(0, 1)


def _lay(below: Field, mask: NDArray[np.bool_], color: Field) -> None:
    """Put one sheet on what lies `below`, in place: its shadow falls to the lower right."""
    shade = blur_bytes((moved(mask, 5, 4) * 255).astype(np.uint8), 3.0)
    below *= (1 - 0.65 * shade)[..., None]
    rim = mask & ~moved(mask, 1, 1)  # light catches the thickness of the sheet
    cover = blur_bytes((mask * 255).astype(np.uint8), 0.6)[..., None]
    below += (color + np.float32(0.16) * rim[..., None] - below) * cover
