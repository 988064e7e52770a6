"""Sensible places for the things of a training scene: a deterministic grid search, so that a model can learn it.

Coordinates are percent of the canvas in steps of 5, boxes are (centre x, centre y, width, height).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mepg_agent.scene import RelationKind as Kind

GRID = np.arange(5, 100, 5, dtype=np.float64)
CX, CY = (a.ravel() for a in np.meshgrid(GRID, GRID))  # (361,) each
SPOT_X = {"left": 20, "right": 80, "center": 50}
SPOT_Y = {"top": 20, "bottom": 80, "center": 50}
MOST_IN_A_ROW = 6  # more stand staggered
ATTACHED = (Kind.ON, Kind.UNDER, Kind.ABOVE, Kind.BELOW, Kind.INSIDE, Kind.BEHIND, Kind.IN_FRONT_OF)


@dataclass
class Item:
    """One instance to place. `size` is its height in percent, `spot` a part of the canvas ("top left"), if said."""

    stands: str
    size: float
    aspect: float = 1.0
    spot: str | None = None
    column: float = 50.0
    box: tuple[float, float, float, float] = (50.0, 50.0, 30.0, 30.0)
    links: list[tuple[Kind, int]] = field(default_factory=list)  # this item stands in Kind to item int


def place(items: list[Item], ground: float) -> bool:
    """Fill in every item's box. `ground` is the horizon in percent from the top. False if a relation cannot hold."""
    _shrink(items)
    _columns(items)
    order = _order(items)
    placed: list[int] = []
    fine = True
    for index in order:
        item = items[index]
        cost = _cost(item, items, placed, ground)
        best = int(np.argmin(cost))
        fine = fine and cost[best] < 90
        item.box = (float(CX[best]), float(CY[best]), item.box[2], item.box[3])
        placed.append(index)
    return fine


def _shrink(items: list[Item]) -> None:
    """Sizes that fit: the more things share a row, the smaller they are; a thing inside another is half its size."""
    rows: dict[bool, int] = {}
    attached = {i for i, item in enumerate(items) if any(kind in ATTACHED for kind, _ in item.links)}
    for index, item in enumerate(items):
        if index not in attached:
            rows[item.stands == "sky"] = rows.get(item.stands == "sky", 0) + 1
    for item in items:
        width = 90 / min(max(rows.get(item.stands == "sky", 1), 1), MOST_IN_A_ROW)
        factor = min(1.0, 1.15 * width / (item.size * item.aspect))
        for kind, other in item.links:
            if kind is Kind.INSIDE:
                items[other].size = max(items[other].size, 55)
                factor = min(factor, 0.5 * items[other].size / item.size)
            elif kind in (Kind.ON, Kind.BEHIND):
                factor = min(factor, 0.8)
        height = _grid(item.size * factor, 10, 85)
        item.box = (50, 50, _grid(height * item.aspect, 10, 90), height)


def _grid(value: float, low: float, high: float) -> float:
    return float(min(max(round(value / 5) * 5, low), high))


def _order(items: list[Item]) -> list[int]:
    """Anchors before what hangs on them; ties as mentioned."""
    order: list[int] = []
    left = list(range(len(items)))
    while left:
        ready = [i for i in left if all(other in order for _, other in items[i].links)]
        chosen = ready[0] if ready else left[0]
        order.append(chosen)
        left.remove(chosen)
    return order


def _columns(items: list[Item]) -> None:
    """Wanted x: said spots first, then left-right chains, then the order of mention, spread over the width."""
    for sky in (False, True):
        row = [i for i, item in enumerate(items) if (item.stands == "sky") == sky and not _hangs(item)]
        rank = {i: float(n) for n, i in enumerate(row)}
        for i in row:
            spot = items[i].spot or ""
            rank[i] += -50 if "left" in spot else 50 if "right" in spot else 0
        for _ in range(len(row)):
            for i in row:
                for kind, other in items[i].links:
                    if other in rank and kind is Kind.LEFT_OF and rank[i] >= rank[other]:
                        rank[i] = rank[other] - 0.5
                    elif other in rank and kind is Kind.RIGHT_OF and rank[i] <= rank[other]:
                        rank[i] = rank[other] + 0.5
        ordered = sorted(row, key=lambda i: rank[i])
        widths = [items[i].box[2] for i in ordered]
        gap = (100 - sum(widths)) / (len(ordered) + 1) if ordered else 0
        x = gap
        for i, width in zip(ordered, widths, strict=True):
            items[i].column = x + width / 2
            x += width + gap


def _hangs(item: Item) -> bool:
    return any(kind in ATTACHED for kind, _ in item.links)


def _cost(item: Item, items: list[Item], placed: list[int], ground: float) -> np.ndarray:
    """Cost of every centre of the grid (361): 100 for a broken relation or a box outside, then overlap, then taste."""
    _, _, w, h = item.box
    outside = (CX - w / 2 < 0) | (CX + w / 2 > 100) | (CY - h / 2 < 0) | (CY + h / 2 > 100)
    cost = 100.0 * outside + 0.25 * np.abs(CX - _wanted_x(item, items)) + 0.4 * np.abs(CY - _wanted_y(item, ground))
    linked = {other for _, other in item.links}
    for other in placed:
        cost += (8 if other in linked else 40) * _shared(item, items[other])
    for kind, other in item.links:
        if other in placed:
            cost += 100.0 * ~relation_mask(kind, CX, CY, w, h, items[other].box) + _taste(kind, items[other].box, w, h)
    for other in placed:  # an anchor's own wish about what comes later cannot exist; the reverse links are here
        for kind, back in items[other].links:
            if items[back] is item:
                cost += 100.0 * ~_reverse_mask(kind, items[other].box, w, h)
    return cost


