"""The compact text a small language model writes instead of JSON, and its grammar.

A plan is a line for the setting, one a kind of thing, and one a relation, which comes as soon as its things are there:

    meadow, night, in watercolor
    2 fox, red, big, is sleepy, in oil, at top left
    1 castle
    fox left of castle
    1 owl
    owl on castle

Only what the person said is written: a count is a small integer, a place on the canvas one of a few coarse words,
and where nothing was said `arrange` and the solver choose. The words "is", "in" and "at" tell detail, style and spot
apart from a colour. A detail is the rest of the noun phrase, with `~` where the noun goes when it does not come last
("is ~ with a scarf"). Relations name things by their nouns, which a small model copies and need not count; of several
kinds with one noun each is named by its number, from 1. "fox between tree and castle" is the one relation of three.

Each line is regular, so a model can be held to it token by token; a text that breaks the grammar is refused with
`BadInput`. In a text from elsewhere a relation may name what is not there: it is left out and noted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from mepg_agent.errors import BadInput
from mepg_agent.planning.counting import counts_of
from mepg_agent.planning.reading import Reading, Thing
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import MAX_REGIONS, RelationKind

PLAIN = "plain"  # no background was said
SIZES = {"small": 0.6, "big": 1.4}  # factors on the usual height
SPOTS = (
    *("left", "right", "top", "bottom", "center"),
    *("top left", "top right", "bottom left", "bottom right", "corner"),
)
DEPTHS = ("front", "back")
BETWEEN = "between"
RELATES = re.compile(f" ({'|'.join((BETWEEN, *RelationKind))}) ")
WORDS = "[a-z]([a-z' -]{0,28}[a-z])?"
STYLE = "[a-z0-9]([a-z0-9' -]{0,28}[a-z0-9])?"  # "3d render"
COUNT = "(1[0-6]|[1-9])"
HUE = "((light|dark|pale|bright|deep) )?[a-z]{3,14}"
ADVICE = "Ask the model again, or use the rule planner (--planner rules)."


def encode(reading: Reading) -> str:
    """The target text of what a prompt says. A colour, a style or a noun is written as the reading has it."""
    head = [reading.place or PLAIN, *([reading.time] if reading.time else [])]
    head += [f"in {reading.style}"] if reading.style else []
    lines = [", ".join(head)]
    nouns = [str(thing.noun) for thing in reading.things]
    for newest, thing in enumerate(reading.things):
        names = _names(nouns[: newest + 1])
        lines.append(encode_thing(thing))
        lines += [f"{names[s]} {kind} {names[o]}" for s, kind, o in reading.links if max(s, o) == newest]
        lines += [
            f"{names[a]} {BETWEEN} {names[b]} and {names[c]}" for a, b, c in reading.between if max(a, b, c) == newest
        ]
    return "\n".join(lines)


def _names(nouns: Sequence[str]) -> list[str]:
    """What relations call the things of these nouns."""
    return [noun if nouns.count(noun) == 1 else str(number) for number, noun in enumerate(nouns, 1)]


def encode_thing(thing: Thing) -> str:
    """ "2 fox, red, in oil, at left"."""
    size = next((word for word, factor in SIZES.items() if abs(factor - thing.size) < 0.05), None)
    parts = [f"{thing.count} {thing.noun}", thing.color, size]
    parts += [f"is {thing.detail}" if thing.detail else None, f"in {thing.style}" if thing.style else None]
    where = thing.spot or thing.depth
    return ", ".join(part for part in (*parts, f"at {where}" if where else None) if part)


def decode(text: str, vocabulary: Vocabulary | None) -> Reading:
    """What a target text says. With a vocabulary, its spellings are mapped to its own words ("puppy" to "dog"), and a
    noun it has no word for becomes a thing that cannot be drawn. Raises BadInput if the text breaks the grammar."""
    head, *lines = text.strip("\n").split("\n")
    reading = _head(head, vocabulary)
    things, relations, left_out = _parted(lines)
    reading.things += [_thing(line, vocabulary, reading) for line in things]
    for kind, ends in relations:
        match ends:
            case [a, b, c]:
                reading.between.append((a, b, c))
            case [a, b]:
                reading.links.append((a, RelationKind(kind), b))
    reading.notes += left_out
    return reading


def _parted(lines: Iterable[str]) -> tuple[list[str], list[tuple[str, list[int]]], list[str]]:
    """The lines of things, the relations with the things that they join, and a note on every line that is neither: a
    small model that has lost its way says a thing once more and nothing of its own."""
    things: list[str] = []
    relations: list[tuple[str, list[int]]] = []
    left_out: list[str] = []
    for line in lines:
        nouns = list(map(_noun_of, things))
        found = RELATES.search(line)
        if ends := _ends(line, nouns):
            relations.append(ends)
        elif found and (not line[:1].isdigit() or line[: found.start()].isdigit()):
            left_out.append(f"Left out '{line}': it does not name things of the picture.")
        elif line.startswith("1 ") and line[2:] in nouns:
            left_out.append(f"Left out '{line}': it is there already.")
        else:
            things.append(line)
    return things, relations, left_out


def _thing(line: str, vocabulary: Vocabulary | None, reading: Reading) -> Thing:
    """The thing of the line; what the vocabulary lacks is noted in the reading."""
    thing = decode_thing(line, vocabulary)
    if thing.noun is None:
        reading.unknown.append(_noun_of(line))
        reading.undrawn.append(_noun_of(line))
    if vocabulary and thing.color is not None and thing.color not in vocabulary.colors:
        reading.notes.append(f"{_noun_of(line)}: left out '{thing.color}', a colour this backbone does not know.")
        thing.color = None
    return thing


def decode_thing(line: str, vocabulary: Vocabulary | None) -> Thing:
    """One thing of its line; without a noun where the vocabulary has none for it."""
    count, _, rest = line.partition(" ")
    noun, *words = rest.split(", ")
    if not (count.isascii() and count.isdigit() and 1 <= int(count) <= MAX_REGIONS and noun.strip()):
        raise refused("a thing without a count or a noun", line)
    known = vocabulary.noun_forms.get(noun) if vocabulary else noun
    thing = Thing(known, int(count))
    for word in words:
        _describe(thing, word, vocabulary)
    return thing


def _describe(thing: Thing, words: str, vocabulary: Vocabulary | None) -> None:
    key, _, value = words.partition(" ")
    if value and key == "in":
        thing.style = value
    elif value and key == "is":
        thing.detail = value
    elif key == "at" and value in SPOTS:
        thing.spot = value
    elif key == "at" and value in DEPTHS:
        thing.depth = "front" if value == "front" else "back"
    elif words in SIZES:
        thing.size = SIZES[words]
    elif words and key not in ("in", "is", "at"):
        thing.color = vocabulary.color_aliases.get(words, words) if vocabulary else words
    else:
        raise refused("an unreadable word", words)


def _noun_of(line: str) -> str:
    return line.partition(" ")[2].split(", ")[0]


def _head(line: str, vocabulary: Vocabulary | None) -> Reading:
    place, *rest = line.split(", ")
    style = next((part[3:] for part in rest if part.startswith("in ")), None)
    times = [part for part in rest if not part.startswith("in ")]
    if not place.strip() or len(times) > 1 or len(rest) > 2 or style == "":
        raise refused("an unreadable setting", line)
    known = vocabulary.place_forms.get(place, place) if vocabulary else place
    time = vocabulary.time_forms.get(times[0], times[0]) if vocabulary and times else next(iter(times), None)
    return Reading(place=None if place == PLAIN else known, time=time, style=style)


def _ends(line: str, nouns: Sequence[str]) -> tuple[str, list[int]] | None:
    """The relation of the line and the things that it joins; None where it names none, or one twice."""
    things = {name: index for index, name in enumerate(_names(nouns))}
    for found in RELATES.finditer(line):
        kind, first, rest = found[1], line[: found.start()], line[found.end() :]
        first = re.sub(r"^\d+ ", "", first)  # a count that no relation has
        names = [first, *(rest.split(" and ") if kind == BETWEEN else [rest])]
        ends = [things[name] for name in names if name in things]
        if len(ends) == len(names) == (3 if kind == BETWEEN else 2) and ends[0] not in ends[1:]:
            return kind, ends
    return None


def refused(what: str, text: str) -> BadInput:
    return BadInput(f"The planner's answer does not parse: {what} in '{text[:80]}'.", ADVICE)


def next_line(vocabulary: Vocabulary | None, prompt: str) -> Callable[[str], str]:
    """The grammar for constrained decoding, line by line: from the lines so far to the regular expression of the next
    one, empty where none may follow. Every text of it is one that `decode` reads.

    With a vocabulary, times are its own; nouns, colours, places and styles stay open (short lower-case words), because
    a word that nobody can draw should be named, not turned into another. Relations join things that are there, two of
    them once; counts are said in the prompt.
    """
    thing = thing_pattern(either(map(str, counts_of(prompt))))

    def pattern(text: str) -> str:
        if not text:
            return _head_pattern(vocabulary)
        things, relations, left_out = _parted(text.splitlines()[1:])
        joined = {frozenset((ends[0], end)) for _, ends in relations for end in ends[1:]}
        more = [] if left_out or len(things) == MAX_REGIONS else [thing]
        return "|".join([*more, *_links(things, joined)])

    return pattern


def _links(things: Sequence[str], joined: set[frozenset[int]]) -> list[str]:
    """Patterns of the lines that relate two of the things of these lines that are not joined yet, or three."""
    names, kinds, found = _names(list(map(_noun_of, things))), either(RelationKind), []
    for at, name in enumerate(names):
        free = {end: other for end, other in enumerate(names) if end != at and frozenset((at, end)) not in joined}
        if not free:
            continue
        sides = []
        for end, other in free.items():  # "between tree and tree" takes two of them
            rest = [free[e] for e in free if e != end or not things[e].startswith("1 ")]
            sides += [f"{re.escape(other)} and {either(rest)}"] if rest else []
        middle = f"|{BETWEEN} ({'|'.join(sides)})" if sides else ""
        found.append(f"{re.escape(name)} ({kinds} {either(free.values())}{middle})")
    return found


def _head_pattern(vocabulary: Vocabulary | None) -> str:
    lights = either(vocabulary.times) if vocabulary else WORDS
    return f"{WORDS}(, {lights})?(, in {STYLE})?"


def thing_pattern(count: str = COUNT) -> str:
    """Regular expression of one thing's line."""
    detail = "[a-z~][a-z' ~-]{0,38}[a-z~]"
    optional = (HUE, either(SIZES), f"is {detail}", f"in {STYLE}", f"at {either((*SPOTS, *DEPTHS))}")
    return f"{count} {WORDS}" + "".join(f"(, {part})?" for part in optional)


def either(words: Iterable[str]) -> str:
    return f"({'|'.join(map(re.escape, words))})"
