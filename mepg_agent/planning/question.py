"""The one form in which the small planner is asked, in training and in use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

PLAN, EDIT = "Plan", "Edit"


def question(task: str, prompt: str, context: str = "") -> str:
    """What the model goes on from: the picture of an edit, the person's words in one line, the task. Without chat
    marks: they would be a third of a short question."""
    said = " ".join(prompt.split())
    return "\n".join(part for part in (context, said, f"{task}:\n") if part)


# A regular expression of the whole answer, or for an answer of lines, from the lines so far to that of the next one.
Pattern = str | Callable[[str], str]


class Writes(Protocol):
    """A language model that is held to a pattern; see `psa.Writer.write`."""

    def write(self, asked: str, pattern: Pattern) -> str: ...
