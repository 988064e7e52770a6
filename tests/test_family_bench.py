"""The family's benchmark counts what scorer and verifier say, and calibrates on other pictures than it judges by."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console

from mepg_agent.bench.family import SEEDS, Colored, Drawn, FamilyBench, load, view, write
from mepg_agent.bench.samples import chosen
from mepg_agent.bench.scorer import Scorer
from mepg_agent.bench.sheet import LINE, grid
from mepg_agent.engine.base import Pixels
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput
from mepg_agent.portfolio import Portfolio
from mepg_agent.records import Check, Finding, Verdict
from mepg_agent.scene import ScenePlan
from mepg_agent.settings import Settings

PORTFOLIO = Portfolio((Path(__file__).parents[1] / "experts",))
FOUND, VOCABULARY = PORTFOLIO.backbone("picturebook"), PORTFOLIO.vocabulary("picturebook")
assert VOCABULARY is not None
QUIET = Console(quiet=True)


class HalfSure:
    """Finds every noun that is longer than four letters, every look, and red."""

    def verify(self, image: Pixels, plan: ScenePlan) -> Verdict:
        score = {Check.PRESENT: 0.9 if len(plan.regions[0].noun) > 4 else 0.2, Check.STYLE: 0.8}
        score |= {Check.COLOR: 0.9 if plan.regions[0].color == "red" else 0.1} if plan.regions[0].color else {}
        return Verdict(
            verifier="half sure",
            findings=tuple(
                Finding(region="thing", check=c, score=s, threshold=0.5, passed=s >= 0.5, evidence="")
                for c, s in score.items()
            ),
        )


def bench(folder: Path | None = None) -> FamilyBench:
    assert VOCABULARY is not None
    torch.manual_seed(0)
    scorer = Scorer(["dog", "cat", "castle"], ["flat", "glossy", "watercolor"], list(VOCABULARY.colors)).eval()
    experts = PORTFOLIO.experts_of("picturebook")
    return FamilyBench(FakeEngine(), HalfSure(), scorer, FOUND, VOCABULARY, experts, folder)


def row(noun: str, seed: int, seen: str, present: float, look: str = "flat", seen_look: str = "flat") -> Drawn:
    blank = np.zeros((8, 8, 3), np.uint8)
    return Drawn(noun, look, seed, "job", blank, seen, seen_look, present, 0.9, other=0.1, other_style=0.2, seconds=1.0)


def test_every_noun_is_drawn_with_every_seed_and_reported(tmp_path: Path) -> None:
    measured = bench(tmp_path)
    measured.run(["dog", "castle"], QUIET)
    plain, by_expert = measured.rows[: 2 * SEEDS], measured.rows[2 * SEEDS :]
    assert [(r.noun, r.seed) for r in plain] == [(n, s) for n in ("dog", "castle") for s in range(SEEDS)]
    assert [(r.noun, r.look) for r in by_expert] == [("dog", "watercolor"), ("castle", "watercolor")]
    write(measured, tmp_path)
    written = json.loads((tmp_path / "family.json").read_text())
    assert written["table"]["pictures"] == 2 * SEEDS + 2 and set(written["right of 4"]) == {"dog", "castle"}
    assert written["table"]["colour: false pass"] in (0, 0.5, 1)
    for name in ("nouns.png", "colors.png", "experts.png", "samples/watercolor.png"):
        with Image.open(tmp_path / name) as sheet:
            sheet.load()
    said = [json.loads(line) for line in (tmp_path / "pictures.jsonl").read_text().splitlines()]
    assert [(r["noun"], r["seed"], r["present"]) for r in said] == [(r.noun, r.seed, r.present) for r in measured.rows]
    with Image.open(tmp_path / "pictures" / f"{said[-1]['job']}.png") as picture:
        assert np.array_equal(np.asarray(picture), measured.rows[-1].image)
    assert VOCABULARY is not None
    assert [(c.noun, c.color) for c in measured.colored] == list(
        zip(("dog", "castle"), VOCABULARY.colors, strict=False)
    )
    assert view(measured).row_count == len(written["table"]) + 1


def test_a_bench_that_goes_on_draws_no_picture_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bench(tmp_path)
    first.run(["dog"], QUIET)
    monkeypatch.setattr(FakeEngine, "run", lambda *_: pytest.fail("it was drawn already"))
    again = bench(tmp_path)
    again.run(["dog"], QUIET)
    for before, after in zip(first.rows, again.rows, strict=True):
        assert np.array_equal(before.image, after.image) and after.job == before.job
        assert after.seconds == pytest.approx(before.seconds, abs=1e-3)


def test_thresholds_come_from_other_pictures_than_those_they_are_judged_by() -> None:
    measured = bench()
    measured.rows = [row("dog", 0, "dog", 0.8), row("dog", 1, "cat", 0.4), row("cat", 0, "cat", 0.7)]
    measured.rows += [row("dog", 2, "dog", 0.5), row("dog", 3, "dog", 0.9), row("cat", 2, "dog", 0.95)]
    bar = measured.thresholds()["present"]
    assert 0.4 < bar < 0.7
    table = measured.table()
    assert table["right noun"] == pytest.approx(4 / 6)
    assert table["noun: false pass"] == 1 and table["noun: false fail"] == pytest.approx(0.5 if bar > 0.5 else 0)


def test_a_color_is_right_where_the_scorer_sees_it_whatever_the_verifier_says() -> None:
    measured = bench()
    measured.rows = [row("dog", 2, "dog", 0.8)]
    blank = np.zeros((8, 8, 3), np.uint8)
    measured.colored = [Colored("dog", "red", blank, "dog", "red", shade) for shade in (True, False)]
    measured.colored += [Colored("cat", "blue", blank, "dog", "red", True)]
    measured.colored += [Colored("cat", "blue", blank, "cat", "black", False)]
    table = measured.table()
    assert table["a colour named: right noun"] == 0.75 and table["a colour named: right colour"] == 0.5
    assert table["colour: false pass"] == 0.5 == table["colour: false fail"] and table["colour: wrong ones"] == 2


def test_an_expert_is_measured_apart_from_what_the_backbone_draws_by_itself() -> None:
    measured = bench()
    measured.rows = [row("dog", 2, "dog", 0.8), row("cat", 3, "cat", 0.8)]
    measured.rows += [row("dog", 2, "cat", 0.8, "watercolor", "watercolor"), row("cat", 3, "cat", 0.8, "watercolor")]
    assert measured.table()["right noun"] == 1 == measured.table()["right look"]
    assert measured.per_expert() == {"watercolor": {"style": 0.5, "noun": 0.5}}
    assert measured.table()["style: false pass"] == 1, "the verifier took a picture that is not in the style"


def test_a_family_without_a_scorer_is_refused_in_a_sentence(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "bare" / "picturebook"
    folder.mkdir(parents=True)
    for name in ("backbone.toml", "vocabulary.toml"):
        (folder / name).write_text((FOUND.folder / name).read_text())
    with pytest.raises(BadInput, match="no scorer"):
        load(settings.model_copy(update={"experts": (folder.parent,)}))


def test_the_sheets_prompts_are_fixed_and_half_of_them_things_alone() -> None:
    assert VOCABULARY is not None
    texts = chosen(VOCABULARY, [*VOCABULARY.looks, "watercolor"])
    assert len(texts) == 64 and texts == chosen(VOCABULARY, [*VOCABULARY.looks, "watercolor"])
    assert texts[0] == "a flat dog on a meadow" and all(" and " in text for text in texts[32:])


def test_wrong_pictures_weigh_as_if_they_were_a_quarter_when_thresholds_are_set() -> None:
    measured = bench()
    measured.rows = [row("dog", 0, "dog", 0.5 + step / 100) for step in range(30)]
    measured.rows += [row("dog", 0, "dog", 0.2), row("dog", 1, "cat", 0.4)]
    assert 0.4 < measured.thresholds()["present"] < 0.5, "one right picture fails rather than that the wrong one passes"


@pytest.mark.parametrize(("words", "lines"), [(1, 1), (8, 2), (12, 3), (100, 3)])
def test_a_caption_is_wrapped_below_its_picture_and_cut_after_three_lines(words: int, lines: int) -> None:
    picture = Image.new("RGB", (120, 60))
    assert grid([picture, picture], ["fox", " ".join(["fox"] * words)]).height == 60 + 4 + LINE * lines
