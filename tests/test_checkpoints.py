"""Checkpoints in Postgres, with a real server where one is on the machine; and what is said when one is not."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from scripted import ScriptedVerifier

from mepg_agent.agent import Agent
from mepg_agent.checkpoints import open_checkpoints
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.records import Event
from mepg_agent.scene import ScenePlan
from mepg_agent.session import Result
from mepg_agent.settings import Settings


class Server:
    """A database of its own below `folder`, on a socket there; never run by root."""

    def __init__(self, folder: Path, commands: Path, user: str | None) -> None:
        self._folder, self._commands, self._user = folder, commands, user
        self._run("initdb", "-D", "data", "-U", "mepg", "-A", "trust", "--no-sync")
        self.url = f"postgresql://mepg@/postgres?host={folder}"

    def start(self) -> None:
        self._run(
            "pg_ctl", "-D", "data", "-w", "-l", "log", "-o", f"-F -k {self._folder} -c listen_addresses=", "start"
        )

    def stop(self) -> None:
        self._run("pg_ctl", "-D", "data", "-w", "-m", "immediate", "stop")

    def _run(self, command: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._commands / command), *arguments],
            check=True,
            cwd=self._folder,
            user=self._user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )


def commands() -> Path | None:
    """The folder with initdb and pg_ctl."""
    found = [Path(file) for file in (shutil.which("pg_ctl"),) if file]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), reverse=True)
    return next((file.resolve().parent for file in found if (file.resolve().parent / "initdb").exists()), None)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    pytest.importorskip("psycopg", reason="the driver is not installed")
    where = commands()
    if where is None:
        pytest.skip("there is no Postgres server on this machine")
    folder = Path(tempfile.mkdtemp(prefix="mepg-"))
    user = None
    if os.geteuid() == 0:
        user = "postgres" if "postgres" in {entry.pw_name for entry in pwd.getpwall()} else "nobody"
        shutil.chown(folder, user)
    try:
        made = Server(folder, where, user)
        made.start()
        yield made
        made.stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def there(settings: Settings, server: Server) -> Settings:
    return settings.model_copy(update={"checkpoints": server.url})


def agent_of(settings: Settings, engine: FakeEngine | None = None) -> Agent:
    return Agent(settings, engine=engine or FakeEngine(), verifier=ScriptedVerifier())


def stopped_at(settings: Settings, plan: ScenePlan, node: str) -> str:
    """The session of a picture whose drawing was stopped when `node` began."""
    with agent_of(settings) as agent:
        stream = agent.stream(plan.prompt, plan=plan, steps=2)
        next(item for item in stream if isinstance(item, Event) and item.node == node)
        stream.close()
        return agent.store.sessions()[0].session


def test_a_stopped_session_goes_on_from_postgres_without_drawing_again(there: Settings, three_things: ScenePlan):
    session = stopped_at(there, three_things, "verify")
    engine = FakeEngine()
    with agent_of(there, engine) as agent:
        *events, done = agent.resume(session)
        assert isinstance(done, Result) and done.status == "accepted" and engine.jobs == []
        assert not {"plan", "generate"} & {item.node for item in events if isinstance(item, Event)}
        assert agent.edit(session, "make the dog red").version == 2
        agent.forget(session)
        assert agent._state(session) == {} == agent._state(f"{session}/2")
    assert not list(there.home.glob("*.sqlite*")), "nothing of it lies in the home"


def test_a_server_that_goes_away_is_a_sentence_and_the_session_goes_on_when_it_is_back(
    there: Settings, three_things: ScenePlan, server: Server, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("mepg_agent.checkpoints.PATIENCE", 1.0)
    with agent_of(there) as agent:
        kept = agent.draw("a cat", steps=2)
        stream = agent.stream(three_things.prompt, plan=three_things, steps=2)
        next(item for item in stream if isinstance(item, Event) and item.node == "generate")
        server.stop()
        try:
            with pytest.raises(BrokenAsset, match="Checkpoints cannot be kept in Postgres") as caught:
                list(stream)
        finally:
            server.start()
        assert "\n" not in str(caught.value)
        assert agent.result(kept.session) == kept
        [session] = [s.session for s in agent.store.sessions() if s.session != kept.session]
    with agent_of(there) as again:
        *_, done = again.resume(session)
    assert isinstance(done, Result) and done.status == "accepted"


def test_several_processes_may_make_the_tables_at_once(server: Server, tmp_path: Path):
    def opened(_: int) -> bool:
        with open_checkpoints(tmp_path, fresh):
            return True

    from psycopg import connect

    with connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE fresh")
    fresh = server.url.replace("/postgres?", "/fresh?")
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(opened, range(4))) == [True] * 4


def test_another_home_s_session_of_the_same_name_is_never_gone_on_with(
    there: Settings, three_things: ScenePlan, tmp_path: Path
):
    session = stopped_at(there, three_things, "verify")
    elsewhere = there.model_copy(update={"home": tmp_path / "elsewhere"})
    with agent_of(elsewhere) as agent:
        other = agent.store.begin(agent.store.brief(agent.draw("a cat", steps=2).session))
        folder = elsewhere.home / "sessions"
        (folder / other).rename(folder / session)
        *_, done = agent.resume(session)
    assert isinstance(done, Result) and [r.noun for r in done.plan.regions] == ["cat"]


def test_a_server_that_is_not_there_is_a_sentence(settings: Settings, three_things: ScenePlan, tmp_path: Path):
    pytest.importorskip("psycopg", reason="the driver is not installed")
    nowhere = settings.model_copy(update={"checkpoints": f"postgresql://fox:secret@/none?host={tmp_path}"})
    with agent_of(nowhere) as agent, pytest.raises(BrokenAsset, match="MEPG_CHECKPOINTS") as caught:
        agent.draw(three_things.prompt, plan=three_things)
    assert "\n" not in str(caught.value) and "secret" not in str(caught.value)


def test_without_the_driver_the_person_is_told_what_to_install(
    settings: Settings, three_things: ScenePlan, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("mepg_agent.checkpoints.find_spec", lambda name: None)
    there = settings.model_copy(update={"checkpoints": "postgresql://localhost/mepg"})
    with agent_of(there) as agent, pytest.raises(BadInput, match=r"mepg-agent\[postgres\]"):
        agent.draw(three_things.prompt, plan=three_things)


def test_the_url_is_read_from_the_environment_and_checked():
    assert Settings.load({"MEPG_CHECKPOINTS": "postgresql://db/mepg"}).checkpoints == "postgresql://db/mepg"
    with pytest.raises(BadInput, match="MEPG_CHECKPOINTS"):
        Settings.load({"MEPG_CHECKPOINTS": "mysql://db/mepg"})
