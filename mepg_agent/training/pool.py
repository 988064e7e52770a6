"""Scenes on disk in shards: worker processes compose them, trainers read them, growing while they train.

`python -m mepg_agent.training.pool` writes shard i of seed s, which is always the same scenes, however many workers
there are; shards already there are left alone, so a stopped run goes on where it was. Lessons (`Composer.lesson`) are a
pool of their own in the folder `lessons`.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from mepg_agent.engine.memory import keep_freed_memory
from mepg_agent.portfolio import Vocabulary, read_vocabulary
from mepg_agent.training.backgrounds import PLACES, TIMES
from mepg_agent.training.captions import caption
from mepg_agent.training.config import DataConfig, arguments, read
from mepg_agent.training.icons import SETS
from mepg_agent.training.scenes import TINTS, Composer, Scene, Sprites
from mepg_agent.training.styles import MADE_STYLES

CAPTIONS = 2  # captions kept for every scene
THINGS = 5
SHARD = 128  # scenes in a shard
COLORLESS = ("pencil-sketch", "ink")  # styles that show no colour


@dataclass(frozen=True)
class Source:
    """Where scenes come from: everything a worker needs, cheap to send to it."""

    sprites: Path
    vocabulary_file: Path
    folder: Path  # of the shards
    seed: int = 0
    size: int = 256
    styled: float = 0.12  # share of scenes over-painted in a made style
    lessons: bool = False  # pieces of scenes that show one thing
    tinted: float = 0.0  # share of those whose thing has another colour
    style: str | None = None  # the one style that all scenes are in, or some of their things
    medley: bool = False  # every thing in a style of its own

    @classmethod
    def of(cls, data: DataConfig) -> Source:
        return cls(data.sprites, data.vocabulary, data.pool, data.seed, data.size, data.styled)

    @classmethod
    def lessons_of(cls, data: DataConfig) -> Source:
        return replace(cls.of(data), folder=data.pool / "lessons", lessons=True, tinted=data.tinted)

    @classmethod
    def style_of(cls, data: DataConfig, style: str) -> Source:
        return replace(cls.of(data), folder=data.pool / style, style=style)

    @classmethod
    def medley_of(cls, data: DataConfig) -> Source:
        return replace(cls.of(data), folder=data.pool / "medley", medley=True)

    def vocabulary(self) -> Vocabulary:
        return read_vocabulary(self.vocabulary_file)

    def file(self, index: int, part: str) -> Path:
        return self.folder / f"{self.seed}-{index:05d}.{part}"


def all_styles(vocabulary: Vocabulary) -> list[str]:
    """The looks the denoiser knows, then the styles of experts: the label space of verifier and scorer."""
    return [*vocabulary.looks, *expert_styles(vocabulary)]


def expert_styles(vocabulary: Vocabulary) -> list[str]:
    """The made styles, and the looks of icons that the denoiser does not know."""
    return [*MADE_STYLES, *(look for look in SETS if look not in vocabulary.looks)]


@cache
def _composer(sprites: Path, vocabulary: Path, size: int) -> Composer:
    """One in every worker."""
    return Composer(Sprites.load(sprites), read_vocabulary(vocabulary), size)


def _compose(source: Source, index: int) -> None:
    if source.file(index, "npz").exists():
        return
    composer = _composer(source.sprites, source.vocabulary_file, source.size)
    composer.forget()
    rng = np.random.default_rng((source.seed, index))
    scenes = [_scene(composer, source, rng) for _ in range(SHARD)]
    texts = [caption(s, rng, composer.vocabulary, s.style) for s in scenes for _ in range(CAPTIONS)]
    labels, boxes, styles = _labels(scenes, composer)
    np.save(source.file(index, "image.npy"), np.stack([s.image for s in scenes]))
    part = source.file(index, "part.npz")
    arrays = {"labels": labels, "boxes": boxes, "style": styles}
    arrays["setting"] = np.array([[PLACES.index(s.place), TIMES.index(s.time)] for s in scenes])
    np.savez(part, texts=np.array(texts).reshape(SHARD, CAPTIONS), **arrays)
    part.replace(source.file(index, "npz"))


def _scene(composer: Composer, source: Source, rng: np.random.Generator) -> Scene:
    if source.lessons:
        return composer.lesson(rng, source.tinted)
    if source.medley:
        return composer.medley(rng)
    if source.style is not None:
        mixed = rng.random() < 0.5
        return composer.scene(rng, int(rng.integers(1, THINGS - 1)) if mixed else None, source.style, mixed)
    style = str(rng.choice(MADE_STYLES)) if rng.random() < source.styled else None
    return composer.scene(rng, style=style)


def _labels(
    scenes: list[Scene], composer: Composer
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
    """Labels (n, THINGS, 3): noun, style, colour, -1 is none; corners (n, THINGS, 4); style of the whole (n,) or -1."""
    styles, colors = all_styles(composer.vocabulary), list(TINTS)
    nouns = list(composer.vocabulary.nouns)
    labels = np.full((len(scenes), THINGS, 3), -1)
    boxes = np.zeros((len(scenes), THINGS, 4), np.float32)
    for i, scene in enumerate(scenes):
        for j, thing in enumerate(scene.things):
            style = scene.style or thing.look
            color = colors.index(thing.color) if thing.color and style not in COLORLESS else -1
            labels[i, j] = nouns.index(thing.noun), styles.index(style), color
            boxes[i, j] = thing.box.x, thing.box.y, thing.box.right, thing.box.bottom
    return labels, boxes, np.array([styles.index(s.style) if s.style else -1 for s in scenes])


def pools(data: DataConfig) -> list[Pool]:
    """The scenes of all kinds, of each expert's style, and of styles side by side, as soon as all are there: what
    verifier and scorer learn from."""
    every = []
    for source, count in _counts(data):
        every.append(Pool(source))
        every[-1].wait(count)
    return every


def _counts(data: DataConfig) -> list[tuple[Source, int]]:
    """The scenes of all kinds, of each expert's style, of styles side by side: where they come from, and how many."""
    plain = Source.of(data)
    styled = [(Source.style_of(data, style), data.style_scenes) for style in expert_styles(plain.vocabulary())]
    return [(plain, data.scenes), *styled, (Source.medley_of(data), data.medley_scenes)]


