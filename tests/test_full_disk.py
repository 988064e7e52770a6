"""A full disk, a real one: a clear sentence, what was there stays, and with some space the work goes on."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from edit_fixtures import agent_of, drawn

from mepg_agent.bench.kills import half_written
from mepg_agent.errors import BrokenAsset
from mepg_agent.scene import ScenePlan
from mepg_agent.session import Result
from mepg_agent.settings import Settings

SIZE = 4 * 2**20  # bytes of the disk
PAGE = 4096
WORDS = "make the dog red"


class Tmpfs:
    """A file system of SIZE bytes, almost filled."""

    room = (0, *(PAGE * 2**n for n in range(9)))  # bytes that are left free, in turn

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], check=True, capture_output=True
        )

    @contextmanager
    def with_only(self, room: int) -> Iterator[None]:
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as stream:
            try:
                while True:
                    stream.write(bytes(PAGE))
            except OSError:
                stream.truncate(max(filler.stat().st_size - room, 0))
        try:
            yield
        finally:
            filler.unlink()

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)  # a traceback may still hold a file


class FileSizeLimit:
    """No file may grow beyond some bytes: where nothing can be mounted, the nearest thing to a full disk."""

    room = (0, *(2**n for n in range(8, 20)))

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    @contextmanager
    def with_only(self, room: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    def close(self) -> None:
        pass


@pytest.fixture(params=[Tmpfs, FileSizeLimit], ids=["small disk", "file size limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tmpfs | FileSizeLimit]:
    try:
        made = request.param(tmp_path / "disk")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system can be mounted here; the limit of file sizes is tried instead")
    try:
        yield made
    finally:
        made.close()


def unbroken(settings: Settings, plan: ScenePlan, home: Path) -> list[Result]:
    with agent_of(settings.model_copy(update={"home": home})) as agent:
        session = drawn(agent, plan)
        return [agent.result(session), agent.edit(session, WORDS)]


def test_a_full_disk_is_a_sentence_keeps_what_was_there_and_the_edit_goes_on_with_some_space(
    settings: Settings, three_things: ScenePlan, disk: Tmpfs | FileSizeLimit, tmp_path: Path
):
    first, edited = unbroken(settings, three_things, tmp_path / "unbroken")
    here = settings.model_copy(update={"home": disk.folder / "home"})
    with agent_of(here) as agent:
        session = drawn(agent, three_things)
    refused: list[str] = []
    for room in disk.room:
        try:
            with agent_of(here) as agent, disk.with_only(room):
                agent.edit(session, WORDS)
        except BrokenAsset as error:
            refused.append(str(error))
        with agent_of(here) as agent:
            assert half_written(here.home) == []
            assert agent.result(session, 1).image.read_bytes() == first.image.read_bytes()
            if len(agent.history(session).versions) > 1:
                break
            assert agent.result(session).version == 1
    assert len(refused) >= 3, "the disk was full at several moments"
    for said in refused:
        assert "\n" not in said and "cannot be kept" in said and "Free some space" in said
    with agent_of(here) as agent:
        *_, done = agent.resume(session)
        assert isinstance(done, Result) and done.version == 2
        assert done.image.read_bytes() == edited.image.read_bytes()


def test_a_first_picture_that_found_no_space_is_resumed_later(
    settings: Settings, three_things: ScenePlan, disk: Tmpfs | FileSizeLimit, tmp_path: Path
):
    first, _ = unbroken(settings, three_things, tmp_path / "unbroken")
    here = settings.model_copy(update={"home": disk.folder / "home"})
    with agent_of(here) as agent:
        agent.draw("a cat", steps=2)  # makes the tables
        stream = agent.stream(three_things.prompt, plan=three_things, steps=2)
        [session] = [s.session for s in agent.store.sessions() if s.status is None]
        with disk.with_only(0), pytest.raises(BrokenAsset, match="cannot be kept"):
            list(stream)
        assert half_written(here.home) == []
        *_, done = agent.resume(session)
        assert isinstance(done, Result) and done.image.read_bytes() == first.image.read_bytes()
