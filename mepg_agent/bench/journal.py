"""What a long bench has measured so far: a line a piece of work in a file, so that a run that was stopped goes on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Generic, TypeVar

from pydantic import Field, ValidationError

from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.scene import Frozen


class Row(Frozen):
    index: Annotated[int, Field(ge=0)]


S = TypeVar("S", bound=Frozen)
R = TypeVar("R", bound=Row)


class Journal(Generic[S, R]):
    """`rows` by index: those that were there, and those that were added."""

    def __init__(self, file: Path, setup: S, row: type[R]) -> None:
        """`setup` is what all rows depend on. Half a line, which a killed run may leave behind, is cut off.

        Raises BadInput for a file of another bench or setup, BrokenAsset where it cannot be written.
        """
        self._file = file
        self.rows: dict[int, R] = {}
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            lines = file.read_bytes() if file.exists() else b""
            whole = lines[: lines.rfind(b"\n") + 1]
            if whole:
                self._take(whole.splitlines(), setup, row)
            elif not setup.model_dump_json().encode().startswith(lines):
                raise _foreign(file)
            if whole != lines:
                os.truncate(file, len(whole))
        except OSError as error:
            raise _unwritable(file, error) from error
        if not whole:
            self._append(setup)

    def _take(self, lines: list[bytes], setup: S, row: type[R]) -> None:
        try:
            before = type(setup).model_validate_json(lines[0])
            self.rows = {found.index: found for found in map(row.model_validate_json, lines[1:])}
        except ValidationError as error:
            raise _foreign(self._file) from error
        if before != setup:
            raise BadInput(f"{self._file.parent} holds a run with other weights or settings.", "Name another folder.")

    def add(self, row: R) -> None:
        """Keeps a row, also against a crash that comes at once. BrokenAsset where it cannot be written."""
        self._append(row)
        self.rows[row.index] = row

    def _append(self, line: Frozen) -> None:
        try:
            with self._file.open("a", encoding="utf-8") as stream:
                stream.write(line.model_dump_json() + "\n")
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise _unwritable(self._file, error) from error


def _foreign(file: Path) -> BadInput:
    return BadInput(f"{file} is not from this bench.", "Name another folder.")


def _unwritable(file: Path, error: OSError) -> BrokenAsset:
    return BrokenAsset(f"{file} cannot be written: {error.strerror}.", "Free some space, or name another folder.")
