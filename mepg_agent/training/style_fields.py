"""What the made styles share: tone, noise, gradients, smoothing, palettes. Pictures here are float32 in 0..1."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy import ndimage

Field = NDArray[np.floating[Any]]  # (H, W), or (H, W, 3) for a picture
REC601 = np.array([0.299, 0.587, 0.114], np.float32)


def luma(picture: Field) -> Field:
    return picture @ REC601


def grown(solid: NDArray[np.bool_], pixels: float) -> NDArray[np.float64]:
    """A shape grown by `pixels`, with a smooth edge; coverage 0..1."""
    return np.clip(pixels + 0.5 - np.asarray(ndimage.distance_transform_edt(~solid)), 0, 1)


def to_bytes(picture: Field) -> NDArray[np.uint8]:
    return (picture.clip(0, 1) * 255 + 0.5).astype(np.uint8)


def blur(picture: Field, sigma: float) -> Field:
    """Gaussian blur of one field or of a picture's channels, edges repeated; two box passes, near enough for light."""
    size = max(round(sigma * 2.45) | 1, 3)
    once = np.asarray(ndimage.uniform_filter(picture, size, mode="nearest", axes=(0, 1)))
    return np.asarray(ndimage.uniform_filter(once, size, mode="nearest", axes=(0, 1)), np.float32)


def blur_bytes(picture: NDArray[np.uint8], sigma: float) -> Field:
    """A faster, 8-bit Gaussian blur for masks and glows; returns 0..1."""
    blurred = Image.fromarray(picture).filter(ImageFilter.GaussianBlur(sigma))
    return np.asarray(blurred, np.float32) / 255


@lru_cache(maxsize=64)
def _tile(height: int, width: int, sigma: float) -> Field:
    white = np.random.default_rng(20).standard_normal((height, width)).astype(np.float32)
    field = np.asarray(ndimage.gaussian_filter(white, sigma, mode="wrap"))
    return (field - field.mean()) / (field.std() + 1e-9)


def smooth_noise(shape: tuple[int, int], sigma: float, rng: np.random.Generator) -> Field:
    """Unit-variance noise with features of about `sigma` pixels: one kept tile, shifted and flipped by `rng`."""
    tile = _tile(shape[0], shape[1], sigma)
    if rng.random() < 0.5:
        tile = tile[:, ::-1]
    return np.roll(tile, (int(rng.integers(shape[0])), int(rng.integers(shape[1]))), (0, 1))


def gradient(field: Field) -> tuple[Field, Field]:
    """(d/dy, d/dx) by Sobel, per pixel."""
    return (
        np.asarray(ndimage.sobel(field, 0, mode="nearest")) / 8,
        np.asarray(ndimage.sobel(field, 1, mode="nearest")) / 8,
    )


def edge_strength(picture: Field) -> Field:
    """The largest channel's gradient length, (H, W): sees borders between colours of one brightness too."""
    lengths = [np.hypot(*gradient(np.ascontiguousarray(picture[..., c]))) for c in range(3)]
    return np.maximum(np.maximum(lengths[0], lengths[1]), lengths[2])


def kuwahara(picture: Field, radius: int) -> Field:
    """Kuwahara et al. 1976: each pixel takes the mean of its calmest quadrant. Flat patches, sharp borders."""
    side = radius + 1
    height, width = picture.shape[:2]
    padded = np.pad(picture, ((radius, radius), (radius, radius), (0, 0)), mode="edge")
    light = luma(padded)
    mean = np.asarray(ndimage.uniform_filter(padded, side, axes=(0, 1)))
    tone = luma(mean)
    spread = np.asarray(ndimage.uniform_filter(light * light, side)) - tone * tone
    near, far = side // 2, side // 2 + radius  # where a quadrant's box is centred: before or after the pixel
    corners = [(y, x) for y in (near, far) for x in (near, far)]
    best, result = np.full((height, width), np.inf, np.float32), np.empty_like(picture)
    for y, x in corners:
        here = spread[y : y + height, x : x + width]
        better = here < best
        best = np.where(better, here, best)
        result = np.where(better[..., None], mean[y : y + height, x : x + width], result)
    return result


def palette(picture: Field, count: int) -> Field:
    """`count` colours, (count, 3): k-means over the colours present, so that a small red roof outlives a large sky.

    A colour weighs the fourth root of its area; the start is the farthest-point sequence from the commonest colour.
    """
    bins = (picture.reshape(-1, 3) * 23.99).astype(np.int64) @ np.array([576, 24, 1])
    areas = np.bincount(bins, minlength=24**3)
    kept = np.flatnonzero(areas >= max(bins.size // 4000, 1))
    sums = [np.bincount(bins, picture[..., c].ravel(), 24**3)[kept] for c in range(3)]
    colors = np.stack(sums, -1) / areas[kept, None]
    weights = areas[kept] ** 0.25
    centers = colors[[areas[kept].argmax()]]
    while len(centers) < min(count, len(colors)):
        gaps = ((colors[:, None] - centers) ** 2).sum(-1).min(-1)
        centers = np.concatenate([centers, colors[[(gaps * weights).argmax()]]])
    for _ in range(4):
        own = ((colors[:, None] - centers) ** 2).sum(-1).argmin(-1)
        total = np.bincount(own, weights, len(centers))
        moved = np.stack([np.bincount(own, weights * colors[:, c], len(centers)) for c in range(3)], -1)
        centers = np.where(total[:, None] > 0, moved / np.maximum(total, 1e-9)[:, None], centers)
    return centers.astype(np.float32)


def nearest_color(picture: Field, colors: Field) -> NDArray[np.intp]:
    """Index (H, W) of each pixel's nearest colour."""
    return ((colors**2).sum(-1) - 2 * picture @ colors.T).argmin(-1)


def saturate(picture: Field, amount: float) -> Field:
    """Chroma times `amount`, tone kept."""
    tone = luma(picture)[..., None]
    return (tone + (picture - tone) * amount).clip(0, 1)


def moved(field: NDArray[Any], down: int, right: int) -> NDArray[Any]:
    """(H, W) shifted by whole pixels, its edges repeated: nothing wraps around."""
    height, width = field.shape
    y = (np.arange(height) - down).clip(0, height - 1)
    x = (np.arange(width) - right).clip(0, width - 1)
    return field[y[:, None], x]


def displace(picture: Field, dy: Field, dx: Field) -> Field:
    """Each pixel looked up `(dy, dx)` pixels away, bilinear."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    where = np.stack([y + dy, x + dx])
    layers = [ndimage.map_coordinates(picture[..., c], where, order=1, mode="nearest") for c in range(3)]
    return np.stack(layers, axis=-1)
