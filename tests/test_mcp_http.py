"""The server over HTTP, without a socket: who is let in, how much they may ask for, and that a picture can be drawn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from fake_mepg import fake_agent
from starlette.testclient import TestClient

from mcp_server.auth import add_token, token_access
from mcp_server.drawings import QUEUED
from mcp_server.http import GRACE, Address, Options, http_app, listen, read_address
from mcp_server.limits import MAX_BODY, MAX_SIDE, REQUESTS
from mcp_server.serve import Wishes
from mepg_agent.cli import Door, run
from mepg_agent.cli_report import BAD_INPUT
from mepg_agent.cli_serve import serve
from mepg_agent.errors import BadInput

HEADERS = {"accept": "application/json, text/event-stream"}
BEGIN = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "0"}}
HERE, OTHERS = Address("127.0.0.1", 8000), Address("192.0.2.7", 8000)
PROMPT = "a red fox left of a castle"


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


@contextmanager
def served(options: Options) -> Iterator[TestClient]:
    with TestClient(http_app(fake_agent, options), base_url=f"http://{options.address.netloc}") as client:
        yield client


def ask(client: TestClient, method: str = "initialize", params: dict | None = None, /, **headers: Any) -> Any:
    """Header names have _ for -."""
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": BEGIN if params is None else params}
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/mcp", json=message, headers={**HEADERS, **more})


def call(client: TestClient, tool: str, **arguments: Any) -> Any:
    session = ask(client).headers["mcp-session-id"]
    return ask(client, "tools/call", {"name": tool, "arguments": arguments}, mcp_session_id=session)


def test_a_picture_is_drawn_over_http():
    with served(Options(HERE)) as client:
        drawn = call(client, "draw_picture", prompt=PROMPT, steps=2)
    assert drawn.status_code == 200
    assert "Accepted" in drawn.text and "mepg://pictures/" in drawn.text


@pytest.mark.parametrize("path", ["/mcp", "/metrics"])
@pytest.mark.parametrize("header", [{"host": "evil.example"}, {"origin": "http://evil.example"}, {"origin": "null"}])
@pytest.mark.parametrize("address", [HERE, Address("::1", 8000), OTHERS, Address("0.0.0.0", 8000), Address("::", 80)])
def test_a_request_from_a_foreign_page_is_refused_on_every_address(
    address: Address, header: dict[str, str], path: str, tokens: Path
):
    known = {"authorization": f"Bearer {add_token(tokens, 'alice')}"}
    options = Options(address, token_access(tokens), hosts=("pictures.example",))
    with served(options) as client:
        client.headers = {**known, "host": "pictures.example"}
        assert ask(client).status_code == 200
        assert ask(client, origin="https://pages.example").status_code == 403
        assert client.request("POST" if path == "/mcp" else "GET", path, headers=header).status_code in (403, 421)


def test_pages_and_names_that_the_operator_allows_are_served(tokens: Path):
    known = {"authorization": f"Bearer {add_token(tokens, 'alice')}"}
    options = Options(OTHERS, token_access(tokens), ("pictures.example", "other.example:1"), ("https://pages.example",))
    with served(options) as client:
        for host in ("192.0.2.7:8000", "pictures.example", "pictures.example:8443", "other.example:1"):
            assert ask(client, host=host, **known).status_code == 200
        assert ask(client, host="other.example:2", **known).status_code == 421
        assert ask(client, origin="https://pages.example", **known).status_code == 200
    with served(Options(HERE)) as client:
        assert ask(client, origin="http://localhost:6274").status_code == 200  # a tool on this machine


@pytest.mark.parametrize("sent", ["", "Bearer wrong", "Bearer {}x", "Basic {}", "Bearer ", "Bearer \xff"])
def test_who_does_not_know_a_token_is_not_let_in(sent: str, tokens: Path):
    token = add_token(tokens, "alice")
    headers: Any = {"authorization": sent.format(token).encode("latin-1")} if sent else {}
    with served(Options(OTHERS, token_access(tokens))) as client:
        for refused in (ask(client, **headers), client.get("/metrics", headers=headers)):
            assert refused.status_code == 401 and token not in refused.text
        assert client.get("/health").json()["status"] == "ok"


def test_a_body_that_is_too_large_is_refused_before_it_is_read():
    with served(Options(HERE)) as client:
        assert ask(client, "ping", {"filling": "x" * MAX_BODY}).status_code == 413
        chunks = (b"x" * 65536 for _ in range(2 * MAX_BODY // 65536))
        headers = {**HEADERS, "content-type": "application/json"}
        assert client.post("/mcp", content=chunks, headers=headers).status_code == 413


def plan_of(width: Any, height: Any = 64) -> dict[str, Any]:
    box = {"x": 0.1, "y": 0.1, "width": 0.5, "height": 0.5}
    region = {"id": "fox", "noun": "fox", "prompt": "a fox", "box": box}
    extent = {"width": width, "height": height}
    return {"prompt": "a fox", "global_prompt": "a fox", "extent": extent, "regions": [region]}


def test_a_picture_that_is_too_large_is_refused_with_the_size_that_is_not():
    plan = plan_of(320)
    with served(Options(HERE, wishes=Wishes(side=256))) as client:
        for tool in ("draw_picture", "revise_layout"):
            refused = call(client, tool, plan=plan)
            assert '"isError":true' in refused.text and "Ask for 256 or less" in refused.text
        refused = call(client, "draw_picture", prompt=PROMPT, extent={"width": 320, "height": 64})
        assert '"isError":true' in refused.text and "Ask for 256 or less" in refused.text
        plan["extent"]["width"] = 256
        assert "Accepted" in call(client, "draw_picture", plan=plan, steps=2).text


@pytest.mark.parametrize(("side", "size"), [(320, 320), (319, 256), (256, 256), (200, 192), (64, 64)])
def test_a_picture_of_no_size_in_particular_is_as_large_as_the_server_draws(side: int, size: int):
    """The family's own canvas for three things has 320 pixels."""
    with served(Options(HERE, wishes=Wishes(side=side))) as client:
        found = call(client, "plan_scene", prompt="a fox, a dog and a castle")
    assert f'"extent":{{"width":{size},"height":{size}}}' in found.text.replace(" ", "")


