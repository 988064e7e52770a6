"""The loop bench: what it asks for, the rules it judges by, the table it makes, and that a stopped run goes on."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import torch
from bench_fixtures import ByColor, Guessing
from PIL import Image
from rich.console import Console

from mepg_agent.agent import Agent
from mepg_agent.bench.bootstrap import figure, resamples
from mepg_agent.bench.kills import Picky
from mepg_agent.bench.loop import RECORD, LoopBench
from mepg_agent.bench.loop_report import (
    ARMS,
    BEST,
    LOOP,
    PLAIN,
    PLANNED,
    Climbed,
    Row,
    Scored,
    Setup,
    markdown,
    report_of,
)
from mepg_agent.bench.sight import Seen, find, thresholds, vendi
from mepg_agent.bench.wanted import KINDS, Thing, Wanted, given, split
from mepg_agent.cli import Door, run
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput
from mepg_agent.portfolio import Portfolio
from mepg_agent.records import RenderJob, Rung
from mepg_agent.scene import Box
from mepg_agent.settings import Settings

SHIPPED = Portfolio((Path(__file__).parents[1] / "experts",))
VOCABULARY = SHIPPED.vocabulary("picturebook")
assert VOCABULARY is not None
STYLES = ("flat", "glossy", "watercolor")
RED, BLUE = (250, 20, 20), (20, 20, 250)


def seen(noun: str, x: float, y: float = 0.5, style: str = "flat", score: float = 0.9) -> Seen:
    return Seen(noun, Box.centered(x, y, 0.2, 0.2), score, style, (1.0, 0.0))


def right(wanted: Wanted, *found: Seen) -> tuple[tuple[bool, ...], bool]:
    judged = given(wanted, found)
    return judged.right, judged.whole


def test_prompts_take_turns_never_change_and_differ():
    assert VOCABULARY is not None
    made = split(60, VOCABULARY, STYLES)
    assert made == split(60, VOCABULARY, STYLES) and made[:20] == split(20, VOCABULARY, STYLES)
    assert len({w.prompt for w in made}) >= 58
    assert [w.kind for w in made[: len(KINDS)]] == list(KINDS)
    for wanted in made:
        assert all(t.noun in wanted.prompt or VOCABULARY.nouns[t.noun].plural in wanted.prompt for t in wanted.things)
        assert all(t.style is None or f"{t.style} {t.noun}" in wanted.prompt for t in wanted.things)
        assert wanted.relation is None or wanted.relation in wanted.prompt


def test_the_planner_understands_every_kind_of_prompt(settings: Settings):
    assert VOCABULARY is not None
    with Agent(settings, engine=FakeEngine()) as agent:
        for wanted in split(2 * len(KINDS), VOCABULARY, ("flat", "glossy")):
            plan = agent.plan(wanted.prompt, planner="rules")
            nouns = sorted(n for t in wanted.things for n in [t.noun] * (t.count or 1))
            assert sorted(r.noun for r in plan.regions) == nouns, wanted.prompt
            assert (len(plan.relations) == 1) is (wanted.relation is not None), wanted.prompt


def test_a_thing_is_right_in_its_style_and_further_ones_do_no_harm():
    fox = Wanted("one thing", "a flat fox", (Thing("fox", "flat"),))
    assert right(fox, seen("fox", 0.2)) == ((True,), True)
    assert right(fox, seen("fox", 0.2, style="glossy")) == ((False,), False)
    assert right(fox, seen("fox", 0.2, style="glossy"), seen("fox", 0.8)) == ((True,), True)
    assert right(fox, seen("dog", 0.2)) == ((False,), False)


def test_a_number_is_meant_exactly():
    foxes = Wanted("count", "two foxes", (Thing("fox", count=2),))
    assert right(foxes, seen("fox", 0.2), seen("fox", 0.8)) == ((True, True), True)
    assert right(foxes, seen("fox", 0.2)) == ((True, False), False)
    assert right(foxes, *(seen("fox", x) for x in (0.1, 0.5, 0.9))) == ((True, True), False)


@pytest.mark.parametrize(
    ("relation", "good", "bad"),
    [
        ("left of", (0.2, 0.5), (0.8, 0.5)),
        ("right of", (0.9, 0.5), (0.2, 0.5)),
        ("above", (0.5, 0.2), (0.5, 0.9)),
        ("below", (0.5, 0.9), (0.5, 0.2)),
    ],
)
def test_a_relation_goes_by_the_centres_beyond_a_margin(
    relation: str, good: tuple[float, float], bad: tuple[float, float]
):
    wanted = Wanted("relation", "", (Thing("fox"), Thing("dog")), relation)
    dog = seen("dog", 0.5)
    assert right(wanted, seen("fox", *good), dog) == ((True, True), True)
    assert right(wanted, seen("fox", *bad), dog) == ((True, True), False)
    assert not right(wanted, seen("fox", 0.5), dog)[1], "within the margin"
    assert not right(wanted, seen("fox", *good))[1], "the other one is missing"


def test_styles_are_bound_to_their_things():
    wanted = Wanted("styles bound", "", (Thing("fox", "flat"), Thing("dog", "glossy")))
    assert right(wanted, seen("fox", 0.2), seen("dog", 0.8, style="glossy"))[1]
    assert right(wanted, seen("fox", 0.2, style="glossy"), seen("dog", 0.8)) == ((False, False), False)


def test_things_are_found_wherever_they_stand_once_each():
    image = np.full((128, 128, 3), 100, np.uint8)
    image[10:58, 10:58], image[70:118, 70:118], image[70:118, 10:58] = RED, RED, BLUE
    found = find(ByColor(("flat", "glossy")), image, {"red"}, {"red": 0.99, "blue": 0.99})
    assert [s.noun for s in found] == ["red", "red"] and {s.style for s in found} == {"flat"}
    centres = sorted((round(s.box.cx, 1), round(s.box.cy, 1)) for s in found)
    assert np.allclose(centres, [(0.27, 0.27), (0.73, 0.73)], atol=0.12)
    assert len(find(ByColor(("flat", "glossy")), image, {"red", "blue"}, {"red": 0.99, "blue": 0.99})) == 3


def test_a_thing_must_be_surer_than_it_is_in_pictures_without_things():
    reddish = np.full((64, 64, 3), (150, 100, 100), np.uint8)
    bars = thresholds(ByColor(("flat", "glossy")), [reddish])
    assert bars["red"] > 0.7 and bars["blue"] == 0.5
    assert find(ByColor(("flat", "glossy")), reddish, {"red"}, {**bars, "red": bars["red"] + 0.01}) == []


def test_the_vendi_score_is_the_number_of_styles_in_effect():
    assert vendi(np.eye(3)) == pytest.approx(3)
    assert vendi(np.tile([[0.2, 0.8]], (9, 1))) == pytest.approx(1)
    assert 1 < vendi(np.array([[1.0, 0.0], [0.8, 0.6]])) < 2


def test_a_share_is_weighted_and_its_interval_holds_it():
    values, weights = np.array([1.0, 0.0, 2.0]), np.array([1.0, 0.0, 4.0])
    found = figure(values, resamples(3), weights)
    assert found.mean == pytest.approx(3 / 5)
    assert found.low is not None and found.high is not None and found.low <= 3 / 5 <= found.high
    assert figure(values, resamples(3), np.zeros(3)).mean is None


def scored(*right: bool, calls: float = 10) -> Scored:
    return Scored(whole=all(right), content=right, right=right, styles=((1.0, 0.0),), calls=calls, seconds=1)


def row(index: int, rounds: int, before: tuple[bool, ...], after: tuple[bool, ...], best: tuple[bool, ...]) -> Row:
    arms = {PLAIN: scored(False, False), PLANNED: scored(*before), LOOP: scored(*after, calls=30), BEST: scored(*best)}
    return Row(index=index, kind="two things", prompt="p", arms=arms, rounds=rounds, climbed=(), best_of=3)


SETUP = Setup(backbone=SHIPPED.backbone("picturebook").item, experts={}, rounds=2, steps=20, styles=STYLES, scorer="")


def test_repairs_that_mend_and_that_harm_are_counted_where_repairs_were_tried():
    rows = [
        row(0, 0, (True, True), (True, True), (True, True)),
        row(1, 1, (True, False), (True, True), (False, True)),
        row(2, 2, (True, False), (False, False), (True, True)),
    ]
    report = report_of(SETUP, rows)
    assert report.repaired == 2
    assert (report.repair_success.mean, report.repair_harm.mean) == (0.5, 0.5)
    assert report.arms[LOOP].whole.mean == pytest.approx(2 / 3) and report.arms[PLANNED].whole.mean == pytest.approx(
        1 / 3
    )
    assert report.leads[f"{LOOP} over {PLANNED}"].mean == pytest.approx(1 / 3)
    assert report.leads[f"{LOOP} over {BEST}"].mean == pytest.approx(0)
    assert report.arms[PLANNED].regions.mean == pytest.approx(4 / 6)
    table = markdown(report)
    assert "| with the loop | 66.7%" in table and "mended 50.0%" in table and "harmed 50.0%" in table


def test_every_rung_of_the_ladder_is_told_apart_by_what_the_scorer_sees_after_it():
    climbed = (
        Climbed(rung=Rung.SEEDS),
        Climbed(rung=Rung.STRONGER, right=(True, True)),
        Climbed(rung=Rung.SEEDS, right=(False, True)),
    )
    one = row(0, 2, (True, False), (False, True), (True, True)).model_copy(update={"climbed": climbed})
    report = report_of(SETUP, [one, row(1, 0, (True, True), (True, True), (True, True))])
    assert {r: (s.tried, s.kept, s.mended, s.harmed) for r, s in report.ladder.items()} == {
        Rung.SEEDS: (2, 1, 0, 1),
        Rung.STRONGER: (1, 1, 1, 0),
    }
    assert "| new seeds | 2 | 1 | 0 | 1 |" in markdown(report)


@pytest.fixture
def coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at few squares: what the scorer guesses here means nothing."""
    monkeypatch.setattr("mepg_agent.bench.sight.SIDES", (0.66,))


