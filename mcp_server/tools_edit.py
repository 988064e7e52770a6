"""The tools that start from a session: `edit_picture`, `history`."""

from __future__ import annotations

from typing import Annotated, Literal

from mcp.server.mcpserver import AcceptedElicitation, ElicitationResult, MCPServer, Resolve
from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel, Field

from mcp_server.calls import DRAWS, Ctx, Session, call, follow, known, turn
from mcp_server.lazy import LazyAgent
from mcp_server.progress import Progress
from mcp_server.question import Question, Said, clarified, question_of
from mcp_server.records import SessionLine, VersionLine, lines_of, session_lines
from mcp_server.reply import Drawing, after, difference, drawing, shown
from mepg_agent.agent import Agent, Result
from mepg_agent.comparison import Comparison
from mepg_agent.errors import BadInput
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
EditRounds = Annotated[
    int | None,
    Field(
        description="Repairs at most; without, as many as the first picture was given.",
        json_schema_extra={"minimum": 0, "maximum": 20},
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


class Edited(BaseModel):
    """Either the picture with the proof of what changed, or the question that has to be answered first."""

    session: str
    question: Question | None = None
    drawing: Drawing | None = None
    proof: Comparison | None = None  # None where nothing changed


class Told(BaseModel):
    """What the action was about; the rest is empty."""

    sessions: tuple[SessionLine, ...] = ()
    versions: tuple[VersionLine, ...] = ()
    branches: dict[str, int] = {}  # the lines by name, each with its newest version
    drawing: Drawing | None = None
    comparison: Comparison | None = None


def add_tools(server: MCPServer[LazyAgent]) -> None:
    server.tool(
        title="Change a picture",
        description=(
            "Change a drawn picture in plain words: restyle, recolour, move, resize, add, remove, replace, another "
            "place or time. What the words do not name keeps every byte; the proof is in the answer. The version "
            "before stays. If the words can be meant in several ways, nothing is drawn and the answer is a question: "
            "ask the person and call again."
        ),
        annotations=DRAWS,
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
) -> Annotated[CallToolResult, Edited]:
    asked = said.data.instruction if isinstance(said, AcceptedElicitation) else instruction

    def work(agent: Agent, progress: Progress) -> CallToolResult:
        question = question_of(agent, session, asked)
        if question is not None:
            return _open(session, question)
        with turn(ctx, progress):
            before = agent.history(session).head
            result = follow(agent.stream_edit(session, asked, rounds), progress)
        proof = agent.compare(session, before, result.version) if result.version != before else None
        edited = Edited(session=session, drawing=drawing(result), proof=proof)
        text = difference(proof) if proof else f"Version {result.version} is shown, as before."
        return CallToolResult(content=shown(result, text), structured_content=edited.model_dump(mode="json"))

    return await call(ctx, work)


async def history(
    action: Action,
    ctx: Ctx,
    session: SessionOrNone = "",
    name: BranchName = "",
    version: Number = None,
    other: Other = None,
) -> Annotated[CallToolResult, Told]:
    def work(agent: Agent, progress: Progress) -> CallToolResult:
        if action == "list" and not session:
            return _sessions(agent)
        known(agent, session)
        if action == "list":
            return _versions(session, agent)
        if action == "compare":
            return _compared(session, agent, version, other)
        if action == "resume":
            with turn(ctx, progress):
                return _shown(follow(agent.resume(session), progress))
        if action == "branch":
            return _shown(agent.branch(session, name, version))
        return _shown(agent.undo(session) if action == "undo" else agent.redo(session))

    return await call(ctx, work)


def _open(session: str, question: Question) -> CallToolResult:
    """Nothing was done; what to ask."""
    lines = ["Nothing was changed yet: a question to the person comes first.", question.text]
    lines += [f"- {choice}" for choice in question.instructions or question.choices]
    lines.append(after("ask the person, then edit_picture with the whole instruction said anew."))
    edited = Edited(session=session, question=question)
    return CallToolResult(
        content=[TextContent(text="\n".join(lines))], structured_content=edited.model_dump(mode="json")
    )


def _sessions(agent: Agent) -> CallToolResult:
    found = session_lines(agent)
    lines = [f"{len(found)} sessions, last touched first."]
    lines += [f"- {s.session}: {s.prompt} ({s.state})" for s in found]
    return _told(Told(sessions=found), lines, "history with one of these sessions, or get_picture to look at one.")


def _versions(session: str, agent: Agent) -> CallToolResult:
    """Also of a session whose first picture is not finished."""
    past = agent.store.history(session)
    if past is None:
        return _told(Told(), [f"The picture of {session} is not finished."], "history with action resume finishes it.")
    versions = lines_of(past)
    lines = [f"{len(versions)} versions of {session}; version {past.head} of '{past.branch}' is shown."]
    lines += [f"- {v.version}, from {v.parent or 'nothing'}, '{v.branch}', {v.status}: {v.said}" for v in versions]
    begun = agent.store.edit(session)
    if begun is not None:
        lines.append(f"Not finished: '{begun.instruction}'; resume finishes it, undo drops it.")
    told = Told(versions=versions, branches=past.branches)
    return _told(told, lines, "undo, redo, branch or compare; edit_picture goes on from the one that is shown.")


def _compared(session: str, agent: Agent, version: int | None, other: int | None) -> CallToolResult:
    past = agent.history(session)
    b = past.version(version)
    found = agent.compare(session, _other_than(b.number, b.parent, other, past), b.number)
    return _told(Told(comparison=found), [difference(found)], "get_picture with a version shows either of the two.")


def _other_than(version: int, parent: int | None, other: int | None, past: History) -> int:
    if other is None and parent is None:
        last = len(past.versions)
        raise BadInput(f"Version {version} is the first.", f"Name another to compare it with, up to {last}.")
    return other if other is not None else parent or version


def _shown(result: Result) -> CallToolResult:
    told = Told(drawing=drawing(result))
    text = f"Shown is version {result.version}."
    return CallToolResult(content=shown(result, text), structured_content=told.model_dump(mode="json"))


def _told(told: Told, lines: list[str], then: str) -> CallToolResult:
    text = "\n".join([*lines, after(then)])
    return CallToolResult(content=[TextContent(text=text)], structured_content=told.model_dump(mode="json"))
