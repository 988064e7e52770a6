"""What is measured: the plain pipeline, this engine, and the usual ways to give regions their own words and adapters.

All draw with the same weights, schedule, guidance and canvas, and decode the picture. The peers are kept as quick as
they can be: texts are read once a picture, merged weights are made beforehand, guidance goes through in one batch. Only
`reference` is the oracle of the tests as it is, which merges and reads anew for every pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mepg_agent.bench.shapes import Arch, save_adapter
from mepg_agent.engine import sampler
from mepg_agent.engine.base import Engine, Latents, Picture, Pixels, Step
from mepg_agent.engine.field import Field
from mepg_agent.engine.layers import equipped, fused_weights
from mepg_agent.engine.local import LocalEngine
from mepg_agent.engine.reference import ReferenceEngine
from mepg_agent.engine.text import TextReader
from mepg_agent.engine.windows import Window
from mepg_agent.records import JobRegion, Keep, RenderJob
from mepg_agent.scene import Box, Extent

REGIONS, EXPERTS = (1, 2, 4, 8), (1, 2, 4)
COLUMNS = {1: 1, 2: 2, 4: 2, 8: 4}  # of the grid of regions
AREAS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)  # of the canvas, repaired
WEIGHTS = "0" * 64

Mark = Callable[[], None]  # called after each denoising step
Fused = Mapping[nn.Parameter, Tensor]


@dataclass(frozen=True)
class Contender:
    """One way to draw. `draw` takes a number of steps and returns the denoiser's passes over a full canvas."""

    name: str
    regions: int
    experts: int
    draw: Callable[[int, Mark], float]
    resident: int = 0  # bytes that stay in memory between pictures, beyond the plain pipeline's
    area: float | None = None  # of a repair


@dataclass(frozen=True)
class Turn:
    """One pass of a step: text states (2, tokens, channels), where it counts (h, w), and how its weights are put on."""

    states: Tensor
    conditions: dict[str, Tensor] | None
    mask: Tensor
    worn: Callable[[], AbstractContextManager[None]]


class Turns:
    """A predictor that makes one pass a turn and blends them, as MultiDiffusion does (arXiv 2302.08113)."""

    def __init__(self, unet: Any, guidance: float, turns: Sequence[Turn]) -> None:
        self._unet, self._guidance, self._turns, self.calls = unet, guidance, turns, 0.0

    def predict(self, latents: Tensor, timestep: Tensor, step: int, of: int) -> Tensor:
        blended = torch.zeros_like(latents)
        for turn in self._turns:
            with turn.worn():
                without, told = self._unet(
                    latents.repeat(2, 1, 1, 1),
                    timestep,
                    encoder_hidden_states=turn.states,
                    added_cond_kwargs=turn.conditions,
                    return_dict=False,
                )[0].chunk(2)
            blended += turn.mask * (without + self._guidance * (told - without))
            self.calls += 1
        return blended


