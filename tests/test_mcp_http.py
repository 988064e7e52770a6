"""The server over HTTP, without a socket: who is let in, and that a picture can be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fake_mepg import fake_agent
from starlette.testclient import TestClient

from mcp_server.http import Address, http_app, read_address, read_token
from mepg_agent.cli import Door, run
from mepg_agent.cli_report import BAD_INPUT
from mepg_agent.errors import BadInput

TOKEN = "a-token-that-is-long-enough-1234"
HEADERS = {"accept": "application/json, text/event-stream"}


@contextmanager
def served(address: Address, token: str | None = None) -> Iterator[TestClient]:
    with TestClient(http_app(fake_agent, address, token), base_url=f"http://{address.netloc}") as client:
        yield client


def ask(client: TestClient, headers: dict[str, str], method: str = "initialize", params: dict | None = None) -> Any:
    begin = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "0"}}
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or begin}
    return client.post("/mcp", json=message, headers={**HEADERS, **headers})


def test_a_picture_is_drawn_over_http():
    with served(Address("127.0.0.1", 8000)) as client:
        begun = ask(client, {})
        headers = {"mcp-session-id": begun.headers["mcp-session-id"]}
        params = {"name": "draw_picture", "arguments": {"prompt": "a red fox left of a castle", "steps": 2}}
        drawn = ask(client, headers, "tools/call", params)
    assert begun.status_code == drawn.status_code == 200
    assert "Accepted" in drawn.text and "mepg://pictures/" in drawn.text


@pytest.mark.parametrize("header", [{"host": "evil.example"}, {"origin": "http://evil.example"}])
@pytest.mark.parametrize("address", [Address("127.0.0.1", 8000), Address("192.0.2.7", 8000)])
def test_a_request_from_a_foreign_page_is_refused(address: Address, header: dict[str, str]):
    with served(address, TOKEN) as client:
        known = {"authorization": f"Bearer {TOKEN}"}
        assert ask(client, known).status_code == 200
        assert ask(client, {**known, **header}).status_code in (403, 421)


@pytest.mark.parametrize("sent", ["", "Bearer wrong", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer "])
def test_who_does_not_know_the_token_is_not_let_in(sent: str):
    with served(Address("192.0.2.7", 8000), TOKEN) as client:
        assert ask(client, {"authorization": sent} if sent else {}).status_code == 401


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (":8000", Address("127.0.0.1", 8000)),
        ("localhost:80", Address("localhost", 80)),
        ("[::1]:8000", Address("::1", 8000)),
        ("192.0.2.7:8000", Address("192.0.2.7", 8000)),
    ],
)
def test_an_address_is_a_port_and_may_name_a_host(text: str, address: Address):
    assert read_address(text) == address


@pytest.mark.parametrize(
    "text", ["", "8000", ":", ":x", ":99999", "0.0.0.0:80", "[::]:80", "h:80/mcp", "a@b:80", "[::1"]
)
def test_what_is_no_address_is_refused(text: str):
    with pytest.raises(BadInput):
        read_address(text)


@pytest.mark.parametrize("address", ["0.0.0.0:8000", "192.0.2.7:8000", "8000"])
def test_the_command_refuses_to_serve_others_without_a_token(address: str, capsys: pytest.CaptureFixture[str]):
    assert run(["serve", "--http", address], Door(make_agent=fake_agent)) == BAD_INPUT
    assert "Serving" not in capsys.readouterr().err


def test_others_are_served_only_with_a_good_token(tmp_path: Path):
    others, here = Address("192.0.2.7", 8000), Address("127.0.0.1", 8000)
    file = tmp_path / "token"
    assert read_token(here, None) is None
    with pytest.raises(BadInput, match="token-file"):
        read_token(others, None)
    with pytest.raises(BadInput, match="cannot be read"):
        read_token(others, file)
    for bad in ("", "short", "two words that are long enough", "long-enough-but-not-ascii-ü"):
        file.write_text(bad, encoding="utf-8")
        with pytest.raises(BadInput):
            read_token(here, file)
    file.write_text(f"{TOKEN}\n", encoding="utf-8")
    assert read_token(others, file) == read_token(here, file) == TOKEN
