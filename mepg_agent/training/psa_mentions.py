"""Mentions of things: "two big red foxes in oil" the first time, "the foxes" after that."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from mepg_agent.training.psa_counts import COUNTS
from mepg_agent.training.psa_nouns import FREE_NOUNS
from mepg_agent.training.psa_pool import Pool, Voice, extended, more
from mepg_agent.training.psa_scenes import Scene, Thing
from mepg_agent.training.psa_styles import OBJECT_STYLES, STYLE_SENTENCES, STYLES

BIGNESS = extended({
    "big": Pool(
        (
            "big", "large", "huge", "giant", "enormous", "very big", "oversized", "really large", "great big",
            "immense", "massive", "gigantic",
        ),
        ("humongous", "jumbo", "seriously large"),
    ),
    "small": Pool(
        (
            "small", "little", "tiny", "very small", "mini", "really tiny", "wee", "tiny little", "undersized",
            "miniature", "teeny",
        ),
        ("itsy-bitsy", "super small", "thumb-sized"),
    ),
}, "scenes", "bigness")  # fmt: skip
# after a noun
COLORED = (
    "that is {c}", "in {c}", "which is {c}", "of {c} color", "painted {c}", "colored {c}", "({c})",
    "whose color is {c}", "all in {c}", "with a {c} color",
)  # fmt: skip
COLORED_MANY = (
    "in {c}", "that are {c}", "which are {c}", "painted {c}", "colored {c}", "({c})", "all of them {c}", "all {c}",
    "all in {c}",
)  # fmt: skip
COLOR_SENTENCES = Pool(
    (
        "The {n} is {c}.", "The {n} are {c}.", "The {n} should be {c}.", "Make the {n} {c}.",
        "[Paint|Color|Draw] the {n} {c}.", "[I want|We want] the {n} [to be |in |]{c}.",
        "{c} [is the color of|for] the {n}.", "The {n}: {c}.", "The {n} [in|must be|has to be|has the color] {c}.",
        "[Color|Colour] of the {n}: {c}.", "The {n} [wears|comes in|shines in|is all] {c}.",
    ),
    more=more("scenes", "color_sentences"),
)  # fmt: skip
# {n} what is meant, {x} what is not
CONTRASTS = Pool(
    (
        "not {x} but {n}", "{n} instead of {x}", "{n}, not {x},", "{n} rather than {x}", "{x}, no, {n}",
        "{n} in place of {x}", "scrap {x}, make it {n}", "sorry, not {x}, {n}", "not {x}, I want {n}",
        "[no|not] {x}[,|;] [but|rather|instead|just] {n}", "{n}[,|;] [and |]not {x}[,|]",
        "{n} [replacing|in the place of|in lieu of] {x}", "{x}[,| -] [wait, no|oops|no wait|sorry|actually][,|] {n}",
        "[please |]not {x}, [take|use|draw] {n}",
        "{n} [where others would draw|but certainly not|and definitely not|but never] {x}",
        "forget {x}, I mean {n}",
    ),
    ("{x} - scratch that - {n}", "{n} (I do not mean {x})", "{n}, please don't confuse it with {x},"),
    more("scenes", "contrasts"),
)  # fmt: skip
ONE = Pool(("one", "one", "a single", "just one", "exactly one", "1", "some", "my", "this"), more=("the",) * 15)
IT = 0.5  # how often the thing that was named last is "it"


def article(words: str) -> str:
    """ "owl" -> "an owl", "8-bit fox" -> "an 8-bit fox"."""
    return f"{'an' if words[:1].lower() in tuple('aeiou8') else 'a'} {words}"


class Mentions(Voice):
    """Mentions the things of a scene. `order` collects them, by index, as they are mentioned."""

    def __init__(self, rng: Random, scene: Scene, held: bool, colors_at_once: bool = False) -> None:
        super().__init__(rng, held, share=0.6)
        self.scene = scene
        self.order: list[int] = []
        self.latest: int | None = None  # the thing that was named last
        self.unsaid_styles: list[int] = []
        self.unsaid_colors: list[int] = []
        self._colors_at_once = colors_at_once

    def name(self, index: int) -> str:
        if index not in self.order:
            return self.first(index)
        self.latest = index
        return f"the {self.bare(index)}"

    def pronoun(self, index: int) -> str | None:
        """ "it" or "them", now and then, for what was named last; the test splits were made without."""
        if index != self.latest or self.strict or self.rng.random() > IT:
            return None
        return "it" if self.scene.things[index].count == 1 else "them"

    def bare(self, index: int) -> str:
        return self.scene.things[index].word

    def first(self, index: int) -> str:
        """The full noun phrase of a first mention. Now and then it leaves the colour or the style for later."""
        self.order.append(index)
        self.latest = index
        thing = self.scene.things[index]
        if thing.color and not self._colors_at_once and self.rng.random() < 0.07:
            self.unsaid_colors.append(index)
            thing = replace(thing, color=None)
        words = self._described(thing)
        if thing.style is None:
            return self._counted(thing, words)
        if self.rng.random() < 0.25:
            self.unsaid_styles.append(index)
            return self._counted(thing, words)
        return self._styled(thing, words)

    def with_unsaid(self, text: str) -> str:
        """The text, and a sentence for every style and colour that first mentions left out."""
        for index in self.unsaid_styles:
            pattern = self.pick(STYLE_SENTENCES)
            sentence = pattern.format(n=self.bare(index), s=self.style_words(self.scene.things[index].style))
            text = f"{text.rstrip('.')}. {sentence}"
        for index in self.unsaid_colors:
            sentence = self.pick(COLOR_SENTENCES).format(n=self.bare(index), c=self.scene.things[index].color)
            text = f"{text.rstrip('.')}. {sentence}"
        return text

    def style_words(self, name: str | None) -> str:
        return self.pick(STYLES[name]) if name in STYLES else str(name)

    def _described(self, thing: Thing) -> str:
        """Adjectives and noun, no article: "big sleepy red fox"."""
        size = self.pick(BIGNESS[thing.bigness]) if thing.bigness else ""
        before, _, after = (thing.detail or "").partition("~")
        parts = (size, before, thing.color or "", thing.word, after)
        if thing.color and not after and self.rng.random() < 0.15:
            ways = COLORED if thing.count == 1 else COLORED_MANY
            parts = (size, before, thing.word, self.rng.choice(ways).format(c=thing.color))
        return " ".join(" ".join(parts).split())

    def _counted(self, thing: Thing, words: str) -> str:
        """With a number or an article, at times with something that is not meant: "not a goat but a fox"."""
        if thing.count > 1:
            return f"{self.pick(COUNTS[thing.count])} {words}"
        roll = self.rng.random()
        if roll > 0.975:
            absent = self.rng.choice([n for n in FREE_NOUNS if n != thing.noun])
            return self.pick(CONTRASTS).format(n=article(words), x=article(absent))
        one = self.pick(ONE)
        return words if roll < 0.12 else f"{one} {words}" if roll < 0.18 else article(words)

    def _styled(self, thing: Thing, words: str) -> str:
        pattern, style = self.pick(OBJECT_STYLES), self.style_words(thing.style)
        if pattern.startswith("{s}"):
            if len(style.split()) <= 2:
                return self._counted(thing, f"{style} {words}")
            pattern = "{n} in {s}"
        return pattern.format(n=self._counted(thing, words), s=style)
