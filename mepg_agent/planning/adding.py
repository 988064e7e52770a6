"""What an instruction adds: its words are read as a scene of their own, then each thing is added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mepg_agent.planning import edits
from mepg_agent.planning.clauses import Clause, after_opening, backdrop, negative
from mepg_agent.planning.edits import PlanEdit
from mepg_agent.planning.lexer import Tag
from mepg_agent.planning.reader import MOST_OF_A_KIND, Reader
from mepg_agent.planning.reading import Reading, Thing
from mepg_agent.planning.references import Question
from mepg_agent.planning.words import ITS
from mepg_agent.scene import RelationKind, free_id

Anchor = tuple[RelationKind, str]  # how an added thing stands to a region


def added(clause: Clause) -> list[PlanEdit] | Question:
    """ "add two small red balloons top left". What is said besides and cannot be shown ("fluffy", another place)
    becomes a note; a `Question` comes back for a thing that cannot be drawn, too many of one, and for what is not to be
    added."""
    reading = Reader(clause.lexicon, after_opening(clause.text)).reading
    if clause.negated() and not reading.refused:
        return negative(clause)
    wrong = _undrawable(clause, reading)
    if wrong is not None:
        return wrong
    known = [(i, t) for i, t in enumerate(reading.things) if t.noun is not None]
    if not known:
        return backdrop(clause, clause.pieces, [edits.Background(place=reading.place or "")])
    clause.notes += (*reading.notes, *_left_alone(clause, reading))
    whole = reading.style is not None and clause.first(Tag.WHOLE) is not None
    result: list[PlanEdit] = [edits.Restyle(style=reading.style)] if whole else []
    objects = _objects(reading)
    names, said = [r.id for r in clause.plan.regions], {i: _ids(clause, t) for i, t in known if i in objects}
    new: dict[int, list[str]] = {}
    for index, thing in known:
        if said.get(index):
            continue
        more = _addition(clause, reading, index, None if whole else reading.style)
        if isinstance(more, Question):
            return more
        result += more
        new[index] = []
        for _ in range(thing.count):
            new[index].append(free_id(thing.noun or "", names))
            names.append(new[index][-1])
    return [*result, *_standing(reading, new, said)]


def _standing(reading: Reading, new: Mapping[int, list[str]], said: Mapping[int, list[str]]) -> Iterator[PlanEdit]:
    """How the added things stand, as far as `_addition` does not say it already."""
    for index, ids in new.items():
        links = [(kind, other) for one, kind, other in reading.links if one == index]
        beside = links[:-1] if links and said.get(links[-1][1]) else links
        for kind, other in beside:
            for end in (said.get(other) or new.get(other, []))[:1]:
                yield from (edits.Relate(region=region, kind=kind, other=end) for region in ids)
        depth = reading.things[index].depth
        yield from (edits.Reorder(region=region, to=depth) for region in ids if depth)


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
    """Things that are there already if there is one of that noun: "add a crown to the fox"."""
    ends = (end for _, *both in reading.between for end in both)
    return {*(b for _, _, b in reading.links), *ends, *reading.definite}


def _ids(clause: Clause, thing: Thing) -> list[str]:
    return [r.id for r in clause.plan.regions if r.noun == thing.noun]


def _addition(clause: Clause, reading: Reading, index: int, style: str | None) -> list[PlanEdit] | Question:
    """The edits that add one thing as often as it was said. `style` is said of all of them."""
    thing = reading.things[index]
    noun = thing.noun or ""
    ends = _between(clause, reading, index)
    anchor = _anchor(clause, reading, index)
    for asked in (ends, anchor):
        if isinstance(asked, Question):
            return asked
    if isinstance(ends, tuple):
        anchor = RelationKind.RIGHT_OF, ends[0]
    kind, other = anchor if isinstance(anchor, tuple) else (None, None)
    fields = {"color": thing.color, "style": thing.style or style, "size": thing.size, "spot": thing.spot}
    result: list[PlanEdit] = [edits.Add(noun=noun, kind=kind, other=other, **fields)] * thing.count  # type: ignore[arg-type]
    if isinstance(ends, tuple):
        new = free_id(noun, (r.id for r in clause.plan.regions))
        result.append(edits.Relate(region=new, kind=RelationKind.LEFT_OF, other=ends[1]))
    return result


def _anchor(clause: Clause, reading: Reading, index: int) -> Anchor | Question | None:
    """The region beside which a thing is added, where one was said that is there."""
    if not reading.links:
        return _beside_it(clause)
    link = next(((kind, other) for thing, kind, other in reversed(reading.links) if thing == index), None)
    if link is None:
        return None
    kind, other = link
    ids = _ids(clause, reading.things[other])
    if len(ids) > 1:
        return Question(text=f"Which {reading.things[other].noun}?", choices=tuple(ids))
    return (kind, ids[0]) if ids else None


def _beside_it(clause: Clause) -> Anchor | Question | None:
    """ "put a bird on it", after a clause that told what "it" is."""
    for at, piece in enumerate(clause.pieces):
        following = clause.pieces[at + 1 : at + 2]
        if piece.tag is not Tag.RELATION or piece.kind is None or piece.value == ITS:
            continue
        if following and following[0].tag is Tag.IT:
            found = clause.reference(at + 1)
            return found if isinstance(found, Question) else (piece.kind, found.regions[0])
    return None


def _between(clause: Clause, reading: Reading, index: int) -> tuple[str, str] | Question | None:
    """The two regions, from left to right, that a thing is added between."""
    nouns = {reading.things[end].noun for middle, *ends in reading.between if middle == index for end in ends}
    found = sorted((r for r in clause.plan.regions if r.noun in nouns), key=lambda r: r.box.cx)
    if not nouns or not found:
        return None
    if len(found) != 2:
        return Question(text="Between which two?", choices=tuple(r.id for r in clause.plan.regions))
    return found[0].id, found[1].id
