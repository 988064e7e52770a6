"""A tiny CLIP model in the format the verifier reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import CLIPConfig, CLIPModel, PreTrainedTokenizerFast, SiglipConfig, SiglipModel

WORDS = "a an fox dog castle apple red blue green ink neon flat style , background empty blurry texture random noise"


def save_tokenizer(folder: Path) -> int:
    """A token a word; returns how many there are."""
    words = {word: i for i, word in enumerate(["[PAD]", "[START]", "[UNK]", "[END]", *WORDS.split()])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[START] $A [END]", special_tokens=[("[START]", 1), ("[END]", 3)]
    )
    names = {"pad_token": "[PAD]", "bos_token": "[START]", "eos_token": "[END]", "unk_token": "[UNK]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=16, **names).save_pretrained(folder)
    return len(words)


def save_siglip(folder: Path) -> Path:
    """Random weights."""
    tower: dict[str, Any] = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2}
    tower["num_hidden_layers"] = 1
    text = {**tower, "vocab_size": save_tokenizer(folder), "max_position_embeddings": 16, "projection_size": 32}
    text |= {"bos_token_id": 1, "eos_token_id": 3, "pad_token_id": 0}
    torch.manual_seed(0)
    config = SiglipConfig(text_config=text, vision_config={**tower, "image_size": 32, "patch_size": 8})
    SiglipModel(config).save_pretrained(folder)
    return folder


def save_clip(folder: Path) -> Path:
    """Random weights, but a text tower that tells its few words well apart."""
    words = save_tokenizer(folder)
    tower = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2, "num_hidden_layers": 1}
    text = {**tower, "vocab_size": words, "max_position_embeddings": 16, "projection_dim": 32}
    text |= {"bos_token_id": 1, "eos_token_id": 3, "pad_token_id": 0}
    vision = {**tower, "image_size": 32, "patch_size": 8, "projection_dim": 32}
    torch.manual_seed(0)
    model: Any = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=32))
    model.logit_scale.data.fill_(np.log(100))
    model.text_model.embeddings.token_embedding.weight.data.mul_(50)
    attention = model.text_model.encoder.layers[0].self_attn
    for part in (attention.q_proj, attention.k_proj):
        part.weight.data.zero_()  # attention that only averages: the end token hears every word
    for part in (attention.v_proj, attention.out_proj):
        part.weight.data.copy_(torch.eye(32) * 10)
    model.save_pretrained(folder)
    return folder
