"""`edit_picture` with words that the rules do not understand: who reads edits for the agent reads them here, once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from mcp import Client
from mcp_fixtures import Mode, called, connected, data, drawn, words
from mcp_types import ElicitRequestFormParams, ElicitResult

import mepg_agent.agent
from mepg_agent.planning.editing import Understood
from mepg_agent.planning.edits import Recolor
from mepg_agent.planning.references import Question
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import ScenePlan

pytestmark = pytest.mark.anyio
both_modes = pytest.mark.parametrize("mode", ["auto", "legacy"])
RED_COAT, WHOSE = "give the animal with the bushy tail a crimson coat", "a crimson coat for one of them"
QUESTION = Question(text="Whose coat?", choices=("fox", "castle"))


@dataclass
class Model:
    """Understands RED_COAT; of everything else it asks whose coat is meant."""

    asked: list[str] = field(default_factory=list)

    def read(
        self, instruction: str, plan: ScenePlan, vocabulary: Vocabulary | None, styles: tuple[str, ...]
    ) -> Understood:
        self.asked.append(instruction)
        return Understood((Recolor(region="fox", color="blue"),) if instruction == RED_COAT else QUESTION)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    model = Model()
    monkeypatch.setattr(mepg_agent.agent, "choose_editor", lambda settings: model)
    return model


async def answers(context: object, params: object) -> ElicitResult:
    """Of a person who is sure of the fox."""
    assert isinstance(params, ElicitRequestFormParams) and params.message == QUESTION.text
    return ElicitResult(action="accept", content={"instruction": RED_COAT})


async def edited(client: Client, instruction: str) -> dict[str, Any]:
    return data(await called(client, "edit_picture", session=await drawn(client), instruction=instruction))


@both_modes
@pytest.mark.parametrize("forms", [{}, {"elicitation_callback": answers}])
async def test_words_that_only_the_model_understands_are_followed_and_read_once(
    mode: Mode, forms: dict[str, Any], model: Model
):
    async with connected(mode, **forms) as client:
        changed = await edited(client, RED_COAT)
    assert "blue" in changed["drawing"]["plan"]["regions"][0]["prompt"] and changed["question"] is None
    assert model.asked == [RED_COAT]


async def test_what_the_model_has_to_know_first_comes_back_as_a_question_and_is_read_once(model: Model):
    async with connected() as client:
        session = await drawn(client)
        result = await called(client, "edit_picture", session=session, instruction=WHOSE)
        listed = data(await called(client, "history", action="list", session=session))
    question = data(result)["question"]
    assert (question["text"], question["choices"]) == (QUESTION.text, [*QUESTION.choices])
    assert "Nothing was changed yet" in words(result) and data(result)["drawing"] is None
    assert len(listed["versions"]) == 1 and listed["unfinished"] is None
    assert model.asked == [WHOSE]


@both_modes
async def test_a_client_with_forms_asks_the_person_what_the_model_has_to_know(mode: Mode, model: Model):
    async with connected(mode, elicitation_callback=answers) as client:
        changed = await edited(client, WHOSE)
    assert "blue" in changed["drawing"]["plan"]["regions"][0]["prompt"]
    assert model.asked.count(RED_COAT) == 1
