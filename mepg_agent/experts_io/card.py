"""An expert's card (`expert.toml`), from what the person says and from what the file says of itself.

Sources: SAI ModelSpec (github.com/Stability-AI/ModelSpec) and the `ss_…` keys of kohya's sd-scripts. Whatever stands in
a file is a stranger's word: only short, printable text of it is taken, and no name of it becomes a path.
"""

from __future__ import annotations

import json
import re

from pydantic import ValidationError

from mepg_agent.errors import BadInput
from mepg_agent.portfolio import Expert

UNKNOWN = "unknown"
HEADER = 100_000_000  # bytes: safetensors itself reads no longer one
LINE, PHRASE, PHRASES = 300, 60, 8  # characters of a text and of a trigger phrase, and how many phrases


def metadata(data: bytes) -> dict[str, str]:
    """The free text at the head of a .safetensors file, by key; empty where there is none to read."""
    length = int.from_bytes(data[:8], "little")
    if length > HEADER:
        return {}
    try:
        header = json.loads(data[8 : 8 + length])
        return {k: clean(v) for k, v in header["__metadata__"].items() if isinstance(v, str) and clean(v)}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}


def clean(text: str, limit: int = LINE) -> str:
    """One printable line."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 10 * limit]).split())[:limit]


def as_metadata(expert: Expert) -> dict[str, str]:
    """What a manifest says in words, as if the file said it of itself."""
    return {
        "modelspec.title": clean(expert.title),
        "modelspec.description": clean(expert.description),
        "modelspec.license": clean(expert.licence),
    }


def made_for(said: dict[str, str]) -> str | None:
    """What the file says it was trained on."""
    return said.get("modelspec.architecture") or said.get("ss_base_model_version") or said.get("ss_sd_model_name")


def slug(title: str) -> str:
    """ "Soft Woodcut (v2)" becomes "soft-woodcut-v2"."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:64].rstrip("-")


def card(
    expert_id: str,
    base: str,
    sha256: str,
    said: dict[str, str],
    *,
    title: str,
    triggers: tuple[str, ...] = (),
    description: str | None = None,
    licence: str | None = None,
    scale: float = 1.0,
) -> Expert:
    """The manifest; what is not given is taken from the file. BadInput where it would not be a good one."""
    own = tuple(clean(phrase, PHRASE) for phrase in said.get("modelspec.trigger_phrase", "").split(","))[:PHRASES]
    try:
        return Expert(
            id=expert_id,
            title=clean(title),
            base=base,
            description=clean(description or said.get("modelspec.description") or title),
            triggers=tuple(filter(None, (clean(phrase, PHRASE) for phrase in triggers) if triggers else own)),
            scale=scale,
            licence=clean(licence or said.get("modelspec.license") or UNKNOWN),
            sha256=sha256,
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        what = str(first["loc"][0])
        raise BadInput(
            f"The expert's {what} cannot be {first['input']!r}: {first['msg']}.", f"Change the {what}."
        ) from error


def as_toml(expert: Expert) -> str:
    """The manifest as `portfolio` reads it. A JSON string of printable text is a TOML string."""
    lines = []
    for key, value in expert.model_dump(mode="json", exclude_defaults=True).items():
        lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}\n")
    return "".join(lines)
