"""Style experts: low-rank adapters (LoRA, arXiv 2106.09685) on the denoiser's way up, where style is decided.

What is drawn is decided on the way down, which they leave alone (as B-LoRA finds for SDXL, arXiv 2403.14572).

`python -m mepg_agent.training.experts watercolor oil` trains them on the pools of these styles, resumably: on scenes
all in the style, by caption and region by region, and on scenes with single things in it, where the adapter is gated as
the engine gates it (`engine/layers.py`, `engine/gating.py`), so that it learns to leave alone what is around its thing.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import torch
from diffusers import DDPMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor2_0
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

import mepg_agent.engine.patch_autoencoder  # noqa: F401  diffusers builds only classes that are already imported
from mepg_agent.engine.layers import reads_text
from mepg_agent.engine.memory import keep_freed_memory
from mepg_agent.engine.sketching import Artist, silhouettes
from mepg_agent.errors import BadInput
from mepg_agent.experts_io.card import as_toml
from mepg_agent.portfolio import Backbone, Expert, read_backbone
from mepg_agent.training import regional, sheets
from mepg_agent.training.adapters import load_adapter
from mepg_agent.training.config import DataConfig, TrainingConfig, arguments, read
from mepg_agent.training.crew import Crew
from mepg_agent.training.crops import HELD_OUT
from mepg_agent.training.denoiser import DROPOUT, PER_SCENE, Batch, Codes, caption_ids, empty_ids, encoded, loss
from mepg_agent.training.draws import halved, integers, uniform
from mepg_agent.training.guides import guided, sketched
from mepg_agent.training.loop import Budget, Run
from mepg_agent.training.pool import Pool, Source, all_styles
from mepg_agent.training.words import read_states

LEARNING = (
    r"up_blocks\..*\.(to_[qkv]|to_out\.0|ff\.net\.0\.proj|ff\.net\.2|proj_in|proj_out|conv1|conv2|conv_shortcut)"
    r"|conv_out"
)
BY_CAPTION, PIECES = 0.2, 0.5  # of the batches; the rest is whole scenes region by region
WARMUP = 50  # steps


def lora(rank: int) -> LoraConfig:
    return LoraConfig(r=rank, lora_alpha=rank, init_lora_weights="gaussian", target_modules=LEARNING)


class Adapter(nn.Module):
    """The adapter's parameters alone, so that checkpoints do not carry the denoiser."""

    def __init__(self, unet: UNet2DConditionModel) -> None:
        super().__init__()
        self.parts = nn.ParameterList(p for p in unet.parameters() if p.requires_grad)

    @property
    def bytes(self) -> int:
        return sum(p.numel() * p.element_size() for p in self.parts)


def equip(unet: UNet2DConditionModel, name: str, rank: int, seed: int) -> Adapter:
    """Adds the adapter `name` to `unet`; nothing else of it learns."""
    torch.manual_seed(seed)
    unet.requires_grad_(False)
    unet.add_adapter(lora(rank), adapter_name=name)
    return Adapter(unet)


def go_on(unet: UNet2DConditionModel, name: str, folder: Path) -> None:
    """Gives the adapter `name` of `unet` the weights of the expert in `folder`. BadInput for one of another shape."""
    load_adapter(unet, folder / "adapter.safetensors", name, prefix="unet.")


def train(
    name: str,
    adapter: Adapter,
    backward: Callable[[torch.Generator], Tensor],
    folder: Path,
    peak: float,
    budget: Budget,
    seed: int,
    tell: Callable[[int], None] = lambda _: None,
) -> int:
    """Trains `adapter`: `backward` adds a batch's gradients and returns its loss; `tell` hears how many steps are done.

    Returns the steps in all. BadInput where the loss is no longer a number.
    """
    optimizer = torch.optim.AdamW(adapter.parameters(), lr=peak, weight_decay=0.01)
    run = Run(f"expert-{name}", folder, adapter, optimizer, budget, peak, ema_decay=0.99, warmup=WARMUP)
    generator = torch.Generator(adapter.parts[0].device).manual_seed(seed + run.step)
    for step in run:
        tell(step)
        found = backward(generator)
        if not torch.isfinite(found):
            raise BadInput(f"The training of '{name}' diverged at step {step}.", "Begin anew at a lower rate.")
        run.follow()
        run.note(loss=found)
    adapter.load_state_dict(run.averaged())
    return run.step


def packed(unet: UNet2DConditionModel, name: str) -> bytes:
    """The adapter as a .safetensors file in diffusers' format and half precision."""
    layers: dict[str, Any] = get_peft_model_state_dict(unet, adapter_name=name)
    return to_bytes({f"unet.{key}": value.half().contiguous() for key, value in layers.items()}, {"format": "pt"})


