"""Every example runs as it stands, and leaves behind what it promises."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from mepg_agent.cli_sheet import Cell, contact_sheet

ROOT = Path(__file__).resolve().parent.parent
LEFT = {
    "draw_one": {"fox.png"},
    "plan_only": {"layout.svg", "plan.json"},
    "stream_events": set(),
    "batch_with_report": {"pictures"},
    "two_at_once": set(),
    "conversation": {"versions.png"},
}


def run_example(name: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "tests" / "run_example.py"), str(ROOT / "examples" / f"{name}.py")],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_every_example_is_tried():
    assert {file.stem for file in (ROOT / "examples").glob("*.py")} == set(LEFT)


@pytest.mark.parametrize("name", sorted(LEFT.keys() - {"conversation"}))
def test_an_example_runs_and_leaves_what_it_promises(name: str, tmp_path: Path):
    folder = tmp_path / "here"
    folder.mkdir()
    said = run_example(name, folder)
    assert {file.name for file in folder.iterdir()} == LEFT[name]
    assert ("accepted" in said) == (name != "plan_only")


def test_the_conversation_has_eight_edits_three_lines_and_a_sheet_of_all_versions(tmp_path: Path):
    *edits, lines = run_example("conversation", tmp_path).splitlines()
    assert {file.name for file in tmp_path.iterdir() if file.is_file()} == LEFT["conversation"]
    assert [int(edit.split(".")[0]) for edit in edits] == list(range(2, 10))
    assert lines == "main ends at version 5, line-2 ends at version 6, early ends at version 9"
    with Image.open(tmp_path / "versions.png") as sheet:
        assert sheet.size == contact_sheet([Cell(Image.new("RGB", (256, 256)), "")] * 9).size


def test_the_batch_goes_on_when_it_is_started_again(tmp_path: Path):
    assert run_example("batch_with_report", tmp_path) == run_example("batch_with_report", tmp_path)
    pictures = tmp_path / "pictures"
    assert len(list(pictures.glob("*.png"))) == 3
    assert len((pictures / "batch.jsonl").read_text().splitlines()) == 6
    assert (pictures / "report.html").is_file()
