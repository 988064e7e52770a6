"""What the bench of planners keeps of a model's answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from mepg_agent.planning.psa import Writer
from mepg_agent.training.psa_eval import Answers


class Counting:
    """A writer whose answers name the model and count."""

    def __init__(self, mark: str) -> None:
        self.mark, self.asked = mark, 0

    def write_all(self, asked: Sequence[str], patterns: Sequence[str]) -> list[str | None]:
        self.asked += len(asked)
        return [f"{self.mark} says {question}" for question in asked]


def answers(file: Path, writer: Counting, asked: Sequence[str], pattern: str = ".*") -> list[str | None]:
    patterns: Any = [pattern] * len(asked)
    return Answers(file).of("psa", cast(Writer, writer), asked, patterns, lambda *_: None)


def test_an_answer_is_kept_for_the_same_model_and_grammar_alone(tmp_path: Path) -> None:
    file, one, two = tmp_path / "answers.jsonl", Counting("one"), Counting("two")
    assert answers(file, one, ["a", "b"]) == answers(file, one, ["a", "b"]) == ["one says a", "one says b"]
    assert one.asked == 2
    assert answers(file, two, ["a"]) == ["two says a"]
    assert answers(file, one, ["a"], "[a-z ]*") == ["one says a"] and one.asked == 3


def test_a_line_that_a_stopped_run_left_half_written_is_asked_again(tmp_path: Path) -> None:
    file, writer = tmp_path / "answers.jsonl", Counting("one")
    answers(file, writer, ["a", "b"])
    file.write_bytes(file.read_bytes()[:-9])
    assert answers(file, writer, ["a", "b"]) == answers(file, writer, ["a", "b"]) == ["one says a", "one says b"]
    assert writer.asked == 3
