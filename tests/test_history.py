"""The history of a picture: versions, lines, undo; handing a session on, forgetting it, freeing what nobody needs."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from edit_fixtures import agent_of, drawn, kept_files, pixels
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scripted import ScriptedVerifier

from mepg_agent.agent import Agent
from mepg_agent.engine.base import Pixels
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.history import Edit, History, Version
from mepg_agent.records import Check, Finding, Render, Rung, Verdict
from mepg_agent.scene import MAX_REGIONS, Box, Extent, Region, ScenePlan
from mepg_agent.session import Result
from mepg_agent.settings import Settings

PLAN = ScenePlan(prompt="a fox", global_prompt="a fox", extent=Extent(width=64, height=64), regions=())
RENDER = Render(picture="0" * 64, latents="0" * 64, job="0" * 64, seed=0, seconds=0, calls=0)


def version(number: int, parent: int | None) -> Version:
    verdict = Verdict(findings=())
    return Version(number=number, parent=parent, plan=PLAN, render=RENDER, verdict=verdict, status="accepted")


def grown(history: History) -> History:
    return history.grown(version(len(history.versions) + 1, history.head))


def crowd(prefix: str) -> tuple[Region, ...]:
    """As many regions as a plan may have, side by side."""
    boxes = [Box(x=0.25 * (i % 4), y=0.25 * (i // 4), width=0.2, height=0.2) for i in range(MAX_REGIONS)]
    return tuple(Region(id=f"{prefix}-{i}", noun=prefix, prompt=f"a {prefix}", box=b) for i, b in enumerate(boxes))


def one() -> History:
    return History(versions=(version(1, None),))


def test_undo_and_redo_walk_along_the_line():
    history = grown(grown(one()))
    assert history.head == 3
    back = history.undone().undone()
    assert back.head == 1 and back.versions == history.versions
    assert back.redone().head == 2 and back.redone().redone() == history


def test_the_ends_of_a_line_are_sentences():
    with pytest.raises(BadInput, match="nothing to undo"):
        one().undone()
    with pytest.raises(BadInput, match="newest of the line 'main'"):
        one().redone()


def test_an_edit_after_an_undo_opens_a_line_and_the_other_one_stays():
    history = grown(grown(one()).undone())
    assert history.branches == {"main": 2, "line-2": 3}
    assert (history.head, history.branch, history.version().parent) == (3, "line-2", 1)
    assert history.branched("main").head == 2
    again = grown(history.undone())
    assert again.branches == {"main": 2, "line-2": 3, "line-3": 4}


def test_a_line_begins_where_it_is_told_and_goes_on_there():
    history = grown(grown(grown(one())).branched("night", at=2))
    assert history.branches == {"main": 3, "night": 4}
    assert history.version(4).parent == 2 and history.version(4).branch == "night"
    assert history.branched("main").branched("night") == history


@pytest.mark.parametrize("name", ["", "Night", "-night", "a b", "x" * 49, "../up", "é"])
def test_a_line_has_a_plain_name(name: str):
    with pytest.raises(BadInput, match="cannot name a line"):
        one().branched(name)


def test_a_line_is_not_opened_twice_nor_at_a_version_that_is_not_there():
    with pytest.raises(BadInput, match="already"):
        one().branched("main", at=1)
    with pytest.raises(BadInput, match="no version 7"):
        one().branched("night", at=7)


@pytest.mark.parametrize(
    "wrong",
    [
        {"versions": ()},
        {"versions": (version(2, None),)},
        {"versions": (version(1, None), version(2, 2))},
        {"versions": (version(1, None), version(2, None))},
        {"head": 2},
        {"branch": "night"},
        {"branches": {"main": 9}},
        {"branches": {"main": 1, "../up": 1}},
        {"versions": (version(1, None), version(2, 1)), "head": 2},
    ],
)
def test_a_history_that_contradicts_itself_is_refused(wrong: dict[str, object]):
    with pytest.raises(ValidationError):
        History.model_validate({**dict(one()), **wrong})


@given(st.lists(st.sampled_from(["edit", "undo", "redo", "branch", "main"]), max_size=20))
@hypothesis_settings(max_examples=60, deadline=None)
def test_whatever_is_done_no_version_is_lost_and_every_line_can_be_reached(steps: list[str]):
    history, edits = one(), 0
    for number, step in enumerate(steps):
        before = history
        try:
            match step:
                case "edit":
                    history, edits = grown(history), edits + 1
                case "undo":
                    history = history.undone()
                case "redo":
                    history = history.redone()
                case "branch":
                    history = history.branched(f"b{number}")
                case _:
                    history = history.branched("main")
        except BadInput:
            assert history == before
        assert history.versions[: len(before.versions)] == before.versions
        assert set(before.branches) <= set(history.branches)
    assert len(history.versions) == 1 + edits
    reached = {n for end in history.branches.values() for n in history.ancestry(end)}
    assert reached == set(range(1, edits + 2))


def test_the_way_between_two_versions_leads_over_what_both_were_made_from():
    history = grown(grown(grown(one()).undone()))  # 1 → 2, 1 → 3 → 4
    assert {(a.number, b.number) for a, b in history.path(2, 4)} == {(1, 2), (1, 3), (3, 4)}
    assert history.path(3, 3) == ()


def test_a_session_from_before_there_were_edits_is_its_first_version(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        folder = settings.home / "sessions" / session
        assert not (folder / "history.json").exists(), "what has no edits is stored as it always was"
        old = json.loads((folder / "result.json").read_text())
        del old["version"]
        (folder / "result.json").write_text(json.dumps(old))
        history = agent.history(session)
        assert [v.number for v in history.versions] == [1] and history.version().instruction is None
        assert agent.edit(session, "make the dog red").version == 2


def test_undo_and_redo_choose_what_is_shown_and_delete_nothing(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        first, second = agent.result(session), agent.edit(session, "make the dog red")
        assert agent.undo(session) == first == agent.result(session)
        assert agent.store.sessions()[0].image == first.image
        assert agent.edit(session, "redo") == second == agent.result(session, 2)
        assert second.image.is_file()


def test_versions_say_how_they_came_about(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        result = agent.edit(session, "  make the  dog red\n", rounds=0)
        made = agent.history(session).version(2)
    assert (made.parent, made.branch, made.instruction) == (1, "main", "make the dog red")
    assert made.status == result.status and made.plan == result.plan and made.render == result.render
    assert set(made.seconds) >= {"plan", "critique", "generate", "verify"}


def test_a_comparison_tells_regions_pixels_and_what_stayed(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        agent.edit(session, "make the dog red")
        agent.undo(session)
        agent.edit(session, "remove the castle")
        found = agent.compare(session, 2, 3)
        same = agent.compare(session, 2, 2)
    assert set(found.regions) == {"dog", "castle"} and found.outside_equal
    boxes = [three_things.region(i).box for i in ("dog", "castle")]
    assert list(found.boxes) == boxes
    assert 0 < found.changed <= sum(box.area for box in boxes) + 0.01 and found.largest > 0
    assert (same.regions, same.boxes, same.changed, same.outside_equal) == ((), (), 0, True)


def test_a_removed_thing_whose_place_was_drawn_once_more_can_be_compared(settings: Settings, three_things: ScenePlan):
    scores: Any = {"gone-castle": (0.8, 0.2)}
    with agent_of(settings, **scores) as agent:
        session = drawn(agent, three_things)
        assert agent.edit(session, "remove the castle", rounds=1).attempts[0].kept
        found = agent.compare(session, 1, 2)
    assert (found.regions, found.boxes) == (("castle",), (three_things.region("castle").box,))
    assert found.outside_equal


class LeakyBalloon(ScriptedVerifier):
    """Always sees something else where the balloon should be, so that it is moved aside."""

    def _look(self, image: Pixels, plan: ScenePlan, region: Region) -> Finding:
        found = super()._look(image, plan, region)
        return found.model_copy(update={"check": Check.LEAK}) if region.id == "balloon" else found


def test_a_comparison_names_also_the_place_from_which_a_repair_moved_a_thing(
    settings: Settings, three_things: ScenePlan
):
    verifier = LeakyBalloon({"balloon": (*[0.1] * 10, 0.9)})
    with Agent(settings, engine=FakeEngine(), verifier=verifier) as agent:
        session = drawn(agent, three_things)
        result = agent.edit(session, "add a balloon")
        assert (result.attempts[-1].rung, result.attempts[-1].kept) == (Rung.MOVE, True)
        found = agent.compare(session, 1, 2)
    assert len(found.boxes) == 2 and found.boxes[1] == result.plan.region("balloon").box
    assert found.outside_equal


def test_a_comparison_notices_pixels_that_no_edit_should_have_changed(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        agent.edit(session, "make the dog red")
        history = agent.history(session)
        altered = pixels(agent, agent.result(session)).copy()
        altered[0, 0] ^= 1
        picture = agent.store.put_picture(altered, {})
        last = history.version()
        render = Render.model_validate({**dict(last.render), "picture": picture})
        forged = Version.model_validate({**dict(last), "render": render})
        agent.store.put_history(
            session, History.model_validate({**dict(history), "versions": (history.versions[0], forged)})
        )
        assert not agent.compare(session, 1, 2).outside_equal


def test_versions_of_two_sizes_cannot_be_compared(settings: Settings, three_things: ScenePlan):
    """No edit makes such, but a file that is imported may hold them."""
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        agent.edit(session, "make it night")
        history = agent.history(session)
        name = agent.store.put_picture(pixels(agent, agent.result(session))[:64], {})
        smaller = history.versions[1].render.model_copy(update={"picture": name})
        versions = (history.versions[0], history.versions[1].model_copy(update={"render": smaller}))
        agent.store.put_history(session, history.model_copy(update={"versions": versions}))
        with pytest.raises(BadInput, match="not of one size"):
            agent.compare(session, 1, 2)


def test_a_forgotten_session_is_gone_and_the_others_keep_their_pictures(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        one_session, other = drawn(agent, three_things), drawn(agent, three_things)
        agent.edit(one_session, "make the dog red")
        agent.forget(one_session)
        assert [s.session for s in agent.store.sessions()] == [other]
        with pytest.raises(BadInput, match="no session"):
            agent.history(one_session)
        agent.collect()
        assert agent.result(other).image.is_file()
        assert agent._state(one_session) == {} == agent._state(f"{one_session}/2")


def test_collecting_keeps_every_version_and_frees_the_rest(settings: Settings, three_things: ScenePlan):
    with agent_of(settings, dog=(0.1, 0.2, 0.9)) as agent:
        kept = drawn(agent, three_things)
        agent.edit(kept, "remove the fox")
        agent.undo(kept)
        needed = kept_files(settings.home)
        gone = agent.draw("a cat and a tree", steps=2).session
        agent.edit(gone, "make the cat red")
        assert agent.collect().files == 0, "everything is referred to"
        agent.forget(gone)
        extra = kept_files(settings.home) - needed
        (settings.home / "pictures" / "notes.txt").write_text("mine")
        found = agent.collect()
        assert kept_files(settings.home) == needed | {settings.home / "pictures" / "notes.txt"}
        assert found.files == len(extra) > 0 and found.bytes > 0 and found.spared == 0
        assert agent.redo(kept).image.is_file()
        for number in (1, 2):
            pixels(agent, agent.result(kept, number))


def test_collecting_spares_what_an_unfinished_picture_needs(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        stream = agent.stream_edit(session, "make the dog red")
        next(item for item in stream if getattr(item, "node", "") == "verify")
        stream.close()
        torn = settings.home / "pictures" / ".0123456789abcdef.part"
        torn.write_text("half")
        lone = agent.store.put_latents(agent.store.latents(agent.result(session).render.latents) + 1)
        assert agent.collect().spared == 1
        assert torn.exists(), "it may be one that is being written"
        for file in kept_files(settings.home):
            os.utime(file, (0, time.time() - 7200))
        assert agent.collect().files == 2
        assert not torn.exists() and not list(settings.home.rglob(f"{lone}*"))
        *_, done = agent.resume(session)
        assert done == agent.result(session, 2)


@pytest.mark.parametrize("first", ["failed", "imported"])
def test_collecting_spares_what_a_session_is_about_to_name(
    first: str, settings: Settings, three_things: ScenePlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """One that failed and is drawn again, one that is being imported."""
    with agent_of(settings) as agent:
        file = agent.export(drawn(agent, three_things), tmp_path / "fox.zip")
    with agent_of(settings.model_copy(update={"home": tmp_path / "elsewhere"})) as agent:
        step = "keep" if first == "failed" else "open"
        real = getattr(agent.store, step)

        def collecting(*given: Any) -> Any:
            agent.collect()
            done = real(*given)
            agent.collect()
            return done

        monkeypatch.setattr(agent.store, step, collecting)
        if first == "imported":
            result = agent.import_(file)
        else:
            session = agent.begin(three_things.prompt, plan=three_things, steps=2)
            agent.store.put_failure(session, BrokenAsset("The weights are damaged.", "Restore them."))
            *_, result = agent.resume(session)
        assert isinstance(result, Result) and result.image.is_file()


def test_what_a_killed_process_left_in_the_sessions_goes_after_an_hour(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        unopened = settings.home / "sessions" / "fox-castle-0000"
        unopened.mkdir()
        (unopened / "preview.png").write_bytes(b"")
        half = settings.home / "sessions" / session / ".0123456789abcdef.part"
        half.write_text("{")
        assert agent.collect().files == 0, "somebody may be writing them"
        for file in (half, unopened):
            os.utime(file, (0, time.time() - 7200))
        assert agent.collect().files == 2
        assert not half.exists() and not unopened.exists()
        assert agent.result(session).image.is_file()


def test_collecting_never_takes_what_somebody_else_put_into_the_home(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        session, sessions = drawn(agent, three_things), settings.home / "sessions"
        foreign = [sessions / name / "notes.txt" for name in ("my-backups", "my-backups-2024", f"{session}/kept")]
        foreign += [sessions / "my-backups" / ".mine.part", settings.home / "pictures" / ".mine.part"]
        for file in foreign:
            file.parent.mkdir(exist_ok=True)
            file.write_text("mine")
            for old in (file, file.parent):
                os.utime(old, (0, time.time() - 7200))
        assert agent.collect().files == 0
        assert all(file.read_text() == "mine" for file in foreign)


@pytest.mark.parametrize("name", ["result.json", "history.json", "edit.json", "brief.json"])
def test_nothing_is_collected_while_a_session_cannot_be_read(settings: Settings, three_things: ScenePlan, name: str):
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        (settings.home / "sessions" / session / name).write_text("{")
        before = kept_files(settings.home)
        with pytest.raises(BrokenAsset):
            agent.collect()
        assert kept_files(settings.home) == before


def test_an_edit_keeps_the_boxes_of_the_history_it_came_from(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        agent.edit(session, "make it night")
        assert agent.compare(session, 1, 2).boxes == (Box.full(),)


def test_a_full_picture_can_be_mended_of_things_that_are_still_seen():
    plan = PLAN.replaced(regions=crowd("fox"))
    gone = Region(id="dog", noun="dog", prompt="a dog", box=Box(x=0.8, y=0.2, width=0.19, height=0.05))
    edit = one().edit("mend dog", plan, rounds=1, gone=(gone,))
    edit = Edit.model_validate({**dict(edit), "before": plan})
    assert edit.repairable(plan) == {"dog": (gone.box,)}
