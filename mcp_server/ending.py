"""How a server over HTTP ends: what was asked for is still answered, and who only listens is let go at once."""

from __future__ import annotations

import socket

import uvicorn
from sse_starlette.sse import AppStatus

from mcp_server.resources import PictureServer


class EndingServer(uvicorn.Server):
    """Told to stop, it closes the streams that would stay open for ever, and waits for the other requests."""

    def __init__(self, config: uvicorn.Config, pictures: PictureServer) -> None:
        super().__init__(config)
        self._pictures = pictures
        # By itself it cuts every stream of the older revisions at the first signal, those of drawings under way, too.
        AppStatus.disable_automatic_graceful_drain()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._pictures.listening.close()
        manager = self._pictures.session_manager
        for transport in manager._server_instances.values():  # the SDK has no public door to them
            transport.close_standalone_sse_stream()
        await super().shutdown(sockets)
