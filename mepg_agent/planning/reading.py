"""What a text about a picture says, as values: things, links, place, time, style; and noun phrases under way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from mepg_agent.scene import RelationKind

Link = tuple[int, RelationKind, int]
Depth = Literal["front", "back"]


@dataclass
class Thing:
    """One kind of thing as said: "two small red dogs on the left". Without a noun: something that cannot be drawn."""

    noun: str | None
    count: int = 1
    color: str | None = None
    style: str | None = None
    size: float = 1.0
    spot: str | None = None
    depth: Depth | None = None
    detail: str | None = None  # the rest of the noun phrase; see `planning.target`


@dataclass
class Reading:
    """What a text says. Links join things by their index."""

    things: list[Thing] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    between: list[tuple[int, int, int]] = field(default_factory=list)  # (middle, one, other); one == other: a pair
    place: str | None = None
    time: str | None = None
    style: str | None = None
    notes: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)  # words that seem to name things


@dataclass
class Phrase:
    """A noun phrase under way: what was said before its noun."""

    count: int | None = None
    color: str | None = None
    style: str | None = None
    size: float = 1.0
    spot: str | None = None
    depth: Depth | None = None
    definite: bool = False
    opened: bool = False  # an article or a number was said

    @property
    def described(self) -> bool:
        return self.color is not None or self.style is not None or self.size != 1.0


@dataclass
class Pending:
    """A relation that waits for its object, or, said first, for its subject."""

    kind: RelationKind | None  # None: between
    subjects: list[int]
    objects: list[int] = field(default_factory=list)
    fronted: bool = False
    reverse: bool = False
