"""A session as one zip: it goes on elsewhere as it would have here, and a hostile one leaves nothing."""

from __future__ import annotations

import hashlib
import json
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from edit_fixtures import agent_of, drawn, kept_files
from safetensors.numpy import load, save

from mepg_agent.archive import MAX_MEMBER, NOT_TAKEN, RECORD
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.scene import ScenePlan
from mepg_agent.settings import Settings


@pytest.fixture
def exported(settings: Settings, three_things: ScenePlan, tmp_path: Path) -> Path:
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        agent.edit(session, "make the dog woodcut")
        agent.edit(session, "make it night")
        agent.undo(session)
        return agent.export(session, tmp_path / "fox.zip")


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"home": tmp_path / "elsewhere"})


def test_an_exported_session_goes_on_elsewhere_as_it_would_have_here(
    settings: Settings, elsewhere: Settings, exported: Path
):
    with agent_of(settings) as here, agent_of(elsewhere) as there:
        [mine] = here.store.sessions()
        taken = there.import_(exported)
        assert taken.session == mine.session
        assert there.history(taken.session) == here.history(mine.session)
        assert there.redo(taken.session).render == here.redo(mine.session).render
        ends = [agent.edit(mine.session, "make the fox blue") for agent in (here, there)]
        assert ends[0].render.picture == ends[1].render.picture
        assert ends[0].render.latents == ends[1].render.latents


@pytest.mark.parametrize("by_plan", [False, True])
def test_a_prompt_a_plan_and_an_edit_with_control_characters_come_back_from_a_zip(
    by_plan: bool, settings: Settings, elsewhere: Settings, three_things: ScenePlan, tmp_path: Path
):
    with agent_of(settings) as here, agent_of(elsewhere) as there:
        belled = json.loads(three_things.model_dump_json()) | {"rationale": "so\x07"}
        belled["regions"][0]["prompt"] += "\x1b[31m"
        here.draw("a red fox\r\non a \x93meadow\x07", plan=ScenePlan.model_validate(belled) if by_plan else None)
        [mine] = here.store.sessions()
        here.edit(mine.session, "make the fox\x07 blue")
        taken = there.import_(here.export(mine.session, tmp_path / "fox.zip"))
        assert there.history(taken.session) == here.history(mine.session)


def test_the_same_session_exports_to_the_same_bytes(settings: Settings, exported: Path, tmp_path: Path):
    with agent_of(settings) as agent:
        [summary] = agent.store.sessions()
        again = agent.export(summary.session, tmp_path / "again.zip")
    assert again.read_bytes() == exported.read_bytes()


def test_an_imported_session_is_drawn_again_byte_for_byte(elsewhere: Settings, exported: Path):
    engine = FakeEngine()
    with agent_of(elsewhere, engine) as there:
        session = there.import_(exported).session
        for version in (1, 2, 3):
            original = there.result(session, version).image
            before = original.read_bytes()
            original.unlink()
            found = there.reproduce(session, version)
            assert found.same and (found.version, found.drawn) == (version, found.of)
            assert found.image == original and original.read_bytes() == before, "it is put back where it was lost"
    assert len(engine.jobs) >= 4, "drawn, not looked up"


def test_what_was_exported_names_no_folder_of_this_machine(settings: Settings, exported: Path):
    with zipfile.ZipFile(exported) as archive:
        assert any(name.startswith("jobs/") for name in archive.namelist())
        assert not any(str(settings.home.parent).encode() in archive.read(name) for name in archive.namelist())


def test_importing_where_the_name_is_taken_opens_another_session(settings: Settings, exported: Path):
    with agent_of(settings) as agent:
        [mine] = agent.store.sessions()
        twin = agent.import_(exported)
        assert twin.session != mine.session and twin.render == agent.result(mine.session).render


