"""Whether an instruction was read to its end: what is said and not taken up by any edit makes a guess of a reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from mepg_agent.planning.clauses import Clause
from mepg_agent.planning.edits import Background, Move, PlanEdit, Recolor, Remove, Replace, Restyle, Time
from mepg_agent.planning.lexer import Piece, Tag, split
from mepg_agent.planning.moving import DEPTHS, WAYS
from mepg_agent.planning.numerals import number_of
from mepg_agent.planning.verbs import KNOWN, SCALES, VERB_FORMS
from mepg_agent.planning.words import ONES, TEENS, THINGS, UNITS

_WEAK = ("in", "on", "at", "by", "into", "onto", "over", "around", "against", "before")  # they stand in many phrases
_KNOWN = KNOWN | {word for phrase in (*WAYS, *DEPTHS) for word in phrase.split()}
_JOINTS = ("and", "and also", "but", "also", "plus", "then")
_LOOKS = (Tag.COLOR, Tag.SIZE)
_PLACED = {"move", "relate", "reorder", "add"}


def unread(clause: Clause, found: Sequence[PlanEdit]) -> str:
    """The first word that says something and that none of the edits takes up; empty where there is none."""
    outside = [p for i, p in enumerate(clause.pieces) if not clause.pointed(i)]
    odd = next((b.text for a, b in pairwise(outside) if a.tag in _LOOKS and b.tag is Tag.UNKNOWN), "")
    if odd and odd not in _KNOWN:  # "give the fox a blue scarf"
        return odd
    part = next((word for word in _parts(clause.pieces) if word not in _KNOWN), "")
    if part and any(isinstance(edit, Remove | Replace) for edit in found):
        return part
    if not _looks_told(found, outside):  # the adjectives of the thing are to be its new look: "paint a red fox"
        return next((p.text for p in outside if p.tag is Tag.UNKNOWN and p.text not in VERB_FORMS), "")
    scale = split(clause.said(SCALES) or "")  # "two times bigger"
    number = next((p.text for p in outside if _is_number(p) and p.text not in scale), "")
    if number:
        return number
    values = {value for edit in found for value in edit.model_dump().values() if isinstance(value, str)}
    strict = _may_say_more(clause, found, outside)
    return next((p.text for p in outside if not _taken_up(p, values, strict)), "")


def _parts(pieces: Sequence[Piece]) -> Iterator[str]:
    """Unknown words for a part of a thing, which is no region: "the fox's tail", "the string of the kite"."""
    for one, other in pairwise(pieces):
        if one.text == "s" and other.tag is Tag.UNKNOWN:
            yield other.text
        elif one.tag is Tag.UNKNOWN and other.text == "of":
            yield one.text


def _is_number(piece: Piece) -> bool:
    """Whether it says how many or how much: "replace the fox with three cats", "10% bigger"; not "some", not "one"."""
    said = number_of(piece.text) is not None or piece.text in (*UNITS, *TEENS)
    return piece.tag is Tag.COUNT and said and piece.number != 1


def _looks_told(found: Sequence[PlanEdit], outside: Sequence[Piece]) -> bool:
    """Whether every new colour or style is said apart from what points at the thing."""
    looks = [e.color if isinstance(e, Recolor) else e.style for e in found if isinstance(e, Recolor | Restyle)]
    return all(any(p.text in look or p.value in look for p in outside) for look in looks if look)


def _may_say_more(clause: Clause, found: Sequence[PlanEdit], outside: Sequence[Piece]) -> bool:
    """Whether words that nobody knows may be a wish of their own, or name what is meant instead of the picture."""
    setting = all(isinstance(edit, Background | Time) for edit in found)
    joined = any(p.text in _JOINTS or (p.tag is Tag.BREAK and not setting) for p in outside)
    step = any(isinstance(edit, Move) and edit.spot is None for edit in found)
    of_all = any(isinstance(edit, Restyle) and edit.region is None for edit in found)
    unsaid = of_all != clause.of_picture()
    return clause.part or joined or step or (unsaid and not setting)


def _taken_up(piece: Piece, values: set[str], strict: bool) -> bool:
    """Whether an edit has the word for a value. `strict`: words that nobody knows count."""
    if piece.text in (*ONES, *THINGS):
        return False  # it points at a thing that was not followed
    match piece.tag:
        case Tag.COLOR | Tag.STYLE | Tag.PLACE | Tag.NOUN:
            return any(piece.value in value for value in values)
        case Tag.TIME:
            return piece.value in values or "time" in values
        case Tag.SIZE:
            return "resize" in values or piece.text == "little"  # "a little to the left"
        case Tag.SPOT:
            return bool(values & _PLACED) or any(piece.text in value for value in values)
        case Tag.RELATION:
            return piece.kind in values or "reorder" in values or piece.text in _WEAK
        case Tag.UNKNOWN:
            return not strict or piece.text in _KNOWN or any(piece.text in value for value in values)
        case _:
            return True
