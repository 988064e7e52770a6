import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mepg_agent.engine.base import Picture
from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.history import History
from mepg_agent.pictures import Drawn, Recipe
from mepg_agent.provenance import read_provenance
from mepg_agent.records import Brief, Render, RenderJob, Verdict
from mepg_agent.scene import Extent, ScenePlan
from mepg_agent.session import Result, SessionStore

IMAGE = np.arange(64 * 80 * 3, dtype=np.uint8).reshape(64, 80, 3)
LATENTS = np.linspace(-1, 1, 4 * 8 * 10, dtype=np.float32).reshape(4, 8, 10)


@pytest.fixture
def store(home: Path) -> SessionStore:
    return SessionStore(home)


def render_of(store: SessionStore, **changed: object) -> Render:
    picture, latents = store.put_picture(IMAGE, {"mepg:job": "j"}), store.put_latents(LATENTS)
    return Render.model_validate(
        {"picture": picture, "latents": latents, "job": "a" * 64, "seed": 1, "seconds": 1, "calls": 4, **changed}
    )


def result_of(store: SessionStore, session: str, plan: ScenePlan) -> Result:
    render = render_of(store)
    return Result(
        session=session,
        status="accepted",
        brief=Brief(prompt=plan.prompt),
        plan=plan,
        render=render,
        verdict=Verdict(findings=()),
        rounds=0,
        renders=(render,),
        image=store.picture_path(render.picture),
    )


def test_pictures_and_latents_come_back_exactly(store: SessionStore):
    assert np.array_equal(store.picture(store.put_picture(IMAGE, {})), IMAGE)
    assert np.array_equal(store.latents(store.put_latents(LATENTS)), LATENTS)


def test_the_same_picture_is_kept_once(store: SessionStore):
    assert store.put_picture(IMAGE, {"a": "1"}) == store.put_picture(IMAGE, {"a": "1"})
    assert len(list(store.home.rglob("*.png"))) == 1


def test_a_picture_carries_its_provenance_also_beyond_ascii(store: SessionStore):
    file = store.picture_path(store.put_picture(IMAGE, {"mepg:plan": "ein Füchschen 🦊"}))
    with Image.open(file) as image:
        assert image.info["mepg:plan"] == "ein Füchschen 🦊"


