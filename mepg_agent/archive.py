"""A session as one zip file: `session.json`, `pictures/<sha256>.png`, `latents/<sha256>.safetensors`, and how each was
drawn, `jobs/<hash>.json`. Nothing else.

What comes in is trusted with nothing: names are matched, sizes bounded before and while reading, every file is what its
name says by hash, nothing is kept before everything was looked at, and no model that it names is asked or fetched.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Literal, TypeVar

import numpy as np
from PIL import Image
from pydantic import Field, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors

from mepg_agent.errors import BadInput
from mepg_agent.evidence import with_crops
from mepg_agent.files import whole
from mepg_agent.history import History, Version
from mepg_agent.mistakes import first_mistake
from mepg_agent.pictures import Recipe
from mepg_agent.printable import obeyed
from mepg_agent.records import Brief
from mepg_agent.scene import Frozen
from mepg_agent.session import SessionStore

RECORD = "session.json"
MEMBER = re.compile(r"pictures/[0-9a-f]{64}\.png|latents/[0-9a-f]{64}\.safetensors|jobs/[0-9a-f]{64}\.json")
MAX_MEMBER, MAX_TOTAL = 128 * 2**20, 2 * 2**30  # bytes, unpacked
MAX_MEMBERS = 10_000
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same session gives the same bytes
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # as `export_session` does it
# What is raised over a damaged zip: the last but one for an encrypted member, the last for a name that is no text.
DAMAGED = (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error, RuntimeError, UnicodeDecodeError)
ENDINGS = {"pictures": ".png", "latents": ".safetensors", "jobs": ".json"}
ADVICE = "Import a file that `mepg sessions export` wrote."
NOT_TAKEN = "Not taken over: "  # how a note on what an import left behind begins


F = TypeVar("F", bound=Frozen)


class Archived(Frozen):
    """What `session.json` holds."""

    format: Literal[1] = 1
    session: str = Field(max_length=100)
    brief: Brief
    history: History


def export_session(store: SessionStore, session: str, history: History, file: Path) -> Path:
    """Writes `file`, whole or not at all. Of the pictures only those that were kept go along, not what was tried on the
    way, but how to draw every picture again that led to one of them."""
    record = Archived(session=session, brief=store.brief(session), history=history)
    names = sorted({name for version in history.versions for name in _members_of(version)})
    recipes = {job: recipe for job in _jobs_of(history) if (recipe := store.recipe(job)) is not None}
    try:
        with whole(file) as stream, zipfile.ZipFile(stream, "w") as archive:
            archive.writestr(zipfile.ZipInfo(RECORD, EPOCH), record.model_dump_json(indent=1), zipfile.ZIP_DEFLATED)
            for name in names:
                archive.writestr(zipfile.ZipInfo(name, EPOCH), store.content(*_key(name)))
            for job, recipe in sorted(recipes.items()):
                info = zipfile.ZipInfo(f"jobs/{job}.json", EPOCH)
                archive.writestr(info, recipe.model_dump_json(indent=1), zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error.strerror}.", "Name a file in another folder.") from error
    return file


def import_session(store: SessionStore, file: Path) -> str:
    """Keeps the session of an exported file; returns its name, which is another where that one is taken. A planner and
    verifiers that are models become "auto"; notes of the shown version, from `NOT_TAKEN` on, say so.

    Raises BadInput, in one sentence, for a file that is no such zip, or whose members are not what they should be.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            record, members, recipes = _checked(archive)
            session = store.claim(record.brief, record.session)
            for name in members:
                part, ending, _ = _key(name)
                store.put_content(part, ending, _bytes_of(archive, name))
            for recipe in recipes:
                store.add_recipe(recipe)
    except DAMAGED as error:
        raise _refused(f"{file} is not a whole zip file") from error
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror or error}.", "Name a file that exists.") from error
    brief, notes = _without_models(record.brief)
    store.open(session, brief, _noted(_with_evidence(record.history, store), notes))
    return session


def _without_models(brief: Brief) -> tuple[Brief, tuple[str, ...]]:
    """The brief, and what was left out of it: a file does not decide who gets to see the person's next words and
    pictures, at their cost, or which weights are fetched. A name with a colon is that of a model."""
    notes = [f"{NOT_TAKEN}the verifier {v[:80]}. The family's own looks instead." for v in brief.verifiers if ":" in v]
    verifiers = ("auto",) if notes else brief.verifiers
    planner = brief.planner
    if ":" in planner:
        notes.append(f"{NOT_TAKEN}the planner {planner[:80]}. The one of this machine plans instead.")
        planner = "auto"
    return Brief.model_validate({**dict(brief), "verifiers": verifiers, "planner": planner}), tuple(notes)


def _noted(history: History, notes: tuple[str, ...]) -> History:
    """With the notes on the version that is shown."""
    versions = [
        Version.model_validate({**dict(v), "notes": (*v.notes, *notes)}) if v.number == history.head else v
        for v in history.versions
    ]
    return History.model_validate({**dict(history), "versions": tuple(versions)})


def _with_evidence(history: History, store: SessionStore) -> History:
    """Crops do not go along, they are cut anew."""
    versions = [
        Version.model_validate({**dict(v), "verdict": with_crops(v.verdict, v.plan, v.render.picture, store)})
        for v in history.versions
    ]
    return History.model_validate({**dict(history), "versions": tuple(versions)})


