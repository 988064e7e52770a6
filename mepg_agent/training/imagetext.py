"""The image-text model: transformers' CLIPModel. Its text tower conditions the denoiser, the whole is the verifier.

Trained on crops of single things ("a red fox, neon style") and on whole scenes with their captions. Texts that are also
true of another picture of the batch ("a fox" beside a crop of a second fox) are left out of the loss instead of being
pushed away.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer

from mepg_agent.training.captions import article
from mepg_agent.training.loop import Budget, Run
from mepg_agent.training.pool import Pool, all_styles
from mepg_agent.training.scenes import TINTS

TOKENS = 64
IMAGE = 96


def train_tokenizer(texts: Iterable[str], folder: Path, size: int = 2048) -> CLIPTokenizer:
    """A byte-pair tokenizer of CLIP's form whose frequent words are single tokens; any text can be spelled in it."""
    letters = " ".join("abcdefghijklmnopqrstuvwxyz0123456789-,.;:'!?&()\"")
    tokenizer = CLIPTokenizer().train_new_from_iterator([letters, *texts], vocab_size=size, show_progress=False)
    tokenizer.model_max_length = TOKENS
    tokenizer.save_pretrained(folder)
    return CLIPTokenizer.from_pretrained(folder)


def build(tokenizer: CLIPTokenizer, width: int = 256, text_layers: int = 4, vision_layers: int = 6) -> CLIPModel:
    start, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    shared = {"hidden_size": width, "intermediate_size": 4 * width, "num_attention_heads": max(width // 64, 1)}
    text = {
        "vocab_size": len(tokenizer),
        "max_position_embeddings": TOKENS,
        "num_hidden_layers": text_layers,
        "bos_token_id": start,
        "eos_token_id": end,
        "pad_token_id": tokenizer.pad_token_id,
        "projection_dim": width,
        **shared,
    }
    vision = {
        "image_size": IMAGE,
        "patch_size": 8,
        "num_hidden_layers": vision_layers,
        "projection_dim": width,
        **shared,
    }
    return CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=width))


class CropTexts:
    """Captions of crops by label, tokenised once: row of `ids` for (noun, style or none, colour or none)."""

    def __init__(self, tokenizer: CLIPTokenizer, nouns: list[str], styles: list[str], device: torch.device) -> None:
        self.styles, self.colors = len(styles) + 1, len(TINTS) + 1
        texts = []
        for noun in nouns:
            for style in (None, *styles):
                for color in (None, *TINTS):
                    words = article(f"{color} {noun}" if color else noun)
                    texts.append(f"{words}, {style} style" if style else words)
        ids = tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt")["input_ids"]
        self.ids = ids.to(device)

    def row(self, noun: Tensor, style: Tensor, color: Tensor) -> Tensor:
        return (noun * self.styles + style + 1) * self.colors + color + 1


def sample_boxes(boxes: Tensor, generator: torch.Generator) -> Tensor:
    """Corners jittered as crops of drawn regions are: a little too wide, a little off. (n, 4) -> (n, 4)."""
    size = (boxes[:, 2:] - boxes[:, :2]).amax(1, keepdim=True)
    centre = (boxes[:, 2:] + boxes[:, :2]) / 2
    noise = torch.rand((len(boxes), 3), generator=generator, device=boxes.device)
    centre = centre + (noise[:, :2] - 0.5) * 0.2 * size
    half = size * (0.5 + 0.22 * noise[:, 2:])
    return torch.cat([centre - half, centre + half], 1)


def crop(images: Tensor, boxes: Tensor, size: int) -> Tensor:
    """Square crops (n, 3, size, size) in -1..1 of uint8 images (n, h, w, 3); outside is the edge repeated."""
    start, span = boxes[:, :2], boxes[:, 2:] - boxes[:, :2]
    steps = (torch.arange(size, device=boxes.device) + 0.5) / size
    x = (start[:, None, 0] + span[:, None, 0] * steps) * 2 - 1
    y = (start[:, None, 1] + span[:, None, 1] * steps) * 2 - 1
    grid = torch.stack([x[:, None, :].expand(-1, size, -1), y[:, :, None].expand(-1, -1, size)], -1)
    pixels = images.permute(0, 3, 1, 2).float()
    out = torch.empty((len(images), 3, size, size), device=images.device)
    scale = (span.amax(1) * images.shape[1] / size).clamp(min=1)
    for level in range(3):  # crops that shrink are taken from a smaller copy, else they alias
        chosen = (scale.log2().round().clamp(0, 2) == level).nonzero()[:, 0]
        if len(chosen):
            source = F.avg_pool2d(pixels[chosen], 2**level) if level else pixels[chosen]
            out[chosen] = F.grid_sample(source, grid[chosen], padding_mode="border", align_corners=False)
    return out.div_(127.5).sub_(1)


def roughen(image: Tensor, generator: torch.Generator) -> Tensor:
    """What drawn pictures have and scenes have not: blur, grain, shifted light. (n, 3, s, s) -> same."""
    n, device = len(image), image.device
    amount = torch.rand((4, n, 1, 1, 1), generator=generator, device=device)
    soft = F.interpolate(F.avg_pool2d(image, 2), size=image.shape[-2:], mode="bilinear")
    image = torch.lerp(image, soft, amount[0] * (amount[0] > 0.4))
    grain = torch.randn(image.shape, generator=generator, device=device)
    image = image + grain * 0.12 * (amount[1] - 0.5).clamp(min=0)
    return (image * (0.85 + 0.3 * amount[2]) + 0.2 * (amount[3] - 0.5)).clamp(-1, 1)


