"""Places with water: beach, sea, underwater."""

import numpy as np

from mepg_agent.training.backgrounds.canvas import RGB, Array, Canvas, Stencil, mix
from mepg_agent.training.backgrounds.light import Light, paint_sky
from mepg_agent.training.backgrounds.plants import dots, mottle

WATERS: tuple[RGB, ...] = ((0.26, 0.58, 0.74), (0.28, 0.63, 0.70), (0.30, 0.52, 0.72), (0.34, 0.66, 0.74))
SANDS: tuple[RGB, ...] = ((0.95, 0.87, 0.69), (0.94, 0.84, 0.66), (0.96, 0.90, 0.76), (0.92, 0.82, 0.68))


def paint_sea(canvas: Canvas, light: Light, horizon: float) -> None:
    paint_sky(canvas, light, horizon)
    if canvas.chance(0.4):
        canvas.blend(light.of(0.48, 0.60, 0.62, 0.55), _islands(canvas, horizon))
    water = _sky_lit(canvas, light)
    _water(canvas, light, water, horizon, 1.0)
    for i in range(7):  # swells: each band is a little darker than the crest it follows
        depth = ((i + canvas.uniform(0.2, 0.8)) / 7) ** 1.5
        top = horizon + (1.0 - horizon) * depth
        line = top + _swell(canvas, 0.004 + 0.022 * depth, 2.5 + 9.0 * (1.0 - depth))
        fade = np.clip(1.0 - (canvas.y - line[None, :]) / (0.02 + 0.13 * depth), 0.0, 1.0)
        canvas.blend(light.on(water * 0.80), canvas.below(line) * fade, 0.45)
    canvas.blend(mix(light.haze, light.of(0.9, 0.97, 1.0), 0.5), _glints(canvas, horizon, 1.0, 46), 0.6)
    canvas.blend(light.on(water * 0.78), _glints(canvas, horizon, 1.0, 26), 0.4)


def _sky_lit(canvas: Canvas, light: Light) -> Array:
    """The water's own colour; at sunset half of it is the violet upper sky that it mirrors."""
    water = canvas.pick(WATERS)
    return mix(water, light.zenith * 1.4, 0.55) if light.time == "sunset" else water


def _water(canvas: Canvas, light: Light, water: Array, top: float, bottom: float) -> None:
    """Water from the horizon at `top` down: it mirrors the sky far away and shows its own colour near by."""
    stops = [(top, mix(light.on(water), light.haze, 0.55)), (top + (bottom - top) * 0.35, light.on(water * 1.05))]
    stops.append((bottom, light.on(water * 0.82)))
    canvas.blend(canvas.gradient(stops), canvas.below(top))


def _swell(canvas: Canvas, height: float, waves: float) -> Array:
    phase, bend = canvas.uniform(0.0, 6.28), canvas.curve(5, 1.6)
    wave = np.abs(np.sin(canvas.x[0] * waves * np.pi + phase + bend))
    return ((0.6 - wave) * height).astype(np.float32)


def _glints(canvas: Canvas, top: float, bottom: float, number: int) -> Array:
    """Lens-shaped flat strokes on the water, small far away and long near by."""

    def shapes(stencil: Stencil) -> None:
        for _ in range(number):
            depth = canvas.uniform(0.02, 1.0) ** 1.3
            x, y = canvas.uniform(0.0, 1.0), top + (bottom - top) * depth
            long, thick = 0.018 + 0.055 * depth * canvas.uniform(0.6, 1.3), 0.0045 + 0.003 * depth
            stencil.ellipse(x, y, long, thick, canvas.uniform(0.5, 1.0))

    return canvas.stencil(shapes)


def _islands(canvas: Canvas, horizon: float) -> Array:
    def shapes(stencil: Stencil) -> None:
        for _ in range(canvas.count(1, 2)):
            x, wide, height = canvas.uniform(0.0, 1.0), canvas.uniform(0.1, 0.22), canvas.uniform(0.03, 0.07)
            stencil.ellipse(x, horizon + 0.01, wide, height)
            stencil.ellipse(x + wide * 0.5, horizon + 0.01, wide * 0.8, height * 0.6)

    return canvas.stencil(shapes)


