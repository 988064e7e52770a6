"""The sweep over step counts asks every scheduler for the same things and reports what the scorer saw."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from rich.console import Console
from test_family_bench import FOUND, PORTFOLIO, VOCABULARY, HalfSure

from mepg_agent.bench import steps
from mepg_agent.bench.family import FamilyBench
from mepg_agent.bench.scorer import Scorer
from mepg_agent.engine.fake import FakeEngine

QUIET = Console(quiet=True)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> FamilyBench:
    assert VOCABULARY is not None
    monkeypatch.setattr(steps, "COUNTS", (4, 8))
    monkeypatch.setattr(steps, "SOLVERS", ("dpm++", "ddim"))
    monkeypatch.setattr(steps, "EVERY", 30)
    torch.manual_seed(0)
    scorer = Scorer(list(VOCABULARY.nouns), list(VOCABULARY.looks), ["red"]).eval()
    return FamilyBench(FakeEngine(), HalfSure(), scorer, FOUND, VOCABULARY, PORTFOLIO.experts_of("picturebook"))


def test_every_scheduler_draws_the_same_things_at_every_count_of_steps(bench: FamilyBench):
    rows = steps.measure(bench, QUIET)
    assert [(r.scheduler, r.steps) for r in rows] == [("dpm++", 4), ("dpm++", 8), ("ddim", 4), ("ddim", 8)]
    assert isinstance(bench.engine, FakeEngine)
    asked = [(j.scheduler, j.steps) for j in bench.engine.jobs]
    things = [j.model_copy(update={"scheduler": "", "steps": 1}) for j in bench.engine.jobs]
    number = len(things) // 4
    assert asked == [case for r in rows for case in [(r.scheduler, r.steps)] * number]
    assert things == things[:number] * 4 and len({j.regions[0].prompt for j in things}) == number > 1


def test_a_row_is_what_the_scorer_saw_on_average(bench: FamilyBench):
    with torch.no_grad():  # a scorer that sees the first noun and the first look in everything
        for head in (bench.scorer.noun, bench.scorer.style):
            head.weight.zero_()
            head.bias.zero_()
            head.bias[0] = 20.0
    row = steps.measure(bench, QUIET)[0]
    things = len(list(bench.vocabulary.nouns)[::30])
    assert row.noun == pytest.approx(1 / things)
    assert row.look == pytest.approx((things + 1) // 2 / things)
    assert row.sure == pytest.approx(1 / things, abs=1e-3)


def test_the_plot_is_a_picture(bench: FamilyBench, tmp_path: Path):
    pytest.importorskip("matplotlib")
    steps.draw_plot(steps.measure(bench, QUIET), tmp_path / "steps.png")
    assert (tmp_path / "steps.png").read_bytes().startswith(b"\x89PNG")
