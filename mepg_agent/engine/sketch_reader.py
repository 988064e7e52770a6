"""What a denoiser makes of a sheet of sketches: residuals for its skip connections, as ControlNet's (arXiv 2302.05543).

Other than ControlNet it sees neither noise nor timestep, so it is asked once a picture, not once a step.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch.nn.functional as F
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn

DOTS = 4  # of a sheet, a code and axis


class _Block(nn.Module):
    """x + two convolutions of it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(16, width), nn.Conv2d(width, width, 3, padding=1)
        self.norm2, self.conv2 = nn.GroupNorm(16, width), nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(F.silu(self.norm2(self.conv1(F.silu(self.norm1(x))))))


class SketchReader(ModelMixin, ConfigMixin):
    """A sheet of sketches (n, 4, DOTS·h, DOTS·w) to residuals for a denoiser on codes (n, c, h, w).

    `skips` are the channels of the denoiser's skip connections, by resolution, finest first; `middle` those of its
    middle. The denoiser sees nothing of it before it has learned.
    """

    config_name = "config.json"

    @register_to_config
    def __init__(
        self, widths: Sequence[int], blocks: Sequence[int], skips: Sequence[Sequence[int]], middle: int
    ) -> None:
        """`widths` and `blocks` by resolution, finest first: as many as the denoiser has."""
        super().__init__()
        self.first = nn.Conv2d(4 * DOTS * DOTS, widths[0], 3, padding=1)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(widths))
        self.stages = nn.ModuleList(
            nn.Sequential(*(_Block(width) for _ in range(count))) for width, count in zip(widths, blocks, strict=True)
        )
        self.out = nn.ModuleList(
            nn.ModuleList(_silent(width, skip) for skip in level) for width, level in zip(widths, skips, strict=True)
        )
        self.out_middle = _silent(widths[-1], middle)

    @classmethod
    def of(cls, unet: Any, widths: Sequence[int], blocks: Sequence[int]) -> SketchReader:
        """One that fits a UNet, untrained."""
        channels, layers = unet.config["block_out_channels"], unet.config["layers_per_block"]
        above = [channels[0], *channels[:-1]]  # the first convolution's, then what came down
        skips = [[coarser, *[own] * layers] for coarser, own in zip(above, channels, strict=True)]
        return cls(list(widths), list(blocks), skips, channels[-1])

    def forward(self, sheet: Tensor) -> tuple[list[Tensor], Tensor]:
        x, found = self.first(F.pixel_unshuffle(sheet, DOTS)), []
        for level, (block, outs) in enumerate(zip(self.stages, self.out, strict=True)):
            if level:
                x = self.down[level - 1](F.silu(x))
            x = block(x)
            found += [out(F.silu(x)) for out in outs]  # type: ignore[union-attr]
        return found, self.out_middle(F.silu(x))


def _silent(width: int, channels: int) -> nn.Conv2d:
    layer = nn.Conv2d(width, channels, 1)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return layer
