"""How good the embedded family is, measured from scratch: the table of its CARD.

Every noun of the vocabulary is drawn alone, four seeds each, in the looks the backbone knows, once in a colour, and
once by every expert. The scorer says what is there; the verifier of the loop, another network, is judged by it. Nothing
is chosen: seeds are 0 to 3.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

from mepg_agent.bench.judge import look as see
from mepg_agent.bench.kept import keep, kept
from mepg_agent.bench.scorer import Scorer
from mepg_agent.bench.sheet import grid
from mepg_agent.engine.base import Engine, Picture, Pixels
from mepg_agent.engine.device import choose_device
from mepg_agent.engine.local import LocalEngine
from mepg_agent.engine.prepare import prepare
from mepg_agent.english import noun_phrase
from mepg_agent.errors import BadInput
from mepg_agent.portfolio import Backbone, Expert, Found, Portfolio, Vocabulary, place
from mepg_agent.records import Brief, Check, RenderJob
from mepg_agent.scene import Box, Extent, Region, ScenePlan
from mepg_agent.settings import Settings
from mepg_agent.verify.base import Verifier, calibrate
from mepg_agent.verify.chain import style_names
from mepg_agent.verify.clip import ClipVerifier

PICTURES, SECONDS = "pictures", "seconds"
SAMPLES = "samples"  # folder of a row of scenes an expert
SEEDS = 4
CALIBRATING = 2  # the first seeds set the thresholds, the others say how well these hold
WRONG = 4  # one picture in so many is wrong where thresholds are set
SIDE = 0.5  # of the box of a thing drawn alone, about what the planner gives it
SCENES = {  # of the sheet of experts: noun, place and time
    "fox": ("meadow", None),
    "castle": ("mountains", "night"),
    "sailboat": ("sea", None),
    "car": ("city", "sunset"),
    "owl": ("forest", None),
    "robot": ("room", None),
}


@dataclass(frozen=True)
class Drawn:
    """One picture of one thing, what the scorer sees in it, and what the verifier says of it."""

    noun: str
    look: str  # or the style of an expert
    seed: int
    job: str  # the hash that names its file
    image: Pixels
    seen: str | None  # None: nothing that it can name
    seen_look: str
    present: float  # verifier's score for the wanted noun
    style: float  # and for the wanted look
    other: float  # and for a noun that was not asked for
    other_style: float  # and for a style that was not
    seconds: float

    @property
    def fresh(self) -> bool:
        """No threshold was calibrated on it."""
        return self.seed >= CALIBRATING


@dataclass(frozen=True)
class Colored:
    """One picture of one thing in a colour that was named, of its own or not."""

    noun: str
    color: str
    image: Pixels
    seen: str | None  # None: nothing that it can name
    seen_color: str
    shade: bool  # the verifier takes the colour


def plan_of(
    noun: str, look: str, vocabulary: Vocabulary, extent: Extent, expert: bool = False, color: str | None = None
) -> ScenePlan:
    """A thing alone in the middle, on the ground of a meadow or in the sky; `expert`: the look is one's id."""
    words, place = noun_phrase(noun, color), "sky" if vocabulary.nouns[noun].stands == "sky" else "meadow"
    box, drawer = Box.centered(0.5, 0.56, SIDE, SIDE), look if expert else None
    region = Region(id="thing", box=box, prompt=words, noun=noun, color=color, style=look, expert=drawer)
    scene = f"{words} {'in the sky' if place == 'sky' else 'on a meadow'}"
    return ScenePlan(
        prompt=scene, global_prompt=f"{scene}, {look} style", background=place, extent=extent, regions=(region,)
    )


def draw(engine: Engine, job: RenderJob) -> Picture:
    *_, picture = engine.run(job)
    assert isinstance(picture, Picture)
    return picture


