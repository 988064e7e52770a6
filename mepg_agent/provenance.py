"""Where a picture came from, as its file says and as the sessions here know."""

from __future__ import annotations

import hashlib
import json
import warnings
from io import BytesIO
from pathlib import Path
from typing import Annotated

from PIL import Image, UnidentifiedImageError
from pydantic import Field, ValidationError

from mepg_agent.errors import BadInput
from mepg_agent.records import Hash
from mepg_agent.scene import Frozen, ScenePlan
from mepg_agent.session import SessionStore

MAX_FILE = 256 * 2**20  # bytes
Name = Annotated[str, Field(max_length=100)]


class Used(Frozen):
    """An expert that drew along."""

    sha256: Hash  # of its weights
    licence: Name


class Provenance(Frozen):
    """`session` and `version` are None where no session here that can be read keeps exactly this file."""

    plan: ScenePlan
    job: Hash
    experts: dict[Name, Used]  # by id
    session: str | None = None
    version: int | None = None


def read_provenance(file: Path, store: SessionStore) -> Provenance:
    """What `file` says of itself, every text without control characters.

    Raises BadInput for a file that cannot be read, is no PNG, or was not drawn by this program.
    """
    content = _content(file)
    said = _chunks(file, content)
    if not {"mepg:plan", "mepg:job", "mepg:experts"} <= said.keys():
        raise BadInput(f"{file.name} does not say how it was drawn.", "Name a picture that `mepg draw` made.")
    try:
        plan, experts = (json.loads(said[key]) for key in ("mepg:plan", "mepg:experts"))
        fields = _printable({"plan": plan, "job": said["mepg:job"], "experts": experts})
        found = Provenance.model_validate(fields)
    except (ValueError, RecursionError, ValidationError) as error:
        raise BadInput(
            f"What {file.name} says of itself cannot be understood.", "It was altered, or written by another version."
        ) from error
    session, version = _kept(store, hashlib.sha256(content).hexdigest())
    return Provenance.model_validate({**dict(found), "session": session, "version": version})


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_FILE + 1)  # a device has no size and no end
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}.", "Name a file that exists.") from error
    if len(content) > MAX_FILE:
        raise BadInput(f"{file.name} is larger than {MAX_FILE // 2**20} MiB.", "Name a picture of this program.")
    return content


def _chunks(file: Path, content: bytes) -> dict[str, str]:
    """The text chunks in front of the pixels; no pixel is unpacked."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content), formats=["PNG"]) as image:
                return {str(key): str(value) for key, value in image.info.items() if str(key).startswith("mepg:")}
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise BadInput(f"{file.name} is not a PNG picture.", "Name a picture that `mepg draw` made.") from error


def _printable(value: object) -> object:
    """Every text of a JSON value without what moves a terminal's cursor or hides words."""
    if isinstance(value, str):
        return "".join(c if c.isprintable() else " " for c in value)
    if isinstance(value, list):
        return [_printable(item) for item in value]
    if isinstance(value, dict):
        return {str(_printable(key)): _printable(item) for key, item in value.items()}
    return value


def _kept(store: SessionStore, sha256: str) -> tuple[str | None, int | None]:
    for summary in store.sessions():
        history = store.history(summary.session)
        for version in history.versions if history else ():
            if version.render.picture == sha256:
                return summary.session, version.number
    return None, None
