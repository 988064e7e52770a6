"""The nouns everybody passes around: boxes, regions, relations, plans. Strict, frozen, printable, replayable.

A `Box` is always in fractions of the canvas, origin top left. Pixels appear only as `PixelBox`, made from a box and
an `Extent`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from math import ceil, floor
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from mepg_agent.errors import BadInput
from mepg_agent.printable import printable

MAX_PROMPT = 2000  # characters; a longer request is refused rather than cut
MAX_REGIONS = 16
EDITED = "edited"  # planner of a plan after an edit
EPS = 1e-6


class Frozen(BaseModel):
    """Strict immutable value: unknown keys are errors, instances are hashable and comparable."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Extent(Frozen):
    """A size in pixels."""

    width: Annotated[int, Field(ge=64, le=4096)]
    height: Annotated[int, Field(ge=64, le=4096)]

    def __str__(self) -> str:
        return f"{self.width}×{self.height}"


class PixelBox(Frozen):
    """Half-open pixel rectangle: left ≤ x < right, top ≤ y < bottom."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def area(self) -> int:
        return self.width * self.height

    def as_slices(self) -> tuple[slice, slice]:
        """Row and column slices for an array of shape (height, width, …)."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


class Box(Frozen):
    """A rectangle in fractions of the canvas (0..1), origin top left, inside the canvas, its sides at least EPS."""

    x: Annotated[float, Field(ge=0, le=1)]
    y: Annotated[float, Field(ge=0, le=1)]
    width: Annotated[float, Field(ge=EPS, le=1)]
    height: Annotated[float, Field(ge=EPS, le=1)]

    @model_validator(mode="after")
    def _inside(self) -> Self:
        if self.right > 1 + EPS or self.bottom > 1 + EPS:
            raise ValueError(f"the box {self} reaches outside the canvas: keep x + width and y + height at most 1")
        return self

    @classmethod
    def from_corners(cls, left: float, top: float, right: float, bottom: float) -> Self:
        return cls(x=left, y=top, width=right - left, height=bottom - top)

    @classmethod
    def centered(cls, cx: float, cy: float, width: float, height: float) -> Self:
        """The box of this size nearest to the wanted centre that still lies inside the canvas."""
        width, height = min(width, 1.0), min(height, 1.0)
        x = min(max(cx - width / 2, 0.0), 1.0 - width)
        y = min(max(cy - height / 2, 0.0), 1.0 - height)
        return cls(x=x, y=y, width=width, height=height)

    @classmethod
    def full(cls) -> Self:
        return cls(x=0, y=0, width=1, height=1)

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def cx(self) -> float:
        return self.x + self.width / 2

    @property
    def cy(self) -> float:
        return self.y + self.height / 2

    @property
    def area(self) -> float:
        return self.width * self.height

    def overlap(self, other: Box) -> float:
        """Area shared with `other`, as a fraction of the canvas."""
        w = min(self.right, other.right) - max(self.x, other.x)
        h = min(self.bottom, other.bottom) - max(self.y, other.y)
        return max(w, 0.0) * max(h, 0.0)

    def iou(self, other: Box) -> float:
        shared = self.overlap(other)
        return shared / (self.area + other.area - shared)

    def covered_by(self, other: Box) -> float:
        """Share of this box that `other` covers, 0..1."""
        return self.overlap(other) / self.area

    def union(self, other: Box) -> Box:
        return Box.from_corners(
            min(self.x, other.x),
            min(self.y, other.y),
            min(max(self.right, other.right), 1.0),
            min(max(self.bottom, other.bottom), 1.0),
        )

    def moved(self, dx: float, dy: float) -> Box:
        """Shifted, then slid back inside the canvas."""
        return Box.centered(self.cx + dx, self.cy + dy, self.width, self.height)

    def resized(self, factor: float) -> Box:
        """Scaled about its centre, then slid back inside the canvas."""
        return Box.centered(self.cx, self.cy, self.width * factor, self.height * factor)

    def grown(self, margin: float) -> Box:
        """Grown by `margin` (fraction of the canvas) on every side, cut at the canvas."""
        return Box.from_corners(
            max(self.x - margin, 0.0),
            max(self.y - margin, 0.0),
            min(self.right + margin, 1.0),
            min(self.bottom + margin, 1.0),
        )

    def pixels(self, extent: Extent, multiple: int = 1) -> PixelBox:
        """Smallest pixel rectangle, aligned to `multiple`, that covers the box; cut at the canvas."""
        return PixelBox(
            left=floor(self.x * extent.width / multiple + EPS) * multiple,
            top=floor(self.y * extent.height / multiple + EPS) * multiple,
            right=min(ceil(self.right * extent.width / multiple - EPS) * multiple, extent.width),
            bottom=min(ceil(self.bottom * extent.height / multiple - EPS) * multiple, extent.height),
        )

    def __str__(self) -> str:
        return f"({self.x:.2f}, {self.y:.2f}, {self.width:.2f}×{self.height:.2f})"


