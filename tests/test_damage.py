"""What a disk spoils ends in a sentence that says what to do, and what is said loses nothing else."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from edit_fixtures import agent_of, drawn, kept_files
from fake_mepg import fake_agent
from test_cli import mepg

from mepg_agent import checkpoints
from mepg_agent.agent import Agent
from mepg_agent.batch import Outcome, make_items, run_batch
from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.records import Brief, Event
from mepg_agent.scene import ScenePlan
from mepg_agent.session import Result
from mepg_agent.settings import Settings

HOURS_AGO = (0, time.time() - 7200)
WORDS = "make the dog red"


def spoil(file: Path, how: str) -> None:
    if how == "gone":
        file.unlink()
    elif how == "folder":
        file.unlink(missing_ok=True)
        file.mkdir()
        (file / "inside").write_text("")
    else:
        file.write_text(how)


def stopped(agent: Agent, session: str, node: str = "verify") -> None:
    """An edit that was stopped when `node` began."""
    stream = agent.stream_edit(session, WORDS)
    next(item for item in stream if isinstance(item, Event) and item.node == node)
    stream.close()


@pytest.mark.parametrize("how", ["", "{}", "gone", "folder"])
def test_a_session_without_a_good_brief_keeps_its_versions_until_it_is_given_up(
    settings: Settings, three_things: ScenePlan, how: str
):
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        agent.edit(session, WORDS)
        folder, before = settings.home / "sessions" / session, kept_files(settings.home)
        saved = (folder / "brief.json").read_bytes()
        spoil(folder / "brief.json", how)
        for file in (folder, *kept_files(settings.home)):
            os.utime(file, HOURS_AGO)
        for work in (agent.history, agent.undo, lambda _: agent.collect()):
            with pytest.raises(BrokenAsset) as caught:
                work(session)
            assert "Restore it" in caught.value.advice and f"sessions delete {session}" in caught.value.advice
        assert [s.status for s in agent.store.sessions(damaged=True)] == ["damaged"]
        assert kept_files(settings.home) == before and (folder / "history.json").exists()
        if how == "folder":
            shutil.rmtree(folder / "brief.json")
        (folder / "brief.json").write_bytes(saved)
        assert agent.result(session).version == 2, "restored, it is as it was"
        spoil(folder / "brief.json", how)
        agent.forget(session)
        assert agent.store.sessions(damaged=True) == () and list((settings.home / "sessions").iterdir()) == []


@pytest.mark.parametrize("how", ["half a picture", "gone"])
def test_a_damaged_picture_is_never_handed_out_and_can_be_drawn_again(tmp_path: Path, how: str):
    drawing, file = mepg("draw", "a fox", "--json").json, tmp_path / "fox.png"
    session, picture = drawing["session"], Path(drawing["file"])
    good = picture.read_bytes()
    spoil(picture, how)
    said = mepg("resume", session, "-o", str(file))
    assert (said.code, said.out) == (1, "") and "mepg sessions reproduce" in said.err and not file.exists()
    assert mepg("sessions", "reproduce", session).code == 0 and picture.read_bytes() == good
    assert mepg("resume", session, "-o", str(file)).code == 0 and file.read_bytes() == good


def test_a_batch_puts_no_damaged_picture_in_its_folder(settings: Settings, tmp_path: Path):
    items = make_items([(None, Brief(prompt="a red fox", steps=2))])
    with fake_agent() as agent:
        list(run_batch(agent, items, tmp_path / "out"))
        (tmp_path / "out" / "a-red-fox.png").unlink()
        for picture in (settings.home / "pictures").rglob("*.png"):
            picture.write_bytes(picture.read_bytes()[:-9])
        *_, (_, outcome) = run_batch(agent, items, tmp_path / "out", resume=True)
    assert isinstance(outcome, Outcome)
    assert outcome.status == "failed" and "is not what was written there" in str(outcome.error)
    assert not list((tmp_path / "out").glob("*.png"))


@pytest.mark.parametrize("how", ["{", "{}", "folder"])
def test_a_damaged_note_of_an_edit_is_dropped_by_undo(settings: Settings, three_things: ScenePlan, how: str):
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        stopped(agent, session)
        spoil(settings.home / "sessions" / session / "edit.json", how)
        for work in (lambda: list(agent.resume(session)), lambda: agent.edit(session, WORDS), agent.collect):
            with pytest.raises(BrokenAsset, match=r"undo .* drops the edit; the picture stays"):
                work()
        assert agent.undo(session).version == 1
        assert agent.edit(session, WORDS).version == 2


@pytest.mark.parametrize("lost", [("history.json",), ("history.json", "result.json")])
def test_an_edit_of_versions_that_are_lost_is_told_and_dropped_by_undo(
    settings: Settings, three_things: ScenePlan, lost: tuple[str, ...]
):
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        agent.edit(session, "make it night")
        stopped(agent, session)
        for name in lost:
            (settings.home / "sessions" / session / name).unlink()
        with pytest.raises(BrokenAsset, match=r"does not follow from its versions.*undo"):
            list(agent.resume(session))
        if "result.json" in lost:
            with pytest.raises(BadInput, match="Resume it first"):
                agent.undo(session)
        else:
            assert agent.undo(session).version == 1
        *_, done = agent.resume(session)
        assert isinstance(done, Result) and done.version == 1


def test_a_picture_whose_record_was_removed_is_drawn_again(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        record = settings.home / "sessions" / session / "result.json"
        before, _ = agent.result(session).render, record.write_text("{")
        with pytest.raises(BrokenAsset, match="Remove it and draw the picture again"):
            list(agent.resume(session))
        record.unlink()
        *_, done = agent.resume(session)
        assert isinstance(done, Result) and done.render.picture == before.picture


def test_an_undo_that_cannot_be_kept_drops_no_edit(
    settings: Settings, three_things: ScenePlan, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise BrokenAsset("The disk is full.", "Free some space.")

    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        agent.edit(session, WORDS)
        monkeypatch.setattr(agent.store, "put_history", full)
        with pytest.raises(BrokenAsset, match="disk is full"):
            agent.undo(session)
        assert agent.result(session).version == 2


def test_a_folder_in_place_of_a_note_on_a_failure_is_no_fault(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        session = agent.begin(three_things.prompt, plan=three_things, steps=2)
        spoil(settings.home / "sessions" / session / "failure.json", "folder")
        *_, done = agent.resume(session)
        assert done == agent.result(session)


SPOILT = {
    "cut": "UPDATE checkpoints SET checkpoint = substr(checkpoint, 1, 20)",
    "empty": "UPDATE checkpoints SET checkpoint = x''",
    "of another kind": "UPDATE checkpoints SET type = 'pickle'",
}


@pytest.mark.parametrize("how", SPOILT)
@pytest.mark.parametrize("edited", [False, True])
def test_a_damaged_place_of_one_run_is_told_and_the_others_are_collected(
    settings: Settings, three_things: ScenePlan, how: str, edited: bool
):
    with agent_of(settings) as agent:
        if edited:
            session, advice = drawn(agent, three_things), "undo .* drops the edit"
            stopped(agent, session)
        else:
            session, advice = agent.begin(three_things.prompt, plan=three_things, approve=True), "sessions delete"
            with pytest.raises(Exception, match="waits for your approval"):
                list(agent.resume(session))
    with sqlite3.connect(settings.home / "checkpoints.sqlite") as connection:
        connection.execute(SPOILT[how])
    connection.close()
    with agent_of(settings) as agent:
        with pytest.raises(BrokenAsset, match=f"What was noted of {session}.* cannot be read.*{advice}"):
            list(agent.resume(session))
        lone = agent.draw("a cat", steps=2).session
        agent.forget(lone)
        for file in kept_files(settings.home):
            os.utime(file, HOURS_AGO)
        assert agent.collect().files > 0
        if edited:
            assert agent.undo(session).image.is_file()
        else:
            agent.forget(session)


def no_database(file: Path) -> None:
    file.write_bytes(b"no database" * 1000)


def other_tables(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE checkpoints (title TEXT)")


@pytest.mark.parametrize("spoilt", [no_database, other_tables])
def test_a_file_of_checkpoints_that_is_none_is_to_be_moved_away(
    settings: Settings, three_things: ScenePlan, spoilt: Callable[[Path], None]
):
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
    for file in settings.home.glob("checkpoints.sqlite*"):
        file.unlink()
    spoilt(settings.home / "checkpoints.sqlite")
    with agent_of(settings) as agent:
        with pytest.raises(BrokenAsset, match=r"Move the files checkpoints\.sqlite\*") as caught:
            agent.edit(session, WORDS)
        assert "Free some space" not in str(caught.value)
    for file in settings.home.glob("checkpoints.sqlite*"):
        file.rename(file.with_name("aside"))
    with agent_of(settings) as agent:
        *_, done = agent.resume(session)
        assert isinstance(done, Result) and done.version == 2


def test_checkpoints_that_another_program_keeps_to_itself_are_named_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(checkpoints, "PATIENCE", 0.0)
    with agent_of(settings) as agent:
        agent.draw("a cat", steps=2)
    with closing(sqlite3.connect(settings.home / "checkpoints.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with agent_of(settings) as agent, pytest.raises(BrokenAsset, match=r"locked.*Another program keeps the file"):
            agent.draw("a dog", steps=2)


def test_a_deletion_that_was_killed_half_way_leaves_no_session(
    settings: Settings, three_things: ScenePlan, monkeypatch: pytest.MonkeyPatch
):
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        monkeypatch.setattr("mepg_agent.session.remove", killed)
        with pytest.raises(KeyboardInterrupt):
            agent.forget(session)
        assert agent.store.sessions(damaged=True) == ()
        [left] = (settings.home / "sessions").iterdir()
        os.utime(left, HOURS_AGO)
        agent.collect()
        assert not left.exists()
