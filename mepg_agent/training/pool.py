"""Scenes made by worker processes and kept as tensors on the training device, with captions and labels.

Scene number i of seed s is always the same picture, however many workers there are.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from mepg_agent.portfolio import Portfolio, Vocabulary
from mepg_agent.training.captions import caption
from mepg_agent.training.scenes import TINTS, Composer, Sprites
from mepg_agent.training.styles import MADE_STYLES

CAPTIONS = 2  # captions kept for every scene
THINGS = 5
CHUNK = 64  # scenes a worker makes at a time


@dataclass(frozen=True)
class Source:
    """Where scenes come from: everything a worker needs, cheap to pickle."""

    sprites: Path
    experts: Path
    tokenizer: Path
    seed: int
    size: int = 256
    styled: float = 0.15  # share of scenes over-painted in a made style

    def vocabulary(self) -> Vocabulary:
        vocabulary = Portfolio((self.experts,)).vocabulary("picturebook")
        assert vocabulary is not None
        return vocabulary


class _Chunks(Dataset[dict[str, np.ndarray]]):
    """Item i: CHUNK scenes as arrays."""

    def __init__(self, source: Source, chunks: int) -> None:
        self.source, self.chunks = source, chunks
        self._composer: Composer | None = None

    def __len__(self) -> int:
        return self.chunks

    def _ready(self) -> Composer:
        if self._composer is None:
            from transformers import CLIPTokenizer

            sprites = Sprites.load(self.source.sprites)
            self._composer = Composer(sprites, self.source.vocabulary(), self.source.size)
            self._tokenizer = CLIPTokenizer.from_pretrained(self.source.tokenizer)
        return self._composer

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        composer = self._ready()
        rng = np.random.default_rng((self.source.seed, index))
        styles, colors = all_styles(composer.vocabulary), list(TINTS)
        images, texts = [], []
        labels = np.full((CHUNK, THINGS, 3), -1, np.int16)  # noun, style, colour; -1 is none
        boxes = np.zeros((CHUNK, THINGS, 4), np.float32)  # corners
        scene_styles = np.full(CHUNK, -1, np.int16)
        for i in range(CHUNK):
            style = str(rng.choice(MADE_STYLES)) if rng.random() < self.source.styled else None
            scene = composer.scene(rng, style=style)
            images.append(scene.image)
            texts += [caption(scene, rng, composer.vocabulary, style) for _ in range(CAPTIONS)]
            scene_styles[i] = styles.index(style) if style else -1
            for j, thing in enumerate(scene.things):
                shown = styles.index(style or thing.look)
                color = colors.index(thing.color) if thing.color and style is None else -1
                labels[i, j] = composer.sprites.nouns.index(thing.noun), shown, color
                boxes[i, j] = thing.box.x, thing.box.y, thing.box.right, thing.box.bottom
        ids = self._tokenizer(texts, padding="max_length", truncation=True, return_tensors="np")["input_ids"]
        return {
            "image": np.stack(images),
            "ids": ids.astype(np.int16).reshape(CHUNK, CAPTIONS, -1),
            "labels": labels,
            "boxes": boxes,
            "style": scene_styles,
        }


def all_styles(vocabulary: Vocabulary) -> list[str]:
    """The looks the denoiser knows, then the made styles: the label space of verifier and scorer."""
    return [*vocabulary.looks, *MADE_STYLES]


class Pool:
    """Scenes on the device. `count` grows while a background thread fills it; rows below it never change."""

    def __init__(self, source: Source, capacity: int, device: torch.device, tokens: int, workers: int) -> None:
        self.source, self.device, self.capacity = source, device, capacity // CHUNK * CHUNK
        n, size = self.capacity, source.size
        self.image = torch.empty((n, size, size, 3), dtype=torch.uint8, device=device)
        self.ids = torch.empty((n, CAPTIONS, tokens), dtype=torch.int16, device=device)
        self.labels = torch.empty((n, THINGS, 3), dtype=torch.int16, device=device)
        self.boxes = torch.empty((n, THINGS, 4), device=device)
        self.style = torch.empty((n,), dtype=torch.int16, device=device)
        self.count = 0
        self._stop = threading.Event()
        loader = DataLoader(
            _Chunks(source, self.capacity // CHUNK),
            batch_size=None,
            num_workers=workers,
            prefetch_factor=4 if workers else None,
        )
        self._thread = threading.Thread(target=self._fill, args=(loader,), daemon=True)
        self._failed: BaseException | None = None
        self._thread.start()

    def _fill(self, loader: DataLoader[dict[str, Tensor]]) -> None:
        try:
            for chunk in loader:
                rows = slice(self.count, self.count + CHUNK)
                for name in ("image", "ids", "labels", "boxes", "style"):
                    getattr(self, name)[rows].copy_(torch.as_tensor(chunk[name]))
                if self.device.type == "cuda":
                    torch.cuda.current_stream().synchronize()
                self.count += CHUNK
                if self._stop.is_set():
                    return
        except BaseException as error:  # handed to whoever waits for scenes
            self._failed = error

    def wait(self, scenes: int) -> None:
        """Block until that many scenes are there."""
        while self.count < min(scenes, self.capacity):
            if self._failed:
                raise RuntimeError("a scene worker failed") from self._failed
            self._thread.join(0.05)

    def stop(self) -> None:
        """Make no further scenes."""
        self._stop.set()
        self._thread.join()

    def rows(self, batch: int, generator: torch.Generator) -> Tensor:
        """Random row numbers (batch,) on the device."""
        return torch.randint(self.count, (batch,), generator=generator, device=self.device)


def to_float(image: Tensor) -> Tensor:
    """uint8 (n, h, w, 3) -> float (n, 3, h, w) in -1..1, channels last in memory."""
    return image.permute(0, 3, 1, 2).float().div_(127.5).sub_(1)


def batches(order: Tensor, size: int) -> Iterator[Tensor]:
    for start in range(0, len(order), size):
        yield order[start : start + size]