def _wanted_x(item: Item, items: list[Item]) -> float:
    words = (item.spot or "").split()
    for word in words:
        if word in ("left", "right") or item.spot == "center":
            return SPOT_X[word]
    if _hangs(item):
        return next(items[other].box[0] for kind, other in item.links if kind in ATTACHED)
    return item.column


def _wanted_y(item: Item, ground: float) -> float:
    for word in (item.spot or "").split():
        if word in ("top", "bottom") or item.spot == "center":
            return SPOT_Y[word]
    h = item.box[3]
    if item.stands == "sky":
        return max(h / 2 + 5, min(25.0, ground / 2))
    if item.stands == "water":
        return min(ground + 15, 95 - h / 2)
    feet = min(ground + (100 - ground) * 0.5, 95)
    return max(feet - h / 2, h / 2)


def _shared(item: Item, other: Item) -> np.ndarray:
    """Overlap as a share of the smaller box, for every centre (361)."""
    _, _, w, h = item.box
    ox, oy, ow, oh = other.box
    dx = np.minimum(CX + w / 2, ox + ow / 2) - np.maximum(CX - w / 2, ox - ow / 2)
    dy = np.minimum(CY + h / 2, oy + oh / 2) - np.maximum(CY - h / 2, oy - oh / 2)
    return np.clip(dx, 0, None) * np.clip(dy, 0, None) / min(w * h, ow * oh)


def relation_mask(
    kind: Kind, cx: np.ndarray, cy: np.ndarray, w: float, h: float, other: tuple[float, float, float, float]
) -> np.ndarray:
    """Whether a box of size (w, h) at the centres (cx, cy) stands in `kind` to `other`; stricter than the critic."""
    ox, oy, ow, oh = other
    left, right, top, bottom = cx - w / 2, cx + w / 2, cy - h / 2, cy + h / 2
    o_left, o_right, o_top, o_bottom = ox - ow / 2, ox + ow / 2, oy - oh / 2, oy + oh / 2
    over = np.minimum(right, o_right) - np.maximum(left, o_left) >= 0.5 * min(w, ow)
    meet = (np.abs(cx - ox) <= 0.44 * (w + ow)) & (np.abs(cy - oy) <= 0.44 * (h + oh))  # they overlap both ways
    masks = {
        Kind.LEFT_OF: (right <= o_left + 5) & (cx <= ox - 10),
        Kind.RIGHT_OF: (left >= o_right - 5) & (cx >= ox + 10),
        Kind.ABOVE: (bottom <= o_top + 5) & over,
        Kind.BELOW: (top >= o_bottom - 5) & over,
        Kind.ON: (np.abs(bottom - o_top - 2.5) <= 5) & (cx > o_left) & (cx < o_right),
        Kind.UNDER: (top >= oy) & (bottom >= o_bottom) & (cx > o_left) & (cx < o_right),
        Kind.BEHIND: (bottom <= o_bottom - 5) & (top <= o_top - 0.2 * h) & meet,
        Kind.IN_FRONT_OF: (bottom >= o_bottom + 5) & (o_top <= top - 0.2 * oh) & meet,
        Kind.NEXT_TO: (np.maximum(left - o_right, o_left - right) <= 10)
        & (np.maximum(left - o_right, o_left - right) >= -5)
        & (np.abs(bottom - o_bottom) <= 15)
        & (np.abs(cy - oy) <= 0.44 * (h + oh)),
        Kind.INSIDE: (left >= o_left) & (right <= o_right) & (top >= o_top) & (bottom <= o_bottom),
    }
    return masks[kind]


def _reverse_mask(kind: Kind, subject: tuple[float, float, float, float], w: float, h: float) -> np.ndarray:
    """Centres at which a box (w, h), as the object, satisfies the placed subject's relation."""
    sx, sy, sw, sh = subject
    fine = [
        bool(relation_mask(kind, np.array(sx), np.array(sy), sw, sh, (x, y, w, h))) for x, y in zip(CX, CY, strict=True)
    ]
    return np.array(fine)


def _taste(kind: Kind, other: tuple[float, float, float, float], w: float, h: float) -> np.ndarray:
    """Small preferences: above is straight above, behind peeps out at one side."""
    ox, oy, _, oh = other
    if kind in (Kind.ABOVE, Kind.BELOW, Kind.ON, Kind.UNDER, Kind.INSIDE):
        tall = {Kind.ABOVE: oy - (oh + h) / 2 - 5, Kind.BELOW: oy + (oh + h) / 2 + 5, Kind.ON: oy - (oh + h) / 2 + 2.5}
        y = tall.get(kind, oy + (oh / 2 if kind is Kind.UNDER else 0))
        return 0.3 * np.abs(CX - ox) + 0.6 * np.abs(CY - y)
    if kind in (Kind.BEHIND, Kind.IN_FRONT_OF):
        y = oy + (oh - h) / 2 + (10 if kind is Kind.IN_FRONT_OF else -10)
        return 0.3 * np.abs(np.abs(CX - ox) - 15) + 0.8 * np.abs(CY - y)
    return np.zeros_like(CX)
