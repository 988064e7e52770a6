"""Adding an expert from a file, and removing one. Only the person's own folder is ever written."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.experts_io import card as cards
from mepg_agent.experts_io.check import shapes
from mepg_agent.experts_io.source import LIMIT, PICKLES, Source, opened
from mepg_agent.portfolio import Backbone, Expert, Found, Portfolio, expert_files, read_expert
from mepg_agent.records import Adapter
from mepg_agent.settings import Settings

DEFAULT_BASE = "picturebook"
ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
PICKLED = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")  # torch's archive, bare pickles


def add(
    settings: Settings,
    source: str | Path,
    *,
    base: str | None = None,
    expert_id: str | None = None,
    title: str | None = None,
    triggers: tuple[str, ...] = (),
    description: str | None = None,
    licence: str | None = None,
    scale: float | None = None,
    file: str | None = None,
    revision: str | None = None,
) -> Found[Expert]:
    """Copies a LoRA, converted to diffusers' layout, into a folder of its own below `settings.home`.

    `source` is a file, a folder, or a hub id at `revision`; `file` chooses among several weights. `base` is the family
    it was trained for. What is not given comes from the manifest beside it, from the file's own metadata, or from its
    name. A manifest may name a whole checkpoint, which is copied as it is.
    Raises BadInput for a source or a name that cannot be taken, BrokenAsset where the family's shapes cannot be read or
    the folder cannot be written, Transient where the hub cannot be reached. Either all of the expert is there
    afterwards or nothing.
    """
    with opened(str(source), file, revision) as found:
        data = _bytes(found.file, found.card)
        portfolio = Portfolio(settings.experts)
        family = portfolio.backbone(_base(base, found.card))
        said = cards.metadata(data) | (cards.as_metadata(found.card) if found.card else {})
        title = title or said.get("modelspec.title") or said.get("ss_output_name") or found.file.stem
        name = expert_id if expert_id is not None else found.card.id if found.card else cards.slug(title)
        folder = free_folder(settings, portfolio, family.item.id, name)
        weights = _converted(name, found, data, family, said)
    expert = cards.card(
        name, family.item.id, hashlib.sha256(weights).hexdigest(), said,
        title=title, triggers=triggers, description=description, licence=licence,
        scale=scale if scale is not None else found.card.scale if found.card else 1.0,
    )  # fmt: skip
    if found.card is not None:
        kept = {name: getattr(found.card, name) for name in ("kind", "start", "end", "sketched")}
        if not triggers:  # a file's metadata has one line for them all, a manifest may write commas into one
            kept["triggers"] = tuple(filter(None, map(cards.clean, found.card.triggers)))
        expert = expert.model_copy(update=kept)
    write(folder, {expert.file: weights, "expert.toml": cards.as_toml(expert).encode()})
    return Found(folder=folder, item=expert)


def _base(asked: str | None, card: Expert | None) -> str:
    if asked is not None and card is not None and asked != card.base:
        raise BadInput(f"'{card.id}' was made for {card.base}; you asked for {asked}.", f"Add it to {card.base}.")
    return asked or (card.base if card else DEFAULT_BASE)


def remove(settings: Settings, name: str) -> Path:
    """Deletes the folder of an expert ("woodcut" or "picturebook/woodcut") that the person has added; returns it.

    An expert whose manifest cannot be read goes by the names of its folders. Raises BadInput for one that came with the
    package, that is not there, or that several families have.
    """
    own = settings.home / "experts"
    found = [f.parent for root in settings.experts for f in expert_files(root) if name in _names(f)]
    mine = [folder for folder in found if folder.parent.parent == own]
    if len(mine) > 1:
        raise BadInput(f"Several families have an expert '{name}'.", "Say family/id, as picturebook/woodcut.")
    if not mine and found:
        raise BadInput(f"The expert '{name}' came with the package and stays.", "Only experts that were added can go.")
    if not mine:
        raise BadInput(f"There is no expert '{name}'.", "`mepg experts` lists them.")
    (folder,) = mine
    if folder.is_symlink() or not folder.resolve().is_relative_to(own.resolve()):
        raise BadInput(f"{folder} is a link to another place.", "Remove the link by hand.")
    gone = own / f".gone-{secrets.token_hex(8)}"
    try:
        os.rename(folder, gone)  # at once; what is below may take a while
        shutil.rmtree(gone)
    except OSError as error:
        raise BrokenAsset(f"{folder} cannot be removed: {error.strerror}.", "Remove it by hand.") from error
    return folder


def _names(manifest: Path) -> set[str]:
    """What an expert goes by: its id, and its id after its family's."""
    try:
        expert = read_expert(manifest)
        base, expert_id = expert.base, expert.id
    except BrokenAsset:
        base, expert_id = manifest.parts[-3:-1]
    return {expert_id, f"{base}/{expert_id}"}


