"""The log of a server: one JSON object a line on the standard error, without prompts unless it is asked to debug."""

from __future__ import annotations

import logging
import traceback
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

Level = Literal["debug", "info", "warning", "error"]
OWN = "mcp_server"


class Quiet(JsonFormatter):
    """Tells where an exception was raised and of which kind it was, and not its message, which may quote a prompt."""

    def formatException(self, ei: object) -> str:
        kind, _, where = ei  # type: ignore[misc]
        frames = "".join(traceback.format_tb(where)) if where else ""
        return f"{frames}{kind.__name__ if kind else 'no exception'}"


def configure(level: Level) -> None:
    """For the whole process. Below "debug", other libraries are heard from a warning on: what they tell at "info" may
    hold what a person wrote."""
    formatter = JsonFormatter if level == "debug" else Quiet
    handler = logging.StreamHandler()
    fields = "%(asctime)s %(levelname)s %(name)s %(message)s"
    names = {"asctime": "time", "levelname": "level", "name": "logger", "message": "event"}
    handler.setFormatter(formatter(fields, rename_fields=names))
    root, own = logging.getLogger(), logging.getLogger(OWN)
    root.handlers[:] = [handler]
    own.setLevel(level.upper())
    root.setLevel(own.level if level == "debug" else max(own.level, logging.WARNING))
