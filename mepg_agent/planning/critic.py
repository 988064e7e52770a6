"""What is wrong with a plan before it costs a picture. An error means that the layout must be revised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from mepg_agent.planning.crowding import CLASH, HIDDEN, shared
from mepg_agent.planning.geometry import OPPOSITE, front_and_back, holds
from mepg_agent.planning.layout import POSITIONS, may_overlap
from mepg_agent.planning.lexer import lexicon
from mepg_agent.planning.reader import Reader
from mepg_agent.portfolio import Backbone, Expert, Found, Vocabulary
from mepg_agent.records import Remark, Severity
from mepg_agent.scene import EDITED, Region, Relation, RelationKind, ScenePlan

NONE: Mapping[str, Found[Expert]] = MappingProxyType({})
WELL_READ = (EDITED, "psa")  # planners whose prompts the rules would read worse, or that no longer tell what is there
CROWDED = 8  # regions; more are drawn small
TOUCHING = 0.15  # share of the smaller box that two may have in common unremarked: things do not fill their corners
SAME = 0.7  # intersection over union of two boxes of the same noun that are one thing twice
LONG_PROMPT = 55  # words; text towers of 77 tokens cut what follows


def critique(
    plan: ScenePlan,
    backbone: Backbone,
    vocabulary: Vocabulary | None,
    styles: tuple[str, ...],
    experts: Mapping[str, Found[Expert]] = NONE,
) -> tuple[Remark, ...]:
    """Every remark on the plan, errors first. `styles` are the style phrases known (`routing.style_words`), `experts`
    those of the backbone by id.

    Errors: a region too small for the latent grid, a clash of unrelated boxes, a hidden region, one thing twice, a
    broken relation, and a thing that the backbone has no word for. The rest a layout cannot mend: warnings (unknown
    words, contradictions, counts, a crowd).
    That a box is inside the canvas is a property of every `Box`. Counts are read from the prompt where there is a
    vocabulary to read it with; those of plans by `WELL_READ` are not looked at.
    """
    found = [
        *_sizes(plan, backbone),
        *_overlaps(plan, vocabulary),
        *_hidden(plan),
        *_broken(plan),
        *(_error("undrawn", f"'{words}' was asked for and cannot be drawn.") for words in plan.undrawn),
        *_contradictions(plan),
        *_counts(plan, vocabulary, styles),
        *_words(plan, vocabulary, styles),
        *_windows(plan, backbone.defaults.steps, experts),
        *_caption(plan, vocabulary),
        *_crowd(plan),
    ]
    order = list(Severity)
    return tuple(sorted(found, key=lambda remark: order.index(remark.severity)))


def _error(about: str, message: str, *regions: str) -> Remark:
    return Remark(severity=Severity.ERROR, about=about, regions=regions, message=message)


def _warning(about: str, message: str, *regions: str) -> Remark:
    return Remark(severity=Severity.WARNING, about=about, regions=regions, message=message)


def _sizes(plan: ScenePlan, backbone: Backbone) -> Iterator[Remark]:
    least = POSITIONS * backbone.latent_scale
    for region in plan.regions:
        width, height = region.box.width * plan.extent.width, region.box.height * plan.extent.height
        if min(width, height) < least - 0.5:
            say = f"{region.id} is {width:.0f}×{height:.0f} pixels; the backbone needs {least} each way."
            yield _error("size", say, region.id)
        elif min(width, height) < 1.5 * least:
            yield _warning(
                "size", f"{region.id} is small ({width:.0f}×{height:.0f} pixels) and may come out rough.", region.id
            )


def _overlaps(plan: ScenePlan, vocabulary: Vocabulary | None) -> Iterator[Remark]:
    excused = may_overlap(plan, vocabulary)
    for i, a in enumerate(plan.regions):
        for b in plan.regions[i + 1 :]:
            if a.noun == b.noun and a.box.iou(b.box) > SAME:
                yield _error("duplicate", f"{a.id} and {b.id} are the same thing in the same place.", a.id, b.id)
                continue
            share = shared(a.box, b.box)
            if frozenset((a.id, b.id)) in excused or share <= TOUCHING:
                continue
            say = (
                f"{a.id} and {b.id} overlap ({share:.0%} of the smaller) and nothing says that one is behind the other."
            )
            yield _error("overlap", say, a.id, b.id) if share > CLASH else _warning("overlap", say, a.id, b.id)


def _hidden(plan: ScenePlan) -> Iterator[Remark]:
    for region in plan.regions:
        for other in plan.regions:
            if other.z > region.z and region.box.covered_by(other.box) > HIDDEN:
                yield _error("hidden", f"{region.id} is hidden behind {other.id}.", region.id, other.id)


def _broken(plan: ScenePlan) -> Iterator[Remark]:
    for relation in plan.relations:
        if not holds(relation, plan):
            say = f"The boxes do not show {relation}."
            yield _error("relation", say, *dict.fromkeys((relation.subject, relation.object)))


def _contradictions(plan: ScenePlan) -> Iterator[Remark]:
    for relation in plan.relations:
        if relation.subject == relation.object:
            yield _warning("contradiction", f"Nothing is {relation.kind} itself: {relation}.", relation.subject)
    said = set(plan.relations)
    for i, relation in enumerate(plan.relations):
        if any(c in said and plan.relations.index(c) < i for c in _against(relation)):
            say = f"{relation} contradicts what was said before."
            yield _warning("contradiction", say, relation.subject, relation.object)
    for axis, pairs in _orders(plan).items():
        cycle = _cycle(pairs)
        if len(cycle) > 2:
            yield _warning("contradiction", f"{axis}: {' → '.join((*cycle, cycle[0]))} goes round in a circle.", *cycle)


def _against(relation: Relation) -> Iterator[Relation]:
    """What cannot be true together with `relation`."""
    opposite = OPPOSITE.get(relation.kind)
    if opposite is not None and opposite is not relation.kind:
        yield Relation(subject=relation.subject, kind=opposite, object=relation.object)
    if relation.kind is not RelationKind.NEXT_TO:
        yield Relation(subject=relation.object, kind=relation.kind, object=relation.subject)


def _orders(plan: ScenePlan) -> dict[str, list[tuple[str, str]]]:
    """Pairs (first, second) along the three axes, as the relations say."""
    kinds = {
        RelationKind.LEFT_OF: ("left to right", False),
        RelationKind.RIGHT_OF: ("left to right", True),
        RelationKind.ABOVE: ("top to bottom", False),
        RelationKind.BELOW: ("top to bottom", True),
    }
    orders: dict[str, list[tuple[str, str]]] = {"left to right": [], "top to bottom": [], "near to far": []}
    for relation in plan.relations:
        if relation.kind in kinds:
            axis, swap = kinds[relation.kind]
            a, b = relation.subject, relation.object
            orders[axis].append((b, a) if swap else (a, b))
        depth = front_and_back(relation)
        if depth is not None:
            orders["near to far"].append(depth)
    return orders


def _cycle(pairs: list[tuple[str, str]]) -> tuple[str, ...]:
    """One cycle of the directed graph, or nothing."""
    after: dict[str, list[str]] = {}
    for a, b in pairs:
        after.setdefault(a, []).append(b)
    done: set[str] = set()

    def walk(node: str, path: tuple[str, ...]) -> tuple[str, ...]:
        if node in path:
            return path[path.index(node) :]
        if node in done:
            return ()
        found = next((c for n in after.get(node, ()) if (c := walk(n, (*path, node)))), ())
        done.add(node)
        return found

    return next((c for start in after if (c := walk(start, ()))), ())


def _counts(plan: ScenePlan, vocabulary: Vocabulary | None, styles: tuple[str, ...]) -> Iterator[Remark]:
    if vocabulary is None or plan.planner in WELL_READ:
        return
    wanted: Counter[str] = Counter()
    for thing in Reader(lexicon(vocabulary, styles), plan.prompt).reading.things:
        if thing.noun is not None:
            wanted[thing.noun] += thing.count
    have = Counter(vocabulary.noun_forms.get(r.noun, r.noun) for r in plan.regions)
    for noun, count in wanted.items():
        if have[noun] != count:
            ids = [r.id for r in plan.regions if vocabulary.noun_forms.get(r.noun, r.noun) == noun]
            yield _warning("count", f"The prompt asks for {count} × {noun}, the plan has {have[noun]}.", *ids)


def _words(plan: ScenePlan, vocabulary: Vocabulary | None, styles: tuple[str, ...]) -> Iterator[Remark]:
    known = {_plain(s) for s in (*styles, *(vocabulary.looks if vocabulary else ()))}
    for region in plan.regions:
        if region.style and region.expert is None and _plain(region.style) not in known:
            yield _warning(
                "style", f"{region.id}: no expert goes by '{region.style}'; the base model gets the words.", region.id
            )
    if plan.style and _plain(plan.style) not in known:
        yield _warning("style", f"No expert goes by the picture's style '{plan.style}'; the base model gets the words.")
    if vocabulary is None:
        return
    for region in plan.regions:
        if region.noun not in vocabulary.noun_forms:
            hint = _nearest(region.noun, list(vocabulary.noun_forms))
            yield _warning("noun", f"{region.id}: the backbone cannot draw '{region.noun}'.{hint}", region.id)
        if region.color and region.color not in (*vocabulary.colors, *vocabulary.color_aliases):
            yield _warning("color", f"{region.id}: '{region.color}' is not a colour the backbone knows.", region.id)
    if plan.background not in vocabulary.place_forms:
        hint = _nearest(plan.background, list(vocabulary.place_forms))
        yield _warning("place", f"The backbone knows no place '{plan.background}'.{hint}")
    if plan.time is not None and plan.time not in vocabulary.time_forms:
        yield _warning("time", f"The backbone knows no time '{plan.time}'; it knows {', '.join(vocabulary.times)}.")


def _windows(plan: ScenePlan, steps: int, experts: Mapping[str, Found[Expert]]) -> Iterator[Remark]:
    """A region or an expert that no step hears, and a region that is heard only while its expert is not at work."""
    for region in plan.regions:
        expert = experts[region.expert].item if region.expert and region.expert in experts else None
        heard, works = _steps_in(region, steps), frozenset() if expert is None else _steps_in(expert, steps)
        is_heard = f"{region.id} is heard from {region.start:g} to {region.end:g} of the drawing"
        if not heard:
            yield _warning("window", f"{is_heard}, where none of the backbone's {steps} steps lies.", region.id)
        elif expert is not None and heard.isdisjoint(works):
            nowhere = "" if works else f", where none of the backbone's {steps} steps lies"
            say = f"{is_heard}, its style {expert.id} works from {expert.start:g} to {expert.end:g}{nowhere}."
            yield _warning("window", say, region.id)


def _steps_in(heard: Region | Expert, steps: int) -> frozenset[int]:
    """The steps at which it is heard, as the engine counts them."""
    return frozenset(step for step in range(steps) if heard.start <= step / steps < heard.end)


def _nearest(word: str, forms: list[str]) -> str:
    close = get_close_matches(word.lower(), forms, n=1, cutoff=0.5)
    return f" The nearest word it knows is '{close[0]}'." if close else ""


def _plain(style: str) -> str:
    return style.casefold().replace("-", " ").removesuffix(" style")


def _caption(plan: ScenePlan, vocabulary: Vocabulary | None) -> Iterator[Remark]:
    text = plan.global_prompt.lower()
    nouns = vocabulary.nouns if vocabulary else {}
    plurals = {r.noun: nouns[r.noun].plural if r.noun in nouns else r.noun for r in plan.regions}
    missing = [r.id for r in plan.regions if r.noun.lower() not in text and plurals[r.noun] not in text]
    if missing:
        yield _warning("caption", f"The global prompt does not mention {', '.join(missing)}.", *missing)
    if len(text.split()) > LONG_PROMPT:
        yield _warning("caption", f"The global prompt has {len(text.split())} words; its end may not be heard.")


def _crowd(plan: ScenePlan) -> Iterator[Remark]:
    if len(plan.regions) > CROWDED:
        yield _warning("crowd", f"{len(plan.regions)} regions on one canvas come out small; {CROWDED} are enough.")
