"""Low-rank adapters in and out of files: diffusers', peft's or kohya's layout in, diffusers' layout out.

Names are mapped by diffusers' own converters; every layer is then held against the backbone's. Files come from
anywhere: whatever is in them, what is wrong is said in one sentence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from mepg_agent.engine.layers import LowRank
from mepg_agent.errors import BrokenAsset
from mepg_agent.records import Adapter

PARTS = ("unet", "text_encoder", "text_encoder_2")
PEFT = "base_model.model."  # before every name that peft itself saves; the models of a pipeline have no such layer
OTHER_KINDS = ("dora_scale", "lora_magnitude", ".lokr_", ".hada_", ".diff")
Parts = dict[str, dict[str, LowRank]]  # layers by module name, by the model they belong to
Alpha = tuple[float | None, bool]  # None: the rank; True: divided by √rank (rsLoRA) instead of the rank
# What diffusers' and peft's converters raise where they meet names or shapes that they do not expect.
CONFUSED = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


def read(adapter: Adapter, data: bytes, pipe: Any, config: Mapping[str, Any] | None = None) -> Parts:
    """The layers of a file by part of `pipe` ("unet" is always there), alpha folded into `up` in float32.

    `down` keeps the file's precision. `config` is peft's adapter_config.json: its layout keeps alpha there. Only the
    shapes of the pipeline's weights are looked at. BrokenAsset for a damaged file, one that is no plain LoRA or
    does not fit, naming the first layer that does not, and for weights that are not finite.
    """
    state = parse(adapter, data)
    with _understood(adapter):
        state, settings = _named(adapter, state, _settings(data), config)
        if any(kind in key for kind in OTHER_KINDS for key in state):
            raise misfit(adapter, "it is not a plain LoRA")
        state, _ = type(pipe).lora_state_dict(_fold_alphas(state), unet_config=pipe.unet.config)
        models = {p: getattr(pipe, p) for p in PARTS if getattr(pipe, p, None) is not None}
        parts = {p: _part(adapter, p, model, state, settings) for p, model in models.items()}
    used = sum(2 * len(layers) for layers in parts.values())
    if used == 0 or used != len(state):
        strange = (f"unknown weights: {k}" for k in state if not k.startswith(tuple(f"{p}." for p in parts)))
        raise misfit(adapter, next(strange, "it names a layer in two spellings" if used else "it holds no weights"))
    return parts


def write(parts: Parts) -> bytes:
    """The layers as diffusers saves them, without alpha: it is folded in. Same layers, same bytes.

    Halves that alpha has scaled are written in float32 where the file's own precision would round them.
    """
    from safetensors.torch import save

    tensors = {}
    for part, layers in parts.items():
        for name, pair in layers.items():
            narrow = pair.up.to(pair.down.dtype)
            up = narrow if torch.equal(narrow.float(), pair.up) else pair.up
            tensors[f"{part}.{name}.lora_A.weight"] = pair.down.contiguous()
            tensors[f"{part}.{name}.lora_B.weight"] = up.contiguous()
    return save(tensors, {"format": "pt"})


def parse(adapter: Adapter, data: bytes) -> dict[str, Tensor]:
    """Tensors by name. BrokenAsset where the bytes are no .safetensors file."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(data)
    except (SafetensorError, *CONFUSED) as error:
        raise BrokenAsset(f"{adapter.path} is damaged: {error}.", "Restore the file.") from error


def misfit(adapter: Adapter, why: str, advice: str = "Use an adapter trained for this backbone.") -> BrokenAsset:
    return BrokenAsset(f"The expert '{adapter.id}' does not fit this backbone: {why}.", advice)


@contextmanager
def _understood(adapter: Adapter) -> Iterator[None]:
    try:
        yield
    except CONFUSED as error:
        said = " ".join(str(error).split())[:200]
        raise misfit(adapter, f"the names or shapes of its layers are not understood ({said})") from error


