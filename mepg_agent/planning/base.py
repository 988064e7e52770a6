"""What a planner is."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from mepg_agent.portfolio import Backbone, Vocabulary
from mepg_agent.records import Brief
from mepg_agent.scene import ScenePlan


@runtime_checkable
class Planner(Protocol):
    """Words to a scene. The same brief gives the same plan."""

    name: str

    def plan(
        self, brief: Brief, backbone: Backbone, vocabulary: Vocabulary | None, styles: tuple[str, ...]
    ) -> ScenePlan:
        """The scene of `brief.prompt` on the canvas `brief.extent` (the backbone's default where None).

        `vocabulary` holds the only words that the backbone can draw; None means an open backbone. `styles` are the
        style phrases that are known (`routing.style_words`): looks of the vocabulary, ids and trigger phrases of the
        experts; a style word of the plan is one of them where the person's words name one, else the person's own words.
        Routing is not done here: `Region.expert` stays None. Raises BadInput for a prompt that names nothing that can
        be drawn.
        """
        ...
