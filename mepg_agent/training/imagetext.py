"""The image-text model: transformers' CLIPModel. Its text tower conditions the denoiser, the whole is the verifier.

The text tower comes from the denoiser's training and stays as it is; image tower and projections are fitted to it.

Trained on crops of single things ("a red fox, neon style") and on whole scenes with their captions. Texts that are also
true of another picture of the batch ("a fox" beside a crop of a second fox) are left out of the loss instead of being
pushed away.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from mepg_agent.engine.memory import keep_freed_memory
from mepg_agent.training.captions import article
from mepg_agent.training.config import arguments, read
from mepg_agent.training.crops import HELD_OUT, cut, roughen
from mepg_agent.training.loop import Budget, Run
from mepg_agent.training.pool import CAPTIONS, Pool, Source, all_styles, to_float
from mepg_agent.training.scenes import TINTS

TOKENS = 48
IMAGE = 64


def train_tokenizer(texts: Iterable[str], folder: Path, size: int = 2048) -> CLIPTokenizer:
    """A byte-pair tokenizer of CLIP's form whose frequent words are single tokens; any text can be spelled in it."""
    letters = " ".join("abcdefghijklmnopqrstuvwxyz0123456789-,.;:'!?&()\"")
    tokenizer = CLIPTokenizer().train_new_from_iterator([letters, *texts], vocab_size=size, show_progress=False)
    tokenizer.model_max_length = TOKENS
    tokenizer.save_pretrained(folder)
    return CLIPTokenizer.from_pretrained(folder)


