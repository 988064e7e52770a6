"""The compact text a small language model writes instead of JSON, and its grammar.

A plan is a header line, one line a thing, one line a relation:

    meadow|night|watercolor
    fox|red|sleepy|-|3565 3030
    castle|-|-|oil|7050 5555
    1 left of 2

Header: background, time, global style. Thing: noun, colour, detail, style, then centre x and y, width and height in
percent of the canvas, two digits each, in steps of 5. `-` stands for nothing. A detail is the rest of the noun
phrase, with `~` where the noun goes when it does not come last ("~ with a scarf"). Things are numbered from 1.

An edit is one operation a line, see `Operation`. Neither is ever searched with a pattern: a text that breaks the
grammar is refused with `BadInput`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from enum import StrEnum

from mepg_agent.english import article
from mepg_agent.errors import BadInput
from mepg_agent.planning.layout import stacked
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import MAX_REGIONS, Box, Extent, Frozen, Region, Relation, RelationKind, ScenePlan, free_id

NONE = "-"
FIELDS = 5
STEP = 5  # percent of the canvas
ADVICE = "Ask the model again, or use the rule planner (--planner rules)."


class Verb(StrEnum):
    """What an edit does. The first word of an operation line."""

    ADD = "add"  # add <thing line>
    REMOVE = "remove"  # remove 2
    MOVE = "move"  # move 2 to top left | move 2 left | move 2 left of 3
    RESIZE = "resize"  # resize 2 bigger | smaller | much bigger | much smaller
    RECOLOR = "recolor"  # recolor 2 blue
    RESTYLE = "restyle"  # restyle 2 neon | restyle all neon
    REPLACE = "replace"  # replace 2 cat
    SWAP = "swap"  # swap 1 2: they change places
    FRONT = "front"  # front 2: nearest to the viewer
    BACK = "back"
    BACKGROUND = "background"  # background forest
    TIME = "time"  # time night
    REDRAW = "redraw"  # redraw 2: the same words, another try
    NOTHING = "nothing"  # the instruction asks for no change of the picture


DIRECTIONS = ("left", "right", "up", "down")
SPOTS = (
    *("left", "right", "top", "bottom", "center"),
    *("top left", "top right", "bottom left", "bottom right"),
)
SCALES = ("bigger", "smaller", "much bigger", "much smaller")
_NUMBERED = {Verb.REMOVE, Verb.FRONT, Verb.BACK, Verb.REDRAW}
_WITH_WORDS = {Verb.RECOLOR, Verb.RESTYLE, Verb.REPLACE, Verb.RESIZE, Verb.MOVE}


class Operation(Frozen):
    """One change of a plan.

    `region` is the id it acts on (None: the whole picture), `value` the word it sets (colour, style, noun, place, time,
    "bigger", "left" for a shift, "to top left" for a spot, or the kind of a relation), `other` the second region of a
    relation or of a swap, `thing` the new region of an `add`.
    """

    verb: Verb
    region: str | None = None
    value: str | None = None
    other: str | None = None
    thing: Region | None = None


def encode(plan: ScenePlan) -> str:
    """The target text of a plan. Boxes are rounded to 5% of the canvas; the rest of what the text can say is exact."""
    number = {region.id: index for index, region in enumerate(plan.regions, 1)}
    lines = [f"{_word(plan.background)}|{_word(plan.time)}|{_word(plan.style)}"]
    lines += [encode_thing(region) for region in plan.regions]
    lines += [f"{number[r.subject]} {r.kind} {number[r.object]}" for r in plan.relations]
    return "\n".join(lines)


def encode_thing(region: Region) -> str:
    box = region.box
    numbers = (
        "".join(_percent(v) for v in (box.cx, box.cy)) + " " + "".join(_percent(v) for v in (box.width, box.height))
    )
    return "|".join((region.noun, _word(region.color), _word(detail_of(region)), _word(region.style), numbers))


def encode_numbered(plan: ScenePlan) -> str:
    """The plan as context of an edit: header and things with their numbers, no relations."""
    lines = encode(plan).split("\n")[: len(plan.regions) + 1]
    return "\n".join([lines[0], *(f"{index} {line}" for index, line in enumerate(lines[1:], 1))])


def detail_of(region: Region) -> str | None:
    """What the region's prompt says beside article, colour and noun: "a sleepy red fox" has the detail "sleepy"."""
    words = region.prompt.split()
    if words and words[0] in ("a", "an", "the", "some"):
        words = words[1:]
    noun = region.noun.split()
    spots = [i for i in range(len(words)) if words[i : i + len(noun)] == noun]
    if not spots:
        return None
    before, after = words[: spots[0]], words[spots[0] + len(noun) :]
    if region.color is not None and before[-1:] == [region.color]:
        before = before[:-1]
    return " ".join([*before, *(["~", *after] if after else [])]) or None


