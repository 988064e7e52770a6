from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scripted import ScriptedVerifier

from mepg_agent.agent import Agent
from mepg_agent.batch import LOCK, RECORD, Item, Outcome, file_id, make_items, run_batch, write_whole
from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.records import Brief, Event, RenderJob
from mepg_agent.settings import Settings
from mepg_agent.turns import WAITING, Turns

FOX, DOG, CASTLE = "a red fox", "a dog on a meadow", "a castle at night"


def items_of(*prompts: str, seed: int = 0) -> list[Item]:
    return make_items((None, Brief(prompt=prompt, seed=seed, steps=2)) for prompt in prompts)


def drawn(
    settings: Settings,
    items: Sequence[Item],
    folder: Path,
    engine: FakeEngine | None = None,
    verifier: ScriptedVerifier | None = None,
    jobs: int = 1,
    resume: bool = False,
) -> dict[str, Outcome]:
    with Agent(settings, engine=engine or FakeEngine(), verifier=verifier or ScriptedVerifier()) as agent:
        news = run_batch(agent, items, folder, jobs, resume)
        return {item.id: what for item, what in news if isinstance(what, Outcome)}


def pictures(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.glob("*.png")}


class Killed(BaseException):
    """What ends a process leaves no time for handlers."""


class KilledAt(FakeEngine):
    """Ends in the middle of the picture with this number, counted from 1."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        for part in super().run(job, before):
            if len(self.jobs) == self._number:
                raise Killed
            yield part


class BrokenFor(FakeEngine):
    def __init__(self, word: str, error: Exception) -> None:
        super().__init__()
        self._word, self._error = word, error

    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        if any(self._word in region.prompt for region in job.regions):
            raise self._error
        yield from super().run(job, before)


def test_every_item_becomes_a_picture_named_by_its_id(settings: Settings, tmp_path: Path):
    outcomes = drawn(settings, items_of(FOX, DOG), tmp_path / "out")
    assert {name: outcome.status for name, outcome in outcomes.items()} == {
        "a-red-fox": "accepted",
        "a-dog-on-a-meadow": "accepted",
    }
    assert set(pictures(tmp_path / "out")) == {"a-red-fox.png", "a-dog-on-a-meadow.png"}
    assert {file.name for file in (tmp_path / "out").iterdir()} == {*pictures(tmp_path / "out"), RECORD}
    assert all(outcome.calls == 2 for outcome in outcomes.values())


def test_events_of_an_item_come_before_its_outcome(settings: Settings, tmp_path: Path):
    with Agent(settings, engine=FakeEngine(), verifier=ScriptedVerifier()) as agent:
        news = [(item.id, what) for item, what in run_batch(agent, items_of(FOX), tmp_path)]
    *events, (name, last) = news
    assert name == "a-red-fox" and isinstance(last, Outcome)
    assert all(isinstance(what, Event) for _, what in events) and len(events) > 3


def test_a_killed_run_goes_on_and_gives_the_pictures_of_an_unbroken_one(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    items = items_of(FOX, DOG, CASTLE, "a cat")
    with pytest.raises(Killed):
        drawn(settings, items, tmp_path / "out", KilledAt(3))
    assert set(pictures(tmp_path / "out")) == {f"{item.id}.png" for item in items[:2]}
    engine = FakeEngine()
    outcomes = drawn(settings, items, tmp_path / "out", engine, resume=True)
    assert {outcome.status for outcome in outcomes.values()} == {"accepted"} and len(outcomes) == 4
    assert [job.regions[0].id for job in engine.jobs] == ["castle", "cat"]
    elsewhere = settings.model_copy(update={"home": tmp_path / "other home"})
    drawn(elsewhere, items, tmp_path / "whole")
    assert pictures(tmp_path / "out") == pictures(tmp_path / "whole")


def test_a_killed_item_goes_on_in_its_own_session(settings: Settings, tmp_path: Path):
    with pytest.raises(Killed):
        drawn(settings, items_of(FOX), tmp_path / "out", KilledAt(1))
    outcome = drawn(settings, items_of(FOX), tmp_path / "out", resume=True)["a-red-fox"]
    with Agent(settings, engine=FakeEngine()) as agent:
        assert [summary.session for summary in agent.store.sessions()] == [outcome.session]


def test_half_a_line_left_by_a_killed_run_is_dropped(settings: Settings, tmp_path: Path):
    first = drawn(settings, items_of(FOX), tmp_path)
    record = tmp_path / RECORD
    record.write_bytes(record.read_bytes() + b'{"id":"a-red-f')
    engine = FakeEngine()
    assert drawn(settings, items_of(FOX), tmp_path, engine, resume=True) == first
    assert engine.jobs == []
    drawn(settings, items_of(FOX, DOG), tmp_path, resume=True)
    assert all(json.loads(line) for line in record.read_text().splitlines())


@pytest.mark.parametrize("ending", ["\n", ""])
def test_a_record_that_is_something_else_is_refused_and_left_as_it_is(settings: Settings, tmp_path: Path, ending: str):
    mine = '{"shopping": "milk"}' + ending
    (tmp_path / RECORD).write_text(mine)
    with pytest.raises(BadInput, match=r"Line 1 of .* is not from a batch"):
        drawn(settings, items_of(FOX), tmp_path, resume=True)
    assert (tmp_path / RECORD).read_text() == mine


def test_resuming_draws_only_what_changed(settings: Settings, tmp_path: Path):
    drawn(settings, items_of(FOX, DOG), tmp_path)
    before = pictures(tmp_path)
    changed = [items_of(FOX)[0], Item(id="a-dog-on-a-meadow", brief=Brief(prompt=DOG, seed=5, steps=2))]
    engine = FakeEngine()
    outcomes = drawn(settings, changed, tmp_path, engine, resume=True)
    assert [job.seed for job in engine.jobs] == [5]
    after = pictures(tmp_path)
    assert after["a-red-fox.png"] == before["a-red-fox.png"]
    assert after["a-dog-on-a-meadow.png"] != before["a-dog-on-a-meadow.png"]
    assert set(outcomes) == {"a-red-fox", "a-dog-on-a-meadow"}


def test_a_picture_that_was_removed_is_put_back_without_drawing(settings: Settings, tmp_path: Path):
    drawn(settings, items_of(FOX), tmp_path)
    before = pictures(tmp_path)
    (tmp_path / "a-red-fox.png").unlink()
    engine = FakeEngine()
    drawn(settings, items_of(FOX), tmp_path, engine, resume=True)
    assert (engine.jobs, pictures(tmp_path)) == ([], before)


def test_a_picture_that_a_person_changed_since_is_put_back_as_the_batch_drew_it(settings: Settings, tmp_path: Path):
    first = drawn(settings, items_of(FOX), tmp_path)["a-red-fox"]
    before = pictures(tmp_path)
    with Agent(settings, engine=FakeEngine(), verifier=ScriptedVerifier()) as agent:
        assert agent.edit(first.session or "", "make the fox blue").version == 2
    (tmp_path / "a-red-fox.png").unlink()
    assert drawn(settings, items_of(FOX), tmp_path, resume=True) == {"a-red-fox": first}
    assert pictures(tmp_path) == before


def test_a_run_whose_sessions_are_gone_draws_what_is_missing_anew(settings: Settings, tmp_path: Path):
    with pytest.raises(Killed):
        drawn(settings, items_of(FOX, DOG), tmp_path / "out", KilledAt(2))
    elsewhere = settings.model_copy(update={"home": tmp_path / "other home"})
    engine = FakeEngine()
    outcomes = drawn(elsewhere, items_of(FOX, DOG), tmp_path / "out", engine, resume=True)
    assert len(engine.jobs) == 1 and outcomes["a-dog-on-a-meadow"].status == "accepted"


def test_a_folder_that_holds_a_batch_is_left_alone_unless_it_is_resumed(settings: Settings, tmp_path: Path):
    drawn(settings, items_of(FOX), tmp_path)
    before = pictures(tmp_path)
    with pytest.raises(BadInput, match="--resume"):
        drawn(settings, items_of(FOX, seed=9), tmp_path)
    assert pictures(tmp_path) == before


@pytest.mark.parametrize("error", [BrokenAsset("The weights are damaged.", "Restore them."), ZeroDivisionError("oh")])
def test_an_item_that_fails_does_not_stop_the_others_and_is_tried_again(
    settings: Settings, tmp_path: Path, error: Exception
):
    items = items_of(FOX, DOG, CASTLE)
    outcomes = drawn(settings, items, tmp_path, BrokenFor("dog", error))
    assert [outcomes[item.id].status for item in items] == ["accepted", "failed", "accepted"]
    assert (outcomes["a-dog-on-a-meadow"].error or "").split(".")[0].endswith(str(error).split(".")[0])
    assert set(pictures(tmp_path)) == {"a-red-fox.png", "a-castle-at-night.png"}
    engine = FakeEngine()
    outcomes = drawn(settings, items, tmp_path, engine, resume=True)
    assert outcomes["a-dog-on-a-meadow"].status == "accepted" and len(engine.jobs) == 1


def test_a_best_effort_is_finished_and_not_drawn_again(settings: Settings, tmp_path: Path):
    items = items_of(FOX)
    first = drawn(settings, items, tmp_path, verifier=ScriptedVerifier({"fox": (0.1,)}))
    engine = FakeEngine()
    assert first["a-red-fox"].status == "best_effort"
    assert drawn(settings, items, tmp_path, engine, resume=True) == first
    assert engine.jobs == []


def test_several_at_once_give_the_same_pictures(settings: Settings, tmp_path: Path):
    items = [item for seed in range(3) for item in items_of(FOX, DOG, seed=seed)]
    items = make_items((None, item.brief) for item in items)
    outcomes = drawn(settings, items, tmp_path / "four", jobs=4)
    assert {outcome.status for outcome in outcomes.values()} == {"accepted"} and len(outcomes) == 6
    elsewhere = settings.model_copy(update={"home": tmp_path / "other home"})
    drawn(elsewhere, items, tmp_path / "one")
    assert pictures(tmp_path / "four") == pictures(tmp_path / "one")


@pytest.mark.parametrize("jobs", [1, 3])
def test_closing_stops_between_two_steps_and_begins_nothing_more(settings: Settings, tmp_path: Path, jobs: int):
    engine = FakeEngine()
    items = make_items((None, Brief(prompt=FOX, seed=seed, steps=200)) for seed in range(8))
    with Agent(settings, engine=engine, verifier=ScriptedVerifier()) as agent:
        with closing(run_batch(agent, items, tmp_path, jobs)) as news:
            next(what for _, what in news if isinstance(what, Event) and what.step == 2)
        assert len(engine.jobs) <= jobs and pictures(tmp_path) == {}
        assert len(agent.store.sessions()) <= jobs
        assert len(list(run_batch(agent, items, tmp_path, jobs, resume=True))) > 8
    assert len(pictures(tmp_path)) == 8


def test_who_waits_for_another_program_can_be_stopped(settings: Settings, tmp_path: Path):
    with Agent(settings, engine=FakeEngine(), verifier=ScriptedVerifier()) as agent, ThreadPoolExecutor(1) as pool:
        with Turns(settings.home, lambda: "given").turn(threading.Event()):
            news = run_batch(agent, items_of(FOX), tmp_path)
            next(what for _, what in news if isinstance(what, Event) and what.message == WAITING)
            closing_it = pool.submit(news.close)
            done, _ = wait([closing_it], timeout=20)
        assert done


def test_a_picture_that_cannot_be_put_in_its_place_fails_and_says_so(settings: Settings, tmp_path: Path):
    (tmp_path / "out" / "a-red-fox.png").mkdir(parents=True)
    outcomes = drawn(settings, items_of(FOX, DOG), tmp_path / "out")
    assert "cannot be written" in (outcomes["a-red-fox"].error or "")
    assert outcomes["a-dog-on-a-meadow"].status == "accepted"
    assert not list((tmp_path / "out").glob(".*"))


def test_a_file_is_written_whole_or_the_old_one_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "page.html"
    write_whole(file, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mepg_agent.batch.os.fsync", full)
    with pytest.raises(BrokenAsset, match="No space left"):
        write_whole(file, b"new")
    assert [(f.name, f.read_bytes()) for f in tmp_path.iterdir()] == [("page.html", b"old")]


def test_a_folder_that_is_a_file_is_said_before_anything_is_drawn(settings: Settings, tmp_path: Path):
    (tmp_path / "out").write_text("")
    engine = FakeEngine()
    with pytest.raises(BadInput, match="Nothing can be written into"):
        drawn(settings, items_of(FOX), tmp_path / "out", engine)
    assert engine.jobs == []


def test_a_folder_in_place_of_the_lock_is_named(settings: Settings, tmp_path: Path):
    (tmp_path / LOCK).mkdir()
    with pytest.raises(BadInput, match=r"\.batch\.lock cannot be written"):
        drawn(settings, items_of(FOX), tmp_path)


def test_ids_are_unique_and_the_given_ones_stay():
    wanted = [(None, FOX), ("a-red-fox", DOG), (None, FOX), ("x", FOX), ("../X", FOX), (None, "!?")]
    items = make_items((name, Brief(prompt=prompt)) for name, prompt in wanted)
    assert [item.id for item in items] == ["a-red-fox-2", "a-red-fox", "a-red-fox-3", "x", "X-2", "picture"]


def test_two_items_of_one_id_are_refused(settings: Settings, tmp_path: Path):
    with pytest.raises(BadInput, match="same id"):
        drawn(settings, [*items_of(FOX), *items_of(FOX)], tmp_path)


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a\\b", ".hidden", "a\n", "x" * 61, "con:"])
def test_an_item_cannot_name_a_file_outside_its_folder(name: str):
    with pytest.raises(ValidationError, match="names no file"):
        Item(id=name, brief=Brief(prompt=FOX))


@given(st.text() | st.text("./\\ -_a\u0301é", max_size=80))
def test_any_words_become_a_plain_file_name_or_none(words: str):
    name = file_id(words)
    assert file_id(name) == name
    assert len(f"{name}.png".encode()) <= 255
    assert not set(name) & set('/\\:*?"<>|\0\n') and not name.startswith((".", "-"))
    assert (Path("folder") / f"{name or 'picture'}.png").parent == Path("folder")
    if name:
        assert Item(id=name, brief=Brief(prompt=FOX)).id == name


@given(st.lists(st.tuples(st.none() | st.sampled_from(["fox", "Fox", "fox-2", "../fox", ""]), st.sampled_from("ab"))))
def test_made_items_never_share_a_file_even_where_capitals_count_for_nothing(wanted: list[tuple[str | None, str]]):
    items = make_items((name, Brief(prompt=prompt)) for name, prompt in wanted)
    assert len({item.id.casefold() for item in items}) == len(wanted)