class Bench:
    """Everything that is drawn with one pipeline of random weights."""

    def __init__(self, arch: Arch, pipe: Any, extent: Extent, folder: Path) -> None:
        """Writes the adapters into `folder`. BadInput for a canvas that the architecture cannot draw."""
        self._pipe, self._extent, self._folder = pipe, extent, folder
        self._engine = LocalEngine.around(pipe, weights_hash=WEIGHTS)
        self._adapters = tuple(
            save_adapter(arch, pipe.unet, folder / f"expert{i}.safetensors", i) for i in range(max(EXPERTS))
        )
        self._experts = self._engine.experts(self.job(8, 4))
        self._made: dict[str, Fused] = {}

    def contenders(self, peers: bool = True) -> list[Contender]:
        """The plain pipeline first. The other ways (`peers`) are measured with as many experts as the regions can use;
        they keep the layers that adapters touch in memory once more for each adapter."""
        plain = Contender("plain", 0, 1, self._draw_plain)
        every = [(k, m) for k in REGIONS for m in EXPERTS if m <= k]
        ours = [self._contender("ours", k, m, self._low_rank(m), partial(self._run, self._engine)) for k, m in every]
        most = [(k, max(m for m in EXPERTS if m <= k)) for k in REGIONS]
        others = [
            other
            for k, m in most
            if peers
            for other in (
                self._contender("pass per region", k, m, self._merged(m), self._draw_per_region),
                self._contender("pass per adapter", k, m, self._merged(m), self._draw_per_adapter),
                self._contender("set_adapters", k, m, self._low_rank(m), self._draw_set_adapters),
                self._contender(
                    "reference", k, m, self._low_rank(m), partial(self._run, ReferenceEngine(self._engine))
                ),
            )
        ]
        repairs = [Contender("repair", 8, 4, partial(self._draw_repair, a), self._low_rank(4), a) for a in AREAS]
        return [plain, *ours, *others, *repairs]

    def job(self, regions: int, experts: int) -> RenderJob:
        """`regions` boxes in a grid that cover most of the canvas; the experts take turns."""
        columns = COLUMNS[regions]
        wide, high = 1 / columns, columns / regions
        used = self._adapters[:experts]
        return RenderJob(
            backbone="bench",
            weights=WEIGHTS,
            prompt="a meadow",
            extent=self._extent,
            regions=tuple(
                JobRegion(
                    id=f"thing-{i}",
                    box=Box(
                        x=(i % columns + 0.05) * wide,
                        y=(i // columns + 0.05) * high,
                        width=0.9 * wide,
                        height=0.9 * high,
                    ),
                    prompt="a thing",
                    adapter=used[i % experts].id,
                    seed=i,
                )
                for i in range(regions)
            ),
            adapters=used,
            seed=0,
            steps=1,
            guidance=4.0,
        )

    def _contender(
        self, name: str, regions: int, experts: int, resident: int, draw: Callable[[RenderJob, Mark], float]
    ) -> Contender:
        job = self.job(regions, experts)
        return Contender(
            name, regions, experts, lambda steps, mark: draw(job.model_copy(update={"steps": steps}), mark), resident
        )

    def _low_rank(self, experts: int) -> int:
        return sum(self._experts[a.id].bytes for a in self._adapters[:experts])

    def _fused(self, adapter: str) -> Fused:
        if adapter not in self._made:
            self._made[adapter] = fused_weights(self._pipe.unet, self._experts[adapter].unet, 1.0)
        return self._made[adapter]

    def _merged(self, experts: int) -> int:
        """The layers that adapters touch, once more for each adapter."""
        return sum(_bytes(self._fused(a.id).values()) for a in self._adapters[:experts])

    def _draw_plain(self, steps: int, mark: Mark) -> float:
        """diffusers' own pipeline, its one adapter merged into the weights."""

        def after(_: Any, __: int, ___: Any, changed: dict[str, Any]) -> dict[str, Any]:
            mark()
            return changed

        with equipped({}, {}, self._fused(self._adapters[0].id)):
            self._pipe(
                "a meadow",
                negative_prompt="",
                height=self._extent.height,
                width=self._extent.width,
                num_inference_steps=steps,
                guidance_scale=4.0,
                generator=torch.Generator().manual_seed(0),
                output_type="np",
                callback_on_step_end=after,
            )
        return float(steps)

    def _run(self, engine: Engine, job: RenderJob, mark: Mark) -> float:
        return _pulled(engine, job, mark).calls

    @cached_property
    def _before(self) -> tuple[Pixels, Latents]:
        picture = _pulled(self._engine, self.job(8, 4), lambda: None)
        return picture.image, picture.latents

    def _draw_repair(self, area: float, steps: int, mark: Mark) -> float:
        box = Box.centered(0.5, 0.5, area**0.5, area**0.5)  # in the middle, so that its halo is whole
        keep = Keep(picture=WEIGHTS, latents=WEIGHTS, redraw=(box,))
        job = self.job(8, 4).model_copy(update={"steps": steps, "keep": keep})
        return _pulled(self._engine, job, mark, self._before).calls

    def _draw_per_region(self, job: RenderJob, mark: Mark) -> float:
        """A pass for each region and one for the background (Regional Prompter's latent mode)."""
        turns = [self._turn(job, prompt, mask, self._wear(adapter)) for prompt, mask, adapter in self._blocks(job)]
        return self._blend(self._pipe.unet, job, turns, mark)

    def _draw_per_adapter(self, job: RenderJob, mark: Mark) -> float:
        """A pass for each adapter, its regions as one, and one for the background (ComfyUI's masked hooks)."""
        masks: dict[str | None, Tensor] = {}
        for _, mask, adapter in self._blocks(job):
            masks[adapter] = masks.get(adapter, 0) + mask
        turns = [self._turn(job, job.prompt, mask, self._wear(adapter)) for adapter, mask in masks.items()]
        return self._blend(self._pipe.unet, job, turns, mark)

    def _draw_set_adapters(self, job: RenderJob, mark: Mark) -> float:
        """A pass for each region, peft's layers switched before each with diffusers' `set_adapters`."""
        twin = self._twin
        turns = [
            self._turn(job, prompt, mask, partial(_chosen, twin, adapter))
            for prompt, mask, adapter in self._blocks(job)
        ]
        return self._blend(twin.unet, job, turns, mark)

    @cached_property
    def _twin(self) -> Any:
        """The same pipeline with peft's layers in its UNet; the weights themselves are shared."""
        unet = self._pipe.unet
        with torch.device("meta"):
            other = type(unet).from_config(unet.config)
        other.load_state_dict(unet.state_dict(), assign=True)
        twin = type(self._pipe)(**{**self._pipe.components, "unet": other.eval().requires_grad_(False)})
        for adapter in self._adapters:
            twin.load_lora_weights(str(self._folder), weight_name=f"{adapter.id}.safetensors", adapter_name=adapter.id)
        return twin

    def _wear(self, adapter: str | None) -> Callable[[], AbstractContextManager[None]]:
        return partial(equipped, {}, {}, {} if adapter is None else self._fused(adapter))

    def _blocks(self, job: RenderJob) -> Iterator[tuple[str, Tensor, str | None]]:
        """Prompt, mask (h, w) and adapter of the background and of each region."""
        pipe = self._pipe
        canvas = self._canvas
        field = Field(job, Window(0, 0, *canvas), canvas, 1, frozenset(), *sampler.place_of(pipe.unet))
        masks = torch.from_numpy(field.finest).to(*sampler.place_of(pipe.unet))
        said = [(job.prompt, None), *((r.prompt, r.adapter) for r in job.regions)]
        yield from ((prompt, mask, adapter) for (prompt, adapter), mask in zip(said, masks, strict=True))

    @property
    def _canvas(self) -> tuple[int, int]:
        factor = self._pipe.vae_scale_factor
        return self._extent.height // factor, self._extent.width // factor

    def _turn(
        self, job: RenderJob, prompt: str, mask: Tensor, worn: Callable[[], AbstractContextManager[None]]
    ) -> Turn:
        reader = TextReader(self._pipe)
        without, told = reader.read_negative(job.negative, {}, 1.0), reader.read(prompt, {}, 1.0)
        pooled = [p for _, p in (without, told) if p is not None]
        conditions = reader.conditions(pooled, (self._extent.height, self._extent.width))
        return Turn(torch.stack([without[0], told[0]]), conditions, mask, worn)

    def _blend(self, unet: Any, job: RenderJob, turns: Sequence[Turn], mark: Mark) -> float:
        run = Turns(unet, job.guidance, turns)
        device, dtype = sampler.place_of(unet)
        shape = (1, unet.config.in_channels, *self._canvas)
        latents = torch.randn(shape, generator=torch.Generator().manual_seed(job.seed)).to(device, dtype)
        for moment in sampler.denoise(run, sampler.make_scheduler(job.scheduler, self._pipe.scheduler), latents, job):
            latents = moment.latents
            mark()
        sampler.decode(self._pipe, latents)
        return run.calls


def _pulled(engine: Engine, job: RenderJob, mark: Mark, before: tuple[Pixels, Latents] | None = None) -> Picture:
    for item in engine.run(job, before):
        if isinstance(item, Step):
            mark()
        else:
            return item
    raise AssertionError("an engine's last item is the picture")


@contextmanager
def _chosen(pipe: Any, adapter: str | None) -> Iterator[None]:
    if adapter is None:
        pipe.disable_lora()
        yield
        pipe.enable_lora()
    else:
        pipe.set_adapters(adapter)
        yield


def _bytes(tensors: Any) -> int:
    return sum(t.numel() * t.element_size() for t in tensors)
