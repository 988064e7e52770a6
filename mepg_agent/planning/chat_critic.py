"""A second look at a layout, by a chat model: what is wrong with it, and boxes that mend it. Off unless asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field

from mepg_agent.chat_model import ChatModel, Talk
from mepg_agent.errors import Cancelled, MepgError
from mepg_agent.planning.base import Planner
from mepg_agent.planning.geometry import holds
from mepg_agent.planning.sketch import SketchBox
from mepg_agent.portfolio import Backbone, Vocabulary
from mepg_agent.prompts import load_prompt
from mepg_agent.records import Brief, Remark, Severity
from mepg_agent.scene import Frozen, ScenePlan

ANSWERS = 2  # the first and a corrected one
MOST = 20  # remarks of an answer
Model = TypeVar("Model", bound=Frozen)


class Remarks(Frozen):
    remarks: Annotated[tuple[Remark, ...], Field(max_length=MOST)]


class NewBox(Frozen):
    region: str
    box: SketchBox


class NewBoxes(Frozen):
    boxes: Annotated[tuple[NewBox, ...], Field(max_length=MOST)]


class ChatCritic:
    """Looks a plan over. What it says is material: ids that are not there are dropped, and only boxes may change."""

    def __init__(self, model: str, prompts: Path, url: str | None = None, timeout: float = 60.0) -> None:
        """As `ChatPlanner`. Raises BadInput for a name without both parts."""
        self._model = ChatModel(model, url, timeout, "look the layout over", "no critic (unset MEPG_CRITIC)")
        self._prompts = prompts

    def remarks(self, plan: ScenePlan) -> tuple[Remark, ...]:
        """What is wrong with the plan, errors first. Raises BrokenAsset if the model cannot be had."""
        ids = {region.id for region in plan.regions}
        said = self._answer("critique", Remarks, {"request": plan.prompt, "layout": shown(plan)}).remarks
        order = list(Severity)
        known = (r.model_copy(update={"regions": tuple(i for i in r.regions if i in ids)}) for r in said)
        return tuple(sorted(known, key=lambda remark: order.index(remark.severity)))

    def revised(self, plan: ScenePlan, remarks: tuple[Remark, ...]) -> ScenePlan:
        """The plan with the boxes that the model would rather have; a locked region keeps its own. Raises BrokenAsset
        if the model cannot be had."""
        given = {"request": plan.prompt, "layout": shown(plan), "remarks": [r.model_dump(mode="json") for r in remarks]}
        wanted = {new.region: new.box.cut() for new in self._answer("revise", NewBoxes, given).boxes}
        moved = [r.model_copy(update={"box": wanted[r.id]}) for r in plan.regions if r.id in wanted and not r.locked]
        return plan.with_regions(moved)

    def _answer(self, prompt: str, kind: type[Model], given: dict[str, object]) -> Model:
        schema = kind.model_json_schema()
        rules = load_prompt(self._prompts, prompt).fill(schema=json.dumps(schema))
        talk: Talk = [("system", rules), ("human", json.dumps(given, ensure_ascii=False))]
        return self._model.agreed(talk, schema, kind.model_validate_json, frozenset(kind.model_fields), ANSWERS)


class Reviewed:
    """A planner whose plans a chat critic looks over; its remarks, and its failure, become notes of the plan."""

    def __init__(self, planner: Planner, critic: ChatCritic) -> None:
        self.name = planner.name
        self._planner, self._critic = planner, critic

    def plan(
        self, brief: Brief, backbone: Backbone, vocabulary: Vocabulary | None, styles: tuple[str, ...]
    ) -> ScenePlan:
        """See `Planner.plan`. A revision is taken only if it breaks no relation that held before."""
        plan = self._planner.plan(brief, backbone, vocabulary, styles)
        try:
            remarks = self._critic.remarks(plan)
            notes = [
                f"{r.severity.value.capitalize()} ({', '.join(r.regions) or 'picture'}): {r.message}" for r in remarks
            ]
            errors = tuple(r for r in remarks if r.severity is Severity.ERROR)
            better = self._critic.revised(plan, errors) if errors else plan
        except Cancelled:
            raise
        except MepgError as error:
            return plan.replaced(notes=(*plan.notes, f"{error.message.removesuffix('.')}, so the plan stays as it is."))
        broken = [r for r in plan.relations if holds(r, plan) and not holds(r, better)]
        if broken:
            notes.append(f"The critic's boxes would break {broken[0]}, so they were not taken.")
            better = plan
        return better.replaced(notes=(*plan.notes, *notes))


def shown(plan: ScenePlan) -> dict[str, object]:
    """The plan as a chat model is shown it."""
    keep = {"id", "box", "noun", "color", "style", "z", "locked"}
    return {
        "background": plan.background,
        "time": plan.time,
        "style": plan.style,
        "regions": [region.model_dump(mode="json", include=keep) for region in plan.regions],
        "relations": [str(relation) for relation in plan.relations],
    }
