"""What a plan may hold, and that words of strangers in an error stay on its line."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from mepg_agent.errors import BadInput
from mepg_agent.scene import EPS, Box, Region


@pytest.mark.parametrize("side", [0.0, 5e-324, 1e-200, EPS / 2])
def test_a_box_is_large_enough_to_have_an_area(side: float) -> None:
    with pytest.raises(ValidationError):
        Box(x=0.5, y=0.5, width=side, height=0.2)
    with pytest.raises(ValidationError):
        Box(x=0.5, y=0.5, width=0.2, height=side)
    least = Box(x=0.5, y=0.5, width=EPS, height=EPS)
    assert least.iou(least) == pytest.approx(1) == least.covered_by(least)


@pytest.mark.parametrize("words", ["", " ", "\t\n", "\0\x1b"])
@pytest.mark.parametrize("field", ["prompt", "noun"])
def test_a_region_says_what_stands_there(field: str, words: str) -> None:
    said = {"id": "fox", "box": Box.full(), "prompt": "a fox", "noun": "fox"}
    with pytest.raises(ValidationError, match="blank"):
        Region.model_validate({**said, field: words})


def test_an_error_repeats_words_on_one_line_and_without_what_a_terminal_obeys() -> None:
    error = BadInput("'a\nb\x1b[2J\0' is not a session.", "Name one\r\nof these.")
    assert str(error) == f"{error.message} {error.advice}" == "'a b [2J ' is not a session. Name one  of these."
    assert error.args == (error.message,)


def test_an_error_may_have_several_lines_of_its_own() -> None:
    error = BadInput(["2 of 3 cannot be drawn.", "Line 1: 'a\nb'."], "Mend them.")
    assert error.message == "2 of 3 cannot be drawn.\nLine 1: 'a b'."
