"""The page in the chat, in a browser, against a real server with an engine that needs no weights."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from edit_fixtures import install_woodcut
from mcp_fixtures import Slow, called, connected, data, drawn
from page_fixtures import BROWSER, Shown, shown
from playwright.async_api import Browser, expect
from scripted import ScriptedVerifier

from mcp_server.apps import PICTURE, URI
from mepg_agent.engine.fake import FakeEngine

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(BROWSER is None, reason="no browser: apt-get install chromium"),
]


@asynccontextmanager
async def picture(
    browser: Browser, engine: FakeEngine | None = None, verifier: ScriptedVerifier | None = None, **look: Any
) -> AsyncIterator[tuple[Shown, str]]:
    """A page that shows a picture of a fox and a castle, and its session; nothing may come from outside."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(connected(engine=engine, verifier=verifier))
        session = await drawn(client)
        page = await stack.enter_async_context(shown(browser, client, **look))
        await page.answer(await client.call_tool("get_picture", {"session": session}))
        await expect(page.find("#versions img[src]")).to_have_count(1)
        yield page, session
        assert page.outside == [] and page.complaints == []


async def plan_of(page: Shown, session: str) -> dict[str, Any]:
    """Regions by their ids, as the server has them."""
    found = data(await called(page.client, "get_picture", session=session))["drawing"]["plan"]["regions"]
    return {region["id"]: region for region in found}


async def finished(page: Shown, versions: int) -> None:
    await expect(page.find("#versions li")).to_have_count(versions)
    await expect(page.find("#progress")).to_be_hidden()


async def test_it_shows_the_picture_its_regions_and_what_failed(browser: Browser, home: Path):
    install_woodcut(home)
    async with picture(browser, verifier=ScriptedVerifier({"fox": (0.1,)})) as (page, _):
        assert await page.find("#picture").evaluate("image => image.naturalWidth") > 0
        await expect(page.find("#badge")).to_have_text("Best effort")
        assert sorted(await page.find(".box .name").all_inner_texts()) == ["castle", "fox"]
        await page.find('.chip[data-region="fox"]').click()
        await expect(page.find("#checks")).to_contain_text("not recognised")
        await expect(page.find("#prompt")).to_have_value("a red fox")
        options = await page.find("#style option").all_inner_texts()
    assert options[0] == "Like the whole picture" and "Woodcut" in options


async def test_a_region_is_changed_in_its_form_and_drawn_again(browser: Browser, home: Path):
    install_woodcut(home)
    async with picture(browser) as (page, session):
        await page.find('.chip[data-region="fox"]').click()
        await page.find("#prompt").fill("a blue fox")
        await page.find("#style").select_option("woodcut")
        await page.find("summary").click()
        await page.find("#seed").fill("7")
        await page.find("#strength").fill("1.5")
        before = await page.find("#picture").get_attribute("src")
        await page.find("#redraw").click()
        await finished(page, 2)
        fox = (await plan_of(page, session))["fox"]
        assert await page.find("#picture").get_attribute("src") != before
        await expect(page.find("#said")).to_contain_text("every byte outside the boxes is equal")
        told = await page.told()
    assert (fox["prompt"], fox["expert"], fox["seed"], fox["strength"]) == ("a blue fox", "woodcut", 7, 1.5)
    assert told == ["In the page, the person drew fox again: version 2 is shown."]


async def test_a_box_is_dragged_and_resized_with_the_pointer(browser: Browser):
    async with picture(browser) as (page, session):
        old = (await plan_of(page, session))["fox"]["box"]
        room, mouse = await page.find("#boxes").bounding_box(), page.page.mouse
        assert room is not None

        async def drag(x: float, y: float, dx: float, dy: float) -> None:
            start = (room["x"] + x * room["width"], room["y"] + y * room["height"])
            await mouse.move(*start)
            await mouse.down()
            await mouse.move(start[0] + dx * room["width"], start[1] + dy * room["height"], steps=3)
            await mouse.up()

        await drag(old["x"] + old["width"] / 2, old["y"] + old["height"] / 2, 0.0, -0.2)
        await drag(old["x"], old["y"] - 0.2, 0.1, -0.05)  # its top left corner
        await drag(old["x"] + old["width"] / 2, old["y"] - 0.1, 0.9, 0.6)  # out of the picture: it stays inside
        await page.find("#redraw").click()
        await finished(page, 2)
        box = (await plan_of(page, session))["fox"]["box"]
    assert box["x"] + box["width"] == pytest.approx(1) and box["y"] + box["height"] == pytest.approx(1)
    assert box["width"] == pytest.approx(old["width"] - 0.1, abs=0.01)
    assert box["height"] == pytest.approx(old["height"] + 0.05, abs=0.01)