class FamilyBench:
    """Draws and judges; `rows` holds one `Drawn` a picture. `folder` keeps the pictures: of a run that was stopped, or
    of the same family with another verifier, none is drawn again."""

    def __init__(
        self,
        engine: Engine,
        verifier: Verifier,
        scorer: Scorer,
        backbone: Found[Backbone],
        vocabulary: Vocabulary,
        experts: Mapping[str, Found[Expert]],
        folder: Path | None = None,
    ) -> None:
        """Of `experts`, those are measured whose style the scorer knows."""
        self.engine, self.verifier, self.scorer = engine, verifier, scorer
        self.backbone, self.vocabulary, self.folder = backbone, vocabulary, folder
        self.experts = {name: found for name, found in experts.items() if name in scorer.styles}
        self.rows: list[Drawn] = []
        self.colored: list[Colored] = []

    def run(self, nouns: list[str], console: Console) -> None:
        looks = self.vocabulary.looks
        wanted = [(noun, looks[seed % len(looks)], seed) for noun in nouns for seed in range(SEEDS)]
        for first, expert in enumerate(self.experts):
            wanted += [(noun, expert, (first + number) % SEEDS) for number, noun in enumerate(nouns)]
        for noun, look, seed in track(wanted, "drawing every noun", console=console):
            self.rows.append(self._one(noun, look, seed))
        for number, noun in enumerate(track(nouns, "drawing every noun in a colour", console=console)):
            self.colored.append(self._in_color(noun, looks[number % len(looks)], number))

    def _in_color(self, noun: str, look: str, number: int) -> Colored:
        """Colours and seeds in turn."""
        color = self.vocabulary.colors[number % len(self.vocabulary.colors)]
        plan = plan_of(noun, look, self.vocabulary, self.backbone.item.defaults.extent, color=color)
        image, _ = self._picture(self.job(plan, number % SEEDS))
        nouns, _, colors = see(self.scorer, image, [plan.regions[0].box])
        return Colored(
            noun=noun,
            color=color,
            image=image,
            seen=self.scorer.named(nouns)[0],
            seen_color=self.scorer.colors[int(colors.argmax())],
            shade=any(f.check is Check.COLOR and f.passed for f in self.verifier.verify(image, plan).findings),
        )

    def _one(self, noun: str, look: str, seed: int) -> Drawn:
        extent = self.backbone.item.defaults.extent
        plan = plan_of(noun, look, self.vocabulary, extent, look in self.experts)
        job = self.job(plan, seed)
        image, seconds = self._picture(job)
        nouns, looks, _ = see(self.scorer, image, [plan.regions[0].box])
        score = self._scores(image, plan)
        wrong = plan.with_regions(
            [plan.regions[0].model_copy(update={"noun": _other(noun, list(self.vocabulary.nouns), seed)})]
        )
        strange = plan_of(noun, _other(look, [*self.vocabulary.looks, *self.experts], seed), self.vocabulary, extent)
        return Drawn(
            noun=noun,
            look=look,
            seed=seed,
            job=job.hash(),
            image=image,
            seen=self.scorer.named(nouns)[0],
            seen_look=self.scorer.styles[int(looks.argmax())],
            present=score[Check.PRESENT],
            style=score[Check.STYLE],
            other=self._scores(image, wrong)[Check.PRESENT],
            other_style=self._scores(image, strange)[Check.STYLE],
            seconds=seconds,
        )

    def _picture(self, job: RenderJob) -> tuple[Pixels, float]:
        """What the job draws, and the seconds that it took when it was drawn."""
        file = self.folder / PICTURES / f"{job.hash()}.png" if self.folder else None
        if file and (found := kept(file)):
            return found[0], float(found[1][SECONDS])
        started = time.perf_counter()
        image = draw(self.engine, job).image
        seconds = time.perf_counter() - started
        if file:
            keep(file, image, **{SECONDS: f"{seconds:.3f}"})
        return image, seconds

    def _scores(self, image: Pixels, plan: ScenePlan) -> dict[Check, float]:
        return {finding.check: finding.score for finding in self.verifier.verify(image, plan).findings}

    def job(self, plan: ScenePlan, seed: int) -> RenderJob:
        brief = Brief(prompt=plan.prompt, seed=seed)
        return prepare(plan, brief, self.backbone, self.experts, self.engine.weights_hash())

    @property
    def plain(self) -> list[Drawn]:
        """Those that no expert drew."""
        return [r for r in self.rows if r.look not in self.experts]

    def thresholds(self) -> dict[str, float]:
        """Calibrated on the first seeds: a noun passes where the scorer sees it, and never where another was asked."""
        rows = [r for r in self.rows if not r.fresh]
        present = weighed([(r.present, r.seen == r.noun) for r in rows]) + [(r.other, False) for r in rows]
        style = weighed([(r.style, r.seen_look == r.look) for r in rows]) + [(r.other_style, False) for r in rows]
        found = {}
        for name, pairs in (("present", present), ("style", style)):
            if len({label for _, label in pairs}) == 2:
                found[name] = round(calibrate([s for s, _ in pairs], [label for _, label in pairs]), 3)
        return found

    def table(self) -> dict[str, float]:
        """Shares in 0..1. A false pass is a picture that the verifier takes and the scorer does not; or the reverse.

        Those are counted on pictures that the thresholds were not calibrated on.
        """
        bars, fresh = {"present": 0.5, "style": 0.5, **self.thresholds()}, [r for r in self.rows if r.fresh]
        return {
            "pictures": float(len(self.rows)),
            "right noun": float(np.mean([r.seen == r.noun for r in self.plain])),
            "right look": float(np.mean([r.seen_look == r.look for r in self.plain])),
            **self._colors(),
            **_errors("noun", [(r.present >= bars["present"], r.seen == r.noun) for r in fresh]),
            "swapped noun passes": float(np.mean([r.other >= bars["present"] for r in fresh])),
            **_errors("style", [(r.style >= bars["style"], r.seen_look == r.look) for r in fresh]),
            "swapped style passes": float(np.mean([r.other_style >= bars["style"] for r in fresh])),
            "median seconds": float(np.median([r.seconds for r in self.plain])),
        }

    def _colors(self) -> dict[str, float]:
        if not self.colored:
            return {}
        return {
            "a colour named: right noun": float(np.mean([c.seen == c.noun for c in self.colored])),
            "a colour named: right colour": float(np.mean([c.seen_color == c.color for c in self.colored])),
            **_errors("colour", [(c.shade, c.seen_color == c.color) for c in self.colored]),
        }

    def per_expert(self) -> dict[str, dict[str, float]]:
        """Shares of pictures in the expert's style, and of those that still show the right noun."""
        found = {}
        for expert in self.experts:
            rows = [r for r in self.rows if r.look == expert]
            style, noun = ([r.seen_look == expert for r in rows], [r.seen == r.noun for r in rows])
            found[expert] = {"style": float(np.mean(style)), "noun": float(np.mean(noun))}
        return found

    def scenes(self) -> dict[str, Image.Image]:
        """By expert: a row of the same scenes, all in its style, seed 0."""
        found = {}
        for expert in self.experts:
            pictures = []
            for noun, (setting, light) in SCENES.items():
                plan = plan_of(noun, expert, self.vocabulary, self.backbone.item.defaults.extent, expert=True)
                plan = plan.model_copy(update={"background": setting, "time": light, "style": expert})
                pictures.append(Image.fromarray(draw(self.engine, self.job(plan, 0)).image))
            found[expert] = grid(pictures, [f"{noun}, {expert}" for noun in SCENES], columns=len(SCENES))
        return found

    def per_noun(self) -> dict[str, int]:
        """Right pictures of SEEDS, by noun."""
        nouns = dict.fromkeys(r.noun for r in self.plain)
        return {n: sum(r.seen == n for r in self.plain if r.noun == n) for n in nouns}


