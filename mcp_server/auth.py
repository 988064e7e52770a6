"""Who is let in over HTTP: bearer tokens, of which the server knows the hashes alone, and what a caller is called."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import secrets
from pathlib import Path
from typing import NamedTuple

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken, TokenVerifier, principal_components
from mcp.server.auth.settings import AuthSettings
from pydantic import AnyHttpUrl

from mepg_agent.errors import BadInput

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
LINE = re.compile(rf"({NAME.pattern}) ([0-9a-f]{{64}})")
MAKE = "`mepg tokens add NAME` makes a token and its line."
PREFIX = "mepg_"  # lets scanners for leaked secrets find one
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
        try:
            changed = _stamp(self._file)
            if changed == self._changed:
                return
            self._changed, self._names = changed, {}
            self._names = {digest: name for name, digest in read_tokens(self._file).items()}
        except BadInput as error:
            self._changed, self._names = (0, 0), {}
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
    known = read_tokens(file) if file.exists() else {}
    if name in known:
        raise BadInput(f"There is a token for '{name}' already.", f"`mepg tokens remove {name}` takes it back.")
    token = PREFIX + secrets.token_urlsafe(32)
    _write(file, {**known, name: _digest(token)})
    return token


def remove_token(file: Path, name: str) -> None:
    """Raises BadInput for a name that has none."""
    known = read_tokens(file)
    if name not in known:
        raise BadInput(f"There is no token for '{name[:60]}'.", "`mepg tokens list` names those that have one.")
    _write(file, {key: digest for key, digest in known.items() if key != name})


def _write(file: Path, tokens: dict[str, str]) -> None:
    """Whole or not at all, for the owner's eyes alone."""
    fresh = file.with_name(f"{file.name}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as lines:
            lines.write("# NAME and the sha256 of its token, made by `mepg tokens add NAME`\n")
            lines.writelines(f"{name} {digest}\n" for name, digest in tokens.items())
        fresh.replace(file)
    except OSError as error:
        raise BadInput(f"The token file {file} cannot be written: {error.strerror}.", "Name another file.") from error


def _stamp(file: Path) -> tuple[int, int]:
    """Changes whenever the file does."""
    try:
        found = file.stat()
    except OSError as error:
        raise BadInput(f"The token file {file} cannot be read.", MAKE) from error
    return found.st_mtime_ns, found.st_ino


def _digest(token: str) -> str:
    # A token is 32 random bytes: nothing to guess, so a slow hash would protect nothing.
    return hashlib.sha256(token.encode()).hexdigest()
