"""Random scenes as a person may have them in mind: things with counts, colours, styles, places and relations.

A `Scene` is what is meant, before any wording; `plan_of` lays it out as the plan the model should answer with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from mepg_agent.english import noun_phrase
from mepg_agent.planning import reading
from mepg_agent.planning.target import PLAIN, SIZES
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import MAX_REGIONS, Box, Extent, Region, Relation, RelationKind, ScenePlan, free_id
from mepg_agent.training.psa_layout import Item, place
from mepg_agent.training.psa_nouns import DETAILS, FREE_NOUNS, FreeNoun
from mepg_agent.training.psa_places import FREE_PLACES
from mepg_agent.training.psa_spots import SPOTS
from mepg_agent.training.psa_styles import OPEN_STYLES, STYLES

Kind = RelationKind
EXTENT = Extent(width=512, height=512)
COLORS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "gray")
RARE_COLORS = ("golden", "silver", "crimson", "turquoise", "navy", "teal", "violet", "beige", "lime", "cream", "maroon")
_FLAT = {
    Kind.LEFT_OF: 5,
    Kind.RIGHT_OF: 5,
    Kind.NEXT_TO: 3,
    Kind.ABOVE: 3,
    Kind.BELOW: 1,
    Kind.BEHIND: 2,
    Kind.IN_FRONT_OF: 2,
}
LOW = ("house", "table", "bed", "chair", "bench", "rock", "mountain", "castle", "log", "gift", "suitcase", "car",
       "desk", "truck", "book", "barrel", "elephant", "horse", "turtle", "sofa", "piano", "mushroom",
       "fence")  # fmt: skip
COVER = (
    "oak tree",
    "umbrella",
    "table",
    "bridge",
    "palm tree",
    "rainbow",
    "willow",
    "bench",
    "desk",
    "bed",
    "pine tree",
)
HOLLOW = ("castle", "house", "tent", "bucket", "basket", "greenhouse", "ferris wheel", "barn", "igloo", "car", "bus")
SUPPORTS = tuple(sorted({*LOW, *COVER, *HOLLOW}))


@dataclass
class Thing:
    """A kind of thing in the scene; `noun` as the person says it, singular."""

    noun: str
    plural: str
    stands: str
    size: float
    aspect: float = 1.0
    group: str = "free"
    count: int = 1
    color: str | None = None
    detail: str | None = None
    style: str | None = None
    bigness: str | None = None  # "big" | "small"
    spot: str | None = None
    canonical: str = ""  # the vocabulary's word for it

    @property
    def word(self) -> str:
        """The noun, in the plural where there are several."""
        return self.plural if self.count > 1 else self.noun


@dataclass
class Scene:
    things: list[Thing]
    links: list[tuple[int, Kind, int]] = field(default_factory=list)  # things by index
    between: tuple[int, int, int] | None = None  # the first is between the other two
    place: str = "plain"
    time: str | None = None
    style: str | None = None


def sample_scene(rng: Random, vocabulary: Vocabulary, most: int = 4) -> Scene:
    """A random scene of 1 to `most` kinds of things (rarely up to ten). Every draw comes from `rng`."""
    kinds = rng.choices(range(1, most + 1), weights=[3, 6, 5, 3][:most])[0]
    if most >= 4 and rng.random() < 0.09:
        kinds = rng.randint(5, 10)
    place_name = _place(rng, vocabulary)
    things: list[Thing] = []
    while len(things) < kinds:
        thing = _thing(rng, vocabulary, SUPPORTS if not things and kinds > 1 and rng.random() < 0.35 else None)
        if all(thing.noun != other.noun for other in things):
            things.append(thing)
    scene = Scene(things, place=place_name, time=_time(rng))
    _counts(rng, scene)
    _styles(rng, scene)
    _links(rng, scene)
    return scene


def _place(rng: Random, vocabulary: Vocabulary) -> str:
    roll = rng.random()
    if roll < 0.25:
        return "plain"
    if roll < 0.37:
        return rng.choice(FREE_PLACES)
    name = rng.choice([p for p in vocabulary.places if p != "plain"])
    aliases = [a for a in vocabulary.places[name].aliases if a not in vocabulary.nouns and a != "table"]
    return rng.choice(aliases) if aliases and rng.random() < 0.4 else name


def _time(rng: Random) -> str | None:
    return rng.choices([None, "night", "sunset"], weights=[12, 4, 3])[0]


def _thing(rng: Random, vocabulary: Vocabulary, nouns: tuple[str, ...] | None) -> Thing:
    """A random thing, of `nouns` if given."""
    noun = rng.choice(nouns) if nouns else rng.choice(list(FREE_NOUNS if rng.random() < 0.22 else vocabulary.nouns))
    thing = known_thing(rng, noun, vocabulary) if noun in vocabulary.nouns else free_thing(noun, FREE_NOUNS[noun])
    if rng.random() < 0.38:
        thing.color = rng.choice(RARE_COLORS if rng.random() < 0.15 else COLORS)
    if rng.random() < 0.2:
        thing.detail = rng.choice(DETAILS[thing.group])
    if rng.random() < 0.12:
        thing.bigness = rng.choice(("big", "small"))
    return thing


def any_known_thing(rng: Random, vocabulary: Vocabulary) -> Thing:
    return known_thing(rng, rng.choice(list(vocabulary.nouns)), vocabulary)


def known_thing(rng: Random, noun: str, vocabulary: Vocabulary) -> Thing:
    entry = vocabulary.nouns[noun]
    said, plural = noun, entry.plural
    if entry.aliases and rng.random() < 0.35:
        said = rng.choice(entry.aliases)
        plural = plural_of(said)
    return Thing(said, plural, entry.stands, entry.size * 100, group=entry.group, canonical=noun)


def free_thing(noun: str, entry: FreeNoun) -> Thing:
    return Thing(noun, entry.plural or plural_of(noun), entry.stands, entry.size * 100, entry.aspect, canonical=noun)


def plural_of(noun: str) -> str:
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def _counts(rng: Random, scene: Scene) -> None:
    room = MAX_REGIONS - len(scene.things)
    for thing in scene.things:
        single = thing.group in ("building", "landscape") or thing.noun in ("sun", "moon", "full moon", "rainbow")
        if single or len(scene.things) > 4 or rng.random() > 0.22:
            continue
        thing.count = min(rng.choice((2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 6, rng.randint(7, 10))), room + 1)
        room -= thing.count - 1


def _styles(rng: Random, scene: Scene) -> None:
    roll = rng.random()
    if roll < 0.36:
        return
    if roll < 0.58:
        scene.style = _style(rng)
        return
    if roll < 0.7:
        scene.style = _style(rng)
    for thing in scene.things:
        if rng.random() < (0.85 if scene.style is None else 0.4):
            thing.style = _style(rng)
    if scene.style is not None:
        for thing in scene.things:
            thing.style = None if thing.style == scene.style else thing.style


def _style(rng: Random) -> str:
    return rng.choice(OPEN_STYLES) if rng.random() < 0.12 else rng.choice(list(STYLES))


def _links(rng: Random, scene: Scene) -> None:
    things = scene.things
    if len(things) >= 3 and rng.random() < 0.12 and all(t.count == 1 for t in things[:3]):
        scene.between = (0, 1, 2)
    used: set[int] = set(scene.between or ())
    for subject in range(1, len(things)):
        if subject in used or rng.random() > 0.6:
            if rng.random() < 0.4 and subject not in used and len(things) <= 5:
                things[subject].spot = rng.choice(list(SPOTS))
            continue
        other = 0 if things[0].canonical in SUPPORTS and rng.random() < 0.6 else rng.randrange(subject)
        kind = _kind(rng, things[subject], things[other])
        if kind is not None:
            scene.links.append((subject, kind, other))
    linked = {i for s, _, o in scene.links for i in (s, o)} | used
    if len(things) <= 4 and 0 not in linked and rng.random() < 0.4 and things[0].count == 1:
        things[0].spot = rng.choice(list(SPOTS))


def _kind(rng: Random, subject: Thing, other: Thing) -> Kind | None:
    """A relation that makes sense between the two, or none."""
    weights: dict[Kind, int] = dict(_FLAT)
    if other.canonical in LOW and subject.stands != "water":
        weights[Kind.ON] = 16
    if other.canonical in COVER and subject.stands == "ground":
        weights[Kind.UNDER] = 14
    if other.canonical in HOLLOW and subject.group not in ("building", "landscape"):
        weights[Kind.INSIDE] = 12
    if subject.stands == "sky":
        weights = {Kind.ABOVE: 6, Kind.LEFT_OF: 2, Kind.RIGHT_OF: 2, Kind.NEXT_TO: 1} | (
            {Kind.BEHIND: 1} if other.stands == "sky" else {}
        )
    elif other.stands == "sky":
        weights = {Kind.BELOW: 4, Kind.UNDER: 3, Kind.LEFT_OF: 2, Kind.RIGHT_OF: 2}
    if subject.count * other.count > 6:
        return None
    if subject.count * other.count > 3:
        weights = {kind: w for kind, w in weights.items() if kind in (Kind.LEFT_OF, Kind.RIGHT_OF, Kind.ABOVE)}
    if subject.count > 1 or other.count > 1:
        weights = {k: w for k, w in weights.items() if k not in (Kind.INSIDE, Kind.ON, Kind.UNDER, Kind.NEXT_TO)}
    return rng.choices(list(weights), weights=list(weights.values()))[0] if weights else None


def reading_of(scene: Scene) -> reading.Reading:
    """What a prompt about the scene says, in the words it says it with."""
    things = [
        reading.Thing(t.noun, t.count, t.color, t.style, SIZES.get(t.bigness or "", 1.0), t.spot, None, t.detail)
        for t in scene.things
    ]
    between = [scene.between] if scene.between else []
    place = None if scene.place == PLAIN else scene.place
    return reading.Reading(things, scene.links, between, place, scene.time, scene.style)


def plan_of(scene: Scene, vocabulary: Vocabulary, prompt: str) -> ScenePlan | None:
    """The plan of a scene, or None where its relations do not fit on one canvas."""
    members: list[list[int]] = []
    items: list[Item] = []
    for thing in scene.things:
        members.append(list(range(len(items), len(items) + thing.count)))
        factor = {"big": 1.4, "small": 0.6}.get(thing.bigness or "", 1.0)
        for _ in range(thing.count):
            items.append(Item(thing.stands, min(thing.size * factor, 80), thing.aspect, thing.spot))
    links = [(a, kind, b) for s, kind, o in scene.links for a in members[s] for b in members[o]]
    if scene.between is not None:
        middle, one, two = (members[i][0] for i in scene.between)
        links += [(middle, Kind.RIGHT_OF, one), (middle, Kind.LEFT_OF, two)]
        items[two].links.append((Kind.RIGHT_OF, one))
    for a, kind, b in links:
        items[a].links.append((kind, b))
    place_known = vocabulary.place_forms.get(scene.place)
    if not place(items, 100 * vocabulary.places[place_known].ground if place_known else 62):
        return None
    regions: list[Region] = []
    for thing, indices in zip(scene.things, members, strict=True):
        for index in indices:
            regions.append(_region(thing, items[index], regions))
    ids = [r.id for r in regions]
    return ScenePlan(
        prompt=prompt,
        global_prompt="scene",
        background=scene.place,
        time=scene.time,
        style=scene.style,
        extent=EXTENT,
        regions=tuple(regions),
        relations=tuple(Relation(subject=ids[a], kind=kind, object=ids[b]) for a, kind, b in links),
    )


def _region(thing: Thing, item: Item, taken: list[Region]) -> Region:
    cx, cy, w, h = (v / 100 for v in item.box)
    return Region(
        id=free_id(thing.noun, [r.id for r in taken]),
        box=Box.centered(cx, cy, w, h),
        prompt=noun_phrase(thing.noun, thing.color),
        noun=thing.noun,
        color=thing.color,
        style=thing.style,
    )
