"""Train the family's tokenizer on captions of composed scenes: `python -m mepg_agent.training.tokenizer`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mepg_agent.portfolio import Vocabulary, read_vocabulary
from mepg_agent.training.captions import caption
from mepg_agent.training.imagetext import train_tokenizer
from mepg_agent.training.pool import all_styles
from mepg_agent.training.scenes import TINTS, Composer, Sprites

SCENES = 4000
WORD_REPEATS = 40  # often enough that every word of the vocabulary becomes a single token


def corpus(composer: Composer, vocabulary: Vocabulary, scenes: int = SCENES) -> Iterator[str]:
    words = [*vocabulary.noun_forms, *vocabulary.place_forms, *vocabulary.time_forms, *all_styles(vocabulary), *TINTS]
    for word in words:
        yield from [word] * WORD_REPEATS
    rng = np.random.default_rng(0)
    for _ in range(scenes):
        scene = composer.scene(rng)
        style = str(rng.choice(all_styles(vocabulary))) if rng.random() < 0.3 else None
        yield caption(scene, rng, vocabulary, style)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("train-data/sprites.npz"), help="made by `make train-data`")
    parser.add_argument("--experts", type=Path, default=Path("experts"))
    parser.add_argument("--vocabulary", type=Path, default=Path("experts/picturebook/vocabulary.toml"))
    options = parser.parse_args()
    vocabulary = read_vocabulary(options.vocabulary)
    composer = Composer(Sprites.load(options.data), vocabulary, size=64)
    folder = options.experts / "picturebook" / "pipeline" / "tokenizer"
    tokenizer = train_tokenizer(corpus(composer, vocabulary), folder)
    print(f"{folder}: {len(tokenizer)} tokens")


if __name__ == "__main__":
    main()