def phrase(noun: str, color: str | None, detail: str | None) -> str:
    """ "fox", "red", "sleepy" -> "a sleepy red fox"."""
    pattern = detail if detail and "~" in detail.split() else f"{detail or ''} ~"
    named = f"{color} {noun}" if color else noun
    words = " ".join(pattern.replace("~", named, 1).split())
    return article(words)


def decode(text: str, prompt: str, vocabulary: Vocabulary | None, extent: Extent) -> ScenePlan:
    """The plan a target text stands for. With a vocabulary, its spellings are mapped to its own words ("puppy" to
    "dog"); other words are kept as they are, for the critic. Boxes are meant for a square canvas: on another extent
    things keep their proportions, not their fractions. Depth follows from the relations and from what stands where.

    Raises BadInput if the text does not follow the grammar.
    """
    lines = text.strip("\n").split("\n")
    background, time, style = _fields(lines[0], 3)
    things = [line for line in lines[1:] if "|" in line]
    relations = lines[1 + len(things) :]
    if lines[1 : 1 + len(things)] != things:
        raise _refused("a relation before the last thing", text)
    if len(things) > MAX_REGIONS:
        raise _refused(f"more than {MAX_REGIONS} things", text)
    regions: list[Region] = []
    for line in things:
        regions.append(decode_thing(line, vocabulary, extent, [r.id for r in regions]))
    links = tuple(_relation(line, regions) for line in relations)
    place = _canonical(background, vocabulary.place_forms if vocabulary else {}) or "plain"
    light = _canonical(time, vocabulary.time_forms if vocabulary else {})
    light = None if light == "day" else light
    plan = ScenePlan(
        prompt=prompt,
        global_prompt=scene_words(regions, place, light),
        background=place,
        time=light,
        style=_text(style),
        extent=extent,
        regions=tuple(regions),
        relations=links,
        planner="psa",
    )
    return stacked(plan, vocabulary)


def decode_thing(line: str, vocabulary: Vocabulary | None, extent: Extent, taken: Iterable[str]) -> Region:
    """One region of a thing line; `taken` are the ids in use."""
    noun, color, detail, style, numbers = _fields(line, FIELDS)
    noun = _canonical(noun, vocabulary.noun_forms if vocabulary else {})
    if noun is None:
        raise _refused("a thing without a noun", line)
    color = _canonical(color, vocabulary.color_aliases if vocabulary else {})
    return Region(
        id=free_id(noun, taken),
        box=_box(numbers, extent),
        prompt=phrase(noun, color, _text(detail)),
        noun=noun,
        color=color,
        style=_text(style),
    )


def encode_operations(operations: Sequence[Operation], plan: ScenePlan) -> str:
    """Operation lines; regions by their numbers in `plan`."""
    number = {region.id: str(index) for index, region in enumerate(plan.regions, 1)}
    lines: list[str] = []
    for op in operations:
        if op.thing is not None:
            lines.append(f"{op.verb} {encode_thing(op.thing)}")
            continue
        whole = "all" if op.verb is Verb.RESTYLE else None
        parts = [op.verb, number[op.region] if op.region else whole, op.value, number[op.other] if op.other else None]
        lines.append(" ".join(part for part in parts if part))
    return "\n".join(lines)


def decode_operations(text: str, plan: ScenePlan, vocabulary: Vocabulary | None) -> tuple[Operation, ...]:
    """The operations an edit text stands for. Raises BadInput if it does not follow the grammar."""
    return tuple(_operation(line, plan, vocabulary) for line in text.strip("\n").split("\n"))


