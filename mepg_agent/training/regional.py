"""Scenes as the engine draws them: every thing told in its own box, place and time everywhere else.

A denoiser that only ever heard one caption draws what the largest thing's box says over its neighbours (docs/log.md);
one that sometimes learns like this keeps to the boxes. One softmax over all prompts' tokens, biased by the log of the
regions' soft masks, as in `engine/field.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from diffusers.models.attention_processor import Attention, AttnProcessor, AttnProcessor2_0
from torch import Tensor, nn
from transformers import CLIPTokenizer

from mepg_agent.english import noun_phrase, place_words
from mepg_agent.training.backgrounds import PLACES, TIMES
from mepg_agent.training.draws import uniform
from mepg_agent.training.pool import Pool, all_styles
from mepg_agent.training.scenes import TINTS

REGIONS = 3  # scenes with more things are told by their captions only
SILENCE = -30.0  # log-weight of a prompt that is not heard
SLACK = 0.03  # boxes are heard up to that much wider on every side, as planned ones are; sketches stand where things do


@dataclass
class Told:
    """Rows of the codes that have 1..REGIONS things; their prompts' ids (n, 1 + REGIONS, tokens), the setting first,
    and the number of the style each asks for (n, 1 + REGIONS), -1 is none; corners (n, REGIONS, 4) and whether a thing
    is there (n, REGIONS), far to near."""

    rows: Tensor
    ids: Tensor
    styles: Tensor
    boxes: Tensor
    there: Tensor

    def to(self, device: torch.device) -> Told:
        return Told(*(each.to(device) for each in (self.rows, self.ids, self.styles, self.boxes, self.there)))

    def piece(self, chosen: Tensor, corners: Tensor, side: float) -> Told:
        """What `chosen` ones are told in a square each: its upper left corners (n, 2) and its side, in fractions."""
        shifted = (self.boxes[chosen] - corners.repeat(1, 2)[:, None]) / side
        inside = shifted.clamp(0, 1)
        seen = ((inside[..., 2:] - inside[..., :2]) > 0).all(-1)
        return Told(self.rows[chosen], self.ids[chosen], self.styles[chosen], shifted, self.there[chosen] & seen)


def setting(place: int, time: int) -> str:
    """Place and time in words, by their numbers; by day goes without saying."""
    return place_words(PLACES[place], TIMES[time] if TIMES[time] != "day" else None)


def said(words: str, where: str, style: str) -> str:
    """The prompt of a region, as plans say it."""
    return f"{words} {where}".strip() + f", {style} style"


def told(pool: Pool, rows: Tensor, tokenizer: CLIPTokenizer) -> Told:
    """`rows` of the pool in the order of the codes."""
    vocabulary = pool.source.vocabulary()
    nouns, styles, colors = list(vocabulary.nouns), all_styles(vocabulary), list(TINTS)
    few = (pool.labels[rows][:, REGIONS:, 0] < 0).all(1) & (pool.labels[rows][:, 0, 0] >= 0)
    chosen = few.nonzero()[:, 0]
    texts = []
    for row in rows[chosen].tolist():
        place, time = pool.setting[row].tolist()
        where = setting(place, time)
        whole = int(pool.style[row])
        texts.append((where or "on a plain background") + (f", {styles[whole]} style" if whole >= 0 else ""))
        for noun, style, color in pool.labels[row][:REGIONS].tolist():
            words = noun_phrase(nouns[noun], colors[color] if color >= 0 else None)
            texts.append(said(words, where, styles[style]) if noun >= 0 else "")
    ids = tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt")["input_ids"]
    scenes = rows[chosen]
    there = pool.labels[scenes][:, :REGIONS, 0] >= 0
    asked = torch.cat([pool.style[scenes][:, None], pool.labels[scenes][:, :REGIONS, 1]], 1)
    return Told(chosen, ids.view(len(chosen), 1 + REGIONS, -1).short(), asked, pool.boxes[scenes][:, :REGIONS], there)


def weights(boxes: Tensor, there: Tensor, size: int) -> Tensor:
    """Shares (n, 1 + regions, size, size) of background and regions, near ones over far ones; they sum to one."""
    low = torch.arange(size, device=boxes.device) / size
    edges = boxes[..., None].unbind(2)  # left, top, right, bottom
    x, y = ((torch.minimum(edges[i + 2], low + 1 / size) - torch.maximum(edges[i], low)).clamp(min=0) for i in (0, 1))
    covered = torch.einsum("nry,nrx->nryx", y, x) * size * size * there[..., None, None]
    left, shares = torch.ones_like(covered[:, 0]), []
    for one in covered.flip(1).unbind(1):
        shares.append(one * left)
        left = left * (1 - one)
    return torch.stack([left, *reversed(shares)], 1)


def biases(shares: Tensor, tokens: int, levels: int) -> dict[int, Tensor]:
    """By number of positions: what the logits of every token get, (n, positions, blocks * tokens)."""
    log = {n: small.clamp(min=1e-13).log().clamp(min=SILENCE) for n, small in _pooled(shares, levels).items()}
    return {n: small.repeat_interleave(tokens, -1) for n, small in log.items()}


def gates(shares: Tensor, worn: Tensor, reached: Tensor, levels: int) -> dict[int, Tensor]:
    """By number of positions: what an adapter weighs (n, positions, 1) that the blocks `worn` (n, blocks) draw with.

    `reached` (n, things, size, size) is how much of it each thing's block hears; all of it where the setting is drawn
    with it as well, as the engine does.
    """
    heard = torch.where(worn[:, :1, None, None], 1.0, reached)
    kept = torch.cat([shares[:, :1], shares[:, 1:] * heard], 1)
    return _pooled(torch.einsum("nb,nbyx->nyx", worn.to(shares), kept)[:, None], levels)


def _pooled(maps: Tensor, levels: int) -> dict[int, Tensor]:
    """Maps (n, c, size, size) at every resolution of a denoiser, (n, positions, c), by number of positions."""
    small = [F.avg_pool2d(maps, 2**level).flatten(2).transpose(1, 2) for level in range(levels)]
    return {each.shape[1]: each for each in small}


@dataclass
class Ears:
    """What a denoiser's layers must know of the batch; empty: one prompt for all positions, the adapter everywhere."""

    biases: dict[int, Tensor] = field(default_factory=dict)
    gates: dict[int, Tensor] = field(default_factory=dict)
    spoken: Tensor | None = None  # (n, tokens of all blocks, 1): whether the adapter reads that token


