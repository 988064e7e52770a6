"""How sure a mean is: 95% intervals by resampling what was measured (Efron, 1979)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mepg_agent.scene import Frozen

RESAMPLES = 1000


class Figure(Frozen):
    """A mean and its interval; None where nothing was measured."""

    mean: float | None
    low: float | None
    high: float | None


def resamples(count: int) -> NDArray[np.int64]:
    """Indices (RESAMPLES, count), the same ones for all that is compared."""
    return np.random.default_rng(0).integers(0, count, (RESAMPLES, count))


def figure(values: NDArray[np.float64], draws: NDArray[np.int64], weights: NDArray[np.float64] | None = None) -> Figure:
    """Of `values` (count,); a missing one (nan) does not count. With `weights` (count,) the values are sums, and the
    figure is their total over the total weight: a share of things, resampled prompt by prompt."""
    weighing = np.where(np.isnan(values), 0.0, 1.0) if weights is None else weights
    sums = np.where(np.isnan(values), 0.0, values)
    total = weighing.sum()
    if not total:
        return Figure(mean=None, low=None, high=None)
    below = weighing[draws].sum(1)
    shares = sums[draws].sum(1)[below > 0] / below[below > 0]
    low, high = np.percentile(shares, [2.5, 97.5])
    return Figure(mean=float(sums.sum() / total), low=float(low), high=float(high))
