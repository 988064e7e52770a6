"""The verifier of an image-text-to-text model, over a tiny one of a real class."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image
from vlm_fixtures import save_vlm

from mepg_agent.agent import Agent
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.records import Check
from mepg_agent.scene import ScenePlan
from mepg_agent.settings import Settings, asset_root
from mepg_agent.verify.vlm import Form, LocalEyes

PROMPTS = asset_root() / "prompts"
QUESTIONS = ["Is there a fox?", "Is the fox red?", "Is there a dog?"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_vlm(tmp_path_factory.mktemp("vlm"))


@pytest.fixture(scope="module")
def eyes(folder: Path) -> LocalEyes:
    return LocalEyes(folder, PROMPTS)


def noise(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (40, 40, 3), dtype=np.uint8), "RGB")


def test_every_question_gets_its_probability_in_one_call(eyes: LocalEyes, monkeypatch: pytest.MonkeyPatch):
    calls = []
    generate = eyes._model.generate
    monkeypatch.setattr(eyes._model, "generate", lambda **given: calls.append(given) or generate(**given))
    replies = eyes.ask(noise(0), "a part of a drawn picture", QUESTIONS)
    assert len(replies) == len(QUESTIONS) and len(calls) == 1
    assert all(0 < reply.yes < 1 for reply in replies)
    assert all(reply.said.startswith("yes" if reply.yes > 0.5 else "no") for reply in replies)
    asked = eyes._processor.tokenizer.decode(calls[0]["input_ids"][0])
    assert all(question in asked for question in QUESTIONS) and "a part of a drawn picture" in asked


def test_the_same_picture_gets_the_same_answers_and_another_one_others(eyes: LocalEyes):
    one, again, other = (eyes.ask(noise(seed), "a picture", QUESTIONS) for seed in (0, 0, 1))
    assert one == again and one != other


def test_the_question_counts(eyes: LocalEyes):
    assert eyes.ask(noise(0), "it", ["Is there a fox?"]) != eyes.ask(noise(0), "it", ["Is there a castle?"])


def test_an_agent_looks_with_it_and_every_finding_carries_question_answer_and_crop(
    settings: Settings, folder: Path, three_things: ScenePlan
):
    with Agent(settings, engine=FakeEngine()) as agent:
        wishes = {"plan": three_things, "verifiers": (f"vlm:{folder}",), "rounds": 0, "steps": 1}
        result = agent.draw(three_things.prompt, **wishes)
        crops = {f.crop for f in result.verdict.findings}
        assert all(agent.store.picture_path(crop).is_file() for crop in crops if crop)
    assert result.verdict.verifier == f"vlm:{folder}" and None not in crops
    assert {f.region for f in result.verdict.findings} == {"fox", "dog", "castle", None}
    assert [f.check for f in result.verdict.findings if f.region is None] == [Check.SCENE]
    assert all(f.question and f.answer and f.answer in f.evidence for f in result.verdict.findings)


def test_a_folder_without_such_a_model_or_with_half_of_one_is_a_sentence(folder: Path, tmp_path: Path):
    shutil.copytree(folder, tmp_path / "half")
    [weights] = (tmp_path / "half").glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:5000])
    shutil.copytree(folder, tmp_path / "other")
    shaped = json.loads((tmp_path / "other" / "config.json").read_text())
    shaped["text_config"]["hidden_size"] *= 2
    (tmp_path / "other" / "config.json").write_text(json.dumps(shaped))
    for source in (tmp_path, tmp_path / "half", tmp_path / "other"):
        with pytest.raises(BrokenAsset, match="no readable image-text-to-text model"):
            LocalEyes(source, PROMPTS)


def test_a_model_that_is_nowhere_is_a_sentence(settings: Settings):
    with Agent(settings, engine=FakeEngine()) as agent, pytest.raises(BadInput, match="There is no folder"):
        agent.draw("a fox", verifiers=("vlm:./nowhere",), steps=1)


@given(st.lists(st.booleans(), min_size=1, max_size=6))
@hypothesis_settings(deadline=None, max_examples=20)
def test_a_form_is_filled_with_answers_and_nothing_else(eyes: LocalEyes, answers: list[bool]):
    tokenizer = eyes._processor.tokenizer
    form, tokens, chances, waiting = Form(tokenizer, len(answers)), [], [], list(answers)
    while (open_to := form.allowed(tokens)) != [tokenizer.eos_token_id]:
        if len(open_to) > 1:
            wanted = "true" if waiting.pop(0) else "false"
            open_to = [token for token in open_to if wanted.startswith(tokenizer.decode([token]))]
        tokens += open_to
        chances.append(1.0)
    assert json.loads(tokenizer.decode(tokens)) == {"answers": answers} and len(tokens) <= form.longest
    assert [answer for answer, _ in form.read(tokens, chances)] == answers
