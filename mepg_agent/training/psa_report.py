"""The planner's figures as the tables of its card."""

from __future__ import annotations

from mepg_agent.training.psa_eval import EditScore, PlanScore, Report

BARS = (
    ("answers that parse", 1.0, lambda s: s.parsed / s.prompts),
    ("things and their counts", 0.95, lambda s: s.share("things")),
    ("relations", 0.92, lambda s: s.share("relations")),
    ("styles on the right thing", 0.95, lambda s: s.share("styles")),
)
MOST_OVERLAP, MOST_SECONDS, LEAST_EDITS = 0.05, 6.0, 0.9
COLUMNS = ("things", "relations", "styles", "colors", "setting")


def markdown(report: Report) -> str:
    """Three tables: bars on unseen phrasings, the challenge by category, edits."""
    return "\n".join([*_unseen(report), "", *_challenge(report), "", *_edits(report)]) + "\n"


def _unseen(report: Report) -> list[str]:
    names = list(report.unseen)
    count = next(iter(report.unseen.values())).prompts
    lines = [f"Unseen phrasings ({count} prompts)", "", _row("", "bar", *names), _rule(len(names) + 2)]
    for what, bar, of in BARS:
        lines.append(_row(what, f"≥ {bar:.0%}", *(_percent(of(report.unseen[n])) for n in names)))
    overlaps = [f"{report.unseen[n].overlap:.3f}" for n in names]
    lines.append(_row("mean overlap of boxes", f"≤ {MOST_OVERLAP}", *overlaps))
    spent = [f"{report.seconds:.1f}" if n == "psa" else "" for n in names]
    lines.append(_row("seconds a plan", f"≤ {MOST_SECONDS:g}", *spent))
    return [*lines, _row("every fact right", "", *(_percent(_wholly(report.unseen[n])) for n in names))]


def _challenge(report: Report) -> list[str]:
    names = list(report.challenge)
    lines = ["Challenge prompts with every fact right", "", _row("", "prompts", *names), _rule(len(names) + 2)]
    for category in report.challenge[names[0]]:
        scores = [report.challenge[n][category] for n in names]
        lines.append(_row(category, str(scores[0].prompts), *(_percent(_wholly(s)) for s in scores)))
    for what in COLUMNS:
        shares = [report.challenge[n]["all"].share(what) for n in names]
        lines.append(_row(f"all: {what}", "", *map(_percent, shares)))
    return lines


def _edits(report: Report) -> list[str]:
    lines = [
        "Edits: right operation on the right region (in brackets: and the right value)",
        "",
        _row("", "bar", *report.edits),
        _rule(len(report.edits) + 2),
    ]
    for title, scores in (("unseen phrasings", report.edits), ("challenge", report.edit_challenge)):
        count = next(iter(scores.values())).instructions
        lines.append(_row(f"{title} ({count})", f"≥ {LEAST_EDITS:.0%}", *map(_edit, scores.values())))
    return lines


def _edit(score: EditScore) -> str:
    return f"{score.placed / score.instructions:.1%} ({score.right / score.instructions:.1%})"


def _wholly(score: PlanScore) -> float:
    return score.wholly / score.prompts


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(columns: int) -> str:
    return _row(*["---"] * columns)
