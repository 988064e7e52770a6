"""Which regions words point at: "the dog", "the left dog", "both foxes", "dog-2", "it"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mepg_agent.planning.lexer import Lexicon, Piece, Tag
from mepg_agent.planning.lookahead import at_or_none, noun_phrase_head
from mepg_agent.planning.words import EACH, MANY, NEWEST, ONES, THINGS
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import Frozen, Region, ScenePlan


class Question(Frozen):
    """Back to the person: what must be known first. `choices` may be empty."""

    text: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """Where a reference is looked for. `last` is what "it" means; `moves`: a spot may say where the thing is to go."""

    plan: ScenePlan
    lexicon: Lexicon
    pieces: list[Piece]
    last: tuple[str, ...]
    moves: bool = True


@dataclass(frozen=True)
class Found:
    regions: tuple[str, ...]
    start: int
    end: int  # index of the first piece after the reference


_EXTREMES: dict[str, Callable[[Region], float]] = {
    "left": lambda r: r.box.cx,
    "right": lambda r: -r.box.cx,
    "top": lambda r: r.box.cy,
    "bottom": lambda r: -r.box.cy,
    "front": lambda r: -r.z,
    "back": lambda r: r.z,
}
_ORDER = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8}
_SUPERLATIVES = {
    **{"leftmost": "left", "rightmost": "right", "topmost": "top", "uppermost": "top", "lowest": "bottom"},
    **{"biggest": "big", "largest": "big", "tallest": "big", "smallest": "small", "tiniest": "small"},
}
_LEADS = ("on ", "at ", "in ", "to ", "from ")
_CONTENT = (Tag.NOUN, Tag.IT, Tag.COLOR, Tag.STYLE, Tag.SIZE, Tag.SPOT, Tag.RELATION, Tag.BETWEEN, Tag.UNKNOWN)


def ordinal(word: str) -> int | None:
    """The number of the one that is meant: 2 for "second" and "2nd"."""
    said = re.fullmatch(r"(\d{1,4})(?:st|nd|rd|th)", word)
    return int(said[1]) if said else _ORDER.get(word)


def names_thing(piece: Piece) -> bool:
    """Whether a piece stands for a thing: a noun, "it", "the one"."""
    return piece.tag in (Tag.NOUN, Tag.IT) or piece.text in (*ONES, *THINGS)


def find_reference(asked: Asked, at: int) -> Found | Question:
    """The first reference at or after piece `at`, with those listed right after it ("the fox, the dog and the cat"). A
    `Question` if it fits no region, or several where one is meant."""
    found = _single(asked, at)
    while isinstance(found, Found) and (start := _listed(asked.pieces, found.end)):
        more = _single(asked, start)
        if isinstance(more, Question):
            return more
        found = Found(tuple(dict.fromkeys((*found.regions, *more.regions))), found.start, more.end)
    return found


def reference_at(asked: Asked, head: int) -> Found | Question:
    """The reference whose noun is piece `head`."""
    return _named(asked, 0, head)


def _single(asked: Asked, at: int) -> Found | Question:
    for i in range(at, len(asked.pieces)):
        piece = asked.pieces[i]
        if piece.tag is Tag.IT:
            return _it(asked, i)
        anyone = piece.text in (*ONES, *THINGS) and not _noun_next(asked, i)
        if piece.tag is Tag.NOUN or (anyone and (_before(asked.pieces, at, i) or _spot_after(asked, i + 1))):
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
    return Found(asked.last, at, at + 1)


def _named(asked: Asked, start: int, at: int) -> Found | Question:
    noun = asked.pieces[at]
    words = _before(asked.pieces, start, at)
    first = at - len(words)
    anyone = noun.text in (*ONES, *THINGS)  # "the red one": whatever is red
    fitting = _of_last_kind(asked, first) if anyone else of_kind(asked.plan, noun.value, asked.lexicon.vocabulary)
    if not fitting:
        return _no_such(asked, f"There is no {noun.value} in the picture. Which thing is meant?")
    name = "one" if anyone else noun.value
    beyond = next((w.text for w in words if (n := ordinal(w.text)) is not None and not 0 < n <= len(fitting)), None)
    if beyond is not None:
        return _no_such(asked, no_such_number(beyond, name))
    following = asked.pieces[at + 1] if at + 1 < len(asked.pieces) else None
    if following is not None and following.tag is Tag.COUNT and following.text.isdecimal():
        numbered = [r for r in fitting if r.id.endswith(f"-{int(following.number)}")]
        if numbered:
            return Found((numbered[0].id,), first, at + 2)
    end = _spot_after(asked, at + 1)
    chosen = _narrowed(fitting, [*words, *asked.pieces[at + 1 : end]])
    count = next((p.number for p in words if p.tag is Tag.COUNT and p is not noun), None)
    if count is not None and count > len(chosen) > 0:
        text = f"There are not {count:g} {noun.text} to choose from. Which thing is meant?"
        return Question(text=text, choices=tuple(told_apart(r, chosen) for r in chosen))
    all_of = any(p.tag is Tag.WHOLE or p.text in EACH for p in words)
    many = noun.plural or noun.text in ("ones", "things") or all_of or (count or 1) > 1
    if len(chosen) > 1 and not (many and count in (None, len(chosen))):
        return Question(text=f"Which {name}?", choices=tuple(told_apart(r, chosen) for r in chosen))
    return Found(tuple(r.id for r in chosen), first, end or at + 1)


def no_such_number(order: str, name: str) -> str:
    """What is asked where there are fewer of a kind."""
    return f"There is no {order} {name} in the picture. Which thing is meant?"


def of_kind(plan: ScenePlan, noun: str, vocabulary: Vocabulary) -> list[Region]:
    """The regions of a plan that show such a thing."""
    return [r for r in plan.regions if vocabulary.noun_of(r.noun) == vocabulary.noun_of(noun)]


def _of_last_kind(asked: Asked, at: int) -> list[Region]:
    """What "the right one" may be at `at`: one of the kind named just before, where there are several of it."""
    here = [p.value for p in asked.pieces[:at] if p.tag is Tag.NOUN]
    before = [r.noun for r in asked.plan.regions if r.id in asked.last]
    named = [*before, *here]
    kind = of_kind(asked.plan, named[-1], asked.lexicon.vocabulary) if named else []
    return kind if len(kind) > 1 else list(asked.plan.regions)


def _spot_after(asked: Asked, at: int) -> int:
    """Index after the spot at `at` that tells which one is meant, 0 if none does: "make the dog on the left red" has
    one, "put the dog on the left" has not. "That is" may come before it."""
    pieces, spot = asked.pieces, at
    while spot < len(pieces) and (pieces[spot].text in ("that", "which") or (spot > at and pieces[spot].text == "is")):
        spot += 1
    if (
        spot >= len(pieces)
        or pieces[spot].tag is not Tag.SPOT
        or (spot == at and not pieces[spot].text.startswith(_LEADS))
    ):
        return 0
    where_to = asked.moves and spot == at and not pieces[spot].text.startswith("from")
    here = not where_to or pieces[spot].text.startswith(("on the", "at the"))
    more = pieces[spot + 1 :]
    told = not where_to or (any(p.tag in _CONTENT for p in more) and more[0].tag not in (Tag.LINK, Tag.BREAK))
    return spot + 1 if here and told else 0


def _before(pieces: list[Piece], start: int, at: int) -> list[Piece]:
    """What stands before the noun in its phrase."""
    first = at
    adjectives = (Tag.SPOT, Tag.COLOR, Tag.SIZE, Tag.STYLE, Tag.UNKNOWN, Tag.SHADE, Tag.COUNT, Tag.DEFINITE, Tag.WHOLE)
    quantities = (Tag.COUNT, Tag.WHOLE)
    while first > start and (pieces[first - 1].tag in adjectives or pieces[first - 1].text in (*EACH, "of")):
        first -= 1
        if pieces[first].tag is Tag.DEFINITE:
            adjectives = quantities  # "all of the red foxes"
    return pieces[first:at]


def _narrowed(regions: list[Region], words: list[Piece]) -> list[Region]:
    """Those that the adjectives fit; an adjective that fits none says nothing about which one."""
    for word in words:
        fits = regions
        if word.tag is Tag.COLOR:
            fits = [r for r in regions if r.color == word.value]
        elif word.tag is Tag.STYLE:
            fits = [r for r in regions if r.style == word.value]
        elif word.text in NEWEST:
            fits = regions[-1:]
        elif word.text == "last" or ordinal(word.text) is not None:
            fits = _nth(regions, word.text, words)
        elif word.tag is Tag.SPOT and word.value == "center":
            fits = sorted(regions, key=lambda r: r.box.cx)[len(regions) // 2 :][: len(regions) % 2]
        else:
            fits = _most(regions, word)
        regions = fits or regions
    return regions


def _nth(regions: list[Region], order: str, words: list[Piece]) -> list[Region]:
    """The one of that number, from the left unless "from the right" is said too."""
    from_right = any(p.text.startswith("from") and p.value == "right" for p in words)
    row = sorted(regions, key=lambda r: r.box.cx, reverse=from_right)
    number = ordinal(order)
    return row[number - 1 :][:1] if number else row[-1:]


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
    """ "the dog" where it is alone, "the left dog" where that is enough, else the id."""
    if among == [region]:
        return f"the {region.noun}"
    for side in ("left", "right", "top", "bottom"):
        if _least(among, _EXTREMES[side]) == [region]:
            return f"the {side} {region.noun}"
    return region.id


def _no_such(asked: Asked, text: str) -> Question:
    return Question(text=text, choices=tuple(r.id for r in asked.plan.regions))
