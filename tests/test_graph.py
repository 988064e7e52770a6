"""The loop of the agent, over an engine without a model: what it repairs, what it keeps, when it stops."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from scripted import ScriptedVerifier

from mepg_agent import graph
from mepg_agent.agent import Agent
from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import Transient
from mepg_agent.graph import NOTHING_TO_CHECK, UNCHECKED, build_graph, drawing_of_graph
from mepg_agent.ladder import CANDIDATES
from mepg_agent.planning.rules import RulePlanner
from mepg_agent.portfolio import Backbone, Vocabulary
from mepg_agent.records import Action, Brief, Check, Event, RenderJob, Severity
from mepg_agent.scene import Relation, RelationKind, ScenePlan
from mepg_agent.session import Result
from mepg_agent.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def run(
    settings: Settings, plan: ScenePlan, scores: dict[str, Sequence[float]], rounds: int = 2
) -> tuple[Result, FakeEngine, Agent]:
    engine = FakeEngine()
    with Agent(settings, engine=engine, verifier=ScriptedVerifier(scores)) as agent:
        return agent.draw(plan.prompt, plan=plan, rounds=rounds, steps=2), engine, agent


def repaired(engine: FakeEngine, plan: ScenePlan) -> list[str]:
    """Ids of the regions that were drawn again, in order."""
    boxes = {region.box: region.id for region in plan.regions}
    return [boxes[box] for job in engine.jobs if job.keep for box in job.keep.redraw]


def test_a_picture_that_passes_is_accepted_at_once(settings: Settings, three_things: ScenePlan):
    result, engine, _ = run(settings, three_things, {})
    assert (result.status, result.rounds, len(engine.jobs)) == ("accepted", 0, 1)
    assert result.verdict.passed and result.verdict.action is Action.ACCEPT
    assert result.image.is_file()


def test_a_picture_without_a_thing_that_was_asked_for_is_not_accepted(settings: Settings, three_things: ScenePlan):
    result, engine, agent = run(settings, three_things.replaced(undrawn=("griffon",)), {})
    assert (result.status, len(engine.jobs)) == ("best_effort", 1) and result.verdict.passed
    assert "'griffon' was asked for and cannot be drawn." in result.notes
    assert agent.judge(result.session).status == "best_effort"


def test_only_what_failed_is_drawn_again(settings: Settings, three_things: ScenePlan):
    result, engine, agent = run(settings, three_things, {"dog": (0.1, 0.9)})
    assert result.status == "accepted" and result.rounds == 1
    assert repaired(engine, three_things) == ["dog"]
    first, final = agent.store.picture(result.renders[0].picture), agent.store.picture(result.render.picture)
    inside = np.zeros(first.shape[:2], bool)
    inside[three_things.region("dog").box.pixels(three_things.extent).as_slices()] = True
    assert np.array_equal(first[~inside], final[~inside])
    assert (first[inside] != final[inside]).any()


def test_the_best_candidate_of_a_repair_is_kept(settings: Settings, three_things: ScenePlan):
    result, engine, _ = run(settings, three_things, {"dog": (0.1, 0.2, 0.9, 0.6)})
    assert len(result.renders) == 1 + CANDIDATES and len(engine.jobs) == 2
    assert result.render == result.renders[2]


def test_every_failed_region_gets_its_turn_in_one_round(settings: Settings, three_things: ScenePlan):
    result, engine, _ = run(settings, three_things, {"fox": (0.1, 0.9), "castle": (0.2, 0.9)}, rounds=1)
    assert result.status == "accepted" and result.rounds == 1
    assert repaired(engine, three_things) == ["fox", "castle"]


def test_a_failed_repair_is_rolled_back_and_told(settings: Settings, three_things: ScenePlan):
    result, _, _ = run(settings, three_things, {"dog": (0.4, 0.1)}, rounds=1)
    assert result.status == "best_effort"
    assert result.render == result.renders[0]
    assert any("rolled back" in note.lower() and "dog" in note for note in result.notes)


@pytest.mark.parametrize(("after", "kept"), [(0.4, False), (0.6, False), (0.8, True)])
def test_a_region_that_failed_is_replaced_only_by_one_that_surely_passes(
    settings: Settings, three_things: ScenePlan, after: float, kept: bool
):
    """The threshold is 0.5: what passes at 0.6 might be wrong, and what failed right."""
    result, _, _ = run(settings, three_things, {"dog": (0.1, after)}, rounds=1)
    assert result.status == ("accepted" if kept else "best_effort") and result.attempts[0].kept is kept
    assert (result.render != result.renders[0]) is kept


def test_a_repair_that_harms_a_neighbour_is_rolled_back(settings: Settings, three_things: ScenePlan):
    fox = three_things.region("fox").box
    over = three_things.region("dog").model_copy(update={"box": fox.moved(0.1, 0), "z": 1})
    plan = three_things.with_regions([over])
    result, _, _ = run(settings, plan, {"dog": (0.1, 0.9), "fox": (0.9, 0.2)}, rounds=1)
    assert result.render == result.renders[0]
    assert any("made fox worse" in note for note in result.notes)


def test_rounds_bound_the_repairs_and_each_round_tries_other_seeds(settings: Settings, three_things: ScenePlan):
    result, engine, _ = run(settings, three_things, {"dog": (0.1,)}, rounds=3)
    assert result.status == "best_effort" and result.rounds == 3
    repairs = [job for job in engine.jobs if job.keep]
    assert len(repairs) == 3
    assert len({r.seed for job in repairs for r in job.regions if r.id == "dog"}) == 3
    assert any(note.startswith("dog: present not confirmed") for note in result.notes)


def test_no_rounds_means_no_repair(settings: Settings, three_things: ScenePlan):
    result, engine, _ = run(settings, three_things, {"dog": (0.1, 0.9)}, rounds=0)
    assert result.status == "best_effort" and len(engine.jobs) == 1


def test_a_later_round_starts_from_the_best_picture(settings: Settings, three_things: ScenePlan):
    """The fox is never right; the dog is from its first repair on, whose picture the fox's next repair starts from."""
    scores = {"fox": (0.1,), "dog": (0.1, 0.9)}
    result, engine, _ = run(settings, three_things, scores, rounds=2)
    fox, dog, again = [job.keep.picture for job in engine.jobs if job.keep]
    assert fox == dog == result.renders[0].picture
    assert again == result.render.picture != dog
    assert [f.score for f in result.verdict.findings if f.region == "dog"] == [0.9]
    assert [attempt.kept for attempt in result.attempts] == [False, True, False]


