"""The rule planner: English over a closed vocabulary to a scene. Deterministic, needs no model, takes milliseconds."""

from __future__ import annotations

from mepg_agent.english import noun_phrase
from mepg_agent.errors import BadInput
from mepg_agent.planning.arrange import Item, arrange
from mepg_agent.planning.finish import finished
from mepg_agent.planning.lexer import Lexicon, lexicon
from mepg_agent.planning.reader import Reader
from mepg_agent.planning.reading import Reading, Thing
from mepg_agent.portfolio import Backbone, Vocabulary
from mepg_agent.records import Brief
from mepg_agent.scene import MAX_REGIONS, Extent, Region, Relation, RelationKind, ScenePlan, free_id

_ONE_EACH = (RelationKind.ON, RelationKind.INSIDE, RelationKind.UNDER)


class RulePlanner:
    """Reads nouns, counts, colours, sizes, styles, places, times, spots and relations; notes what it does not know."""

    name = "rules"

    def plan(
        self, brief: Brief, backbone: Backbone, vocabulary: Vocabulary | None, styles: tuple[str, ...]
    ) -> ScenePlan:
        """See `Planner.plan`. Raises BadInput if the prompt names no thing and no place of the vocabulary, or if there
        is no vocabulary: rules cannot read what they have no words for."""
        if vocabulary is None:
            raise BadInput(
                f"The rule planner needs a vocabulary, and {backbone.id} has none.",
                "Use another planner (--planner psa), or give a plan.",
            )
        words = lexicon(vocabulary, styles)
        reading = Reader(words, brief.prompt).reading
        notes = [*reading.notes, *(unknown_thing(word, words) for word in dict.fromkeys(reading.unknown))]
        if not any(t.noun for t in reading.things) and reading.place is None:
            raise _nothing_known(brief.prompt, reading, words)
        return _laid_out(brief, brief.extent or backbone.defaults.extent, reading, notes, vocabulary, backbone)


def _laid_out(
    brief: Brief,
    extent: Extent,
    reading: Reading,
    notes: list[str],
    vocabulary: Vocabulary,
    backbone: Backbone,
) -> ScenePlan:
    members = _members(reading.things, notes)
    relations = _relations(reading, members, notes)
    place = reading.place or vocabulary.natural_place(t.noun for t in reading.things if t.noun)
    things = {region_id: reading.things[i] for i, ids in members.items() for region_id in ids}
    items = [Item(i, vocabulary.nouns[t.noun or ""], t.size, t.spot, t.depth) for i, t in things.items()]
    boxes = arrange(items, relations, vocabulary.places[place].ground if place in vocabulary.places else 0.8, extent)
    depth = {"front": 1, "back": -1, None: 0}
    regions = [
        Region(
            id=region_id,
            box=boxes[region_id],
            prompt=noun_phrase(thing.noun or "", thing.color),
            noun=thing.noun or "",
            color=thing.color,
            style=thing.style,
            z=depth[thing.depth],
        )
        for region_id, thing in things.items()
    ]
    draft = ScenePlan(
        prompt=brief.prompt,
        global_prompt="scene",
        background=place,
        time=None if reading.time == "day" else reading.time,
        style=reading.style,
        extent=extent,
        regions=tuple(regions),
        relations=tuple(relations),
        planner=RulePlanner.name,
    )
    spots = {i: said for i, t in things.items() if (said := t.spot or t.depth)}
    return finished(draft, vocabulary, backbone, notes, reading.place is not None, spots)


def _members(things: list[Thing], notes: list[str]) -> dict[int, list[str]]:
    """Region ids of every thing (by index) that can be drawn; at most MAX_REGIONS in all."""
    taken: list[str] = []
    members: dict[int, list[str]] = {}
    for index, thing in enumerate(things):
        if thing.noun is None:
            continue
        members[index] = []
        for _ in range(thing.count):
            if len(taken) == MAX_REGIONS:
                notes.append(f"One picture holds {MAX_REGIONS} things: left out {thing.noun} and what follows.")
                return members
            taken.append(free_id(thing.noun, taken))
            members[index].append(taken[-1])
    return members


def _relations(reading: Reading, members: dict[int, list[str]], notes: list[str]) -> list[Relation]:
    found: list[Relation] = []
    for subject, kind, other in reading.links:
        one, two = members.get(subject, []), members.get(other, [])
        if not one or not two:
            known = (one or two or ["the picture"])[0]
            notes.append(f"Left out '{kind}' at {known}: what it relates to cannot be drawn.")
        elif subject != other:
            found += [Relation(subject=a, kind=kind, object=b) for a, b in _pairs(one, kind, two)]
    for middle, first, second in reading.between:
        ends = [*members.get(first, []), *([] if first == second else members.get(second, []))]
        one = members.get(middle, [])
        if not one or len(ends) < 2:
            notes.append("Left out 'between': it needs three things that can be drawn.")
            continue
        for region in one:
            found.append(Relation(subject=region, kind=RelationKind.RIGHT_OF, object=ends[0]))
            found.append(Relation(subject=region, kind=RelationKind.LEFT_OF, object=ends[1]))
    return list(dict.fromkeys(found))


def _pairs(subjects: list[str], kind: RelationKind, objects: list[str]) -> list[tuple[str, str]]:
    """Who stands so to whom, for groups: on, inside and under go one to one, next to makes chains, the rest is all
    to all."""
    if kind in _ONE_EACH:
        return [(s, objects[i % len(objects)]) for i, s in enumerate(subjects)]
    if kind is RelationKind.NEXT_TO:
        chain = [objects[0], objects[-1], *subjects]  # an object has two sides, then each stands next to the one before
        return [(s, chain[i]) for i, s in enumerate(subjects)]
    return [(s, o) for s in subjects for o in objects]


def unknown_thing(word: str, words: Lexicon) -> str:
    """The note on a thing the vocabulary has no word for."""
    nearest = words.nearest_nouns(word)
    hint = f" The nearest word it knows is '{nearest[0]}'." if nearest else ""
    return f"'{word}' is not among the things this backbone can draw.{hint}"


def _nothing_known(prompt: str, reading: Reading, words: Lexicon) -> BadInput:
    said = [*reading.unknown, *(p.text for p in words.read(prompt)[0] if p.text.isalpha() and len(p.text) > 2)]
    nearest = list(dict.fromkeys(n for word in said[:20] for n in words.nearest_nouns(word, 2, 0.45)))[:5]
    some = nearest or list(words.vocabulary.nouns)[:5]
    return BadInput(
        "The prompt names nothing that this backbone can draw.",
        f"Name a thing or a place it knows, for example: {', '.join(some)}.",
    )
