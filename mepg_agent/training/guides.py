"""Sketches of what scenes are told, as the engine gives them to a denoiser, for many at once."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from mepg_agent.engine.sketch_reader import DOTS, SketchReader
from mepg_agent.engine.sketcher import Sketcher
from mepg_agent.engine.sketching import placed, stacked


@torch.no_grad()
def sketched(sketcher: Sketcher, states: Tensor, boxes: Tensor, there: Tensor, size: int) -> Tensor:
    """Sketches (n, things, 4, h, w) of the things that `states` (n, things, tokens, channels) tell, each on its sheet
    for codes of that size, where it is; empty ones of those that are not."""
    sketches = sketcher(states.flatten(0, 1).to(sketcher.dtype)).float()
    somewhere = torch.where(there[..., None], boxes.float(), boxes.new_tensor([0.0, 0.0, 1.0, 1.0]))
    layers = placed(sketches, somewhere.flatten(0, 1), (size * DOTS, size * DOTS))
    return layers.unflatten(0, there.shape) * there[..., None, None, None]


def guided(reader: SketchReader, layers: Tensor, spoken: Tensor) -> dict[str, Any]:
    """Arguments of a denoiser for `sketched` sheets, far to near, of the scenes that something is said of (n,)."""
    skips, middle = reader(stacked(layers).to(reader.dtype))
    heard = spoken[:, None, None, None].to(middle)  # of no sketch a reader says something as well
    return {
        "down_block_additional_residuals": [each * heard for each in skips],
        "mid_block_additional_residual": middle * heard,
    }
