from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO, StringIO, TextIOWrapper
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest
from fake_mepg import ChattyEngine, fake_agent
from PIL import Image
from rich.console import Console
from scripted import ScriptedVerifier

from mepg_agent import __version__
from mepg_agent.agent import Agent
from mepg_agent.cli import SCHEMAS, Door, run
from mepg_agent.cli_progress import telling
from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BrokenAsset
from mepg_agent.records import RenderJob

PROMPT = "a red fox left of a castle"
HEAVY = {"torch", "diffusers", "transformers", "peft", "langgraph", "langchain_core", "mcp"}


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


def mepg(*arguments: str, engine: FakeEngine | None = None, verifier: ScriptedVerifier | None = None) -> Said:
    out, err = StringIO(), StringIO()
    door = Door(
        make_agent=lambda: fake_agent(engine, verifier),
        out=Console(file=out, width=140),
        err=Console(file=err, width=140),
    )
    return Said(run(arguments, door), out.getvalue(), err.getvalue())


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_help_is_quick_because_it_imports_no_model_library():
    code = (
        "import sys\nfrom mepg_agent.cli import Door, run\nassert run(['--help'], Door()) == 0\n"
        f"print('loaded:', sorted({HEAVY!r} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Draw pictures" in said.stdout
    assert said.stdout.endswith("loaded: []\n")


def test_version_is_printed(capsys: pytest.CaptureFixture[str]):
    assert mepg("--version").code == 0
    assert capsys.readouterr().out == f"mepg {__version__}\n"


def test_draw_writes_the_picture_and_reports_plan_verdict_time_and_file(tmp_path: Path):
    said = mepg("draw", PROMPT, "-o", str(tmp_path / "fox.png"))
    assert said.code == 0, said.err
    with Image.open(tmp_path / "fox.png", formats=["PNG"]) as picture:
        picture.load()
    for words in ("fox", "castle", "present", "pass", "generate", "Accepted", str(tmp_path / "fox.png")):
        assert words in said.out
    assert "drawing" in said.err
    assert "\x1b" not in said.out


def test_every_repair_is_told_with_its_reason_and_its_cost():
    words = ("draw", PROMPT, "--rounds", "3", "--steps", "2", "--json")
    found = mepg(*words, verifier=ScriptedVerifier({"fox": (0.1,)})).json
    assert [(r["region"], r["rung"]) for r in found["repairs"]] == [
        ("fox", "new seeds"),
        ("fox", "stronger gate and guidance"),
        ("fox", "solo crop"),
    ]
    assert all(r["reason"].startswith("present 0.10") and r["calls"] > 0 for r in found["repairs"])
    assert all(Path(f["crop"]).is_file() for f in found["verdict"]["findings"])
    bounded = mepg(*words, "--max-calls", "2", verifier=ScriptedVerifier({"fox": (0.1,)})).json
    assert bounded["repairs"] == [] and bounded["cost"]["denoiser_calls"] == 2


def test_a_verifier_that_there_is_not_is_told_with_those_that_there_are():
    said = mepg("draw", PROMPT, "--verifier", "auto", "--verifier", "nonesuch")
    assert said.code == 2 and "'nonesuch'" in said.err and "chat:PROVIDER:MODEL" in said.err


def test_the_graph_can_be_printed():
    said = mepg("graph")
    assert said.code == 0 and "verify -.-> regenerate;" in said.out


def test_a_picture_that_failed_its_checks_is_called_best_effort(tmp_path: Path):
    said = mepg("draw", PROMPT, "-o", str(tmp_path / "fox.png"), verifier=ScriptedVerifier({"fox": (0.1,)}))
    assert said.code == 3
    assert "Best effort" in said.out
    assert "Accepted" not in said.out
    assert (tmp_path / "fox.png").is_file()


def test_json_is_one_object_and_nothing_else(tmp_path: Path):
    said = mepg("draw", PROMPT, "--seed", "7", "--steps", "3", "-o", str(tmp_path / "fox.png"), "--json")
    assert (said.code, said.err) == (0, "")
    assert said.out.count("\n") == 1
    result = said.json
    assert (result["status"], result["seed"]) == ("accepted", 7)
    assert result["file"] == str(tmp_path / "fox.png")
    assert result["picture"] == sha256(tmp_path / "fox.png")
    assert result["cost"]["denoiser_calls"] == 3
    assert {region["id"] for region in result["plan"]["regions"]} == {"fox", "castle"}
    assert all(finding["passed"] for finding in result["verdict"]["findings"])


def test_what_a_library_prints_stays_off_the_standard_output(capsys: pytest.CaptureFixture[str]):
    assert mepg("draw", PROMPT, "--json", engine=ChattyEngine()).json["status"] == "accepted"
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "loading weights: 100%\n")