def bench(settings: Settings, folder: Path, engine: FakeEngine, rounds: int = 1) -> LoopBench:
    assert VOCABULARY is not None
    agent = Agent(settings, engine=engine, verifier=Picky())
    torch.manual_seed(0)  # its weights tell one run from another
    scorer = Guessing(list(VOCABULARY.nouns), ["flat", "glossy"], ["red", "green", "blue"])
    return LoopBench(agent, scorer, folder, "picturebook", rounds, steps=2)


class Broken(FakeEngine):
    """Draws so many pictures, and then no more."""

    def __init__(self, pictures: int) -> None:
        super().__init__()
        self._left = pictures

    def run(self, job: RenderJob, *args: object) -> object:  # type: ignore[override]
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt
        return super().run(job, *args)  # type: ignore[arg-type]


@pytest.mark.usefixtures("coarse")
def test_every_prompt_is_drawn_in_every_way_at_the_cost_that_is_reported(settings: Settings, tmp_path: Path):
    made = bench(settings, tmp_path, FakeEngine())
    rows = made.run(3, lambda *_: None)
    assert [r.index for r in rows] == [0, 1, 2]
    for found in rows:
        assert tuple(found.arms) == ARMS and found.arms[PLAIN].calls == 2 == found.arms[PLANNED].calls
        loop, best = found.arms[LOOP].calls, found.arms[BEST].calls
        assert loop <= best + 1e-6 < loop + found.arms[PLANNED].calls, "no less than the loop, and no picture more"
        assert best == found.best_of * found.arms[PLANNED].calls
        assert (found.rounds == 0) == (loop == 2)
    assert any(r.rounds for r in rows) and len(list((tmp_path / "pictures").iterdir())) == 12
    assert made.sheet().width > 4 * 192


