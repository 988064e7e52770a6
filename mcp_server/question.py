"""What an instruction leaves open, as a question to the person; through the client where it can ask one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

from mcp.server.mcpserver import Elicit
from pydantic import BaseModel, ConfigDict, Field, create_model

from mcp_server.calls import Ctx, call, known
from mcp_server.reply import Question
from mepg_agent.agent import Agent
from mepg_agent.context import Family
from mepg_agent.conversation import edit_of, one_line, step_of
from mepg_agent.errors import Ambiguous, BadInput
from mepg_agent.history import History
from mepg_agent.planning.editing import EditReader, RuleEditor, Understood
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import ScenePlan


class Once:
    """Reads the same words about the same picture once. A model takes seconds for it, and might say something else."""

    def __init__(self, reader: EditReader) -> None:
        self._reader = reader
        self._read: tuple[tuple[str, ScenePlan], Understood] | None = None

    def read(
        self, instruction: str, plan: ScenePlan, vocabulary: Vocabulary | None, styles: tuple[str, ...]
    ) -> Understood:
        if self._read is None or self._read[0] != (instruction, plan):
            self._read = (instruction, plan), self._reader.read(instruction, plan, vocabulary, styles)
        return self._read[1]


class Said(BaseModel):
    """What the person wants, in words that can be followed."""

    instruction: str


class Heard(Said):
    """Words that were found clear, and the reader that found them so."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    reader: Once


async def clarified(session: str, instruction: str, ctx: Ctx) -> Elicit[Any] | Said:
    """The instruction; where it is ambiguous and the client can ask the person, what the person says instead."""
    if not _asks(ctx):
        return Said(instruction=instruction)
    found = await call(ctx, lambda agent: _heard(agent, session, instruction))
    return found if isinstance(found, Heard) else Elicit(found.text, _form(found, instruction))


def drawn(agent: Agent, session: str) -> History:
    """The versions of a picture that can be changed. Raises BadInput where there is none yet."""
    known(agent, session)
    return agent.history(session)


def question_of(agent: Agent, session: str, instruction: str, unclear: Ambiguous) -> Question:
    """What must be known first. Which words would do is for the rules to say: a model would take seconds for each."""
    history, family = drawn(agent, session), replace(agent.family(session), editor=RuleEditor())
    said = (_said_with(instruction, choice, history, family) for choice in unclear.choices)
    return Question(text=unclear.message, choices=unclear.choices, instructions=tuple(filter(None, said)))


def _heard(agent: Agent, session: str, instruction: str) -> Heard | Question:
    """Raises BadInput for what cannot be done."""
    history, family = drawn(agent, session), agent.family(session)
    heard, begun = Heard(instruction=instruction, reader=Once(family.editor)), agent.store.edit(session)
    if step_of(instruction) or (begun is not None and begun.instruction == one_line(instruction)):
        return heard
    try:
        edit_of(instruction, history, replace(family, editor=heard.reader), rounds=0)
    except Ambiguous as unclear:
        return question_of(agent, session, instruction, unclear)
    return heard


def _said_with(instruction: str, choice: str, history: History, family: Family) -> str | None:
    """The instruction with the choice in it, if that is understood."""
    return next((words for words in _candidates(instruction, choice, history) if _clear(words, history, family)), None)


def _candidates(instruction: str, choice: str, history: History) -> Iterator[str]:
    """ "make the dog red" with "the left dog"; a choice that names no region may be all that is said, or the end."""
    regions = history.version().plan.regions
    noun = next((r.noun for r in regions if choice == r.id or choice.endswith(f" {r.noun}")), None)
    if noun is not None:
        yield re.sub(rf"\b(the |that |this )?{re.escape(noun)}\b", lambda _: choice, instruction, count=1)
    else:
        yield choice
        yield f"{instruction} {choice}"


def _clear(words: str, history: History, family: Family) -> bool:
    try:
        edit_of(words, history, family, rounds=0)
    except BadInput:
        return False
    return True


def _asks(ctx: Ctx) -> bool:
    """Whether the client can show a form. A bare `elicitation` without modes means that it can."""
    capabilities = ctx.client_capabilities
    asks = capabilities.elicitation if capabilities is not None else None
    return asks is not None and (asks.form is not None or asks.url is None)


def _form(question: Question, instruction: str) -> type[Said]:
    """A list to choose from where every choice makes an instruction, else a line to say it anew."""
    if question.instructions and len(question.instructions) == len(question.choices):
        extra: dict[str, Any] = {"enum": list(question.instructions)}
        field = Annotated[str, Field(title="Change", description=question.text, json_schema_extra=extra)]
        return create_model("Said", __base__=Said, instruction=(field, ...))
    hint = f"It may be one of these: {', '.join(question.choices)}." if question.choices else "Use other words."
    field = Annotated[str, Field(title="Change", description=f"Say the whole change anew. {hint}")]
    return create_model("Said", __base__=Said, instruction=(field, instruction))
