"""What a batch gave, as one HTML page: no script, no request to anywhere, every word of a prompt escaped.

Small previews stand inside the page; each links to the whole picture beside it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from mepg_agent.records import Finding
from mepg_agent.session import Result

STATUS = {"accepted": "accepted", "best_effort": "best effort", "failed": "failed", "unfinished": "not finished"}
NOT_HTML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Nothing but the style below and the previews inside the page may load, whatever a prompt smuggled in.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1e; --soft: #5b5b62; --paper: #fbfaf8; --card: #fff; --line: #dcdad5;
  --accepted: #17683a; --best_effort: #8a5300; --failed: #a8201a; --unfinished: #5b5b62; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececee; --soft: #a5a5ad; --paper: #17171a; --card: #202024;
  --line: #3a3a40; --accepted: #6fcf97; --best_effort: #f0b254; --failed: #ff8f88; --unfinished: #a5a5ad; } }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--paper); }
h1, h2 { line-height: 1.2; } h2 { margin: 0; font-size: 1.15rem; overflow-wrap: anywhere; }
dl.totals { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 0 0 1rem; }
dl.totals dt { color: var(--soft); font-size: .85rem; } dl.totals dd { margin: 0; font-size: 1.4rem; }
article { display: grid; grid-template-columns: minmax(0, 20rem) minmax(0, 1fr); gap: 1.25rem; margin: 1.25rem 0;
  padding: 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
@media (max-width: 45rem) { article { grid-template-columns: minmax(0, 1fr); } }
article img { max-width: 100%; height: auto; border-radius: .25rem; } article > a > img { width: 100%; }
.none { display: grid; place-items: center; min-height: 10rem; border: 1px dashed var(--line); color: var(--soft); }
.prompt { margin: .25rem 0 .75rem; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate;
  max-height: 12rem; overflow-y: auto; }
.status { font-weight: 600; white-space: nowrap; } .soft { color: var(--soft); }
.accepted, .pass { color: var(--accepted); } .best_effort { color: var(--best_effort); }
.failed, .fail { color: var(--failed); } .unfinished { color: var(--unfinished); }
.scroll { overflow-x: auto; } summary { cursor: pointer; margin-top: .5rem; }
table { border-collapse: collapse; font-size: .9rem; } th { text-align: left; font-weight: 600; }
th, td { padding: .2rem .9rem .2rem 0; vertical-align: top; border-bottom: 1px solid var(--line); }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
"""


class Html(str):
    """Text that is escaped already; all other text is escaped where it enters the page."""


@dataclass(frozen=True)
class Preview:
    """A small JPEG and its size in pixels."""

    jpeg: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Entry:
    """One item of the page. `status` is a `Status` or "unfinished"; what is not known is None."""

    id: str
    prompt: str
    status: str
    link: str | None = None  # of the whole picture, relative to the page
    preview: Preview | None = None
    result: Result | None = None
    on_the_way: Sequence[Preview | None] = ()  # one for each of result.renders, or none at all
    error: str | None = None


def report_html(entries: Sequence[Entry], title: str) -> str:
    """The page, the same for the same entries. Its items keep their order and are named item-1, item-2, …"""
    articles = "\n".join(_article(number, entry) for number, entry in enumerate(entries, 1))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{_text(title)}</h1>\n"
        f"{_totals(entries)}\n{_to_look_at(entries)}</header>\n<main>\n{articles}\n</main>\n</body>\n</html>\n"
    )


def _totals(entries: Sequence[Entry]) -> str:
    counts = {words: sum(e.status == status for e in entries) for status, words in STATUS.items()}
    results = [e.result for e in entries if e.result is not None]
    seconds = sum(sum(r.seconds.values()) for r in results)
    figures = {
        "pictures": str(len(entries)),
        **{words: str(count) for words, count in counts.items() if count},
        "repairs": str(sum(r.rounds for r in results)),
        "denoiser calls": f"{sum(r.calls for r in results):g}",
        "time": f"{seconds:.1f} s",
        "time a picture": f"{seconds / len(results):.1f} s" if results else "–",
    }
    shown = "".join(f"<div><dt>{name}</dt><dd>{figure}</dd></div>" for name, figure in figures.items())
    return f'<dl class="totals">{shown}</dl>'


