"""The regions bench: what it asks for, what it sees, and how sure it is. Nothing trained is asked to be good here."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import torch
from bench_fixtures import ByColor
from PIL import Image
from rich.console import Console, RenderableType

from mepg_agent.bench import judge as judging
from mepg_agent.bench.bootstrap import figure
from mepg_agent.bench.journal import Journal, Row
from mepg_agent.bench.judge import Judged, free_squares, glance, judge, look, seam, spill
from mepg_agent.bench.regions import RegionsBench, Sample, prompts, ways
from mepg_agent.bench.scorer import Answers
from mepg_agent.cli_report import regions_view
from mepg_agent.engine.local import LocalEngine
from mepg_agent.english import article
from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.portfolio import Portfolio
from mepg_agent.records import GateKind
from mepg_agent.scene import Box, Extent, Frozen, Region, ScenePlan
from mepg_agent.settings import Settings
from mepg_agent.verify.crops import part_crops, square_crop

PORTFOLIO = Portfolio((Path(__file__).parents[1] / "experts",))
VOCABULARY = PORTFOLIO.vocabulary("picturebook")
assert VOCABULARY is not None
EXTENT = Extent(width=128, height=128)


def plan() -> ScenePlan:
    left, right = Box(x=0, y=0.25, width=0.5, height=0.5), Box(x=0.5, y=0.25, width=0.5, height=0.5)
    regions = (
        Region(id="red", box=left, prompt="a red thing", noun="red", style="flat"),
        Region(id="blue", box=right, prompt="a blue thing", noun="blue", style="ink"),
    )
    return ScenePlan(prompt="p", global_prompt="p", extent=EXTENT, regions=regions)


def halves(left: tuple[int, int, int], right: tuple[int, int, int]) -> np.ndarray:
    image = np.full((128, 128, 3), 90, np.uint8)
    image[32:96, :64], image[32:96, 64:] = left, right
    return image


RED, BLUE = (250, 20, 20), (20, 20, 250)


def test_a_thing_in_its_place_is_right_and_a_swapped_one_is_a_leak() -> None:
    good = judge(ByColor(), halves(RED, BLUE), plan())
    assert [(r.noun, r.style, r.leak) for r in good] == [(True, True, False)] * 2
    assert all(r.iou > 0.5 for r in good)
    swapped = judge(ByColor(), halves(BLUE, RED), plan())
    assert [(r.noun, r.style, r.leak) for r in swapped] == [(False, False, True)] * 2
    assert all(r.iou < 0.5 for r in swapped)


def test_a_style_is_the_mean_of_the_whole_and_its_parts_and_a_noun_is_the_whole_s() -> None:
    image, box = halves(RED, BLUE), Box(x=0.25, y=0.25, width=0.5, height=0.5)
    image[32:64, 32:64] = (20, 250, 20)  # a part of its own colour
    [nouns], [styles], _ = look(ByColor(), image, [box])
    views = glance(ByColor(), [square_crop(image, box), *part_crops(image, box)])
    assert np.array_equal(nouns, views.nouns[0])
    assert styles == pytest.approx(views.styles.mean(0)) and styles != pytest.approx(views.styles[0], abs=0.01)


def test_an_experts_style_in_the_background_is_spilt() -> None:
    regions = [r.model_copy(update={"expert": "ink"} if r.id == "blue" else {}) for r in plan().regions]
    styled = plan().with_regions(regions)
    free = free_squares(styled)
    assert free and all(square.overlap(r.box) == 0 for square in free for r in styled.regions)
    red, blue = np.full((128, 128, 3), RED, np.uint8), np.full((128, 128, 3), BLUE, np.uint8)
    blue[:64] = RED
    assert [spill(ByColor(), image, styled) for image in (red, blue)] == [0.0, 0.5]
    assert spill(ByColor(), red, plan()) is None  # no expert draws anything
    full = styled.with_regions([styled.regions[1].model_copy(update={"box": Box.full()})])
    assert spill(ByColor(), red, full) is None


def test_a_style_nobody_asked_for_is_not_judged() -> None:
    asked = plan()
    bare = asked.with_regions([r.model_copy(update={"style": None}) for r in asked.regions])
    assert [r.style for r in judge(ByColor(), halves(RED, BLUE), bare)] == [None, None]
    assert judging.style_of(asked.regions[0], asked, ByColor()) == "flat"


def test_seams_are_edges_that_follow_the_boxes() -> None:
    smooth = np.tile(np.linspace(0, 255, 128, dtype=np.uint8)[None, :, None], (128, 1, 3))
    assert seam(halves(RED, BLUE), plan()) > 10 > 3 > seam(smooth, plan())
    assert seam(halves(RED, BLUE)[::2, ::2], plan()) > 10, "a picture may be smaller than its plan"


def test_prompts_differ_name_different_things_and_never_change() -> None:
    assert VOCABULARY is not None
    made = prompts(40, VOCABULARY, ["flat", "ink"])
    assert made == prompts(40, VOCABULARY, ["flat", "ink"]) and len(set(made)) == 40
    counts = [sum(p.count(f" {style} ") for style in ("flat", "ink")) for p in made]
    assert min(counts) == 2 and max(counts) >= 4


def test_the_interval_of_a_sure_thing_is_narrow_and_missing_values_do_not_count() -> None:
    draws = np.random.default_rng(0).integers(0, 50, (500, 50))
    sure, unsure = figure(np.ones(50), draws), figure(np.tile([0.0, 1.0], 25), draws)
    assert (sure.low, sure.high) == (1, 1)
    assert unsure.low is not None and unsure.high is not None and unsure.low < 0.45 < 0.55 < unsure.high
    assert figure(np.where(np.arange(50) < 25, np.nan, 1.0), draws).mean == 1
    assert figure(np.full(50, np.nan), draws).mean is None


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> RegionsBench:
    home = tmp_path_factory.mktemp("home")
    settings = Settings.load({"MEPG_HOME": str(home), "MEPG_DEVICE": "cpu", "MEPG_PLANNER": "rules"})
    return RegionsBench(settings, home / "bench", steps=1)


def test_every_way_draws_the_same_plans_and_a_stopped_run_goes_on(
    bench: RegionsBench,
) -> None:
    told: list[tuple[int, int, str]] = []
    bench.run(1, lambda *what: told.append(what))
    with (bench._folder / "regions.jsonl").open("a") as killed:
        killed.write('{"index": 1, "prom')
    again = RegionsBench(bench._agent.settings, bench._folder, steps=1)
    report = again.run(2, lambda *what: told.append(what))
    assert told == [(i, 1 + i, way) for i in (0, 1) for way in bench.ways]
    assert report.plans == 2 and [w.name for w in report.ways] == list(bench.ways)
    assert [list(w.leads) for w in report.ways] == [list(bench.ways)[:i] for i in range(5)]
    calls = {w.name: w.measures["calls"].mean or 0 for w in report.ways}
    assert calls["ours, gates from attention"] == calls["one global prompt"] < calls["a pass per region (oracle)"]
    assert again.run(2, lambda *_: pytest.fail("drew again")) == report
    assert isinstance(again.sheet(1), Image.Image)
    assert "more right regions" in shown(regions_view(report))


def test_pictures_that_are_there_are_judged_by_another_scorer_without_being_drawn(
    bench: RegionsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bench.run(1, lambda *_: None)
    (bench._folder / "regions.jsonl").unlink()
    blind = RegionsBench(bench._agent.settings, bench._folder, steps=1)
    sizes = (len(blind.scorer.nouns), len(blind.scorer.styles), len(blind.scorer.colors))
    monkeypatch.setattr(blind.scorer, "judge", lambda pixels: Answers(*(torch.ones(len(pixels), n) for n in sizes)))
    monkeypatch.setattr("mepg_agent.bench.regions.draw", lambda *_: pytest.fail("drew again"))
    after = blind.run(1, lambda *_: None)
    for old, new in zip(before.ways, after.ways, strict=True):
        assert new.measures["seconds"] == old.measures["seconds"] and new.measures["calls"] == old.measures["calls"]
        assert new.measures["seam"] == old.measures["seam"] and new.measures["both"].mean == 0


def shown(view: RenderableType) -> str:
    out = StringIO()
    Console(file=out, width=200).print(view)
    return out.getvalue()


class Finished(Row):
    value: float


class Conditions(Frozen):
    steps: int


def test_a_journal_keeps_what_was_done_and_refuses_what_is_not_its_own(tmp_path: Path) -> None:
    file = tmp_path / "new" / "work.jsonl"
    for index in range(3):
        journal = Journal(file, Conditions(steps=2), Finished)
        assert list(journal.rows) == list(range(index))
        journal.add(Finished(index=index, value=index / 2))
        with file.open("a") as killed:
            killed.write('{"index": 9, "val')
    assert [row.value for row in Journal(file, Conditions(steps=2), Finished).rows.values()] == [0, 0.5, 1]
    with pytest.raises(BadInput, match="other weights or settings"):
        Journal(file, Conditions(steps=3), Finished)
    for foreign in ("a prompt\n", "a prompt\nand half", "half a prompt"):
        file.write_text(foreign)
        with pytest.raises(BadInput, match="not from this bench"):
            Journal(file, Conditions(steps=2), Finished)
        assert file.read_text() == foreign, "what is another's is left as it is"
    (tmp_path / "plain").write_text("")
    with pytest.raises(BrokenAsset, match="cannot be written"):
        Journal(tmp_path / "plain" / "work.jsonl", Conditions(steps=2), Finished)


def test_what_each_way_leaves_out_of_the_job(bench: RegionsBench) -> None:
    engine = next(e for e, _ in bench.ways.values() if isinstance(e, LocalEngine))
    made = ways(engine, bench.backbone.item.defaults)
    assert VOCABULARY is not None
    fox, owl = (f"{look} {noun}" for look, noun in zip(VOCABULARY.looks, ("fox", "owl"), strict=False))
    agent_plan = bench._agent.plan(f"{article(fox)} and {article(owl)} on a meadow")
    from mepg_agent.engine.prepare import prepare
    from mepg_agent.records import Brief

    job = prepare(agent_plan, Brief(prompt="p"), bench.backbone, bench.experts, engine.weights_hash())
    alone = made["one global prompt"][1](job, agent_plan)
    assert alone.regions == () and fox in alone.prompt and owl in alone.prompt
    wide = job.model_copy(update={"extent": Extent(width=512, height=512)})
    assert made["one global prompt"][1](wide, agent_plan).extent == bench.backbone.item.defaults.extent != wide.extent
    assert all(r.adapter is None for r in made["regional prompts, no experts"][1](job, agent_plan).regions)
    assert made["ours, gates from position"][1](job, agent_plan).gate is GateKind.POSITION


def test_an_unasked_style_does_not_lower_a_region() -> None:
    region = Judged(noun=True, style=None, leak=False, iou=1.0)
    drawn = Sample([region], None, 1.0, 1.0, 1.0)
    assert (drawn.measure("both"), drawn.measure("style"), drawn.measure("spill")) == (1, None, None)
