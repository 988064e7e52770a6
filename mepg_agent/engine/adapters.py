"""Reading experts' weights: .safetensors in diffusers' or kohya's layout, checked by content, kept in memory."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mepg_agent.engine.layers import LowRank, reads_text
from mepg_agent.errors import BrokenAsset
from mepg_agent.records import Adapter

GIB = 2**30
TEXT = ("text_encoder", "text_encoder_2")
Alpha = tuple[float | None, bool]  # None: the rank; True: divided by √rank (rsLoRA) instead of the rank


@dataclass(frozen=True)
class ExpertWeights:
    """An adapter's layers by module name, of the denoiser and of each text encoder; or a whole other denoiser."""

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
        return any(self.text.values()) or any(reads_text(name) for name in self.unet)


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
    data = verified(adapter)
    try:
        settings = json.loads(_header(data).get("lora_adapter_metadata", "null"))
    except ValueError as error:
        raise BrokenAsset(f"{adapter.path} is damaged: {error}.", "Restore the file.") from error
    state = _parse(adapter, data)
    if any("dora_scale" in k or "lora_magnitude" in k or ".lokr_" in k or ".hada_" in k for k in state):
        raise _misfit(adapter, "it is not a plain LoRA")
    state, _ = type(pipe).lora_state_dict(_fold_alphas(state), unet_config=pipe.unet.config)
    models = {p: getattr(pipe, p) for p in ("unet", *TEXT) if hasattr(pipe, p)}
    parts = {p: _part(adapter, p, model, state, settings) for p, model in models.items()}
    used = sum(2 * len(layers) for layers in parts.values())
    if used == 0 or used != len(state):
        odd = next(iter(k for k in state if not k.startswith(tuple(f"{p}." for p in parts))), "no weights at all")
        raise _misfit(adapter, f"unknown weights: {odd}")
    unet = parts.pop("unet")
    return ExpertWeights(unet, parts)


def load_checkpoint(adapter: Adapter, pipe: Any) -> ExpertWeights:
    """Reads another UNet of the same shape as the pipeline's."""
    state = _parse(adapter, verified(adapter))
    unet = type(pipe.unet).from_config(pipe.unet.config)
    try:
        unet.load_state_dict(state)
    except RuntimeError as error:
        raise _misfit(adapter, str(error).splitlines()[-1].strip(" .\t")) from error
    unet = unet.to(device=pipe.unet.device, dtype=pipe.unet.dtype).eval().requires_grad_(False)
    return ExpertWeights({}, {}, unet)


def _parse(adapter: Adapter, data: bytes) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load as parse

    try:
        return parse(data)
    except (SafetensorError, ValueError) as error:
        raise BrokenAsset(f"{adapter.path} is damaged: {error}.", "Restore the file.") from error


def _fold_alphas(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """kohya's layout has an alpha beside each pair: multiply it into the up-projection (in float32) and drop it."""
    folded = {k: v for k, v in state.items() if not k.endswith(".alpha")}
    for key in state.keys() - folded.keys():
        up, down = f"{key.removesuffix('.alpha')}.lora_up.weight", f"{key.removesuffix('.alpha')}.lora_down.weight"
        if up in folded and down in folded:
            folded[up] = folded[up].float() * (float(state[key]) / folded[down].shape[0])
    return folded


def _header(data: bytes) -> dict[str, str]:
    """The free-text metadata at the head of a safetensors file."""
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]).get("__metadata__", {})


def _part(adapter: Adapter, prefix: str, model: nn.Module, state: Any, settings: Any) -> dict[str, LowRank]:
    from diffusers.utils import (
        convert_state_dict_to_diffusers,
        convert_state_dict_to_peft,
        convert_unet_state_dict_to_peft,
    )

    mine = {k.removeprefix(f"{prefix}."): v for k, v in state.items() if k.startswith(f"{prefix}.")}
    if not mine:
        return {}
    if prefix != "unet":
        mine = convert_state_dict_to_peft(convert_state_dict_to_diffusers(mine))
        mine = {k.removeprefix("text_model."): v for k, v in mine.items()}
    else:  # a file may mix both spellings; diffusers' own loader would drop one of them
        spelt = {k: v for k, v in mine.items() if ".lora_A." in k or ".lora_B." in k}
        mine = spelt | convert_unet_state_dict_to_peft({k: v for k, v in mine.items() if k not in spelt})
    layers = {}
    for name in sorted({k.rsplit(".lora_", 1)[0] for k in mine}):
        down, up = mine.get(f"{name}.lora_A.weight"), mine.get(f"{name}.lora_B.weight")
        layers[name] = _pair(adapter, name, model, down, up, _alpha(prefix, name, settings))
    return layers


def _alpha(prefix: str, name: str, settings: Any) -> Alpha:
    """Alpha of a layer, from the settings that diffusers wrote."""
    from peft.utils.other import get_pattern_key

    mine = {k.removeprefix(f"{prefix}."): v for k, v in (settings or {}).items() if k.startswith(f"{prefix}.")}
    if "lora_alpha" not in mine:
        return None, False
    patterns = mine.get("alpha_pattern") or {}
    alpha = patterns.get(get_pattern_key(list(patterns), name), mine["lora_alpha"])
    return float(alpha), bool(mine.get("use_rslora", False))


def _pair(
    adapter: Adapter,
    name: str,
    model: nn.Module,
    down: Tensor | None,
    up: Tensor | None,
    alpha: Alpha,
) -> LowRank:
    try:
        module = model.get_submodule(name)
    except AttributeError:
        raise _misfit(adapter, f"the backbone has no layer {name}") from None
    if down is None or up is None:
        raise _misfit(adapter, f"half of the pair for {name} is missing")
    if not isinstance(module, nn.Linear | nn.Conv2d):
        raise _misfit(adapter, f"{name} is no linear layer or convolution")
    if isinstance(module, nn.Linear):  # kohya writes 1×1 kernels for what diffusers has as linear layers
        down, up = down.flatten(1), up.flatten(1)
    elif down.ndim == 2:
        down, up = down[..., None, None], up[..., None, None]
    weight = module.weight
    if down.shape[1:] != weight.shape[1:] or up.shape[:2] != (weight.shape[0], down.shape[0]):
        raise _misfit(adapter, f"{name} has the size {tuple(weight.shape)}, the adapter another")
    rank = down.shape[0]
    scale = 1.0 if alpha[0] is None else alpha[0] / (rank**0.5 if alpha[1] else rank)
    return LowRank(down.to(weight), (up.to(torch.float32) * scale).to(weight))


def _misfit(adapter: Adapter, why: str) -> BrokenAsset:
    return BrokenAsset(
        f"The expert '{adapter.id}' does not fit this backbone: {why}.", "Use an adapter trained for this backbone."
    )
