"""A new style expert from a folder of pictures: what `mepg experts train` does, for every family the engine draws with.

The pictures are coded by the family's own autoencoder and told of by its own text encoders; a LoRA of the denoiser
(`training/experts.py`) learns to draw them. What was learned is kept every few minutes and when it is stopped, and the
same wishes go on from there.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import DDPMScheduler
from PIL import Image
from torch import Tensor

from mepg_agent.bench.sheet import grid
from mepg_agent.engine.base import Picture
from mepg_agent.engine.local import LocalEngine, quiet
from mepg_agent.engine.prepare import styled
from mepg_agent.engine.sampler import place_of
from mepg_agent.engine.text import TextReader
from mepg_agent.errors import BadInput, BrokenAsset, Cancelled
from mepg_agent.experts_io import card as cards
from mepg_agent.experts_io.install import free_folder, write
from mepg_agent.files import alone, whole
from mepg_agent.portfolio import Backbone, Expert, Found, Portfolio
from mepg_agent.records import Adapter, RenderJob
from mepg_agent.scene import Frozen
from mepg_agent.settings import Settings
from mepg_agent.training.denoiser import DROPOUT, Batch, loss
from mepg_agent.training.draws import integers, uniform
from mepg_agent.training.experts import equip, packed, train
from mepg_agent.training.loop import Budget
from mepg_agent.training.own_pictures import VIEWS, Example, find, views
from mepg_agent.training.pool import to_float

RATE = 0.2  # of learning, over the denoiser's widest layer: 1.6e-4 for Stable Diffusion, 1e-3 for picturebook
COPIES = 9  # of the adapter: it, the optimiser's two and an average, in one checkpoint and the next; what ships
SHOWN = 6  # pictures of the sample sheet
THINGS = ("a fox", "a house", "a tree", "a boat", "a cat", "a castle")  # where captions do not say enough
GO_ON = "The same command goes on from there."
Tell = Callable[[int, int, str], None]  # done, of, what


class Wishes(Frozen):
    """What a training depends on, beside the pictures and the family's weights."""

    name: str
    base: str
    trigger: str  # written into every prompt
    rank: int
    batch: int
    rate: float | None  # None: by the family's size
    seed: int


class Card(Frozen):
    """What the expert's manifest says. What is left out follows from the name and the pictures."""

    title: str | None = None
    triggers: tuple[str, ...] = ()  # beside the one that is trained
    description: str | None = None
    licence: str | None = None


@dataclass(frozen=True)
class Stoppable(Budget):
    """A budget that is also used up once `stop` says so: the run then ends as it always does, and keeps all."""

    stop: Callable[[], bool] = lambda: False

    def progress(self, step: int, seconds: float) -> float:
        return 1.0 if self.stop() else super().progress(step, seconds)


@dataclass(frozen=True)
class Lessons:
    """Codes (n, c, h, w) of all views, the caption of each, and what the text encoders make of every caption."""

    codes: Tensor
    captions: Sequence[str]
    told: dict[str, tuple[Tensor, Tensor | None]]  # "" is the caption that says nothing

    def batch(self, reader: TextReader, size: tuple[int, int], count: int, generator: torch.Generator) -> Batch:
        """`count` views at random; a tenth of the captions is left out, for guidance. `size` in pixels."""
        rows = integers(len(self.codes), (count,), generator)
        dropped = (uniform((count,), generator) < DROPOUT).tolist()
        said = ["" if drop else self.captions[int(row)] for row, drop in zip(rows.tolist(), dropped, strict=True)]
        states = torch.stack([self.told[text][0] for text in said])
        pooled = [p for text in said if (p := self.told[text][1]) is not None]
        conditions = reader.conditions(pooled, size)
        return self.codes[rows].float(), {"encoder_hidden_states": states, "added_cond_kwargs": conditions}