def save(unet: UNet2DConditionModel, name: str, folder: Path, card: Mapping[str, Any], family: Backbone) -> None:
    """The expert's folder: `adapter.safetensors`, `expert.toml`. A card without a licence gets the family's."""
    weights = packed(unet, name)
    expert = Expert(
        id=name,
        base=family.id,
        sha256=hashlib.sha256(weights).hexdigest(),
        **{"licence": family.licence, **card, "triggers": tuple(card["triggers"])},
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / expert.file).write_bytes(weights)
    (folder / "expert.toml").write_text(as_toml(expert), encoding="utf-8")


class Pupil(nn.Module):
    """The denoiser with its adapter, which is heard where the ears say."""

    def __init__(self, unet: UNet2DConditionModel, name: str) -> None:
        super().__init__()
        self.unet, self.ears = unet, regional.Ears()
        unet.set_attn_processor(regional.listening(self.ears, unet.device))
        for layer, module in unet.named_modules():
            if layer.endswith(f".lora_A.{name}"):
                module.register_forward_hook(regional.Gate(self.ears, reads_text(layer.rsplit(".", 2)[0])))

    def forward(self, lessons: Lessons, schedule: DDPMScheduler, batch: int, generator: torch.Generator) -> Tensor:
        return lessons.loss(self, schedule, batch, generator)