def paint_beach(canvas: Canvas, light: Light, horizon: float) -> None:
    skyline = horizon - canvas.uniform(0.14, 0.19)
    paint_sky(canvas, light, skyline)
    if canvas.chance(0.5):
        canvas.blend(light.of(0.50, 0.64, 0.60, 0.5), _islands(canvas, skyline))
    water = _sky_lit(canvas, light)
    _water(canvas, light, water, skyline, horizon)
    canvas.blend(light.of(0.86, 0.95, 0.98), _glints(canvas, skyline, horizon, 24), 0.45)
    sand = canvas.pick(SANDS)
    tilt = canvas.uniform(-0.05, 0.05)
    shore = horizon - 0.02 + tilt * (canvas.x[0] - 0.5) + canvas.curve(5, 0.02)
    shallow = np.clip((canvas.y - shore[None, :] + 0.07) / 0.07, 0.0, 1.0) * canvas.below(skyline)
    canvas.blend(light.of(0.62, 0.86, 0.84), shallow, 0.55)
    foam = shore + canvas.curve(14, 0.006)
    canvas.blend(light.of(0.99, 1.0, 1.0), canvas.below(foam - 0.012), 0.92)
    wet, dry = canvas.below(foam + 0.012), canvas.below(foam + 0.055 + canvas.curve(6, 0.012))
    canvas.blend(light.on(sand * 0.84), wet)
    canvas.blend(canvas.gradient([(horizon, light.on(sand * 1.03)), (1.0, light.on(sand * 0.90))]), dry)
    breaker = foam - 0.05 + canvas.curve(8, 0.006)
    crest = canvas.below(breaker) * (1.0 - canvas.below(breaker + 0.008 + canvas.curve(9, 0.006)))
    canvas.blend(light.of(0.97, 1.0, 1.0), np.clip(crest, 0.0, 1.0), 0.75)
    mottle(canvas, horizon + 0.05, 0.035)
    low = horizon + 0.1
    canvas.blend(light.on(sand * 0.82), dots(canvas, low, canvas.count(20, 36), (0.005, 0.010), 0.6), 0.7)
    canvas.blend(light.of(0.99, 0.96, 0.90), dots(canvas, low, canvas.count(8, 16), (0.005, 0.010), 0.6), 0.8)


def paint_underwater(canvas: Canvas, light: Light, horizon: float) -> None:
    top, deep = _depths(canvas, light)
    canvas.fill(canvas.gradient([(0.0, top), (0.5, mix(top, deep, 0.6)), (1.0, deep)]))
    canvas.shade(canvas.noise(4, 3) * 0.04)
    _rays(canvas, light, top)
    for step, height, distance in ((0.10, 0.10, 0.62), (0.04, 0.07, 0.36)):
        rocks = canvas.below(horizon - step + canvas.curve(canvas.count(5, 7), height))
        colour = mix(deep * 0.72, mix(top, deep, 0.6), distance)
        canvas.blend(colour, np.maximum(rocks, _weeds(canvas, horizon - step + 0.06, 0.16 + height, 6)))
    sand = mix(light.of(0.86, 0.82, 0.66), deep, 0.30)
    bed = horizon - 0.03 + canvas.curve(5, 0.02)
    canvas.blend(canvas.gradient([(horizon - 0.05, mix(sand, deep, 0.35)), (1.0, sand)]), canvas.below(bed))
    mottle(canvas, horizon - 0.04, 0.06, rows=6, columns=7)
    caustics = 1.0 - np.abs(canvas.ground_noise(horizon - 0.04, 7, 9)) * 3.0
    canvas.glow(top, np.clip(caustics, 0.0, 1.0) * canvas.below(bed), 0.18)
    _edge_weeds(canvas, light, deep)
    canvas.blend(mix(top, light.of(1.0, 1.0, 1.0), 0.5), dots(canvas, 0.0, canvas.count(8, 18), (0.005, 0.011)), 0.45)


