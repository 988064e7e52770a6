"""Prompts with several of a kind that differ, and with things in a row."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from mepg_agent.scene import RelationKind
from mepg_agent.training.psa_counts import COUNTS, NUMBERS
from mepg_agent.training.psa_frames import FRAMES
from mepg_agent.training.psa_mentions import Mentions, article
from mepg_agent.training.psa_pool import Pool, more
from mepg_agent.training.psa_scenes import COLORS, Scene, Thing
from mepg_agent.training.psa_setting import set_in
from mepg_agent.training.psa_spots import SPOTS
from mepg_agent.training.psa_styles import STYLES
from mepg_agent.training.psa_typing import roughen
from mepg_agent.training.psa_writer import Written

# {p} plural, {n} noun, {x} and {y} what tells the two apart, {s} where the first one is
TWINS = Pool(
    (
        "two {p}: the {x} {s}, the other {y}", "two {p}, the {x} of them {s}, the other one {y}",
        "{p}, two of them: one is {x} and {s}, the second is {y}", "two {p}, one {x} and one {y}, the {x} one {s}",
        "two {p}, the {x} one {s} and the {y} one on the other side", "a {x} {n} and a {y} {n}, the {x} one {s}",
        "a {x} {n} {s} and a {y} {n} opposite", "two {p}. One is {x}, the other {y}. The {x} {n} is {s}.",
        "a pair of {p}: {x} ({s}) and {y}", "[two|2|a couple of|a pair of] {p}[,|:] [one|a] {x} one {s} and a {y} one",
        "two {p}[,|:|;] [the first|the first one|one] {x} and {s}, [the second|the other|the other one] {y}",
        "a {x} {n} {s} [and|with|plus|next to] a {y} one",
        "{s} a {x} {n}, [on the other side|opposite|across from it|and then] a {y} {n}",
        "one {x} {n} [is|stands|sits|placed] {s}, the {y} {n} [is not|on the opposite side|on the other side|across]",
        "[two|2] {p}, {x} and {y}, with the {x} one {s}", "{p}: {x} {s}, {y} [opposite|on the other side]",
        "two {p} of which the {x} sits {s} and the other is {y}",
    ),
    (
        "two {p}; {s} is the {x} one, opposite is the {y} one",
        "two {p}, {s} a {x} one and at the opposite end a {y} one",
        "two {p} - one of them, {x}, is {s} while the other is {y}",
    ),
    more("relations", "twins"),
)  # fmt: skip
SIZES = (("bigger", "smaller"), ("large", "small"), ("big", "little"), ("larger", "tiny"))
# {k} count, {p} plural, {e} each with "one", {l} bare list
GROUPS = Pool(
    (
        "{k} {p}: {e}", "{k} {p}, {e}", "{e}", "{k} {p} in {l}", "{k} {p} ({l})", "{k} {p} in a row: {e}",
        "{k} {p}[:| -|;|,| -] {l}",
        "{k} {p}, [namely|coloured|painted|done|drawn|shown as|respectively|in this order] {l}",
        "{k} {p}: [the colors are|they are|in|as] {l}", "{e} [together|in a group|in a line|in one picture]",
        "{k} {p}[. They are|; these are| that are|, being| and these are] {l}",
        "{k} {p} which are, from left to right, {l}",
    ),
    ("{k} {p} that aren't alike: {l}", "{k} {p} - there should be {e}"),
    more("relations", "groups"),
)  # fmt: skip
# {e} "two red and three blue", {k} count in all, {p} plural, {f} "two red ones and three blue ones"
SPLITS = Pool(
    (
        "{e} {p}", "{k} {p}, {e}", "{k} {p}: {e}", "{k} {p}, {f}", "{k} {p} [of which|, of them|:|;|-] {e} [ones|]",
        "{p}: {e}", "{f} {p}",
    ),
    more=more("relations", "splits"),
)  # fmt: skip
SPLIT_COUNTS = ((1, 2), (2, 1), (2, 2), (1, 3), (3, 1), (2, 3), (3, 2), (3, 3), (1, 4))
# {l} "a bus, a taxi and a bicycle", {t} "a bus, then a taxi, then a bicycle"
ROWS = Pool(
    (
        "from left to right: {l}", "{t}, from left to right", "left to right {l}", "in a row from left to right, {l}",
        "{l} in this order from left to right", "{l}, left to right", "from the left: {l}", "left to right: {l}",
        "in order from left to right: {l}",
        "{l} [in a row|lined up|next to each other|arranged|ordered|standing|placed|sitting] from left to right",
        "a row [of things|][:| with] {l}[,|] from left to right",
        "[from left to right|left to right|going from left to right|left first] [there are|we see|you see|stand|come|"
        "I want|,] {l}",
        "from left to right {t}", "lined up left to right: {l}", "[first|leftmost] {t}, left to right",
        "on the very left {t}",
        "reading from the left: {l}", "starting at the left {t}",
    ),
    (
        "{t}, each one to the right of the one before", "side by side starting on the left, {l}",
        "{l}; that is the order, left to right",
    ),
    more("relations", "rows"),
)  # fmt: skip


def write_twins(rng: Random, base: Thing, place: str, held: bool) -> Written:
    """Two of a kind told apart by colour, size or style: "two dogs, the bigger one on the left"."""
    one, two = replace(base), replace(base)
    writer = Mentions(rng, Scene([one, two], place=place), held)
    x, y = _told_apart(rng, one, two)
    one.spot, two.spot = rng.sample(("left", "right"), 2)
    spot = writer.pick(SPOTS[one.spot])
    return _framed(writer, writer.pick(TWINS).format(p=base.plural, n=base.noun, x=x, y=y, s=spot))


def _told_apart(rng: Random, one: Thing, two: Thing) -> tuple[str, str]:
    """Makes the two differ; the words for that."""
    kind = rng.choice(("color", "size", "style"))
    if kind == "color":
        one.color, two.color = rng.sample(COLORS, 2)
        return one.color, two.color
    if kind == "size":
        one.bigness, two.bigness = rng.sample(("big", "small"), 2)
        big, small = rng.choice(SIZES)
        return (big, small) if one.bigness == "big" else (small, big)
    one.style, two.style = rng.sample(list(STYLES), 2)
    return _short(rng, one.style), _short(rng, two.style)


def _short(rng: Random, style: str) -> str:
    """One or two words for a style."""
    return rng.choice([words for words in STYLES[style].train if len(words.split()) <= 2])


def write_group(rng: Random, base: Thing, place: str, held: bool) -> Written:
    """Several of a kind, each of its own colour or style: "three cats: one black, one white and one orange"."""
    count = rng.randint(3, 4)
    colors, styles = rng.sample(COLORS, count), rng.sample(list(STYLES), count)
    if rng.random() < 0.6:
        words, things = colors, [replace(base, color=color) for color in colors]
    else:
        words, things = [_short(rng, style) for style in styles], [replace(base, style=style) for style in styles]
    writer = Mentions(rng, Scene(things, place=place), held)
    pattern = writer.pick(GROUPS)
    separate = pattern.startswith("{e}")
    each = [f"{article(w)} {base.noun}" if separate else w if "{l}" in pattern else f"one {w}" for w in words]
    listed = _listed(each)
    return _framed(writer, pattern.format(k=writer.pick(COUNTS[count]), p=base.plural, e=listed, l=listed))


def write_split(rng: Random, base: Thing, place: str, held: bool) -> Written:
    """Several of a kind in two colours, each with its count: "two red and three blue balloons"."""
    one, two = (replace(base, color=color) for color in rng.sample(COLORS, 2))
    one.count, two.count = rng.choice(SPLIT_COUNTS)
    both = (one, two)
    writer = Mentions(rng, Scene([one, two], place=place), held)
    parts = [f"{rng.choice(NUMBERS[t.count])} {t.color}" for t in both]
    glue = rng.choice((" and ", " and ", ", ", " plus "))
    ones = glue.join(f"{part} {'one' if t.count == 1 else 'ones'}" for part, t in zip(parts, both, strict=True))
    pattern = writer.pick(SPLITS)
    if pattern == "{f} {p}":  # "one red balloon and three blue balloons"
        pattern = glue.join(f"{part} {t.word}" for part, t in zip(parts, both, strict=True))
    count = rng.choice(NUMBERS[one.count + two.count])
    return _framed(writer, pattern.format(e=glue.join(parts), f=ones, k=count, p=base.plural))


def write_row(rng: Random, things: list[Thing], place: str, held: bool) -> Written:
    """Things named from left to right: "from left to right: a bus, a taxi, a bicycle"."""
    for thing in things:
        thing.count, thing.spot = 1, None
    links = [(i, RelationKind.LEFT_OF, i + 1) for i in range(len(things) - 1)]
    writer = Mentions(rng, Scene(things, links, place=place), held, colors_at_once=True)
    names = [writer.first(i) for i in range(len(things))]
    return _framed(writer, writer.pick(ROWS).format(l=_listed(names), t=", then ".join(names)))


def _listed(words: list[str]) -> str:
    return ", ".join(words[:-1]) + " and " + words[-1]


def _framed(writer: Mentions, text: str) -> Written:
    """The text as a request for a picture of the writer's scene."""
    text = writer.pick(FRAMES).format(b=set_in(writer, writer.scene, text))
    return roughen(writer, writer.with_unsaid(text)), writer.scene, writer.used_held
