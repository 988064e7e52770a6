"""Many pictures into one folder, without anyone watching; a run that was killed goes on where it stopped.

    DIR/<id>.png    one picture an item, written whole or not at all
    DIR/batch.jsonl what was begun and what was finished, one JSON line each, in order

A line of the record holds the digest of the item's brief: an item whose brief changed is drawn again.
"""

from __future__ import annotations

import logging
import os
import re
import tempfile
import threading
import unicodedata
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from queue import SimpleQueue
from typing import Annotated

from pydantic import Field, ValidationError, field_validator

from mepg_agent.agent import Agent
from mepg_agent.errors import BadInput, BrokenAsset, Cancelled, MepgError
from mepg_agent.files import alone, whole
from mepg_agent.pictures import content_of
from mepg_agent.records import Brief, Event, Status, digest
from mepg_agent.scene import Frozen
from mepg_agent.session import Result

RECORD = "batch.jsonl"
HEAD = b'{"id":"'  # of each of its lines
LOCK = ".batch.lock"  # held while the batch is drawn
MAX_ID = 60  # characters; at most 240 bytes, which every file system takes
FIRST = 1  # version of a session: what was drawn for the batch, whatever a person made of it since
FROM_PROMPT = 40  # characters of a prompt that go into an id


class Item(Frozen):
    """One picture to draw. `id` names its file, see `file_id`."""

    id: str
    brief: Brief

    @field_validator("id")
    @classmethod
    def _names_a_file(cls, name: str) -> str:
        if not name or file_id(name) != name:
            raise ValueError(f"'{name[:80]}' names no file: write {file_id(name) or 'letters and digits'}")
        return name

    def digest(self) -> str:
        return digest(self.brief.model_dump(mode="json"))


class Begun(Frozen):
    """A line of the record: the session that draws this brief was opened."""

    id: str
    brief: str  # Item.digest()
    session: str | None  # None where not even a session could be opened


class Outcome(Begun):
    """A line of the record: the item is done."""

    status: Status
    seconds: Annotated[float, Field(ge=0)] = 0.0  # of all nodes; waiting for the engine counts
    calls: Annotated[float, Field(ge=0)] = 0  # of the denoiser, for everything drawn on the way
    error: str | None = None  # why it failed, and what to do


News = tuple[Item, Event | Outcome]


def file_id(words: str) -> str:
    """`words` as the stem of a file's name inside any folder: "../x" is "x", "a fox!" is "a-fox". May be empty."""
    return re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", words)).lstrip("-.")[:MAX_ID].rstrip("-.")


def make_items(wanted: Iterable[tuple[str | None, Brief]]) -> list[Item]:
    """Items with ids that differ, also where capitals count for nothing; without an id, the prompt gives it.

    "fox", "fox-2", "fox-3": a second item of the same name gets a number.
    """
    named = [(file_id(name or ""), brief) for name, brief in wanted]
    given = {name.casefold() for name, _ in named if name}
    used: set[str] = set()
    items = []
    for name, brief in named:
        from_prompt = file_id(brief.prompt[:FROM_PROMPT].lower()) or "picture"
        free = _free(name, used) if name else _free(from_prompt, used | given)
        used.add(free.casefold())
        items.append(Item(id=free, brief=brief))
    return items


def run_batch(
    agent: Agent, items: Sequence[Item], folder: Path, jobs: int = 1, resume: bool = False
) -> Generator[News, None, None]:
    """Draws `items` into `folder`, `jobs` at a time: their events and outcomes as they come, one outcome an item.

    `resume` goes on with the run that `folder` holds: what it finished comes first and is not drawn again; an item that
    failed is tried once more. An item that cannot be drawn is an outcome too. Closing the generator stops between two
    steps. Raises BadInput, at once, for two items of one id, for a folder that cannot be written or that another run is
    drawing into, and for one that holds a run unless `resume`; BrokenAsset when the record can no longer be written.
    """
    if len({item.id.casefold() for item in items}) < len(items):
        raise BadInput("Two items have the same id.", "Name them differently.")
    open_folder(folder)
    with ExitStack() as stack:
        lock = folder / LOCK
        busy = BadInput(f"Another batch is drawing into {folder}.", "Wait until it is finished, or stop it there.")
        try:
            stack.enter_context(alone(lock, busy))
        except OSError as error:
            said = f"{lock} cannot be written: {error.strerror or error}."
            raise BadInput(said, "Remove it, or name another folder.") from error
        stack.callback(lock.unlink, missing_ok=True)
        record = Record(folder / RECORD, resume)
        return _Run(agent, folder, record, stack.pop_all()).news(items, jobs)


def picture_file(folder: Path, item: Item) -> Path:
    return folder / f"{item.id}.png"


