"""What the edit bench measured: its rows, the figures made of them, and their table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from mepg_agent.bench import journal
from mepg_agent.bench.bootstrap import Figure, figure, resamples
from mepg_agent.bench.tables import number, percent, table
from mepg_agent.portfolio import Backbone
from mepg_agent.scene import Frozen

WAYS = ("ours", "drawn anew")
EDITED, ANEW = WAYS


class Setup(Frozen):
    """What must be the same for two runs to go into one table."""

    backbone: Backbone
    experts: dict[str, tuple[str, float]]  # see `regions.versions`
    steps: int
    styles: tuple[str, ...]
    scorer: str  # its digest


class Outcome(Frozen):
    """One change, made in one way. `right` counts the other things that were right before, `kept` those of them that
    still are; `same` is the share of pixels of which no byte changed."""

    given: bool
    kept: int
    right: int
    same: float
    calls: float  # of the denoiser
    seconds: float


class Row(journal.Row):
    """One conversation; no ways where the edit was refused, and why."""

    kind: str
    prompt: str
    instruction: str
    ways: dict[str, Outcome] = Field(default_factory=dict)
    outside_equal: bool | None = None  # whether every byte outside what ours drew again is the same
    refused: str | None = None


class Way(Frozen):
    given: Figure  # changes that are seen, of all that were asked for
    kept: Figure
    same: Figure
    calls: Figure
    seconds: Figure
    kinds: dict[str, Figure]  # `given` by kind of change


class Report(Frozen):
    setup: Setup
    changes: int
    refused: int
    outside_equal: int  # changes by ours without a byte that differs outside
    ways: dict[str, Way]


def report_of(setup: Setup, rows: Sequence[Row]) -> Report:
    """Raises ValueError for no rows."""
    if not rows:
        raise ValueError("there is nothing to report")
    return Report(
        setup=setup,
        changes=len(rows),
        refused=sum(row.refused is not None for row in rows),
        outside_equal=sum(row.outside_equal is True for row in rows),
        ways={way: _way(way, rows) for way in WAYS},
    )


def _way(way: str, rows: Sequence[Row]) -> Way:
    drawn = [row.ways[way] for row in rows if row.ways]
    draws = resamples(len(drawn)) if drawn else np.zeros((1, 0), int)
    weights = np.array([float(o.right) for o in drawn])
    return Way(
        given=_given(way, rows),
        kept=figure(np.array([float(o.kept) for o in drawn]), draws, weights),
        same=figure(np.array([o.same for o in drawn]), draws),
        calls=figure(np.array([o.calls for o in drawn]), draws),
        seconds=figure(np.array([o.seconds for o in drawn]), draws),
        kinds={kind: _given(way, [r for r in rows if r.kind == kind]) for kind in dict.fromkeys(r.kind for r in rows)},
    )


def _given(way: str, rows: Sequence[Row]) -> Figure:
    """What was refused was not given."""
    values = np.array([float(bool(row.ways) and row.ways[way].given) for row in rows])
    return figure(values, resamples(len(rows)))


def markdown(report: Report) -> str:
    """The tables, with 95% intervals, and the lines beneath them."""
    ways = report.ways
    head = ("", "change seen", "other things kept", "pixels unchanged", "denoiser calls", "seconds")
    figures = (
        (name, percent(w.given), percent(w.kept), percent(w.same), number(w.calls), number(w.seconds))
        for name, w in ways.items()
    )
    kinds = ((kind, *(percent(w.kinds[kind]) for w in ways.values())) for kind in ways[EDITED].kinds)
    lines = [
        *table(head, [*figures]),
        "",
        *table(("change seen", *ways), [*kinds]),
        "",
        f"{report.changes} changes of scenes of two or three things, {report.setup.steps} steps, styles: "
        f"{', '.join(report.setup.styles)}; {report.refused} were refused.",
        f"Outside what ours drew again every byte is the same in {report.outside_equal} of "
        f"{report.changes - report.refused}.",
        "Seen: the scorer sees the thing in its box, in its style and colour, and what left is gone. Kept: of the "
        "other things that were right before.",
    ]
    return "\n".join(lines) + "\n"
