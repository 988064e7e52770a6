"""A step's batch in parts, one on each core, with one model.

Threads inside an operation meet a thousand times a step, and each time wait for the slowest; parts meet once. On two
cores that other programs want too this is the difference between half the speed and almost all of it (docs/log.md).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

Model = TypeVar("Model", bound=nn.Module)


class Crew:
    """`parts` copies of `model` that share its parameters, each with gradients of its own.

    Each part should run on one thread (`torch.set_num_threads(1)`), or they crowd each other out.
    """

    def __init__(self, model: nn.Module, parts: int) -> None:
        self.models: list[Any] = [model, *(_sharing(model) for _ in range(parts - 1))]
        self.threads = ThreadPoolExecutor(parts)

    def backward(self, loss: Callable[[Any, int], Tensor]) -> Tensor:
        """Mean of `loss(model, part)` over the parts; its gradient is added to the parameters'."""

        def one(part: int) -> Tensor:
            value = loss(self.models[part], part)
            (value / len(self.models)).backward()
            return value.detach()

        values = list(self.threads.map(one, range(len(self.models))))
        first = list(self.models[0].parameters())
        for other in self.models[1:]:
            pairs = [(a.grad, b.grad) for a, b in zip(first, other.parameters(), strict=True) if b.grad is not None]
            torch._foreach_add_([a for a, _ in pairs], [b for _, b in pairs])
            other.zero_grad(set_to_none=True)
        return torch.stack(values).mean()


def _sharing(model: Model) -> Model:
    """A copy whose parameters and buffers are the same memory."""
    twin = copy.deepcopy(model)
    with torch.no_grad():
        for mine, its in zip(twin.parameters(), model.parameters(), strict=True):
            mine.data = its.data
    return twin
