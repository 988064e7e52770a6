"""Phrasings of one meaning, and who picks among them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

CHOICE = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True)
class Pool:
    """Phrasings of one meaning: `train` for training, `held` only for the test splits. Of "[a|b|]" one is said."""

    train: tuple[str, ...]
    held: tuple[str, ...] = ()


class Voice:
    """Picks phrasings, and knows whether one of them was held out. A voice that may use those does so in `share` of
    the picks where there are any."""

    def __init__(self, rng: Random, held: bool, share: float) -> None:
        self.rng = rng
        self.used_held = False
        self._share = share if held else 0

    def pick(self, pool: Pool) -> str:
        held = bool(self._share and pool.held) and self.rng.random() < self._share
        self.used_held = self.used_held or held
        text = self.rng.choice(pool.held if held else pool.train)
        if "[" not in text:
            return text
        return " ".join(CHOICE.sub(lambda m: self.rng.choice(m[1].split("|")), text).split())
