"""`mepg serve --print-config`: what an assistant is told starts, or reaches, this very server."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from mcp_server.auth import add_token
from mcp_server.clients import CLIENTS
from mepg_agent.cli import Door, run
from mepg_agent.cli_report import BAD_INPUT

FILES = {"claude-desktop": "mcpServers", "vscode": "servers", "cursor": "mcpServers", "generic": "mcpServers"}


def printed(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[str, str]:
    capsys.readouterr()
    assert run(["serve", *options], Door()) == 0
    said = capsys.readouterr()
    return said.out, said.err


def entry(text: str, key: str) -> dict[str, Any]:
    return json.loads(text)[key]["mepg"]


@pytest.mark.parametrize("client", CLIENTS)
def test_every_client_is_told_the_command_the_home_and_the_folder_with_whole_paths(
    client: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out, where = printed(capsys, "--print-config", client, "--folder", str(tmp_path))
    if client == "claude-code":
        words = shlex.split(out)
        assert words[:3] == ["claude", "mcp", "add"] and f"--env=MEPG_HOME={home}" in words
        command = words[words.index("--") + 1 :]
    else:
        found = entry(out, FILES[client])
        command = [found["command"], *found["args"]]
        assert found["env"] == {"MEPG_HOME": str(home), "MEPG_PLANNER": "rules"}
    assert Path(command[0]).is_absolute() and Path(command[0]).parent == Path(sys.executable).parent
    assert command[-3:] == ["serve", "--folder", str(tmp_path)]
    assert where.strip()


def test_what_the_person_set_is_told_but_no_password(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MEPG_CRITIC", "chat:openai:gpt")
    monkeypatch.setenv("MEPG_CHECKPOINTS", "postgresql://me:secret@db/mepg")
    out, said = printed(capsys, "--print-config", "generic")
    assert entry(out, "mcpServers")["env"]["MEPG_CRITIC"] == "chat:openai:gpt"
    assert "MEPG_CHECKPOINTS" in said and "secret" not in out + said


@pytest.mark.parametrize("client", [client for client in CLIENTS if client != "claude-desktop"])
def test_a_client_of_a_server_over_http_is_told_its_url_and_no_token(
    client: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    token = add_token(tmp_path / "tokens", "alice")
    known = ("--token-file", str(tmp_path / "tokens"), "--allow-host", "pictures.example")
    out, _ = printed(capsys, "--print-config", client, "--http", "0.0.0.0:8000", *known)
    assert "http://pictures.example:8000/mcp" in out and "Authorization" in out and token not in out
    out, _ = printed(capsys, "--print-config", client, "--http", ":8000")
    assert "http://127.0.0.1:8000/mcp" in out and "Authorization" not in out


def test_a_client_of_a_server_behind_oauth_is_told_its_resource_and_gets_its_token_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "keys.json").write_text('{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "%s"}]}' % ("A" * 43))
    file = tmp_path / "oauth.toml"
    file.write_text('issuer = "https://login.example"\nresource = "https://a.example/mcp"\njwks = "keys.json"\n')
    known = ("--oauth", str(file), "--allow-host", "a.example")
    out, _ = printed(capsys, "--print-config", "generic", "--http", "0.0.0.0:8000", *known)
    assert entry(out, "mcpServers") == {"type": "http", "url": "https://a.example/mcp"}


def test_who_serves_others_hears_how_a_proxy_changes_the_url(capsys: pytest.CaptureFixture[str]):
    options = ("--print-config", "generic", "--http", ":8000")
    _, alone = printed(capsys, *options)
    _, named = printed(capsys, *options, "--allow-host", "pictures.example")
    assert "Behind a proxy with TLS: https, and without :8000." in named and "proxy" not in alone


@pytest.mark.parametrize("name", ["MEPG_CRITIC", "MEPG_EDITOR"])
def test_the_key_of_a_chat_model_is_to_be_set_and_never_printed(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(name, "chat:openai:gpt")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    out, said = printed(capsys, "--print-config", "generic")
    assert "Set the key of chat:openai:gpt there, too" in said and "OPENAI_API_KEY" in said
    assert "sk-secret" not in out + said


def test_limits_and_log_level_are_a_part_of_the_command(capsys: pytest.CaptureFixture[str]):
    wishes = ("--max-side", "512", "--queue", "2", "--log-level", "error")
    out, _ = printed(capsys, "--print-config", "generic", *wishes)
    args = entry(out, "mcpServers")["args"]
    assert args[args.index("serve") + 1 :] == list(wishes)


@pytest.mark.parametrize(
    "options",
    [
        ("--token-file", "tokens"),
        ("--oauth", "oauth.toml"),
        ("--allow-host", "a"),
        ("--allow-origin", "https://a"),
        ("--rate", "9"),
        ("--grace", "9"),
    ],
    ids=lambda options: options[0],
)
def test_what_is_about_http_is_refused_on_the_standard_streams(
    options: tuple[str, str], capsys: pytest.CaptureFixture[str]
):
    assert run(["serve", *options, "--print-config", "generic"], Door()) == BAD_INPUT
    assert f"{options[0]} is about HTTP" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["nobody"], ["claude-desktop", "--http", ":8000"], ["generic", "--http", ":0"]])
def test_what_cannot_be_told_is_a_sentence(options: list[str], capsys: pytest.CaptureFixture[str]):
    assert run(["serve", "--print-config", *options], Door()) == BAD_INPUT
    assert capsys.readouterr().err.strip()