async def test_everything_can_be_done_with_the_keyboard(browser: Browser):
    async with picture(browser) as (page, session):
        old, key = (await plan_of(page, session))["fox"], page.page.keyboard.press

        async def tab_to(selector: str) -> None:
            for _ in range(40):
                if await page.find(selector).evaluate("element => element === document.activeElement"):
                    return
                await key("Tab")
            raise AssertionError(f"no way to {selector} with the Tab key")

        await page.page.locator("#view").focus()
        await tab_to('.box[data-region="fox"]')
        await key("ArrowLeft")
        await key("Escape")
        await expect(page.find("#discard")).to_be_disabled()
        for _ in range(3):
            await key("ArrowUp")
            await key("Shift+ArrowDown")
        await key("Enter")
        await expect(page.find("#prompt")).to_be_focused()
        await page.page.keyboard.type("a green fox")
        await key("Enter")
        await finished(page, 2)
        new = (await plan_of(page, session))["fox"]
        await page.find("body").evaluate("body => body.ownerDocument.activeElement.blur()")
        await tab_to("#undo")
        await key("Enter")
        await expect(page.find("#versions [aria-current]")).to_have_attribute("data-version", "1")
    assert new["prompt"] == "a green fox"
    assert new["box"]["y"] == pytest.approx(old["box"]["y"] - 0.03) and new["box"]["x"] == pytest.approx(
        old["box"]["x"]
    )
    assert new["box"]["height"] == pytest.approx(old["box"]["height"] + 0.03)


async def test_several_changed_regions_are_drawn_at_once_and_discarded_ones_not(browser: Browser):
    async with picture(browser) as (page, session):
        for region, words in (("fox", "a blue fox"), ("castle", "a pink castle")):
            await page.find(f'.chip[data-region="{region}"]').click()
            await page.find("#prompt").fill(words)
        await expect(page.find("#redraw")).to_have_text("Redraw 2 regions")
        await page.find("#discard").click()
        await expect(page.find("#prompt")).to_have_value("a castle")
        await page.find("#prompt").fill("a green castle")
        await page.find("#redraw").click()
        await finished(page, 2)
        plan = await plan_of(page, session)
    assert (plan["fox"]["prompt"], plan["castle"]["prompt"]) == ("a blue fox", "a green castle")


async def test_versions_are_undone_redone_looked_at_and_gone_on_from(browser: Browser):
    async with picture(browser) as (page, session):
        await page.find('.chip[data-region="fox"]').click()
        await page.find("#redraw").click()
        await finished(page, 2)
        current = page.find("#versions [aria-current]")
        for button, version in (("#undo", "1"), ("#redo", "2")):
            await page.find(button).click()
            await expect(current).to_have_attribute("data-version", version)
        await page.find('#versions [data-version="1"]').click()
        await expect(page.find("#older")).to_be_visible()
        await expect(page.find("#form")).to_be_hidden()
        await page.find("#goon").click()
        await expect(page.find("#older")).to_be_hidden()
        await page.find('.chip[data-region="castle"]').click()
        await page.find("#redraw").click()
        await finished(page, 3)
        listed = data(await called(page.client, "history", action="list", session=session))
    assert [v["parent"] for v in listed["versions"]] == [None, 1, 1]


async def test_a_button_that_is_pressed_twice_at_once_is_pressed_once(browser: Browser):
    async with picture(browser) as (page, session):
        for region, version in (("fox", 2), ("castle", 3)):
            await page.find(f'.chip[data-region="{region}"]').click()
            await page.find("#redraw").click()
            await finished(page, version)
        await page.find("#undo").evaluate("button => { button.click(); button.click(); }")
        await expect(page.find("#versions [aria-current]")).to_have_attribute("data-version", "2")
        await page.find("#redo").click()
        await expect(page.find("#versions [aria-current]")).to_have_attribute("data-version", "3")
        listed = data(await called(page.client, "history", action="list", session=session))
    assert [v["shown"] for v in listed["versions"]] == [False, False, True]


async def test_a_drawing_is_watched_while_it_is_made(browser: Browser):
    engine = Slow(quick=1)
    async with picture(browser, engine) as (page, _):
        before = await page.find("#picture").get_attribute("src")
        await page.find('.chip[data-region="fox"]').click()
        await page.find("#redraw").click()
        await expect(page.find("#doing")).to_contain_text("of 1000000")
        await expect(page.find("#picture")).not_to_have_attribute("src", before or "")  # a preview
        await expect(page.find("#redraw")).to_be_disabled()
        engine.go_on.set()
        await finished(page, 2)


