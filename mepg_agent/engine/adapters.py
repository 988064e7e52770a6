"""Experts' weights in memory: .safetensors files, checked by content, on the backbone's device and in its precision."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from mepg_agent.engine import lora_files
from mepg_agent.engine.layers import LowRank, reads_text
from mepg_agent.errors import BrokenAsset
from mepg_agent.records import Adapter

GIB = 2**30


@dataclass(frozen=True)
class ExpertWeights:
    """An adapter's layers by module name, of the denoiser and of each text encoder that it changes; or a whole other
    denoiser."""

    unet: Mapping[str, LowRank]
    text: Mapping[str, Mapping[str, LowRank]]
    checkpoint: nn.Module | None = None

    @property
    def bytes(self) -> int:
        pairs = sum(pair.bytes for part in (self.unet, *self.text.values()) for pair in part.values())
        whole = [] if self.checkpoint is None else self.checkpoint.parameters()
        return pairs + sum(p.numel() * p.element_size() for p in whole)

    @property
    def reads_text(self) -> bool:
        """Whether a prompt gets other keys and values with this expert than without."""
        return bool(self.text) or any(reads_text(name) for name in self.unet)


class Residents:
    """Least-recently-used adapters up to `budget` bytes; those of the running job always stay."""

    def __init__(self, pipe: Any, budget: int = 2 * GIB) -> None:
        self._pipe, self._budget = pipe, budget
        self._held: OrderedDict[str, ExpertWeights] = OrderedDict()  # by sha256

    def get(self, adapters: tuple[Adapter, ...]) -> dict[str, ExpertWeights]:
        """Weights by adapter id. BrokenAsset where a file is missing, changed or does not fit the backbone."""
        found = {}
        for adapter in adapters:
            if adapter.sha256 not in self._held:
                read = load_checkpoint if adapter.kind == "checkpoint" else load
                self._held[adapter.sha256] = read(adapter, self._pipe)
            self._held.move_to_end(adapter.sha256)
            found[adapter.id] = self._held[adapter.sha256]
        while sum(w.bytes for w in self._held.values()) > self._budget and len(self._held) > len(adapters):
            self._held.popitem(last=False)
        return found


def verified(adapter: Adapter) -> bytes:
    """The file's bytes. BrokenAsset where it is missing, is not .safetensors, or is not the file the job names."""
    path = Path(adapter.path)
    if path.suffix != ".safetensors":
        raise BrokenAsset(
            f"The expert '{adapter.id}' has its weights in '{path.name}'.", "Convert them to .safetensors."
        )
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BrokenAsset(f"The weights of '{adapter.id}' cannot be read: {error}.", "Restore the file.") from error
    if hashlib.sha256(data).hexdigest() != adapter.sha256:
        raise BrokenAsset(
            f"{path} is not the file that the expert '{adapter.id}' names: its sha256 differs.",
            "Restore the file, or write its new sha256 into expert.toml.",
        )
    return data


def load(adapter: Adapter, pipe: Any) -> ExpertWeights:
    """Reads and checks one adapter for the models of `pipe`."""
    parts = lora_files.read(adapter, verified(adapter), pipe)
    placed: dict[str, dict[str, LowRank]] = {}
    for part, layers in parts.items():
        model: nn.Module = getattr(pipe, part)
        weights = {name: model.get_submodule(name).get_parameter("weight") for name in layers}
        placed[part] = {n: LowRank(p.down.to(weights[n]), p.up.to(weights[n])) for n, p in layers.items()}
    unet = placed.pop("unet")
    return ExpertWeights(unet, {part: layers for part, layers in placed.items() if layers})


def load_checkpoint(adapter: Adapter, pipe: Any) -> ExpertWeights:
    """Reads another UNet of the same shape as the pipeline's."""
    state = lora_files.parse(adapter, verified(adapter))
    unet = type(pipe.unet).from_config(pipe.unet.config)
    try:
        unet.load_state_dict(state)
    except RuntimeError as error:
        raise lora_files.misfit(adapter, str(error).splitlines()[-1].strip(" .\t")) from error
    unet = unet.to(device=pipe.unet.device, dtype=pipe.unet.dtype).eval().requires_grad_(False)
    return ExpertWeights({}, {}, unet)