def test_a_picture_that_nobody_checked_is_not_called_accepted(settings: Settings, three_things: ScenePlan):
    (settings.home / "experts" / "bare").mkdir(parents=True)
    (settings.home / "experts" / "bare" / "backbone.toml").write_text(
        'id = "bare"\ntitle = "Bare"\ndescription = "No verifier."\nlicence = "MIT"\npipeline = "pipeline"\n'
        "[defaults]\nsteps = 2\nguidance = 4.0\nextent = { width = 128, height = 128 }\n"
    )
    with Agent(settings, engine=FakeEngine()) as agent:
        result = agent.draw(three_things.prompt, plan=three_things, backbone="bare")
    assert result.status == "best_effort" and UNCHECKED in result.notes


def test_a_layout_without_things_is_a_best_effort_that_says_why(settings: Settings, three_things: ScenePlan):
    bare = three_things.replaced(regions=(), relations=())
    result, _, agent = run(settings, bare, {})
    assert result.status == "best_effort" and NOTHING_TO_CHECK in result.notes
    assert agent.judge(result.session).status == "best_effort"


def test_the_whole_story_can_be_read_from_the_events(settings: Settings, one_small: ScenePlan):
    agent = Agent(settings, engine=FakeEngine(), verifier=ScriptedVerifier({"dog": (0.1, 0.9)}))
    *events, result = agent.stream(one_small.prompt, plan=one_small, steps=2)
    assert isinstance(result, Result)
    told = [event for event in events if isinstance(event, Event)]
    assert told == events
    nodes = ["plan", "critique", "generate", "verify", "regenerate", "accept"]
    assert list(dict.fromkeys(e.node for e in told)) == nodes
    assert [(e.node, e.step, e.of) for e in told if e.step] == [
        (node, step, 2) for node in ("generate", "regenerate") for step in (1, 2)
    ]
    assert {e.region for e in told if e.region} == {"dog"}
    assert list(result.seconds) == nodes[:-1]


def test_a_cost_is_kept_for_everything_that_was_drawn(settings: Settings, three_things: ScenePlan):
    result, _, _ = run(settings, three_things, {"dog": (0.1, 0.9)})
    assert [r.job for r in result.renders] == [result.renders[0].job] + [result.renders[1].job] * CANDIDATES
    assert result.renders[0].calls == 2 and all(r.calls < 2 for r in result.renders[1:])


