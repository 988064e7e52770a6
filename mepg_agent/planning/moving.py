"""Where a thing that is there is to go: beside another, to a part of the picture, a step to one side, nearer or
farther."""

from __future__ import annotations

from itertools import product

from mepg_agent.planning import edits
from mepg_agent.planning.clauses import Clause, backdrop, no_such_word, settings
from mepg_agent.planning.edits import PlanEdit
from mepg_agent.planning.geometry import BETWEEN, outermost
from mepg_agent.planning.lexer import Piece, Tag
from mepg_agent.planning.references import Found, Question, names_thing
from mepg_agent.planning.verbs import A_BIT
from mepg_agent.scene import RelationKind

STEP = 0.2  # of a move without a measure; "a bit" halves it, "far" doubles it
_LEFT, _RIGHT, _UP, _DOWN = (-1, 0), (1, 0), (0, -1), (0, 1)
WAYS = {
    **dict.fromkeys(("left", "leftward", "leftwards"), _LEFT),
    **dict.fromkeys(("right", "rightward", "rightwards"), _RIGHT),
    **dict.fromkeys(("up", "higher", "upward", "upwards", "raise", "lift"), _UP),
    **dict.fromkeys(("down", "lower", "downward", "downwards"), _DOWN),
}
TOWARDS = {"left": _LEFT, "right": _RIGHT, "top": _UP, "bottom": _DOWN}
_OTHERS = ("everything", "everything else", "everyone", "all", "all others", "all the others", "the others", "the rest")
DEPTHS = {
    **{
        f"{before} {others}": "front" for before in ("in front of", "on top of", "before", "over") for others in _OTHERS
    },
    **{f"{after} {others}": "back" for after in ("behind", "beneath", "under", "below") for others in _OTHERS},
    **{
        f"{to} {end}": "front"
        for to, end in product(("to the", "into the", "in the", "at the"), ("front", "foreground"))
    },
    **{
        f"{to} {end}": "back" for to, end in product(("to the", "into the", "in the", "at the"), ("back", "background"))
    },
    **dict.fromkeys(("forward", "forwards", "in front", "closer to us", "closest to us", "nearest to us"), "front"),
    **dict.fromkeys(("backward", "backwards", "back", "to the rear", "further back", "farther back"), "back"),
}


def moved(clause: Clause) -> list[PlanEdit] | Question:
    """ "move the fox left of the castle", "the fox a bit higher", "put the dog behind everything"."""
    found = clause.reference()
    if isinstance(found, Question):
        if clause.first(Tag.NOUN) is None and (setting := settings(clause)):
            return backdrop(clause, clause.pieces, setting)  # "put them in space"
        return no_such_word(clause, found)
    related = _between(clause, found) or _relation_to(clause, found)
    if isinstance(related, list):
        return related
    if isinstance(related, Question):
        return related
    if related is not None:
        kind, other = related
        if found.regions == (other,):
            others = tuple(r.id for r in clause.plan.regions if r.id != other)
            return Question(text=f"The {other} cannot be {kind} itself. Which thing is meant?", choices=others)
        return [edits.Relate(region=region, kind=kind, other=other) for region in found.regions if region != other]
    return _within(clause, found, [p for i, p in enumerate(clause.pieces) if not clause.pointed(i)])


def _within(clause: Clause, found: Found, rest: list[Piece]) -> list[PlanEdit] | Question:
    """The move within the picture that the words beside the reference ask for."""
    words = f" {' '.join(p.text for p in rest)} "
    depth = next((to for phrase, to in DEPTHS.items() if f" {phrase} " in words), None)
    spot = next((p for p in rest if p.tag is Tag.SPOT), None)
    if depth is not None or (spot is not None and spot.value in ("front", "back")):
        to = depth or (spot.value if spot else "front")
        return [edits.Reorder(region=region, to="front" if to == "front" else "back") for region in found.regions]
    towards = next((way for side, way in TOWARDS.items() if f" towards the {side} " in words), None)
    step_aside = spot is None or spot.text in WAYS or spot.text in ("to the left", "to the right")
    if spot is not None and not towards and not step_aside:
        return [edits.Move(region=region, spot=spot.value) for region in found.regions]  # type: ignore[arg-type]
    ways = [towards] if towards else [WAYS[w] for w in words.split() if w in WAYS]
    if ways:
        little = 0.5 if clause.said((*A_BIT, "little")) else 1
        step = STEP * little * (2 if " far " in words else 1)
        across, down = (next((way[axis] for way in ways if way[axis]), 0) for axis in (0, 1))
        return [edits.Move(region=region, dx=across * step, dy=down * step) for region in found.regions]
    place = next((p for p in rest if p.tag is Tag.PLACE), None)
    if place is not None:
        return backdrop(clause, rest, [edits.Background(place=place.value)])
    return Question(text="Move it where?", choices=("left", "right", "up", "down", "to the middle"))


def _between(clause: Clause, found: Found) -> list[PlanEdit] | Question | None:
    """ "put the dog between the house and the tree": right of the left one and left of the other."""
    at = next((i for i in range(found.end, len(clause.pieces)) if clause.pieces[i].tag is Tag.BETWEEN), None)
    if at is None:
        return None
    others = clause.reference(at + 1, moves=False)
    if isinstance(others, Question):
        return others
    ends = sorted(map(clause.plan.region, others.regions), key=lambda r: r.box.cx)
    if len(ends) != 2 or not {r.id for r in ends}.isdisjoint(found.regions):
        choices = tuple(r.id for r in clause.plan.regions if r.id not in found.regions)
        return Question(text="Between which two?", choices=choices)
    sides = tuple(zip(BETWEEN, ends, strict=True))
    return [edits.Relate(region=region, kind=kind, other=r.id) for region in found.regions for kind, r in sides]


def _relation_to(clause: Clause, found: Found) -> tuple[RelationKind, str] | Question | None:
    for i in range(found.end, len(clause.pieces)):
        piece = clause.pieces[i]
        after = clause.pieces[i + 1 :]
        named = any(map(names_thing, after))
        last = bool(after) and after[0].tag is not Tag.RELATION  # not "over" of "over to the left of"
        if piece.tag is Tag.RELATION and piece.kind is not None and named and last:
            other = clause.reference(i + 1, moves=False)
            if isinstance(other, Question):
                return other
            end = outermost(piece.kind, map(clause.plan.region, other.regions))
            return piece.kind, end.id if end is not None else other.regions[0]
    return None
