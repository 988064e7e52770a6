"""Places on open land: meadow, forest, desert, snow, mountains."""

from dataclasses import replace

import numpy as np

from mepg_agent.training.backgrounds.canvas import RGB, Array, Canvas, Stencil, mix
from mepg_agent.training.backgrounds.light import Light, paint_sky
from mepg_agent.training.backgrounds.plants import dots, mottle, path, pine, tree_row, tufts

GREENS: tuple[RGB, ...] = ((0.56, 0.74, 0.40), (0.64, 0.76, 0.42), (0.50, 0.71, 0.45), (0.70, 0.77, 0.46))
FLOWERS: tuple[RGB, ...] = (
    (0.98, 0.95, 0.88),
    (0.97, 0.83, 0.45),
    (0.93, 0.62, 0.66),
    (0.78, 0.66, 0.88),
    (0.94, 0.55, 0.45),
)
SANDS: tuple[RGB, ...] = ((0.93, 0.79, 0.55), (0.92, 0.74, 0.52), (0.95, 0.83, 0.62), (0.90, 0.70, 0.50))


def paint_meadow(canvas: Canvas, light: Light, horizon: float) -> None:
    paint_sky(canvas, light, horizon)
    green = canvas.pick(GREENS)
    far = mix(green, np.asarray((0.45, 0.66, 0.62), np.float32), 0.5)
    for step, distance in ((0.13, 0.62), (0.07, 0.38)):
        line = horizon - step + canvas.curve(canvas.count(4, 6), 0.07)
        if distance < 0.5 or canvas.chance(0.5):
            trees = tree_row(canvas, line, canvas.count(5, 12), (0.04, 0.075), canvas.chance(0.3))
            canvas.blend(light.on(green * 0.74, distance * 0.6), trees)
        canvas.blend(
            canvas.gradient(
                [(horizon - step - 0.06, light.on(far * 1.08, distance)), (horizon + 0.05, light.on(green, distance))]
            ),
            canvas.below(line),
        )
    _near_grass(canvas, light, horizon + canvas.curve(4, 0.02), green, horizon)
    if canvas.chance(0.45):
        way = path(canvas, horizon + 0.015)
        canvas.blend(light.of(0.87, 0.78, 0.58), way, 0.9)
    canvas.blend(light.on(green * 0.72), tufts(canvas, horizon + 0.03, canvas.count(50, 80)), 0.55)
    canvas.blend(light.on(green * 1.2), tufts(canvas, horizon + 0.03, canvas.count(25, 45)), 0.5)
    for _ in range(canvas.count(1, 3)):
        canvas.blend(light.on(canvas.pick(FLOWERS)), dots(canvas, horizon, canvas.count(10, 26), (0.004, 0.012)), 0.9)


def _near_grass(canvas: Canvas, light: Light, line: Array, green: Array, horizon: float) -> None:
    near = canvas.gradient([(horizon - 0.02, light.on(green * 1.08, 0.12)), (1.0, light.on(green * 0.80))])
    canvas.blend(near, canvas.below(line))
    mottle(canvas, horizon, 0.055)


