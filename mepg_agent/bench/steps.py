"""How few denoising steps do: the same things drawn at several step counts by several schedulers, and scored.

Seeds are fixed and nothing is chosen; the scorer is the benchmarks' own. Its probabilities stand beside how often it
is right, which is coarse where nearly everything is.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from mepg_agent.bench.family import FamilyBench, draw, plan_of
from mepg_agent.bench.judge import look as see
from mepg_agent.records import RenderJob

COUNTS = (4, 6, 8, 12, 20, 30)
SOLVERS = ("dpm++", "unipc")
EVERY = 4  # one noun in so many is drawn


@dataclass(frozen=True)
class Row:
    """Means over all things; shares and probabilities in 0..1."""

    scheduler: str
    steps: int
    noun: float  # share of right nouns
    look: float  # and of right looks
    sure: float  # mean probability of the right noun times that of the right look
    seconds: float


def measure(bench: FamilyBench, console: Console) -> list[Row]:
    """Every EVERY-th noun alone, looks in turn, seed 0, by each scheduler at each count of steps."""
    looks = bench.vocabulary.looks
    things = [(noun, looks[i % len(looks)]) for i, noun in enumerate(list(bench.vocabulary.nouns)[::EVERY])]
    jobs = [bench.job(plan_of(n, look, bench.vocabulary, bench.backbone.item.defaults.extent), 0) for n, look in things]
    cases = [(scheduler, steps) for scheduler in SOLVERS for steps in COUNTS]
    return [_row(bench, things, jobs, *case) for case in track(cases, "drawing with fewer steps", console=console)]


def _row(bench: FamilyBench, things: list[tuple[str, str]], jobs: list[RenderJob], scheduler: str, steps: int) -> Row:
    found = []
    for (noun, look), job in zip(things, jobs, strict=True):
        started = time.perf_counter()
        image = draw(bench.engine, job.model_copy(update={"scheduler": scheduler, "steps": steps})).image
        seconds = time.perf_counter() - started
        nouns, looks, _ = see(bench.scorer, image, [job.regions[0].box])
        n, s = bench.scorer.nouns.index(noun), bench.scorer.styles.index(look)
        sure = float(nouns[0, n] * looks[0, s])
        found.append((bench.scorer.named(nouns) == [noun], int(looks.argmax()) == s, sure, seconds))
    return Row(scheduler, steps, *(float(column) for column in np.mean(found, 0)))


def view(rows: list[Row]) -> Table:
    table = Table("scheduler", "steps", "right noun", "right look", "sure", "seconds")
    for r in rows:
        table.add_row(r.scheduler, str(r.steps), f"{r.noun:.0%}", f"{r.look:.0%}", f"{r.sure:.3f}", f"{r.seconds:.2f}")
    return table


def report(rows: list[Row]) -> list[dict[str, object]]:
    return [asdict(row) for row in rows]


def draw_plot(rows: list[Row], file: Path) -> None:
    """Quality against steps, a line for each scheduler, as PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    for scheduler in dict.fromkeys(r.scheduler for r in rows):
        line = [r for r in rows if r.scheduler == scheduler]
        axes.plot([r.steps for r in line], [r.sure for r in line], "o-", label=scheduler)
    axes.set(xlabel="denoising steps", ylabel="scorer's probability of noun × look", ylim=(0, 1))
    axes.set_xscale("log")
    axes.set_xticks(COUNTS, [str(count) for count in COUNTS])
    axes.minorticks_off()
    axes.legend()
    axes.grid(alpha=0.3)
    figure.savefig(file, format="png", dpi=120, metadata={"Software": None})
