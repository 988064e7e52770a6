"""Does a region get its own thing in its own style? The same plans, seeds and steps, drawn in five ways.

One global prompt on the backbone; regional prompts without experts; one pass per region and expert (the oracle of
`engine/reference.py`); ours with gates from position, and with gates from attention. Judged by the scorer, which the
loop's verifier knows nothing of. Intervals are 95% bootstrap intervals over plans (Efron, 1979).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from mepg_agent.agent import Agent
from mepg_agent.bench.family import draw, load
from mepg_agent.bench.judge import Judged, judge, seam
from mepg_agent.bench.scorer import Scorer
from mepg_agent.bench.sheet import grid
from mepg_agent.engine.base import Engine, Pixels
from mepg_agent.engine.local import LocalEngine
from mepg_agent.engine.prepare import prepare
from mepg_agent.engine.reference import ReferenceEngine
from mepg_agent.english import PLACES, article
from mepg_agent.portfolio import Vocabulary
from mepg_agent.records import Brief, GateKind, RenderJob
from mepg_agent.scene import Frozen, ScenePlan
from mepg_agent.settings import Settings

SEED = 20_000  # of the split: no other bench draws these prompts
SIZES = {2: 0.4, 3: 0.3, 4: 0.15, 5: 0.1, 6: 0.05}
RESAMPLES = 1000
MEASURES = ("object", "style", "both", "leak", "iou", "seam", "seconds", "calls")
Tell = Callable[[int, int, str], None]  # done, of, what


class Figure(Frozen):
    mean: float
    low: float
    high: float


class Way(Frozen):
    """One way of drawing: every measure with its interval, and its lead in right regions over the way before."""

    name: str
    measures: dict[str, Figure]
    lead: Figure | None  # in "both" over the way above it, plan by plan


class Report(Frozen):
    plans: int
    regions: int
    steps: int
    styles: tuple[str, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class Sample:
    """One plan drawn in one way."""

    image: Pixels
    regions: list[Judged]
    seam: float
    seconds: float
    calls: float

    def measure(self, name: str) -> float:
        """Mean over the regions; a style that was not asked for does not count."""
        if name in ("seam", "seconds", "calls"):
            return float(getattr(self, name))
        values = {
            "object": [r.noun for r in self.regions],
            "style": [r.style for r in self.regions if r.style is not None],
            "both": [r.noun and r.style is not False for r in self.regions],
            "leak": [r.leak for r in self.regions],
            "iou": [r.iou for r in self.regions],
        }[name]
        return float(np.mean(values)) if values else float("nan")


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


def ways(engine: LocalEngine) -> dict[str, tuple[Engine, Callable[[RenderJob, ScenePlan], RenderJob]]]:
    """By name: who draws, and what it makes of the job that ours would draw."""
    bare = {"adapters": (), "background_adapter": None}

    def alone(job: RenderJob, plan: ScenePlan) -> RenderJob:
        return job.model_copy(update={**bare, "regions": (), "prompt": plan.global_prompt})

    def without_experts(job: RenderJob, _: ScenePlan) -> RenderJob:
        regions = tuple(r.model_copy(update={"adapter": None}) for r in job.regions)
        return job.model_copy(update={**bare, "regions": regions})

    def gated(kind: GateKind) -> Callable[[RenderJob, ScenePlan], RenderJob]:
        return lambda job, _: job.model_copy(update={"gate": kind})

    return {
        "one global prompt": (engine, alone),
        "regional prompts, no experts": (engine, without_experts),
        "a pass per region (oracle)": (ReferenceEngine(engine), lambda job, _: job),
        "ours, gates from position": (engine, gated(GateKind.POSITION)),
        "ours, gates from attention": (engine, gated(GateKind.ATTENTION)),
    }


class RegionsBench:
    """`samples` holds for every way one sample a plan."""

    def __init__(self, settings: Settings, backbone: str = "picturebook") -> None:
        """Raises BadInput for a backbone without a vocabulary or a scorer."""
        family = load(settings, backbone)
        self.backbone, self.vocabulary, self.scorer = family.backbone, family.vocabulary, family.scorer
        assert isinstance(family.engine, LocalEngine)
        self.ways = ways(family.engine)
        self._weights = family.engine.weights_hash()
        self._agent = Agent(settings)
        self.experts = self._agent.portfolio.experts_of(backbone)
        self.styles = [*self.vocabulary.looks, *(e for e in self.experts if e in self.scorer.styles)]
        self.samples: dict[str, list[Sample]] = {name: [] for name in self.ways}

    def run(self, count: int, steps: int | None, tell: Tell) -> Report:
        plans = [self._agent.plan(prompt) for prompt in prompts(count, self.vocabulary, self.styles)]
        for index, plan in enumerate(plans):
            brief = Brief(prompt=plan.prompt, seed=SEED + index, steps=steps)
            job = prepare(plan, brief, self.backbone, self.experts, self._weights)
            for name, (engine, change) in self.ways.items():
                tell(index, count, name)
                self.samples[name].append(sample(engine, change(job, plan), plan, self.scorer))
        return self.report(sum(len(plan.regions) for plan in plans), steps or self.backbone.item.defaults.steps)

    def report(self, regions: int, steps: int) -> Report:
        rng = np.random.default_rng(0)
        names = list(self.samples)
        count = len(self.samples[names[0]])
        draws = rng.integers(0, count, (RESAMPLES, count))
        found, before = [], None
        for name in names:
            both = np.array([s.measure("both") for s in self.samples[name]])
            figures = {m: _figure(np.array([s.measure(m) for s in self.samples[name]]), draws) for m in MEASURES}
            lead = None if before is None else _figure(both - before, draws)
            found.append(Way(name=name, measures=figures, lead=lead))
            before = both
        return Report(plans=count, regions=regions, steps=steps, styles=tuple(self.styles), ways=tuple(found))

    def sheet(self, plans: int = 12) -> Image.Image:
        """A row a plan, a column a way."""
        rows = list(zip(*(samples[:plans] for samples in self.samples.values()), strict=True))
        pictures = [Image.fromarray(s.image).resize((192, 192)) for row in rows for s in row]
        return grid(pictures, list(self.samples) * len(rows), columns=len(self.samples))


def sample(engine: Engine, job: RenderJob, plan: ScenePlan, scorer: Scorer) -> Sample:
    started = time.perf_counter()
    picture = draw(engine, job)
    seconds = time.perf_counter() - started
    return Sample(picture.image, judge(scorer, picture.image, plan), seam(picture.image, plan), seconds, picture.calls)


def _figure(values: np.ndarray, draws: np.ndarray) -> Figure:
    means = np.nanmean(values[draws], axis=1)
    low, high = np.nanpercentile(means, [2.5, 97.5])
    return Figure(mean=float(np.nanmean(values)), low=float(low), high=float(high))
