"""The page that hosts of the MCP Apps extension show in the chat: one HTML document, put together from its files.

It asks for nothing from outside: no domain is in its Content-Security-Policy, and its own one names the hash of every
script and style in it. https://modelcontextprotocol.io/community/seps/1865
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Any

from mcp.server.apps import Apps, ResourceCsp

URI = "ui://mepg/picture.html"
PICTURE: dict[str, Any] = {"ui": {"resourceUri": URI}}  # of tools whose answer the page shows
STYLES = ("page.css",)
SCRIPTS = ("host.js", "boxes.js", "panel.js", "page.js")  # in this order: each uses what those before it define


def picture_page() -> Apps:
    apps = Apps()
    apps.add_html_resource(
        URI,
        page(),
        name="picture",
        title="Picture",
        description="The picture with its regions, to be moved and drawn again.",
        csp=ResourceCsp(connect_domains=[], resource_domains=[], frame_domains=[], base_uri_domains=[]),
        prefers_border=True,
    )
    return apps


def page() -> str:
    """The document, with its styles and scripts inside. The files work as they are, too: nothing is built."""
    folder = files("mcp_server") / "page"
    html = (folder / "picture.html").read_text(encoding="utf-8")
    hashes: dict[str, list[str]] = {"style": [], "script": []}
    for kind, name in [*(("style", n) for n in STYLES), *(("script", n) for n in SCRIPTS)]:
        text = "\n" + (folder / name).read_text(encoding="utf-8")
        tag = f'<link rel="stylesheet" href="{name}">' if kind == "style" else f'<script src="{name}"></script>'
        assert tag in html, f"picture.html does not name {name}"
        html = html.replace(tag, f"<{kind}>{text}</{kind}>")
        hashes[kind].append(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'")
    policy = f"default-src 'none'; img-src data:; style-src {' '.join(hashes['style'])}; "
    policy += f"script-src {' '.join(hashes['script'])}; base-uri 'none'; form-action 'none'"
    return html.replace("<head>", f'<head>\n<meta http-equiv="Content-Security-Policy" content="{policy}">', 1)
