"""Changes of a plan as values: what a person asks for after the first picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from mepg_agent.english import noun_phrase
from mepg_agent.errors import BadInput
from mepg_agent.planning.crowding import grown, room_to_grow
from mepg_agent.planning.geometry import front_and_back, holds
from mepg_agent.planning.layout import solve_only, stacked
from mepg_agent.planning.newcomer import wished_box
from mepg_agent.planning.placing import AT_SPOT, ENOUGH, NEAR, put
from mepg_agent.planning.riding import carried
from mepg_agent.planning.spots import at_spot, side_by_side
from mepg_agent.planning.wording import scene_sentence
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import (
    EDITED,
    MAX_REGIONS,
    Box,
    Frozen,
    Region,
    RegionId,
    Relation,
    RelationKind,
    ScenePlan,
    free_id,
)

Spot = Literal[
    "left", "right", "top", "bottom", "center", "top left", "top right", "bottom left", "bottom right", "corner"
]


class Restyle(Frozen):
    """`region` None: the whole picture, every region included."""

    op: Literal["restyle"] = "restyle"
    region: RegionId | None = None
    style: str | None


class Recolor(Frozen):
    op: Literal["recolor"] = "recolor"
    region: RegionId
    color: str | None


class Replace(Frozen):
    """Another thing in the same place. Its style stays, its colour goes unless `color` names one."""

    op: Literal["replace"] = "replace"
    region: RegionId
    noun: Annotated[str, Field(min_length=1, max_length=80)]
    color: str | None = None


class Move(Frozen):
    """To `box`, else to a part of the canvas, else by (dx, dy) in fractions of it: the first given counts alone."""

    op: Literal["move"] = "move"
    region: RegionId
    dx: Annotated[float, Field(ge=-1, le=1)] = 0.0
    dy: Annotated[float, Field(ge=-1, le=1)] = 0.0
    spot: Spot | None = None
    box: Box | None = None


class Relate(Frozen):
    """ "Put the fox left of the castle": the fox moves, and the castle too if there is no room where it stands."""

    op: Literal["relate"] = "relate"
    region: RegionId
    kind: RelationKind
    other: RegionId


class Resize(Frozen):
    """A thing that is to grow grows as far as there is room where it stands."""

    op: Literal["resize"] = "resize"
    region: RegionId
    factor: Annotated[float, Field(ge=0.1, le=10)]


class Add(Frozen):
    op: Literal["add"] = "add"
    noun: Annotated[str, Field(min_length=1, max_length=80)]
    color: str | None = None
    style: str | None = None
    size: Annotated[float, Field(ge=0.1, le=4)] = 1.0
    spot: Spot | None = None
    box: Box | None = None
    kind: RelationKind | None = None
    other: RegionId | None = None


class Remove(Frozen):
    op: Literal["remove"] = "remove"
    region: RegionId


class Reorder(Frozen):
    """Nearest to the viewer or farthest from them."""

    op: Literal["reorder"] = "reorder"
    region: RegionId
    to: Literal["front", "back"]


class Background(Frozen):
    op: Literal["background"] = "background"
    place: Annotated[str, Field(min_length=1, max_length=80)]


class Time(Frozen):
    op: Literal["time"] = "time"
    time: str | None


PlanEdit = Annotated[
    Restyle | Recolor | Replace | Move | Relate | Resize | Add | Remove | Reorder | Background | Time,
    Field(discriminator="op"),
]


def apply(plan: ScenePlan, edits: Iterable[PlanEdit], vocabulary: Vocabulary | None) -> ScenePlan:
    """The plan after the edits, one after the other. Regions that no edit names keep their box, but for what gives way
    and for what stands on or inside a thing that goes elsewhere. Several that go to one part of the canvas stand side
    by side there. A thing that was replaced may be named by the id it had.

    What was said before gives way: relations that an edit breaks and no later one mends are dropped, with a note, as
    are those of a moved region that never held. The rest that never held stay: they are still wished. The global prompt
    is written anew, the planner becomes "edited", a region with a new style has no expert until it is routed. Raises
    BadInput for a region that is not there or a crowd.
    """
    names: dict[str, str] = {}  # what replaced things are called now
    gone: dict[Relation, str] = {}  # with the note on it
    edits = _in_rows(list(edits), plan, vocabulary)
    placed = {e.region for e in edits if isinstance(e, Move | Relate | Resize)}
    for asked in edits:
        edit = _with_new_names(asked, plan, names)
        after = carried(plan, _applied(plan, edit, edits.count(asked), vocabulary), placed)
        if isinstance(edit, Replace):
            new = next(r.id for r in after.regions if r.id not in {old.id for old in plan.regions})
            names = {i: new if now == edit.region else now for i, now in names.items()} | {edit.region: new}
            gone = {_renamed(r, edit.region, new): note for r, note in gone.items()}
        given_up = _given_up(plan, edit, after)
        gone |= given_up
        plan = after.replaced(relations=tuple(r for r in after.relations if r not in given_up))
    here = {r.id for r in plan.regions}
    # of two things that change places, the first to move breaks what holds again after the second
    back = tuple(r for r in gone if {r.subject, r.object} <= here and holds(r, plan))
    notes = tuple(f"{note}: {r}." for r, note in gone.items() if r not in back)
    plan = plan.replaced(relations=tuple(dict.fromkeys((*plan.relations, *back))), notes=(*plan.notes, *notes))
    return plan.replaced(global_prompt=scene_sentence(plan, vocabulary), planner=EDITED, undrawn=())


def _in_rows(edits: Sequence[PlanEdit], plan: ScenePlan, vocabulary: Vocabulary | None) -> list[PlanEdit]:
    """The edits, in which several things that go to one part of the canvas go side by side."""
    here = {r.id: r for r in plan.regions}
    rows: dict[str, dict[str, Region]] = {}
    for edit in edits:
        if isinstance(edit, Move) and edit.box is None and edit.spot and edit.region in here:
            rows.setdefault(edit.spot, {})[edit.region] = here[edit.region]
    boxes = {spot: side_by_side(row.values(), spot, vocabulary) for spot, row in rows.items() if len(row) > 1}

    def placed(edit: PlanEdit) -> PlanEdit:
        if not isinstance(edit, Move) or edit.box or edit.region not in boxes.get(edit.spot or "", ()):
            return edit
        box, old = boxes[edit.spot or ""][edit.region], here[edit.region].box
        return edit.model_copy(update={"spot": None, "dx": box.cx - old.cx, "dy": box.cy - old.cy})

    return [placed(edit) for edit in edits]


def changed_boxes(before: ScenePlan, after: ScenePlan) -> tuple[Box, ...]:
    """What must be drawn again: the old and the new place of every region that changed, came or went; the full canvas
    when place, time, style or extent of the picture changed. Depth alone counts where regions overlap."""
    if any(getattr(before, f) != getattr(after, f) for f in ("background", "time", "style", "extent")):
        return (Box.full(),)
    old, new = {r.id: r for r in before.regions}, {r.id: r for r in after.regions}
    both = ((old.get(region), new.get(region)) for region in changed_regions(before, after))
    return tuple(dict.fromkeys(r.box for pair in both for r in pair if r is not None))


def changed_regions(before: ScenePlan, after: ScenePlan) -> tuple[str, ...]:
    """Ids of the regions that do not look or stand as before, came or went; those of `before` first."""
    old, new = {r.id: r for r in before.regions}, {r.id: r for r in after.regions}
    pairs = ((i, old.get(i), new.get(i)) for i in dict.fromkeys((*old, *new)))
    return tuple(
        i for i, a, b in pairs if a is None or b is None or not _same_picture(a, b) or _depth_changed(a, before, after)
    )


def _same_picture(a: Region, b: Region) -> bool:
    drawn = set(Region.model_fields) - {"z", "locked"}
    return all(getattr(a, f) == getattr(b, f) for f in drawn)


def _depth_changed(region: Region, before: ScenePlan, after: ScenePlan) -> bool:
    """Whether the region changed sides with another that it overlaps."""
    ids = {r.id for r in after.regions}
    now = after.region(region.id).z if region.id in ids else region.z
    others = (o for o in before.regions if o.id != region.id and o.id in ids and o.box.overlap(region.box) > 0)
    return any((region.z > o.z) != (now > after.region(o.id).z) for o in others)


def _with_new_names(edit: PlanEdit, plan: ScenePlan, names: Mapping[str, str]) -> PlanEdit:
    """The edit with the ids of now: whoever read it may have known only the picture before all edits. What is in the
    picture comes first, as an id that a replaced thing gave up may be taken anew."""
    here = {r.id for r in plan.regions}
    ends = {end: getattr(edit, end, None) for end in ("region", "other")}
    return edit.model_copy(update={end: names[i] for end, i in ends.items() if i in names.keys() - here})


def _given_up(plan: ScenePlan, edit: PlanEdit, after: ScenePlan) -> dict[Relation, str]:
    """Relations said before the edit that give way to it, each with the note on it."""
    broken = [r for r in after.relations if r in plan.relations and not holds(r, after)]
    held = {r: "No longer so" for r in broken if holds(r, plan)}
    return held | {r: "No longer asked for" for r in broken if r not in held and _overruled(r, edit, after)}


def _overruled(relation: Relation, edit: PlanEdit, after: ScenePlan) -> bool:
    """Whether a layout would undo the edit to obey the relation."""
    if isinstance(edit, Move):
        return edit.region in (relation.subject, relation.object)
    depth = front_and_back(relation)
    if not isinstance(edit, Reorder) or depth is None or edit.region not in depth:
        return False
    return after.region(depth[0]).z <= after.region(depth[1]).z


def _applied(plan: ScenePlan, edit: PlanEdit, several: int, vocabulary: Vocabulary | None) -> ScenePlan:
    match edit:
        case Restyle(region=None):
            plain = [_with(r, style=None, expert=None) for r in plan.regions]
            return plan.with_regions(plain).replaced(style=edit.style)
        case Restyle():
            return plan.with_regions([_with(plan.region(edit.region or ""), style=edit.style, expert=None)])
        case Recolor():
            old = plan.region(edit.region)
            return plan.with_regions([_with(old, color=edit.color, prompt=_recolored(old, edit.color, vocabulary))])
        case Replace():
            return _replaced(plan, edit, vocabulary)
        case Move():
            return _moved(plan, edit, vocabulary)
        case Relate():
            return _related(plan, edit, vocabulary)
        case Resize():
            return _resized(plan, edit, vocabulary)
        case Add():
            return _added(plan, edit, several, vocabulary)
        case Remove():
            plan.region(edit.region)
            left = tuple(r for r in plan.relations if edit.region not in (r.subject, r.object))
            return plan.replaced(regions=tuple(r for r in plan.regions if r.id != edit.region), relations=left)
        case Reorder():
            region, levels = plan.region(edit.region), [r.z for r in plan.regions]
            z = max(levels) + 1 if edit.to == "front" else min(levels) - 1
            moved = plan.with_regions([_with(region, z=max(min(z, 100), -100))])
            obeyed = tuple(r for r in plan.relations if holds(r, moved))
            return stacked(moved.replaced(relations=obeyed), vocabulary).replaced(relations=plan.relations)
        case Background():
            return plan.replaced(background=edit.place)
        case Time():
            return plan.replaced(time=None if edit.time == "day" else edit.time)


def _with(region: Region, **fields: object) -> Region:
    return Region.model_validate({**dict(region), **fields})


def _recolored(region: Region, color: str | None, vocabulary: Vocabulary | None) -> str:
    """The region's words with another colour; what else they say ("sleepy") stays. A given plan may say the colour in
    its words alone: one that stands right before the noun is taken out, too."""
    words = region.prompt.split()
    lower = [word.lower() for word in words]
    noun = next((i for i, word in enumerate(lower) if word == region.noun.lower().split()[0]), len(words))
    names = (region.color,) if region.color else (*vocabulary.colors, *vocabulary.color_aliases) if vocabulary else ()
    for name in sorted((name.lower().split() for name in names), key=len, reverse=True):  # "dark red" before "red"
        places = range(len(words)) if region.color else range(max(noun - len(name), 0), noun)[:1]
        start = next((i for i in places if lower[i : i + len(name)] == name), None)
        if start is not None:
            del words[start : start + len(name)]
            noun -= len(name) if start < noun else 0
            break
    if all(word.lower() in ("a", "an") for word in words):  # "an orange" that is orange
        return noun_phrase(region.noun, color)
    words[noun:noun] = [color] if color else []
    bare = words[1:] if words[0] in ("a", "an") and len(words) > 1 else words
    return noun_phrase(" ".join(bare), None) if words[0] in ("a", "an") else " ".join(words)


def _replaced(plan: ScenePlan, edit: Replace, vocabulary: Vocabulary | None) -> ScenePlan:
    old = plan.region(edit.region)
    noun = vocabulary.noun_forms.get(edit.noun, edit.noun) if vocabulary else edit.noun
    new_id = free_id(noun, (r.id for r in plan.regions))
    new = _with(old, id=new_id, noun=noun, color=edit.color, prompt=noun_phrase(noun, edit.color))
    relations = tuple(_renamed(r, old.id, new_id) for r in plan.relations)
    return plan.replaced(regions=tuple(new if r.id == old.id else r for r in plan.regions), relations=relations)


def _renamed(relation: Relation, old: str, new: str) -> Relation:
    subject, other = (new if end == old else end for end in (relation.subject, relation.object))
    return Relation(subject=subject, kind=relation.kind, object=other)


def _moved(plan: ScenePlan, edit: Move, vocabulary: Vocabulary | None) -> ScenePlan:
    old = plan.region(edit.region)
    if edit.box is not None:
        return plan.with_regions([_with(old, box=edit.box, locked=True)])
    if edit.spot is not None:
        return plan.with_regions([_with(old, box=at_spot(old, edit.spot, vocabulary))])
    return plan.with_regions([_with(old, box=old.box.moved(edit.dx, edit.dy))])


def _resized(plan: ScenePlan, edit: Resize, vocabulary: Vocabulary | None) -> ScenePlan:
    """A box that grew into others would be shrunk by the layout, below what it was. Raises BadInput for no room."""
    old, factor = plan.region(edit.region), edit.factor
    if factor > 1:
        factor = room_to_grow(plan, old, factor, vocabulary)
        if factor == 1:
            raise BadInput(f"There is no room for {old.id} to grow.", "Move it or what stands beside it first.")
    after = plan.with_regions([_with(old, box=grown(old, factor))])
    if factor == edit.factor:
        return after
    said = f"There was room for {old.id} to grow to {factor:.0%} of its size, not to {edit.factor:.0%}."
    return after.replaced(notes=(*after.notes, said))


def _related(plan: ScenePlan, edit: Relate, vocabulary: Vocabulary | None) -> ScenePlan:
    """The region goes where the relation holds, even one placed by hand; the other one gives way if there is no good
    place. Everything else stays. Raises BadInput if there is no such place at all."""
    plan.region(edit.other)
    asked = Relation(subject=edit.region, kind=edit.kind, object=edit.other)
    other = [r for r in plan.relations if {r.subject, r.object} != {edit.region, edit.other}]
    result = put(stacked(plan.replaced(relations=(asked, *other)), vocabulary), edit.region, edit.other, vocabulary)
    if not holds(asked, result):
        raise BadInput(f"There is no room for {asked}.", "Move or shrink one of the two first.")
    return result


def _added(plan: ScenePlan, edit: Add, several: int, vocabulary: Vocabulary | None) -> ScenePlan:
    """`several` like it are added, one after the other."""
    if len(plan.regions) == MAX_REGIONS:
        raise BadInput(f"One picture holds {MAX_REGIONS} regions.", "Remove one first.")
    noun = vocabulary.noun_forms.get(edit.noun, edit.noun) if vocabulary else edit.noun
    region_id = free_id(noun, (r.id for r in plan.regions))
    known = vocabulary.nouns.get(noun) if vocabulary else None
    level = [r.z for r in plan.regions] or [0]
    sky = known is not None and known.stands == "sky"
    anchor = (edit.kind, edit.other) if edit.kind is not None and edit.other is not None else None
    asked = () if anchor is None else (Relation(subject=region_id, kind=anchor[0], object=plan.region(anchor[1]).id),)
    new = Region(
        id=region_id,
        box=edit.box or wished_box(plan, noun, edit.size, edit.spot, anchor, several, vocabulary),
        prompt=noun_phrase(noun, edit.color),
        noun=noun,
        color=edit.color,
        style=edit.style,
        z=max(min(level) - 1, -100) if sky else min(max(level) + 1, 100),
        locked=edit.box is not None,
    )
    more = plan.replaced(regions=(*plan.regions, new), relations=(*plan.relations, *asked))
    if edit.box is not None:
        after = solve_only(more, (), vocabulary).plan
    else:
        after = put(
            stacked(more, vocabulary), region_id, edit.other, vocabulary, NEAR if edit.spot is None else AT_SPOT
        )
    contrary = tuple(
        f"There is no room for {r} yet: move or shrink one of the two." for r in asked if not holds(r, after)
    )
    little = ()
    if after.region(region_id).box.width < ENOUGH * new.box.width:
        little = (f"There was little room for {region_id}: move or shrink what is around it to make it larger.",)
    return after.replaced(notes=(*after.notes, *contrary, *little))
