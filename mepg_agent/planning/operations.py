"""What a small language model reads and writes for an edit: the things of the picture, and operations on them.

The picture is shown as its things from left to right, with coarse places, so that "the left one" is the first of two:

    dog 1, brown, big, at left
    umbrella 1, in oil, at top
    dog 2, small, at right, last

"big" and "small" stand where things of a noun differ in size, "last" at the thing that was added last. An answer is
one operation a line, see `Verb`. It names a thing as the picture does, "dog 2": the second of its kind from the left. A
line may be about all of a kind, "every dog", or about all others, "except dog": a small model copies names more surely
than it counts and lists.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum

from mepg_agent.planning.reading import Thing
from mepg_agent.planning.target import HUE, WORDS, decode_thing, either, encode_thing, refused, thing_pattern
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import MAX_REGIONS, Frozen, Region, RelationKind, ScenePlan


class Verb(StrEnum):
    """What an edit does. The first word of an operation line."""

    ADD = "add"  # add 1 fox, red, at left | add 1 fox left of dog 2
    REMOVE = "remove"  # remove dog 2 | remove every dog | remove except dog
    MOVE = "move"  # move dog 2 to top left | move dog 2 left | move dog 2 left of cat 1
    RESIZE = "resize"  # resize dog 2 bigger | smaller | much bigger | much smaller
    RECOLOR = "recolor"  # recolor dog 2 blue
    RESTYLE = "restyle"  # restyle dog 2 neon | restyle all neon
    REPLACE = "replace"  # replace dog 2 cat
    SWAP = "swap"  # swap fox 1 dog 2: they change places
    FRONT = "front"  # front dog 2: nearest to the viewer
    BACK = "back"
    BACKGROUND = "background"  # background forest
    TIME = "time"  # time night
    REDRAW = "redraw"  # redraw dog 2: the same words, another try
    WHICH = "which"  # which dog: the words fit several, ask
    NOTHING = "nothing"  # the instruction asks for no change of the picture


DIRECTIONS = ("left", "right", "up", "down")
SPOTS = (
    *("left", "right", "top", "bottom", "center"),
    *("top left", "top right", "bottom left", "bottom right"),
)
SCALES = ("bigger", "smaller", "much bigger", "much smaller")
ALIKE = 1.1  # areas within this factor are the same size
_ALONE = (Verb.REMOVE, Verb.FRONT, Verb.BACK, Verb.REDRAW)
_AGAIN = (Verb.ADD, Verb.MOVE, Verb.RESIZE, Verb.SWAP)  # said twice they do more than once
_GROUPED = (Verb.REMOVE, Verb.RESIZE, Verb.RECOLOR, Verb.RESTYLE)


class Operation(Frozen):
    """One change of a plan.

    `region` is the id it acts on (None: the whole picture), `value` the word it sets (colour, style, noun, place, time,
    "bigger", "left" for a shift, "to top left" for a spot, or the kind of a relation), `other` the second region of a
    relation or of a swap, `thing` what an `add` adds, `choices` the regions that a `which` asks about, all of one noun.
    `group` is how the region was named together with others, "every dog".
    """

    verb: Verb
    region: str | None = None
    value: str | None = None
    other: str | None = None
    thing: Thing | None = None
    choices: tuple[str, ...] = ()
    group: str | None = None


def in_order(plan: ScenePlan) -> list[Region]:
    """The regions as an edit numbers them: from left to right, of two in a column the upper first."""
    return sorted(plan.regions, key=lambda r: (round(r.box.cx, 2), round(r.box.cy, 2), r.id))


def encode_picture(plan: ScenePlan) -> str:
    """The picture as an edit shows it."""
    return "\n".join(_shown(name, plan.region(region), plan) for name, region in names(plan).items())


def _shown(name: str, region: Region, plan: ScenePlan) -> str:
    _, *rest = encode_thing(Thing(region.noun, color=region.color, style=region.style, spot=coarse(region))).split(", ")
    size = _relative_size(region, plan)
    last = ["last"] if region.id == plan.regions[-1].id else []
    return ", ".join([name, *rest[:-1], *([size] if size else []), rest[-1], *last])


def coarse(region: Region) -> str:
    """The part of the canvas in which the middle of the box lies, by thirds."""
    across = ("left", "", "right")[min(int(region.box.cx * 3), 2)]
    down = ("top", "", "bottom")[min(int(region.box.cy * 3), 2)]
    return f"{down} {across}".strip() or "center"


def _relative_size(region: Region, plan: ScenePlan) -> str | None:
    areas = sorted(r.box.area for r in plan.regions if r.noun == region.noun)
    if len(areas) < 2 or areas[-1] < ALIKE * areas[0]:
        return None
    return "big" if region.box.area >= areas[-1] / ALIKE else "small" if region.box.area <= areas[0] * ALIKE else None


def names(plan: ScenePlan) -> dict[str, str]:
    """What operations call the regions, "dog 1", and their ids, in the order of `in_order(plan)`."""
    counts: Counter[str] = Counter()
    found: dict[str, str] = {}
    for region in in_order(plan):
        counts[region.noun] += 1
        found[f"{region.noun} {counts[region.noun]}"] = region.id
    return found


def groups(plan: ScenePlan) -> dict[str, tuple[str, ...]]:
    """What operations call several regions together, and their ids: "every dog" where there are several, "except dog"
    where there are others."""
    kinds: dict[str, list[str]] = {}
    for region in in_order(plan):
        kinds.setdefault(region.noun, []).append(region.id)
    every = {f"every {noun}": tuple(ids) for noun, ids in kinds.items() if len(ids) > 1}
    others = {noun: tuple(r.id for r in in_order(plan) if r.noun != noun) for noun in kinds}
    return {**every, **{f"except {noun}": ids for noun, ids in others.items() if ids}}


def encode_operations(operations: Sequence[Operation], plan: ScenePlan) -> str:
    """Operation lines; regions by their `names(plan)`, those of a group by its one name."""
    name = {region: name for name, region in names(plan).items()}
    lines: list[str] = []
    told: set[str | None] = set()  # regions that the last line is about
    for op in operations:
        if op.thing is not None:
            beside = f" {op.value} {name[op.other]}" if op.value and op.other else ""
            lines.append(f"{op.verb} {encode_thing(op.thing)}{beside}")
            continue
        whole = "all" if op.verb is Verb.RESTYLE else None
        named = [op.group or (name[op.region] if op.region else whole), op.value, name[op.other] if op.other else None]
        among = [plan.region(op.choices[0]).noun] if op.choices else []
        line = " ".join(part for part in (op.verb, *named, *among) if part)
        if op.group is None or op.region in told or lines[-1:] != [line]:
            lines.append(line)
            told = set()
        told.add(op.region)
    return "\n".join(lines)


def decode_operations(text: str, plan: ScenePlan, vocabulary: Vocabulary | None) -> tuple[Operation, ...]:
    """The operations an edit text stands for, one for each region of a group. Lines that change nothing when they are
    said again count once. Raises BadInput if the text does not follow the grammar."""
    found: list[Operation] = []
    for line in text.strip("\n").split("\n"):
        read = _operations(line, plan, vocabulary)
        found += [op for op in read if op.verb in _AGAIN or op not in found]
    return tuple(found)


def _operations(line: str, plan: ScenePlan, vocabulary: Vocabulary | None) -> list[Operation]:
    verb, _, rest = line.partition(" ")
    group = _longest(groups(plan), rest) if verb in _GROUPED else None
    if group is None:
        return [_operation(line, plan, vocabulary)]
    name = {region: name for name, region in names(plan).items()}
    lines = (f"{verb} {name[region]}{rest.removeprefix(group)}" for region in groups(plan)[group])
    return [_operation(each, plan, vocabulary).model_copy(update={"group": group}) for each in lines]


def _operation(line: str, plan: ScenePlan, vocabulary: Vocabulary | None) -> Operation:
    first, _, rest = line.partition(" ")
    if first not in set(Verb):
        raise refused(f"the unknown operation '{first}'", line)
    verb = Verb(first)
    if verb is Verb.NOTHING:
        return Operation(verb=verb)
    if verb is Verb.ADD:
        return _addition(rest, plan, vocabulary)
    if verb in (Verb.BACKGROUND, Verb.TIME) and rest:
        forms = {} if vocabulary is None else vocabulary.time_forms if verb is Verb.TIME else vocabulary.place_forms
        return Operation(verb=verb, value=forms.get(rest, rest))
    if verb is Verb.WHICH:
        return Operation(verb=verb, choices=_choices(f"every {rest}", plan))
    if verb is Verb.RESTYLE and rest.startswith("all "):
        return Operation(verb=verb, value=rest.removeprefix("all "))
    region, words = _named(rest, plan)
    if verb in _ALONE and not words:
        return Operation(verb=verb, region=region)
    if verb in _ALONE or not words:
        raise refused("an incomplete operation", line)
    if verb is Verb.SWAP:
        return Operation(verb=verb, region=region, other=_last_named(words, plan))
    return _with_words(verb, region, words, plan, vocabulary)


def _with_words(verb: Verb, region: str, words: str, plan: ScenePlan, vocabulary: Vocabulary | None) -> Operation:
    if verb is Verb.MOVE and words not in DIRECTIONS and words not in {f"to {spot}" for spot in SPOTS}:
        kind = next((kind for kind in RelationKind if words.startswith(f"{kind} ")), None)
        if kind is None:
            raise refused(f"the unknown place '{words}'", words)
        return Operation(verb=verb, region=region, value=kind, other=_last_named(words[len(kind) + 1 :], plan))
    if verb is Verb.RESIZE and words not in SCALES:
        raise refused(f"the unknown size '{words}'", words)
    forms = {Verb.RECOLOR: vocabulary.color_aliases, Verb.REPLACE: vocabulary.noun_forms} if vocabulary else {}
    return Operation(verb=verb, region=region, value=forms.get(verb, {}).get(words, words))


def _addition(text: str, plan: ScenePlan, vocabulary: Vocabulary | None) -> Operation:
    endings = {f" {kind} {name}": (kind, region) for name, region in names(plan).items() for kind in RelationKind}
    beside = next((ending for ending in endings if text.endswith(ending)), "")
    kind, other = endings.get(beside, (None, None))
    thing = decode_thing(text.removesuffix(beside), None)
    noun = thing.noun or ""
    thing.noun = vocabulary.noun_forms.get(noun, noun) if vocabulary else noun
    return Operation(verb=Verb.ADD, thing=thing, value=kind, other=other)


def _named(text: str, plan: ScenePlan) -> tuple[str, str]:
    """The region that is named first and the words after it."""
    name = _longest(names(plan), text)
    if name is None:
        raise refused(f"no thing of the name '{text}'", text)
    return names(plan)[name], text[len(name) + 1 :]


def _longest(known: Iterable[str], text: str) -> str | None:
    """The name that the text begins with."""
    return max((name for name in known if f"{text} ".startswith(f"{name} ")), key=len, default=None)


def _last_named(text: str, plan: ScenePlan) -> str:
    region, rest = _named(text, plan)
    if rest:
        raise refused(f"more than a thing in '{text}'", text)
    return region


def _choices(group: str, plan: ScenePlan) -> tuple[str, ...]:
    found = groups(plan).get(group)
    if found is None:
        raise refused(f"nothing to choose from in '{group}'", group)
    return found


def edit_grammar(vocabulary: Vocabulary | None, plan: ScenePlan) -> str:
    """Regular expression of edit texts for a plan; what it matches, `decode_operations` reads."""
    every, together = list(names(plan)), list(groups(plan))
    thing, those = either(every), either([*every, *together])
    lights = either(vocabulary.times) if vocabulary else WORDS
    kinds = either(kind.value for kind in RelationKind)
    beside = f"( {kinds} {thing})?" if every else ""
    lines = [f"{Verb.ADD} {thing_pattern()}{beside}", f"{Verb.BACKGROUND} {WORDS}", f"{Verb.TIME} {lights}"]
    lines += [f"{Verb.RESTYLE} all {WORDS}", Verb.NOTHING.value]
    if every:
        lines += [f"{Verb.REMOVE} {those}", f"{either(v for v in _ALONE if v is not Verb.REMOVE)} {thing}"]
        lines += [f"{Verb.RECOLOR} {those} {HUE}", f"{Verb.RESTYLE} {those} {WORDS}", f"{Verb.REPLACE} {thing} {WORDS}"]
        where = either([*DIRECTIONS, *(f"to {spot}" for spot in SPOTS)])
        lines += [f"{Verb.RESIZE} {those} {either(SCALES)}", f"{Verb.MOVE} {thing} {where}"]
    for first in every if len(every) > 1 else ():
        other, start = either(name for name in every if name != first), re.escape(first)
        lines.append(f"({Verb.MOVE} {start} {kinds}|{Verb.SWAP} {start}) {other}")
    if several := [name.removeprefix("every ") for name in together if name.startswith("every ")]:
        lines.append(f"{Verb.WHICH} {either(several)}")
    line = f"({'|'.join(lines)})"
    return f"{line}(\n{line}){{0,{MAX_REGIONS - 1}}}"
