"""Seeded picture-book scenes: background, one to five sprites, contact shadows, and what stands where.

Everything is drawn from one `numpy` generator per scene, so a scene is named by (seed, index).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import Box, Extent
from mepg_agent.training.backgrounds import PLACES, TIMES, Background, paint_background
from mepg_agent.training.styles import MADE_STYLES, apply_style, restyle

TINTED = 0.2  # share of the things of scenes in a colour that is not their icon's
LINE, LIGHT = 0.14, 0.9  # how light a sprite's lines and its lights are, 0..1
TINTS = {
    "red": (214, 40, 40),
    "orange": (244, 140, 30),
    "yellow": (248, 212, 52),
    "green": (64, 168, 72),
    "blue": (46, 106, 214),
    "purple": (136, 72, 190),
    "pink": (244, 128, 178),
    "brown": (132, 84, 52),
    "black": (44, 44, 50),
    "white": (240, 240, 240),
    "gray": (142, 146, 152),
}
NATURAL_PLACES = {
    "water": ("sea", "sea", "underwater", "beach"),
    "sky": ("sky", "sky", "meadow", "mountains", "sea", "city", "space"),
    "ground": ("meadow", "forest", "beach", "desert", "snow", "mountains", "city", "room", "plain"),
}
CELLS = 16  # things stand on the grid of the codes: a picture shifted by half a patch has an altogether other code
SIDES = (4, 6, 8, 10, 12, 14)  # cells of the side of a thing: few sizes are learned sooner than all
COUNTS = (0.04, 0.36, 0.32, 0.2, 0.08)  # share of scenes with 0, 1, 2 … things
MIXED = 0.6  # share of things in the style of a mixed scene
LESSON = 8  # cells of the side of a lesson
BACKGROUNDS_KEPT = 160  # a worker reuses painted backgrounds: painting one costs as much as composing five scenes


@dataclass(frozen=True)
class Sprites:
    """What `icons.pack` wrote. `art`: (nouns, looks, size, size, 4) uint8; `colors`: (nouns, looks), "" is none."""

    art: NDArray[np.uint8]
    nouns: tuple[str, ...]
    looks: tuple[str, ...]
    colors: NDArray[np.str_]

    @classmethod
    def load(cls, file: Path) -> Sprites:
        with np.load(file, allow_pickle=False) as data:
            return cls(data["sprites"], tuple(data["nouns"].tolist()), tuple(data["looks"].tolist()), data["colors"])


@dataclass(frozen=True)
class Thing:
    noun: str
    look: str  # of its icon, or a style that it alone is painted in
    color: str | None  # a colour word that is true of it, painted or its own
    painted: bool
    box: Box  # of the visible art


@dataclass(frozen=True)
class Scene:
    image: NDArray[np.uint8]  # (size, size, 3)
    things: tuple[Thing, ...]  # far to near
    place: str
    time: str
    style: str | None = None  # of the whole picture


class Composer:
    """Composes scenes of one size. Not thread-safe: one a process."""

    def __init__(self, sprites: Sprites, vocabulary: Vocabulary, size: int = 256) -> None:
        self.sprites, self.vocabulary, self.size = sprites, vocabulary, size
        self._art = {
            (noun, look): Image.fromarray(sprites.art[i, j], "RGBA")
            for i, noun in enumerate(sprites.nouns)
            for j, look in enumerate(sprites.looks)
            if noun in vocabulary.nouns
        }
        self._nouns = list(vocabulary.nouns)
        self._kept: dict[tuple[str, str, int], Background] = {}

    def lesson(self, rng: np.random.Generator, tinted: float = 0.0) -> Scene:
        """A piece of a scene with one thing in it, as its icon shows it, the share `tinted` in another colour: what
        nouns are learned from first.

        It is what the window of a region shows, at a quarter of a scene's cost.
        """
        noun, look = str(rng.choice(self._nouns)), str(rng.choice(self.vocabulary.looks))
        place, time = self._place([noun], rng), str(rng.choice(TIMES, p=[0.7, 0.1, 0.2]))
        ground = self._background(place, time, rng)
        side = int(rng.choice([s for s in SIDES if s < LESSON]))  # one that fills its piece teaches where borders are
        box = self._spot(noun, ground.ground, side / CELLS, rng)
        canvas = Image.fromarray(ground.image).convert("RGB")
        thing = self._paste(canvas, noun, look, box, ground, rng, steady=True, tinted=tinted)
        left, top = (_start(round(v * CELLS), side, rng) / CELLS for v in (box.x, box.y))
        piece = Box(x=left, y=top, width=LESSON / CELLS, height=LESSON / CELLS)
        rows, columns = piece.pixels(Extent(width=self.size, height=self.size)).as_slices()
        return Scene(np.asarray(canvas)[rows, columns], (replace(thing, box=_within(thing.box, piece)),), place, time)

    def scene(
        self, rng: np.random.Generator, count: int | None = None, style: str | None = None, mixed: bool = False
    ) -> Scene:
        """One scene of `count` things (drawn when None), in `style` when given: all of it, or when `mixed` about half
        of its things, each by itself. A style is a made one or a look of the icons."""
        n = count if count is not None else int(rng.choice(len(COUNTS), p=COUNTS))
        nouns = [str(noun) for noun in rng.choice(self._nouns, n)]
        if n > 1 and rng.random() < 0.2:  # counts: two dogs, three stars
            nouns[1] = nouns[0]
        place, time, ground, canvas = self._setting(nouns, rng)
        things: list[Thing] = []
        shared = None if rng.random() < 0.5 else str(rng.choice(self.vocabulary.looks))
        for box, noun in self._layout(nouns, ground.ground, rng):
            look = shared or str(rng.choice(self.vocabulary.looks))
            if style in self.sprites.looks and (not mixed or rng.random() < MIXED):
                look = style
            alone = style if style in MADE_STYLES and mixed and rng.random() < MIXED else None
            things.append(self._paste(canvas, noun, look, box, ground, rng, alone=alone))
        image = np.asarray(canvas)
        if style in MADE_STYLES and not mixed:
            image = apply_style(style, image, rng)
        return Scene(image, tuple(things), place, time, None if mixed else style)

    def medley(self, rng: np.random.Generator) -> Scene:
        """A scene of two to five things, each in a style of its own, drawn evenly from all: what verifier and scorer
        have to tell apart. It costs little more than a plain scene and shows twice as many styles as one in a style."""
        nouns = [str(noun) for noun in rng.choice(self._nouns, int(rng.integers(2, 6)))]
        place, time, ground, canvas = self._setting(nouns, rng)
        things: list[Thing] = []
        for box, noun in self._layout(nouns, ground.ground, rng):
            style = str(rng.choice([*self.sprites.looks, *MADE_STYLES]))
            alone = style if style in MADE_STYLES else None
            look = style if alone is None else str(rng.choice(self.vocabulary.looks))
            things.append(self._paste(canvas, noun, look, box, ground, rng, alone=alone))
        return Scene(np.asarray(canvas), tuple(things), place, time)

    def _setting(self, nouns: list[str], rng: np.random.Generator) -> tuple[str, str, Background, Image.Image]:
        """Place and time that suit the nouns, their background, and a picture of it to paste things on."""
        place, time = self._place(nouns, rng), str(rng.choice(TIMES, p=[0.6, 0.16, 0.24]))
        ground = self._background(place, time, rng)
        return place, time, ground, Image.fromarray(ground.image).convert("RGB")

    def forget(self) -> None:
        """Drop the painted backgrounds, so that what follows depends on its generator alone."""
        self._kept.clear()

    def _place(self, nouns: list[str], rng: np.random.Generator) -> str:
        if not nouns or rng.random() < 0.3:
            return str(rng.choice(PLACES))
        stands = self.vocabulary.nouns[nouns[int(rng.integers(len(nouns)))]].stands
        return str(rng.choice(NATURAL_PLACES[stands]))

    def _background(self, place: str, time: str, rng: np.random.Generator) -> Background:
        slots = max(BACKGROUNDS_KEPT // (len(PLACES) * 3), 2)
        key = (place, time, int(rng.integers(slots)))
        renew = rng.random() < 0.12
        own = np.random.default_rng(rng.integers(2**63))
        if renew or key not in self._kept:
            self._kept[key] = paint_background(place, time, self.size, own)
        kept = self._kept[key]
        if rng.random() < 0.5:
            return replace(kept, image=np.ascontiguousarray(kept.image[:, ::-1]))
        return kept

    def _layout(self, nouns: list[str], ground: float, rng: np.random.Generator) -> list[tuple[Box, str]]:
        """Square boxes for the nouns, far to near, mostly without overlap."""
        shrink = {2: 0.85, 3: 0.72, 4: 0.62, 5: 0.55}.get(len(nouns), 1.0)
        placed: list[tuple[Box, str]] = []
        for noun in nouns:
            allowed = 0.35 if rng.random() < 0.15 else 0.06
            best: tuple[float, Box] | None = None
            for attempt in range(12):
                side = self._side(noun, shrink * (1 - 0.03 * attempt), rng)
                box = self._spot(noun, ground, side if len(nouns) > 1 else float(rng.uniform(0.36, 0.88)), rng)
                worst = max((max(box.covered_by(b), b.covered_by(box)) for b, _ in placed), default=0.0)
                if best is None or worst < best[0]:
                    best = (worst, box)
                if worst <= allowed:
                    break
            assert best is not None
            if best[0] <= 0.5:
                placed.append((best[1], noun))
        return sorted(placed, key=lambda item: item[0].bottom)

    def _side(self, noun: str, shrink: float, rng: np.random.Generator) -> float:
        return float(np.clip(self.vocabulary.nouns[noun].size * shrink * rng.uniform(0.9, 1.5), 0.26, 0.7))

    def _spot(self, noun: str, ground: float, side: float, rng: np.random.Generator) -> Box:
        kind = self.vocabulary.nouns[noun]
        x = float(rng.uniform(side / 2, 1 - side / 2))
        if rng.random() < 0.2 or ground > 0.95:  # anywhere: a person may want a dog in the sky
            y = float(rng.uniform(side / 2, 1 - side / 2))
        elif kind.stands == "sky":
            y = float(rng.uniform(side / 2, max(ground - side / 2, side / 2 + 0.02)))
        else:
            feet = float(rng.uniform(max(ground + 0.04, side), 0.98)) if side < 0.94 else 0.98
            y = feet - side / 2
        return snapped(x, y, side)

    def _paste(
        self,
        canvas: Image.Image,
        noun: str,
        look: str,
        box: Box,
        ground: Background,
        rng: np.random.Generator,
        steady: bool = False,
        tinted: float = TINTED,
        alone: str | None = None,
    ) -> Thing:
        i, j = self.sprites.nouns.index(noun), self.sprites.looks.index(look)
        art = self._art[noun, look]
        art = art.convert("RGBa")
        if not steady and rng.random() < 0.05:
            art = art.rotate(float(rng.uniform(-9, 9)), Image.Resampling.BICUBIC)
        side = max(round(box.width * self.size), 8)
        art = art.resize((side, side), Image.Resampling.LANCZOS if side < art.width else Image.Resampling.BICUBIC)
        pixels = np.asarray(art).astype(np.float32)
        color: str | None = str(self.sprites.colors[i, j]) or None
        painted = look != "ink" and rng.random() < tinted
        if painted:
            color = str(rng.choice(list(TINTS)))
            pixels = tint(pixels, color)
        if look != "ink":
            warm = np.array([ground.light, ground.light, min(ground.light + 0.08, 1.0)], np.float32)
            pixels[..., :3] *= 0.55 + 0.45 * warm
        left, top = round(box.x * self.size), round(box.y * self.size)
        rows, columns = np.nonzero(pixels[..., 3] > 60)
        visible = (left + columns.min(), top + rows.min(), left + columns.max() + 1, top + rows.max() + 1)
        if self.vocabulary.nouns[noun].stands != "sky" and visible[3] / self.size > ground.ground:
            _shadow(canvas, visible, ground.light)
        _over(canvas, pixels, left, top)
        if alone is not None:
            restyle(alone, canvas, pixels[..., 3], left, top, int(rng.integers(2**63)))
        clipped = [min(max(v / self.size, 0.0), 1.0) for v in visible]
        return Thing(noun, alone or look, color, painted, Box.from_corners(*clipped))


def _start(low: int, side: int, rng: np.random.Generator) -> int:
    """A cell where a piece of LESSON cells may start that holds the cells low .. low + side."""
    return int(rng.integers(max(low + side - LESSON, 0), min(low, CELLS - LESSON) + 1))


def _within(box: Box, piece: Box) -> Box:
    """The part of `box` that lies in `piece`, in fractions of the piece."""
    return Box.from_corners(
        max(box.x - piece.x, 0.0) / piece.width,
        max(box.y - piece.y, 0.0) / piece.height,
        min(box.right - piece.x, piece.width) / piece.width,
        min(box.bottom - piece.y, piece.height) / piece.height,
    )


def snapped(cx: float, cy: float, side: float) -> Box:
    """The square around a point, of a side in SIDES, with its edges on the grid of the codes, inside the canvas."""
    cells = min(SIDES, key=lambda s: abs(s - side * CELLS))
    left, top = (min(max(round(c * CELLS - cells / 2), 0), CELLS - cells) for c in (cx, cy))
    return Box(x=left / CELLS, y=top / CELLS, width=cells / CELLS, height=cells / CELLS)


def tint(pixels: NDArray[np.float32], color: str) -> NDArray[np.float32]:
    """Premultiplied RGBA recoloured: what is neither line nor light takes the colour; shading, lines, lights stay."""
    alpha = np.maximum(pixels[..., 3:], 1e-3)
    rgb = pixels[..., :3] / alpha
    light = rgb @ np.array([0.3, 0.59, 0.11], np.float32)
    body = light[(pixels[..., 3] > 0.5 * 255) & (light > LINE) & (light < LIGHT)]
    middle = float(np.median(body)) if len(body) else (LINE + LIGHT) / 2
    target = np.array(TINTS[color], np.float32) / 255
    ramp = np.clip((light - LINE / 2) / (middle - LINE / 2), 0, 1)[..., None]
    top = np.clip((light - middle) / (1 - middle), 0, 1)[..., None]
    mixed = target * ramp * (1 - top) + top
    out = pixels.copy()
    out[..., :3] = (0.12 * rgb + 0.88 * mixed) * pixels[..., 3:]
    return out


def _over(canvas: Image.Image, pixels: NDArray[np.float32], left: int, top: int) -> None:
    sprite = Image.fromarray(pixels.clip(0, 255).astype(np.uint8), "RGBa").convert("RGBA")
    canvas.paste(sprite, (left, top), sprite)


def _shadow(canvas: Image.Image, box: tuple[int, int, int, int], light: float) -> None:
    """A soft ellipse under the feet."""
    width, height = max(int((box[2] - box[0]) * 1.05), 4), max(int((box[2] - box[0]) * 0.2), 3)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    strength = np.clip(1 - (x * x + y * y), 0, 1) ** 0.8 * (70 + 60 * light)
    shade = np.zeros((height, width, 4), np.uint8)
    shade[..., :3], shade[..., 3] = (22, 22, 40), strength.astype(np.uint8)
    sprite = Image.fromarray(shade, "RGBA")
    canvas.paste(sprite, ((box[0] + box[2] - width) // 2, box[3] - int(height * 0.62)), sprite)
