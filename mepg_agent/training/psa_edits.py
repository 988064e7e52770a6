"""Edit examples: a plan, an instruction in many wordings, and the operations it stands for."""

from __future__ import annotations

from random import Random

from mepg_agent.english import noun_phrase
from mepg_agent.planning.operations import ALIKE, DIRECTIONS, SCALES, SPOTS, Operation, Verb, in_order
from mepg_agent.planning.reading import Thing
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import Region, RelationKind, ScenePlan
from mepg_agent.training import psa_phrasings as say
from mepg_agent.training.psa_phrases import article
from mepg_agent.training.psa_scenes import COLORS, known_thing, plural_of
from mepg_agent.training.psa_scenes import SPOTS as SCENE_SPOTS
from mepg_agent.training.psa_words import FREE_PLACES, OPEN_STYLES, STYLES, Pool

WORDING: dict[Verb, Pool] = {
    Verb.REMOVE: Pool(
        ("remove {x}", "delete {x}", "take {x} away", "get rid of {x}", "take out {x}", "no {n}", "I don't want {x}",
         "{x} has to go", "lose {x}", "erase {x} please", "drop {x}", "without {x}", "{x} should not be there"),
        ("kick {x} out", "can we do without {x}?", "{x} is superfluous"),
    ),
    Verb.RECOLOR: Pool(
        ("make {x} {c}", "{x} should be {c}", "paint {x} {c}", "change {x} to {c}", "color {x} {c}", "turn {x} {c}",
         "I want {x} in {c}", "{c} {n} please", "recolor {x} {c}", "change the color of {x} to {c}", "{x} must be {c}"),
        ("give {x} a {c} color instead", "could {x} be {c}?", "{x} would be nicer in {c}"),
    ),
    Verb.RESTYLE: Pool(
        ("make {x} {s}", "{x} in {s} style", "redo {x} as {s}", "draw {x} in {s}", "turn {x} into {s}", "{x}: {s}",
         "{x} should look like {s}", "change the style of {x} to {s}", "use {s} for {x}", "I'd like {x} in {s}"),
        ("give {x} the {s} treatment", "render {x} using {s}", "{x} would look cool as {s}"),
    ),
    Verb.RESIZE: Pool(
        ("make {x} {z}", "{x} should be {z}", "{z} {n}", "I want {x} {z}", "{x} needs to be {z}", "resize {x}: {z}"),
        ("could {x} be {z}?", "scale {x} so it is {z}"),
    ),
    Verb.REPLACE: Pool(
        ("replace {x} with {a}", "change {x} to {a}", "turn {x} into {a}", "make {x} {a}", "instead of {x} draw {a}",
         "{a} instead of {x}", "swap {x} for {a}", "I want {a} where {x} is", "exchange {x} for {a}"),
        ("put {a} in place of {x}", "let {x} become {a}", "{x} should be {a} rather"),
    ),
    Verb.SWAP: Pool(
        ("swap {x} and {y}", "let {x} and {y} change places", "exchange the positions of {x} and {y}",
         "switch {x} and {y}", "{x} and {y} should swap places", "put {x} where {y} is and vice versa"),
        ("trade places between {x} and {y}", "{x} and {y} the other way round"),
    ),
    Verb.FRONT: Pool(
        ("bring {x} to the front", "put {x} in front of everything", "{x} to the foreground", "move {x} to the front",
         "{x} should be in front", "{x} on top of the others"),
        ("nothing may cover {x}", "{x} nearest to the viewer"),
    ),
    Verb.BACK: Pool(
        ("send {x} to the back", "put {x} behind everything", "{x} into the background", "move {x} to the back",
         "{x} should be at the back", "{x} behind all others"),
        ("everything may cover {x}", "{x} farthest away"),
    ),
    Verb.BACKGROUND: Pool(
        ("change the background to {p}", "make it {p}", "put it all in {p}", "set the scene in {p}", "background: {p}",
         "use {p} as background", "move everything to {p}", "let it be in {p} instead", "I want it in {p}"),
        ("relocate the whole scene to {p}", "how about {p} for the backdrop?"),
    ),
    Verb.TIME: Pool(
        ("make it {t}", "set the time to {t}", "it should be {t}", "change it to {t}", "turn it into {t}",
         "let it be {t}",
         "I want {t}", "{t} please"),
        ("have it happen at {t}", "what about {t}?"),
    ),
    Verb.REDRAW: Pool(
        ("redraw {x}", "try {x} again", "do {x} again", "{x} looks wrong", "another try for {x}", "regenerate {x}",
         "I don't like {x}", "{x} is ugly, try again", "new version of {x}", "fix {x}", "{x} came out badly"),
        ("give {x} another go", "{x} isn't convincing", "roll the dice again for {x}"),
    ),
    Verb.ADD: Pool(
        ("add {a}", "put {a}", "draw {a}", "I also want {a}", "place {a}", "there should be {a}", "insert {a}",
         "add {a} please", "can you add {a}", "include {a}", "also {a}"),
        ("how about {a}", "we're missing {a}", "throw in {a}"),
    ),
    Verb.NOTHING: Pool(
        ("thanks, looks great", "perfect", "I like it", "nice work", "leave it as it is", "don't change anything",
         "cool",
         "what is in the picture?", "good", "that's it, thank you", "which styles are there?", "hello", "keep it"),
        ("wonderful, we are done here", "no further wishes"),
    ),
}  # fmt: skip
SPOT_WORDING = Pool(
    ("move {x} {w}", "put {x} {w}", "{x} {w}", "I want {x} {w}", "place {x} {w}", "{x} should be {w}",
     "shift {x} so it is {w}"),
    ("let {x} be {w} instead", "have {x} {w}"),
)  # fmt: skip
SHIFT_WORDING = Pool(
    ("move {x} {d}", "move {x} a bit {d}", "shift {x} {d}", "nudge {x} {d}", "{x} further {d}", "push {x} {d}",
     "{x} a little more {d}", "slide {x} {d} a bit"),
    ("scoot {x} {d}", "drag {x} {d} somewhat"),
)  # fmt: skip
DIRECTION_WORDS = {"left": ("left", "to the left"), "right": ("right", "to the right"),
                   "up": ("up", "higher", "upwards"),
                   "down": ("down", "lower", "downwards")}  # fmt: skip
