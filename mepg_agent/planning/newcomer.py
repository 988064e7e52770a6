"""How large an added thing is wished, and roughly where, before the best place for it is looked for."""

from __future__ import annotations

from mepg_agent.planning.arrange import arrange, size
from mepg_agent.planning.hanging import Hanging
from mepg_agent.planning.items import Item
from mepg_agent.portfolio import Noun, Place, Vocabulary
from mepg_agent.scene import Box, Relation, RelationKind, ScenePlan

USUAL = 0.35  # height of what no vocabulary knows


def wished_box(
    plan: ScenePlan,
    noun: str,
    factor: float,
    spot: str | None,
    anchor: tuple[RelationKind, str] | None,
    several: int,
    vocabulary: Vocabulary | None,
) -> Box:
    """The box of one of `several` things that are added, all at `spot` or in a relation to a region (`anchor`): as
    large as one of the kind that is there, else as one of so many, times `factor`, and placed as if it were alone."""
    alike = max((r.box.height for r in plan.regions if r.noun == noun), default=0.0) * factor
    known = vocabulary.nouns.get(noun) if vocabulary else None
    if vocabulary is None or known is None:
        side = alike or USUAL * factor
        return Box.centered(0.5, 0.6, side, side)
    place = vocabulary.places.get(plan.background, Place(ground=0.8))
    alone = arrange([Item("alone", known, factor, spot)], [], place, plan.extent)["alone"]
    new = [Item(str(number), known, factor, spot) for number in range(len(plan.regions) + several)]
    size(new, plan.extent)
    if anchor is not None:
        _hang(new[:several], plan, anchor, vocabulary.nouns.get(plan.region(anchor[1]).noun, known))
    box = alone.resized((alike or new[0].height) / alone.height)
    return box if spot else box.moved(0, alone.bottom - box.bottom)


def _hang(new: list[Item], plan: ScenePlan, anchor: tuple[RelationKind, str], noun: Noun) -> None:
    """Makes the new things fit to what they stand to, which keeps its size."""
    kind, region = anchor
    there = Item(region, noun, height=plan.region(region).box.height)
    said = [Relation(subject=item.id, kind=kind, object=region) for item in new]
    Hanging([there, *new], said, plan.extent).size()
