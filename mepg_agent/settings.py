"""What depends on the machine: where assets and pictures lie, which device, how many threads.

Built once at the edge and passed down. Nothing else reads a `MEPG_*` environment variable.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError

from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.mistakes import place_of_mistake, said_of_mistake
from mepg_agent.scene import Frozen

PACKAGE = Path(__file__).resolve().parent
FIELDS = {
    "MEPG_HOME": "home",
    "MEPG_DEVICE": "device",
    "MEPG_THREADS": "threads",
    "MEPG_CHAT_URL": "chat_url",
    "MEPG_CHAT_TIMEOUT": "chat_timeout",
    "MEPG_PLANNER": "planner",
    "MEPG_CRITIC": "critic",
    "MEPG_EDITOR": "editor",
    "MEPG_CHECKPOINTS": "checkpoints",
}

Chat = Annotated[str, Field(pattern=r"^chat:[^:]+:.+$")]  # chat:PROVIDER:MODEL


class Settings(Frozen):
    """One installation. `experts` are scanned in order: those that came with the package, then the person's own."""

    home: Path  # pictures, sessions, checkpoints and the person's own experts
    experts: tuple[Path, ...]
    prompts: Path
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    threads: Annotated[int, Field(ge=1, le=1024)] | None = None  # None leaves the choice to torch
    chat_url: Annotated[str, Field(pattern=r"^https?://")] | None = None  # None asks the chat model's own provider
    chat_timeout: Annotated[float, Field(gt=0, le=3600)] = 60.0  # seconds for one answer of a chat model
    planner: Literal["auto", "rules"] = "auto"  # rules: the small model stays aside, also where it is at hand
    critic: Chat | None = None  # looks layouts over before they are drawn
    editor: Chat | None = None  # reads edits in plain words
    checkpoints: Annotated[str, Field(pattern=r"^postgres(ql)?://")] | None = None  # None keeps them in the home

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Defaults, overridden by the variables of FIELDS. Raises BadInput, BrokenAsset."""
        given = {field: environ[name] for name, field in FIELDS.items() if environ.get(name)}
        home = Path(given.pop("home", default_home(environ)))
        assets = asset_root()
        try:
            home = home.expanduser().absolute()
            roots = (assets / "experts", home / "experts")
            roots[-1].exists()  # raises for a name that the disk cannot have
        except (RuntimeError, OSError) as error:
            advice = "Set MEPG_HOME to a folder by its whole path."
            why = getattr(error, "strerror", None) or error
            raise BadInput(f"Nobody knows where {home} is: {why}.", advice) from error
        try:
            return cls.model_validate({"home": home, "experts": roots, "prompts": assets / "prompts", **given})
        except ValidationError as error:
            field = place_of_mistake(error).split(".")[0]
            name = next(name for name in FIELDS if FIELDS[name] == field)
            said = f"{name}={environ[name]}: {said_of_mistake(error)}."
            raise BadInput(said, f"Set {name} to something else or unset it.") from error


def default_home(environ: Mapping[str, str]) -> Path:
    """Where the platform keeps a program's data."""
    if sys.platform == "win32":
        return Path(environ.get("LOCALAPPDATA", "~/AppData/Local")) / "mepg"
    if sys.platform == "darwin":
        return Path("~/Library/Application Support/mepg")
    return Path(environ.get("XDG_DATA_HOME") or "~/.local/share") / "mepg"


def asset_root(package: Path = PACKAGE) -> Path:
    """The folder that holds `experts/` and `prompts/`: inside an installed package, beside it in a checkout."""
    for folder in (package / "_assets", package.parent):
        if (folder / "experts").is_dir() and (folder / "prompts").is_dir():
            return folder
    raise BrokenAsset(f"{package} came without its experts and prompts.", "Install the package again.")
