from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from fake_mepg import ChattyEngine
from scripted import ScriptedVerifier
from test_cli import Said, mepg

from mepg_agent.batch import Item
from mepg_agent.cli_list import read_list
from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.records import RenderJob
from mepg_agent.scene import MAX_PROMPT, Extent, ScenePlan

ROOT = Path(__file__).resolve().parent.parent
PROMPTS = "# animals first\na red fox\n\n  a dog on a meadow\n#and a house\na castle at night\n"


def batch(*arguments: object, engine: FakeEngine | None = None, verifier: ScriptedVerifier | None = None) -> Said:
    return mepg("batch", *map(str, arguments), engine=engine, verifier=verifier)


def hashes(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.glob("*.png")}


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    return written(tmp_path / "prompts.txt", PROMPTS)


def written(file: Path, text: str | bytes) -> Path:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def refused(file: Path) -> str:
    with pytest.raises(BadInput) as caught:
        read_list(file, rounds=2)
    return str(caught.value)


def test_a_list_of_prompts_becomes_pictures_and_a_json_line_each(prompts: Path, tmp_path: Path):
    said = batch(prompts, "-o", tmp_path / "out")
    assert said.code == 0, said.err
    assert [line["id"] for line in said.lines] == ["a-red-fox", "a-dog-on-a-meadow", "a-castle-at-night"]
    for line in said.lines:
        assert set(line) == {"id", "status", "file", "session", "seconds", "calls"}
        assert line["status"] == "accepted" and line["calls"] > 0 and line["seconds"] > 0
        assert Path(line["file"]) == tmp_path / "out" / f"{line['id']}.png" and Path(line["file"]).is_file()
    assert "a-red-fox: accepted" in said.err and "(1 of 3, about 0:0" in said.err
    assert said.err.endswith("3 pictures: 3 accepted.\n")


def test_what_a_library_prints_stays_off_the_json_lines(prompts: Path, tmp_path: Path, capsys):
    said = batch(prompts, "-o", tmp_path / "out", "--json", engine=ChattyEngine())
    assert len(said.lines) == 3 and said.err == ""
    assert capsys.readouterr().out == ""


def test_some_best_effort_is_told_by_the_exit_code(prompts: Path, tmp_path: Path):
    said = batch(prompts, "-o", tmp_path / "out", "--rounds", "0", verifier=ScriptedVerifier({"dog": (0.1,)}))
    assert said.code == 3
    assert [line["status"] for line in said.lines] == ["accepted", "best_effort", "accepted"]


def test_some_failed_is_told_by_the_exit_code_and_the_others_are_done(tmp_path: Path):
    prompts = written(tmp_path / "prompts.txt", "a red fox\nzorblax quuxly\na dog\n")
    said = batch(prompts, "-o", tmp_path / "out", verifier=ScriptedVerifier({"dog": (0.1,)}))
    assert said.code == 1
    assert [line["status"] for line in said.lines] == ["accepted", "failed", "best_effort"]
    assert said.lines[1]["file"] is None and "names nothing" in said.lines[1]["error"]
    assert said.err.endswith("3 pictures: 1 accepted, 1 best effort, 1 failed.\n")


KILLED = """
import os, signal, sys
from fake_mepg import fake_agent
from mepg_agent.cli import Door, run
from mepg_agent.engine.fake import FakeEngine

class Killed(FakeEngine):
    def run(self, job, before=None):
        for part in super().run(job, before):
            if len(self.jobs) == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            yield part

run(sys.argv[1:], Door(make_agent=lambda: fake_agent(Killed())))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a signal that cannot be handled")
def test_a_killed_process_is_resumed_to_the_pictures_of_an_unbroken_one(
    prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    out = tmp_path / "out"
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    arguments = [sys.executable, "-c", KILLED, "batch", str(prompts), "-o", str(out)]
    killed = subprocess.run(arguments, env=environ, capture_output=True, text=True, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert [json.loads(line)["id"] for line in killed.stdout.splitlines()] == ["a-red-fox"]
    engine = FakeEngine()
    resumed = batch(prompts, "-o", out, "--resume", engine=engine)
    assert resumed.code == 0 and len(resumed.lines) == 3
    assert len(engine.jobs) == 2
    monkeypatch.setenv("MEPG_HOME", str(tmp_path / "other home"))
    assert batch(prompts, "-o", tmp_path / "whole").code == 0
    assert hashes(out) == hashes(tmp_path / "whole")


class InterruptedAt(FakeEngine):
    """The person presses Ctrl-C during the picture with this number; nothing but stopping ends it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        if len(self.jobs) + 1 < self._number:
            yield from super().run(job, before)
            return
        signal.raise_signal(signal.SIGINT)
        while True:
            yield Step(1, 1_000_000)


