"""The denoising loop, as a generator: noise in, one `Moment` a step out. Guidance as in arXiv 2207.12598."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from inspect import signature
from threading import Lock
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from mepg_agent.engine.adapters import ExpertWeights
from mepg_agent.engine.attention import Prompts, RegionalAttention
from mepg_agent.engine.field import Field, Reader
from mepg_agent.engine.gating import labels
from mepg_agent.engine.layers import GatedLayer, equipped, fused_weights, gated_layers
from mepg_agent.engine.sketching import Artist, Guide, Sketches, silhouettes
from mepg_agent.engine.text import TextReader
from mepg_agent.engine.windows import Window
from mepg_agent.errors import BadInput
from mepg_agent.records import RenderJob

SCHEDULERS = {
    "ddim": "DDIMScheduler",
    "dpm++": "DPMSolverMultistepScheduler",
    "unipc": "UniPCMultistepScheduler",
    "euler": "EulerDiscreteScheduler",
    "lcm": "LCMScheduler",
}


def make_scheduler(name: str, own: Any) -> Any:
    """The family's own scheduler for "default", else diffusers' class of that name on the same noise schedule."""
    if name == "default":
        return type(own).from_config(own.config)
    if name not in SCHEDULERS:
        raise BadInput(f"There is no scheduler '{name}'.", f"Known: default, {', '.join(SCHEDULERS)}.")
    import diffusers

    kind = getattr(diffusers, SCHEDULERS[name])
    # Codes are no pixels: what some classes would cut off at ±1 is picture.
    codes = {"clip_sample": False} if "clip_sample" in signature(kind).parameters else {}
    return kind.from_config(own.config, **codes)


def place_of(model: nn.Module) -> tuple[torch.device, torch.dtype]:
    """Where a model's weights are. diffusers' own `device` walks through all modules, which is slow."""
    first = next(model.parameters())
    return first.device, first.dtype


_LOCK = Lock()  # what a pass hangs on a shared UNet for one call must not meet another thread's


class Predictor(Protocol):
    def predict(self, latents: Tensor, timestep: Tensor, step: int, of: int) -> Tensor:
        """Guided prediction for latents (candidates, channels, h, w), scaled as the UNet wants them."""
        ...


class Pass:
    """Everything a UNet needs to draw one window of one job: gates, prompts, experts."""

    def __init__(
        self,
        pipe: Any,
        job: RenderJob,
        experts: dict[str, ExpertWeights],
        window: Window,
        canvas: tuple[int, int],
        unet: Any = None,
    ) -> None:
        """`canvas` is the latent size of the whole picture; `unet` draws in place of the pipeline's own."""
        self._job, self._experts, self.window = job, experts, window
        self._unet = pipe.unet if unet is None else unet
        self._layers = {i: e.unet for i, e in experts.items()}
        self._reader = TextReader(pipe)
        readers = frozenset(i for i, e in experts.items() if e.reads_text)
        depth = len(self._unet.config.block_out_channels)
        self._texts: dict[tuple[str, bool, Reader | None], tuple[Tensor, Tensor | None]] = {}
        self._hooks: dict[nn.Module, GatedLayer] = {}
        self._processors: dict[nn.Module, RegionalAttention] = {}
        self._weights: dict[nn.Parameter, Tensor] = {}
        self._base: Reader = (None, 0.0)
        self._guide: Guide | None = None
        artist = Artist.of(pipe) if unet is None and job.regions else None  # who knows that denoiser alone
        self._sketches = artist and Sketches(artist, job, self._own_words, window, canvas)
        reached = None if self._sketches is None else silhouettes(self._sketches.layers)
        self.field = Field(job, window, canvas, depth, readers, *place_of(self._unet), reached)

    def predict(self, latents: Tensor, timestep: Tensor, step: int, of: int) -> Tensor:
        with _LOCK:
            found = self._evaluate(latents, timestep, step, of)
        if self.field.copies == 1:
            return found
        without, told = found.chunk(2)
        return without + self._job.guidance * (told - without)

    def _evaluate(self, latents: Tensor, timestep: Tensor, step: int, of: int) -> Tensor:
        if self.field.at(step, of):
            self._enter_phase()
        states, conditions = self._batch_texts(len(latents))
        with equipped(self._hooks, self._processors, self._weights):
            return self._unet(
                latents.repeat(self.field.copies, 1, 1, 1),
                timestep,
                encoder_hidden_states=states,
                added_cond_kwargs=conditions,
                return_dict=False,
                **self._guidance(latents),
            )[0]

    def _guidance(self, latents: Tensor) -> dict[str, Any]:
        """What the regions' sketches tell the conditional branch."""
        if self._guide is None:
            return {}
        return self._guide.batch((self.field.copies - 1) * len(latents), len(latents), latents.dtype)

    def _enter_phase(self) -> None:
        field, job = self.field, self._job
        prompts = Prompts(
            talk=[self._text(p, False, r)[0] for p, r in zip(self._words, field.read_by, strict=True)],
            mute=[self._text(job.negative, True, r)[0] for r in field.mute_read_by],
            talk_readers=field.read_by,
            mute_readers=field.mute_read_by,
        )
        self._processors = {
            module: RegionalAttention(field, module, name, prompts, self._layers)
            for name, module in self._unet.named_modules()
            if name.endswith(".attn2")
        }
        self._hooks = gated_layers(self._unet, [self._layers[i] for i in field.experts], field)
        if field.drawn_by[0] != self._base:
            adapter, scale = self._base = field.drawn_by[0]
            self._weights = {} if adapter is None else fused_weights(self._unet, self._layers[adapter], scale)
        if self._sketches is not None and field.phase is not None:
            self._guide = self._sketches.guide(field.phase.sketched)

    @property
    def _own_words(self) -> list[Tensor]:
        """What the regions' prompts say, in the backbone's own words."""
        return [self._text(r.prompt, False, (None, 0.0))[0] for r in self._job.regions]

    @property
    def _words(self) -> list[str]:
        return [self._job.prompt, *(r.prompt for r in self._job.regions)]

    def _text(self, prompt: str, negative: bool, reader: Reader) -> tuple[Tensor, Tensor | None]:
        adapter, scale = reader
        text = self._experts[adapter].text if adapter else {}
        key = (prompt, negative, reader if text else None)  # without text layers it reads as the backbone does
        if key not in self._texts:
            read = self._reader.read_negative if negative else self._reader.read
            self._texts[key] = read(prompt, text, scale)
        return self._texts[key]

    def _batch_texts(self, count: int) -> tuple[Tensor, dict[str, Tensor] | None]:
        """The global prompt's states for the batch: the processors have their own, other layers see these."""
        told = self._text(self._job.prompt, False, self.field.read_by[0])
        without = self._text(self._job.negative, True, self.field.mute_read_by[0])
        batch = ([without] * count if self.field.copies == 2 else []) + [told] * count
        extent = self._job.extent
        conditions = self._reader.conditions([p for _, p in batch if p is not None], (extent.height, extent.width))
        return torch.stack([s for s, _ in batch]), conditions


