"""The chat planner: a language model lays the scene out."""

from __future__ import annotations

import json
from pathlib import Path

from mepg_agent.chat_model import ChatModel, Talk
from mepg_agent.planning.sketch import FIELDS, read_sketch, sketch_schema, to_scene
from mepg_agent.portfolio import Backbone, Vocabulary
from mepg_agent.prompts import load_prompt
from mepg_agent.records import Brief
from mepg_agent.scene import MAX_REGIONS, ScenePlan

OPEN = "whatever the request names"


class ChatPlanner:
    """Asks a chat model for a small JSON plan, checks it strictly, and has a refused one corrected at most twice."""

    def __init__(self, model: str, prompts: Path, url: str | None = None, timeout: float = 60.0) -> None:
        """`model` is "PROVIDER:MODEL"; see `ChatModel`. Nothing is imported or asked before the first plan. Raises
        BadInput for a name without both parts."""
        self._model = ChatModel(model, url, timeout, "plan", "the rule planner (--planner rules)")
        self.name = self._model.name
        self._prompts = prompts

    def plan(
        self, brief: Brief, backbone: Backbone, vocabulary: Vocabulary | None, styles: tuple[str, ...]
    ) -> ScenePlan:
        """See `Planner.plan`; the same brief gives the same plan as far as the model does. Raises BrokenAsset if the
        model cannot be had or does not answer with a plan that can be drawn."""
        request = json.dumps({"request": brief.prompt}, ensure_ascii=False)
        talk: Talk = [("system", self._rules(vocabulary, styles)), ("human", request)]

        def read(answer: str) -> ScenePlan:
            return to_scene(read_sketch(answer), brief, backbone, vocabulary, styles, self.name)

        return self._model.agreed(talk, sketch_schema(), read, FIELDS)

    def _rules(self, vocabulary: Vocabulary | None, styles: tuple[str, ...]) -> str:
        words = vocabulary
        return load_prompt(self._prompts, "plan").fill(
            nouns=", ".join(words.nouns) if words else OPEN,
            places=", ".join(words.places) if words else OPEN,
            times=", ".join(words.times) if words else OPEN,
            colors=", ".join(words.colors) if words else OPEN,
            styles=", ".join(styles) or OPEN,
            max_regions=str(MAX_REGIONS),
            schema=json.dumps(sketch_schema()),
        )
