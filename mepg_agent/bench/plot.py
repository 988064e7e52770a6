"""One picture of a speed report: cost over regions, and a repair's cost over its area."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mepg_agent.bench.contenders import EXPERTS, REGIONS
from mepg_agent.bench.speed import Report
from mepg_agent.errors import BadInput

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PEERS = {"pass per region": "s", "pass per adapter": "^", "set_adapters": "D", "reference": "x"}


def check_plotting() -> None:
    """BadInput where matplotlib is missing, before anything is measured."""
    if find_spec("matplotlib") is None:
        raise BadInput("The plot needs matplotlib.", "pip install 'mepg-agent[bench]', or leave -o out.")


def draw_plot(report: Report, file: Path) -> None:
    """Writes a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    _costs(report, left)
    _repairs(report, right)
    figure.suptitle(f"{report.arch}, {report.extent} pixels, {report.steps} steps, {report.device} ({report.dtype})")
    figure.savefig(file, format="png", dpi=120, metadata={"Software": None})


def _costs(report: Report, axes: Axes) -> None:
    for experts in EXPERTS:
        found = [c for k in REGIONS if (c := report.find("ours", k, experts))]
        axes.plot([c.regions for c in found], [c.step_ratio for c in found], "o-", label=f"ours, experts: {experts}")
    for peer, marker in PEERS.items():
        found = [c for c in report.cases if c.name == peer]
        if not found:
            continue
        axes.plot([c.regions for c in found], [c.step_ratio for c in found], f"{marker}--", label=peer, alpha=0.7)
    axes.axhline(1.0, color="black", linewidth=0.8)
    axes.set(xscale="log", yscale="log", xlabel="regions", ylabel="a step, in steps of a plain pipeline")
    _plain_ticks(axes.xaxis, REGIONS)
    _plain_ticks(axes.yaxis, (1, 2, 5, 10, 20))
    axes.legend(fontsize=8)


def _repairs(report: Report, axes: Axes) -> None:
    found = [c for c in report.cases if c.area is not None]
    areas = [c.area or 0.0 for c in found]
    axes.plot(areas, [c.picture_ratio for c in found], "o-", label="time")
    axes.plot(areas, [c.passes for c in found], "s--", label="canvas denoised, with the halo", alpha=0.7)
    axes.plot([0, 1], [0, 1], color="black", linewidth=0.8, label="as much as its area")
    axes.set(xlabel="area repaired, share of the canvas", ylabel="a repair, in pictures of a plain pipeline")
    axes.legend(fontsize=8)


def _plain_ticks(axis: Any, values: tuple[int, ...]) -> None:
    """These numbers on a logarithmic axis, instead of powers of ten."""
    axis.set_ticks(values, [str(value) for value in values])
    axis.minorticks_off()
