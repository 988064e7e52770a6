"""`mepg psa`: data, training and figures of the small planner."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from enum import StrEnum
from io import StringIO
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from mepg_agent.cli_input import AsJson
from mepg_agent.cli_layout import layouts_page
from mepg_agent.cli_progress import asked_to_stop, telling
from mepg_agent.engine.local import quiet
from mepg_agent.errors import BadInput
from mepg_agent.portfolio import Portfolio, Vocabulary, read_vocabulary
from mepg_agent.settings import Settings, asset_root

FAMILY, WORDS = "picturebook", "vocabulary-full.toml"  # whose things the planner learns to read
SHOWN = 12  # layouts on the page

app = typer.Typer(no_args_is_help=True)


class Device(StrEnum):
    CPU = "cpu"
    CUDA = "cuda"


def _vocabulary() -> Vocabulary:
    return read_vocabulary(Portfolio(Settings.load().experts).backbone(FAMILY).folder / WORDS)


@app.command()
def data(
    ctx: typer.Context,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="Gets the splits.")] = Path(
        "train-data/psa"
    ),
    plans: Annotated[int, typer.Option(min=1, max=1_000_000, help="Prompts with plans.")] = 72_000,
    edits: Annotated[int, typer.Option(min=0, max=1_000_000, help="Edit instructions.")] = 54_000,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 20_261_125,
    distill: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Also ask chat:PROVIDER:MODEL for plans of --prompts.")
    ] = None,
    prompts: Annotated[Path | None, typer.Option(metavar="FILE", help="One prompt a line, for --distill.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make the training, dev and test splits. No prompt of the challenge sets is in any."""
    from mepg_agent.training.psa_data import challenge_prompts, write_splits
    from mepg_agent.training.psa_distill import distilled

    if (distill is None) != (prompts is None):
        raise BadInput("--distill and --prompts go together.", "Give both, or none.")
    barred, vocabulary = challenge_prompts(asset_root() / "experts/psa"), _vocabulary()
    with telling(ctx.obj.err, "writing", as_json) as tell:
        more = distilled(distill, prompts, Settings.load(), vocabulary, tell) if distill and prompts else []
        counts = write_splits(vocabulary, output, plans, edits, seed, barred, more)
    if as_json:
        ctx.obj.json({"folder": str(output), **counts})
    else:
        ctx.obj.out.print(Text(f"{output}: " + ", ".join(f"{count} {name}" for name, count in counts.items())))


@app.command()
def train(
    ctx: typer.Context,
    config: Annotated[Path, typer.Option(metavar="FILE", help="As experts/psa/smollm2.toml or qwen.toml.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="Gets the adapter.")],
    minutes: Annotated[float, typer.Option(min=0.01, max=10_000, help="Of training in all.")] = 60,
    device: Annotated[Device, typer.Option(help="A CPU takes about an hour, a GPU minutes.")] = Device.CPU,
    start: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="An adapter to go on from, as experts/psa.")
    ] = None,
) -> None:
    """Train the adapter. Ctrl-C stops it; the same command goes on."""
    with quiet():
        from mepg_agent.training.psa_train import Run, load_config

    err = ctx.obj.err
    log = StringIO() if err.is_terminal else sys.stderr  # a terminal has the bar
    with asked_to_stop() as asked, telling(err, "loading", lines=True) as tell, redirect_stdout(log):
        Run(load_config(config), output, minutes, device.value, tell, asked.is_set, start).fit()
    ctx.obj.out.print(Text(f"Adapter and loss curve: {output}"))


@app.command("eval")
def evaluate(
    ctx: typer.Context,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="FOLDER", help="Gets figures, table, layouts; a stopped run goes on."),
    ],
    splits: Annotated[
        Path, typer.Option("--data", metavar="FOLDER", help="The splits, as `mepg psa data` makes them.")
    ] = Path("train-data/psa"),
    adapter: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Another adapter than the installed one.")] = (
        None
    ),
    count: Annotated[int, typer.Option(min=1, help="Prompts of each test split.")] = 200,
    untrained: Annotated[bool, typer.Option(help="Ask the base model too, on the challenge prompts.")] = True,
    as_json: AsJson = False,
) -> None:
    """Measure it on phrasings it never saw, and on hand-written prompts beside the rules and the untrained model."""
    with quiet():
        from mepg_agent.training.psa_measure import measure
        from mepg_agent.training.psa_report import markdown

    with telling(ctx.obj.err, "loading", as_json) as tell:
        report, layouts = measure(Settings.load(), _vocabulary(), splits, output, adapter, count, untrained, tell)
    table = markdown(report)
    (output / "eval.json").write_text(report.model_dump_json(indent=1) + "\n", encoding="utf-8")
    (output / "eval.md").write_text(table, encoding="utf-8")
    (output / "layouts.svg").write_text(
        layouts_page(layouts[:: max(len(layouts) // SHOWN, 1)][:SHOWN]), encoding="utf-8"
    )
    if as_json:
        ctx.obj.json(report.model_dump(mode="json"))
    else:
        ctx.obj.out.print(Text(table), soft_wrap=True)
        ctx.obj.out.print(Text(f"Figures, table and layouts: {output}"))
