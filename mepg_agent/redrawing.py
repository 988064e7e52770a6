"""Regions to be drawn again, to the edit that does it. Pure: draws nothing, writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from mepg_agent.context import Family
from mepg_agent.conversation import one_line, route_edit
from mepg_agent.engine.prepare import says
from mepg_agent.english import noun_phrase
from mepg_agent.errors import BadInput
from mepg_agent.history import Edit, History
from mepg_agent.planning.edits import Move, PlanEdit, Replace, apply
from mepg_agent.planning.lexer import lexicon
from mepg_agent.planning.reader import Reader
from mepg_agent.planning.reading import Thing
from mepg_agent.printable import printable
from mepg_agent.records import MAX_CANDIDATES, Brief, Seed, digest
from mepg_agent.scene import MAX_REGIONS, Box, Fraction, Frozen, Region, RegionId, ScenePlan


class Redraw(Frozen):
    """One region to be drawn again. What is left out stays as it is, but for the seed: a new one is taken."""

    region: Annotated[RegionId, Field(description='Its id: "fox".')]
    prompt: Annotated[
        str | None, Field(min_length=1, max_length=300, description='What stands there instead: "a blue fox".')
    ] = None
    expert: Annotated[
        str | None,
        Field(max_length=100, description='An expert by its id, or a style in words; "" follows the whole picture.'),
    ] = None
    seed: Annotated[Seed | None, Field(description="The same seed and words give the same region.")] = None
    strength: Annotated[
        float | None, Field(gt=0, le=4, description="Weight of its words against those of the scene; 1 is usual.")
    ] = None
    start: Annotated[Fraction | None, Field(description="When its words begin to count, 0 to 1 of the drawing.")] = None
    end: Annotated[Fraction | None, Field(description="When they cease to.")] = None
    box: Annotated[Box | None, Field(description="Another place or size for it.")] = None


def redraw_of(
    changes: Sequence[Redraw], history: History, family: Family, brief: Brief, rounds: int, candidates: int = 1
) -> Edit:
    """The edit of the head that draws these regions again, where they stand or are to stand, and nothing else.

    Raises BadInput for no region, one named twice or one that is not there, for words that say nothing or name no one
    thing, and for too many rounds or candidates.
    """
    if not 1 <= candidates <= MAX_CANDIDATES:
        raise BadInput(f"{candidates} candidates cannot be drawn at once.", f"Ask for 1 to {MAX_CANDIDATES}.")
    before, number = history.version().plan, len(history.versions) + 1
    ids = [change.region for change in changes]
    if not ids or len(set(ids)) < len(ids) or len(ids) > MAX_REGIONS:
        raise BadInput("Name the regions to draw again, each once.", f"Regions: {_ids(before)}.")
    asked = before
    for change in changes:
        seed = _fresh(brief, change.region, number) if change.seed is None else change.seed
        asked = _changed(asked, change, seed, family)
    plan, notes = route_edit(before, asked, family)
    still = tuple(now.id for old, now in zip(before.regions, plan.regions, strict=True) if old.id in ids)
    said = "; ".join(map(_said, changes))
    return history.edit(said, plan, rounds, candidates=candidates, notes=notes, still=still)


def _changed(plan: ScenePlan, change: Redraw, seed: int, family: Family) -> ScenePlan:
    region = plan.region(change.region)
    edits: list[PlanEdit] = []
    if change.box is not None:
        edits.append(Move(region=region.id, box=change.box))
    thing = _thing(change.prompt, region, family) if change.prompt is not None else None
    if thing is not None and thing.noun and thing.noun != region.noun:
        edits.append(Replace(region=region.id, noun=thing.noun, color=thing.color))
    place = next(i for i, r in enumerate(plan.regions) if r.id == region.id)
    plan = apply(plan, edits, family.vocabulary)
    fields: dict[str, object] = {"seed": seed}
    if thing is not None:
        fields |= {"prompt": _words(thing, change.prompt or "", family), "color": thing.color}
    given = {name: value for name in ("strength", "start", "end") if (value := getattr(change, name)) is not None}
    window = {"start": region.start, "end": region.end} | given
    if window["start"] >= window["end"]:
        raise BadInput(
            f"The {region.id} would be heard from {window['start']:g} to {window['end']:g}.",
            "Give a start that is less than the end.",
        )
    fields |= given
    style = change.expert if change.expert is not None else thing.style if thing is not None else None
    if style is not None:
        fields |= {"style": style or None, "expert": None}
    return apply(_with(plan, place, fields), (), family.vocabulary)


def _with(plan: ScenePlan, place: int, fields: dict[str, object]) -> ScenePlan:
    """With other fields for the region that stands at `place` in the list: a replaced one has another id."""
    return plan.with_regions([Region.model_validate({**dict(plan.regions[place]), **fields})])


def _thing(prompt: str, region: Region, family: Family) -> Thing:
    """The one thing that the words name. Raises BadInput for none and for several."""
    if not printable(prompt).strip():
        advice = "Say what stands there instead, or leave the words out: it is drawn again as it is."
        raise BadInput(f"The words for the {region.id} say nothing.", advice)
    if family.vocabulary is None:
        bare = prompt.removeprefix("a ").removeprefix("an ").removeprefix("the ")[:80]
        return Thing(region.noun if says(prompt, region.noun) else bare)
    prompt = printable(prompt)  # an error shows its words
    reading = Reader(lexicon(family.vocabulary, family.styles), prompt).reading
    named = [thing for thing in reading.things if thing.noun]
    if len(named) != 1 or named[0].count != 1 or reading.unknown:
        wrong = f"'{reading.unknown[0]}' cannot be drawn." if reading.unknown else f"'{prompt[:60]}' is not one thing."
        known = ", ".join(list(family.vocabulary.nouns)[:5])
        raise BadInput(wrong, f"A region shows one thing: a colour and one of {known}, … (list_experts has them all).")
    return named[0]


def _words(thing: Thing, said: str, family: Family) -> str:
    """As a planner writes them; an open backbone hears what the person said."""
    return said if family.vocabulary is None else noun_phrase(thing.noun or "", thing.color)


def _fresh(brief: Brief, region: str, number: int) -> int:
    """A seed that no version had, and the same one for the same session."""
    return int(digest([brief.seed, region, number, "redraw"])[:15], 16)


def _said(change: Redraw) -> str:
    parts = [
        f'as "{change.prompt}"' if change.prompt is not None else "",
        f"in {change.expert or 'the style of the picture'}" if change.expert is not None else "",
        "elsewhere" if change.box is not None else "",
        f"with strength {change.strength:g}" if change.strength is not None else "",
        f"heard from {change.start:g} on" if change.start is not None else "",
        f"heard until {change.end:g}" if change.end is not None else "",
        f"from seed {change.seed}" if change.seed is not None else "",
    ]
    return one_line(f"draw the {change.region} again {' '.join(filter(None, parts))}")


def _ids(plan: ScenePlan) -> str:
    return ", ".join(region.id for region in plan.regions) or "none"
