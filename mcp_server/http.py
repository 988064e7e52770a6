"""The server over streamable HTTP: for this machine alone, or behind a bearer token for others."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import AnyHttpUrl
from starlette.applications import Starlette

from mcp_server.server import build_server
from mepg_agent.agent import Agent
from mepg_agent.errors import BadInput

HERE = ("127.0.0.1", "localhost", "::1")  # the SDK checks Host and Origin of these by itself
EVERYWHERE = ("0.0.0.0", "::")
SHORTEST = 24  # characters of a token
PATH = "/mcp"


class Address(NamedTuple):
    host: str
    port: int

    @property
    def netloc(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.netloc}{PATH}"


class OneToken(TokenVerifier):
    """Lets in who knows the token."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    async def verify_token(self, token: str) -> AccessToken | None:
        known = hmac.compare_digest(token.encode(), self._token)
        return AccessToken(token=token, client_id="mepg", scopes=[]) if known else None


def read_address(text: str) -> Address:
    """ ":8000", "127.0.0.1:8000" or "[::1]:8000". Raises BadInput for anything else."""
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname or HERE[0], parts.port
        whole = parts.netloc == text and parts.username is None
    except ValueError:
        host, port, whole = "", None, False
    if port is None or not whole:
        raise BadInput(f"'{text[:60]}' is not an address to serve on.", "Say :8000, or HOST:8000.")
    if host in EVERYWHERE:
        raise BadInput(f"{host} is every address of this machine.", "Name the one that clients connect to.")
    return Address(host, port)


def read_token(address: Address, file: Path | None) -> str | None:
    """The token that clients must send; None on this machine alone, where none was asked for.

    Raises BadInput for an address that others reach without one, for a file that cannot be read and a token too short.
    """
    if file is None:
        if address.host in HERE:
            return None
        raise BadInput(f"Others reach {address.host}.", "Keep a token in a file and name it with --token-file.")
    try:
        token = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The token file {file} cannot be read.", "Name a file with one line of ASCII.") from error
    if len(token) < SHORTEST or not token.isprintable() or " " in token:
        advice = "Make one: python -c 'import secrets; print(secrets.token_urlsafe())'."
        raise BadInput(f"The token in {file} is not one word of {SHORTEST} characters or more.", advice)
    return token


def http_app(make_agent: Callable[[], Agent], address: Address, token: str | None) -> Starlette:
    """The application. Requests with a foreign Host or Origin are refused, and those without the token if there is
    one."""
    auth = AuthSettings(issuer_url=AnyHttpUrl(f"http://{address.netloc}"), resource_server_url=None)
    server = build_server(make_agent, (OneToken(token), auth) if token else None)
    guard = None if address.host in HERE else TransportSecuritySettings(allowed_hosts=[address.netloc])
    return server.streamable_http_app(streamable_http_path=PATH, host=address.host, transport_security=guard)


def serve_http(make_agent: Callable[[], Agent], address: Address, token: str | None) -> None:
    """Until it is interrupted."""
    import uvicorn

    app = http_app(make_agent, address, token)
    uvicorn.run(app, host=address.host, port=address.port, log_level="warning")
