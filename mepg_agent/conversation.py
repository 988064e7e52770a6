"""Words about a picture that is there, to the edit that they ask for. Pure: draws nothing, writes nothing."""

from __future__ import annotations

from string import punctuation, whitespace

from mepg_agent.context import Family
from mepg_agent.errors import Ambiguous, BadInput
from mepg_agent.history import Edit, History
from mepg_agent.planning.edits import PlanEdit, apply, changed_boxes, changed_regions
from mepg_agent.planning.lexer import BREAKS, split
from mepg_agent.planning.references import Question
from mepg_agent.printable import printable
from mepg_agent.routing import route_plan
from mepg_agent.scene import MAX_PROMPT, ScenePlan

STOPS = f"{whitespace}{punctuation}…"
UNCHANGED = "Nothing changed: the picture is like that already."
STEPS_BACK = frozenset({"undo", "undo that", "undo it", "undo this", "go back", "take that back", "take it back"})
STEPS_FORTH = frozenset({"redo", "redo that", "redo it", "redo this"})


def step_of(instruction: str) -> str | None:
    """ "undo" or "redo" for words that ask for a step through the history, None for all others."""
    words = " ".join(word for word in split(instruction) if word not in {"please", "now", *BREAKS})
    return "undo" if words in STEPS_BACK else "redo" if words in STEPS_FORTH else None


def edit_of(instruction: str, history: History, family: Family, rounds: int) -> Edit | None:
    """The change of the head that the words ask for; None where they ask for what is there already.

    Raises Ambiguous, with what can be said instead, for words that fit several things, none, or are not understood;
    BadInput for an empty or endless instruction, a change that has no room, and too many rounds.
    """
    before = history.version().plan
    found, said = _parsed(printable(instruction), before, family)
    plan, notes = route_edit(before, apply(before, found, family.vocabulary), family)
    if not changed_boxes(before, plan) and _unseen(before) == _unseen(plan):
        return None
    return history.edit(one_line(instruction), plan, rounds, notes=(*said, *notes))


def one_line(instruction: str) -> str:
    """As it is noted and shown."""
    return " ".join(printable(instruction).split())


def _parsed(instruction: str, plan: ScenePlan, family: Family) -> tuple[tuple[PlanEdit, ...], tuple[str, ...]]:
    """The edits, and what the person should know about how they were read."""
    if not instruction.strip(STOPS):
        raise BadInput("The instruction is empty.", 'Say what should change: "make the dog red".')
    if len(instruction) > MAX_PROMPT:
        raise BadInput(f"The instruction is longer than {MAX_PROMPT} characters.", "Say one change after the other.")
    found = family.editor.read(instruction, plan, family.vocabulary, family.styles)
    if isinstance(found.edits, Question):
        raise Ambiguous(found.edits.text, found.edits.choices)
    return found.edits, found.notes


def route_edit(before: ScenePlan, asked: ScenePlan, family: Family) -> tuple[ScenePlan, tuple[str, ...]]:
    """An expert for what the edit gave another style, and what gave way and why. What it left alone keeps the expert
    that it was drawn with."""
    routed, reasons = route_plan(asked, family.experts, family.looks)
    named = changed_regions(before, asked)
    plan = routed.with_regions(r for r in asked.regions if r.id not in named)
    restyled = asked.style != before.style
    said = (r.message for r in reasons if (set(r.regions) & set(named) if r.regions else restyled))
    fresh = (note for note in plan.notes if note not in before.notes)
    return (plan if restyled else plan.replaced(style=asked.style)), (*fresh, *said)


def _unseen(plan: ScenePlan) -> object:
    """What a plan says that may leave every pixel alone, yet counts when something moves later."""
    return set(plan.relations), [r.id for r in sorted(plan.regions, key=lambda r: r.z)]