@pytest.mark.parametrize(
    "plan", [plan_of("320"), plan_of(" 320 "), plan_of("320.0"), plan_of(64, "320"), json.dumps(plan_of(320))]
)
def test_a_picture_that_is_too_large_is_refused_however_its_size_is_written(plan: Any):
    with served(Options(HERE, wishes=Wishes(side=256))) as client:
        refused = call(client, "draw_picture", prompt=PROMPT, plan=plan)
        assert '"isError":true' in refused.text
        assert "A side of 320 pixels is more than this server draws. Ask for 256 or less." in refused.text
        assert '"sessions":[]' in call(client, "history", action="list").text


def test_a_client_that_asks_too_often_is_told_when_to_come_back_and_others_are_not(tokens: Path):
    alice, bob = (f"Bearer {add_token(tokens, name)}" for name in ("alice", "bob"))
    with served(Options(OTHERS, token_access(tokens), requests=3)) as client:
        assert [ask(client, authorization=alice).status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = ask(client, authorization=alice)
        assert 1 <= int(refused.headers["retry-after"]) <= 60 and "Wait" in refused.text
        assert ask(client, authorization=bob).status_code == 200
        assert [ask(client).status_code for _ in range(4)] == [401, 401, 401, 429]  # of somebody who guesses
        assert client.get("/health").status_code == 200


def test_what_happens_is_counted_under_names_that_do_not_grow_with_what_is_sent():
    with served(Options(HERE)) as client:
        call(client, "draw_picture", prompt=PROMPT, steps=2)
        call(client, "draw_picture", prompt=" ")
        call(client, "no-such-tool-7")
        ask(client, host="evil.example")
        session = ask(client).headers["mcp-session-id"]
        ask(client, "no/such/method", {}, mcp_session_id=session)
        page = client.get("/metrics").text
    for outcome in ("ok", "refused"):
        assert f'mepg_requests_total{{method="tools/call",outcome="{outcome}",tool="draw_picture"}} 1.0' in page
    assert 'mepg_request_seconds_count{method="tools/call",tool="draw_picture"} 2.0' in page
    assert 'method="tools/call",outcome="refused",tool="other"' in page
    assert 'method="other",outcome="error",tool=""' in page and "no-such" not in page and "no/such" not in page
    assert 'mepg_http_responses_total{status="421"} 1.0' in page
    assert "mepg_requests_running 0.0" in page


def test_a_prompt_that_there_is_not_is_the_caller_s_mistake(caplog: pytest.LogCaptureFixture):
    with served(Options(HERE)) as client:
        session = ask(client).headers["mcp-session-id"]
        for asked in ({"name": "nothing"}, {"name": "illustrate", "arguments": {}}):
            answer = ask(client, "prompts/get", asked, mcp_session_id=session)
            assert '"code":-32602' in answer.text and "prompts/list" in answer.text
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (":8000", HERE),
        ("localhost:80", Address("localhost", 80)),
        ("[::1]:8000", Address("::1", 8000)),
        ("192.0.2.7:8000", OTHERS),
        ("0.0.0.0:0", Address("0.0.0.0", 0)),
    ],
)
def test_an_address_is_a_port_and_may_name_a_host(text: str, address: Address):
    assert read_address(text) == address


@pytest.mark.parametrize("text", ["", "8000", ":", ":x", ":99999", "h:80/mcp", "a@b:80", "[::1"])
def test_what_is_no_address_is_refused(text: str):
    with pytest.raises(BadInput):
        read_address(text)


def test_a_port_that_is_taken_is_a_sentence(capsys: pytest.CaptureFixture[str]):
    first, options = listen(Options(Address("127.0.0.1", 0)))
    with first:
        assert options.address.port > 0
        assert run(["serve", "--http", options.address.netloc], Door(make_agent=fake_agent)) == BAD_INPUT
    said = capsys.readouterr().err
    assert "choose another port" in said and "Serving" not in said


@pytest.mark.parametrize("address", ["0.0.0.0:8000", "[::]:80", "192.0.2.7:8000", "8000"])
def test_the_command_refuses_to_serve_others_without_a_token(address: str, capsys: pytest.CaptureFixture[str]):
    assert run(["serve", "--http", address], Door(make_agent=fake_agent)) == BAD_INPUT
    assert "Serving" not in capsys.readouterr().err


def test_options_that_would_let_strangers_in_are_refused(tokens: Path):
    add_token(tokens, "alice")
    access = token_access(tokens)
    with pytest.raises(BadInput, match="--allow-host"):
        Options(Address("0.0.0.0", 80), access)
    for host in ("*", "a b", "http://a", "a:*", ""):
        with pytest.raises(BadInput, match="not a host"):
            Options(HERE, hosts=(host,))
    for origin in ("*", "example.com", "https://a/b", "http://*"):
        with pytest.raises(BadInput, match="not an origin"):
            Options(HERE, origins=(origin,))


def test_the_command_has_the_limits_that_the_server_has_by_itself():
    """They stand twice, so that `mepg --help` need not load the server."""
    said = {name: parameter.default for name, parameter in signature(serve).parameters.items()}
    assert (said["rate"], said["queue"], said["max_side"], said["grace"]) == (REQUESTS, QUEUED, MAX_SIDE, GRACE)
