"""Pipelines with random weights, shaped like real ones: the time a picture takes does not depend on what they are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DPMSolverMultistepScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from safetensors.torch import save_file
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from mepg_agent.engine.patch_autoencoder import PatchAutoencoder
from mepg_agent.engine.sketch_reader import SketchReader
from mepg_agent.engine.sketcher import Sketcher
from mepg_agent.engine.sketching import Artist
from mepg_agent.records import Adapter

ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
WIDE = ("conv1", "conv2", "ff.net.0.proj", "ff.net.2")
CROSS, PLAIN = ("CrossAttnDownBlock2D", "CrossAttnUpBlock2D"), ("DownBlock2D", "UpBlock2D")
KL = {
    "block_out_channels": (128, 256, 512, 512),
    "layers_per_block": 2,
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
}


@dataclass(frozen=True)
class Arch:
    """The sizes of a family, and those of its usual adapters. diffusers' defaults are those of Stable Diffusion."""

    unet: Mapping[str, Any]
    encoders: tuple[Mapping[str, Any], ...]  # two make it an SDXL
    vae: type[AutoencoderKL] | type[PatchAutoencoder]
    vae_sizes: Mapping[str, Any]
    tokens: int  # of a prompt
    pixels: int  # side of the canvas it draws best
    rank: int
    targets: tuple[str, ...]  # endings of the layers that an adapter works on
    within: tuple[str, ...] = ("",)  # beginnings of them
    reader: tuple[tuple[int, ...], tuple[int, ...]] | None = None  # widths and blocks of what reads its sketches


def _clip(width: int, inner: int, layers: int, heads: int, act: str = "quick_gelu") -> dict[str, Any]:
    return {
        "hidden_size": width,
        "intermediate_size": inner,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "projection_dim": width,
        "hidden_act": act,
    }


ARCHS: dict[str, Arch] = {
    "picturebook": Arch(
        unet={
            "sample_size": 32,
            "in_channels": 16,
            "out_channels": 16,
            "layers_per_block": 1,
            "block_out_channels": (64, 160, 256),
            "down_block_types": (PLAIN[0], CROSS[0], CROSS[0]),
            "up_block_types": (CROSS[1], CROSS[1], PLAIN[1]),
            "cross_attention_dim": 192,
            "attention_head_dim": (2, 5, 8),
            "use_linear_projection": True,
            "norm_num_groups": 16,
        },
        encoders=(_clip(192, 768, 3, 3),),
        vae=PatchAutoencoder,
        vae_sizes={"patch": 8, "width": 192, "block_out_channels": (1,) * 4},
        tokens=48,
        pixels=256,
        rank=8,
        targets=(*ATTENTION, *WIDE, "proj_in", "proj_out", "conv_shortcut", "conv_out"),
        within=("up_blocks.", "conv_out"),
        reader=((96, 160, 256), (1, 1, 0)),
    ),
    "sd15": Arch(
        unet={
            "sample_size": 64,
            "block_out_channels": (320, 640, 1280, 1280),
            "down_block_types": (*(CROSS[0],) * 3, PLAIN[0]),
            "up_block_types": (PLAIN[1], *(CROSS[1],) * 3),
            "cross_attention_dim": 768,
            "attention_head_dim": 8,
        },
        encoders=(_clip(768, 3072, 12, 12),),
        vae=AutoencoderKL,
        vae_sizes=KL,
        tokens=77,
        pixels=512,
        rank=16,
        targets=ATTENTION,
    ),
    "sdxl": Arch(
        unet={
            "sample_size": 128,
            "block_out_channels": (320, 640, 1280),
            "down_block_types": (PLAIN[0], CROSS[0], CROSS[0]),
            "up_block_types": (CROSS[1], CROSS[1], PLAIN[1]),
            "transformer_layers_per_block": (1, 2, 10),
            "cross_attention_dim": 2048,
            "attention_head_dim": (5, 10, 20),
            "use_linear_projection": True,
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": 256,
            "projection_class_embeddings_input_dim": 6 * 256 + 1280,
        },
        encoders=(_clip(768, 3072, 12, 12), _clip(1280, 5120, 32, 20, "gelu")),
        vae=AutoencoderKL,
        vae_sizes=KL,
        tokens=77,
        pixels=1024,
        rank=16,
        targets=ATTENTION,
    ),
}


def build(arch: Arch, device: str, dtype: torch.dtype) -> Any:
    """A pipeline of that shape, ready to draw."""
    torch.manual_seed(0)
    words = _tokenizer(arch.tokens)
    unet: dict[str, Any] = dict(arch.unet)
    vae: Any = arch.vae(**{"latent_channels": unet.get("in_channels", 4), **arch.vae_sizes})
    parts: dict[str, Any] = {
        "vae": vae,
        "tokenizer": words,
        "text_encoder": CLIPTextModel(_text(words, arch.encoders[0])),
        "unet": UNet2DConditionModel(**unet),
        "scheduler": DPMSolverMultistepScheduler(
            beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, steps_offset=1
        ),
    }
    if len(arch.encoders) == 2:
        second = CLIPTextModelWithProjection(_text(words, arch.encoders[1]))
        pipe: Any = StableDiffusionXLPipeline(**parts, text_encoder_2=second, tokenizer_2=words)
    else:
        absent: dict[str, Any] = {"safety_checker": None, "feature_extractor": None}
        pipe = StableDiffusionPipeline(**parts, **absent, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    for part in pipe.components.values():
        if isinstance(part, nn.Module):
            part.eval().requires_grad_(False)
    pipe.to(device, dtype)
    if arch.reader is not None:
        artist = Artist(Sketcher(unet["cross_attention_dim"]), SketchReader.of(pipe.unet, *arch.reader))
        artist.to(device).joins(pipe)
    return pipe


def save_adapter(arch: Arch, unet: nn.Module, file: Path, seed: int) -> Adapter:
    """A random low-rank adapter of the family's usual size, as a file that the engine reads."""
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for name, module in unet.named_modules():
        if not (name.startswith(arch.within) and name.endswith(arch.targets)):
            continue
        outer, inner, *kernel = module.get_parameter("weight").shape
        down, up = (arch.rank, inner, *kernel), (outer, arch.rank, *(1 for _ in kernel))
        for half, shape in (("A", down), ("B", up)):
            drawn = torch.randn(shape, generator=generator)
            state[f"unet.{name}.lora_{half}.weight"] = 0.5 * drawn / drawn[0].numel() ** 0.5
    save_file(state, file)
    return Adapter(id=file.stem, path=str(file), sha256=hashlib.sha256(file.read_bytes()).hexdigest())


def _tokenizer(tokens: int) -> CLIPTokenizer:
    """One token a letter; prompts are padded to the family's length whatever they say."""
    letters = "abcdefghijklmnopqrstuvwxyz "
    every = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    vocab: Any = {token: number for number, token in enumerate(every)}
    return CLIPTokenizer(vocab=vocab, merges=[], model_max_length=tokens)


def _text(words: CLIPTokenizer, sizes: Mapping[str, Any]) -> CLIPTextConfig:
    ids: dict[str, Any] = {f"{name}_token_id": getattr(words, f"{name}_token_id") for name in ("bos", "eos", "pad")}
    return CLIPTextConfig(vocab_size=len(words), max_position_embeddings=words.model_max_length, **ids, **sizes)