def rewritten(file: Path, **brief: object) -> Path:
    """The zip with other words in its brief."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    record = json.loads(members[RECORD])
    record["brief"] |= brief
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in (members | {RECORD: json.dumps(record).encode()}).items():
            archive.writestr(name, data)
    return file


@pytest.mark.parametrize(
    "model", ["chat:openai:gpt-4o", "vlm:owner/model", "clip:owner/model"], ids=lambda model: model.split(":")[0]
)
def test_models_that_a_zip_names_are_not_asked_here_and_the_person_is_told(
    elsewhere: Settings, exported: Path, model: str
):
    rewritten(exported, verifiers=["auto", model], planner="chat:openai:gpt-4o")
    with agent_of(elsewhere) as there:
        taken = there.import_(exported)
        brief = there.store.brief(taken.session)
        assert (brief.verifiers, brief.planner) == (("auto",), "auto")
        told = [note for note in taken.notes if note.startswith(NOT_TAKEN)]
        assert len(told) == 2 and f"the verifier {model}" in told[0] and "the planner chat:openai:gpt-4o" in told[1]
        assert there.result(taken.session, 1).notes == (), "the version that is shown says it"


def test_a_planner_of_this_machine_is_taken_over_without_a_word(elsewhere: Settings, exported: Path):
    with agent_of(elsewhere) as there:
        taken = there.import_(rewritten(exported, planner="rules"))
        assert there.store.brief(taken.session).planner == "rules"
        assert not any(note.startswith(NOT_TAKEN) for note in taken.notes)


def test_an_import_leaves_what_was_drawn_here_as_it_can_be_drawn_again(
    settings: Settings, elsewhere: Settings, three_things: ScenePlan, tmp_path: Path
):
    with agent_of(settings) as here, agent_of(elsewhere) as there:
        mine = drawn(here, three_things)
        theirs = drawn(there, three_things.replaced(prompt="other words for it"))
        job = here.result(mine).render.job
        assert there.result(theirs).render.job == job, "the layout and the seed are the same"
        before = here.store.recipe(job)
        taken = here.import_(there.export(theirs, tmp_path / "fox.zip"))
        assert taken.render.job == job and here.store.recipe(job) == before
        assert here.reproduce(mine).same


Members = dict[str, bytes]


def _climb(members: Members) -> None:
    members["../../evil.png"] = b"x"


def _absolute(members: Members) -> None:
    members["/etc/evil"] = b"x"


def _backslash(members: Members) -> None:
    members["pictures\\..\\..\\evil.png"] = b"x"


def _drive(members: Members) -> None:
    members["C:evil.png"] = b"x"


def _stranger(members: Members) -> None:
    members["notes\x1b[2J.txt"] = b"x"


def _altered_job(members: Members) -> None:
    name = next(n for n in members if n.startswith("jobs/"))
    members[name] = members[name].replace(b'"guidance": ', b'"guidance": 1')


def _job_with_a_path(members: Members) -> None:
    name = next(n for n in members if n.startswith("jobs/") and b'"path": ""' in members[n])
    members[name] = members[name].replace(b'"path": ""', b'"path": "/etc/evil"')


def _job_of_another_session(members: Members) -> None:
    members[f"jobs/{'0' * 64}.json"] = members[next(n for n in members if n.startswith("jobs/"))]


def _unneeded(members: Members) -> None:
    members[f"pictures/{'0' * 64}.png"] = b"x"


def _altered(members: Members) -> None:
    name = next(n for n in members if n.endswith(".png"))
    members[name] = members[name][:-1] + b"x"


def _missing(members: Members) -> None:
    del members[next(n for n in members if n.endswith(".safetensors"))]


def _no_record(members: Members) -> None:
    del members[RECORD]


def _damaged_record(members: Members) -> None:
    members[RECORD] = b"{"


def _foreign_format(members: Members) -> None:
    members[RECORD] = members[RECORD].replace(b'"format": 1', b'"format": 2')


def _name_outside(members: Members) -> None:
    record = json.loads(members[RECORD])
    for v in record["history"]["versions"]:
        v["render"]["picture"] = "../../../evil"
    members[RECORD] = json.dumps(record).encode()


def _job_outside(members: Members) -> None:
    members[RECORD] = re.sub(rb'"job": "[0-9a-f]{64}"', b'"job": "/tmp/x/secret"', members[RECORD])


def _attempt_outside(members: Members) -> None:
    record = json.loads(members[RECORD])
    tried = {"round": 1, "region": "fox", "rung": "new seeds", "reason": "", "calls": 1, "seconds": 1, "kept": True}
    record["history"]["versions"][0]["attempts"] = [tried | {"outcome": "kept", "picture": "../../evil"}]
    members[RECORD] = json.dumps(record).encode()


def _wrong_size(members: Members) -> None:
    record = json.loads(members[RECORD])
    for v in record["history"]["versions"]:
        v["plan"]["extent"] = {"width": 640, "height": 640}
    members[RECORD] = json.dumps(record).encode()


def _huge(members: Members) -> None:
    """A picture of a few bytes that would unpack to gigabytes."""
    old = next(n for n in members if n.endswith(".png"))
    data = bytearray(members.pop(old))
    data[16:24] = struct.pack(">II", 30_000, 30_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    new = f"pictures/{hashlib.sha256(data).hexdigest()}.png"
    members[new] = bytes(data)
    members[RECORD] = members[RECORD].replace(Path(old).stem.encode(), Path(new).stem.encode())


def _not_finite(members: Members) -> None:
    old = next(n for n in members if n.endswith(".safetensors"))
    data = save({"latents": np.full_like(load(members.pop(old))["latents"], np.nan)})
    new = f"latents/{hashlib.sha256(data).hexdigest()}.safetensors"
    members[new] = data
    members[RECORD] = members[RECORD].replace(Path(old).stem.encode(), Path(new).stem.encode())


def _escape(members: Members) -> None:
    record = json.loads(members[RECORD])
    record["brief"]["prompt"] = "a fox\x1b]0;owned\x07"
    members[RECORD] = json.dumps(record).encode()


def _bomb(members: Members) -> None:
    members[RECORD] = b" " * (MAX_MEMBER + 1)


HOSTILE: dict[Callable[[Members], None], str] = {
    _climb: "reaches outside",
    _altered_job: "is not what it was",
    _job_with_a_path: "is not what it was",
    _job_of_another_session: "No version needs",
    _absolute: "reaches outside",
    _backslash: "reaches outside",
    _drive: "reaches outside",
    _stranger: "does not belong",
    _unneeded: "No version needs",
    _altered: "not what it was",
    _missing: "lacks",
    _no_record: "holds no session.json",
    _damaged_record: "not the record of a session",
    _foreign_format: "not the record of a session",
    _name_outside: "not the record of a session: .*picture",
    _job_outside: "not the record of a session: .*job",
    _attempt_outside: "not the record of a session: .*attempts.0.picture",
    _wrong_size: "does not fit",
    _huge: "does not fit",
    _not_finite: "does not fit",
    _escape: "control characters",
    _bomb: "unpacks to more than 128 MiB",
}


@pytest.mark.parametrize("harm", HOSTILE, ids=lambda harm: harm.__name__)
def test_a_hostile_zip_is_refused_in_a_sentence_and_leaves_nothing(
    elsewhere: Settings, exported: Path, tmp_path: Path, harm: Callable[[Members], None]
):
    with zipfile.ZipFile(exported) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    harm(members)
    with zipfile.ZipFile(tmp_path / "bad.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with agent_of(elsewhere) as agent:
        with pytest.raises(BadInput, match=HOSTILE[harm]) as caught:
            agent.import_(tmp_path / "bad.zip")
        assert str(caught.value).isprintable()
        assert agent.store.sessions() == () and kept_files(elsewhere.home) == set()
    assert not [f for f in tmp_path.rglob("evil*")]


def test_a_zip_with_a_member_twice_or_no_zip_at_all_is_refused(elsewhere: Settings, exported: Path, tmp_path: Path):
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(exported, "a") as archive:
        archive.writestr(RECORD, b"{}")
    (tmp_path / "text.zip").write_text("no zip")
    (tmp_path / "cut.zip").write_bytes(exported.read_bytes()[:-200])
    with agent_of(elsewhere) as agent:
        for file, said in ((exported, "twice"), (tmp_path / "text.zip", "whole zip"), (tmp_path / "cut.zip", "whole")):
            with pytest.raises(BadInput, match=said):
                agent.import_(file)
        with pytest.raises(BadInput, match="cannot be read"):
            agent.import_(tmp_path / "none.zip")


def test_a_zip_that_is_packed_in_another_way_or_names_no_text_is_refused(
    elsewhere: Settings, exported: Path, tmp_path: Path
):
    with zipfile.ZipFile(exported) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for method in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        with zipfile.ZipFile(tmp_path / f"{method}.zip", "w", method) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
    with zipfile.ZipFile(tmp_path / "name.zip", "w") as archive:
        archive.writestr("pictures/ü.png", b"x")
    data = (tmp_path / "name.zip").read_bytes()
    (tmp_path / "name.zip").write_bytes(data.replace("ü".encode(), b"\xff\xfe"))
    with agent_of(elsewhere) as agent:
        for file, said in ((zipfile.ZIP_LZMA, "packed"), (zipfile.ZIP_BZIP2, "packed"), ("name", "not a whole zip")):
            with pytest.raises(BadInput, match=said):
                agent.import_(tmp_path / f"{file}.zip")


def test_a_link_in_a_zip_is_never_followed(elsewhere: Settings, exported: Path, tmp_path: Path):
    with zipfile.ZipFile(exported) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".png"))
        members = {n: archive.read(n) for n in archive.namelist() if n != name}
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        for other, data in members.items():
            archive.writestr(other, data)
        link = zipfile.ZipInfo(name)
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with agent_of(elsewhere) as agent, pytest.raises(BadInput, match="not what it was"):
        agent.import_(tmp_path / "link.zip")


def test_an_unfinished_session_is_not_exported(settings: Settings, three_things: ScenePlan, tmp_path: Path):
    with agent_of(settings) as agent:
        session = agent.store.begin(agent.draw(three_things.prompt, plan=three_things, steps=2).brief)
        with pytest.raises(BadInput, match="not finished"):
            agent.export(session, tmp_path / "fox.zip")
    assert not (tmp_path / "fox.zip").exists()


def test_an_export_whose_picture_is_gone_leaves_no_half_file(
    settings: Settings, three_things: ScenePlan, tmp_path: Path
):
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        agent.result(session).image.unlink()
        with pytest.raises(BrokenAsset, match="cannot be read"):
            agent.export(session, tmp_path / "fox.zip")
    assert not list(tmp_path.glob("*.zip")) and not list(tmp_path.glob("*.part"))
