"""What regions and experts cost: times and peak memory, as ratios to a plain pipeline measured in the same run.

Contenders take turns, in another order each round, so that a machine that slows down slows all of them; ratios are
taken within a round, and their median is reported. Every sample is in the report.
"""

from __future__ import annotations

import platform
import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from warnings import catch_warnings

import diffusers
import torch

from mepg_agent.bench.contenders import Bench, Contender
from mepg_agent.bench.memory import peak_bytes
from mepg_agent.bench.shapes import ARCHS, build
from mepg_agent.engine.device import choose_device
from mepg_agent.engine.local import quiet
from mepg_agent.engine.sampler import check_size
from mepg_agent.errors import BadInput
from mepg_agent.scene import Extent, Frozen
from mepg_agent.settings import Settings

CPU_PIXELS = 256  # side of the canvas at most, where nothing is asked for
WARM_STEPS = 2  # of the drawing that warms up and whose memory is counted
MOST = {"picturebook": 1.25, "sd15": 1.1, "sdxl": 1.1}  # pictures of a plain pipeline that our largest case may cost
QUARTER, QUARTER_MOST = 0.25, 0.45  # of the canvas, and what repairing it may cost of that picture drawn whole
Tell = Callable[[int, int, str], None]  # done, of, what


class Case(Frozen):
    """One contender's samples, one a round."""

    name: str
    regions: int
    experts: int
    area: float | None  # of the canvas, repaired
    passes: float  # of the denoiser over a full canvas, a step
    picture_seconds: tuple[float, ...]  # words to pixels
    step_seconds: tuple[float, ...]  # the median step of each picture, its first left out
    picture_ratio: float  # to the plain pipeline
    step_ratio: float
    peak_bytes: int  # of tensors, beyond the pipeline's weights


class Aim(Frozen):
    """What was hoped for: a share of the time of a plain pipeline's picture, or of what `what` names."""

    what: str
    most: float
    found: float


class Report(Frozen):
    arch: str
    date: date
    extent: Extent
    steps: int
    repeats: int
    device: str
    dtype: str
    threads: int
    machine: str
    torch: str
    diffusers: str
    cases: tuple[Case, ...]  # the plain pipeline first
    aims: tuple[Aim, ...]

    def find(self, name: str, regions: int, experts: int) -> Case | None:
        wanted = (name, regions, experts)
        return next((c for c in self.cases if (c.name, c.regions, c.experts) == wanted), None)


def measure(
    arch: str,
    *,
    steps: int,
    repeats: int,
    extent: Extent | None,
    settings: Settings,
    tell: Tell,
    peers: bool = True,
) -> Report:
    """Measures every contender `repeats` times. BadInput for an unknown architecture, or a canvas it cannot draw."""
    if arch not in ARCHS:
        raise BadInput(f"There is no architecture '{arch}'.", f"Known: {', '.join(ARCHS)}.")
    shape, device = ARCHS[arch], choose_device(settings.device)
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    dtype = torch.float16 if device == "cuda" else torch.float32
    side = min(shape.pixels, CPU_PIXELS) if device == "cpu" else shape.pixels
    extent = extent or Extent(width=side, height=side)
    with quiet(), catch_warnings(action="ignore"), TemporaryDirectory() as folder:
        pipe = build(shape, device, dtype)
        depth = len(pipe.unet.config.block_out_channels)
        check_size((extent.width, extent.height), pipe.vae_scale_factor * 2 ** (depth - 1))
        contenders = Bench(shape, pipe, extent, Path(folder)).contenders(peers)
        cases = _cases(contenders, steps, repeats, device, tell)
    return Report(
        arch=arch,
        date=date.today(),
        extent=extent,
        steps=steps,
        repeats=repeats,
        device=torch.cuda.get_device_name() if device == "cuda" else device,
        dtype=str(dtype).removeprefix("torch."),
        threads=torch.get_num_threads(),
        machine=f"{_processor()}, {platform.platform()}",
        torch=torch.__version__,
        diffusers=diffusers.__version__,
        cases=cases,
        aims=tuple(_aims(arch, cases)),
    )


def _aims(arch: str, cases: tuple[Case, ...]) -> Iterator[Aim]:
    largest = max((c for c in cases if c.name == "ours"), key=lambda c: (c.regions, c.experts))
    if arch in MOST:
        what = f"{largest.regions} regions with {largest.experts} experts"
        yield Aim(what=what, most=MOST[arch], found=largest.picture_ratio)
    for case in cases:
        if case.area == QUARTER:
            shares = [a / b for a, b in zip(case.picture_seconds, largest.picture_seconds, strict=True)]
            what = f"against drawing that picture, a repair of {QUARTER:.0%} of the area"
            yield Aim(what=what, most=QUARTER_MOST, found=median(shares))


def _processor() -> str:
    """Its name, where the system tells it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _cases(contenders: list[Contender], steps: int, repeats: int, device: str, tell: Tell) -> tuple[Case, ...]:
    of, done = len(contenders) * (repeats + 1), 0
    peaks = []
    for contender in contenders:
        tell(done, of, f"warming up: {contender.name}")
        contender.draw(1, _nothing)  # what is made once and kept must not count
        peaks.append(
            contender.resident + peak_bytes(lambda c=contender: c.draw(min(steps, WARM_STEPS), _nothing), device)
        )
        done += 1
    samples: list[list[tuple[float, float, float]]] = [[] for _ in contenders]
    order, shuffle = list(range(len(contenders))), random.Random(0)
    for _ in range(repeats):
        shuffle.shuffle(order)
        for i in order:
            tell(done, of, f"measuring: {contenders[i].name}")
            samples[i].append(_timed(contenders[i], steps, device))
            done += 1
    return tuple(
        _case(contender, found, samples[0], steps, peak)
        for contender, found, peak in zip(contenders, samples, peaks, strict=True)
    )


def _timed(contender: Contender, steps: int, device: str) -> tuple[float, float, float]:
    """Seconds of the picture, seconds of its median step, passes."""
    wait = {"cuda": torch.cuda.synchronize, "mps": torch.mps.synchronize}.get(device, _nothing)
    marks = []

    def mark() -> None:
        wait()
        marks.append(time.perf_counter())

    mark()
    passes = contender.draw(steps, mark)
    mark()
    # The first step reads texts and lays things out; what comes after the last is decoding.
    taken = [b - a for a, b in pairwise(marks[:-1])]
    return marks[-1] - marks[0], median(taken[1:] or taken), passes


def _case(
    contender: Contender,
    found: list[tuple[float, float, float]],
    plain: list[tuple[float, float, float]],
    steps: int,
    peak: int,
) -> Case:
    pairs = list(zip(found, plain, strict=True))
    return Case(
        name=contender.name,
        regions=contender.regions,
        experts=contender.experts,
        area=contender.area,
        passes=found[0][2] / steps,
        picture_seconds=tuple(picture for picture, _, _ in found),
        step_seconds=tuple(step for _, step, _ in found),
        picture_ratio=median(mine[0] / theirs[0] for mine, theirs in pairs),
        step_ratio=median(mine[1] / theirs[1] for mine, theirs in pairs),
        peak_bytes=peak,
    )


def _nothing() -> None:
    pass
