"""What a drawn picture looks like to an assistant: words, a small preview, a link to the full picture, and data."""

from __future__ import annotations

from io import BytesIO

from mcp.server.mcpserver import Image
from mcp_types import CallToolResult, ResourceLink, TextContent
from PIL import Image as Pictures
from pydantic import BaseModel

from mepg_agent.agent import Result
from mepg_agent.records import Status, Verdict
from mepg_agent.scene import ScenePlan

MAX_PREVIEW = 700_000  # bytes before base64: a message stays below the 1 MiB that some clients take
MAX_SIDE = 1568  # pixels; more is thrown away by the models that look at it
SAID = {
    "accepted": "Accepted: every check passed.",
    "best_effort": "Best effort: some checks failed; this is the best of what was drawn.",
    "failed": "Failed: nothing worth keeping was drawn.",
}


class Cost(BaseModel):
    seconds: dict[str, float]  # by node
    denoiser_calls: int
    rounds: int


class Drawing(BaseModel):
    """The structured part. The picture is behind `picture`, never in here."""

    session: str
    status: Status
    picture: str
    plan: ScenePlan
    verdict: Verdict
    cost: Cost


def reply(result: Result, png: bytes) -> CallToolResult:
    """`png` is the full picture."""
    uri = f"mepg://pictures/{result.render.picture}.png"
    link = ResourceLink(
        uri=uri, name=f"{result.session}.png", title="Full picture", mime_type="image/png", size=len(png)
    )
    calls = sum(render.calls for render in result.renders)
    cost = Cost(seconds=result.seconds, denoiser_calls=calls, rounds=result.rounds)
    drawing = Drawing(
        session=result.session, status=result.status, picture=uri, plan=result.plan, verdict=result.verdict, cost=cost
    )
    return CallToolResult(
        content=[TextContent(text=words(result, uri)), preview(png).to_image_content(), link],
        structured_content=drawing.model_dump(mode="json"),
    )


def words(result: Result, uri: str) -> str:
    """The outcome in sentences: what stands where, what was not confirmed, where the picture is."""
    regions = [
        f"- {r.id}: {r.prompt}, {r.style or result.plan.style or 'no style asked for'}, at {r.box}"
        for r in result.plan.regions
    ]
    failed = [
        f"- {f.region or 'picture'}: {f.check} not confirmed ({f.evidence})"
        for f in result.verdict.findings
        if not f.passed
    ]
    lines = [SAID[result.status], *failed, "In the picture (x, y, width×height as fractions):", *regions, *result.notes]
    seconds = sum(result.seconds.values())
    last = f"Session {result.session}, seed {result.render.seed}, {seconds:.1f} s. Full picture: {uri}"
    return "\n".join([*lines, last])


def preview(png: bytes) -> Image:
    """The picture itself where it is small enough, else a JPEG of at most MAX_SIDE and MAX_PREVIEW."""
    with Pictures.open(BytesIO(png), formats=["PNG"]) as picture:
        if len(png) <= MAX_PREVIEW and max(picture.size) <= MAX_SIDE:
            return Image(data=png, format="png")
        small = picture.convert("RGB")
    small.thumbnail((MAX_SIDE, MAX_SIDE))
    for quality in (90, 75, 50, 25):
        buffer = BytesIO()
        small.save(buffer, "JPEG", quality=quality)
        if buffer.tell() <= MAX_PREVIEW:
            break
    return Image(data=buffer.getvalue(), format="jpeg")
