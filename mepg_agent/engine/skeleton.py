"""A pipeline by its shapes alone: what an expert can be held against without loading gigabytes of weights."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import Any

import torch

from mepg_agent.engine import lora_files
from mepg_agent.engine.adapters import verified
from mepg_agent.engine.local import quiet
from mepg_agent.errors import BrokenAsset
from mepg_agent.records import Adapter


def skeleton(source: str, revision: str | None = None) -> Any:
    """The pipeline of a folder or hub id with its UNet and text encoders on the meta device; nothing else in it.

    Reads (or fetches) their configurations only. BrokenAsset where one cannot be read, or for another kind of pipeline.
    """
    from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    kinds: dict[str, Any] = {k.__name__: k for k in (StableDiffusionPipeline, StableDiffusionXLPipeline)}
    encoders: dict[str, Any] = {k.__name__: k for k in (CLIPTextModel, CLIPTextModelWithProjection)}
    try:
        with quiet(), torch.device("meta"):
            index: Any = StableDiffusionPipeline.load_config(source, revision=revision)
            config: Any = UNet2DConditionModel.load_config(source, subfolder="unet", revision=revision)
            models: dict[str, Any] = {"unet": UNet2DConditionModel.from_config(config)}
            for part in lora_files.PARTS[1:]:
                _, name = index.get(part) or (None, None)
                if name is not None:
                    kind = encoders[name]
                    models[part] = kind(kind.config_class.from_pretrained(source, subfolder=part, revision=revision))
            return _bare(kinds[index["_class_name"]], models)
    except (OSError, *lora_files.CONFUSED) as error:
        said = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        raise BrokenAsset(
            f"The shapes of the pipeline {source} cannot be read: {said}.",
            "Check the folder or hub id in backbone.toml.",
        ) from error


def check(adapter: Adapter, pipe: Any) -> None:
    """Reads an expert's weights and holds them against a skeleton. BrokenAsset with the first thing that is wrong."""
    data = verified(adapter)
    if adapter.kind == "adapter":
        lora_files.read(adapter, data, pipe)
        return
    found, wanted = lora_files.parse(adapter, data), pipe.unet.state_dict()
    for name in sorted(found.keys() | wanted.keys()):
        if name not in found or name not in wanted:
            raise lora_files.misfit(adapter, f"{'it lacks' if name in wanted else 'the backbone has no'} {name}")
        if found[name].shape != wanted[name].shape:
            raise lora_files.misfit(adapter, f"{name} has another size")
        if not torch.isfinite(found[name].float()).all():
            raise lora_files.misfit(adapter, f"{name} holds weights that are not finite numbers", "Get the file again.")


def _bare(kind: Any, models: dict[str, Any]) -> Any:
    """A pipeline of that kind whose other parts are missing."""
    parts = (name for name, parameter in signature(kind).parameters.items() if parameter.default is Parameter.empty)
    return kind(**{name: models.get(name) for name in parts})
