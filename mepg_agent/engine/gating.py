"""Who speaks where: soft masks of the regions as a partition of unity, and cells of positions with the same speakers.

Pure geometry in numpy; nothing here knows a model. Blocks are numbered 0 for the background (the global prompt) and
1..K for the regions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mepg_agent.scene import Box

Weights = NDArray[np.float64]  # (blocks, height, width), sums to one over the blocks
FAINT = 1e-3  # a smaller weight is silence: it would cost a cell and change nothing that can be seen
DOMINANT = 0.51
SAMPLES = 8  # points a position and axis at which the fading of an expert is looked up
RIM = 1e-3  # a side nearer to the rim of the canvas lies on it
CALL = 64  # what one more call of an attention costs a small denoiser on a CPU, in positions times blocks


def partition(
    boxes: Sequence[Box],
    depths: Sequence[int],
    feather: float,
    size: tuple[int, int],
    part: tuple[float, float, int, int] | None = None,
) -> Weights:
    """Soft weights (K + 1, height, width) of the background and of K boxes; they sum to one at every position.

    `size` is the grid over the whole canvas. `part` cuts out the top, the left, the height and the width of a part of
    it, in positions; top and left may lie between two.

    Every point of the canvas belongs to the topmost boxes over it (equal shares on equal depth) or to the background.
    A position's weights are the mean of that ownership over the position's area, blurred by a box kernel as wide as
    `feather` (fraction of the canvas) on each axis. Blurring the ownership, not each box, keeps the sum at one and
    lets no background through between two boxes that touch. Each region with its centre in the part dominates at least
    one position.
    """
    top, left, height, width = part or (0, 0, *size)
    rows, columns = (top + np.arange(height)) / size[0], (left + np.arange(width)) / size[1]
    xs = np.unique([0.0, 1.0, *(e for b in boxes for e in (b.x, min(b.right, 1.0)))])
    ys = np.unique([0.0, 1.0, *(e for b in boxes for e in (b.y, min(b.bottom, 1.0)))])
    owners = _ownership(boxes, depths, xs, ys)
    weights = np.einsum(
        "hj,bji,wi->bhw", _shares(ys, rows, size[0], feather), owners, _shares(xs, columns, size[1], feather)
    )
    weights[weights < FAINT] = 0.0
    weights /= weights.sum(0)
    _give_each_a_place(weights, boxes, (rows, columns), size)
    return weights


def _ownership(boxes: Sequence[Box], depths: Sequence[int], xs: NDArray, ys: NDArray) -> NDArray[np.float64]:
    """Share of each block (K + 1, rows, columns) in each rectangle between neighbouring box edges."""
    cx, cy = (xs[1:] + xs[:-1]) / 2, (ys[1:] + ys[:-1]) / 2
    owners = np.zeros((len(boxes) + 1, len(cy), len(cx)))
    top = np.full(owners.shape[1:], -np.inf)
    over = [((b.y < cy) & (cy < b.bottom))[:, None] & ((b.x < cx) & (cx < b.right)) for b in boxes]
    for inside, depth in zip(over, depths, strict=True):
        top[inside] = np.maximum(top[inside], depth)
    for block, (inside, depth) in enumerate(zip(over, depths, strict=True), 1):
        owners[block] = inside & (top == depth)
    owners[0] = top == -np.inf
    return owners / owners.sum(0)


def _shares(edges: NDArray, starts: NDArray, positions: int, feather: float) -> NDArray[np.float64]:
    """How much of each blurred position (rows) falls between neighbouring edges (columns); rows sum to one. `starts` is
    where each begins, `positions` how many the whole canvas has.

    What reaches over the canvas counts for the outermost interval, so a box at the rim does not fade there.
    """
    low = starts[:, None]
    high = low + 1 / positions
    inner = edges[1:-1]
    if feather > 1e-6:
        # Mean over the position and over the kernel of a step function is a second difference of s²/2.
        bend = [np.maximum(inner - e + s * feather / 2, 0.0) ** 2 / 2 for e in (low, high) for s in (1, -1)]
        below = (bend[0] - bend[1] - bend[2] + bend[3]) * positions / feather
    else:
        below = np.clip((inner - low) * positions, 0.0, 1.0)
    ends = np.ones((len(starts), 1))
    return np.diff(np.hstack([0 * ends, below, ends]), axis=1)


def reach(
    boxes: Sequence[Box], fade: float, size: tuple[int, int], part: tuple[float, float, int, int] | None = None
) -> NDArray[np.float64]:
    """How much of an expert is heard at each position of its block: (K + 1, height, width) in 0..1, the background's
    all ones.

    From the middle of a box towards its sides it falls to nothing over `fade` (fraction of the side, at most half):
    what an adapter makes of the background around its thing would show as a square. Sides on the rim of the canvas do
    not fade. `size` and `part` are those of `partition`; a position has the mean over the part of it in the box.
    """
    top, left, height, width = part or (0, 0, *size)
    found = np.ones((len(boxes) + 1, height, width))
    for block, box in enumerate(boxes if fade else (), 1):
        down = _fading(box.y, box.bottom, (top + np.arange(height)) / size[0], size[0], fade)
        across = _fading(box.x, box.right, (left + np.arange(width)) / size[1], size[1], fade)
        found[block] = down[:, None] * across
    return found


def _fading(low: float, high: float, starts: NDArray, positions: int, fade: float) -> NDArray[np.float64]:
    """One axis of `reach`: the box from `low` to `high`, positions from each of `starts` on."""
    points = starts[:, None] + (np.arange(SAMPLES) + 0.5) / (SAMPLES * positions)
    inside = (points > low) & (points < high)
    away = np.full(points.shape, np.inf)
    if low > RIM:
        away = np.minimum(away, points - low)
    if high < 1 - RIM:
        away = np.minimum(away, high - points)
    soft = max(fade * (high - low), np.finfo(np.float64).tiny)  # the product of small numbers may be none
    risen = np.clip(away, 0.0, soft) / soft
    smooth = risen**2 * (3 - 2 * risen)
    return (smooth * inside).sum(1) / np.maximum(inside.sum(1), 1)


def _give_each_a_place(
    weights: Weights, boxes: Sequence[Box], starts: tuple[NDArray, NDArray], size: tuple[int, int]
) -> None:
    """Raises the weight of every region that dominates nowhere to DOMINANT at its best position, in place.

    `starts` is where rows and columns begin; a region whose centre lies elsewhere has its place there. No position is
    taken that is another region's only one, so all regions fit on a grid of at least K positions.
    """
    ys, xs = starts[0] + 0.5 / size[0], starts[1] + 0.5 / size[1]
    bottom, right = starts[0][-1] + 1 / size[0], starts[1][-1] + 1 / size[1]
    flat = weights.reshape(len(weights), -1)
    for block, box in enumerate(boxes, 1):
        here = starts[0][0] <= box.cy <= bottom and starts[1][0] <= box.cx <= right
        if not here or (flat[block] > 0.5).any():
            continue
        dominated = flat[1:] > 0.5
        taken = dominated[dominated.sum(1) == 1].any(0)
        if taken.all():
            return
        distance = np.hypot(ys[:, None] - box.cy, xs - box.cx).ravel()
        best = np.lexsort((distance, -flat[block], taken))[0]
        rest = flat[:, best].sum() - flat[block, best]
        flat[:, best] *= (1 - DOMINANT) / rest
        flat[block, best] = DOMINANT


@dataclass(frozen=True)
class Cell:
    """Positions start ≤ i < stop of the sorted order, where no others than `blocks` speak."""

    blocks: tuple[int, ...]
    start: int
    stop: int


@dataclass(frozen=True)
class Cells:
    order: NDArray[np.int64]  # positions (row-major), sorted by cell
    cells: tuple[Cell, ...]

    @property
    def slots(self) -> int:
        """The most blocks of one cell."""
        return max(len(cell.blocks) for cell in self.cells)


def cells_of(speaks: NDArray[np.bool_]) -> Cells:
    """Groups positions by the set of blocks that speak there. `speaks` is (blocks, positions).

    Sets are joined where one call for both, with the blocks of either, costs less than two calls: on a coarse grid most
    sets have few positions.
    """
    kinds, kind = np.unique(speaks.T, axis=0, return_inverse=True)
    kinds, group = _joined(kinds, np.bincount(kind.ravel(), minlength=len(kinds)))
    kind = group[kind.ravel()]
    order = np.argsort(kind, kind="stable")
    stops = np.cumsum(np.bincount(kind, minlength=len(kinds)))
    starts = [0, *stops[:-1]]
    cells = (
        Cell(tuple(np.flatnonzero(row).tolist()), int(a), int(b))
        for row, a, b in zip(kinds, starts, stops, strict=True)
    )
    return Cells(order, tuple(cells))


def _joined(kinds: NDArray[np.bool_], sizes: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Sets of blocks (rows) of so many positions, joined pair by pair as long as that saves; and for each old set the
    number of its new one."""
    group = np.arange(len(kinds))
    while len(kinds) > 1:
        both = (kinds[:, None] | kinds).sum(-1) * (sizes[:, None] + sizes)
        apart = kinds.sum(1) * sizes
        saved = CALL + apart[:, None] + apart - both
        np.fill_diagonal(saved, 0)
        keep, gone = sorted(divmod(int(saved.argmax()), len(kinds)))
        if saved[keep, gone] <= 0:
            break
        kinds[keep] |= kinds[gone]
        sizes[keep] += sizes[gone]
        kinds, sizes = np.delete(kinds, gone, 0), np.delete(sizes, gone)
        group[group == gone] = keep
        group[group > gone] -= 1
    return kinds, group


def labels(weights: Weights) -> NDArray[np.int64]:
    """The block that dominates each position (height, width): whose seed the starting noise there comes from."""
    return weights.argmax(0)
