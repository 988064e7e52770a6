"""Training of the benchmark's judge (`bench/scorer.py`) on crops of composed scenes, and of such scenes drawn again
(`drawn.py`): of what is drawn from nothing it never sees a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from mepg_agent.bench.scorer import Answers, Scorer
from mepg_agent.engine.memory import keep_freed_memory
from mepg_agent.engine.patch_autoencoder import PatchAutoencoder
from mepg_agent.training.config import arguments, read
from mepg_agent.training.crops import WHOLES, Crops, batch_of, cut_empty, held_out, lessons, middle, naming, right
from mepg_agent.training.drawn import FOLDER, kept
from mepg_agent.training.draws import integers
from mepg_agent.training.loop import Budget, Run
from mepg_agent.training.pool import all_styles, pools
from mepg_agent.training.scenes import TINTS

SEED = 7001  # not the verifier's
PEAK, FURTHER = 2e-3, 7e-4  # learning rates: from nothing, and of a scorer that goes on
NAMES = ("noun", "style", "color")
NOTHING = 4  # crops of things for every view of nothing: a bare piece of background, or the edge of a thing


def train(
    model: Scorer,
    sets: Sequence[Crops],
    empty: Crops,
    folder: Path,
    budget: Budget,
    batch: int,
    bfloat16: bool,
    peak: float = PEAK,
) -> None:
    """Of what cannot be named it learns to be sure of nothing, or the loop's benchmark finds things in pieces."""
    model.train().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak, weight_decay=0.02)
    run = Run("scorer", folder, model, optimizer, budget, peak)
    device = empty.pixels.device
    generator = torch.Generator(device).manual_seed(SEED + run.step)
    for _ in run:
        things, labels = batch_of(sets, batch, generator)
        parts, theirs = batch_of(sets, batch // WHOLES, generator, Crops.parts)
        views = torch.cat([things, parts, nothing(sets[0], empty, batch // NOTHING, generator)])
        views = views.contiguous(memory_format=torch.channels_last)
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            said = model(views)
        count, named = len(things), len(things) + len(parts)
        nouns, styles = torch.cat([said.nouns[:count], said.nouns[named:]]), said.styles[:named].float()
        (noun, _, color), style = labels.unbind(1), torch.cat([labels, theirs])[:, 1]
        noun = F.pad(noun, (0, len(views) - named), value=-1)
        value = naming(nouns, noun, smoothing=0.05) + F.cross_entropy(styles, style, ignore_index=-1)
        colors = F.cross_entropy(said.colors[:count].float(), color, ignore_index=-1, reduction="sum")
        value = value + colors / count
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        optimizer.step()
        run.note(loss=value, noun=right(nouns, noun), style=right(styles, style))
    model.eval()


def nothing(things: Crops, empty: Crops, count: int, generator: torch.Generator) -> Tensor:
    """Views (count, 3, 64, 64) in which there is nothing to name: half background, half edges of things."""
    rows = [integers(len(crops.labels), (count // 2,), generator) for crops in (empty, things)]
    return torch.cat([empty.batch(rows[0], generator), things.edges(rows[1], generator)])


@torch.no_grad()
def accuracy(model: Scorer, crops: Crops) -> dict[str, float]:
    """Share of right nouns, of right styles by the whole thing and parts of it, and of right colours among the things
    that have one."""
    rows, generator = torch.arange(len(crops.labels)), torch.Generator().manual_seed(0)
    said, true = model.judge(crops.batch(rows, generator, rough=False)), Answers(*crops.labels.unbind(1))
    parts = [model.judge(part).styles for part in crops.four_parts(rows, generator)]
    said = said._replace(styles=torch.stack([said.styles, *parts]).mean(0))
    return {name: float(right(found, wanted)) for name, found, wanted in zip(NAMES, said, true, strict=True)}


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--start", type=Path, help="a scorer's folder to go on from")
    parser.add_argument("--drawn", action="store_true", help="learn from what mepg_agent.training.drawn made, too")
    options = parser.parse_args()
    config = read(options.config)
    keep_freed_memory()
    every = pools(config.data)
    vocabulary = every[0].source.vocabulary()
    torch.manual_seed(SEED)
    model = Scorer(list(vocabulary.nouns), all_styles(vocabulary), list(TINTS))
    if options.start:
        model.load_state_dict(Scorer.load(options.start).state_dict())
    model = model.to(options.device)
    settings = config.scorer
    vae = PatchAutoencoder.from_pretrained(config.out / "vae").to(options.device)
    spans = [(max(len(pool) - settings.scenes, middle(pool)), len(pool)) for pool in every]
    sets = lessons(vae, every, spans)
    if options.drawn:
        sets.append(kept(config.data.pool / FOLDER, *spans[-1]).to(options.device))
    empty = cut_empty(every[0], *spans[0]).to(options.device)
    budget = Budget(minutes=settings.minutes)
    peak = FURTHER if options.start else PEAK
    train(model, sets, empty, config.out / "runs", budget, settings.batch, settings.bfloat16, peak)
    model.cpu().save(config.out / "scorer")
    print("scenes of all kinds", accuracy(model, held_out(every[:1])))
    print("experts' styles, and side by side", accuracy(model, held_out(every[1:])))


if __name__ == "__main__":
    main()
