"""The image-text model, transformers' VisionTextDualEncoderModel: the verifier of the loop.

It is CLIP (arXiv 2103.00020) with a convolutional image tower, which learns from fewer crops than a vision transformer.
Its text tower is the taught one (`training/words.py`) that the denoiser starts from, and stays as it is; image tower
and projections are fitted to it. Crops of single things are held against the texts that could be meant: every noun,
then, of the right noun, every style and every colour ("a fox, neon style"), as the verifier asks later. Of a piece of
background and of a spoiled thing (`drawn.py`) it learns to be sure of nothing, so that what was not drawn is missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import (
    CLIPTextModel,
    CLIPTokenizer,
    VisionTextDualEncoderConfig,
    VisionTextDualEncoderModel,
)

from mepg_agent.engine.memory import keep_freed_memory
from mepg_agent.engine.patch_autoencoder import PatchAutoencoder
from mepg_agent.english import noun_phrase
from mepg_agent.portfolio import Vocabulary
from mepg_agent.training.config import arguments, read
from mepg_agent.training.crops import (
    HELD_OUT,
    SIZE,
    WHOLES,
    Crops,
    batch_of,
    cut_empty,
    held_out,
    lessons,
    middle,
    naming,
    right,
)
from mepg_agent.training.drawn import FOLDER, kept
from mepg_agent.training.draws import integers
from mepg_agent.training.loop import Budget, Run
from mepg_agent.training.pool import all_styles, pools
from mepg_agent.training.scenes import TINTS
from mepg_agent.verify.tower import FlatResNetConfig

Model = Any  # VisionTextDualEncoderModel, whose towers transformers declares as optional
SEED = 5001  # not the scorer's
EMPTY = 8  # crops of things for every piece of background
PEAK, FURTHER = 1e-3, 5e-4  # learning rates: from nothing, and of a verifier that goes on


def build(text: CLIPTextModel, widths: Sequence[int]) -> Model:
    """A model around a taught text tower; its image tower, two blocks of each of `widths`, is new."""
    vision = FlatResNetConfig(
        embedding_size=widths[0], hidden_sizes=list(widths), depths=[2] * len(widths), layer_type="basic",
        hidden_size=widths[-1], image_size=SIZE,
    )  # fmt: skip
    towers = {"vision_config": vision.to_dict(), "text_config": text.config.to_dict()}
    config = VisionTextDualEncoderConfig(**towers, projection_dim=text.config.hidden_size)
    model: Model = VisionTextDualEncoderModel(config)
    model.text_model.load_state_dict(text.state_dict())
    return model


class Texts:
    """What may be said of a crop, as states of the text tower: nouns (n, w), styled (n, s, w), colored (n, c, w)."""

    def __init__(self, tower: CLIPTextModel, tokenizer: CLIPTokenizer, nouns: list[str], styles: list[str]) -> None:
        self.tower, self.tokenizer = tower, tokenizer
        self.nouns = self._states([noun_phrase(n, None) for n in nouns])
        self.styled = self._states([f"{noun_phrase(n, None)}, {s} style" for n in nouns for s in styles])
        self.styled = self.styled.view(len(nouns), len(styles), -1)
        self.colored = self._states([noun_phrase(n, c) for n in nouns for c in TINTS]).view(len(nouns), len(TINTS), -1)

    @torch.no_grad()
    def _states(self, texts: list[str]) -> Tensor:
        """Padded to the longest only: a causal tower's state at the end of a text does not know what follows."""
        ids = self.tokenizer(texts, padding=True, truncation=True, return_tensors="pt")["input_ids"]
        ids = ids.to(self.tower.device)
        return torch.cat([self.tower(input_ids=chunk).pooler_output for chunk in ids.split(256)])


def directions(projected: Tensor) -> Tensor:
    return F.normalize(projected, dim=-1)


def seen(model: Model, pixels: Tensor) -> Tensor:
    """Directions of crops (n, 3, s, s) times the logit scale: (n, width)."""
    pooled: Any = model.vision_model(pixel_values=pixels).pooler_output
    return model.logit_scale.exp() * directions(model.visual_projection(pooled))


def answers(model: Model, image: Tensor, noun: Tensor, texts: Texts) -> tuple[Tensor, Tensor, Tensor]:
    """Logits of every noun (n, nouns), and given the right noun of every style (n, styles) and colour (n, colours)."""
    said = [directions(model.text_projection(t)) for t in (texts.nouns, texts.styled, texts.colored)]
    return (
        image @ said[0].T,
        torch.einsum("nw,nsw->ns", image, said[1][noun]),
        torch.einsum("nw,ncw->nc", image, said[2][noun]),
    )


