"""What a drawn picture looks like to an assistant: words, a small preview, a link to the full picture, and data."""

from __future__ import annotations

from io import BytesIO

from mcp.server.mcpserver import Image
from mcp_types import CallToolResult, ContentBlock, ResourceLink, TextContent
from PIL import Image as Pictures
from pydantic import BaseModel

from mepg_agent.agent import Agent, Result
from mepg_agent.comparison import Comparison
from mepg_agent.errors import BadInput
from mepg_agent.pictures import content_of
from mepg_agent.records import Status, Verdict
from mepg_agent.scene import Box, ScenePlan

MAX_PREVIEW = 700_000  # bytes before base64: a message stays below the 1 MiB that some clients take
MAX_SIDE = 1568  # pixels; more is thrown away by the models that look at it
SAID = {
    "accepted": "Accepted: every check passed.",
    "best_effort": "Best effort: not all that was asked for is confirmed; this is the best of what was drawn.",
}
NEXT = {
    "accepted": "edit_picture changes it in plain words, get_picture looks closer, history undoes and compares.",
    "best_effort": (
        "look at the picture, tell the person what failed; draw_region draws it again, edit_picture moves or enlarges "
        "it, verify_picture takes your own verdict where you see it otherwise."
    ),
}


class Cost(BaseModel):
    seconds: dict[str, float]  # by node
    denoiser_calls: float
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
    family: str  # of models; list_experts has its styles and words


class Pending(BaseModel):
    """What a drawing is at that is not finished yet."""

    doing: str
    step: int | None = None
    of: int | None = None
    ahead: int = 0  # pictures that are drawn before this one
    version: int | None = None  # that it will be
    preview: str | None = None  # a rough picture of it so far, to be read as a resource


class Question(BaseModel):
    text: str
    choices: tuple[str, ...] = ()  # what may be meant
    instructions: tuple[str, ...] = ()  # the instruction said anew, one a choice that it can be said with


class Outcome(BaseModel):
    """Of a tool that draws: the picture, with the proof of what a change left alone; or what it is at, where it is not
    finished yet; or the question that has to be answered first."""

    session: str = ""
    drawing: Drawing | None = None
    proof: Comparison | None = None  # None where nothing changed
    pending: Pending | None = None
    question: Question | None = None


def drawing(result: Result) -> Drawing:
    return Drawing(
        session=result.session,
        version=result.version,
        status=result.status,
        picture=picture_uri(result.render.picture),
        plan=result.plan,
        verdict=result.verdict,
        cost=Cost(seconds=result.seconds, denoiser_calls=result.calls, rounds=result.rounds),
        family=result.brief.backbone,
    )


def finished(agent: Agent, result: Result, before: int | None, *said: str) -> CallToolResult:
    """The answer of everything that draws. `before` is the version that was shown until then."""
    changed = before is not None and before != result.version
    proof = agent.compare(result.session, before, result.version) if before is not None and changed else None
    if before is not None and proof is not None:
        said = (*said, difference(proof), _checks(agent.result(result.session, before).verdict, result.verdict))
    elif before is not None:
        said = (*said, f"Version {result.version} is shown, as before.")
    outcome = Outcome(session=result.session, drawing=drawing(result), proof=proof)
    return answer(outcome, shown(result, *said))


def still_drawing(session: str, pending: Pending) -> CallToolResult:
    """A handle instead of a picture."""
    step = f" ({pending.step} of {pending.of})" if pending.of else ""
    lines = [
        f"The picture of {session} is not finished yet: {pending.doing}{step}. It goes on without you.",
        after(f"wait with session {session} picks it up; cancel stops it. Do not draw it anew."),
    ]
    return answer(Outcome(session=session, pending=pending), [TextContent(text="\n".join(lines))])


def answer(data: BaseModel, content: list[ContentBlock]) -> CallToolResult:
    return CallToolResult(content=content, structured_content=data.model_dump(mode="json"))


def picture_uri(sha256: str) -> str:
    return f"mepg://pictures/{sha256}.png"


def preview_uri(session: str) -> str:
    return f"mepg://previews/{session}.png"


def shown(result: Result, *said: str) -> list[ContentBlock]:
    """Words that begin with what was `said`, the preview, the link."""
    png = content_of(result.image)
    text = TextContent(text="\n".join([*said, words(result), after(NEXT[result.status])]))
    return [text, preview(png).to_image_content(), link_to(result, len(png))]


def link_to(result: Result, size: int) -> ResourceLink:
    name = f"{result.session}.png" if result.version == 1 else f"{result.session}-{result.version}.png"
    uri = picture_uri(result.render.picture)
    return ResourceLink(uri=uri, name=name, title="Full picture", mime_type="image/png", size=size)


def words(result: Result) -> str:
    """The outcome in sentences: what stands where, what was not confirmed, where the picture is."""
    failed = [
        f"- {f.subject or 'picture'}: {f.check} not confirmed ({f.evidence})"
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


def _checks(before: Verdict, now: Verdict) -> str:
    old, new = (f"{sum(f.passed for f in v.findings)} of {len(v.findings)}" for v in (before, now))
    return f"{old} checks passed before, {new} now."


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


def as_webp(png: bytes) -> bytes:
    """Without loss."""
    with Pictures.open(BytesIO(png), formats=["PNG"]) as picture:
        buffer = BytesIO()
        picture.convert("RGB").save(buffer, "WEBP", lossless=True)
    return buffer.getvalue()


def cut(png: bytes, plan: ScenePlan, region: str) -> bytes:
    """The region's part of the picture, as a PNG. Raises BadInput if there is no such region, or nothing of it."""
    box = plan.region(region).box.pixels(plan.extent)
    if not box.area:
        raise BadInput(f"The region '{region}' covers no pixel.", "Give it a larger box with draw_region, then look.")
    with Pictures.open(BytesIO(png), formats=["PNG"]) as picture:
        buffer = BytesIO()
        picture.convert("RGB").crop((box.left, box.top, box.right, box.bottom)).save(buffer, "PNG")
    return buffer.getvalue()
