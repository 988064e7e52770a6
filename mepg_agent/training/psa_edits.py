"""Edit examples: a plan, an instruction in many wordings, and the operations it stands for."""

from __future__ import annotations

from mepg_agent.planning.operations import SCALES, Operation, Verb
from mepg_agent.scene import Region
from mepg_agent.training.psa_additions import add
from mepg_agent.training.psa_manners import asked
from mepg_agent.training.psa_mentions import article
from mepg_agent.training.psa_moves import move
from mepg_agent.training.psa_places import FREE_PLACES
from mepg_agent.training.psa_pointing import ALL_BUT, EVERYTHING, GROUPS, PAIRS, SORT_WORDING, SORTS, Pointing, Wish
from mepg_agent.training.psa_scenes import COLORS, any_known_thing
from mepg_agent.training.psa_sizes import SCALE_VERBS, SCALE_WORDS
from mepg_agent.training.psa_styles import OPEN_STYLES, STYLES
from mepg_agent.training.psa_typing import mended
from mepg_agent.training.psa_wishes import TIME_WORDS, WORDING

Wishes = tuple[str, list[Operation]]
GLUE = (" and ", ", ", ", then ", ". ", " and then ", "; ", ", and ", ". Then ", ". Also ", " plus ")
GLUE_IT = (" and ", ", ", ", then ", ". ", " and also ")  # before a wish about "it"
# verb -> how much likelier than another it is
FREQUENT = {Verb.MOVE: 5, Verb.ADD: 3, Verb.RECOLOR: 2, Verb.RESTYLE: 3}
VERBS = (Verb.ADD, *(v for v in Verb if v not in (Verb.ADD, Verb.NOTHING, Verb.WHICH)))
BARE = (Verb.REMOVE, Verb.FRONT, Verb.BACK, Verb.REDRAW)  # say no more than what they act on
IT = (Verb.RECOLOR, Verb.RESIZE, Verb.MOVE, Verb.REMOVE)  # may call a single region "it"
AGREEMENT = (("s is ", "s are "), (" isn't ", " aren't "), (" needs ", " need "), (" has to ", " have to "))


