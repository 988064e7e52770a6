"""What a drawn picture looks like to an assistant: words, a small preview, a link to the full picture, and data."""

from __future__ import annotations

from io import BytesIO

from mcp.server.mcpserver import Image
from mcp_types import ContentBlock, ResourceLink, TextContent
from PIL import Image as Pictures
from pydantic import BaseModel

from mepg_agent.agent import Result
from mepg_agent.comparison import Comparison
from mepg_agent.records import Status, Verdict
from mepg_agent.scene import Box, ScenePlan

MAX_PREVIEW = 700_000  # bytes before base64: a message stays below the 1 MiB that some clients take
MAX_SIDE = 1568  # pixels; more is thrown away by the models that look at it
SAID = {
    "accepted": "Accepted: every check passed.",
    "best_effort": "Best effort: some checks failed; this is the best of what was drawn.",
    "failed": "Failed: nothing worth keeping was drawn.",
}
NEXT = {
    "accepted": "edit_picture changes it in plain words, get_picture looks closer, history undoes and compares.",
    "best_effort": "tell the person what failed; edit_picture can move or enlarge it, another seed can draw it anew.",
    "failed": "draw_picture with other words or another seed.",
}


class Cost(BaseModel):
    seconds: dict[str, float]  # by node
    denoiser_calls: int
    rounds: int


class Drawing(BaseModel):
    """The structured part. The picture is behind `picture`, never in here."""

    session: str
    version: int
    status: Status
    picture: str
    plan: ScenePlan
    verdict: Verdict
    cost: Cost


def drawing(result: Result) -> Drawing:
    calls = sum(render.calls for render in result.renders)
    return Drawing(
        session=result.session,
        version=result.version,
        status=result.status,
        picture=picture_uri(result.render.picture),
        plan=result.plan,
        verdict=result.verdict,
        cost=Cost(seconds=result.seconds, denoiser_calls=calls, rounds=result.rounds),
    )


def picture_uri(sha256: str) -> str:
    return f"mepg://pictures/{sha256}.png"


def shown(result: Result, *said: str) -> list[ContentBlock]:
    """Words that begin with what was `said`, the preview, the link."""
    png = result.image.read_bytes()
    text = TextContent(text="\n".join([*said, words(result), after(NEXT[result.status])]))
    return [text, preview(png).to_image_content(), link_to(result, len(png))]


def link_to(result: Result, size: int) -> ResourceLink:
    name = f"{result.session}.png" if result.version == 1 else f"{result.session}-{result.version}.png"
    uri = picture_uri(result.render.picture)
    return ResourceLink(uri=uri, name=name, title="Full picture", mime_type="image/png", size=size)


def words(result: Result) -> str:
    """The outcome in sentences: what stands where, what was not confirmed, where the picture is."""
    failed = [
        f"- {f.region or 'picture'}: {f.check} not confirmed ({f.evidence})"
        for f in result.verdict.findings
        if not f.passed
    ]
    lines = [SAID[result.status], *failed, *layout(result.plan), *result.notes]
    seconds = sum(result.seconds.values())
    last = (
        f"Session {result.session}, version {result.version}, seed {result.render.seed}, {seconds:.1f} s. "
        f"Full picture: {picture_uri(result.render.picture)}"
    )
    return "\n".join([*lines, last])


def layout(plan: ScenePlan) -> list[str]:
    """What stands where, a line a region."""
    head = "In the picture (x, y, width×height as fractions, origin top left):"
    return [
        head,
        *(f"- {r.id}: {r.prompt}, {r.style or plan.style or 'no style asked for'}, at {r.box}" for r in plan.regions),
    ]


def difference(found: Comparison) -> str:
    """What an edit, or several, changed; and that the rest is the same, where it is."""
    head = f"From version {found.a} to {found.b}"
    if not found.boxes:
        return f"{head}: no pixel differs."
    share = f"{found.changed:.1%} of the pixels differ"
    if Box.full() in found.boxes:
        return f"{head} the whole picture was drawn again; {share}."
    what = f"{head}: {', '.join(found.regions)} drawn again; {share}"
    if found.outside_equal:
        return f"{what}, and every byte outside the touched boxes is equal."
    return f"{what}, some of them outside the touched boxes."


def after(what: str) -> str:
    """The last line of every answer."""
    return f"Next: {what}"


def preview(png: bytes, max_side: int = MAX_SIDE) -> Image:
    """The picture itself where it is small enough, else a JPEG of at most `max_side` and MAX_PREVIEW."""
    with Pictures.open(BytesIO(png), formats=["PNG"]) as picture:
        if len(png) <= MAX_PREVIEW and max(picture.size) <= max_side:
            return Image(data=png, format="png")
        small = picture.convert("RGB")
    small.thumbnail((max_side, max_side))
    for quality in (90, 75, 50, 25):
        buffer = BytesIO()
        small.save(buffer, "JPEG", quality=quality)
        if buffer.tell() <= MAX_PREVIEW:
            break
    return Image(data=buffer.getvalue(), format="jpeg")


def cut(png: bytes, plan: ScenePlan, region: str) -> bytes:
    """The region's part of the picture, as a PNG. Raises BadInput if there is no such region."""
    box = plan.region(region).box.pixels(plan.extent)
    with Pictures.open(BytesIO(png), formats=["PNG"]) as picture:
        buffer = BytesIO()
        picture.convert("RGB").crop((box.left, box.top, box.right, box.bottom)).save(buffer, "PNG")
    return buffer.getvalue()