def test_ctrl_c_stops_between_steps_writes_the_report_and_says_how_to_go_on(prompts: Path, tmp_path: Path):
    page = tmp_path / "report.html"
    said = batch(prompts, "-o", tmp_path / "out", "--report", page, engine=InterruptedAt(2))
    assert said.code == 130
    assert "Stopped with 1 of 3 pictures finished." in said.err and "--resume" in said.err
    assert len(said.lines) == 1
    assert page.read_text().count("not finished</span>") == 2
    said = batch(prompts, "-o", tmp_path / "out", "--resume", "--report", page)
    assert said.code == 0 and len(said.lines) == 3
    assert "not finished" not in page.read_text()


def test_a_report_may_lie_in_the_new_folder_of_the_pictures(prompts: Path, tmp_path: Path):
    assert batch(prompts, "-o", tmp_path / "out", "--report", tmp_path / "out" / "report.html").code == 0
    assert 'href="a-red-fox.png"' in (tmp_path / "out" / "report.html").read_text()


def test_several_jobs_end_with_the_same_pictures(prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert batch(prompts, "-o", tmp_path / "three", "--jobs", "3").code == 0
    monkeypatch.setenv("MEPG_HOME", str(tmp_path / "other home"))
    assert batch(prompts, "-o", tmp_path / "one").code == 0
    assert hashes(tmp_path / "three") == hashes(tmp_path / "one")


def test_a_second_run_into_the_same_folder_asks_for_resume(prompts: Path, tmp_path: Path):
    batch(prompts, "-o", tmp_path / "out")
    engine = FakeEngine()
    said = batch(prompts, "-o", tmp_path / "out", engine=engine)
    assert (said.code, said.out, engine.jobs) == (2, "", [])
    assert "--resume" in said.err


@pytest.mark.parametrize("text", [PROMPTS, '\ufeff{"prompt": "a red fox"}\n{"prompt": "a dog"}\n'])
def test_a_list_can_come_from_the_standard_input(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(text.encode())))
    said = batch("-", "-o", tmp_path / "out")
    assert said.code == 0 and said.lines[0]["id"] == "a-red-fox"


def test_a_spreadsheet_s_csv_is_read_with_its_mark_and_its_quoted_newlines(tmp_path: Path):
    text = 'Prompt, seed,size,id,steps\r\n"a red fox,\nleft of a castle",7,192x128,first,3\r\n,,,,\r\na dog,,,,\r\n'
    first, second = read_list(written(tmp_path / "list.csv", b"\xef\xbb\xbf" + text.encode()), rounds=1)
    assert (first.id, first.brief.prompt) == ("first", "a red fox,\nleft of a castle")
    assert (first.brief.seed, first.brief.steps, first.brief.rounds) == (7, 3, 1)
    assert first.brief.extent == Extent(width=192, height=128)
    assert (second.id, second.brief.seed, second.brief.steps) == ("a-dog", 0, None)


def test_a_plan_may_stand_in_the_list_or_beside_it(three_things: ScenePlan, tmp_path: Path):
    written(tmp_path / "plan.json", three_things.model_dump_json())
    plan = three_things.model_dump(mode="json")
    lines = [{"plan": "plan.json"}, {"plan": plan, "prompt": "my words", "id": 7}]
    one, two = read_list(written(tmp_path / "list.jsonl", "\n".join(map(json.dumps, lines))), rounds=2)
    assert (one.brief.plan, one.brief.prompt) == (three_things, three_things.prompt)
    assert (two.brief.plan, two.brief.prompt, two.id) == (three_things, "my words", "7")
    quoted = three_things.model_dump_json().replace('"', '""')
    [three] = read_list(written(tmp_path / "list.csv", f'plan\n"{quoted}"\n'), rounds=2)
    assert three.brief.plan == three_things


