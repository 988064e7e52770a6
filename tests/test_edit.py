"""Edits in plain words over an engine without a model: what changes, what stays byte for byte, what survives a kill."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from edit_fixtures import agent_of, drawn, pixels
from scripted import ScriptedVerifier

from mepg_agent.agent import Agent
from mepg_agent.conversation import UNCHANGED
from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import Ambiguous, BadInput, BrokenAsset, Cancelled
from mepg_agent.graph import UNDRAWN
from mepg_agent.records import Event, RenderJob
from mepg_agent.scene import Box, Region, Relation, RelationKind, ScenePlan
from mepg_agent.session import Result
from mepg_agent.settings import Settings

REGIONAL = (
    "make the dog red",
    "make the dog woodcut",
    "remove the fox",
    "replace the castle with a house",
    "make the castle smaller",
    "move the fox up",
    "add a balloon top left",
)


class Killed(BaseException):
    """What ends a process leaves no time for handlers."""


class DyingVerifier(ScriptedVerifier):
    """Ends the process when it looks for the n-th time."""

    left = 0

    def verify(self, image: Pixels, plan: ScenePlan):
        if self.left == 0:
            raise Killed
        self.left -= 1
        return super().verify(image, plan)


def outside(boxes: tuple[Box, ...], plan: ScenePlan) -> np.ndarray:
    """True where no box is, (height, width)."""
    free = np.ones((plan.extent.height, plan.extent.width), bool)
    for box in boxes:
        free[box.pixels(plan.extent).as_slices()] = False
    return free


@pytest.mark.parametrize("instruction", REGIONAL)
def test_a_regional_edit_changes_its_boxes_and_no_byte_outside(
    settings: Settings, three_things: ScenePlan, instruction: str
):
    engine = FakeEngine()
    with agent_of(settings, engine) as agent:
        first = agent.draw(three_things.prompt, plan=three_things, steps=2)
        second = agent.edit(first.session, instruction)
        before, after = pixels(agent, first), pixels(agent, second)
        compared = agent.compare(first.session, 1, 2)
    keep = engine.jobs[-1].keep
    assert len(engine.jobs) == 2 and keep is not None and keep.picture == first.render.picture
    still = outside(keep.redraw, three_things)
    assert still.any() and np.array_equal(before[still], after[still])
    assert (before[~still] != after[~still]).any()
    assert compared.outside_equal and 0 < compared.changed <= 1 - still.mean()
    assert second.version == 2 and second.status == "accepted"


def test_what_an_edit_does_not_name_keeps_its_place_and_expert(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        first = agent.draw(three_things.prompt, plan=three_things, steps=2)
        second = agent.edit(first.session, "make the dog woodcut")
    assert second.plan.region("dog").expert == "woodcut"
    for region in ("fox", "castle"):
        assert second.plan.region(region) == first.plan.region(region)
    assert any(note.startswith("dog: woodcut") for note in second.notes)


def test_an_expert_that_came_later_does_not_change_what_an_edit_leaves_alone(
    settings: Settings, three_things: ScenePlan
):
    fox = Region.model_validate({**dict(three_things.region("fox")), "style": "woodcut"})
    with Agent(settings, engine=FakeEngine(), verifier=ScriptedVerifier()) as agent:
        session = drawn(agent, three_things.with_regions([fox]))
    with agent_of(settings) as agent:
        assert agent.edit(session, "make the dog red").plan.region("fox").expert is None
        assert agent.compare(session, 1, 2).regions == ("dog",)


def test_the_solver_moves_only_what_the_edit_names(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        first = agent.draw(three_things.prompt, plan=three_things, steps=2)
        second = agent.edit(first.session, "move the dog left")
    assert "revise_layout" in second.seconds and any(note.startswith("dog: moved") for note in second.notes)
    for region in ("fox", "castle"):
        assert second.plan.region(region).box == first.plan.region(region).box


def test_a_fault_of_what_the_edit_leaves_alone_is_not_mended(settings: Settings, three_things: ScenePlan):
    over = three_things.region("fox").box.moved(0.05, 0)
    placed = {"fox": three_things.region("fox").box, "castle": over}
    plan = three_things.with_regions(
        Region.model_validate({**dict(three_things.region(i)), "box": box, "locked": True}) for i, box in placed.items()
    )
    with agent_of(settings) as agent:
        first = agent.draw(plan.prompt, plan=plan, steps=2)
        second = agent.edit(first.session, "make the dog red")
    assert any(remark.about == "overlap" for remark in second.remarks)
    assert "revise_layout" in first.seconds and "revise_layout" not in second.seconds


@pytest.mark.parametrize("instruction", ["make it night", "put it in space", "everything in pixel-art"])
def test_an_edit_of_the_whole_picture_draws_all_of_it(settings: Settings, three_things: ScenePlan, instruction: str):
    engine = FakeEngine()
    with agent_of(settings, engine) as agent:
        first = agent.draw(three_things.prompt, plan=three_things, steps=2)
        second = agent.edit(first.session, instruction)
        assert agent.compare(first.session, 1, 2).boxes == (Box.full(),)
    assert len(engine.jobs) == 2 and engine.jobs[1].keep is None
    assert [r.box for r in second.plan.regions] == [r.box for r in first.plan.regions]


def test_a_failed_check_is_repaired_inside_what_the_edit_changed(settings: Settings, three_things: ScenePlan):
    engine = FakeEngine()
    with agent_of(settings, engine, dog=(0.9, 0.1, 0.9)) as agent:
        first = agent.draw(three_things.prompt, plan=three_things, steps=2)
        second = agent.edit(first.session, "make the dog red")
        assert agent.compare(first.session, 1, 2).outside_equal
    assert second.status == "accepted" and second.rounds == 1
    assert [job.keep.redraw for job in engine.jobs if job.keep] == [(three_things.region("dog").box,)] * 2


def test_a_repair_never_touches_what_the_edit_left_alone(settings: Settings, three_things: ScenePlan):
    engine = FakeEngine()
    with agent_of(settings, engine, fox=(0.1,)) as agent:
        first = agent.draw(three_things.prompt, plan=three_things, steps=2, rounds=0)
        second = agent.edit(first.session, "make the dog red", rounds=2)
        assert agent.compare(first.session, 1, 2).outside_equal
    assert len(engine.jobs) == 2
    assert second.status == "best_effort" and any(note.startswith("fox: ") for note in second.notes)


def test_what_stood_behind_a_removed_thing_is_repaired_inside_its_box(settings: Settings, three_things: ScenePlan):
    castle = three_things.region("castle")
    dog = Region.model_validate({**dict(three_things.region("dog")), "box": castle.box.resized(0.6), "z": 1})
    before = Relation(subject="dog", kind=RelationKind.IN_FRONT_OF, object="castle")
    plan = three_things.with_regions([dog]).replaced(relations=(before,))
    engine = FakeEngine()
    with agent_of(settings, engine, castle=(0.9, 0.1, 0.9)) as agent:
        session = drawn(agent, plan)
        placed = agent.result(session).plan.region("dog").box
        result = agent.edit(session, "remove the dog")
        assert agent.compare(session, 1, 2).outside_equal
    assert (result.status, result.rounds) == ("accepted", 1)
    assert [job.keep.redraw for job in engine.jobs if job.keep] == [(placed,)] * 2


def test_an_edit_that_changes_nothing_says_so(settings: Settings, three_things: ScenePlan):
    engine = FakeEngine()
    with agent_of(settings, engine) as agent:
        first = agent.draw(three_things.prompt, plan=three_things, steps=2)
        agent.edit(first.session, "make the dog woodcut")
        *events, again = agent.stream_edit(first.session, "make the dog woodcut")
        assert isinstance(again, Result) and again.version == 2 and again.notes[-1] == UNCHANGED
        assert [e.message for e in events if isinstance(e, Event)] == [UNCHANGED]
        assert len(agent.history(first.session).versions) == 2
    assert len(engine.jobs) == 2


def test_an_edit_of_depth_alone_where_nothing_overlaps_draws_nothing(settings: Settings, three_things: ScenePlan):
    engine = FakeEngine()
    with agent_of(settings, engine) as agent:
        first = agent.draw(three_things.prompt, plan=three_things, steps=2)
        second = agent.edit(first.session, "bring the fox to the front")
    assert second.version == 2 and UNDRAWN in second.notes
    assert second.render == first.render and len(engine.jobs) == 1


def test_an_ambiguous_edit_names_the_choices_and_draws_nothing(settings: Settings):
    engine = FakeEngine()
    with agent_of(settings, engine) as agent:
        first = agent.draw("a fox and two dogs on a meadow", steps=2)
        with pytest.raises(Ambiguous, match="Which dog") as caught:
            agent.edit(first.session, "make the dog red")
        assert len(caught.value.choices) == 2
        for choice in caught.value.choices:
            assert choice in caught.value.advice
        assert len(agent.history(first.session).versions) == 1 and agent.store.edit(first.session) is None
        agent.edit(first.session, f"make {caught.value.choices[0]} red")
    assert len(engine.jobs) == 2


@pytest.mark.parametrize(
    ("instruction", "said"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("x" * 3000, "longer than"),
        ("make the florbel red", "florbel"),
        ("quuxify", "not understand"),
        ("undo", "nothing to undo"),
        ("redo", "Nothing was undone"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_leaves_no_trace(
    settings: Settings, three_things: ScenePlan, instruction: str, said: str
):
    with agent_of(settings) as agent:
        first = agent.draw(three_things.prompt, plan=three_things, steps=2)
        with pytest.raises(BadInput, match=said):
            agent.edit(first.session, instruction)
        assert agent.store.edit(first.session) is None
        assert agent.result(first.session) == first


def test_rounds_out_of_range_and_an_unfinished_picture_are_refused(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        first = agent.draw(three_things.prompt, plan=three_things, steps=2)
        with pytest.raises(BadInput, match="99 rounds"):
            agent.edit(first.session, "make the dog red", rounds=99)
        unfinished = agent.store.begin(first.brief)
        with pytest.raises(BadInput, match="not finished"):
            agent.edit(unfinished, "make the dog red")


def killed_edit(settings: Settings, plan: ScenePlan, looks: int) -> str:
    """A session whose edit was killed when the verifier looked for the time after `looks`; the dog fails once."""
    verifier = DyingVerifier({"dog": (0.9, 0.1, 0.2, 0.9)})
    verifier.left = 1 + looks
    agent = Agent(settings, engine=FakeEngine(), verifier=verifier)
    session = agent.draw(plan.prompt, plan=plan, steps=2).session
    with pytest.raises(Killed):
        agent.edit(session, "make the dog red")
    agent.close()
    return session


@pytest.mark.parametrize("looks", [0, 1, 2, 3])
def test_an_edit_killed_between_nodes_resumes_to_the_same_bytes(
    settings: Settings, three_things: ScenePlan, looks: int
):
    session = killed_edit(settings, three_things, looks)
    scores: dict[str, Sequence[float]] = {"dog": (0.9, 0.1, 0.2, 0.9)}
    engine, verifier = FakeEngine(), ScriptedVerifier(scores)
    with Agent(settings, engine=engine, verifier=verifier) as agent:
        assert agent.result(session).version == 1, "until it is finished the earlier version is shown"
        [summary] = agent.store.sessions()
        assert (summary.status, summary.versions, summary.edit) == ("accepted", 1, "make the dog red")
        verifier.verify(pixels(agent, agent.result(session)), three_things)  # what the script counts
        if looks > 0:
            state = agent._state(f"{session}/2")
            verifier.verify(agent.store.picture(state["renders"][0]["picture"]), three_things)
        *_, resumed = agent.resume(session)
    elsewhere = settings.model_copy(update={"home": settings.home.parent / "other"})
    with Agent(elsewhere, engine=FakeEngine(), verifier=ScriptedVerifier(scores)) as agent:
        whole = agent.edit(agent.draw(three_things.prompt, plan=three_things, steps=2).session, "make the dog red")
    assert isinstance(resumed, Result) and resumed.version == 2
    assert resumed.render.picture == whole.render.picture
    assert resumed.render.latents == whole.render.latents


def test_the_same_instruction_goes_on_with_what_was_killed(settings: Settings, three_things: ScenePlan):
    session = killed_edit(settings, three_things, 0)
    engine = FakeEngine()
    with agent_of(settings, engine) as agent:
        assert agent.edit(session, "make  the dog red").version == 2
        assert agent.store.edit(session) is None
    assert engine.jobs == [], "it was drawn before the kill"


def test_another_instruction_waits_until_the_killed_one_is_finished_or_dropped(
    settings: Settings, three_things: ScenePlan
):
    session = killed_edit(settings, three_things, 0)
    with agent_of(settings) as agent:
        with pytest.raises(BadInput, match="'make the dog red'"):
            agent.edit(session, "make the fox blue")
        with pytest.raises(BadInput, match="not finished"):
            agent.branch(session, "other")
        assert agent.undo(session).version == 1
        blue = agent.edit(session, "make the fox blue")
        assert blue.version == 2 and blue.plan.region("fox").color == "blue"
        assert blue.plan.region("dog").color is None, "nothing of the dropped edit is left"


def test_an_edit_killed_after_it_was_stored_is_not_stored_twice(settings: Settings, three_things: ScenePlan):
    """As if the process had ended before it could take its note away."""
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        stream = agent.stream_edit(session, "make the dog red")
        edit = agent.store.edit(session)
        assert edit is not None
        *_, done = stream
        agent.store.begin_edit(session, edit)
        assert list(agent.resume(session)) == [done]
        assert agent.store.edit(session) is None and len(agent.history(session).versions) == 2
        agent.store.begin_edit(session, edit)
        assert agent.undo(session).version == 1, "a finished edit is undone, not dropped"
        agent.store.begin_edit(session, edit)
        assert agent.redo(session) == done
        agent.store.begin_edit(session, edit)
        assert agent.edit(session, "make the fox blue").version == 3


def test_an_edit_that_was_noted_but_never_begun_is_resumed(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        agent.stream_edit(session, "make the dog red")
    with agent_of(settings) as again:
        *_, result = again.resume(session)
    assert isinstance(result, Result) and result.plan.region("dog").color == "red"


class Breaking(FakeEngine):
    """Breaks down while it draws a part of a picture."""

    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        for item in super().run(job, before):
            if job.keep:
                raise BrokenAsset("The weights are damaged.", "Restore them.")
            yield item


def test_an_edit_that_broke_down_leaves_the_picture_and_can_be_resumed(settings: Settings, three_things: ScenePlan):
    with agent_of(settings, Breaking()) as agent:
        first = agent.draw(three_things.prompt, plan=three_things, steps=2)
        with pytest.raises(BrokenAsset, match="damaged"):
            agent.edit(first.session, "make the dog red")
        assert agent.result(first.session) == first
    with agent_of(settings) as agent:
        *_, second = agent.resume(first.session)
        assert isinstance(second, Result) and second.version == 2


def test_closing_the_stream_of_an_edit_stops_it_and_it_can_be_resumed(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        first = agent.draw(three_things.prompt, plan=three_things, steps=2)
        stream = agent.stream_edit(first.session, "make the dog red")
        next(item for item in stream if isinstance(item, Event) and item.step == 1)
        stream.close()
        assert agent.result(first.session) == first
        *_, second = agent.resume(first.session)
    assert isinstance(second, Result) and second.version == 2


def test_an_edit_that_was_dropped_before_it_began_to_be_drawn_adds_no_version(
    settings: Settings, three_things: ScenePlan
):
    with agent_of(settings) as agent:
        first = agent.draw(three_things.prompt, plan=three_things, steps=2)
        stream = agent.stream_edit(first.session, "make the dog red")
        agent.undo(first.session)
        with pytest.raises(Cancelled, match="dropped"):
            list(stream)
        assert len(agent.history(first.session).versions) == 1
        assert agent.edit(first.session, "make the dog blue").plan.region("dog").color == "blue"


def test_eight_edits_with_an_undo_and_a_branch_keep_every_version(settings: Settings):
    engine = FakeEngine()
    with agent_of(settings, engine) as agent:
        session = agent.draw("a fox left of a castle and a dog on a meadow", steps=2).session

        def say(instruction: str) -> Result:
            before = agent.result(session)
            after = agent.edit(session, instruction)
            steps = agent.compare(session, before.version, after.version)
            assert steps.outside_equal
            return after

        say("make the dog woodcut")
        say("add a balloon top left")
        say("make it night")
        say("move the castle up")
        assert say("undo").version == 4
        moved = say("make the fox red")
        assert moved.version == 6 and agent.history(session).version().parent == 4
        agent.branch(session, "early", at=2)
        say("remove the dog")
        say("make the fox bigger")
        last = say("replace the fox with a cat")
        history = agent.history(session)
        assert [v.number for v in history.versions] == list(range(1, 10))
        assert history.branches == {"main": 5, "line-2": 6, "early": 9}
        assert history.ancestry(9) == (9, 8, 7, 2, 1)
        assert last.plan.background == "meadow" and last.plan.time is None
        assert [r.noun for r in last.plan.regions] == ["cat", "castle"]
        assert agent.branch(session, "main").version == 5
        assert agent.result(session, 9) == last
        assert agent.compare(session, 2, 9).outside_equal
