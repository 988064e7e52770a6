"""Edit instructions with what they ask for, and whether an answer is that."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mepg_agent.planning import edits
from mepg_agent.planning.edits import PlanEdit
from mepg_agent.planning.operations import Operation, Verb, decode_operations, names
from mepg_agent.planning.psa_editor import WAYS
from mepg_agent.planning.references import Question
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import Box, Extent, Region, ScenePlan, free_id
from mepg_agent.training.psa_data import Example
from mepg_agent.training.psa_facts import style_id

CANVAS = Extent(width=512, height=512)
DOWN = {"top": 0.2, "bottom": 0.8}
Sign = tuple[str, ...]  # operation, region, value …


@dataclass(frozen=True)
class EditCase:
    """An instruction for a picture, and the operations it stands for."""

    instruction: str
    plan: ScenePlan
    wanted: tuple[Operation, ...]


def case_of(example: Example, vocabulary: Vocabulary) -> EditCase:
    """A generated example. Its picture is shown coarsely, so the boxes are of that coarseness."""
    lines = example["context"].split("\n")
    regions: list[Region] = []
    last = ""
    for index, line in enumerate(lines):
        name, *words = line.split(", ")
        noun = name.rpartition(" ")[0]
        spot = next(w[3:] for w in words if w.startswith("at "))
        side = 0.4 if "big" in words else 0.2 if "small" in words else 0.3
        box = Box.centered((index + 0.5) / len(lines), DOWN.get(spot.split(" ")[0], 0.5), side, side)
        style = next((w[3:] for w in words if w.startswith("in ")), None)
        plain = [w for w in words if w not in ("big", "small", "last") and not w.startswith(("in ", "at "))]
        regions.append(_region(noun, next(iter(plain), None), style, box, regions))
        last = regions[-1].id if "last" in words else last
    regions.sort(key=lambda r: r.id == last)
    plan = _plan(regions, "plain")
    return EditCase(example["prompt"], plan, decode_operations(example["target"], plan, vocabulary))


def read_edit_challenge(file: Path, vocabulary: Vocabulary) -> Iterator[EditCase]:
    """The hand-written instructions. Their numbers count the things of their picture as it is listed."""
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        head, *things = row["context"].split("\n")
        regions: list[Region] = []
        for thing in things:
            noun, color, _, style, numbers = (None if f == "-" else f for f in thing.partition(" ")[2].split("|"))
            cx, cy, width, height = (int((numbers or "").replace(" ", "")[i : i + 2]) / 100 for i in (0, 2, 4, 6))
            regions.append(_region(noun or "", color, style, Box.centered(cx, cy, width, height), regions))
        plan = _plan(regions, head.split("|")[0])
        yield EditCase(row["prompt"], plan, tuple(_expected(e, plan, vocabulary) for e in row["expected"]))


def _region(noun: str, color: str | None, style: str | None, box: Box, others: Sequence[Region]) -> Region:
    region_id = free_id(noun, [r.id for r in others])
    return Region(id=region_id, box=box, prompt=noun, noun=noun, color=color, style=style)


def _plan(regions: Sequence[Region], place: str) -> ScenePlan:
    return ScenePlan(
        prompt="picture", global_prompt="scene", background=place, extent=CANVAS, regions=tuple(regions), relations=()
    )


def _expected(text: str, plan: ScenePlan, vocabulary: Vocabulary) -> Operation:
    """An operation whose numbers follow the plan's own order; of an added thing noun, colour and style matter."""
    if text.startswith(f"{Verb.ADD} "):
        return _added(text.removeprefix(f"{Verb.ADD} "), plan, vocabulary)
    shown = {str(n): r.id for n, r in enumerate(plan.regions, 1)}
    name = {region: name for name, region in names(plan).items()}
    words = [name[shown[word]] if word in shown else word for word in text.split(" ")]
    return decode_operations(" ".join(words), plan, vocabulary)[0]


def _added(words: str, plan: ScenePlan, vocabulary: Vocabulary) -> Operation:
    noun = max((n for n in vocabulary.noun_forms if words == n or words.startswith(f"{n} ")), key=len)
    look = words[len(noun) :].strip()
    known = look in vocabulary.colors or look in vocabulary.color_aliases
    line = f"add 1 {noun}" + (f", {look}" if known else f", in {look}" if look else "")
    return decode_operations(line, plan, vocabulary)[0]


def signs_of_operations(operations: Sequence[Operation]) -> list[Sign]:
    """What is compared of each operation: its verb, its region, then its value."""
    return sorted(_sign(op) for op in operations)


def _sign(op: Operation) -> Sign:
    if op.thing is not None:
        return ("add", op.thing.noun or "", op.thing.color or "", style_id(op.thing.style) or "")
    if op.verb is Verb.SWAP:
        return ("swap", *sorted((op.region or "", op.other or "")))
    if op.verb is Verb.WHICH:
        return ("which",)
    value = op.value or ""
    value = style_id(value) or "" if op.verb is Verb.RESTYLE else value.removeprefix("much ")
    return tuple(part for part in (op.verb, op.region or "all", value, op.other) if part)


def signs_of_edits(found: Sequence[PlanEdit] | Question) -> list[Sign]:
    """The same of typed edits; two opposite moves are a swap. A question is one, not understood or not."""
    if isinstance(found, Question):
        return [("which",)]
    moves = [e for e in found if isinstance(e, edits.Move) and e.spot is None]
    if len(moves) == 2 and (moves[0].dx, moves[0].dy) == (-moves[1].dx, -moves[1].dy):
        others = [e for e in found if e not in moves]
        return sorted([("swap", *sorted(m.region for m in moves)), *map(_edit_sign, others)])
    return sorted(map(_edit_sign, found)) or [("nothing", "all")]


def _edit_sign(edit: PlanEdit) -> Sign:
    match edit:
        case edits.Add():
            return ("add", edit.noun, edit.color or "", style_id(edit.style) or "")
        case edits.Restyle():
            return ("restyle", edit.region or "all", style_id(edit.style) or "")
        case edits.Recolor():
            return ("recolor", edit.region, edit.color or "")
        case edits.Replace():
            return ("replace", edit.region, edit.noun)
        case edits.Move(spot=str()):
            return ("move", edit.region, f"to {edit.spot}")
        case edits.Move():
            way = max(WAYS, key=lambda w: WAYS[w][0] * edit.dx + WAYS[w][1] * edit.dy)
            return ("move", edit.region, way)
        case edits.Relate():
            return ("move", edit.region, edit.kind.value, edit.other)
        case edits.Resize():
            return ("resize", edit.region, "bigger" if edit.factor > 1 else "smaller")
        case edits.Reorder():
            return (edit.to, edit.region)
        case edits.Background():
            return ("background", "all", edit.place)
        case edits.Time():
            return ("time", "all", edit.time or "day")
        case edits.Remove():
            return ("remove", edit.region)


def right(found: Sequence[Sign], wanted: Sequence[Sign]) -> tuple[bool, bool]:
    """(operations and regions are right, their values too). Of an added thing the noun is its region."""
    return sorted(s[:2] for s in found) == sorted(s[:2] for s in wanted), list(found) == list(wanted)