def test_hostile_ids_stay_inside_the_folder(tmp_path: Path):
    ids = ["../x", "/etc/passwd", "..\\..\\win", "\u202efox\u0000", "é" * 100, "\ud800a"]
    lines = "\n".join(json.dumps({"prompt": "a red fox", "id": name}) for name in ids)
    said = batch(written(tmp_path / "list.jsonl", lines), "-o", tmp_path / "out")
    assert [line["id"] for line in said.lines] == ["x", "etc-passwd", "win", "fox", "é" * 60, "a"]
    assert len(hashes(tmp_path / "out")) == 6
    assert {file.name for file in tmp_path.iterdir()} == {"list.jsonl", "out", "home"}


def test_all_bad_lines_are_counted_and_the_first_few_named(tmp_path: Path):
    lines = ["a red fox", *["x" * 20_000] * 8, "a dog"]
    engine = FakeEngine()
    said = batch(written(tmp_path / "list.txt", "\n".join(lines)), "-o", tmp_path / "out", engine=engine)
    assert (said.code, said.out, engine.jobs) == (2, "", [])
    assert "8 of 10 cannot be drawn." in said.err and "And 3 more." in said.err
    assert [n for n in range(1, 11) if f"Line {n}: " in said.err] == [2, 3, 4, 5, 6]
    assert f"at most {MAX_PROMPT}" in said.err and "xxxx" not in said.err
    assert not (tmp_path / "out").exists()
    as_json = batch(tmp_path / "list.txt", "-o", tmp_path / "out", "--json")
    assert set(json.loads(as_json.out)) == {"error", "advice"} and as_json.err == ""


def bad_lines(plan: dict[str, Any]) -> Iterator[tuple[object, str]]:
    outside = json.loads(json.dumps(plan))
    outside["regions"][0]["box"]["x"] = 0.9
    yield {"prompt": " "}, "empty"
    yield {}, "empty"
    yield {"prompt": 7}, "prompt: Input should be a valid string"
    yield {"prompt": "\ud800"}, "prompt"
    yield {"prompt": "a fox", "seed": -1}, "seed"
    yield {"prompt": "a fox", "seed": 2**70}, "seed"
    yield {"prompt": "a fox", "steps": "many"}, "steps"
    yield {"prompt": "a fox", "size": "huge"}, "'huge' is not a size"
    yield {"prompt": "a fox", "size": 5}, "A picture cannot be 5"
    yield {"prompt": "a fox", "colour": "red"}, "no column 'colour'. Possible are prompt, seed"
    yield {"prompt": "a fox", "\ud800": "red"}, "no column '\\ud800'"
    yield {"prompt": "a fox", "id": "../.."}, "no letter or digit"
    yield {"prompt": "a fox", "id": "Fox"}, "the same file as line 1, Fox.png"
    yield {"plan": outside}, "regions.0.box: the box (0.90"
    yield {"plan": "outside.json"}, "outside.json is not a plan: regions.0.box"
    yield {"plan": "missing.json"}, "cannot be read"
    yield {"plan": "\0"}, "neither a path nor an object"
    yield {"plan": ["plan.json"]}, "neither a path nor an object"
    yield {"plan": plan, "size": 256}, "its own size"
    yield ["a fox"], "not a JSON object"


def test_a_bad_line_is_one_sentence_with_its_number_and_what_to_do(three_things: ScenePlan, tmp_path: Path):
    cases = list(bad_lines(three_things.model_dump(mode="json")))
    outside = next(said["plan"] for said, words in cases if "0.90" in words and isinstance(said, dict))
    written(tmp_path / "outside.json", json.dumps(outside))
    for said, words in cases:
        good = json.dumps({"prompt": "a fox", "id": "fox"})
        message = refused(written(tmp_path / "list.jsonl", f"{good}\n\n{json.dumps(said)}\n"))
        assert "1 of 2 cannot be drawn.\nLine 3: " in message and words in message
        assert message.count("\n") == 1
        message.encode()  # a terminal can show it


