"""`mepg bench`: what the engine costs and what the family can draw, measured on this machine."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.text import Text

from mepg_agent.cli_input import AsJson, check_output, read_size
from mepg_agent.cli_progress import telling
from mepg_agent.cli_report import ACCEPTED, FAULT, kills_view, regions_view, speed_view
from mepg_agent.engine.local import quiet
from mepg_agent.records import ROUNDS
from mepg_agent.settings import Settings

app = typer.Typer(no_args_is_help=True)
Plot = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Plot (.png); the figures go beside it (.json)."),
]


@app.callback()
def bench() -> None:
    """Measure what pictures cost and how good they are on this machine."""


@app.command()
def family(
    ctx: typer.Context,
    backbone: Annotated[str, typer.Option(help="A backbone that ships a vocabulary and a scorer.")] = "picturebook",
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FOLDER",
            help="Gets family.json, nouns.png, experts.png and every picture; a stopped run goes on.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw every noun alone, four seeds each and once by every expert, and count what an independent scorer sees."""
    with quiet():
        from mepg_agent.bench.family import load, report, view, write

    with redirect_stdout(sys.stderr):
        measured = load(Settings.load(), backbone, output)
        measured.run(list(measured.vocabulary.nouns), ctx.obj.err)
    if output:
        write(measured, output)
    if as_json:
        ctx.obj.json(report(measured))
    else:
        ctx.obj.out.print(view(measured))
        if output:
            ctx.obj.out.print(Text(f"Figures and sheet: {output}"))