def paint_forest(canvas: Canvas, light: Light, horizon: float) -> None:
    paint_sky(canvas, light, horizon, clouds=0)
    leaf = canvas.pick(((0.40, 0.63, 0.36), (0.34, 0.60, 0.42), (0.50, 0.66, 0.34), (0.38, 0.62, 0.32)))
    bark = canvas.pick(((0.45, 0.34, 0.27), (0.40, 0.34, 0.31), (0.50, 0.37, 0.27)))
    pines = canvas.chance(0.4)
    light = replace(light, haze=mix(light.haze, light.on(leaf * 1.15), 0.35))  # leaves tint the air under them
    for foot, number, heights, distance in (
        (-0.05, 15, (0.40, 0.55), 0.72),
        (-0.03, 9, (0.36, 0.56), 0.50),
        (-0.01, 6, (0.26, 0.48), 0.28),
    ):
        if pines:
            crowns = _pine_wall(canvas, horizon + foot, number, heights)
            canvas.blend(light.on(leaf * 0.82, distance), crowns)
        else:
            _trunks(canvas, light, bark, horizon + foot, number // 2 + 3, 0.010 + 0.024 * (0.72 - distance), distance)
            _leaves(canvas, light, leaf * 0.9, horizon * (0.72 - 0.62 * (0.72 - distance)) * 0.75, 0.09, distance)
        canvas.blend(light.on(leaf * 0.84, distance), _bushes(canvas, horizon + foot, 0.045))
    floor = mix(leaf, canvas.pick(((0.62, 0.52, 0.32), (0.52, 0.58, 0.34))), 0.4)
    line = horizon + canvas.curve(5, 0.015)
    canvas.blend(
        canvas.gradient([(horizon - 0.02, light.on(floor * 1.05, 0.2)), (1.0, light.on(floor * 0.72))]),
        canvas.below(line),
    )
    mottle(canvas, horizon, 0.09)
    if canvas.chance(0.4):
        canvas.blend(light.of(0.76, 0.66, 0.46), path(canvas, horizon + 0.01), 0.7)
    _frame(canvas, light, leaf, bark, horizon, pines)
    canvas.blend(light.on(leaf * 0.62), tufts(canvas, horizon + 0.03, canvas.count(40, 60)), 0.6)
    canvas.blend(light.on(leaf * 1.25), tufts(canvas, horizon + 0.05, canvas.count(15, 30)), 0.45)
    if light.time != "night" and canvas.chance(0.6):
        _sunbeams(canvas, light, horizon)


def _pine_wall(canvas: Canvas, foot: float, number: int, heights: tuple[float, float]) -> Array:
    def shapes(stencil: Stencil) -> None:
        for i in range(number):
            x = (i + canvas.uniform(0.0, 1.0)) / number
            height = canvas.uniform(*heights)
            pine(stencil, x, foot + 0.03, height, height * canvas.uniform(0.34, 0.42))

    return canvas.stencil(shapes)


def _trunks(canvas: Canvas, light: Light, bark: Array, foot: float, number: int, half: float, distance: float) -> None:
    def shapes(stencil: Stencil) -> None:
        for i in range(number):
            x = (i + canvas.uniform(0.1, 0.9)) / number
            wide, lean = half * canvas.uniform(0.6, 1.2), canvas.uniform(-0.02, 0.02)
            stencil.polygon(
                [
                    (x + lean - wide * 0.7, 0),
                    (x + lean + wide * 0.7, 0),
                    (x + wide, foot + 0.03),
                    (x - wide, foot + 0.03),
                ]
            )

    canvas.blend(light.on(bark, distance), canvas.stencil(shapes))


def _leaves(canvas: Canvas, light: Light, leaf: Array, bottom: float, ball: float, distance: float) -> None:
    """A canopy hanging from the top edge, with a paler layer of leaves inside it."""
    for colour, depth in ((leaf * 0.85, 1.0), (leaf * 1.08, 0.72)):

        def shapes(stencil: Stencil, depth: float = depth) -> None:
            stencil.box(0, 0, 1, max(0.0, bottom * depth - ball))
            for i in range(14):
                radius = ball * canvas.uniform(0.6, 1.1)
                height = bottom * depth - ball * canvas.uniform(0.3, 1.2)
                stencil.ellipse((i + 0.5) / 14, height, radius, radius * 0.8)

        canvas.blend(light.on(colour, distance), canvas.stencil(shapes), 0.95)


def _bushes(canvas: Canvas, foot: float, height: float) -> Array:
    def shapes(stencil: Stencil) -> None:
        stencil.box(0, foot, 1, foot + 0.2)
        for i in range(12):
            radius = height * canvas.uniform(0.5, 1.2)
            stencil.ellipse((i + canvas.uniform(0, 1)) / 12, foot + 0.01, radius * 1.3, radius)

    return canvas.stencil(shapes)


def _frame(canvas: Canvas, light: Light, leaf: Array, bark: Array, horizon: float, pines: bool) -> None:
    """Nearer trees at the edges of the picture, which leave the middle open."""
    if pines:

        def conifers(stencil: Stencil) -> None:
            for x in (canvas.uniform(-0.04, 0.07), canvas.uniform(0.93, 1.04)):
                pine(stencil, x, horizon + canvas.uniform(0.06, 0.14), canvas.uniform(0.7, 0.95), 0.34)

        canvas.blend(light.on(leaf * 0.62, 0.08), canvas.stencil(conifers))
        return

    def trunks(stencil: Stencil) -> None:
        for x in (canvas.uniform(0.0, 0.09), canvas.uniform(0.91, 1.0)):
            foot, wide = horizon + canvas.uniform(0.06, 0.16), canvas.uniform(0.025, 0.04)
            stencil.polygon(
                [
                    (x - wide * 0.8, 0),
                    (x + wide * 0.8, 0),
                    (x + wide, foot - 0.06),
                    (x + wide * 1.7, foot),
                    (x - wide * 1.7, foot),
                    (x - wide, foot - 0.06),
                ]
            )

    shape = canvas.stencil(trunks)
    canvas.blend(light.on(bark * 0.8, 0.06), shape)
    lit = np.roll(shape, -max(1, canvas.size // 50), axis=1) * shape
    canvas.blend(light.on(bark * 1.12, 0.06), shape - lit, 0.5)
    _leaves(canvas, light, leaf * 0.82, 0.12, 0.08, 0.08)


def _sunbeams(canvas: Canvas, light: Light, horizon: float) -> None:
    start = canvas.uniform(0.1, 0.6)

    def beams(stencil: Stencil) -> None:
        for _ in range(canvas.count(2, 4)):
            x, wide = start + canvas.uniform(-0.15, 0.35), canvas.uniform(0.03, 0.07)
            stencil.polygon([(x, -0.02), (x + wide, -0.02), (x + 0.32 + wide * 2, 0.95), (x + 0.28, 0.95)], 0.7)

    fade = np.clip((horizon + 0.3 - canvas.y) / (horizon + 0.3), 0.0, 1.0)
    canvas.glow(light.haze, canvas.stencil(beams, blur=0.012) * fade, 0.34)


def paint_desert(canvas: Canvas, light: Light, horizon: float) -> None:
    paint_sky(canvas, light, horizon, clouds=2 if canvas.chance(0.5) else 0)
    sand = canvas.pick(SANDS)
    shadow = mix(sand, np.asarray((0.72, 0.46, 0.40), np.float32), 0.45)
    if canvas.chance(0.4):
        canvas.blend(light.of(0.80, 0.54, 0.42, 0.5), _mesas(canvas, horizon))
    for step, amplitude, distance in ((0.10, 0.06, 0.5), (0.05, 0.06, 0.28), (0.0, 0.025, 0.1), (-0.17, 0.06, 0.0)):
        line = horizon - step + _dune_crest(canvas, amplitude, 3 if step <= 0 else canvas.count(4, 5))
        _two_sided(canvas, light.on(sand, distance), light.on(shadow, distance), line, canvas.uniform(0.5, 1.1))
    ripples = np.sin((canvas.y - horizon) * 130 + canvas.noise(5, 5) * 5.0)
    canvas.shade(ripples * np.clip((canvas.y - horizon - 0.1) * 3.0, 0.0, 1.0) * np.float32(0.022))
    mottle(canvas, horizon, 0.025)


def _dune_crest(canvas: Canvas, amplitude: float, knots: int) -> Array:
    """A line of peaked crests: smooth windward backs that fall off quickly."""
    wave = canvas.curve(knots, 1.0)
    return (0.6 - np.abs(wave)) * -np.float32(amplitude) * 1.6 + np.float32(amplitude) * 0.3


def _two_sided(canvas: Canvas, lit: Array, shaded: Array, line: Array, lean: float) -> None:
    """Land below a line, with lit and shaded flanks that fade out downhill."""
    canvas.blend(lit, canvas.below(line))
    flank = np.clip(0.5 - canvas.slope_shade(line, lean), 0.0, 1.0)
    downhill = np.clip(1.0 - (canvas.y - line[None, :]) / 0.30, 0.0, 1.0)
    canvas.blend(shaded, canvas.below(line) * flank * downhill, 0.8)


def _mesas(canvas: Canvas, horizon: float) -> Array:
    def shapes(stencil: Stencil) -> None:
        for _ in range(canvas.count(2, 3)):
            x, half, height = canvas.uniform(0.0, 1.0), canvas.uniform(0.05, 0.13), canvas.uniform(0.10, 0.2)
            top, step, foot = horizon - height, horizon - height * 0.45, horizon + 0.05
            right = [(x + half, top), (x + half * 1.15, step), (x + half * 1.5, step + 0.01), (x + half * 2.0, foot)]
            left = [(2 * x - px, py) for px, py in reversed(right)]
            stencil.polygon(right + left)

    return canvas.stencil(shapes)


def paint_snow(canvas: Canvas, light: Light, horizon: float) -> None:
    paint_sky(canvas, light, horizon, clouds=2)
    white = canvas.pick(((0.95, 0.97, 1.0), (0.97, 0.97, 0.98), (0.92, 0.96, 1.0)))
    blue = canvas.pick(((0.74, 0.83, 0.94), (0.78, 0.82, 0.94), (0.70, 0.84, 0.92)))
    needles = canvas.pick(((0.38, 0.52, 0.56), (0.42, 0.54, 0.52), (0.36, 0.46, 0.58)))
    for step, distance, heights in ((0.13, 0.58, (0.06, 0.10)), (0.06, 0.28, (0.10, 0.17))):
        line = horizon - step + canvas.curve(canvas.count(4, 6), 0.06)
        trees = tree_row(canvas, line, canvas.count(9, 18), heights, pines=True)
        canvas.blend(light.on(needles, distance), trees)
        frosted = trees * (1.0 - np.roll(trees, max(2, canvas.size // 60), axis=0))
        canvas.blend(light.on(white, distance * 0.6), frosted, 0.75)
        _two_sided(canvas, light.on(white, distance * 0.5), light.on(blue, distance * 0.5), line, 0.6)
    near = horizon + canvas.curve(4, 0.025)
    canvas.blend(
        canvas.gradient([(horizon - 0.03, light.on(white)), (1.0, light.on(mix(white, blue, 0.6)))]), canvas.below(near)
    )
    mottle(canvas, horizon, 0.025, rows=8, columns=4)
    drift = horizon + canvas.uniform(0.14, 0.24) + canvas.curve(4, 0.06)
    _two_sided(canvas, light.on(white), light.on(blue), drift, canvas.uniform(0.3, 0.7))
    if canvas.chance(0.55):
        flakes = dots(canvas, -0.1, canvas.count(35, 70), (0.005, 0.009))
        canvas.blend(light.on(np.ones(3, np.float32)), flakes, 0.8)


def paint_mountains(canvas: Canvas, light: Light, horizon: float) -> None:
    paint_sky(canvas, light, horizon)
    rock = canvas.pick(((0.50, 0.55, 0.68), (0.56, 0.54, 0.64), (0.46, 0.58, 0.66), (0.60, 0.56, 0.58)))
    green = canvas.pick(GREENS)
    snowy = canvas.chance(0.8)
    for step, rise, distance in ((0.20, 0.17, 0.60), (0.10, 0.15, 0.38)):
        line = _ridge(canvas, horizon - step, rise)
        _peaks(canvas, light, rock, line, distance)
        if snowy:
            _snow_caps(canvas, light, line, horizon - step - rise * 0.22, distance)
        mist = np.clip((canvas.y - (horizon - step)) / (step + 0.02), 0.0, 1.0) * canvas.below(line)
        canvas.blend(light.haze, mist, 0.45)
    foothill = horizon - 0.035 + canvas.curve(5, 0.035)
    forest = tree_row(canvas, foothill, canvas.count(18, 30), (0.05, 0.10), pines=True)
    canvas.blend(light.of(0.30, 0.48, 0.42, 0.22), forest)
    canvas.blend(light.on(green * 0.85, 0.2), canvas.below(foothill))
    _near_grass(canvas, light, horizon + canvas.curve(4, 0.02), green, horizon)
    canvas.blend(light.on(green * 0.72), tufts(canvas, horizon + 0.03, canvas.count(45, 70)), 0.5)
    if canvas.chance(0.5):
        canvas.blend(light.on(canvas.pick(FLOWERS)), dots(canvas, horizon, canvas.count(10, 22), (0.004, 0.011)), 0.9)


def _ridge(canvas: Canvas, base: float, rise: float) -> Array:
    """A jagged line of peaks and saddles about `base`, by midpoint displacement."""
    heights = np.asarray([canvas.uniform(-0.3, 1.0) if i % 2 else canvas.uniform(-0.9, 0.1) for i in range(7)])
    for scale in (0.22, 0.10):
        middles = (heights[:-1] + heights[1:]) / 2 + canvas.rng.uniform(-scale, scale, len(heights) - 1)
        heights = np.insert(heights, np.arange(1, len(heights)), middles)
    places = np.linspace(canvas.uniform(-0.12, 0.0), canvas.uniform(1.0, 1.12), len(heights))
    return (base - rise * np.interp(canvas.x[0], places, heights)).astype(np.float32)


def _peaks(canvas: Canvas, light: Light, rock: Array, line: Array, distance: float) -> None:
    canvas.blend(light.on(rock * 1.12, distance), canvas.below(line))
    flank = np.clip(-canvas.slope_shade(line, 0.45) * 2.0, 0.0, 1.0)
    canvas.blend(light.on(rock * 0.78, distance), canvas.below(line) * flank, 0.75)


def _snow_caps(canvas: Canvas, light: Light, line: Array, snowline: float, distance: float) -> None:
    ragged = snowline + canvas.curve(18, 0.035) + canvas.curve(9, 0.02)
    cap = canvas.below(line) * (1.0 - canvas.below(ragged))
    canvas.blend(light.of(0.98, 0.98, 1.0, distance * 0.35), cap, 0.92)
    flank = np.clip(-canvas.slope_shade(line, 0.45) * 2.0, 0.0, 1.0)
    canvas.blend(light.of(0.76, 0.83, 0.93, distance * 0.4), cap * flank, 0.85)
