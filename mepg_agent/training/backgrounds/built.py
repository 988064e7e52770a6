"""Built places: city, room, and the plain studio."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mepg_agent.training.backgrounds.canvas import RGB, Array, Canvas, Stencil, mix, smoothstep
from mepg_agent.training.backgrounds.light import Light, paint_clouds, paint_sky, paint_stars
from mepg_agent.training.backgrounds.plants import round_tree

FACADES: tuple[RGB, ...] = (
    (0.86, 0.70, 0.62),
    (0.80, 0.76, 0.68),
    (0.68, 0.75, 0.80),
    (0.84, 0.78, 0.62),
    (0.72, 0.66, 0.74),
    (0.70, 0.78, 0.72),
    (0.82, 0.62, 0.56),
)
WALLS: tuple[RGB, ...] = (
    (0.93, 0.88, 0.78),
    (0.82, 0.88, 0.86),
    (0.90, 0.82, 0.80),
    (0.80, 0.86, 0.92),
    (0.91, 0.90, 0.84),
    (0.86, 0.90, 0.78),
    (0.88, 0.84, 0.92),
)
STUDIO: tuple[RGB, ...] = (
    (0.97, 0.96, 0.94),
    (0.90, 0.94, 0.97),
    (0.97, 0.91, 0.88),
    (0.92, 0.96, 0.90),
    (0.98, 0.95, 0.84),
    (0.93, 0.90, 0.97),
    (0.86, 0.93, 0.93),
    (0.96, 0.86, 0.80),
    (0.80, 0.86, 0.92),
    (0.88, 0.88, 0.88),
    (0.74, 0.84, 0.78),
    (0.98, 0.90, 0.92),
)


@dataclass(frozen=True)
class House:
    left: float
    right: float
    top: float


def paint_city(canvas: Canvas, light: Light, horizon: float) -> None:
    paint_sky(canvas, light, horizon)
    for low, high, distance in ((0.26, 0.48, 0.72), (0.20, 0.38, 0.5)):
        houses = _row(canvas, horizon, (0.06, 0.12), (low, high))
        tower = light.on(canvas.pick(((0.55, 0.62, 0.74), (0.62, 0.60, 0.70))), distance)
        canvas.blend(tower, canvas.stencil(lambda stencil, row=houses: _blocks(stencil, row, horizon)))
        lit = light.of(1.0, 0.86, 0.55) if light.time == "day" else np.asarray((0.98, 0.82, 0.50), np.float32)
        glass = mix(tower, lit, 0.55) if light.time != "day" else mix(tower, light.haze, 0.45)
        canvas.blend(glass, _windows(canvas, houses, horizon, 0.011, 0.55), 0.6)
    _street_front(canvas, light, horizon)
    _street(canvas, light, horizon)


def _row(canvas: Canvas, foot: float, widths: tuple[float, float], heights: tuple[float, float]) -> list[House]:
    houses, left = [], canvas.uniform(-0.08, 0.0)
    while left < 1.0:
        right = left + canvas.uniform(*widths)
        houses.append(House(left, right, foot - canvas.uniform(*heights)))
        left = right + (canvas.uniform(0.01, 0.05) if canvas.chance(0.25) else 0.0)
    return houses


def _blocks(stencil: Stencil, houses: Sequence[House], foot: float) -> None:
    for i, house in enumerate(houses):
        stencil.box(house.left, house.top, house.right, foot + 0.02)
        middle, half = (house.left + house.right) / 2, (house.right - house.left) / 2
        if i % 3 == 1:  # a stepped roof
            stencil.box(middle - half * 0.5, house.top - 0.03, middle + half * 0.5, house.top)
        elif i % 3 == 2:  # a water tank or lift house
            stencil.box(middle - half * 0.2, house.top - 0.018, middle + half * 0.5, house.top)


def _windows(canvas: Canvas, houses: Sequence[House], foot: float, size: float, share: float) -> Array:
    """Mask of window grids; `share` of the windows is drawn."""

    def shapes(stencil: Stencil) -> None:
        for house in houses:
            columns = max(1, int((house.right - house.left - size) / (size * 2.1)))
            gap = (house.right - house.left) / columns
            for row in range(int((foot - house.top - size * 2) / (size * 2.8))):
                y = house.top + size * 1.6 + row * size * 2.8
                for column in range(columns):
                    if canvas.chance(share):
                        x = house.left + gap * (column + 0.5)
                        stencil.box(x - size / 2, y, x + size / 2, y + size * 1.5)

    return canvas.stencil(shapes)


def _street_front(canvas: Canvas, light: Light, horizon: float) -> None:
    """The near row of houses, each in its own colour, with roofs, windows and shop fronts."""
    foot = horizon + 0.005
    houses = _row(canvas, foot, (0.12, 0.20), (0.13, 0.25))
    gables = [canvas.chance(0.4) for _ in houses]
    trim = light.of(0.96, 0.94, 0.88, 0.1)
    for house in houses:
        wall = canvas.pick(FACADES)
        rows = slice(round(house.top * canvas.size), round(foot * canvas.size))
        columns = slice(max(0, round(house.left * canvas.size)), max(0, round(house.right * canvas.size)))
        shades = canvas.gradient([(house.top, light.on(wall, 0.14)), (foot, light.on(wall * 0.92, 0.10))])
        canvas.image[rows, columns] = shades[rows]

    def gabled(stencil: Stencil) -> None:
        for house, gable in zip(houses, gables, strict=True):
            left, right, top = house.left - 0.006, house.right + 0.006, house.top + 0.004
            if gable:
                stencil.polygon([(left, top), ((left + right) / 2, top - 0.075), (right, top)])

    def flat(stencil: Stencil) -> None:
        for house, gable in zip(houses, gables, strict=True):
            if not gable:
                stencil.box(house.left - 0.005, house.top - 0.014, house.right + 0.005, house.top + 0.006)

    tiles = canvas.pick(((0.66, 0.44, 0.38), (0.52, 0.48, 0.52), (0.60, 0.50, 0.42)))
    canvas.blend(light.on(tiles, 0.15), canvas.stencil(gabled))
    canvas.blend(trim, canvas.stencil(flat))
    shops = foot - 0.062
    dark = light.of(0.46, 0.55, 0.64, 0.1)
    canvas.blend(trim, _windows(canvas, houses, shops + 0.02, 0.026, 1.0))
    lit = _windows(canvas, houses, shops + 0.02, 0.018, 1.0)
    canvas.blend(dark, lit)
    if light.time != "day":
        glowing = _windows(canvas, houses, shops + 0.02, 0.018, 0.6)
        canvas.blend(np.asarray((0.99, 0.83, 0.50), np.float32), glowing, 0.9 if light.time == "night" else 0.6)

    def fronts(stencil: Stencil) -> None:
        for house in houses:
            stencil.box(house.left + 0.015, shops + 0.012, house.right - 0.015, foot)

    warm = np.asarray((0.96, 0.78, 0.46), np.float32)
    canvas.blend(dark if light.time == "day" else mix(dark, warm, 0.6), canvas.stencil(fronts), 0.75)


def _street(canvas: Canvas, light: Light, horizon: float) -> None:
    kerb = horizon + 0.065
    paving = canvas.pick(((0.82, 0.79, 0.74), (0.78, 0.78, 0.78), (0.84, 0.78, 0.70)))
    asphalt = canvas.pick(((0.55, 0.56, 0.60), (0.60, 0.58, 0.58), (0.52, 0.55, 0.60)))
    canvas.blend(light.on(paving), canvas.below(horizon))
    canvas.blend(light.on(paving * 0.82), canvas.below(kerb - 0.012))
    canvas.blend(
        canvas.gradient([(kerb, light.on(asphalt * 1.06, 0.1)), (1.0, light.on(asphalt * 0.9))]), canvas.below(kerb)
    )
    mottle_rows = canvas.ground_noise(kerb, 6, 8) * canvas.below(kerb)
    canvas.shade(mottle_rows * np.float32(0.04))
    middle = kerb + (1.0 - kerb) * 0.52

    def dashes(stencil: Stencil) -> None:
        start = canvas.uniform(-0.2, 0.0)
        for i in range(6):
            x = start + i * 0.22
            stencil.polygon([(x, middle), (x + 0.12, middle), (x + 0.115, middle + 0.018), (x - 0.008, middle + 0.018)])

    def trees(stencil: Stencil) -> None:
        for x in (canvas.uniform(0.02, 0.2), canvas.uniform(0.8, 0.98)):
            round_tree(canvas, stencil, x, horizon + 0.03, canvas.uniform(0.12, 0.17))

    canvas.blend(light.of(0.96, 0.94, 0.86), canvas.stencil(dashes), 0.8)
    if canvas.chance(0.6):
        canvas.blend(light.of(0.50, 0.64, 0.42, 0.1), canvas.stencil(trees))


def paint_room(canvas: Canvas, light: Light, horizon: float) -> None:
    wall = canvas.pick(WALLS)
    canvas.fill(canvas.gradient([(0.0, _indoors(light, wall * 0.96)), (horizon, _indoors(light, wall * 1.02))]))
    _wallpaper(canvas, light, wall, horizon)
    canvas.shade(-0.10 * ((canvas.x - 0.5) ** 2 * 2.4 + np.clip(0.25 - canvas.y, 0, 1)))
    wood = canvas.pick(((0.76, 0.57, 0.40), (0.83, 0.66, 0.48), (0.66, 0.49, 0.38), (0.80, 0.70, 0.58)))
    _floor(canvas, light, wood, horizon)
    skirting = canvas.below(horizon - 0.035) * (1.0 - canvas.below(horizon))
    canvas.blend(_indoors(light, mix(wall, np.ones(3, np.float32), 0.6)), skirting)
    canvas.blend(_indoors(light, wood * 0.6), canvas.below(horizon - 0.002) * (1.0 - canvas.below(horizon + 0.006)))
    if canvas.chance(0.8):
        _window(canvas, light, horizon)
    if canvas.chance(0.75):
        _rug(canvas, light, horizon)


def _indoors(light: Light, colour: Array) -> Array:
    """A colour in a room: at night a dim lamp leaves it warmer than the blue outside."""
    if light.time == "day":
        return colour
    warm, strength = ((1.0, 0.87, 0.74), 0.8) if light.time == "sunset" else ((0.52, 0.44, 0.46), 0.75)
    return mix(light.on(colour), colour * np.asarray(warm, np.float32), strength)


def _wallpaper(canvas: Canvas, light: Light, wall: Array, horizon: float) -> None:
    kind = canvas.count(0, 3)
    paper = _indoors(light, wall * 0.93)
    above = 1.0 - canvas.below(horizon)
    if kind == 1:
        stripes = smoothstep(-0.15, 0.15, np.sin(canvas.x * 2 * np.pi * canvas.count(7, 12)))
        canvas.blend(paper, stripes * above, 0.6)
    elif kind == 2:

        def spots(stencil: Stencil) -> None:
            for row in range(9):
                for column in range(10):
                    stencil.ellipse((column + 0.25 + 0.5 * (row % 2)) * 0.1, (row + 0.5) * 0.08, 0.011, 0.011)

        canvas.blend(paper, canvas.stencil(spots) * above, 0.7)
    elif kind == 3:
        rail = horizon * canvas.uniform(0.56, 0.68)
        canvas.blend(_indoors(light, wall * canvas.pick(((0.86, 0.90, 0.90), (0.92, 0.86, 0.82)))), canvas.below(rail))
        band = canvas.below(rail - 0.012) * (1.0 - canvas.below(rail + 0.008))
        canvas.blend(_indoors(light, mix(wall, np.ones(3, np.float32), 0.6)), band)


def _floor(canvas: Canvas, light: Light, wood: Array, horizon: float) -> None:
    canvas.blend(
        canvas.gradient([(horizon, _indoors(light, wood * 0.98)), (1.0, _indoors(light, wood * 0.88))]),
        canvas.below(horizon),
    )
    depth = np.clip((canvas.y - horizon) / (1.0 - horizon), 0.0, 1.0)
    across = (canvas.x - 0.5) / (0.45 + 0.75 * depth) * canvas.count(9, 13)  # boards run towards the viewer
    board = np.floor(across)
    shade = np.sin(board * 12.9898 + canvas.uniform(0, 6)) * 0.045
    seam = np.clip(1.0 - np.abs(across - board - 0.5) * 2.0, 0.0, 1.0)
    canvas.shade((shade - 0.14 * (seam < 0.09)) * canvas.below(horizon))


def _window(canvas: Canvas, light: Light, horizon: float) -> None:
    """A window with the sky outside, its frame and mostly curtains; by day its light falls on the floor."""
    half, height = canvas.uniform(0.11, 0.16), canvas.uniform(0.26, 0.34)
    x, top = canvas.uniform(0.22, 0.78), canvas.uniform(0.08, 0.14)
    bottom = min(top + height, horizon - 0.12)
    outside = Canvas(canvas.size, canvas.rng)
    outside.fill(outside.gradient([(top, light.zenith), ((top + bottom) / 2, light.middle), (bottom, light.haze)]))
    if light.time == "night":
        paint_stars(outside, light, 50, bottom)
    else:
        paint_clouds(outside, light, 4, (top, bottom), (0.03, 0.06))
    hills = bottom - 0.07 + outside.curve(5, 0.03)
    outside.blend(light.of(0.56, 0.72, 0.48, 0.3), outside.below(hills))

    def frame(stencil: Stencil) -> None:
        stencil.box(x - half - 0.02, top - 0.02, x + half + 0.02, bottom + 0.02)
        stencil.box(x - half - 0.04, bottom + 0.015, x + half + 0.04, bottom + 0.04)

    def panes(stencil: Stencil) -> None:
        middle = (top + bottom) / 2
        for left, right in ((x - half, x - 0.007), (x + 0.007, x + half)):
            stencil.box(left, top, right, middle - 0.007)
            stencil.box(left, middle + 0.007, right, bottom)

    canvas.blend(_indoors(light, np.asarray((0.97, 0.95, 0.91), np.float32)), canvas.stencil(frame))
    canvas.blend(outside.image, canvas.stencil(panes))
    if canvas.chance(0.7):
        _curtains(canvas, light, x, half, top, bottom)
    if light.time != "night":
        slant = canvas.uniform(-0.2, 0.2)

        def patch(stencil: Stencil) -> None:
            low, high = horizon + 0.05, min(0.97, horizon + 0.24)
            near, far = x + slant, x + slant * 1.8
            stencil.polygon(
                [(near - half, low), (near + half, low), (far + half * 1.3, high), (far - half * 1.3, high)]
            )

        canvas.glow(light.haze, canvas.stencil(patch, blur=0.008), 0.22)


def _curtains(canvas: Canvas, light: Light, x: float, half: float, top: float, bottom: float) -> None:
    cloth = canvas.pick(
        ((0.86, 0.62, 0.56), (0.62, 0.74, 0.78), (0.90, 0.80, 0.60), (0.70, 0.76, 0.62), (0.76, 0.68, 0.80))
    )

    def shapes(stencil: Stencil) -> None:
        for side in (-1, 1):
            outer, inner = x + side * (half + 0.05), x + side * half * 0.62
            knee = (x + side * half * 0.95, top + (bottom - top) * 0.7)
            stencil.polygon(
                [
                    (outer, top - 0.035),
                    (inner, top - 0.035),
                    knee,
                    (x + side * half * 0.85, bottom + 0.07),
                    (outer, bottom + 0.07),
                ]
            )

    def rod(stencil: Stencil) -> None:
        stencil.box(x - half - 0.075, top - 0.046, x + half + 0.075, top - 0.03)

    folds = 0.90 + 0.10 * np.sin(canvas.x * 150.0)[..., None]
    canvas.blend((_indoors(light, cloth) * folds).astype(np.float32), canvas.stencil(shapes))
    canvas.blend(_indoors(light, np.asarray((0.52, 0.40, 0.32), np.float32)), canvas.stencil(rod))


def _rug(canvas: Canvas, light: Light, horizon: float) -> None:
    colours = ((0.80, 0.56, 0.50), (0.54, 0.66, 0.72), (0.86, 0.76, 0.56), (0.62, 0.70, 0.58), (0.72, 0.62, 0.74))
    cloth = canvas.pick(colours)
    x, y = canvas.uniform(0.38, 0.62), horizon + (1.0 - horizon) * canvas.uniform(0.5, 0.62)
    wide, high = canvas.uniform(0.30, 0.40), (1.0 - horizon) * 0.34
    for scale, colour in ((1.0, cloth * 0.9), (0.9, mix(cloth, np.ones(3, np.float32), 0.55)), (0.82, cloth)):
        oval = canvas.stencil(lambda stencil, k=scale: stencil.ellipse(x, y, wide * k, high * k))
        canvas.blend(_indoors(light, colour), oval)


def paint_plain(canvas: Canvas, light: Light, horizon: float) -> None:
    """A studio: one soft colour, lit from the middle, with a curved backdrop that darkens a little at the floor."""
    colour = _indoors(light, canvas.pick(STUDIO))
    canvas.fill(
        canvas.gradient(
            [(0.0, colour), (horizon - 0.12, colour * 0.985), (horizon + 0.04, colour * 0.94), (1.0, colour)]
        )
    )
    away = (canvas.x - canvas.uniform(0.4, 0.6)) ** 2 + (canvas.y - canvas.uniform(0.35, 0.5)) ** 2
    canvas.shade(0.03 - away * canvas.uniform(0.12, 0.26))