@app.command()
def regions(
    ctx: typer.Context,
    plans: Annotated[int, typer.Option(min=2, max=10_000, help="Scenes of two to six things in mixed styles.")] = 200,
    steps: Annotated[int | None, typer.Option(min=1, max=200, help="Denoising steps; the family's own by default.")] = (
        None
    ),
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FOLDER", help="Gets figures and pictures; a stopped run goes on."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare ways to draw regions: is each thing right, in its own style, without leaks and seams?"""
    with quiet():
        from mepg_agent.bench.regions import RegionsBench

    with TemporaryDirectory() as passing, telling(ctx.obj.err, "loading", as_json) as tell:
        bench = RegionsBench(Settings.load(), output or Path(passing), steps)
        report = bench.run(plans, tell)
        if output:
            (output / "regions.json").write_text(report.model_dump_json(indent=1) + "\n", encoding="utf-8")
            bench.sheet().save(output / "regions.png")
    if as_json:
        ctx.obj.json(report.model_dump(mode="json"))
    else:
        ctx.obj.out.print(regions_view(report))
        if output:
            ctx.obj.out.print(Text(f"Figures and sheet: {output}"))


@app.command()
def kills(
    ctx: typer.Context,
    count: Annotated[int, typer.Option("--kills", min=0, help="At random instants, beside those.")] = 500,
    seed: Annotated[int, typer.Option(help="Of the random instants.")] = 0,
    as_json: AsJson = False,
) -> int:
    """Kill a conversation around every checkpoint and at random instants; tell what is lost. Draws without a model.

    The exit code is 0 if nothing is, 1 otherwise.
    """
    from mepg_agent.bench.kills import campaign

    with telling(ctx.obj.err, "drawing without kills", as_json) as tell:
        report = campaign(Settings.load(), count, seed, tell)
    if as_json:
        ctx.obj.json(report.model_dump(mode="json"))
    else:
        ctx.obj.out.print(kills_view(report))
    return FAULT if report.faults else ACCEPTED


@app.command()
def loop(
    ctx: typer.Context,
    prompts: Annotated[int, typer.Option(min=1, max=10_000, help="Of a split that no other bench draws.")] = 150,
    rounds: Annotated[int, typer.Option(min=1, max=20, help="Rounds of repair at most.")] = ROUNDS,
    steps: Annotated[int | None, typer.Option(min=1, max=200, help="Denoising steps; the family's own by default.")] = (
        None
    ),
    backbone: Annotated[str, typer.Option(help="A backbone that ships a vocabulary and a scorer.")] = "picturebook",
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FOLDER", help="Gets table, plot, sheet and figures; a stopped run goes on there."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Is the loop worth it? Against the plain backbone, one drawing, and the best of as many calls as it took."""
    with quiet():
        from mepg_agent.bench.loop import loop_bench
        from mepg_agent.bench.loop_report import draw_plot, markdown, report_of
        from mepg_agent.bench.plot import check_plotting

    if output:
        check_plotting()
    with TemporaryDirectory() as passing, telling(ctx.obj.err, "loading", as_json) as tell:
        bench = loop_bench(Settings.load(), output or Path(passing), backbone, rounds, steps)
        report = report_of(bench.setup, bench.run(prompts, tell))
        table = markdown(report)
        if output:
            (output / "loop.json").write_text(report.model_dump_json(indent=1) + "\n", encoding="utf-8")
            (output / "loop.md").write_text(table, encoding="utf-8")
            bench.sheet().save(output / "loop-sheet.png")
            draw_plot(report, output / "loop.png")
    if as_json:
        ctx.obj.json(report.model_dump(mode="json"))
    else:
        ctx.obj.out.print(Text(table), soft_wrap=True)
        if output:
            ctx.obj.out.print(Text(f"Table, plot, sheet and figures: {output}"))


@app.command()
def edits(
    ctx: typer.Context,
    changes: Annotated[int, typer.Option(min=1, max=10_000, help="Of a split that no other bench draws.")] = 120,
    steps: Annotated[int | None, typer.Option(min=1, max=200, help="Denoising steps; the family's own by default.")] = (
        None
    ),
    backbone: Annotated[str, typer.Option(help="A backbone that ships a vocabulary and a scorer.")] = "picturebook",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FOLDER", help="Gets table, sheet and figures; a stopped run goes on."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Do edits change what they should and nothing else? Against drawing the whole changed plan anew."""
    with quiet():
        from mepg_agent.bench.edits import edits_bench
        from mepg_agent.bench.edits_report import markdown, report_of

    with TemporaryDirectory() as passing, telling(ctx.obj.err, "loading", as_json) as tell:
        bench = edits_bench(Settings.load(), output or Path(passing), backbone, steps)
        report = report_of(bench.setup, bench.run(changes, tell))
        table = markdown(report)
        if output:
            (output / "edits.json").write_text(report.model_dump_json(indent=1) + "\n", encoding="utf-8")
            (output / "edits.md").write_text(table, encoding="utf-8")
            bench.sheet().save(output / "edits-sheet.png")
    if as_json:
        ctx.obj.json(report.model_dump(mode="json"))
    else:
        ctx.obj.out.print(Text(table), soft_wrap=True)
        if output:
            ctx.obj.out.print(Text(f"Table, sheet and figures: {output}"))


@app.command()
def steps(
    ctx: typer.Context,
    backbone: Annotated[str, typer.Option(help="A backbone that ships a vocabulary and a scorer.")] = "picturebook",
    output: Plot = None,
    as_json: AsJson = False,
) -> None:
    """Draw every fourth noun with fewer and fewer steps, by two schedulers, and count what the scorer still sees."""
    with quiet():
        from mepg_agent.bench.family import load
        from mepg_agent.bench.steps import draw_plot, measure, report, view

    file, figures = _plot_files(output)
    with redirect_stdout(sys.stderr):
        rows = measure(load(Settings.load(), backbone), ctx.obj.err)
    if file and figures:
        draw_plot(rows, file)
        figures.write_text(json.dumps(report(rows), indent=1) + "\n", encoding="utf-8")
    if as_json:
        ctx.obj.json(report(rows))
    else:
        ctx.obj.out.print(view(rows))


@app.command()
def samples(
    ctx: typer.Context,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The sheet (.png).")],
    backbone: Annotated[str, typer.Option(help="A backbone that ships a vocabulary.")] = "picturebook",
) -> None:
    """Draw 64 prompts that nobody chose, once each, onto one sheet."""
    with quiet():
        from mepg_agent.bench.samples import sheet

    file = check_output(output, ".png")
    with telling(ctx.obj.err, "drawing") as tell:
        made = sheet(Settings.load(), backbone, tell)
    made.save(file)
    ctx.obj.out.print(Text(f"Sheet: {file}"))


@app.command()
def speed(
    ctx: typer.Context,
    arch: Annotated[str, typer.Option(help="Whose shape: picturebook, sd15 or sdxl; weights are random.")] = (
        "picturebook"
    ),
    steps: Annotated[int, typer.Option(min=1, max=200, help="Denoising steps of a picture.")] = 20,
    repeats: Annotated[int, typer.Option(min=1, max=1000, help="Pictures of each contender.")] = 5,
    size: Annotated[
        str | None, typer.Option(metavar="PIXELS", help="As 256 or 320x256; at most 256 on a CPU without it.")
    ] = None,
    peers: Annotated[
        bool, typer.Option(help="Measure the usual ways too; with sdxl they take 16 GB more memory.")
    ] = True,
    output: Plot = None,
    as_json: AsJson = False,
) -> None:
    """Compare regions and experts in one pass with a plain pipeline and with the usual ways."""
    with quiet():
        from mepg_agent.bench.plot import draw_plot
        from mepg_agent.bench.speed import measure

    file, figures = _plot_files(output)
    extent = read_size(size) if size else None
    with telling(ctx.obj.err, "building", as_json) as tell:
        report = measure(
            arch, steps=steps, repeats=repeats, extent=extent, settings=Settings.load(), tell=tell, peers=peers
        )
    if file and figures:
        draw_plot(report, file)
        figures.write_text(report.model_dump_json(indent=1) + "\n", encoding="utf-8")
    if as_json:
        ctx.obj.json(report.model_dump(mode="json"))
    else:
        ctx.obj.out.print(speed_view(report))
        if file:
            ctx.obj.out.print(Text(f"Plot: {file}\nFigures: {figures}"))


def _plot_files(output: Path | None) -> tuple[Path | None, Path | None]:
    """Where a plot and its figures go. BadInput, before anything is measured, where one of them cannot be written."""
    if output is None:
        return None, None
    from mepg_agent.bench.plot import check_plotting

    file = check_output(output, ".png")
    figures = check_output(file.with_suffix(".json"), ".json")
    check_plotting()
    return file, figures
