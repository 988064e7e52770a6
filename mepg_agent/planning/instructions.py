"""Plain-English instructions about a picture that is already planned, to edits; what is ambiguous comes back as a
question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mepg_agent.errors import BadInput
from mepg_agent.planning import edits
from mepg_agent.planning.adding import added
from mepg_agent.planning.clauses import (
    Clause,
    backdrop,
    clauses,
    halves,
    negative,
    no_such_word,
    not_understood,
    opening,
    opening_word,
    parts,
    settings,
)
from mepg_agent.planning.coverage import unread
from mepg_agent.planning.doubts import colors_left, odd_number
from mepg_agent.planning.edits import PlanEdit, apply
from mepg_agent.planning.frames import with_verb
from mepg_agent.planning.lexer import Piece, Tag, lexicon, wordless
from mepg_agent.planning.moving import moved
from mepg_agent.planning.references import Found, Question, names_thing
from mepg_agent.planning.stylephrase import StylePhrase, find_style
from mepg_agent.planning.verbs import A_BIT, KNOWN, SCALES
from mepg_agent.planning.words import DEFINITE, INDEFINITE
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import ScenePlan


@dataclass(frozen=True)
class Understood:
    """The edits an instruction asks for, or what must be known first. `notes` are for the person."""

    edits: tuple[PlanEdit, ...] | Question
    notes: tuple[str, ...] = ()


def parse_edit(
    text: str, plan: ScenePlan, vocabulary: Vocabulary, styles: tuple[str, ...]
) -> tuple[PlanEdit, ...] | Question:
    """The edits of `understand`, without its notes."""
    return understand(text, plan, vocabulary, styles).edits


def understand(text: str, plan: ScenePlan, vocabulary: Vocabulary, styles: tuple[str, ...]) -> Understood:
    """The edits that an instruction asks for, in order; several are parted by "and", "then", ";" or a stop.

    A region is named by its noun ("the dog"), made plain by place, colour or style ("the left dog", "the red one"), by
    its id, or by "it": what the part before named or added. Every part is about the picture as those before it leave
    it. A `Question` comes back for a name that fits several or no regions, and for an instruction that is not
    understood, be it in part.
    """
    lex = lexicon(vocabulary, styles).naming((r.noun for r in plan.regions), KNOWN)
    last: tuple[str, ...] = (plan.regions[0].id,) if len(plan.regions) == 1 else ()
    notes: list[str] = []
    wishes = list(clauses(text))
    found = _in_order(wishes, Clause(plan, lex, "", last, notes))
    if isinstance(found, Question):
        return Understood(found)
    notes += colors_left(lex.read(text)[0], [e for e in found if isinstance(e, edits.Recolor)])
    silent = not wordless(text) and not wishes  # "thanks, looks great"
    return Understood(tuple(found) if found or silent else not_understood(text, plan), tuple(dict.fromkeys(notes)))


def _in_order(texts: Sequence[str], clause: Clause, part: bool = False) -> list[PlanEdit] | Question:
    """The edits of several wishes; each is about the picture as those before it leave it."""
    found: list[PlanEdit] = []
    for text in texts:
        wish = clause.of(text, part)
        if _only_asks(text) and len(texts) > 1:  # "why is the fox so small? Make it bigger."
            about = wish.reference()
            if isinstance(about, Found):
                clause = clause.about(clause.plan, about.regions)
            continue
        result = _wish(wish)
        if isinstance(result, Question):
            return result
        found += result
        clause.notes += wish.notes
        try:
            after = apply(clause.plan, result, clause.lexicon.vocabulary)
        except BadInput:
            break  # whoever applies the edits is told why there is no going on
        last = _meant(clause.plan, after, result, clause.last)
        clause = clause.about(after, last)
    return found


def _wish(clause: Clause) -> list[PlanEdit] | Question:
    """What a wish asks for. It is read once only: parting by trial comes to the same halves on many ways."""
    key = clause.text, clause.plan, clause.last, clause.part
    if key not in clause.tried:
        before = len(clause.notes)
        clause.tried[key] = _parted(clause), clause.notes[before:]
    else:
        clause.notes += clause.tried[key][1]
    return clause.tried[key][0]


def _parted(clause: Clause) -> list[PlanEdit] | Question:
    """One wish, or several that nothing but "and" or a comma parts, if each half is understood wholly."""
    if _only_asks(clause.text):
        return not_understood(clause.text, clause.plan)
    result = odd_number(clause.pieces) or _listed(clause) or _read(clause)
    if isinstance(result, Question):
        for first, rest in halves(clause.text):
            if isinstance(_read(clause.of(first, part=True)), Question):
                continue
            named = opening_word(rest) in (*DEFINITE, *INDEFINITE, "there") and not rest.lower().startswith(A_BIT)
            same = () if named else (f"it {rest}",)  # "… and a bit bigger"
            for more in (rest, *same):
                both = _in_order((first, more), clause, part=True)
                if not isinstance(both, Question):
                    return both
            break
    return result


def _only_asks(text: str) -> bool:
    return text.endswith("?")  # `clauses` leaves none to a wish


def _meant(before: ScenePlan, after: ScenePlan, result: Iterable[PlanEdit], last: tuple[str, ...]) -> tuple[str, ...]:
    """What "it" is after the edits: what they brought, else what they named, else what it was; if it is still there."""
    old, here = {r.id for r in before.regions}, [r.id for r in after.regions]
    new = tuple(i for i in here if i not in old)
    named = tuple(r for e in result if (r := getattr(e, "region", None)) is not None)
    return new or tuple(i for i in dict.fromkeys(named or last) if i in here)


def _listed(clause: Clause) -> list[PlanEdit] | Question | None:
    """ "make the fox green and the house blue": the verb is said once. None where the first part says less than a whole
    instruction: "make the fox and the house blue"."""
    first, *more = parts(clause.text)
    if not more or opening(first) == "add":
        return None
    found: list[PlanEdit] = []
    last = clause.last
    for part in (first, *more):
        here = Clause(clause.plan, clause.lexicon, part, last, part=clause.part)
        read = _read(here)
        if isinstance(read, Question):
            return None if part == first else read
        found += read
        last = _meant(clause.plan, clause.plan, read, last)
        clause.notes += here.notes
    return found


def _read(clause: Clause) -> list[PlanEdit] | Question:
    """The edits of a wish, said with a verb or in one of the frames that go without."""
    framed = [clause.of(text) for text in with_verb(clause.text)]
    adding = [other for other in framed if opening(other.text) == "add"]
    for other in framed:
        found = [] if other in adding else _fully(other)
        if found and not isinstance(found, Question):
            return _with_notes(clause, other, found)
    if opening(clause.text) == "redraw":
        return _redraw(clause)
    found = _fully(clause)
    if not isinstance(found, Question) or found.text.startswith("Which"):
        return found
    for other in adding:
        more = _fully(other)
        guessed = other.notes and sum(p.tag is Tag.NOUN for p in other.pieces) > 1
        if not isinstance(more, Question) and not guessed:
            return _with_notes(clause, other, more)
    return found


def _with_notes(clause: Clause, other: Clause, found: list[PlanEdit]) -> list[PlanEdit]:
    clause.notes += [note for note in other.notes if note not in clause.notes]
    return found


def _fully(clause: Clause) -> list[PlanEdit] | Question:
    """What the verb asks for; a question where something is said besides that it does not take up."""
    found = _by_verb(clause)
    if isinstance(found, Question) or opening(clause.text) == "add" or not unread(clause, found):
        return found
    return not_understood(clause.text, clause.plan)


def _by_verb(clause: Clause) -> list[PlanEdit] | Question:
    verb = opening(clause.text)
    if verb == "add":
        return added(clause)
    if clause.negated():
        return negative(clause)
    if verb == "replace" or (opening_word(clause.text) in ("turn", "change", "make", "swap") and _new_noun(clause)):
        return _replace(clause)
    if verb == "swap":
        return _swap(clause)
    if verb == "remove":
        return _remove(clause)
    if verb == "move":
        return moved(clause)
    return _describe(clause)


def _redraw(clause: Clause) -> Question:
    """To draw a thing anew changes no plan, so the person is told how to ask for it."""
    found = clause.reference(moves=False)
    if isinstance(found, Question):
        return no_such_word(clause, found)
    return Question(text=f"Should {found.regions[0]} be drawn anew as it is? Then redraw that region.")


def _remove(clause: Clause) -> list[PlanEdit] | Question:
    found = clause.reference(moves=False)
    if isinstance(found, Question):
        return no_such_word(clause, found)
    return [edits.Remove(region=region) for region in found.regions]


def _new_noun(clause: Clause) -> tuple[int, Piece] | None:
    """The noun after "into" or an indefinite article: what something becomes."""
    for i, piece in enumerate(clause.pieces):
        if piece.tag is not Tag.NOUN or not i:
            continue
        start = i - 1
        while start > 0 and clause.pieces[start].tag in (Tag.COLOR, Tag.SIZE, Tag.SHADE):
            start -= 1
        article = clause.pieces[start].tag is Tag.INDEFINITE
        into = "into" in (p.text for p in clause.pieces[max(start - 1, 0) : start + 1])
        earlier = any(names_thing(p) for p in clause.pieces[:start])
        if earlier and (into or (article and not piece.plural)):
            return i, piece
    return None


def _replace(clause: Clause) -> list[PlanEdit] | Question:
    new = _new_noun(clause)
    if new is None:
        nouns = [(i, p) for i, p in enumerate(clause.pieces) if p.tag is Tag.NOUN]
        new = nouns[-1] if len(nouns) > 1 else None
    if new is None:
        word = clause.unknown()
        near = tuple(clause.lexicon.nearest_nouns(word, 3, 0.4)) if word else ()
        return Question(text="Replace it with what?", choices=near)
    at, piece = new
    start = at
    while start > 0 and clause.pieces[start - 1].tag in (Tag.COLOR, Tag.SIZE, Tag.SHADE, Tag.INDEFINITE):
        start -= 1
    color = next((p.value for p in clause.pieces[start:at] if p.tag is Tag.COLOR), None)
    old = Clause(clause.plan, clause.lexicon, "", clause.last, pieces=clause.pieces[:start], spans=clause.spans)
    found = old.reference(moves=False)
    if isinstance(found, Question):
        return no_such_word(old, found)
    return [edits.Replace(region=region, noun=piece.value, color=color) for region in found.regions]


def _swap(clause: Clause) -> list[PlanEdit] | Question:
    """ "swap the fox and the castle": each takes the middle of the other's box."""
    first = clause.reference(moves=False)
    if isinstance(first, Question):
        return first
    both = first.regions
    if len(both) == 1:
        second = clause.reference(first.end, moves=False)
        if isinstance(second, Question):
            return second
        both += second.regions
    if len(both) != 2:
        return Question(text="Which two should change places?", choices=tuple(r.id for r in clause.plan.regions))
    a, b = map(clause.plan.region, both)
    dx, dy = round(b.box.cx - a.box.cx, 4), round(b.box.bottom - a.box.bottom, 4)
    return [edits.Move(region=a.id, dx=dx, dy=dy), edits.Move(region=b.id, dx=-dx, dy=-dy)]


