"""Where one thing goes in a picture that is there, while everything else stays: the cheapest of many boxes.

The layout keeps boxes near where they are wished. This looks for a good place: large enough to be drawn, clear of what
the thing has nothing to do with, and hiding little of what it has.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mepg_agent.planning.crowding import CLASH
from mepg_agent.planning.geometry import CLAUSES, TOLERANCE, excesses, holds
from mepg_agent.planning.hanging import FARTHER
from mepg_agent.planning.items import BORDER, GAP
from mepg_agent.planning.layout import may_overlap, solve_only, standing_level
from mepg_agent.portfolio import FLOATS, Vocabulary
from mepg_agent.scene import Box, Region, Relation, RelationKind, ScenePlan

PLACES, COARSE, AWAY = 32, 12, 12  # along each side of the canvas: to choose from, to compare by, for what gives way
SCALES = (1.0, 0.88, 0.77, 0.68, 0.6, 0.5, 0.42, 0.35)  # of the wished size
ENOUGH = 0.6  # of the wished size: a smaller place is a poor one
CLEAR = 0.28  # side from which on things are drawn clearly
YIELDING = (1.0, 0.87, 0.75)  # of its size: what gives way does not become smaller than that
COVERED, HIDDEN = 0.08, 0.25  # shares of what stands behind it, and of itself behind another, that may well be hidden
MEDDLING = 0.4  # share of the smaller boxes that must not overlap where things have nothing to do with one another
LEVEL = (RelationKind.LEFT_OF, RelationKind.RIGHT_OF, RelationKind.NEXT_TO)

# What is given up, in halvings of the size.
YIELD = 0.6  # the look of what gives way: it is drawn anew
BROKEN = 100.0  # a relation, per unit of the canvas
TINY = 4.0  # all of that side
CLASHING = 4.0  # all of the smaller box shared with a thing that it has nothing to do with
CROWDING = 30.0  # all of the smaller boxes beyond the share above
HIDING = 8.0  # all of a thing beyond the shares above
LOOSE = 1.5  # feet above or below their level, and what belongs together apart, per unit of the canvas
FLOATING = 30.0  # a thing of the ground above it or one of the sky below, per unit
NEAR, AT_SPOT = 0.5, 4.0  # far from where it is wished, per unit; the latter where a part of the canvas was said
CLOSE = 6.0  # nearer than a gap to a thing that it has nothing to do with, per unit

Values = NDArray[np.float64]


def put(
    plan: ScenePlan, region_id: str, other: str | None, vocabulary: Vocabulary | None, near: float = NEAR
) -> ScenePlan:
    """The plan with the region at the best place for it, in the size of its box as far as there is room. Where `other`
    is in its way, that gives way, unless it is locked. Everything else stays; a locked region is put all the same, and
    stays locked.

    `near` is what it costs to go far from the region's box, in halvings of its size per unit of the canvas.
    """
    old = plan.region(region_id)
    start = plan.with_regions([old.model_copy(update={"locked": False})])
    box, least = best_box(start, region_id, vocabulary, near)
    chosen = start
    for moved, cost in _giving_way(start, region_id, other, vocabulary) if other is not None else ():
        if cost >= least:  # and so is that of all that follow
            break
        total = cost + best_box(moved, region_id, vocabulary, near, COARSE)[1]
        if total < least:
            chosen, least = moved, total
    if chosen is not start:
        box, _ = best_box(chosen, region_id, vocabulary, near)
    found = chosen.with_regions([chosen.region(region_id).model_copy(update={"box": box})])
    if not all(holds(r, found) for r in found.relations if region_id in (r.subject, r.object)):
        tight = solve_only(start, (region_id, *([other] if other else [])), vocabulary).plan
        found = max(found, tight, key=lambda each: sum(holds(r, each) for r in each.relations))
    return found.with_regions([found.region(region_id).model_copy(update={"locked": old.locked})])


def best_box(
    plan: ScenePlan, region_id: str, vocabulary: Vocabulary | None, near: float = NEAR, places: int = PLACES
) -> tuple[Box, float]:
    """The best place for a region of the plan, its proportions kept, and what is given up there, in halvings of its
    size. The same plan gives the same box. Of `places` along each side of the canvas one is taken."""
    region = plan.region(region_id)
    boxes, scales = _candidates(region.box, SCALES, places)
    small = np.clip(CLEAR - boxes[:, 2:].min(1), 0, None) / CLEAR
    cost = near * _away(boxes, region.box) - np.log2(scales) + TINY * small
    cost += _fitting(plan, region, boxes, vocabulary)
    best = int(cost.argmin())
    return _box(boxes[best]), float(cost[best])


def _giving_way(
    plan: ScenePlan, region_id: str, other_id: str, vocabulary: Vocabulary | None
) -> Iterator[tuple[ScenePlan, float]]:
    """Plans in which the other thing is somewhere else or smaller, each with what that costs, the cheapest first."""
    other = plan.region(other_id)
    if other.locked:
        return
    left = tuple(r for r in plan.relations if region_id not in (r.subject, r.object))
    bare = plan.replaced(regions=tuple(r for r in plan.regions if r.id != region_id), relations=left)
    boxes, scales = _candidates(other.box, YIELDING, AWAY)
    cost = YIELD + NEAR * _away(boxes, other.box) - 2 * np.log2(scales) + _fitting(bare, other, boxes, vocabulary)
    for at in np.argsort(cost, kind="stable"):
        yield plan.with_regions([other.model_copy(update={"box": _box(boxes[at])})]), float(cost[at])


def _candidates(wished: Box, scales: tuple[float, ...], places: int) -> tuple[Values, Values]:
    """Boxes (n, 4), centre and size, on the canvas without its border where they fit in there; their scales (n,)."""
    at = (np.arange(places) + 0.5) / places
    found = []
    for scale in scales:
        width, height = wished.width * scale, wished.height * scale
        lines = (at[np.abs(at - 0.5) <= 0.5 - BORDER - side / 2] for side in (width, height))
        xs, ys = (line if len(line) else np.array([0.5]) for line in lines)
        grid = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
        found.append(np.column_stack([grid, np.full(len(grid), width), np.full(len(grid), height)]))
    return np.concatenate(found), np.repeat(scales, [len(boxes) for boxes in found])


def _box(values: Values) -> Box:
    cx, cy, width, height = (round(float(v), 4) for v in values)
    return Box.centered(cx, cy, width, height)


def _away(boxes: Values, wished: Box) -> Values:
    return np.hypot(boxes[:, 0] - wished.cx, boxes[:, 1] - wished.cy)


def _fitting(plan: ScenePlan, region: Region, boxes: Values, vocabulary: Vocabulary | None) -> Values:
    """What it costs to break relations, to be in the way of others, and to stand badly."""
    said = [r for r in plan.relations if region.id in (r.subject, r.object) and r.subject != r.object]
    excused, joined = may_overlap(plan, vocabulary), {end for r in said for end in (r.subject, r.object)}
    cost, meddling = _standing(plan, region, boxes, vocabulary), np.zeros(len(boxes))
    for relation in said:
        other = plan.region(relation.object if relation.subject == region.id else relation.subject)
        cost += _related(relation, relation.subject == region.id, other.box, boxes)
        if relation.kind is not RelationKind.INSIDE and frozenset((region.id, other.id)) in excused:
            cost += _in_depth(region.z > other.z, relation.kind, other.box, boxes)
    for other in (r for r in plan.regions if r.id != region.id):
        if frozenset((region.id, other.id)) not in excused:
            share = _shared(boxes, other.box) / np.minimum(boxes[:, 2] * boxes[:, 3], other.box.area)
            upside_down = (_feet(boxes) < other.box.bottom) == (region.z > other.z)  # what is nearer stands lower
            cost += CLASHING * share * (1 + 2 * upside_down) + CROWDING * np.clip(share - 0.9 * CLASH, 0, None)
            meddling += share
        if other.id not in joined:
            cost += CLOSE * np.clip(GAP - _gap(boxes, other.box), 0, GAP)
    return cost + CROWDING * np.clip(meddling - MEDDLING, 0, None)


def _related(relation: Relation, first: bool, other: Box, boxes: Values) -> Values:
    """What it costs not to stand in a relation, of which the boxes are the `first` end, or to stand in it far away."""
    there = np.tile([other.cx, other.cy, other.width, other.height], (len(boxes), 1))
    both = np.hstack([boxes, there] if first else [there, boxes])
    broken = sum((np.clip(excesses(c, both), 0, None) for c in CLAUSES[relation.kind]), np.zeros(len(boxes)))
    cost = BROKEN * np.where(broken > TOLERANCE, broken + 0.1, 0.0)
    cost += LOOSE * np.clip(_gap(boxes, other) - GAP, 0, None)
    if relation.kind in LEVEL:
        return cost + LOOSE * np.abs(_feet(boxes) - other.bottom)
    if relation.kind in (RelationKind.BEHIND, RelationKind.IN_FRONT_OF):
        return cost
    return cost + 2 * LOOSE * np.abs(boxes[:, 0] - other.cx)


def _in_depth(in_front: bool, kind: RelationKind, other: Box, boxes: Values) -> Values:
    """What it costs to hide much of a thing behind, or to be hidden by one in front, and not to stand lower than what
    is behind, as what is nearer does."""
    shared = _shared(boxes, other)
    hidden = shared / other.area - COVERED if in_front else shared / (boxes[:, 2] * boxes[:, 3]) - HIDDEN
    cost = HIDING * np.clip(hidden, 0, None)
    if kind is RelationKind.ON:
        return cost
    lower = (_feet(boxes) - other.bottom) * (1 if in_front else -1)
    return cost + FLOATING * np.clip(FARTHER - lower, 0, None) + 2 * LOOSE * np.clip(lower - FARTHER, 0, None)


def _standing(plan: ScenePlan, region: Region, boxes: Values, vocabulary: Vocabulary | None) -> Values:
    """What it costs things of the ground to float, and things of the sky to stand."""
    known = vocabulary.nouns.get(region.noun) if vocabulary else None
    place = vocabulary.places.get(plan.background) if vocabulary else None
    if known is not None and known.stands == "sky" and place is not None and place.ground < FLOATS:
        return FLOATING * np.clip(_feet(boxes) - place.ground, 0, None)
    feet = region.box.moved(0, 1 - region.box.bottom)
    level = standing_level(region.model_copy(update={"box": feet}), plan, vocabulary)
    return np.zeros(len(boxes)) if level is None else FLOATING * np.clip(level - _feet(boxes), 0, None)


def _feet(boxes: Values) -> Values:
    return boxes[:, 1] + boxes[:, 3] / 2


def _shared(boxes: Values, other: Box) -> Values:
    """Area of each box that the other one has, too."""
    sides = []
    for axis, (low, high) in enumerate(((other.x, other.right), (other.y, other.bottom))):
        middle, half = boxes[:, axis], boxes[:, axis + 2] / 2
        sides.append(np.clip(np.minimum(middle + half, high) - np.maximum(middle - half, low), 0, None))
    return sides[0] * sides[1]


def _gap(boxes: Values, other: Box) -> Values:
    """Distance between the facing sides; negative where they overlap."""
    away = []
    for axis, (low, high) in enumerate(((other.x, other.right), (other.y, other.bottom))):
        middle, half = boxes[:, axis], boxes[:, axis + 2] / 2
        away.append(np.maximum(low - middle - half, middle - half - high))
    return np.maximum(away[0], away[1])
