"""Tiny random pipelines and adapters, in the formats the engine reads, for tests of the engine."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import (
    AutoencoderTiny,
    DDIMScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from diffusers.utils import convert_state_dict_to_diffusers
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from mepg_agent.engine.base import Engine, Latents, Picture, Pixels
from mepg_agent.engine.sketch_reader import SketchReader
from mepg_agent.engine.sketcher import Sketcher
from mepg_agent.engine.sketching import Artist
from mepg_agent.records import Adapter, JobRegion, RenderJob
from mepg_agent.scene import Box, Extent

WEIGHTS = "0" * 64
SIDE = 128  # pixels; 16 × 16 latents, so the grids are 16, 8 and 4
ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
EVERYTHING = (*ATTENTION, "proj_in", "proj_out", "ff.net.0.proj", "ff.net.2", "conv1", "conv2", "time_emb_proj", "conv")


def tokenizer(folder: Path) -> CLIPTokenizer:
    """One token a letter."""
    letters = "abcdefghijklmnopqrstuvwxyz,.- "
    tokens = [*letters, *(f"{c}</w>" for c in letters), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=24)


def build_unet(widths: tuple[int, ...] = (32, 48, 64)) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=SIDE // 8,
        in_channels=16,
        out_channels=16,
        block_out_channels=widths,
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D",) * len(widths),
        up_block_types=("CrossAttnUpBlock2D",) * len(widths),
        cross_attention_dim=32,
        attention_head_dim=2,
        norm_num_groups=8,
    )


def build_wide_unet() -> UNet2DConditionModel:
    """SDXL's shape: no attention at the finest level, pooled text and sizes as extra conditions."""
    per_level: dict[str, Any] = {"transformer_layers_per_block": (1, 2), "attention_head_dim": (2, 4)}
    return UNet2DConditionModel(
        sample_size=SIDE // 8,
        in_channels=16,
        out_channels=16,
        block_out_channels=(32, 64),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=64,
        **per_level,
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + 32,
        norm_num_groups=8,
    )


def text_config(words: CLIPTokenizer) -> CLIPTextConfig:
    ids: dict[str, Any] = {k: getattr(words, k) for k in ("bos_token_id", "eos_token_id", "pad_token_id")}
    return CLIPTextConfig(
        vocab_size=len(words),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=24,
        projection_dim=32,
        **ids,
    )


def loud(text: Any) -> Any:
    """With embeddings large enough that different words give different pictures."""
    for embedding in (text.get_input_embeddings(), text.embeddings.position_embedding):
        torch.nn.init.normal_(embedding.weight)
    return text


def autoencoder() -> AutoencoderTiny:
    return AutoencoderTiny(
        encoder_block_out_channels=(16,) * 4,
        decoder_block_out_channels=(16,) * 4,
        num_encoder_blocks=(1, 1, 1, 1),
        num_decoder_blocks=(1, 1, 1, 1),
        latent_channels=16,
    )


def scheduler() -> DDIMScheduler:
    return DDIMScheduler(
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        steps_offset=1,
    )


def save_pipeline(folder: Path) -> Path:
    """A small "picturebook": 16 latent channels, velocity prediction, zero terminal signal, AutoencoderTiny."""
    torch.manual_seed(0)
    words = tokenizer(folder / "words")
    parts: dict[str, Any] = {
        "vae": autoencoder(),
        "text_encoder": loud(CLIPTextModel(text_config(words))),
        "tokenizer": words,
        "unet": build_unet(),
        "scheduler": scheduler(),
        "safety_checker": None,
        "feature_extractor": None,
    }
    StableDiffusionPipeline(**parts, requires_safety_checker=False).save_pretrained(folder / "pipeline")
    return folder / "pipeline"


def artist(unet: Any, learned: bool = True, thing: bool = True) -> Artist:
    """One that sketches a rectangle for every prompt, or nothing, and whose reader says something, or nothing."""
    torch.manual_seed(3)
    channels = unet.config["block_out_channels"]
    sketcher = Sketcher(text=unet.config["cross_attention_dim"], width=32, basis=8)
    reader = SketchReader.of(unet, [16] * len(channels), [1] + [0] * (len(channels) - 1))
    with torch.no_grad():
        for parameter in sketcher.shapes.parameters():
            parameter.zero_()
        assert sketcher.patches.bias is not None
        sketcher.patches.bias.fill_(1.0 if thing else 0.0)
        if learned:
            for parameter in (*reader.out.parameters(), *reader.out_middle.parameters()):
                parameter.normal_(std=0.5)
    return Artist(sketcher, reader)


