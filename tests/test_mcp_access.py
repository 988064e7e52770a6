"""Who is let in, by a token of the operator's or of an OAuth server, and how much (see `test_mcp_owners`, too)."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from itertools import repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import anyio
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from fake_mepg import fake_agent
from jwt.algorithms import ECAlgorithm
from mcp.server.auth.middleware.auth_context import auth_context_var
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp_types import SubscribeRequestParams
from starlette.testclient import TestClient
from test_mcp_http import OTHERS, ask

from mcp_server.auth import PREFIX, TokenFile, add_token, read_tokens, remove_token, token_access
from mcp_server.changes import Changes
from mcp_server.http import Options, http_app
from mcp_server.oauth import oauth_access
from mcp_server.serve import Wishes
from mepg_agent.cli import Door, run
from mepg_agent.cli_report import BAD_INPUT
from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput
from mepg_agent.files import alone
from mepg_agent.records import RenderJob

MODERN = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "0"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
PROMPT = "a red fox left of a castle"
TIMEOUT = 60  # seconds; a thread that hangs fails its test
ISSUER, RESOURCE = "https://login.example", "https://pictures.example/mcp"


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


def admitted(verifier: TokenFile, token: str) -> AccessToken | None:
    return anyio.run(verifier.verify_token, token)


def test_the_file_keeps_no_token_and_nobody_else_may_read_it(tokens: Path):
    token = add_token(tokens, "alice")
    assert token.startswith(PREFIX) and token not in tokens.read_text()
    assert tokens.stat().st_mode & 0o077 == 0
    assert add_token(tokens, "bob") != token
    assert list(read_tokens(tokens)) == ["alice", "bob"]


def test_a_token_that_is_taken_back_counts_no_more_while_the_server_runs(tokens: Path):
    alice, bob = add_token(tokens, "alice"), add_token(tokens, "bob")
    verifier = TokenFile(tokens)
    found = admitted(verifier, alice)
    assert found is not None and found.client_id == "alice"
    remove_token(tokens, "alice")
    assert admitted(verifier, alice) is None
    assert admitted(verifier, bob) is not None
    carol = add_token(tokens, "carol")
    assert admitted(verifier, carol) is not None
    assert admitted(verifier, "") is None


def test_a_file_that_breaks_lets_nobody_in_until_it_is_mended(tokens: Path):
    token = add_token(tokens, "alice")
    good = tokens.read_text()
    verifier = TokenFile(tokens)
    for broken in (f"{good}not a line\n", None):
        if broken is None:
            tokens.unlink()
        else:
            tokens.write_text(broken)
        assert admitted(verifier, token) is None
        tokens.write_text(good)
        assert admitted(verifier, token) is not None


def test_a_file_that_breaks_is_read_and_told_once_a_change(tokens: Path, caplog: pytest.LogCaptureFixture):
    token = add_token(tokens, "alice")
    good = tokens.read_text()
    verifier = TokenFile(tokens)
    for change in (lambda: tokens.write_text(f"{good}not a line\n"), tokens.unlink):
        change()
        caplog.clear()
        assert [admitted(verifier, token) for _ in range(3)] == [None] * 3
        assert [record.getMessage().split(":")[0] for record in caplog.records] == ["nobody is let in"]
    tokens.write_text(good)
    assert admitted(verifier, token) is not None


def test_changes_of_the_file_at_the_same_time_all_count(tokens: Path):
    names = [f"client-{number}" for number in range(8)]
    together = threading.Barrier(len(names))

    def at_once(change: Callable[[Path, str], object], name: str) -> None:
        together.wait(TIMEOUT)
        change(tokens, name)

    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(at_once, repeat(add_token), names))
        assert sorted(read_tokens(tokens)) == names
        add_token(tokens, "alice")
        list(pool.map(at_once, repeat(remove_token), names))
    assert list(read_tokens(tokens)) == ["alice"]


def test_a_change_gives_up_where_another_one_does_not_end(tokens: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mcp_server.auth.PATIENCE", 0)
    add_token(tokens, "alice")
    with alone(tokens.with_name("tokens.lock"), BadInput("", "")):
        for change, name in ((remove_token, "alice"), (add_token, "bob")):
            with pytest.raises(BadInput, match="being changed by somebody else"):
                change(tokens, name)
    assert list(read_tokens(tokens)) == ["alice"]


def test_a_file_that_is_none_gets_no_lock(tokens: Path):
    with pytest.raises(BadInput, match="cannot be read"):
        remove_token(tokens, "alice")
    assert list(tokens.parent.iterdir()) == []


@pytest.mark.parametrize(
    "text", ["", "# nobody\n", "alice\n", f"alice {'0' * 63}\n", f"A {'0' * 64}\n", "alice secret\n"]
)
def test_a_file_that_names_nobody_or_is_none_of_tokens_is_refused(text: str, tokens: Path):
    with pytest.raises(BadInput, match="cannot be read"):
        TokenFile(tokens)
    tokens.write_text(text)
    with pytest.raises(BadInput, match="mepg tokens add"):
        TokenFile(tokens)


def test_tokens_are_made_named_and_taken_back_on_the_command_line(home: Path, capsys: pytest.CaptureFixture[str]):
    assert run(["tokens", "list"], Door()) == 0
    assert "Nobody" in capsys.readouterr().out
    assert run(["tokens", "add", "alice"], Door()) == 0
    made = capsys.readouterr()
    token = made.out.strip()
    assert token.startswith(PREFIX) and token not in made.err
    assert run(["tokens", "add", "alice"], Door()) == BAD_INPUT  # a second time would lock the first one out
    assert run(["tokens", "add", "Al ice"], Door()) == BAD_INPUT
    assert run(["tokens", "list", "--json"], Door()) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == ["alice"]
    assert admitted(TokenFile(home / "tokens"), token) is not None
    assert run(["tokens", "remove", "alice"], Door()) == 0
    assert run(["tokens", "remove", "alice"], Door()) == BAD_INPUT


def test_json_before_the_command_is_told_to_come_last(capsys: pytest.CaptureFixture[str]):
    assert run(["tokens", "--json", "list"], Door()) == BAD_INPUT
    assert json.loads(capsys.readouterr().out)["advice"] == "Say mepg tokens list … --json."


class Person:
    """Somebody with a token, in one era of the protocol."""

    def __init__(self, client: TestClient, token: str, era: str) -> None:
        self.client, self.known, self.era = client, {"authorization": f"Bearer {token}"}, era
        if era == "legacy":
            self.known["mcp_session_id"] = ask(client, **self.known).headers["mcp-session-id"]

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer, or its error."""
        headers, given = dict(self.known), params
        if self.era == "modern":
            headers |= {"mcp_protocol_version": MODERN, "mcp_method": method}
            named = params.get("name") or params.get("uri")
            headers |= {"mcp_name": named} if named else {}
            given = {"_meta": META, **params}
        answer = ask(self.client, method, given, **headers)
        lines = [line[5:] for line in answer.text.splitlines() if line.startswith("data:")]
        found = json.loads(lines[-1] if lines else answer.text)
        return found.get("result") or {"error": found["error"]}

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        return self.ask("tools/call", name=tool, arguments=arguments)


