"""`mepg sessions`, `mepg edit`, `mepg open`, `mepg info`: the pictures drawn so far, and what becomes of them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType
from rich.text import Text

from mepg_agent.cli_follow import Output, copy, follow, put, show_result, watch
from mepg_agent.cli_input import AsJson, check_json_comes_last, check_output, read_plan, read_prompt
from mepg_agent.cli_report import (
    ACCEPTED,
    FAULT,
    comparison_view,
    history_view,
    provenance_view,
    reproduction_view,
    sessions_view,
)
from mepg_agent.errors import BadInput
from mepg_agent.records import Approval
from mepg_agent.settings import Settings

if TYPE_CHECKING:
    from mepg_agent.session import SessionStore

LAST = "last"
Id = Annotated[str, typer.Argument(metavar="ID", help='A session, or "last": the one that was touched last.')]
Number = Annotated[int, typer.Argument(help="A version.")]

app = typer.Typer(invoke_without_command=True)


def new_store() -> SessionStore:
    from mepg_agent.session import SessionStore

    return SessionStore(Settings.load().home)


def named(store: SessionStore, session: str) -> str:
    """The id itself, or for "last" that of the session touched last."""
    if session != LAST:
        return session
    found = store.sessions(damaged=True)  # not another one in its place
    if not found:
        raise BadInput("Nothing was drawn yet.", 'Draw something first: mepg draw "a red fox on a meadow".')
    return found[0].session


@app.callback()
def sessions(ctx: typer.Context, as_json: AsJson = False) -> None:
    """The pictures drawn so far."""
    if ctx.invoked_subcommand is None:
        list_sessions(ctx, as_json)
    else:
        check_json_comes_last(ctx, as_json)


@app.command("list")
def list_sessions(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List them, last touched first. One whose files cannot be read is damaged."""
    found = new_store().sessions(damaged=True)
    _say(ctx, [summary.model_dump(mode="json") for summary in found], sessions_view(found), as_json)


@app.command()
def show(ctx: typer.Context, session: Id, as_json: AsJson = False) -> None:
    """Show the versions of a picture and the lines they stand on."""
    with ctx.obj.make_agent() as agent:
        session = named(agent.store, session)
        history = agent.history(session)
    value = {"session": session, **history.model_dump(mode="json")}
    _say(ctx, value, history_view(history), as_json)


@app.command()
def undo(ctx: typer.Context, session: Id, output: Output = None, as_json: AsJson = False) -> None:
    """Go back to the version before, or drop an edit that was stopped."""
    file = check_output(output, ".png") if output else None
    with ctx.obj.make_agent() as agent:
        show_result(ctx.obj, agent.undo(named(agent.store, session)), file, as_json)


@app.command()
def redo(ctx: typer.Context, session: Id, output: Output = None, as_json: AsJson = False) -> None:
    """Go forward again to the version that was undone."""
    file = check_output(output, ".png") if output else None
    with ctx.obj.make_agent() as agent:
        show_result(ctx.obj, agent.redo(named(agent.store, session)), file, as_json)


