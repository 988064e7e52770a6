"""Where each expert can be heard at one resolution: the few positions its products are worth making for."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mepg_agent.engine.windows import Window, disjoint

# Measured on a CPU. A GPU does the stacked products in less time than the launches of the others take.
GATHERING = 24  # what collecting and adding back rows costs, in ranks of a product over all positions
WINDOW = 2e7  # what one more window of a convolution costs, in multiplications
FEWEST = 24  # ranks whose convolution costs as much as that of fewer


class Routing:
    """Positions and windows of every expert; static during a phase, since only the gates' sizes move."""

    def __init__(self, weights: Tensor, routes: Tensor) -> None:
        """`weights` (blocks, h, w); `routes` (blocks, experts)."""
        self.size = (weights.shape[1], weights.shape[2])
        spoken = (weights > 0).cpu().numpy()
        routed = (routes != 0).cpu().numpy()
        heard = [[spoken[block] for block in np.flatnonzero(column)] for column in routed.T]
        self.windows = [disjoint([_bounds(mask) for mask in masks if mask.any()]) for masks in heard]
        self._areas = [sum(int(w.area) for w in windows) for windows in self.windows]
        everywhere = [np.flatnonzero(np.any(masks, axis=0)) if masks else np.zeros(0, int) for masks in heard]
        longest = max((len(found) for found in everywhere), default=0)
        rows = np.zeros((len(everywhere), longest), np.int64)
        valid = np.zeros((len(everywhere), longest), np.float32)  # Apple's GPUs have nothing longer
        for expert, found in enumerate(everywhere):
            rows[expert, : len(found)], valid[expert, : len(found)] = found, 1.0
        self._rows = torch.from_numpy(rows).to(weights.device)  # (experts, longest), padded with position 0
        self._valid = torch.from_numpy(valid).to(weights.device)
        self._flat: dict[int, Tensor] = {}
        self._cpu = weights.device.type == "cpu"

    def pays_for_tokens(self, ranks: tuple[int, ...]) -> bool:
        """Whether one product an expert over its own positions is cheaper than one over all, ranks stacked."""
        positions = self.size[0] * self.size[1]
        return self._cpu and self._rows.numel() * max(ranks) + positions * GATHERING < positions * sum(ranks)

    def pays_for_maps(self, ranks: tuple[int, ...], taps: int) -> bool:
        """The same for convolutions, where small ranks cost what FEWEST do.

        `taps` counts multiplications for one rank at one position, over the batch.
        """
        positions = self.size[0] * self.size[1]
        one = taps * sum(area * max(rank, FEWEST) for area, rank in zip(self._areas, ranks, strict=True))
        return self._cpu and one + WINDOW * sum(map(len, self.windows)) < positions * sum(ranks) * taps

    def rows(self, batch: int) -> Tensor:
        """Rows of (batch · positions) that each expert works on: (experts, batch · longest)."""
        if batch not in self._flat:
            starts = torch.arange(batch, device=self._rows.device) * (self.size[0] * self.size[1])
            self._flat[batch] = (starts[:, None] + self._rows[:, None]).flatten(1)
        return self._flat[batch]

    def gates(self, gates: Tensor, copies: int) -> Tensor:
        """Gates (candidates, positions, experts) at those rows: (experts, copies · candidates · longest, 1)."""
        wanted = self._rows.expand(len(gates), -1, -1)
        picked = gates.transpose(1, 2).gather(2, wanted) * self._valid.to(gates.dtype)
        return picked.transpose(0, 1).repeat(1, copies, 1).flatten(1).unsqueeze(-1)


def _bounds(mask: NDArray[np.bool_]) -> Window:
    """The smallest window around everything that is set."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return Window(rows[0], columns[0], rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0])
