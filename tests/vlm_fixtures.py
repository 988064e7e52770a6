"""A tiny image-text-to-text model of a real class, in the format the verifier reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    CLIPImageProcessor,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)

from mepg_agent.settings import asset_root

IMAGE = 3  # id of the token that stands for a part of a picture
CHAT = (
    "{% for m in messages %}{{ m['role'] }}: {% for part in m['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"
)


def save_vlm(folder: Path) -> Path:
    """LLaVA with random weights, and a tokenizer that has read the verifier's prompt."""
    special = ["<pad>", "<s>", "</s>", "<image>"]
    bytes_of = Tokenizer(models.BPE())
    bytes_of.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_of.decoder = decoders.ByteLevel()
    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=700, special_tokens=special, initial_alphabet=letters, show_progress=False)
    bytes_of.train_from_iterator([(asset_root() / "prompts" / "verify.md").read_text(encoding="utf-8")], trainer)
    names: dict[str, Any] = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bytes_of, additional_special_tokens=["<image>"], **names)
    pictures = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    processor = LlavaProcessor(
        image_processor=pictures,
        tokenizer=tokenizer,
        patch_size=16,
        vision_feature_select_strategy="full",
        num_additional_image_tokens=1,
        chat_template=CHAT,
    )
    processor.save_pretrained(folder)
    tower: dict[str, Any] = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    tower["num_attention_heads"] = 2
    vision = CLIPVisionConfig(image_size=32, patch_size=16, **tower)
    ids: dict[str, Any] = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    text = LlamaConfig(vocab_size=bytes_of.get_vocab_size(), max_position_embeddings=4096, **ids, **tower)
    parts: dict[str, Any] = {"vision_config": vision, "text_config": text, "image_token_index": IMAGE}
    torch.manual_seed(0)
    config = LlavaConfig(vision_feature_layer=-1, vision_feature_select_strategy="full", **parts)
    model: Any = LlavaForConditionalGeneration(config)
    # Loud enough that different pictures get different answers, not so loud that these are all certain.
    torch.nn.init.normal_(model.get_input_embeddings().weight.data)
    torch.nn.init.normal_(model.get_output_embeddings().weight.data, std=0.2)
    model.save_pretrained(folder)
    return folder
