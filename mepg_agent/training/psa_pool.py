"""Phrasings of one meaning, and who picks among them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, TypeVar

Name = TypeVar("Name")
CHOICE = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True)
class Pool:
    """Phrasings of one meaning: `train` for every split, `held` for the test splits alone, `more` for all but those: so
    phrasings can be added and the test splits stay as they are. Of "[a|b|]" one is said."""

    train: tuple[str, ...]
    held: tuple[str, ...] = ()
    more: tuple[str, ...] = ()


@cache
def _added(file: str) -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "phrasings" / f"{file}.toml").read_text(encoding="utf-8"))


def more(file: str, name: str) -> tuple[str, ...]:
    """The phrasings called `name` in phrasings/`file`.toml, for `Pool.more`."""
    return tuple(_added(file)[name])


def extended(pools: Mapping[Name, Pool], file: str, table: str) -> dict[Name, Pool]:
    """The pools with those of that table of phrasings/`file`.toml, by name."""
    added = _added(file)[table]
    return {name: replace(pool, more=tuple(added.get(str(name), ()))) for name, pool in pools.items()}


class Voice:
    """Picks phrasings, and knows whether one of them was held out. A voice that may use those does so in `share` of
    the picks where there are any."""

    def __init__(self, rng: Random, held: bool, share: float) -> None:
        self.rng = rng
        self.used_held = False
        self.strict = held  # nothing is said that was added for training
        self._share = share

    def pick(self, pool: Pool) -> str:
        held = self.strict and bool(pool.held) and self.rng.random() < self._share
        self.used_held = self.used_held or held
        usual = pool.train if self.strict else pool.train + pool.more
        text = self.rng.choice(pool.held if held else usual)
        if "[" not in text:
            return text
        return " ".join(CHOICE.sub(lambda m: self.rng.choice(m[1].split("|")), text).split())