def contrast(image: Tensor, text: Tensor, scale: Tensor, also_true: Tensor) -> Tensor:
    """Symmetric cross-entropy; `also_true[i, j]`: text i holds for image j too (i ≠ j), so the pair is ignored."""
    logits = scale.exp() * text @ image.T
    logits = logits.masked_fill(also_true, float("-inf"))
    target = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def train(
    pool: Pool, tokenizer: CLIPTokenizer, folder: Path, budget: Budget, batch: int = 768, model: CLIPModel | None = None
) -> CLIPModel:
    torch.manual_seed(pool.source.seed + 1)
    model = (model or build(tokenizer)).to(pool.device)
    decay = [p for p in model.parameters() if p.ndim > 1]
    plain = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}], lr=1e-3, betas=(0.9, 0.98)
    )
    run = Run("imagetext", folder, model, optimizer, budget, peak=1e-3, ema_decay=0.999)
    generator = torch.Generator(pool.device).manual_seed(pool.source.seed + run.step)
    vocabulary = pool.source.vocabulary()
    texts = CropTexts(tokenizer, list(vocabulary.nouns), all_styles(vocabulary), pool.device)
    for _ in run:
        pixels, ids, also_true = batch_of(pool, texts, batch, generator)
        with torch.autocast(pool.device.type, torch.bfloat16, enabled=pool.device.type == "cuda"):
            out = model(input_ids=ids, pixel_values=pixels)
            image = out.image_embeds / out.image_embeds.norm(dim=-1, keepdim=True)
            text = out.text_embeds / out.text_embeds.norm(dim=-1, keepdim=True)
        value = contrast(image.float(), text.float(), model.logit_scale, also_true)
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(max=np.log(50))
        run.note(loss=value)
    model.load_state_dict(run.averaged())
    return model.eval()


def batch_of(pool: Pool, texts: CropTexts, batch: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Three quarters crops, one quarter scenes: pixels (n, 3, 96, 96), token ids (n, 64), also_true (n, n)."""
    rows = pool.rows(batch, generator)
    crops = batch * 3 // 4
    labels = pool.labels[rows].long()
    pick = torch.rand(labels.shape[:2], generator=generator, device=pool.device)
    pick = (pick - 2.0 * (labels[..., 0] < 0)).argmax(1)
    chosen = labels[torch.arange(batch, device=pool.device), pick]
    boxes = sample_boxes(pool.boxes[rows, pick], generator)
    boxes[crops:] = torch.tensor([0.0, 0.0, 1.0, 1.0], device=pool.device)
    pixels = roughen(crop(pool.image[rows], boxes, IMAGE), generator)
    noun, style, color = chosen.unbind(1)
    say = torch.rand((2, batch), generator=generator, device=pool.device)
    said_style = torch.where(say[0] < 0.6, style, -1)
    said_color = torch.where(say[1] < 0.5, color, -1)
    ids = texts.ids[texts.row(noun.clamp(min=0), said_style, said_color)]
    which = torch.randint(pool.ids.shape[1], (batch,), generator=generator, device=pool.device)
    ids[crops:] = pool.ids[rows, which][crops:].long()
    true = noun[:, None] == noun[None, :]
    true &= (said_style[:, None] == style[None, :]) | (said_style[:, None] < 0)
    true &= (said_color[:, None] == color[None, :]) | (said_color[:, None] < 0)
    true[crops:] = False
    true[:, crops:] = False
    true.fill_diagonal_(False)
    return pixels, ids, true


@torch.no_grad()
def accuracy(model: CLIPModel, tokenizer: CLIPTokenizer, pool: Pool, rows: Tensor, seed: int = 1) -> dict[str, float]:
    """Zero-shot share of right nouns and right styles on crops of the given scenes."""
    vocabulary = pool.source.vocabulary()
    nouns, styles = list(vocabulary.nouns), all_styles(vocabulary)
    texts = CropTexts(tokenizer, nouns, styles, pool.device)
    generator = torch.Generator(pool.device).manual_seed(seed)
    none = torch.full((len(nouns),), -1, device=pool.device)
    every = torch.arange(len(nouns), device=pool.device)
    words = model.get_text_features(input_ids=texts.ids[texts.row(every, none, none)]).pooler_output
    words = words / words.norm(dim=-1, keepdim=True)
    labels = pool.labels[rows].long()
    pixels = crop(pool.image[rows], sample_boxes(pool.boxes[rows, 0], generator), IMAGE)
    right = {"noun": 0.0, "style": 0.0}
    for chunk, label in zip(pixels.split(128), labels[:, 0].split(128), strict=True):
        image = model.get_image_features(pixel_values=chunk).pooler_output
        right["noun"] += float(((image @ words.T).argmax(1) == label[:, 0]).sum())
        for i, vector in enumerate(image):
            noun = label[i, 0].clamp(min=0).expand(len(styles))
            rows_ = texts.row(noun, torch.arange(len(styles), device=pool.device), torch.full_like(noun, -1))
            said = model.get_text_features(input_ids=texts.ids[rows_]).pooler_output
            said = said / said.norm(dim=-1, keepdim=True)
            right["style"] += float((said @ vector).argmax() == label[i, 1])
    return {k: v / len(rows) for k, v in right.items()}
