"""The edit bench: what it asks for, the rules it judges by, the table it makes, and that a stopped run goes on."""

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
from mepg_agent.bench.changes import KINDS, Change, Version, given, kept, split
from mepg_agent.bench.edits import RECORD, EditsBench
from mepg_agent.bench.edits_report import ANEW, EDITED, WAYS, Outcome, Row, Setup, markdown, report_of
from mepg_agent.cli import Door, run
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput
from mepg_agent.planning.instructions import parse_edit
from mepg_agent.planning.references import Question
from mepg_agent.portfolio import Portfolio
from mepg_agent.scene import Box, Extent, Region, ScenePlan
from mepg_agent.settings import Settings

SHIPPED = Portfolio((Path(__file__).parents[1] / "experts",))
VOCABULARY = SHIPPED.vocabulary("picturebook")
assert VOCABULARY is not None
STYLES = ("flat", "glossy", "ink", "watercolor")
COLORS = ("red", "blue")
LEFT, RIGHT = Box(x=0, y=0.25, width=0.5, height=0.5), Box(x=0.5, y=0.25, width=0.5, height=0.5)
RED, BLUE, GREY = (250, 20, 20), (20, 20, 250), (100, 90, 95)


def version(**things: tuple[Box, tuple[int, int, int]]) -> Version:
    """A picture of things in their boxes, each of them in one colour."""
    image = np.full((128, 128, 3), GREY, np.uint8)
    regions = []
    for noun, (box, color) in things.items():
        at = box.pixels(Extent(width=128, height=128))
        image[at.top : at.bottom, at.left : at.right] = color
        style = "flat" if noun == "red" else "ink"
        regions.append(Region(id=noun, box=box, prompt=noun, noun=noun, style=style))
    extent = Extent(width=128, height=128)
    plan = ScenePlan(prompt="p", global_prompt="p", extent=extent, regions=tuple(regions))
    return Version(plan, image)


BOTH = version(red=(LEFT, RED), blue=(RIGHT, BLUE))
BARS = {"red": 0.9, "blue": 0.9}


def test_conversations_take_turns_never_change_and_differ() -> None:
    assert VOCABULARY is not None
    made = split(64, VOCABULARY, STYLES, COLORS)
    assert made == split(64, VOCABULARY, STYLES, COLORS) and made[:20] == split(20, VOCABULARY, STYLES, COLORS)
    assert [c.kind for c in made[: len(KINDS)]] == list(KINDS)
    assert len({c.prompt for c in made}) == 64
    for change in made:
        assert change.gone is None or change.gone in change.prompt
        assert change.there is None or change.there in change.prompt + change.instruction
        assert (change.color is not None) == (change.kind == "recolour")


def test_the_rules_understand_every_kind_of_change(settings: Settings) -> None:
    assert VOCABULARY is not None
    with Agent(settings, engine=FakeEngine()) as agent:
        for change in split(4 * len(KINDS), VOCABULARY, STYLES, COLORS):
            plan = agent.plan(change.prompt, planner="rules")
            read = parse_edit(change.instruction, plan, VOCABULARY, STYLES)
            assert not isinstance(read, Question) and len(read) == 1, change.instruction


def test_a_change_is_given_where_its_thing_is_seen_as_it_was_asked_for() -> None:
    more = Change("add", "p", "i", there="blue")
    alone = version(red=(LEFT, RED))
    assert given(ByColor(), more, alone, BOTH, BARS)
    assert not given(ByColor(), more, alone, version(red=(LEFT, RED), blue=(RIGHT, RED)), BARS)
    assert not given(ByColor(), more, alone, alone, BARS), "no region of it"
    styled = BOTH.plan.with_regions([BOTH.plan.region("blue").model_copy(update={"style": "flat"})])
    assert not given(ByColor(), more, alone, Version(styled, BOTH.image), BARS), "not in its style"
    tinted = Change("recolour", "p", "i", there="blue", color="red")
    assert not given(ByColor(), tinted, BOTH, BOTH, BARS)


def test_what_was_taken_away_must_not_be_seen_where_it_was() -> None:
    without = Change("remove", "p", "i", gone="blue")
    assert given(ByColor(), without, BOTH, version(red=(LEFT, RED)), BARS)
    left = Version(version(red=(LEFT, RED)).plan, BOTH.image)
    assert not given(ByColor(), without, BOTH, left, BARS)
    assert given(ByColor(), without, BOTH, left, {**BARS, "blue": 1.0}), "no surer than of an empty picture"
    near = version(red=(LEFT, RED), blue=(RIGHT.moved(-0.1, 0), BLUE))
    assert given(ByColor(), Change("move", "p", "i", there="blue", gone="blue"), BOTH, near, BARS), "it may overlap"


def test_only_what_was_right_before_can_be_kept() -> None:
    change = Change("remove", "p", "i", gone="blue")
    assert kept(ByColor(), change, BOTH, version(red=(LEFT, RED))) == (1, 1)
    assert kept(ByColor(), change, BOTH, version(red=(LEFT, BLUE))) == (0, 1)
    assert kept(ByColor(), change, version(red=(LEFT, BLUE), blue=(RIGHT, BLUE)), version(red=(LEFT, RED))) == (0, 0)


