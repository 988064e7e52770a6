"""What the command line shows of plans, verdicts and results: tables for a person, one JSON object for a program."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mepg_agent.portfolio import Expert
from mepg_agent.records import Attempt, Verdict
from mepg_agent.scene import Box, ScenePlan

if TYPE_CHECKING:
    from mepg_agent.bench.bootstrap import Figure
    from mepg_agent.bench.kills import Report as KillsReport
    from mepg_agent.bench.regions import Report as RegionsReport
    from mepg_agent.bench.speed import Report
    from mepg_agent.comparison import Comparison
    from mepg_agent.experts_io.check import Health
    from mepg_agent.history import History
    from mepg_agent.provenance import Provenance
    from mepg_agent.reproduction import Reproduction
    from mepg_agent.session import Result, Summary

ACCEPTED, FAULT, BAD_INPUT, BEST_EFFORT, WAITING, STOPPED = 0, 1, 2, 3, 4, 130  # exit codes
CODES = {"accepted": ACCEPTED, "best_effort": BEST_EFFORT}
STATUS = {
    "accepted": "Accepted: every check passed.",
    "best_effort": "Best effort: not all that was asked for is confirmed. This is the best of what was drawn.",
}


def plan_view(plan: ScenePlan) -> RenderableType:
    table = _table("region", "what", "where", "style", "expert", "z")
    for r in plan.regions:
        table.add_row(r.id, Text(r.prompt), where(r.box), r.style or plan.style or "–", r.expert or "–", str(r.z))
    scene = ", ".join(filter(None, (plan.background, plan.time, plan.style)))
    lines = [f"Plan ({plan.planner}): {scene}, {plan.extent} pixels", *plan.notes, plan.rationale]
    return Group(*(Text(line) for line in lines if line), table)


def verdict_view(verdict: Verdict) -> RenderableType:
    table = _table("region", "check", "", "score", "needs", "evidence")
    for f in verdict.findings:
        mark = Text("pass", "green") if f.passed else Text("fail", "bold red")
        row = (f.subject or "picture", f.check.value, mark, f"{f.score:.2f}", f"{f.threshold:.2f}", Text(f.evidence))
        table.add_row(*row)
    return Group(Text(f"Verdict ({verdict.verifier})"), table)


def attempts_view(attempts: Iterable[Attempt]) -> RenderableType:
    table = _table("round", "region", "tried", "calls", "seconds", "outcome")
    for a in attempts:
        row = (str(a.round), a.region, a.rung.value, f"{a.calls:.1f}", f"{a.seconds:.1f}", Text(a.outcome))
        table.add_row(*row)
    return Group(Text("Repairs"), table)


def seconds_view(result: Result) -> RenderableType:
    table = _table("node", "seconds")
    for node, seconds in result.seconds.items():
        table.add_row(node, f"{seconds:.2f}")
    table.add_row("all", f"{sum(result.seconds.values()):.2f}")
    rounds = "no repair" if result.rounds == 0 else f"{result.rounds} repair{'s' if result.rounds > 1 else ''}"
    return Group(Text(f"Time ({result.calls:g} denoiser calls, {rounds})"), table)


def result_view(result: Result, file: Path) -> RenderableType:
    parts = [plan_view(result.plan), verdict_view(result.verdict)]
    parts += [attempts_view(result.attempts)] if result.attempts else []
    parts.append(seconds_view(result))
    notes = [note for note in result.notes if note not in result.plan.notes]
    version = f", version {result.version}" if result.version > 1 else ""
    lines = [*notes, STATUS[result.status], f"Picture: {file}", f"Session: {result.session}{version}"]
    return Group(*(part for view in parts for part in (view, Text())), *(Text(line) for line in lines))


def experts_view(experts: Iterable[Expert]) -> RenderableType:
    table = _table("expert", "family", "what", "chosen by the words", "scale")
    for e in experts:
        table.add_row(e.id, e.base, Text(e.title), Text(", ".join(e.triggers)), f"{e.scale:g}")
    return table if table.row_count else Text("No experts are installed.")


def expert_view(expert: Expert) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for key, value in expert.model_dump(mode="json").items():
        table.add_row(key, Text(", ".join(value) if isinstance(value, list) else str(value)))
    return table


def health_view(found: Iterable[Health]) -> RenderableType:
    table = _table("expert", "", "what is wrong")
    for health in found:
        mark = Text("good", "green") if health.problem is None else Text("broken", "bold red")
        table.add_row(health.expert, mark, Text(health.problem or ""))
    return table if table.row_count else Text("No experts are installed.")


def speed_view(report: Report) -> RenderableType:
    costs = _table("regions", "experts", "way", "a step", "a picture", "passes a step", "peak memory")
    repairs = _table("area repaired", "canvas denoised", "time")
    for c in report.cases:
        if c.area is not None:
            repairs.add_row(f"{c.area:.0%}", f"{c.passes:.0%}", f"{c.picture_ratio:.2f} ×")
            continue
        memory = f"{c.peak_bytes / 2**20:.0f} MiB"
        ratios = (f"{c.step_ratio:.2f} ×", f"{c.picture_ratio:.2f} ×", f"{c.passes:g}", memory)
        costs.add_row(str(c.regions or "–"), str(c.experts), c.name, *ratios)
    step, picture = median(report.cases[0].step_seconds), median(report.cases[0].picture_seconds)
    head = (
        f"{report.arch} with random weights, {report.extent} pixels, {report.steps} steps, {report.repeats} rounds, "
        f"{report.device} ({report.dtype}, {report.threads} threads), {report.machine}, {report.date}"
    )
    unit = f"1 × is the plain pipeline with one merged adapter: {step * 1000:.1f} ms a step, {picture:.2f} s a picture"
    aims = [
        f"Aim: {a.what} at most {a.most:.2f} ×. Found: {a.found:.2f} ×, {'met' if a.found <= a.most else 'missed'}."
        for a in report.aims
    ]
    return Group(Text(head), Text(unit), Text(), costs, Text(), repairs, Text(), *map(Text, aims))


def regions_view(report: RegionsReport) -> RenderableType:
    """Means with their 95% intervals; shares in percent."""
    table, leads = _table("way", *report.ways[0].measures), _table("more right regions", "than", "lead")
    for way in report.ways:
        cells = [_figure(f, "" if name in ("seam", "seconds", "calls") else "%") for name, f in way.measures.items()]
        table.add_row(way.name, *cells)
        for other, lead in way.leads.items():
            leads.add_row(way.name, other, _figure(lead, "+"))
    head = f"{report.plans} plans, {report.regions} regions, {report.steps} steps, styles: {', '.join(report.styles)}"
    return Group(Text(head), table, Text(), leads)


def _figure(figure: Figure, kind: str) -> str:
    """As a number, or with its interval as a share ("%") or as a lead ("+")."""
    if figure.mean is None or figure.low is None or figure.high is None:
        return "–"
    if not kind:
        return f"{figure.mean:.2f}"
    if kind == "+":
        return f"{figure.mean:+.0%} ({figure.low:+.0%} to {figure.high:+.0%})"
    return f"{figure.mean:.0%} ({figure.low:.0%}–{figure.high:.0%})"


def kills_view(report: KillsReport) -> RenderableType:
    nodes = ", ".join(f"{name} {count}" for name, count in report.around_checkpoints.items())
    found = [Text(words, "bold red") for words in report.faults] or [
        Text("Nothing was lost, nothing was half written, every picture has the bytes that it has without kills.")
    ]
    head = f"{report.kills} kills, {report.starts} starts, {report.seconds:.1f} s. Around checkpoints: {nodes}."
    return Group(Text(head), *found)


def sessions_view(sessions: Iterable[Summary]) -> RenderableType:
    table = _table("session", "status", "versions", "prompt")
    for s in sessions:
        status = f"{s.status or 'unfinished'}{', an edit unfinished' if s.edit else ''}"
        table.add_row(s.session, status, str(s.versions), Text(s.prompt))
    return table if table.row_count else Text("Nothing was drawn yet.")


def history_view(history: History) -> RenderableType:
    table = _table("", "version", "from", "line", "status", "seconds", "said")
    for v in history.versions:
        mark, seconds = "→" if v.number == history.head else "", f"{sum(v.seconds.values()):.1f}"
        row = (mark, str(v.number), str(v.parent or "–"), v.branch, v.status.replace("_", " "), seconds)
        table.add_row(*row, Text(v.instruction or v.plan.prompt))
    lines = ", ".join(f"{name} (to {number})" for name, number in history.branches.items())
    return Group(table, Text(), Text(f"Lines: {lines}. Shown: version {history.head} of '{history.branch}'."))


def comparison_view(found: Comparison) -> RenderableType:
    table = _table("drawn again")
    for box in found.boxes:
        table.add_row(where(box))
    outside = "Every byte outside is the same." if found.outside_equal else "Pixels outside differ, too."
    what = "the whole picture" if Box.full() in found.boxes else ", ".join(found.regions) or "nothing"
    lines = [
        f"Changed between {found.a} and {found.b}: {what}",
        f"{found.changed:.1%} of the pixels differ, by at most {found.largest} of 255. {outside}",
    ]
    return Group(*(Text(line) for line in lines), *([table] if found.boxes else []))


def reproduction_view(found: Reproduction, file: Path) -> RenderableType:
    drawn = f"Version {found.version}: {found.drawn} of {found.of} pictures on the way drawn again."
    apart = "" if found.largest is None else f" Its pixels differ by at most {found.largest} of 255."
    same = "Every byte is the same." if found.same else f"The last one has other bytes than it had.{apart}"
    return Group(*(Text(line) for line in (drawn, same, f"Picture: {file}")))


def provenance_view(found: Provenance) -> RenderableType:
    experts = ", ".join(f"{name} ({e.licence or 'no licence'}, {e.sha256[:12]})" for name, e in found.experts.items())
    kept = f"{found.session}, version {found.version}" if found.session else "none that is kept here"
    lines = [f"Prompt: {found.plan.prompt}", f"Job: {found.job}", f"Experts: {experts or 'none'}", f"Session: {kept}"]
    return Group(plan_view(found.plan), Text(), *(Text(line) for line in lines))


def result_json(result: Result, file: Path) -> dict[str, Any]:
    """Machine-readable outcome: status, file, plan, verdict, cost."""
    verdict = result.verdict.model_dump(mode="json")
    for told, finding in zip(verdict["findings"], result.verdict.findings, strict=True):
        crop = result.crop(finding)
        told["crop"] = crop and str(crop)
    return {
        "status": result.status,
        "file": str(file),
        "session": result.session,
        "version": result.version,
        "picture": result.render.picture,
        "seed": result.render.seed,
        "rounds": result.rounds,
        "plan": result.plan.model_dump(mode="json"),
        "verdict": verdict,
        "repairs": [attempt.model_dump(mode="json") for attempt in result.attempts],
        "remarks": [remark.model_dump(mode="json") for remark in result.remarks],
        "notes": list(result.notes),
        "cost": {"seconds": result.seconds, "denoiser_calls": result.calls},
    }


def where(box: Box) -> str:
    """ "left 10–40 %, top 20–60 %": the spans a person can check with a ruler."""
    return f"left {box.x:.0%}–{box.right:.0%}, top {box.y:.0%}–{box.bottom:.0%}"


def _table(*columns: str) -> Table:
    table = Table(show_edge=False, pad_edge=False, box=None, padding=(0, 2), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
