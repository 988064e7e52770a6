"""Where an added expert comes from: a .safetensors file, a folder that holds one, or a hub id ("owner/name").

Nothing is fetched unless a hub id is asked for, and then only the manifest, the weights and peft's settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mepg_agent.errors import BadInput, BrokenAsset, Transient
from mepg_agent.portfolio import Expert, Found, read_expert, weights_file

LIMIT = 2 * 2**30  # bytes of a file: as much as the engine keeps in memory
HUB_ID = re.compile(r"[\w-][\w.-]{0,95}/[\w-][\w.-]{0,95}")
MANIFEST, SETTINGS, WEIGHTS = "expert.toml", "adapter_config.json", ".safetensors"
PICKLES = {".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle"}
PATIENCE = 20.0  # seconds for the hub's first answer


@dataclass(frozen=True)
class Source:
    """The weights, and the manifest that came with them."""

    file: Path
    card: Expert | None = None


@contextmanager
def opened(name: str, file: str | None = None, revision: str | None = None) -> Iterator[Source]:
    """What `name` leads to; something fetched is gone again afterwards. `file` chooses among several weights.

    Raises BadInput for a place that holds no one adapter and for a hub id that is not there, Transient where the hub
    cannot be reached.
    """
    path = Path(name)
    try:
        is_folder, is_there = path.is_dir(), path.exists()
    except OSError as error:
        raise BadInput(f"{name} cannot be read: {error.strerror}.", "Name a file or a folder.") from error
    if is_folder:
        yield _folder(path, file)
    elif is_there or path.suffix.lower() in {WEIGHTS, *PICKLES} or not HUB_ID.fullmatch(name):
        yield Source(path)
    else:
        with TemporaryDirectory(prefix="mepg-") as folder:
            fetch(name, Path(folder), file, revision)
            yield _folder(Path(folder), file)


def _folder(folder: Path, file: str | None) -> Source:
    manifest = folder / MANIFEST
    try:
        card = read_expert(manifest) if manifest.is_file() else None
        if card is not None and file in (None, card.file):
            return Source(weights_file(Found(folder=folder, item=card)), card)
    except BrokenAsset as error:
        raise BadInput(error.message, error.advice) from error
    return Source(folder / _weights([f.name for f in folder.iterdir() if f.is_file()], file, str(folder)))


def _weights(names: Iterable[str], file: str | None, where: str) -> str:
    """The one file of weights that is meant."""
    found = sorted(n for n in names if n.endswith(WEIGHTS))
    if file is not None and file in found:
        return file
    if not found:
        pickles = any(Path(n).suffix in PICKLES for n in names)
        why = "only pickles, which can run code when they are read" if pickles else f"no {WEIGHTS} file"
        raise BadInput(f"{where} holds {why}.", "Give a LoRA as a .safetensors file.")
    if file is not None:
        raise BadInput(f"{where} has no {file}.", f"It has {', '.join(found)}.")
    if len(found) > 1:
        raise BadInput(f"{where} holds several adapters: {', '.join(found)}.", "Choose one with --file.")
    return found[0]


def fetch(repo: str, folder: Path, file: str | None, revision: str | None, endpoint: str | None = None) -> None:
    """Downloads what an expert needs from a hub's model repository into `folder`, after a look at the sizes.

    Raises BadInput for a repository, revision or file that is not there or not open, or is too large; Transient.
    """
    from huggingface_hub import HfApi, errors

    not_there = (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.EntryNotFoundError)
    hub = HfApi(endpoint=endpoint)
    at = f"{repo} at {revision}" if revision else repo
    try:
        info = hub.model_info(repo, revision=revision, files_metadata=True, timeout=PATIENCE)
        sizes = {s.rfilename: s.size or 0 for s in info.siblings or () if "/" not in s.rfilename}

        def get(name: str) -> Path:
            if sizes[name] > LIMIT:
                raise BadInput(f"{name} of {repo} is larger than {LIMIT / 2**30:g} GiB.", "Choose an adapter.")
            return Path(hub.hf_hub_download(repo, name, revision=info.sha, local_dir=folder))

        card = read_expert(get(MANIFEST)) if MANIFEST in sizes and file is None else None
        get(_weights(sizes, file if card is None else card.file, f"The hub's {at}"))
        if SETTINGS in sizes:
            get(SETTINGS)
    except BrokenAsset as error:  # the manifest
        raise BadInput(error.message, error.advice) from error
    except errors.GatedRepoError as error:
        raise BadInput(f"The hub gives {at} only to those who asked for it.", "Log in with `hf auth login`.") from error
    except (*not_there, errors.HFValidationError) as error:  # the latter for a name that no repository can have
        raise BadInput(f"There is no file or folder '{repo}', and the hub has no {at}.", "Check the name.") from error
    except (OSError, errors.HTTPError) as error:
        said = " ".join(str(error).split()).rstrip(".")
        raise Transient(
            f"The hub cannot be asked for {at}: {said}.",
            "Go online, or fetch the file and add it by its path.",
        ) from error
