"""Plans, pictures, experts, resources, completions and prompts as an assistant sees them."""

from __future__ import annotations

import base64
import json
import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from edit_fixtures import install_woodcut
from mcp import Client, MCPError
from mcp_fixtures import PROMPT, Mode, called, connected, data, drawn, parts, read, refused, words
from mcp_types import BlobResourceContents, PromptReference, ResourceTemplateReference, TextContent
from PIL import Image

from mcp_server.reply import MAX_SIDE, cut
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput
from mepg_agent.scene import Box, ScenePlan

pytestmark = pytest.mark.anyio
both_modes = pytest.mark.parametrize("mode", ["auto", "legacy"])


def colliding() -> dict:
    """A plan whose boxes lie on each other and do not show its relation."""
    box = Box(x=0.3, y=0.4, width=0.4, height=0.5).model_dump()
    regions = [{"id": noun, "noun": noun, "prompt": f"a {noun}", "box": box} for noun in ("fox", "castle")]
    return {
        "prompt": PROMPT,
        "global_prompt": "a fox and a castle on a meadow",
        "background": "meadow",
        "extent": {"width": 256, "height": 256},
        "regions": regions,
        "relations": [{"subject": "fox", "kind": "left of", "object": "castle"}],
    }


def size(image: str) -> tuple[int, int]:
    with Image.open(BytesIO(base64.b64decode(image)), formats=["PNG", "JPEG"]) as picture:
        return picture.size


@both_modes
async def test_a_planned_scene_is_drawn_as_it_was_planned(mode: Mode):
    engine = FakeEngine()
    async with connected(mode, engine) as client:
        planned = await called(client, "plan_scene", prompt="a red fox left of a castle at night")
        assert engine.jobs == [] and data(await called(client, "history", action="list"))["sessions"] == []
        result = data(await called(client, "draw_picture", plan=data(planned)["plan"], steps=2))
    assert "nothing was drawn" in words(planned) and "- fox: a red fox" in words(planned) and "night" in words(planned)
    before, after = (ScenePlan.model_validate(found["plan"]) for found in (data(planned), result["drawing"]))
    assert [(r.id, r.box) for r in before.regions] == [(r.id, r.box) for r in after.regions]
    assert len(engine.jobs) == 1


async def test_a_planned_scene_tells_what_was_not_understood():
    async with connected() as client:
        result = await called(client, "plan_scene", prompt="a red fox left of a castle and a zorblax")
    assert "zorblax" in words(result) and any("zorblax" in note for note in data(result)["plan"]["notes"])


async def test_a_mended_layout_tells_its_moves_and_has_no_error_left():
    async with connected() as client:
        result = await called(client, "revise_layout", plan=colliding())
        again = await called(client, "revise_layout", plan=data(result)["plan"])
    plan = ScenePlan.model_validate(data(result)["plan"])
    assert plan.region("fox").box.cx < plan.region("castle").box.cx
    assert any(move.startswith("fox: moved left") for move in data(result)["moves"])
    assert all(move in words(result) for move in data(result)["moves"])
    assert not [r for r in data(result)["remarks"] if r["severity"] == "error"]
    assert data(again)["plan"] == data(result)["plan"] and "Nothing had to move" in words(again)


async def test_a_locked_box_stays_and_what_is_wrong_with_it_is_told():
    plan = colliding()
    for region in plan["regions"]:
        region["locked"] = True
    async with connected() as client:
        result = await called(client, "revise_layout", plan=plan)
    assert [r["box"] for r in data(result)["plan"]["regions"]] == [r["box"] for r in plan["regions"]]
    assert "Cannot be satisfied: fox left of castle." in words(result)
    assert any(r["severity"] == "error" for r in data(result)["remarks"])


async def test_a_style_that_works_while_its_region_is_not_heard_is_told(home: Path):
    install_woodcut(home)
    with (home / "experts" / "picturebook" / "woodcut" / "expert.toml").open("a", encoding="utf-8") as manifest:
        manifest.write("start = 0.6\n")
    plan = colliding()
    plan["regions"][0] |= {"expert": "woodcut", "end": 0.3}
    async with connected() as client:
        result = await called(client, "revise_layout", plan=plan)
        again = await called(client, "revise_layout", plan=data(result)["plan"])
    for found in (result, again):
        assert "its style woodcut works from 0.6 to 1." in words(found)


