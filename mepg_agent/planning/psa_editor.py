"""Edits in plain words, read by the small model: instruction → operations → typed edits, or a question."""

from __future__ import annotations

from collections.abc import Iterable

from mepg_agent.planning import edits
from mepg_agent.planning.edits import PlanEdit, Spot
from mepg_agent.planning.moving import STEP
from mepg_agent.planning.operations import (
    Operation,
    Verb,
    decode_operations,
    edit_grammar,
    encode_picture,
)
from mepg_agent.planning.question import EDIT, Writes, question
from mepg_agent.planning.references import Question, told_apart
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import RelationKind, ScenePlan

FACTORS = {"bigger": 1.3, "smaller": 0.77, "much bigger": 1.6, "much smaller": 0.6}
WAYS = {"left": (-STEP, 0.0), "right": (STEP, 0.0), "up": (0.0, -STEP), "down": (0.0, STEP)}


def read_operations(
    writer: Writes, instruction: str, plan: ScenePlan, vocabulary: Vocabulary | None
) -> tuple[Operation, ...]:
    """What the instruction asks for, as the model reads it. Raises BrokenAsset if it cannot be loaded."""
    asked = question(EDIT, instruction, encode_picture(plan))
    return decode_operations(writer.write(asked, edit_grammar(vocabulary, plan)), plan, vocabulary)


def read_edit(
    writer: Writes, instruction: str, plan: ScenePlan, vocabulary: Vocabulary | None
) -> tuple[PlanEdit, ...] | Question:
    """The edits that an instruction asks for; a question where it fits several regions or cannot be drawn. None at all
    for words that ask for no change. Raises BrokenAsset if the model cannot be loaded."""
    return to_edits(read_operations(writer, instruction, plan, vocabulary), plan, vocabulary)


def to_edits(
    operations: Iterable[Operation], plan: ScenePlan, vocabulary: Vocabulary | None
) -> tuple[PlanEdit, ...] | Question:
    """The operations as typed edits of the plan, or the question that must be answered first."""
    found: list[PlanEdit] = []
    for operation in operations:
        asked = _question(operation, plan, vocabulary)
        if asked is not None:
            return asked
        found += _edits(operation, plan)
    return tuple(found)


def _question(op: Operation, plan: ScenePlan, vocabulary: Vocabulary | None) -> Question | None:
    if op.verb is Verb.WHICH:
        among = [plan.region(i) for i in op.choices]
        return Question(text=f"Which {among[0].noun}?", choices=tuple(told_apart(r, among) for r in among))
    if op.verb is Verb.REDRAW:
        return Question(text=f"Should {op.region} be drawn anew as it is? Then redraw that region.")
    if vocabulary is None:
        return None
    noun = op.thing.noun if op.thing else op.value if op.verb is Verb.REPLACE else None
    color = op.thing.color if op.thing else op.value if op.verb is Verb.RECOLOR else None
    place = op.value if op.verb is Verb.BACKGROUND else None
    for word, known, kind in (
        (noun, vocabulary.nouns, "things"),
        (color, vocabulary.colors, "colours"),
        (place, vocabulary.places, "places"),
    ):
        if word is not None and word not in known:
            return Question(text=f"'{word}' is not among the {kind} this backbone can draw. What instead?")
    return None


def _edits(op: Operation, plan: ScenePlan) -> list[PlanEdit]:
    region, value = op.region or "", op.value
    match op.verb:
        case Verb.ADD if op.thing is not None:
            return [_addition(op)] * op.thing.count
        case Verb.REMOVE:
            return [edits.Remove(region=region)]
        case Verb.MOVE:
            return [_move(op)]
        case Verb.RESIZE:
            return [edits.Resize(region=region, factor=FACTORS[value or ""])]
        case Verb.RECOLOR:
            return [edits.Recolor(region=region, color=value)]
        case Verb.RESTYLE:
            return [edits.Restyle(region=op.region, style=value)]
        case Verb.REPLACE:
            return [edits.Replace(region=region, noun=value or "")]
        case Verb.SWAP:
            a, b = plan.region(region).box, plan.region(op.other or "").box
            dx, dy = round(b.cx - a.cx, 4), round(b.bottom - a.bottom, 4)
            return [edits.Move(region=region, dx=dx, dy=dy), edits.Move(region=op.other or "", dx=-dx, dy=-dy)]
        case Verb.FRONT | Verb.BACK:
            return [edits.Reorder(region=region, to="front" if op.verb is Verb.FRONT else "back")]
        case Verb.BACKGROUND:
            return [edits.Background(place=value or "")]
        case Verb.TIME:
            return [edits.Time(time=value)]
        case _:
            return []


def _addition(op: Operation) -> edits.Add:
    thing = op.thing
    assert thing is not None
    kind = RelationKind(op.value) if op.value and op.other else None
    return edits.Add(
        noun=thing.noun or "", color=thing.color, style=thing.style, size=thing.size, spot=_spot(thing.spot),
        kind=kind, other=op.other,
    )  # fmt: skip


def _move(op: Operation) -> PlanEdit:
    region, value = op.region or "", op.value or ""
    if op.other is not None:
        return edits.Relate(region=region, kind=RelationKind(value), other=op.other)
    if value in WAYS:
        return edits.Move(region=region, dx=WAYS[value][0], dy=WAYS[value][1])
    return edits.Move(region=region, spot=_spot(value.removeprefix("to ")))


def _spot(said: str | None) -> Spot | None:
    return edits.Move.model_validate({"region": "x", "spot": said}).spot
