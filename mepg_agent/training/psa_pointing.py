"""Words that point at the regions of a picture: "the left fox", "both owls", "everything but the sun"."""

from __future__ import annotations

from random import Random

from mepg_agent.planning.operations import ALIKE, Operation, coarse, in_order
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import Region, ScenePlan
from mepg_agent.training.psa_pool import Pool, Voice, more
from mepg_agent.training.psa_scenes import plural_of
from mepg_agent.training.psa_spots import SPOTS

Wish = tuple[str, Operation]
APART = 0.04  # of the canvas: how far the leftmost is from the next at least

NEWEST = Pool(
    (
        "the last thing I added", "the thing I just added", "the newest thing", "what I added last", "the newest one",
        "the thing that was added last", "the [newest|latest|last added] [object|item|thing|element]",
        "what you added last", "the most recent [thing|object|one]", "the one I just added",
        "my latest addition",
    ),
    ("the last addition", "the thing that just appeared", "what we added a moment ago"),
    more("edits", "newest"),
)  # fmt: skip
EVERYTHING = Pool(
    (
        "everything", "the whole picture", "it all", "the picture", "all of it", "the whole [thing|image|scene]",
        "the image", "the scene", "all things", "all the things", "the lot", "every single thing",
        "the [complete|full] [picture|image]", "all", "every object", "all objects",
        "the entire image",
    ),
    ("absolutely everything", "every last thing", "everything I can see"),
    more("edits", "everything"),
)  # fmt: skip
GROUPS = Pool(
    (
        "the {p}", "all the {p}", "all {p}", "every one of the {p}", "every single one of the {p}", "all of the {p}",
        "these {p}", "those {p}", "the [many|different|various] {p}", "{p}", "my {p}",
        "each of the {p}",
    ),
    ("each and every one of the {p}", "all the {p} here", "each one of those {p}"),
    more("edits", "groups"),
)  # fmt: skip
PAIRS = Pool(
    (
        "both {p}", "the two {p}", "the {p}", "both of the {p}", "both the {p}", "all the {p}", "these two {p}",
        "the pair of {p}", "the {p}, both of them,", "those {p}",
        "each of the {p}",
    ),
    ("each of the two {p}", "both {p} that are there", "both {p} in it"),
    more("edits", "pairs"),
)  # fmt: skip
ALL_BUT = Pool(
    (
        "everything but the {n}", "everything except the {n}", "all but the {n}", "all except the {n}",
        "all things except the {n}", "everything apart from the {n}", "everything besides the {n}",
        "all others than the {n}", "all the other things than the {n}",
    ),
    more=more("edits", "all_but"),
)  # fmt: skip
# group of the vocabulary -> its things
SORTS = {"animal": "animals", "vehicle": "vehicles", "building": "buildings", "plant": "plants", "food": "food items"}
SORT_WORDING = ("the {p}", "all {p}", "all the {p}", "every one of the {p}")
ARTICLES = ("that", "this", "my", "our", "the lovely", "that")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def _end(side: str, nth: str) -> tuple[str, ...]:
    return (
        f"the {{n}} on the {side}", f"the {side} {{n}}", f"the {side}most {{n}}", f"the {{n}} [at|on] the far {side}",
        f"the {side}-hand {{n}}", f"the {{n}} to the {side}", f"the {{n}} on the {side} side", nth,
        f"the {{n}} that is [furthest|most to the] {side}", f"the {{n}} at the {side}",
    )  # fmt: skip


ENDS = {"left": _end("left", "the first {n} from the left"), "right": _end("right", "the last {n}")}
MIDDLE = ("the middle {n}", "the {n} in the middle", "the central {n}", "the second {n}", "the {n} between the others")
BIGGEST = ("the bigger {n}", "the biggest {n}", "the big {n}", "the large {n}", "the larger {n}", "the largest {n}")
SMALLEST = ("the smaller {n}", "the smallest {n}", "the small {n}", "the little {n}", "the tiny {n}")
# {n} "thing", "object"
END_THINGS = {
    "left": ("the leftmost {n}", "the {n} on the far left", "the first {n} from the left"),
    "right": ("the rightmost {n}", "the {n} on the far right", "the last {n} on the right"),
}  # fmt: skip


