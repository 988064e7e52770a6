"""The last steps every planner shares: boxes made exact, the scene in one sentence, the layout's reasons in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mepg_agent.english import place_words
from mepg_agent.planning.layout import solve
from mepg_agent.planning.wording import scene_sentence
from mepg_agent.portfolio import Backbone, Vocabulary
from mepg_agent.scene import ScenePlan


def finished(
    draft: ScenePlan,
    vocabulary: Vocabulary | None,
    backbone: Backbone,
    notes: Iterable[str],
    place_named: bool,
    spots: Mapping[str, str] | None = None,
) -> ScenePlan:
    """The draft with its boxes solved, its global prompt, rationale and notes. `place_named`: the person named the
    background; `spots` are parts of the canvas by region id, where the person named one."""
    grid = min(draft.extent.width, draft.extent.height) // backbone.latent_scale
    layout = solve(draft, vocabulary, grid)
    contrary = (f"Could not lay out that {r} together with the rest." for r in layout.unsatisfied)
    return layout.plan.replaced(
        global_prompt=scene_sentence(draft, vocabulary, spots),
        rationale=_rationale(layout.plan, layout.moves, place_named),
        notes=(*notes, *contrary),
    )


def _rationale(plan: ScenePlan, moves: tuple[str, ...], place_named: bool) -> str:
    if not plan.regions:
        return f"A background alone: {place_words(plan.background, plan.time) or 'plain'}."
    many = len(plan.regions) > 1
    sizes = f"{len(plan.regions)} things share the canvas" if many else "One thing has the canvas to itself"
    ground = f"{'they stand' if many else 'it stands'} on the ground, in the sky or on water, as is usual"
    if not place_named:
        ground += f"; no place was named, so it is {place_words(plan.background, None) or 'on a plain background'}"
    relations = f" Said: {'; '.join(map(str, plan.relations))}." if plan.relations else ""
    return f"{sizes}; {ground}.{relations}{' ' if moves else ''}{' '.join(moves)}"
