"""What the conversations of the edit bench ask for, known without any planner, and whether it was given.

A scene of two or three different things, each in a style of its own, and one change of it in plain words. Nouns differ
within a conversation, so a thing is known by its noun in every version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

import numpy as np

from mepg_agent.bench.judge import glance, look, style_of
from mepg_agent.bench.scorer import Scorer
from mepg_agent.engine.base import Pixels
from mepg_agent.english import PLACES, article
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import Region, ScenePlan
from mepg_agent.verify.crops import square_crop

SEED = 40_000  # of the split: no other bench and no calibration draws these scenes
LEFT = 0.3  # a thing that still covers more of its old box need not be gone from there


@dataclass(frozen=True)
class Kind:
    """One of the wordings is said. {old}: the thing that the change is about, {other}: another one, {new}: one that is
    not there yet; {styled}: that in a style, {style}: the style; {color}: a colour. `there` and `gone` are as in
    `Change`, "old" or "new"."""

    wordings: tuple[str, ...]
    there: str | None = "old"
    gone: str | None = None


KINDS = {
    "add beside": Kind(
        tuple(f"add {{styled}} {where} the {{old}}" for where in ("left of", "right of", "next to")), "new"
    ),
    "add in depth": Kind(tuple(f"add {{styled}} {where} the {{old}}" for where in ("behind", "in front of")), "new"),
    "replace": Kind(("replace the {old} with {new}",), "new", "old"),
    "recolour": Kind(("make the {old} {color}",)),
    "restyle": Kind(("make the {old} {style}",)),
    "resize": Kind(("make the {old} bigger", "make the {old} smaller")),
    "move": Kind(("move the {old} right of the {other}",), gone="old"),
    "remove": Kind(("remove the {old}",), None, "old"),
}


@dataclass(frozen=True)
class Change:
    """One conversation. Afterwards `there` is to be seen, in its style and in `color` if any, and `gone` no longer
    where it was."""

    kind: str
    prompt: str
    instruction: str
    there: str | None = None
    gone: str | None = None
    color: str | None = None


@dataclass(frozen=True)
class Version:
    """A picture and the plan it was drawn from."""

    plan: ScenePlan
    image: Pixels

    def thing(self, noun: str) -> Region | None:
        return next((r for r in self.plan.regions if r.noun == noun), None)


def split(count: int, vocabulary: Vocabulary, styles: Sequence[str], colors: Sequence[str]) -> list[Change]:
    """The same conversations for the same vocabulary, styles and colours; the kinds take turns."""
    rng = np.random.default_rng(SEED)
    found = []
    for number, (name, kind) in zip(range(count), cycle(KINDS.items()), strict=False):
        size = 2 + number // len(KINDS) % 2
        *nouns, new = (str(n) for n in rng.choice(list(vocabulary.nouns), size + 1, replace=False))
        color = str(rng.choice(list(colors)))
        tinted = any("{color}" in wording for wording in kind.wordings)
        looks = vocabulary.looks if tinted else styles  # a drawing in pencil has no colour to change
        worn = [str(s) for s in rng.choice(list(looks), size + 1, replace=size >= len(looks))]
        place = PLACES[str(rng.choice([p for p in vocabulary.places if p != "plain"]))]
        things = [article(f"{style} {noun}") for style, noun in zip(worn, nouns, strict=False)]
        prompt = f"{', '.join(things[:-1])} and {things[-1]} {place}"
        nouns_by = {"old": nouns[0], "new": new}
        words = str(rng.choice(kind.wordings)).format(
            old=nouns[0],
            other=nouns[-1],
            new=article(new),
            styled=article(f"{worn[-1]} {new}"),
            style=worn[-1],
            color=color,
        )
        there, gone = (nouns_by[which] if which else None for which in (kind.there, kind.gone))
        found.append(Change(name, prompt, words, there, gone, color if tinted else None))
    return found


def seen(scorer: Scorer, version: Version, noun: str, color: str | None = None) -> bool:
    """Whether the scorer sees the thing in its box, in the style that its plan asks for and in that colour if any."""
    region = version.thing(noun)
    if region is None:
        return False
    of_noun, of_style, of_color = look(scorer, version.image, [region.box])
    style = style_of(region, version.plan, scorer)
    return (
        scorer.named(of_noun) == [noun]
        and style in (None, scorer.styles[int(of_style[0].argmax())])
        and color in (None, scorer.colors[int(of_color[0].argmax())])
    )


def given(scorer: Scorer, change: Change, before: Version, after: Version, bars: Mapping[str, float]) -> bool:
    """Whether the scorer sees the change. A thing is gone where the scorer is no surer of it than `bars` has for its
    noun, as it is of empty pictures, or takes it for something else."""
    if change.there is not None and not seen(scorer, after, change.there, change.color):
        return False
    old = before.thing(change.gone) if change.gone else None
    if old is None:
        return True
    now = after.thing(old.noun)
    if now is not None and now.box.overlap(old.box) > LEFT * old.box.area:
        return True
    [nouns] = glance(scorer, [square_crop(after.image, old.box)]).nouns
    best = int(nouns.argmax())
    return scorer.nouns[best] != old.noun or float(nouns[best]) < bars[old.noun]


def kept(scorer: Scorer, change: Change, before: Version, after: Version) -> tuple[int, int]:
    """Of the things that the change is not about and that were right: how many still are, and how many there were."""
    others = [r.noun for r in before.plan.regions if r.noun not in (change.there, change.gone)]
    right = [noun for noun in others if seen(scorer, before, noun)]
    return sum(seen(scorer, after, noun) for noun in right), len(right)
