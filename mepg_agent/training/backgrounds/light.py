"""The light of a time of day: the colours of the sky, and what it does to the colours of the land."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from mepg_agent.training.backgrounds.canvas import RGB, Array, Canvas, Stencil, mix

# zenith, middle, horizon
SKIES: dict[str, tuple[tuple[RGB, RGB, RGB], ...]] = {
    "day": (
        ((0.44, 0.69, 0.90), (0.65, 0.82, 0.94), (0.89, 0.94, 0.95)),
        ((0.50, 0.76, 0.88), (0.70, 0.87, 0.91), (0.94, 0.95, 0.89)),
        ((0.55, 0.70, 0.88), (0.75, 0.83, 0.92), (0.96, 0.92, 0.88)),
        ((0.46, 0.73, 0.82), (0.68, 0.85, 0.87), (0.92, 0.94, 0.87)),
        ((0.62, 0.80, 0.93), (0.76, 0.88, 0.95), (0.90, 0.95, 0.98)),
    ),
    "sunset": (
        ((0.38, 0.37, 0.62), (0.84, 0.55, 0.58), (0.99, 0.80, 0.56)),
        ((0.46, 0.50, 0.74), (0.94, 0.66, 0.60), (1.00, 0.86, 0.66)),
        ((0.62, 0.43, 0.58), (0.94, 0.60, 0.46), (1.00, 0.82, 0.52)),
        ((0.48, 0.40, 0.66), (0.90, 0.56, 0.66), (1.00, 0.78, 0.66)),
    ),
    "night": (
        ((0.05, 0.08, 0.22), (0.10, 0.16, 0.36), (0.21, 0.29, 0.49)),
        ((0.06, 0.07, 0.20), (0.13, 0.14, 0.36), (0.27, 0.26, 0.49)),
        ((0.04, 0.10, 0.20), (0.07, 0.18, 0.34), (0.15, 0.31, 0.45)),
    ),
}
TINT: dict[str, RGB] = {"day": (1.0, 1.0, 1.0), "sunset": (0.98, 0.80, 0.74), "night": (0.34, 0.43, 0.62)}
CAST: dict[str, tuple[RGB, float]] = {
    "day": ((1.0, 1.0, 1.0), 0.0),
    "sunset": ((0.92, 0.52, 0.42), 0.14),
    "night": ((0.10, 0.14, 0.33), 0.28),
}
LEVEL = {"day": 1.0, "sunset": 0.75, "night": 0.35}
CLOUD: dict[str, tuple[RGB, RGB]] = {  # lit, shaded
    "day": ((1.00, 1.00, 0.99), (0.80, 0.87, 0.94)),
    "sunset": ((1.00, 0.87, 0.76), (0.80, 0.55, 0.62)),
    "night": ((0.30, 0.36, 0.55), (0.14, 0.19, 0.37)),
}


@dataclass(frozen=True)
class Light:
    """The light of one picture. `zenith`, `middle`, `haze` are the sky from the top down to the horizon."""

    time: str
    zenith: Array
    middle: Array
    haze: Array

    @property
    def level(self) -> float:
        return LEVEL[self.time]

    def on(self, colour: Array, distance: float = 0.0) -> Array:
        """A daylight colour as this light shows it; `distance` 0..1 fades it into the haze (aerial perspective)."""
        cast, strength = CAST[self.time]
        lit = mix(colour * np.asarray(TINT[self.time], dtype=np.float32), np.asarray(cast, np.float32), strength)
        return mix(lit, self.haze, distance)

    def of(self, red: float, green: float, blue: float, distance: float = 0.0) -> Array:
        return self.on(np.asarray((red, green, blue), dtype=np.float32), distance)


def make_light(canvas: Canvas, time: str) -> Light:
    sky = SKIES[time][int(canvas.rng.integers(len(SKIES[time])))]
    zenith, middle, haze = (canvas.nudge(np.asarray(colour, dtype=np.float32), 0.025) for colour in sky)
    return Light(time, zenith, middle, haze)


def paint_sky(canvas: Canvas, light: Light, horizon: float, clouds: int = 3) -> None:
    """Gradient down to the horizon, stars at night, up to `clouds` small clouds in the upper part."""
    canvas.fill(canvas.gradient([(0.0, light.zenith), (horizon * 0.55, light.middle), (horizon, light.haze)]))
    canvas.shade(canvas.noise(3, 3) * 0.012)
    if light.time == "night":
        paint_stars(canvas, light, canvas.count(24, 44), horizon * 0.85)
    if clouds:
        paint_clouds(canvas, light, canvas.count(1, clouds), (0.12, horizon * 0.62), (0.05, 0.09))


def paint_stars(canvas: Canvas, light: Light, number: int, bottom: float) -> None:
    """Small soft round stars above `bottom`, most faint and a few bright."""
    tint = np.asarray((1.0, 0.96, 0.84) if light.time == "night" else (1.0, 1.0, 1.0), dtype=np.float32)
    half = max(2, round(canvas.size * 0.014))
    offsets = np.arange(-half, half + 1, dtype=np.float32)
    square = offsets[:, None] ** 2 + offsets[None, :] ** 2
    inner = canvas.size - half - 1
    for _ in range(number):
        column = int(np.clip(canvas.uniform(0, 1) * canvas.size, half, inner))
        row = int(np.clip(canvas.uniform(0, bottom) * canvas.size, half, inner))
        bright = canvas.uniform(0.0, 1.0) ** 2
        radius = canvas.size / 256 * (0.8 + 0.9 * bright)
        spot = np.exp(-square / (2.0 * radius * radius)) * np.float32(0.35 + 0.6 * bright)
        part = canvas.image[row - half : row + half + 1, column - half : column + half + 1]
        part += (tint - part) * spot[..., None]


def paint_clouds(
    canvas: Canvas, light: Light, number: int, band: tuple[float, float], sizes: tuple[float, float]
) -> None:
    """Soft cumulus clouds, lit from above, with their middles inside `band` (heights)."""

    def shapes(stencil: Stencil) -> None:
        for _ in range(number):
            _cloud(canvas, stencil, canvas.uniform(0.02, 0.98), canvas.uniform(*band), canvas.uniform(*sizes))

    shape = canvas.stencil(shapes, blur=0.004)
    drop = max(1, round(canvas.size * sizes[1] * 0.35))
    covered = np.roll(shape, -drop, axis=0)  # cloud still below this point: it is the lit upper part
    covered[-drop:] = 0.0
    lit, shaded = (canvas.nudge(np.asarray(colour, np.float32), 0.015) for colour in CLOUD[light.time])
    canvas.blend(mix(shaded, light.middle, 0.25), shape, 0.9)
    canvas.blend(lit, shape * _soften(covered, sizes[1] * 0.35), 0.9)


def _soften(mask: Array, blur: float) -> Array:
    size = mask.shape[0]
    small = Image.fromarray((mask * 255).astype(np.uint8)).reduce(2)
    soft = small.filter(ImageFilter.GaussianBlur(blur * small.width)).resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(soft, dtype=np.float32) / 255.0


def _cloud(canvas: Canvas, stencil: Stencil, x: float, y: float, radius: float) -> None:
    puffs = canvas.count(4, 6)
    for i in range(puffs):
        across = (i / (puffs - 1) - 0.5) * 2.0
        puff = radius * (1.0 - 0.6 * abs(across)) * canvas.uniform(0.75, 1.1)
        stencil.ellipse(x + across * radius * 1.7, y - puff * 0.55, puff, puff * 0.85)
    stencil.ellipse(x, y, radius * 2.1, radius * 0.36)
