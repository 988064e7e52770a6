"""What a prompt asks for, as facts, and how many of them a plan gets right."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from mepg_agent.planning.geometry import holds
from mepg_agent.planning.target import decode
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import Relation, RelationKind, ScenePlan
from mepg_agent.training.psa_data import Example
from mepg_agent.training.psa_styles import STYLES

WHAT = ("things", "relations", "styles", "colors", "setting", "sizes")  # what is counted, each fact once
Score = dict[str, tuple[int, int]]  # right, of


@dataclass
class Facts:
    """Expected of a plan. Nouns are a vocabulary's where it has one for them; a list holds one entry a region."""

    prompt: str
    category: str
    counts: Counter[str] = field(default_factory=Counter)
    relations: list[tuple[str, RelationKind, str]] = field(default_factory=list)
    styles: dict[str, list[str | None]] = field(default_factory=dict)
    colors: dict[str, list[str | None]] = field(default_factory=dict)
    background: str | None = None
    time: str | None = None
    larger: list[tuple[str, str]] = field(default_factory=list)


def style_id(said: str | None) -> str | None:
    """The name of a known style for any phrase that describes it; other words as they are."""
    if said is None or said in STYLES:
        return said
    return next((name for name, pool in STYLES.items() if said in (*pool.train, *pool.held)), said.replace(" ", "-"))


def style_phrases() -> tuple[str, ...]:
    """What a planner that looks styles up may know: the names, and the phrases that training may use."""
    return tuple(dict.fromkeys(p for name, pool in STYLES.items() for p in (name, *pool.train)))


def facts_of(example: Example, vocabulary: Vocabulary) -> Facts:
    """The facts of a generated example: its target says them all."""
    reading = decode(example["target"], None)
    names = [_noun(t.noun or "", vocabulary) for t in reading.things]
    facts = Facts(example["prompt"], "test")
    styled = reading.style is not None or any(t.style for t in reading.things)
    for name, thing in zip(names, reading.things, strict=True):
        facts.counts[name] += thing.count
        facts.colors.setdefault(name, []).extend([_color(thing.color, vocabulary)] * thing.count)
        if styled:
            facts.styles.setdefault(name, []).extend([style_id(thing.style or reading.style)] * thing.count)
    facts.relations = [(names[s], kind, names[o]) for s, kind, o in reading.links]
    for middle, one, other in reading.between:
        facts.relations += [(names[middle], RelationKind.RIGHT_OF, names[one])]
        facts.relations += [(names[middle], RelationKind.LEFT_OF, names[other])]
    facts.background = vocabulary.place_forms.get(reading.place or "", reading.place)
    facts.time = vocabulary.time_forms.get(reading.time or "", reading.time)
    return facts


def read_challenge(file: Path) -> Iterator[Facts]:
    """The hand-written prompts with their facts."""
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        facts = Facts(row["prompt"], row["category"], background=row.get("background"), time=row.get("time"))
        for thing in row["objects"]:
            facts.counts[thing["noun"]] += thing["count"]
            for key, wanted in (("style", facts.styles), ("color", facts.colors)):
                if key in thing:
                    wanted.setdefault(thing["noun"], []).extend([thing[key]] * thing["count"])
        facts.relations = [(a, RelationKind(kind), b) for a, kind, b in row["relations"]]
        facts.larger = [(a, b) for a, b in row.get("larger", [])]
        yield facts


def judge(plan: ScenePlan | None, facts: Facts, vocabulary: Vocabulary) -> Score:
    """Right and all facts, by `WHAT`. A kind of thing is right if it is there exactly as often as asked; one that
    nobody asked for counts as a wrong one. Without a plan nothing is right."""
    nouns = {r.id: _noun(r.noun, vocabulary) for r in plan.regions} if plan else {}
    found = Counter(nouns.values())
    kinds = found.keys() | facts.counts.keys()
    score = {"things": _share(found[n] == facts.counts[n] for n in kinds)}
    score["relations"] = _share(plan is not None and _related(plan, nouns, *r) for r in facts.relations)
    of = {n: [r for r in plan.regions if nouns[r.id] == n] for n in kinds} if plan else {}
    styles = {n: [style_id(r.style or (plan.style if plan else None)) for r in rs] for n, rs in of.items()}
    colors = {n: [_color(r.color, vocabulary) for r in rs] for n, rs in of.items()}
    score["styles"] = _share(_same(styles.get(n), wanted) for n, wanted in facts.styles.items())
    score["colors"] = _share(_same(colors.get(n), wanted) for n, wanted in facts.colors.items())
    place = vocabulary.place_forms.get(plan.background, plan.background) if plan else None
    settings = [(facts.background, place), (facts.time, plan.time if plan else None)]
    score["setting"] = _share(have == wanted for wanted, have in settings if wanted not in (None, "day"))
    areas = {n: max((r.box.area for r in rs), default=0.0) for n, rs in of.items()}
    score["sizes"] = _share(areas.get(a, 0.0) > areas.get(b, 0.0) > 0 for a, b in facts.larger)
    return score


def overlap(plan: ScenePlan) -> float:
    """Mean intersection over union of all pairs of boxes, 0 to 1."""
    pairs = [a.box.iou(b.box) for a, b in combinations(plan.regions, 2)]
    return sum(pairs) / len(pairs) if pairs else 0.0


def _related(plan: ScenePlan, nouns: dict[str, str], subject: str, kind: RelationKind, other: str) -> bool:
    """Whether some region of the one noun stands so to some region of the other, by the boxes."""
    return any(
        holds(Relation(subject=a.id, kind=kind, object=b.id), plan)
        for a in plan.regions
        for b in plan.regions
        if a.id != b.id and nouns[a.id] == subject and nouns[b.id] == other
    )


def _same(have: list[str | None] | None, wanted: list[str | None]) -> bool:
    return have is not None and sorted(map(str, have)) == sorted(map(str, wanted))


def _share(right: Iterable[bool]) -> tuple[int, int]:
    marks = list(right)
    return sum(marks), len(marks)


def _noun(noun: str, vocabulary: Vocabulary) -> str:
    return vocabulary.noun_forms.get(noun, noun)


def _color(color: str | None, vocabulary: Vocabulary) -> str | None:
    return vocabulary.color_aliases.get(color, color) if color else None
