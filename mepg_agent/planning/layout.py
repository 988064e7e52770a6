"""The layout solver: boxes stay near where they were wished, and obey the relations, each other and the ground."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np

from mepg_agent.planning.geometry import APART, CLAUSES, front_and_back, holds, in_order, placed
from mepg_agent.planning.program import Answer, Bond, Limit, Program
from mepg_agent.portfolio import FLOATS, Place, Vocabulary
from mepg_agent.scene import Box, Frozen, Region, Relation, RelationKind, ScenePlan

POSITIONS = 3  # latent positions along the shorter side of the smallest box
PREFERRED = 0.2  # side below which a thing is hard to draw
BUDGET = 48  # linear programs of one search; each takes 1 to 5 ms
IN_ALL = 3 * BUDGET  # of all searches for one layout, one after each relation given up
RELATION, SEPARATION, GROUND, TASTE = 100.0, 20.0, 3.0, 1.0  # cost of a violation, per unit of the canvas
FLOAT = 0.15  # a ground thing wished higher than this above the horizon is meant to float
FEET = 0.02  # how far below the horizon feet stand
SHOWN = 0.01  # moves smaller than this are not worth telling


class Layout(Frozen):
    """`plan` laid out anew; each move in words; the relations that cannot be satisfied (with the others)."""

    plan: ScenePlan
    moves: tuple[str, ...] = ()
    unsatisfied: tuple[Relation, ...] = ()


def solve(plan: ScenePlan, vocabulary: Vocabulary | None = None, grid: int = 32) -> Layout:
    """Boxes near the wished ones such that relations hold, nothing overlaps without a depth reason, ground things stand
    on the ground, everything is inside the canvas and at least 3 latent positions wide and high. Locked boxes stay.

    `grid` is the number of latent positions along the shorter side of the canvas. Proportions of boxes are kept.
    Depths (`z`) become 0..n-1, farthest first. Relations that contradict others are given up, the last said first, and
    reported. About `IN_ALL` linear programs are solved at most; the same plan gives the same layout.
    """
    plan = stacked(plan, vocabulary)
    if not plan.regions:
        return Layout(plan=plan)
    relations, solved, left = _possible(plan), plan, IN_ALL
    while left > 0:
        program = _program(plan, relations, vocabulary, grid)
        solved = _applied(plan, program.search(min(BUDGET, left)))
        left -= program.spent
        wrong = [r for r in relations if not _placed(r, solved)]
        if not wrong:
            break
        relations.remove(wrong[-1])
    unsatisfied = tuple(r for r in dict.fromkeys(plan.relations) if not holds(r, solved))
    return Layout(plan=solved, moves=_moves(plan, solved, vocabulary), unsatisfied=unsatisfied)


def _placed(relation: Relation, plan: ScenePlan) -> bool:
    return placed(relation, plan.region(relation.subject).box, plan.region(relation.object).box)


def _possible(plan: ScenePlan) -> list[Relation]:
    """The relations without those that no layout obeys: between two locked boxes that stand otherwise, and what closes
    a circle along an axis with those said before."""
    orders: dict[str, dict[str, set[str]]] = {axis: {r.id: set() for r in plan.regions} for axis in ("x", "y")}
    kept: list[Relation] = []
    for relation in dict.fromkeys(plan.relations):
        ends = relation.subject, relation.object
        if ends[0] == ends[1] or (all(plan.region(i).locked for i in ends) and not _placed(relation, plan)):
            continue
        order = in_order(relation)
        if order is not None:
            axis, first, second = order
            if second in _reach(first, orders[axis]):
                continue
            orders[axis][second].add(first)
        kept.append(relation)
    return kept


def solve_only(plan: ScenePlan, free: Collection[str], vocabulary: Vocabulary | None = None, grid: int = 32) -> Layout:
    """As `solve`, but only the regions named in `free` may move."""
    locks = {r.id: r.locked for r in plan.regions}
    layout = solve(_locked(plan, {i: lock or i not in free for i, lock in locks.items()}), vocabulary, grid)
    return Layout.model_validate({**dict(layout), "plan": _locked(layout.plan, locks)})


def _locked(plan: ScenePlan, locks: Mapping[str, bool]) -> ScenePlan:
    return plan.with_regions(Region.model_validate({**dict(r), "locked": locks[r.id]}) for r in plan.regions)


def stacked(plan: ScenePlan, vocabulary: Vocabulary | None) -> ScenePlan:
    """The plan with depths 0..n-1: as given, ties by nearness (the sky is farthest, then what stands higher), and every
    relation about depth obeyed unless it contradicts an earlier one."""

    def nearness(region: Region) -> tuple[int, bool, float]:
        return region.z, _stands(region, vocabulary) != "sky", region.box.bottom

    behind: dict[str, set[str]] = {r.id: set() for r in plan.regions}  # region -> those that must be farther
    for relation in plan.relations:
        pair = front_and_back(relation)
        if pair is not None and pair[0] not in _reach(pair[1], behind):
            behind[pair[0]].add(pair[1])
    order: list[str] = []
    waiting = [r.id for r in sorted(plan.regions, key=nearness)]
    while waiting:
        ready = next(i for i in waiting if behind[i] <= set(order))
        order.append(ready)
        waiting.remove(ready)
    return plan.with_regions(Region.model_validate({**dict(r), "z": order.index(r.id)}) for r in plan.regions)


def _reach(start: str, before: Mapping[str, set[str]]) -> set[str]:
    """`start` and everything that must come before it, by way of others too."""
    seen, todo = {start}, [start]
    while todo:
        fresh = before[todo.pop()] - seen
        seen |= fresh
        todo += sorted(fresh)
    return seen


def may_overlap(plan: ScenePlan, vocabulary: Vocabulary | None) -> set[frozenset[str]]:
    """Pairs of regions with a depth reason: one is behind, in front of, on, under or inside the other. What is under a
    thing of the sky is not in front of it."""
    pairs: set[frozenset[str]] = set()
    for relation in plan.relations:
        below = relation.kind is RelationKind.UNDER and _stands(plan.region(relation.object), vocabulary) == "sky"
        if front_and_back(relation) is not None and not below:
            pairs.add(frozenset((relation.subject, relation.object)))
    return pairs


def _program(plan: ScenePlan, relations: list[Relation], vocabulary: Vocabulary | None, grid: int) -> Program:
    index = {r.id: i for i, r in enumerate(plan.regions)}
    program = Program([r.box for r in plan.regions], [r.locked for r in plan.regions], min(POSITIONS / grid, 0.5))
    for relation in relations:
        a, b = index[relation.subject], index[relation.object]
        program.bonds += [Bond(a, b, clause, RELATION, True) for clause in CLAUSES[relation.kind]]
    excused = may_overlap(plan, vocabulary)
    for i, first in enumerate(plan.regions):
        for second in plan.regions[i + 1 :]:
            if frozenset((first.id, second.id)) not in excused:
                program.bonds.append(Bond(i, index[second.id], APART, SEPARATION))
    for region in plan.regions:
        program.limits += _limits(index[region.id], region, plan, vocabulary)
    return program


def _limits(index: int, region: Region, plan: ScenePlan, vocabulary: Vocabulary | None) -> Iterable[Limit]:
    """Soft rows on one region: not too small, and where it stands."""
    if region.locked:
        return
    box = region.box
    if min(box.width, box.height) >= PREFERRED:
        side = np.array([0.0, 0.0, -1.0, 0.0] if box.width < box.height else [0.0, 0.0, 0.0, -1.0])
        yield Limit(index, (side, -PREFERRED), TASTE)
    level = standing_level(region, plan, vocabulary)
    if level is not None:
        yield Limit(index, (np.array([0.0, -1.0, 0.0, -0.5]), -level), GROUND)
    ground = _ground(plan, vocabulary)
    if ground is not None and _stands(region, vocabulary) == "sky" and box.bottom <= ground.ground:
        yield Limit(index, (np.array([0.0, 1.0, 0.0, 0.5]), ground.ground), TASTE)


def standing_level(region: Region, plan: ScenePlan, vocabulary: Vocabulary | None) -> float | None:
    """Height (from the top) below which the feet of a ground or water thing belong; None where it may float: in the
    sky, in space, on, in or above another thing, with its feet hidden by one, or clearly wished in the air."""
    ground = _ground(plan, vocabulary)
    stands = _stands(region, vocabulary)
    if ground is None or stands not in ("ground", "water") or (stands == "water" and ground.swim):
        return None
    lifted = (RelationKind.ON, RelationKind.INSIDE, RelationKind.ABOVE)
    if any(r.subject == region.id and r.kind in lifted for r in plan.relations):
        return None
    if any(r.object == region.id and r.kind in (RelationKind.BELOW, RelationKind.UNDER) for r in plan.relations):
        return None
    depths = (front_and_back(r) for r in plan.relations)
    if any(pair[1] == region.id and _hides(plan.region(pair[0]).box, region.box) for pair in depths if pair):
        return None
    level = min(ground.ground + FEET, 0.95)
    return level if region.box.bottom >= level - FLOAT else None


def _hides(front: Box, back: Box) -> bool:
    """Whether it covers the lower edge of what stands behind it."""
    return front.x <= back.x and back.right <= front.right and front.y <= back.bottom <= front.bottom


def _ground(plan: ScenePlan, vocabulary: Vocabulary | None) -> Place | None:
    """The place, if it has a ground to stand on: the sky and space have none."""
    place = vocabulary.places.get(plan.background) if vocabulary else None
    return place if place is not None and place.ground < FLOATS else None


def _stands(region: Region, vocabulary: Vocabulary | None) -> str | None:
    noun = vocabulary.nouns.get(region.noun) if vocabulary else None
    return noun.stands if noun else None


def _applied(plan: ScenePlan, answer: Answer) -> ScenePlan:
    """The plan with the solved boxes, rounded to 1e-4; a box that did not move stays the same value."""
    changed: list[Region] = []
    for region, (cx, cy, width, height) in zip(plan.regions, answer.boxes.tolist(), strict=True):
        old = region.box
        moved = max(abs(old.cx - cx), abs(old.cy - cy), abs(old.width - width), abs(old.height - height)) > 1e-4
        if not region.locked and moved:
            box = Box.centered(round(cx, 4), round(cy, 4), round(width, 4), round(height, 4))
            changed.append(Region.model_validate({**dict(region), "box": box}))
    return plan.with_regions(changed)


def _moves(before: ScenePlan, after: ScenePlan, vocabulary: Vocabulary | None) -> tuple[str, ...]:
    lines: list[str] = []
    for old in before.regions:
        change = _change(old.box, after.region(old.id).box)
        if change:
            lines.append(f"{old.id}: {change}, {_reason(old, before, vocabulary)}.")
    return tuple(lines)


def _change(old: Box, new: Box) -> str:
    parts: list[str] = []
    for delta, words in ((new.cx - old.cx, ("left", "right")), (new.cy - old.cy, ("up", "down"))):
        if abs(delta) >= SHOWN:
            parts.append(f"moved {words[delta > 0]} by {abs(delta):.2f}")
    factor = (new.area / old.area) ** 0.5
    if abs(factor - 1) >= SHOWN:
        size = f"{factor:.0%}" if factor < 10 else f"{factor:.0f} times its size"
        parts.append(f"{'grown' if factor > 1 else 'shrunk'} to {size}")
    return " and ".join(parts)


def _reason(region: Region, before: ScenePlan, vocabulary: Vocabulary | None) -> str:
    """Why a region had to move: the first rule that its wished box broke."""
    for relation in before.relations:
        if region.id in (relation.subject, relation.object) and not holds(relation, before):
            return f"so that {relation}"
    excused = may_overlap(before, vocabulary)
    for other in before.regions:
        unrelated = other.id != region.id and frozenset((other.id, region.id)) not in excused
        if unrelated and region.box.overlap(other.box) > 0:
            return f"because it overlapped {other.id}"
    level = standing_level(region, before, vocabulary)
    if level is not None and region.box.bottom < level:
        return "so that it stands on the ground"
    return "to make room for the others or for the border"