SCALE_WORDS = {
    "bigger": Pool(("bigger", "larger", "a bit bigger"), ("more sizeable",)),
    "smaller": Pool(("smaller", "tinier", "a bit smaller"), ("less sizeable",)),
    "much bigger": Pool(("much bigger", "huge", "twice as big", "way larger"), ("double the size",)),
    "much smaller": Pool(("much smaller", "tiny", "half as big", "way smaller"), ("a fraction of its size",)),
}
SCALE_VERBS = {
    "bigger": Pool(("enlarge {x}", "scale {x} up", "let {x} grow", "{x} is too small")),
    "smaller": Pool(("shrink {x}", "scale {x} down", "reduce {x}", "{x} is too big")),
    "much bigger": Pool(("make {x} a lot bigger", "{x} is far too small", "double the size of {x}")),
    "much smaller": Pool(("make {x} a lot smaller", "{x} is far too big", "halve the size of {x}")),
}
EVERYTHING = Pool(("everything", "the whole picture", "it all", "the picture", "all of it"), ("the entire image",))
GROUPS = Pool(("the {p}", "all the {p}", "all {p}", "every one of the {p}"), ("each of the {p}",))
PAIRS = Pool(("both {p}", "the two {p}", "the {p}", "both of the {p}"), ("each of the {p}",))
POLITE = Pool(
    (
        "{i}",
        "{i}",
        "{i}",
        "{i}",
        "please {i}",
        "{i} please",
        "can you {i}?",
        "now {i}",
        "ok, {i}",
        "hmm, {i}",
        "{i}, thanks",
    ),
    ("alright then: {i}", "one more thing, {i}"),
)
TIME_WORDS = {"night": ("night", "nighttime", "midnight", "dark"), "sunset": ("sunset", "dusk", "evening", "dawn"),
              "day": ("day", "daytime", "noon")}  # fmt: skip
NEWEST = Pool(("the last thing I added", "the thing I just added", "the newest thing", "what I added last"),
              ("my latest addition",))  # fmt: skip
_ONE = (Verb.REMOVE, Verb.FRONT, Verb.BACK, Verb.REDRAW)
_RARE = (Verb.ADD, Verb.NOTHING, Verb.WHICH)


