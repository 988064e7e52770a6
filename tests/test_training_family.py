"""One command trains the whole family: what comes after what, what is left to do, what it says when a stage fails."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from training_fixtures import FAMILY, VOCABULARY

from mepg_agent.errors import BadInput
from mepg_agent.training import config, family
from mepg_agent.training.family import Stage, longest, run, stages, stretched
from mepg_agent.training.pool import SHARD, expert_styles, shards


def test_the_longest_chain_is_as_long_as_its_slowest_needs() -> None:
    every = [
        Stage("last", ("x",), ("quick", "slow"), minutes=1),
        Stage("quick", ("x",), ("first",), minutes=2),
        Stage("slow", ("x",), minutes=5),
        Stage("first", ("x",), minutes=2.5),
        Stage("aside", ("x",), minutes=3),
    ]
    assert longest(every) == 6
    assert longest(every[2:]) == 5


def test_stretching_multiplies_all_minutes_and_nothing_else(tmp_path: Path) -> None:
    text = (FAMILY / "training.toml").read_text()
    (tmp_path / "training.toml").write_text(stretched(text, 2.5))
    before, after = (config.read(f / "training.toml").model_dump() for f in (FAMILY, tmp_path))
    for name, part in before.items():
        if isinstance(part, dict) and "minutes" in part:
            assert after[name].pop("minutes") == pytest.approx(2.5 * part.pop("minutes"), abs=1e-3)
    assert after == before
    assert stretched("minutes = 2  # minutes = 3\nbatch = 2", 2) == "minutes = 4.000  # minutes = 3\nbatch = 2"


def test_the_stages_are_modules_that_are_there_and_train_every_style_once() -> None:
    every = stages(config.read(FAMILY / "training.toml"))
    names = [stage.name for stage in every]
    assert all(find_spec(f"mepg_agent.training.{stage.command[0]}") for stage in every)
    assert {need for stage in every for need in stage.needs} <= set(names) and len(names) == len(set(names))
    taught = [style for stage in every if stage.command[0] == "experts" for style in stage.command[1:]]
    assert sorted(taught) == sorted(expert_styles(VOCABULARY))


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stages are a script that writes down what it was called with; those named "broken" fail."""
    file, script = tmp_path / "seen", tmp_path / "python"
    fails = "case $2 in *broken) echo no pool; exit 3;; esac"
    script.write_text(f'#!/bin/sh\necho "$@" >> {file}\n{fails}\necho end >> {file}\n')
    script.chmod(0o755)
    monkeypatch.setattr(family.sys, "executable", str(script))
    monkeypatch.setattr(family, "PATIENCE", 0.01)
    started, start = count(), family._started

    def counted(*arguments: Any) -> Any:
        assert next(started) < 10, "stages start again and again"
        return start(*arguments)

    monkeypatch.setattr(family, "_started", counted)
    return file


def ran(seen: Path) -> list[str]:
    """Names of the modules that ran, and "end" where one ended well."""
    words = [line.split() for line in seen.read_text().splitlines()]
    return [each[0] if len(each) == 1 else each[1].removeprefix("mepg_agent.training.") for each in words]


def test_a_stage_starts_after_what_it_needs_has_ended(seen: Path, tmp_path: Path) -> None:
    every = [Stage("c", ("third", "now"), ("b",)), Stage("b", ("second",), ("a",)), Stage("a", ("first",))]
    run(every, tmp_path / "training.toml", tmp_path / "out", "cpu", jobs=3)
    assert ran(seen) == ["first", "end", "second", "end", "third", "end"]
    last = f"-m mepg_agent.training.third now --config {tmp_path / 'training.toml'} --device cpu"
    assert last in seen.read_text().splitlines()


def test_what_ended_in_an_earlier_run_is_not_done_again(seen: Path, tmp_path: Path) -> None:
    every = [Stage("a", ("first",)), Stage("b", ("second",), ("a",))]
    run(every[:1], tmp_path / "training.toml", tmp_path / "out", "cpu", jobs=2)
    run(every, tmp_path / "training.toml", tmp_path / "out", "cpu", jobs=2)
    assert ran(seen) == ["first", "end", "second", "end"]


def test_a_failed_stage_is_named_and_all_that_does_without_it_ends(seen: Path, tmp_path: Path) -> None:
    every = [
        Stage("bad", ("broken",)),
        Stage("never", ("never",), ("bad",)),
        Stage("a", ("first",)),
        Stage("b", ("second",), ("a",)),
    ]
    with pytest.raises(BadInput, match=r"^Failed: bad\. .*logs") as caught:
        run(every, tmp_path / "training.toml", tmp_path / "out", "cpu", jobs=1)
    assert str(tmp_path / "out" / "logs") in str(caught.value)
    assert ran(seen) == ["broken", "first", "end", "second", "end"]
    assert (tmp_path / "out" / "logs" / "bad.log").read_text() == "no pool\n"
    again = [Stage("bad", ("mended",)), *every[1:]]
    run(again, tmp_path / "training.toml", tmp_path / "out", "cpu", jobs=1)
    assert ran(seen)[5:] == ["mended", "end", "never", "end"]


def test_lessons_are_composed_first_then_scenes_and_styles_at_the_same_pace(tmp_path: Path) -> None:
    shipped = config.read(FAMILY / "training.toml").data
    sizes = {"lessons": 2 * SHARD, "scenes": 7 * SHARD + 1, "style_scenes": 2 * SHARD, "medley_scenes": 4 * SHARD}
    order = shards(shipped.model_copy(update={**sizes, "pool": tmp_path}))
    assert [(source.lessons, index) for source, index in order[:2]] == [(True, 0), (True, 1)]
    wanted = {"pool": 8, **dict.fromkeys(expert_styles(VOCABULARY), 2), "medley": 4}
    done = dict.fromkeys(wanted, 0)
    for source, index in order[2:]:
        kind = "pool" if source.folder == tmp_path else source.folder.name
        assert index == done[kind] and not source.lessons and source.folder.is_dir()
        done[kind] += 1
        shares = [done[kind] / wanted[kind] for kind in wanted]
        assert max(shares) - min(shares) <= 1 / 2, "no kind is a whole shard of the rarest behind another"
    assert done == wanted