def save_wide_pipeline(folder: Path) -> Path:
    """A small SDXL: two text encoders, pooled states, time ids."""
    torch.manual_seed(0)
    words = tokenizer(folder / "words")
    second = CLIPTextModelWithProjection(text_config(words))
    loud(second.text_model)
    parts: dict[str, Any] = {
        "vae": autoencoder(),
        "text_encoder": loud(CLIPTextModel(text_config(words))),
        "text_encoder_2": second,
        "tokenizer": words,
        "tokenizer_2": words,
        "unet": build_wide_unet(),
        "scheduler": scheduler(),
    }
    StableDiffusionXLPipeline(**parts).save_pretrained(folder / "pipeline")
    return folder / "pipeline"


def save_adapter(
    folder: Path, unet: Any, seed: int, targets: tuple[str, ...] = EVERYTHING, rank: int = 3, alpha: int = 3
) -> Adapter:
    """A random LoRA, made with peft and saved by diffusers; strong enough that nobody can miss it."""
    config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=list(targets))
    unet.add_adapter(config, adapter_name="made")
    generator = torch.Generator().manual_seed(seed)
    for name, weight in unet.named_parameters():
        if "lora_" in name:
            weight.data = torch.randn(weight.shape, generator=generator) * (0.5 / weight[0].numel() ** 0.5)
    layers: dict[str, Any] = get_peft_model_state_dict(unet, adapter_name="made")
    metadata = {"r": rank, "lora_alpha": alpha, "target_modules": list(targets)}
    StableDiffusionPipeline.save_lora_weights(
        folder, unet_lora_layers=layers, weight_name=f"expert{seed}.safetensors", unet_lora_adapter_metadata=metadata
    )
    unet.unload_lora()
    return as_adapter(folder / f"expert{seed}.safetensors", f"expert{seed}")


def save_text_adapter(folder: Path, pipe: Any) -> Adapter:
    """A random LoRA of the first text encoder, in the spelling that diffusers' training scripts write."""
    torch.manual_seed(3)
    targets = ["q_proj", "v_proj", "fc1"]
    pipe.text_encoder.add_adapter(
        LoraConfig(r=2, lora_alpha=2, target_modules=targets, init_lora_weights=False), "made"
    )
    layers = convert_state_dict_to_diffusers(get_peft_model_state_dict(pipe.text_encoder, adapter_name="made"))
    pipe.unload_lora_weights()
    StableDiffusionPipeline.save_lora_weights(folder, text_encoder_lora_layers=layers, weight_name="text.safetensors")
    return as_adapter(folder / "text.safetensors", "text")


def as_adapter(file: Path, name: str) -> Adapter:
    return Adapter(id=name, path=str(file), sha256=hashlib.sha256(file.read_bytes()).hexdigest())


def region(name: str, box: Box, prompt: str | None = None, **fields: Any) -> JobRegion:
    return JobRegion(**{"id": name, "box": box, "prompt": prompt or f"a {name}", "seed": 7, **fields})


def make_job(regions: tuple[JobRegion, ...] = (), adapters: tuple[Adapter, ...] = (), **fields: Any) -> RenderJob:
    values: dict[str, Any] = {
        "backbone": "tiny",
        "weights": WEIGHTS,
        "prompt": "a meadow",
        "extent": Extent(width=SIDE, height=SIDE),
        "regions": regions,
        "adapters": adapters,
        "seed": 7,
        "steps": 3,
        "guidance": 4.0,
        "global_share": (0.0, 0.0),
    }
    return RenderJob(**{**values, **fields})


def draw(engine: Engine, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Picture:
    *_, last = engine.run(job, before)
    assert isinstance(last, Picture)
    return last


def difference(a: Latents, b: Latents) -> float:
    return float(np.abs(a - b).max())
