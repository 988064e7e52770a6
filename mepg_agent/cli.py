"""The command line: arguments → agent → text.

Exit codes: 0 accepted, 3 best effort, 4 the layout waits for approval, 2 something the person can mend, 1 a fault, 130
stopped with Ctrl-C.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from mepg_agent import __version__, cli_batch, cli_bench, cli_experts, cli_psa, cli_serve, cli_sessions
from mepg_agent.cli_follow import Output, follow, put
from mepg_agent.cli_input import (
    AsJson,
    Combined,
    MaxCalls,
    MaxSeconds,
    Planner,
    Rounds,
    Verifiers,
    check_no_size,
    check_output,
    read_plan,
    read_prompt,
    read_size,
)
from mepg_agent.cli_layout import layout_svg
from mepg_agent.cli_report import ACCEPTED, BAD_INPUT, FAULT, STOPPED, plan_view
from mepg_agent.errors import Ambiguous, BadInput, Cancelled, MepgError
from mepg_agent.records import ROUNDS, Brief, Event, Render, RenderJob, Verdict
from mepg_agent.scene import Frozen, ScenePlan

if TYPE_CHECKING:
    from mepg_agent.agent import Agent

SCHEMAS: tuple[type[Frozen], ...] = (Brief, ScenePlan, RenderJob, Render, Verdict, Event)
WIDTH = 140  # of tables that are not shown on a terminal

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.add_typer(cli_experts.app, name="experts")
app.add_typer(cli_bench.app, name="bench")
app.add_typer(cli_psa.app, name="psa", help="Train and measure the small planner.")
app.add_typer(cli_sessions.app, name="sessions")
app.add_typer(cli_serve.tokens, name="tokens")

Prompt = Annotated[str, typer.Argument(help='What the picture shows; "-" reads it from the standard input.')]
Size = Annotated[str | None, typer.Option(metavar="PIXELS", help="Size, as 256 or 320x256.")]


def new_agent() -> Agent:
    from mepg_agent.agent import Agent

    return Agent()


def _console(stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console.width = WIDTH
    return console


@dataclass(frozen=True)
class Door:
    """What a command needs from outside: an agent, and where to write."""

    make_agent: Callable[[], Agent] = new_agent
    out: Console = field(default_factory=lambda: _console(stderr=False))
    err: Console = field(default_factory=lambda: _console(stderr=True))

    def json(self, value: Any) -> None:
        self.out.file.write(json.dumps(value) + "\n")


def main() -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # not where it is closed
            stream.reconfigure(errors="replace")  # a letter that the terminal lacks is no fault
    sys.exit(run(sys.argv[1:], Door()))


def run(arguments: Sequence[str], door: Door) -> int:
    """One command; returns its exit code and never raises for anything a command may do."""
    as_json = "--json" in arguments
    try:
        code = app(args=list(arguments), prog_name="mepg", standalone_mode=False, obj=door)
        _flush(door.out)
        if code == STOPPED:
            return _refuse(door, Cancelled("Stopped.", "Nothing that was finished is lost."), STOPPED, as_json)
        return code or ACCEPTED
    except MepgError as error:
        code = STOPPED if isinstance(error, Cancelled) else BAD_INPUT if isinstance(error, BadInput) else FAULT
        return _refuse(door, error, code, as_json)
    except typer.TyperException as error:
        if not error.format_message():  # the help was shown
            return BAD_INPUT
        return _refuse(
            door, BadInput(error.format_message(), "`mepg --help` shows what is possible."), BAD_INPUT, as_json
        )
    except Exception as error:
        if isinstance(error, OSError) and not _heard(door.out):
            said = f"The standard output cannot be written: {error.strerror or error}."
            unheard = BadInput(said, "Send it elsewhere; what was finished is kept.")
            return _refuse(door, unheard, BAD_INPUT, as_json=False)
        traceback.print_exc(file=door.err.file)
        unexpected = MepgError(
            f"This should not happen: {type(error).__name__}: {error}.", "Please report the lines above."
        )
        return _refuse(door, unexpected, FAULT, as_json)


def _heard(out: Console) -> bool:
    """Whether the standard output takes what is written; a real one that does not is given up."""
    try:
        out.file.write("\n")  # what was refused may be gone from the buffer
        _flush(out)
        return True
    except OSError:
        if out.file is sys.stdout:  # or the interpreter fails over the same when it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False


def _flush(out: Console) -> None:
    if not out.file.closed:  # the server closes it
        out.file.flush()


def _refuse(door: Door, error: MepgError, code: int, as_json: bool) -> int:
    if as_json:
        choices = {"choices": list(error.choices)} if isinstance(error, Ambiguous) else {}
        door.json({"error": error.message, "advice": error.advice, **choices})
    else:
        door.err.print(Text(error.message, "bold red"))
        door.err.print(Text(error.advice))
    return code


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mepg {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Draw pictures region by region, each in its own style."""


