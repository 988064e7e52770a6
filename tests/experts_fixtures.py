"""LoRA files of every layout, good and hostile, and a home with a tiny family to add them to."""

from __future__ import annotations

import json
import struct
import tomllib
from collections.abc import Callable
from pathlib import Path

import torch
from engine_fixtures import build_unet, save_adapter
from safetensors.torch import load_file, save_file

FAMILY = """
id = "tiny"
title = "Tiny"
description = "Random weights."
licence = "Apache-2.0"
pipeline = {pipeline}
[defaults]
steps = 2
guidance = 2.0
extent = {{ width = 128, height = 128 }}
"""


def install_family(root: Path, pipeline: str, name: str = "tiny") -> None:
    folder = root / name
    folder.mkdir(parents=True)
    manifest = FAMILY.format(pipeline=json.dumps(pipeline)).replace('"tiny"', f'"{name}"')
    (folder / "backbone.toml").write_text(manifest, encoding="utf-8")


def kohya(lora: Path, file: Path, alpha: float, half: bool = False) -> Path:
    state = {}
    for key, value in load_file(lora).items():
        name, letter = key.removeprefix("unet.").removesuffix(".weight").rsplit(".", 1)
        if not any(part in name for part in ("to_q", "to_k", "to_v", "to_out", "ff.net.0.proj")):
            continue
        stem = f"lora_unet_{name.replace('.', '_')}"
        state[f"{stem}.{'lora_down' if letter == 'lora_A' else 'lora_up'}.weight"] = value.half() if half else value
        state[f"{stem}.alpha"] = torch.tensor(alpha)
    save_file(state, file, {"ss_output_name": "Old Woodcut (v2)"})
    return file


def peft_folder(lora: Path, folder: Path, alpha: int) -> Path:
    """What peft's own `save_pretrained` writes."""
    folder.mkdir()
    state = {k.replace("unet.", "base_model.model.", 1): v for k, v in load_file(lora).items()}
    save_file(state, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps({"r": 3, "lora_alpha": alpha, "alpha_pattern": {}}))
    return folder / "adapter_model.safetensors"


def mend(folder: Path, **values: str) -> None:
    """Rewrites lines of a manifest."""
    manifest = tomllib.loads((folder / "expert.toml").read_text(encoding="utf-8")) | values
    (folder / "expert.toml").write_text("".join(f"{k} = {json.dumps(v)}\n" for k, v in manifest.items()))


def changed(lora: Path, file: Path, change: Callable[[dict[str, torch.Tensor], str], object], **said: str) -> Path:
    """The LoRA with something wrong at its first down-projection."""
    state = load_file(lora)
    change(state, min(k for k in state if k.endswith("lora_A.weight")))
    save_file(state, file, said)
    return file


def hostile(kind: str, lora: Path, tmp_path: Path) -> Path:
    file = tmp_path / "bad.safetensors"
    if kind == "pickle":
        torch.save(load_file(lora), tmp_path / "bad.pt")
        return tmp_path / "bad.pt"
    if kind == "disguised":
        torch.save(load_file(lora), file)
    elif kind == "text":
        file.write_text("<html>404</html>")
    elif kind == "empty":
        file.write_bytes(b"")
    elif kind == "cut":
        file.write_bytes(lora.read_bytes()[:-100])
    elif kind == "header":
        file.write_bytes(struct.pack("<Q", 2**62) + b"{}")
    elif kind == "folder":
        file.mkdir()
    elif kind == "link":
        file.symlink_to(tmp_path / "nowhere.safetensors")
    elif kind == "picture":
        return tmp_path / "fox.png"
    elif kind == "nan":
        changed(lora, file, lambda s, k: s[k].view(-1)[3].fill_(float("nan")))
    elif kind == "inf":
        changed(lora, file, lambda s, k: s[k].view(-1)[3].fill_(float("inf")))
    elif kind == "integers":
        changed(lora, file, lambda s, k: s.update({k: s[k].int()}))
    elif kind == "shape":
        changed(
            lora, file, lambda s, k: s.update({k: s[k][:, :1].contiguous()}), ss_base_model_version="sdxl_base_v1-0"
        )
    elif kind == "scalar":
        changed(lora, file, lambda s, k: s.update({k: torch.tensor(1.0)}))
    elif kind == "rank 0":
        changed(
            lora, file, lambda s, k: s.update({k: s[k][:0], k.replace("_A", "_B"): s[k.replace("_A", "_B")][:, :0]})
        )
    elif kind == "half":
        changed(lora, file, lambda s, k: s.pop(k))
    elif kind == "family":
        save_adapter(tmp_path, build_unet((32, 64, 96)), 9)
        return tmp_path / "expert9.safetensors"
    elif kind == "checkpoint":
        save_file({"model.diffusion_model.input_blocks.0.0.weight": torch.ones(4, 4)}, file)
    elif kind == "nothing":
        save_file({}, file)
    elif kind == "kohya names":
        save_file({"lora_unet_input_blocks_x_0_to_q.lora_down.weight": torch.ones(1, 2)}, file)
    elif kind == "pattern":
        settings = {"unet.lora_alpha": 1, "unet.alpha_pattern": {r"(\w+)+!": 2}}
        changed(lora, file, lambda s, k: None, lora_adapter_metadata=json.dumps(settings))
    elif kind == "settings":
        changed(lora, file, lambda s, k: None, lora_adapter_metadata="[1, 2")
    return file


REFUSALS = {
    "pickle": "is a pickle",
    "disguised": "pickle under another name",
    "text": "is damaged",
    "empty": "is damaged",
    "cut": "is damaged",
    "header": "is damaged",
    "folder": r"holds no \.safetensors file",
    "link": "There is no file",
    "picture": "is not a .safetensors file",
    "nan": "not finite",
    "inf": "not finite",
    "integers": "not finite",
    "shape": "the adapter's halves are .*made for sdxl_base_v1-0; you asked for tiny",
    "scalar": "not understood",
    "rank 0": "the adapter's halves are",
    "half": "half of the pair",
    "family": r"down_blocks\.1\.attentions\.0\.proj_in has the size 48×48×1×1",
    "checkpoint": "not a plain LoRA",
    "nothing": "holds no weights",
    "kohya names": "not understood",
    "pattern": "alpha_pattern holds more than names",
    "settings": "not understood",
}
