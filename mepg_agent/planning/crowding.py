"""When boxes are in each other's way, and how far a thing can grow before it is."""

from __future__ import annotations

from mepg_agent.planning.geometry import front_and_back, holds
from mepg_agent.planning.layout import may_overlap
from mepg_agent.planning.riding import carried
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import Box, Region, ScenePlan

CLASH = 0.35  # share of the smaller box that two unrelated boxes have in common
HIDDEN = 0.85  # share of a box that one nearer box covers
STEPS = 40  # of a growth: the finest that is told apart
LEAST = 1.02  # a growth that can be seen


def shared(a: Box, b: Box) -> float:
    """Share of the smaller box that two have in common."""
    return a.overlap(b) / min(a.area, b.area)


def grown(region: Region, factor: float) -> Box:
    """The region's box at another size, on the same feet."""
    box = region.box.resized(factor)
    return box.moved(0, region.box.bottom - box.bottom)


def room_to_grow(plan: ScenePlan, region: Region, factor: float, vocabulary: Vocabulary | None) -> float:
    """The largest factor up to `factor` by which the region can grow inside the canvas, its proportions kept, without a
    fault that a layout would have to mend by shrinking it; 1 where there is no room to see a difference."""
    most, least = min(factor, 1 / max(region.box.width, region.box.height)), min(factor, LEAST)
    steps = (most - (most - 1) * step / STEPS for step in range(STEPS))
    return next((f for f in steps if f >= least and _fits(plan, region, f, vocabulary)), 1.0)


def _fits(plan: ScenePlan, region: Region, factor: float, vocabulary: Vocabulary | None) -> bool:
    """Whether it is in nobody's way at that size, and what excuses an overlap still holds."""
    large = region.model_copy(update={"box": grown(region, factor)})
    after = carried(plan, plan.with_regions([large]))
    deep = (r for r in plan.relations if region.id in (r.subject, r.object) and front_and_back(r) is not None)
    if any(holds(r, plan) and not holds(r, after) for r in deep):
        return False
    excused = may_overlap(plan, vocabulary)
    for other in after.regions:
        if other.id == region.id:
            continue
        if frozenset((region.id, other.id)) not in excused and shared(large.box, other.box) > CLASH:
            return False
        near, far = (large.box, other.box) if region.z > other.z else (other.box, large.box)
        if region.z != other.z and far.covered_by(near) > HIDDEN:
            return False
    return True