def _depths(canvas: Canvas, light: Light) -> tuple[Array, Array]:
    """The water's colours near the surface and far down."""
    if light.time == "night":
        return canvas.pick(((0.12, 0.27, 0.46), (0.10, 0.30, 0.42))), canvas.pick(
            ((0.03, 0.08, 0.22), (0.03, 0.11, 0.21))
        )
    deep = canvas.pick(((0.12, 0.42, 0.62), (0.10, 0.46, 0.58), (0.16, 0.40, 0.66)))
    if light.time == "sunset":
        return canvas.pick(((0.92, 0.70, 0.60), (0.90, 0.64, 0.66))), mix(
            deep, np.asarray((0.28, 0.26, 0.50), np.float32), 0.6
        )
    return canvas.pick(((0.62, 0.88, 0.90), (0.55, 0.84, 0.92), (0.64, 0.90, 0.86))), deep


def _rays(canvas: Canvas, light: Light, colour: Array) -> None:
    lean = canvas.uniform(-0.35, 0.35)

    def shapes(stencil: Stencil) -> None:
        for i in range(canvas.count(5, 7)):
            x, wide = i / 5 + canvas.uniform(-0.1, 0.1), canvas.uniform(0.02, 0.07)
            value = canvas.uniform(0.4, 1.0)
            stencil.polygon([(x, -0.05), (x + wide, -0.05), (x + lean + wide * 2.4, 1.0), (x + lean, 1.0)], value)

    fade = np.clip(1.0 - canvas.y * 1.15, 0.0, 1.0) ** 0.8
    canvas.glow(mix(colour, light.of(1.0, 1.0, 1.0), 0.3), canvas.stencil(shapes, blur=0.015) * fade, 0.38)


def _weeds(canvas: Canvas, foot: float, height: float, number: int) -> Array:
    """Mask of waving strips of seaweed."""

    def shapes(stencil: Stencil) -> None:
        for _ in range(number):
            x = canvas.uniform(0.0, 1.0)
            for _ in range(3):
                x += canvas.uniform(0.015, 0.03)
                _weed(canvas, stencil, x, foot, height * canvas.uniform(0.5, 1.0), 0.008)

    return canvas.stencil(shapes)


def _weed(canvas: Canvas, stencil: Stencil, x: float, foot: float, height: float, half: float) -> None:
    phase = canvas.uniform(0.0, 6.28)
    rise = np.linspace(0.0, 1.0, 9)
    middle = x + 0.014 * np.sin(phase + rise * 7.0)
    wide = half * (1.0 - rise**2)
    heights = foot - height * rise
    left = list(zip((middle - wide).tolist(), heights.tolist(), strict=True))
    right = list(zip((middle + wide).tolist(), heights.tolist(), strict=True))
    stencil.polygon(left + right[::-1])


def _edge_weeds(canvas: Canvas, light: Light, deep: Array) -> None:
    """Nearer seaweed and coral at the sides, which leaves the middle open."""
    weed = canvas.pick(((0.36, 0.62, 0.44), (0.46, 0.62, 0.36), (0.30, 0.58, 0.52)))
    coral = canvas.pick(((0.90, 0.56, 0.52), (0.86, 0.60, 0.72), (0.92, 0.70, 0.48), (0.70, 0.56, 0.80)))
    sides = ((-0.02, 0.12), (0.86, 1.0))

    def weeds(stencil: Stencil) -> None:
        for low, high in sides:
            for _ in range(canvas.count(2, 4)):
                x, foot = canvas.uniform(low, high), canvas.uniform(0.94, 1.02)
                _weed(canvas, stencil, x, foot, canvas.uniform(0.2, 0.42), 0.013)

    def corals(stencil: Stencil) -> None:
        for low, high in sides:
            x, foot, size = canvas.uniform(low, high), canvas.uniform(0.95, 1.0), canvas.uniform(0.05, 0.10)
            for lean in (-0.9, -0.45, 0.0, 0.45, 0.9):
                tip = (x + lean * size, foot - size * canvas.uniform(0.9, 1.3))
                stencil.stroke([(x, foot + 0.03), (x + lean * size * 0.5, foot - size * 0.4), tip], 0.016)
                stencil.ellipse(*tip, 0.011, 0.011)

    canvas.blend(mix(light.on(weed), deep, 0.35), canvas.stencil(weeds))
    canvas.blend(mix(light.on(coral), deep, 0.35), canvas.stencil(corals))
