"""What does not fit is told by its first mistake: where it stands and what is wrong there."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from mepg_agent.mistakes import first_mistake, place_of_mistake
from mepg_agent.records import Approval, Brief


def refusal(model: type[Approval | Brief], **values: object) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(values)
    return caught.value


def test_a_mistake_has_its_place_and_no_words_of_the_library():
    error = refusal(Brief, prompt="a fox", extent={"width": 8, "height": 64})
    assert first_mistake(error) == "extent.width: Input should be greater than or equal to 64"
    assert first_mistake(refusal(Brief, prompt=" ")) == (
        "prompt: the prompt is empty: say what the picture should show"
    )


def test_a_mistake_of_the_whole_is_told_without_a_place_or_by_the_name_it_was_given():
    error = refusal(Approval, answer="change")
    assert first_mistake(error) == "a change needs the changed plan, another answer has none"
    assert first_mistake(error, "answer").startswith("answer: a change needs")
    assert (place_of_mistake(error), place_of_mistake(error, "answer")) == ("", "answer")
