"""Who draws next on a device: one picture at a time, and clients take turns, however much each of them asks for."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import chain, zip_longest

import anyio

Moved = Callable[[int], None]  # is told how many pictures come first


class Ticket:
    """A place in the queue."""

    def __init__(self, client: str, moved: Moved) -> None:
        self.client, self.moved = client, moved
        self.ahead: int | None = None
        self.served = anyio.Event()


class Queue:
    """For one event loop. The client that was served longest ago comes next; its own pictures keep their order."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Ticket]] = {}  # by client
        self._served: Ticket | None = None
        self._turns: dict[str, int] = {}  # the last turn of each client, counted from when the queue was last empty

    @asynccontextmanager
    async def turn(self, client: str, moved: Moved) -> AsyncIterator[None]:
        """Waits for the device and has it until the block ends. `moved` hears how many pictures come first whenever
        that changes, 0 at last. Whoever is cancelled leaves the line."""
        ticket = Ticket(client, moved)
        self._waiting.setdefault(client, deque()).append(ticket)
        try:
            self._call()
            await ticket.served.wait()
            yield
        finally:
            self._leave(ticket)
            self._call()

    def _call(self) -> None:
        """Lets the next one in where the device is free, and tells the others where they stand."""
        order = self._order()
        if self._served is None and order:
            first = self._served = order.pop(0)
            self._remove(first)
            self._turns[first.client] = max(self._turns.values(), default=0) + 1
            first.moved(0)
            first.served.set()
        for place, ticket in enumerate(order, 1):
            if ticket.ahead != place:
                ticket.ahead = place
                ticket.moved(place)

    def _order(self) -> list[Ticket]:
        """All who wait, in the order in which they will be served: a round takes one of each client."""
        clients = sorted(self._waiting, key=lambda client: self._turns.get(client, 0))
        rounds = zip_longest(*(self._waiting[client] for client in clients))
        return [ticket for ticket in chain.from_iterable(rounds) if ticket is not None]

    def _leave(self, ticket: Ticket) -> None:
        if self._served is ticket:
            self._served = None
        else:
            self._remove(ticket)
        if self._served is None and not self._waiting:
            self._turns.clear()

    def _remove(self, ticket: Ticket) -> None:
        line = self._waiting[ticket.client]
        line.remove(ticket)
        if not line:
            del self._waiting[ticket.client]
