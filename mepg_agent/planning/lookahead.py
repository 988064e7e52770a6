"""Looking ahead in a row of phrases: a relation's object, a subject said after it, a plural that is a place."""

from __future__ import annotations

from mepg_agent.planning.lexer import Piece, Tag
from mepg_agent.planning.stylephrase import ADJECTIVES, noun_follows
from mepg_agent.planning.words import NOT_PLACES
from mepg_agent.scene import RelationKind

BEGINS = (Tag.INDEFINITE, Tag.DEFINITE, Tag.NOUN, *ADJECTIVES)  # what a noun phrase begins with
_SKIPPED = (Tag.INDEFINITE, Tag.DEFINITE, Tag.COUNT, Tag.COLOR, Tag.SIZE, Tag.SHADE, Tag.STYLE, Tag.SPOT)


def at_or_none(pieces: list[Piece], at: int) -> Piece | None:
    return pieces[at] if 0 <= at < len(pieces) else None


def noun_phrase_head(pieces: list[Piece], at: int) -> int:
    """Index of what a noun phrase at `at` is about: past articles, numbers and adjectives."""
    while at < len(pieces):
        tag = pieces[at].tag
        following = at_or_none(pieces, at + 1)
        adjective = tag is Tag.UNKNOWN and noun_follows(pieces, at + 1)
        compound = tag is Tag.PLACE and following is not None and following.tag is Tag.NOUN
        if tag not in _SKIPPED and not adjective and not compound:
            break
        if tag is Tag.SPOT and not noun_follows(pieces, at + 1):
            break
        at += 1
    return at


def subject_follows(pieces: list[Piece], object_at: int, first: bool) -> bool:
    """Whether the object at `object_at` is followed by the subject: "behind the fox there is a castle". `first`: no
    thing was named before, so a comma may stand between."""
    at = object_at + 1
    while at < len(pieces) and (pieces[at].tag is Tag.FILLER or (pieces[at].text == "," and first)):
        at += 1
    return at < len(pieces) and pieces[at].tag in BEGINS


def means_place(pieces: list[Piece], at: int, counted: bool) -> bool:
    """Whether a plural that is a place word too is the place: "in the mountains" is, "two mountains" and "a castle and
    mountains" are not. `counted`: a number was said."""
    if counted:
        return False
    back = at - 1
    while back >= 0 and pieces[back].tag in (*ADJECTIVES, Tag.DEFINITE):
        back -= 1
    before = at_or_none(pieces, back)
    if before is None:
        return False
    if before.tag is Tag.AMONG:
        return True
    return before.tag is Tag.RELATION and before.kind not in {*NOT_PLACES, RelationKind.BEHIND}