@dataclass(frozen=True)
class Lessons:
    """A style's scenes: their codes, which of them are all in the style, and all of them region by region.

    Captions and prompts are one number each, the row of `states` (n, tokens, width) that says them: the text tower
    learns nothing more. The family's `artist` sketches the things for the denoiser, and where it does the style is
    heard.
    """

    codes: Codes
    whole: Tensor
    told: regional.Told
    number: int  # of the style
    artist: Artist
    states: Tensor
    empty: Tensor  # (1,) of the caption that says nothing

    def loss(self, pupil: Pupil, schedule: DDPMScheduler, batch: int, generator: torch.Generator) -> Tensor:
        kind = float(uniform((), generator))
        if kind < BY_CAPTION:
            clean, heard = self._captions(pupil, batch, generator)
        elif kind < BY_CAPTION + PIECES:
            clean, heard = self._pieces(pupil, batch * PER_SCENE, generator)
        else:
            chosen = integers(len(self.told.rows), (batch,), generator)
            clean = self.codes.latents[self.told.rows[chosen]]
            corner = torch.zeros((batch, 2), device=clean.device)
            heard = self._listen(pupil, self.told.piece(chosen, corner, 1.0), self._cells, generator)
        return loss(pupil.unet, schedule, (clean.float(), heard), generator)

    def _captions(self, pupil: Pupil, batch: int, generator: torch.Generator) -> Batch:
        rows = self.whole[integers(len(self.whole), (batch,), generator)]
        pupil.ears.biases, pupil.ears.spoken = {}, None
        said = caption_ids(self.codes, rows, self.empty, generator)[:, 0]
        return self.codes.latents[rows], {"encoder_hidden_states": self.states[said].to(pupil.unet.dtype)}

    def _pieces(self, pupil: Pupil, batch: int, generator: torch.Generator) -> Batch:
        """Squares with one thing in the style, half as wide as the canvas; part of a code is the code of that part."""
        cells, side = self._cells, self._cells // 2
        chosen, thing = self._small[integers(len(self._small), (batch,), generator)].unbind(1)
        box = self.told.boxes[chosen, thing]
        low, high = (box[:, 2:] * cells - side).ceil().clamp(min=0), (box[:, :2] * cells).floor()
        high = torch.maximum(high.clamp(max=cells - side), low)
        start = (low + uniform(low.shape, generator) * (high - low + 1)).floor().minimum(high)
        steps = torch.arange(side, device=start.device)
        columns, rows = (start.long()[:, axis, None] + steps for axis in (0, 1))
        codes = self.codes.latents[self.told.rows[chosen][:, None, None], :, rows[:, :, None], columns[:, None]]
        heard = self._listen(pupil, self.told.piece(chosen, start / cells, 0.5), side, generator)
        return codes.permute(0, 3, 1, 2), heard

    @cached_property
    def _small(self) -> Tensor:
        """(n, 2): which scene and which of its things, of all things in the style that fit into a piece."""
        boxes = self.told.boxes * self._cells
        fits = (boxes[..., 2:].ceil() - boxes[..., :2].floor() <= self._cells // 2).all(-1)
        return (fits & self.told.there & (self.told.styles[:, 1:] == self.number)).nonzero()

    @property
    def _cells(self) -> int:
        return self.codes.latents.shape[-1]

    def _listen(self, pupil: Pupil, told: regional.Told, size: int, generator: torch.Generator) -> dict[str, Any]:
        """States of all prompts, one after the other, and what sketches tell; where each is heard, and where the
        adapter, goes to the ears."""
        every = torch.arange(len(told.rows), device=told.rows.device)
        levels = len(pupil.unet.config["block_out_channels"])
        ids, boxes = regional.batch(told, every, self.empty, DROPOUT, generator)
        shares = regional.weights(boxes, told.there, size)
        worn, tokens = told.styles == self.number, self.states.shape[1]
        states, spoken = self.states[ids[..., 0]].to(pupil.unet.dtype), (ids[:, 0] != self.empty)[:, 0]
        layers = sketched(self.artist.sketcher, states[:, 1:], told.boxes, told.there, size)
        pupil.ears.biases = regional.biases(shares, tokens, levels)
        pupil.ears.gates = regional.gates(
            shares, worn, silhouettes(layers.flatten(0, 1)).unflatten(0, layers.shape[:2]), levels
        )
        pupil.ears.spoken = worn.repeat_interleave(tokens, 1)[..., None]
        return {"encoder_hidden_states": states.flatten(1, 2), **guided(self.artist.reader, layers, spoken)}


def prepared(pipe: Any, data: DataConfig, style: str, artist: Artist) -> Lessons:
    pool = Pool(Source.style_of(data, style))
    pool.wait(data.style_scenes)
    number, rows = all_styles(pool.source.vocabulary()).index(style), torch.arange(HELD_OUT, len(pool))
    whole = (pool.style[rows] == number).nonzero()[:, 0]
    told, codes = regional.told(pool, rows, pipe.tokenizer), encoded(pool, rows, pipe.vae, pipe.tokenizer)
    return taught(pipe, codes, whole, told, number, artist)


@torch.no_grad()
def taught(pipe: Any, codes: Codes, whole: Tensor, told: regional.Told, number: int, artist: Artist) -> Lessons:
    """All texts read once."""
    device = codes.latents.device
    texts = [t.long().to(device) for t in (codes.ids, told.ids, empty_ids(pipe.tokenizer)[None, None])]
    every, which = torch.unique(torch.cat([t.flatten(0, 1) for t in texts]), dim=0, return_inverse=True)
    states = read_states(every, pipe.text_encoder)
    captions, prompts, empty = which.split([t.shape[0] * t.shape[1] for t in texts])
    codes = replace(codes, ids=captions.view(len(codes.ids), -1, 1))
    told = replace(told, ids=prompts.view(len(told.ids), -1, 1)).to(device)
    return Lessons(codes, whole.to(device), told, number, artist, states, empty)


def learn(
    pipe: Any, lessons: Lessons, style: str, config: TrainingConfig, budget: Budget, start: Path | None = None
) -> None:
    """Adds the adapter `style` to the pipeline's denoiser and trains it, from the expert in the folder `start` on."""
    wishes, seed = config.experts, config.data.seed + 100 + lessons.number
    adapter = equip(pipe.unet, style, wishes.rank, seed)
    if start is not None:
        go_on(pipe.unet, style, start)
    pupil = Pupil(pipe.unet, style)
    crew, schedule = Crew(pupil, wishes.parts), cast(Any, DDPMScheduler.from_config(pipe.scheduler.config))

    def backward(generator: torch.Generator) -> Tensor:
        seeds = integers(2**62, (wishes.parts,), generator).tolist()

        def value(model: Pupil, part: int) -> Tensor:
            own = torch.Generator(generator.device).manual_seed(seeds[part])
            return halved(model, wishes.bfloat16, lessons, schedule, wishes.batch // wishes.parts, own)

        return crew.backward(value)

    train(style, adapter, backward, config.out / "runs", wishes.peak, budget, seed)
    pupil.ears.biases, pupil.ears.spoken = {}, None
    pipe.unet.set_attn_processor(AttnProcessor2_0())


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("styles", nargs="+")
    parser.add_argument("--start", type=Path, help="a folder of experts, one folder a style, to go on from")
    options = parser.parse_args()
    config = read(options.config)
    keep_freed_memory()
    if config.experts.parts > 1:
        torch.set_num_threads(1)
    cards = tomllib.loads((config.data.vocabulary.parent / "styles.toml").read_text(encoding="utf-8"))
    family = read_backbone(config.data.vocabulary.parent / "backbone.toml")
    pipe: Any = StableDiffusionPipeline.from_pretrained(
        config.out / "pipeline", safety_checker=None, dtype=torch.float32
    )
    pipe.set_progress_bar_config(disable=True)
    pipe.to(options.device)
    artist = Artist.load(config.out / "sketches", str(options.device))
    for style in options.styles:
        budget = Budget(minutes=config.experts.minutes)
        start = options.start / style if options.start else None
        learn(pipe, prepared(pipe, config.data, style, artist), style, config, budget, start)
        folder = config.out / "experts" / style
        save(pipe.unet, style, folder, cards[style], family)
        sheets.prompts(
            pipe, [f"{p}, {style} style" for p in sheets.SIX], folder / "sample.png", family.defaults.guidance
        )
        pipe.unet.delete_adapters(style)


if __name__ == "__main__":
    main()
