"""What the prompts of the loop bench ask for, known without any planner, and the rules that say whether it was given.

The kinds of prompts and the rules follow two public benchmarks, on our own vocabulary and judged by our own scorer, so
the figures are not comparable with those published under their names:

- GenEval-style (Ghosh et al., 2023): one thing; two things; two to four of a thing, exactly that many; one thing left
  of, right of, above or below another, by the centres of where they are found, beyond a margin of a tenth of their
  summed sizes.
- T2I-CompBench-style (Huang et al., 2023): attributes bound to their things, here the style, two things each in a style
  of its own; and complex prompts, three things in styles of their own with a relation.

A prompt succeeds when every thing is there, in its style where one was asked for, as often as was asked, and in its
relation. Where no number was asked for, further things of the kind do no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle

import numpy as np

from mepg_agent.bench.sight import Seen
from mepg_agent.english import PLACES, article
from mepg_agent.portfolio import Vocabulary

SEED = 30_000  # of the split: no other bench and no calibration draws these prompts
MARGIN = 0.1
NUMBERS = {2: "two", 3: "three", 4: "four"}
OPPOSITE = {"left of": (-1, 0), "right of": (1, 0), "above": (0, -1), "below": (0, 1)}


@dataclass(frozen=True)
class Thing:
    noun: str
    style: str | None = None
    count: int | None = None  # None: at least one


@dataclass(frozen=True)
class Wanted:
    """One prompt of the split. `relation`: the first thing stands so to the second."""

    kind: str
    prompt: str
    things: tuple[Thing, ...]
    relation: str | None = None


@dataclass(frozen=True)
class Given:
    """What was found of it. One entry a wanted instance, in the order of the things."""

    content: tuple[bool, ...]  # the thing is there
    right: tuple[bool, ...]  # and in its style
    whole: bool  # everything the prompt says holds
    places: tuple[Seen, ...]  # where the instances were found


def split(count: int, vocabulary: Vocabulary, styles: Sequence[str]) -> list[Wanted]:
    """The same prompts for the same vocabulary and styles; the kinds take turns."""
    rng = np.random.default_rng(SEED)
    makers = cycle(KINDS.items())
    return [make(rng, kind, vocabulary, styles) for _, (kind, make) in zip(range(count), makers, strict=False)]


def given(wanted: Wanted, seen: Sequence[Seen]) -> Given:
    """`seen` are all things that were found, the surest first."""
    content, right, places, counts = [], [], [], True
    for thing in wanted.things:
        found = [s for s in seen if s.noun == thing.noun]
        instances = thing.count or 1
        counts &= thing.count is None or len(found) == thing.count
        # Those in the right style first: a thing that is asked for once may be found twice.
        found.sort(key=lambda s: thing.style is not None and s.style != thing.style)
        for at in range(instances):
            here = found[at] if at < len(found) else None
            content.append(here is not None)
            right.append(here is not None and thing.style in (None, here.style))
            places += [here] if here is not None else []
    holds = wanted.relation is None or _holds(wanted, seen)
    whole = all(right) and counts and holds
    return Given(content=tuple(content), right=tuple(right), whole=whole, places=tuple(places))


def _holds(wanted: Wanted, seen: Sequence[Seen]) -> bool:
    one, other = (next((s.box for s in seen if s.noun == t.noun), None) for t in wanted.things[:2])
    if one is None or other is None or wanted.relation is None:
        return False
    dx, dy = OPPOSITE[wanted.relation]
    along = dx * (one.cx - other.cx) + dy * (one.cy - other.cy)
    sizes = one.width + other.width if dx else one.height + other.height
    return along > MARGIN * sizes


Maker = Callable[[np.random.Generator, str, Vocabulary, Sequence[str]], Wanted]


def _nouns(rng: np.random.Generator, vocabulary: Vocabulary, count: int) -> list[str]:
    return [str(n) for n in rng.choice(list(vocabulary.nouns), count, replace=False)]


def _place(rng: np.random.Generator, vocabulary: Vocabulary) -> str:
    return PLACES[str(rng.choice([place for place in vocabulary.places if place != "plain"]))]


def _styles(rng: np.random.Generator, styles: Sequence[str], count: int) -> list[str]:
    """All different, as far as there are so many."""
    return [str(s) for s in rng.choice(list(styles), count, replace=count > len(styles))]


def _single(rng: np.random.Generator, kind: str, vocabulary: Vocabulary, styles: Sequence[str]) -> Wanted:
    [noun], [style] = _nouns(rng, vocabulary, 1), _styles(rng, styles, 1)
    return Wanted(kind, f"{article(f'{style} {noun}')} {_place(rng, vocabulary)}", (Thing(noun, style),))


def _two(rng: np.random.Generator, kind: str, vocabulary: Vocabulary, styles: Sequence[str]) -> Wanted:
    a, b = _nouns(rng, vocabulary, 2)
    return Wanted(kind, f"{article(a)} and {article(b)} {_place(rng, vocabulary)}", (Thing(a), Thing(b)))


def _count(rng: np.random.Generator, kind: str, vocabulary: Vocabulary, styles: Sequence[str]) -> Wanted:
    [noun], number = _nouns(rng, vocabulary, 1), int(rng.choice(list(NUMBERS)))
    words = f"{NUMBERS[number]} {vocabulary.nouns[noun].plural} {_place(rng, vocabulary)}"
    return Wanted(kind, words, (Thing(noun, count=number),))


def _relation(rng: np.random.Generator, kind: str, vocabulary: Vocabulary, styles: Sequence[str]) -> Wanted:
    a, b = _nouns(rng, vocabulary, 2)
    relation = str(rng.choice(list(OPPOSITE)))
    words = f"{article(a)} {relation} {article(b)} {_place(rng, vocabulary)}"
    return Wanted(kind, words, (Thing(a), Thing(b)), relation)


def _bound(rng: np.random.Generator, kind: str, vocabulary: Vocabulary, styles: Sequence[str]) -> Wanted:
    a, b = map(Thing, _nouns(rng, vocabulary, 2), _styles(rng, styles, 2))
    return Wanted(kind, f"{_styled(a)} and {_styled(b)} {_place(rng, vocabulary)}", (a, b))


def _complex(rng: np.random.Generator, kind: str, vocabulary: Vocabulary, styles: Sequence[str]) -> Wanted:
    a, b, c = map(Thing, _nouns(rng, vocabulary, 3), _styles(rng, styles, 3))
    relation = str(rng.choice(["left of", "right of"]))
    words = f"{_styled(a)} {relation} {_styled(b)}, and {_styled(c)} {_place(rng, vocabulary)}"
    return Wanted(kind, words, (a, b, c), relation)


def _styled(thing: Thing) -> str:
    return article(f"{thing.style} {thing.noun}")


KINDS: dict[str, Maker] = {
    "one thing": _single,
    "two things": _two,
    "count": _count,
    "relation": _relation,
    "styles bound": _bound,
    "complex": _complex,
}
