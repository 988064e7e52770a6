"""The engine on this machine: one diffusers pipeline in memory, any number of regions and experts in one pass."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.device import choose_device
from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.portfolio import Backbone, Found, check_weights, place
from mepg_agent.records import RenderJob
from mepg_agent.scene import Extent
from mepg_agent.settings import Settings

if TYPE_CHECKING:
    import torch

    from mepg_agent.engine.adapters import ExpertWeights

T = TypeVar("T")
PREVIEWS = 4  # a picture, at most; and no more than one every second step
PREVIEW_SIDE = 16  # latent positions; decoding costs as much as that many squared


class LocalEngine:
    """Engine over a Stable Diffusion or SDXL pipeline: a folder or a hub id in diffusers format."""

    def __init__(
        self,
        source: str | Path,
        *,
        weights_hash: str,
        revision: str | None = None,
        device: str = "cpu",
        dtype: torch.dtype | None = None,
        threads: int | None = None,
    ) -> None:
        """Loads the pipeline (.safetensors only). `dtype` is float32 unless given. BrokenAsset where it cannot."""
        import torch

        from mepg_agent.engine.memory import keep_freed_memory

        keep_freed_memory()
        if threads is not None:
            torch.set_num_threads(threads)
        self._take(_load(str(source), revision, dtype or torch.float32, device), weights_hash)

    @classmethod
    def of_family(cls, family: Found[Backbone], settings: Settings) -> Self:
        """An engine over an installed family, where the settings say. BrokenAsset for weights that are not as its
        manifest names them, BadInput for a device that is not there."""
        check_weights(family, family.item.pipeline)
        device = choose_device(settings.device)
        engine = cls(
            place(family, family.item.pipeline),
            weights_hash=family.item.weights_hash(),
            revision=family.item.revision,
            device=device,
            threads=settings.threads,
        )
        if family.item.sketches is not None:
            from mepg_agent.engine.sketching import Artist

            check_weights(family, family.item.sketches)
            Artist.load(family.folder / family.item.sketches, device).joins(engine.pipe)
        return engine

    @classmethod
    def around(cls, pipe: Any, *, weights_hash: str) -> Self:
        """An engine over a pipeline that is already in memory, ready to draw."""
        engine = cls.__new__(cls)
        engine._take(pipe, weights_hash)
        return engine

    def _take(self, pipe: Any, weights_hash: str) -> None:
        import torch

        from mepg_agent.engine.adapters import Residents

        pipe.unet.to(memory_format=torch.channels_last)  # as convolutions read it: small maps cost up to a half less
        self.pipe, self._hash = pipe, weights_hash
        self._residents = Residents(pipe)

    def extent(self) -> Extent:
        side = self.pipe.unet.config.sample_size * self.pipe.vae_scale_factor
        return Extent(width=side, height=side)

    def weights_hash(self) -> str:
        return self._hash

    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        """See `Engine.run`. Runs may be interleaved, and a run may be closed between two steps."""
        from mepg_agent.engine.closeup import draw_closeup
        from mepg_agent.engine.field import canonical
        from mepg_agent.engine.regions import repair

        self._check(job, before)
        job = canonical(job)
        experts = _had_room(lambda: self.experts(job))
        if before is not None:
            again = draw_closeup if job.keep and job.keep.zoom else repair
            return _with_room(again(self.pipe, job, experts, before))
        return _with_room(self._draw(job, experts))

    def experts(self, job: RenderJob) -> dict[str, ExpertWeights]:
        """The job's adapters in memory, by id. BrokenAsset where one is missing, changed or does not fit."""
        return self._residents.get(job.adapters)

    def _check(self, job: RenderJob, before: tuple[Pixels, Latents] | None) -> None:
        from mepg_agent.engine.sampler import check_size

        if (job.keep is None) != (before is None):
            raise BadInput("A repair needs the picture it repairs.", "Pass it exactly when the job keeps one.")
        if job.weights != self._hash:
            raise BadInput("The job was made for other weights.", "Prepare it again with this backbone.")
        depth = len(self.pipe.unet.config.block_out_channels)
        check_size((job.extent.width, job.extent.height), self.pipe.vae_scale_factor * 2 ** (depth - 1))

    def _draw(self, job: RenderJob, experts: dict[str, ExpertWeights]) -> Iterator[Step | Picture]:
        from mepg_agent.engine import sampler
        from mepg_agent.engine.checkpoints import Ensemble
        from mepg_agent.engine.windows import Window

        pipe, started = self.pipe, time.perf_counter()
        factor = pipe.vae_scale_factor
        canvas = (job.extent.height // factor, job.extent.width // factor)
        run = Ensemble(pipe, job, experts, Window(0, 0, *canvas), canvas)
        noise = sampler.draw_noise(job, run.field, pipe.unet.config.in_channels, canvas, dtype=pipe.unet.dtype)[None]
        scheduler = sampler.make_scheduler(job.scheduler, pipe.scheduler)
        latents = noise
        for moment in sampler.denoise(run, scheduler, noise, job):
            latents = moment.latents
            shown = moment.step % max(moment.of // PREVIEWS, 2) == 0 and moment.step < moment.of
            yield Step(moment.step, moment.of, preview(pipe, moment.estimate) if shown else None)
        image = sampler.decode(pipe, latents)[0]
        seconds = time.perf_counter() - started
        shares = run.field.finest.mean((1, 2))
        yield Picture(
            image=image,
            latents=latents[0].float().cpu().numpy(),
            seconds=seconds,
            calls=run.calls,
            region_seconds={r.id: seconds * float(s) for r, s in zip(job.regions, shares[1:], strict=True)},
        )


def _with_room(drawn: Iterator[Step | Picture]) -> Iterator[Step | Picture]:
    """The same. Raises BrokenAsset where the device has too little memory for it."""
    import torch

    with suppress(torch.OutOfMemoryError):
        yield from drawn
        return
    # Not raised from the other error, which would keep every tensor of the drawing in memory.
    raise _no_room()


def _had_room(read: Callable[[], T]) -> T:
    """What `read` gives. Raises as `_with_room`."""
    import torch

    with suppress(torch.OutOfMemoryError):
        return read()
    raise _no_room()


def _no_room() -> BrokenAsset:
    advice = "Draw a smaller picture, or fewer candidates at once."
    return BrokenAsset("The device has too little memory for this drawing.", advice)


def preview(pipe: Any, latents: Any) -> Pixels:
    """A rough picture: what the linear part of a decoder makes, where it has one; else of latents made smaller."""
    import torch
    import torch.nn.functional as F

    from mepg_agent.engine.patch_autoencoder import PatchAutoencoder
    from mepg_agent.engine.sampler import decode, pixels

    if isinstance(pipe.vae, PatchAutoencoder):
        with torch.inference_mode():
            return pixels(pipe.vae.linear(latents[:1] / pipe.vae.config["scaling_factor"]))[0]
    size = latents.shape[-2:]
    shrink = max(1, min(round(max(size) / PREVIEW_SIDE), *size))
    return decode(pipe, F.avg_pool2d(latents[:1], shrink))[0]


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars and no warnings of the libraries on a person's terminal; afterwards as it was."""
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    both = (diffusers_logging, transformers_logging)
    before = [(log, log.get_verbosity(), log.is_progress_bar_enabled()) for log in both]
    for log in both:
        log.set_verbosity_error()
        log.disable_progress_bar()
    try:
        yield
    finally:
        for log, verbosity, bars in before:
            log.set_verbosity(verbosity)
            if bars:
                log.enable_progress_bar()


@quiet()  # importing the pipelines already warns of what is not installed
def _load(source: str, revision: str | None, dtype: Any, device: str) -> Any:
    import torch
    from diffusers import DiffusionPipeline, StableDiffusionPipeline, StableDiffusionXLPipeline
    from safetensors import SafetensorError

    import mepg_agent.engine.patch_autoencoder  # noqa: F401  diffusers builds only classes that are already imported
    from mepg_agent.engine.lora_files import CONFUSED

    try:
        pipe: Any = DiffusionPipeline.from_pretrained(
            source, revision=revision, dtype=dtype, use_safetensors=True, safety_checker=None
        )
    except (OSError, SafetensorError, *CONFUSED) as error:
        reason = " ".join(str(error).rstrip(".").split())
        raise BrokenAsset(
            f"The pipeline {source} cannot be loaded: {reason}.", "Check the folder or hub id in backbone.toml."
        ) from error
    if not isinstance(pipe, StableDiffusionPipeline | StableDiffusionXLPipeline):
        raise BrokenAsset(
            f"{source} is a {type(pipe).__name__}.", "This engine draws with Stable Diffusion and SDXL pipelines."
        )
    pipe.set_progress_bar_config(disable=True)
    for part in pipe.components.values():
        if hasattr(part, "eval"):
            part.eval().requires_grad_(False)
    with suppress(torch.OutOfMemoryError):
        return pipe.to(device)
    # Not raised from the other error, as in `_with_room`.
    raise BrokenAsset(
        f"{device} has too little memory for the pipeline {source}.", "Free some, or set MEPG_DEVICE=cpu."
    )
