"""Seeded picture-book backgrounds: places with light, depth and texture, painted from a random generator alone.

Illustrations on purpose: clean shapes, gentle palettes and no detail finer than about three pixels at 256, so that a
small model can learn them, and a little paler than the things that are pasted on top of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mepg_agent.training.backgrounds.built import paint_city, paint_plain, paint_room
from mepg_agent.training.backgrounds.canvas import Canvas
from mepg_agent.training.backgrounds.heavens import paint_open_sky, paint_space
from mepg_agent.training.backgrounds.land import (
    paint_desert,
    paint_forest,
    paint_meadow,
    paint_mountains,
    paint_snow,
)
from mepg_agent.training.backgrounds.light import Light, make_light
from mepg_agent.training.backgrounds.water import paint_beach, paint_sea, paint_underwater

TIMES: tuple[str, ...] = ("day", "sunset", "night")
GROUND_SWING = 0.05  # how far a picture's horizon may lie from its place's usual one


@dataclass(frozen=True)
class Background:
    """A painted place. `image` is (size, size, 3) uint8 RGB; `ground` is the height of the ground line, a fraction from
    the top (things that stand lie below it); `light` is the strength of the light, 1 by day, 0.35 by night."""

    image: NDArray[np.uint8]
    ground: float
    light: float


@dataclass(frozen=True)
class Place:
    """How a place is painted, and where its ground line usually lies. Without ground the line does not move."""

    paint: Callable[[Canvas, Light, float], None]
    ground: float
    swings: bool = True


_PLACES: dict[str, Place] = {
    "meadow": Place(paint_meadow, 0.58),
    "forest": Place(paint_forest, 0.62),
    "beach": Place(paint_beach, 0.60),
    "sea": Place(paint_sea, 0.45),
    "desert": Place(paint_desert, 0.60),
    "snow": Place(paint_snow, 0.60),
    "mountains": Place(paint_mountains, 0.62),
    "city": Place(paint_city, 0.72),
    "room": Place(paint_room, 0.66),
    "sky": Place(paint_open_sky, 0.98, swings=False),
    "space": Place(paint_space, 0.98, swings=False),
    "underwater": Place(paint_underwater, 0.85),
    "plain": Place(paint_plain, 0.80),
}
PLACES: tuple[str, ...] = tuple(_PLACES)


def paint_background(place: str, time: str, size: int, rng: np.random.Generator) -> Background:
    """Paint one background, `size` pixels square (64 to 512). The same generator state gives the same bytes.

    Raises ValueError for a place that is not in `PLACES` or a time that is not in `TIMES`.
    """
    if place not in _PLACES:
        raise ValueError(f"There is no place {place!r}. Known places: {', '.join(PLACES)}.")
    if time not in TIMES:
        raise ValueError(f"There is no time {time!r}. Known times: {', '.join(TIMES)}.")
    known = _PLACES[place]
    canvas = Canvas(size, rng)
    light = make_light(canvas, time)
    ground = known.ground + (canvas.uniform(-GROUND_SWING, GROUND_SWING) if known.swings else 0.0)
    known.paint(canvas, light, ground)
    pixels = np.clip(canvas.image * 255.0 + 0.5, 0.0, 255.0).astype(np.uint8)
    return Background(pixels, ground, light.level)
