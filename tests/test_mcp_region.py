"""`draw_region` and `verify_picture` as an assistant sees them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from edit_fixtures import install_woodcut
from mcp import Client
from mcp_fixtures import Mode, called, connected, data, drawn, parts, refused, words
from scripted import ScriptedVerifier

from mepg_agent.engine.fake import FakeEngine

pytestmark = pytest.mark.anyio
both_modes = pytest.mark.parametrize("mode", ["auto", "legacy"])


def region(result: Any, name: str) -> dict[str, Any]:
    (found,) = [r for r in data(result)["drawing"]["plan"]["regions"] if r["id"] == name]
    return found


@both_modes
async def test_regions_are_drawn_again_with_words_expert_seed_and_strength(mode: Mode, home: Path):
    install_woodcut(home)
    fox = {"region": "fox", "prompt": "a blue fox", "expert": "woodcut", "seed": 7, "strength": 1.5}
    async with connected(mode) as client:
        session = await drawn(client)
        one = await called(client, "draw_region", session=session, regions=[fox])
        two = await called(client, "draw_region", session=session, regions=[{"region": "fox"}, {"region": "castle"}])
    found = region(one, "fox")
    assert (found["prompt"], found["expert"], found["seed"], found["strength"]) == ("a blue fox", "woodcut", 7, 1.5)
    assert data(one)["proof"]["regions"] == ["fox"] and data(one)["proof"]["outside_equal"]
    assert "every byte outside the touched boxes is equal" in words(one)
    assert data(two)["proof"]["regions"] == ["fox", "castle"] and region(two, "fox")["seed"] != 7
    assert parts(two)[1].uri == data(two)["drawing"]["picture"]


@pytest.mark.parametrize(
    ("regions", "said"),
    [
        ([], "Name the regions to draw again"),
        ([{"region": "moon"}], "no region 'moon'"),
        ([{"region": "fox", "strength": 9}], "regions.0.strength"),
        ([{"region": "fox", "seed": -1}], "regions.0.seed"),
        ([{"region": "fox", "size": 2}], "regions.0.size"),
        ([{"prompt": "a cat"}], "regions.0.region"),
        ([{"region": "../fox"}], "regions.0.region"),
        ("fox", "regions: Input should be a valid list"),
        ([{"region": "fox", "box": {"x": 0.9, "y": 0, "width": 0.5, "height": 1}}], "outside the canvas"),
    ],
)
async def test_a_region_that_cannot_be_drawn_is_told_and_nothing_changes(regions: Any, said: str):
    engine = FakeEngine()
    async with connected(engine=engine) as client:
        session = await drawn(client)
        jobs = len(engine.jobs)
        assert said in await refused(client, "draw_region", session=session, regions=regions)
        assert len(data(await called(client, "history", action="list", session=session))["versions"]) == 1
    assert len(engine.jobs) == jobs


async def test_the_servers_verifier_looks_at_any_version():
    async with connected(verifier=ScriptedVerifier({"fox": (0.1, 0.9)})) as client:
        session = data(await called(client, "draw_picture", prompt="a fox left of a castle", rounds=0))["session"]
        await called(client, "draw_region", session=session, regions=[{"region": "fox"}])
        now = await called(client, "verify_picture", session=session)
        before = await called(client, "verify_picture", session=session, version=1)
    assert data(now)["drawing"]["status"] == "accepted" and "2 of 2 checks passed" in words(now)
    assert data(before)["drawing"]["status"] == "best_effort" and "1 of 2 checks passed" in words(before)
    assert parts(before)[1].uri == data(before)["drawing"]["picture"]


@both_modes
async def test_the_assistants_own_verdict_counts_and_is_repaired(mode: Mode):
    seen = [{"region": "fox", "check": "present", "passed": False, "evidence": "it has no tail"}]
    async with connected(mode) as client:
        session = await drawn(client)
        told = await called(client, "verify_picture", session=session, verdict=seen)
        repaired = await called(client, "verify_picture", session=session, verdict=seen, repair=True)
        versions = data(await called(client, "history", action="list", session=session))["versions"]
    assert data(told)["drawing"]["status"] == "best_effort" and data(told)["drawing"]["version"] == 1
    assert "fox: present not confirmed (it has no tail)" in words(told) and "assistant" in words(told)
    assert data(repaired)["proof"]["regions"] == ["fox"] and data(repaired)["proof"]["outside_equal"]
    assert (data(repaired)["drawing"]["version"], data(repaired)["drawing"]["status"]) == (2, "accepted")
    assert "1 of 2 checks passed before, 2 of 2 now" in words(repaired)
    assert [(v["status"], v["failed"]) for v in versions] == [("best_effort", ["fox"]), ("accepted", [])]


async def test_what_a_terminal_would_obey_is_taken_out_of_an_assistants_verdict():
    seen = [{"region": "fox", "passed": False, "evidence": "\x1b]0;owned\x07no tail"}]
    async with connected() as client:
        told = await called(client, "verify_picture", session=await drawn(client), verdict=seen)
    assert "no tail" in words(told) and "\x1b" not in words(told) and "\x07" not in words(told)


async def test_where_nothing_failed_nothing_is_repaired():
    engine = FakeEngine()
    async with connected(engine=engine) as client:
        session = await drawn(client)
        jobs = len(engine.jobs)
        result = await called(client, "verify_picture", session=session, repair=True)
    assert data(result)["drawing"]["version"] == 1 and len(engine.jobs) == jobs


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"verdict": [{"region": "moon", "passed": False}]}, "no region 'moon'"),
        ({"verdict": [{"region": "fox"}]}, "verdict.0.passed"),
        ({"verdict": [{"region": "fox", "passed": False, "check": "beauty"}]}, "verdict.0.check"),
        ({"verdict": [{"region": "fox", "passed": False, "evidence": "x" * 301}]}, "verdict.0.evidence"),
        ({"version": 9}, "no version 9"),
        ({"version": 1, "repair": True}, "Only the version that is shown"),
    ],
)
async def test_a_verdict_that_is_none_is_told(arguments: dict[str, Any], said: str):
    async with connected() as client:
        session = await drawn(client)
        await called(client, "edit_picture", session=session, instruction="make the fox blue")
        assert said in await refused(client, "verify_picture", session=session, **arguments)


@asynccontextmanager
async def with_a_dog_left(engine: FakeEngine | None = None) -> AsyncIterator[tuple[Client, str]]:
    """A picture whose dog was taken away and is seen until that place is drawn once more."""
    verifier = ScriptedVerifier({"gone-dog": (0.9, 0.1)})
    async with connected(verifier=verifier, engine=engine) as client:
        session = await drawn(client, "a fox left of a dog")
        await called(client, "edit_picture", session=session, instruction="remove the dog", rounds=0)
        yield client, session


async def test_a_thing_taken_away_is_confirmed_gone_by_its_name():
    async with with_a_dog_left() as (client, session):
        before = await called(client, "verify_picture", session=session)
        said = await called(
            client, "verify_picture", session=session, verdict=[{"region": "dog", "check": "gone", "passed": True}]
        )
    assert data(before)["drawing"]["status"] == "best_effort" and "- dog: gone not confirmed" in words(before)
    assert data(said)["drawing"]["status"] == "accepted" and "- dog: gone confirmed" in words(said)
    (gone,) = [f for f in data(said)["drawing"]["verdict"]["findings"] if f["check"] == "gone"]
    assert (gone["was"], gone["region"], gone["passed"]) == ("dog", None, True)


async def test_a_thing_taken_away_that_is_still_seen_is_repaired_and_listed_until_then():
    async with with_a_dog_left() as (client, session):
        repaired = await called(client, "verify_picture", session=session, repair=True)
        versions = data(await called(client, "history", action="list", session=session))["versions"]
    assert (data(repaired)["drawing"]["version"], data(repaired)["drawing"]["status"]) == (3, "accepted")
    assert [v["failed"] for v in versions] == [[], ["dog"], []]


@pytest.mark.parametrize(("region", "who"), [("cat", "cat"), ("fox", "fox"), (None, "The whole picture")])
async def test_only_what_was_taken_away_can_be_said_to_be_gone(region: str | None, who: str):
    seen = [{"region": region, "check": "gone", "passed": True}]
    async with with_a_dog_left() as (client, session):
        said = await refused(client, "verify_picture", session=session, verdict=seen)
    assert f"{who} was not taken away. Say gone of dog." in said


async def test_a_repair_of_nothing_that_can_be_drawn_again_says_so():
    seen = [{"region": None, "check": "scene", "passed": False, "evidence": "it is dull"}]
    engine = FakeEngine()
    async with connected(engine=engine) as client:
        session = await drawn(client)
        jobs = len(engine.jobs)
        said = await called(client, "verify_picture", session=session, verdict=seen, repair=True)
    assert "Nothing was drawn: no check failed on a thing that can be drawn again" in words(said)
    assert "- picture: scene not confirmed (it is dull)" in words(said) and len(engine.jobs) == jobs
