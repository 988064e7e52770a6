"""What the graph keeps between its nodes, and the parts of it that each node reads."""

from __future__ import annotations

import operator
from typing import Annotated, Any

from pydantic import BaseModel, Field

from mepg_agent.history import Edit
from mepg_agent.records import Attempt, Brief, Remark, Render, Status, Trial, Verdict
from mepg_agent.scene import Box, Frozen, ScenePlan

Update = dict[str, Any]


class Asked(Frozen):
    """What goes in. An empty `session` opens one. `edit` changes the picture that the session has."""

    session: str = ""
    brief: Brief
    edit: Edit | None = None


class Planned(Asked):
    plan: ScenePlan  # of the best picture so far, or before there is one, of the picture to draw
    remarks: tuple[Remark, ...] = ()
    revisions: int = 0
    approved: bool | None = None  # True once the person said so, False when the layout was rejected

    @property
    def named(self) -> tuple[str, ...]:
        """Ids of the regions that may change: of an edit those that it is about."""
        return self.edit.named(self.plan) if self.edit else tuple(r.id for r in self.plan.regions)

    @property
    def movable(self) -> tuple[str, ...]:
        """Ids of the regions whose place is still open."""
        return self.edit.movable(self.plan) if self.edit else self.named

    @property
    def redrawn(self) -> tuple[Box, ...]:
        """What is drawn: of a new picture all."""
        return self.edit.redrawn(self.plan) if self.edit else (Box.full(),)

    @property
    def repairable(self) -> dict[str, tuple[Box, ...]]:
        """What may be drawn again of each region, if it failed."""
        return self.edit.repairable(self.plan) if self.edit else {r.id: (r.box,) for r in self.plan.regions}

    def repairs(self, verdict: Verdict) -> tuple[str, ...]:
        """Ids of what failed and may be drawn again: regions, and things whose place an edit uncovered."""
        return tuple(subject for subject in verdict.wrong if subject in self.repairable)


class Revising(Planned):
    """Before the first picture the layout may be at fault; after it `trial` says which region needs another place."""

    verdict: Verdict | None = None
    trial: Trial | None = None


class Drawing(Revising):
    """Candidates, drawn for `tried` or for the plan itself, wait to be judged; `kept` is the best picture so far, if
    there is one, and `verdict` is on it."""

    candidates: tuple[Render, ...]
    kept: Render | None = None
    tried: ScenePlan | None = None
    round: int = 0
    waiting: tuple[str, ...] = ()  # regions that this round has still to repair
    climbed: dict[str, int] = Field(default_factory=dict)  # rungs of the ladder that a region has behind it
    renders: tuple[Render, ...] = ()
    seconds: dict[str, float] = Field(default_factory=dict)


class Repairing(Planned):
    kept: Render
    verdict: Verdict
    trial: Trial
    tried: ScenePlan | None = None
    renders: tuple[Render, ...] = ()


class Judged(Planned):
    kept: Render
    verdict: Verdict
    round: int = 0
    renders: tuple[Render, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = Field(default_factory=dict)


def add_seconds(old: dict[str, float], new: dict[str, float]) -> dict[str, float]:
    return old | {node: old.get(node, 0.0) + seconds for node, seconds in new.items()}


class State(BaseModel):
    """All channels, as JSON. A node declares the part it needs (`Planned`, `Judged`, …) and gets it typed."""

    session: str = ""
    brief: Update
    edit: Update | None = None
    plan: Update | None = None
    remarks: list[Update] = []
    revisions: int = 0
    approved: bool | None = None
    trial: Update | None = None
    tried: Update | None = None
    climbed: dict[str, int] = {}
    attempts: Annotated[list[Update], operator.add] = []
    candidates: list[Update] = []
    kept: Update | None = None
    verdict: Update | None = None
    round: int = 0
    waiting: list[str] = []
    renders: Annotated[list[Update], operator.add] = []
    notes: Annotated[list[str], operator.add] = []
    seconds: Annotated[dict[str, float], add_seconds] = {}
    status: Status | None = None
