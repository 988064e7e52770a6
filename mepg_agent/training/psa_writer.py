"""Puts a scene into words, in many ways. The order of mention becomes the order of the plan."""

from __future__ import annotations

import re
from random import Random

from mepg_agent.scene import RelationKind
from mepg_agent.training.psa_frames import FILLER, FRAMES, NOTHING_ELSE
from mepg_agent.training.psa_mentions import Mentions
from mepg_agent.training.psa_nouns import FREE_NOUNS
from mepg_agent.training.psa_relations import ACTIONS, AFTERWARDS, BETWEEN, HAVING, ITS, RELATIONS, THEM
from mepg_agent.training.psa_scenes import Scene
from mepg_agent.training.psa_setting import place_words, scene_sentence, set_in, time_words
from mepg_agent.training.psa_spots import SPOTS
from mepg_agent.training.psa_styles import EXCEPT, GLOBAL_STYLES, REST_STYLES
from mepg_agent.training.psa_typing import roughen

Written = tuple[str, Scene, bool]  # a prompt, its scene with the things in the order of mention, held-out phrasing used
STARTS = ("There is {u}.", "{u}.", "We see {u}.", "Then {u}.", "Add {u}.", "Also {u}.", "Put {u}.")
FIELDS = (("Objects", "Scene"), ("Things", "Place"), ("Contents", "Background"), ("Subjects", "Setting"))
# between a thing and its relation: "a fox … left of the castle"
VERBS = (
    "is", "is", "sits", "stands", "is placed", "lies", "rests", "waits", "appears", "hangs", "grows", "can be seen",
    "is located", "is positioned", "stays", "lives", "floats", "leans", "poses", "is found", "is seen", "should be",
    "must be", "is standing", "is sitting", "is lying", "is waiting", "belongs",
)  # fmt: skip
# what such a relation starts with that is a clause of its own: it follows its thing, and no verb goes before it
CLAUSE = re.compile(
    r"\[?(having|with|that|which|whose|on whose|at whose|to the \w+ of which|beside which|followed|flanked|bordered|"
    r"continued|guarding|flanking|sits|stands|towers|hangs|overshadows|dominates|levitates|flies|glides|drifts|lies|"
    r"rides|crowns|has|hides|crouches|lurks|blocks|partly eclipses|keeps|sticks|lives|dwells|fills|occupies|appears|"
    r"must|should|is|goes)\b"
)
# between a relation and its thing: "left of the castle … a fox"
GLUE = (", ", " ", " there is ", " is ", " stands ", " we see ", " you see ", " I want ", ": ", " put ", " sits ")


def write(rng: Random, scene: Scene, held: bool) -> Written:
    """A prompt for the scene."""
    writer = Writer(rng, scene, held)
    prompt = writer.prompt()
    to = {old: new for new, old in enumerate(writer.order)}
    links = sorted((to[s], kind, to[o]) for s, kind, o in scene.links)
    between = None if scene.between is None else (to[scene.between[0]], to[scene.between[1]], to[scene.between[2]])
    things = [scene.things[i] for i in writer.order]
    return prompt, Scene(things, links, between, scene.place, scene.time, scene.style), writer.used_held