class Pool:
    """The shards that are there, as tensors on `device`; pictures stay on disk, memory-mapped."""

    def __init__(self, source: Source, device: torch.device | str = "cpu") -> None:
        self.source, self.device = source, torch.device(device)
        self.images: list[NDArray[np.uint8]] = []
        self.texts: list[list[str]] = []  # of each scene, CAPTIONS of them
        self.labels = torch.empty((0, THINGS, 3), dtype=torch.long, device=self.device)
        self.boxes = torch.empty((0, THINGS, 4), device=self.device)
        self.style = torch.empty((0,), dtype=torch.long, device=self.device)
        self.setting = torch.empty((0, 2), dtype=torch.long, device=self.device)  # place, time
        self.refresh()

    def __len__(self) -> int:
        return len(self.style)

    def refresh(self) -> None:
        """Take in the shards that have come since."""
        while (file := self.source.file(len(self.images), "npz")).exists():
            with np.load(file, allow_pickle=False) as data:
                self.texts += data["texts"].tolist()
                for name in ("labels", "boxes", "style", "setting"):
                    setattr(self, name, torch.cat([getattr(self, name), torch.as_tensor(data[name]).to(self.device)]))
            self.images.append(np.load(self.source.file(len(self.images), "image.npy"), mmap_mode="r"))

    def wait(self, scenes: int) -> None:
        """Block until that many scenes are there."""
        while len(self) < scenes:
            time.sleep(1)
            self.refresh()

    def picture(self, row: int) -> Image.Image:
        return Image.fromarray(np.ascontiguousarray(self.images[row // SHARD][row % SHARD]))

    def pictures(self, rows: Tensor) -> Tensor:
        """uint8 (n, size, size, 3) of the given rows."""
        return torch.stack([torch.from_numpy(self.images[i // SHARD][i % SHARD].copy()) for i in rows.tolist()]).to(
            self.device
        )


def to_float(image: Tensor) -> Tensor:
    """uint8 (n, h, w, 3) -> float (n, 3, h, w) in -1..1."""
    return image.permute(0, 3, 1, 2).float().div_(127.5).sub_(1)


def shards(data: DataConfig) -> list[tuple[Source, int]]:
    """All that a family learns from, in the order in which it is wanted: lessons, then scenes and styles together."""
    counts, lessons = _counts(data), Source.lessons_of(data)
    for source, _ in (*counts, (lessons, 0)):
        source.folder.mkdir(parents=True, exist_ok=True)
    later = [(i / n, source, i) for source, count in counts for n in [-(-count // SHARD)] for i in range(n)]
    first = [(lessons, i) for i in range(-(-data.lessons // SHARD))]
    return first + [(source, i) for _, source, i in sorted(later, key=lambda each: each[0])]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    with ProcessPoolExecutor(options.workers, initializer=keep_freed_memory) as workers:
        for done in [workers.submit(_compose, *shard) for shard in shards(read(options.config).data)]:
            done.result()


if __name__ == "__main__":
    main()
