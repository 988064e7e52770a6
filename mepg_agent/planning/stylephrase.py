"""Where a style is said and what it applies to: "watercolor fox", "in the style of …", "an oil painting of …"."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mepg_agent.planning.lexer import Piece, Tag

MOST_WORDS = 5  # of a style that no expert or look goes by
ADJECTIVES = (Tag.COLOR, Tag.SIZE, Tag.SHADE, Tag.COUNT, Tag.UNKNOWN, Tag.STYLE)
_LEADS = (
    *("in", "as", "using", "with", "drawn", "painted", "made", "rendered", "done", "depicted", "like", "all"),
    *("of", "from", "into", "turned", "sketched", "shown", "styled", "illustrated", "transformed", "to look like"),
    *("completely", "fully", "entirely", "purely", "imitating"),
)
_OPEN = (Tag.UNKNOWN, Tag.SHADE, Tag.COLOR)


@dataclass(frozen=True)
class StylePhrase:
    style: str
    end: int  # index of the first piece after the phrase
    before_noun: bool = False
    whole: bool = False  # "a watercolor painting of …", "everything in …", "a watercolor meadow"
    loose: bool = False  # "as a pencil sketch": the form that means the whole picture


def find_style(pieces: list[Piece], at: int) -> StylePhrase | None:
    """The style phrase that begins at `at`, if one does."""
    start, whole, loose = _lead(pieces, at)
    if _is(pieces, start, Tag.STYLE):
        return _finish(pieces, pieces[start].value, start + 1, whole, loose)
    value = _said_of_picture(pieces, start)
    if value:
        return replace(_finish(pieces, pieces[value].value, value + 1, True, loose), before_noun=False)
    if _is(pieces, start, Tag.CARRIER, "style") and _is(pieces, start + 1, Tag.FILLER, "of"):
        return _style_of(pieces, start + 2, whole, loose)
    end = start
    while end < len(pieces) and pieces[end].tag in _OPEN and end - start < MOST_WORDS:
        end += 1
    carried = _is(pieces, end, Tag.CARRIER) and not _is(pieces, end + 1, Tag.BREAK, ":")  # not "general style: …"
    if carried and any(p.tag is Tag.UNKNOWN for p in pieces[start:end]):
        said = " ".join(p.text for p in pieces[start:end])
        return _finish(pieces, said, end, whole, loose)
    return None


def _said_of_picture(pieces: list[Piece], at: int) -> int:
    """Index of the style in "style: watercolor"; 0 where none is said so."""
    value = at + 1
    while value < len(pieces) and (pieces[value].text == ":" or pieces[value].tag in (Tag.FILLER, Tag.INDEFINITE)):
        value += 1
    said = value > at + 1 and pieces[at + 1].text in (":", "is", "should")
    return value if said and _is(pieces, at, Tag.CARRIER) and _is(pieces, value, Tag.STYLE) else 0


def noun_follows(pieces: list[Piece], at: int) -> bool:
    """Whether only adjectives stand between `at` and a noun."""
    while at < len(pieces) and pieces[at].tag in ADJECTIVES:
        at += 1
    return at < len(pieces) and pieces[at].tag is Tag.NOUN


def _lead(pieces: list[Piece], at: int) -> tuple[int, bool, bool]:
    """Past "everything in the", "as a", "drawn in": the index, whether it says everything, whether it is loose."""
    start, whole, loose = at, False, False
    while start < len(pieces):
        piece = pieces[start]
        whole = whole or piece.tag is Tag.WHOLE
        loose = loose or piece.text == "as"
        article = piece.tag in (Tag.INDEFINITE, Tag.DEFINITE) and start > at
        if not (piece.tag is Tag.WHOLE or piece.text in _LEADS or article or (whole and piece.tag is Tag.FILLER)):
            break
        start += 1
    return start, whole, loose


def _style_of(pieces: list[Piece], at: int, whole: bool, loose: bool) -> StylePhrase | None:
    start = at + (at < len(pieces) and pieces[at].tag in (Tag.INDEFINITE, Tag.DEFINITE))
    if _is(pieces, start, Tag.STYLE):
        return _finish(pieces, pieces[start].value, start + 1, whole, loose)
    end = start
    while end < len(pieces) and pieces[end].tag in (*_OPEN, Tag.NOUN, Tag.PLACE) and end - start < MOST_WORDS:
        end += 1
    return _finish(pieces, " ".join(p.text for p in pieces[start:end]), end, whole, loose) if end > start else None


def _finish(pieces: list[Piece], style: str, end: int, whole: bool, loose: bool) -> StylePhrase:
    while _is(pieces, end, Tag.CARRIER):
        end += 1
    if _is(pieces, end, Tag.FILLER, "of"):
        return StylePhrase(style, end + 1, whole=True)
    if _is(pieces, end, Tag.PLACE) and not loose:
        return StylePhrase(style, end, whole=True)
    return StylePhrase(style, end, before_noun=noun_follows(pieces, end), whole=whole, loose=loose)


def _is(pieces: list[Piece], at: int, tag: Tag, text: str | None = None) -> bool:
    return at < len(pieces) and pieces[at].tag is tag and text in (None, pieces[at].text)
