"""Teach the sketcher what prompts look like: `python -m mepg_agent.training.sketcher`.

Icons are few, so a sketch is a sum of principal sketches, found once, and all that is learned is how much of each a
prompt asks for. Prompts that name nothing the family can draw are taught an empty sketch, which tells a denoiser
nothing. The text tower is the pipeline's own and learns nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from mepg_agent.engine.memory import keep_freed_memory
from mepg_agent.engine.sketcher import Sketcher
from mepg_agent.english import article, noun_phrase
from mepg_agent.portfolio import Vocabulary
from mepg_agent.training.backgrounds import PLACES, TIMES
from mepg_agent.training.config import SketcherConfig, arguments, read
from mepg_agent.training.draws import integers
from mepg_agent.training.loop import Budget, Run
from mepg_agent.training.pool import COLORLESS, Source, all_styles
from mepg_agent.training.regional import said, setting
from mepg_agent.training.scenes import TINTS, Sprites, tint
from mepg_agent.training.words import read_states

Art = tuple[str, str, str | None]  # noun, look of the icons, colour that is not its own
NOTHING: Art = ("", "", None)
PLAIN = "flat"  # what is sketched for a style that is painted over: an expert's
SAID = 3  # prompts of each thing in its own colours; of each other colour one
STRANGE = 0.15  # share of prompts that name an unknown style or say something else of the thing
EMPTY = 0.06  # share of prompts that name nothing


@dataclass(frozen=True)
class Album:
    """Every icon in every colour, small: (n, 4, side, side) uint8, premultiplied; and which is which."""

    pictures: Tensor
    place: dict[Art, int]

    @classmethod
    def of(cls, sprites: Sprites, vocabulary: Vocabulary, side: int) -> Album:
        pictures, place = [torch.zeros(4, side, side, dtype=torch.uint8)], {NOTHING: 0}
        for noun in vocabulary.nouns:
            for j, look in enumerate(sprites.looks):
                icon = Image.fromarray(sprites.art[sprites.nouns.index(noun), j], "RGBA").convert("RGBa")
                small = np.asarray(icon.resize((side, side), Image.Resampling.LANCZOS)).astype(np.float32)
                for color in (None,) if look in COLORLESS else (None, *TINTS):
                    pixels = small if color is None else tint(small, color)
                    place[noun, look, color] = len(pictures)
                    pictures.append(torch.from_numpy(pixels.clip(0, 255).astype(np.uint8)).permute(2, 0, 1))
        return cls(torch.stack(pictures), place)


@torch.no_grad()
def principal(album: Album, sketcher: Sketcher) -> Tensor:
    """Gives the sketcher the album's principal patches and, of these, its principal sketches; returns how much of each
    every picture is, (n, basis)."""
    grid, patch, channels = (sketcher.config[name] for name in ("grid", "patch", "channels"))
    parts = album.pictures.float().div(255).unfold(2, patch, patch).unfold(3, patch, patch)  # n, 4, grid, grid, p, p
    parts = parts.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(0, 2)
    mean = parts.mean(0)
    _, vectors = torch.linalg.eigh((parts - mean).T @ (parts - mean))
    patches = vectors.flip(1)[:, :channels]
    codes = ((parts - mean) @ patches).view(len(album.pictures), grid, grid, channels).permute(0, 3, 1, 2).flatten(1)
    middle = codes.mean(0)
    nothing = F.normalize(codes[album.place[NOTHING]] - middle, dim=0)[:, None]  # one among thousands, but it has to be
    others = codes - middle - (codes - middle) @ nothing @ nothing.T
    _, _, shapes = torch.pca_lowrank(others, sketcher.config["basis"] - 1, center=False, niter=4)
    shapes = torch.cat([nothing, shapes], 1)
    weights = (codes - middle) @ shapes
    scale = weights.std(0).mean()
    level = mean.view(4, -1).mean(1)  # a transposed convolution has one bias a channel; codes say the rest
    rest = (mean - level.repeat_interleave(patch * patch)) @ patches
    sketcher.patches.weight.copy_(patches.T.view(channels, 4, patch, patch))
    assert sketcher.patches.bias is not None
    sketcher.patches.bias.copy_(level)
    sketcher.shapes.weight.copy_(shapes * scale)
    sketcher.shapes.bias.copy_(middle + rest.repeat_interleave(grid * grid))
    return weights / scale


class Prompts:
    """Prompts of regions, as plans say them, and what each should look like."""

    def __init__(self, sprites: Sprites, vocabulary: Vocabulary, seed: int) -> None:
        self._sprites, self._vocabulary = sprites, vocabulary
        self._rng = np.random.default_rng(seed)
        self.texts: list[str] = []
        self.art: list[Art] = []
        for noun in vocabulary.nouns:
            for style in all_styles(vocabulary):
                self._thing(noun, style)
        for _ in range(round(EMPTY * len(self.texts))):
            self._add(NOTHING, self._phrase(article(self._word()) if self._rng.random() < 0.5 else "", PLAIN))

    def _thing(self, noun: str, style: str) -> None:
        look = style if style in self._sprites.looks else PLAIN
        own = str(self._sprites.colors[self._sprites.nouns.index(noun), self._sprites.looks.index(look)]) or None
        for color in (*[None] * SAID, *TINTS):
            colored = color if look not in COLORLESS else None
            told = color or (own if self._rng.random() < 1 / SAID else None)
            words, named = noun_phrase(noun, told), style
            if self._rng.random() < STRANGE:
                words = article(f"{self._word()} {noun_phrase(noun, told).split(' ', 1)[1]}")
            elif look == PLAIN and self._rng.random() < STRANGE:
                named = self._word()
            self._add((noun, look, colored), self._phrase(words, named))

    def _phrase(self, words: str, style: str) -> str:
        rng = self._rng
        time = int(rng.integers(len(TIMES)))
        return said(words, setting(int(rng.integers(len(PLACES))), time), style)

    def _word(self) -> str:
        """A word that the family does not know."""
        letters = self._rng.integers(26, size=int(self._rng.integers(3, 9)))
        return "".join(chr(ord("a") + int(letter)) for letter in letters)

    def _add(self, art: Art, text: str) -> None:
        self.texts.append(text)
        self.art.append(art)


def train(
    sketcher: Sketcher,
    states: Tensor,
    wanted: Tensor,
    folder: Path,
    config: SketcherConfig,
    budget: Budget,
    seed: int = 0,
) -> None:
    """Teaches what to make of `states` (n, tokens, channels): `wanted` (n, basis) of the principal sketches."""
    sketcher.shapes.requires_grad_(False)
    sketcher.patches.requires_grad_(False)
    optimizer = torch.optim.AdamW(sketcher.parameters(), config.peak, betas=(0.9, 0.99), weight_decay=1e-4)
    run = Run("sketcher", folder, sketcher, optimizer, budget, config.peak, ema_decay=0.998, warmup=100)
    generator = torch.Generator(states.device).manual_seed(seed + run.step)
    for _ in run:
        chosen = integers(len(states), (config.batch,), generator)
        off = (sketcher.coefficients(states[chosen].float()) - wanted[chosen]).square().mean()
        run.descend(off)
        run.note(loss=off)
    sketcher.load_state_dict(run.averaged())


def main() -> None:
    options = arguments(__doc__).parse_args()
    config = read(options.config)
    keep_freed_memory()
    source, pipeline = Source.of(config.data), config.out / "pipeline"
    tokenizer = CLIPTokenizer.from_pretrained(pipeline / "tokenizer")
    tower: Any = CLIPTextModel.from_pretrained(pipeline / "text_encoder").float().eval().to(options.device)
    torch.manual_seed(config.data.seed + 4)
    sketcher: Any = Sketcher(tower.config.hidden_size).to(options.device)
    sprites, vocabulary = Sprites.load(source.sprites), source.vocabulary()
    album = Album.of(sprites, vocabulary, sketcher.side)
    prompts = Prompts(sprites, vocabulary, config.data.seed)
    weights = principal(Album(album.pictures.to(options.device), album.place), sketcher)
    wanted = weights[[album.place[art] for art in prompts.art]]
    ids = tokenizer(prompts.texts, padding="max_length", truncation=True, return_tensors="pt")["input_ids"]
    states = read_states(ids.to(options.device), tower)
    budget = Budget(minutes=config.sketcher.minutes)
    train(sketcher, states, wanted, config.out / "runs", config.sketcher, budget, config.data.seed)
    sketcher.save_pretrained(config.out / "sketches" / "sketcher")


if __name__ == "__main__":
    main()
