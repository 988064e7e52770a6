"""Pictures of places with nothing in them: how sure a scorer is of things that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from mepg_agent.agent import Agent
from mepg_agent.bench.family import draw
from mepg_agent.bench.scorer import Scorer
from mepg_agent.bench.sight import thresholds
from mepg_agent.engine.base import Pixels
from mepg_agent.engine.prepare import prepare
from mepg_agent.english import PLACES
from mepg_agent.records import Brief
from mepg_agent.scene import ScenePlan

SEED = 29_999  # no bench draws a scene with it


def bars(agent: Agent, scorer: Scorer, backbone: str, steps: int) -> dict[str, float]:
    """The least probability of every noun, see `sight.thresholds`. Draws every place of the vocabulary."""
    return thresholds(scorer, list(_empty(agent, backbone, steps)))


def _empty(agent: Agent, backbone: str, steps: int) -> Iterator[Pixels]:
    found, vocabulary = agent.portfolio.backbone(backbone), agent.portfolio.vocabulary(backbone)
    engine = agent._engine(backbone)
    for place in vocabulary.places if vocabulary else ():
        words = PLACES.get(place, place)
        extent = found.item.defaults.extent
        plan = ScenePlan(prompt=words, global_prompt=words, background=place, extent=extent, regions=())
        brief = Brief(prompt=words, seed=SEED, steps=steps, backbone=backbone)
        yield draw(engine, prepare(plan, brief, found, {}, engine.weights_hash())).image