@contextmanager
def two_people(
    tokens: Path, era: str, engine: FakeEngine | None = None, wishes: Wishes | None = None
) -> Iterator[tuple[Person, Person]]:
    alice, bob = (add_token(tokens, name) for name in ("alice", "bob"))
    options = Options(OTHERS, token_access(tokens), wishes=wishes or Wishes())
    app = http_app(lambda: fake_agent(engine), options)
    with TestClient(app, base_url=f"http://{OTHERS.netloc}") as client:
        yield Person(client, alice, era), Person(client, bob, era)


def test_a_connection_belongs_to_who_opened_it(tokens: Path):
    with two_people(tokens, "legacy") as (alice, bob):
        bob.known["mcp_session_id"] = alice.known["mcp_session_id"]
        stolen = ask(bob.client, "tools/list", {}, **bob.known)
        assert stolen.status_code in (403, 404)


@contextmanager
def known_as(name: str) -> Iterator[None]:
    before = auth_context_var.set(AuthenticatedUser(AccessToken(token="", client_id=name, scopes=[])))
    try:
        yield
    finally:
        auth_context_var.reset(before)


class Connection:
    """Of a client of the older revisions: notes what it is told."""

    def __init__(self, who: str, heard: list[tuple[str, Any]]) -> None:
        self.exit_stack = AsyncExitStack()
        self._who, self._heard = who, heard

    async def notify(self, method: str, params: dict[str, Any] | None) -> None:
        self._heard.append((self._who, (params or {}).get("uri", method)))


def test_nobody_hears_of_what_somebody_else_draws():
    changes = Changes()
    heard: list[tuple[str, Any]] = []

    async def everybody() -> None:
        for who in ("alice", "bob"):
            session = SimpleNamespace(_connection=Connection(who, heard))
            with known_as(who):
                changes.bus.subscribe(lambda event, who=who: heard.append((who, event)))
                params = SubscribeRequestParams(uri="mepg://sessions")
                await changes._subscribe(cast(Any, SimpleNamespace(session=session)), params)
        with known_as("alice"):
            await changes.touched("fox-castle-3f9a")

    anyio.run(everybody)
    assert {who for who, _ in heard} == {"alice"} and ("alice", "mepg://sessions") in heard


