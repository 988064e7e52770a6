"""Which regions words point at: "the dog", "the left dog", "both foxes", "dog-2", "it"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mepg_agent.planning.lexer import Lexicon, Piece, Tag
from mepg_agent.scene import Frozen, Region, ScenePlan


class Question(Frozen):
    """Back to the person: what must be known first. `choices` may be empty."""

    text: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """Where a reference is looked for. `last` is what "it" means."""

    plan: ScenePlan
    lexicon: Lexicon
    pieces: list[Piece]
    last: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    regions: tuple[str, ...]
    end: int  # index of the first piece after the reference


_EXTREMES: dict[str, Callable[[Region], float]] = {
    "left": lambda r: r.box.cx,
    "right": lambda r: -r.box.cx,
    "top": lambda r: r.box.cy,
    "bottom": lambda r: -r.box.cy,
    "front": lambda r: -r.z,
    "back": lambda r: r.z,
}
_ORDER = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}
_SUPERLATIVES = {"leftmost": "left", "rightmost": "right", "biggest": "big", "largest": "big", "smallest": "small"}


def find_reference(asked: Asked, at: int) -> Found | Question:
    """The first reference at or after piece `at`. A `Question` if it fits no region, or several where one is meant."""
    for i in range(at, len(asked.pieces)):
        piece = asked.pieces[i]
        if piece.tag is Tag.IT:
            return _it(asked, i)
        if piece.tag is Tag.NOUN:
            return _named(asked, at, i)
    return _no_such(asked, "Which thing?")


def _it(asked: Asked, at: int) -> Found | Question:
    return Found(asked.last, at + 1) if asked.last else _no_such(asked, "Which thing is 'it'?")


def _named(asked: Asked, start: int, at: int) -> Found | Question:
    noun = asked.pieces[at]
    fitting = [r for r in asked.plan.regions if asked.lexicon.vocabulary.noun_forms.get(r.noun, r.noun) == noun.value]
    if not fitting:
        return _no_such(asked, f"There is no {noun.value} in the picture. Which thing is meant?")
    following = asked.pieces[at + 1] if at + 1 < len(asked.pieces) else None
    if following is not None and following.tag is Tag.COUNT and following.text.isdecimal():
        numbered = [r for r in fitting if r.id.endswith(f"-{int(following.number)}")]
        if numbered:
            return Found((numbered[0].id,), at + 2)
    words = _before(asked.pieces, start, at)
    chosen = _narrowed(fitting, words)
    many = noun.plural or any(p.tag in (Tag.COUNT, Tag.WHOLE) and p.number != 1 for p in words)
    if len(chosen) > 1 and not many:
        return Question(text=f"Which {noun.value}?", choices=tuple(told_apart(r, chosen) for r in chosen))
    return Found(tuple(r.id for r in chosen), at + 1)


def _before(pieces: list[Piece], start: int, at: int) -> list[Piece]:
    """What stands before the noun in its phrase."""
    first = at
    adjectives = (Tag.SPOT, Tag.COLOR, Tag.SIZE, Tag.STYLE, Tag.UNKNOWN, Tag.SHADE, Tag.COUNT, Tag.DEFINITE, Tag.WHOLE)
    while first > start and pieces[first - 1].tag in adjectives:
        first -= 1
    return pieces[first:at]


def _narrowed(regions: list[Region], words: list[Piece]) -> list[Region]:
    """Those that the adjectives fit; an adjective that fits none says nothing about which one."""
    for word in words:
        fits = regions
        if word.tag is Tag.COLOR:
            fits = [r for r in regions if r.color == word.value]
        elif word.tag is Tag.STYLE:
            fits = [r for r in regions if r.style == word.value]
        elif word.text in _ORDER and len(regions) > 1 and abs(_ORDER[word.text]) < len(regions):
            fits = [sorted(regions, key=lambda r: r.box.cx)[_ORDER[word.text]]]
        else:
            fits = _most(regions, word)
        regions = fits or regions
    return regions


def _most(regions: list[Region], word: Piece) -> list[Region]:
    """The leftmost, the biggest …, if one alone is."""
    said = _SUPERLATIVES.get(word.text, word.value if word.tag is Tag.SPOT else "")
    if word.tag is Tag.SIZE:
        said = "big" if word.number > 1 else "small"
    for part in said.split():
        if part in ("big", "small"):
            sign = -1 if part == "big" else 1
            regions = _least(regions, lambda r, s=sign: s * r.box.area)
        elif part in _EXTREMES:
            regions = _least(regions, _EXTREMES[part])
    return regions


def _least(regions: list[Region], key: Callable[[Region], float]) -> list[Region]:
    least = min(map(key, regions))
    return [r for r in regions if key(r) - least < 0.02]


def told_apart(region: Region, among: list[Region]) -> str:
    """ "the left dog" where that is enough, else the id."""
    for side in ("left", "right"):
        if _least(among, _EXTREMES[side]) == [region]:
            return f"the {side} {region.noun}"
    return region.id


def _no_such(asked: Asked, text: str) -> Question:
    return Question(text=text, choices=tuple(r.id for r in asked.plan.regions))
