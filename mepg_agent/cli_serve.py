"""`mepg serve`, `mepg tokens`: the door for assistants, and who may come in."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer
from rich.text import Text

from mepg_agent.cli_input import AsJson, check_json_comes_last
from mepg_agent.errors import BadInput
from mepg_agent.settings import FIELDS, Settings

if TYPE_CHECKING:
    from mcp_server.auth import Access
    from mcp_server.clients import Reached
    from mcp_server.http import Options
    from mcp_server.serve import Wishes

tokens = typer.Typer(no_args_is_help=True)
File = Annotated[Path | None, typer.Option("--file", help="Of tokens; without, `tokens` in the home.")]
Name = Annotated[str, typer.Argument(help="Of a client: small letters, digits and hyphens.")]
Level: TypeAlias = Literal["debug", "info", "warning", "error"]
APART = {"MEPG_HOME", "MEPG_CHECKPOINTS"}  # written as a whole path; not printed
ACCESS, LIMITS = "Over HTTP: who may come in", "How much"


def serve(
    ctx: typer.Context,
    http: Annotated[
        str | None, typer.Option(metavar="[HOST]:PORT", help="Serve over HTTP instead; port 0 takes a free one.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="Clients show one of these tokens.", rich_help_panel=ACCESS)
    ] = None,
    oauth: Annotated[
        Path | None,
        typer.Option(metavar="FILE.toml", help="Clients show a token of this OAuth server.", rich_help_panel=ACCESS),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A name by which clients reach this server.", rich_help_panel=ACCESS),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="A page that may ask from a browser.", rich_help_panel=ACCESS),
    ] = None,
    rate: Annotated[
        int, typer.Option(min=1, help="Requests a minute and client, over HTTP.", rich_help_panel=LIMITS)
    ] = 600,
    queue: Annotated[
        int, typer.Option(min=1, help="Drawings of one client that are not finished.", rich_help_panel=LIMITS)
    ] = 8,
    max_side: Annotated[
        int, typer.Option(min=64, max=4096, help="Pixels of a picture's side.", rich_help_panel=LIMITS)
    ] = 2048,
    grace: Annotated[
        int,
        typer.Option(
            min=0, help="Seconds for what is being drawn when the server is told to stop.", rich_help_panel=LIMITS
        ),
    ] = 20,
    folder: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR", exists=True, file_okay=False, writable=True, help="The assistant may save pictures here."
        ),
    ] = None,
    log_level: Annotated[
        Level,
        typer.Option(help="JSON lines on the standard error; prompts appear in them at debug alone."),
    ] = "info",
    print_config: Annotated[
        str | None,
        typer.Option(
            metavar="CLIENT",
            help="Do not serve: print what makes these options known to claude-desktop, claude-code, vscode, cursor or "
            "a generic client.",
        ),
    ] = None,
) -> None:
    """Serve the Model Context Protocol on the standard streams, or over HTTP."""
    from mcp_server.http import Options, read_address
    from mcp_server.serve import Wishes, serve_stdio

    wishes = Wishes(max_side, queue, tuple(path.absolute() for path in folder or ()))
    options = None
    if http is None:
        _check_unasked(ctx, "token_file", "oauth", "allow_host", "allow_origin", "rate", "grace")
    else:
        options = Options(
            address=read_address(http),
            access=_access(token_file, oauth),
            hosts=tuple(allow_host or ()),
            origins=tuple(allow_origin or ()),
            requests=rate,
            grace=grace,
            wishes=wishes,
        )
    if print_config is not None:
        _print_config(ctx, print_config, options, wishes, log_level)
    elif options is not None:
        _serve_http(ctx, options, log_level)
    else:
        serve_stdio(ctx.obj.make_agent, wishes, log_level)


def _serve_http(ctx: typer.Context, options: Options, log_level: Level) -> None:
    from mcp_server.http import listen, serve_http
    from mcp_server.logs import configure

    listening, options = listen(options)
    ctx.obj.err.print(Text(f"Serving on {options.url}"))
    configure(log_level)
    serve_http(ctx.obj.make_agent, options, listening)


def _check_unasked(ctx: typer.Context, *names: str) -> None:
    """Raises BadInput for an option about HTTP where the server is on the standard streams."""
    for name in names:
        source = ctx.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            said = f"--{name.replace('_', '-')} is about HTTP, and this server is on the standard streams."
            raise BadInput(said, "Say --http :8000 as well, or leave it out.")


def _access(token_file: Path | None, oauth: Path | None) -> Access | None:
    if token_file is not None and oauth is not None:
        raise BadInput("There are two ways in.", "Say --token-file or --oauth, not both.")
    if token_file is not None:
        from mcp_server.auth import token_access

        return token_access(token_file)
    if oauth is not None:
        from mcp_server.oauth import oauth_access

        return oauth_access(oauth)
    return None


def _print_config(ctx: typer.Context, client: str, options: Options | None, wishes: Wishes, log_level: Level) -> None:
    """The text on the standard output, and where it goes on the standard error."""
    from mcp_server.clients import config_for

    reached, notes = _by_command(wishes, log_level) if options is None else _by_url(options)
    found = config_for(client, reached)
    for line in (*notes, found.where):
        ctx.obj.err.print(Text(line))
    ctx.obj.out.file.write(f"{found.text}\n")


def _by_url(options: Options) -> tuple[Reached, list[str]]:
    """And what a person has to know. With an OAuth server its file names the URL, and clients get tokens by themselves.
    Raises BadInput where the URL would be another one at every start."""
    from mcp_server.clients import Reached

    resource = options.access.settings.resource_server_url if options.access is not None else None
    if resource is not None:
        return Reached(url=str(resource)), []
    if options.address.port == 0:
        raise BadInput("Port 0 is another port at every start.", "Say one, as --http :8000, here and when you serve.")
    notes = [f"Behind a proxy with TLS: https, and without :{options.address.port}."] if options.hosts else []
    return Reached(url=options.url, with_token=options.access is not None), notes


def _by_command(wishes: Wishes, log_level: Level) -> tuple[Reached, list[str]]:
    """And what a person has to set besides, since it may hold a secret: it is not printed."""
    from mcp_server.clients import Reached

    settings = Settings.load()
    environment = {} if settings.home == Settings.load({}).home else {"MEPG_HOME": str(settings.home)}
    environment |= {name: os.environ[name] for name in FIELDS if name not in APART and os.environ.get(name)}
    notes = ["Set MEPG_CHECKPOINTS there, too: it is not printed."] if settings.checkpoints else []
    if chats := dict.fromkeys(filter(None, (settings.critic, settings.editor))):
        key = f"Set the key of {' and of '.join(chats)} there, too (for openai OPENAI_API_KEY): it is not printed."
        notes.append(key)
    return Reached(command=(*_own_command(), "serve", *_words(wishes, log_level)), environment=environment), notes


def _words(wishes: Wishes, log_level: Level) -> list[str]:
    """The options again, those that are not as they would be without a word."""
    usual = type(wishes)()
    found = {"--max-side": (wishes.side, usual.side), "--queue": (wishes.queued, usual.queued)}
    found |= {"--log-level": (log_level, "info")}
    words = [word for name, (value, without) in found.items() if value != without for word in (name, str(value))]
    return [*words, *(word for folder in wishes.folders for word in ("--folder", str(folder)))]


def _own_command() -> tuple[str, ...]:
    """With its whole path: assistants start programs without the person's PATH."""
    script = shutil.which("mepg", path=str(Path(sys.executable).parent))
    return (script,) if script else (sys.executable, "-m", "mepg_agent")


