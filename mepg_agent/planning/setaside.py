"""What is said and not read on: looks that are not wanted, and the look of a background, which has none of its own."""

from __future__ import annotations

from collections.abc import Sequence

from mepg_agent.planning.lexer import Piece, Tag
from mepg_agent.planning.words import ONES

_LOOKS = (Tag.COLOR, Tag.STYLE)
_BACKDROPS = ("background", "backdrop")
_BEFORE_BACKDROP = (*_LOOKS, Tag.SHADE, Tag.SIZE, Tag.INDEFINITE, Tag.DEFINITE)


def without_refused(pieces: Sequence[Piece]) -> tuple[list[Piece], list[str]]:
    """Without the looks that are not wanted, which come second: "blue, not red", "no neon for the car"."""
    kept: list[Piece] = []
    refused: list[str] = []
    at = 0
    while at < len(pieces):
        end = _looks_end(pieces, at + 1) if pieces[at].tag is Tag.NEGATION else at
        if end > at + 1:
            refused += [piece.text for piece in pieces[at:end] if piece.tag in _LOOKS]
        else:
            end = at + 1
            kept.append(pieces[at])
        at = end
    return kept, refused


def without_backdrop(pieces: Sequence[Piece]) -> tuple[list[Piece], list[str]]:
    """Without "on a blue background", and the looks it was to have. A plain "in the background" is a place to stand."""
    kept: list[Piece] = []
    looks: list[str] = []
    for piece in pieces:
        if piece.text not in _BACKDROPS:
            kept.append(piece)
            continue
        start = len(kept)
        while start and kept[start - 1].tag in _BEFORE_BACKDROP:
            start -= 1
        found = [p.text for p in kept[start:] if p.tag in _LOOKS]
        if found:
            start -= bool(start and (kept[start - 1].tag is Tag.RELATION or kept[start - 1].text == "with"))
            del kept[start:]
            looks += found
    return kept, looks


def _looks_end(pieces: Sequence[Piece], at: int) -> int:
    """Index after the looks that begin at `at` and stand alone: "red or blue". `at` where none does."""
    end = at
    while _is_look(pieces, end):
        end += 1
        more = end < len(pieces) and pieces[end].text in ("or", "nor", "and")
        end += more and _is_look(pieces, end + 1)
    return end


def _is_look(pieces: Sequence[Piece], at: int) -> bool:
    """Whether a colour or style stands there alone, not as the adjective of a thing."""
    named = at + 1 < len(pieces) and (pieces[at + 1].tag is Tag.NOUN or pieces[at + 1].text in ONES)
    return at < len(pieces) and pieces[at].tag in _LOOKS and not named