@app.command()
def draw(
    ctx: typer.Context,
    prompt: Annotated[str | None, typer.Argument(help='What to draw; "-" reads it from the standard input.')] = None,
    output: Output = None,
    seed: Annotated[int, typer.Option(help="Same seed, same picture.")] = 0,
    steps: Annotated[int | None, typer.Option(help="Denoising steps.")] = None,
    rounds: Rounds = ROUNDS,
    max_calls: MaxCalls = None,
    max_seconds: MaxSeconds = None,
    guidance: Annotated[float | None, typer.Option(help="How strictly to follow the words.")] = None,
    size: Size = None,
    planner: Planner = "auto",
    verifier: Verifiers = ["auto"],  # noqa: B006  Typer takes no other sequence
    combine: Combined = "all",
    ask: Annotated[bool, typer.Option("--ask", help="Stop before drawing, until you approve the layout.")] = False,
    plan: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw this plan, as `mepg plan --json` prints.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Plan, draw, check and repair a picture."""
    check_no_size(plan, size)
    given = read_plan(plan) if plan else None
    if prompt is None and given is None:
        raise BadInput("There is nothing to draw.", 'Say what: mepg draw "a red fox on a meadow".')
    words = read_prompt(prompt) if prompt is not None else given.prompt if given else ""
    file = check_output(output, ".png") if output else None
    wishes: dict[str, Any] = {"seed": seed, "steps": steps, "guidance": guidance, "planner": planner, "plan": given}
    wishes |= {"rounds": rounds, "max_calls": max_calls, "max_seconds": max_seconds, "approve": ask}
    wishes |= {"verifiers": tuple(verifier), "combine": combine}
    extent = read_size(size) if size else None
    with ctx.obj.make_agent() as agent:
        return follow(ctx.obj, agent.stream(words, extent=extent, **wishes), file, as_json)


app.command()(cli_sessions.edit)
app.command()(cli_sessions.resume)
app.command("open")(cli_sessions.open_sheet)
app.command()(cli_sessions.info)
app.command()(cli_batch.batch)
app.command()(cli_serve.serve)


@app.command("plan")
def plan_command(
    ctx: typer.Context,
    prompt: Prompt,
    size: Size = None,
    planner: Planner = "auto",
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw the layout into this .svg file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show how a picture would be laid out, without drawing it."""
    file = check_output(svg, ".svg") if svg else None
    extent = read_size(size) if size else None
    with redirect_stdout(sys.stderr), ctx.obj.make_agent() as agent:
        plan = agent.plan(read_prompt(prompt), extent=extent, planner=planner)
    if file is not None:
        put(file, layout_svg(plan).encode())
    if as_json:
        ctx.obj.json(plan.model_dump(mode="json"))
    else:
        ctx.obj.out.print(plan_view(plan))


@app.command("graph")
def graph_command(ctx: typer.Context) -> None:
    """Print the graph of the agent, as Mermaid draws it."""
    from mepg_agent.graph import drawing_of_graph

    ctx.obj.out.file.write(drawing_of_graph())


@app.command()
def schema(
    ctx: typer.Context, name: Annotated[str | None, typer.Argument(help="One of them; all without.")] = None
) -> None:
    """Print the JSON schemas of what goes in and comes out."""
    by_name = {model.__name__: model for model in SCHEMAS}
    if name is not None and name not in by_name:
        raise BadInput(f"There is no schema '{name}'.", f"There are {', '.join(by_name)}.")
    schemas = {key: model.model_json_schema() for key, model in by_name.items()}
    ctx.obj.json(schemas[name] if name else schemas)