def _describe(clause: Clause) -> list[PlanEdit] | Question:
    """ "make the dog red", "everything in pixel-art", "make it night", "the fox should be bigger"."""
    whole = clause.of_picture()
    style = _style_outside(clause)
    setting = clause.first(Tag.TIME) or clause.first(Tag.PLACE)
    names = any(map(names_thing, clause.pieces)) and not whole
    if not names or (clause.first(Tag.NOUN) is None and setting):
        return _of_picture(clause, style)
    target = clause.reference()
    style = _style_outside(clause)
    if isinstance(target, Question):
        if clause.first(Tag.NOUN) is None and style is not None and not clause.last:
            return [edits.Restyle(style=style)]  # "make it watercolor", with no "it" in sight: the picture
        return no_such_word(clause, target)
    word = _passed_over(clause.pieces[target.end :])
    if word:
        return Question(text=f"'{word[:60]}' is not a word for a colour, size, style or place here. What instead?")
    found = _of_regions(clause, target.regions, style) or moved(clause)
    return _own_look(clause, target.regions) if isinstance(found, Question) else found


def _of_picture(clause: Clause, style: str | None) -> list[PlanEdit] | Question:
    result: list[PlanEdit] = [edits.Restyle(style=style)] if style else []
    result += settings(clause)
    named = any(names_thing(p) and p.tag is not Tag.IT for p in clause.pieces)
    if not result and not named and clause.first(Tag.WHOLE) is not None:  # "make all of them smaller"
        result = _of_regions(clause, [r.id for r in clause.plan.regions], None)
        return result or not_understood(clause.text, clause.plan)
    return backdrop(clause, clause.pieces, result) or not_understood(clause.text, clause.plan)


