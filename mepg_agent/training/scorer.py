"""Training of the benchmark's judge (`bench/scorer.py`) on crops of composed scenes, never on drawn pictures."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from mepg_agent.bench.scorer import SIZE, Scorer
from mepg_agent.training.imagetext import crop, roughen, sample_boxes
from mepg_agent.training.loop import Budget, Run
from mepg_agent.training.pool import Pool, all_styles


def train(pool: Pool, folder: Path, budget: Budget, batch: int = 512) -> Scorer:
    torch.manual_seed(pool.source.seed + 7001)
    vocabulary = pool.source.vocabulary()
    model = Scorer(list(vocabulary.nouns), all_styles(vocabulary)).to(pool.device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.02)
    run = Run("scorer", folder, model, optimizer, budget, peak=2e-3)
    generator = torch.Generator(pool.device).manual_seed(pool.source.seed + 7001 + run.step)
    for _ in run:
        pixels, noun, style = crops(pool, pool.rows(batch, generator), generator)
        with torch.autocast(pool.device.type, torch.bfloat16, enabled=pool.device.type == "cuda"):
            nouns, styles = model(roughen(pixels, generator))
        value = F.cross_entropy(nouns.float(), noun, label_smoothing=0.05) + F.cross_entropy(styles.float(), style)
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        optimizer.step()
        run.note(
            loss=value, noun=(nouns.argmax(1) == noun).float().mean(), style=(styles.argmax(1) == style).float().mean()
        )
    return model.eval()


def crops(pool: Pool, rows: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """One thing of each scene: pixels (n, 3, 96, 96), noun (n,), style (n,)."""
    labels = pool.labels[rows].long()
    pick = torch.rand(labels.shape[:2], generator=generator, device=pool.device)
    pick = (pick - 2.0 * (labels[..., 0] < 0)).argmax(1)
    chosen = labels[torch.arange(len(rows), device=pool.device), pick]
    boxes = sample_boxes(pool.boxes[rows, pick], generator)
    return crop(pool.image[rows], boxes, SIZE), chosen[:, 0].clamp(min=0), chosen[:, 1].clamp(min=0)


@torch.no_grad()
def accuracy(model: Scorer, pool: Pool, rows: Tensor, seed: int = 0) -> tuple[float, float]:
    """Share of right nouns and right styles on the given scenes, one crop each."""
    generator = torch.Generator(pool.device).manual_seed(seed)
    right = torch.zeros(2)
    for chunk in rows.split(256):
        pixels, noun, style = crops(pool, chunk, generator)
        nouns, styles = model.judge(pixels)
        right += torch.stack([(nouns.argmax(1) == noun).sum(), (styles.argmax(1) == style).sum()]).cpu()
    return float(right[0] / len(rows)), float(right[1] / len(rows))
