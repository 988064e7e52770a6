"""Frees the space of pictures, latents and renders that no session refers to."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from mepg_agent.errors import BrokenAsset
from mepg_agent.files import PART, remove
from mepg_agent.records import Render
from mepg_agent.scene import Frozen
from mepg_agent.session import SESSION_ID, SessionStore, is_session

GRACE = 3600  # seconds; what is younger may belong to a picture that is being drawn, before its session says so
KINDS = {"pictures": ".png", "latents": ".safetensors", "jobs": ".json", "renders": ".json"}
UNOPENED = {"preview.png", "failure.json", "edit.json", "endings.json"}  # what a session may have before its brief
HASHED = re.compile(r"[0-9a-f]{64}")


class Collected(Frozen):
    files: int
    bytes: int
    spared: int  # files that nothing refers to, but that are younger than an hour while something is being drawn


def collect(store: SessionStore, under_way: Iterable[Render]) -> Collected:
    """Removes what neither a version of any session nor `under_way` (the renders of unfinished ones) refers to.

    Only files of the store's own naming are ever removed. Raises BrokenAsset, and removes nothing, where the records of
    a session cannot be read: what it refers to is then unknown.
    """
    started = time.time()  # what is younger somebody wants by now
    files = list(_files(store.home))  # before the references: what comes later is never looked at
    torn, born = list(_torn(store.home)), started - GRACE
    summaries = store.sessions(damaged=True)  # reading what a damaged one refers to raises
    opened = any(_born(f) >= born for f in torn if f.is_dir())
    busy = opened or any(s.status in (None, "failed") or s.edit for s in summaries)
    wanted = _names([*under_way, *(r for s in summaries for r in _renders(store, s.session))])
    wanted |= {crop for s in summaries for crop in _crops(store, s.session)}
    unwanted = [f for f in files if f.stem not in wanted]
    gone = [f for f in (*unwanted, *torn) if _born(f) < (born if busy or f in torn else started)]
    size = sum(f.stat().st_size for f in gone if f.is_file())
    for file in sorted(gone, key=lambda f: f.suffix != ".json"):  # a render goes before the pictures that it names
        if _born(file) < started:
            _remove(file)
    return Collected(files=len(gone), bytes=size, spared=len(set(unwanted) - set(gone)))


def _files(home: Path) -> Iterator[Path]:
    for part, ending in KINDS.items():
        yield from (f for f in (home / part).rglob(f"*{ending}") if HASHED.fullmatch(f.stem) and f.is_file())


def _torn(home: Path) -> Iterator[Path]:
    """What a process that was killed leaves behind: half a file, or the folder of a session that is none."""
    for part in KINDS:
        yield from _parts((home / part).rglob("*"))
    folders = [f for f in (home / "sessions").iterdir() if f.is_dir() and SESSION_ID.fullmatch(f.name)]
    yield from _parts((home / "sessions").iterdir())
    for folder in folders:
        yield from _parts(folder.glob("*"))
        if not is_session(folder) and all(f.name in UNOPENED or PART.fullmatch(f.name) for f in folder.glob("*")):
            yield folder


def _parts(files: Iterable[Path]) -> Iterator[Path]:
    return (f for f in files if PART.fullmatch(f.name))


def _renders(store: SessionStore, session: str) -> Iterator[Render]:
    history, edit = store.history(session), store.edit(session)
    for version in history.versions if history else ():
        yield from (version.render, *version.renders)
    if edit is not None:
        yield edit.render


def _crops(store: SessionStore, session: str) -> Iterator[str]:
    """Parts of pictures that verdicts are about."""
    history = store.history(session)
    for version in history.versions if history else ():
        yield from (finding.crop for finding in version.verdict.findings if finding.crop is not None)


def _names(renders: Iterable[Render]) -> set[str]:
    return {name for r in renders for name in (r.picture, r.latents, r.job)}


def _born(file: Path) -> float:
    """When it was written, in seconds; one that went meanwhile is young."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _remove(file: Path) -> None:
    try:
        remove(file)
    except OSError as error:
        raise BrokenAsset(f"{file} cannot be removed: {error.strerror}.", "Make its folder writable.") from error
    with suppress(OSError):  # not empty
        if file.parent.name == file.stem[:2]:
            file.parent.rmdir()
