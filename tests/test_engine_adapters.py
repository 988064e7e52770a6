"""Reading experts' weights: every layout gives what diffusers' own loader gives; damaged files are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline
from diffusers.utils import convert_state_dict_to_diffusers
from engine_fixtures import (
    ATTENTION,
    WEIGHTS,
    as_adapter,
    build_unet,
    draw,
    make_job,
    region,
    save_adapter,
    save_pipeline,
    save_text_adapter,
    save_wide_pipeline,
)
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from torch import Tensor

from mepg_agent.engine import adapters as adapters_module
from mepg_agent.engine.adapters import Residents, load
from mepg_agent.engine.local import LocalEngine
from mepg_agent.errors import BrokenAsset
from mepg_agent.records import Adapter
from mepg_agent.scene import Box


@pytest.fixture(scope="module")
def pipe(tmp_path_factory: pytest.TempPathFactory) -> StableDiffusionPipeline:
    return LocalEngine(save_pipeline(tmp_path_factory.mktemp("tiny")), weights_hash=WEIGHTS).pipe


def deltas(pipe: StableDiffusionPipeline, adapter: Adapter) -> dict[str, Tensor]:
    """What our reading of the file adds to each weight."""
    found = load(adapter, pipe)
    parts = {"unet": found.unet, **found.text}
    return {
        f"{part}.{name}": pair.delta(getattr(pipe, part).get_submodule(name).weight.shape)
        for part, layers in parts.items()
        for name, pair in layers.items()
    }


def diffusers_deltas(pipe: StableDiffusionPipeline, adapter: Adapter) -> dict[str, Tensor]:
    """What diffusers adds: its loaded layers' own words."""
    file = Path(adapter.path)
    pipe.load_lora_weights(str(file.parent), weight_name=file.name, adapter_name="one")
    try:
        return {
            f"{part}.{name}": module.get_delta_weight("one").detach().clone()
            for part in ("unet", "text_encoder")
            for name, module in getattr(pipe, part).named_modules()
            if hasattr(module, "get_delta_weight") and "one" in module.lora_A
        }
    finally:
        pipe.unload_lora_weights()


def agree(pipe: StableDiffusionPipeline, adapter: Adapter) -> int:
    ours, theirs = deltas(pipe, adapter), diffusers_deltas(pipe, adapter)
    assert ours.keys() == theirs.keys()
    for name, delta in ours.items():
        torch.testing.assert_close(delta, theirs[name], msg=name)
    return len(ours)


def test_peft_layout_with_alpha_in_the_header_reads_as_diffusers_reads_it(
    pipe: StableDiffusionPipeline, tmp_path: Path
) -> None:
    assert agree(pipe, save_adapter(tmp_path, build_unet(), 1, rank=4, alpha=8)) > 50


def test_kohya_layout_with_alphas_reads_as_diffusers_reads_it(pipe: StableDiffusionPipeline, tmp_path: Path) -> None:
    made = save_adapter(tmp_path, build_unet(), 1, (*ATTENTION, "proj_in", "proj_out", "ff.net.0.proj"), rank=4)
    kohya = {}
    for key, value in load_file(made.path).items():
        name, half = key.removeprefix("unet.").removesuffix(".weight").rsplit(".", 1)
        stem = f"lora_unet_{name.replace('.', '_')}"
        kohya[f"{stem}.{'lora_down' if half == 'lora_A' else 'lora_up'}.weight"] = value
        kohya[f"{stem}.alpha"] = torch.tensor(2.0)
    save_file(kohya, tmp_path / "kohya.safetensors")
    adapter = as_adapter(tmp_path / "kohya.safetensors", "kohya")
    assert agree(pipe, adapter) > 50
    once, half = deltas(pipe, made), deltas(pipe, adapter)
    name = next(iter(once))
    torch.testing.assert_close(half[name], once[name] * (2 / 4) / (3 / 4))


def test_a_file_in_mixed_spelling_is_read_whole(pipe: StableDiffusionPipeline, tmp_path: Path) -> None:
    """diffusers' training scripts write attention layers in one spelling and convolutions in another."""
    made = save_adapter(tmp_path, build_unet(), 1, (*ATTENTION, "conv1"), rank=4, alpha=4)
    state = {k.removeprefix("unet."): v for k, v in load_file(made.path).items()}
    mixed = {f"unet.{k}": v for k, v in convert_state_dict_to_diffusers(state).items()}
    assert any("lora_A" in k for k in mixed) and any("lora.down" in k for k in mixed)
    save_file(mixed, tmp_path / "mixed.safetensors")
    ours, wanted = deltas(pipe, as_adapter(tmp_path / "mixed.safetensors", "mixed")), deltas(pipe, made)
    assert ours.keys() == wanted.keys() and all(torch.equal(ours[k], wanted[k]) for k in ours)


def test_text_encoder_weights_are_read_as_diffusers_reads_them(pipe: StableDiffusionPipeline, tmp_path: Path) -> None:
    adapter = save_text_adapter(tmp_path, pipe)
    assert agree(pipe, adapter) == 6
    assert load(adapter, pipe).reads_text