def learn(
    settings: Settings,
    wishes: Wishes,
    card: Card,
    images: Path,
    steps: int,
    *,
    restart: bool = False,
    tell: Tell = lambda *_: None,
    stop: Callable[[], bool] = lambda: False,
) -> Found[Expert]:
    """Trains a style on the pictures in `images` and adds it to the person's own experts.

    Raises BadInput for a name that is taken, an unknown family, pictures that cannot be learned from, and where a
    stopped training of that name had others; BrokenAsset where there is no room; Cancelled once `stop` says so.
    """
    portfolio = Portfolio(settings.experts)
    family = portfolio.backbone(wishes.base)
    folder = free_folder(settings, portfolio, wishes.base, wishes.name)
    examples = find(images)
    work = settings.home / "training" / wishes.base / wishes.name
    busy = BadInput(f"'{wishes.name}' is being trained already.", "Wait for it, or give another name.")
    try:
        work.mkdir(parents=True, exist_ok=True)
        with alone(work.with_suffix(".lock"), busy):
            if restart:
                shutil.rmtree(work)
                work.mkdir()
            _note(work, wishes, family.item, examples)
            weights, sample = _Training(settings, wishes, family, examples, work, steps, tell, stop).run()
            expert = cards.card(
                wishes.name, wishes.base, hashlib.sha256(weights).hexdigest(), {},
                title=card.title or wishes.trigger.capitalize(), triggers=(wishes.trigger, *card.triggers),
                description=card.description or f"As the {len(examples)} pictures it was trained on.",
                licence=card.licence,
            )  # fmt: skip
            write(folder, {expert.file: weights, "sample.png": sample, "expert.toml": cards.as_toml(expert).encode()})
            shutil.rmtree(work)
    except OSError as error:
        raise _no_room(work, error.strerror or str(error)) from error
    return Found(folder=folder, item=expert)


def _note(work: Path, wishes: Wishes, family: Backbone, examples: Sequence[Example]) -> None:
    """Notes what is trained on what; BadInput where something else was, and stopped."""
    pictures = [f"{e.sha256} {e.caption}" for e in examples]
    lines = [wishes.model_dump_json(), family.weights_hash(), *pictures]
    mine, note = hashlib.sha256("\n".join(lines).encode()).hexdigest(), work / "of.txt"
    known = note.read_bytes() if note.is_file() else b""
    if any(work.glob("*.checkpoint.pt")) and known != mine.encode():
        raise BadInput(
            f"A training of '{wishes.name}' was stopped that had other pictures or settings.",
            "Give the same ones to go on with it, or --restart to begin anew.",
        )
    with whole(note) as stream:
        stream.write(mine.encode())