def _operation(line: str, plan: ScenePlan, vocabulary: Vocabulary | None) -> Operation:
    first, _, rest = line.partition(" ")
    if first not in set(Verb):
        raise _refused(f"the unknown operation '{first}'", line)
    verb = Verb(first)
    if verb is Verb.NOTHING:
        return Operation(verb=verb)
    if verb is Verb.ADD:
        thing = decode_thing(rest, vocabulary, plan.extent, [r.id for r in plan.regions])
        return Operation(verb=verb, thing=thing)
    if verb in (Verb.BACKGROUND, Verb.TIME):
        forms = {} if vocabulary is None else vocabulary.time_forms if verb is Verb.TIME else vocabulary.place_forms
        return Operation(verb=verb, value=_canonical(rest, forms))
    who, _, words = rest.partition(" ")
    if verb is Verb.RESTYLE and who == "all":
        return Operation(verb=verb, value=_text(words))
    region = _numbered(who, plan.regions, line)
    if verb in _NUMBERED and not words:
        return Operation(verb=verb, region=region)
    if verb is Verb.SWAP:
        return Operation(verb=verb, region=region, other=_numbered(words, plan.regions, line))
    if verb not in _WITH_WORDS or not words:
        raise _refused("an incomplete operation", line)
    return _with_words(verb, region, words, plan, vocabulary)


def _with_words(verb: Verb, region: str, words: str, plan: ScenePlan, vocabulary: Vocabulary | None) -> Operation:
    if verb is Verb.MOVE and words not in DIRECTIONS and words not in {f"to {spot}" for spot in SPOTS}:
        kind, _, other = words.rpartition(" ")
        if kind not in set(RelationKind):
            raise _refused(f"the unknown place '{words}'", words)
        return Operation(verb=verb, region=region, value=kind, other=_numbered(other, plan.regions, words))
    if verb is Verb.RESIZE and words not in SCALES:
        raise _refused(f"the unknown size '{words}'", words)
    forms = {Verb.RECOLOR: vocabulary.color_aliases, Verb.REPLACE: vocabulary.noun_forms} if vocabulary else {}
    return Operation(verb=verb, region=region, value=_canonical(words, forms.get(verb, {})))


def scene_words(regions: Sequence[Region], background: str, time: str | None) -> str:
    """The whole scene in one line, for the global prompt: "a red fox and a castle, meadow, night"."""
    things = " and ".join(dict.fromkeys(r.prompt for r in regions))
    return ", ".join(part for part in (things, background, time) if part)[:600]


def _relation(line: str, regions: Sequence[Region]) -> Relation:
    words = line.split(" ")
    kind = " ".join(words[1:-1])
    if len(words) < 3 or kind not in set(RelationKind):
        raise _refused("an unknown relation", line)
    subject, other = _numbered(words[0], regions, line), _numbered(words[-1], regions, line)
    if subject == other:
        raise _refused("a relation of a thing to itself", line)
    return Relation(subject=subject, kind=RelationKind(kind), object=other)


def _numbered(text: str, regions: Sequence[Region], line: str) -> str:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= len(regions)):
        raise _refused(f"no thing of the number '{text}'", line)
    return regions[int(text) - 1].id


def _box(text: str, extent: Extent) -> Box:
    digits = text.replace(" ", "", 1)
    if len(text) != 9 or text[4] != " " or not (digits.isascii() and digits.isdigit()):
        raise _refused("an unreadable box", text)
    cx, cy, width, height = (int(digits[i : i + 2]) / 100 for i in (0, 2, 4, 6))
    if min(width, height) <= 0:
        raise _refused("an empty box", text)
    short = min(extent.width, extent.height)
    return Box.centered(cx, cy, width * short / extent.width, height * short / extent.height)


def _percent(value: float) -> str:
    return f"{min(max(round(value * 100 / STEP), 1), 19) * STEP:02d}"


def _fields(line: str, count: int) -> list[str]:
    fields = line.split("|")
    if len(fields) != count or not all(field.strip() for field in fields):
        raise _refused(f"a line without its {count} fields", line)
    return fields


def _word(value: str | None) -> str:
    return value if value else NONE


def _text(field: str) -> str | None:
    return None if field == NONE else " ".join(field.split())


def _canonical(field: str, forms: dict[str, str]) -> str | None:
    text = _text(field)
    return None if text is None else forms.get(text, text)


def _refused(what: str, text: str) -> BadInput:
    return BadInput(f"The planner's answer does not parse: {what} in '{text[:80]}'.", ADVICE)