async def test_a_drawing_is_stopped_and_the_picture_is_as_it_was(browser: Browser):
    async with picture(browser, Slow(quick=1)) as (page, session):
        before = await page.find("#picture").get_attribute("src")
        await page.find('.chip[data-region="fox"]').click()
        await page.find("#redraw").click()
        await page.find("#stop").click()
        await expect(page.find("#said")).to_have_text("Stopped: the picture is as it was.")
        await finished(page, 1)
        assert await page.find("#picture").get_attribute("src") == before
        listed = data(await called(page.client, "history", action="list", session=session))
    assert listed["unfinished"] is None and len(listed["versions"]) == 1


async def test_what_the_server_refuses_is_told_and_can_be_mended(browser: Browser):
    async with picture(browser) as (page, _):
        await page.find('.chip[data-region="fox"]').click()
        await page.find("#prompt").fill("a zorblax")
        await page.find("#redraw").click()
        await expect(page.find("#said")).to_contain_text("'zorblax' cannot be drawn")
        await page.find("#prompt").fill("a green fox")
        await page.find("#redraw").click()
        await finished(page, 2)


async def test_a_page_that_was_opened_before_the_picture_is_ready_waits_for_it(browser: Browser):
    engine = Slow()
    async with connected(engine=engine) as client, shown(browser, client) as page:
        await page.page.evaluate("notify('ui/notifications/tool-input', {arguments: {prompt: 'a fox'}})")
        await expect(page.find("#title")).to_have_text("a fox")
        await expect(page.find("#progress")).to_be_visible()
        engine.jobs.append(None)  # type: ignore[arg-type] # so that the first picture is slow, too
        await page.answer(
            await client.call_tool("draw_picture", {"prompt": "a red fox left of a castle", "patience": 0})
        )
        await expect(page.find("#stop")).to_be_visible()
        engine.go_on.set()
        await finished(page, 1)
        assert page.outside == [] and page.complaints == []


@pytest.mark.parametrize("given", [{"region": "fox"}, {"max_side": 64}], ids=str)
async def test_a_page_opened_by_a_look_at_a_part_shows_the_whole_picture(browser: Browser, given: dict[str, Any]):
    async with connected() as client, shown(browser, client) as page:
        asked = {"session": await drawn(client), **given}
        await page.page.evaluate("(given) => notify('ui/notifications/tool-input', {arguments: given})", asked)
        await page.answer(await client.call_tool("get_picture", asked))
        await expect(page.find("#versions img[src]")).to_have_count(1)
        assert await page.find("#picture").evaluate("image => image.naturalWidth") == 256
        assert page.outside == [] and page.complaints == []


async def test_it_shows_why_a_picture_is_a_best_effort_where_no_region_failed(browser: Browser):
    async with picture(browser, verifier=ScriptedVerifier({"gone-fox": (0.9,)})) as (page, session):
        edited = await page.client.call_tool(
            "edit_picture", {"session": session, "instruction": "remove the fox", "rounds": 0}
        )
        await page.answer(edited)
        await finished(page, 2)
        await expect(page.find("#badge")).to_have_text("Best effort")
        await expect(page.find("#whole")).to_contain_text("fox still to be seen: where the fox was")
        await page.find('.chip[data-region="castle"]').click()
        await expect(page.find("#whole")).to_be_hidden()


async def test_a_check_of_any_kind_is_shown_on_its_region(browser: Browser):
    seen = [{"region": "fox", "check": "scene", "passed": False, "evidence": "it is dull"}]
    async with picture(browser) as (page, session):
        await page.client.call_tool("verify_picture", {"session": session, "verdict": seen})
        await page.answer(await page.client.call_tool("get_picture", {"session": session}))
        await page.find('.chip[data-region="fox"]').click()
        await expect(page.find("#checks")).to_contain_text("not as the whole sentence says: it is dull")


@pytest.mark.parametrize("strength", [0.01, 1.33, 3.0])
async def test_a_strength_that_the_slider_has_no_step_for_stays_until_it_is_moved(browser: Browser, strength: float):
    async with picture(browser) as (page, session):
        regions = [{"region": "fox", "strength": strength}]
        await page.answer(await page.client.call_tool("draw_region", {"session": session, "regions": regions}))
        await finished(page, 2)
        await page.find('.chip[data-region="fox"]').click()
        await page.find("summary").click()
        await expect(page.find("#strengthvalue")).to_have_text(f"{strength:.2f}")
        await page.find("#prompt").fill("a blue fox")
        await page.find("#redraw").click()
        await finished(page, 3)
        kept = (await plan_of(page, session))["fox"]
        await page.find("#strength").fill("2.5")
        await page.find("#redraw").click()
        await finished(page, 4)
        moved = (await plan_of(page, session))["fox"]
    assert (kept["prompt"], kept["strength"], moved["strength"]) == ("a blue fox", strength, 2.5)


