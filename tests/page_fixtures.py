"""The page of the pictures in a browser, shown by a small host; its tools are those of a server in memory."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp import Client
from mcp_types import CallToolResult
from playwright.async_api import Browser, FrameLocator, Locator, Page, Route, async_playwright, expect

from mcp_server.apps import URI

HOST = Path(__file__).with_name("page_host.html")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-pings")
PATIENCE = 30_000  # milliseconds
# What the specification lets a page do that names no domain: SEP-1865, "Content Security Policy".
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "media-src 'self' data:; connect-src 'none'; frame-src 'none'; object-src 'none'; base-uri 'self'"
)


expect.set_options(timeout=PATIENCE)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=BROWSER, args=list(QUIET))
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Shown:
    """The page in its host. What it asked for from outside and what its browser complained of is kept."""

    page: Page
    client: Client
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def view(self) -> FrameLocator:
        return self.page.frame_locator("#view")

    def find(self, selector: str) -> Locator:
        return self.view.locator(selector)

    def box(self, region: str) -> Locator:
        return self.find(f'.box[data-region="{region}"]')

    async def told(self) -> list[str]:
        """What the page said to the assistant."""
        return await self.page.evaluate("said")

    async def answer(self, result: CallToolResult) -> None:
        """The host hands the answer of a tool to the page."""
        await self.page.evaluate("(result) => notify('ui/notifications/tool-result', result)", wire(result))

    async def tool(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((name, given))
        return wire(await self.client.call_tool(name, given))

    async def resource(self, uri: str) -> dict[str, Any]:
        return wire(await self.client.read_resource(uri))


def wire(value: Any) -> dict[str, Any]:
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)


@asynccontextmanager
async def shown(browser: Browser, client: Client, theme: str = "light", width: int = 760) -> AsyncIterator[Shown]:
    (document,) = (await client.read_resource(URI)).contents
    context = await browser.new_context(viewport={"width": width, "height": 900})
    page = await context.new_page()
    found = Shown(page, client)

    async def serve(route: Route) -> None:
        url = route.request.url
        if url.startswith("http://host.test/?"):
            await route.fulfill(body=HOST.read_text(encoding="utf-8"), content_type="text/html")
        elif url == "http://view.test/":
            headers = {"content-security-policy": POLICY}
            await route.fulfill(body=getattr(document, "text", ""), content_type="text/html", headers=headers)
        else:
            found.outside.append(url)
            await route.abort()

    page.on("console", lambda m: found.complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    await page.route("**/*", serve)
    await page.expose_function("tool", found.tool)
    await page.expose_function("resource", found.resource)
    await page.goto(f"http://host.test/?theme={theme}")
    await page.wait_for_function("window.initialized")
    try:
        yield found
    finally:
        await context.close()
