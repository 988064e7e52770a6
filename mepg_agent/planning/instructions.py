"""Plain-English instructions about a picture that is already planned, to edits; what is ambiguous comes back as a
question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mepg_agent.errors import BadInput
from mepg_agent.planning import edits
from mepg_agent.planning.adding import added
from mepg_agent.planning.clauses import (
    SCALES,
    Clause,
    backdrop,
    clauses,
    negative,
    not_understood,
    opening,
    opening_word,
    parts,
)
from mepg_agent.planning.edits import PlanEdit, apply
from mepg_agent.planning.lexer import Piece, Tag, lexicon
from mepg_agent.planning.references import Found, Question, find_reference
from mepg_agent.planning.stylephrase import find_style
from mepg_agent.planning.words import ONES
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import RelationKind, ScenePlan

STEP = 0.2  # of a move without a measure; "a bit" halves it, "far" doubles it
WAYS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "higher": (0, -1), "down": (0, 1), "lower": (0, 1)}
DEPTHS = {"to the front": "front", "forward": "front", "to the back": "back", "backward": "back", "back": "back"}


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
    lex = lexicon(vocabulary, styles)
    found: list[PlanEdit] = []
    notes: list[str] = []
    now = plan
    last: tuple[str, ...] = (plan.regions[0].id,) if len(plan.regions) == 1 else ()
    for words in clauses(text):
        clause = Clause(now, lex, words, last)
        result = _listed(clause) or _read(clause)
        if isinstance(result, Question):
            return Understood(result)
        found += result
        notes += clause.notes
        try:
            after = apply(now, result, vocabulary)
        except BadInput:
            break  # whoever applies the edits is told why there is no going on
        now, last = after, _meant(now, after, result, last)
    return Understood(tuple(found) or not_understood(text, plan), tuple(dict.fromkeys(notes)))


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
    found = _read(clause.of(first))
    if isinstance(found, Question):
        return None
    for part in more:
        read = _read(clause.of(part))
        if isinstance(read, Question):
            return read
        found += read
    return found


def _read(clause: Clause) -> list[PlanEdit] | Question:
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
        return _move(clause)
    return _describe(clause)


def _remove(clause: Clause) -> list[PlanEdit] | Question:
    found = find_reference(clause.asked(), 0)
    if isinstance(found, Question):
        return _no_such_word(clause, found)
    return [edits.Remove(region=region) for region in found.regions]


def _no_such_word(clause: Clause, question: Question) -> Question:
    """The question with the word that named nothing."""
    word = clause.unknown()
    if not word or clause.first(Tag.NOUN) is not None:
        return question
    return Question(text=f"There is no '{word[:60]}' in the picture. Which thing is meant?", choices=question.choices)


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
        earlier = any(p.tag in (Tag.NOUN, Tag.IT) for p in clause.pieces[:start])
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
    old = Clause(clause.plan, clause.lexicon, "", clause.last, pieces=clause.pieces[:start])
    found = find_reference(old.asked(), 0)
    if isinstance(found, Question):
        return _no_such_word(old, found)
    return [edits.Replace(region=region, noun=piece.value, color=color) for region in found.regions]


def _swap(clause: Clause) -> list[PlanEdit] | Question:
    """ "swap the fox and the castle": each takes the middle of the other's box."""
    asked = clause.asked()
    first = find_reference(asked, 0)
    if isinstance(first, Question):
        return first
    both = first.regions
    if len(both) == 1:
        second = find_reference(asked, first.end)
        if isinstance(second, Question):
            return second
        both += second.regions
    if len(both) != 2:
        return Question(text="Which two should change places?", choices=tuple(r.id for r in clause.plan.regions))
    a, b = map(clause.plan.region, both)
    dx, dy = round(b.box.cx - a.box.cx, 4), round(b.box.bottom - a.box.bottom, 4)
    return [edits.Move(region=a.id, dx=dx, dy=dy), edits.Move(region=b.id, dx=-dx, dy=-dy)]


