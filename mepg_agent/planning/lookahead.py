"""Looking ahead in a row of phrases: a relation's object, a subject said after it, a plural that is a place."""

from __future__ import annotations

from mepg_agent.planning.lexer import Piece, Tag
from mepg_agent.planning.stylephrase import ADJECTIVES, noun_follows
from mepg_agent.planning.words import EACH, NOT_PLACES
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
        each = pieces[at].text in EACH and noun_follows(pieces, at + 1)
        if tag not in _SKIPPED and not adjective and not compound and not each:
            break
        if tag is Tag.SPOT and not noun_follows(pieces, at + 1):
            break
        at += 1
    return at


def past_filler(pieces: list[Piece], at: int, comma: bool = False) -> int:
    """Index of the first piece from `at` on that says something; a comma may say nothing either."""
    while at < len(pieces) and (pieces[at].tag is Tag.FILLER or (comma and pieces[at].text == ",")):
        at += 1
    return at


def subject_follows(pieces: list[Piece], object_at: int, comma: bool) -> bool:
    """Whether the object at `object_at` is followed by the subject: "behind the fox there is a castle". `comma`: one
    may stand between, as it may where no thing was named before."""
    piece = at_or_none(pieces, past_filler(pieces, object_at + 1, comma))
    return piece is not None and piece.tag in BEGINS


def color_list_head(pieces: list[Piece], at: int) -> Piece | None:
    """The noun that the list of colours around `at` is about: "red, white and blue kites"."""
    while at < len(pieces) and (pieces[at].tag is Tag.COLOR or pieces[at].text in (",", "and")):
        at += 1
    piece = at_or_none(pieces, at)
    return piece if piece is not None and piece.tag is Tag.NOUN and pieces[at - 1].tag is Tag.COLOR else None


def objects_end(pieces: list[Piece], head: int) -> int:
    """Index of the last noun of what something is between: "two trees", "a house and a church"."""
    link = at_or_none(pieces, head + 1)
    if link is None or link.text != "and" or pieces[head].plural:
        return head
    return noun_phrase_head(pieces, head + 2)


def is_overhead(pieces: list[Piece], at: int) -> bool:
    """Whether a place is said to be over things, or they to be under it: "a starry sky over a house"."""
    after = at_or_none(pieces, at + 1)
    before = at_or_none(pieces, _phrase_start(pieces, at) - 1)
    return (after is not None and after.kind is RelationKind.ABOVE) or (
        before is not None and before.kind in (RelationKind.UNDER, RelationKind.BELOW)
    )


def _phrase_start(pieces: list[Piece], at: int) -> int:
    """Index of the first word of the noun phrase that ends at `at`."""
    while at > 0 and pieces[at - 1].tag in (*ADJECTIVES, Tag.DEFINITE, Tag.INDEFINITE):
        at -= 1
    return at


def means_place(pieces: list[Piece], at: int, counted: bool) -> bool:
    """Whether a plural that is a place word too is the place: "in the mountains" is, "two mountains" and "a castle and
    mountains" are not. `counted`: a number was said."""
    if counted:
        return False
    before = at_or_none(pieces, _phrase_start(pieces, at) - 1)
    if before is None:
        return False
    if before.tag is Tag.AMONG:
        return True
    if before.text == "to":
        return True
    return before.tag is Tag.RELATION and before.kind not in {*NOT_PLACES, RelationKind.BEHIND}
