"""First boxes for the things of a scene: sensible sizes and places, before the solver makes them exact."""

from __future__ import annotations

from mepg_agent.planning.hanging import Hanging
from mepg_agent.planning.items import BORDER, GAP, ONE_ROW, SMALL, TALLEST, Item, width_of
from mepg_agent.portfolio import FLOATS, Place
from mepg_agent.scene import Box, Extent, Relation, RelationKind

# Factor on the usual height of a noun for 1, 2, 3 … things in the picture.
SHRINK = (1.2, 1.1, 1.0, 0.85, 0.74, 0.65, 0.58, 0.53)
LARGE, EVENING = 0.5, 0.6  # smaller things than that are drawn larger than they are, in order: tiny ones fray
SWIMMING = (0.5, 0.34, 0.64)  # heights of what swims, from the top
IN_A_PART = 0.5  # tallest thing that still looks as if it were in the top, or on the left


def arrange(items: list[Item], relations: list[Relation], place: Place, extent: Extent) -> dict[str, Box]:
    """A box for every item. Where the place's horizon is as low as FLOATS nothing stands."""
    hanging, ground = Hanging(items, relations, extent), place.ground
    size(items, extent)
    hanging.size()
    _rows(items, hanging, relations, ground, extent)
    for item in items:
        _stand(item, ground)
    if place.swim:
        _swim([i for i in items if i.noun.stands == "water"])
    _second_row(items, hanging, ground)
    hanging.step_back(ground)
    hanging.step_aside()
    for item in hanging.anchors_first():
        if item in hanging:
            hanging.place(item)
        _go_to_spot(item, ground, extent)
    return {i.id: Box.centered(i.cx, i.cy, width_of(i, extent), i.height) for i in items}


def size(items: list[Item], extent: Extent) -> None:
    """Gives each item the height that it has in a picture of so many."""
    shrink = SHRINK[min(len(items), len(SHRINK)) - 1] if items else 1.0
    shrink *= min(1.0, extent.width / extent.height) ** 0.5
    far = {"front": 1.15, "back": 0.75, None: 1.0}
    for item in items:
        usual = LARGE * (item.noun.size / LARGE) ** EVENING
        item.height = min(usual * item.size * shrink * far[item.depth], TALLEST)
        if item.spot not in (None, "center"):
            item.height = min(item.height, IN_A_PART)


def _rows(items: list[Item], hanging: Hanging, relations: list[Relation], ground: float, extent: Extent) -> None:
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


def _row(items: list[Item], hanging: Hanging, sky: bool) -> list[Item]:
    """What has a place of its own in the sky, or below it."""
    return [i for i in items if (i.noun.stands == "sky") == sky and i not in hanging]


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
    total = sum(width_of(i, extent) for i in row)
    if total > room:
        for item in row:
            item.height *= room / total
        total = room
    gap = max((1 - total) / (len(row) + 1), least)  # as much is free at the ends as between two, if it can be
    x = (1 - total - gap * (len(row) - 1)) / 2
    for item in row:
        item.cx = x + width_of(item, extent) / 2
        x += width_of(item, extent) + gap


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


def _swim(items: list[Item]) -> None:
    """Things of the water are at three heights in turn, what is said to be near the lowest."""
    for number, item in enumerate(items):
        row = {"front": 2, "back": 1, None: number % 3}[item.depth]
        item.cy = min(SWIMMING[row], 1 - BORDER - item.height / 2)


def _second_row(items: list[Item], hanging: Hanging, ground: float) -> None:
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


def _go_to_spot(item: Item, ground: float, extent: Extent) -> None:
    spot, half_w, half_h = item.spot, width_of(item, extent) / 2, item.height / 2
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