def _checked(archive: zipfile.ZipFile) -> tuple[Archived, list[str], list[Recipe]]:
    """The record, the names of the files that belong to it, and the recipes, once each of them was looked at."""
    infos = archive.infolist()
    names = [info.filename for info in infos]
    if len(infos) > MAX_MEMBERS or len(set(names)) < len(names):
        raise _refused("The file holds too many members, or one of them twice")
    for info in infos:
        _check_member(info)
    if sum(info.file_size for info in infos) > MAX_TOTAL:
        raise _refused(f"The file unpacks to more than {MAX_TOTAL // 2**20} MiB")
    if RECORD not in names:
        raise _refused(f"The file holds no {RECORD}")
    record = _parsed(RECORD, _bytes_of(archive, RECORD), Archived)
    wanted = {name: v for v in record.history.versions for name in _members_of(v)}
    jobs = {f"jobs/{job}.json" for job in _jobs_of(record.history)} & set(names)
    _compare_names(set(names) - {RECORD} - jobs, set(wanted))
    for name, version in wanted.items():
        _check_content(name, _bytes_of(archive, name), version)
    return record, sorted(wanted), [_recipe(name, _bytes_of(archive, name)) for name in sorted(jobs)]


def _check_member(info: zipfile.ZipInfo) -> None:
    name = info.filename
    shown = _shown(name)
    if name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or re.match(r"[A-Za-z]:", name):
        raise _refused(f"'{shown}' reaches outside the file")
    if name != RECORD and not MEMBER.fullmatch(name):
        raise _refused(f"'{shown}' does not belong into a session")
    if info.compress_type not in PACKED:
        raise _refused(f"'{shown}' is packed in a way that is not read here")
    if info.flag_bits & 1:
        raise _refused(f"'{shown}' is encrypted")
    if info.file_size > MAX_MEMBER:
        raise _refused(f"'{shown}' unpacks to more than {MAX_MEMBER // 2**20} MiB")


def _bytes_of(archive: zipfile.ZipFile, name: str) -> bytes:
    """Bounded while reading, too: what the header says of the size is only a claim."""
    with archive.open(name) as stream:
        data = stream.read(MAX_MEMBER + 1)
    if len(data) > MAX_MEMBER:
        raise _refused(f"'{_shown(name)}' unpacks to more than {MAX_MEMBER // 2**20} MiB")
    return data


def _recipe(name: str, data: bytes) -> Recipe:
    recipe = _parsed(name, data, Recipe)
    if f"jobs/{recipe.job.hash()}.json" != name or recipe.job != recipe.job.without_paths():
        raise _refused(f"'{name}' is not what it was when it was exported")
    return recipe


def _parsed(name: str, data: bytes, kind: type[F]) -> F:
    try:
        value = kind.model_validate_json(data)
    except ValidationError as error:
        raise _refused(f"{name} is not the record of a session: {first_mistake(error)}") from error
    if any(obeyed(c) for text in _texts(json.loads(data)) for c in text):
        raise _refused(f"{name} holds control characters")
    return value


def _texts(value: object) -> Iterator[str]:
    """Every text of a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for pair in value.items() for item in pair for text in _texts(item))
    elif isinstance(value, list):
        yield from (text for item in value for text in _texts(item))


def _compare_names(found: set[str], wanted: set[str]) -> None:
    if wanted - found:
        raise _refused(f"The file lacks '{min(wanted - found)}', which a version needs")
    if found - wanted:
        raise _refused(f"No version needs '{min(found - wanted)}'")


def _check_content(name: str, data: bytes, version: Version) -> None:
    if hashlib.sha256(data).hexdigest() != _key(name)[2]:
        raise _refused(f"'{name}' is not what it was when it was exported")
    extent = version.plan.extent
    fits = _is_picture(data, (extent.width, extent.height)) if name.endswith(".png") else _is_latents(data)
    if not fits:
        raise _refused(f"'{name}' does not fit its version")


def _is_picture(data: bytes, size: tuple[int, int]) -> bool:
    try:
        with Image.open(BytesIO(data), formats=["PNG"]) as image:
            if image.size != size or image.mode != "RGB":  # known before anything is unpacked
                return False
            image.load()
            return True
    except Exception:  # whatever the decoder stumbles over, it is no picture of ours
        return False


def _is_latents(data: bytes) -> bool:
    try:
        tensors = load_tensors(data)
    except (SafetensorError, KeyError, ValueError):
        return False
    latents = tensors.get("latents")
    if len(tensors) != 1 or latents is None or latents.ndim != 3 or latents.dtype != np.float32:
        return False
    return bool(np.isfinite(latents).all())


def _members_of(version: Version) -> tuple[str, str]:
    render = version.render
    return f"pictures/{render.picture}.png", f"latents/{render.latents}.safetensors"


def _jobs_of(history: History) -> set[str]:
    """Hashes of the jobs of everything drawn on the way."""
    return {render.job for version in history.versions for render in (*version.renders, version.render)}


def _key(name: str) -> tuple[str, str, str]:
    """Part of the store, ending and sha256."""
    path = PurePosixPath(name)
    return path.parts[0], ENDINGS[path.parts[0]], path.stem


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name)[:80]


def _refused(why: str) -> BadInput:
    return BadInput(f"{why}.", ADVICE)