class Waiting(FakeEngine):
    """Draws nothing before it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        while not self.go_on.wait(0.01):
            yield Step(1, 2)
        yield from super().run(job, before)


def test_a_client_has_so_many_drawings_in_the_making_and_no_more(tokens: Path):
    engine = Waiting()
    with two_people(tokens, "modern", engine, Wishes(queued=2)) as (alice, bob):
        begun = [alice.call("draw_picture", prompt=PROMPT, steps=2, seed=n, patience=0) for n in range(4)]
        assert [answer["isError"] for answer in begun] == [False, False, True, True]
        assert "2 of your drawings are not finished" in begun[2]["content"][0]["text"]
        assert len(alice.call("history", action="list")["structuredContent"]["sessions"]) == 2
        assert not bob.call("draw_picture", prompt=PROMPT, steps=2, patience=0)["isError"]
        engine.go_on.set()
        for answer in begun[:2]:
            session = answer["structuredContent"]["session"]
            assert alice.call("wait", session=session)["structuredContent"]["drawing"]["status"] == "accepted"
        assert not alice.call("draw_picture", prompt=PROMPT, steps=2)["isError"]


KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def oauth(tmp_path: Path) -> Path:
    key = {**ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "k1", "alg": "ES256", "use": "sig"}
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [key]}))
    file = tmp_path / "oauth.toml"
    file.write_text(f'issuer = "{ISSUER}"\nresource = "{RESOURCE}"\njwks = "keys.json"\nscopes = ["draw"]\n')
    return file


def signed(key: EllipticCurvePrivateKey | rsa.RSAPrivateKey | str = KEY, how: str = "ES256", **claims: Any) -> str:
    good = {"iss": ISSUER, "aud": RESOURCE, "sub": "alice", "client_id": "app", "scope": "draw more"}
    return jwt.encode({**good, "exp": time.time() + 60, **claims}, key, how, headers={"kid": "k1"})


@contextmanager
def behind_oauth(file: Path) -> Iterator[TestClient]:
    options = Options(OTHERS, oauth_access(file), hosts=("pictures.example",))
    with TestClient(http_app(fake_agent, options), base_url="https://pictures.example") as client:
        yield client


def test_a_token_of_the_oauth_server_lets_in_and_a_client_without_learns_where_to_get_one(oauth: Path):
    with behind_oauth(oauth) as client:
        refused = ask(client)
        assert ask(client, authorization=f"Bearer {signed()}").status_code == 200
        assert ask(client, authorization=f"Bearer {signed(scope='more')}").status_code == 403
        where = refused.headers["www-authenticate"].split('resource_metadata="')[1].rstrip('"')
        told = client.get(where).json()
    assert refused.status_code == 401
    assert (told["resource"], told["authorization_servers"]) == (RESOURCE, [ISSUER])
    assert told["scopes_supported"] == ["draw"]


@pytest.mark.parametrize(
    "token",
    [
        signed(exp=time.time() - 60),
        signed(aud="https://elsewhere.example/mcp"),
        signed(iss="https://elsewhere.example"),
        signed(sub=None),
        signed(nbf=time.time() + 3600),
        signed(ec.generate_private_key(ec.SECP256R1())),
        signed(rsa.generate_private_key(65537, 2048), "RS256"),
        signed("a secret of thirty-two bytes or so", "HS256"),
        signed("", "none"),
        "a.b.c",
    ],
    ids=["old", "for-others", "of-others", "nobody", "too-early", "other-key", "other-kind", "secret", "none", "noise"],
)
def test_any_other_token_is_refused(token: str, oauth: Path):
    with behind_oauth(oauth) as client:
        assert ask(client, authorization=f"Bearer {token}").status_code == 401


def test_two_people_who_use_the_same_application_are_two(oauth: Path):
    with behind_oauth(oauth) as client:
        alice, bob = (Person(client, signed(sub=name), "modern") for name in ("alice", "bob"))
        drawn = alice.call("draw_picture", prompt=PROMPT, steps=2)
        assert "isError" not in drawn or not drawn["isError"]
        again = Person(client, signed(sub="alice", exp=time.time() + 90), "modern")  # the token was renewed
        lists = [p.call("history", action="list")["structuredContent"]["sessions"] for p in (alice, again, bob)]
    assert [len(found) for found in lists] == [1, 1, 0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('jwks = "http://keys.example/jwks.json"', "keys"),
        ('jwks = "missing.json"', "public keys"),
        ("jwks = 7", "jwks"),
        ('jwks = "keys.json"\nscope = "draw"', "scope"),
        ("jwks", "TOML"),
    ],
)
def test_a_mistake_in_the_oauth_file_is_a_sentence(line: str, said: str, oauth: Path):
    oauth.write_text(f'issuer = "{ISSUER}"\nresource = "{RESOURCE}"\n{line}\n')
    with pytest.raises(BadInput, match=said):
        oauth_access(oauth)


def test_an_issuer_that_is_not_private_is_refused(oauth: Path):
    oauth.write_text(oauth.read_text().replace("https://login", "http://login"))
    with pytest.raises(BadInput, match="https"):
        oauth_access(oauth)
