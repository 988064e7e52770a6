"""English for scenes: from "a fox" to a full sentence with looks, colours, relations, place and time.

What is said is true; not everything true is said. The phrase forms that the engine writes for regions ("a red fox,
watercolor style") are among them.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from mepg_agent.english import article
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import Box
from mepg_agent.training.scenes import Scene, Thing

NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}
PLACE_PHRASES = {
    "meadow": ("on a meadow", "in a green field", "in a park"),
    "forest": ("in a forest", "in the woods"),
    "beach": ("on a beach", "at the seaside"),
    "sea": ("on the sea", "on the water", "at sea"),
    "desert": ("in a desert", "among dunes"),
    "snow": ("in the snow", "in a snowy landscape"),
    "mountains": ("in the mountains", "in front of mountains"),
    "city": ("in a city", "on a street", "in a town"),
    "room": ("in a room", "indoors"),
    "sky": ("in the sky", "in a blue sky", "among clouds"),
    "space": ("in space", "in outer space"),
    "underwater": ("underwater", "under the sea"),
    "plain": ("on a plain background", "on a simple background"),
}
TIME_PHRASES = {"day": ("by day", "in daylight"), "sunset": ("at sunset", "at dusk"), "night": ("at night", "by night")}


def thing_words(thing: Thing, rng: np.random.Generator, look: bool, vocabulary: Vocabulary, exact: bool = False) -> str:
    """ "a red fox", "a glossy red fox", "a red fox, glossy style"; `exact` never swaps the noun for an alias."""
    noun = thing.noun
    aliases = vocabulary.nouns[noun].aliases
    if not exact and aliases and rng.random() < 0.12:
        noun = str(rng.choice(aliases))
    color = thing.color if thing.color and (thing.painted or rng.random() < 0.2) else None
    words = f"{color} {noun}" if color else noun
    if not look:
        return article(words)
    form = rng.random()
    if form < 0.5:
        return f"{article(words)}, {thing.look} style"
    if form < 0.8:
        return article(f"{thing.look} {words}")
    return f"{article(words)} in {thing.look} style"


def where(box: Box) -> str:
    """ "top left", "left", "center" … of the ninth of the canvas that holds the middle of the box."""
    row = ("top", "", "bottom")[min(int(box.cy * 3), 2)]
    column = ("left", "", "right")[min(int(box.cx * 3), 2)]
    return " ".join(w for w in (row, column) if w) or "center"


def relation_words(a: Box, b: Box, rng: np.random.Generator) -> str | None:
    """How `a` stands to `b`, when it is clear at a glance."""
    dx, dy = a.cx - b.cx, a.cy - b.cy
    if abs(dx) > 0.25 and abs(dx) > 1.3 * abs(dy):
        side = "left" if dx < 0 else "right"
        return str(rng.choice([f"{side} of", f"to the {side} of"]))
    if abs(dy) > 0.28 and abs(dy) > 1.3 * abs(dx):
        return str(rng.choice(["above", "over"] if dy < 0 else ["below", "under"]))
    if a.covered_by(b) > 0.15 and abs(a.bottom - b.bottom) > 0.03:
        return "in front of" if a.bottom > b.bottom else "behind"
    return "next to" if abs(dy) < 0.2 and rng.random() < 0.4 else None


def setting(scene: Scene, rng: np.random.Generator) -> str:
    parts = []
    if rng.random() < 0.7:
        parts.append(str(rng.choice(PLACE_PHRASES[scene.place])))
    if (scene.time != "day" and rng.random() < 0.75) or rng.random() < 0.08:
        parts.append(str(rng.choice(TIME_PHRASES[scene.time])))
    return " ".join(parts)


def caption(scene: Scene, rng: np.random.Generator, vocabulary: Vocabulary, style: str | None = None) -> str:
    """One caption of at most about 50 words. `style` names a made style over the whole picture."""
    looks = {t.look for t in scene.things}
    together = len(looks) == 1 and rng.random() < 0.5
    each = style is None and not together and rng.random() < 0.75
    body = _things(scene, rng, vocabulary, each)
    place = setting(scene, rng)
    whole = style or (next(iter(looks)) if together and rng.random() < 0.8 else None)
    text = f"{body} {place}".strip()
    form = rng.random()
    if whole is None:
        return text if form < 0.8 or not place else f"{place}: {body}"
    if form < 0.5:
        return f"{text}, {whole} style"
    return f"{whole} picture of {text}" if form < 0.75 else f"{text}, in {whole} style"


def _things(scene: Scene, rng: np.random.Generator, vocabulary: Vocabulary, look: bool) -> str:
    things = list(scene.things)
    if not things:
        return str(rng.choice(["an empty scene", "nothing", "a view"]))
    counts = Counter((t.noun, t.look if look else "") for t in things)
    (noun, _), most = counts.most_common(1)[0]
    if most == len(things) and most > 1 and not any(t.painted for t in things):
        words = f"{NUMBERS[most]} {vocabulary.nouns[noun].plural}"
        return f"{words}, {things[0].look} style" if look else words
    order = rng.permutation(len(things))
    if len(things) == 2 and rng.random() < 0.6:
        a, b = things[order[0]], things[order[1]]
        relation = relation_words(a.box, b.box, rng)
        if relation:
            return " ".join((thing_words(a, rng, look, vocabulary), relation, thing_words(b, rng, look, vocabulary)))
    words = [thing_words(things[i], rng, look, vocabulary) for i in order]
    if rng.random() < 0.4:
        words = [f"{w} {_spot(things[i].box, rng)}" for w, i in zip(words, order, strict=True)]
    separator = "; " if look else ", "
    joiner = " with " if len(words) == 2 and rng.random() < 0.3 else " and "
    return words[0] if len(words) == 1 else f"{separator.join(words[:-1])}{joiner}{words[-1]}"


def _spot(box: Box, rng: np.random.Generator) -> str:
    spot = where(box)
    if spot == "center":
        return str(rng.choice(["in the middle", "in the center"]))
    corner = " " in spot
    return str(rng.choice([f"in the {spot}" if corner else f"on the {spot}", spot, f"at the {spot}"]))
