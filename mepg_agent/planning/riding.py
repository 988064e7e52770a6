"""What stands on a thing or inside it goes where that goes."""

from __future__ import annotations

from collections.abc import Collection

from mepg_agent.planning.geometry import holds
from mepg_agent.scene import Box, RelationKind, ScenePlan

RIDES = (RelationKind.ON, RelationKind.INSIDE)


def carried(before: ScenePlan, after: ScenePlan, staying: Collection[str] = ()) -> ScenePlan:
    """The plan after a change, in which what stood on or inside a thing that has another box now stands there again:
    its place in that box and its size kept, smaller only where that became smaller. What is locked, `staying` or has
    another box already is not carried."""
    old, new = ({r.id: r for r in plan.regions} for plan in (before, after))
    riders = [r for r in before.relations if r.kind in RIDES and r in after.relations and holds(r, before)]
    on_the_way = [i for i in new if i in old and old[i].box != new[i].box]
    carriers = [*on_the_way]
    while carriers:
        carrier = carriers.pop()
        for rider in (r.subject for r in riders if r.object == carrier):
            if rider in staying or rider in on_the_way or new[rider].locked:
                continue
            box = _seated(old[rider].box, old[carrier].box, new[carrier].box)
            new[rider] = new[rider].model_copy(update={"box": box})
            on_the_way.append(rider)
            carriers.append(rider)
    return after.with_regions([new[i] for i in on_the_way])


def _seated(rider: Box, before: Box, after: Box) -> Box:
    """The rider's box where the one that carries it went, from `before` to `after`."""
    across, down = (rider.cx - before.x) / before.width, (rider.bottom - before.y) / before.height
    shrunk = rider.resized(min(1.0, after.width / before.width))
    cx, bottom = after.x + across * after.width, after.y + down * after.height
    return shrunk.moved(cx - shrunk.cx, bottom - shrunk.bottom)
