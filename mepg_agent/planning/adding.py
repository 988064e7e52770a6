"""What an instruction adds: its words are read as a scene of their own, then each thing is added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import cycle, islice

from mepg_agent.planning import edits
from mepg_agent.planning.clauses import Clause, after_opening, backdrop, negative
from mepg_agent.planning.edits import PlanEdit
from mepg_agent.planning.geometry import BETWEEN, OPPOSITE, outermost
from mepg_agent.planning.lexer import Tag
from mepg_agent.planning.reader import MOST_OF_A_KIND, Reader
from mepg_agent.planning.reading import Reading, Thing
from mepg_agent.planning.references import Asked, Question, find_reference, of_kind, reference_at, told_apart
from mepg_agent.planning.words import BOTH_SIDES, ITS
from mepg_agent.scene import RelationKind, free_id

Anchor = tuple[RelationKind, str]  # how an added thing stands to a region
SIDES = tuple(OPPOSITE[kind] for kind in BETWEEN)


def added(clause: Clause) -> list[PlanEdit] | Question:
    """ "add two small red balloons top left". What is said besides and cannot be shown ("fluffy", another place)
    becomes a note; a `Question` comes back for a thing that cannot be drawn, too many of one, and for what is not to be
    added."""
    there = {clause.lexicon.vocabulary.noun_of(r.noun) for r in clause.plan.regions}
    reader = Reader(clause.lexicon, after_opening(clause.text), there)
    reading = reader.reading
    if clause.negated() and not reading.refused:
        return negative(clause)
    wrong = _undrawable(clause, reading)
    if wrong is not None:
        return wrong
    known = [(i, t) for i, t in enumerate(reading.things) if t.noun is not None]
    if not known:
        return backdrop(clause, clause.pieces, [edits.Background(place=reading.place or "")])
    clause.notes += (*reading.notes, *_left_alone(clause, reading))
    said = _said(clause, reader)
    if isinstance(said, Question):
        return said
    adding = _Adding(clause, reader, said)
    whole = reading.style is not None and clause.first(Tag.WHOLE) is not None
    result: list[PlanEdit] = [edits.Restyle(style=reading.style)] if whole else []
    for index, _ in known:
        if not said.get(index):
            more = adding.addition(index, None if whole else reading.style)
            if isinstance(more, Question):
                return more
            result += more
    return [*result, *adding.standing()]


def _undrawable(clause: Clause, reading: Reading) -> Question | None:
    """The question about a thing that no vocabulary word means, or about more of a kind than a picture holds."""
    nothing = reading.place is None and not any(t.noun for t in reading.things)
    if reading.unknown or nothing:
        word = next(iter(reading.unknown), "") or clause.unknown() or after_opening(clause.text).strip() or clause.text
        near = tuple(clause.lexicon.nearest_nouns(word, 3, 0.4))
        return Question(text=f"'{word[:60]}' cannot be drawn. What should be added?", choices=near)
    if reading.crowds:
        count, plural = reading.crowds[0]
        text = f"{count} {plural} are too many for one picture: it holds {MOST_OF_A_KIND} of a kind. How many instead?"
        return Question(text=text, choices=(f"add {MOST_OF_A_KIND} {plural}",))
    return None


def _left_alone(clause: Clause, reading: Reading) -> list[str]:
    """Notes on a place and a time that are said of the thing: to add one does not move the picture."""
    nouns = clause.lexicon.vocabulary.nouns
    usual = {nouns[t.noun].stands for t in reading.things if t.noun in nouns}  # "a bird in the sky"
    notes: list[str] = []
    if reading.place not in (None, clause.plan.background, *usual):
        notes.append(f"Left out {reading.place}: the background stays. 'Make the background {reading.place}' sets it.")
    if reading.time not in (None, clause.plan.time or "day"):
        notes.append(f"Left out {reading.time}: the time of day stays. 'Make it {reading.time}' sets it.")
    return notes


def _objects(reading: Reading) -> set[int]:
    """Things that others stand to: they are there already if there is one of that noun ("add a crown to the fox")."""
    return {*(b for _, _, b in reading.links), *(end for _, *both in reading.between for end in both)}


def _ids(clause: Clause, thing: Thing) -> list[str]:
    return [r.id for r in of_kind(clause.plan, thing.noun or "", clause.lexicon.vocabulary)]


def _said(clause: Clause, reader: Reader) -> dict[int, list[str]] | Question:
    """The regions that things of the text are, by index: those that others stand to, and "the fox" where there is one.
    A question where it is not clear which one is meant."""
    reading = reader.reading
    said = {i: _ids(clause, reading.things[i]) for i in {*_objects(reading), *reading.definite}}
    for index in sorted(_objects(reading) & reader.heads.keys()):
        if said[index]:
            found = reference_at(_asked(clause, reader), reader.heads[index])
            if isinstance(found, Question):
                return found
            said[index] = list(found.regions)
    return said


def _asked(clause: Clause, reader: Reader) -> Asked:
    return Asked(clause.plan, clause.lexicon, reader.pieces, clause.last, moves=False)


class _Adding:
    """The edits under way for one text; `said` are the things of it that are in the picture, `new` the added ones."""

    def __init__(self, clause: Clause, reader: Reader, said: Mapping[int, list[str]]) -> None:
        self.clause, self.reader, self.said = clause, reader, said
        self.reading = reader.reading
        self.new: dict[int, list[str]] = {}
        self._names = [r.id for r in clause.plan.regions]
        self._anchors: dict[int, list[Anchor]] = {}  # the relations with which a thing was added

    def addition(self, index: int, style: str | None) -> list[PlanEdit] | Question:
        """The edits that add one thing as often as it was said. `style` is said of all of them."""
        thing = self.reading.things[index]
        anchors = self._anchors_of(index)
        if isinstance(anchors, Question):
            return anchors
        self._anchors[index] = anchors
        copies = max(thing.count, len(anchors))
        fields = {"color": thing.color, "style": thing.style or style, "size": thing.size, "spot": thing.spot}
        self.new[index] = []
        found: list[PlanEdit] = []
        for kind, other in islice(cycle(anchors or [(None, None)]), copies):
            self.new[index].append(free_id(thing.noun or "", self._names))
            self._names.append(self.new[index][-1])
            found.append(edits.Add(noun=thing.noun or "", kind=kind, other=other, **fields))  # type: ignore[arg-type]
        return found

    def _anchors_of(self, index: int) -> list[Anchor] | Question:
        """How each of the things that are added at once stands, in turn: all alike, or one to each of several."""
        each = self._each(index)
        anchor = None if each else self._between(index) or self._anchor(index)
        if isinstance(anchor, Question):
            return anchor
        return each or ([anchor] if anchor is not None else self._beside_it(index))

    def standing(self) -> Iterator[PlanEdit]:
        """How the added things stand, as far as `addition` does not say it already."""
        for index, ids in self.new.items():
            links = [(kind, self._end(kind, o)) for one, kind, o in self.reading.links if one == index]
            links = [(kind, end) for kind, end in links if end is not None]
            ends = self._ends(index)
            sides = zip(BETWEEN, ends, strict=True) if len(ends) == 2 else ()
            for kind, end in (*links, *sides):
                if (kind, end) not in self._anchors[index]:
                    yield from (edits.Relate(region=region, kind=kind, other=end) for region in ids)
            depth = self.reading.things[index].depth
            yield from (edits.Reorder(region=region, to=depth) for region in ids if depth)

    def _end(self, kind: RelationKind, index: int) -> str | None:
        """The region that what stands so to a thing of the text is related to; of several the outermost, or any."""
        ids = self._regions(index)
        here = [r for r in self.clause.plan.regions if r.id in ids]
        end = outermost(kind, here) if len(here) == len(ids) > 1 else None
        return end.id if end is not None else next(iter(ids), None)

    def _regions(self, index: int) -> list[str]:
        return self.said.get(index) or self.new.get(index, [])

    def _ends(self, index: int) -> list[str]:
        """The regions that a thing is added between: from left to right as far as they are in the picture."""
        ends = (end for middle, *both in self.reading.between if middle == index for end in both)
        ids = dict.fromkeys(region for end in ends for region in self._regions(end))
        places = {r.id: r.box.cx for r in self.clause.plan.regions}
        return sorted(ids, key=lambda i: places[i]) if ids.keys() <= places.keys() else list(ids)

    def _between(self, index: int) -> Anchor | Question | None:
        """The left one of the two regions that a thing is added between, and how it stands to that one."""
        said = {end for middle, *both in self.reading.between if middle == index for end in both}
        there = [self.said[end] for end in said if self.said.get(end)]
        new = sum(self.reading.things[end].count for end in said if not self.said.get(end))
        if there and sum(map(len, there)) + new != 2:
            return Question(text="Between which two?", choices=tuple(r.id for r in self.clause.plan.regions))
        return (BETWEEN[0], self._ends(index)[0]) if there and not new else None

    def _each(self, index: int) -> list[Anchor]:
        """ "Add a crown on each dog", "a tree on each side of the house": how every one stands to what is there."""
        links = (link for link in self.reading.links if link[0] == index and link[2] in self.reading.each)
        ends = [(kind, end) for _, kind, other in links for end in self.said.get(other, [])]
        for middle, *sides in self.reading.between:
            for kind, side in zip(SIDES, sides, strict=True):
                ends += [(kind, end) for end in self.said.get(middle, [])[:1] if side == index]
        return ends

    def _anchor(self, index: int) -> Anchor | Question | None:
        """The region beside which a thing is added, where one was said that is there."""
        link = next(((kind, other) for one, kind, other in reversed(self.reading.links) if one == index), None)
        if link is None:
            return None
        kind, other = link
        noun, ids = self.reading.things[other].noun, self.said.get(other, [])
        end = outermost(kind, map(self.clause.plan.region, ids)) if len(ids) > 1 else None
        if end is not None:
            return kind, end.id
        if len(ids) > 1 or other == index:
            which = f"Which {noun}?" if ids else f"There is no {noun} in the picture. Which thing is meant?"
            among = [self.clause.plan.region(i) for i in ids]
            choices = [told_apart(r, among) for r in among] or [r.id for r in self.clause.plan.regions]
            return Question(text=which, choices=tuple(choices))
        return (kind, ids[0]) if ids else None

    def _beside_it(self, index: int) -> list[Anchor] | Question:
        """ "put a bird on it", after a clause that told what "it" is."""
        heads, pieces = self.reader.heads, self.reader.pieces
        start = heads.get(index, len(pieces))
        stop = min((head for head in heads.values() if head > start), default=len(pieces) - 1)
        for at in range(start, stop if all(one != index for one, *_ in self.reading.links) else start):
            piece = pieces[at]
            if piece.tag is Tag.RELATION and piece.kind and piece.value != ITS and pieces[at + 1].tag is Tag.IT:
                found = find_reference(_asked(self.clause, self.reader), at + 1)
                kinds = SIDES if piece.text in BOTH_SIDES else (piece.kind,)
                return found if isinstance(found, Question) else [(kind, found.regions[0]) for kind in kinds]
        return []
