"""Terminals, disks and names that are not as a command would like them: a sentence, and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from edit_fixtures import install_woodcut
from rich.console import Console
from test_cli import mepg

from mepg_agent.agent import Agent
from mepg_agent.cli import Door, run

ROOT = Path(__file__).resolve().parent.parent
LONG = "x" * 300  # more than a file system takes
PROMPT = "a red fox left of a castle"


def process(*arguments: str, stdout: int | None = subprocess.PIPE, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mepg_agent", *arguments],
        cwd=ROOT,
        env={**os.environ, **environ},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_that_lacks_a_letter_shows_another_one(home: Path, encoding: str):
    install_woodcut(home)
    manifest = home / "experts" / "picturebook" / "woodcut" / "expert.toml"
    manifest.write_text(manifest.read_text().replace("Bold black lines.", "Schwarz → weiß"), encoding="utf-8")
    said = process("experts", "show", "picturebook/woodcut", PYTHONIOENCODING=encoding)
    assert (said.returncode, said.stderr) == (0, "") and "Schwarz ? wei" in said.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no file that is always full")
@pytest.mark.parametrize("arguments", [("experts",), ("experts", "--json"), ("--version",), ("schema",)])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_standard_output_is_one_sentence(arguments: tuple[str, ...], unbuffered: str):
    with open("/dev/full", "w") as full:
        said = process(*arguments, stdout=full.fileno(), PYTHONUNBUFFERED=unbuffered)
    assert said.returncode == 2
    assert said.stderr.splitlines() == [
        "The standard output cannot be written: No space left on device.",
        "Send it elsewhere; what was finished is kept.",
    ]


def test_another_fault_of_the_disk_is_not_laid_to_the_standard_output():
    def unreadable() -> Agent:
        raise OSError(5, "Input/output error")

    out, err = StringIO(), StringIO()
    door = Door(make_agent=unreadable, out=Console(file=out), err=Console(file=err))
    assert run(["plan", PROMPT], door) == 1 and "This should not happen" in err.getvalue()


@pytest.mark.parametrize("command", ["plan", "open"])
def test_a_disk_that_fills_while_a_file_is_written_leaves_the_old_one(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / ("layout.svg" if command == "plan" else "sheet.png")
    file.write_text("old")
    mepg("draw", PROMPT, "--steps", "2")
    monkeypatch.setattr(os, "fsync", full)
    said = mepg("plan", PROMPT, "--svg", str(file)) if command == "plan" else mepg("open", "last", "-o", str(file))
    assert (said.code, said.out) == (2, "") and "cannot be written: No space left" in said.err
    assert file.read_text() == "old" and not list(tmp_path.glob(".*.part"))


def test_a_name_that_no_disk_can_have_is_a_mistake_like_any_other(tmp_path: Path):
    prompts = tmp_path / "prompts.txt"
    prompts.write_text(PROMPT)
    batch = ("batch", str(prompts), "-o", str(tmp_path / "out"))
    for arguments in (
        ("draw", PROMPT, "-o", f"{LONG}.png"),
        ("plan", PROMPT, "--svg", f"{LONG}.svg"),
        (*batch, "--report", f"{LONG}.html"),
        ("experts", "add", LONG),
        ("experts", "train", "wood", "--images", LONG),
    ):
        said = mepg(*arguments)
        assert (said.code, said.out) == (2, ""), arguments
        assert "File name too long" in " ".join(said.err.split()) and "Traceback" not in said.err, arguments


def test_in_a_working_folder_that_was_removed_a_relative_file_is_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    said = mepg("draw", PROMPT, "-o", "fox.png")
    assert (said.code, said.out) == (2, "") and "fox.png cannot be written" in said.err
    assert "Traceback" not in said.err
