"""What was read becomes a plan: regions with ids, relations between them, first boxes, exact boxes."""

from __future__ import annotations

from collections.abc import Iterable

from mepg_agent.english import noun_phrase
from mepg_agent.planning.arrange import arrange
from mepg_agent.planning.finish import finished
from mepg_agent.planning.geometry import BETWEEN
from mepg_agent.planning.items import Item
from mepg_agent.planning.reading import Reading, Thing
from mepg_agent.planning.wording import phrase
from mepg_agent.portfolio import Backbone, Noun, Place, Vocabulary
from mepg_agent.records import Brief
from mepg_agent.scene import MAX_REGIONS, Box, Region, Relation, RelationKind, ScenePlan, free_id

USUAL_GROUND = 0.62  # height of the horizon of a place that is not known
USUAL = Noun(icon="", group="free", stands="ground", size=0.4, plural="things")  # a thing that is not known
_ONE_EACH = (RelationKind.ON, RelationKind.INSIDE, RelationKind.UNDER)


def laid_out(
    reading: Reading,
    brief: Brief,
    backbone: Backbone,
    vocabulary: Vocabulary | None,
    notes: list[str],
    planner: str,
    common: Vocabulary | None = None,
) -> ScenePlan:
    """The plan of a reading, as `Planner.plan` wants it; `notes` are kept and added to. `common` tells how large things
    are and where they stand where an open backbone has no vocabulary of its own."""
    knows = vocabulary or common
    members = _members(reading.things, notes)
    relations = _relations(reading, members, notes)
    things = {region_id: reading.things[i] for i, ids in members.items() for region_id in ids}
    place = reading.place or _natural(things.values(), vocabulary)
    items = [Item(i, _known(t, knows), t.size, t.spot, t.depth) for i, t in things.items()]
    known = knows.places.get(knows.place_forms.get(place, place)) if knows else None
    extent = brief.extent or backbone.defaults.extent_of(len(items))
    boxes = arrange(items, relations, known or Place(ground=USUAL_GROUND), extent)
    regions = [_region(i, boxes[i], thing, vocabulary) for i, thing in things.items()]
    draft = ScenePlan(
        prompt=brief.prompt,
        global_prompt="scene",
        background=place,
        time=None if reading.time == "day" else reading.time,
        style=reading.style,
        extent=extent,
        regions=tuple(regions),
        relations=tuple(relations),
        planner=planner,
        undrawn=tuple(dict.fromkeys(reading.undrawn)),
    )
    spots = {i: said for i, t in things.items() if (said := t.spot or t.depth)}
    return finished(draft, vocabulary, backbone, notes, reading.place is not None, spots)


def _natural(things: Iterable[Thing], vocabulary: Vocabulary | None) -> str:
    """The background where nobody named one."""
    return vocabulary.natural_place(t.noun for t in things if t.noun) if vocabulary else "plain"


def _known(thing: Thing, vocabulary: Vocabulary | None) -> Noun:
    """What is known about the thing's size and stand; a middling thing on the ground where nothing is."""
    if vocabulary is None or thing.noun is None:
        return USUAL
    return vocabulary.nouns.get(vocabulary.noun_forms.get(thing.noun, thing.noun), USUAL)


def _region(region_id: str, box: Box, thing: Thing, vocabulary: Vocabulary | None) -> Region:
    noun = thing.noun or ""
    detailed = thing.detail is not None and vocabulary is None  # a closed vocabulary has no words for details
    return Region(
        id=region_id,
        box=box,
        prompt=phrase(noun, thing.color, thing.detail) if detailed else noun_phrase(noun, thing.color),
        noun=noun,
        color=thing.color,
        style=thing.style,
        z={"front": 1, "back": -1, None: 0}[thing.depth],
    )


def _members(things: list[Thing], notes: list[str]) -> dict[int, list[str]]:
    """Region ids of every thing (by index) that can be drawn; at most MAX_REGIONS in all."""
    taken: list[str] = []
    members: dict[int, list[str]] = {}
    for index, thing in enumerate(things):
        if thing.noun is None:
            continue
        members[index] = []
        for _ in range(thing.count):
            if len(taken) == MAX_REGIONS:
                notes.append(f"One picture holds {MAX_REGIONS} things: left out {thing.noun} and what follows.")
                return members
            taken.append(free_id(thing.noun, taken))
            members[index].append(taken[-1])
    return members


def _relations(reading: Reading, members: dict[int, list[str]], notes: list[str]) -> list[Relation]:
    found: list[Relation] = []
    for subject, kind, other in reading.links:
        one, two = members.get(subject, []), members.get(other, [])
        if not one or not two:
            known = (one or two or ["the picture"])[0]
            notes.append(f"Left out '{kind}' at {known}: what it relates to cannot be drawn.")
        elif subject != other:
            found += [Relation(subject=a, kind=kind, object=b) for a, b in _pairs(one, kind, two)]
    for middle, *both in reading.between:
        first, second = _from_left(reading, *both)
        ends = [*members.get(first, []), *([] if first == second else members.get(second, []))]
        one = members.get(middle, [])
        if not one or len(ends) < 2:
            notes.append("Left out 'between': it needs three things that can be drawn.")
            continue
        found += [Relation(subject=a, kind=kind, object=b) for a in one for kind, b in zip(BETWEEN, ends, strict=False)]
    return list(dict.fromkeys(found))


def _from_left(reading: Reading, one: int, other: int) -> tuple[int, int]:
    """The two ends of "between" from left to right as far as it is said where they are, else in the order named."""
    said = {(a, kind, b) for a, kind, b in reading.links}
    if {(one, RelationKind.LEFT_OF, other), (other, RelationKind.RIGHT_OF, one)} & said:
        return one, other
    if {(other, RelationKind.LEFT_OF, one), (one, RelationKind.RIGHT_OF, other)} & said:
        return other, one
    left, right = (_side(reading.things[end].spot) for end in (one, other))
    return (other, one) if left > right else (one, other)


def _side(spot: str | None) -> int:
    words = (spot or "").split()
    return ("right" in words) - ("left" in words)


def _pairs(subjects: list[str], kind: RelationKind, objects: list[str]) -> list[tuple[str, str]]:
    """Who stands so to whom, for groups: on, inside and under go one to one, and so do several behind or in front of
    several, and as many above or below as there are; next to makes chains, the rest is all to all."""
    in_depth = kind in (RelationKind.BEHIND, RelationKind.IN_FRONT_OF) and len(subjects) > 1
    in_columns = kind in (RelationKind.ABOVE, RelationKind.BELOW) and len(subjects) == len(objects)
    if kind in _ONE_EACH or in_depth or in_columns:
        return [(s, objects[i % len(objects)]) for i, s in enumerate(subjects)]
    if kind is RelationKind.NEXT_TO:
        chain = [objects[0], objects[-1], *subjects]  # an object has two sides, then each stands next to the one before
        return [(s, chain[i]) for i, s in enumerate(subjects)]
    return [(s, o) for s in subjects for o in objects]