def test_the_second_text_encoder_of_sdxl_is_read_too(tmp_path: Path) -> None:
    wide = LocalEngine(save_wide_pipeline(tmp_path), weights_hash=WEIGHTS).pipe
    wide.text_encoder_2.add_adapter(LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False), "made")
    layers = convert_state_dict_to_diffusers(get_peft_model_state_dict(wide.text_encoder_2, adapter_name="made"))
    wide.unload_lora_weights()
    StableDiffusionXLPipeline.save_lora_weights(
        tmp_path, text_encoder_2_lora_layers=layers, weight_name="second.safetensors"
    )
    assert len(load(as_adapter(tmp_path / "second.safetensors", "second"), wide).text["text_encoder_2"]) == 2


def test_only_experts_that_touch_prompts_count_as_readers(pipe: StableDiffusionPipeline, tmp_path: Path) -> None:
    assert not load(save_adapter(tmp_path, build_unet(), 1, ("conv1", "to_q")), pipe).reads_text
    assert load(save_adapter(tmp_path, build_unet(), 2, ("to_k",)), pipe).reads_text


def test_adapters_stay_in_memory_up_to_the_budget(pipe: StableDiffusionPipeline, tmp_path: Path) -> None:
    made = [save_adapter(tmp_path, build_unet(), seed) for seed in range(3)]
    size = load(made[0], pipe).bytes
    residents = Residents(pipe, budget=2 * size)
    first = residents.get((made[0],))["expert0"]
    residents.get((made[1],))
    assert residents.get((made[0],))["expert0"] is first
    residents.get((made[2],))
    Path(made[1].path).unlink()
    assert residents.get((made[0],))["expert0"] is first
    with pytest.raises(BrokenAsset, match="cannot be read"):
        residents.get((made[1],))


def test_weights_are_read_once_and_never_switched_however_often_they_draw(
    pipe: StableDiffusionPipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tuple(save_adapter(tmp_path, build_unet(), seed, ("to_q", "to_k", "conv1")) for seed in range(2))
    read: list[str] = []
    monkeypatch.setattr(adapters_module, "load", lambda a, p: read.append(a.id) or load(a, p))
    for switch in ("set_adapters", "load_lora_weights", "fuse_lora", "delete_adapters"):
        monkeypatch.setattr(type(pipe), switch, None)
    left, right = Box(x=0, y=0, width=0.5, height=1), Box(x=0.5, y=0, width=0.5, height=1)
    job = make_job((region("a", left, adapter="expert0"), region("b", right, adapter="expert1")), made, steps=2)
    engine = LocalEngine.around(pipe, weights_hash=WEIGHTS)
    first, again = draw(engine, job), draw(engine, job)
    assert read == ["expert0", "expert1"] and (first.latents == again.latents).all()


def test_damaged_changed_and_foreign_files_are_refused_with_the_reason(
    pipe: StableDiffusionPipeline, tmp_path: Path
) -> None:
    good = save_adapter(tmp_path, build_unet(), 1)
    state = load_file(good.path)

    def refused(name: str, weights: dict[str, Tensor]) -> pytest.ExceptionInfo[BrokenAsset]:
        save_file(weights, tmp_path / name)
        with pytest.raises(BrokenAsset) as caught:
            load(as_adapter(tmp_path / name, "bad"), pipe)
        return caught

    key = next(k for k in state if k.endswith("lora_A.weight"))
    assert "half of the pair" in str(refused("half.safetensors", {k: v for k, v in state.items() if k != key}).value)
    foreign = {"unet.nowhere.lora_A.weight": torch.ones(1, 2), "unet.nowhere.lora_B.weight": torch.ones(2, 1)}
    assert "no layer nowhere" in str(refused("foreign.safetensors", foreign).value)
    assert "the size" in str(refused("size.safetensors", {**state, key: state[key][:, :1].contiguous()}).value)
    assert "unknown weights: extra" in str(refused("extra.safetensors", {**state, "extra": torch.ones(1)}).value)
    dora = {**state, key.replace("lora_A.weight", "lora_magnitude_vector"): torch.ones(1)}
    assert "not a plain LoRA" in str(refused("dora.safetensors", dora).value)
    with pytest.raises(BrokenAsset, match="sha256 differs"):
        load(good.model_copy(update={"sha256": "0" * 64}), pipe)
    (tmp_path / "cut.safetensors").write_bytes(Path(good.path).read_bytes()[:1000])
    with pytest.raises(BrokenAsset, match="damaged"):
        load(as_adapter(tmp_path / "cut.safetensors", "cut"), pipe)
    (tmp_path / "adapter.bin").write_bytes(b"x")
    with pytest.raises(BrokenAsset, match=r"Convert them to .safetensors"):
        load(as_adapter(tmp_path / "adapter.bin", "pickle"), pipe)
    other = {"conv_in.weight": torch.ones(1)}
    save_file(other, tmp_path / "unet.safetensors")
    whole = as_adapter(tmp_path / "unet.safetensors", "whole").model_copy(update={"kind": "checkpoint"})
    with pytest.raises(BrokenAsset, match="does not fit"):
        Residents(pipe).get((whole,))