@dataclass
class _Training:
    settings: Settings
    wishes: Wishes
    family: Found[Backbone]
    examples: Sequence[Example]
    work: Path  # of checkpoints
    steps: int
    tell: Tell
    stop: Callable[[], bool]

    def run(self) -> tuple[bytes, bytes]:
        """The adapter, and its sample sheet (.png)."""
        self.tell(0, self.steps, "loading the family")
        engine = LocalEngine.of_family(self.family, self.settings)
        self._train(engine.pipe)
        weights = packed(engine.pipe.unet, self.wishes.name)
        engine.pipe.unet.unload_lora()
        return weights, self._sheet(engine, weights)

    def _train(self, pipe: Any) -> None:
        wishes, unet, reader = self.wishes, pipe.unet, TextReader(pipe)
        adapter = equip(unet, wishes.name, wishes.rank, wishes.seed)
        needed, free = COPIES * adapter.bytes, shutil.disk_usage(self.work).free
        if free < needed:
            raise _no_room(self.work, f"it takes {needed / 2**20:.0f} MiB and {free / 2**20:.0f} MiB are free")
        lessons, extent = self._lessons(pipe, reader), self.family.item.defaults.extent
        with quiet():
            schedule: Any = DDPMScheduler.from_config(pipe.scheduler.config)

        def backward(generator: torch.Generator) -> Tensor:
            batch = lessons.batch(reader, (extent.height, extent.width), wishes.batch, generator)
            value = loss(unet, schedule, batch, generator)
            value.backward()
            return value.detach()

        rate = wishes.rate or RATE / max(unet.config.block_out_channels)
        budget = Stoppable(steps=self.steps, stop=self.stop)
        try:
            done = train(wishes.name, adapter, backward, self.work, rate, budget, wishes.seed, self._at)
        except RuntimeError as error:  # what torch makes of a full disk
            if "PytorchStreamWriter" in str(error):
                raise _no_room(self.work, "the disk is full") from error
            raise
        self._check_stop(f"Stopped after step {done} of {self.steps}.")

    def _at(self, step: int) -> None:
        self.tell(step, self.steps, "training")

    def _lessons(self, pipe: Any, reader: TextReader) -> Lessons:
        codes: list[Tensor] = []
        for number, example in enumerate(self.examples):
            self.tell(number, len(self.examples), "coding the pictures")
            self._check_stop("Stopped before the training began.")
            for view in views(example, self.family.item.defaults.extent, self.wishes.seed):
                codes.append(encode(pipe, to_float(torch.from_numpy(np.array(view))[None])))
        captions = [self._prompt(example.caption) for example in self.examples]
        with torch.no_grad():
            told = {text: reader.read(text, {}, 1.0) for text in dict.fromkeys(captions)}
            told[""] = reader.read_negative("", {}, 1.0)
        return Lessons(torch.cat(codes), [caption for caption in captions for _ in range(VIEWS)], told)

    def _prompt(self, caption: str) -> str:
        """As regions will ask for it; "woodcut style" where nobody says what a picture shows."""
        return styled(caption, self.wishes.trigger, self.family.item).strip(" ,")

    def _sheet(self, engine: LocalEngine, weights: bytes) -> bytes:
        """What the engine draws with the expert, seeds 0, 1, 2 …"""
        file = self.work / "adapter.safetensors"
        with whole(file) as stream:
            stream.write(weights)
        expert = Adapter(id=self.wishes.name, path=str(file), sha256=hashlib.sha256(weights).hexdigest())
        said = list(dict.fromkeys([*(e.caption for e in self.examples if e.caption), *THINGS]))[:SHOWN]
        pictures = []
        for seed, text in enumerate(said):
            self.tell(seed, len(said), "drawing the sample sheet")
            self._check_stop("Stopped before the sample sheet was drawn.")
            *_, last = engine.run(self._job(engine.weights_hash(), expert, self._prompt(text), seed))
            assert isinstance(last, Picture)
            pictures.append(Image.fromarray(last.image))
        out = BytesIO()
        grid(pictures, said, columns=3).save(out, format="PNG")
        return out.getvalue()

    def _job(self, weights: str, expert: Adapter, prompt: str, seed: int) -> RenderJob:
        defaults = self.family.item.defaults
        return RenderJob(
            backbone=self.family.item.id,
            weights=weights,
            prompt=prompt,
            negative=defaults.negative,
            extent=defaults.extent,
            regions=(),
            adapters=(expert,),
            background_adapter=expert.id,
            seed=seed,
            steps=defaults.steps,
            guidance=defaults.guidance,
            scheduler=defaults.scheduler,
        )

    def _check_stop(self, said: str) -> None:
        if self.stop():
            raise Cancelled(said, GO_ON)


@torch.no_grad()
def encode(pipe: Any, pictures: Tensor) -> Tensor:
    """Codes (n, c, h, w), scaled as the denoiser sees them, in half precision, of pictures (n, 3, H, W) in -1..1."""
    found = pipe.vae.encode(pictures.to(*place_of(pipe.vae)))
    latents = found.latents if hasattr(found, "latents") else found.latent_dist.mean
    return (latents * pipe.vae.config.scaling_factor).half()


def _no_room(work: Path, why: str) -> BrokenAsset:
    return BrokenAsset(
        f"The training cannot be kept in {work}: {why}.", "Free some space there, or set MEPG_HOME to another folder."
    )