@pytest.mark.parametrize("tool", ["revise_layout", "draw_picture"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"regions": [{"id": "fox"}]}, "plan.regions.0.box"),
        ({"relations": [{"subject": "fox", "kind": "left of", "object": "moon"}]}, "moon"),
        ({"surprise": 1}, "plan.surprise"),
        ({"prompt": ""}, "plan.prompt"),
        ({"extent": {"width": 10**9, "height": 256}}, "plan.extent.width"),
    ],
)
async def test_a_faulty_plan_is_refused_by_its_first_mistake(tool: str, change: dict, said: str):
    engine = FakeEngine()
    async with connected(engine=engine) as client:
        assert said in await refused(client, tool, plan={**colliding(), **change})
    assert engine.jobs == []


@both_modes
async def test_a_picture_is_shown_whole_in_part_small_and_as_it_was(mode: Mode):
    async with connected(mode) as client:
        session = await drawn(client)
        await called(client, "edit_picture", session=session, instruction="make the fox blue")
        whole = await called(client, "get_picture", session=session)
        small = await called(client, "get_picture", session=session, max_side=64)
        part = await called(client, "get_picture", session=session, region="fox")
        first = await called(client, "get_picture", session=session, version=1)
    plan = ScenePlan.model_validate(data(whole)["drawing"]["plan"])
    assert size(parts(whole)[0].data) == (plan.extent.width, plan.extent.height)
    assert max(size(parts(small)[0].data)) == 64
    box = plan.region("fox").box.pixels(plan.extent)
    assert size(parts(part)[0].data) == (box.width, box.height)
    assert {parts(result)[1].uri for result in (whole, small, part)} == {data(whole)["drawing"]["picture"]}
    assert (data(first)["drawing"]["version"], data(whole)["drawing"]["version"]) == (1, 2)
    assert parts(first)[0].data != parts(whole)[0].data


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"region": "moon"}, "no region 'moon'"),
        ({"region": "../fox"}, "Regions of this picture: fox, castle"),
        ({"version": 2}, "no version 2"),
        ({"max_side": 8}, "max_side 8"),
        ({"max_side": MAX_SIDE + 1}, "max_side"),
    ],
)
async def test_what_a_picture_does_not_have_is_told(arguments: dict, said: str):
    async with connected() as client:
        assert said in await refused(client, "get_picture", session=await drawn(client), **arguments)


async def test_a_region_that_covers_no_pixel_is_told_in_a_sentence():
    plan = colliding()
    plan["relations"] = []
    plan["regions"][0] |= {"box": {"x": 1, "y": 0, "width": 1e-6, "height": 1}, "locked": True}
    async with connected() as client:
        told = await refused(client, "draw_picture", plan=plan, steps=2)
    assert told == "The region 'fox' covers no pixel of the picture. Give it a larger box."
    with pytest.raises(BadInput, match="covers no pixel"):  # of a picture that was drawn before that was refused
        cut(b"", ScenePlan.model_validate(plan), "fox")


async def test_experts_come_with_the_words_that_can_be_drawn(home: Path):
    install_woodcut(home)
    async with connected() as client:
        result = await called(client, "list_experts")
        resource = json.loads(await read(client, "mepg://experts"))
    assert data(result) == resource
    assert "woodcut" in [expert["id"] for expert in resource["experts"]] and "linocut" in words(result)
    (family,) = [family for family in resource["families"] if family["id"] == "picturebook"]
    assert "fox" in family["things"] and "meadow" in family["places"] and "night" in family["times"]
    assert "fox" in words(result) and "meadow" in words(result)


@both_modes
async def test_sessions_plans_and_the_graph_can_be_read(mode: Mode):
    async with connected(mode) as client:
        before = [resource.uri for resource in (await client.list_resources()).resources]
        session = await drawn(client)
        await called(client, "edit_picture", session=session, instruction="make the fox blue")
        listed = {resource.uri: resource for resource in (await client.list_resources()).resources}
        texts = [await read(client, uri) for uri in listed if not uri.endswith(".png")]
        (png,) = (await client.read_resource(next(uri for uri in listed if uri.endswith(".png")))).contents
        (line,) = json.loads(await read(client, "mepg://sessions"))
        one = json.loads(await read(client, f"mepg://sessions/{session}"))
        plan = ScenePlan.model_validate_json(await read(client, f"mepg://plans/{session}"))
        graph = await read(client, "mepg://graph")
    assert before == ["ui://mepg/picture.html", "mepg://sessions", "mepg://experts", "mepg://graph"]
    assert [*listed] == [*before, f"mepg://sessions/{session}", line["picture"], f"mepg://plans/{session}"]
    picture = listed[line["picture"]]
    assert (picture.name, picture.title, picture.mime_type) == (f"{session}.png", PROMPT, "image/png")
    assert png.mime_type == "image/png" and all(texts)
    assert (line["session"], line["versions"]) == (session, 2)
    assert (one["head"], [v["said"] for v in one["versions"]]) == (2, [PROMPT, "make the fox blue"])
    assert "blue" in plan.region("fox").prompt
    assert "regenerate --> verify" in graph


