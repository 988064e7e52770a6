"""Attention-based gating: one cross-attention whose keys are all prompts that may speak at a position.

`out(p) = softmax([q·k_0/√d + log b_0(p), q·k_1/√d + log b_1(p), …]) · [V_0; V_1; …]`, and γ_r(p), the share that
block r gets, comes out of the same call: the log-weights ride in extra channels of q (k has a one there for its own
block), and the same one-hot channels appended to V return γ. So no mask is needed and any fused attention
kernel serves. Positions are grouped into cells with the same blocks, so that K disjoint regions cost what one costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from diffusers.models.attention_processor import Attention
from torch import Tensor

from mepg_agent.engine.field import Field, Layout, Reader
from mepg_agent.engine.layers import Layers


@dataclass(frozen=True)
class Prompts:
    """Text states (tokens, channels) of each block, and of the negative prompt, by what they are read with."""

    talk: list[Tensor]
    mute: list[Tensor]
    talk_readers: list[Reader]
    mute_readers: list[Reader]


class RegionalAttention:
    """Attention processor of one cross-attention layer during one phase."""

    def __init__(self, field: Field, attn: Attention, name: str, prompts: Prompts, adapters: Mapping[str, Layers]):
        self._field = field
        self._scale = (attn.inner_dim // attn.heads) ** -0.5

        self._talk = _read(attn, name, prompts.talk, prompts.talk_readers, adapters)
        self._mute = _read(attn, name, prompts.mute, prompts.mute_readers, adapters)
        self._joined: dict[int, list[tuple[Tensor, Tensor]]] = {}

    def __call__(self, attn: Any, hidden_states: Tensor, *_: Any, **__: Any) -> Tensor:
        level = self._field.levels[hidden_states.shape[1]]
        query = attn.to_q(hidden_states).unflatten(-1, (attn.heads, -1))
        *without, told = query.chunk(self._field.copies)
        out, shares = self._attend(told, level.talk, self._talk)
        if self._field.follows_attention and shares is not None:
            level.record(shares)
        if without:
            out = torch.cat([self._attend(without[0], level.mute, self._mute)[0], out])
        return attn.to_out[1](attn.to_out[0](out))

    def _attend(self, query: Tensor, layout: Layout, states: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor | None]:
        """Output (batch, positions, channels) and shares (batch, positions, slots) for queries (…, heads, d)."""
        batch, positions, heads, width = query.shape
        if layout.order is not None:
            query = query.index_select(1, layout.order)
        query = query.transpose(1, 2)
        if not layout.single:
            bias = (layout.bias / self._scale).to(query.dtype)
            query = torch.cat([query, bias.expand(batch, heads, -1, -1)], -1)
        out = query.new_empty(batch, positions, heads, query.shape[-1])
        for cell, (key, value) in zip(layout.cells, self._join(layout, states), strict=True):
            piece = query[:, :, cell.start : cell.stop]
            key, value = key.expand(batch, -1, -1, -1), value.expand(batch, -1, -1, -1)
            spoken = F.scaled_dot_product_attention(piece, key, value, scale=self._scale)
            out[:, cell.start : cell.stop] = spoken.transpose(1, 2)
        if layout.order is not None:
            out = out.index_select(1, layout.inverse)
        shares = None if layout.single else out[..., width:].mean(2)
        return out[..., :width].reshape(batch, positions, heads * width), shares

    def _join(self, layout: Layout, states: tuple[Tensor, Tensor]) -> list[tuple[Tensor, Tensor]]:
        """Keys and values of each cell: its blocks' tokens one after the other, with their one-hot channels."""
        if id(layout) not in self._joined:
            extra = 0 if layout.single else layout.slots
            self._joined[id(layout)] = [
                (_concatenate(states[0], cell.blocks, extra), _concatenate(states[1], cell.blocks, extra))
                for cell in layout.cells
            ]
        return self._joined[id(layout)]


def _read(
    attn: Attention, name: str, texts: list[Tensor], readers: list[Reader], adapters: Mapping[str, Layers]
) -> tuple[Tensor, Tensor]:
    """Keys and values (texts, heads, tokens, d), each text read with its own expert's weights."""
    states = torch.stack(texts)
    if attn.norm_cross:
        states = attn.norm_encoder_hidden_states(states)
    found = []
    for projection in ("to_k", "to_v"):
        projected = getattr(attn, projection)(states)
        for text, (adapter, scale) in enumerate(readers):
            low_rank = adapters.get(adapter or "", {}).get(f"{name}.{projection}")
            if low_rank is not None:
                projected[text] += scale * F.linear(F.linear(states[text], low_rank.down), low_rank.up)
        found.append(projected.unflatten(-1, (attn.heads, -1)).transpose(1, 2))
    return found[0], found[1]


def _concatenate(states: Tensor, blocks: tuple[int, ...], extra: int) -> Tensor:
    """(1, heads, tokens of all blocks, d + extra) from states (blocks, heads, tokens, d)."""
    chosen = states[list(blocks)]
    if extra:
        tags = torch.eye(extra, dtype=states.dtype, device=states.device)[: len(blocks), None, None]
        chosen = torch.cat([chosen, tags.expand(-1, *chosen.shape[1:3], -1)], -1)
    return chosen.transpose(0, 1).flatten(1, 2)[None]
