"""What the relations mean, exactly: linear inequalities between two boxes, the same for judging and for solving.

A relation is a conjunction of clauses, a clause is a choice between alternatives, an alternative is a list of rows.
A row (a, b) says a·v ≤ b for v = (cx, cy, width, height of the subject, then of the object), fractions of the canvas.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from mepg_agent.scene import Box, Region, Relation, RelationKind, ScenePlan

Row = tuple[NDArray[np.float64], float]
Alternative = tuple[Row, ...]
Clause = tuple[Alternative, ...]

TOUCH = 0.03  # how far feet may hover over, or sides reach into, what they touch
NEAR = 0.25  # widest gap between things next to each other
PEEK = 0.15  # share of its height or width by which a thing behind another must stick out
MEET = 0.45  # boxes whose centres are nearer than this share of their summed sides overlap
TOLERANCE = 1e-6

_UNIT = np.eye(8)
_S_CX, _S_CY, _S_W, _S_H, _O_CX, _O_CY, _O_W, _O_H = _UNIT
_S_LEFT, _S_RIGHT, _S_TOP, _S_BOTTOM = _S_CX - _S_W / 2, _S_CX + _S_W / 2, _S_CY - _S_H / 2, _S_CY + _S_H / 2
_O_LEFT, _O_RIGHT, _O_TOP, _O_BOTTOM = _O_CX - _O_W / 2, _O_CX + _O_W / 2, _O_CY - _O_H / 2, _O_CY + _O_H / 2


def _le(low: NDArray[np.float64], high: NDArray[np.float64], slack: float = 0.0) -> Row:
    """low ≤ high + slack."""
    return low - high, slack


def _swapped(clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
    """The same clauses with subject and object exchanged."""
    return tuple(tuple(tuple((np.roll(a, 4), b) for a, b in rows) for rows in clause) for clause in clauses)


_OVER = (_le(_O_LEFT, _S_CX), _le(_S_CX, _O_RIGHT))  # the subject's middle is within the object's width
_LEFT_OF: tuple[Clause, ...] = (((_le(_S_RIGHT, _O_CX), _le(_S_CX, _O_LEFT)),),)
_ABOVE: tuple[Clause, ...] = (((_le(_S_BOTTOM, _O_CY), _le(_S_CY, _O_TOP)),),)
_SAME_LEVEL = (_le(_S_CY - _O_CY, MEET * (_S_H + _O_H)), _le(_O_CY - _S_CY, MEET * (_S_H + _O_H)))
_SAME_COLUMN = (_le(_S_CX - _O_CX, MEET * (_S_W + _O_W)), _le(_O_CX - _S_CX, MEET * (_S_W + _O_W)))
_BEHIND: tuple[Clause, ...] = (
    ((*_SAME_LEVEL, *_SAME_COLUMN),),
    (
        (_le(_S_TOP, _O_TOP - PEEK * _S_H),),
        (_le(_S_LEFT, _O_LEFT - PEEK * _S_W),),
        (_le(_O_RIGHT + PEEK * _S_W, _S_RIGHT),),
        (_le(_O_BOTTOM + PEEK * _S_H, _S_BOTTOM),),
    ),
)
_NEXT_TO: tuple[Clause, ...] = (
    (_SAME_LEVEL,),
    (
        (_le(_S_RIGHT, _O_LEFT, 2 * TOUCH), _le(_O_LEFT, _S_RIGHT, NEAR)),
        (_le(_O_RIGHT, _S_LEFT, 2 * TOUCH), _le(_S_LEFT, _O_RIGHT, NEAR)),
    ),
)
_ON: tuple[Clause, ...] = (((*_OVER, _le(_O_TOP, _S_BOTTOM, TOUCH), _le(_S_BOTTOM, _O_CY)),),)
_UNDER: tuple[Clause, ...] = (((*_OVER, _le(_O_CY + _O_H / 4, _S_CY)),),)
_INSIDE: tuple[Clause, ...] = (
    (
        (
            *(_le(_O_LEFT, _S_LEFT, TOUCH), _le(_S_RIGHT, _O_RIGHT, TOUCH)),
            *(_le(_O_TOP, _S_TOP, TOUCH), _le(_S_BOTTOM, _O_BOTTOM, TOUCH)),
        ),
    ),
)
CLAUSES: dict[RelationKind, tuple[Clause, ...]] = {
    RelationKind.LEFT_OF: _LEFT_OF,
    RelationKind.RIGHT_OF: _swapped(_LEFT_OF),
    RelationKind.ABOVE: _ABOVE,
    RelationKind.BELOW: _swapped(_ABOVE),
    RelationKind.ON: _ON,
    RelationKind.UNDER: _UNDER,
    RelationKind.BEHIND: _BEHIND,
    RelationKind.IN_FRONT_OF: _swapped(_BEHIND),
    RelationKind.NEXT_TO: _NEXT_TO,
    RelationKind.INSIDE: _INSIDE,
}
APART: Clause = (  # two boxes that share no area
    (_le(_S_RIGHT, _O_LEFT),),
    (_le(_O_RIGHT, _S_LEFT),),
    (_le(_S_BOTTOM, _O_TOP),),
    (_le(_O_BOTTOM, _S_TOP),),
)
OPPOSITE = {
    RelationKind.LEFT_OF: RelationKind.RIGHT_OF,
    RelationKind.RIGHT_OF: RelationKind.LEFT_OF,
    RelationKind.ABOVE: RelationKind.BELOW,
    RelationKind.BELOW: RelationKind.ABOVE,
    RelationKind.BEHIND: RelationKind.IN_FRONT_OF,
    RelationKind.IN_FRONT_OF: RelationKind.BEHIND,
    RelationKind.NEXT_TO: RelationKind.NEXT_TO,
}


def front_and_back(relation: Relation) -> tuple[str, str] | None:
    """(nearer region, farther region) of a relation that says so and thereby allows the two boxes to overlap."""
    if relation.kind is RelationKind.BEHIND:
        return relation.object, relation.subject
    if relation.kind in (RelationKind.IN_FRONT_OF, RelationKind.ON, RelationKind.INSIDE, RelationKind.UNDER):
        return relation.subject, relation.object
    return None


# how what is between two things stands to the left one and to the right one
BETWEEN = (RelationKind.RIGHT_OF, RelationKind.LEFT_OF)


def outermost(kind: RelationKind, regions: Iterable[Region]) -> Region | None:
    """Of several the one that what stands so to all of them stands so to: right of the dogs is right of the rightmost.
    None for a kind that orders nothing."""
    edge = {
        RelationKind.LEFT_OF: lambda r: r.box.x,
        RelationKind.RIGHT_OF: lambda r: -r.box.right,
        RelationKind.ABOVE: lambda r: r.box.y,
        RelationKind.BELOW: lambda r: -r.box.bottom,
    }.get(kind)
    return min(regions, key=edge) if edge else None


def in_order(relation: Relation) -> tuple[str, str, str] | None:
    """(axis, first region, second region) of a relation that orders the middles of two boxes along "x" or "y"."""
    subject, other = relation.subject, relation.object
    match relation.kind:
        case RelationKind.LEFT_OF:
            return "x", subject, other
        case RelationKind.RIGHT_OF:
            return "x", other, subject
        case RelationKind.ABOVE | RelationKind.ON:
            return "y", subject, other
        case RelationKind.BELOW | RelationKind.UNDER:
            return "y", other, subject
        case _:
            return None


def excess(clause: Clause, subject: Box, other: Box) -> float:
    """By how much the least violated alternative is violated; ≤ 0 when the clause holds."""
    return float(excesses(clause, np.array([[*_numbers(subject), *_numbers(other)]]))[0])


def excesses(clause: Clause, pairs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same of many pairs (n, 8), numbers of the subject before those of the other."""
    return np.min([np.max([pairs @ a - b for a, b in rows], axis=0) for rows in clause], axis=0)


