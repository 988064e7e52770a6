"""Teach the text tower its words before anything is drawn: `python -m mepg_agent.training.words`.

From the state at the end of a caption it has to tell which things are in the scene, in which look and colour, in which
part of the canvas, where and when. A denoiser that starts beside an untaught tower hears places and colours but not
nouns (docs/log.md). The tower goes on learning with the denoiser.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from mepg_agent.engine.memory import keep_freed_memory
from mepg_agent.training.backgrounds import PLACES, TIMES
from mepg_agent.training.config import arguments, read
from mepg_agent.training.crops import HELD_OUT
from mepg_agent.training.draws import integers
from mepg_agent.training.loop import Budget, Run
from mepg_agent.training.pool import CAPTIONS, SHARD, Pool, Source, all_styles
from mepg_agent.training.scenes import TINTS

NINTHS = 9
TOKENS = 48


def tower_sizes(width: int, layers: int) -> dict[str, Any]:
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
    sizes = tower_sizes(width, layers)
    return CLIPTextConfig(vocab_size=len(tokenizer), max_position_embeddings=TOKENS, **tokens, **sizes)


class Taught(nn.Module):
    """The tower and the linear reading of its last state."""

    def __init__(self, tower: CLIPTextModel, answers: int) -> None:
        super().__init__()
        self.tower, self.read = tower, nn.Linear(tower.config.hidden_size, answers)

    def forward(self, ids: Tensor) -> Tensor:
        return self.read(self.tower(input_ids=ids).pooler_output)


def answers(pool: Pool, rows: Tensor) -> Tensor:
    """What is true of each scene, (n, answers) of 0 and 1: of every noun its presence, look, colour and ninth."""
    vocabulary = pool.source.vocabulary()
    nouns, styles, colors = len(vocabulary.nouns), len(all_styles(vocabulary)), len(TINTS)
    labels, boxes = pool.labels[rows], pool.boxes[rows]
    there = labels[..., 0] >= 0
    noun = F.one_hot(labels[..., 0].clamp(min=0), nouns) * there[..., None]
    middle = (boxes[..., :2] + boxes[..., 2:]) / 2
    ninth = (middle * 3).long().clamp(max=2)
    kinds = (
        F.one_hot(labels[..., 1].clamp(min=0), styles),
        F.one_hot(labels[..., 2].clamp(min=0), colors) * (labels[..., 2:] >= 0),
        F.one_hot(ninth[..., 1] * 3 + ninth[..., 0], NINTHS),
    )
    paired = [torch.einsum("ntk,ntj->nkj", noun.float(), kind.float()).flatten(1) for kind in kinds]
    place, time = pool.setting[rows].unbind(1)
    whole = [F.one_hot(place, len(PLACES)), F.one_hot(time, len(TIMES))]
    return torch.cat([noun.sum(1).float(), *paired, *(w.float() for w in whole)], 1).clamp(max=1)


@torch.no_grad()
def read_states(ids: Tensor, tower: CLIPTextModel) -> Tensor:
    """What the tower makes of texts (n, tokens), a shard at a time: (n, tokens, channels) in half precision."""
    return torch.cat([tower(chunk).last_hidden_state.half() for chunk in ids.split(SHARD)])


def surprise(said: Tensor, truth: Tensor) -> Tensor:
    """Nats a caption, over all answers."""
    return F.binary_cross_entropy_with_logits(said, truth, reduction="sum") / len(said)


def train(
    tower: CLIPTextModel, tokenizer: CLIPTokenizer, pool: Pool, folder: Path, budget: Budget, batch: int
) -> Taught:
    """Teaches `tower` in place; returns it with what reads its states."""
    rows = torch.arange(HELD_OUT, len(pool))
    device = tower.device
    truth = answers(pool, rows).to(device)
    texts = [text for row in rows.tolist() for text in pool.texts[row]]
    ids = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")["input_ids"]
    ids = ids.view(len(rows), CAPTIONS, -1).to(device)
    taught = Taught(tower, truth.shape[1]).to(device)
    with torch.no_grad():  # start from how often each answer holds, and learn only what the caption adds
        taught.read.bias.copy_(truth.mean(0).clamp(1e-5, 1 - 1e-5).logit())
    run = Run("words", folder, taught, torch.optim.AdamW(taught.parameters(), weight_decay=0.01), budget, 1e-3, 0.99)
    generator = torch.Generator(device).manual_seed(pool.source.seed + run.step)
    for _ in run:
        chosen = integers(len(rows), (batch,), generator)
        which = integers(CAPTIONS, chosen.shape, generator)
        said = taught(ids[chosen, which])
        value = surprise(said, truth[chosen])
        run.descend(value)
        run.note(loss=value)
    taught.load_state_dict(run.averaged())
    return taught


def main() -> None:
    options = arguments(__doc__).parse_args()
    config = read(options.config)
    keep_freed_memory()
    pool = Pool(Source.of(config.data))
    pool.wait(config.data.scenes // 2)  # texts enough; the denoiser waits for the tower
    tokenizer = CLIPTokenizer.from_pretrained(config.data.tokenizer)
    torch.manual_seed(config.data.seed + 3)
    sizes = config.words
    tower = CLIPTextModel(text_config(tokenizer, sizes.width, sizes.layers)).to(options.device)
    train(tower, tokenizer, pool, config.out / "runs", Budget(minutes=sizes.minutes), sizes.batch)
    tower.cpu().save_pretrained(config.out / "text_encoder")


if __name__ == "__main__":
    main()