def _move(clause: Clause) -> list[PlanEdit] | Question:
    found = find_reference(clause.asked(), 0)
    if isinstance(found, Question):
        place = clause.first(Tag.PLACE)
        if place is not None and clause.first(Tag.NOUN) is None:
            return backdrop(clause, clause.pieces, [edits.Background(place=place.value)])  # "put them in space"
        return _no_such_word(clause, found)
    rest = clause.pieces[found.end :]
    related = _relation_to(clause, found)
    if isinstance(related, Question):
        return related
    if related is not None:
        kind, other = related
        if found.regions == (other,):
            others = tuple(r.id for r in clause.plan.regions if r.id != other)
            return Question(text=f"The {other} cannot be {kind} itself. Which thing is meant?", choices=others)
        return [edits.Relate(region=region, kind=kind, other=other) for region in found.regions if region != other]
    words = " ".join(p.text for p in rest)
    depth = next((to for phrase, to in DEPTHS.items() if f" {phrase} " in f" {words} "), None)
    spot = next((p for p in rest if p.tag is Tag.SPOT), None)
    if depth is not None or (spot is not None and spot.value in ("front", "back")):
        to = depth or (spot.value if spot else "front")
        return [edits.Reorder(region=region, to="front" if to == "front" else "back") for region in found.regions]
    if spot is not None and (spot.text not in WAYS and spot.text not in ("to the left", "to the right")):
        return [edits.Move(region=region, spot=spot.value) for region in found.regions]  # type: ignore[arg-type]
    way = next((WAYS[w] for w in words.split() if w in WAYS), None)
    if way is not None:
        step = (
            STEP
            * (0.5 if clause.said(("a bit", "a little", "slightly", "little")) else 1)
            * (2 if " far " in words else 1)
        )
        return [edits.Move(region=region, dx=way[0] * step, dy=way[1] * step) for region in found.regions]
    place = next((p for p in rest if p.tag is Tag.PLACE), None)
    if place is not None:
        return backdrop(clause, rest, [edits.Background(place=place.value)])
    return Question(text="Move it where?", choices=("left", "right", "up", "down", "to the middle"))


def _relation_to(clause: Clause, found: Found) -> tuple[RelationKind, str] | Question | None:
    for i in range(found.end, len(clause.pieces)):
        piece = clause.pieces[i]
        named = any(p.tag in (Tag.NOUN, Tag.IT) for p in clause.pieces[i + 1 :])
        if piece.tag is Tag.RELATION and piece.kind is not None and named:
            other = find_reference(clause.asked(), i + 1)
            if isinstance(other, Question):
                return other
            return piece.kind, other.regions[0]
    return None


def _describe(clause: Clause) -> list[PlanEdit] | Question:
    """ "make the dog red", "everything in pixel-art", "make it night", "the fox should be bigger"."""
    whole = clause.first(Tag.WHOLE) is not None or clause.said(("picture", "scene", "image", "style to")) is not None
    style = _style_from(clause, 0)
    setting = clause.first(Tag.TIME) or clause.first(Tag.PLACE)
    names = any(p.tag in (Tag.NOUN, Tag.IT) or p.text in ONES for p in clause.pieces) and not whole
    if not names or (clause.first(Tag.NOUN) is None and setting):
        return _of_picture(clause, style)
    target = find_reference(clause.asked(), 0)
    if isinstance(target, Question):
        if clause.first(Tag.NOUN) is None and style is not None and not clause.last:
            return [edits.Restyle(style=style)]  # "make it watercolor", with no "it" in sight: the picture
        return _no_such_word(clause, target)
    word = _passed_over(clause.pieces[target.end :])
    if word:
        return Question(text=f"'{word[:60]}' is not a word for a colour, size, style or place here. What instead?")
    return _of_regions(clause, target, style) or _moved_instead(clause)


def _of_picture(clause: Clause, style: str | None) -> list[PlanEdit] | Question:
    time, place = clause.first(Tag.TIME), clause.first(Tag.PLACE)
    result: list[PlanEdit] = [edits.Restyle(style=style)] if style else []
    result += [edits.Background(place=place.value)] if place else []
    result += [edits.Time(time=None if time.value == "day" else time.value)] if time else []
    return backdrop(clause, clause.pieces, result) or not_understood(clause.text, clause.plan)


def _of_regions(clause: Clause, target: Found, style: str | None) -> list[PlanEdit]:
    """Words before the noun tell which one is meant, those after it what becomes of it: "make the red fox green"."""
    color, scale = clause.first(Tag.COLOR), clause.said(tuple(SCALES))
    color_after = next((p for p in clause.pieces[target.end :] if p.tag is Tag.COLOR), None)
    style_after = _style_from(clause, target.end)
    if color_after is not None or style_after is not None or scale is not None:
        color, style = color_after, style_after
    result: list[PlanEdit] = []
    for region in target.regions:
        if style is not None:
            result.append(edits.Restyle(region=region, style=style))
        if color is not None:
            result.append(edits.Recolor(region=region, color=color.value))
        if scale is not None:
            result.append(edits.Resize(region=region, factor=SCALES[scale]))
    return result


def _passed_over(pieces: list[Piece]) -> str:
    """An unknown word that is listed with what becomes of a thing: "red and fluffy"."""
    for before, piece, after in zip(pieces, pieces[1:], [*pieces[2:], None], strict=False):
        ends = after is None or after.tag is Tag.BREAK
        if piece.tag is Tag.UNKNOWN and before.text == "and" and ends:
            return piece.text
    return ""


def _style_from(clause: Clause, at: int) -> str | None:
    return next((s.style for i in range(at, len(clause.pieces)) if (s := find_style(clause.pieces, i))), None)


def _moved_instead(clause: Clause) -> list[PlanEdit] | Question:
    """ "the fox a bit to the left", "the dog behind the castle": a move without its verb."""
    moved = _move(clause)
    return not_understood(clause.text, clause.plan) if isinstance(moved, Question) else moved
