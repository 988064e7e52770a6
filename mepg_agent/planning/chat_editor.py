"""Edits in plain words, read by a chat model: instruction → typed edits, or a question. Off unless asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from pydantic import Field

from mepg_agent.chat_model import ChatModel, Talk
from mepg_agent.errors import BadInput
from mepg_agent.planning.chat import OPEN
from mepg_agent.planning.chat_critic import shown
from mepg_agent.planning.edits import PlanEdit, apply
from mepg_agent.planning.references import Question
from mepg_agent.portfolio import Vocabulary
from mepg_agent.prompts import load_prompt
from mepg_agent.scene import MAX_REGIONS, Frozen, ScenePlan, Words


class Changes(Frozen):
    operations: Annotated[tuple[PlanEdit, ...], Field(max_length=2 * MAX_REGIONS)] = ()
    question: Annotated[Words | None, Field(max_length=200)] = None
    choices: Annotated[tuple[Words, ...], Field(max_length=MAX_REGIONS)] = ()


class ChatEditor:
    """Asks a chat model which edits an instruction stands for; an answer that names what is not there is refused."""

    def __init__(self, model: str, prompts: Path, url: str | None = None, timeout: float = 60.0) -> None:
        """As `ChatPlanner`. Raises BadInput for a name without both parts."""
        self._model = ChatModel(model, url, timeout, "read the edit", "the editor of this machine (unset MEPG_EDITOR)")
        self._prompts = prompts

    def edits(
        self, instruction: str, plan: ScenePlan, vocabulary: Vocabulary | None, styles: tuple[str, ...]
    ) -> tuple[PlanEdit, ...] | Question:
        """Raises BrokenAsset if the model cannot be had or does not answer with edits of this picture."""
        schema = Changes.model_json_schema()
        words = vocabulary
        rules = load_prompt(self._prompts, "edit").fill(
            nouns=", ".join(words.nouns) if words else OPEN,
            places=", ".join(words.places) if words else OPEN,
            times=", ".join(words.times) if words else OPEN,
            colors=", ".join(words.colors) if words else OPEN,
            styles=", ".join(styles) or OPEN,
            schema=json.dumps(schema),
        )
        said = json.dumps({"layout": shown(plan), "instruction": instruction}, ensure_ascii=False)
        talk: Talk = [("system", rules), ("human", said)]

        def read(answer: str) -> tuple[PlanEdit, ...] | Question:
            return _checked(Changes.model_validate_json(answer), plan, vocabulary)

        return self._model.agreed(talk, schema, read, frozenset(Changes.model_fields))


def _checked(changes: Changes, plan: ScenePlan, vocabulary: Vocabulary | None) -> tuple[PlanEdit, ...] | Question:
    """Raises BadInput for a region that is not there, a word the backbone cannot draw, and what cannot be done."""
    if changes.question:
        return Question(text=changes.question, choices=changes.choices)
    ids = {region.id for region in plan.regions}
    for edit in changes.operations:
        named = (getattr(edit, "region", None), getattr(edit, "other", None))
        if any(name is not None and name not in ids for name in named):
            raise BadInput("An operation names a region that is not in the layout.", "Use the ids of the layout.")
        if vocabulary is not None and not _drawable(edit, vocabulary):
            raise BadInput("An operation names a thing, colour, place or time that cannot be drawn.", "Use the lists.")
    apply(plan, changes.operations, vocabulary)  # one may need what another took away
    return changes.operations


def _drawable(edit: PlanEdit, vocabulary: Vocabulary) -> bool:
    colors = {None, *vocabulary.colors}
    return (
        getattr(edit, "noun", next(iter(vocabulary.nouns))) in vocabulary.noun_forms
        and getattr(edit, "color", None) in colors
        and getattr(edit, "place", "plain") in {"plain", *vocabulary.places}
        and getattr(edit, "time", None) in {None, *vocabulary.times}
    )
