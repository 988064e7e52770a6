"""Who draws on a device: one at a time, threads and programs alike. Two `Turns` of one home are two programs."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from served import ROOT

from mepg_agent.engine.device import device_key
from mepg_agent.errors import BrokenAsset, Cancelled
from mepg_agent.turns import WAITING, Turns

TIMEOUT = 60  # seconds; a turn that never comes fails its test


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as found:
        yield found


def program(place: Path, device: str = "cpu") -> Turns:
    return Turns(place, lambda: device)


def drawing(turns: Turns, told: Callable[[str], None], stop: threading.Event | None = None) -> str:
    with turns.turn(stop or threading.Event(), told):
        return "drawn"


def test_a_second_program_says_that_it_waits_and_draws_once_the_first_is_done(tmp_path: Path, pool: ThreadPoolExecutor):
    told, waits = [], threading.Event()

    def tell(words: str) -> None:
        told.append(words)
        waits.set()

    with program(tmp_path).turn(threading.Event()):
        second = pool.submit(drawing, program(tmp_path), tell)
        assert waits.wait(TIMEOUT) and not second.done()
    assert second.result(TIMEOUT) == "drawn"
    assert set(told) == {WAITING}


def test_who_waits_says_so_again_so_that_whoever_follows_can_stop_it(tmp_path: Path, pool: ThreadPoolExecutor):
    told, again = [], threading.Event()

    def tell(words: str) -> None:
        told.append(words)
        if len(told) == 2:
            again.set()

    with program(tmp_path).turn(threading.Event()):
        second = pool.submit(drawing, program(tmp_path), tell)
        assert again.wait(TIMEOUT)
    assert second.result(TIMEOUT) == "drawn"


def test_another_device_or_another_home_is_not_waited_for(tmp_path: Path):
    with program(tmp_path).turn(threading.Event()):
        for turns in (program(tmp_path, "cuda-1"), program(tmp_path / "other")):
            told: list[str] = []
            assert drawing(turns, told.append) == "drawn" and told == []


@pytest.mark.parametrize("same", [True, False])
def test_who_waits_can_be_stopped(same: bool, tmp_path: Path, pool: ThreadPoolExecutor):
    first, stop = program(tmp_path), threading.Event()
    with first.turn(threading.Event()):
        second = pool.submit(drawing, first if same else program(tmp_path), lambda words: None, stop)
        stop.set()
        with pytest.raises(Cancelled, match="Resume"):
            second.result(TIMEOUT)
    assert drawing(program(tmp_path), lambda words: None) == "drawn"


def test_nobody_draws_twice_while_another_program_waits(tmp_path: Path, pool: ThreadPoolExecutor):
    first, waits, order = program(tmp_path), threading.Event(), []

    def second() -> None:
        with program(tmp_path).turn(threading.Event(), lambda words: waits.set()):
            order.append("second")

    with first.turn(threading.Event()):
        drawn = pool.submit(second)
        assert waits.wait(TIMEOUT)
    with first.turn(threading.Event()):
        order.append("first again")
    drawn.result(TIMEOUT)
    assert order == ["second", "first again"]


def test_a_program_that_was_killed_lets_go(tmp_path: Path):
    holds = (
        "import sys, threading; from pathlib import Path; from mepg_agent.turns import Turns\n"
        "with Turns(Path(sys.argv[1]), lambda: 'cpu').turn(threading.Event()): print('has it', flush=True); input()"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", holds, tmp_path], cwd=ROOT, text=True, stdin=pipe, stdout=pipe
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "has it\n"
        told: list[str] = []

        def tell(words: str) -> None:
            told.append(words)
            other.kill()

        try:
            assert drawing(program(tmp_path), tell) == "drawn"
        finally:
            other.kill()
    assert set(told) == {WAITING}


def test_a_home_that_cannot_be_written_is_a_sentence(tmp_path: Path):
    file = tmp_path / "home"
    file.touch()
    with pytest.raises(BrokenAsset, match="MEPG_HOME"):
        drawing(program(file), lambda words: None)


def test_two_gpus_that_programs_call_by_the_same_name_are_two_devices(monkeypatch: pytest.MonkeyPatch):
    import torch

    found = []
    for uuid in ("1f0c", "9ab2"):
        monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device, uuid=uuid: SimpleNamespace(uuid=uuid))
        found.append(device_key("cuda"))
    assert found == ["cuda-1f0c", "cuda-9ab2"] and device_key("cpu") == "cpu"
