"""SIGKILL, again and again: nothing that was accepted is lost, and the pictures are those of an unbroken run."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from edit_fixtures import agent_of, drawn
from rich.console import Console

from mepg_agent.bench.kills import Kill, Report, campaign, half_written, missing, run_once
from mepg_agent.cli import Door, run
from mepg_agent.scene import ScenePlan
from mepg_agent.settings import Settings


def test_a_conversation_survives_kills_around_every_checkpoint_and_at_random_instants(settings: Settings):
    report = campaign(settings, kills=25, seed=0)
    assert report.faults == ()
    around = sum(report.around_checkpoints.values())
    assert report.kills >= 60 and report.kills - around >= 25
    assert {"plan", "critique", "generate", "verify", "regenerate", "accept"} <= set(report.around_checkpoints)


@pytest.mark.parametrize(("faults", "code"), [((), 0), (("instants-1: version 2 is lost",), 1)])
def test_the_bench_of_kills_says_what_was_lost(
    faults: tuple[str, ...], code: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    report = Report(kills=9, around_checkpoints={"verify": 4}, starts=12, faults=faults, seconds=1.0)
    monkeypatch.setattr("mepg_agent.bench.kills.campaign", lambda *_: report)
    out = StringIO()
    door = Door(out=Console(file=out, width=160), err=Console(file=StringIO()))
    assert run(["bench", "kills", "--kills", "5"], door) == code
    assert "9 kills" in out.getvalue() and (faults[0] if faults else "Nothing was lost") in out.getvalue()
    out.seek(0)
    out.truncate()
    assert run(["bench", "kills", "--json"], door) == code
    assert json.loads(out.getvalue()) == report.model_dump(mode="json")


def test_a_start_that_is_killed_at_once_leaves_nothing_and_one_that_is_not_tells_its_pictures(settings: Settings):
    assert run_once(settings, Kill(after=0)).killed
    whole = run_once(settings, None)
    assert not whole.killed and set(whole.all("done")[0]) == {1, 2, 3}
    assert run_once(settings, None).all("found")[0] == whole.all("done")[0], "the next one finds them"


def test_what_is_lost_or_different_is_told():
    assert missing({1: "a", 2: "b", 3: "c"}, {1: "a", 2: "x"}) == ["version 2 has other bytes", "version 3 is lost"]


def test_half_a_file_is_told_unless_it_is_still_hidden(settings: Settings, three_things: ScenePlan, home: Path):
    with agent_of(settings) as agent:
        drawn(agent, three_things)
    assert half_written(home) == []
    picture, render = next((home / "pictures").rglob("*.png")), next((home / "renders").glob("*.json"))
    picture.with_name(".x.part").write_bytes(b"half")
    assert half_written(home) == []
    picture.write_bytes(picture.read_bytes()[:-9])
    render.write_text("{")
    assert half_written(home) == [f"{f.relative_to(home)} is half written" for f in (picture, render)]