@dataclass(frozen=True)
class Pin:
    """Positions that must come out as they were: `clean` latents (1, channels, h, w) where `free` (h, w) is False."""

    clean: Tensor
    free: Tensor
    noise: Tensor


@dataclass(frozen=True)
class Moment:
    """The state after a step: latents (candidates, channels, h, w) and the estimate of the finished ones."""

    step: int  # 1..of
    of: int
    latents: Tensor
    estimate: Tensor


@dataclass(frozen=True)
class Begun:
    """Where a drawing is taken up again (SDEdit, arXiv 2108.01073): `clean` latents, noised as for step `first`."""

    clean: Tensor
    first: int  # of the job's steps, from 0


def denoise(
    run: Predictor, scheduler: Any, noise: Tensor, job: RenderJob, pin: Pin | None = None, begun: Begun | None = None
) -> Iterator[Moment]:
    """Denoises `noise` (candidates, channels, h, w) of variance 1; pinned positions follow their clean values.

    Raises BadInput for a number of steps that the scheduler refuses.
    """
    try:
        scheduler.set_timesteps(job.steps, device=noise.device)
    except ValueError as error:  # distilled schedules have few steps
        raise BadInput(f"This scheduler does not draw in {job.steps} steps: {error}", "Ask for fewer steps.") from error
    generator = torch.Generator("cpu").manual_seed(job.seed)
    extra = {"generator": generator} if "generator" in scheduler.step.__code__.co_varnames else {}
    of, first = len(scheduler.timesteps), 0
    latents = noise * scheduler.init_noise_sigma
    if begun is not None:
        first = begun.first
        scheduler.set_begin_index(first)
        latents = scheduler.add_noise(begun.clean, noise, scheduler.timesteps[first][None])
    for i, t in enumerate(scheduler.timesteps[first:], first):
        if pin is not None:
            held = scheduler.add_noise(pin.clean, pin.noise, t[None])
            latents = torch.where(pin.free, latents, held.to(latents.dtype))
        with torch.inference_mode():
            found = run.predict(scheduler.scale_model_input(latents, t), t, i, of)
            after = scheduler.step(found, t, latents, **extra)
            estimate = _estimate(scheduler, after, found, t, latents)
            latents = after.prev_sample
        if pin is not None and i == of - 1:
            latents = torch.where(pin.free, latents, pin.clean)
        yield Moment(i + 1, of, latents, estimate)