def test_without_an_output_the_picture_stays_where_sessions_are_kept(home: Path):
    result = mepg("draw", PROMPT, "--json").json
    assert Path(result["file"]).is_relative_to(home)
    assert sha256(Path(result["file"])) == result["picture"]


def test_same_seed_same_bytes_and_another_seed_another_picture(tmp_path: Path):
    for name, seed in (("a.png", "1"), ("b.png", "1"), ("c.png", "2")):
        assert mepg("draw", PROMPT, "--seed", seed, "-o", str(tmp_path / name)).code == 0
    assert sha256(tmp_path / "a.png") == sha256(tmp_path / "b.png") != sha256(tmp_path / "c.png")


def test_a_printed_plan_can_be_drawn(tmp_path: Path):
    plan = mepg("plan", PROMPT, "--size", "192x128", "--json")
    assert plan.code == 0, plan.out
    (tmp_path / "plan.json").write_text(plan.out, encoding="utf-8")
    drawn = mepg("draw", "--plan", str(tmp_path / "plan.json"), "--json").json
    assert drawn["plan"]["regions"] == plan.json["regions"]
    assert drawn["plan"]["extent"] == {"width": 192, "height": 128}


def test_a_size_beside_a_plan_is_refused(tmp_path: Path):
    (tmp_path / "plan.json").write_text(mepg("plan", PROMPT, "--json").out)
    said = mepg("draw", "--plan", str(tmp_path / "plan.json"), "--size", "512")
    assert (said.code, said.out) == (2, "") and "its own size" in said.err


def test_the_prompt_can_come_from_the_standard_input(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(PROMPT.encode())))
    assert mepg("plan", "-", "--json").json["prompt"] == PROMPT


@pytest.mark.parametrize(
    ("given", "words"),
    [("a " + "€" * 3000, "at most 2000"), (b"a fox \xff", "not UTF-8"), (None, "The standard input is closed.")],
    ids=["too long", "not text", "closed"],
)
def test_a_standard_input_that_is_no_prompt_is_told_why(
    given: str | bytes | None, words: str, monkeypatch: pytest.MonkeyPatch
):
    content = given.encode() if isinstance(given, str) else given
    monkeypatch.setattr(sys, "stdin", None if content is None else TextIOWrapper(BytesIO(content)))
    for command in (("plan", "-"), ("batch", "-", "-o", "out")) if content is None else (("plan", "-"),):
        said = mepg(*command)
        assert (said.code, said.out) == (2, "") and words in said.err


def test_schemas_describe_what_is_printed():
    schemas = mepg("schema").json
    assert set(schemas) == {model.__name__ for model in SCHEMAS}
    plan = mepg("plan", PROMPT, "--json").json
    jsonschema.validate(plan, schemas["ScenePlan"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**plan, "extra": 1}, mepg("schema", "ScenePlan").json)


EXPERT = """
id = "woodcut"
title = "Woodcut"
base = "picturebook"
description = "Bold black lines."
triggers = ["woodcut", "linocut"]
licence = "Apache-2.0"
sha256 = "{}"
"""


def test_an_expert_is_a_folder_that_the_list_then_shows(home: Path):
    folder = home / "experts" / "picturebook" / "woodcut"
    folder.mkdir(parents=True)
    (folder / "expert.toml").write_text(EXPERT.format("0" * 64), encoding="utf-8")
    for arguments in (("experts",), ("experts", "list")):
        said = mepg(*arguments)
        assert said.code == 0
        assert "woodcut, linocut" in said.out
    assert "Bold black lines." in mepg("experts", "show", "picturebook/woodcut").out
    assert mepg("experts", "show", "woodcut", "--json").json["triggers"] == ["woodcut", "linocut"]
    for arguments in (("experts", "--json"), ("experts", "list", "--json")):
        assert "woodcut" in [expert["id"] for expert in mepg(*arguments).json]


