"""Plain-English instructions about a picture that is already planned, to edits; what is ambiguous comes back as a
question."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mepg_agent.planning import edits
from mepg_agent.planning.edits import PlanEdit
from mepg_agent.planning.lexer import Lexicon, Piece, Tag, lexicon, split
from mepg_agent.planning.reader import Reader
from mepg_agent.planning.reading import Reading
from mepg_agent.planning.references import Asked, Found, Question, find_reference, told_apart
from mepg_agent.planning.stylephrase import find_style
from mepg_agent.planning.words import ONES
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import Region, RelationKind, ScenePlan, free_id

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
STEP = 0.2  # of a move without a measure; "a bit" halves it, "far" doubles it
WAYS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "higher": (0, -1), "down": (0, 1), "lower": (0, 1)}
DEPTHS = {"to the front": "front", "forward": "front", "to the back": "back", "backward": "back", "back": "back"}
_SPLIT = re.compile(r"\s*(?:[.;!\n]+|,?\s+(?:and then|then)\s+)\s*")
_VERB_FORMS = (*VERBS, "make", "color", "colour", "paint", "turn", "change", "enlarge", "shrink", "recolor", "restyle")
_ANY_VERB = "|".join(sorted(_VERB_FORMS, key=len, reverse=True))
_AND_VERB = re.compile(rf"\s*(?:,|,?\s+and)\s+(?=(?:{_ANY_VERB})\b)")
_AND_THING = re.compile(r"\s*(?:,\s*and|,|\s+and)\s+(?=the\s)", re.IGNORECASE)


@dataclass
class _Clause:
    """One instruction under way."""

    plan: ScenePlan
    lexicon: Lexicon
    text: str
    last: tuple[str, ...]  # what "it" is
    pieces: list[Piece] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pieces, _ = self.lexicon.read(self.text)

    def said(self, phrases: dict[str, object] | tuple[str, ...]) -> str | None:
        """The longest of the phrases that the text says."""
        words = f" {' '.join(split(self.text))} "
        return next((p for p in sorted(phrases, key=len, reverse=True) if f" {p} " in words), None)

    def asked(self) -> Asked:
        return Asked(self.plan, self.lexicon, self.pieces, self.last)

    def unknown(self) -> str:
        """A word that names nothing known, verbs passed over."""
        verbs = {word for form in (*_VERB_FORMS, *SCALES) for word in form.split()}
        return next((p.text for p in self.pieces if p.tag is Tag.UNKNOWN and p.text not in verbs), "")

    def first(self, tag: Tag) -> Piece | None:
        return next((p for p in self.pieces if p.tag is tag), None)


def parse_edit(
    text: str, plan: ScenePlan, vocabulary: Vocabulary, styles: tuple[str, ...]
) -> tuple[PlanEdit, ...] | Question:
    """The edits that an instruction asks for, in order; several are parted by "and", "then", ";" or a stop.

    A region is named by its noun ("the dog"), made plain by place, colour or style ("the left dog", "the red one"), by
    its id, or by "it". A `Question` comes back for a name that fits several or no regions, and for an instruction that
    is not understood.
    """
    lex = lexicon(vocabulary, styles)
    found: list[PlanEdit] = []
    last: tuple[str, ...] = (plan.regions[0].id,) if len(plan.regions) == 1 else ()
    for part in _SPLIT.split(text):
        for clause_text in _AND_VERB.split(part):
            if not split(clause_text):
                continue
            clause = _Clause(plan, lex, clause_text, last)
            result = _listed(clause) or _read(clause)
            if isinstance(result, Question):
                return result
            found += result
            named = tuple(r for e in result if (r := getattr(e, "region", None)) is not None)
            last = named or last
    return tuple(found) or _not_understood(text, plan)


def _listed(clause: _Clause) -> list[PlanEdit] | None:
    """ "make the fox green and the house blue": the verb is said once. None unless every part says what to do."""
    first, *more = _AND_THING.split(clause.text)
    verb = _opening(first) or _opening_word(first)
    if not more or VERBS.get(verb) in ("add", "replace", "swap"):
        return None
    parts = (first, *(f"{verb if verb in _VERB_FORMS else ''} {part}" for part in more))
    found: list[PlanEdit] = []
    for part in parts:
        read = _read(_Clause(clause.plan, clause.lexicon, part, clause.last))
        if isinstance(read, Question):
            return None
        found += read
    return found


def _read(clause: _Clause) -> list[PlanEdit] | Question:
    verb = VERBS.get(_opening(clause.text) or "")
    if verb == "add":
        return _add(clause)
    if verb == "replace" or (_opening_word(clause.text) in ("turn", "change", "make", "swap") and _new_noun(clause)):
        return _replace(clause)
    if verb == "swap":
        return _swap(clause)
    if verb == "remove":
        return _remove(clause)
    if verb == "move":
        return _move(clause)
    return _describe(clause)


def _opening(text: str) -> str | None:
    """The verb phrase that the clause opens with, "please" and the like passed over."""
    words = " ".join(w for w in split(text) if w not in ("please", "now", "can", "could", "you", "also", "just")) + " "
    return next((v for v in sorted(VERBS, key=len, reverse=True) if words.startswith(f"{v} ")), None)


def _opening_word(text: str) -> str:
    return next((w for w in split(text) if w not in ("please", "now", "can", "could", "you", "also", "just")), "")


def _remove(clause: _Clause) -> list[PlanEdit] | Question:
    found = find_reference(clause.asked(), 0)
    if isinstance(found, Question):
        return _no_such_word(clause, found)
    return [edits.Remove(region=region) for region in found.regions]


def _no_such_word(clause: _Clause, question: Question) -> Question:
    """The question with the word that named nothing."""
    word = clause.unknown()
    if not word or clause.first(Tag.NOUN) is not None:
        return question
    return Question(text=f"There is no '{word[:60]}' in the picture. Which thing is meant?", choices=question.choices)


def _add(clause: _Clause) -> list[PlanEdit] | Question:
    """ "add two small red balloons top left": read as a scene of its own, then each thing is added."""
    reading = Reader(clause.lexicon, clause.text).reading
    known = [(i, t) for i, t in enumerate(reading.things) if t.noun is not None]
    if not known:
        if reading.place is not None:
            return [edits.Background(place=reading.place)]
        word = clause.unknown() or clause.text.strip()
        near = tuple(clause.lexicon.nearest_nouns(word, 3, 0.4))
        return Question(text=f"'{word[:60]}' cannot be drawn. What should be added?", choices=near)
    links = {a: (kind, b) for a, kind, b in reading.links}
    objects = {*(b for _, b in links.values()), *(end for _, *ends in reading.between for end in ends)}
    objects |= reading.definite  # "add a crown to the fox"
    result: list[PlanEdit] = []
    for index, thing in known:
        noun = thing.noun or ""
        existing = [r.id for r in clause.plan.regions if r.noun == noun]
        if index in objects and existing:
            continue
        kind, other = links.get(index, (None, None))
        anchor = None
        if kind is not None and other is not None:
            ids = [r.id for r in clause.plan.regions if r.noun == reading.things[other].noun]
            if len(ids) > 1:
                return Question(text=f"Which {reading.things[other].noun}?", choices=tuple(ids))
            anchor = ids[0] if ids else None
        fields = {"color": thing.color, "style": thing.style, "size": thing.size, "spot": thing.spot}
        ends = _between(clause, reading, index)
        if isinstance(ends, Question):
            return ends
        if ends is not None:
            kind, anchor = RelationKind.RIGHT_OF, ends[0]
        for _ in range(thing.count):
            result.append(edits.Add(noun=noun, kind=kind if anchor else None, other=anchor, **fields))  # type: ignore[arg-type]
        if ends is not None:
            new = free_id(noun, (r.id for r in clause.plan.regions))
            result.append(edits.Relate(region=new, kind=RelationKind.LEFT_OF, other=ends[1]))
    return result


def _between(clause: _Clause, reading: Reading, index: int) -> tuple[str, str] | Question | None:
    """The two regions, from left to right, that a thing is added between."""
    nouns = {reading.things[end].noun for middle, *ends in reading.between if middle == index for end in ends}
    found = sorted((r for r in clause.plan.regions if r.noun in nouns), key=lambda r: r.box.cx)
    if not nouns or not found:
        return None
    if len(found) != 2:
        return Question(text="Between which two?", choices=tuple(r.id for r in clause.plan.regions))
    return found[0].id, found[1].id


def _new_noun(clause: _Clause) -> tuple[int, Piece] | None:
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


def _replace(clause: _Clause) -> list[PlanEdit] | Question:
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
    old = _Clause(clause.plan, clause.lexicon, "", clause.last)
    old.pieces = clause.pieces[:start]
    found = find_reference(old.asked(), 0)
    if isinstance(found, Question):
        return _no_such_word(old, found)
    return [edits.Replace(region=region, noun=piece.value, color=color) for region in found.regions]


def _swap(clause: _Clause) -> list[PlanEdit] | Question:
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


def _move(clause: _Clause) -> list[PlanEdit] | Question:
    found = find_reference(clause.asked(), 0)
    if isinstance(found, Question):
        place = clause.first(Tag.PLACE)
        if place is not None and clause.first(Tag.NOUN) is None:
            return [edits.Background(place=place.value)]  # "put them in space"
        return _no_such_word(clause, found)
    rest = clause.pieces[found.end :]
    related = _relation_to(clause, found)
    if isinstance(related, Question):
        return related
    if related is not None:
        kind, other = related
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
        return [edits.Background(place=place.value)]
    return Question(text="Move it where?", choices=("left", "right", "up", "down", "to the middle"))


def _relation_to(clause: _Clause, found: Found) -> tuple[RelationKind, str] | Question | None:
    for i in range(found.end, len(clause.pieces)):
        piece = clause.pieces[i]
        if piece.tag is Tag.RELATION and piece.kind is not None and any(p.tag is Tag.NOUN for p in clause.pieces[i:]):
            other = find_reference(clause.asked(), i + 1)
            if isinstance(other, Question):
                return other
            return piece.kind, other.regions[0]
    return None


def _describe(clause: _Clause) -> list[PlanEdit] | Question:
    """ "make the dog red", "everything in pixel-art", "make it night", "the fox should be bigger"."""
    whole = clause.first(Tag.WHOLE) is not None or clause.said(("picture", "scene", "image", "style to")) is not None
    style = _style_from(clause, 0)
    time, place = clause.first(Tag.TIME), clause.first(Tag.PLACE)
    color = clause.first(Tag.COLOR)
    scale = clause.said(tuple(SCALES))
    names = any(p.tag in (Tag.NOUN, Tag.IT) or p.text in ONES for p in clause.pieces) and not whole
    if not names or (clause.first(Tag.NOUN) is None and (time or place)):
        result: list[PlanEdit] = [edits.Restyle(style=style)] if style else []
        result += [edits.Background(place=place.value)] if place else []
        result += [edits.Time(time=None if time.value == "day" else time.value)] if time else []
        return result or _not_understood(clause.text, clause.plan)
    target = find_reference(clause.asked(), 0)
    if isinstance(target, Question):
        if clause.first(Tag.NOUN) is None and style is not None:
            return [edits.Restyle(style=style)]  # "make it watercolor", with no "it" in sight: the picture
        return _no_such_word(clause, target)
    # words before the noun tell which one is meant, those after it what becomes of it: "make the red fox green"
    color_after = next((p for p in clause.pieces[target.end :] if p.tag is Tag.COLOR), None)
    style_after = _style_from(clause, target.end)
    if color_after is not None or style_after is not None or scale is not None:
        color, style = color_after, style_after
    result = []
    for region in target.regions:
        if style is not None:
            result.append(edits.Restyle(region=region, style=style))
        if color is not None:
            result.append(edits.Recolor(region=region, color=color.value))
        if scale is not None:
            result.append(edits.Resize(region=region, factor=SCALES[scale]))
    return result or _moved_instead(clause)


def _style_from(clause: _Clause, at: int) -> str | None:
    return next((s.style for i in range(at, len(clause.pieces)) if (s := find_style(clause.pieces, i))), None)


def _moved_instead(clause: _Clause) -> list[PlanEdit] | Question:
    """ "the fox a bit to the left", "the dog behind the castle": a move without its verb."""
    moved = _move(clause)
    return _not_understood(clause.text, clause.plan) if isinstance(moved, Question) else moved


def _not_understood(text: str, plan: ScenePlan) -> Question:
    things = [name for r in plan.regions if (name := _name(r, plan))]
    about = (f"make {things[0]} red", f"move {things[-1]} left", f"remove {things[-1]}") if things else ()
    examples = (*about, "add a balloon top left", "make it night")
    return Question(text=f"I did not understand '{' '.join(text.split())[:80]}'. What should change?", choices=examples)


def _name(region: Region, plan: ScenePlan) -> str:
    """Words that mean this region alone; empty where there are none."""
    alike = [r for r in plan.regions if r.noun == region.noun]
    name = told_apart(region, alike) if len(alike) > 1 else f"the {region.noun}"
    return "" if name == region.noun else name
