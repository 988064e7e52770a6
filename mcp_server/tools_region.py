"""The tools that work on named regions: `draw_region`, `verify_picture`."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult
from pydantic import BaseModel, Field, PlainValidator, TypeAdapter, ValidationError

from mcp_server.apps import PICTURE
from mcp_server.calls import DRAWS, PATIENCE, Ctx, EditRounds, Patience, Session, Version, call, draw, known, mistake
from mcp_server.drawings import Begin, Drawings
from mcp_server.reply import Outcome, answer, drawing, shown
from mepg_agent.agent import Agent, Result
from mepg_agent.agent_edits import Stream
from mepg_agent.errors import BadInput
from mepg_agent.history import History
from mepg_agent.records import Check, Finding, Verdict
from mepg_agent.redrawing import Redraw
from mepg_agent.scene import RegionId, Words

T = TypeVar("T")


class Seen(BaseModel, extra="forbid"):
    """What somebody who looked at the picture says of one region."""

    region: Annotated[
        RegionId | None,
        Field(description="Its id; for gone that of the region that was taken away. Null is the whole picture."),
    ]
    check: Annotated[Check, Field(description="What was looked for.")] = Check.PRESENT
    passed: bool
    evidence: Annotated[Words, Field(max_length=300, description='What is to be seen: "the fox has no tail".')] = ""

    def finding(self, away: Sequence[str]) -> Finding:
        """As a verifier would have it. Raises BadInput for a thing gone that is none of those taken `away`."""
        found: dict[str, Any] = {**dict(self), "score": float(self.passed), "threshold": 0.5}
        if self.check is Check.GONE:
            if self.region not in away:
                advice = f"Say gone of {', '.join(away)}." if away else "Nothing was: say present of what is there."
                raise BadInput(f"{self.region or 'The whole picture'} was not taken away.", advice)
            found |= {"region": None, "was": self.region}
        return Finding(**found)


# The schemas are shown as they are; a mistake is told by its first sentence.
Regions = Annotated[
    Any,
    PlainValidator(lambda given: given, json_schema_input_type=list[Redraw]),
    Field(description="The regions to draw again, one or several, each with what should be different about it."),
]
SeenOrNone = Annotated[
    Any,
    PlainValidator(lambda given: given, json_schema_input_type=list[Seen] | None),
    Field(description="Your own verdict, having looked at the picture; without, the server's verifier looks."),
]
Repair = Annotated[
    bool,
    Field(description="Draw again what failed: regions from new seeds, and where what was taken away is still seen."),
]


def add_tools(server: MCPServer[Drawings]) -> None:
    server.tool(
        title="Draw regions again",
        description=(
            "Draw one or several regions of a picture again, by their ids: from a new seed, or with other words, "
            "another expert, place or strength. Every byte outside their boxes stays; the proof is in the answer. For "
            "changes in plain words use edit_picture."
        ),
        annotations=DRAWS,
        meta=PICTURE,
    )(draw_region)
    server.tool(
        title="Check a picture",
        description=(
            "Look at a picture region by region: is everything there, in its colour and style, in its place? The "
            "server's small verifier looks, or you hand in your own verdict after looking at the image, which counts "
            "more. With `repair` what failed is drawn again."
        ),
        annotations=DRAWS,
    )(verify_picture)


async def draw_region(
    session: Session, regions: Regions, ctx: Ctx, rounds: EditRounds = None, patience: Patience = PATIENCE
) -> Annotated[CallToolResult, Outcome]:
    def work(agent: Agent) -> list[Redraw]:
        known(agent, session)
        return _read(list[Redraw], regions, "regions")

    changes = await call(ctx, work)
    return await draw(
        ctx, session, lambda agent, stop: agent.stream_redraw(session, changes, rounds, stop=stop), patience
    )


async def verify_picture(
    session: Session,
    ctx: Ctx,
    verdict: SeenOrNone = None,
    repair: Repair = False,
    version: Version = None,
    rounds: EditRounds = None,
    patience: Patience = PATIENCE,
) -> Annotated[CallToolResult, Outcome]:
    def work(agent: Agent) -> tuple[Result, CallToolResult]:
        known(agent, session)
        if repair and version not in (None, agent.history(session).head):
            raise BadInput(f"Version {version} is not shown.", "Only the version that is shown can be repaired.")
        findings = None if verdict is None else _findings(agent.history(session), version, verdict)
        result = agent.judge(session, findings, version)
        return result, _verdict(result, repair)

    result, judged = await call(ctx, work, "looking at the picture")
    await ctx.request_context.lifespan_context.changes.touched(session)
    if not repair or not result.verdict.wrong:
        return judged
    return await draw(ctx, session, _repair(session, result.verdict, rounds), patience)


def _repair(session: str, verdict: Verdict, rounds: int | None) -> Begin:
    """New seeds for the regions that failed. What was taken away and is seen all the same is no region to draw again:
    there the ladder of repairs begins."""

    def begin(agent: Agent, stop: threading.Event) -> Stream:
        if verdict.wrong != verdict.failed:
            return agent.stream_mend(session, rounds=rounds, stop=stop)
        changes = [Redraw(region=region) for region in verdict.failed]
        return agent.stream_redraw(session, changes, rounds, stop=stop)

    return begin


def _findings(history: History, version: int | None, verdict: Any) -> list[Finding]:
    judged = history.version(version)
    here = {region.id for region in judged.plan.regions}
    past = (region.id for number in history.ancestry(judged.number) for region in history.version(number).plan.regions)
    away = [name for name in dict.fromkeys(past) if name not in here]
    return [seen.finding(away) for seen in _read(list[Seen], verdict, "verdict")]


def _verdict(result: Result, repair: bool) -> CallToolResult:
    """`repair` was asked for; that nothing comes of it is said."""
    verdict = result.verdict
    passed = sum(finding.passed for finding in verdict.findings)
    head = f"{passed} of {len(verdict.findings)} checks passed (verifier: {verdict.verifier})."
    said = [f"- {f.subject or 'picture'}: {f.check} confirmed ({f.evidence})" for f in verdict.findings if f.passed]
    if repair:
        said.append("Nothing was drawn: no check failed on a thing that can be drawn again.")
    return answer(Outcome(session=result.session, drawing=drawing(result)), shown(result, head, *said))


def _read(kind: type[T], given: Any, name: str) -> T:
    """Raises BadInput, naming the first thing that is wrong."""
    try:
        return TypeAdapter(kind).validate_python(given)
    except ValidationError as error:
        raise mistake(error, name) from error
