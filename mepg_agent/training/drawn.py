"""Things with the look of drawn ones, of which it is known what they are, and such that are nothing: verifier and
scorer learn from them, too.

Composed scenes are crisper than what the family draws. So scenes in which every thing has a style of its own are coded,
noised part of the way and denoised again, region by region, each with its expert, as the engine draws (SDEdit, arXiv
2108.01073): they get the errors of drawn pictures and still show what was composed. Half of the scenes are noised
further and denoised as if other things were asked for: shapes that are neither, as of a thing that came out melted.
What style these things are in is not said, since a glow or a shadow may have faded. `python -m
mepg_agent.training.drawn` keeps a file a scene below the pool; a stopped run goes on where it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from mepg_agent.bench.family import load
from mepg_agent.engine.checkpoints import Ensemble
from mepg_agent.engine.field import canonical
from mepg_agent.engine.local import LocalEngine
from mepg_agent.engine.prepare import prepare
from mepg_agent.engine.sampler import Begun, decode, denoise, encode, make_scheduler
from mepg_agent.engine.windows import Window
from mepg_agent.english import noun_phrase
from mepg_agent.files import whole
from mepg_agent.portfolio import Backbone, Expert, Found, Vocabulary
from mepg_agent.records import Brief, RenderJob
from mepg_agent.scene import Box, Extent, Region, ScenePlan
from mepg_agent.settings import Settings
from mepg_agent.training.backgrounds import PLACES, TIMES
from mepg_agent.training.config import arguments, read
from mepg_agent.training.crops import Crops, things
from mepg_agent.training.draws import integers, normal
from mepg_agent.training.pool import Pool, Source, all_styles
from mepg_agent.training.scenes import TINTS

FOLDER = "drawn"  # below the pool
BACK = range(3, 5)  # of the family's steps: from where surfaces are drawn anew to where shapes begin to give way
SPOILED = range(4, 6)  # and where they are neither what was composed nor what is asked for
SEED = 50_000


def plan_of(pool: Pool, row: int, vocabulary: Vocabulary, other: int = 0) -> ScenePlan:
    """The plan that the scene is a drawing of; or one that asks for the nouns that come `other` places later."""
    nouns, styles, colors = list(vocabulary.nouns), all_styles(vocabulary), list(TINTS)
    place, time = (int(i) for i in pool.setting[row])
    regions = []
    for box, (noun, style, color) in zip(pool.boxes[row].tolist(), pool.labels[row].tolist(), strict=True):
        if noun >= 0:
            noun = (noun + other) % len(nouns)
            tint = colors[color] if color >= 0 else None
            words = noun_phrase(nouns[noun], tint)
            left, top, right, bottom = (min(max(v, 0.0), 1.0) for v in box)
            regions.append(
                Region(
                    id=f"thing-{len(regions) + 1}",
                    box=Box(x=left, y=top, width=right - left, height=bottom - top),
                    prompt=words,
                    noun=nouns[noun],
                    color=tint,
                    style=styles[style],
                    expert=None if styles[style] in vocabulary.looks else styles[style],
                )
            )
    words = ", ".join(r.prompt for r in regions)
    extent = Extent(width=pool.source.size, height=pool.source.size)
    return ScenePlan(
        prompt=words, global_prompt=words, background=PLACES[place], time=TIMES[time], extent=extent,
        regions=tuple(regions),
    )  # fmt: skip


def drawn_again(
    engine: LocalEngine, job: RenderJob, picture: Image.Image, back: range, generator: torch.Generator
) -> Image.Image:
    """The picture, noised by `back` of the job's last steps and denoised as the job says."""
    pipe, job = engine.pipe, canonical(job)
    codes = encode(pipe, np.asarray(picture))[None].float()
    canvas = (codes.shape[2], codes.shape[3])
    run = Ensemble(pipe, job, engine.experts(job), Window(0, 0, *canvas), canvas)
    scheduler = make_scheduler(job.scheduler, pipe.scheduler)
    begun = Begun(codes, job.steps - back[int(integers(len(back), (), generator))])
    *_, last = denoise(run, scheduler, normal(codes.shape, generator), job, begun=begun)
    return Image.fromarray(decode(pipe, last.latents)[0])


class Drawer:
    """Draws the scenes of a pool again with a family."""

    def __init__(self, engine: LocalEngine, backbone: Found[Backbone], experts: Mapping[str, Found[Expert]]) -> None:
        self.engine, self.backbone, self.experts = engine, backbone, experts

    def crops(self, pool: Pool, row: int, vocabulary: Vocabulary, spoiled: bool = False) -> Crops:
        """Every thing of the scene as it is drawn again, or `spoiled` by another's prompt, which is nothing to name.
        Same scene, same crops."""
        generator = torch.Generator().manual_seed(SEED + row)
        other = 1 + int(integers(len(vocabulary.nouns) - 1, (), generator)) if spoiled else 0
        plan = plan_of(pool, row, vocabulary, other)
        brief = Brief(prompt=plan.prompt, seed=SEED + row)
        job = prepare(plan, brief, self.backbone, self.experts, self.engine.weights_hash())
        back = SPOILED if spoiled else BACK
        found = things(pool, [(row, drawn_again(self.engine, job, pool.picture(row), back, generator))])
        found.labels[:, slice(None) if spoiled else 1] = -1
        return found


def kept(folder: Path, start: int, stop: int) -> Crops:
    """The things of the scenes start..stop that were drawn so far."""
    files = [folder / f"{row:05}.npz" for row in range(start, stop)]
    found = [np.load(file, allow_pickle=False) for file in files if file.exists()]
    pixels, labels = (np.concatenate([each[name] for each in found]) for name in ("pixels", "labels"))
    return Crops(torch.from_numpy(pixels), torch.from_numpy(labels))


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--scenes", type=int, default=1024)
    parser.add_argument("--part", type=int, nargs=2, default=(0, 1), metavar=("I", "N"), help="the Ith of N processes")
    options = parser.parse_args()
    data = read(options.config).data
    pool, folder = Pool(Source.medley_of(data)), data.pool / FOLDER
    pool.wait(data.medley_scenes)
    folder.mkdir(parents=True, exist_ok=True)
    family = load(Settings.load().model_copy(update={"device": options.device.type}))
    assert isinstance(family.engine, LocalEngine)
    drawer = Drawer(family.engine, family.backbone, family.experts)
    part, parts = options.part
    for number in range(part, options.scenes, parts):
        row = number * len(pool) // options.scenes  # evenly from all: the verifier's and the scorer's
        file = folder / f"{row:05}.npz"
        if not file.exists():
            crops = drawer.crops(pool, row, family.vocabulary, spoiled=number % 2 == 1)
            with whole(file) as stream:
                np.savez(stream, pixels=crops.pixels.numpy(), labels=crops.labels.numpy())
            print(json.dumps({"drawn": number, "of": options.scenes}), flush=True)


if __name__ == "__main__":
    main()
