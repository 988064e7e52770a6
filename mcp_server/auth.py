"""Who is let in over HTTP: bearer tokens, of which the server knows the hashes alone, and what a caller is called."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken, TokenVerifier, principal_components
from mcp.server.auth.settings import AuthSettings
from pydantic import AnyHttpUrl

from mepg_agent.errors import BadInput
from mepg_agent.files import alone, whole

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
LINE = re.compile(rf"({NAME.pattern}) ([0-9a-f]{{64}})")
MAKE = "`mepg tokens add NAME` makes a token and its line."
PREFIX = "mepg_"  # lets scanners for leaked secrets find one
PATIENCE = 10.0  # seconds for whoever else changes a file of tokens
log = logging.getLogger(__name__)


class Access(NamedTuple):
    """Who is let in, and what others are told about it."""

    verifier: TokenVerifier
    settings: AuthSettings


def caller() -> str | None:
    """A name for whoever sent the request that is being answered, fit for a folder; None where nobody is asked for a
    token. The same one for every token of one person, and another one for everybody else."""
    token = get_access_token()
    if token is None:
        return None
    who = json.dumps(principal_components(token)).encode()
    name = re.sub(r"[^a-z0-9]+", "-", token.client_id.casefold())[:32].strip("-") or "client"
    return f"{name}-{hashlib.sha256(who).hexdigest()[:32]}"


class TokenFile(TokenVerifier):
    """Lets in who has a token of the file. A changed file counts at once; one that is broken lets nobody in."""

    def __init__(self, file: Path) -> None:
        """Raises BadInput for a file that cannot be read, is broken or names nobody."""
        self._file = file
        self._changed = _stamp(file)
        self._names = {digest: name for name, digest in read_tokens(file).items()}
        if not self._names:
            raise BadInput(f"The token file {file} names nobody.", MAKE)

    async def verify_token(self, token: str) -> AccessToken | None:
        self._refresh()
        name = self._names.get(_digest(token))
        return AccessToken(token=token, client_id=name, scopes=[]) if name else None

    def _refresh(self) -> None:
        """Once a change, also where the change broke the file."""
        changed = _stamp(self._file)
        if changed == self._changed:
            return
        self._changed, self._names = changed, {}
        try:
            self._names = {digest: name for name, digest in read_tokens(self._file).items()}
        except BadInput as error:
            log.error("nobody is let in: %s", error)


def token_access(file: Path) -> Access:
    """Raises BadInput."""
    # A token that the operator hands out has no issuer; the SDK wants one, and tells nobody without a resource's URL.
    return Access(TokenFile(file), AuthSettings(issuer_url=AnyHttpUrl("http://localhost/"), resource_server_url=None))


def read_tokens(file: Path) -> dict[str, str]:
    """Names, each with the sha256 of its token. Raises BadInput, naming the line."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The token file {file} cannot be read.", MAKE) from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        match = LINE.fullmatch(line.strip())
        if match is not None and match[1] not in found:
            found[match[1]] = match[2]
        elif line.strip() and not line.startswith("#"):
            raise BadInput(f"Line {number} of {file} is not a new name and the sha256 of a token.", MAKE)
    return found


def add_token(file: Path, name: str) -> str:
    """A new token, of which the file keeps the hash. Raises BadInput for a name that is taken or none."""
    if not NAME.fullmatch(name):
        raise BadInput(f"'{name[:60]}' is not a name.", "Use small letters, digits and hyphens: alice-laptop.")
    token = PREFIX + secrets.token_urlsafe(32)
    with _changing(file):
        known = read_tokens(file) if file.exists() else {}
        if name in known:
            raise BadInput(f"There is a token for '{name}' already.", f"`mepg tokens remove {name}` takes it back.")
        _write(file, {**known, name: _digest(token)})
    return token


def remove_token(file: Path, name: str) -> None:
    """Raises BadInput for a name that has none."""
    read_tokens(file)  # a file that is none gets no lock beside it
    with _changing(file):
        known = read_tokens(file)
        if name not in known:
            raise BadInput(f"There is no token for '{name[:60]}'.", "`mepg tokens list` names those that have one.")
        _write(file, {key: digest for key, digest in known.items() if key != name})


@contextmanager
def _changing(file: Path) -> Iterator[None]:
    """From its reading to its writing: what somebody else writes in between would be lost. Raises BadInput."""
    busy = BadInput(f"The token file {file} is being changed by somebody else.", "Try again.")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with alone(file.with_name(f"{file.name}.lock"), busy, PATIENCE):
            yield
    except OSError as error:
        raise BadInput(f"The token file {file} cannot be written: {error.strerror}.", "Name another file.") from error


def _write(file: Path, tokens: dict[str, str]) -> None:
    """For the owner's eyes alone. Raises OSError."""
    lines = ["# NAME and the sha256 of its token, made by `mepg tokens add NAME`"]
    lines += (f"{name} {digest}" for name, digest in tokens.items())
    with whole(file, mode=0o600) as stream:
        stream.write("".join(f"{line}\n" for line in lines).encode())


def _stamp(file: Path) -> tuple[int, ...]:
    """Changes whenever the file does, or who may read it; empty where there is none."""
    try:
        found = file.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def _digest(token: str) -> str:
    # A token is 32 random bytes: nothing to guess, so a slow hash would protect nothing.
    return hashlib.sha256(token.encode()).hexdigest()