SETUP = Setup(backbone=SHIPPED.backbone("picturebook").item, experts={}, steps=8, styles=STYLES, scorer="")


def row(index: int, kind: str, ours: bool, anew: bool, **more: object) -> Row:
    ways = {
        EDITED: Outcome(given=ours, kept=2, right=2, same=0.75, calls=3, seconds=1),
        ANEW: Outcome(given=anew, kept=1, right=2, same=0.25, calls=8, seconds=2),
    }
    fields = {"ways": ways, "outside_equal": True, **more}
    return Row.model_validate({"index": index, "kind": kind, "prompt": "p", "instruction": "i", **fields})


def test_what_was_refused_was_not_given() -> None:
    rows = [
        row(0, "move", True, True),
        row(1, "remove", True, False, outside_equal=False),
        row(2, "move", False, False, ways={}, outside_equal=None, refused="There is no room."),
    ]
    report = report_of(SETUP, rows)
    ours, anew = (report.ways[way] for way in WAYS)
    assert (report.changes, report.refused, report.outside_equal) == (3, 1, 1)
    assert ours.given.mean == pytest.approx(2 / 3) and anew.given.mean == pytest.approx(1 / 3)
    assert (ours.kinds["move"].mean, ours.kinds["remove"].mean) == (0.5, 1.0)
    assert (ours.kept.mean, anew.kept.mean, ours.same.mean, anew.calls.mean) == (1.0, 0.5, 0.75, 8.0)
    table = markdown(report)
    assert "| ours | 66.7%" in table and "the same in 1 of 2" in table and "1 were refused" in table
    assert "–" in markdown(report_of(SETUP, rows[2:])), "nothing was drawn"


@pytest.fixture
def coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at few squares: what the scorer guesses here means nothing."""
    monkeypatch.setattr("mepg_agent.bench.sight.SIDES", (0.66,))


def bench(settings: Settings, folder: Path, engine: FakeEngine | None = None, steps: int = 2) -> EditsBench:
    assert VOCABULARY is not None
    torch.manual_seed(0)  # its weights tell one run from another
    scorer = Guessing(list(VOCABULARY.nouns), ["flat", "glossy"], ["red", "green", "blue"])
    return EditsBench(Agent(settings, engine=engine or FakeEngine()), scorer, folder, steps=steps)


@pytest.mark.usefixtures("coarse")
def test_every_change_is_made_in_both_ways_from_the_same_picture(settings: Settings, tmp_path: Path) -> None:
    made = bench(settings, tmp_path)
    rows = made.run(len(KINDS), lambda *_: None)
    assert [r.kind for r in rows] == list(KINDS) and all(tuple(r.ways) == WAYS for r in rows)
    assert all(r.outside_equal for r in rows)
    for found in rows:
        ours, anew = found.ways[EDITED], found.ways[ANEW]
        assert ours.calls <= anew.calls == 2 and ours.right == anew.right
    assert len(list((tmp_path / "pictures").iterdir())) == 3 * len(KINDS)
    assert made.sheet().width > 3 * 192


class NoMore(FakeEngine):
    def run(self, *args: object) -> object:  # type: ignore[override]
        raise KeyboardInterrupt


@pytest.mark.usefixtures("coarse")
def test_a_run_that_was_stopped_goes_on_and_another_run_is_refused(settings: Settings, tmp_path: Path) -> None:
    rows = bench(settings, tmp_path).run(2, lambda *_: None)
    with (tmp_path / RECORD).open("a") as stream:
        stream.write('{"index": 2, "ki')
    assert bench(settings, tmp_path, NoMore()).run(2, lambda *_: None) == rows, "nothing is drawn again"
    with pytest.raises(KeyboardInterrupt):
        bench(settings, tmp_path, NoMore()).run(3, lambda *_: None)
    with pytest.raises(BadInput, match="other weights or settings"):
        bench(settings, tmp_path, steps=3)


@pytest.mark.usefixtures("coarse")
def test_the_command_writes_table_sheet_and_figures(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "mepg_agent.bench.edits.edits_bench", lambda _, folder, backbone, steps: bench(settings, folder)
    )
    out = StringIO()
    door = Door(out=Console(file=out, width=160), err=Console(file=StringIO()))
    arguments = ["bench", "edits", "--changes", "2", "-o", str(tmp_path)]
    assert run(arguments, door) == 0, door.err.file.getvalue()  # type: ignore[attr-defined]
    assert (tmp_path / "edits.md").read_text() in out.getvalue()
    with Image.open(tmp_path / "edits-sheet.png") as image:
        image.load()
    out.seek(0)
    out.truncate()
    assert run([*arguments, "--json"], door) == 0
    assert json.loads(out.getvalue()) == json.loads((tmp_path / "edits.json").read_text())
