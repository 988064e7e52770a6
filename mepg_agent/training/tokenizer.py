"""Train the family's tokenizer on captions of composed scenes: `python -m mepg_agent.training.tokenizer`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from transformers import CLIPTokenizer

from mepg_agent.portfolio import Vocabulary, read_vocabulary
from mepg_agent.training.captions import caption
from mepg_agent.training.config import arguments, read
from mepg_agent.training.pool import all_styles
from mepg_agent.training.scenes import TINTS, Composer, Sprites
from mepg_agent.training.words import TOKENS

SCENES = 4000
WORD_REPEATS = 40  # often enough that every word of the vocabulary becomes a single token


def train_tokenizer(texts: Iterable[str], folder: Path, size: int = 2048) -> CLIPTokenizer:
    """A byte-pair tokenizer of CLIP's form whose frequent words are single tokens; any text can be spelled in it."""
    letters = " ".join("abcdefghijklmnopqrstuvwxyz0123456789-,.;:'!?&()\"")
    tokenizer = CLIPTokenizer().train_new_from_iterator([letters, *texts], vocab_size=size, show_progress=False)
    tokenizer.model_max_length = TOKENS
    tokenizer.save_pretrained(folder)
    return CLIPTokenizer.from_pretrained(folder)


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