@pytest.mark.parametrize("line", ["{", "[" * 100_000, '{"seed": ' + "9" * 5000 + "}", '{"prompt": "a fox"}}'])
def test_a_line_that_is_not_json_is_named(line: str, tmp_path: Path):
    message = refused(written(tmp_path / "list.jsonl", f'{{"prompt": "a fox"}}\n{line}\n'))
    assert "Line 2: It is not JSON" in message and len(message) < 400


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("list.txt", "", "holds nothing to draw"),
        ("list.txt", "# only a comment\n\n", "holds nothing to draw"),
        ("list.csv", "", "holds nothing to draw"),
        ("list.csv", "prompt,seed\n", "holds nothing to draw"),
        ("list.jsonl", "\n\n", "holds nothing to draw"),
        ("list.txt", "a fox".encode("utf-16"), "is not UTF-8"),
        ("list.csv", "prompt;seed\na fox;1\n", "no column 'prompt;seed'"),
        ("list.csv", "prompt,prompt\na fox,a dog\n", "names a column twice"),
        ("list.csv", 'prompt\na fox\n"a dog\n', "Line 3 is not CSV"),
        ("list.csv", f"prompt\n{'x' * 200_000}\n", "Line 2 is not CSV"),
        ("list.csv", "prompt,seed\na fox, red,7\n", "Line 2: It has more cells"),
        ("list.xlsx", "", "is not a list"),
    ],
)
def test_a_list_that_cannot_be_read_is_said(name: str, content: str | bytes, words: str, tmp_path: Path):
    assert words in refused(written(tmp_path / name, content))


@pytest.mark.parametrize("arguments", [("missing.txt", "-o", "out"), ("prompts.txt",), ("prompts.txt", "-o", "a file")])
def test_a_mistake_on_the_command_line_draws_nothing(
    arguments: tuple[str, ...], prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "a file", "")
    engine = FakeEngine()
    said = batch(*arguments, engine=engine)
    assert (said.code, said.out, engine.jobs) == (2, "", []) and said.err.count("\n") <= 3


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody can write to")
def test_a_folder_that_cannot_be_written_is_found_before_drawing(prompts: Path):
    engine = FakeEngine()
    said = batch(prompts, "-o", "/proc/pictures", engine=engine)
    assert said.code == 2 and "Nothing can be written into /proc/pictures" in said.err
    assert engine.jobs == []


def test_a_record_that_can_no_longer_be_written_ends_the_run(
    prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise BrokenAsset("batch.jsonl cannot be written: No space left on device.", "Free some space there.")

    monkeypatch.setattr("mepg_agent.batch.Record.add", full)
    said = batch(prompts, "-o", tmp_path / "out")
    assert said.code == 1 and said.out == "" and "No space left" in said.err


def test_the_same_words_and_seed_are_the_same_item_wherever_they_stand(tmp_path: Path):
    def digests(name: str, text: str) -> list[str]:
        return [Item.digest(item) for item in read_list(written(tmp_path / name, text), rounds=2)]

    assert digests("a.txt", "a fox\n") == digests("b.csv", "prompt,seed\n a fox ,0\n") != digests("c.txt", "a dog")


def test_a_list_takes_the_same_checks_and_limits_as_one_picture(prompts: Path, tmp_path: Path):
    said = batch(prompts, "-o", tmp_path / "out", "--max-calls", "1", "--json")
    assert said.code == 1 and all("more than the 1 allowed" in line["error"] for line in said.lines)
    items = read_list(prompts, verifiers=("clip:some/model", "auto"), combine="any", max_seconds=3)
    assert {(i.brief.verifiers, i.brief.combine, i.brief.max_seconds) for i in items} == {
        (("clip:some/model", "auto"), "any", 3.0)
    }


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (("--verifier", "nobody"), "There is no verifier 'nobody'."),
        (("--planner", "nobody"), "There is no planner 'nobody'."),
        (("--max-calls", "-1"), "The request cannot be drawn: max_calls:"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wish_that_cannot_be_is_refused_before_anything_is_drawn_and_is_no_fault_of_the_list(
    wish: tuple[str, str], words: str, prompts: Path, tmp_path: Path
):
    said = batch(prompts, "-o", tmp_path / "out", *wish)
    assert (said.code, said.out) == (2, "") and said.err.startswith(words) and "mend the list" not in said.err
    assert not (tmp_path / "out").exists()
