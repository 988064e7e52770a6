"""Who draws next."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
import pytest

from mcp_server.queue import Queue

pytestmark = pytest.mark.anyio
TIMEOUT = 20


class Line:
    """Pictures that stand in line, and what becomes of them."""

    def __init__(self) -> None:
        self.queue = Queue()
        self.served: list[str] = []
        self.ahead: dict[str, list[int]] = {}
        self.scopes: dict[str, anyio.CancelScope] = {}
        self.at_once = self.most_at_once = 0

    async def stand(self, name: str, gate: anyio.Event | None = None) -> None:
        """The client is the letter that the name begins with."""
        with anyio.CancelScope() as self.scopes[name]:
            async with self.queue.turn(name[0], self.ahead.setdefault(name, []).append):
                self.served.append(name)
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                await (gate.wait() if gate else anyio.lowlevel.checkpoint())
                self.at_once -= 1


async def stood(line: Line, names: Sequence[str], leaves: str | None = None) -> None:
    """All of them in this order, while the first holds the device until the others stand."""
    gate = anyio.Event()
    with anyio.fail_after(TIMEOUT):
        async with anyio.create_task_group() as group:
            group.start_soon(line.stand, names[0], gate)
            for name in names[1:]:
                await anyio.wait_all_tasks_blocked()
                group.start_soon(line.stand, name)
            await anyio.wait_all_tasks_blocked()
            if leaves is not None:
                line.scopes[leaves].cancel()
                await anyio.wait_all_tasks_blocked()
            gate.set()


async def test_clients_take_turns_and_each_keeps_its_order():
    line = Line()
    await stood(line, ["a1", "a2", "a3", "a4", "b1", "b2", "c1"])
    assert line.served == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]
    assert line.most_at_once == 1


async def test_everybody_hears_how_many_come_first():
    line = Line()
    await stood(line, ["a1", "a2", "a3", "b1"])
    assert line.ahead["a1"] == [0]
    assert line.ahead["b1"] == [1, 0]
    assert line.ahead["a3"] == [2, 3, 2, 1, 0]  # b, who had no turn yet, comes first


async def test_who_leaves_the_line_lets_the_others_move_up():
    line = Line()
    await stood(line, ["a1", "b1", "c1"], leaves="b1")
    assert line.served == ["a1", "c1"]
    assert line.ahead["c1"] == [2, 1, 0]


async def test_who_fails_gives_the_device_back():
    queue = Queue()
    with anyio.fail_after(TIMEOUT):
        with pytest.raises(RuntimeError):
            async with queue.turn("a", lambda ahead: None):
                raise RuntimeError
        async with queue.turn("b", lambda ahead: None):
            pass  # the device is free again
