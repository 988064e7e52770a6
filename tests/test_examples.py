"""Every example runs as it stands, and leaves behind what it promises."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LEFT = {
    "draw_one": {"fox.png"},
    "plan_only": {"layout.svg", "plan.json"},
    "stream_events": set(),
    "batch_with_report": {"pictures"},
    "two_at_once": set(),
}


def run_example(name: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "tests" / "run_example.py"), str(ROOT / "examples" / f"{name}.py")],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_every_example_is_tried():
    assert {file.stem for file in (ROOT / "examples").glob("*.py")} == set(LEFT)


@pytest.mark.parametrize("name", LEFT)
def test_an_example_runs_and_leaves_what_it_promises(name: str, tmp_path: Path):
    folder = tmp_path / "here"
    folder.mkdir()
    said = run_example(name, folder)
    assert {file.name for file in folder.iterdir()} == LEFT[name]
    assert ("accepted" in said) == (name != "plan_only")


def test_the_batch_goes_on_when_it_is_started_again(tmp_path: Path):
    assert run_example("batch_with_report", tmp_path) == run_example("batch_with_report", tmp_path)
    pictures = tmp_path / "pictures"
    assert len(list(pictures.glob("*.png"))) == 3
    assert len((pictures / "batch.jsonl").read_text().splitlines()) == 6
    assert (pictures / "report.html").is_file()
