"""Is the loop worth its denoiser calls? The same prompts and seeds, four ways.

The plain backbone with the scene in one prompt; planned, with the experts, drawn once; the same with the loop behind
it; and the best of N such pictures from other seeds. N is chosen prompt by prompt so that they cost at least the
denoiser calls that the loop took; the verifier of the loop picks the best. What is seen is judged by the scorer alone,
with the rules of `wanted`. Every prompt is a line of `loop.jsonl`, so that a run that was stopped goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from mepg_agent.agent import Agent
from mepg_agent.bench.empty import bars
from mepg_agent.bench.family import draw
from mepg_agent.bench.journal import Journal
from mepg_agent.bench.loop_report import ARMS, Climbed, Row, Scored, Setup
from mepg_agent.bench.regions import alone, drawable, versions
from mepg_agent.bench.scorer import Scorer, shipped_scorer
from mepg_agent.bench.sheet import grid
from mepg_agent.bench.sight import find
from mepg_agent.bench.wanted import SEED, Given, Wanted, given, split
from mepg_agent.engine.base import Pixels
from mepg_agent.errors import BadInput
from mepg_agent.pictures import Recipe
from mepg_agent.records import Attempt, Brief
from mepg_agent.scene import ScenePlan
from mepg_agent.session import Result
from mepg_agent.settings import Settings

RECORD, PICTURES = "loop.jsonl", "pictures"
NEXT = 1_000_003  # from one seed of the best of N to the next: no other prompt has one of them
SIDE = 192  # pixels of a kept picture
Tell = Callable[[int, int, str], None]  # done, of, what


class LoopBench:
    """Draws, judges and notes; `folder` holds what is done, and small pictures of it."""

    def __init__(
        self, agent: Agent, scorer: Scorer, folder: Path, backbone: str, rounds: int, steps: int | None = None
    ) -> None:
        """Raises BadInput for a backbone without a vocabulary, and for a folder that holds another run."""
        vocabulary = agent.portfolio.vocabulary(backbone)
        if vocabulary is None:
            raise BadInput(f"{backbone} has no vocabulary.", "Measure a family that ships one.")
        self._agent, self._scorer, self._folder, self._vocabulary = agent, scorer, folder, vocabulary
        family, experts = agent.portfolio.backbone(backbone).item, agent.portfolio.experts_of(backbone)
        setup = Setup(
            backbone=family,
            experts=versions(experts),
            rounds=rounds,
            steps=steps or family.defaults.steps,
            styles=drawable(vocabulary, experts, scorer),
            scorer=scorer.digest(),
        )
        self.setup, self._journal = setup, Journal(folder / RECORD, setup, Row)
        self._bars: dict[str, float] = {}

    def run(self, count: int, tell: Tell) -> list[Row]:
        """The rows of `count` prompts; those that are there already are not drawn again."""
        rows = self._journal.rows
        for index, wanted in enumerate(split(count, self._vocabulary, self.setup.styles)):
            if index not in rows:
                if not self._bars:
                    tell(index, count, "drawing empty places")
                    self._bars = bars(self._agent, self._scorer, self.setup.backbone.id, self.setup.steps)
                tell(index, count, wanted.prompt)
                self._journal.add(self._row(index, wanted))
        return [rows[index] for index in range(count)]

    def sheet(self, prompts: int = 12) -> Image.Image:
        """A row a prompt, a column a way."""
        rows = self._journal.rows
        shown = sorted(rows)[:prompts]
        files = [(self._file(index, arm), arm, index) for index in shown for arm in ARMS]
        images = [Image.open(file, formats=["PNG"]).convert("RGB").resize((SIDE, SIDE)) for file, _, _ in files]
        labels = [f"{arm}{', right' if rows[index].arms[arm].whole else ''}" for _, arm, index in files]
        return grid(images, labels, columns=len(ARMS))

    def _row(self, index: int, wanted: Wanted) -> Row:
        brief = Brief(
            prompt=wanted.prompt,
            seed=SEED + index,
            steps=self.setup.steps,
            rounds=self.setup.rounds,
            backbone=self.setup.backbone.id,
            planner="rules",
        )
        with TemporaryDirectory() as home, self._agent.at(Path(home)) as agent:
            loop = agent.draw(brief)
            once = [agent.draw(brief, rounds=0)]  # the picture that the loop began with
            recipe = agent.store.recipe(once[0].render.job)
            assert recipe is not None, "it was drawn just now"
            cost = loop.renders[0]
            calls = sum(render.calls for render in loop.renders)
            number = ceil(calls / cost.calls - 1e-6)
            once += [agent.draw(brief, rounds=0, seed=brief.seed + k * NEXT) for k in range(1, number)]
            best = max(once, key=lambda result: result.verdict.score())
            plain, seconds = self._plain(agent, recipe)
            climbed = tuple(self._climbed(agent, wanted, recipe.plan, attempt) for attempt in loop.attempts)
            pictures = {
                ARMS[0]: (plain, float(recipe.job.steps), seconds),
                ARMS[1]: (_pixels(agent, once[0]), cost.calls, _seconds(once[:1]) + cost.seconds),
                ARMS[2]: (_pixels(agent, loop), calls, _seconds([loop])),
                ARMS[3]: (_pixels(agent, best), cost.calls * number, _seconds(once) + cost.seconds),
            }
        for arm, (image, _, _) in pictures.items():
            file = self._file(index, arm)
            file.parent.mkdir(exist_ok=True)
            Image.fromarray(image).resize((SIDE, SIDE)).save(file)
        arms = {arm: self._scored(wanted, recipe.plan, *picture) for arm, picture in pictures.items()}
        return Row(
            index=index,
            kind=wanted.kind,
            prompt=wanted.prompt,
            arms=arms,
            rounds=loop.rounds,
            climbed=climbed,
            best_of=number,
        )

    def _plain(self, agent: Agent, recipe: Recipe) -> tuple[Pixels, float]:
        """The picture that the backbone draws from the scene in one prompt, and the seconds that it took."""
        began = time.perf_counter()
        family = self.setup.backbone
        image = draw(agent._engine(family.id), alone(recipe.job, recipe.plan, family.defaults)).image
        return image, time.perf_counter() - began

    def _scored(self, wanted: Wanted, plan: ScenePlan, image: Pixels, calls: float, seconds: float) -> Scored:
        found = self._given(wanted, plan, image)
        return Scored(
            whole=found.whole,
            content=found.content,
            right=found.right,
            styles=tuple(seen.styles for seen in found.places),
            calls=calls,
            seconds=seconds,
        )

    def _climbed(self, agent: Agent, wanted: Wanted, plan: ScenePlan, attempt: Attempt) -> Climbed:
        if attempt.picture is None:
            return Climbed(rung=attempt.rung)
        return Climbed(rung=attempt.rung, right=self._given(wanted, plan, agent.store.picture(attempt.picture)).right)

    def _given(self, wanted: Wanted, plan: ScenePlan, image: Pixels) -> Given:
        nouns = {thing.noun for thing in wanted.things}
        return given(wanted, find(self._scorer, image, nouns, self._bars, [r.box for r in plan.regions]))

    def _file(self, index: int, arm: str) -> Path:
        return self._folder / PICTURES / f"{index:03}-{arm.replace(' ', '-')}.png"


def loop_bench(settings: Settings, folder: Path, backbone: str, rounds: int, steps: int | None) -> LoopBench:
    """Of a shipped family. Raises BadInput for one without a vocabulary or a scorer."""
    agent = Agent(settings)
    return LoopBench(agent, shipped_scorer(agent.portfolio, backbone), folder, backbone, rounds, steps)


def _pixels(agent: Agent, result: Result) -> Pixels:
    return agent.store.picture(result.render.picture)


def _seconds(results: list[Result]) -> float:
    return sum(sum(result.seconds.values()) for result in results)
