"""Verifiers that ask, alone and several together: what they ask, what they make of the answers, what they refuse."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from openai_server import SECRET, Answer, OpenAIServer
from PIL import Image
from scripted import ScriptedVerifier

from mepg_agent import graph
from mepg_agent.agent import Agent
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput, BrokenAsset, Transient
from mepg_agent.planning.edits import Remove, apply
from mepg_agent.records import Check, Combine, Finding, Verdict
from mepg_agent.scene import Region, Relation, RelationKind, ScenePlan
from mepg_agent.settings import Settings, asset_root
from mepg_agent.verify.asking import AskingVerifier, Reply
from mepg_agent.verify.base import Verifier
from mepg_agent.verify.chat import ChatEyes
from mepg_agent.verify.combined import CombinedVerifier, combine
from mepg_agent.verify.gone import with_gone

CHAT = "chat:openai:some/model"
IMAGE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


class Scripted:
    """Sees what a test wants: "yes" to every question that holds one of the words."""

    name = "scripted eyes"

    def __init__(self, *words: str) -> None:
        self.words, self.asked = words, []

    def ask(self, image: Image.Image, part: str, questions: Sequence[str]) -> list[Reply]:
        self.asked.append((part, tuple(questions)))
        return [Reply(0.9, "yes") if any(w in q for w in self.words) else Reply(0.2, "no") for q in questions]


@pytest.fixture
def scene(three_things: ScenePlan) -> ScenePlan:
    red = Region.model_validate({**dict(three_things.region("fox")), "color": "red", "style": "soft wash"})
    relations = (
        Relation(subject="fox", kind=RelationKind.LEFT_OF, object="castle"),
        Relation(subject="fox", kind=RelationKind.LEFT_OF, object="dog"),
    )
    return three_things.with_regions([red]).replaced(relations=relations)


def test_a_region_is_asked_about_what_was_asked_for_and_the_whole_about_the_rest(scene: ScenePlan):
    eyes = Scripted()
    AskingVerifier(eyes, {"soft wash": "watercolor"}).verify(IMAGE, scene)
    assert eyes.asked == [
        (
            "a part of a drawn picture",
            (
                "Is there a fox, complete and recognisable?",
                "Is the fox red?",
                "Is the fox drawn in this style: watercolor?",
                "Is there a dog or a castle?",
            ),
        ),
        ("a part of a drawn picture", ("Is there a dog, complete and recognisable?", "Is there a fox or a castle?")),
        ("a part of a drawn picture", ("Is there a castle, complete and recognisable?", "Is there a fox or a dog?")),
        (
            "a drawn picture",
            (
                'Does it show everything that these words ask for: "a fox, a dog and a castle"?',
                "Is the fox left of the castle and left of the dog?",
            ),
        ),
    ]


def test_answers_become_findings_with_their_evidence(scene: ScenePlan):
    verifier = AskingVerifier(Scripted("complete", "red"), {})
    assert isinstance(verifier, Verifier)
    found = {(f.region, f.check): f for f in verifier.verify(IMAGE, scene).findings}
    passed = {key for key, finding in found.items() if finding.passed}
    regions = ("fox", "dog", "castle")
    assert passed == {("fox", Check.COLOR), *((r, c) for r in regions for c in (Check.PRESENT, Check.LEAK))}
    position = found["fox", Check.POSITION]
    assert (position.question, position.answer, position.score) == (
        "Is the fox left of the castle and left of the dog?",
        "no",
        0.2,
    )
    assert found["fox", Check.LEAK].score == pytest.approx(0.8)
    assert (None, Check.SCENE) in found


def test_a_part_that_did_not_change_is_not_asked_about_again(scene: ScenePlan):
    eyes = Scripted()
    verifier = AskingVerifier(eyes, {})
    one = verifier.verify(IMAGE, scene)
    assert verifier.verify(IMAGE, scene) == one and len(eyes.asked) == 4
    other = IMAGE.copy()
    other[:, 60:] = 0
    verifier.verify(other, scene)
    assert [part for part, _ in eyes.asked[4:]] == ["a part of a drawn picture", "a drawn picture"]


def answer(*sure: float) -> str:
    answers = [{"yes": s >= 0.5, "sure": max(s, 1 - s)} for s in sure]
    return json.dumps({"seen": "a fox on a meadow", "answers": answers})


def ask(server: OpenAIServer, *questions: str) -> list[Reply]:
    eyes = ChatEyes("openai:some/model", asset_root() / "prompts", server.url, 20)
    return eyes.ask(Image.fromarray(IMAGE, "RGB"), "a part of a drawn picture", questions)


def test_a_chat_model_sees_the_picture_and_answers_all_questions_in_one_call():
    with OpenAIServer(answer(0.9, 0.3)) as server:
        replies = ask(server, "Is there a fox?", "Is the fox red?")
    assert [round(reply.yes, 2) for reply in replies] == [0.9, 0.3]
    assert replies[1].said == "no, 0.70 sure; sees: a fox on a meadow"
    [request] = server.requests
    [words, picture] = request["messages"][0]["content"]
    assert picture["image_url"]["url"].startswith("data:image/png;base64,")
    assert "a part of a drawn picture" in words["text"] and '"2": "Is the fox red?"' in words["text"]
    assert request["response_format"]["json_schema"]["strict"] and request["temperature"] == 0


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (answer(0.9), "2 questions were asked, 1 are answered"),
        ("Yes, a lovely fox.", "Invalid JSON"),
        ('{"seen": "x", "answers": [{"yes": "maybe", "sure": 1}]}', "answers.0.yes"),
        ('{"seen": "x", "answers": [{"yes": true, "sure": 7}]}', "less than or equal to 1"),
        ('{"seen": "x", "answers": [], "ignore_the_rules": 1}', "…"),
    ],
)
def test_an_answer_that_is_not_what_was_asked_for_is_corrected_with_the_reason(wrong: str, fault: str):
    with OpenAIServer(wrong, answer(0.9, 0.8)) as server:
        assert [reply.yes for reply in ask(server, "Is there a fox?", "Is it red?")] == [0.9, 0.8]
    said = server.requests[1]["messages"][-1]["content"]
    assert "was refused" in said and fault in said and "ignore_the_rules" not in said


def test_a_model_that_never_answers_as_asked_is_a_sentence():
    with OpenAIServer("no") as server, pytest.raises(BrokenAsset, match="none of its 3 answers was usable"):
        ask(server, "Is there a fox?")


@pytest.mark.parametrize(("status", "kind"), [(401, BrokenAsset), (503, Transient), (429, Transient)])
def test_a_fault_of_the_server_is_told_without_its_words_and_whether_it_may_pass(status: int, kind: type[BrokenAsset]):
    with OpenAIServer(status) as server, pytest.raises(BrokenAsset) as caught:
        ask(server, "Is there a fox?")
    assert type(caught.value) is kind and SECRET not in str(caught.value)
    assert "could not look at the picture" in caught.value.message


def draw(settings: Settings, plan: ScenePlan, *answers: Answer, **wishes: Any):
    with OpenAIServer(*answers) as server:
        own = settings.model_copy(update={"chat_url": server.url})
        with Agent(own, engine=FakeEngine()) as agent:
            wishes = {"verifiers": (CHAT,), "steps": 1, "rounds": 1, **wishes}
            return agent.draw(plan.prompt, plan=plan, **wishes), server


def one_thing(plan: ScenePlan) -> ScenePlan:
    return plan.replaced(regions=plan.regions[:1], prompt="a fox")


def test_an_agent_repairs_what_a_chat_model_finds_wrong_and_shows_why(settings: Settings, three_things: ScenePlan):
    answers = [answer(0.1), answer(0.9), *[answer(0.9)] * 6]
    result, server = draw(settings, one_thing(three_things), *answers)
    assert result.status == "accepted" and result.verdict.verifier == CHAT
    [attempt] = result.attempts
    assert "Is there a fox, complete and recognisable? no, 0.90 sure" in attempt.reason
    assert len(server.requests) == 2 + 3 * 2  # the first picture, then three candidates: its region and the whole


def test_a_server_that_is_back_at_the_third_try_costs_nothing(
    settings: Settings, three_things: ScenePlan, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(graph, "RETRY", graph.RETRY._replace(initial_interval=0.001))
    result, _ = draw(settings, one_thing(three_things), 503, 503, answer(0.9))
    assert result.status == "accepted"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "nonesuch",
        "clip",
        "vlm:",
        "chat:",
        "chat:openai",
        "auto:x",
        "clip:./no",
        "clip:~nosuchuser/x",
        "vlm:" + "x" * 300,
    ],
)
def test_a_verifier_that_there_is_not_is_refused_before_anything_is_drawn(
    settings: Settings, three_things: ScenePlan, name: str
):
    engine = FakeEngine()
    with Agent(settings, engine=engine) as agent:
        with pytest.raises(BadInput):
            agent.draw(three_things.prompt, plan=three_things, verifiers=(name,))
        assert engine.jobs == []


def verdict(name: str, **scores: float) -> Verdict:
    def finding(region: str, score: float) -> Finding:
        passed = score >= 0.5
        return Finding(
            region=region, check=Check.PRESENT, passed=passed, score=score, threshold=0.5, evidence=f"{score}"
        )

    return Verdict(findings=tuple(finding(*pair) for pair in scores.items()), verifier=name)


@pytest.mark.parametrize(("how", "passed"), [("all", ()), ("any", ("fox", "dog")), ("mean", ("dog",))])
def test_several_verdicts_count_as_all_any_or_their_mean(how: Combine, passed: tuple[str, ...]):
    found = combine([verdict("one", fox=0.6, dog=0.9), verdict("two", fox=0.1, dog=0.4)], how)
    assert tuple(f.region for f in found.findings if f.passed) == passed
    assert found.verifier == f"{how} of one, two"
    assert found.findings[0].evidence == "one: 0.6; two: 0.1"


def test_what_only_one_of_several_looked_at_counts_as_it_is():
    found = combine([verdict("one", fox=0.6), verdict("two", dog=0.1)], "all")
    assert found.failed == ("dog",)


def test_several_verifiers_look_at_the_same_picture(three_things: ScenePlan):
    scripted = ScriptedVerifier({"dog": (0.1,)})
    both = CombinedVerifier([scripted, AskingVerifier(Scripted("complete", "words"), {})], "all")
    found = {(f.region, f.check): f for f in both.verify(np.zeros((256, 256, 3), np.uint8), three_things).findings}
    assert not found["dog", Check.PRESENT].passed and found["fox", Check.PRESENT].passed
    assert found["fox", Check.PRESENT].question and found[None, Check.SCENE].passed


def test_after_an_edit_the_whole_is_asked_about_what_it_shows_now(scene: ScenePlan):
    eyes = Scripted()
    edited = apply(scene, [Remove(region="castle")], None)
    AskingVerifier(eyes, {}).verify(IMAGE, edited)
    *_, (_, (question, *_)) = eyes.asked
    assert json.dumps(edited.global_prompt) in question and "castle" not in question
    assert "castle" in scene.prompt


@pytest.mark.parametrize(("how", "passed"), [("all", False), ("any", True), ("mean", True)])
def test_several_verifiers_agree_on_what_is_gone_as_on_everything_else(
    how: Combine, passed: bool, three_things: ScenePlan
):
    image = np.zeros((256, 256, 3), np.uint8)
    both = CombinedVerifier([ScriptedVerifier({"gone-castle": (score,)}) for score in (0.6, 0.1)], how)
    left = three_things.replaced(regions=three_things.regions[:2])
    verdict = with_gone(both.verify(image, left), both, image, three_things.regions, left)
    [found] = [f for f in verdict.findings if f.check is Check.GONE]
    assert (found.was, found.region, found.passed) == ("castle", None, passed)
    assert found.evidence.count("where the castle was") == 2