def _of_regions(clause: Clause, regions: Iterable[str], style: str | None) -> list[PlanEdit]:
    """Words that point at the thing tell which one is meant, the others what becomes of it: "make the red fox blue"."""
    return _look(regions, style, clause.outside(Tag.COLOR), clause.said_besides(SCALES))


def _look(regions: Iterable[str], style: str | None, color: Piece | None, scale: str | None) -> list[PlanEdit]:
    result: list[PlanEdit] = []
    for region in regions:
        if style is not None:
            result.append(edits.Restyle(region=region, style=style))
        if color is not None:
            result.append(edits.Recolor(region=region, color=color.value))
        if scale is not None:
            result.append(edits.Resize(region=region, factor=SCALES[scale]))
    return result


def _own_look(clause: Clause, regions: Iterable[str]) -> list[PlanEdit] | Question:
    """What the words that point at the thing make of it where nothing else is said: "blue fox, please"."""
    color, style, scale = clause.first(Tag.COLOR), _style_from(clause, 0), clause.said(SCALES)
    return _look(regions, style, color, scale) or not_understood(clause.text, clause.plan)


def _passed_over(pieces: list[Piece]) -> str:
    """An unknown word that is listed with what becomes of a thing: "red and fluffy"."""
    for before, piece, after in zip(pieces, pieces[1:], [*pieces[2:], None], strict=False):
        ends = after is None or after.tag is Tag.BREAK
        if piece.tag is Tag.UNKNOWN and before.text == "and" and ends:
            return piece.text
    return ""


def _style_outside(clause: Clause) -> str | None:
    """The first style that is no part of a reference."""
    for i in range(len(clause.pieces)):
        found = find_style(clause.pieces, i)
        if found and _is_style(clause, i, found) and not any(map(clause.pointed, range(i, found.end))):
            return found.style
    return None


def _style_from(clause: Clause, at: int) -> str | None:
    found = ((i, find_style(clause.pieces, i)) for i in range(at, len(clause.pieces)))
    return next((s.style for i, s in found if s and _is_style(clause, i, s)), None)


def _is_style(clause: Clause, at: int, found: StylePhrase) -> bool:
    """Whether the words at `at` are a style, known or said to be one: "better looks" are none."""
    pieces = clause.pieces[at : found.end]
    return found.style in clause.lexicon.styles or pieces[0].tag is Tag.FILLER or pieces[-1].text == "style"
