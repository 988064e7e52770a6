"""`mepg experts`: list, show, add, train, remove and check style experts."""

from __future__ import annotations

import re
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from mepg_agent.cli_input import AsJson, check_json_comes_last
from mepg_agent.cli_progress import asked_to_stop, telling
from mepg_agent.cli_report import ACCEPTED, FAULT, expert_view, experts_view, health_view
from mepg_agent.engine.local import quiet
from mepg_agent.errors import BadInput
from mepg_agent.experts_io.card import PHRASE, clean
from mepg_agent.portfolio import Expert, Found, Portfolio
from mepg_agent.settings import Settings

app = typer.Typer(invoke_without_command=True)


@app.callback()
def experts(ctx: typer.Context, as_json: AsJson = False) -> None:
    """The installed style experts."""
    if ctx.invoked_subcommand is None:
        list_experts(ctx, as_json)
    else:
        check_json_comes_last(ctx, as_json)


@app.command("list")
def list_experts(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the installed experts."""
    if as_json:
        ctx.obj.json([expert.model_dump(mode="json") for expert in _experts()])
    else:
        ctx.obj.out.print(experts_view(_experts()))


@app.command()
def show(ctx: typer.Context, expert: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """Show one expert: "watercolor", or "picturebook/watercolor" where two families have one of that name."""
    every = _experts()
    found = [e for e in every if expert in (e.id, f"{e.base}/{e.id}")]
    if not found:
        known = ", ".join(e.id for e in every) or "none"
        raise BadInput(f"There is no expert '{expert}'.", f"Installed experts: {known}.")
    if len(found) > 1:
        names = " or ".join(f"{e.base}/{e.id}" for e in found)
        raise BadInput(f"Several families have an expert '{expert}'.", f"Say {names}.")
    if as_json:
        ctx.obj.json(found[0].model_dump(mode="json"))
    else:
        ctx.obj.out.print(expert_view(found[0]))


@app.command()
def add(
    ctx: typer.Context,
    source: Annotated[
        str,
        typer.Argument(
            metavar="PATH_OR_ID",
            help="A LoRA (.safetensors of diffusers, peft or kohya), a folder with one, or a hub id, as owner/name.",
        ),
    ],
    base: Annotated[
        str | None,
        typer.Option(help="The family it is for; without it, as its manifest says, or picturebook."),
    ] = None,
    expert_id: Annotated[str | None, typer.Option("--id", help="Short name; without it, from the title.")] = None,
    title: Annotated[str | None, typer.Option(help="Without it, as the file or its name says.")] = None,
    trigger: Annotated[list[str] | None, typer.Option(help="A phrase that chooses it; may be given again.")] = None,
    description: Annotated[str | None, typer.Option(help="What its pictures look like.")] = None,
    licence: Annotated[str | None, typer.Option(help='Without it, as the file says, or "unknown".')] = None,
    scale: Annotated[float | None, typer.Option(help="Its strength, more than 0 and at most 2; 1 is usual.")] = None,
    file: Annotated[str | None, typer.Option(metavar="NAME", help="Which file, where there are several.")] = None,
    revision: Annotated[str | None, typer.Option(help="Branch, tag or commit of a hub id.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add a LoRA as an expert."""
    from mepg_agent.experts_io.install import add as install

    with redirect_stdout(sys.stderr):
        found = install(
            Settings.load(), source, base=base, expert_id=expert_id, title=title, triggers=tuple(trigger or ()),
            description=description, licence=licence, scale=scale, file=file, revision=revision,
        )  # fmt: skip
    _added(ctx, found, as_json)


@app.command()
def train(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Id of the new expert.")],
    images: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER", help="PNG, JPEG or WebP pictures of the style; fox.txt says what fox.png shows."
        ),
    ],
    base: Annotated[str, typer.Option(help="The family that learns it.")] = "picturebook",
    trigger: Annotated[
        list[str] | None,
        typer.Option(help="A phrase that chooses it; may be given again. The first is trained: NAME, without one."),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Without it, the first trigger.")] = None,
    description: Annotated[str | None, typer.Option(help="What its pictures look like.")] = None,
    licence: Annotated[str | None, typer.Option(help='Of the pictures and what is made of them; else "unknown".')] = (
        None
    ),
    steps: Annotated[int, typer.Option(min=1, max=100_000, help="Of training; a stopped one may get more.")] = 600,
    rank: Annotated[int, typer.Option(min=1, max=128, help="Size of the adapter.")] = 8,
    batch: Annotated[int, typer.Option(min=1, max=256, help="Pictures a step.")] = 4,
    rate: Annotated[float | None, typer.Option(min=1e-7, max=0.1, help="Of learning; by the family's size, else.")] = (
        None
    ),
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Same seed and pictures, same expert.")] = 0,
    restart: Annotated[bool, typer.Option("--restart", help="Forget what a stopped training learned.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train a new style on a folder of pictures. Ctrl-C stops it; the same command goes on."""
    with quiet():
        from mepg_agent.training.own_style import Card, Wishes, learn

    phrases = tuple(filter(None, (clean(phrase, PHRASE) for phrase in trigger or ()))) or (re.sub(r"[-_]", " ", name),)
    wishes = Wishes(name=name, base=base, trigger=phrases[0], rank=rank, batch=batch, rate=rate, seed=seed)
    card = Card(title=title, triggers=phrases[1:], description=description, licence=licence)
    err = ctx.obj.err
    log = StringIO() if err.is_terminal else sys.stderr  # a terminal has the bar
    with asked_to_stop() as asked, telling(err, "beginning", as_json, lines=True) as tell, redirect_stdout(log):
        found = learn(Settings.load(), wishes, card, images, steps, restart=restart, tell=tell, stop=asked.is_set)
    _added(ctx, found, as_json)


@app.command()
def remove(ctx: typer.Context, expert: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """Remove an expert that was added; those that came with the package stay."""
    from mepg_agent.experts_io.install import remove as uninstall

    folder = uninstall(Settings.load(), expert)
    if as_json:
        ctx.obj.json({"removed": str(folder)})
    else:
        ctx.obj.out.print(Text(f"Removed: {folder}"))


@app.command()
def check(ctx: typer.Context, as_json: AsJson = False) -> int:
    """Check every expert: manifest, hash, fit to its family. The exit code is 1 when one is broken."""
    from mepg_agent.experts_io.check import check as examine

    with redirect_stdout(sys.stderr):
        found = examine(Settings.load())
    if as_json:
        ctx.obj.json([health.model_dump(mode="json") for health in found])
    else:
        ctx.obj.out.print(health_view(found))
    return FAULT if any(health.problem for health in found) else ACCEPTED


def _added(ctx: typer.Context, found: Found[Expert], as_json: bool) -> None:
    if as_json:
        ctx.obj.json({**found.item.model_dump(mode="json"), "folder": str(found.folder)})
    else:
        ctx.obj.out.print(expert_view(found.item))
        ctx.obj.out.print(Text(f"Added: {found.folder}"))


def _experts() -> list[Expert]:
    return [found.item for found in Portfolio(Settings.load().experts).experts.values()]
