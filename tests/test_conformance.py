"""The protocol's own tools, run against a real process: the conformance suite of two revisions, and the inspector."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from served import INSPECTOR, NO_PACKAGES, SUITE, Served, run_node, served

BURNDOWN = Path(__file__).with_name("conformance-burndown.yml")
REVISIONS = ("2025-11-25", "2026-07-28")
REQUESTS, AT_ONCE = 200, 20
PROMPT = '{"prompt": "a red fox left of a castle"}'

pytestmark = pytest.mark.skipif(not (SUITE.is_file() and INSPECTOR.is_file()), reason=NO_PACKAGES)


@pytest.fixture(scope="module")
def with_fixtures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("home"), script="conformance_server.py") as server:
        yield server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_required_scenario_passes_and_the_burn_down_file_names_the_rest(revision: str, with_fixtures: Served):
    done = run_node(SUITE, "server", "--url", with_fixtures.url, "--requirements", revision)
    summary = done.stdout.partition("=== SUMMARY ===")[2].partition("Not scored for")
    failed = set(re.findall(r"^✗ (\S+):", summary[0], re.MULTILINE))
    passed = set(re.findall(r"^✓ (\S+):", summary[0], re.MULTILINE))
    unscored = set(re.findall(r"^  [✓✗] (\S+) \(", summary[2], re.MULTILINE))
    assert len(passed - unscored) >= 28, done.stdout[-2000:]
    assert failed - unscored == set(), done.stdout[-4000:]
    assert failed == set(yaml.safe_load(BURNDOWN.read_text(encoding="utf-8"))[revision])
    assert done.returncode == 0


def inspected(url: str, *arguments: str) -> str:
    done = run_node(INSPECTOR, "--cli", url, "--transport", "http", *arguments)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_finds_nothing_wrong_with_the_tools_and_calls_one(era: str, server: Served):
    strict = inspected(server.url, "--protocol-era", era, "--method", "tools/list", "--strict")
    assert "draw_picture" in strict
    call = ("--method", "tools/call", "--tool-name", "draw_picture", "--tool-args-json", PROMPT, "--format", "json")
    drawn = json.loads(inspected(server.url, "--protocol-era", era, *call, "-q"))
    assert "Accepted" in str(drawn)


def test_two_hundred_requests_twenty_at_once_meet_no_error(server: Served):
    call = ("--method", "tools/call", "--tool-name", "plan_scene", "--tool-args-json", PROMPT, "--format", "json")
    load = ("--load", "--load-requests", str(REQUESTS), "--load-concurrency", str(AT_ONCE))
    found = json.loads(inspected(server.url, "--protocol-era", "modern", *call, *load))["result"]
    assert (found["requests"], found["ok"], found["errors"], found["toolErrors"]) == (REQUESTS, REQUESTS, 0, 0)