@app.command()
def branch(
    ctx: typer.Context,
    session: Id,
    name: Annotated[str, typer.Argument(help="Of a new line, or of one to go to.")],
    at: Annotated[int | None, typer.Option(help="The version where a new line begins; without, the shown one.")] = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Open a line of versions, or go to the end of one."""
    file = check_output(output, ".png") if output else None
    with ctx.obj.make_agent() as agent:
        show_result(ctx.obj, agent.branch(named(agent.store, session), name, at), file, as_json)


@app.command()
def compare(ctx: typer.Context, session: Id, a: Number, b: Number, as_json: AsJson = False) -> None:
    """Tell what differs between two versions."""
    with ctx.obj.make_agent() as agent:
        found = agent.compare(named(agent.store, session), a, b)
    _say(ctx, found.model_dump(mode="json"), comparison_view(found), as_json)


@app.command()
def delete(ctx: typer.Context, session: Id, as_json: AsJson = False) -> None:
    """Delete a session with all its versions; `gc` then frees its pictures."""
    with ctx.obj.make_agent() as agent:
        session = named(agent.store, session)
        agent.forget(session)
    _say(ctx, {"deleted": session}, f"Deleted: {session}", as_json)


@app.command()
def export(
    ctx: typer.Context,
    session: Id,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .zip.")],
    as_json: AsJson = False,
) -> None:
    """Write a session with its versions and pictures into one file."""
    target = check_output(file, ".zip")
    with ctx.obj.make_agent() as agent:
        session = named(agent.store, session)
        agent.export(session, target)
    _say(ctx, {"session": session, "file": str(target)}, f"Exported: {target}", as_json)


@app.command("import")
def import_(ctx: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE")], as_json: AsJson = False) -> None:
    """Take in a session that was exported. Models that it names as planner or verifiers are not taken over."""
    from mepg_agent.archive import NOT_TAKEN

    with ctx.obj.make_agent() as agent:
        result = agent.import_(file)
    notes = [note for note in result.notes if note.startswith(NOT_TAKEN)]
    value = {"session": result.session, "file": str(result.image), "notes": notes}
    _say(ctx, value, "\n".join([f"Imported: {result.session}", *notes]), as_json)


@app.command()
def reproduce(
    ctx: typer.Context,
    session: Id,
    version: Annotated[int | None, typer.Option(help="Another version than the shown one.")] = None,
    output: Output = None,
    as_json: AsJson = False,
) -> int:
    """Draw a version once more from the jobs that led to it, and compare every byte.

    The exit code is 0 if all are the same, 1 otherwise.
    """
    file = check_output(output, ".png") if output else None
    with ctx.obj.make_agent() as agent:
        found = watch(ctx.obj, agent.stream_reproduce(named(agent.store, session), version), as_json)
    if file is not None:
        copy(found.image, file)
    value = {**found.model_dump(mode="json"), "image": str(file or found.image)}
    _say(ctx, value, reproduction_view(found, file or found.image), as_json)
    return ACCEPTED if found.same else FAULT


@app.command()
def gc(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Free the space of pictures that no session refers to."""
    with ctx.obj.make_agent() as agent:
        found = agent.collect()
    said = f"Removed {found.files} files, {found.bytes / 2**20:.1f} MiB."
    if found.spared:
        said += f" {found.spared} younger than an hour stay while a picture is unfinished."
    _say(ctx, found.model_dump(mode="json"), said, as_json)


def edit(
    ctx: typer.Context,
    session: Id,
    instruction: Annotated[str, typer.Argument(help='What should change: "make the dog watercolor".')],
    output: Output = None,
    rounds: Annotated[
        int | None, typer.Option(min=0, max=20, help="Repairs at most; without, as many as when it was drawn.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Change a picture in plain words; what the words do not name stays as it is."""
    file = check_output(output, ".png") if output else None
    words = read_prompt(instruction)
    with ctx.obj.make_agent() as agent:
        items = agent.stream_edit(named(agent.store, session), words, rounds)
        return follow(ctx.obj, items, file, as_json)


def resume(
    ctx: typer.Context,
    session: Id,
    approve: Annotated[bool, typer.Option("--approve", help="Draw the layout that waits.")] = False,
    change: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Take this plan instead; it is shown once more.")
    ] = None,
    reject: Annotated[bool, typer.Option("--reject", help="Do not draw the layout that waits.")] = False,
    output: Output = None,
    as_json: AsJson = False,
) -> int:
    """Go on with a picture, or an edit of one, that was stopped or that waits for your approval."""
    file = check_output(output, ".png") if output else None
    answer = _answer(approve, change, reject)
    with ctx.obj.make_agent() as agent:
        return follow(ctx.obj, agent.resume(named(agent.store, session), answer), file, as_json)


def _answer(approve: bool, change: Path | None, reject: bool) -> Approval | None:
    if approve + (change is not None) + reject > 1:
        raise BadInput("These are several answers.", "Say one of --approve, --change and --reject.")
    if change is not None:
        return Approval(answer="change", plan=read_plan(change))
    return Approval(answer="approve") if approve else Approval(answer="reject") if reject else None


def open_sheet(
    ctx: typer.Context,
    session: Id,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="The sheet (.png); without, ID.png here.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put all versions of a picture side by side on one sheet."""
    from mepg_agent.cli_sheet import history_sheet

    with ctx.obj.make_agent() as agent:
        session = named(agent.store, session)
        history = agent.history(session)
        file = check_output(output or Path(f"{session}.png"), ".png")
        sheet = history_sheet(agent.store, session, history)
    data = BytesIO()
    sheet.save(data, "PNG")
    put(file, data.getvalue())
    _say(ctx, {"session": session, "file": str(file)}, f"Sheet: {file}", as_json)


def info(
    ctx: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE", help="A .png.")], as_json: AsJson = False
) -> None:
    """Tell how a picture was drawn, as its file says."""
    from mepg_agent.provenance import read_provenance

    found = read_provenance(file, new_store())
    _say(ctx, found.model_dump(mode="json"), provenance_view(found), as_json)


def _say(ctx: typer.Context, value: object, shown: RenderableType, as_json: bool) -> None:
    if as_json:
        ctx.obj.json(value)
    else:
        ctx.obj.out.print(Text(shown) if isinstance(shown, str) else shown)
