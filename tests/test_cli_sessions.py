"""`mepg sessions`, `mepg edit`, `mepg open` and `mepg info`, from their arguments to their exit codes."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from edit_fixtures import install_woodcut
from fake_mepg import fake_agent
from PIL import Image, PngImagePlugin
from rich.console import Console
from scripted import ScriptedVerifier

from mepg_agent.cli import Door, run
from mepg_agent.cli_sheet import Cell, caption_lines, contact_sheet
from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.records import RenderJob
from mepg_agent.scene import ScenePlan


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.out.count("\n") == 1 and self.err == "", "one object and nothing else"
        return json.loads(self.out)


def mepg(*arguments: str, engine: FakeEngine | None = None, verifier: ScriptedVerifier | None = None) -> Said:
    out, err = StringIO(), StringIO()
    door = Door(
        make_agent=lambda: fake_agent(engine, verifier),
        out=Console(file=out, width=160),
        err=Console(file=err, width=160),
    )
    return Said(run(arguments, door), out.getvalue(), err.getvalue())


@pytest.fixture
def session(home: Path) -> str:
    install_woodcut(home)
    return mepg("draw", "a fox left of a castle and two dogs on a meadow", "--steps", "2", "--json").json["session"]


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_an_edit_writes_the_picture_and_tells_its_version(session: str, tmp_path: Path):
    said = mepg("edit", session, "make the fox woodcut", "-o", str(tmp_path / "fox.png"))
    assert said.code == 0, said.err
    assert "Accepted" in said.out and f"Session: {session}, version 2" in said.out
    assert "make the fox woodcut" in said.err, "the events are shown"
    assert (tmp_path / "fox.png").is_file()


def test_last_is_the_session_that_was_touched_last(session: str):
    other = mepg("draw", "a cat", "--steps", "2", "--json").json["session"]
    assert mepg("edit", "last", "make it night", "--json").json["session"] == other
    mepg("edit", session, "remove the fox")
    assert mepg("sessions", "show", "last", "--json").json["session"] == session
    assert mepg("sessions", "--json").json[0]["session"] == session


def test_a_damaged_session_is_listed_as_such_and_the_others_work_on(session: str, home: Path, tmp_path: Path):
    broken = mepg("draw", "a cat", "--steps", "2", "--json").json["session"]
    assert mepg("edit", session, "make the fox red", "-o", str(tmp_path / "fox.png")).code == 0
    (home / "sessions" / broken / "history.json").write_text("{}")
    os.utime(home / "sessions" / broken, (0, 0))
    listed = mepg("sessions")
    assert listed.code == 0 and "damaged" in listed.out and "a cat" in listed.out
    assert [s["status"] for s in mepg("sessions", "--json").json] == ["accepted", "damaged"]
    assert mepg("sessions", "show", "last", "--json").json["session"] == session
    assert mepg("info", str(tmp_path / "fox.png"), "--json").json["session"] == session
    (home / "sessions" / broken / "brief.json").write_text("[")
    assert mepg("sessions", "delete", broken, "--json").json == {"deleted": broken}
    assert [s["session"] for s in mepg("sessions", "--json").json] == [session]


def test_last_is_never_another_session_in_place_of_a_damaged_one(session: str, home: Path):
    broken = mepg("draw", "a cat", "--steps", "2", "--json").json["session"]
    (home / "sessions" / broken / "history.json").write_text("{}")
    said = mepg("sessions", "undo", "last")
    assert (said.code, said.out) == (1, "") and broken in said.err.replace("\n", "")


def test_an_import_tells_which_model_of_the_file_is_not_asked(session: str, tmp_path: Path):
    file = tmp_path / "fox.zip"
    mepg("sessions", "export", session, str(file))
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["session.json"] = re.sub(rb'"verifiers": \[[^]]*\]', b'"verifiers": ["vlm:a/b"]', members["session.json"])
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    assert "Not taken over: the verifier vlm:a/b." in mepg("sessions", "import", str(file)).out
    assert "vlm:a/b" in mepg("sessions", "import", str(file), "--json").json["notes"][0]


def test_without_any_session_there_is_no_last_one():
    said = mepg("edit", "last", "make it night")
    assert (said.code, said.out) == (2, "") and "Nothing was drawn yet" in said.err


def test_an_edit_answers_a_program_with_one_object(session: str, tmp_path: Path):
    result = mepg("edit", session, "make the fox red", "-o", str(tmp_path / "fox.png"), "--json").json
    assert (result["status"], result["version"], result["session"]) == ("accepted", 2, session)
    assert result["picture"] == sha256(tmp_path / "fox.png")
    assert next(r for r in result["plan"]["regions"] if r["id"] == "fox")["color"] == "red"


def test_an_edit_that_fails_its_checks_is_called_best_effort(session: str):
    said = mepg("edit", session, "make the fox red", "--rounds", "0", verifier=ScriptedVerifier({"fox": (0.1,)}))
    assert said.code == 3 and "Best effort" in said.out


def test_a_question_is_printed_with_its_choices_and_nothing_is_drawn(session: str):
    engine = FakeEngine()
    said = mepg("edit", session, "make the dog red", engine=engine)
    assert (said.code, said.out) == (2, "")
    assert "Which dog?" in said.err and "the top dog" in said.err and "the bottom dog" in said.err
    answer = mepg("edit", session, "make the dog red", "--json", engine=engine)
    assert answer.code == 2 and answer.json["choices"] == ["the bottom dog", "the top dog"]
    assert engine.jobs == []
    assert mepg("edit", session, "make the top dog red").code == 0


def test_undo_redo_and_branches_move_what_is_shown(session: str, tmp_path: Path):
    first = mepg("sessions", "list", "--json").json[0]["image"]
    second = mepg("edit", session, "make the fox red", "--json").json["picture"]
    assert mepg("sessions", "undo", session, "-o", str(tmp_path / "a.png")).code == 0
    assert sha256(tmp_path / "a.png") == sha256(Path(first))
    assert mepg("sessions", "redo", session, "--json").json["picture"] == second
    assert mepg("sessions", "branch", session, "other", "--at", "1", "--json").json["version"] == 1
    assert mepg("edit", session, "remove the castle", "--json").json["version"] == 3
    history = mepg("sessions", "show", session, "--json").json
    assert history["branches"] == {"main": 2, "other": 3} and history["head"] == 3
    shown = mepg("sessions", "show", session).out
    for words in ("make the fox red", "remove the castle", "other", "Shown: version 3 of 'other'"):
        assert words in shown


def test_undo_by_words_is_undo(session: str):
    mepg("edit", session, "make the fox red")
    assert mepg("edit", session, "undo", "--json").json["version"] == 1


def test_a_comparison_tells_what_changed(session: str):
    mepg("edit", session, "make the fox red")
    found = mepg("sessions", "compare", session, "1", "2", "--json").json
    assert found["regions"] == ["fox"] and found["outside_equal"] is True and found["changed"] > 0
    assert "Every byte outside is the same." in mepg("sessions", "compare", session, "1", "2").out


def test_a_deleted_session_is_gone_and_gc_frees_its_pictures(session: str, home: Path):
    assert mepg("sessions", "delete", session, "--json").json == {"deleted": session}
    assert mepg("sessions", "--json").json == []
    found = mepg("sessions", "gc", "--json").json
    assert found["files"] > 0 and not list(home.rglob("*.png"))
    assert "Removed 0 files" in mepg("sessions", "gc").out


def test_a_session_can_be_exported_deleted_and_imported(session: str, tmp_path: Path):
    mepg("edit", session, "make the fox red")
    picture = mepg("sessions", "--json").json[0]["image"]
    file = tmp_path / "fox.zip"
    assert mepg("sessions", "export", "last", str(file), "--json").json == {"session": session, "file": str(file)}
    mepg("sessions", "delete", session)
    mepg("sessions", "gc")
    taken = mepg("sessions", "import", str(file), "--json").json
    assert taken == {"session": session, "file": picture, "notes": []}
    assert mepg("edit", session, "undo", "--json").json["version"] == 1


def test_a_version_is_drawn_again_and_compared(session: str, tmp_path: Path):
    kept = mepg("edit", session, "make the fox woodcut", "-o", str(tmp_path / "kept.png"), "--json").json["picture"]
    said = mepg("sessions", "reproduce", session, "-o", str(tmp_path / "again.png"))
    assert said.code == 0 and "Every byte is the same" in said.out and "2 of 2 pictures" in said.out
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "kept.png").read_bytes()
    first = mepg("sessions", "reproduce", "last", "--version", "1", "--json").json
    assert (first["version"], first["same"], first["drawn"]) == (1, True, 1) and first["picture"] != kept


def test_a_version_that_comes_out_otherwise_is_told_and_the_kept_one_stays(session: str, home: Path):
    class Other(FakeEngine):
        def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
            *steps, picture = super().run(job, before)
            assert isinstance(picture, Picture)
            yield from steps
            yield dataclasses.replace(picture, image=picture.image // 2 * 2)

    before = {f: f.read_bytes() for f in (home / "pictures").rglob("*.png")}
    said = mepg("sessions", "reproduce", session, engine=Other())
    assert said.code == 1 and "has other bytes" in said.out and "differ by at most 1 of 255" in said.out
    assert all(f.read_bytes() == content for f, content in before.items())


def test_a_version_whose_expert_or_jobs_are_gone_cannot_be_drawn_again(session: str, home: Path):
    mepg("edit", session, "make the fox woodcut")
    shutil.rmtree(home / "experts")
    said = mepg("sessions", "reproduce", session)
    assert said.code == 2 and "the expert 'woodcut'" in said.err
    shutil.rmtree(home / "jobs")
    said = mepg("sessions", "reproduce", session)
    assert said.code == 2 and "Not all jobs" in said.err


def test_a_contact_sheet_shows_every_version(session: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    mepg("edit", session, "make the fox red")
    assert mepg("open", session, "-o", str(tmp_path / "sheet.png")).code == 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 2 * 256 and sheet.height > 256
    monkeypatch.chdir(tmp_path)
    assert mepg("open", "last", "--json").json["file"] == str(tmp_path / f"{session}.png")


def test_a_sheet_has_four_pictures_a_row_and_frames_the_shown_one():
    blank = Image.new("RGB", (100, 50), "white")
    plain = contact_sheet([Cell(blank, "1. a fox")] * 5)
    framed = contact_sheet([Cell(blank, "1. a fox")] * 4 + [Cell(blank, "1. a fox", shown=True)])
    assert plain.size == framed.size and plain.width > 4 * 256 and plain.height > 2 * 256
    assert plain.tobytes() != framed.tobytes()


def test_a_caption_is_cut_at_three_lines_and_cannot_hide_anything():
    lines = caption_lines("2. make the fox\x1b[2J\n" + "very " * 50 + "red")
    assert len(lines) == 3 and lines[-1].endswith("…") and all(line.isprintable() for line in lines)


def test_info_tells_how_a_picture_was_drawn_and_where_it_is_kept(session: str, tmp_path: Path):
    mepg("edit", session, "make the fox woodcut", "-o", str(tmp_path / "fox.png"))
    said = mepg("info", str(tmp_path / "fox.png"))
    assert said.code == 0
    for words in (
        "Job: ",
        "Experts: woodcut (Apache-2.0, ",
        f"Session: {session}, version 2",
        "a fox left of a castle",
    ):
        assert words in said.out
    found = mepg("info", str(tmp_path / "fox.png"), "--json").json
    assert (found["session"], found["version"]) == (session, 2)
    assert found["experts"] == {"woodcut": {"sha256": "0" * 64, "licence": "Apache-2.0"}} and len(found["job"]) == 64


def png(file: Path, **chunks: str) -> Path:
    info = PngImagePlugin.PngInfo()
    for key, value in chunks.items():
        info.add_itxt(f"mepg:{key}", value)
    Image.new("RGB", (64, 64)).save(file, pnginfo=info)
    return file


def test_info_never_passes_on_what_a_terminal_would_obey(three_things: ScenePlan, tmp_path: Path):
    plan = three_things.replaced(prompt="a fox\x1b]0;owned\x07 and\u202e more").model_dump_json()
    file = png(
        tmp_path / "evil.png",
        plan=plan,
        job="0" * 64,
        experts=json.dumps({"\x1b[2J": {"sha256": "0" * 64, "licence": "\x1b[2J"}}),
    )
    said = mepg("info", str(file))
    assert said.code == 0 and "owned" in said.out
    assert not {"\x1b", "\x07", "\u202e"} & set(said.out)
    assert "\x1b" not in mepg("info", str(file), "--json").json["plan"]["prompt"]
    assert "Session: none that is kept here" in said.out


def mistakes(tmp_path: Path, session: str) -> Iterator[tuple[str, ...]]:
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "text.zip").write_text("no zip")
    png(tmp_path / "foreign.png")
    png(tmp_path / "altered.png", plan="{", job="0" * 64, experts="{}")
    png(tmp_path / "deep.png", plan="[" * 100_000, job="0" * 64, experts="{}")
    png(tmp_path / "job.png", plan="{}", job="../..", experts="{}")
    yield "edit", session, ""
    yield "edit", session, "quuxify"
    yield "edit", session, "make the fox red", "--rounds", "99"
    yield "edit", session, "make the fox red", "-o", str(tmp_path / "fox.bmp")
    yield "edit", "fox-castle-0000", "make the fox red"
    yield "edit", "../../etc", "make the fox red"
    yield "sessions", "undo", session
    yield "sessions", "redo", session
    yield "sessions", "branch", session, "A name"
    yield "sessions", "branch", session, "night", "--at", "7"
    yield "sessions", "compare", session, "1", "7"
    yield "sessions", "compare", session, "one", "two"
    yield "sessions", "delete", "fox-castle-0000"
    yield "sessions", "show", "../../etc"
    yield "sessions", "export", session, str(tmp_path / "fox.tar")
    yield "sessions", "export", session, str(tmp_path / "missing" / "fox.zip")
    yield "sessions", "reproduce", session, "--version", "7"
    yield "sessions", "reproduce", "fox-castle-0000"
    yield "sessions", "import", str(tmp_path / "text.zip")
    yield "sessions", "import", str(tmp_path / "missing.zip")
    yield "sessions", "frobnicate"
    yield "open", session, "-o", str(tmp_path / "missing" / "sheet.png")
    yield "open", "fox-castle-0000"
    for name in ("text", "missing", "foreign", "altered", "deep", "job"):
        yield "info", str(tmp_path / f"{name}.png")


def test_every_mistake_gets_one_sentence_and_advice_and_changes_nothing(session: str, tmp_path: Path):
    before = mepg("sessions", "show", session, "--json").json
    for arguments in mistakes(tmp_path, session):
        said = mepg(*arguments)
        assert (said.code, said.out) == (2, ""), arguments
        assert "Traceback" not in said.err and 1 < said.err.count("\n") < 6, arguments
        answer = mepg(*arguments, "--json")
        assert answer.code == 2 and {"error", "advice"} <= set(answer.json), arguments
        assert all(c.isprintable() for c in answer.json["error"])
    assert mepg("sessions", "show", session, "--json").json == before