def weighed(pairs: list[tuple[float, bool]]) -> list[tuple[float, bool]]:
    """The wrong ones as often as makes them one in WRONG: nearly all pictures of one thing are right, but in the loop's
    scenes of several things more goes wrong."""
    right, wrong = ([p for p in pairs if p[1] is label] for label in (True, False))
    return right + wrong * max(round(len(right) / (WRONG - 1) / max(len(wrong), 1)), 1)


def _other(name: str, names: list[str], seed: int) -> str:
    """Another one of `names`."""
    return names[(names.index(name) + 1 + (7 * seed) % (len(names) - 1)) % len(names)]


def _errors(what: str, judged: list[tuple[bool, bool]]) -> dict[str, float]:
    """Of pairs (the verifier passes it, it is right)."""
    wrong, right = [p for p, good in judged if not good], [p for p, good in judged if good]
    return {
        f"{what}: false pass": sum(wrong) / max(len(wrong), 1),
        f"{what}: wrong ones": float(len(wrong)),
        f"{what}: false fail": (len(right) - sum(right)) / max(len(right), 1),
    }


def view(bench: FamilyBench) -> Table:
    table = Table("measure", "figure")
    for name, value in bench.table().items():
        table.add_row(name, f"{value:.3f}")
    for expert, shares in bench.per_expert().items():
        table.add_row(f"{expert}: style, noun", f"{shares['style']:.3f}, {shares['noun']:.3f}")
    return table


