"""Clauses of an instruction: where one ends, the verb that it opens with, what it says not to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from mepg_agent.planning import edits
from mepg_agent.planning.edits import PlanEdit
from mepg_agent.planning.lexer import Lexicon, Piece, Tag, split
from mepg_agent.planning.lookahead import at_or_none, means_place, noun_phrase_head
from mepg_agent.planning.manners import bare
from mepg_agent.planning.references import Asked, Found, Question, find_reference, told_apart
from mepg_agent.planning.setaside import without_refused
from mepg_agent.planning.verbs import KNOWN, LONGEST_FIRST, SCALES, VERB_FORMS, VERBS
from mepg_agent.planning.words import INDEFINITE
from mepg_agent.scene import Region, ScenePlan

_BUT = tuple(f"{all_} {but}" for all_ in ("all", "everything") for but in ("but", "except", "besides"))
_OTHER_THAN = ("others than", "other than", "other things than", "apart from")
_SPLIT = re.compile(r"\s*((?:[;!?\n]|\.(?!\d))+|,?\s+(?:and then|then|after that)\s+)\s*")
_QUESTION = re.compile(
    r"(?:is|are|was|were|does|do|did|has|have|how|why|where|who|which|what)\b"
    r"(?! (?:it|there) (?:possible|okay|ok|fine|(?:a|any) (?:way|chance))| you (?:think|mind))",
    re.IGNORECASE,
)
_ANY_VERB = "|".join(sorted(VERB_FORMS, key=len, reverse=True))
_AND_VERB = re.compile(rf"\s*(?:,|,?\s+and)\s+(?=(?:(?:also|then|please|now)\s+)*(?:{_ANY_VERB})\b)", re.IGNORECASE)
_NEWEST = re.compile(
    r"(?:the |that )?(?:last|newest|latest)(?:ly)? (?:added |drawn )?(?:thing|object|item|one|element|addition)"
    r"(?: that)?(?: (?:i|you|we))?(?: just)? (?:added|drawn|drew|put in)"
    r"|(?:what|the (?:thing|object|item|one)) (?:i|you|we) (?:just )?(?:added|drew|put in)(?: last)?"
    r"|the last added (?:thing|object|item|one|element)|the (?:newest|latest) (?:thing|object|item|element|addition)",
    re.IGNORECASE,
)
MOST_JOINTS = 12
_JOINT = re.compile(r"\s*(?:,|\b(?:and|plus|also|but)\b)\s*", re.IGNORECASE)
_AND_THING = re.compile(r"\s*(?:,\s*and|,|\s+and)\s+(?=(?:the|a|an)\s)", re.IGNORECASE)
# "the fox, not the dog": nothing is asked of the dog
_CONTRAST = re.compile(
    r"(?:\s*,|\s+(?:but|and))(?:\s+(?:but|and))?\s+not\s+(?:the|my|that)\b[^,]*(?:,|$)", re.IGNORECASE
)
_CONTRACTED = re.compile(  # "couldn't you" asks for it
    r"\b(?:(?:could|would|ca|wo)n['’]?t(?!\s+(?:you|we)\b)"
    r"|(?:do|does|did|should|is|are|was|were|must|need|has|have)n['’]?t|cannot)\b",
    re.IGNORECASE,
)

# (text, picture, what "it" is, whether it is a part) of a wish -> what it asks for, and the notes on it
Tried = dict[tuple[str, ScenePlan, tuple[str, ...], bool], tuple[list[PlanEdit] | Question, list[str]]]


@dataclass
class Clause:
    """One instruction under way. `notes` collects what the person should know about how it was read."""

    plan: ScenePlan
    lexicon: Lexicon
    text: str
    last: tuple[str, ...]  # what "it" is
    notes: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)  # of the references that were followed
    part: bool = False  # of a wish that was parted by trial: every word of it must be known
    tried: Tried = field(default_factory=dict)  # the wishes of this instruction that were read before

    def __post_init__(self) -> None:
        if not self.pieces:
            pieces, mended = self.lexicon.read(self.text)
            wanted, _ = without_refused(pieces)
            self.pieces = _with_places(wanted, {r.noun for r in self.plan.regions})
            self.notes += mended

    def of(self, text: str, part: bool = False) -> Clause:
        """Another wording, or a part, with notes of its own."""
        return Clause(self.plan, self.lexicon, text, self.last, part=part or self.part, tried=self.tried)

    def about(self, plan: ScenePlan, last: tuple[str, ...]) -> Clause:
        """The same instruction about another picture, or with another meaning of "it"; the notes are shared."""
        return Clause(plan, self.lexicon, "", last, self.notes, part=self.part, tried=self.tried)

    def said(self, phrases: Iterable[str]) -> str | None:
        """The longest of the phrases that the text says."""
        return _longest(phrases, split(self.text))

    def said_besides(self, phrases: Iterable[str]) -> str | None:
        """The longest of the phrases that is said outside the references: "make the small dog red" says no size."""
        return _longest(phrases, ("|" if self.pointed(i) else p.text for i, p in enumerate(self.pieces)))

    def reference(self, at: int = 0, moves: bool = True) -> Found | Question:
        """The first reference at or after piece `at`; see `references.Asked` on `moves`."""
        found = find_reference(Asked(self.plan, self.lexicon, self.pieces, self.last, moves), at)
        if isinstance(found, Found):
            self.spans.append((found.start, found.end))
        return found

    def outside(self, tag: Tag) -> Piece | None:
        """The first piece of the kind that is no part of a reference."""
        return next((p for i, p in enumerate(self.pieces) if p.tag is tag and not self.pointed(i)), None)

    def pointed(self, at: int) -> bool:
        """Whether the piece at `at` is part of a reference."""
        return any(start <= at < end for start, end in self.spans)

    def unknown(self) -> str:
        """A word that names nothing known, verbs passed over."""
        return next((p.text for p in self.pieces if p.tag is Tag.UNKNOWN and p.text not in KNOWN), "")

    def first(self, tag: Tag) -> Piece | None:
        """The first piece of the kind."""
        return next((p for p in self.pieces if p.tag is tag), None)

    def of_picture(self) -> bool:
        """Whether it is said of everything; not "all foxes", not "in front of everything"."""
        whole = any(p.tag is Tag.WHOLE and not self._of_some(i) for i, p in enumerate(self.pieces))
        return whole or self.said(("picture", "scene", "image", "style to")) is not None

    def _of_some(self, at: int) -> bool:
        """Whether "all" at `at` counts the things that are named next, or something is put beside it."""
        of = at_or_none(self.pieces, at + 1)
        head = at_or_none(self.pieces, noun_phrase_head(self.pieces, at + 1 + (of is not None and of.text == "of")))
        before = at_or_none(self.pieces, at - 1)
        wholly = of is not None and of.tag is Tag.COLOR  # "make the fox all white"
        counts = self.pieces[at].text == "all" and (wholly or (head is not None and head.tag is Tag.NOUN))
        return counts or (before is not None and before.tag is Tag.RELATION)

    def negated(self) -> bool:
        """Whether it says what is not to be done: "do not …", "everything but …"."""
        whole = self.first(Tag.WHOLE) is not None
        but = whole and (self.said((*_BUT, *_OTHER_THAN)) is not None)
        scale = split(self.said(SCALES) or "")  # "not so big"
        refused = any(p.tag is Tag.NEGATION and p.text not in scale for p in self.pieces)
        return but or refused or _CONTRACTED.search(self.text) is not None


def _longest(phrases: Iterable[str], words: Iterable[str]) -> str | None:
    """The longest of the phrases that the words hold one after the other."""
    said = f" {' '.join(words)} "
    return next((p for p in sorted(phrases, key=len, reverse=True) if f" {p} " in said), None)


def clauses(text: str) -> Iterator[str]:
    """The clauses that have a verb of their own, in order. What only asks keeps its "?": "is the fox red?"."""
    lines = "\n".join(" ".join(line.split()) for line in text.splitlines())
    found = [*_SPLIT.split(lines), ""]
    for part, stop in zip(found[::2], found[1::2], strict=True):
        if "?" in stop and _QUESTION.match(bare(part)):
            yield f"{bare(part)}?"
            continue
        for clause in map(_plain, _AND_VERB.split(part)):
            if split(clause):
                new = opening(clause) == "add" or opening_word(clause) in INDEFINITE  # "a cat, not the dog"
                yield clause if new else _CONTRAST.sub(" ", clause)


def _plain(text: str) -> str:
    """The wish alone, its verb in the first form: "moving it left would be nice"."""
    wish = _NEWEST.sub("the newest one", bare(text))
    word = opening_word(wish)
    stem = word.removesuffix("ing")
    verb = next((v for v in (stem, f"{stem}e", stem[:-1]) if v in VERB_FORMS), None) if stem != word else None
    return f"{verb}{wish[len(word) :]}" if verb else wish


def halves(text: str) -> Iterator[tuple[str, str]]:
    """The ways to part a text at an "and" or a comma, the shortest first half first."""
    for joint in islice(_JOINT.finditer(text), MOST_JOINTS):
        first, rest = text[: joint.start()], _plain(text[joint.end() :])
        if split(first) and split(rest):
            yield first, rest


def parts(text: str) -> list[str]:
    """ "make the fox green and the house blue": the verb, said once, is repeated."""
    first, *more = _AND_THING.split(text)
    form = _opening_form(first) or opening_word(first)
    return [first, *(f"{form if form in VERB_FORMS else ''} {part}" for part in more)]


def opening(text: str) -> str:
    """What the verb phrase that the clause opens with does ("remove")."""
    return VERBS.get(_opening_form(text) or "", "")


def after_opening(text: str) -> str:
    """What follows the verb: "a fox" of "add a fox"."""
    verb = (_opening_form(text) or "").removesuffix(" a").removesuffix(" an")
    return re.sub(rf"^\W*{verb}\b", "", text, flags=re.IGNORECASE)


def opening_word(text: str) -> str:
    return next(iter(split(text)), "")


def _opening_form(text: str) -> str | None:
    words = " ".join(split(text)) + " "
    return next((v for v in LONGEST_FIRST if words.startswith(f"{v} ")), None)


def _with_places(pieces: list[Piece], nouns: set[str]) -> list[Piece]:
    """Plurals that are place words too are places where the picture has no such thing: "move it to the mountains"."""
    said = [p.place and p.value not in nouns and means_place(pieces, i, False) for i, p in enumerate(pieces)]
    return [Piece(Tag.PLACE, p.text, p.place or "") if place else p for p, place in zip(pieces, said, strict=True)]


def not_understood(text: str, plan: ScenePlan) -> Question:
    """The question with what could be said of this picture instead."""
    return Question(text=f"I did not understand '{_short(text)}'. What should change?", choices=_examples(plan))


def negative(clause: Clause) -> Question:
    """The question where it is said what not to do."""
    text = f"'{_short(clause.text)}' says what is not wanted, and I did not understand what is. What should change?"
    return Question(text=text, choices=tuple(e for e in _examples(clause.plan) if e not in clause.text))


def no_such_word(clause: Clause, question: Question) -> Question:
    """The question with the word that named nothing."""
    word = clause.unknown()
    if not word or clause.first(Tag.NOUN) is not None:
        return question
    return Question(text=f"There is no '{word[:60]}' in the picture. Which thing is meant?", choices=question.choices)


def settings(clause: Clause) -> list[PlanEdit]:
    """The place and the time of day that are named last: "change the beach to a forest"."""
    time, place = (next((p for p in reversed(clause.pieces) if p.tag is tag), None) for tag in (Tag.TIME, Tag.PLACE))
    result: list[PlanEdit] = [edits.Background(place=place.value)] if place else []
    return result + ([edits.Time(time=None if time.value == "day" else time.value)] if time else [])


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
    name = told_apart(region, alike)
    return "" if name == region.noun else name
