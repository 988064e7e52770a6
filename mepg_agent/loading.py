"""Loading models that others trained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mepg_agent.errors import BrokenAsset

LONGEST = 300  # characters of a library's reason that are handed on


@contextmanager
def readable(source: Path | str, kind: str, advice: str) -> Iterator[None]:
    """Around the loading of a transformers model: BrokenAsset, that `source` holds no readable `kind`, for whatever the
    libraries raise over damaged files and over settings that do not fit."""
    from safetensors import SafetensorError

    damaged = (OSError, ImportError, SafetensorError)
    confused = (AttributeError, LookupError, RuntimeError, TypeError, ValueError)
    try:
        yield
    except (*damaged, *confused) as error:
        reason = " ".join(str(error).split()).rstrip(".")[:LONGEST]
        raise BrokenAsset(f"{source} holds no readable {kind}: {reason}.", advice) from error
