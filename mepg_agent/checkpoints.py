"""Where the graph keeps its place in every session: a SQLite file in the home, or a Postgres database by URL."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.session import undo_drops

if TYPE_CHECKING:
    from langgraph.checkpoint.postgres import PostgresSaver

FILE = "checkpoints.sqlite"
PATIENCE = 30.0  # seconds, for another process to finish its write or for a connection to come back
MEETINGS = 4  # of processes, at each step of making the tables
CONNECTING = 10  # seconds, for the server to answer at first
# what SQLite says of a file that holds other tables, is damaged or is no database
NOT_OURS = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Illegible(BrokenAsset):
    """What the graph has noted of one run is damaged; others are not."""


@contextmanager
def open_checkpoints(home: Path, url: str | None) -> Iterator[BaseCheckpointSaver[Any]]:
    """The database that `url` names, or where it is None the file below `home`. Safe to share between threads and
    processes. Raises BrokenAsset if it cannot be opened, BadInput where the driver is missing."""
    # The state is plain JSON, so a checkpoint that holds anything else is refused.
    serde = JsonPlusSerializer(allowed_msgpack_modules=())
    if url is None:
        with (
            explained(),
            closing(sqlite3.connect(home / FILE, check_same_thread=False, timeout=PATIENCE)) as connection,
        ):
            connection.execute("PRAGMA journal_mode=WAL")
            yield SqliteSaver(connection, serde=serde)
        return
    if find_spec("psycopg") is None or find_spec("langgraph.checkpoint.postgres") is None:
        raise BadInput("Checkpoints in Postgres need a driver.", "pip install 'mepg-agent[postgres]'.")
    from langgraph.checkpoint.postgres import PostgresSaver
    from psycopg import Connection
    from psycopg.rows import dict_row
    from psycopg_pool import ConnectionPool

    options: Any = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}  # as PostgresSaver wants them
    with explained():
        connection: Any
        with Connection.connect(url, connect_timeout=CONNECTING, **options) as connection:
            _make_tables(PostgresSaver(connection))  # also tells at once what is wrong; a pool would go on trying
        check = ConnectionPool.check_connection
        pool: Any
        with ConnectionPool(url, kwargs=options, min_size=1, max_size=4, timeout=PATIENCE, check=check) as pool:
            yield PostgresSaver(pool, serde=serde)


@contextmanager
def legible(thread: str) -> Iterator[None]:
    """Around reading what was noted of a run: Illegible for whatever the serializers make of damaged rows."""
    try:
        yield
    except (AttributeError, LookupError, NotImplementedError, TypeError, ValueError) as error:
        session, _, edit = thread.partition("/")
        whole = f"Draw it again in another session; `mepg sessions delete {session}` gives this one up."
        advice = undo_drops(session) if edit else whole
        raise Illegible(f"What was noted of {thread} cannot be read: {error}.", advice) from error


@contextmanager
def explained() -> Iterator[None]:
    """A fault of the database as BrokenAsset, in a sentence."""
    try:
        yield
    except sqlite3.Error as error:
        advice = _advice(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF)
        raise BrokenAsset(f"Checkpoints cannot be kept in the home: {error}.", advice) from error
    except Exception as error:
        if not isinstance(error, _postgres_faults()):
            raise
        said = " ".join(str(error).split())
        advice = "Check that the server is up and that MEPG_CHECKPOINTS names it; what was drawn is kept."
        raise BrokenAsset(f"Checkpoints cannot be kept in Postgres: {said}.", advice) from error


def _advice(code: int) -> str:
    """What to do after the fault with this result code of SQLite."""
    if code in NOT_OURS:
        return f"Move the files {FILE}* there to another place: finished pictures stay, others begin anew."
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "Another program keeps the file to itself; the same again goes on once that has ended."
    return "Free some space there, or set MEPG_HOME to a folder that can be written."


def _postgres_faults() -> tuple[type[Exception], ...]:
    """None unless the driver is in use."""
    return (sys.modules["psycopg"].Error,) if "psycopg" in sys.modules else ()


def _make_tables(saver: PostgresSaver) -> None:
    """Processes that make them at the same moment get in each other's way, several times at one step where the machine
    is busy; but whoever is in the way has got a step further."""
    for left in reversed(range(MEETINGS * (len(saver.MIGRATIONS) + 1))):
        try:
            return saver.setup()
        except _postgres_faults():
            if not left:
                raise
