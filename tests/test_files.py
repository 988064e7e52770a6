"""Files are whole or not there, and one at a time works on a session or a batch: threads, processes, killed ones."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from edit_fixtures import agent_of, drawn

from mepg_agent.batch import RECORD, make_items, run_batch
from mepg_agent.errors import BadInput
from mepg_agent.files import alone, whole
from mepg_agent.records import Brief, Event
from mepg_agent.scene import ScenePlan
from mepg_agent.session import Result
from mepg_agent.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
BUSY = BadInput("Somebody is at it.", "Wait.")
EDITING = """
import sys
sys.path.insert(0, "tests")
from edit_fixtures import agent_of
from mepg_agent.settings import Settings
with agent_of(Settings.load()) as agent:
    for item in agent.stream_edit(sys.argv[1], "make the dog red"):
        if item.step:
            print("drawing", flush=True)
            sys.stdin.read()
"""


@contextmanager
def editing_elsewhere(settings: Settings, session: str) -> Iterator[subprocess.Popen[str]]:
    """Another process, in the middle of drawing an edit; it is killed at the end."""
    environ = {**os.environ, "MEPG_HOME": str(settings.home)}
    command = [sys.executable, "-c", EDITING, session]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environ, text=True, stdin=pipe, stdout=pipe) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == "drawing\n"
            yield process
        finally:
            process.kill()


def test_a_file_appears_whole_and_only_at_the_end(tmp_path: Path):
    file = tmp_path / "a.txt"
    with whole(file) as stream:
        stream.write(b"one")
        assert not file.exists()
    assert file.read_bytes() == b"one"


def test_a_file_for_its_owner_alone_is_so_from_its_first_byte_on(tmp_path: Path):
    with whole(tmp_path / "a.txt", mode=0o600) as stream:
        assert os.fstat(stream.fileno()).st_mode & 0o077 == 0
    assert (tmp_path / "a.txt").stat().st_mode & 0o077 == 0


def test_what_breaks_in_the_middle_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    file = tmp_path / "a.txt"
    file.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), whole(file) as stream:
        stream.write(b"half")
        raise ZeroDivisionError
    assert [(f.name, f.read_bytes()) for f in tmp_path.iterdir()] == [("a.txt", b"old")]


def test_a_new_file_never_takes_the_place_of_another(tmp_path: Path):
    with whole(tmp_path / "a.txt", new=True) as stream:
        stream.write(b"first")
    with pytest.raises(FileExistsError), whole(tmp_path / "a.txt", new=True) as stream:
        stream.write(b"second")
    assert (tmp_path / "a.txt").read_bytes() == b"first" and len(list(tmp_path.iterdir())) == 1


def test_a_disk_without_hard_links_takes_new_files_and_keeps_old_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refused(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    test_a_new_file_never_takes_the_place_of_another(tmp_path)


def test_a_full_disk_is_not_taken_for_one_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(OSError, match="No space"), whole(tmp_path / "a.txt", new=True) as stream:
        stream.write(b"first")
    assert list(tmp_path.iterdir()) == []


def test_one_at_a_time_also_within_one_process(tmp_path: Path):
    with alone(tmp_path / "lock", BUSY):
        with pytest.raises(BadInput, match="Somebody"), alone(tmp_path / "lock", BUSY):
            pytest.fail("both are inside")
        with alone(tmp_path / "other", BUSY):
            pass
    with alone(tmp_path / "lock", BUSY):
        pass


def test_while_one_process_draws_another_is_told_and_a_kill_lets_go(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        first = agent.result(session)
        with editing_elsewhere(settings, session):
            for work in (
                lambda: agent.edit(session, "make the fox blue"),
                lambda: list(agent.resume(session)),
                lambda: agent.undo(session),
                lambda: agent.redo(session),
                lambda: agent.branch(session, "night"),
                lambda: agent.forget(session),
            ):
                with pytest.raises(BadInput, match=f"'{session}' is being worked on elsewhere"):
                    work()
            assert agent.result(session) == first, "who only looks need not wait"
            other = drawn(agent, three_things)
            assert agent.edit(other, "make the fox blue").version == 2, "other sessions are free"
        *_, resumed = agent.resume(session)
        assert isinstance(resumed, Result) and (resumed.version, resumed.status) == (2, "accepted")


def test_the_one_who_comes_later_gets_what_the_other_one_finished(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        session = agent.store.begin(Brief(prompt=three_things.prompt, plan=three_things, steps=2))
        later = agent.resume(session)
        *_, first = agent.resume(session)
        assert list(later) == [first]
        edits = [agent.stream_edit(session, "make the dog red") for _ in range(2)]
        assert [list(items)[-1] for items in edits] == [agent.result(session)] * 2
        assert len(agent.history(session).versions) == 2


def test_a_deleted_session_leaves_no_lock(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        assert agent.store.lock_of(session).exists()
        agent.forget(session)
        assert list((settings.home / "locks").iterdir()) == []
        with pytest.raises(BadInput, match="no session"):
            agent.forget(session)
        assert list((settings.home / "locks").iterdir()) == []


def test_two_batches_never_draw_into_one_folder(settings: Settings, tmp_path: Path):
    items = make_items([(None, Brief(prompt="a red fox", steps=2))])
    with agent_of(settings) as agent:
        news = run_batch(agent, items, tmp_path / "out")
        assert isinstance(next(news)[1], Event)
        record = (tmp_path / "out" / RECORD).read_bytes()
        with pytest.raises(BadInput, match="Another batch is drawing"):
            run_batch(agent, items, tmp_path / "out", resume=True)
        assert (tmp_path / "out" / RECORD).read_bytes() == record
        news.close()
        assert len(list(run_batch(agent, items, tmp_path / "out", resume=True))) > 1
    assert {f.name for f in (tmp_path / "out").iterdir()} == {"a-red-fox.png", RECORD}
