"""What stands on, under, above, below, in, behind or in front of another thing takes its size and place from that one;
several in the same relation stand side by side."""

from __future__ import annotations

from collections.abc import Sequence

from mepg_agent.planning.geometry import MEET
from mepg_agent.planning.items import BORDER, GAP, ONE_ROW, SMALL, TALLEST, Item, width_of
from mepg_agent.portfolio import FLOATS
from mepg_agent.scene import Extent, Relation, RelationKind

MEETING = 0.12  # how far, of their summed heights, what stands in front reaches into what is behind it
ASIDE = 0.86  # of the mean of their widths: how far what is behind stands to the side
FARTHER = 0.08  # how much higher on the ground that stands
PEEKING = 0.36  # of their summed heights: how far above its middle those of several stand that it would hide
FRONT = 0.85  # what stands in front of a thing is drawn smaller, so that the thing is seen
ROOM = 1 - 2 * BORDER
_KINDS = (
    *(RelationKind.ON, RelationKind.INSIDE, RelationKind.UNDER, RelationKind.ABOVE, RelationKind.BELOW),
    *(RelationKind.BEHIND, RelationKind.IN_FRONT_OF),
)


class Hanging:
    """The items of a scene that hang on others, by the first relation that says so."""

    def __init__(self, items: list[Item], relations: Sequence[Relation], extent: Extent) -> None:
        self.items, self.extent = items, extent
        self._by_id = {item.id: item for item in items}
        self._relations = {r.subject: r for r in reversed(relations) if r.kind in _KINDS and r.subject != r.object}

    def __contains__(self, item: Item) -> bool:
        return item.id in self._relations

    def anchors_first(self) -> list[Item]:
        """All items; each comes after the one that it hangs on, unless they go in a circle."""
        order: list[Item] = []
        waiting = list(self.items)
        while waiting:
            ready = [i for i in waiting if i not in self or self._anchor(i) in order]
            chosen = ready[0] if ready else waiting[0]
            order.append(chosen)
            waiting.remove(chosen)
        return order

    def size(self) -> None:
        """Heights that leave room for what hangs together."""
        for item in self.anchors_first():
            if item in self:
                self._fit(item, self._anchor(item))
        for anchor in self.items:
            self._stack(anchor)

    def step_back(self, ground: float) -> None:
        """What has something before it stands farther up, on the ground still, so that little of it is covered."""
        for item in self.items:
            if item not in self or self._anchor(item) in self or not self._before(item):
                continue
            anchor, kind = self._anchor(item), self._relations[item.id].kind
            rows = 2 if _step(kind, len(self._siblings(item))) < 1 else 1
            below = rows * (item.height + GAP) - GAP
            feet = 1 - BORDER - below + MEETING * (item.height + anchor.height)
            horizon = ground + BORDER if anchor.noun.stands != "sky" and ground < FLOATS else 0.0
            anchor.cy = min(anchor.cy, max(feet, horizon, anchor.height + BORDER) - anchor.height / 2)

    def step_aside(self) -> None:
        """A lone thing with one other behind it makes room at its side."""
        behind = [i for i in self.items if i in self and self._relations[i.id].kind is RelationKind.BEHIND]
        alone = sum(i not in self for i in self.items) == 1
        if len(behind) == 1 and alone and self._anchor(behind[0]) not in self:
            anchor = self._anchor(behind[0])
            wide = self._width(anchor)
            anchor.cx = min(anchor.cx + ASIDE * (wide + self._width(behind[0])) / 4, 1 - wide / 2 - BORDER)

    def place(self, item: Item) -> None:
        """Near the thing that it hangs on."""
        anchor, kind, siblings = self._anchor(item), self._relations[item.id].kind, self._siblings(item)
        at, alone = siblings.index(item), len(siblings) == 1
        item.cx = (
            anchor.cx + self._aside(item, anchor, kind) if alone else self._side_by_side(anchor, kind, siblings)[at]
        )
        item.cy = self._height(item, anchor, kind)
        hidden = abs(item.cx - anchor.cx) <= (self._width(anchor) - self._width(item)) / 2
        if kind is RelationKind.BEHIND and hidden and not alone:
            item.cy = min(item.cy, anchor.cy - PEEKING * (item.height + anchor.height))
        if _step(kind, len(siblings)) < 1:  # the second row is higher above things, nearer to us before them
            above = kind is RelationKind.ABOVE
            item.cy += (at % 2 == above) * (item.height + GAP) * (-1 if above else 1)

    def _anchor(self, item: Item) -> Item:
        return self._by_id[self._relations[item.id].object]

    def _width(self, item: Item) -> float:
        return width_of(item, self.extent)

    def _siblings(self, item: Item) -> list[Item]:
        """Those in the same relation to the same thing, itself among them."""
        said = self._relations[item.id]
        return [i for i in self.items if i in self and _same(self._relations[i.id], said)]

    def _before(self, item: Item) -> bool:
        """In front of a thing, or at its feet; what is under a thing of the sky is anywhere below."""
        kind = self._relations[item.id].kind
        under = kind is RelationKind.UNDER and self._anchor(item).noun.stands != "sky"
        return under or kind is RelationKind.IN_FRONT_OF

    def _fit(self, item: Item, anchor: Item) -> None:
        kind = self._relations[item.id].kind
        if kind is RelationKind.INSIDE:
            anchor.height = max(anchor.height, TALLEST)
            item.height = min(item.height, 0.45 * anchor.height)
        elif self._before(item):
            item.height *= FRONT
        elif kind in (RelationKind.ON, RelationKind.ABOVE):
            item.height = min(item.height, max(0.9 - anchor.height, 0.2), 0.75 * anchor.height + 0.1)
        several = len(self._siblings(item))
        if several > 1:
            self._share(item, anchor, kind, several)

    def _share(self, item: Item, anchor: Item, kind: RelationKind, several: int) -> None:
        """Small enough that all in the same relation find room side by side, and the anchor wide enough for them."""
        steps, room = _step(kind, several) * (several - 1), ROOM
        if kind is RelationKind.BEHIND and several == 2:  # one on each side
            room -= ASIDE * self._width(anchor) - GAP
        wide = (room - steps * GAP) / (steps + 1)
        item.height = min(item.height, max(wide * self.extent.width / self.extent.height, SMALL))
        if kind in (RelationKind.ON, RelationKind.UNDER):  # the middles of the outermost are within its width
            item.height = min(item.height, max(anchor.height / steps - GAP, SMALL))
            anchor.height = min(max(anchor.height, steps * (item.height + GAP)), TALLEST)
        elif kind is RelationKind.IN_FRONT_OF:  # the outermost reach into its width
            anchor.height = min(max(anchor.height, steps * (item.height + GAP) / (2 * MEET) - item.height), TALLEST)

    def _stack(self, anchor: Item) -> None:
        """What has things above and before it shrinks with them, so that all three find room one above the other."""
        hung = [i for i in self.items if i in self and self._anchor(i) is anchor]
        over = (RelationKind.ON, RelationKind.ABOVE)
        above = max((i.height for i in hung if self._relations[i.id].kind in over), default=0.0)
        before = max((i.height for i in hung if self._before(i)), default=0.0)
        whole = above + anchor.height + before - MEETING * (anchor.height + before)
        for item in (anchor, *hung) if above and before and whole > ROOM else ():
            item.height *= ROOM / whole

    def _aside(self, item: Item, anchor: Item, kind: RelationKind) -> float:
        """How far from the middle of its anchor a thing stands that is alone there: to the left, where most drawn
        animals look, so that their heads are seen."""
        if kind is RelationKind.BEHIND:
            return -ASIDE * (self._width(anchor) + self._width(item)) / 2
        return -0.3 * self._width(anchor) if kind is RelationKind.IN_FRONT_OF else 0.0

    def _side_by_side(self, anchor: Item, kind: RelationKind, siblings: list[Item]) -> list[float]:
        """Middles of things in the same relation: as far apart as their anchor is wide, at least without touching, and
        all on the canvas."""
        wide, gaps = max(map(self._width, siblings)), len(siblings) - 1
        seen = kind in (RelationKind.IN_FRONT_OF, RelationKind.BEHIND)  # the anchor, between them
        apart = max(_step(kind, len(siblings)) * (wide + GAP), self._width(anchor) / (gaps if seen else gaps + 1))
        if kind is RelationKind.BEHIND and gaps == 1:
            apart = ASIDE * (self._width(anchor) + wide)
        apart = min(apart, (ROOM - wide) / gaps)
        least, most = BORDER + wide / 2, 1 - BORDER - wide / 2 - apart * gaps
        first = min(max(anchor.cx - apart * gaps / 2, least), most)
        return [first + apart * number for number in range(len(siblings))]

    def _height(self, item: Item, anchor: Item, kind: RelationKind) -> float:
        """Where its middle is, from the top."""
        top, bottom = anchor.cy - anchor.height / 2, anchor.cy + anchor.height / 2
        half = item.height / 2
        if self._before(item):
            return min(bottom - MEETING * (item.height + anchor.height) + item.height, 1 - BORDER) - half
        match kind:
            case RelationKind.ON:
                return top + 0.06 * anchor.height - half
            case RelationKind.ABOVE:
                return top - BORDER - half
            case RelationKind.BELOW:
                return bottom + BORDER + half
            case RelationKind.INSIDE:
                return anchor.cy + 0.05 * anchor.height
            case RelationKind.BEHIND:
                return bottom - FARTHER - half if item.noun.stands != "sky" else top
            case _:  # under a thing of the sky
                return max(item.cy, bottom + half)


def _same(a: Relation, b: Relation) -> bool:
    return (a.kind, a.object) == (b.kind, b.object)


def _step(kind: RelationKind, several: int) -> float:
    """From one to the next of several in the same relation, in widths and gaps: above and under things more than
    ONE_ROW stand in two rows, in turns."""
    return 0.5 if kind in (RelationKind.ABOVE, RelationKind.UNDER) and several > ONE_ROW else 1.0
