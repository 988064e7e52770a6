"""Prompts to text states, through the pipeline's own encoders, with an expert's text-side weights where it has any."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mepg_agent.engine.layers import LowRank

TextLayers = Mapping[str, Mapping[str, LowRank]]  # by encoder, then by module name


class TextReader:
    """Stable Diffusion (one encoder) and SDXL (two encoders, pooled state, time ids)."""

    def __init__(self, pipe: Any) -> None:
        self._pipe, self._device = pipe, next(pipe.unet.parameters()).device
        self.wide = getattr(pipe, "text_encoder_2", None) is not None  # SDXL

    def read(self, prompt: str, text: TextLayers, scale: float) -> tuple[Tensor, Tensor | None]:
        """States (tokens, channels) and, for SDXL, the pooled state (channels)."""
        pipe = self._pipe
        with _lent(pipe, text, scale):
            found = pipe.encode_prompt(
                prompt, device=self._device, num_images_per_prompt=1, do_classifier_free_guidance=False
            )
        return found[0][0], found[2][0] if self.wide else None

    def read_negative(self, prompt: str, text: TextLayers, scale: float) -> tuple[Tensor, Tensor | None]:
        """The unconditional branch's states; SDXL's are zero where the negative prompt is empty."""
        states, pooled = self.read(prompt, text, scale)
        if self.wide and not prompt and self._pipe.config.force_zeros_for_empty_prompt:
            return states * 0, None if pooled is None else pooled * 0
        return states, pooled

    def conditions(self, pooled: list[Tensor], size: tuple[int, int]) -> dict[str, Tensor] | None:
        """SDXL's extra conditions for a batch: pooled states and (height, width, 0, 0, height, width) in pixels."""
        if not self.wide:
            return None
        ids = torch.tensor([*size, 0, 0, *size], dtype=pooled[0].dtype, device=pooled[0].device)
        return {"text_embeds": torch.stack(pooled), "time_ids": ids.expand(len(pooled), -1)}


@contextmanager
def _lent(pipe: Any, text: TextLayers, scale: float) -> Iterator[None]:
    """The text encoders with an expert's layers added while a prompt is read."""
    handles = []

    def added(pair: LowRank) -> Any:
        def hook(_: nn.Module, args: tuple[Any, ...], out: Tensor) -> Tensor:
            return out + scale * F.linear(F.linear(args[0], pair.down), pair.up)

        return hook

    try:
        for encoder, layers in text.items():
            for name, pair in layers.items():
                module = getattr(pipe, encoder).get_submodule(name)
                handles.append(module.register_forward_hook(added(pair)))
        yield
    finally:
        for handle in handles:
            handle.remove()
