"""The layout as a linear program with choices: boxes move and scale, rows bind them, broken rows cost.

Each region has a centre and one scale (its proportions stay). The cost is the sum of absolute departures from the
wished boxes plus weights times violations, so that the program always has a solution and a contradiction shows as a
violation. Choices ("left of it or right of it") are searched depth first, the cheapest alternative first, pruned by
the bound that the relaxed program gives (Land and Doig, Econometrica 28(3), 1960).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mepg_agent.planning.geometry import Alternative, Clause, Row
from mepg_agent.scene import Box

SHRINK = 0.4  # cost of a scale, per unit
UNEVEN = 0.25  # cost of scaling one thing and not the others
CUSHION = 0.002  # rows are met with this to spare, so that rounding a box does not break them
EDGE = 0.01  # free border of the canvas
GROWTH = 1.6


@dataclass(frozen=True)
class Bond:
    """A clause between two regions (by index); violating it costs `weight` per unit of the canvas."""

    subject: int
    other: int
    clause: Clause
    weight: float
    relation: bool = False


@dataclass(frozen=True)
class Limit:
    """One row on a single region: a·(cx, cy, width, height) ≤ b, soft."""

    region: int
    row: tuple[NDArray[np.float64], float]
    weight: float


@dataclass(frozen=True)
class Answer:
    cost: float
    boxes: NDArray[np.float64]  # (regions, 4): cx, cy, width, height


@dataclass
class Program:
    """Wished boxes, their bonds and limits. `smallest` is the least side of a box that may move."""

    wished: list[Box]
    fixed: list[bool]
    smallest: float
    bonds: list[Bond] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    left: int = field(init=False, default=0)  # linear programs that may still be solved
    spent: int = field(init=False, default=0)  # those solved
    best: Answer = field(init=False, default_factory=lambda: Answer(np.inf, np.zeros((0, 4))))

    def __post_init__(self) -> None:
        most = 1 - 2 * EDGE
        self.sizes = np.array(
            [
                (b.width, b.height)
                if f
                else (np.clip(b.width, self.smallest, most), np.clip(b.height, self.smallest, most))
                for b, f in zip(self.wished, self.fixed, strict=True)
            ]
        ).reshape(-1, 2)

    def search(self, budget: int) -> Answer:
        """The best boxes found with at most about `budget` linear programs. Deterministic."""
        self.left = budget
        self.best = self._rush()
        start = {i: 0 for i, bond in enumerate(self.bonds) if len(bond.clause) == 1}
        self._descend(start, self._solve(start))
        return self.best

    def _rush(self) -> Answer:
        """A first answer: everywhere the alternative nearest to the boxes as they come out."""
        choice = {i: 0 for i, bond in enumerate(self.bonds) if len(bond.clause) == 1}
        answer = self._solve(choice)
        while broken := self._broken(answer, choice):
            choice = {**choice, **{i: self._nearest(i, answer) for i in broken}}
            answer = self._solve(choice)
        return answer

    def _descend(self, choice: dict[int, int], answer: Answer) -> None:
        if answer.cost >= self.best.cost - 1e-9:
            return
        broken = self._broken(answer, choice)
        if not broken:
            self.best = answer
            return
        chosen = broken[0]
        if self.left < len(self.bonds[chosen].clause):
            return
        children = [{**choice, chosen: k} for k in range(len(self.bonds[chosen].clause))]
        answers = [self._solve(child) for child in children]
        for k in sorted(range(len(children)), key=lambda k: answers[k].cost):
            self._descend(children[k], answers[k])

    def _broken(self, answer: Answer, choice: dict[int, int]) -> list[int]:
        """Open bonds that the boxes break: relations first, then the worst."""
        found: list[tuple[bool, float, int]] = []
        for i, bond in enumerate(self.bonds):
            if i not in choice:
                v = np.concatenate([answer.boxes[bond.subject], answer.boxes[bond.other]])
                worst = min(_violation(rows, v) for rows in bond.clause)
                if worst > CUSHION / 2:
                    found.append((not bond.relation, -worst, i))
        return [i for _, _, i in sorted(found)]

    def _nearest(self, index: int, answer: Answer) -> int:
        bond = self.bonds[index]
        v = np.concatenate([answer.boxes[bond.subject], answer.boxes[bond.other]])
        return int(np.argmin([_violation(rows, v) for rows in bond.clause]))

    def _solve(self, choice: dict[int, int]) -> Answer:
        """The program with one alternative chosen for some bonds and the other bonds left out."""
        from scipy.optimize import milp  # here: whoever only trains a planner can do without scipy

        self.left -= 1
        self.spent += 1
        n = len(self.wished)
        soft: list[tuple[NDArray[np.float64], float, float]] = []  # row over (cx, cy, scale) of all, bound, weight
        for index, alternative in choice.items():
            bond = self.bonds[index]
            soft += [(*self._pair(bond, row), bond.weight) for row in bond.clause[alternative]]
        soft += [(*self._single(limit), limit.weight) for limit in self.limits]
        rows, bounds = self._frame()
        columns = 7 * n + 1 + len(soft)
        matrix = np.zeros((len(rows) + len(soft), columns))
        if rows:
            matrix[: len(rows), : 7 * n + 1] = rows
        upper = list(bounds)
        for k, (row, bound, _) in enumerate(soft):
            matrix[len(rows) + k, : 3 * n] = row
            matrix[len(rows) + k, 7 * n + 1 + k] = -1
            upper.append(bound - CUSHION)
        cost = np.concatenate([self._cost(), [weight for *_, weight in soft]])
        low, high = self._box_bounds(len(soft))
        found = milp(cost, constraints=(matrix, -np.inf, upper), bounds=(low, high))
        x = found.x if found.x is not None else np.concatenate([self._start(), np.zeros(columns - 3 * n)])
        boxes = np.column_stack([x[:n], x[n : 2 * n], x[2 * n : 3 * n, None] * self.sizes])
        return Answer(cost=float(cost @ x) if found.x is not None else np.inf, boxes=boxes)

    def _start(self) -> NDArray[np.float64]:
        return np.array([*(b.cx for b in self.wished), *(b.cy for b in self.wished), *(1.0 for _ in self.wished)])

    def _cost(self) -> NDArray[np.float64]:
        """Variables: cx, cy, scale; their departures (3n); departures of the scales from the common one (n); it."""
        n = len(self.wished)
        free = np.array([0.0 if f else 1.0 for f in self.fixed])
        return np.concatenate([np.zeros(3 * n), free, free, SHRINK * free, UNEVEN * free, [0.0]])

    def _frame(self) -> tuple[list[NDArray[np.float64]], list[float]]:
        """Hard rows: departures are absolute values, boxes that may move stay inside the border."""
        n = len(self.wished)
        rows: list[NDArray[np.float64]] = []
        upper: list[float] = []

        def add(entries: dict[int, float], bound: float) -> None:
            row = np.zeros(7 * n + 1)
            row[list(entries)] = list(entries.values())
            rows.append(row)
            upper.append(bound)

        for i, box in enumerate(self.wished):
            if self.fixed[i]:
                continue
            for axis, want in enumerate((box.cx, box.cy, 1.0)):
                add({axis * n + i: 1, (3 + axis) * n + i: -1}, want)
                add({axis * n + i: -1, (3 + axis) * n + i: -1}, -want)
            for axis in (0, 1):
                add({axis * n + i: 1, 2 * n + i: self.sizes[i, axis] / 2}, 1 - EDGE)
                add({axis * n + i: -1, 2 * n + i: self.sizes[i, axis] / 2}, -EDGE)
            add({2 * n + i: 1, 7 * n: -1, 6 * n + i: -1}, 0)
            add({2 * n + i: -1, 7 * n: 1, 6 * n + i: -1}, 0)
        return rows, upper

    def _box_bounds(self, slacks: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        n = len(self.wished)
        low, high = np.zeros(7 * n + 1 + slacks), np.full(7 * n + 1 + slacks, np.inf)
        for i, box in enumerate(self.wished):
            if self.fixed[i]:
                for axis, value in enumerate((box.cx, box.cy, 1.0)):
                    low[axis * n + i] = high[axis * n + i] = value
                continue
            low[2 * n + i] = min(self.smallest / self.sizes[i].min(), 1.0)
            high[2 * n + i] = max(min(GROWTH, (1 - 2 * EDGE) / self.sizes[i].max()), low[2 * n + i])
        return low, high

    def _pair(self, bond: Bond, row: Row) -> tuple[NDArray[np.float64], float]:
        wide = self._spread(bond.subject, row[0][:4]) + self._spread(bond.other, row[0][4:])
        return wide, row[1]

    def _single(self, limit: Limit) -> tuple[NDArray[np.float64], float]:
        return self._spread(limit.region, limit.row[0]), limit.row[1]

    def _spread(self, region: int, four: NDArray[np.float64]) -> NDArray[np.float64]:
        """Coefficients on (cx, cy, width, height) of a region to coefficients on everybody's (cx, cy, scale)."""
        n = len(self.wished)
        wide = np.zeros(3 * n)
        wide[[region, n + region]] = four[:2]
        wide[2 * n + region] = four[2:] @ self.sizes[region]
        return wide


def _violation(rows: Alternative, v: NDArray[np.float64]) -> float:
    return max(float(a @ v) - b + CUSHION for a, b in rows)