def test_a_file_without_an_end_is_not_read_to_its_end(store: SessionStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mepg_agent.provenance.MAX_FILE", 2**20)
    with pytest.raises(BadInput, match="larger than 1 MiB"):
        read_provenance(Path("/dev/zero"), store)


def test_an_altered_file_is_noticed(store: SessionStore):
    for sha256, read in ((store.put_picture(IMAGE, {}), store.picture), (store.put_latents(LATENTS), store.latents)):
        [file] = store.home.rglob(f"{sha256}.*")
        file.write_bytes(file.read_bytes()[:-1] + b"x")
        with pytest.raises(BrokenAsset, match="not what was written"):
            read(sha256)


def test_a_missing_picture_is_a_sentence(store: SessionStore):
    with pytest.raises(BrokenAsset, match="cannot be read"):
        store.picture("0" * 64)


def test_a_render_counts_only_while_its_files_are_there(store: SessionStore):
    drawn = Drawn(renders=(render_of(store),), region_seconds={"fox": 0.5})
    store.put_drawn("a" * 64, drawn)
    assert store.drawn("a" * 64) == drawn
    assert store.drawn("b" * 64) is None
    for name in (drawn.renders[0].picture, drawn.renders[0].latents):
        [file] = store.home.rglob(f"{name}.*")
        good = file.read_bytes()
        file.write_bytes(good[:-1])
        assert store.drawn("a" * 64) is None
        file.unlink()
        assert store.drawn("a" * 64) is None
        file.write_bytes(good)
        assert store.drawn("a" * 64) == drawn


def test_how_a_picture_was_drawn_stays_as_it_was_noted_when_it_is_drawn_again(
    store: SessionStore, three_things: ScenePlan
):
    extent = Extent(width=80, height=64)
    job = RenderJob(backbone="b", weights="w", prompt="a fox", extent=extent, regions=(), seed=1, steps=1, guidance=1)
    theirs = Recipe(job=job, plan=three_things.replaced(notes=("theirs",)))
    assert store.add_recipe(theirs) == theirs
    [render] = store.keep(job, Picture(IMAGE, LATENTS, seconds=1, calls=1), three_things).renders
    assert store.recipe(job.hash()) == theirs
    assert Image.open(store.picture_path(render.picture)).info["mepg:plan"] == theirs.plan.model_dump_json()
    (store.home / "jobs" / f"{job.hash()}.json").write_text("{")
    store.keep(job, Picture(IMAGE, LATENTS, seconds=1, calls=1), three_things)
    assert store.recipe(job.hash()) == Recipe(job=job, plan=three_things), "one that nobody can read is replaced"


def test_a_session_is_named_after_its_prompt_and_never_twice(store: SessionStore):
    names = {store.begin(Brief(prompt="A fox left of the castle")) for _ in range(50)}
    assert len(names) == 50
    assert all(name.startswith("fox-castle-") for name in names)
    assert store.begin(Brief(prompt="лиса")).startswith("picture-")


def test_a_result_comes_back_with_the_path_of_its_picture(store: SessionStore, three_things: ScenePlan):
    session = store.begin(Brief(prompt=three_things.prompt))
    assert store.result(session) is None
    result = result_of(store, session, three_things)
    store.put_result(result)
    assert store.result(session) == result


def test_a_home_that_moved_still_finds_its_pictures(store: SessionStore, three_things: ScenePlan, tmp_path: Path):
    session = store.begin(Brief(prompt="a fox"))
    store.put_result(result_of(store, session, three_things))
    store.home.rename(tmp_path / "moved")
    result = SessionStore(tmp_path / "moved").result(session)
    assert result is not None and result.image.is_file()


def test_sessions_are_listed_with_how_they_ended(store: SessionStore, three_things: ScenePlan):
    done, failed, open_ = (store.begin(Brief(prompt=p)) for p in ("a fox", "a dog", "a cat"))
    store.put_result(result_of(store, done, three_things))
    store.put_failure(failed, BrokenAsset("The disk is full.", "Free some space."))
    assert {s.session: s.status for s in store.sessions()} == {done: "accepted", failed: "failed", open_: None}


DAMAGE = {"history.json": "{}", "result.json": "[]", "edit.json": "{", "brief.json": "[" * 100_000}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_session_that_cannot_be_read_hides_no_other_one(store: SessionStore, three_things: ScenePlan, name: str):
    broken, kept = (store.begin(Brief(prompt=prompt)) for prompt in ("a fox", "a dog"))
    store.put_result(result_of(store, kept, three_things))
    (store.home / "sessions" / broken / name).write_text(DAMAGE[name])
    assert [s.session for s in store.sessions()] == [kept]
    [found] = [s for s in store.sessions(damaged=True) if s.session != kept]
    prompt = "" if name == "brief.json" else "a fox"
    assert (found.session, found.status, found.prompt, found.image) == (broken, "damaged", prompt, None)


@pytest.mark.parametrize("content", ["{}", "{"])
def test_the_advice_to_remove_a_history_says_that_the_edits_go_with_it(store: SessionStore, content: str):
    session = store.begin(Brief(prompt="a fox"))
    (store.home / "sessions" / session / "history.json").write_text(content)
    with pytest.raises(BrokenAsset) as caught:
        store.history(session)
    assert "the edits of the session are lost" in caught.value.advice


def test_what_another_process_takes_away_meanwhile_is_not_listed_and_no_fault(
    store: SessionStore, three_things: ScenePlan, monkeypatch: pytest.MonkeyPatch
):
    gone, kept = (store.begin(Brief(prompt=prompt)) for prompt in ("a fox", "a dog"))
    store.put_result(result_of(store, kept, three_things))
    real = store.history

    def forgotten_first(session: str) -> History | None:
        if (store.home / "sessions" / gone).exists():
            store.forget(gone)
        return real(session)

    monkeypatch.setattr(store, "history", forgotten_first)
    assert [s.session for s in store.sessions()] == [kept]


def test_an_edit_that_ends_while_somebody_looks_is_none(store: SessionStore, monkeypatch: pytest.MonkeyPatch):
    session = store.begin(Brief(prompt="a fox"))
    note = store.home / "sessions" / session / "edit.json"
    note.write_text("{}")
    real = Path.read_text

    def read_too_late(file: Path, **how: str) -> str:
        if file == note:
            note.unlink()
        return real(file, **how)

    monkeypatch.setattr(Path, "read_text", read_too_late)
    assert store.edit(session) is None


@pytest.mark.parametrize("name", ["../../etc", "fox", "", "fox-castle-12/../x-1234", "FOX-3f9a", f"{'x' * 300}-3f9a"])
def test_a_name_that_is_no_session_never_reaches_the_disk(store: SessionStore, name: str):
    with pytest.raises(BadInput, match="is not a session"):
        store.result(name)


def test_an_unknown_session_is_a_sentence(store: SessionStore):
    with pytest.raises(BadInput, match="no session 'fox-castle-3f9a'"):
        store.result("fox-castle-3f9a")


def test_a_record_of_another_version_is_a_sentence(store: SessionStore):
    session = store.begin(Brief(prompt="a fox"))
    (store.home / "sessions" / session / "result.json").write_text('{"render": {}}')
    with pytest.raises(BrokenAsset, match="another version"):
        store.result(session)


def test_a_home_that_is_a_file_is_a_sentence(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BrokenAsset, match="MEPG_HOME"):
        SessionStore(tmp_path / "file")


def test_a_full_disk_is_a_sentence_and_leaves_nothing_half_written(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
):
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BrokenAsset, match="No space left on device"):
        store.put_picture(IMAGE, {})
    assert [f for f in store.home.rglob("*") if f.is_file()] == []
