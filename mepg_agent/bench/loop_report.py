"""What the loop bench measured: its rows, the figures made of them, their table and their plot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mepg_agent.bench import journal
from mepg_agent.bench.bootstrap import Figure, figure, resamples
from mepg_agent.bench.sight import vendi
from mepg_agent.bench.tables import number, percent, points, table
from mepg_agent.portfolio import Backbone
from mepg_agent.records import Rung
from mepg_agent.scene import Frozen

ARMS = ("plain backbone", "plan and experts", "with the loop", "best of N")
PLAIN, PLANNED, LOOP, BEST = ARMS
LEADS = ((PLANNED, PLAIN), (LOOP, PLANNED), (LOOP, BEST))


class Setup(Frozen):
    """What must be the same for two runs to go into one table."""

    backbone: Backbone  # whose manifest has the hashes of its weights and the verifier's thresholds
    experts: dict[str, tuple[str, float]]  # see `regions.versions`
    rounds: int
    steps: int
    styles: tuple[str, ...]
    scorer: str  # its digest


class Scored(Frozen):
    """One picture. `content` and `right`: an entry a wanted instance; `styles`: one a thing that was found."""

    whole: bool
    content: tuple[bool, ...]
    right: tuple[bool, ...]
    styles: tuple[tuple[float, ...], ...]
    calls: float  # of the denoiser
    seconds: float


class Climbed(Frozen):
    """One repair of the loop. `right`: as in `Scored`, of the picture after it; None where it was rolled back."""

    rung: Rung
    right: tuple[bool, ...] | None = None


class Row(journal.Row):
    """One prompt, drawn in every way. `rounds`: of repair that the loop took."""

    kind: str
    prompt: str
    arms: dict[str, Scored]
    rounds: int
    climbed: tuple[Climbed, ...]
    best_of: int


class Step(Frozen):
    """One rung of the ladder over all prompts. `mended`, `harmed`: wanted instances that the scorer finds right after a
    repair that was kept and not before, and the other way about."""

    tried: int
    kept: int
    mended: int
    harmed: int


class Arm(Frozen):
    """`whole`, `regions` (things in their style) and `content` (things) are shares; `styles` is the Vendi score of the
    style features of what was found, the number of styles in effect."""

    whole: Figure
    regions: Figure
    content: Figure
    styles: float | None
    seconds: Figure
    calls: Figure
    kinds: dict[str, Figure]  # whole-prompt success by kind of prompt


class Report(Frozen):
    setup: Setup
    prompts: int
    arms: dict[str, Arm]
    leads: dict[str, Figure]  # in whole-prompt success, prompt by prompt
    repaired: int  # prompts where the loop tried a repair
    repair_success: Figure  # share of what was wrong there in the first picture and is right in the last
    repair_harm: Figure  # share of what was right there and is wrong in the last
    ladder: dict[Rung, Step]
    best_of: float  # mean N


def report_of(setup: Setup, rows: Sequence[Row]) -> Report:
    """Raises ValueError for no rows."""
    if not rows:
        raise ValueError("there is nothing to report")
    draws = resamples(len(rows))
    whole = {arm: np.array([float(row.arms[arm].whole) for row in rows]) for arm in ARMS}
    return Report(
        setup=setup,
        prompts=len(rows),
        arms={arm: _arm(arm, rows, draws) for arm in ARMS},
        leads={f"{a} over {b}": figure(whole[a] - whole[b], draws) for a, b in LEADS},
        repaired=sum(row.rounds > 0 for row in rows),
        repair_success=_share(rows, draws, lambda before, after: (not before, after)),
        repair_harm=_share(rows, draws, lambda before, after: (before, not after)),
        ladder={rung: step for rung in Rung if (step := _step(rung, rows)).tried},
        best_of=float(np.mean([row.best_of for row in rows])),
    )


def _arm(arm: str, rows: Sequence[Row], draws: NDArray[np.int64]) -> Arm:
    scored = [row.arms[arm] for row in rows]
    instances = np.array([len(s.right) for s in scored], float)
    styles = np.array([vector for s in scored for vector in s.styles])
    kinds = dict.fromkeys(row.kind for row in rows)
    return Arm(
        whole=figure(np.array([float(s.whole) for s in scored]), draws),
        regions=figure(np.array([float(sum(s.right)) for s in scored]), draws, instances),
        content=figure(np.array([float(sum(s.content)) for s in scored]), draws, instances),
        styles=vendi(styles) if len(styles) else None,
        seconds=figure(np.array([s.seconds for s in scored]), draws),
        calls=figure(np.array([s.calls for s in scored]), draws),
        kinds={kind: _of_kind(arm, [row for row in rows if row.kind == kind]) for kind in kinds},
    )


def _step(rung: Rung, rows: Sequence[Row]) -> Step:
    changes: list[tuple[bool, bool]] = []  # of an instance: right before, right after
    tried = kept = 0
    for row in rows:
        before = row.arms[PLANNED].right
        for climbed in row.climbed:
            after = before if climbed.right is None else climbed.right
            if climbed.rung is rung:
                tried, kept = tried + 1, kept + (climbed.right is not None)
                changes += zip(before, after, strict=True)
            before = after
    mended, harmed = sum(b < a for b, a in changes), sum(b > a for b, a in changes)
    return Step(tried=tried, kept=kept, mended=mended, harmed=harmed)


def _of_kind(arm: str, rows: Sequence[Row]) -> Figure:
    return figure(np.array([float(row.arms[arm].whole) for row in rows]), resamples(len(rows)))


def _share(rows: Sequence[Row], draws: NDArray[np.int64], counted: Callable[[bool, bool], tuple[bool, bool]]) -> Figure:
    """Of the instances that the first part of `counted` (before, after the loop) takes, the share of the second."""
    taken, of = np.zeros(len(rows)), np.zeros(len(rows))
    for at, row in enumerate(rows):
        if row.rounds:
            for before, after in zip(row.arms[PLANNED].right, row.arms[LOOP].right, strict=True):
                among, counts = counted(before, after)
                of[at] += among
                taken[at] += among and counts
    return figure(taken, draws, of)


def markdown(report: Report) -> str:
    """The table, with 95% intervals, and the lines beneath it."""
    arms, kinds = report.arms, report.arms[PLAIN].kinds
    costs = [
        (
            name,
            *map(percent, (arm.whole, arm.regions, arm.content)),
            "–" if arm.styles is None else f"{arm.styles:.1f}",
            *map(number, (arm.seconds, arm.calls)),
        )
        for name, arm in arms.items()
    ]
    by_kind = [(kind, *(percent(arm.kinds[kind]) for arm in arms.values())) for kind in kinds]
    rungs = [(r, str(s.tried), str(s.kept), str(s.mended), str(s.harmed)) for r, s in report.ladder.items()]
    leads = "; ".join(f"{name}: {points(lead)}" for name, lead in report.leads.items())
    lines = [
        *table(("", "whole prompt", "regions", "content", "styles", "seconds", "calls"), costs),
        "",
        *table(("whole prompt", *arms), by_kind),
        "",
        *table(("rung", "tried", "kept", "mended", "harmed"), rungs),
        "",
        f"{report.prompts} prompts, {report.setup.steps} steps, {report.setup.rounds} rounds at most, styles: "
        f"{', '.join(report.setup.styles)}. N is {report.best_of:.1f} on average.",
        f"Leads in whole prompts: {leads}.",
        f"Repairs were tried for {report.repaired} prompts. Of what was wrong there they mended "
        f"{percent(report.repair_success)}; of what was right they harmed {percent(report.repair_harm)}.",
        "Kept: by the loop's own verifier. Mended and harmed: things in their style, as the scorer sees them, by what "
        "was kept on that rung.",
    ]
    return "\n".join(lines) + "\n"


def draw_plot(report: Report, file: Path) -> None:
    """Writes a PNG: whole-prompt success over what it costs, and by kind of prompt."""
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(11, 4.5), layout="constrained")
    left, right = canvas.subplots(1, 2)
    for name, arm in report.arms.items():
        at, low, high = ((v or 0.0) * 100 for v in (arm.whole.mean, arm.whole.low, arm.whole.high))
        left.errorbar(arm.calls.mean or 0.0, at, [[at - low], [high - at]], fmt="o", capsize=4, label=name)
    left.set(xlabel="denoiser calls a picture", ylabel="whole prompts right, %", ylim=(0, None), xlim=(0, None))
    left.legend(fontsize=8)
    kinds, width = list(report.arms[PLAIN].kinds), 0.8 / len(ARMS)
    for place, (name, arm) in enumerate(report.arms.items()):
        places = np.arange(len(kinds)) + (place - (len(ARMS) - 1) / 2) * width
        right.bar(places, [(arm.kinds[k].mean or 0.0) * 100 for k in kinds], width, label=name)
    right.set_xticks(range(len(kinds)), kinds, rotation=20)
    right.set(ylabel="whole prompts right, %")
    canvas.suptitle(f"{report.setup.backbone.id}, {report.prompts} prompts, {report.setup.steps} steps")
    canvas.savefig(file, format="png", dpi=120, metadata={"Software": None})
