"""Puts a scene into words, in many ways. The order of mention becomes the order of the plan."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

from mepg_agent.scene import RelationKind
from mepg_agent.training import psa_phrasings as say
from mepg_agent.training.psa_scenes import COLORS, Scene, Thing
from mepg_agent.training.psa_words import BIG, FREE_NOUNS, SMALL, STYLES, TYPOS, Pool

MENDS = ((",,", ","), (" ,", ","), (",.", "."), ("..", "."), (".,", ","), (". -", " -"), ("style style", "style"),
         ("look look", "look"), ("colours style", "colours"), ("; .", "."), ("(, ", "("), (", )", ")"), ("( ", "("),
         (" )", ")"), (", ?", "?"), ("?.", "?"), (".;", ";"), (". .", "."))  # fmt: skip
PLAINER = {"count": 1, "color": None, "detail": None, "style": None, "bigness": None, "spot": None}
VERBS = (
    "is",
    "is",
    "sits",
    "stands",
    "is placed",
    "lies",
    "rests",
    "waits",
    "appears",
    "hangs",
    "grows",
    "can be seen",
    "is located",
    "is positioned",
    "stays",
    "lives",
    "floats",
    "leans",
    "poses",
    "is found",
    "is seen",
    "should be",
    "must be",
    "is standing",
    "is sitting",
    "is lying",
    "is waiting",
    "belongs",
)


NUMBERS = {2: ("two", "2"), 3: ("three", "3"), 4: ("four", "4"), 5: ("five", "5"), 6: ("six", "6")}


def article(words: str) -> str:
    return f"{'an' if words[:1].lower() in tuple('aeiou8') else 'a'} {words}"


class Writer:
    """One prompt in the making. `order` collects the things as they are mentioned."""

    def __init__(self, rng: Random, scene: Scene, held: bool) -> None:
        self.rng = rng
        self.scene = scene
        self.held = held
        self.order: list[int] = []
        self.unsaid_styles: list[int] = []
        self.unsaid_colors: list[int] = []
        self.used_held = False
        self.sure = True  # whether what a first mention leaves out is said later

    def pick(self, pool: Pool) -> str:
        held = self.held and bool(pool.held) and self.rng.random() < 0.6
        self.used_held = self.used_held or held
        return pool.pick(self.rng, held)

    def prompt(self) -> str:
        scene, rng = self.scene, self.rng
        framed = rng.random() < 0.55
        body = self.one_sentence() if framed else rng.choice((self.sentences, self.tags, self.form))()
        if scene.style is not None:
            body = self.styled(body)
        if framed:
            body = self.pick(say.FRAMES).format(b=body)
        for index in self.unsaid_styles:
            sentence = self.pick(say.STYLE_SENTENCES).format(
                n=self.bare(index), s=self.style(scene.things[index].style)
            )
            body = f"{body.rstrip('.')}. {sentence}"
        for index in self.unsaid_colors:
            sentence = self.pick(say.COLOR_SENTENCES).format(n=self.bare(index), c=scene.things[index].color)
            body = f"{body.rstrip('.')}. {sentence}"
        if rng.random() < 0.1:
            body = f"{body.rstrip('.')}{rng.choice((', ', '. ', ' and '))}{self.negation()}"
        if rng.random() < 0.12:
            body = f"{body.rstrip('.')}, {self.pick(say.FILLER)}"
        return self.roughen(body)

    def styled(self, body: str) -> str:
        pool = say.REST_STYLES if any(t.style for t in self.scene.things) else say.GLOBAL_STYLES
        pattern = self.pick(pool)
        styled = [i for i in self.order if self.scene.things[i].style]
        if len(styled) == 1 and self.rng.random() < 0.4:
            body = body.rstrip(".")
            return self.pick(say.EXCEPT).format(b=body, s=self.style(self.scene.style), n=self.bare(styled[0]))
        starts_with_noun = body.split(" ")[0] in ("a", "an", "one", "the")
        if re.search(r"(of|with) \{b\}", pattern) or pattern.startswith("a {s}"):
            pattern = pattern if starts_with_noun else "{s}: {b}"
        if pattern.count(".") and body.endswith("."):
            body = body[:-1]
        return pattern.format(b=body, s=self.style(self.scene.style))

    def one_sentence(self) -> str:
        body = self.join(self.units())
        return self.set_in(body) if self.rng.random() < 0.8 else f"{body}. {self.scene_sentence()}".strip()

    def sentences(self) -> str:
        """ "There is a fox. The castle is to its left.": a sentence a unit."""
        starts = ("There is {u}.", "{u}.", "We see {u}.", "Then {u}.", "Add {u}.", "Also {u}.", "Put {u}.")
        parts = [self.rng.choice(starts).format(u=unit) for unit in self.units()]
        if self.rng.random() < 0.5:
            parts.insert(0, self.scene_sentence())
        else:
            parts.append(self.scene_sentence())
        return " ".join(part for part in parts if part)

    def tags(self) -> str:
        return ", ".join([*self.units(), *(part for part in (self.place(), self.time()) if part)])

    def form(self) -> str:
        place, time = self.scene.place, self.scene.time
        names = self.rng.choice(
            (("Objects", "Scene"), ("Things", "Place"), ("Contents", "Background"), ("Subjects", "Setting"))
        )
        head = f"{names[1]}: {place}{', ' + time if time else ''}. " if place != "plain" or time else ""
        return f"{head}{names[0]}: {'; '.join(self.units())}."

    def units(self) -> list[str]:
        """One piece of text a thing or a related pair; every thing is mentioned, every relation said once."""
        units: list[str] = []
        scene = self.scene
        if scene.between is not None:
            a, b, c = scene.between
            pattern = self.pick(say.BETWEEN)
            for key, index in sorted((("{a}", a), ("{b}", b), ("{c}", c)), key=lambda pair: pattern.index(pair[0])):
                pattern = pattern.replace(key, self.first(index), 1)
            units.append(pattern)
        pending = list(scene.links)
        later = self.rng.random() < 0.2
        for index in self.rng.sample(range(len(scene.things)), len(scene.things)):
            if later and index not in self.order:  # all things first, then how they stand
                units.append(self.spotted(index))
            links = [link for link in pending if link[0] == index]
            if index not in self.order and not links:
                units.append(self.spotted(index))
            for link in links if not later else ():
                pending.remove(link)
                units.append(self.related(*link))
        units = self.interacting(units)
        units += [self.afterwards(*link) for link in pending]
        unsaid = [i for i in self.order if scene.things[i].spot and i not in self.said_spots]
        return units + [f"the {self.bare(i)} {self.spot(i)}" for i in unsaid]

    def afterwards(self, subject: int, kind: RelationKind, other: int) -> str:
        """A relation of two things that were named before."""
        plural = self.scene.things[subject].count > 1
        text = self.pick(say.AFTERWARDS).format(
            a=self.bare(subject), r=self.pick(say.RELATIONS[kind]), b=self.bare(other)
        )
        return text.replace(" is ", " are ").replace(" stands ", " stand ") if plural else text

    def interacting(self, units: list[str]) -> list[str]:
        """Sometimes an action joins two neighbours; it places nothing."""
        if len(units) < 2 or self.rng.random() > 0.12:
            return units
        at = self.rng.randrange(len(units) - 1)
        return [*units[:at], f"{units[at]} {self.pick(say.ACTIONS)} {units[at + 1]}", *units[at + 2 :]]

    said_spots: frozenset[int] = frozenset()

    def spot(self, index: int) -> str:
        self.said_spots = self.said_spots | {index}
        return self.pick(say.SPOTS[self.scene.things[index].spot or "center"])

    def spotted(self, index: int) -> str:
        name = self.first(index)
        if self.scene.things[index].spot is None:
            return name
        spot = self.spot(index)
        return self.rng.choice((f"{name} {spot}", f"{name} {spot}", f"{spot} {name}", f"{spot}, {name}"))

    def related(self, subject: int, kind: RelationKind, other: int) -> str:
        rng = self.rng
        if subject not in self.order and other not in self.order and rng.random() < 0.3:
            pronoun = self.pick(say.ITS[kind])
            if self.scene.things[other].count > 1:
                pronoun = " ".join(say.THEM.get(word, word) for word in pronoun.split())
            anchor = self.first(other)
            return self.pick(say.HAVING).format(b=anchor, a=self.first(subject), r=pronoun)
        relation = self.pick(say.RELATIONS[kind])
        if subject not in self.order and rng.random() < 0.2:
            glue = (
                ", ",
                " ",
                " there is ",
                " is ",
                " stands ",
                " we see ",
                " you see ",
                " I want ",
                ": ",
                " put ",
                " sits ",
            )
            return f"{relation} {self.name(other)}{rng.choice(glue)}{self.first(subject)}"
        name = self.name(subject)
        plural = self.scene.things[subject].count > 1
        glue = rng.choice(
            ("", "", "", "are " if plural else rng.choice(VERBS) + " ", "that are " if plural else "that is ")
        )
        return f"{name} {glue}{relation} {self.name(other)}"

    def name(self, index: int) -> str:
        return f"the {self.bare(index)}" if index in self.order else self.first(index)

    def bare(self, index: int) -> str:
        thing = self.scene.things[index]
        return thing.plural if thing.count > 1 else thing.noun

    def first(self, index: int) -> str:
        """The full noun phrase of a first mention, often with its style."""
        self.order.append(index)
        thing = self.scene.things[index]
        if thing.color and self.sure and self.rng.random() < 0.07:
            self.unsaid_colors.append(index)
            words = self.described(replace(thing, color=None))
        else:
            words = self.described(thing)
        if thing.style is None:
            return self.counted(thing, words)
        if self.rng.random() < 0.25:
            self.unsaid_styles.append(index)
            return self.counted(thing, words)
        pattern = self.pick(say.OBJECT_STYLES)
        style = self.style(thing.style)
        if pattern.startswith("{s}"):
            if len(style.split()) > 2:
                pattern = "{n} in {s}"
            else:
                return self.counted(thing, f"{style} {words}")
        return pattern.format(n=self.counted(thing, words), s=style)

    def described(self, thing: Thing) -> str:
        """Adjectives and noun, no article: "big sleepy red fox"."""
        noun = thing.plural if thing.count > 1 else thing.noun
        size = {"big": BIG, "small": SMALL}.get(thing.bigness or "")
        before, _, after = (thing.detail or "").partition("~")
        parts = [self.pick(size) if size else "", before, thing.color or "", noun, after]
        if not after and thing.color and self.rng.random() < 0.15:
            ways = say.COLORED if thing.count == 1 else say.COLORED_MANY
            parts = [parts[0], before, noun, self.rng.choice(ways).format(c=thing.color)]
        return " ".join(" ".join(parts).split())

    def counted(self, thing: Thing, words: str) -> str:
        if thing.count > 1:
            return f"{self.pick(say.COUNTS[thing.count])} {words}"
        roll = self.rng.random()
        if roll > 0.975:
            absent = self.rng.choice([n for n in FREE_NOUNS if n != thing.noun])
            return self.pick(say.CONTRASTS).format(n=article(words), x=article(absent))
        one = self.rng.choice(("one", "one", "a single", "just one", "exactly one", "1", "some", "my", "this"))
        return words if roll < 0.12 else f"{one} {words}" if roll < 0.18 else article(words)

    def style(self, name: str | None) -> str:
        return self.pick(STYLES[name]) if name in STYLES else str(name)

    def place(self) -> str:
        place = self.scene.place
        if place == "plain":
            return self.pick(say.PLAIN) if self.rng.random() < 0.2 else ""
        preposition = say.PREPOSITIONS.get(place, self.rng.choice(("in a", "in a", "in the")))
        if place not in say.FIXED and preposition and self.rng.random() < 0.45:
            ways = say.SURFACES if preposition.split()[0] in ("on", "at") else say.OUTDOORS
            preposition = self.rng.choice(ways)
            if self.rng.random() < 0.3:
                place = f"{self.rng.choice(say.MOODS)} {place}"
        if place.endswith("s") and place not in ("grass",) and preposition.endswith(" a"):
            preposition = preposition[:-1] + "the"
        if preposition.endswith(" a") and place[0] in "aeiou":
            preposition += "n"
        return f"{preposition} {place}".strip()

    def time(self) -> str:
        if self.scene.time is None and self.rng.random() < 0.9:
            return ""
        return self.pick(say.TIMES[self.scene.time])

    def set_in(self, body: str) -> str:
        if self.scene.place not in ("plain", *say.FIXED) and self.rng.random() < 0.2:
            mood = f"{self.rng.choice(say.MOODS)} " if self.rng.random() < 0.2 else ""
            text = self.pick(say.PLACE_FIRST).format(b=body, w=f"{mood}{self.scene.place}", t=self.time())
        else:
            text = self.setting(body)
        return " ".join(text.replace(" ,", ",").split()).strip(" ,:-;").replace(",,", ",").replace("()", "")

    def setting(self, body: str) -> str:
        if not self.scene.time and self.scene.place == "plain" and self.rng.random() < 0.6:
            return body
        place, time = self.place(), self.time()
        return self.pick(say.SETTINGS).format(b=body, p=place, t=time) if place or time else body

    def scene_sentence(self) -> str:
        place, time = self.place(), self.time()
        if not place and not time:
            return ""
        named = self.scene.place if self.scene.place != "plain" else "plain"
        text = self.pick(say.SCENE_SENTENCE).format(p=place, t=time, place=named)
        return " ".join(text.split()).replace(" .", ".")

    def negation(self) -> str:
        absent = [n for n in FREE_NOUNS if all(n not in (t.noun, t.plural) for t in self.scene.things)]
        noun = self.rng.choice(absent)
        return self.pick(say.NOTHING_ELSE).format(noun=FREE_NOUNS[noun].plural or noun)

    def join(self, units: list[str]) -> str:
        style = self.rng.random()
        if len(units) == 1:
            return units[0]
        if style < 0.55:
            return ", ".join(units[:-1]) + self.rng.choice((" and ", ", and ")) + units[-1]
        if style < 0.75:
            return " and ".join(units)
        return self.rng.choice((", ", "; ", ", plus ", " with ")).join(units) if len(units) < 4 else ", ".join(units)

    def roughen(self, text: str) -> str:
        """Typing as people type: capitals or none, dropped full stops, sometimes misspellings."""
        rng = self.rng
        for wrong, right in MENDS:
            text = text.replace(wrong, right)
        text = " ".join(text.split())
        if rng.random() < 0.1:
            text = self.pick(say.CHATTER).format(b=text)
        if rng.random() < 0.04:  # as telegrams are written
            text = " ".join(w for w in text.split() if w.lower() not in ("a", "an", "the"))
        if rng.random() < 0.12:
            text = " ".join(TYPOS.get(w, w) if rng.random() < 0.6 else w for w in text.split())
        roll = rng.random()
        if roll < 0.3:
            return text.lower().rstrip(".")
        return text[0].upper() + text[1:] if roll < 0.75 else text


def write(rng: Random, scene: Scene, held: bool) -> tuple[str, Scene, bool]:
    """A prompt for the scene, the scene with its things in the order of mention, and whether a held-out phrasing
    was used."""
    writer = Writer(rng, scene, held)
    prompt = writer.prompt()
    to = {old: new for new, old in enumerate(writer.order)}
    links = sorted((to[s], kind, to[o]) for s, kind, o in scene.links)
    between = None if scene.between is None else (to[scene.between[0]], to[scene.between[1]], to[scene.between[2]])
    things = [scene.things[i] for i in writer.order]
    ordered = Scene(things, links, between, scene.place, scene.time, scene.style)
    return prompt, ordered, writer.used_held


def write_twins(rng: Random, base: Thing, place: str, held: bool) -> tuple[str, Scene, bool]:
    """Two of a kind told apart by colour, size or style: "two dogs, the bigger one on the left"."""
    kind = rng.choice(("color", "size", "style"))
    one, two = Thing(**{**vars(base), **PLAINER}), Thing(**{**vars(base), **PLAINER})
    writer = Writer(rng, Scene([one, two], place=place), held)
    if kind == "color":
        one.color, two.color = rng.sample(COLORS, 2)
        x, y = str(one.color), str(two.color)
    elif kind == "size":
        one.bigness, two.bigness = rng.sample(("big", "small"), 2)
        big, small = rng.choice((("bigger", "smaller"), ("large", "small"), ("big", "little"), ("larger", "tiny")))
        x, y = (big, small) if one.bigness == "big" else (small, big)
    else:
        one.style, two.style = rng.sample(list(STYLES), 2)
        x, y = (rng.choice([p for p in STYLES[s].train if len(p.split()) <= 2]) for s in (one.style, two.style))
    one.spot, two.spot = rng.sample(("left", "right"), 2)
    spot = writer.pick(say.SPOTS[one.spot])
    text = writer.pick(say.TWINS).format(p=base.plural, n=base.noun, x=x, y=y, s=spot)
    prompt = writer.roughen(writer.pick(say.FRAMES).format(b=writer.set_in(text)))
    return prompt, writer.scene, writer.used_held


def write_group(rng: Random, base: Thing, place: str, held: bool) -> tuple[str, Scene, bool]:
    """Several of a kind, each of its own colour or style: "three cats: one black, one white and one orange"."""
    count = rng.randint(3, 4)
    things = [Thing(**{**vars(base), **PLAINER}) for _ in range(count)]
    writer = Writer(rng, Scene(things, place=place), held)
    colors, styles = rng.sample(COLORS, count), rng.sample(list(STYLES), count)
    by_color = rng.random() < 0.6
    words = colors if by_color else [rng.choice([p for p in STYLES[s].train if len(p.split()) <= 2]) for s in styles]
    for thing, color, style in zip(things, colors, styles, strict=True):
        thing.color, thing.style = (color, None) if by_color else (None, style)
    pattern = writer.pick(say.GROUPS)
    separate = pattern.startswith("{e}")
    each = [f"{article(w)} {base.noun}" if separate else w if "{l}" in pattern else f"one {w}" for w in words]
    listed = ", ".join(each[:-1]) + " and " + each[-1]
    text = pattern.format(k=writer.pick(say.COUNTS[count]), p=base.plural, e=listed, l=listed)
    prompt = writer.roughen(writer.pick(say.FRAMES).format(b=writer.set_in(text)))
    return prompt, writer.scene, writer.used_held


def write_row(rng: Random, things: list[Thing], place: str, held: bool) -> tuple[str, Scene, bool]:
    """Things named from left to right: "from left to right: a bus, a taxi, a bicycle"."""
    for thing in things:
        thing.count, thing.spot = 1, None
    links = [(i, RelationKind.LEFT_OF, i + 1) for i in range(len(things) - 1)]
    writer = Writer(rng, Scene(things, links, place=place), held)
    writer.sure = False
    names = [writer.first(i) for i in range(len(things))]
    text = writer.pick(say.ROWS).format(l=", ".join(names[:-1]) + " and " + names[-1], t=", then ".join(names))
    text = writer.pick(say.FRAMES).format(b=writer.set_in(text))
    for index in writer.unsaid_styles:
        sentence = writer.pick(say.STYLE_SENTENCES).format(n=writer.bare(index), s=writer.style(things[index].style))
        text = f"{text.rstrip('.')}. {sentence}"
    return writer.roughen(text), writer.scene, writer.used_held


def write_split(rng: Random, base: Thing, place: str, held: bool) -> tuple[str, Scene, bool]:
    """Several of a kind in two colours, each with its count: "two red and three blue balloons"."""
    one, two = Thing(**{**vars(base), **PLAINER}), Thing(**{**vars(base), **PLAINER})
    one.color, two.color = rng.sample(COLORS, 2)
    one.count, two.count = rng.choice(((1, 2), (2, 1), (2, 2), (1, 3), (3, 1), (2, 3), (3, 2), (3, 3), (1, 4)))
    writer = Writer(rng, Scene([one, two], place=place), held)
    numbers = [rng.choice(("one", "1") if t.count == 1 else NUMBERS[t.count]) for t in (one, two)]
    glue = rng.choice((" and ", " and ", ", ", " plus "))
    ones = [f"{n} {t.color} {'one' if t.count == 1 else 'ones'}" for n, t in zip(numbers, (one, two), strict=True)]
    pattern = writer.pick(say.SPLITS)
    if pattern == "{f} {p}":
        nouns = [t.noun if t.count == 1 else t.plural for t in (one, two)]
        pattern = glue.join(f"{n} {t.color} {w}" for n, t, w in zip(numbers, (one, two), nouns, strict=True))
    text = pattern.format(
        e=f"{numbers[0]} {one.color}{glue}{numbers[1]} {two.color}",
        f=glue.join(ones),
        k=rng.choice(NUMBERS[one.count + two.count]),
        p=base.plural,
    )
    prompt = writer.roughen(writer.pick(say.FRAMES).format(b=writer.set_in(text)))
    return prompt, writer.scene, writer.used_held