class Gate:
    """Forward hook of an adapter's `lora_A`: B (g ⊙ A x), as in `engine/layers.py`."""

    def __init__(self, ears: Ears, of_text: bool) -> None:
        self.ears, self.of_text = ears, of_text

    def __call__(self, module: nn.Module, args: tuple[Tensor, ...], reduced: Tensor) -> Tensor:
        if self.ears.spoken is None:
            return reduced
        if self.of_text:
            return reduced * self.ears.spoken.to(reduced)
        if reduced.ndim == 4:
            gate = self.ears.gates[reduced.shape[2] * reduced.shape[3]]
            return reduced * gate.transpose(1, 2).unflatten(2, reduced.shape[2:]).to(reduced)
        return reduced * self.ears.gates[reduced.shape[1]].to(reduced)


class _Listening:
    """Cross-attention in which each position hears the prompts of its place."""

    def __init__(self, ears: Ears) -> None:
        super().__init__()
        self.ears = ears

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        *args: Any,
        **more: Any,
    ) -> Tensor:
        if encoder_hidden_states is not None and self.ears.biases:
            more["attention_mask"] = self.ears.biases[hidden_states.shape[1]].to(hidden_states.dtype)
        return super().__call__(attn, hidden_states, encoder_hidden_states, *args, **more)  # type: ignore[misc]


class _Plain(_Listening, AttnProcessor):
    pass


class _Fused(_Listening, AttnProcessor2_0):
    pass


def listening(ears: Ears, device: torch.device) -> Any:
    """The attention that trains fastest there: fused attention is slow backwards on a CPU in bfloat16."""
    return _Plain(ears) if device.type == "cpu" else _Fused(ears)


def slack(boxes: Tensor, generator: torch.Generator) -> Tensor:
    """Boxes as wide as planned ones are."""
    wider = SLACK * uniform(boxes.shape, generator) * torch.tensor([-1, -1, 1, 1], device=boxes.device)
    return (boxes + wider).clamp(0, 1)


def batch(told: Told, rows: Tensor, empty: Tensor, dropout: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Ids (n, blocks, tokens), a share of them saying nothing at all, and boxes (n, things, 4) as wide as planned ones
    are."""
    boxes = slack(told.boxes[rows], generator)
    ids = told.ids[rows].long()
    dropped = uniform(rows.shape, generator) < dropout
    return torch.where(dropped[:, None, None], empty, ids), boxes