class Editor:
    """One edit example in the making."""

    def __init__(self, rng: Random, plan: ScenePlan, vocabulary: Vocabulary, held: bool) -> None:
        self.rng, self.plan, self.vocabulary, self.held = rng, plan, vocabulary, held
        self.used_held = False

    def pick(self, pool: Pool) -> str:
        held = self.held and bool(pool.held) and self.rng.random() < 0.75
        self.used_held = self.used_held or held
        return pool.pick(self.rng, held)

    def edit(self) -> tuple[str, list[Operation]]:
        """An instruction of one to three parts and its operations."""
        roll = self.rng.random()
        parts = [self.part() for _ in range(1 if roll < 0.8 else 2 if roll < 0.97 else 3)]
        if len(parts) > 1:
            parts = [p for p in parts if p[1][0].verb not in (Verb.NOTHING, Verb.ADD, Verb.WHICH)] or parts[:1]
        text = self.rng.choice((" and ", ", ", ", then ", ". ")).join(words for words, _ in parts)
        text = (
            self.pick(POLITE).format(i=text).replace("??", "?").replace(".?", "?").replace("?,", ",").replace("?.", ".")
        )
        return (text if self.rng.random() < 0.6 else text[0].upper() + text[1:].rstrip("?") + "."), [
            op for _, ops in parts for op in ops
        ]

    def part(self) -> tuple[str, list[Operation]]:
        """One wish: mostly about one region, sometimes about all regions of a noun."""
        nouns = [r.noun for r in self.plan.regions]
        many = sorted({noun for noun in nouns if nouns.count(noun) > 1})
        if many and self.rng.random() < 0.3:
            return self.group(self.rng.choice(many))
        if many and self.rng.random() < 0.15:
            return self.unclear(self.rng.choice(many))
        words, operation = self.one()
        return words, [operation]

    def unclear(self, noun: str) -> tuple[str, list[Operation]]:
        """ "Make the fox red" where there are several: the answer is a question."""
        same = [r for r in in_order(self.plan) if r.noun == noun]
        words, _ = self.change(self.rng.choice((Verb.REMOVE, Verb.RECOLOR, Verb.RESIZE, Verb.REPLACE)), same[0], noun)
        return words, [Operation(verb=Verb.WHICH, choices=tuple(r.id for r in same))]

    def group(self, noun: str) -> tuple[str, list[Operation]]:
        """ "make all the foxes red": one operation a region."""
        plural = plural_of(noun) if noun not in self.vocabulary.nouns else self.vocabulary.nouns[noun].plural
        same = [r for r in in_order(self.plan) if r.noun == noun]
        x = self.pick(GROUPS if len(same) != 2 else PAIRS).format(p=plural)
        verb = self.rng.choice((Verb.REMOVE, Verb.RECOLOR, Verb.RESTYLE, Verb.RESIZE))
        style, color, scale = self.rng.choice(list(STYLES)), self.rng.choice(COLORS), self.rng.choice(SCALES)
        value = {Verb.RECOLOR: color, Verb.RESTYLE: style, Verb.RESIZE: scale}.get(verb)
        said = {"s": self.pick(STYLES[style]), "c": color, "z": self.pick(SCALE_WORDS[scale])}
        words = self.pick(WORDING[verb]).format(x=x, n=plural, **said).replace("s is ", "s are ")
        return words, [Operation(verb=verb, region=r.id, value=value) for r in same]

    def one(self) -> tuple[str, Operation]:
        verbs = [Verb.ADD, *([v for v in Verb if v not in _RARE] if self.plan.regions else [])]
        weights = [{Verb.MOVE: 5, Verb.ADD: 3, Verb.RECOLOR: 2, Verb.RESTYLE: 3}.get(v, 1.5) for v in verbs]
        verb = Verb.NOTHING if self.rng.random() < 0.03 else self.rng.choices(verbs, weights=weights)[0]
        if verb is Verb.NOTHING:
            return self.pick(WORDING[verb]), Operation(verb=verb)
        if verb in (Verb.BACKGROUND, Verb.TIME):
            return self.setting(verb)
        if verb is Verb.ADD:
            return self.add()
        if verb is Verb.SWAP and len(self.plan.regions) < 2:
            verb = Verb.REMOVE
        return self.change(verb, self.rng.choice(self.plan.regions))

    def change(self, verb: Verb, region: Region, noun: str | None = None) -> tuple[str, Operation]:
        x = f"the {noun}" if noun else self.named(region)
        if verb in _ONE:
            return self.pick(WORDING[verb]).format(x=x, n=region.noun), Operation(verb=verb, region=region.id)
        if verb is Verb.MOVE:
            return self.move(region, x)
        if verb is Verb.SWAP:
            other = self.rng.choice([r for r in self.plan.regions if r.id != region.id])
            return self.pick(WORDING[verb]).format(x=x, y=self.named(other)), Operation(
                verb=verb, region=region.id, other=other.id
            )
        if verb is Verb.RECOLOR:
            color = self.rng.choice([c for c in COLORS if c != region.color])
            return self.pick(WORDING[verb]).format(x=x, n=region.noun, c=color), Operation(
                verb=verb, region=region.id, value=color
            )
        if verb is Verb.RESTYLE:
            return self.restyle(region, x)
        if verb is Verb.RESIZE:
            scale = self.rng.choice(SCALES)
            pool = WORDING[verb] if self.rng.random() < 0.6 else SCALE_VERBS[scale]
            words = self.pick(pool).format(x=x, n=region.noun, z=self.pick(SCALE_WORDS[scale]))
            return words, Operation(verb=verb, region=region.id, value=scale)
        noun = known_thing(self.rng, self.rng.choice(list(self.vocabulary.nouns)), self.vocabulary).noun
        return self.pick(WORDING[Verb.REPLACE]).format(x=x, a=article(noun)), Operation(
            verb=Verb.REPLACE, region=region.id, value=noun
        )

    def restyle(self, region: Region, x: str) -> tuple[str, Operation]:
        whole = self.rng.random() < 0.25
        style = self.rng.choice(list(STYLES)) if self.rng.random() < 0.9 else self.rng.choice(OPEN_STYLES)
        said = self.pick(STYLES[style]) if style in STYLES else style
        who = self.pick(EVERYTHING) if whole else x
        return self.pick(WORDING[Verb.RESTYLE]).format(x=who, s=said), Operation(
            verb=Verb.RESTYLE, region=None if whole else region.id, value=style
        )

    def move(self, region: Region, x: str) -> tuple[str, Operation]:
        roll = self.rng.random()
        others = [r for r in self.plan.regions if r.id != region.id]
        if roll < 0.4 and others:
            other, kind = self.rng.choice(others), self.rng.choice(list(RelationKind))
            where = f"{self.pick(say.RELATIONS[kind])} {self.named(other)}"
            return self.pick(SPOT_WORDING).format(x=x, w=where), Operation(
                verb=Verb.MOVE, region=region.id, value=kind.value, other=other.id
            )
        if roll < 0.7:
            spot = self.rng.choice(SPOTS)
            said = self.pick(say.SPOTS[spot])
            return self.pick(SPOT_WORDING).format(x=x, w="to the middle" if said == "centered" else said), Operation(
                verb=Verb.MOVE, region=region.id, value=f"to {spot}"
            )
        direction = self.rng.choice(DIRECTIONS)
        return self.pick(SHIFT_WORDING).format(x=x, d=self.rng.choice(DIRECTION_WORDS[direction])), Operation(
            verb=Verb.MOVE, region=region.id, value=direction
        )

    def setting(self, verb: Verb) -> tuple[str, Operation]:
        if verb is Verb.TIME:
            time = self.rng.choice(list(TIME_WORDS))
            return self.pick(WORDING[verb]).format(t=self.rng.choice(TIME_WORDS[time])), Operation(
                verb=verb, value=time
            )
        place = self.rng.choice(
            FREE_PLACES if self.rng.random() < 0.15 else [p for p in self.vocabulary.place_forms if p != "plain"]
        )
        the = self.rng.choice(("the ", "a ", "")) if " " not in place else ""
        return self.pick(WORDING[verb]).format(p=f"{the}{place}"), Operation(verb=verb, value=place)

    def add(self) -> tuple[str, Operation]:
        rng = self.rng
        known = known_thing(rng, rng.choice(list(self.vocabulary.nouns)), self.vocabulary)
        thing = Thing(known.noun)
        thing.color = rng.choice(COLORS) if rng.random() < 0.35 else None
        thing.style = rng.choice(list(STYLES)) if rng.random() < 0.25 else None
        words = noun_phrase(known.noun, thing.color)
        roll = rng.random()
        if roll < 0.12:
            thing.count = rng.choice((2, 2, 3))
            words = f"{self.pick(say.COUNTS[thing.count])} {thing.color or ''} {known.plural}".replace("  ", " ")
        elif roll < 0.2 and self.plan.regions:
            return self.more(rng.choice(self.plan.regions))
        if thing.style is not None:
            styled = self.pick(say.OBJECT_STYLES).format(n=words, s=self.pick(STYLES[thing.style]))
            words = styled.replace(" a ", " ").strip(",")
        where, kind, other = self.where_to_add(thing)
        said = f"{self.pick(WORDING[Verb.ADD]).format(a=words)}{where}"
        return said, Operation(verb=Verb.ADD, thing=thing, value=kind, other=other)

    def more(self, region: Region) -> tuple[str, Operation]:
        """ "Two more birds", as those that are there."""
        count = self.rng.choice((1, 1, 2, 3))
        known = self.vocabulary.nouns.get(region.noun)
        plural = known.plural if known else plural_of(region.noun)
        noun = region.noun if count == 1 else plural
        number = self.rng.choice(("one", "a", "another") if count == 1 else (say.COUNTS[count].pick(self.rng, False),))
        said = (
            f"{number} {noun}"
            if number == "another"
            else f"{number} more {noun}"
            if number != "a"
            else f"a second {noun}"
        )
        pattern = self.pick(WORDING[Verb.ADD]) if self.rng.random() < 0.7 else "{a}"
        return pattern.format(a=said), Operation(verb=Verb.ADD, thing=Thing(region.noun, count))

    def where_to_add(self, thing: Thing) -> tuple[str, RelationKind | None, str | None]:
        """Words that say where the new thing goes, and the relation if they name one; sets the thing's spot."""
        rng = self.rng
        if rng.random() < 0.35:
            thing.spot = rng.choice(SCENE_SPOTS)
            return f" {self.pick(say.SPOTS[thing.spot])}", None, None
        if rng.random() < 0.55 and self.plan.regions:
            other, kind = rng.choice(self.plan.regions), rng.choice(list(RelationKind))
            return f" {self.pick(say.RELATIONS[kind])} {self.named(other)}", kind, other.id
        return "", None, None

    def named(self, region: Region) -> str:
        """Words that point at one region: by noun if that is enough, else by colour, style, side or size."""
        rng = self.rng
        same = [r for r in in_order(self.plan) if r.noun == region.noun]
        if region.id == self.plan.regions[-1].id and rng.random() < 0.08:
            return self.pick(NEWEST)
        if len(same) == 1:
            look = rng.choice([w for w in (region.color, region.style) if w] or [""]) if rng.random() < 0.25 else ""
            return f"the {look.replace('-', ' ')} {region.noun}" if look else f"the {region.noun}"
        noun = rng.choice((region.noun, "one")) if len(same) == len(self.plan.regions) else region.noun
        ways: list[str] = []
        for value, word in ((lambda r: r.color, region.color), (lambda r: r.style, region.style)):
            if word and sum(value(r) == word for r in same) == 1:
                ways.append(f"the {word.replace('-', ' ')} {noun}")
        if region is same[0] and region.box.cx < same[1].box.cx - 0.04:
            ways += [f"the {noun} on the left", f"the left {noun}", f"the leftmost {noun}"]
        elif region is same[-1] and region.box.cx > same[-2].box.cx + 0.04:
            ways += [f"the {noun} on the right", f"the right {noun}", f"the rightmost {noun}"]
        elif len(same) == 3 and region is same[1]:
            ways += [f"the middle {noun}", f"the {noun} in the middle"]
        areas = sorted(r.box.area for r in same)
        if region.box.area >= ALIKE * areas[-2]:
            ways += [f"the bigger {noun}", f"the biggest {noun}"]
        elif region.box.area * ALIKE <= areas[1]:
            ways += [f"the smaller {noun}", f"the smallest {noun}"]
        ordinal = ("first", "second", "third", "fourth", "fifth", "sixth")[same.index(region)]
        return rng.choice(ways) if ways else f"the {ordinal} {noun}"
