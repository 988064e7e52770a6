"""What the server counts, as Prometheus reads it."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS = (0.01, 0.05, 0.25, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)  # from a list of tools to a drawing with repairs


class Metrics:
    """Of one server. Labels take few values, whatever clients send."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        asked = ("method", "tool", "outcome")
        self.requests = Counter("mepg_requests", "Requests answered.", asked, registry=self._registry)
        self.running = Gauge("mepg_requests_running", "Requests not answered yet.", registry=self._registry)
        self.seconds = Histogram(
            "mepg_request_seconds", "From a request to its answer.", asked[:2], buckets=SECONDS, registry=self._registry
        )
        self.responses = Counter("mepg_http_responses", "HTTP responses.", ("status",), registry=self._registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The page that Prometheus reads."""
        page = Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)
        await page(scope, receive, send)


class CountResponses:
    """Counts every response by its status: 401 and 429 are those that were not let in."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._responses = app, metrics.responses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._responses.labels(message["status"]).inc()
            await send(message)

        await self._app(scope, receive, counted)
