"""A blocking generator as an asynchronous one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import closing
from typing import Literal, TypeVar

T = TypeVar("T")


async def in_thread(start: Callable[[], Generator[T, None, None]], stop: threading.Event) -> AsyncGenerator[T, None]:
    """The items of `start()`, pulled in a thread so that the event loop stays free.

    Cancelling or closing it sets `stop`, closes the generator after the item at hand, and waits until it is closed. One
    that no thread has begun to pull is never started.
    """
    loop = asyncio.get_running_loop()
    items: asyncio.Queue[tuple[T] | Literal["end"]] = asyncio.Queue()

    begun = threading.Event()

    def pull() -> None:
        begun.set()
        if stop.is_set():  # looked at after `begun` is set: whoever stops it looks the other way round
            return
        try:
            with closing(start()) as source:
                for item in source:
                    if stop.is_set():
                        return
                    loop.call_soon_threadsafe(items.put_nowait, (item,))
        finally:
            loop.call_soon_threadsafe(items.put_nowait, "end")

    pulling = asyncio.ensure_future(asyncio.to_thread(pull))
    try:
        while (item := await items.get()) != "end":
            yield item[0]
        await pulling  # raises what the generator raised
    finally:
        stop.set()
        if not begun.is_set():
            pulling.cancel()
        await asyncio.wait([pulling])
        if not pulling.cancelled():
            pulling.exception()  # seen: what ends a drawing that nobody waits for is no news
