"""What is doubtful in an instruction, whoever reads it: numbers that change nothing, several colours for one thing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mepg_agent.planning.edits import Add, PlanEdit, Recolor, Replace
from mepg_agent.planning.lexer import Piece, Tag
from mepg_agent.planning.lookahead import at_or_none, noun_phrase_head
from mepg_agent.planning.reader import ONE_COLOR
from mepg_agent.planning.references import Question, no_such_number, ordinal


def odd_number(pieces: list[Piece]) -> Question | None:
    """The question about a number that is none to change a picture by: "add -1 dog", "0 times bigger", "1.5 dogs"."""
    for at, piece in enumerate(pieces):
        if piece.tag is not Tag.COUNT:
            continue
        head = at_or_none(pieces, noun_phrase_head(pieces, at))
        of_things = head is not None and head.tag is Tag.NOUN
        if piece.number <= 0 or (piece.number % 1 and of_things):
            return Question(text=f"'{piece.text}' is no number to change a picture by. Which number is meant?")
    return None


def beyond(pieces: list[Piece], nouns: Sequence[str]) -> str | None:
    """The question about "the 99th fox" where there are fewer; `nouns` are those of all things."""
    for at, piece in enumerate(pieces[1:], 1):
        number, head = ordinal(piece.text), at_or_none(pieces, noun_phrase_head(pieces, at + 1))
        if number is None or head is None or head.tag is not Tag.NOUN or pieces[at - 1].tag is not Tag.DEFINITE:
            continue
        if not 0 < number <= nouns.count(head.value):
            return no_such_number(piece.text, head.value)
    return None


def colors_left(pieces: Sequence[Piece], found: Iterable[PlanEdit]) -> list[str]:
    """Notes on colours that are listed for a thing, which takes one of them: "make the fox red and blue"."""
    last = {edit.region: edit.color for edit in found if isinstance(edit, Recolor)}
    taken = {*last.values(), *(edit.color for edit in found if isinstance(edit, Add | Replace))}
    notes: list[str] = []
    for listed in _color_lists(pieces):
        used, left = ([color for color in listed if (color in taken) is said] for said in (True, False))
        if used and left:
            notes.append(f"Took {_quoted(used)}, left out {_quoted(left)}: {ONE_COLOR}.")
    return notes


def _color_lists(pieces: Sequence[Piece]) -> list[list[str]]:
    """The colours that nothing but "and" or a comma parts."""
    lists: list[list[str]] = []
    joined = False
    for piece in pieces:
        if piece.tag is Tag.COLOR:
            lists = lists if joined else [*lists, []]
            lists[-1].append(piece.value)
        joined = piece.tag is Tag.COLOR or (joined and piece.text in ("and", ","))
    return lists


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)
