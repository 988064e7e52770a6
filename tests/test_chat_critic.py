"""A chat model that looks layouts over and reads edits: what it may change, and what happens where it fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openai_server import SECRET, Answer, OpenAIServer
from planning_fixtures import STYLES, backbone, vocabulary

from mepg_agent.errors import BadInput
from mepg_agent.planning.chain import choose_planner
from mepg_agent.planning.editing import Understood, choose_editor
from mepg_agent.planning.edits import Recolor, Remove
from mepg_agent.planning.references import Question
from mepg_agent.records import Brief
from mepg_agent.scene import ScenePlan
from mepg_agent.settings import Settings

NAME = "chat:openai:some-model"


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Starts a server that gives these answers."""
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    started: list[OpenAIServer] = []

    def start(*answers: Answer) -> OpenAIServer:
        started.append(OpenAIServer(*answers))
        return started[-1].__enter__()

    yield start
    for server in started:
        server.__exit__()


def remark(severity: str, *regions: str) -> dict[str, Any]:
    return {"severity": severity, "about": "size", "regions": regions, "message": "Too large."}


def planned(server: OpenAIServer, settings: Settings, prompt: str = "a fox left of a castle") -> ScenePlan:
    reviewed = settings.model_copy(update={"critic": NAME, "chat_url": server.url})
    return choose_planner("rules", reviewed).plan(Brief(prompt=prompt), backbone(), vocabulary(), STYLES)


def test_remarks_become_notes_with_severity_and_subject(serve: Any, settings: Settings) -> None:
    said = json.dumps({"remarks": [remark("warning", "fox", "nobody"), remark("note")]})
    server = serve(said)
    plan = planned(server, settings)
    assert plan.notes[-2:] == ("Warning (fox): Too large.", "Note (picture): Too large.")
    assert len(server.requests) == 1  # without an error nothing is revised
    assert "a fox left of a castle" in server.heard(0, "user")[0]


def test_an_error_gives_the_region_another_box(serve: Any, settings: Settings) -> None:
    box = {"x": 0.05, "y": 0.6, "width": 0.2, "height": 0.2}
    new = {"boxes": [{"region": "fox", "box": box}, {"region": "nobody", "box": box}]}
    plan = planned(serve(json.dumps({"remarks": [remark("error", "fox")]}), json.dumps(new)), settings)
    assert plan.region("fox").box.model_dump() == pytest.approx(box)
    assert [r.id for r in plan.regions] == ["fox", "castle"]


def test_boxes_that_break_a_relation_are_not_taken(serve: Any, settings: Settings) -> None:
    new = {"boxes": [{"region": "fox", "box": {"x": 0.75, "y": 0.6, "width": 0.2, "height": 0.2}}]}
    plan = planned(serve(json.dumps({"remarks": [remark("error", "fox")]}), json.dumps(new)), settings)
    assert plan.region("fox").box.x < 0.5
    assert "would break fox left of castle" in plan.notes[-1]


@pytest.mark.parametrize("answer", ["nonsense", 500, json.dumps({"remarks": [{"severity": "dire"}]})])
def test_a_critic_that_fails_is_named_and_changes_nothing(serve: Any, settings: Settings, answer: Answer) -> None:
    plan = planned(serve(answer), settings)
    assert NAME in plan.notes[-1]
    assert "stays as it is" in plan.notes[-1]
    assert SECRET not in plan.notes[-1]


def test_there_is_no_critic_unless_one_is_asked_for() -> None:
    assert Settings.load({}).critic is None
    assert Settings.load({"MEPG_CRITIC": NAME}).critic == NAME
    with pytest.raises(BadInput, match="MEPG_CRITIC"):
        Settings.load({"MEPG_CRITIC": "openai"})


def read(server: OpenAIServer, settings: Settings, plan: ScenePlan, words: str = "remove the dog") -> Understood:
    editing = settings.model_copy(update={"editor": NAME, "chat_url": server.url})
    return choose_editor(editing).read(words, plan, vocabulary(), STYLES)


def test_a_chat_model_reads_an_edit(serve: Any, settings: Settings, three_things: ScenePlan) -> None:
    said = json.dumps({"operations": [{"op": "recolor", "region": "fox", "color": "blue"}]})
    server = serve(said)
    assert read(server, settings, three_things).edits == (Recolor(region="fox", color="blue"),)
    assert "remove the dog" in server.heard(0, "user")[0]


def test_its_question_goes_to_the_person(serve: Any, settings: Settings, three_things: ScenePlan) -> None:
    said = json.dumps({"operations": [], "question": "Which one?", "choices": ["fox", "dog"]})
    assert read(serve(said), settings, three_things).edits == Question(text="Which one?", choices=("fox", "dog"))


def test_its_question_cannot_steer_a_terminal(serve: Any, settings: Settings, three_things: ScenePlan) -> None:
    said = json.dumps({"question": "Which\x1b]0;one\x07?", "choices": ["fox\x1b[2J", "dog"]})
    question = read(serve(said), settings, three_things).edits
    assert question == Question(text="Which ]0;one ?", choices=("fox [2J", "dog"))


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "region": "cat"},
        {"op": "add", "noun": "zorb"},
        {"op": "recolor", "region": "fox", "color": "zing"},
        {"op": "background", "place": "nowhere"},
        {"op": "time", "time": "teatime"},
        {"op": "explode", "region": "fox"},
    ],
)
def test_what_is_not_there_is_refused_and_this_machine_reads_instead(
    serve: Any, settings: Settings, three_things: ScenePlan, operation: dict[str, str]
) -> None:
    server = serve(json.dumps({"operations": [operation]}))
    understood = read(server, settings, three_things)
    assert understood.edits == (Remove(region="dog"),)
    assert NAME in understood.notes[0]
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "then", [{"op": "recolor", "region": "fox", "color": "blue"}, {"op": "reorder", "to": "front"}]
)
def test_what_an_operation_needs_and_an_earlier_one_took_away_is_told_to_the_model(
    serve: Any, settings: Settings, three_things: ScenePlan, then: dict[str, str]
) -> None:
    gone = [{"op": "remove", "region": region.id} for region in three_things.regions]
    server = serve(json.dumps({"operations": [*gone, {"region": "fox", **then}]}), json.dumps({"operations": gone[:1]}))
    understood = read(server, settings, three_things)
    assert understood.edits == (Remove(region=three_things.regions[0].id),)
    assert len(server.requests) == 2 and "There is no region 'fox'" in server.heard(1, "user")[1]