def train(
    model: Model,
    texts: Texts,
    sets: Sequence[Crops],
    empty: Crops,
    folder: Path,
    budget: Budget,
    batch: int = 128,
    peak: float = PEAK,
) -> None:
    model.train().text_model.requires_grad_(False)
    model.vision_model.to(memory_format=torch.channels_last)  # twice as fast on a CPU
    learning = [p for p in model.parameters() if p.requires_grad]
    decay, plain = [p for p in learning if p.ndim > 1], [p for p in learning if p.ndim <= 1]
    groups = [{"params": decay, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}]
    run = Run("imagetext", folder, model, torch.optim.AdamW(groups, betas=(0.9, 0.98)), budget, peak, 0.998)
    generator = torch.Generator(empty.pixels.device).manual_seed(SEED + run.step)
    for _ in run:
        things, labels = batch_of(sets, batch, generator)
        parts, theirs = batch_of(sets, batch // WHOLES, generator, Crops.parts)
        bare = integers(len(empty.labels), (batch // EMPTY,), generator)
        views = torch.cat([things, parts, empty.batch(bare, generator)]).contiguous(memory_format=torch.channels_last)
        image, detail, empties = seen(model, views).split([len(things), len(parts), len(bare)])
        labels = labels.unbind(1)
        found = answers(model, image, labels[0], texts)
        terms = [F.cross_entropy(s, true, ignore_index=-1) for s, true in zip(found[1:], labels[1:], strict=True)]
        noun, style, _ = theirs.unbind(1)
        terms.append(F.cross_entropy(answers(model, detail, noun, texts)[1], style, ignore_index=-1) / WHOLES)
        unsure, _, _ = answers(model, empties, bare * 0, texts)
        value = sum(terms, naming(torch.cat([found[0], unsure]), F.pad(labels[0], (0, len(unsure)), value=-1)))
        run.descend(value)
        with torch.no_grad():
            model.logit_scale.clamp_(max=np.log(50))
        run.note(loss=value, noun=right(found[0], labels[0]))
    model.load_state_dict(run.averaged())
    model.eval()


def said(model: Model, tokenizer: CLIPTokenizer, vocabulary: Vocabulary) -> Texts:
    return Texts(model.text_model.eval(), tokenizer, list(vocabulary.nouns), all_styles(vocabulary))


@torch.no_grad()
def accuracy(model: Model, texts: Texts, crops: Crops, bare: Crops) -> dict[str, float]:
    """Share of right nouns, and of right styles given the noun, by the whole thing and parts of it; and the share of
    bare pieces of background in which no noun gets as much as half."""
    rows, generator = torch.arange(len(crops.labels)), torch.Generator().manual_seed(1)
    noun, style, _ = crops.labels.unbind(1)
    nouns, styles, _ = answers(model, seen(model, crops.batch(rows, generator, rough=False)), noun, texts)
    parts = [answers(model, seen(model, part), noun, texts)[1] for part in crops.four_parts(rows, generator)]
    styles = torch.stack([styles, *parts]).softmax(-1).mean(0)
    views = bare.batch(torch.arange(len(bare.labels)), torch.Generator().manual_seed(1), rough=False)
    unsure, _, _ = answers(model, seen(model, views), torch.zeros(len(views), dtype=torch.long), texts)
    return {
        "sure of nothing": float((unsure.softmax(-1).amax(1) < 0.5).float().mean()),
        "noun": float(right(nouns, noun)),
        "style": float(right(styles, style)),
    }


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--start", type=Path, help="a verifier's folder to go on from")
    parser.add_argument("--drawn", action="store_true", help="learn from what mepg_agent.training.drawn made, too")
    options = parser.parse_args()
    config = read(options.config)
    keep_freed_memory()
    every = pools(config.data)
    tokenizer = CLIPTokenizer.from_pretrained(config.data.tokenizer)
    torch.manual_seed(config.data.seed + 1)
    text = CLIPTextModel.from_pretrained(config.out / "text_encoder", dtype=torch.float32)
    sizes = config.imagetext
    model = build(text, sizes.widths)
    if options.start:
        model.load_state_dict(VisionTextDualEncoderModel.from_pretrained(options.start).float().state_dict())
    model = model.to(options.device)
    texts = said(model, tokenizer, every[0].source.vocabulary())
    vae = PatchAutoencoder.from_pretrained(config.out / "vae").to(options.device)
    spans = [(HELD_OUT, min(middle(pool), HELD_OUT + sizes.scenes)) for pool in every]
    sets = lessons(vae, every, spans)
    if options.drawn:
        sets.append(kept(config.data.pool / FOLDER, *spans[-1]).to(options.device))
    empty = cut_empty(every[0], *spans[0]).to(options.device)
    budget, peak = Budget(minutes=sizes.minutes), FURTHER if options.start else PEAK
    train(model, texts, sets, empty, config.out / "runs", budget, sizes.batch, peak)
    model.cpu().save_pretrained(config.out / "verifier")
    texts = said(model, tokenizer, every[0].source.vocabulary())
    tokenizer.save_pretrained(config.out / "verifier")
    bare = cut_empty(every[0], 0, HELD_OUT)
    print("scenes of all kinds", accuracy(model, texts, held_out(every[:1]), bare))
    print("experts' styles, and side by side", accuracy(model, texts, held_out(every[1:]), bare))


if __name__ == "__main__":
    main()