def open_folder(folder: Path) -> None:
    """Makes `folder` where needed. Raises BadInput if no file can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        advice = "Name another folder, or free some space there."
        raise BadInput(f"Nothing can be written into {folder}: {error.strerror}.", advice) from error


def write_whole(file: Path, content: bytes) -> None:
    """All of it or nothing; a reader never sees half a file. Raises BrokenAsset."""
    try:
        with whole(file) as stream:
            stream.write(content)
    except OSError as error:
        raise BrokenAsset(f"{file} cannot be written: {error.strerror}.", "Free some space there.") from error


class Record:
    """The lines of `file`. Safe to share between threads."""

    def __init__(self, file: Path, resume: bool) -> None:
        self._file, self._lock = file, threading.Lock()
        try:
            lines = file.read_bytes() if file.exists() else b""
            if lines and not resume:
                raise BadInput(
                    f"{file.parent} holds a batch already.", "Go on with it by --resume, or name another folder."
                )
            *ended, half = lines.split(b"\n")  # a killed run may leave half a line behind
            entries = [self._entry(number, line) for number, line in enumerate(ended, 1)]
            if not half.startswith(HEAD[: len(half)]):
                self._entry(len(ended) + 1, half)
            if half:
                os.truncate(file, len(lines) - len(half))
        except OSError as error:
            raise BadInput(f"{file} cannot be read: {error.strerror}.", "Name another folder.") from error
        self._last = {entry.id: entry for entry in entries}

    def last(self, item: Item) -> Begun | Outcome | None:
        """What an earlier run knows of this very item."""
        entry = self._last.get(item.id)
        return entry if entry is not None and entry.brief == item.digest() else None

    def add(self, entry: Begun | Outcome) -> None:
        """Raises BrokenAsset."""
        try:
            with self._lock, self._file.open("ab") as stream:
                stream.write(entry.model_dump_json().encode() + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            advice = "Free some space there; the same command with --resume goes on."
            raise BrokenAsset(f"{self._file} cannot be written: {error.strerror}.", advice) from error

    def _entry(self, number: int, line: bytes) -> Begun | Outcome:
        for kind in (Outcome, Begun):
            try:
                return kind.model_validate_json(line)
            except ValidationError:
                continue
        raise BadInput(f"Line {number} of {self._file} is not from a batch.", "Remove it, or name another folder.")


class _Run:
    """`held` is let go when the run ends."""

    def __init__(self, agent: Agent, folder: Path, record: Record, held: ExitStack) -> None:
        self._agent, self._folder, self._record, self._held = agent, folder, record, held
        self._stop = threading.Event()

    def news(self, items: Sequence[Item], jobs: int) -> Generator[News, None, None]:
        with self._held:
            yield from self._news(items, jobs)

    def _news(self, items: Sequence[Item], jobs: int) -> Generator[News, None, None]:
        waiting = []
        for item in items:
            done = self._finished(item)
            if done is None:
                waiting.append(item)
            else:
                yield item, done
        news: SimpleQueue[News | BaseException] = SimpleQueue()
        pool = ThreadPoolExecutor(jobs, thread_name_prefix="batch")
        try:
            for item in waiting:
                pool.submit(self._work, item, news.put)
            left = len(waiting)
            while left:
                heard = news.get()
                if isinstance(heard, BaseException):
                    raise heard
                left -= isinstance(heard[1], Outcome)
                yield heard
        finally:
            self._stop.set()
            pool.shutdown(cancel_futures=True)

    def _finished(self, item: Item) -> Outcome | None:
        """What the earlier run made of the item, if that still stands."""
        last = self._record.last(item)
        if not isinstance(last, Outcome) or last.status == "failed" or not picture_file(self._folder, item).is_file():
            return None
        return last

    def _work(self, item: Item, tell: Callable[[News | BaseException], None]) -> None:
        """Runs in a thread of the pool; nothing that happens there is lost."""
        try:
            outcome = self._outcome(item, lambda event: tell((item, event)))
            self._record.add(outcome)
            tell((item, outcome))
        except BaseException as error:
            tell(error)

    def _outcome(self, item: Item, tell: Callable[[Event], None]) -> Outcome:
        session = None
        try:
            session = self._session(item)
            result = self._draw(session, tell)
            write_whole(picture_file(self._folder, item), content_of(result.image))
        except Cancelled:
            raise
        except MepgError as error:
            return Outcome(id=item.id, brief=item.digest(), session=session, status="failed", error=str(error))
        except Exception as error:  # a defect met by one item must not cost the night of all others
            logging.getLogger(__name__).exception("%s failed", item.id)
            said = f"This should not happen: {type(error).__name__}: {error}. Please report it."
            return Outcome(id=item.id, brief=item.digest(), session=session, status="failed", error=said)
        return Outcome(
            id=item.id,
            brief=item.digest(),
            session=session,
            status=result.status,
            seconds=sum(result.seconds.values()),
            calls=result.calls,
        )

    def _session(self, item: Item) -> str:
        """The session that an earlier run opened for this item, or a new one."""
        last = self._record.last(item)
        if last is not None and last.session is not None and self._still_there(last.session):
            return last.session
        session = self._agent.store.begin(item.brief)
        self._record.add(Begun(id=item.id, brief=item.digest(), session=session))
        return session

    def _still_there(self, session: str) -> bool:
        try:
            drawn = self._agent.store.result(session, FIRST)
        except MepgError:
            return False
        return drawn is None or drawn.image.is_file()

    def _draw(self, session: str, tell: Callable[[Event], None]) -> Result:
        drawn = self._agent.store.result(session, FIRST)
        if drawn is not None:
            return drawn
        with closing(self._agent.resume(session, stop=self._stop)) as stream:
            for part in stream:
                if isinstance(part, Result):
                    return part
                if self._stop.is_set():
                    break
                tell(part)
        raise Cancelled("Stopped before the picture was finished.", "Resume the batch to draw it after all.")


def _free(name: str, taken: Collection[str]) -> str:
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{name[: MAX_ID - 6]}-{number}"
    return free