def _tower(width: int, layers: int) -> dict[str, Any]:
    return {
        "hidden_size": width,
        "intermediate_size": 4 * width,
        "num_attention_heads": max(width // 64, 1),
        "num_hidden_layers": layers,
        "projection_dim": width,
    }


def text_config(tokenizer: CLIPTokenizer, width: int, layers: int) -> CLIPTextConfig:
    tokens: dict[str, Any] = {
        f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad")
    }
    return CLIPTextConfig(vocab_size=len(tokenizer), max_position_embeddings=TOKENS, **tokens, **_tower(width, layers))


def build(text: CLIPTextModel, layers: int) -> CLIPModel:
    """A CLIP model around a trained text tower; its image tower is new."""
    width = text.config.hidden_size
    vision = {"image_size": IMAGE, "patch_size": 16, **_tower(width, layers)}
    model = CLIPModel(CLIPConfig(text_config=text.config.to_dict(), vision_config=vision, projection_dim=width))
    model.text_model.load_state_dict(text.state_dict())
    return model


class CropTexts:
    """Captions of crops by label, tokenised once: row of `ids` for (noun, style or none, colour or none)."""

    def __init__(self, tokenizer: CLIPTokenizer, nouns: list[str], styles: list[str]) -> None:
        self.styles, self.colors = len(styles) + 1, len(TINTS) + 1
        texts = []
        for noun in nouns:
            for style in (None, *styles):
                for color in (None, *TINTS):
                    words = article(f"{color} {noun}" if color else noun)
                    texts.append(f"{words}, {style} style" if style else words)
        self.ids = _ids(tokenizer, texts)

    def row(self, noun: Tensor, style: Tensor, color: Tensor) -> Tensor:
        return (noun * self.styles + style + 1) * self.colors + color + 1


def contrast(image: Tensor, text: Tensor, scale: Tensor, also_true: Tensor) -> Tensor:
    """Symmetric cross-entropy; `also_true[i, j]`: text i holds for image j too (i ≠ j), so the pair is ignored."""
    logits = scale.exp() * text @ image.T
    logits = logits.masked_fill(also_true, float("-inf"))
    target = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def train(
    model: CLIPModel, tokenizer: CLIPTokenizer, pool: Pool, folder: Path, budget: Budget, batch: int = 192
) -> None:
    model.text_model.requires_grad_(False)
    learning = [p for p in model.parameters() if p.requires_grad]
    decay, plain = [p for p in learning if p.ndim > 1], [p for p in learning if p.ndim <= 1]
    groups = [{"params": decay, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}]
    run = Run("imagetext", folder, model, torch.optim.AdamW(groups, betas=(0.9, 0.98)), budget, 1e-3, 0.998)
    generator = torch.Generator().manual_seed(pool.source.seed + run.step)
    data = Data(pool, tokenizer, model.text_model.eval())
    for _ in run:
        pixels, words, also_true = data.batch(batch, generator)
        image = model.visual_projection(_pooled(model.vision_model(pixel_values=pixels)))
        text = model.text_projection(words)
        image, text = image / image.norm(dim=-1, keepdim=True), text / text.norm(dim=-1, keepdim=True)
        value = contrast(image, text, model.logit_scale, also_true)
        run.descend(value)
        with torch.no_grad():
            model.logit_scale.clamp_(max=np.log(50))
        run.note(loss=value)
    model.load_state_dict(run.averaged())
    model.eval()


class Data:
    """Batches of three quarters crops and one quarter whole scenes, with the text tower's states for their texts."""

    def __init__(self, pool: Pool, tokenizer: CLIPTokenizer, tower: CLIPTextModel, scenes: int = 10_000) -> None:
        vocabulary = pool.source.vocabulary()
        stop = min(HELD_OUT + scenes, len(pool))
        self.texts = CropTexts(tokenizer, list(vocabulary.nouns), all_styles(vocabulary))
        self.crops = cut(pool, HELD_OUT, stop)
        self.scenes = torch.stack([_small(pool, row) for row in range(HELD_OUT, stop)])
        texts = [text for pair in pool.texts[HELD_OUT:stop] for text in pair]
        self.crop_words = _read_out(tower, self.texts.ids)
        self.scene_words = _read_out(tower, _ids(tokenizer, texts)).view(len(self.scenes), CAPTIONS, -1)

    def batch(self, batch: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Pixels (n, 3, 64, 64), text states (n, width), also_true (n, n)."""
        crops = batch * 3 // 4
        rows = torch.randint(len(self.crops.labels), (crops,), generator=generator)
        whole = torch.randint(len(self.scenes), (batch - crops,), generator=generator)
        seen = roughen(to_float(self.scenes[whole]), generator)
        pixels = torch.cat([self.crops.batch(rows, generator), seen])
        noun, style, color = self.crops.labels[rows].unbind(1)
        say = torch.rand((2, crops), generator=generator)
        said_style = torch.where(say[0] < 0.6, style, -1)
        said_color = torch.where(say[1] < 0.5, color, -1)
        which = torch.randint(CAPTIONS, whole.shape, generator=generator)
        of_crops = self.crop_words[self.texts.row(noun, said_style, said_color)]
        words = torch.cat([of_crops, self.scene_words[whole, which]])
        true = noun[:, None] == noun[None, :]
        true &= (said_style[:, None] == style[None, :]) | (said_style[:, None] < 0)
        true &= (said_color[:, None] == color[None, :]) | (said_color[:, None] < 0)
        true.fill_diagonal_(False)
        return pixels, words, F.pad(true, (0, batch - crops, 0, batch - crops))


def _small(pool: Pool, row: int) -> Tensor:
    image = pool.picture(row)
    return torch.from_numpy(np.array(image.resize((IMAGE, IMAGE), Image.Resampling.BOX)))


@torch.no_grad()
def accuracy(model: CLIPModel, tokenizer: CLIPTokenizer, pool: Pool) -> dict[str, float]:
    """Zero-shot share of right nouns, and of right styles given the noun, on crops of held-out scenes."""
    vocabulary = pool.source.vocabulary()
    nouns, styles = list(vocabulary.nouns), all_styles(vocabulary)
    texts = CropTexts(tokenizer, nouns, styles)
    crops = cut(pool, 0, HELD_OUT)
    pixels = crops.batch(torch.arange(len(crops.labels)), torch.Generator().manual_seed(1), rough=False)
    image = _pooled(model.get_image_features(pixel_values=pixels))
    noun, style, _ = crops.labels.unbind(1)
    every = torch.arange(len(nouns))
    none = torch.full_like(every, -1)
    named = _directions(model, texts.ids[texts.row(every, none, none)])
    grid = torch.arange(len(styles)).repeat(len(nouns))
    of = every.repeat_interleave(len(styles))
    styled = _directions(model, texts.ids[texts.row(of, grid, torch.full_like(of, -1))])
    styled = styled.view(len(nouns), len(styles), -1)[noun]
    return {
        "noun": float(((image @ named.T).argmax(1) == noun).float().mean()),
        "style": float((torch.einsum("nsd,nd->ns", styled, image).argmax(1) == style).float().mean()),
    }


def _ids(tokenizer: CLIPTokenizer, texts: list[str]) -> Tensor:
    """Padded to the longest only: a causal tower's state at the end of a text does not know what follows."""
    return tokenizer(texts, padding=True, truncation=True, return_tensors="pt")["input_ids"]


@torch.no_grad()
def _read_out(tower: CLIPTextModel, ids: Tensor) -> Tensor:
    return torch.cat([_pooled(tower(input_ids=chunk)) for chunk in ids.split(256)])


def _pooled(output: Any) -> Tensor:
    return output.pooler_output


def _directions(model: CLIPModel, ids: Tensor) -> Tensor:
    words = torch.cat([_pooled(model.get_text_features(input_ids=chunk)) for chunk in ids.split(128)])
    return words / words.norm(dim=-1, keepdim=True)


def main() -> None:
    config = read(arguments(__doc__).parse_args().config)
    keep_freed_memory()
    pool = Pool(Source.of(config.data))
    tokenizer = CLIPTokenizer.from_pretrained(config.data.tokenizer)
    torch.manual_seed(config.data.seed + 1)
    text = CLIPTextModel.from_pretrained(config.out / "text_encoder")
    model = build(text, config.imagetext.image_layers)
    sizes = config.imagetext
    train(model, tokenizer, pool, config.out / "runs", Budget(minutes=sizes.minutes), sizes.batch)
    model.save_pretrained(config.out / "verifier")
    tokenizer.save_pretrained(config.out / "verifier")
    print(accuracy(model, tokenizer, pool))


if __name__ == "__main__":
    main()
