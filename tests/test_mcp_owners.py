"""What somebody else has is answered in the words of what never was: nobody learns that it is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp_fixtures import Slow
from test_mcp_access import META, PROMPT, Person, two_people

from mcp_server.tasks import EXTENSION

NEVER, UNDRAWN = "fox-castle-0000", "0" * 64
PAGES = ("mepg://sessions/{}", "mepg://plans/{}", "mepg://previews/{}.png")
PICTURES = ("mepg://pictures/{}.png", "mepg://pictures/{}.webp")
KNOWS_TASKS = META | {"io.modelcontextprotocol/clientCapabilities": {"extensions": {EXTENSION: {}}}}


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


def filled(schema: dict[str, Any], session: str) -> dict[str, Any]:
    """Arguments that a tool takes, with this session."""
    values = {"instruction": "make the fox blue", "action": "undo", "regions": [{"region": "fox"}], "file": "fox.png"}
    return {name: session if name == "session" else values[name] for name in schema["required"]} | {"session": session}


def check_the_same(ask: Callable[[str], dict[str, Any]], theirs: str, never: str) -> None:
    """Both are refused, and but for the name in the same words."""
    found, unknown = ask(theirs), ask(never)
    assert found.get("isError") or "error" in found
    said = json.dumps(found).replace(theirs, never).replace(theirs[:12], never[:12])
    assert said == json.dumps(unknown)


def seen(person: Person, session: str) -> str:
    """The preview of a drawing under way, once there is one."""
    while True:
        pending = person.call("wait", session=session, patience=0.1)["structuredContent"]["pending"]
        if pending["preview"]:
            return pending["preview"]


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_nothing_tells_what_somebody_else_drew_from_what_was_never_drawn(era: str, tokens: Path):
    engine = Slow(quick=1)
    with two_people(tokens, era, engine) as (alice, bob):
        listed = bob.ask("resources/list")
        drawn = alice.call("draw_picture", prompt=PROMPT, steps=2)["structuredContent"]["drawing"]
        begun = alice.call("draw_picture", prompt=PROMPT, seed=1, patience=0)["structuredContent"]["session"]
        assert alice.ask("resources/read", uri=seen(alice, begun))["contents"]

        for session in (drawn["session"], begun):
            for tool in bob.ask("tools/list")["tools"]:
                name, schema = tool["name"], {"required": [], **tool["inputSchema"]}
                if "session" in schema["properties"]:
                    check_the_same(lambda s, n=name, d=schema: bob.call(n, **filled(d, s)), session, NEVER)
            for page in PAGES:
                check_the_same(lambda s, page=page: bob.ask("resources/read", uri=page.format(s)), session, NEVER)
        digest = drawn["picture"].removeprefix("mepg://pictures/").removesuffix(".png")
        for page in PICTURES:
            assert alice.ask("resources/read", uri=page.format(digest))["contents"]
            check_the_same(lambda d, page=page: bob.ask("resources/read", uri=page.format(d)), digest, UNDRAWN)

        restyle, region = {"type": "ref/prompt", "name": "restyle"}, {"name": "region", "value": ""}
        known = {"arguments": {"session": drawn["session"]}}
        offered = [p.ask("completion/complete", ref=restyle, argument=region, context=known) for p in (alice, bob)]
        assert [found["completion"]["values"] for found in offered] == [["fox", "castle"], []]
        page, session = {"type": "ref/resource", "uri": PAGES[0].format("{session}")}, {"name": "session", "value": ""}
        offered = [p.ask("completion/complete", ref=page, argument=session) for p in (alice, bob)]
        assert [set(found["completion"]["values"]) for found in offered] == [{drawn["session"], begun}, set()]
        assert bob.call("history", action="list")["structuredContent"]["sessions"] == []
        assert bob.ask("resources/list") == listed
        assert alice.ask("resources/list") != listed
        engine.go_on.set()
        assert alice.call("wait", session=begun)["structuredContent"]["drawing"]["status"] == "accepted"


def test_a_task_of_somebody_else_is_neither_told_nor_stopped(tokens: Path):
    engine = Slow()
    with two_people(tokens, "modern", engine) as (alice, bob):

        def ask(person: Person, method: str, task: str) -> dict[str, Any]:
            return person.ask(method, taskId=task, _meta=KNOWS_TASKS)

        arguments = {"prompt": PROMPT, "patience": 0}
        task = alice.ask("tools/call", name="draw_picture", arguments=arguments, _meta=KNOWS_TASKS)["taskId"]
        session = task.partition(".")[0]
        for method in ("tasks/get", "tasks/update", "tasks/cancel"):
            check_the_same(lambda s, m=method: ask(bob, m, task.replace(session, s)), session, NEVER)
        assert ask(alice, "tasks/get", task)["status"] == "working"
        engine.go_on.set()
        assert alice.call("wait", session=session)["structuredContent"]["drawing"]["status"] == "accepted"
        assert ask(alice, "tasks/get", task)["status"] == "completed"


def test_two_people_who_draw_the_same_each_have_their_own(tokens: Path, home: Path):
    """The same bytes have the same name; that one of them has a picture gives the other one nothing."""
    with two_people(tokens, "modern") as (alice, bob):
        drawn = [p.call("draw_picture", prompt=PROMPT, steps=2, seed=4)["structuredContent"] for p in (alice, bob)]
        assert drawn[0]["drawing"]["picture"] == drawn[1]["drawing"]["picture"]
        assert drawn[0]["session"] != drawn[1]["session"]
        digest = drawn[0]["drawing"]["picture"].removeprefix("mepg://pictures/")
        assert len(list((home / "clients").glob(f"*/pictures/**/{digest}"))) == 2
        assert drawn[1]["drawing"]["cost"]["denoiser_calls"] == 2  # drawn anew: no cache tells what others have