class Writer(Mentions):
    """One prompt in the making."""

    def __init__(self, rng: Random, scene: Scene, held: bool) -> None:
        super().__init__(rng, scene, held)
        self._said_spots: set[int] = set()

    def prompt(self) -> str:
        rng = self.rng
        framed = rng.random() < 0.55
        body = self._sentence() if framed else rng.choice((self._sentences, self._tags, self._form))()
        if self.scene.style is not None:
            body = self._in_style(body)
        if framed:
            body = self.pick(FRAMES).format(b=body)
        body = self.with_unsaid(body)
        if rng.random() < 0.1:
            body = f"{body.rstrip('.')}{rng.choice((', ', '. ', ' and '))}{self._negation()}"
        if rng.random() < 0.12:
            body = f"{body.rstrip('.')}, {self.pick(FILLER)}"
        return roughen(self, body)

    def _in_style(self, body: str) -> str:
        """The body with the style of the whole picture, or of the rest of it."""
        styled = [i for i in self.order if self.scene.things[i].style]
        pattern = self.pick(REST_STYLES if styled else GLOBAL_STYLES)
        if len(styled) == 1 and self.rng.random() < 0.4:
            pattern, body = self.pick(EXCEPT), body.rstrip(".")
            return pattern.format(b=body, s=self.style_words(self.scene.style), n=self.bare(styled[0]))
        if re.search(r"(of|with) \{b\}", pattern) or pattern.startswith("a {s}"):
            starts_with_noun = body.split(" ")[0] in ("a", "an", "one", "the")
            pattern = pattern if starts_with_noun else "{s}: {b}"
        if "." in pattern:
            body = body.removesuffix(".")
        return pattern.format(b=body, s=self.style_words(self.scene.style))

    def _sentence(self) -> str:
        body = self._joined(self._units())
        if self.rng.random() < 0.8:
            return set_in(self, self.scene, body)
        return f"{body}. {scene_sentence(self, self.scene)}".strip()

    def _sentences(self) -> str:
        """ "There is a fox. The castle is to its left.": a sentence a unit."""
        parts = [self.rng.choice(STARTS).format(u=unit) for unit in self._units()]
        at = 0 if self.rng.random() < 0.5 else len(parts)
        parts.insert(at, scene_sentence(self, self.scene))
        return " ".join(part for part in parts if part)

    def _tags(self) -> str:
        parts = (*self._units(), place_words(self, self.scene), time_words(self, self.scene))
        return ", ".join(part for part in parts if part)

    def _form(self) -> str:
        place, time = self.scene.place, self.scene.time
        things, setting = self.rng.choice(FIELDS)
        head = f"{setting}: {place}{', ' + time if time else ''}. " if place != "plain" or time else ""
        return f"{head}{things}: {'; '.join(self._units())}."

    def _units(self) -> list[str]:
        """One piece of text a thing or a related pair; every thing is mentioned, every relation said once."""
        scene = self.scene
        units = [] if scene.between is None else [self._between(scene.between)]
        later = self.rng.random() < 0.2  # all things first, then how they stand
        for index in self.rng.sample(range(len(scene.things)), len(scene.things)):
            links = [] if later else [link for link in scene.links if link[0] == index]
            if index not in self.order and not links:
                units.append(self._spotted(index))
            units += [self._related(*link) for link in links]
        units = self._interacting(units)
        units += [self._afterwards(*link) for link in scene.links if later]
        unsaid = [i for i in self.order if scene.things[i].spot and i not in self._said_spots]
        return units + [f"the {self.bare(i)} {self._spot(i)}" for i in unsaid]

    def _between(self, between: tuple[int, int, int]) -> str:
        """The things are mentioned in the order in which the phrasing has them."""
        pattern = self.pick(BETWEEN)
        keys = zip(("{a}", "{b}", "{c}"), between, strict=True)
        for key, index in sorted(keys, key=lambda pair: pattern.index(pair[0])):
            pattern = pattern.replace(key, self.first(index), 1)
        return pattern

    def _related(self, subject: int, kind: RelationKind, other: int) -> str:
        rng = self.rng
        if subject not in self.order and other not in self.order and rng.random() < 0.3:
            return self._having(subject, kind, other)
        relation, it = self.pick(RELATIONS[kind]), self.pronoun(other)
        clause = CLAUSE.match(relation)
        if subject not in self.order and rng.random() < 0.2 and not clause:
            return f"{relation} {it or self.name(other)}{rng.choice(GLUE)}{self.first(subject)}"
        name = self.name(subject)
        if clause:
            return f"{name} {relation} {it or self.name(other)}"
        several = self.scene.things[subject].count > 1
        verbs = ("are ", "that are ") if several else (f"{rng.choice(VERBS)} ", "that is ")
        return f"{name} {rng.choice(('', '', '', *verbs))}{relation} {it or self.name(other)}"

    def _having(self, subject: int, kind: RelationKind, other: int) -> str:
        """ "A castle with a fox to its left"."""
        pronoun = self.pick(ITS[kind])
        if self.scene.things[other].count > 1:
            pronoun = " ".join(THEM.get(word, word) for word in pronoun.split())
        anchor = self.first(other)
        return self.pick(HAVING).format(b=anchor, a=self.first(subject), r=pronoun)

    def _afterwards(self, subject: int, kind: RelationKind, other: int) -> str:
        """A relation of two things that were named before."""
        pattern = self.pick(AFTERWARDS)
        text = pattern.format(a=self.bare(subject), r=self.pick(RELATIONS[kind]), b=self.bare(other))
        several = self.scene.things[subject].count > 1
        return text.replace(" is ", " are ").replace(" stands ", " stand ") if several else text

    def _interacting(self, units: list[str]) -> list[str]:
        """Sometimes an action joins two neighbours; it places nothing."""
        if len(units) < 2 or self.rng.random() > 0.12:
            return units
        at = self.rng.randrange(len(units) - 1)
        return [*units[:at], f"{units[at]} {self.pick(ACTIONS)} {units[at + 1]}", *units[at + 2 :]]

    def _spotted(self, index: int) -> str:
        name = self.first(index)
        if self.scene.things[index].spot is None:
            return name
        spot = self._spot(index)
        return self.rng.choice((f"{name} {spot}", f"{name} {spot}", f"{spot} {name}", f"{spot}, {name}"))

    def _spot(self, index: int) -> str:
        self._said_spots.add(index)
        return self.pick(SPOTS[self.scene.things[index].spot or ""])

    def _negation(self) -> str:
        absent = [n for n in FREE_NOUNS if all(n not in (t.noun, t.plural) for t in self.scene.things)]
        noun = self.rng.choice(absent)
        return self.pick(NOTHING_ELSE).format(noun=FREE_NOUNS[noun].plural or noun)

    def _joined(self, units: list[str]) -> str:
        roll = self.rng.random()
        if len(units) == 1:
            return units[0]
        if roll < 0.55:
            return ", ".join(units[:-1]) + self.rng.choice((" and ", ", and ")) + units[-1]
        if roll < 0.75:
            return " and ".join(units)
        return self.rng.choice((", ", "; ", ", plus ", " with ")).join(units) if len(units) < 4 else ", ".join(units)