class Pointing(Voice):
    """Points at the regions of a plan."""

    def __init__(self, rng: Random, plan: ScenePlan, vocabulary: Vocabulary, held: bool) -> None:
        super().__init__(rng, held, share=0.75)
        self.plan, self.vocabulary = plan, vocabulary
        self.in_order = in_order(plan)

    def named(self, region: Region) -> str:
        """Words that point at one region: by noun if that is enough, else by colour, style, side or size."""
        if region.id == self.plan.regions[-1].id and self.rng.random() < 0.08:
            return self.pick(NEWEST)
        if self.rng.random() < 0.06 and (words := self._at_the_end(region)):
            return words
        same = [r for r in self.in_order if r.noun == region.noun]
        return self._alone(region) if len(same) == 1 else self._among(region, same)

    def plural(self, noun: str) -> str:
        return self.vocabulary.nouns[noun].plural if noun in self.vocabulary.nouns else plural_of(noun)

    def group_of(self, region: Region) -> str | None:
        known = self.vocabulary.nouns.get(self.vocabulary.noun_forms.get(region.noun, ""))
        return known.group if known else None

    def _alone(self, region: Region) -> str:
        """The only region with its noun: "the fox", "that red fox", "the red one"."""
        rng = self.rng
        noun = self._alias(region) if rng.random() < 0.07 else region.noun
        look = rng.choice([w for w in (region.color, region.style) if w] or [""]) if rng.random() < 0.25 else ""
        if look and sum(look in (r.color, r.style) for r in self.in_order) == 1 and rng.random() < 0.12:
            noun = rng.choice(("one", "thing", "object"))
        if rng.random() < 0.06:
            return f"the {noun} {self.pick(SPOTS[coarse(region)])}"
        the = rng.choice(ARTICLES) if rng.random() >= 0.88 and not look else "the"
        return f"{the} {look.replace('-', ' ')} {noun}" if look else f"{the} {noun}"

    def _among(self, region: Region, same: list[Region]) -> str:
        """One of the regions with its noun, by what only this one has or is; else by its number."""
        noun = self.rng.choice((region.noun, "one")) if len(same) == len(self.in_order) else region.noun
        ways = (*_looks(region, same), *_sides(region, same), *_sizes(region, same))
        if ways:
            return self.pick(Pool(ways)).format(n=noun)
        return f"the {ORDINALS[same.index(region)]} {noun}{self.rng.choice(('', '', ' from the left'))}"

    def _at_the_end(self, region: Region) -> str:
        """ "The thing on the far left"; empty where the region is at neither end."""
        if len(self.in_order) < 2:
            return ""
        thing = self.rng.choice(("thing", "object", "item", "one"))
        end = _end_of(region, self.in_order)
        return self.pick(Pool(END_THINGS[end])).format(n=thing) if end else ""

    def _alias(self, region: Region) -> str:
        """Another word for the region's noun that fits no other region."""
        known = self.vocabulary.noun_forms.get(region.noun)
        forms = [self.vocabulary.noun_forms.get(r.noun) for r in self.in_order]
        if known not in self.vocabulary.nouns or forms.count(known) > 1:
            return region.noun
        return self.rng.choice((known, *self.vocabulary.nouns[known].aliases))


def _looks(region: Region, same: list[Region]) -> list[str]:
    looks = ((region.color, [r.color for r in same]), (region.style, [r.style for r in same]))
    return [f"the {look.replace('-', ' ')} {{n}}" for look, all_of in looks if look and all_of.count(look) == 1]


def _sides(region: Region, same: list[Region]) -> tuple[str, ...]:
    if end := _end_of(region, same):
        return ENDS[end]
    return MIDDLE if len(same) == 3 and region is same[1] else ()


def _sizes(region: Region, same: list[Region]) -> tuple[str, ...]:
    areas = sorted(r.box.area for r in same)
    if region.box.area >= ALIKE * areas[-2]:
        return BIGGEST
    return SMALLEST if region.box.area * ALIKE <= areas[1] else ()


def _end_of(region: Region, row: list[Region]) -> str:
    """ "left" or "right" where the region stands clearly at that end of the row, else empty."""
    if region is row[0] and region.box.cx < row[1].box.cx - APART:
        return "left"
    return "right" if region is row[-1] and region.box.cx > row[-2].box.cx + APART else ""