def placed(relation: Relation, subject: Box, other: Box) -> bool:
    """Whether the two boxes stand in the relation on the canvas; depth is not looked at."""
    return all(excess(clause, subject, other) <= TOLERANCE for clause in CLAUSES[relation.kind])


def holds(relation: Relation, plan: ScenePlan) -> bool:
    """Whether the plan's boxes and depths obey `relation`. Every bound has a tolerance of 1e-6 of the canvas.

    - left of: the subject ends before the object's middle, and its middle is before the object's left edge;
      right of, above and below alike.
    - on: its middle is within the object's width, its feet between 0.03 above the object's top and the object's middle.
    - under: its middle is within the object's width and in or below the object's lowest quarter.
    - behind: the boxes overlap in both directions (centres nearer than 0.45 of the summed sides), and at least 0.15 of
      the subject's width or height sticks out at some side; in front of is the same with the two exchanged.
    - next to: the gap between the facing sides is -0.06 to 0.25, and the boxes overlap in height as for behind.
    - inside: the box is within the object's, give or take 0.03.
    - behind, in front of, on, under and inside also need the right one nearer: `z` of the hidden one is smaller.

    Raises BadInput if the plan has no such region. A thing stands in no relation to itself.
    """
    subject, other = plan.region(relation.subject), plan.region(relation.object)
    if relation.subject == relation.object:
        return False
    depth = front_and_back(relation)
    if depth is not None and plan.region(depth[0]).z <= plan.region(depth[1]).z:
        return False
    return placed(relation, subject.box, other.box)


def _numbers(box: Box) -> tuple[float, float, float, float]:
    return box.cx, box.cy, box.width, box.height
