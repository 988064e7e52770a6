"""An autoencoder whose encoder is the best linear one: principal components of pixel patches.

Nothing in the encoder is learned by gradient, so codes exist before any training. The decoder starts as the encoder's
transpose (the PCA reconstruction) and learns a correction. It has no norm and no attention: its receptive field is
bounded, so decoding a crop with its halo gives the pixels that decoding the whole gives.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.autoencoders.vae import DecoderOutput
from diffusers.models.modeling_utils import ModelMixin
from diffusers.utils import BaseOutput
from torch import Tensor, nn


class Codes(BaseOutput):
    """Output of `encode`, of the form that AutoencoderTiny gives."""

    latents: Tensor


def silent(layer: nn.Conv2d) -> nn.Conv2d:
    """The layer, saying nothing until it has learned something."""
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
    return layer


class Block(nn.Module):
    """x + conv(silu(conv(silu(x)))), the last convolution starting at zero."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = silent(nn.Conv2d(width, width, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.silu(self.first(F.silu(x))))


class PatchAutoencoder(ModelMixin, ConfigMixin):
    """Pictures (n, 3, H, W) in -1..1 <-> codes (n, latent_channels, H / patch, W / patch).

    `block_out_channels` only tells pipelines the scale: its length is log2(patch) + 1.
    """

    @register_to_config
    def __init__(
        self,
        patch: int = 16,
        latent_channels: int = 32,
        width: int = 256,
        fine_width: int = 64,
        blocks: int = 2,
        fine_blocks: int = 3,
        scaling_factor: float = 1.0,
        block_out_channels: tuple[int, ...] = (1, 1, 1, 1, 1),
    ) -> None:
        super().__init__()
        dims = 3 * patch * patch
        self.register_buffer("mean", torch.zeros(dims))
        self.register_buffer("basis", torch.zeros(latent_channels, dims))  # orthonormal rows
        self.register_buffer("gain", torch.ones(latent_channels))  # of each channel of a code
        quarter = patch // 4
        self.enter = nn.Conv2d(latent_channels, width, 3, padding=1)
        self.coarse = nn.Sequential(*(Block(width) for _ in range(blocks)))
        self.widen = nn.Conv2d(width, fine_width * quarter * quarter, 1)
        self.look = nn.Conv2d(48, fine_width, 3, padding=1)
        self.fine = nn.Sequential(*(Block(fine_width) for _ in range(fine_blocks)))
        self.leave = silent(nn.Conv2d(fine_width, 48, 3, padding=1))

    def code(self, x: Tensor) -> Tensor:
        """Codes of pictures, not yet scaled."""
        patches = F.pixel_unshuffle(x, self.config["patch"]) - self._mean()
        return torch.einsum("kd,ndhw->nkhw", self.basis, patches) * self.gain[:, None, None]

    def encode(self, x: Tensor, return_dict: bool = True) -> Codes | tuple[Tensor]:
        return Codes(latents=self.code(x)) if return_dict else (self.code(x),)

    def linear(self, z: Tensor) -> Tensor:
        """The PCA reconstruction alone."""
        patches = torch.einsum("kd,nkhw->ndhw", self.basis, z / self.gain[:, None, None]) + self._mean()
        return F.pixel_shuffle(patches, self.config["patch"])

    def decode(
        self, z: Tensor, return_dict: bool = True, generator: torch.Generator | None = None
    ) -> DecoderOutput | tuple[Tensor]:
        """`generator` is accepted because pipelines pass one; decoding draws nothing."""
        return DecoderOutput(sample=self.picture(z)) if return_dict else (self.picture(z),)

    def picture(self, z: Tensor) -> Tensor:
        """Pictures of codes that are not scaled."""
        start = self.linear(z)
        quarter = F.pixel_unshuffle(start, 4)  # (n, 48, H / 4, W / 4)
        h = F.pixel_shuffle(
            self.widen(F.silu(self.coarse(self.enter(z / self.gain[:, None, None])))), self.config["patch"] // 4
        )
        h = self.fine(h + self.look(quarter))
        return start + F.pixel_shuffle(self.leave(F.silu(h)), 4)

    def _mean(self) -> Tensor:
        return self.mean[None, :, None, None]