def _estimate(scheduler: Any, after: Any, found: Tensor, t: Tensor, latents: Tensor) -> Tensor:
    """The finished latents as they look from here; the scheduler's own estimate where it gives one."""
    own = after.get("pred_original_sample", after.get("denoised"))
    if own is not None:
        return own
    kept = scheduler.alphas_cumprod[int(t)].to(latents)
    signal, spread = kept**0.5, (1 - kept) ** 0.5
    kind = scheduler.config.prediction_type
    if kind == "sample":
        return found
    if kind == "v_prediction":
        return signal * latents - spread * found
    return (latents - spread * found) / signal.clamp(min=1e-3)


def draw_noise(
    job: RenderJob,
    field: Field,
    channels: int,
    canvas: tuple[int, int],
    shift: int = 0,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Starting noise (channels, h, w) of the window: each region's part from its own seed plus `shift`.

    Drawn for the whole canvas and cut, so a position gets the same noise in a repair as in the first drawing. The
    choice between seeds is hard: blending two noises would lower the variance.
    """

    def full(seed: int) -> Tensor:
        generator = torch.Generator("cpu").manual_seed((seed + shift) % 2**63)
        return torch.randn((1, channels, *canvas), generator=generator)[0][:, *field.window.as_slices()]

    noise = full(job.seed)
    owner = torch.from_numpy(labels(field.finest))
    for block, region in enumerate(job.regions, 1):
        if region.seed != job.seed:
            noise = torch.where(owner == block, full(region.seed), noise)
    return noise.to(field.device, dtype)


def decode(pipe: Any, latents: Tensor) -> np.ndarray:
    """Pictures (n, height, width, 3), uint8, of latents (n, channels, h, w)."""
    with torch.inference_mode():
        scaled = latents.to(pipe.vae.dtype) / pipe.vae.config.scaling_factor
        return pixels(pipe.vae.decode(scaled, return_dict=False)[0])


def pixels(image: Tensor) -> np.ndarray:
    """uint8 (n, height, width, 3) of what an autoencoder gives, (n, 3, height, width) in -1..1."""
    shown = (image.float() / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy()
    return (shown * 255).round().astype(np.uint8)


def encode(pipe: Any, image: np.ndarray) -> Tensor:
    """Latents (channels, h, w), scaled as the denoiser sees them, of a picture (height, width, 3), uint8."""
    device, dtype = place_of(pipe.vae)
    pixels = torch.from_numpy(np.array(image)).to(device, dtype).permute(2, 0, 1)[None] / 127.5 - 1
    with torch.inference_mode():
        found = pipe.vae.encode(pixels)
        codes = found.latents if hasattr(found, "latents") else found.latent_dist.mode()
    return (codes[0] * pipe.vae.config.scaling_factor).to(pipe.unet.dtype)


def check_size(size: Sequence[int], multiple: int) -> None:
    """BadInput where the canvas (pixels) does not fall on the UNet's coarsest grid."""
    if any(s % multiple for s in size):
        good = " × ".join(str(max(round(s / multiple), 1) * multiple) for s in size)
        raise BadInput(f"This backbone draws sizes that are multiples of {multiple} pixels.", f"Ask for {good}.")
