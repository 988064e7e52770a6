"""A small server that speaks the OpenAI chat interface and answers by script."""

from __future__ import annotations

import json
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

PIECE = 40  # characters of one part of a streamed answer
SECRET = "sk-very-secret-key"


class Silence:
    """The server takes the request and says nothing until it is closed."""


class KeepAlive:
    """The server says again and again that it is there, and nothing else."""


class CutOff(str):
    """The server sends this and hangs up before the answer is complete."""


Answer = str | int | Silence | KeepAlive  # the model's text, an HTTP status, or none


class OpenAIServer:
    """The n-th request gets the n-th answer, the last one goes on for ever. `requests` are the bodies that came in."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = answers
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), partial(_Handler, self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def heard(self, request: int, role: str) -> list[str]:
        """What the request's messages of one role say."""
        return [m["content"] for m in self.requests[request]["messages"] if m["role"] == role]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that ran away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, script: OpenAIServer, *connection: Any) -> None:
        self.script = script
        super().__init__(*connection)

    def do_POST(self) -> None:
        script = self.script
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = script.answers[min(len(script.requests), len(script.answers) - 1)]
        script.requests.append(body)
        script.keys.append(self.headers.get("Authorization", ""))
        if isinstance(answer, Silence):
            script.closing.wait()
        elif isinstance(answer, KeepAlive):
            self._send(200, "", "text/event-stream")
            while not script.closing.wait(0.05):
                self.wfile.write(b": keep-alive\n\n")
        elif isinstance(answer, int):
            self._send(answer, json.dumps({"error": {"message": f"no, not with the key {SECRET}"}}))
        elif body.get("stream"):
            self._stream(body["model"], answer)
        else:
            message = {"role": "assistant", "content": answer}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            self._send(200, json.dumps({**_head(body["model"], "chat.completion"), "choices": [choice]}))

    def _stream(self, model: str, answer: str) -> None:
        deltas: list[dict[str, str]] = [{"role": "assistant", "content": ""}]
        deltas += [{"content": answer[i : i + PIECE]} for i in range(0, len(answer), PIECE)]
        choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
        if not isinstance(answer, CutOff):
            choices.append({"index": 0, "delta": {}, "finish_reason": "stop"})
        lines = [json.dumps({**_head(model, "chat.completion.chunk"), "choices": [choice]}) for choice in choices]
        if not isinstance(answer, CutOff):
            lines.append("[DONE]")
        self._send(200, "".join(f"data: {line}\n\n" for line in lines), "text/event-stream")

    def _send(self, status: int, text: str, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Not into the output of the tests."""


def _head(model: str, kind: str) -> dict[str, Any]:
    return {"id": "answer-1", "object": kind, "created": 0, "model": model}
