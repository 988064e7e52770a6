"""Edits that move a region: beside another, to a part of the picture, or a bit to one side."""

from __future__ import annotations

from mepg_agent.planning.operations import DIRECTIONS, SPOTS, Operation, Verb
from mepg_agent.scene import Region, RelationKind
from mepg_agent.training.psa_pointing import Pointing, Wish
from mepg_agent.training.psa_pool import Pool, more
from mepg_agent.training.psa_relations import RELATIONS
from mepg_agent.training.psa_spots import SPOTS as SPOT_WORDS

# {x} words that point at the region, {w} "left of the castle", "in the middle"
SPOT_WORDING = Pool(
    (
        "move {x} {w}", "put {x} {w}",
        "[set|bring|shift|position|take|slide|push|carry|get|drop|lay|send|transfer|arrange|pull] {x} {w}",
        "{x} [must|has to|shall|needs to|ought to|should really|is supposed to|is to|may] be {w}",
        "{x} [goes|belongs|is better|looks better|fits better|stands|sits|moves|comes] {w}",
        "I [need|would like|prefer|would prefer|imagined|see] {x} {w}", "let {x} [stand|sit|go|move|stay|come] {w}",
        "{x} [placed|to be|now|please] {w}", "{x} should [stand|sit|move|go|come|appear] {w}", "can {x} be {w}?",
        "[change|set] the [position|place] of {x}: {w}", "{w} is where I want {x}", "{w} [goes|put|place] {x}",
        "make {x} [stand|sit|be|appear|go] {w}", "{x} {w}", "I want {x} {w}", "place {x} {w}", "{x} should be {w}",
        "shift {x} so it is {w}",
        "let {x} be {w} instead", "have {x} {w}",
    ),
    (
        "{x} would do better {w}", "I think {x} would look good {w}", "shouldn't {x} be {w}?",
        "I'd be happier with {x} {w}",
    ),
    more("edits", "spot_wording"),
)  # fmt: skip
# {d} a direction
SHIFT_WORDING = Pool(
    (
        "move {x} {d}", "move {x} a bit {d}", "shift {x} {d}", "nudge {x} {d}", "{x} further {d}", "push {x} {d}",
        "{x} a little more {d}", "slide {x} {d} a bit",
        "[move|shift|slide|push|pull|nudge|bring|put|budge|bump|set|get|take|position|edge] {x} [a bit|a little|"
        "slightly|somewhat|a bit further|a little more|further|some|a touch|a tad|more|a few steps|an inch|] {d}",
        "{x} [should|must|has to|needs to|ought to] [be|go|move|come|sit|stand] [a bit|a little|further|slightly|"
        "more|] {d}",
        "{x} [a bit|a little|slightly|further|somewhat|more] {d}", "{x} {d}", "[more|further] {d} with {x}",
        "I want {x} [a bit|a little|further|more|] {d}", "let {x} [go|move|slide] [a bit|further|] {d}",
        "can {x} [be|go|move] [a bit|a little|further|] {d}?", "{d} a [bit|little] with {x}",
        "scoot {x} {d}", "drag {x} {d} somewhat",
    ),
    ("scooch {x} {d}", "give {x} a small shift {d}", "adjust {x} {d} a bit", "can we have {x} slightly {d}?"),
    more("edits", "shift_wording"),
)  # fmt: skip
DIRECTION_WORDS = {
    "left": ("left", "to the left", "leftwards", "leftward", "towards the left", "over to the left"),
    "right": ("right", "to the right", "rightwards", "rightward", "towards the right", "over to the right"),
    "up": ("up", "higher", "upwards", "upward", "higher up", "towards the top"),
    "down": ("down", "lower", "downwards", "downward", "lower down", "towards the bottom"),
}  # fmt: skip


def move(who: Pointing, region: Region, x: str) -> Wish:
    rng, roll = who.rng, who.rng.random()
    others = [r for r in who.plan.regions if r.id != region.id]
    if roll < 0.4 and others:
        other, kind = rng.choice(others), rng.choice(list(RelationKind))
        where = f"{who.pick(RELATIONS[kind])} {who.named(other)}"
        wanted = Operation(verb=Verb.MOVE, region=region.id, value=kind.value, other=other.id)
        return who.pick(SPOT_WORDING).format(x=x, w=where), wanted
    if roll < 0.7:
        spot = rng.choice(SPOTS)
        where = who.pick(SPOT_WORDS[spot])
        where = "to the middle" if where == "centered" else where
        wanted = Operation(verb=Verb.MOVE, region=region.id, value=f"to {spot}")
        return who.pick(SPOT_WORDING).format(x=x, w=where), wanted
    direction = rng.choice(DIRECTIONS)
    words = who.pick(SHIFT_WORDING).format(x=x, d=rng.choice(DIRECTION_WORDS[direction]))
    return words, Operation(verb=Verb.MOVE, region=region.id, value=direction)
