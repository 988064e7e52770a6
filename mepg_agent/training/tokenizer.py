"""Train the family's tokenizer on captions of composed scenes: `python -m mepg_agent.training.tokenizer`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mepg_agent.portfolio import Vocabulary, read_vocabulary
from mepg_agent.training.captions import caption
from mepg_agent.training.config import arguments, read
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
    data = read(arguments(__doc__).parse_args().config).data
    vocabulary = read_vocabulary(data.vocabulary)
    composer = Composer(Sprites.load(data.sprites), vocabulary, size=64)
    tokenizer = train_tokenizer(corpus(composer, vocabulary), data.tokenizer)
    print(f"{data.tokenizer}: {len(tokenizer)} tokens")


if __name__ == "__main__":
    main()
