"""What went wrong, as an assistant is told it: advice names tools, where the command line would be named."""

from __future__ import annotations

import re

from mepg_agent.errors import MepgError, NeedsApproval
from mepg_agent.printable import printable

LISTS = "The tool `history` without a session lists those that there are."
# What the agent advises a person to type, and what an assistant does instead.
TOOLS = (
    (re.compile(r"`mepg sessions undo [^`]*`"), "history with action undo"),
    (re.compile(r"^Resume it, or undo to drop it\.$"), "wait finishes it, history with action undo drops it."),
    (re.compile(r"^Resume (it|the session)\b"), "Call wait with its session"),
    (re.compile(r"^`mepg sessions` lists them\.$|^A session is named like .*$"), LISTS),
    (
        re.compile(r"^Restore it from a copy; (`mepg sessions delete [^`]*`) gives up .*$"),
        rf"The person can restore it from a copy, or give it up with \1. {LISTS}",
    ),
    (re.compile(r"`mepg sessions reproduce` does that"), "the person types `mepg sessions reproduce`"),
)
BY_THE_PERSON = "The person answers on the command line: `mepg resume {} --approve`, or --reject."


def told(error: MepgError) -> str:
    """In a sentence, with what an assistant can do next."""
    if isinstance(error, NeedsApproval):
        plan = printable(error.plan.model_dump_json(exclude_defaults=True))
        how = f"{BY_THE_PERSON.format(error.session)} Or call draw_picture with its plan, for a new picture: {plan}"
        return f"The layout of {error.session} waits for the person's approval. {how}"
    advice = error.advice
    for typed, called in TOOLS:
        advice = typed.sub(called, advice)
    return f"{error.message} {advice}"