async def test_a_picture_can_be_had_as_webp_without_loss():
    async with connected() as client:
        session = await drawn(client)
        uri = data(await called(client, "get_picture", session=session))["drawing"]["picture"]
        (png,), (webp,) = [(await client.read_resource(name)).contents for name in (uri, uri.replace(".png", ".webp"))]
        with pytest.raises(MCPError):
            await client.read_resource(f"mepg://pictures/{'0' * 64}.webp")
    assert isinstance(png, BlobResourceContents) and isinstance(webp, BlobResourceContents)
    assert webp.mime_type == "image/webp" and (pixels(png.blob) == pixels(webp.blob)).all()


def pixels(blob: str) -> np.ndarray:
    with Image.open(BytesIO(base64.b64decode(blob)), formats=["PNG", "WEBP"]) as picture:
        return np.asarray(picture.convert("RGB"))


async def test_an_expert_can_be_read_and_completed(home: Path):
    install_woodcut(home)
    template = ResourceTemplateReference(uri="mepg://experts/{expert}")
    async with connected() as client:
        expert = json.loads(await read(client, "mepg://experts/woodcut"))
        assert await completed(client, template, "expert", "wood") == ["woodcut"]
        with pytest.raises(MCPError, match="no expert 'zorg'"):
            await read(client, "mepg://experts/zorg")
    assert (expert["title"], expert["triggers"]) == ("Woodcut", ["woodcut", "linocut"])


@pytest.mark.parametrize("session", ["fox-castle-0000", "..%2F..%2Fetc", "FOX", "%2Fetc%2Fpasswd", "%00"])
@pytest.mark.parametrize("kind", ["sessions", "plans"])
async def test_only_sessions_that_are_there_can_be_read(kind: str, session: str):
    async with connected() as client:
        await drawn(client)
        with pytest.raises(MCPError) as caught:
            await read(client, f"mepg://{kind}/{session}")
    assert "\n" not in str(caught.value)


async def completed(client: Client, ref: PromptReference | ResourceTemplateReference, name: str, value: str, **given):
    found = await client.complete(ref, {"name": name, "value": value}, context_arguments=given or None)
    return found.completion.values


async def test_sessions_styles_and_regions_are_completed(home: Path):
    install_woodcut(home)
    template, prompt = ResourceTemplateReference(uri="mepg://plans/{session}"), PromptReference(name="restyle")
    async with connected() as client:
        session = await drawn(client)
        assert await completed(client, template, "session", session[:3]) == [session]
        assert await completed(client, prompt, "session", "zzz") == []
        assert "woodcut" in await completed(client, prompt, "style", "wood")
        assert await completed(client, prompt, "region", "", session=session) == ["fox", "castle"]
        assert await completed(client, prompt, "region", "", session="../nowhere-0000") == []
        assert await completed(client, prompt, "region", "") == []


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("illustrate", {"text": "The fox waited below the castle.", "style": "woodcut"}),
        ("illustrate", {"text": "The fox waited below the castle."}),
        ("storyboard", {"story": "A fox finds a castle.", "panels": "3"}),
        ("restyle", {"session": "fox-castle-3f9a", "style": "woodcut", "region": "fox"}),
    ],
)
async def test_a_prompt_names_its_arguments_and_only_tools_that_are_there(name: str, arguments: dict[str, str]):
    async with connected() as client:
        (message,) = (await client.get_prompt(name, arguments)).messages
        listed = {prompt.name: prompt for prompt in (await client.list_prompts()).prompts}
        tools = {tool.name for tool in (await client.list_tools()).tools}
    assert isinstance(message.content, TextContent)
    assert all(value in message.content.text for value in arguments.values())
    named = set(re.findall(r"[a-z]+_[a-z]+", message.content.text)) - {"best_effort"}
    assert named and named <= tools
    assert listed[name].description and all(argument.description for argument in listed[name].arguments or ())
