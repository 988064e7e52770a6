"""Plans and vocabularies for the tests of planning."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from mepg_agent.planning.psa import PsaPlanner
from mepg_agent.planning.question import Pattern
from mepg_agent.planning.rules import RulePlanner
from mepg_agent.planning.target import next_line
from mepg_agent.portfolio import Backbone, Portfolio, Vocabulary, read_vocabulary
from mepg_agent.records import Brief
from mepg_agent.scene import Box, Extent, Region, Relation, RelationKind, ScenePlan

STYLES = (
    "watercolor",
    "pixel-art",
    "pencil-sketch",
    "pencil sketch",
    "oil",
    "oil painting",
    "neon",
    "soft wash of color",
)


@cache
def portfolio() -> Portfolio:
    return Portfolio((Path(__file__).resolve().parent.parent / "experts",))


@cache
def vocabulary() -> Vocabulary:
    """More words than the shipped weights draw: the planner is not bound to one family."""
    return read_vocabulary(portfolio().backbone("picturebook").folder / "vocabulary-full.toml")


def backbone() -> Backbone:
    """With a fine grid: how coarse the shipped family's is, is its own affair."""
    return portfolio().backbone("picturebook").item.model_copy(update={"latent_scale": 8})


def planned(prompt: str, extent: Extent | None = None) -> ScenePlan:
    return RulePlanner().plan(Brief(prompt=prompt, extent=extent), backbone(), vocabulary(), STYLES)


class Says:
    """Answers what it is told to, whatever it is asked."""

    def __init__(self, answer: str) -> None:
        self.answer, self.asked = answer, ""

    def write(self, asked: str, pattern: Pattern) -> str:
        self.asked = asked
        return self.answer


def answered(answer: str, prompt: str = "words", closed: bool = True) -> ScenePlan:
    """What the small planner makes of the prompt when its model answers so; `closed`: with a vocabulary."""
    planner = PsaPlanner(Says(answer), vocabulary())
    return planner.plan(Brief(prompt=prompt), backbone(), vocabulary() if closed else None, STYLES)


def scene(boxes: dict[str, tuple[float, float, float, float]], *relations: str, **fields: object) -> ScenePlan:
    """A plan of `boxes` (x, y, width, height) by region id, and relations like "fox left of castle"."""
    regions = [
        Region(id=i, noun=i.split("-")[0], prompt=f"a {i}", box=Box(x=x, y=y, width=w, height=h), z=z)
        for z, (i, (x, y, w, h)) in enumerate(boxes.items())
    ]
    prompt = " and ".join(r.prompt for r in regions) or "nothing"
    values = {"prompt": prompt, "global_prompt": prompt, "extent": Extent(width=256, height=256), **fields}
    links = tuple(related(r) for r in relations)
    return ScenePlan.model_validate({"regions": tuple(regions), "relations": links, **values})


def related(text: str) -> Relation:
    subject, *kind, other = text.split()
    return Relation(subject=subject, kind=RelationKind(" ".join(kind)), object=other)


def may_be_written(text: str, vocabulary: Vocabulary | None = None, prompt: str = "") -> bool:
    """Whether decoding line by line can write the text as the plan of `prompt`."""
    pattern, lines = next_line(vocabulary, prompt), text.split("\n")
    before = ["".join(f"{line}\n" for line in lines[:at]) for at in range(len(lines))]
    return all(re.fullmatch(pattern(b) or "(?!)", line) for b, line in zip(before, lines, strict=True))