def grammar(vocabulary: Vocabulary | None, styles: Iterable[str]) -> str:
    """Lark grammar of plan texts for constrained decoding; everything it derives, `decode` reads.

    With a vocabulary, colours and times are its own; nouns and places stay open (short lower-case words), because the
    critic knows better what to do about a word nobody can draw. `styles` may be followed by any other short style.
    """
    bodies = [f"body{count}" for count in range(1, MAX_REGIONS + 1)]
    lines = [
        'start: place "|" time "|" style body',
        f"body: {' | '.join(bodies)}",
        *(_body(count) for count in range(1, MAX_REGIONS + 1)),
        *_words(vocabulary, styles),
    ]
    return "\n".join(lines) + "\n"


def edit_grammar(vocabulary: Vocabulary | None, styles: Iterable[str], count: int) -> str:
    """Lark grammar of edit texts for a plan of `count` things."""
    verbs = [
        f'"{Verb.ADD} " noun "|" color "|" detail "|" style "|" box',
        f'"{Verb.BACKGROUND} " place',
        f'"{Verb.TIME} " light',
    ]
    verbs += [f'"{Verb.RESTYLE} all " look', f'"{Verb.NOTHING}"']
    if count:
        spots = [*DIRECTIONS, *(f"to {spot}" for spot in SPOTS)]
        verbs += [f'"{verb} " number' for verb in (Verb.REMOVE, Verb.FRONT, Verb.BACK, Verb.REDRAW)]
        verbs += [
            f'"{Verb.RECOLOR} " number " " hue',
            f'"{Verb.RESTYLE} " number " " look',
            f'"{Verb.REPLACE} " number " " noun',
        ]
        verbs += [f'"{Verb.RESIZE} " number " " ({_either(SCALES)})', f'"{Verb.MOVE} " number " " ({_either(spots)})']
    if count > 1:
        verbs += [f'"{Verb.MOVE} " {_pairs(count, " kind ")}', f'"{Verb.SWAP} " {_pairs(count, " ")}']
    numbers = [f"number: {_either(str(i) for i in range(1, count + 1))}"] if count else []
    lines = [f"start: operation (NEWLINE operation){{0,{MAX_REGIONS}}}", f"operation: {' | '.join(verbs)}", *numbers]
    return "\n".join([*lines, *_words(vocabulary, styles)]) + "\n"


def _words(vocabulary: Vocabulary | None, styles: Iterable[str]) -> list[str]:
    """Rules that plans and edits share."""
    hues = [*vocabulary.colors, *vocabulary.color_aliases] if vocabulary else []
    lights = list(vocabulary.times) if vocabulary else []
    return [
        'thing: NEWLINE noun "|" color "|" detail "|" style "|" box',
        "noun: WORDS",
        "place: WORDS",
        f"hue: {_either(hues) if hues else 'WORDS'}",
        f"light: {_either(lights) if lights else 'WORDS'}",
        f"look: {_either(styles)} | WORDS",
        f'color: "{NONE}" | hue',
        f'time: "{NONE}" | light',
        f'style: "{NONE}" | look',
        f'detail: "{NONE}" | WORDS | WORDS " ~" | /~ [a-z][a-z\' -]{{0,30}}[a-z]/',
        f"kind: {_either(kind.value for kind in RelationKind)}",
        "box: /(0[5]|[1-9][05]){2} (0[5]|[1-9][05]){2}/",
        r"NEWLINE: /\n/",
        "WORDS: /[a-z]([a-z' -]{0,28}[a-z])?/",
    ]


def _body(count: int) -> str:
    """`count` thing lines and relations between them, none of a thing to itself."""
    relations = f" (NEWLINE {_pairs(count, ' kind ')}){{0,24}}" if count > 1 else ""
    return f"body{count}: thing{{{count}}}{relations}"


def _pairs(count: int, between: str) -> str:
    """A number, `between`, another number; a rule name in `between` is surrounded by spaces in the text."""
    middle = '" " kind " "' if between.strip() else '" "'
    pairs: list[str] = []
    for number in range(1, count + 1):
        others = _either(str(i) for i in range(1, count + 1) if i != number)
        pairs.append(f'"{number}" {middle} ({others})')
    return f"({' | '.join(pairs)})"


def _either(words: Iterable[str]) -> str:
    return " | ".join(json.dumps(word) for word in words)
