"""Places without ground: sky and space."""

import numpy as np

from mepg_agent.training.backgrounds.canvas import RGB, Canvas, mix, smoothstep
from mepg_agent.training.backgrounds.light import Light, paint_clouds, paint_sky, paint_stars

NEBULAE: dict[str, tuple[RGB, ...]] = {
    "day": ((0.45, 0.40, 0.80), (0.30, 0.58, 0.80), (0.66, 0.42, 0.74), (0.32, 0.64, 0.68)),
    "sunset": ((0.86, 0.46, 0.46), (0.88, 0.56, 0.38), (0.76, 0.40, 0.58)),
    "night": ((0.26, 0.28, 0.56), (0.18, 0.36, 0.52), (0.38, 0.26, 0.50)),
}
DEPTHS: dict[str, tuple[RGB, ...]] = {
    "day": ((0.13, 0.13, 0.32), (0.10, 0.17, 0.34), (0.17, 0.12, 0.32)),
    "sunset": ((0.20, 0.11, 0.26), (0.22, 0.12, 0.20)),
    "night": ((0.04, 0.05, 0.14), (0.04, 0.07, 0.15), (0.06, 0.04, 0.14)),
}


def paint_open_sky(canvas: Canvas, light: Light, horizon: float) -> None:
    """The open air: large soft clouds, nearer and larger towards the bottom, and a sea of clouds below some."""
    paint_sky(canvas, light, horizon, clouds=0)
    veil = smoothstep(0.05, 0.9, canvas.noise(6, 3) + 0.4 * canvas.noise(12, 6))
    canvas.blend(mix(light.middle, light.haze, 0.7), veil, 0.35)
    paint_clouds(canvas, light, canvas.count(2, 3), (0.12, 0.40), (0.04, 0.07))
    paint_clouds(canvas, light, canvas.count(2, 3), (0.35, 0.75), (0.08, 0.13))
    if canvas.chance(0.6):
        paint_clouds(canvas, light, 6, (0.92, 1.02), (0.13, 0.20))


def paint_space(canvas: Canvas, light: Light, horizon: float) -> None:
    """Deep space down to `horizon` and beyond: drifting nebulae in two colours and stars."""
    deep = canvas.pick(DEPTHS[light.time])
    canvas.fill(canvas.gradient([(0.0, deep * 0.85), (horizon, deep * 1.15)]))
    slant = canvas.uniform(-0.9, 0.9)
    band = np.exp(-(((canvas.y - 0.5 - slant * (canvas.x - 0.5) - canvas.uniform(-0.2, 0.2)) / 0.30) ** 2))
    for _ in range(2):
        cloud = canvas.noise(4, 4) + 0.5 * canvas.noise(8, 8) + 0.25 * canvas.noise(16, 16)
        canvas.glow(canvas.pick(NEBULAE[light.time]), smoothstep(-0.3, 1.1, cloud) * band, 0.75)
    paint_stars(canvas, light, canvas.count(70, 110), 1.0)
