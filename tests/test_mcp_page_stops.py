"""The page in the chat: a drawing that is stopped, and a version that is gone back to, take nothing else back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from mcp_fixtures import Slow, called, data
from mcp_types import CallToolResult, ReadResourceResult
from page_fixtures import BROWSER, Shown
from playwright.async_api import Browser, expect
from test_mcp_page import finished, picture

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(BROWSER is None, reason="no browser: apt-get install chromium"),
]
STOPPED = "Stopped: the picture is as it was."
# Resolves once the page has heard an answer with this field and done with it what it does at once.
HEARD = """(_, field) => { window.heard = new Promise((done) => addEventListener("message", ({ data }) => {
  if (data.result?.[field]) setTimeout(done); })); }"""


@asynccontextmanager
async def changed_once(browser: Browser) -> AsyncIterator[tuple[Shown, str]]:
    """The page of a picture with two versions; whatever is drawn next goes on until it is stopped."""
    async with picture(browser, Slow(quick=2)) as (page, session):
        change = {"session": session, "instruction": "make the fox blue"}
        await page.answer(await page.client.call_tool("edit_picture", change))
        await finished(page, 2)
        yield page, session


async def redraw(page: Shown, region: str) -> None:
    await page.find(f'.chip[data-region="{region}"]').click()
    await page.find("#redraw").click()


async def test_a_drawing_that_is_stopped_twice_takes_no_finished_version_back(browser: Browser):
    async with changed_once(browser) as (page, session):
        await redraw(page, "fox")
        await expect(page.find("#stop")).to_be_visible()
        await page.find("#stop").evaluate("button => { button.click(); button.click(); }")
        await expect(page.find("#said")).to_have_text(STOPPED)
        await finished(page, 2)
        listed = data(await called(page.client, "history", action="list", session=session))
        asked = [given.get("action", name) for name, given in page.calls if name in ("cancel", "history")]
    assert [v["shown"] for v in listed["versions"]] == [False, True] and listed["unfinished"] is None
    assert (asked.count("cancel"), asked.count("undo")) == (1, 1)


async def test_the_next_drawing_after_a_stopped_one_can_be_stopped_too(browser: Browser):
    async with changed_once(browser) as (page, _):
        for region in ("fox", "castle"):
            await redraw(page, region)
            await page.find("#stop").click()
            await expect(page.find("#said")).to_have_text(STOPPED)
            await finished(page, 2)


async def test_redo_is_offered_only_where_the_line_that_is_shown_goes_on(browser: Browser):
    async with picture(browser) as (page, _):
        await redraw(page, "fox")
        await finished(page, 2)
        await page.find('#versions [data-version="1"]').click()
        await page.find("#goon").click()
        await expect(page.find("#older")).to_be_hidden()
        await expect(page.find("#redo")).to_be_disabled()
        await redraw(page, "castle")
        await finished(page, 3)
        current = page.find("#versions [aria-current]")
        for button, version in (("#undo", "1"), ("#redo", "3")):
            await page.find(button).click()
            await expect(current).to_have_attribute("data-version", version)


async def test_what_a_stopped_drawing_says_late_is_neither_shown_nor_told(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
):
    asked, late = anyio.Event(), anyio.Event()
    async with changed_once(browser) as (page, _):
        call = page.client.call_tool

        async def held(name: str, given: dict[str, Any]) -> CallToolResult:
            if name != "wait":
                return await call(name, given)
            asked.set()
            result = await call(name, {**given, "patience": 50})  # so that it ends with the drawing, and not before
            await late.wait()
            return result

        monkeypatch.setattr(page.client, "call_tool", held)
        await redraw(page, "fox")
        await asked.wait()
        await page.find("#stop").click()
        await expect(page.find("#said")).to_have_text(STOPPED)
        await page.find("body").evaluate(HEARD, "isError")
        late.set()
        await page.find("body").evaluate("() => window.heard")
        assert await page.find("#said").inner_text() == STOPPED
        await page.find("#undo").click()
        await page.page.wait_for_function("said.length")
        told = await page.told()
    assert told == ["In the page, the person chose undo: version 1 is shown."]


async def test_a_drawing_that_is_stopped_while_its_preview_is_fetched_is_not_taken_up_again(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
):
    asked, late = anyio.Event(), anyio.Event()
    async with changed_once(browser) as (page, _):
        read = page.client.read_resource

        async def held(uri: str) -> ReadResourceResult:
            result = await read(uri)
            asked.set()
            await late.wait()
            return result

        monkeypatch.setattr(page.client, "read_resource", held)
        await redraw(page, "fox")
        await asked.wait()
        before = len(page.calls)
        await page.find("#stop").click()
        await expect(page.find("#said")).to_have_text(STOPPED)
        await page.find("body").evaluate(HEARD, "contents")
        late.set()
        await page.find("body").evaluate("() => window.heard")
        await page.find("#undo").click()
        await expect(page.find("#versions [aria-current]")).to_have_attribute("data-version", "1")
        assert "wait" not in [name for name, _ in page.calls[before:]]
