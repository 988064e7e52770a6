"""Which regions words point at: "the dog", "the left dog", "both foxes", "dog-2", "it"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mepg_agent.planning.lexer import Lexicon, Piece, Tag
from mepg_agent.planning.lookahead import at_or_none, noun_phrase_head
from mepg_agent.planning.words import MANY, ONES
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
    """The first reference at or after piece `at`, with those listed right after it ("the fox, the dog and the cat"). A
    `Question` if it fits no region, or several where one is meant."""
    found = _single(asked, at)
    while isinstance(found, Found) and (start := _listed(asked.pieces, found.end)):
        more = _single(asked, start)
        if isinstance(more, Question):
            return more
        found = Found(tuple(dict.fromkeys((*found.regions, *more.regions))), more.end)
    return found


def _single(asked: Asked, at: int) -> Found | Question:
    for i in range(at, len(asked.pieces)):
        piece = asked.pieces[i]
        if piece.tag is Tag.IT:
            return _it(asked, i)
        if piece.tag is Tag.NOUN or (piece.text in ONES and _before(asked.pieces, at, i) and not _noun_next(asked, i)):
            return _named(asked, at, i)
    return _no_such(asked, "Which thing?")


def _noun_next(asked: Asked, at: int) -> bool:
    return at + 1 < len(asked.pieces) and (asked.pieces[at + 1].tag is Tag.NOUN or asked.pieces[at + 1].text == "of")


def _listed(pieces: list[Piece], at: int) -> int:
    """Index where the next of a list of references begins; 0 if the list is over."""
    start = at
    while start < len(pieces) and pieces[start].text in (",", "and"):
        start += 1
    if start == at or start == len(pieces) or pieces[start].tag is not Tag.DEFINITE:
        return 0
    head = at_or_none(pieces, noun_phrase_head(pieces, start))
    return start if head is not None and head.tag is Tag.NOUN else 0


def _it(asked: Asked, at: int) -> Found | Question:
    word = asked.pieces[at].text
    if not asked.last:
        return _no_such(asked, "Which thing is 'it'?")
    if len(asked.last) > 1 and word not in MANY:
        return Question(text=f"Which thing is '{word}'?", choices=asked.last)
    return Found(asked.last, at + 1)


def _named(asked: Asked, start: int, at: int) -> Found | Question:
    noun = asked.pieces[at]
    words = _before(asked.pieces, start, at)
    if noun.text in ONES:  # "the red one": whatever is red
        chosen = _narrowed(list(asked.plan.regions), words)
        return _found(asked, "one", chosen, noun.text == "ones", at)
    fitting = [r for r in asked.plan.regions if asked.lexicon.vocabulary.noun_forms.get(r.noun, r.noun) == noun.value]
    if not fitting:
        return _no_such(asked, f"There is no {noun.value} in the picture. Which thing is meant?")
    following = asked.pieces[at + 1] if at + 1 < len(asked.pieces) else None
    if following is not None and following.tag is Tag.COUNT and following.text.isdecimal():
        numbered = [r for r in fitting if r.id.endswith(f"-{int(following.number)}")]
        if numbered:
            return Found((numbered[0].id,), at + 2)
    chosen = _narrowed(fitting, words)
    count = next((p.number for p in words if p.tag is Tag.COUNT), _one_of(asked.pieces, at - len(words)))
    many = noun.plural or any(p.tag is Tag.WHOLE for p in words) or (count or 1) > 1
    if len(chosen) > 1 and _says_which(asked.pieces, at + 1):
        return _found(asked, noun.value, _most(chosen, asked.pieces[at + 1]), many, at + 1)
    return _found(asked, noun.value, chosen, many and count in (None, len(chosen)), at)


def _found(asked: Asked, noun: str, chosen: list[Region], many: bool, last: int) -> Found | Question:
    """The regions, if so many may be meant; `last` is the reference's last piece."""
    if len(chosen) > 1 and not many:
        return Question(text=f"Which {noun}?", choices=tuple(told_apart(r, chosen) for r in chosen))
    return Found(tuple(r.id for r in chosen), last + 1)


def _one_of(pieces: list[Piece], start: int) -> float | None:
    """How many of those that are named from `start` on are meant, if that is said: "one of the dogs"."""
    count, of = (pieces[i] if i >= 0 else None for i in (start - 2, start - 1))
    said = count is not None and of is not None and count.tag is Tag.COUNT and of.text == "of"
    return count.number if said and count is not None else None


def _says_which(pieces: list[Piece], at: int) -> bool:
    """Whether the spot after a noun tells which one is meant: "make the dog on the left red" does, "put the dog on the
    left" does not."""
    if at >= len(pieces) or pieces[at].tag is not Tag.SPOT or not pieces[at].text.startswith(("on the", "at the")):
        return False
    return any(p.tag not in (Tag.FILLER, Tag.BREAK) for p in pieces[at + 1 :])


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
    for side in ("left", "right", "top", "bottom"):
        if _least(among, _EXTREMES[side]) == [region]:
            return f"the {side} {region.noun}"
    return region.id


def _no_such(asked: Asked, text: str) -> Question:
    return Question(text=text, choices=tuple(r.id for r in asked.plan.regions))