def _settings(data: bytes) -> dict[str, Any]:
    """What diffusers wrote into the free-text part of the header: alpha and the like. Empty where it did not."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length]).get("__metadata__") or {}
    return json.loads(header.get("lora_adapter_metadata", "{}")) or {}


def _named(
    adapter: Adapter, state: dict[str, Tensor], settings: dict[str, Any], config: Mapping[str, Any] | None
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Weights and settings with their model's name in front; layouts that name no model are of the denoiser."""
    if not state:
        raise misfit(adapter, "it holds no weights")
    if all(key.startswith(PEFT) for key in state):
        if config is None:
            raise misfit(
                adapter,
                "it is in peft's layout, and its adapter_config.json is missing",
                "Put that file beside it and add it with `mepg experts add`.",
            )
        state, settings = {k.removeprefix(PEFT): v for k, v in state.items()}, dict(config)
    elif any(key.startswith(("lora_", *(f"{p}." for p in PARTS))) for key in state):
        return state, settings
    return {f"unet.{k}": v for k, v in state.items()}, {f"unet.{k}": v for k, v in settings.items()}


def _fold_alphas(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """kohya's layout has an alpha beside each pair: multiply it into the up-projection (in float32) and drop it."""
    folded = {k: v for k, v in state.items() if not k.endswith(".alpha")}
    for key in state.keys() - folded.keys():
        up, down = f"{key.removesuffix('.alpha')}.lora_up.weight", f"{key.removesuffix('.alpha')}.lora_down.weight"
        if up in folded and down in folded:
            folded[up] = folded[up].float() * (float(state[key]) / folded[down].shape[0])
    return folded


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
        inner = "text_model." if hasattr(model, "text_model") else ""  # transformers has it in one of the two encoders
        mine = {inner + k.removeprefix("text_model."): v for k, v in mine.items()}
    else:  # a file may mix both spellings; diffusers' own loader would drop one of them
        spelt = {k: v for k, v in mine.items() if ".lora_A." in k or ".lora_B." in k}
        mine = spelt | convert_unet_state_dict_to_peft({k: v for k, v in mine.items() if k not in spelt})
    layers = {}
    for name in sorted({k.rsplit(".lora_", 1)[0] for k in mine}):
        down, up = mine.get(f"{name}.lora_A.weight"), mine.get(f"{name}.lora_B.weight")
        layers[name] = _pair(adapter, name, model, down, up, _alpha(adapter, prefix, name, settings))
    return layers


def _alpha(adapter: Adapter, prefix: str, name: str, settings: Any) -> Alpha:
    """Alpha of a layer, from the settings that diffusers or peft wrote."""
    from peft.utils.other import get_pattern_key

    mine = {k.removeprefix(f"{prefix}."): v for k, v in settings.items() if k.startswith(f"{prefix}.")}
    if "lora_alpha" not in mine:
        return None, False
    patterns = mine.get("alpha_pattern") or {}
    if not all(re.fullmatch(r"[\w.]+", pattern) for pattern in patterns):  # peft would run it on every name
        raise misfit(adapter, "its alpha_pattern holds more than names of layers")
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
        raise misfit(adapter, f"the backbone has no layer {name}") from None
    if down is None or up is None:
        raise misfit(adapter, f"half of the pair for {name} is missing")
    if not isinstance(module, nn.Linear | nn.Conv2d):
        raise misfit(adapter, f"{name} is no linear layer or convolution")
    if isinstance(module, nn.Linear):  # kohya writes 1×1 kernels for what diffusers has as linear layers
        down, up = down.flatten(1), up.flatten(1)
    elif down.ndim == 2:
        down, up = down[..., None, None], up[..., None, None]
    rank, weight = len(down), module.weight
    wanted = (rank, *weight.shape[1:]), (weight.shape[0], rank, *(1 for _ in weight.shape[2:]))
    if rank == 0 or (down.shape, up.shape) != wanted:
        raise misfit(
            adapter, f"{name} has the size {_size(weight)}, the adapter's halves are {_size(down)}, {_size(up)}"
        )
    scale = 1.0 if alpha[0] is None else alpha[0] / (rank**0.5 if alpha[1] else rank)
    scaled = up.to(torch.float32) * scale
    for half in (down, scaled):
        if not half.is_floating_point() or not torch.isfinite(half.float()).all():
            raise misfit(adapter, f"{name} holds weights that are not finite numbers", "Get the file again.")
    return LowRank(down, scaled)


def _size(weight: Tensor) -> str:
    return "×".join(map(str, weight.shape))
