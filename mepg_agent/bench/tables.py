"""Cells and lines of a table in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from mepg_agent.bench.bootstrap import Figure


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Its lines."""
    return [line(head), line(["---"] * len(head)), *map(line, rows)]


def line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def percent(value: Figure) -> str:
    if value.mean is None or value.low is None or value.high is None:
        return "–"
    return f"{value.mean:.1%} ({value.low:.0%}–{value.high:.0%})"


def points(value: Figure) -> str:
    if value.mean is None or value.low is None or value.high is None:
        return "–"
    return f"{value.mean * 100:+.1f} points ({value.low * 100:+.0f} to {value.high * 100:+.0f})"


def number(value: Figure) -> str:
    return "–" if value.mean is None else f"{value.mean:.1f}"