def bad_input(tmp_path: Path) -> Iterator[tuple[str, ...]]:
    yield "draw", ""
    yield "draw", "   "
    yield ("draw",)
    yield "draw", "fox " * 5000
    yield "draw", "zorblax quuxly"
    yield "draw", PROMPT, "--seed", "-1"
    yield "draw", PROMPT, "--rounds", "99"
    yield "draw", PROMPT, "--steps", "0"
    yield "draw", PROMPT, "--steps", "many"
    yield "draw", PROMPT, "--guidance", "nan"
    yield "draw", PROMPT, "--planner", "oracle"
    yield "draw", PROMPT, "--size", "huge"
    yield "draw", PROMPT, "--size", "1x1"
    yield "draw", PROMPT, "-o", str(tmp_path / "missing" / "fox.png")
    yield "draw", PROMPT, "-o", str(tmp_path)
    yield "draw", PROMPT, "-o", str(tmp_path / "folder.png")
    yield "draw", PROMPT, "-o", str(tmp_path / "fox.bmp")
    yield "draw", "--plan", str(tmp_path / "missing.json")
    yield "draw", "--plan", str(tmp_path / "damaged.json")
    yield "draw", "--plan", str(tmp_path / "outside.json")
    yield "resume", "fox-castle-0000"
    yield "resume", "../../etc"
    yield "plan", "zorblax quuxly"
    yield "plan", PROMPT, "--svg", str(tmp_path / "missing" / "plan.svg")
    yield "experts", "show", "nobody"
    yield "schema", "Nothing"
    yield ("paint",)


CASES = [" ".join(case)[:60] for case in bad_input(Path("tmp"))]


@pytest.mark.parametrize("number", range(len(CASES)), ids=CASES)
def test_a_mistake_gets_one_sentence_and_advice_before_anything_is_drawn(tmp_path: Path, number: int):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "damaged.json").write_text("{", encoding="utf-8")
    plan = mepg("plan", PROMPT, "--json").json
    plan["regions"][0]["box"]["x"] = 1.5
    (tmp_path / "outside.json").write_text(json.dumps(plan), encoding="utf-8")
    arguments = list(bad_input(tmp_path))[number]

    engine = FakeEngine()
    said = mepg(*arguments, engine=engine)
    assert said.code == 2, said.err
    assert said.out == ""
    assert "Traceback" not in said.err
    assert engine.jobs == []

    as_json = mepg(*arguments, "--json", engine=engine)
    assert as_json.code == 2
    assert set(as_json.json) == {"error", "advice"}
    assert all(as_json.json.values())
    assert as_json.err == ""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody can write to")
def test_an_output_that_cannot_be_written_is_found_before_drawing():
    engine = FakeEngine()
    said = mepg("draw", PROMPT, "-o", "/proc/fox.png", engine=engine)
    assert said.code == 2
    assert "cannot be written" in said.err
    assert engine.jobs == []


class Damaged(FakeEngine):
    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        raise BrokenAsset("The weights unet.safetensors are damaged.", "Install the package again.")
        yield


class Buggy(FakeEngine):
    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        raise ZeroDivisionError("a defect")
        yield


def test_damaged_weights_are_a_fault_with_advice():
    said = mepg("draw", PROMPT, engine=Damaged())
    assert said.code == 1
    assert said.err.endswith("The weights unet.safetensors are damaged.\nInstall the package again.\n")
    assert "Traceback" not in said.err


def test_a_defect_still_answers_a_program_in_json():
    said = mepg("draw", PROMPT, "--json", engine=Buggy())
    assert said.code == 1
    assert "a defect" in said.json["error"]
    assert "ZeroDivisionError" in said.err


class Interrupted(FakeEngine):
    """The person presses Ctrl-C after the first step; nothing but stopping ends the drawing."""

    closed = False

    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        try:
            yield Step(1, 1_000_000)
            signal.raise_signal(signal.SIGINT)
            for step in count(2):
                yield Step(step, 1_000_000)
        finally:
            self.closed = True


def test_ctrl_c_stops_the_drawing_and_the_session_can_be_resumed(tmp_path: Path):
    engine = Interrupted()
    said = mepg("draw", PROMPT, "--json", engine=engine)
    assert said.code == 130
    assert said.json["error"] == "Stopped."
    assert engine.closed
    (unfinished,) = mepg("sessions", "--json").json
    assert unfinished["status"] is None
    assert "unfinished" in mepg("sessions").out
    assert mepg("resume", unfinished["session"], "-o", str(tmp_path / "resumed.png")).code == 0
    assert mepg("draw", PROMPT, "-o", str(tmp_path / "whole.png")).code == 0
    assert sha256(tmp_path / "resumed.png") == sha256(tmp_path / "whole.png")


def test_a_log_gets_no_empty_line_of_a_bar_that_is_not_shown():
    written = StringIO()
    with telling(Console(file=written), "loading") as tell:
        tell(1, 2, "training")
    assert written.getvalue() == ""


def test_the_default_agent_is_the_real_one():
    assert isinstance(Door().make_agent(), Agent)
