"""Does a region get its own thing in its own style? The same plans, seeds and steps, drawn in five ways.

One global prompt on the backbone; regional prompts without experts; one pass per region and expert (the oracle of
`engine/reference.py`); ours with gates from position, and with gates from attention. The scorer judges each thing in
its own box, of which one global prompt is never told. Intervals are 95% bootstrap intervals over plans (Efron, 1979).
Every plan is a line of `regions.jsonl`, so that a run that was stopped goes on; where that file is removed, another
scorer judges the pictures that are there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mepg_agent.agent import Agent
from mepg_agent.bench.bootstrap import Figure, figure, resamples
from mepg_agent.bench.family import draw, load
from mepg_agent.bench.journal import Journal, Row
from mepg_agent.bench.judge import Judged, judge, seam, spill
from mepg_agent.bench.kept import keep, kept
from mepg_agent.bench.scorer import Scorer
from mepg_agent.bench.sheet import grid
from mepg_agent.engine.base import Engine, Pixels
from mepg_agent.engine.local import LocalEngine
from mepg_agent.engine.prepare import prepare
from mepg_agent.engine.reference import ReferenceEngine
from mepg_agent.english import PLACES, article
from mepg_agent.portfolio import Defaults, Expert, Found, Vocabulary
from mepg_agent.records import Brief, GateKind, RenderJob
from mepg_agent.scene import Frozen, ScenePlan
from mepg_agent.settings import Settings

SEED = 20_000  # of the split: no other bench draws these prompts
SIZES = {2: 0.4, 3: 0.3, 4: 0.15, 5: 0.1, 6: 0.05}
MEASURES = ("object", "style", "both", "leak", "spill", "iou", "seam", "seconds", "calls")
RECORD, PICTURES = "regions.jsonl", "pictures"
JOB, SECONDS, CALLS = "job", "seconds", "calls"  # what a kept picture says of itself
SIDE = 192  # pixels of a picture on the sheet
BARE = {"adapters": (), "background_adapter": None}
Tell = Callable[[int, int, str], None]  # done, of, what


class Setup(Frozen):
    """What every measurement depends on."""

    weights: str
    defaults: Defaults  # of the backbone
    experts: dict[str, tuple[str, float]]  # see `versions`
    steps: int
    styles: tuple[str, ...]
    ways: tuple[str, ...]
    scorer: str  # its digest


class Measured(Row):
    """One plan: by way every measure, None where there was nothing to measure."""

    prompt: str
    regions: int
    ways: dict[str, dict[str, float | None]]


class Way(Frozen):
    """One way of drawing: every measure with its interval, and its leads in right regions, plan by plan."""

    name: str
    measures: dict[str, Figure]
    leads: dict[str, Figure]  # in "both", over every way above it


class Report(Frozen):
    plans: int
    regions: int
    steps: int
    styles: tuple[str, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class Drawn:
    """One plan drawn in one way, and what that took."""

    image: Pixels
    seconds: float
    calls: float


@dataclass(frozen=True)
class Sample:
    """What is seen in it."""

    regions: list[Judged]
    spill: float | None
    seam: float
    seconds: float
    calls: float

    def measure(self, name: str) -> float | None:
        """Mean over the regions; a style that was not asked for does not count."""
        if name in ("spill", "seam", "seconds", "calls"):
            return getattr(self, name)
        values = {
            "object": [r.noun for r in self.regions],
            "style": [r.style for r in self.regions if r.style is not None],
            "both": [r.noun and r.style is not False for r in self.regions],
            "leak": [r.leak for r in self.regions],
            "iou": [r.iou for r in self.regions],
        }[name]
        return float(np.mean(values)) if values else None


def prompts(count: int, vocabulary: Vocabulary, styles: Sequence[str]) -> list[str]:
    """ "an ink fox, a flat castle and a watercolor owl on a beach": different things, each in a style of its own."""
    rng = np.random.default_rng(SEED)
    places = [place for place in vocabulary.places if place != "plain"]
    made = []
    for _ in range(count):
        nouns = rng.choice(list(vocabulary.nouns), int(rng.choice(list(SIZES), p=list(SIZES.values()))), replace=False)
        things = [article(f"{rng.choice(styles)} {noun}") for noun in nouns]
        made.append(f"{', '.join(things[:-1])} and {things[-1]} {PLACES[str(rng.choice(places))]}")
    return made


def alone(job: RenderJob, plan: ScenePlan, defaults: Defaults) -> RenderJob:
    """The same scene in one prompt, without regions and experts, on the canvas that the backbone draws best on."""
    return job.model_copy(update={**BARE, "regions": (), "prompt": plan.global_prompt, "extent": defaults.extent})


def ways(
    engine: LocalEngine, defaults: Defaults
) -> dict[str, tuple[Engine, Callable[[RenderJob, ScenePlan], RenderJob]]]:
    """By name: who draws, and what it makes of the job that ours would draw."""

    def without_experts(job: RenderJob, _: ScenePlan) -> RenderJob:
        regions = tuple(r.model_copy(update={"adapter": None}) for r in job.regions)
        return job.model_copy(update={**BARE, "regions": regions})

    def gated(kind: GateKind) -> Callable[[RenderJob, ScenePlan], RenderJob]:
        return lambda job, _: job.model_copy(update={"gate": kind})

    return {
        "one global prompt": (engine, lambda job, plan: alone(job, plan, defaults)),
        "regional prompts, no experts": (engine, without_experts),
        "a pass per region (oracle)": (ReferenceEngine(engine), lambda job, _: job),
        "ours, gates from position": (engine, gated(GateKind.POSITION)),
        "ours, gates from attention": (engine, gated(GateKind.ATTENTION)),
    }


class RegionsBench:
    """Draws, judges and notes; `folder` holds what is done, and its pictures."""

    def __init__(
        self, settings: Settings, folder: Path, steps: int | None = None, backbone: str = "picturebook"
    ) -> None:
        """Raises BadInput for a backbone without a vocabulary or a scorer, and for a folder with another run."""
        family = load(settings, backbone)
        self.backbone, self.vocabulary, self.scorer = family.backbone, family.vocabulary, family.scorer
        assert isinstance(family.engine, LocalEngine)
        self.ways = ways(family.engine, self.backbone.item.defaults)
        self._folder, self._agent = folder, Agent(settings)
        self.experts = self._agent.portfolio.experts_of(backbone)
        self.setup = Setup(
            weights=family.engine.weights_hash(),
            defaults=self.backbone.item.defaults,
            experts=versions(self.experts),
            steps=steps or self.backbone.item.defaults.steps,
            styles=(*self.vocabulary.looks, *(e for e in self.experts if e in self.scorer.styles)),
            ways=tuple(self.ways),
            scorer=self.scorer.digest(),
        )
        self._journal = Journal(folder / RECORD, self.setup, Measured)

    def run(self, count: int, tell: Tell) -> Report:
        """The report on `count` plans; those that are there already are not drawn again."""
        for index, prompt in enumerate(prompts(count, self.vocabulary, self.setup.styles)):
            if index not in self._journal.rows:
                self._journal.add(self._measured(index, prompt, lambda way, i=index: tell(i, count, way)))
        return report(self.setup, [self._journal.rows[index] for index in range(count)])

    def sheet(self, plans: int = 12) -> Image.Image:
        """A row a plan, a column a way."""
        shown = sorted(self._journal.rows)[:plans]
        pictures = [_open(self._file(index, way)) for index in shown for way in self.ways]
        return grid(pictures, list(self.ways) * len(shown), columns=len(self.ways))

    def _measured(self, index: int, prompt: str, tell: Callable[[str], None]) -> Measured:
        plan = self._agent.plan(prompt)
        brief = Brief(prompt=plan.prompt, seed=SEED + index, steps=self.setup.steps)
        job = prepare(plan, brief, self.backbone, self.experts, self.setup.weights)
        found = {}
        for way, (engine, change) in self.ways.items():
            tell(way)
            seen = sample(self._drawn(self._file(index, way), engine, change(job, plan)), plan, self.scorer)
            found[way] = {name: seen.measure(name) for name in MEASURES}
        return Measured(index=index, prompt=prompt, regions=len(plan.regions), ways=found)

    def _drawn(self, file: Path, engine: Engine, job: RenderJob) -> Drawn:
        """What is kept of this job, or what the engine draws."""
        found = kept(file)
        if found and found[1].get(JOB) == job.hash():
            return Drawn(found[0], float(found[1][SECONDS]), float(found[1][CALLS]))
        started = time.perf_counter()
        picture = draw(engine, job)
        drawn = Drawn(picture.image, time.perf_counter() - started, picture.calls)
        keep(file, drawn.image, **{JOB: job.hash(), SECONDS: str(drawn.seconds), CALLS: str(drawn.calls)})
        return drawn

    def _file(self, index: int, way: str) -> Path:
        return self._folder / PICTURES / f"{index:03}-{'abcde'[self.setup.ways.index(way)]}.png"


def drawable(vocabulary: Vocabulary, experts: Iterable[str], scorer: Scorer) -> tuple[str, ...]:
    """The styles that a family draws and the scorer tells apart: the backbone's looks, then the experts'."""
    return tuple(style for style in (*vocabulary.looks, *experts) if style in scorer.styles)


def versions(experts: Mapping[str, Found[Expert]]) -> dict[str, tuple[str, float]]:
    """What tells the experts of one run from those of another: sha256 and scale by id."""
    return {name: (found.item.sha256, found.item.scale) for name, found in experts.items()}


def report(setup: Setup, rows: Sequence[Measured]) -> Report:
    draws = resamples(len(rows))

    def values(way: str, name: str) -> NDArray[np.float64]:
        return np.array([row.ways[way][name] for row in rows], float)  # None becomes nan

    found = []
    for number, way in enumerate(setup.ways):
        both = values(way, "both")
        leads = {other: figure(both - values(other, "both"), draws) for other in setup.ways[:number]}
        found.append(Way(name=way, measures={m: figure(values(way, m), draws) for m in MEASURES}, leads=leads))
    regions = sum(row.regions for row in rows)
    return Report(plans=len(rows), regions=regions, steps=setup.steps, styles=setup.styles, ways=tuple(found))


def sample(drawn: Drawn, plan: ScenePlan, scorer: Scorer) -> Sample:
    image = drawn.image
    return Sample(judge(scorer, image, plan), spill(scorer, image, plan), seam(image, plan), drawn.seconds, drawn.calls)


def _open(file: Path) -> Image.Image:
    with Image.open(file, formats=["PNG"]) as image:
        return image.convert("RGB").resize((SIDE, SIDE))
