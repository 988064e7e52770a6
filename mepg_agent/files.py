"""Files that others may look at or work on meanwhile: written whole or not at all, and changed by one at a time."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

from mepg_agent.errors import MepgError

PART = re.compile(r"\.[0-9a-f]{16}\.part")  # what is being written; a process that was killed may leave it behind

NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP}  # what exFAT and some network shares say of a hard link


def part_beside(path: Path) -> Path:
    """Where something lies that is not `path` yet, or not any more: a name that `PART` matches and nobody has."""
    return path.with_name(f".{secrets.token_hex(8)}.part")


@contextmanager
def whole(file: Path, new: bool = False, mode: int = 0o666) -> Iterator[IO[bytes]]:
    """A stream whose content takes the place of `file` once the block ends well: a reader never sees half a file, and
    a crash or a full disk leaves the old one. With `new` there must be none yet, also when two write at once. `mode`:
    who may read it, from its first byte on.

    Raises OSError, FileExistsError among them.
    """
    part = part_beside(file)
    try:
        with open(part, "xb", opener=partial(os.open, mode=mode)) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if new:
            _appear(part, file)
        else:
            part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _appear(part: Path, file: Path) -> None:
    """`part` under the name `file`, which nobody has. Raises FileExistsError, also where two do it at once, unless the
    disk knows no hard links: there they must take turns."""
    try:
        os.link(part, file)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        if file.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(file)) from error
        part.replace(file)


def remove(path: Path) -> None:
    """A file, or a folder with all that it holds; nothing where there is neither. Raises OSError."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def alone(lock: Path, busy: MepgError, patience: float = 0) -> Iterator[None]:
    """Raises `busy`, after `patience` seconds, while any other thread or process is inside a block of the same `lock`
    file. The system lets go for a process that was killed. Raises OSError where the file cannot be made."""
    # A generator may end in another thread than it began in.
    held = FileLock(lock, timeout=patience, thread_local=False)
    try:
        held.acquire()
    except Timeout:
        raise busy from None
    try:
        yield
    finally:
        held.release()
