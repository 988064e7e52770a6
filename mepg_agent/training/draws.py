"""Random draws on the device of their generator, and losses in half precision: what trainers share on CPU and GPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call


def uniform(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    """In 0..1."""
    return torch.rand(shape, generator=generator, device=generator.device)


def integers(high: int, shape: Sequence[int], generator: torch.Generator) -> Tensor:
    """In 0..high - 1."""
    return torch.randint(high, shape, generator=generator, device=generator.device)


def normal(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator, device=generator.device)


def of_parts(seed: int, parts: int, device: torch.device) -> tuple[list[torch.Generator], torch.Generator]:
    """A generator for each part of a batch, on `device`, and one on the CPU for what a step is about."""
    seeds = [seed + 1_000_003 * part for part in range(parts + 1)]
    own = [torch.Generator(device).manual_seed(each) for each in seeds[:-1]]
    return own, torch.Generator().manual_seed(seeds[-1])


def halved(model: nn.Module, enabled: bool, *args: Any) -> Tensor:
    """`model(*args)` with its weights in bfloat16; gradients go to the weights as they are.

    Faster than autocast, which normalises in float32.
    """
    if not enabled:
        return model(*args)
    weights = {name: weight.to(torch.bfloat16) for name, weight in model.named_parameters()}
    return functional_call(model, weights, args)
