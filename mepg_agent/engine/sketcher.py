"""What the thing of a prompt looks like: a small network that draws a prompt's states as a sketch, in one go.

A denoiser that only hears a noun has to find out from its own noise which part of the thing belongs where. A sketch
tells it; see `engine/sketching.py`.
"""

from __future__ import annotations

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn

FAINT = 0.15  # what is less opaque is what sums of few principal sketches leave around a thing


class Sketcher(ModelMixin, ConfigMixin):
    """Prompts' states (n, tokens, text) to sketches (n, 4, side, side), premultiplied RGBA in 0..1."""

    config_name = "config.json"

    @register_to_config
    def __init__(
        self,
        text: int = 192,
        heads: int = 4,
        width: int = 768,
        basis: int = 512,
        grid: int = 16,
        channels: int = 24,
        patch: int = 5,
    ) -> None:
        super().__init__()
        self.score, self.value = nn.Linear(text, heads), nn.Linear(text, text)
        self.think = nn.Sequential(
            nn.LayerNorm(heads * text), nn.Linear(heads * text, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(),
            nn.Linear(width, basis),
        )  # fmt: skip
        self.shapes = nn.Linear(basis, channels * grid * grid)  # a mean sketch and what sketches are sums of
        self.patches = nn.ConvTranspose2d(channels, 4, patch, patch)

    @property
    def side(self) -> int:
        """Pixels of a sketch's side."""
        return self.config["grid"] * self.config["patch"]

    def coefficients(self, states: Tensor) -> Tensor:
        """How much of each principal sketch, (n, basis)."""
        weights = self.score(states).softmax(1)
        return self.think(torch.einsum("nth,ntd->nhd", weights, self.value(states)).flatten(1))

    def forward(self, states: Tensor) -> Tensor:
        grid = self.config["grid"]
        found = self.patches(self.shapes(self.coefficients(states)).unflatten(1, (-1, grid, grid))).clamp(0, 1)
        return found * (found[:, 3:] > FAINT)
