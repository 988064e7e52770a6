"""What is installed is complete: prompts and experts travel inside the wheel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def call(*command: str | Path, **options) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    call(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (file,) = folder.glob("*.whl")
    return file


def test_the_wheel_holds_every_prompt_and_every_expert_file(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    for folder in ("prompts", "experts"):
        files = [f.relative_to(ROOT).as_posix() for f in (ROOT / folder).rglob("*") if f.is_file()]
        assert files
        assert {f"mepg_agent/_assets/{file}" for file in files} <= inside
    page = {file.relative_to(ROOT).as_posix() for file in (ROOT / "mcp_server" / "page").iterdir()}
    assert {"mepg_agent/cli.py", "mcp_server/server.py", *page} <= inside
    assert not any(name.startswith(("tests/", "train-data/")) for name in inside)


def test_the_wheel_plans_from_another_folder(wheel: Path, tmp_path: Path):
    target, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-deps", "--no-index")
    call(*pip, "--quiet", "--target", target, wheel)
    assert (target / "bin" / "mepg").is_file()
    env = {**os.environ, "PYTHONPATH": str(target), "MEPG_HOME": str(tmp_path / "home")}
    command = (sys.executable, "-m", "mepg_agent", "plan", "a watercolor fox left of a castle", "--json")
    plan = json.loads(call(*command, cwd=elsewhere, env=env))
    assert [region["noun"] for region in plan["regions"]] == ["fox", "castle"]
    where = call(sys.executable, "-c", "import mepg_agent; print(mepg_agent.__file__)", cwd=elsewhere, env=env)
    assert Path(where.strip()).is_relative_to(target)
