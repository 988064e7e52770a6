"""How good the embedded family is, measured from scratch: the table of its CARD.

Every noun of the vocabulary is drawn alone, four seeds each, in the looks the backbone knows. The scorer says what is
there; the verifier of the loop, another network, is judged by it. Nothing is chosen: seeds are 0 to 3.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

from mepg_agent.bench.scorer import SIZE, Scorer
from mepg_agent.bench.sheet import grid
from mepg_agent.engine.base import Engine, Picture, Pixels
from mepg_agent.engine.device import choose_device
from mepg_agent.engine.local import LocalEngine
from mepg_agent.engine.prepare import prepare
from mepg_agent.english import noun_phrase
from mepg_agent.errors import BadInput
from mepg_agent.portfolio import Backbone, Found, Portfolio, Vocabulary, place
from mepg_agent.records import Brief, Check, RenderJob
from mepg_agent.scene import Box, Extent, Region, ScenePlan
from mepg_agent.settings import Settings
from mepg_agent.verify.base import Verifier, calibrate
from mepg_agent.verify.clip import ClipVerifier
from mepg_agent.verify.crops import square_crop

SEEDS = 4
CALIBRATING = 2  # the first seeds set the thresholds, the others say how well these hold
SIDE = 0.5  # of the box of a thing drawn alone, about what the planner gives it


@dataclass(frozen=True)
class Drawn:
    """One picture of one thing, what the scorer sees in it, and what the verifier says of it."""

    noun: str
    look: str
    seed: int
    image: Pixels
    seen: str
    seen_look: str
    present: float  # verifier's score for the wanted noun
    style: float  # and for the wanted look
    other: float  # and for a noun that was not asked for
    seconds: float


def plan_of(noun: str, look: str, vocabulary: Vocabulary, extent: Extent) -> ScenePlan:
    """A thing alone in the middle, on the ground of a meadow or in the sky."""
    words, place = noun_phrase(noun, None), "sky" if vocabulary.nouns[noun].stands == "sky" else "meadow"
    region = Region(id="thing", box=Box.centered(0.5, 0.56, SIDE, SIDE), prompt=words, noun=noun, style=look)
    scene = f"{words} {'in the sky' if place == 'sky' else 'on a meadow'}"
    return ScenePlan(
        prompt=scene, global_prompt=f"{scene}, {look} style", background=place, extent=extent, regions=(region,)
    )


def draw(engine: Engine, job: RenderJob) -> Picture:
    *_, picture = engine.run(job)
    assert isinstance(picture, Picture)
    return picture


class FamilyBench:
    """Draws and judges; `rows` holds one `Drawn` a picture."""

    def __init__(
        self, engine: Engine, verifier: Verifier, scorer: Scorer, backbone: Found[Backbone], vocabulary: Vocabulary
    ) -> None:
        self.engine, self.verifier, self.scorer = engine, verifier, scorer
        self.backbone, self.vocabulary = backbone, vocabulary
        self.rows: list[Drawn] = []

    def run(self, nouns: list[str], console: Console) -> None:
        for noun in track(nouns, "drawing every noun", console=console):
            for seed in range(SEEDS):
                self.rows.append(self._one(noun, self.vocabulary.looks[seed % len(self.vocabulary.looks)], seed))

    def _one(self, noun: str, look: str, seed: int) -> Drawn:
        plan = plan_of(noun, look, self.vocabulary, self.backbone.item.defaults.extent)
        job = prepare(plan, Brief(prompt=plan.prompt, seed=seed), self.backbone, {}, self.engine.weights_hash())
        started = time.perf_counter()
        picture = draw(self.engine, job)
        seconds = time.perf_counter() - started
        crop = square_crop(picture.image, plan.regions[0].box).resize((SIZE, SIZE), Image.Resampling.BILINEAR)
        pixels = torch.from_numpy(np.array(crop)).permute(2, 0, 1)[None].float() / 127.5 - 1
        nouns, looks = self.scorer.judge(pixels)
        score = self._scores(picture.image, plan)
        wrong = plan.with_regions([plan.regions[0].model_copy(update={"noun": self._other(noun, seed)})])
        return Drawn(
            noun=noun,
            look=look,
            seed=seed,
            image=picture.image,
            seen=self.scorer.nouns[int(nouns.argmax())],
            seen_look=self.scorer.styles[int(looks.argmax())],
            present=score[Check.PRESENT],
            style=score[Check.STYLE],
            other=self._scores(picture.image, wrong)[Check.PRESENT],
            seconds=seconds,
        )

    def _scores(self, image: Pixels, plan: ScenePlan) -> dict[Check, float]:
        return {finding.check: finding.score for finding in self.verifier.verify(image, plan).findings}

    def _other(self, noun: str, seed: int) -> str:
        names = list(self.vocabulary.nouns)
        return names[(names.index(noun) + 1 + 7 * seed) % len(names)]

    def thresholds(self) -> dict[str, float]:
        """Calibrated on the first seeds: a noun passes where the scorer sees it, and never where another was asked."""
        rows = [r for r in self.rows if r.seed < CALIBRATING]
        present = [(r.present, r.seen == r.noun) for r in rows] + [(r.other, False) for r in rows]
        style = [(r.style, r.seen_look == r.look) for r in rows]
        found = {}
        for name, pairs in (("present", present), ("style", style)):
            if len({label for _, label in pairs}) == 2:
                found[name] = round(calibrate([s for s, _ in pairs], [label for _, label in pairs]), 3)
        return found

    def table(self) -> dict[str, float]:
        """Shares in 0..1. A false pass is a picture that the verifier takes and the scorer does not; or the reverse.

        Those are counted on pictures that the thresholds were not calibrated on.
        """
        bar, fresh = self.thresholds().get("present", 0.5), [r for r in self.rows if r.seed >= CALIBRATING]
        right = np.array([r.seen == r.noun for r in fresh], bool)
        passed = np.array([r.present >= bar for r in fresh], bool)
        return {
            "pictures": float(len(self.rows)),
            "right noun": float(np.mean([r.seen == r.noun for r in self.rows])),
            "right look": float(np.mean([r.seen_look == r.look for r in self.rows])),
            "false pass": float((passed & ~right).sum() / max((~right).sum(), 1)),
            "false fail": float((~passed & right).sum() / max(right.sum(), 1)),
            "swapped noun passes": float(np.mean([r.other >= bar for r in fresh])),
            "median seconds": float(np.median([r.seconds for r in self.rows])),
        }

    def per_noun(self) -> dict[str, int]:
        """Right pictures of SEEDS, by noun."""
        return {n: sum(r.seen == n for r in self.rows if r.noun == n) for n in dict.fromkeys(r.noun for r in self.rows)}


def view(bench: FamilyBench) -> Table:
    table = Table("measure", "figure")
    for name, value in bench.table().items():
        table.add_row(name, f"{value:.3f}")
    return table


def report(bench: FamilyBench) -> dict[str, dict[str, float] | dict[str, int]]:
    return {"table": bench.table(), "thresholds": bench.thresholds(), f"right of {SEEDS}": bench.per_noun()}


def write(bench: FamilyBench, folder: Path) -> None:
    """`family.json` and `nouns.png`: every noun in two looks, captioned with what the scorer saw."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "family.json").write_text(json.dumps(report(bench), indent=1) + "\n")
    shown = [r for r in bench.rows if r.seed < 2]
    labels = [f"{r.noun}, {r.look}" + ("" if r.seen == r.noun else f" ({r.seen}?)") for r in shown]
    grid([Image.fromarray(r.image).resize((128, 128)) for r in shown], labels, columns=12).save(folder / "nouns.png")


def load(settings: Settings, backbone: str = "picturebook") -> FamilyBench:
    """The shipped family, ready to be measured. Raises BadInput for a backbone without a vocabulary or a scorer."""
    portfolio = Portfolio(settings.experts)
    found, vocabulary = portfolio.backbone(backbone), portfolio.vocabulary(backbone)
    scorer = found.folder / "scorer"
    if vocabulary is None or not scorer.is_dir():
        raise BadInput(f"{backbone} has no vocabulary or no scorer.", "Measure a family that ships both.")
    engine = LocalEngine.of_family(found, settings)
    looks = {look: look for look in vocabulary.looks}
    verifier = ClipVerifier(
        place(found, found.item.verifier or "verifier"), found.item.thresholds, vocabulary, looks,
        found.item.style_prompt, choose_device(settings.device),
    )  # fmt: skip
    return FamilyBench(engine, verifier, Scorer.load(scorer), found, vocabulary)
