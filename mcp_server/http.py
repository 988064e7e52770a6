"""The server over streamable HTTP: for this machine alone, or for others who show a token."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from urllib.parse import urlsplit

from mcp.server.auth.middleware.bearer_auth import RequireAuthMiddleware
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from mcp_server.auth import Access
from mcp_server.limits import MAX_BODY, REQUESTS, HostGuard, RateLimit
from mcp_server.metrics import CountResponses, Metrics
from mcp_server.serve import Wishes, watched_server
from mepg_agent import __version__
from mepg_agent.agent import Agent
from mepg_agent.errors import BadInput

HERE = ("127.0.0.1", "localhost", "::1")
EVERYWHERE = ("0.0.0.0", "::")
PATH, HEALTH, METRICS = "/mcp", "/health", "/metrics"
OPEN = frozenset({HEALTH})  # says nothing that a stranger could use; whoever watches the server reaches it by any name
GRACE = 20  # seconds for what is being drawn when the server is told to stop
HOST = re.compile(r"[A-Za-z0-9.-]+(:\d+)?|\[[0-9A-Fa-f:]+\](:\d+)?")
PORT = re.compile(r":\d+$")
ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?")


class Address(NamedTuple):
    host: str
    port: int

    @property
    def netloc(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Options:
    """How to serve. Raises BadInput for what would let strangers in."""

    address: Address
    access: Access | None = None  # None: whoever reaches the address
    hosts: tuple[str, ...] = ()  # names by which clients reach it, beside the address
    origins: tuple[str, ...] = ()  # pages that may ask from a browser, beside those of this machine
    requests: int = REQUESTS  # a minute and client
    grace: int = GRACE  # seconds
    wishes: Wishes = field(default_factory=Wishes)

    def __post_init__(self) -> None:
        if self.address.host not in HERE and self.access is None:
            advice = "`mepg tokens add NAME` makes a token; serve with --token-file, or with --oauth."
            raise BadInput(f"Others reach {self.address.host}.", advice)
        if self.address.host in EVERYWHERE and not self.hosts:
            advice = "Say the name that clients connect to: --allow-host pictures.example.com."
            raise BadInput(f"{self.address.host} is every address of this machine.", advice)
        for host in self.hosts:
            if not HOST.fullmatch(host):
                raise BadInput(f"'{host[:60]}' is not a host.", "Say pictures.example.com, or with a port of its own.")
        for origin in self.origins:
            if not ORIGIN.fullmatch(origin):
                raise BadInput(f"'{origin[:60]}' is not an origin.", "Say https://example.com, without a path.")

    @property
    def guard(self) -> TransportSecuritySettings:
        """The Host and Origin headers that are taken; a name without a port stands for every port."""
        here = self.address.host in HERE
        hosts = [f"{host}:*" for host in ("127.0.0.1", "localhost", "[::1]")] if here else [self.address.netloc]
        for host in self.hosts:
            hosts += [host] if PORT.search(host) else [host, f"{host}:*"]
        pages = [f"http://{host}" for host in hosts] if here else []
        return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=[*pages, *self.origins])

    @property
    def url(self) -> str:
        """As clients are told it."""
        name = self.hosts[0] if self.hosts else self.address.netloc
        return f"http://{name if PORT.search(name) else f'{name}:{self.address.port}'}{PATH}"


def read_address(text: str) -> Address:
    """ ":8000", "127.0.0.1:8000" or "[::1]:8000"; port 0 takes a free one. Raises BadInput for anything else."""
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname or HERE[0], parts.port
        whole = parts.netloc == text and parts.username is None
    except ValueError:
        host, port, whole = "", None, False
    if port is None or not whole:
        raise BadInput(f"'{text[:60]}' is not an address to serve on.", "Say :8000, or HOST:8000.")
    return Address(host, port)


def http_app(make_agent: Callable[[], Agent], options: Options) -> Starlette:
    """The application: the protocol at /mcp, and for who watches the server /health and /metrics."""
    metrics, access, guard = Metrics(), options.access, options.guard
    server = watched_server(make_agent, options.wishes, metrics, access)
    app = server.streamable_http_app(
        streamable_http_path=PATH, transport_security=guard, max_request_body_size=MAX_BODY
    )
    scopes = (access.settings.required_scopes or []) if access else []
    app.router.routes.append(Route(HEALTH, health))
    app.router.routes.append(Route(METRICS, RequireAuthMiddleware(metrics, scopes) if access else metrics))
    app.user_middleware.append(Middleware(RateLimit, requests=options.requests, open_paths=OPEN))
    app.add_middleware(HostGuard, settings=guard, open_paths=OPEN)
    app.add_middleware(CountResponses, metrics=metrics)
    app.state.pictures = server
    return app


async def health(_: Request) -> JSONResponse:
    return JSONResponse({"status": "ok", "version": __version__})


def listen(options: Options) -> tuple[socket.socket, Options]:
    """A socket, and the options with the port that it got. Raises BadInput where it cannot be had."""
    address = options.address
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listening = socket.create_server(address, family=family)
    except OSError as error:
        advice = "Another program may have it: choose another port, or stop that one."
        raise BadInput(f"{address.netloc} cannot be served on: {error.strerror}.", advice) from error
    got = Address(address.host, listening.getsockname()[1])
    return listening, replace(options, address=got)


def serve_http(make_agent: Callable[[], Agent], options: Options, listening: socket.socket) -> None:
    """Until it is told to stop. Who only listens is let go then, and what is asked for has `grace` seconds. Drawings
    stop between two steps after that: their sessions can be resumed, here after a restart or on the command line."""
    import uvicorn

    from mcp_server.ending import EndingServer

    app = http_app(make_agent, options)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=options.grace,
    )
    EndingServer(config, app.state.pictures).run(sockets=[listening])
