"""Styles of a hand on paper or canvas: watercolor, pencil-sketch, oil."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from mepg_agent.training.style_fields import (
    Field,
    blur,
    blur_bytes,
    displace,
    edge_strength,
    gradient,
    kuwahara,
    luma,
    saturate,
    smooth_noise,
    to_bytes,
)

TIP = (7, 7)  # pixels: the finest touch of a brush


def _density(color: Field, amount: Field) -> Field:
    """Pigment density (Bousseau et al. 2006, eq. 1): 1 keeps the colour, more darkens it, less thins it."""
    return color - (color - color * color) * (amount - 1)[..., None]


def watercolor(picture: Field, rng: np.random.Generator) -> Field:
    """Washes with wandering borders: pigment gathers at their rims, thins inside, and leaves slits of white paper. Eyes
    and other small things come last, with the tip of the brush: a wash would drown them."""
    shape = picture.shape[:2]
    coarse, fine = 1.3, 0.6
    dy = coarse * smooth_noise(shape, 7, rng) + fine * smooth_noise(shape, 2, rng)
    dx = coarse * smooth_noise(shape, 7, rng) + fine * smooth_noise(shape, 2, rng)
    wash = displace(kuwahara(picture, 3), dy, dx)
    wash = 1 - (1 - saturate(blur(wash, 0.8), 1.15) ** 0.8) * 0.8  # thin paint: the paper shines through
    edges = edge_strength(wash)
    rim = (blur(edges, 1.2) * 16).clip(0, 1)
    turbulence = 0.34 * smooth_noise(shape, 14, rng) + 0.14 * smooth_noise(shape, 4, rng)
    grain = 0.07 * smooth_noise(shape, 1.2, rng)
    painted = _density(wash, 0.95 + 1.1 * rim + turbulence + grain)
    # where the washes were kept apart the paper stays bare; only light-handed, and not everywhere
    slit = (edges * 14 - 0.35).clip(0, 1) * (smooth_noise(shape, 10, rng) * 0.9 + 0.1).clip(0, 1)
    bare = np.maximum(slit * 0.9, 1 - _sheet(shape, rng))
    paper = np.array([0.985, 0.975, 0.95], np.float32) * (1 + 0.1 * grain[..., None])
    painted = painted + (paper - painted) * bare[..., None]
    touched = displace(picture, dy / 2, dx / 2)
    return painted + (touched - painted) * (0.85 * _touches(touched))[..., None]


def _touches(picture: Field) -> Field:
    """1 on what is darker or lighter than its surroundings and narrower than the tip of a brush (top-hat), else 0."""
    tone = luma(picture)
    depth = np.maximum(ndimage.grey_closing(tone, TIP) - tone, tone - ndimage.grey_opening(tone, TIP))
    return blur(((depth - 0.08) * 8).clip(0, 1), 0.5)


def _sheet(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """1 where the brush went: all but a ragged white margin."""
    y, x = np.arange(shape[0], dtype=np.float32), np.arange(shape[1], dtype=np.float32)
    margin = np.minimum(np.minimum(y, y[::-1])[:, None], np.minimum(x, x[::-1])[None])
    return ((margin - 7 - 2.5 * smooth_noise(shape, 10, rng) - 0.8 * smooth_noise(shape, 2.5, rng)) / 3 + 0.5).clip(
        0, 1
    )


def pencil_sketch(picture: Field, rng: np.random.Generator) -> Field:
    """Graphite on white paper: dark contours, hatching that crosses as the tone deepens."""
    shape = picture.shape[:2]
    calm = kuwahara(picture, 2)
    tone = blur(luma(calm), 1.2)
    low, high = np.percentile(tone, (2, 98))
    tone = (0.12 + 0.88 * (tone - low) / max(high - low, 0.25)).clip(0, 1) ** 0.8
    wobble = 1.3 * smooth_noise(shape, 18, rng)
    pressure = (0.85 + 0.2 * smooth_noise(shape, 5, rng)).clip(0.3, 1.2)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    graphite = 0.3 * (1 - tone) ** 1.3  # the side of the lead under the strokes
    for angle, period, start in ((45, 6.0, 0.88), (-35, 6.0, 0.42)):
        turn = np.deg2rad(angle)
        wave = np.cos((x * np.cos(turn) + y * np.sin(turn) + wobble) * 2 * np.pi / period)
        depth = ((start - tone) / 0.4).clip(0, 1)  # deeper tone: wider and darker strokes
        graphite = graphite + 0.36 * depth * (wave * 1.2 - 0.3 + 0.4 * depth).clip(0, 1) * pressure
    edges = edge_strength(blur(calm, 0.7))
    contour = ((edges - 0.012) * 18).clip(0, 1) * pressure
    graphite = np.maximum(graphite * 0.9, contour * 0.95)
    grain = 0.012 * smooth_noise(shape, 1.3, rng)
    gray = 0.97 - 0.88 * graphite.clip(0, 1) + grain
    return np.repeat(gray[..., None], 3, axis=-1)


def oil(picture: Field, rng: np.random.Generator) -> Field:
    """Brush strokes along the forms, coarse then fine where coarse missed (Hertzmann 1998), lit like thick paint."""
    shape = picture.shape[:2]
    calm = saturate(kuwahara(picture, 3), 1.2)
    angle = _stroke_angle(calm, rng)
    canvas = Image.fromarray(to_bytes(calm))
    relief = Image.new("L", (shape[1], shape[0]), 128)
    everywhere = np.ones(shape, bool)
    _strokes(canvas, relief, calm, angle, everywhere, 7, 8, 24, rng)
    for spacing, width, length in ((4, 4, 11), (2, 2, 6)):
        missed = blur(np.abs(np.asarray(canvas, np.float32) / 255 - calm).max(-1), 0.7) > 0.11
        _strokes(canvas, relief, calm, angle, missed, spacing, width, length, rng)
    paint = np.asarray(canvas, np.float32) / 255
    paint = 0.5 * paint + 0.5 * blur_bytes(to_bytes(paint), 0.8)  # strokes are drawn without anti-aliasing
    height = blur(np.asarray(relief, np.float32) / 255, 0.6)
    dy, dx = gradient(height)
    light = (-(dy + dx) * 1.6).clip(-0.22, 0.22)[..., None]
    lit = (paint + light * (0.35 + 0.65 * paint)).clip(0, 1)
    return lit + (picture - lit) * (0.8 * _touches(picture))[..., None]  # what is finer than a stroke comes last


def _stroke_angle(picture: Field, rng: np.random.Generator) -> Field:
    """Along the forms (smoothed structure tensor); where nothing leads, a slowly turning field."""
    dy, dx = gradient(luma(picture))
    xx, yy, xy = (blur(blur(f, 4), 4) for f in (dx * dx, dy * dy, dx * dy))
    free = smooth_noise(picture.shape[:2], 30, rng) * 0.8
    lead = 4e-5  # tensor length at which the form wins over the free field
    across = 0.5 * np.arctan2(2 * xy - lead * np.sin(2 * free), xx - yy - lead * np.cos(2 * free))
    return (across + np.pi / 2).astype(np.float32)


def _strokes(
    canvas: Image.Image,
    relief: Image.Image,
    colors: Field,
    angle: Field,
    where: NDArray[np.bool_],
    spacing: int,
    width: int,
    length: int,
    rng: np.random.Generator,
) -> None:
    """Strokes on a jittered grid in random order; each is a bundle of bristles of its own brightness and height."""
    height, breadth = colors.shape[:2]
    y, x = (f.ravel() for f in np.mgrid[0:height:spacing, 0:breadth:spacing])
    y = (y + rng.integers(0, spacing, y.size)).clip(0, height - 1)
    x = (x + rng.integers(0, spacing, x.size)).clip(0, breadth - 1)
    order = rng.permutation(y.size)
    order = order[where[y[order], x[order]]]
    y, x = y[order], x[order]
    turn = angle[y, x] + rng.normal(0, 0.15, y.size)
    along = np.stack([np.cos(turn), np.sin(turn)], -1) * (length / 2 * rng.uniform(0.7, 1.2, y.size))[:, None]
    side = np.stack([-np.sin(turn), np.cos(turn)], -1)
    middle = np.stack([x, y], -1)
    bristles = max(width // 2, 1)
    shift = (np.arange(bristles) - (bristles - 1) / 2) * (width / bristles)
    start = (middle - along)[:, None] + side[:, None] * shift[None, :, None]
    lines = np.concatenate([start, start + 2 * along[:, None]], -1)
    lines += np.repeat(rng.normal(0, width / 8, (y.size, bristles, 2)), 2, axis=-1)
    shade = (
        rng.normal(0, 0.016, (y.size, 1, 3))
        + rng.normal(0, 0.03, (y.size, 1, 1))
        + rng.normal(0, 0.025, (y.size, bristles, 1))
    )
    own = colors[y, x][:, None]
    inks = to_bytes(own + shade * (0.3 + own.max(-1, keepdims=True)))
    rise = rng.integers(60, 196, (y.size, bristles))
    paint, raised = ImageDraw.Draw(canvas), ImageDraw.Draw(relief)
    thick = width // bristles + 1
    for stroke, ink, level in zip(lines.tolist(), inks.tolist(), rise.tolist(), strict=True):
        for line, color, up in zip(stroke, ink, level, strict=True):
            paint.line(line, tuple(color), thick)
            raised.line(line, up, thick)
