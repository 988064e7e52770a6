"""The tools that start from a session: `edit_picture`, `history`."""

from __future__ import annotations

from typing import Annotated, Literal

from mcp.server.mcpserver import AcceptedElicitation, ElicitationResult, MCPServer, Resolve
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, TextContent
from pydantic import Field

from mcp_server.advice import BY_THE_PERSON
from mcp_server.apps import PICTURE
from mcp_server.calls import (
    DRAWS,
    PATIENCE,
    Ctx,
    EditRounds,
    Patience,
    Session,
    call,
    draw,
    drawings_of,
    known,
    pick_up,
)
from mcp_server.drawings import Drawings
from mcp_server.question import Heard, Said, clarified, drawn, question_of
from mcp_server.records import LISTED, SessionLine, VersionLine, lines_of, session_lines
from mcp_server.reply import Outcome, Question, after, answer, difference, drawing, shown
from mepg_agent.agent import Agent, Result
from mepg_agent.comparison import Comparison
from mepg_agent.errors import Ambiguous, BadInput
from mepg_agent.history import History
from mepg_agent.scene import MAX_PROMPT

Instruction = Annotated[
    str,
    Field(
        description='One change in plain words: "make the dog watercolor", "move the fox left", "add a red balloon top '
        'left", "remove the moon", "make it night", "undo".',
        json_schema_extra={"minLength": 1, "maxLength": MAX_PROMPT},
    ),
]
Action = Annotated[
    Literal["list", "undo", "redo", "branch", "compare", "resume"],
    Field(
        description="list: the versions, or without a session all sessions. undo, redo: one step. branch: open a line "
        "of versions by `name`, or go to one. compare: `version` with `other`. resume: finish what was stopped."
    ),
]
SessionOrNone = Annotated[str, Field(description="The session of the picture; only `list` can do without.")]
BranchName = Annotated[str, Field(description="Of the line, for branch: small letters, digits and hyphens.")]
Number = Annotated[
    int | None,
    Field(
        description="A version: where branch begins, or one side of compare; without, the one that is shown.",
        json_schema_extra={"minimum": 1},
    ),
]
Other = Annotated[
    int | None,
    Field(
        description="The other side of compare; without, the version that `version` was made from.",
        json_schema_extra={"minimum": 1},
    ),
]


class Told(Outcome):
    """What the action was about; the rest is empty."""

    sessions: tuple[SessionLine, ...] = ()
    versions: tuple[VersionLine, ...] = ()
    branches: dict[str, int] = Field(default_factory=dict)  # the lines by name, each with its newest version
    branch: str = ""  # the line that is shown
    unfinished: str | None = None  # words of a change that was begun; resume finishes it, undo drops it
    comparison: Comparison | None = None


def add_tools(server: MCPServer[Drawings]) -> None:
    server.tool(
        title="Change a picture",
        description=(
            "Change a drawn picture in plain words: restyle, recolour, move, resize, add, remove, replace, another "
            "place or time. What the words do not name keeps every byte; the proof is in the answer. The version "
            "before stays. If the words can be meant in several ways, nothing is drawn and the answer is a question: "
            "ask the person and call again."
        ),
        annotations=DRAWS,
        meta=PICTURE,
    )(edit_picture)
    server.tool(
        title="Versions of a picture",
        description=(
            "List sessions and versions, undo and redo, open and change lines of versions, compare two versions byte "
            "by byte, finish what was stopped. Nothing is ever lost by it."
        ),
        annotations=DRAWS,
    )(history)


async def edit_picture(
    session: Session,
    instruction: Instruction,
    ctx: Ctx,
    said: Annotated[ElicitationResult[Said], Resolve(clarified)],
    rounds: EditRounds = None,
    patience: Patience = PATIENCE,
) -> Annotated[CallToolResult, Outcome]:
    heard = said.data if isinstance(said, AcceptedElicitation) else Said(instruction=instruction)
    asked, reader = heard.instruction, heard.reader if isinstance(heard, Heard) else None
    await call(ctx, lambda agent: drawn(agent, session))
    try:
        return await draw(
            ctx, session, lambda agent, stop: agent.stream_edit(session, asked, rounds, stop, reader), patience
        )
    except ToolError as error:
        if not isinstance(error.__cause__, Ambiguous):
            raise
        unclear = error.__cause__
    return _open(session, await call(ctx, lambda agent: question_of(agent, session, asked, unclear)))


