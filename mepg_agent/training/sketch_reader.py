"""Teach a finished denoiser to follow sketches: `python -m mepg_agent.training.sketch_reader`.

Only the reader learns, on scenes and lessons told region by region, each thing sketched from its prompt in its box: the
denoiser stays as it is, so what it draws from words alone and the experts that know it stay, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from diffusers import DDPMScheduler, StableDiffusionPipeline
from diffusers.models.attention_processor import AttnProcessor2_0
from torch import Tensor, nn

import mepg_agent.engine.patch_autoencoder  # noqa: F401  diffusers builds only classes that are already imported
from mepg_agent.engine.memory import keep_freed_memory
from mepg_agent.engine.sketch_reader import SketchReader
from mepg_agent.engine.sketcher import Sketcher
from mepg_agent.training import regional
from mepg_agent.training.config import SketchReaderConfig, arguments, read
from mepg_agent.training.crew import Crew
from mepg_agent.training.denoiser import DROPOUT, PER_SCENE, SCHEDULE, Codes, empty_ids, loss, scenes_of
from mepg_agent.training.draws import halved, integers, of_parts, uniform
from mepg_agent.training.guides import guided, sketched
from mepg_agent.training.loop import Budget, Run
from mepg_agent.training.pool import Source
from mepg_agent.training.words import read_states

NEAR = 4.0  # how much a position in a thing's box counts: grass and clouds would be most of what is learned


@dataclass(frozen=True)
class Told:
    """Codes of scenes, what is said of each region, as rows of `states` (n, tokens, channels), and where it is."""

    codes: Codes
    regions: regional.Told
    states: Tensor

    @classmethod
    def of(cls, source: Source, count: int, pipe: Any) -> Told:
        """All scenes of the source, as soon as `count` are there."""
        return cls.read(*scenes_of(source, count, pipe.vae, pipe.tokenizer), pipe)

    @classmethod
    def read(cls, codes: Codes, regions: regional.Told, pipe: Any) -> Told:
        """Every prompt read once; the first state is that of the prompt that says nothing."""
        device = codes.latents.device
        empty = empty_ids(pipe.tokenizer).to(device)
        texts, which = torch.unique(regions.ids.long().to(device).flatten(0, 1), dim=0, return_inverse=True)
        states = read_states(torch.cat([empty[None], texts]), pipe.text_encoder)
        ids = (which + 1).view(*regions.ids.shape[:2], 1)
        return cls(codes, replace(regions, ids=ids).to(device), states)


class Pupil(nn.Module):
    """The reader, and the denoiser and the sketcher that it learns between, which learn nothing."""

    def __init__(self, unet: Any, sketcher: Sketcher, reader: SketchReader) -> None:
        super().__init__()
        self.unet, self.sketcher = unet.requires_grad_(False), sketcher.requires_grad_(False)
        self.reader, self.ears = reader, regional.Ears()
        unet.set_attn_processor(regional.listening(self.ears, unet.device))

    def forward(self, told: Told, schedule: DDPMScheduler, batch: int, generator: torch.Generator) -> Tensor:
        size, regions = told.codes.latents.shape[-1], told.regions
        chosen = integers(len(regions.rows), (batch,), generator)
        there, exact = regions.there[chosen], regions.boxes[chosen]
        said = regions.ids[chosen, :, 0] * (uniform((batch, 1), generator) >= DROPOUT)
        shares = regional.weights(regional.slack(exact, generator), there, size)
        self.ears.biases = regional.biases(shares, told.states.shape[1], len(self.unet.config["block_out_channels"]))
        states = told.states[said].to(self.unet.dtype)
        spoken = said[:, 0] > 0
        layers = sketched(self.sketcher, states[:, 1:], exact, there & spoken[:, None], size)
        heard = {"encoder_hidden_states": states.flatten(1, 2), **guided(self.reader, layers, spoken)}
        counts = NEAR + (1 - NEAR) * shares[:, :1]
        clean = told.codes.latents[regions.rows[chosen]].float()
        return loss(self.unet, schedule, (clean, heard), generator, counts)


def train(
    pupil: Pupil,
    scenes: Told,
    lessons: Told,
    folder: Path,
    config: SketchReaderConfig,
    budget: Budget,
    seed: int = 0,
) -> None:
    schedule: Any = DDPMScheduler(**SCHEDULE)
    reader, device = pupil.reader, scenes.states.device
    optimizer = torch.optim.AdamW(reader.parameters(), config.peak, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    run = Run("sketch-reader", folder, reader, optimizer, budget, config.peak, ema_decay=0.995, warmup=60)
    crew, (generators, choice) = Crew(pupil, config.parts), of_parts(seed + run.step, config.parts, device)

    def value(told: Told, batch: int, model: Pupil, part: int) -> Tensor:
        return halved(model, config.bfloat16, told, schedule, batch // config.parts, generators[part])

    for _ in run:
        lesson = float(torch.rand((), generator=choice)) < config.lessons
        told, batch = (lessons, config.batch * PER_SCENE) if lesson else (scenes, config.batch)
        run.note(**{"lesson" if lesson else "scene": crew.backward(partial(value, told, batch))})
        run.follow()
    reader.load_state_dict(run.averaged())
    pupil.unet.set_attn_processor(AttnProcessor2_0())


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--start", type=Path, help="the folder of a reader to go on from")
    options = parser.parse_args()
    config = read(options.config)
    keep_freed_memory()
    sizes = config.sketch_reader
    if sizes.parts > 1:
        torch.set_num_threads(1)
    pipe: Any = StableDiffusionPipeline.from_pretrained(
        config.out / "pipeline", safety_checker=None, dtype=torch.float32
    )
    pipe.to(options.device)
    folder = config.out / "sketches"
    torch.manual_seed(config.data.seed + 5)
    reader: Any = SketchReader.of(pipe.unet, sizes.widths, sizes.blocks)
    if options.start:
        reader = SketchReader.from_pretrained(options.start)
    sketcher: Any = Sketcher.from_pretrained(folder / "sketcher")
    pupil = Pupil(pipe.unet, sketcher.float().to(options.device), reader.float().to(options.device))
    lessons = Told.of(Source.lessons_of(config.data), config.data.lessons, pipe)
    scenes = Told.of(Source.of(config.data), config.data.scenes, pipe)
    train(pupil, scenes, lessons, config.out / "runs", sizes, Budget(minutes=sizes.minutes), config.data.seed)
    pupil.reader.save_pretrained(folder / "reader")


if __name__ == "__main__":
    main()