@pytest.mark.usefixtures("coarse")
def test_a_run_that_was_stopped_goes_on_and_gives_the_same(settings: Settings, tmp_path: Path):
    places = len(VOCABULARY.places) if VOCABULARY else 0
    whole = bench(settings, tmp_path / "whole", FakeEngine()).run(2, lambda *_: None)
    first = bench(settings, tmp_path / "out", Broken(places + 100))
    assert first.run(1, lambda *_: None) == [timeless(whole[0], first._journal.rows[0])]
    with (tmp_path / "out" / RECORD).open("a") as stream:
        stream.write('{"index": 1, "ki')
    again = bench(settings, tmp_path / "out", FakeEngine())
    assert list(again._journal.rows) == [0]
    rows = again.run(2, lambda *_: None)
    assert rows[0] == first._journal.rows[0] and rows[1] == timeless(whole[1], rows[1])
    assert bench(settings, tmp_path / "out", Broken(0)).run(2, lambda *_: None) == rows, "nothing is drawn again"


def timeless(one: Row, other: Row) -> Row:
    """`one` with the seconds of the other."""
    arms = {a: s.model_copy(update={"seconds": other.arms[a].seconds}) for a, s in one.arms.items()}
    return one.model_copy(update={"arms": arms})


@pytest.mark.usefixtures("coarse")
def test_a_folder_of_another_run_or_of_something_else_is_refused(settings: Settings, tmp_path: Path):
    bench(settings, tmp_path, FakeEngine()).run(1, lambda *_: None)
    with pytest.raises(BadInput, match="other weights or settings"):
        bench(settings, tmp_path, FakeEngine(), rounds=2)
    (tmp_path / RECORD).write_text('{"shopping": "milk"}\n')
    with pytest.raises(BadInput, match="is not from this bench"):
        bench(settings, tmp_path, FakeEngine())


@pytest.mark.usefixtures("coarse")
def test_the_command_writes_table_plot_sheet_and_figures(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        "mepg_agent.bench.loop.loop_bench",
        lambda _, folder, backbone, rounds, steps: bench(settings, folder, FakeEngine(), rounds),
    )
    out = StringIO()
    door = Door(out=Console(file=out, width=160), err=Console(file=StringIO()))
    arguments = ["bench", "loop", "--prompts", "2", "--rounds", "1", "-o", str(tmp_path)]
    assert run(arguments, door) == 0, door.err.file.getvalue()  # type: ignore[attr-defined]
    assert (tmp_path / "loop.md").read_text() in out.getvalue()
    for name in ("loop.png", "loop-sheet.png"):
        with Image.open(tmp_path / name) as image:
            image.load()
    out.seek(0)
    out.truncate()
    assert run([*arguments, "--json"], door) == 0
    assert json.loads(out.getvalue()) == json.loads((tmp_path / "loop.json").read_text())
