"""Gated adapters: `y = W x + B (g(p) ⊙ (A x))`, the low-rank pairs of all experts stacked into one pair a layer.

LoRA: arXiv 2106.09685. The gates g(p) come from the `Field`; the background's expert is fused into W. `equipped` hangs
forward hooks, processors and fused weights on the UNet for one call and takes them off again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mepg_agent.engine.field import Field


@dataclass(frozen=True)
class LowRank:
    """One layer of an adapter at scale 1, alpha folded into `up`.

    Linear: down (rank, in), up (out, rank). Convolution: down (rank, in, k, k), up (out, rank, 1, 1).
    """

    down: Tensor
    up: Tensor

    @property
    def bytes(self) -> int:
        return sum(t.numel() * t.element_size() for t in (self.down, self.up))

    def delta(self, shape: torch.Size) -> Tensor:
        """What the pair adds to a weight of `shape`."""
        return (self.up.flatten(1) @ self.down.flatten(1)).reshape(shape)


Layers = Mapping[str, LowRank]  # by module name inside the UNet


class GatedLayer:
    """Forward hook of one layer: adds every expert's gated contribution to the layer's output, in place.

    Either one pair of products over all positions with all ranks stacked, or one an expert over the positions where it
    can be heard: whichever is cheaper at that resolution. The sums are the same.
    """

    def __init__(self, pairs: Sequence[LowRank | None], field: Field) -> None:
        """`pairs` by gate column; None where an expert leaves this layer alone."""
        self._field, self._pairs = field, pairs
        self._ranks = tuple(0 if p is None else p.down.shape[0] for p in pairs)
        present = [p for p in pairs if p is not None]
        self._down = torch.cat([p.down for p in present])
        self._up = torch.cat([p.up for p in present], dim=1)

    def __call__(self, module: nn.Module, args: tuple[Any, ...], out: Tensor) -> None:
        if isinstance(module, nn.Conv2d):
            self._add_map(module, args[0], out)
        elif out.ndim == 2:
            out += F.linear(F.linear(args[0], self._down) * self._field.top.mean_gates(self._ranks), self._up)
        else:
            self._add_tokens(args[0], out)

    def _add_tokens(self, hidden: Tensor, out: Tensor) -> None:
        level = self._field.levels[out.shape[1]]
        flat, batch = out.view(-1, out.shape[-1]), len(out)
        if not level.routing.pays_for_tokens(self._ranks):
            reduced = F.linear(hidden, self._down).mul_(level.token_gates(self._ranks))
            flat.addmm_(reduced.view(-1, reduced.shape[-1]), self._up.T)
            return
        downs, ups = self._stacks
        rows = level.routing.rows(batch)
        collected = hidden.reshape(-1, hidden.shape[-1]).index_select(0, rows.flatten())
        collected = collected.unflatten(0, rows.shape)  # of no rows where no expert reaches a crop
        reduced = torch.bmm(collected, downs).mul_(level.row_gates(batch))
        flat.index_add_(0, rows.flatten(), torch.bmm(reduced, ups).flatten(0, 1))

    @cached_property
    def _stacks(self) -> tuple[Tensor, Tensor]:
        """Down (experts, in, rank) and up (experts, rank, out), padded with zeros to the largest rank."""
        rank, inner, outer = max(self._ranks), self._down.shape[1], self._up.shape[0]
        downs, ups = (
            self._down.new_zeros(len(self._pairs), inner, rank),
            self._up.new_zeros(len(self._pairs), rank, outer),
        )
        for expert, pair in enumerate(self._pairs):
            if pair is not None:
                downs[expert, :, : self._ranks[expert]], ups[expert, : self._ranks[expert]] = pair.down.T, pair.up.T
        return downs, ups

    def _add_map(self, conv: Any, hidden: Tensor, out: Tensor) -> None:
        level = self._field.levels[out.shape[2] * out.shape[3]]
        if not level.routing.pays_for_maps(self._ranks, len(out) * self._down[0].numel()):
            reduced = F.conv2d(hidden, self._down, stride=conv.stride, padding=conv.padding)
            _add_product(out, reduced.mul_(level.map_gates(self._ranks)), self._up)
            return
        (above, left), (down, right), (tall, wide) = conv.padding, conv.stride, conv.kernel_size
        framed = F.pad(hidden, (left, left, above, above))
        for expert, windows in enumerate(level.routing.windows):
            pair = self._pairs[expert]
            if pair is None:
                continue
            for window in windows:
                rows = slice(window.top * down, (window.top + window.height - 1) * down + tall)
                columns = slice(window.left * right, (window.left + window.width - 1) * right + wide)
                reduced = F.conv2d(framed[:, :, rows, columns], pair.down, stride=conv.stride)
                part = out[:, :, *window.as_slices()]
                _add_product(part, reduced.mul_(level.window_gates(expert, window)), pair.up)


def _add_product(out: Tensor, reduced: Tensor, up: Tensor) -> None:
    """Adds `up` of `reduced`, a convolution over single positions: with channels last in memory, a product of rows."""
    out.permute(0, 2, 3, 1).add_(F.linear(reduced.permute(0, 2, 3, 1), up.flatten(1)))


def gated_layers(unet: nn.Module, adapters: Sequence[Layers], field: Field) -> dict[nn.Module, GatedLayer]:
    """Hooks for every layer that any of `adapters` (by gate column) touches, but for keys and values of prompts."""
    names = sorted({name for adapter in adapters for name in adapter if not reads_text(name)})
    return {unet.get_submodule(n): GatedLayer([a.get(n) for a in adapters], field) for n in names}


def fused_weights(unet: nn.Module, adapter: Layers, scale: float) -> dict[nn.Parameter, Tensor]:
    """Weights with the background's adapter added; the UNet is left alone."""
    fused = {}
    for name, pair in adapter.items():
        weight = unet.get_submodule(name).get_parameter("weight")
        fused[weight] = weight + scale * pair.delta(weight.shape)
    return fused


def reads_text(name: str) -> bool:
    """Keys and values of the cross-attention: they act on prompts, once per render, not on positions."""
    return name.endswith(("attn2.to_k", "attn2.to_v"))


@contextmanager
def equipped(
    hooks: Mapping[nn.Module, GatedLayer], processors: Mapping[Any, Any], weights: Mapping[nn.Parameter, Tensor]
) -> Iterator[None]:
    """Hangs gates, attention processors and fused weights on a UNet's layers, and leaves them exactly as they were."""
    handles = [module.register_forward_hook(hook) for module, hook in hooks.items()]
    plain_processors = {attn: attn.processor for attn in processors}
    plain_weights = {parameter: parameter.data for parameter in weights}
    try:
        for attn, processor in processors.items():
            attn.processor = processor
        for parameter, weight in weights.items():
            parameter.data = weight
        yield
    finally:
        for handle in handles:
            handle.remove()
        for attn, processor in plain_processors.items():
            attn.processor = processor
        for parameter, weight in plain_weights.items():
            parameter.data = weight