def _to_look_at(entries: Sequence[Entry]) -> str:
    """Links to what was not accepted: the part of a long page that a person has to read."""
    links = [
        f'<a href="#item-{number}">{_text(entry.id)}</a> <span class="soft">({STATUS[entry.status]})</span>'
        for number, entry in enumerate(entries, 1)
        if entry.status != "accepted"
    ]
    return f"<p>Not accepted: {', '.join(links)}</p>\n" if links else ""


def _article(number: int, entry: Entry) -> str:
    parts = [
        f"<h2>{_text(entry.id)}</h2>",
        f'<span class="status {entry.status}">{STATUS[entry.status]}</span>',
        f'<p class="prompt" dir="auto">{_text(entry.prompt)}</p>',
        f'<p class="failed">{_text(entry.error)}</p>' if entry.error else "",
        _details(entry) if entry.result else "",
    ]
    body = "\n".join(filter(None, parts))
    return f'<article id="item-{number}">\n{_picture(entry)}\n<div>\n{body}\n</div>\n</article>'


def _picture(entry: Entry) -> str:
    shown = _image(entry.preview, entry.prompt) if entry.preview else '<div class="none">no picture</div>'
    return f'<a href="{quote(entry.link, errors="surrogateescape")}">{shown}</a>' if entry.link else shown


def _image(preview: Preview, alt: str) -> str:
    data = b64encode(preview.jpeg).decode()
    size = f'width="{preview.width}" height="{preview.height}"'
    return f'<img src="data:image/jpeg;base64,{data}" alt="{_text(alt)}" {size}>'


def _details(entry: Entry) -> str:
    result = entry.result
    assert result is not None
    nodes = [(name, f"{seconds:.2f}") for name, seconds in result.seconds.items()]
    notes = "".join(f"<li>{_text(note)}</li>" for note in result.notes)
    parts = [
        _table(("region", "check", "", "score", "needs", "evidence"), map(_finding, result.verdict.findings))
        if result.verdict.findings
        else '<p class="soft">Nothing was checked.</p>',
        f"<details><summary>Notes</summary><ul>{notes}</ul></details>" if notes else "",
        f"<details><summary>Time by step</summary>{_table(('step', 'seconds'), nodes)}</details>",
        _history(result, entry.on_the_way) if entry.on_the_way else "",
        f'<p class="soft">session {_text(result.session)} · seed {result.brief.seed} · {result.plan.extent} pixels</p>',
    ]
    return "\n".join(filter(None, parts))


def _finding(finding: Finding) -> tuple[str, ...]:
    mark = "pass" if finding.passed else "fail"
    return (
        finding.region or "picture",
        finding.check.value,
        Html(f'<span class="{mark}">{mark}</span>'),
        f"{finding.score:.2f}",
        f"{finding.threshold:.2f}",
        finding.evidence,
    )


def _history(result: Result, previews: Sequence[Preview | None]) -> str:
    """Everything drawn on the way, in order; renders of one job are the candidates of one repair."""
    rows, jobs = [], list(dict.fromkeys(render.job for render in result.renders))
    for render, preview in zip(result.renders, previews, strict=True):
        number = jobs.index(render.job)
        what = f"repair {number}" if number else "the whole picture"
        kept = "kept" if (render.picture, render.job) == (result.render.picture, result.render.job) else ""
        shown = Html(_image(preview, what)) if preview else ""
        rows.append((shown, what, f"{render.seconds:.2f}", f"{render.calls:.3g}", kept))
    table = _table(("", "drawn", "seconds", "calls", ""), rows)
    return f"<details><summary>Drawn on the way: {len(rows)}</summary>{table}</details>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A cell that is a number stands to the right."""
    heads = "".join(f"<th>{_text(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(words: str) -> str:
    number = ' class="number"' if re.fullmatch(r"-?[\d.]+", words) else ""
    return f"<td{number}>{words if isinstance(words, Html) else _text(words)}</td>"


def _text(words: str) -> str:
    return escape(NOT_HTML.sub("\ufffd", words), quote=True)