class Editor(Pointing):
    """One edit example in the making."""

    def edit(self) -> Wishes:
        """An instruction of one to three parts and its operations."""
        roll = self.rng.random()
        count = 1 if roll < 0.78 else 2 if roll < 0.96 else 3
        words, operations = self._same_again() if roll < 0.08 else self._parts(count)
        return asked(self, words), operations

    def _parts(self, count: int) -> Wishes:
        parts = [self._part() for _ in range(count)]
        if count > 1:
            parts = [p for p in parts if p[1][0].verb not in (Verb.NOTHING, Verb.WHICH)] or parts[:1]
            parts.sort(key=lambda p: p[1][0].verb is Verb.ADD)  # what is added comes last, its place may be long
        words = self.rng.choice(GLUE).join(words for words, _ in parts)
        return words, [op for _, operations in parts for op in operations]

    def _same_again(self) -> Wishes:
        """ "Make the fox red and move it to the left": two wishes about one thing."""
        region = self.rng.choice(self.plan.regions)
        first, second = self.rng.sample((Verb.RECOLOR, Verb.RESIZE, Verb.MOVE, Verb.RESTYLE), 2)
        words, one = self._change(first, region, whole=False)
        more, two = self._change(second, region, "it", whole=False)
        return f"{words}{self.rng.choice(GLUE_IT)}{more}", [one, two]

    def _part(self) -> Wishes:
        """One wish: mostly about one region, sometimes about several, or unclear about which."""
        nouns = [r.noun for r in self.plan.regions]
        many = sorted({noun for noun in nouns if nouns.count(noun) > 1})
        if many and self.rng.random() < 0.3:
            return self._group(self.rng.choice(many))
        if many and self.rng.random() < 0.15:
            return self._unclear(self.rng.choice(many))
        if len(set(nouns)) > 1 and self.rng.random() < 0.05:
            return self._sort_of_things()
        words, operation = self._one()
        return words, [operation]

    def _group(self, noun: str) -> Wishes:
        """ "Make all the foxes red": one operation a region."""
        plural, same = self.plural(noun), [r for r in self.in_order if r.noun == noun]
        words = self.pick(PAIRS if len(same) == 2 else GROUPS).format(p=plural)
        return self._for_all(same, words, plural, f"every {noun}")

    def _unclear(self, noun: str) -> Wishes:
        """ "Make the fox red" where there are several: the answer is a question."""
        same = [r for r in self.in_order if r.noun == noun]
        verb = self.rng.choice((Verb.REMOVE, Verb.RECOLOR, Verb.RESIZE, Verb.REPLACE))
        words, _ = self._change(verb, same[0], f"the {noun}")
        return words, [Operation(verb=Verb.WHICH, choices=tuple(r.id for r in same))]

    def _sort_of_things(self) -> Wishes:
        """ "Make the animals red", "remove everything but the fox": one operation a region that it is about."""
        groups = [self.group_of(r) for r in self.in_order]
        named = sorted({g for g in groups if g in SORTS}) if None not in groups else []
        noun = self.rng.choice(self.plan.regions).noun
        if named and self.rng.random() < 0.6:
            sort = self.rng.choice(named)
            meant = [r for r, group in zip(self.in_order, groups, strict=True) if group == sort]
            x, group = self.rng.choice(SORT_WORDING).format(p=SORTS[sort]), None
        else:
            meant = [r for r in self.in_order if r.noun != noun]
            several = len(self.in_order) - len(meant) > 1
            x, group = self.pick(ALL_BUT).format(n=self.plural(noun) if several else noun), f"except {noun}"
        return self._for_all(meant, x, x, group)

    def _for_all(self, meant: list[Region], x: str, plural: str, group: str | None) -> Wishes:
        """The same change of several regions, which are `x` in words, and for operations `group` if they have a name
        for them."""
        verb = self.rng.choice((Verb.REMOVE, Verb.RECOLOR, Verb.RESTYLE, Verb.RESIZE))
        style, color, scale = self.rng.choice(list(STYLES)), self.rng.choice(COLORS), self.rng.choice(SCALES)
        value = {Verb.RECOLOR: color, Verb.RESTYLE: style, Verb.RESIZE: scale}.get(verb)
        said = {"s": self.pick(STYLES[style]), "c": color, "z": self.pick(SCALE_WORDS[scale])}
        words = mended(self._say(verb, x=x, n=plural, **said), AGREEMENT)
        return words, [Operation(verb=verb, region=r.id, value=value, group=group) for r in meant]

    def _one(self) -> Wish:
        weights = [FREQUENT.get(verb, 1.5) for verb in VERBS]
        verb = Verb.NOTHING if self.rng.random() < 0.03 else self.rng.choices(VERBS, weights=weights)[0]
        if verb is Verb.NOTHING:
            return self._say(verb), Operation(verb=verb)
        if verb is Verb.TIME:
            return self._time()
        if verb is Verb.BACKGROUND:
            return self._background()
        if verb is Verb.ADD:
            return add(self)
        if verb is Verb.SWAP and len(self.plan.regions) < 2:
            verb = Verb.REMOVE
        return self._change(verb, self.rng.choice(self.plan.regions))

    def _time(self) -> Wish:
        time = self.rng.choice(list(TIME_WORDS))
        pattern = self.pick(WORDING[Verb.TIME])
        return pattern.format(t=self.rng.choice(TIME_WORDS[time])), Operation(verb=Verb.TIME, value=time)

    def _background(self) -> Wish:
        free = self.rng.random() < 0.15
        place = self.rng.choice(FREE_PLACES if free else [p for p in self.vocabulary.place_forms if p != "plain"])
        the = self.rng.choice(("the ", "a ", "")) if " " not in place else ""
        return self._say(Verb.BACKGROUND, p=f"{the}{place}"), Operation(verb=Verb.BACKGROUND, value=place)

    def _change(self, verb: Verb, region: Region, name: str = "", whole: bool = True) -> Wish:
        """One change of a region, called `name` if given. `whole`: a style may be for the whole picture instead."""
        x = name or self.named(region)
        if not name and len(self.plan.regions) == 1 and verb in IT and self.rng.random() < 0.2:
            x = "it"
        if verb in BARE:
            return self._say(verb, x=x, n=region.noun), Operation(verb=verb, region=region.id)
        if verb is Verb.MOVE:
            return move(self, region, x)
        if verb is Verb.SWAP:
            return self._swap(region, x)
        if verb is Verb.RESTYLE:
            return self._restyle(region, x, whole)
        if verb is Verb.RESIZE:
            return self._resize(region, x)
        if verb is Verb.RECOLOR:
            value = self.rng.choice([c for c in COLORS if c != region.color])
            words = self._say(verb, x=x, n=region.noun, c=value)
        else:
            value = any_known_thing(self.rng, self.vocabulary).noun
            words = self._say(verb, x=x, a=article(value))
        return words, Operation(verb=verb, region=region.id, value=value)

    def _swap(self, region: Region, x: str) -> Wish:
        other = self.rng.choice([r for r in self.plan.regions if r.id != region.id])
        words = self.pick(WORDING[Verb.SWAP]).format(x=x, y=self.named(other))
        return words, Operation(verb=Verb.SWAP, region=region.id, other=other.id)

    def _restyle(self, region: Region, x: str, whole: bool) -> Wish:
        whole = whole and self.rng.random() < 0.25
        style = self.rng.choice(list(STYLES)) if self.rng.random() < 0.9 else self.rng.choice(OPEN_STYLES)
        said = self.pick(STYLES[style]) if style in STYLES else style
        words = self._say(Verb.RESTYLE, x=self.pick(EVERYTHING) if whole else x, s=said)
        return words, Operation(verb=Verb.RESTYLE, region=None if whole else region.id, value=style)

    def _resize(self, region: Region, x: str) -> Wish:
        scale = self.rng.choice(SCALES)
        pattern = self.pick(WORDING[Verb.RESIZE] if self.rng.random() < 0.6 else SCALE_VERBS[scale])
        words = pattern.format(x=x, n=region.noun, z=self.pick(SCALE_WORDS[scale]))
        return words, Operation(verb=Verb.RESIZE, region=region.id, value=scale)

    def _say(self, verb: Verb, **said: str) -> str:
        return self.pick(WORDING[verb]).format(**said)
