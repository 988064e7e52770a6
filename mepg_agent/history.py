"""The history of one picture as a value: its versions, the lines they stand on, and the edit under way.

Nothing is ever taken back for good: undo moves the head, an edit after it opens another line.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from mepg_agent.errors import BadInput
from mepg_agent.planning.edits import changed_boxes, changed_regions
from mepg_agent.records import MAX_CANDIDATES, MAX_ROUNDS, Attempt, Remark, Render, Status, Verdict
from mepg_agent.scene import Box, Frozen, Region, RegionId, ScenePlan
from mepg_agent.verify.gone import taken_away

MAIN = "main"  # the line that every picture begins with
BRANCH = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
TOUCHED = 0.1  # share of a box that was drawn again from which on it is looked after like a changed one
Number = Annotated[int, Field(ge=1)]


class Version(Frozen):
    """One finished state of a picture."""

    number: Number
    parent: Number | None = None  # None is the first
    branch: str = MAIN
    instruction: str | None = None  # the words that led here from the parent; None for the first
    plan: ScenePlan
    render: Render
    verdict: Verdict
    status: Status
    rounds: Annotated[int, Field(ge=0)] = 0  # of repair
    renders: tuple[Render, ...] = ()  # everything drawn on the way, in order
    attempts: tuple[Attempt, ...] = ()
    remarks: tuple[Remark, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = Field(default_factory=dict)  # by graph node


class Edit(Frozen):
    """A change under way: everything that the graph needs to draw it, and to draw it again after a crash."""

    number: Number  # of the version that it becomes
    parent: Number
    instruction: str
    rounds: Annotated[int, Field(ge=0, le=MAX_ROUNDS)]  # repairs at most
    candidates: Annotated[int, Field(ge=1, le=MAX_CANDIDATES)] = 1  # drawn at once, of which the best is kept
    before: ScenePlan  # the parent's
    render: Render  # the parent's
    plan: ScenePlan  # as asked for and routed to experts; the critic has not seen it yet
    notes: tuple[str, ...] = ()  # why which expert, what gave way
    verdict: Verdict | None = None  # on `render`, from one who looked at it: what failed is to be repaired
    gone: tuple[Region, ...] = ()  # what an earlier edit took away and is seen all the same
    still: tuple[RegionId, ...] = ()  # regions that are drawn again in the box that they have, and in no other

    @property
    def stood(self) -> tuple[Region, ...]:
        """What was there before: what of it the plan has no more should not be seen."""
        return (*self.before.regions, *self.gone)

    def named(self, plan: ScenePlan) -> tuple[str, ...]:
        """Ids of the regions of `plan` that are not as they were, or failed: the only ones that may change further."""
        named = dict.fromkeys((*changed_regions(self.before, plan), *(self.verdict.failed if self.verdict else ())))
        return tuple(i for i in named if any(r.id == i for r in plan.regions))

    def movable(self, plan: ScenePlan) -> tuple[str, ...]:
        """Ids of those that the layout may move."""
        return tuple(i for i in self.named(plan) if i not in self.still)

    def redrawn(self, plan: ScenePlan) -> tuple[Box, ...]:
        """What is drawn again on the way to `plan`. Empty: the pixels stay; the full box: the whole picture."""
        boxes = changed_boxes(self.before, plan)
        return (Box.full(),) if Box.full() in boxes else boxes

    def repairable(self, plan: ScenePlan) -> dict[str, tuple[Box, ...]]:
        """Regions that the edit may have harmed and things that it took away, each with what may be drawn again of it:
        no pixel that was to stay."""
        redrawn, named, gone = self.redrawn(plan), self.named(plan), taken_away(self.stood, plan)
        if Box.full() in redrawn:
            return {r.id: (r.box,) for r in (*plan.regions, *gone)}
        over = {r.id: tuple(b for b in redrawn if r.box.covered_by(b) > TOUCHED) for r in plan.regions}
        harmed = {region: parts for region, parts in over.items() if parts and region not in named}
        boxes = dict.fromkeys((*redrawn, *(r.box for r in self.gone)))
        uncovered = {r.id: tuple(b for b in boxes if b.overlap(r.box)) for r in gone}
        places = {region: parts for region, parts in uncovered.items() if parts}
        return harmed | places | {region: (plan.region(region).box,) for region in named}


class History(Frozen):
    """All versions of a picture, by number; the one that is shown; the lines by name, each with its newest version."""

    versions: Annotated[tuple[Version, ...], Field(min_length=1)]
    head: Number = 1
    branch: str = MAIN  # the line that the head stands on
    branches: dict[str, Number] = Field(default_factory=lambda: {MAIN: 1})

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for number, version in enumerate(self.versions, 1):
            first = number == 1
            if version.number != number or (version.parent is None) is not first or (version.parent or 0) >= number:
                raise ValueError(f"version {version.number} does not follow from the versions before it")
        if self.branch not in self.branches or max(self.head, *self.branches.values()) > len(self.versions):
            raise ValueError("a line ends at a version that is not there")
        if not all(BRANCH.fullmatch(name) for name in self.branches):
            raise ValueError("a line has a name that is none")
        if self.head not in self.ancestry(self.branches[self.branch]):
            raise ValueError(f"version {self.head} is not on the line '{self.branch}'")
        return self

    def version(self, number: int | None = None) -> Version:
        """The head, or the version of this number. Raises BadInput if there is none."""
        number = self.head if number is None else number
        if not 1 <= number <= len(self.versions):
            last = len(self.versions)
            raise BadInput(f"There is no version {number}.", f"Versions of this picture: {_span(last)}.")
        return self.versions[number - 1]

    def ancestry(self, number: int) -> tuple[int, ...]:
        """The version and what it was made from, newest first, down to 1."""
        line, at = [], number
        while True:
            line.append(at)
            parent = self.versions[at - 1].parent
            if parent is None:
                return tuple(line)
            at = parent

    def still_there(self, verdict: Verdict) -> tuple[Region, ...]:
        """What was taken away on the way to the head and the verdict sees all the same, as it last stood."""
        seen = {f.was for f in verdict.findings if f.was is not None and not f.passed}
        regions = (r for number in self.ancestry(self.head)[1:] for r in self.version(number).plan.regions)
        found: dict[str, Region] = {}
        for region in regions:
            if region.id in seen and all(r.id != region.id for r in self.version().plan.regions):
                found.setdefault(region.id, region)
        return tuple(found.values())

    def undone(self) -> History:
        """The head moved to what it was made from. Raises BadInput at the first version."""
        parent = self.version().parent
        if parent is None:
            raise BadInput("This is the first version: there is nothing to undo.", "Say what should change instead.")
        return self._with(head=parent)

    def redone(self) -> History:
        """The head moved one version towards the end of its line. Raises BadInput at the end."""
        line = self.ancestry(self.branches[self.branch])
        at = line.index(self.head)
        if at == 0:
            raise BadInput(
                f"Nothing was undone: version {self.head} is the newest of the line '{self.branch}'.",
                f"Lines: {', '.join(self.branches)}; `branch` goes to one of them.",
            )
        return self._with(head=line[at - 1])

    def branched(self, name: str, at: int | None = None) -> History:
        """On the line `name`: a new one from the head (or from version `at`), or, where there is one, at its end.

        Raises BadInput for a name that is none, an unknown version, or a line that is there and should start elsewhere.
        """
        if not BRANCH.fullmatch(name):
            advice = "Use at most 48 small letters, digits and hyphens, as in at-night."
            raise BadInput(f"'{name[:60]}' cannot name a line.", advice)
        if name in self.branches:
            if at is not None:
                raise BadInput(
                    f"There is a line '{name}' already.", f"Choose another name than {', '.join(self.branches)}."
                )
            return self._with(branch=name, head=self.branches[name])
        start = self.version(at).number
        return self._with(branch=name, head=start, branches={**self.branches, name: start})

    def edit(self, instruction: str, plan: ScenePlan, rounds: int, **more: Any) -> Edit:
        """The change of the head to `plan`; `more` are fields of `Edit`. Raises BadInput for too many rounds."""
        if not 0 <= rounds <= MAX_ROUNDS:
            raise BadInput(f"{rounds} rounds of repair are not possible.", f"Allow 0 to {MAX_ROUNDS}.")
        head = self.version()
        return Edit(
            number=len(self.versions) + 1,
            parent=head.number,
            instruction=instruction,
            rounds=rounds,
            before=head.plan,
            render=head.render,
            plan=plan,
            **more,
        )

    def grown(self, version: Version) -> History:
        """With one version more, at the head. It goes on the parent's line, or where that goes on already, on one of
        its own."""
        assert version.parent is not None, "only the first version has no parent"
        branch = self._line_from(version.parent)
        placed = Version.model_validate({**dict(version), "branch": branch})
        return self._with(
            versions=(*self.versions, placed),
            head=placed.number,
            branch=branch,
            branches={**self.branches, branch: placed.number},
        )

    def path(self, a: int, b: int) -> tuple[tuple[Version, Version], ...]:
        """The steps (parent, child) between two versions, over the last one that both were made from."""
        one, two = self.ancestry(self.version(a).number), self.ancestry(self.version(b).number)
        apart = [n for n in (*one, *two) if (n in one) is not (n in two)]
        steps = (self.version(number) for number in apart)
        return tuple((self.version(child.parent), child) for child in steps)

    def _line_from(self, parent: int) -> str:
        if self.branches[self.branch] == parent:
            return self.branch
        number = 2
        while f"line-{number}" in self.branches:
            number += 1
        return f"line-{number}"

    def _with(self, **fields: object) -> History:
        return History.model_validate({**dict(self), **fields})


def _span(last: int) -> str:
    return "1" if last == 1 else f"1 to {last}"
