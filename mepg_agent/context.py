"""What a run of the graph is given beside its state: the heavy objects, and what the family can draw."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from langgraph.runtime import Runtime

from mepg_agent.engine.base import Engine
from mepg_agent.planning.base import Planner
from mepg_agent.planning.critic import critique
from mepg_agent.planning.editing import EditReader, RuleEditor
from mepg_agent.portfolio import Backbone, Expert, Found, Portfolio, Vocabulary
from mepg_agent.records import Brief, Event, Remark
from mepg_agent.routing import style_words
from mepg_agent.scene import ScenePlan
from mepg_agent.session import SessionStore
from mepg_agent.turns import Turns
from mepg_agent.verify.base import Verifier


@dataclass(frozen=True)
class Family:
    """What a backbone can draw."""

    backbone: Backbone
    vocabulary: Vocabulary | None
    experts: dict[str, Found[Expert]]
    editor: EditReader = field(default_factory=RuleEditor)

    @property
    def looks(self) -> tuple[str, ...]:
        return self.vocabulary.looks if self.vocabulary else ()

    @property
    def styles(self) -> tuple[str, ...]:
        """Every phrase that names one."""
        return style_words(self.experts.values(), self.looks)

    def remarks(self, plan: ScenePlan) -> tuple[Remark, ...]:
        """What the critic says of the plan."""
        return critique(plan, self.backbone, self.vocabulary, self.styles, self.experts)

    def grid(self, plan: ScenePlan) -> int:
        """Latent positions along the shorter side of the canvas."""
        return min(plan.extent.width, plan.extent.height) // self.backbone.latent_scale


@dataclass(frozen=True)
class Context:
    """The heavy objects, made on first use. One a run: `cancelled` stops that run between two steps."""

    portfolio: Portfolio
    store: SessionStore
    planner: Callable[[Brief], Planner]
    engine: Callable[[str], Engine]  # by backbone
    weights: Callable[[str], str]  # the engine's hash, by backbone, known without loading it
    verifier: Callable[[Brief], Verifier | None]
    turns: Turns  # one picture at a time on one device
    cancelled: threading.Event = field(default_factory=threading.Event)
    editor: EditReader = field(default_factory=RuleEditor)

    def family(self, brief: Brief) -> Family:
        backbone, name = self.portfolio.backbone(brief.backbone).item, brief.backbone
        return Family(backbone, self.portfolio.vocabulary(name), self.portfolio.experts_of(name), self.editor)


def say(runtime: Runtime[Context], node: str, message: str, region: str | None = None) -> None:
    """One line of the stream that a person sees."""
    runtime.stream_writer(Event(node=node, message=message, region=region))
