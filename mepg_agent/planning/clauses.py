"""Clauses of an instruction: where one ends, the verb that it opens with, what it says not to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mepg_agent.planning.edits import PlanEdit
from mepg_agent.planning.lexer import Lexicon, Piece, Tag, split
from mepg_agent.planning.references import Asked, Question, told_apart
from mepg_agent.planning.words import ONES
from mepg_agent.scene import Region, ScenePlan

VERBS = {
    **dict.fromkeys(("remove", "delete", "erase", "drop", "take away", "take out", "get rid of", "lose"), "remove"),
    **dict.fromkeys(("add", "insert", "include", "draw", "give it", "place a", "place an", "put a", "put an"), "add"),
    **dict.fromkeys(("replace", "exchange", "substitute"), "replace"),
    **dict.fromkeys(("swap", "switch"), "swap"),
    **dict.fromkeys(("move", "shift", "put", "place", "bring", "send", "push", "slide", "pull", "drag"), "move"),
}
SCALES = {
    **dict.fromkeys(("twice as big", "twice as large", "double"), 2.0),
    **dict.fromkeys(("much bigger", "much larger", "a lot bigger", "huge", "much too small"), 1.6),
    **dict.fromkeys(("bigger", "larger", "taller", "enlarge", "grow", "big", "large", "too small"), 1.3),
    **dict.fromkeys(("a bit bigger", "slightly bigger", "a little bigger"), 1.15),
    **dict.fromkeys(("a bit smaller", "slightly smaller", "a little smaller"), 0.87),
    **dict.fromkeys(("smaller", "shrink", "shorter", "small", "too big", "too large"), 0.77),
    **dict.fromkeys(("much smaller", "a lot smaller", "much too big", "much too large"), 0.6),
    **{"tiny": 0.55, "half as big": 0.5, "half the size": 0.5},
}
VERB_FORMS = (*VERBS, "make", "color", "colour", "paint", "turn", "change", "enlarge", "shrink", "recolor", "restyle")
_SPLIT = re.compile(r"\s*(?:[.;!\n]+|,?\s+(?:and then|then)\s+)\s*")
_ANY_VERB = "|".join(sorted(VERB_FORMS, key=len, reverse=True))
_AND_VERB = re.compile(rf"\s*(?:,|,?\s+and)\s+(?=(?:{_ANY_VERB})\b)")
_AND_THING = re.compile(r"\s*(?:,\s*and|,|\s+and)\s+(?=(?:the|a|an)\s)", re.IGNORECASE)
_ASKED_NICELY = ("please", "now", "can", "could", "you", "also", "just")
_POLITE = re.compile(r"^\s*why (?:not|don['’]?t (?:you|we))\s+|,?\s*if you don['’]?t mind\b", re.IGNORECASE)
# "the fox, not the dog": nothing is asked of the dog
_CONTRAST = re.compile(
    r"(?:\s*,|\s+(?:but|and))(?:\s+(?:but|and))?\s+not\s+(?:the|my|that)\b[^,]*(?:,|$)", re.IGNORECASE
)
_CONTRACTED = re.compile(  # "couldn't you" asks for it
    r"\b(?:(?:could|would|ca|wo)n['’]?t(?!\s+(?:you|we)\b)"
    r"|(?:do|does|did|should|is|are|was|were|must|need|has|have)n['’]?t|cannot)\b",
    re.IGNORECASE,
)


@dataclass
class Clause:
    """One instruction under way. `notes` collects what the person should know about how it was read."""

    plan: ScenePlan
    lexicon: Lexicon
    text: str
    last: tuple[str, ...]  # what "it" is
    notes: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.pieces:
            pieces, mended = self.lexicon.read(self.text)
            self.pieces = _without_refused(pieces)
            self.notes += mended

    def of(self, text: str) -> Clause:
        """A part of this clause."""
        return Clause(self.plan, self.lexicon, text, self.last, self.notes)

    def said(self, phrases: dict[str, object] | tuple[str, ...]) -> str | None:
        """The longest of the phrases that the text says."""
        words = f" {' '.join(split(self.text))} "
        return next((p for p in sorted(phrases, key=len, reverse=True) if f" {p} " in words), None)

    def asked(self) -> Asked:
        """Where its references are looked for."""
        return Asked(self.plan, self.lexicon, self.pieces, self.last)

    def unknown(self) -> str:
        """A word that names nothing known, verbs passed over."""
        verbs = {word for form in (*VERB_FORMS, *SCALES) for word in form.split()}
        return next((p.text for p in self.pieces if p.tag is Tag.UNKNOWN and p.text not in verbs), "")

    def first(self, tag: Tag) -> Piece | None:
        """The first piece of the kind."""
        return next((p for p in self.pieces if p.tag is tag), None)

    def negated(self) -> bool:
        """Whether it says what is not to be done: "do not …", "everything but …"."""
        pairs = zip(self.pieces, self.pieces[1:], strict=False)
        but = any(a.tag is Tag.WHOLE and b.text == "but" for a, b in pairs)
        return but or self.first(Tag.NEGATION) is not None or _CONTRACTED.search(self.text) is not None


def clauses(text: str) -> Iterator[str]:
    """The clauses that have a verb of their own, in order."""
    for part in _SPLIT.split(_POLITE.sub("", text)):
        for clause in _AND_VERB.split(part):
            if split(clause):
                yield clause if opening(clause) == "add" else _CONTRAST.sub(" ", clause)


def parts(text: str) -> list[str]:
    """ "make the fox green and the house blue": the verb, said once, is repeated."""
    first, *more = _AND_THING.split(text)
    form = _opening_form(first) or opening_word(first)
    return [first, *(f"{form if form in VERB_FORMS else ''} {part}" for part in more)]


def opening(text: str) -> str:
    """What the verb phrase that the clause opens with does ("remove"), "please" and the like passed over."""
    return VERBS.get(_opening_form(text) or "", "")


def after_opening(text: str) -> str:
    """What follows the verb: "a fox" of "please add a fox"."""
    verb = (_opening_form(text) or "").removesuffix(" a").removesuffix(" an")
    return re.sub(rf"^\W*(?:(?:{'|'.join(_ASKED_NICELY)})\W+)*{verb}\b", "", text, flags=re.IGNORECASE)


def opening_word(text: str) -> str:
    """The first word, "please" and the like passed over."""
    return next((w for w in split(text) if w not in _ASKED_NICELY), "")


def _opening_form(text: str) -> str | None:
    words = " ".join(w for w in split(text) if w not in _ASKED_NICELY) + " "
    return next((v for v in sorted(VERBS, key=len, reverse=True) if words.startswith(f"{v} ")), None)


def _without_refused(pieces: list[Piece]) -> list[Piece]:
    """Without the looks that are not wanted: "blue, not red", "no neon for the car"."""
    kept: list[Piece] = []
    at = 0
    while at < len(pieces):
        refused = pieces[at].tag is Tag.NEGATION and _is_look(pieces, at + 1)
        if not refused:
            kept.append(pieces[at])
        at += 2 if refused else 1
    return kept


def _is_look(pieces: list[Piece], at: int) -> bool:
    """Whether a colour or style stands there alone, not as the adjective of a thing."""
    named = at + 1 < len(pieces) and (pieces[at + 1].tag is Tag.NOUN or pieces[at + 1].text in ONES)
    return at < len(pieces) and pieces[at].tag in (Tag.COLOR, Tag.STYLE) and not named


def not_understood(text: str, plan: ScenePlan) -> Question:
    """The question with what could be said of this picture instead."""
    return Question(text=f"I did not understand '{_short(text)}'. What should change?", choices=_examples(plan))


def negative(clause: Clause) -> Question:
    """The question where it is said what not to do."""
    text = f"'{_short(clause.text)}' says what is not wanted, and I did not understand what is. What should change?"
    return Question(text=text, choices=tuple(e for e in _examples(clause.plan) if e not in clause.text))


def backdrop(clause: Clause, pieces: list[Piece], found: list[PlanEdit]) -> list[PlanEdit] | Question:
    """The edits of place and time, unless a colour is among the pieces that ask for them: "make the sky red"."""
    if found and any(p.tag is Tag.COLOR for p in pieces):
        text = "The background has no colour of its own: it is one of the places at a time of day. What should change?"
        vocabulary = clause.lexicon.vocabulary
        places = (f"change the background to {place}" for place in list(vocabulary.places)[:2])
        return Question(text=text, choices=(*places, *(f"make it {time}" for time in list(vocabulary.times)[-1:])))
    return found


def _short(text: str) -> str:
    return " ".join(text.split())[:80]


def _examples(plan: ScenePlan) -> tuple[str, ...]:
    things = [name for r in plan.regions if (name := _name(r, plan))]
    about = (f"make {things[0]} red", f"move {things[-1]} left", f"remove {things[-1]}") if things else ()
    return (*about, "add a balloon top left", "make it night")


def _name(region: Region, plan: ScenePlan) -> str:
    """Words that mean this region alone; empty where there are none."""
    alike = [r for r in plan.regions if r.noun == region.noun]
    name = told_apart(region, alike) if len(alike) > 1 else f"the {region.noun}"
    return "" if name == region.noun else name
