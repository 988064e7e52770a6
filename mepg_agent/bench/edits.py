"""Does an edit change what it was asked to, and nothing else? The same change of the same picture, made in two ways.

Ours draws again what the words touch. Drawn anew, the changed plan gives a whole picture, with the seed of the first:
what is done where a picture cannot be changed in parts. Both are drawn once, without repairs. What is seen is judged by
the scorer alone, with the rules of `changes`. Every conversation is a line of `edits.jsonl`, so that a run that was
stopped goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from mepg_agent.agent import Agent
from mepg_agent.bench.changes import SEED, Change, Version, given, kept, split
from mepg_agent.bench.edits_report import ANEW, EDITED, Outcome, Row, Setup
from mepg_agent.bench.empty import bars
from mepg_agent.bench.journal import Journal
from mepg_agent.bench.regions import drawable, versions
from mepg_agent.bench.scorer import Scorer, shipped_scorer
from mepg_agent.bench.sheet import grid
from mepg_agent.engine.base import Pixels
from mepg_agent.errors import Ambiguous, BadInput
from mepg_agent.records import Brief
from mepg_agent.session import Result
from mepg_agent.settings import Settings

RECORD, PICTURES, BEFORE = "edits.jsonl", "pictures", "before"
SIDE = 192  # pixels of a kept picture
Tell = Callable[[int, int, str], None]  # done, of, what


class EditsBench:
    """Draws, judges and notes; `folder` holds what is done, and small pictures of it."""

    def __init__(
        self, agent: Agent, scorer: Scorer, folder: Path, backbone: str = "picturebook", steps: int | None = None
    ) -> None:
        """Raises BadInput for a backbone without a vocabulary, and for a folder that holds another run."""
        vocabulary = agent.portfolio.vocabulary(backbone)
        if vocabulary is None:
            raise BadInput(f"{backbone} has no vocabulary.", "Measure a family that ships one.")
        self._agent, self._scorer, self._folder, self._vocabulary = agent, scorer, folder, vocabulary
        family, experts = agent.portfolio.backbone(backbone).item, agent.portfolio.experts_of(backbone)
        self.setup = Setup(
            backbone=family,
            experts=versions(experts),
            steps=steps or family.defaults.steps,
            styles=drawable(vocabulary, experts, scorer),
            scorer=scorer.digest(),
        )
        self._journal = Journal(folder / RECORD, self.setup, Row)
        self._bars: dict[str, float] = {}

    def run(self, count: int, tell: Tell) -> list[Row]:
        """The rows of `count` conversations; those that are there already are not drawn again."""
        rows = self._journal.rows
        for index, change in enumerate(split(count, self._vocabulary, self.setup.styles, self._scorer.colors)):
            if index not in rows:
                if not self._bars:
                    tell(index, count, "drawing empty places")
                    self._bars = bars(self._agent, self._scorer, self.setup.backbone.id, self.setup.steps)
                tell(index, count, f"{change.prompt}: {change.instruction}")
                self._journal.add(self._row(index, change))
        return [rows[index] for index in range(count)]

    def sheet(self, conversations: int = 16) -> Image.Image:
        """A row a conversation: before, ours, drawn anew. Those that were refused are left out."""
        rows = [row for _, row in sorted(self._journal.rows.items()) if row.ways][:conversations]
        if not rows:
            raise BadInput("No change was drawn.", "Measure more conversations.")
        images, labels = [], []
        for row in rows:
            for way in (BEFORE, *row.ways):
                with Image.open(self._file(row.index, way), formats=["PNG"]) as image:
                    images.append(image.convert("RGB"))
                labels.append(row.prompt if way == BEFORE else f"{row.instruction} ({way}{_mark(row.ways[way])})")
        return grid(images, labels, columns=3)

    def _row(self, index: int, change: Change) -> Row:
        brief = Brief(
            prompt=change.prompt,
            seed=SEED + index,
            steps=self.setup.steps,
            rounds=0,
            backbone=self.setup.backbone.id,
            planner="rules",
        )
        said = {"index": index, "kind": change.kind, "prompt": change.prompt, "instruction": change.instruction}
        with TemporaryDirectory() as home, self._agent.at(Path(home)) as agent:
            first = agent.draw(brief)
            try:
                edited = agent.edit(first.session, change.instruction)
            except (Ambiguous, BadInput) as error:
                return Row(**said, refused=str(error))
            outside = agent.compare(first.session, first.version, edited.version).outside_equal
            anew = agent.draw(brief.model_copy(update={"plan": edited.plan}))
            before = _version(agent, first)
            self._keep(index, BEFORE, before.image)
            ways = {}
            for way, result in ((EDITED, edited), (ANEW, anew)):
                after = _version(agent, result)
                self._keep(index, way, after.image)
                ways[way] = self._outcome(change, before, after, result)
        return Row(**said, ways=ways, outside_equal=outside)

    def _outcome(self, change: Change, before: Version, after: Version, result: Result) -> Outcome:
        still, right = kept(self._scorer, change, before, after)
        return Outcome(
            given=given(self._scorer, change, before, after, self._bars),
            kept=still,
            right=right,
            same=float(np.mean((before.image == after.image).all(-1))),
            calls=result.calls,
            seconds=sum(result.seconds.values()),
        )

    def _keep(self, index: int, way: str, image: Pixels) -> None:
        file = self._file(index, way)
        file.parent.mkdir(exist_ok=True)
        Image.fromarray(image).resize((SIDE, SIDE)).save(file)

    def _file(self, index: int, way: str) -> Path:
        return self._folder / PICTURES / f"{index:03}-{way.replace(' ', '-')}.png"


def edits_bench(settings: Settings, folder: Path, backbone: str, steps: int | None) -> EditsBench:
    """Of a shipped family. Raises BadInput for one without a vocabulary or a scorer."""
    agent = Agent(settings)
    return EditsBench(agent, shipped_scorer(agent.portfolio, backbone), folder, backbone, steps)


def _version(agent: Agent, result: Result) -> Version:
    return Version(result.plan, agent.store.picture(result.render.picture))


def _mark(outcome: Outcome) -> str:
    return ", right" if outcome.given else ""