async def history(
    action: Action,
    ctx: Ctx,
    session: SessionOrNone = "",
    name: BranchName = "",
    version: Number = None,
    other: Other = None,
    patience: Patience = PATIENCE,
) -> Annotated[CallToolResult, Told]:
    if action == "resume":
        return await pick_up(ctx, session, patience)

    def work(agent: Agent) -> CallToolResult:
        if action == "list" and not session:
            return _sessions(agent)
        known(agent, session)
        if action == "list":
            return _versions(session, agent)
        if action == "compare":
            return _compared(session, agent, version, other)
        if action == "branch":
            return _shown(agent.branch(session, name, version))
        return _shown(agent.undo(session) if action == "undo" else agent.redo(session))

    found = await call(ctx, work)
    if action not in ("list", "compare"):
        await drawings_of(ctx).changes.touched(session)
    return found


def _open(session: str, question: Question) -> CallToolResult:
    """Nothing was done; what to ask."""
    lines = ["Nothing was changed yet: a question to the person comes first.", question.text]
    lines += [f"- {choice}" for choice in question.instructions or question.choices]
    lines.append(after("ask the person, then edit_picture with the whole instruction said anew."))
    return answer(Outcome(session=session, question=question), [TextContent(text="\n".join(lines))])


def _sessions(agent: Agent) -> CallToolResult:
    every = session_lines(agent, damaged=True)
    found = every[:LISTED]
    lines = [f"{len(every)} sessions, last touched first."]
    lines += [f"- {s.session}: {s.prompt} ({s.state})" for s in found]
    if len(found) < len(every):
        lines.append(f"The first {LISTED}; the resource mepg://sessions has all.")
    return _told(Told(sessions=found), lines, "history with one of these sessions, or get_picture to look at one.")


def _versions(session: str, agent: Agent) -> CallToolResult:
    """Also of a session whose first picture is not finished."""
    past = agent.store.history(session)
    if past is None:
        then = "history with action resume finishes it."
        if agent.store.brief(session).approve:
            how = BY_THE_PERSON.format(session)
            then = f"history with action resume finishes it, once its layout has the person's approval. {how}"
        return _told(Told(session=session), [f"The picture of {session} is not finished."], then)
    versions = lines_of(past)
    lines = [f"{len(versions)} versions of {session}; version {past.head} of '{past.branch}' is shown."]
    lines += [f"- {v.version}, from {v.parent or 'nothing'}, '{v.branch}', {v.status}: {v.said}" for v in versions]
    begun = agent.store.edit(session)
    unfinished = begun.instruction if begun is not None and begun.number > len(versions) else None
    if unfinished is not None:
        lines.append(f"Not finished: '{unfinished}'; resume finishes it, undo drops it.")
    told = Told(session=session, versions=versions, branches=past.branches, branch=past.branch, unfinished=unfinished)
    return _told(told, lines, "undo, redo, branch or compare; edit_picture goes on from the one that is shown.")


def _compared(session: str, agent: Agent, version: int | None, other: int | None) -> CallToolResult:
    past = agent.history(session)
    b = past.version(version)
    found = agent.compare(session, _other_than(b.number, b.parent, other, past), b.number)
    return _told(
        Told(session=session, comparison=found),
        [difference(found)],
        "get_picture with a version shows either of the two.",
    )


def _other_than(version: int, parent: int | None, other: int | None, past: History) -> int:
    if other is None and parent is None:
        last = len(past.versions)
        raise BadInput(f"Version {version} is the first.", f"Name another to compare it with, up to {last}.")
    return other if other is not None else parent or version


def _shown(result: Result) -> CallToolResult:
    told = Told(session=result.session, drawing=drawing(result))
    return answer(told, shown(result, f"Shown is version {result.version}."))


def _told(told: Told, lines: list[str], then: str) -> CallToolResult:
    return answer(told, [TextContent(text="\n".join([*lines, after(then)]))])