def report(bench: FamilyBench) -> dict[str, Any]:
    return {
        "table": bench.table(),
        "experts": bench.per_expert(),
        "thresholds": bench.thresholds(),
        f"right of {SEEDS}": bench.per_noun(),
    }


def write(bench: FamilyBench, folder: Path) -> None:
    """`family.json`; `nouns.png`: every noun in two looks, and `colors.png`: once in a colour, captioned with what the
    scorer saw; `experts.png`, and its rows in `samples`; and what scorer and verifier said of every picture but the
    coloured in `pictures.jsonl`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "family.json").write_text(json.dumps(report(bench), indent=1) + "\n")
    with (folder / "pictures.jsonl").open("w", encoding="utf-8") as lines:
        for row in bench.rows:
            said = {f.name: getattr(row, f.name) for f in fields(row) if f.name != "image"}
            lines.write(json.dumps(said) + "\n")
    shown = [r for r in bench.plain if r.seed < 2]
    labels = [f"{r.noun}, {r.look}" + ("" if r.seen == r.noun else f" ({r.seen or 'nothing'}?)") for r in shown]
    grid([Image.fromarray(r.image).resize((128, 128)) for r in shown], labels, columns=12).save(folder / "nouns.png")
    texts = [f"{c.color} {c.noun} ({c.seen_color} {c.seen or 'nothing'})" for c in bench.colored]
    colored = [Image.fromarray(c.image).resize((128, 128)) for c in bench.colored]
    grid(colored, texts, columns=12).save(folder / "colors.png")
    if bench.experts:
        rows = bench.scenes()
        Image.fromarray(np.vstack([np.asarray(row) for row in rows.values()])).save(folder / "experts.png")
        (folder / SAMPLES).mkdir(exist_ok=True)
        for expert, row in rows.items():
            row.save(folder / SAMPLES / f"{expert}.png")


def load(settings: Settings, backbone: str = "picturebook", folder: Path | None = None) -> FamilyBench:
    """The shipped family, ready to be measured. Raises BadInput for a backbone without a vocabulary or a scorer."""
    portfolio = Portfolio(settings.experts)
    found, vocabulary = portfolio.backbone(backbone), portfolio.vocabulary(backbone)
    scorer = found.folder / "scorer"
    if vocabulary is None or not scorer.is_dir():
        raise BadInput(f"{backbone} has no vocabulary or no scorer.", "Measure a family that ships both.")
    engine = LocalEngine.of_family(found, settings)
    verifier = ClipVerifier(
        place(found, found.item.verifier or "verifier"), found.item.thresholds, vocabulary,
        style_names(portfolio, backbone), found.item.style_prompt, choose_device(settings.device),
    )  # fmt: skip
    experts = portfolio.experts_of(backbone)
    return FamilyBench(engine, verifier, Scorer.load(scorer), found, vocabulary, experts, folder)
