"""`export_picture`: a file for the person, only where the operator allowed files to be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel, Field

from mcp_server.calls import DRAWS, Ctx, Session, Version, call, known
from mcp_server.drawings import Drawings
from mcp_server.reply import after
from mepg_agent.agent import Agent
from mepg_agent.errors import BadInput
from mepg_agent.files import whole
from mepg_agent.pictures import content_of

ENDING = ".png"


File = Annotated[str, Field(description=f"A new {ENDING} file, by its name or its whole path.")]


class Exported(BaseModel):
    session: str
    version: int
    file: str
    size: int  # bytes


def add_tools(server: MCPServer[Drawings], folders: Sequence[Path]) -> None:
    """A server without such folders has no tool that takes a file."""
    places = ", ".join(str(folder) for folder in folders)

    async def export_picture(
        session: Session,
        file: File,
        ctx: Ctx,
        version: Version = None,
    ) -> Annotated[CallToolResult, Exported]:
        def work(agent: Agent) -> CallToolResult:
            known(agent, session)
            result = agent.result(session, version)
            saved = save(folders, file, content_of(result.image))
            found = Exported(session=session, version=result.version, file=str(saved), size=saved.stat().st_size)
            lines = [f"Version {found.version} was saved as {saved}.", after("tell the person where it is.")]
            return CallToolResult(
                content=[TextContent(text="\n".join(lines))], structured_content=found.model_dump(mode="json")
            )

        return await call(ctx, work)

    server.tool(
        title="Save a picture as a file",
        description=(
            f"Save the full picture as a file for the person, in a folder that the operator allowed: {places}. "
            "A file that is there already is never replaced."
        ),
        annotations=DRAWS,
    )(export_picture)


def save(folders: Sequence[Path], name: str, picture: bytes) -> Path:
    """The file, which is new, and whole or not there. Raises BadInput for a name outside the folders, also through a
    link, for one that is taken and for a full disk."""
    file = _inside(folders, name)
    try:
        with whole(file, new=True) as stream:
            stream.write(picture)
    except FileExistsError as error:
        raise BadInput(f"There is a {file.name} already.", "Choose another name.") from error
    except OSError as error:
        advice = "Choose another name, or ask the person to look at that folder and its disk."
        raise BadInput(f"{file} cannot be written: {error.strerror}.", advice) from error
    return file


def _inside(folders: Sequence[Path], name: str) -> Path:
    advice = f"Name a {ENDING} file in {', '.join(map(str, folders))}."
    if not name.lower().endswith(ENDING) or not name.isprintable():
        raise BadInput(f"'{name[:60]}' is not the name of a {ENDING} file.", advice)
    for folder in folders:
        file = (folder / name).resolve()  # a whole path stands for itself
        if file.is_relative_to(folder.resolve()):
            return file
    raise BadInput(f"'{name[:60]}' is outside of what the operator allowed.", advice)