@tokens.callback()
def of_all(ctx: typer.Context, as_json: AsJson = False) -> None:
    """The tokens of those who may come in over HTTP."""
    check_json_comes_last(ctx, as_json)


@tokens.command("add")
def add(ctx: typer.Context, name: Name, file: File = None, as_json: AsJson = False) -> None:
    """Make a token and print it, once: the file keeps its hash."""
    from mcp_server.auth import add_token

    place = file or _own_file()
    token = add_token(place, name)
    if as_json:
        ctx.obj.json({"name": name, "token": token, "file": str(place)})
        return
    ctx.obj.out.file.write(f"{token}\n")
    ctx.obj.err.print(Text(f"Keep it now, it is not shown again. Serve with --token-file {place}."))


@tokens.command("list")
def list_names(ctx: typer.Context, file: File = None, as_json: AsJson = False) -> None:
    """Name those that have a token."""
    from mcp_server.auth import read_tokens

    place = file or _own_file()
    found = [*read_tokens(place)] if file is not None or place.exists() else []
    if as_json:
        ctx.obj.json(found)
    else:
        ctx.obj.out.print(Text("\n".join(found) or "Nobody has a token yet."))


@tokens.command("remove")
def remove(ctx: typer.Context, name: Name, file: File = None, as_json: AsJson = False) -> None:
    """Take a token back; a server that runs lets it in no more."""
    from mcp_server.auth import remove_token

    remove_token(file or _own_file(), name)
    if as_json:
        ctx.obj.json({"removed": name})
        return
    ctx.obj.out.print(Text(f"The token of {name} is good for nothing now. What was drawn with it stays."))


def _own_file() -> Path:
    return Settings.load().home / "tokens"
