"""What the server tells an assistant that knows nothing of it, followed to the letter."""

from __future__ import annotations

import re

import pytest
from mcp_fixtures import PROMPT, Slow, called, connected, data, set_, words
from mcp_types import ImageContent
from scripted import ScriptedVerifier
from test_mcp import TOOLS

from mcp_server.server import INSTRUCTIONS

pytestmark = pytest.mark.anyio
NO_TOOLS = {"best_effort"}  # words of answers


def test_every_tool_is_told_of_and_nothing_else_is_called_one():
    said = set(re.findall(r"[a-z]+(?:_[a-z]+)*", INSTRUCTIONS))
    assert set(TOOLS) <= said
    assert {word for word in said if "_" in word} - NO_TOOLS <= set(TOOLS)


async def test_a_layout_is_agreed_on_before_anything_is_drawn():
    async with connected() as client:
        assert "fox" in words(await called(client, "list_experts"))
        plan = data(await called(client, "plan_scene", prompt=PROMPT))["plan"]
        assert data(await called(client, "history", action="list"))["sessions"] == []
        plan["regions"][0]["box"]["y"] = 0.3
        mended = data(await called(client, "revise_layout", plan=plan))["plan"]
        drawn = data(await called(client, "draw_picture", plan=mended, steps=2))["drawing"]
    assert [region["box"] for region in drawn["plan"]["regions"]] == [region["box"] for region in mended["regions"]]


async def test_a_picture_is_changed_asked_about_and_gone_back_in():
    async with connected() as client:
        session = data(await called(client, "draw_picture", prompt="a fox left of a castle and a fox", steps=2))[
            "session"
        ]
        asked = data(await called(client, "edit_picture", session=session, instruction="make the fox blue"))["question"]
        assert asked["text"] and asked["instructions"]
        again = asked["instructions"][0]
        proof = data(await called(client, "edit_picture", session=session, instruction=again))["proof"]
        assert proof["outside_equal"] and len(proof["regions"]) == 1
        assert data(await called(client, "history", action="compare", session=session))["comparison"] == proof
        assert data(await called(client, "history", action="undo", session=session))["drawing"]["version"] == 1
        branch = {"action": "branch", "session": session, "name": "other"}
        assert data(await called(client, "history", **branch))["drawing"]["version"] == 1
        redrawn = await called(client, "draw_region", session=session, regions=[{"region": "castle"}])
        assert data(redrawn)["proof"]["regions"] == ["castle"]
        closely = await called(client, "get_picture", session=session, region="castle", version=1)
        assert any(isinstance(block, ImageContent) for block in closely.content)


async def test_a_long_drawing_is_waited_for_or_stopped():
    engine = Slow()
    async with connected(engine=engine) as client:
        handle = await called(client, "draw_picture", prompt=PROMPT, patience=0)
        session = data(handle)["session"]
        assert data(handle)["pending"]
        await set_(engine.begun)
        await called(client, "cancel", session=session)
        engine.go_on.set()
        assert data(await called(client, "wait", session=session))["drawing"]["status"] == "accepted"


async def test_a_doubtful_picture_is_told_and_the_own_verdict_counts():
    async with connected(verifier=ScriptedVerifier({"fox": (0.1,)})) as client:
        result = await called(client, "draw_picture", prompt=PROMPT, steps=2, rounds=0)
        assert data(result)["drawing"]["status"] == "best_effort" and "fox: present not confirmed" in words(result)
        verdict = [{"region": "fox", "passed": True, "evidence": "a red fox"}]
        judged = await called(client, "verify_picture", session=data(result)["session"], verdict=verdict)
    assert data(judged)["drawing"]["status"] == "accepted"