class RelationKind(StrEnum):
    LEFT_OF = "left of"
    RIGHT_OF = "right of"
    ABOVE = "above"
    BELOW = "below"
    ON = "on"
    UNDER = "under"
    BEHIND = "behind"
    IN_FRONT_OF = "in front of"
    NEXT_TO = "next to"
    INSIDE = "inside"


class Relation(Frozen):
    """`subject` stands in `kind` to `object`; both are region ids."""

    subject: str
    kind: RelationKind
    object: str

    def __str__(self) -> str:
        return f"{self.subject} {self.kind} {self.object}"


RegionId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,47}$")]
Fraction = Annotated[float, Field(ge=0, le=1)]
Words = Annotated[str, AfterValidator(printable)]  # a terminal shows them


def _spoken(words: str) -> str:
    if not words.strip():
        raise ValueError("it is blank: say what stands there")
    return words


Spoken = Annotated[Words, AfterValidator(_spoken)]


class Region(Frozen):
    """One thing in the picture: what, where, in which style, by which expert."""

    id: RegionId
    box: Box
    prompt: Annotated[Spoken, Field(max_length=300)]  # "a red fox", without style words
    noun: Spoken  # "fox": what the verifier looks for
    color: Words | None = None
    style: Words | None = None  # as the person said it: "watercolor", "soft wash of color"
    expert: Words | None = None  # filled in by routing; None draws with the base model
    expert_scale: Annotated[float, Field(ge=0, le=2)] | None = None  # None takes the expert's own default
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None  # None takes the picture's seed
    strength: Annotated[float, Field(gt=0, le=4)] = 1.0  # weight of the region's prompt against the global one
    start: Fraction = 0.0  # part of the denoising during which the region's prompt is heard
    end: Fraction = 1.0
    z: Annotated[int, Field(ge=-100, le=100)] = 0  # higher is nearer to the viewer
    locked: bool = False  # the person placed the box by hand: the solver leaves it alone

    @model_validator(mode="after")
    def _window(self) -> Self:
        if self.start >= self.end:
            raise ValueError(f"region {self.id}: its window starts at {self.start} and ends at {self.end}")
        return self


class ScenePlan(Frozen):
    """The whole scene: background, style, regions, and the relations the person asked for."""

    prompt: Annotated[Words, Field(min_length=1, max_length=MAX_PROMPT)]  # the person's own words
    global_prompt: Annotated[Words, Field(min_length=1, max_length=600)]  # the whole scene, for the one shared prompt
    background: Words = "plain"  # a place word of the backbone ("meadow"), or "plain"
    time: Words | None = None  # "night", "sunset"; None is day
    style: Words | None = None  # style of the background and of regions that name none
    extent: Extent
    regions: Annotated[tuple[Region, ...], Field(max_length=MAX_REGIONS)]
    relations: tuple[Relation, ...] = ()
    rationale: Words = ""  # why it is laid out so, in words for a person
    notes: tuple[Words, ...] = ()  # what was not understood, or replaced
    undrawn: tuple[Words, ...] = ()  # things that were asked for and that the backbone has no word for
    planner: Words = "given"

    @property
    def asked(self) -> str:
        """The whole scene as it was asked for: after an edit the person's first words are not that any more."""
        return self.global_prompt if self.planner == EDITED else self.prompt

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ids = [r.id for r in self.regions]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"region ids must be unique; used twice: {', '.join(twice)}")
        for relation in self.relations:
            for end in (relation.subject, relation.object):
                if end not in ids:
                    raise ValueError(f"relation '{relation}' names no region '{end}'; regions: {', '.join(ids)}")
        return self

    def region(self, region_id: str) -> Region:
        for region in self.regions:
            if region.id == region_id:
                return region
        known = ", ".join(r.id for r in self.regions) or "none"
        raise BadInput(f"There is no region '{region_id}'.", f"Regions of this picture: {known}.")

    def with_regions(self, changed: Iterable[Region]) -> ScenePlan:
        """This plan with the given regions put in place of those of the same id; validated anew."""
        by_id = {r.id: r for r in changed}
        return self.replaced(regions=tuple(by_id.get(r.id, r) for r in self.regions))

    def replaced(self, **fields: Any) -> ScenePlan:
        """A validated copy with some fields changed (`model_copy` would skip the validators)."""
        return ScenePlan.model_validate({**dict(self), **fields})


def free_id(noun: str, taken: Iterable[str]) -> str:
    """Region id for a noun: "dog", then "dog-2", "dog-3"."""
    stem = re.sub(r"[^a-z0-9]+", "-", noun.lower()).strip("-")[:40] or "thing"
    used = set(taken)
    if stem not in used:
        return stem
    number = 2
    while f"{stem}-{number}" in used:
        number += 1
    return f"{stem}-{number}"
