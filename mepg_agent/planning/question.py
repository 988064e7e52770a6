"""The one form in which the small planner is asked, in training and in use."""

from __future__ import annotations

PLAN, EDIT = "Plan", "Edit"


def question(task: str, prompt: str, context: str = "") -> str:
    """What the model goes on from: the picture of an edit, the person's words in one line, the task. Without chat
    marks: they would be a third of a short question."""
    said = " ".join(prompt.split())
    return "\n".join(part for part in (context, said, f"{task}:\n") if part)