async def test_what_is_changed_stays_while_an_older_version_is_looked_at(browser: Browser):
    async with picture(browser) as (page, _):
        await page.find('.chip[data-region="fox"]').click()
        await page.find("#redraw").click()
        await finished(page, 2)
        await page.find("#prompt").fill("a blue fox")
        await page.find('#versions [data-version="1"]').click()
        await expect(page.find("#older")).to_be_visible()
        await expect(page.find(".chip.changed")).to_have_count(0)
        await page.find("#newest").click()
        await expect(page.find("#older")).to_be_hidden()
        await expect(page.find("#prompt")).to_have_value("a blue fox")
        await expect(page.find(".chip.changed")).to_have_count(1)


@asynccontextmanager
async def left_unfinished(browser: Browser) -> AsyncIterator[tuple[Shown, str, Slow]]:
    """The page of a picture that was changed once; a second change was begun and stopped elsewhere."""
    engine = Slow(quick=2)
    async with picture(browser, engine) as (page, session):
        change = {"session": session, "instruction": "make the fox blue"}
        await page.client.call_tool("edit_picture", change)
        await page.client.call_tool("edit_picture", {**change, "instruction": "make the fox green", "patience": 0})
        await page.client.call_tool("cancel", {"session": session})
        await page.answer(await page.client.call_tool("get_picture", {"session": session}))
        await finished(page, 2)
        await expect(page.find("#openwords")).to_have_text("Not finished: make the fox green")
        yield page, session, engine


async def test_dropping_a_change_twice_in_a_row_drops_it_once(browser: Browser):
    async with left_unfinished(browser) as (page, session, _):
        await page.find("#drop").evaluate("button => { button.click(); button.click(); }")
        await expect(page.find("#progress")).to_be_hidden()
        await expect(page.find("#open")).to_be_hidden()
        listed = data(await called(page.client, "history", action="list", session=session))
    assert listed["unfinished"] is None and [v["shown"] for v in listed["versions"]] == [False, True]


async def test_dropping_a_change_that_ended_meanwhile_undoes_nothing(browser: Browser):
    async with left_unfinished(browser) as (page, session, engine):
        engine.go_on.set()
        await called(page.client, "wait", session=session)
        await page.find("#drop").click()
        await expect(page.find("#said")).to_have_text("The change was finished meanwhile.")
        await finished(page, 3)
        listed = data(await called(page.client, "history", action="list", session=session))
    assert [v["shown"] for v in listed["versions"]] == [False, False, True]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 760])
async def test_it_fits_its_frame_and_can_be_read_in_every_theme(browser: Browser, theme: str, width: int):
    async with picture(browser, theme=theme, width=width) as (page, _):
        await page.find('.chip[data-region="fox"]').click()
        assert await page.find("html").evaluate("root => root.scrollWidth <= innerWidth")
        low = await page.find("html").evaluate(CONTRAST)
    assert low == []


# Every text whose colour differs from what is behind it by less than WCAG 2.2 asks for (4.5 to 1), disabled ones aside.
CONTRAST = """() => {
  const parts = (color) => { const c = document.createElement("canvas").getContext("2d");
    c.fillStyle = color; c.fillRect(0, 0, 1, 1); return [...c.getImageData(0, 0, 1, 1).data]; };
  const light = (rgb) => { const [r, g, b] = rgb.map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (e) => { for (; e; e = e.parentElement) { const p = parts(getComputedStyle(e).backgroundColor);
    if (p[3] > 170) return p.slice(0, 3); } return parts(getComputedStyle(document.documentElement).backgroundColor); };
  return [...document.querySelectorAll("main *")]
    .filter((e) => e.checkVisibility() && !e.closest(":disabled") && e.tagName !== "OPTION")
    .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .map((e) => { const [a, b] = [light(parts(getComputedStyle(e).color).slice(0, 3)), light(behind(e))];
      return [e.textContent.trim(), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]; })
    .filter(([, ratio]) => ratio < 4.5);
}"""


async def test_tools_that_show_a_picture_name_the_page_and_it_names_no_domain():
    async with connected() as client:
        tools = {tool.name: (tool.meta or {}).get("ui") for tool in (await client.list_tools()).tools}
        (listed,) = [r for r in (await client.list_resources()).resources if r.uri == URI]
        (document,) = (await client.read_resource(URI)).contents
    showing = {name for name, ui in tools.items() if ui == PICTURE["ui"]}
    assert showing == {"draw_picture", "edit_picture", "draw_region", "get_picture", "wait"}
    assert listed.mime_type == document.mime_type == "text/html;profile=mcp-app"
    assert not any((document.meta or {})["ui"]["csp"].values())