class Previewing(FakeEngine):
    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        for item in super().run(job, before):
            yield Step(item.step, item.of, np.zeros((32, 32, 3), np.uint8)) if isinstance(item, Step) else item


def test_previews_are_files_while_drawing_and_gone_afterwards(settings: Settings, three_things: ScenePlan):
    agent = Agent(settings, engine=Previewing(), verifier=ScriptedVerifier())
    seen = 0
    for item in agent.stream(three_things.prompt, plan=three_things, steps=2):
        seen += isinstance(item, Event) and item.preview is not None
    assert seen == 2
    assert list(settings.home.rglob("preview.png")) == []


def test_findings_lead_to_the_right_end(settings: Settings, three_things: ScenePlan):
    result, _, _ = run(settings, three_things, {"dog": (0.1,)}, rounds=0)
    assert result.verdict.action is Action.STOP
    assert [f.check for f in result.verdict.findings if not f.passed] == [Check.PRESENT]


def test_a_layout_that_breaks_a_relation_is_revised_before_it_is_drawn(settings: Settings, three_things: ScenePlan):
    wanted = Relation(subject="castle", kind=RelationKind.LEFT_OF, object="fox")
    result, engine, _ = run(settings, three_things.replaced(relations=(wanted,)), {})
    assert result.plan.region("castle").box.cx < result.plan.region("fox").box.cx
    assert len(engine.jobs) == 1 and "revise_layout" in result.seconds
    assert any(note.startswith("castle: moved") for note in result.notes)
    assert not [r for r in result.remarks if r.severity is Severity.ERROR]


def test_a_layout_that_cannot_be_mended_is_drawn_but_not_called_accepted(settings: Settings, three_things: ScenePlan):
    contrary = (("castle", "fox"), ("fox", "castle"))
    relations = tuple(Relation(subject=a, kind=RelationKind.LEFT_OF, object=b) for a, b in contrary)
    result, engine, _ = run(settings, three_things.replaced(relations=relations), {})
    assert len(engine.jobs) == 1
    assert result.verdict.passed and result.status == "best_effort"
    assert any(note.startswith("Cannot be satisfied:") for note in result.notes)


@pytest.mark.parametrize("plan_only", [True, False])
def test_the_graph_compiles_without_anything_heavy(plan_only: bool):
    nodes = set(build_graph(plan_only=plan_only).compile().get_graph().nodes)
    planning = {"plan", "critique", "revise_layout"}
    drawing = {"approve", "generate", "verify", "regenerate", "replan", "accept", "best_effort"}
    assert nodes - {"__start__", "__end__"} == (planning if plan_only else planning | drawing)


class Flaky(RulePlanner):
    """Cannot be reached the first few times."""

    def __init__(self, faults: int) -> None:
        self.left = faults

    def plan(
        self, brief: Brief, backbone: Backbone, vocabulary: Vocabulary | None, styles: tuple[str, ...]
    ) -> ScenePlan:
        if self.left:
            self.left -= 1
            raise Transient("The planner cannot be reached.", "Try again later.")
        return super().plan(brief, backbone, vocabulary, styles)


@pytest.mark.parametrize("faults", [0, 2, 3])
def test_a_fault_that_may_pass_is_tried_three_times(settings: Settings, monkeypatch: pytest.MonkeyPatch, faults: int):
    monkeypatch.setattr(graph, "RETRY", graph.RETRY._replace(initial_interval=0.001))
    with Agent(settings, engine=FakeEngine(), planner=Flaky(faults), verifier=ScriptedVerifier()) as agent:
        if faults < 3:
            assert agent.draw("a fox", steps=2).status == "accepted"
        else:
            with pytest.raises(Transient, match="cannot be reached"):
                agent.draw("a fox", steps=2)


def test_the_graph_of_langgraph_s_own_server_is_the_agent_s():
    declared = json.loads((ROOT / "langgraph.json").read_text(encoding="utf-8"))
    place, _, name = declared["graphs"]["picture"].partition(":")
    assert (ROOT / place).is_file()
    module = importlib.import_module(Path(place).with_suffix("").as_posix().replace("/", "."))
    served = getattr(module, name)()
    assert served.get_graph().draw_mermaid() == drawing_of_graph()
    assert set(served.get_input_jsonschema()["properties"]) == {"session", "brief", "edit"}


def test_the_drawing_in_the_readme_is_that_of_the_code():
    _, _, after = (ROOT / "README.md").read_text(encoding="utf-8").partition("```mermaid\n")
    assert after.partition("```")[0] == drawing_of_graph()
