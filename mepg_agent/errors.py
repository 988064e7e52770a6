"""What can go wrong, in words a person can act on.

Every error carries `advice`: the one thing to do next. The command line prints `message` and `advice` and never a
traceback; the MCP server returns both to the calling model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mepg_agent.printable import printable

if TYPE_CHECKING:
    from mepg_agent.records import Remark
    from mepg_agent.scene import ScenePlan


class MepgError(Exception):
    """Base of every error this package raises on purpose. `message` is a line, or several; what of a stranger's words
    one of them repeats makes no further line."""

    def __init__(self, message: str | Sequence[str], advice: str) -> None:
        self.message = "\n".join(map(_line, [message] if isinstance(message, str) else message))
        self.advice = _line(advice)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.advice}"


def _line(words: str) -> str:
    return " ".join(printable(words).splitlines())


class BadInput(MepgError):
    """The caller can mend it: an empty prompt, a box outside the canvas, an unknown expert."""


class Ambiguous(BadInput):
    """What was asked for can be meant in several ways. `choices` are what can be said instead; there may be none."""

    def __init__(self, message: str, choices: tuple[str, ...] = ()) -> None:
        advice = f"Say it again with one of these: {', '.join(choices)}." if choices else "Say it again in other words."
        super().__init__(message, advice)
        self.choices = choices


class InUse(BadInput):
    """Somebody else works on the session: it can be had once that is finished."""


class BrokenAsset(MepgError):
    """The operator can mend it: missing or damaged weights, an unreadable manifest, a full disk."""


class Transient(BrokenAsset):
    """A fault that may pass by itself, such as a server that does not answer: worth another try."""


class Cancelled(MepgError):
    """The person asked to stop. Nothing finished was lost."""


class NeedsApproval(MepgError):
    """The layout waits for a person's answer, which `Agent.resume` takes as an `Approval`. Nothing was drawn yet."""

    def __init__(self, session: str, plan: ScenePlan, remarks: tuple[Remark, ...] = ()) -> None:
        how = f"mepg resume {session} with --approve, --change PLAN.json or --reject answers it."
        super().__init__(f"The layout of {session} waits for your approval.", how)
        self.session, self.plan, self.remarks = session, plan, remarks
