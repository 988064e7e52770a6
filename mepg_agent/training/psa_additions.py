"""Edits that add a thing."""

from __future__ import annotations

from mepg_agent.english import noun_phrase
from mepg_agent.planning.operations import Operation, Verb
from mepg_agent.planning.reading import Thing
from mepg_agent.scene import Region, RelationKind
from mepg_agent.training.psa_counts import COUNTS, NUMBERS
from mepg_agent.training.psa_pointing import Pointing, Wish
from mepg_agent.training.psa_relations import RELATIONS
from mepg_agent.training.psa_scenes import COLORS, any_known_thing
from mepg_agent.training.psa_spots import SPOTS
from mepg_agent.training.psa_styles import OBJECT_STYLES, STYLES
from mepg_agent.training.psa_wishes import WORDING


def add(who: Pointing) -> Wish:
    rng = who.rng
    known = any_known_thing(rng, who.vocabulary)
    thing = Thing(known.noun)
    thing.color = rng.choice(COLORS) if rng.random() < 0.35 else None
    thing.style = rng.choice(list(STYLES)) if rng.random() < 0.25 else None
    words = noun_phrase(known.noun, thing.color)
    roll = rng.random()
    if roll < 0.12:
        thing.count = rng.choice((2, 2, 3))
        words = f"{who.pick(COUNTS[thing.count])} {thing.color or ''} {known.plural}".replace("  ", " ")
    elif roll < 0.2:
        return _more(who, rng.choice(who.plan.regions))
    if thing.style is not None:
        styled = who.pick(OBJECT_STYLES).format(n=words, s=who.pick(STYLES[thing.style]))
        words = styled.replace(" a ", " ").strip(",")
    where, kind, other = _where(who, thing)
    words = who.pick(WORDING[Verb.ADD]).format(a=words) + where
    return words, Operation(verb=Verb.ADD, thing=thing, value=kind, other=other)


def _more(who: Pointing, region: Region) -> Wish:
    """ "Two more birds", as those that are there."""
    rng = who.rng
    count = rng.choice((1, 1, 2, 3))
    if count == 1:
        numbers, noun = ("one more", "a second", "another"), region.noun
    else:
        numbers, noun = (f"{rng.choice(NUMBERS[count])} more",), who.plural(region.noun)
    words = f"{rng.choice(numbers)} {noun}"
    pattern = who.pick(WORDING[Verb.ADD]) if rng.random() < 0.7 else "{a}"
    return pattern.format(a=words), Operation(verb=Verb.ADD, thing=Thing(region.noun, count))


def _where(who: Pointing, thing: Thing) -> tuple[str, RelationKind | None, str | None]:
    """Words that say where the new thing goes, and the relation if they name one; sets the thing's spot."""
    rng = who.rng
    if rng.random() < 0.35:
        thing.spot = rng.choice(list(SPOTS))
        return f" {who.pick(SPOTS[thing.spot])}", None, None
    if rng.random() < 0.55:
        other, kind = rng.choice(who.plan.regions), rng.choice(list(RelationKind))
        return f" {who.pick(RELATIONS[kind])} {who.named(other)}", kind, other.id
    return "", None, None
