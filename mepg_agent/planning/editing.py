"""Who reads an instruction for a picture that is there: the small model where it is at hand, else the rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from mepg_agent.errors import BadInput, Cancelled, MepgError
from mepg_agent.planning.chain import CHAT
from mepg_agent.planning.chat_editor import ChatEditor
from mepg_agent.planning.clauses import not_understood
from mepg_agent.planning.doubts import beyond, colors_left, odd_number
from mepg_agent.planning.edits import Add, Background, PlanEdit, Replace
from mepg_agent.planning.instructions import Understood, understand
from mepg_agent.planning.lexer import Piece, Tag, lexicon, wordless
from mepg_agent.planning.psa import at_hand, find_adapter, for_edits, shared_writer
from mepg_agent.planning.psa_editor import read_edit
from mepg_agent.planning.question import Writes
from mepg_agent.planning.references import Question
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import ScenePlan
from mepg_agent.settings import Settings


class EditReader(Protocol):
    """Words about a picture to edits of its plan."""

    def read(
        self, instruction: str, plan: ScenePlan, vocabulary: Vocabulary | None, styles: tuple[str, ...]
    ) -> Understood:
        """`vocabulary` and `styles` as for `Planner.plan`. Raises BadInput if it cannot read such a picture."""
        ...


class RuleEditor:
    """Reads by rules; see `instructions.understand`."""

    def read(
        self, instruction: str, plan: ScenePlan, vocabulary: Vocabulary | None, styles: tuple[str, ...]
    ) -> Understood:
        if vocabulary is None:
            raise BadInput(
                "Instructions need the small planner, or a vocabulary to be read with; this backbone has none.",
                "Install mepg-agent[psa] and its model, or draw it anew with another plan.",
            )
        return understand(instruction, plan, vocabulary, styles)


class PsaEditor:
    """Reads with the small model; the rules step in, with a note, where it fails."""

    def __init__(self, writer: Writes) -> None:
        self._writer = writer

    def read(
        self, instruction: str, plan: ScenePlan, vocabulary: Vocabulary | None, styles: tuple[str, ...]
    ) -> Understood:
        pieces = lexicon(vocabulary, styles).read(instruction)[0] if vocabulary is not None else []
        doubt = not_understood(instruction, plan) if wordless(instruction) else odd_number(pieces)
        if doubt is not None:  # a small model would take it for something
            return Understood(doubt)
        try:
            found = read_edit(self._writer, instruction, plan, vocabulary)
        except Cancelled:
            raise
        except MepgError as error:
            by_rules = RuleEditor().read(instruction, plan, vocabulary, styles)
            note = f"{error.message.removesuffix('.')}, so rules read the instruction instead."
            return Understood(by_rules.edits, (note, *by_rules.notes))
        if vocabulary is None or isinstance(found, Question):
            return Understood(found)
        absent = _absent(pieces, found, plan, vocabulary)
        return Understood(absent) if absent else Understood(found, tuple(colors_left(pieces, found)))


class OverChat:
    """Asks a chat model; the other reader steps in, with a note, where that fails."""

    def __init__(self, chat: ChatEditor, otherwise: EditReader) -> None:
        self._chat, self._otherwise = chat, otherwise

    def read(
        self, instruction: str, plan: ScenePlan, vocabulary: Vocabulary | None, styles: tuple[str, ...]
    ) -> Understood:
        try:
            return Understood(self._chat.edits(instruction, plan, vocabulary, styles))
        except Cancelled:
            raise
        except MepgError as error:
            instead = self._otherwise.read(instruction, plan, vocabulary, styles)
            note = f"{error.message.removesuffix('.')}, so this machine read the instruction instead."
            return Understood(instead.edits, (note, *instead.notes))


def choose_editor(settings: Settings) -> EditReader:
    """The chat model of the settings, if there is one, else the best reader that needs no other machine. Raises
    BadInput for a name that is none."""
    if settings.editor is not None:
        model = settings.editor.removeprefix(CHAT)
        return OverChat(
            ChatEditor(model, settings.prompts, settings.chat_url, settings.chat_timeout), _at_home(settings)
        )
    return _at_home(settings)


def _at_home(settings: Settings) -> EditReader:
    if at_hand(settings):
        return PsaEditor(shared_writer(for_edits(find_adapter(settings.experts))))
    return RuleEditor()


def _absent(pieces: list[Piece], found: Iterable[PlanEdit], plan: ScenePlan, vocabulary: Vocabulary) -> Question | None:
    """The question where the words name a thing that is neither in the picture nor brought into it: a model would take
    the nearest other one."""
    here = [vocabulary.noun_forms.get(r.noun, r.noun) for r in plan.regions]
    brought = [edit.noun for edit in found if isinstance(edit, Add | Replace)]
    text = beyond(pieces, [*here, *brought])
    if text is None and not brought and not any(isinstance(edit, Background) for edit in found):
        named = [piece.value for piece in pieces if piece.tag is Tag.NOUN]
        text = f"There is no {named[0]} in the picture. Which thing is meant?" if named else None
        text = None if {*here} & {*named} else text
    return Question(text=text, choices=tuple(r.id for r in plan.regions)) if text else None
