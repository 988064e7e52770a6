"""First boxes for the things of a scene: sensible sizes and places, before the solver makes them exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mepg_agent.portfolio import FLOATS, Noun
from mepg_agent.scene import Box, Extent, Relation, RelationKind

# Factor on the usual height of a noun for 1, 2, 3 … things in the picture.
SHRINK = (1.2, 1.1, 1.0, 0.85, 0.74, 0.65, 0.58, 0.53)
LARGE, EVENING = 0.5, 0.6  # smaller things than that are drawn larger than they are, in order: tiny ones fray
BORDER = 0.03
GAP = 0.06  # between things side by side or in two rows: two of a kind whose boxes nearly touch are drawn as one
TALLEST = 0.7
SMALL = 0.2  # of several on one thing or in two rows, none is made smaller than this
IN_A_PART = 0.5  # tallest thing that still looks as if it were in the top, or on the left
ONE_ROW = 3  # more than these stand in two rows, one behind the other
MEETING = 0.12  # how far, of their summed heights, what stands in front reaches into what is behind it
ASIDE = 0.75  # of the mean of their widths: how far what is behind stands to the side
FRONT = 0.85  # what stands in front of a thing is drawn smaller, so that the thing is seen
_HANGS = (
    *(RelationKind.ON, RelationKind.INSIDE, RelationKind.UNDER, RelationKind.ABOVE, RelationKind.BELOW),
    *(RelationKind.BEHIND, RelationKind.IN_FRONT_OF),
)


@dataclass
class Item:
    """One region to place. `size` is the factor the person said ("huge" 1.6), `height` the share of the canvas."""

    id: str
    noun: Noun
    size: float = 1.0
    spot: str | None = None
    depth: Literal["front", "back"] | None = None
    height: float = 0.0
    cx: float = 0.5
    cy: float = 0.5


def arrange(items: list[Item], relations: list[Relation], ground: float, extent: Extent) -> dict[str, Box]:
    """A box for every item. `ground` is the horizon, fraction from the top; from FLOATS on nothing stands."""
    by_id = {item.id: item for item in items}
    hanging = {r.subject: r for r in reversed(relations) if r.kind in _HANGS and r.subject != r.object}
    _sizes(items, by_id, hanging, extent)
    _rows(items, hanging, relations, ground, extent)
    for item in items:
        _stand(item, ground)
    _second_row(items, hanging, ground)
    _step_back(items, by_id, hanging, ground)
    _step_aside(items, by_id, hanging, extent)
    for item in _anchors_first(items, hanging):
        if item.id in hanging:
            siblings = [i.id for i in items if i.id in hanging and _same(hanging[i.id], hanging[item.id])]
            _hang(item, by_id[hanging[item.id].object], hanging[item.id].kind, siblings, extent)
        _go_to_spot(item, ground, extent)
    return {i.id: Box.centered(i.cx, i.cy, _width(i, extent), i.height) for i in items}


def _same(a: Relation, b: Relation) -> bool:
    return (a.kind, a.object) == (b.kind, b.object)


def _width(item: Item, extent: Extent) -> float:
    """Width in fractions of the canvas of a thing that is as wide as high in pixels."""
    return min(item.height * extent.height / extent.width, 0.94)


def _sizes(items: list[Item], by_id: dict[str, Item], hanging: dict[str, Relation], extent: Extent) -> None:
    shrink = SHRINK[min(len(items), len(SHRINK)) - 1] if items else 1.0
    shrink *= min(1.0, extent.width / extent.height) ** 0.5
    far = {"front": 1.15, "back": 0.75, None: 1.0}
    for item in items:
        usual = LARGE * (item.noun.size / LARGE) ** EVENING
        item.height = min(usual * item.size * shrink * far[item.depth], TALLEST)
        if item.spot not in (None, "center"):
            item.height = min(item.height, IN_A_PART)
    for item in _anchors_first(items, hanging):
        relation = hanging.get(item.id)
        if relation is None:
            continue
        anchor = by_id[relation.object]
        if relation.kind is RelationKind.INSIDE:
            anchor.height = max(anchor.height, 0.55)
            item.height = min(item.height, 0.5 * anchor.height)
        elif relation.kind is RelationKind.IN_FRONT_OF:
            item.height *= FRONT
        elif relation.kind in (RelationKind.ON, RelationKind.ABOVE):
            item.height = min(item.height, max(0.9 - anchor.height, 0.2), 0.75 * anchor.height + 0.1)
        gaps = sum(_same(relation, other) for other in hanging.values()) - 1
        if relation.kind is RelationKind.ON and gaps > 1:
            # as many side by side as the anchor is wide, give or take half of the outermost
            item.height = min(item.height, max(anchor.height / gaps, SMALL))
            anchor.height = min(max(anchor.height, gaps * item.height), TALLEST)


def _rows(
    items: list[Item], hanging: dict[str, Relation], relations: list[Relation], ground: float, extent: Extent
) -> None:
    """Side by side along the ground and along the sky: as said to be left or right, else as named."""
    left_of: dict[str, list[str]] = {}  # of an item: those that belong to its left
    for relation in relations:
        if relation.kind is RelationKind.LEFT_OF:
            left_of.setdefault(relation.object, []).append(relation.subject)
        elif relation.kind is RelationKind.RIGHT_OF:
            left_of.setdefault(relation.subject, []).append(relation.object)
    for sky in (False, True):
        row = _row(items, hanging, sky)
        row.sort(key=lambda i: {"left": -1, "right": 1}.get((i.spot or "").split(" ")[-1], 0))
        ordered = _ordered(row, left_of)
        deep = 2 if len(ordered) > ONE_ROW else 1
        if deep == 2 and not sky and ground < FLOATS:  # both rows have their feet on the ground
            for item in ordered:
                item.height = min(item.height, max(1 - ground - GAP - 2 * BORDER, SMALL))
        for number in range(deep):
            _spread(ordered[number::deep], extent)
        for item in ordered if deep == 2 else ():
            item.depth = item.depth or ("back" if item in ordered[1::2] else "front")


def _row(items: list[Item], hanging: dict[str, Relation], sky: bool) -> list[Item]:
    """What has a place of its own in the sky, or below it."""
    return [i for i in items if (i.noun.stands == "sky") == sky and i.id not in hanging]


def _ordered(row: list[Item], left_of: dict[str, list[str]]) -> list[Item]:
    """The row as it is, but each item comes after those that belong to its left; of a circle one is not."""
    by_id = {item.id: item for item in row}
    done: dict[str, Item] = {}
    waiting: set[str] = set()

    def place(item: Item) -> None:
        if item.id not in done and item.id not in waiting:
            waiting.add(item.id)
            for other in left_of.get(item.id, ()):
                if other in by_id:
                    place(by_id[other])
            done[item.id] = item

    for item in row:
        place(item)
    return list(done.values())


def _spread(row: list[Item], extent: Extent) -> None:
    """Centres along the width with even gaps; what is too wide together shrinks together."""
    if not row:
        return
    least = min(GAP, (1 - 2 * BORDER) / len(row) / 4)
    room = 1 - 2 * BORDER - least * (len(row) - 1)
    total = sum(_width(i, extent) for i in row)
    if total > room:
        for item in row:
            item.height *= room / total
        total = room
    gap = max((1 - total) / (len(row) + 1), least)  # as much is free at the ends as between two, if it can be
    x = (1 - total - gap * (len(row) - 1)) / 2
    for item in row:
        item.cx = x + _width(item, extent) / 2
        x += _width(item, extent) + gap


def _stand(item: Item, ground: float) -> None:
    """Feet on the ground, nearer ones lower; the sky above the horizon; in space everything floats."""
    half = item.height / 2
    if item.noun.stands == "sky":
        item.cy = max(half + BORDER, ground * (0.3 if ground < FLOATS else 0.4))
        return
    if ground >= FLOATS:
        item.cy = 0.55
        return
    share = {"back": 0.2, "front": 0.9, None: 0.6}[item.depth]
    feet = min(max(ground + share * (1 - ground), item.height + BORDER), 1 - BORDER)
    item.cy = feet - half


def _second_row(items: list[Item], hanging: dict[str, Relation], ground: float) -> None:
    """More things than fit side by side: those behind stand clear of those in front, what floats is higher or lower."""
    for sky in (False, True):
        row = _row(items, hanging, sky)
        if len(row) <= ONE_ROW:
            continue
        back, front = ([i for i in row if i.depth == depth] for depth in ("back", "front"))
        if sky or ground >= FLOATS:
            middle = 0.5 if ground >= FLOATS else BORDER + max((i.height for i in back), default=0.0)
            for item in (*back, *front):
                item.cy = middle + (0.5 if item in front else -0.5) * (item.height + GAP)
            continue
        top = min((i.cy - i.height / 2 for i in front), default=1.0)
        for item in back:
            item.cy = min(item.cy, top - GAP - item.height / 2)


def _step_back(items: list[Item], by_id: dict[str, Item], hanging: dict[str, Relation], ground: float) -> None:
    """What has something in front of it stands farther up, on the ground still, so that little of it is covered."""
    for item in items:
        relation = hanging.get(item.id)
        if relation is None or relation.kind is not RelationKind.IN_FRONT_OF or relation.object in hanging:
            continue
        anchor = by_id[relation.object]
        feet = 1 - BORDER - item.height + MEETING * (item.height + anchor.height)
        horizon = ground + BORDER if anchor.noun.stands != "sky" and ground < FLOATS else 0.0
        lowest = max(feet, horizon, anchor.height + BORDER)
        anchor.cy = min(anchor.cy, lowest - anchor.height / 2)


def _step_aside(items: list[Item], by_id: dict[str, Item], hanging: dict[str, Relation], extent: Extent) -> None:
    """A lone thing with one other behind it makes room at its side."""
    behind = [i for i in items if i.id in hanging and hanging[i.id].kind is RelationKind.BEHIND]
    if len(behind) != 1 or len(items) - len(hanging) != 1 or hanging[behind[0].id].object in hanging:
        return
    anchor = by_id[hanging[behind[0].id].object]
    wide = _width(anchor, extent)
    anchor.cx = max(anchor.cx - ASIDE * (wide + _width(behind[0], extent)) / 4, wide / 2 + BORDER)


def _anchors_first(items: list[Item], hanging: dict[str, Relation]) -> list[Item]:
    order: list[Item] = []
    waiting = list(items)
    while waiting:
        done = {i.id for i in order}
        ready = [i for i in waiting if i.id not in hanging or hanging[i.id].object in done]
        chosen = ready[0] if ready else waiting[0]
        order.append(chosen)
        waiting.remove(chosen)
    return order


def _hang(item: Item, anchor: Item, kind: RelationKind, siblings: list[str], extent: Extent) -> None:
    """Near the thing it is related to; several in the same relation spread over its width and a little more."""
    top, bottom = anchor.cy - anchor.height / 2, anchor.cy + anchor.height / 2
    half = item.height / 2
    number, width = siblings.index(item.id), max(_width(anchor, extent), _width(item, extent) * len(siblings))
    item.cx = anchor.cx + ((number + 0.5) / len(siblings) - 0.5) * width
    alone = len(siblings) == 1
    match kind:
        case RelationKind.ON:
            item.cy = top + 0.06 * anchor.height - half
        case RelationKind.ABOVE:
            item.cy = top - BORDER - half
        case RelationKind.BELOW:
            item.cy = bottom + BORDER + half
        case RelationKind.UNDER:
            below_sky = anchor.noun.stands == "sky"
            item.cy = (
                max(item.cy, bottom + half) if below_sky else max(bottom + 0.02 - half, anchor.cy + 0.3 * anchor.height)
            )
        case RelationKind.INSIDE:
            item.cy = anchor.cy + 0.2 * anchor.height
        case RelationKind.BEHIND:
            item.cx += ASIDE * (_width(anchor, extent) + _width(item, extent)) / 2 if alone else 0.0
            item.cy = bottom - 0.06 - half if item.noun.stands != "sky" else top
        case RelationKind.IN_FRONT_OF:
            item.cx -= 0.3 * _width(anchor, extent) if alone else 0.0
            item.cy = min(bottom - MEETING * (item.height + anchor.height) + item.height, 1 - BORDER) - half


def _go_to_spot(item: Item, ground: float, extent: Extent) -> None:
    spot, half_w, half_h = item.spot, _width(item, extent) / 2, item.height / 2
    if spot is None:
        return
    if spot == "corner":
        spot = "top right" if item.noun.stands == "sky" else "bottom left"
    words = spot.split()
    if "left" in words or "right" in words:
        item.cx = half_w + BORDER if "left" in words else 1 - half_w - BORDER
    elif spot in ("center", "top", "bottom"):
        item.cx = 0.5
    if "top" in words or "bottom" in words:
        item.cy = half_h + BORDER if "top" in words else 1 - half_h - BORDER
    elif spot == "center":
        stands = item.noun.stands != "sky" and ground < FLOATS
        item.cy = max(0.5, ground + BORDER - half_h) if stands else 0.5
