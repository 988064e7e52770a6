"""What a text about a picture says, as values: things, links, place, time, style; and noun phrases under way."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
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


def too_many(count: int, plural: str, drawn: int) -> str:
    """The note on a count that is not kept."""
    return f"{count} {plural} are too many for one picture: {drawn} {'are' if drawn > 1 else 'is'} drawn."


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
    undrawn: list[str] = field(default_factory=list)  # those of them that surely do
    refused: list[str] = field(default_factory=list, compare=False)  # what was said not to be there
    barred: list[str] = field(default_factory=list, compare=False)  # of these, all but "except the fox": that is there
    crowds: list[tuple[int, str]] = field(default_factory=list, compare=False)  # counts not kept: (12, "birds")
    definite: set[int] = field(default_factory=set, compare=False)  # things that were first named with "the"
    each: set[int] = field(default_factory=set, compare=False)  # things that a relation names each of

    def mentioned(self, noun: str, phrase: Phrase) -> int | None:
        """The thing that "the red dog" means: of that noun, the last one that nothing in the phrase speaks against."""
        told = [(_both_told(thing, phrase), i) for i, thing in enumerate(self.things) if thing.noun == noun]
        fitting = [(len(pairs), index) for pairs, index in told if all(a == b for a, b in pairs)]
        return max(fitting)[1] if fitting else None

    def describe(self, index: int, phrase: Phrase) -> None:
        """What the phrase says is true of the thing."""
        thing = self.things[index]
        self.things[index] = replace(
            thing,
            color=phrase.color or thing.color,
            style=phrase.style or thing.style,
            size=phrase.size if phrase.size != 1.0 else thing.size,
            spot=phrase.spot or thing.spot,
            depth=phrase.depth or thing.depth,
        )

    def part(self, index: int, phrase: Phrase) -> int | None:
        """Describe some of several: "two dogs, one red". What is left of them becomes a thing of its own, with the same
        relations; its index, None where nothing is left."""
        thing, count = self.things[index], phrase.count or 1
        if count >= thing.count:
            self.describe(index, phrase)
            return None
        rest = len(self.things)
        self.things.append(replace(thing, count=thing.count - count))
        self.things[index] = replace(thing, count=count)
        self.describe(index, phrase)
        self.links += [(rest if s == index else s, k, rest if o == index else o) for s, k, o in self.links
                       if index in (s, o)]  # fmt: skip
        self.between += [(rest, a, b) for middle, a, b in self.between if middle == index]
        self.between = [(m, a, rest if a == b == index else b) for m, a, b in self.between]
        return rest

    def antecedent(self, candidates: list[int]) -> int:
        """What "it" means among things already named: the last one, or what that one was just related to, as in "a
        castle with a fox beside it and a bird above it"."""
        last = candidates[-1]
        return next((o for s, _, o in reversed(self.links) if s == last and o in candidates), last)


def _both_told(thing: Thing, phrase: Phrase) -> list[tuple[object, object]]:
    """What thing and phrase both tell, side by side."""
    sides = [(getattr(thing, f), getattr(phrase, f)) for f in ("color", "style", "spot", "depth")]
    told: list[tuple[object, object]] = [(a, b) for a, b in sides if a is not None and b is not None]
    return told + ([(thing.size, phrase.size)] if 1.0 not in (thing.size, phrase.size) else [])


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
    each: bool = False  # as many as of the object: "a bird above each dog"
    flanking: bool = False  # one on each side of the object
    apiece: bool = False  # as many of the object as there are subjects: "two dogs, each on a chair"