def _bytes(file: Path, card: Expert | None) -> bytes:
    """The whole file, once. BadInput for anything that is not, at first sight, a .safetensors file, and for one that is
    not what its manifest names."""
    advice = "Give a LoRA as a .safetensors file."
    if file.suffix.lower() in PICKLES:
        raise BadInput(f"{file.name} is a pickle, which can run code when it is read.", advice)
    if file.suffix.lower() != ".safetensors":
        raise BadInput(f"{file.name} is not a .safetensors file.", advice)
    try:
        if not file.is_file():
            raise BadInput(f"There is no file {file}.", advice)
        with file.open("rb") as stream:
            data = stream.read(LIMIT + 1)
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}.", advice) from error
    if len(data) > LIMIT:
        raise BadInput(f"{file.name} is larger than {LIMIT / 2**30:g} GiB.", "Give an adapter, not a whole model.")
    if data.startswith(PICKLED):
        raise BadInput(f"{file.name} is a pickle under another name, which can run code when it is read.", advice)
    if card is not None and hashlib.sha256(data).hexdigest() != card.sha256:
        raise BadInput(f"{file.name} is not the file that its expert.toml names: its sha256 differs.", "Get it again.")
    return data


def free_folder(settings: Settings, portfolio: Portfolio, base: str, expert_id: str) -> Path:
    if not ID.fullmatch(expert_id):
        raise BadInput(
            f"'{cards.clean(expert_id, 64)}' cannot be an expert's id.",
            "Take small letters, digits, - and _, at most 64; add takes an id with --id.",
        )
    own = settings.home / "experts"
    folder = own / base / expert_id
    if expert_id in portfolio.experts_of(base) or os.path.lexists(folder):
        advice = "Take another name; add takes one with --id." + (
            " Or remove that one." if os.path.lexists(folder) else ""
        )
        raise BadInput(f"{base} has an expert '{expert_id}' already.", advice)
    if not folder.parent.resolve().is_relative_to(own.resolve()):
        raise BadInput(f"{folder.parent} is a link to a place outside {own}.", "Replace the link by a folder.")
    return folder


def _converted(name: str, found: Source, data: bytes, family: Found[Backbone], said: dict[str, str]) -> bytes:
    from mepg_agent.engine import lora_files, skeleton
    from mepg_agent.engine.local import quiet

    kind = found.card.kind if found.card else "adapter"
    adapter = Adapter(id=name, kind=kind, path=str(found.file), sha256=hashlib.sha256(data).hexdigest())
    config = _peft_config(found.file)
    with quiet():
        models = shapes(family)
        try:
            if kind == "checkpoint":
                skeleton.check(adapter, models)
                return data
            return lora_files.write(lora_files.read(adapter, data, models, config))
        except BrokenAsset as error:
            raise _refused(error, family, said) from error


def _refused(error: BrokenAsset, family: Found[Backbone], said: dict[str, str]) -> BadInput:
    origin = cards.made_for(said)
    hint = f" The file says it was made for {origin}; you asked for {family.item.id}." if origin else ""
    return BadInput(error.message, error.advice + hint)


def _peft_config(file: Path) -> dict[str, Any] | None:
    """What peft's own `save_pretrained` writes beside the weights."""
    beside = file.parent / "adapter_config.json"
    if not beside.is_file():
        return None
    try:
        config = json.loads(beside.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"{beside} cannot be read: {error}.", "Restore or remove the file.") from error
    if not isinstance(config, dict):
        raise BadInput(f"{beside} does not hold peft's settings.", "Restore or remove the file.")
    return config


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """The folder with all of its files, or nothing: it is made under another name and moved into place."""
    part = folder.parent.parent / f".part-{secrets.token_hex(8)}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir()
        for name, content in files.items():
            with (part / name).open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
        os.rename(part, folder)
    except OSError as error:
        advice = "Free some space there, or set MEPG_HOME to a folder that can be written."
        raise BrokenAsset(f"The expert cannot be kept in {folder}: {error.strerror}.", advice) from error
    finally:
        with suppress(OSError):
            shutil.rmtree(part)
