"""A square float canvas and the few brush strokes every place is painted with.

Lengths are fractions of the picture's side, colours are (3,) float32 in 0..1, masks are (size, size) float32 in 0..1.
Edges are anti-aliased: analytically for lines of land, by drawing at twice the size for shapes.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Array = NDArray[np.floating]
RGB = tuple[float, float, float]

OVERSAMPLE = 2  # shapes are drawn at this multiple of the size and averaged down


def mix(first: Array, second: Array, amount: float) -> Array:
    """Linear interpolation between two colours; `amount` 0 gives the first, 1 the second."""
    return first + (second - first) * np.float32(amount)


def smoothstep(low: float, high: float, value: Array) -> Array:
    """Hermite step from 0 at `low` to 1 at `high`."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


class Stencil:
    """Shapes gathered in one mask. Coordinates are fractions of the picture's side."""

    def __init__(self, size: int) -> None:
        self.scale = size * OVERSAMPLE
        self.image = Image.new("L", (self.scale, self.scale))
        self.draw = ImageDraw.Draw(self.image)

    def polygon(self, points: Iterable[tuple[float, float]], value: float = 1.0) -> None:
        self.draw.polygon([(x * self.scale, y * self.scale) for x, y in points], fill=round(255 * value))

    def box(self, left: float, top: float, right: float, bottom: float, value: float = 1.0) -> None:
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], value)

    def ellipse(self, x: float, y: float, rx: float, ry: float, value: float = 1.0) -> None:
        s = self.scale
        self.draw.ellipse([(x - rx) * s, (y - ry) * s, (x + rx) * s, (y + ry) * s], fill=round(255 * value))

    def stroke(self, points: Sequence[tuple[float, float]], width: float, value: float = 1.0) -> None:
        scaled = [(x * self.scale, y * self.scale) for x, y in points]
        self.draw.line(scaled, fill=round(255 * value), width=max(2, round(width * self.scale)), joint="curve")

    def mask(self, blur: float = 0.0) -> Array:
        """(size, size) mask of everything drawn; `blur` is a Gaussian's sigma as a fraction of the side."""
        small = self.image.reduce(OVERSAMPLE)
        if blur > 0:
            small = small.filter(ImageFilter.GaussianBlur(blur * small.width))
        return np.asarray(small, dtype=np.float32) / 255.0


class Canvas:
    """The picture in progress, its random source and its coordinates (`y` is (size, 1), `x` is (1, size))."""

    def __init__(self, size: int, rng: np.random.Generator) -> None:
        self.size = size
        self.rng = rng
        steps = (np.arange(size, dtype=np.float32) + 0.5) / size
        self.y: Array = steps[:, None]
        self.x: Array = steps[None, :]
        self.planes: Array = np.zeros((3, size, size), dtype=np.float32)  # one plane a colour: three times faster
        self.image: Array = self.planes.transpose(1, 2, 0)  # the same memory as (size, size, 3)

    def uniform(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def count(self, low: int, high: int) -> int:
        """A whole number in low..high, both ends possible."""
        return int(self.rng.integers(low, high + 1))

    def pick(self, choices: Sequence[RGB]) -> Array:
        """One of several colours, nudged so that no two pictures share it exactly."""
        return self.nudge(np.asarray(choices[int(self.rng.integers(len(choices)))], dtype=np.float32))

    def nudge(self, colour: Array, amount: float = 0.035) -> Array:
        moved = colour + self.rng.uniform(-amount, amount, 3).astype(np.float32)
        return np.clip(moved, 0.0, 1.0).astype(np.float32)

    def noise(self, rows: int, columns: int) -> Array:
        """Smooth noise in about -1..1 with `rows` x `columns` bumps over the picture."""
        grid = self.rng.uniform(-1.0, 1.0, (rows, columns)).astype(np.float32)
        return np.asarray(Image.fromarray(grid).resize((self.size, self.size), Image.Resampling.BICUBIC))

    def ground_noise(self, top: float, rows: int, columns: int) -> Array:
        """Noise lying on the ground below `top`: bumps flatten and crowd towards the horizon."""
        depth = np.clip((self.y[:, 0] - top) / max(1.0 - top, 0.05), 0.0, 1.0) ** 0.6
        return self.noise(rows, columns)[(depth * (self.size - 1)).astype(np.intp)]

    def curve(self, knots: int, amplitude: float) -> Array:
        """(size,) smooth random line around 0, at most about `amplitude` high."""
        values = self.rng.uniform(-amplitude, amplitude, (1, knots)).astype(np.float32)
        return np.asarray(Image.fromarray(values).resize((self.size, 1), Image.Resampling.BICUBIC))[0]

    def below(self, line: Array | float) -> Array:
        """Mask of what lies below a line of heights, (size,) or one number."""
        height = np.broadcast_to(np.asarray(line, dtype=np.float32), (self.size,))
        return np.clip((self.y - height[None, :]) * self.size + 0.5, 0.0, 1.0)

    def gradient(self, stops: Sequence[tuple[float, Array]]) -> Array:
        """(size, 1, 3) colours by height; `stops` are (height, colour) from the top down."""
        heights = [height for height, _ in stops]
        channels = [np.interp(self.y[:, 0], heights, [colour[i] for _, colour in stops]) for i in range(3)]
        return np.stack(channels, axis=-1).astype(np.float32)[:, None, :]

    def fill(self, colours: Array) -> None:
        self.image[:] = colours

    def blend(self, colours: Array, mask: Array, opacity: float = 1.0) -> None:
        """Paint `colours` through a mask. Only the rows it touches cost time.

        `colours` is (3,), (size, 1, 3), (1, size, 3) or (size, size, 3).
        """
        rows = np.flatnonzero(mask.max(axis=1) > 0)
        if rows.size == 0:
            return
        span = slice(int(rows[0]), int(rows[-1]) + 1)
        source = colours if colours.ndim == 1 or colours.shape[0] == 1 else colours[span]
        weight = mask[span].astype(np.float32) * np.float32(opacity)
        for i, plane in enumerate(self.planes[:, span]):
            plane += (source[..., i] - plane) * weight

    def shade(self, amount: Array) -> None:
        """Brighten (amount > 0) or darken (amount < 0) by a fraction, (size, size) or (size, 1)."""
        self.planes *= (1.0 + amount).astype(np.float32)

    def glow(self, colour: Array, mask: Array, opacity: float) -> None:
        """Screen light over the picture: it brightens and never clips."""
        weight = mask.astype(np.float32) * np.float32(opacity)
        for plane, strength in zip(self.planes, colour, strict=True):
            plane += (1.0 - plane) * (weight * strength)

    def stencil(self, shapes: Callable[[Stencil], None], blur: float = 0.0) -> Array:
        """The mask of the shapes that `shapes` draws."""
        stencil = Stencil(self.size)
        shapes(stencil)
        return stencil.mask(blur)

    def slope_shade(self, line: Array, lean: float) -> Array:
        """Light on the flanks of a ridge, -1..1: the left side is lit, and the flanks lean away from the crest."""
        slope = np.gradient(line) * self.size
        column = np.clip(self.x + lean * (self.y - line[None, :]), 0.0, 1.0) * (self.size - 1)
        return np.clip(-slope[column.astype(np.intp)] * 2.0, -1.0, 1.0)
