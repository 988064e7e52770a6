"""64 pictures that nobody chose: every prompt and seed is fixed before the first is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from mepg_agent.agent import Agent
from mepg_agent.bench.regions import prompts
from mepg_agent.bench.sheet import grid
from mepg_agent.english import PLACES, article
from mepg_agent.errors import BadInput
from mepg_agent.portfolio import Vocabulary
from mepg_agent.settings import Settings

COUNT, COLUMNS, SIDE = 64, 8, 192


def single(vocabulary: Vocabulary, looks: Sequence[str]) -> Iterator[str]:
    """Every noun once, looks and places taking turns: "a flat dog on a meadow"."""
    places = cycle(place for place in vocabulary.places if place != "plain")
    for noun, look, place in zip(vocabulary.nouns, cycle(looks), places):
        yield f"{article(f'{look} {noun}')} {PLACES[place]}"


def chosen(vocabulary: Vocabulary, styles: Sequence[str], count: int = COUNT) -> list[str]:
    """Half of them things alone, half scenes of two to six things in styles of their own."""
    alone = list(islice(single(vocabulary, vocabulary.looks), count // 2))
    return [*alone, *prompts(count - len(alone), vocabulary, styles)]


def sheet(settings: Settings, backbone: str, tell: Callable[[int, int, str], None]) -> Image.Image:
    """Picture i is drawn with seed i, once, without repairs. Raises BadInput for a backbone without a vocabulary."""
    with TemporaryDirectory() as home, Agent(settings.model_copy(update={"home": Path(home)})) as agent:
        vocabulary = agent.portfolio.vocabulary(backbone)
        if vocabulary is None:
            raise BadInput(f"{backbone} has no vocabulary.", "Sample a family that ships one.")
        texts = chosen(vocabulary, [*vocabulary.looks, *agent.portfolio.experts_of(backbone)])
        pictures = []
        for seed, text in enumerate(texts):
            tell(seed, len(texts), text)
            result = agent.draw(text, seed=seed, rounds=0, backbone=backbone)
            with Image.open(result.image, formats=["PNG"]) as image:
                pictures.append(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS))
        return grid(pictures, texts, COLUMNS)
