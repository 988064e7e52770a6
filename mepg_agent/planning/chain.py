"""Which planner a request gets, and who steps in for one that fails."""

from __future__ import annotations

from mepg_agent.errors import BadInput, Cancelled, MepgError
from mepg_agent.planning.base import Planner
from mepg_agent.planning.chat import ChatPlanner
from mepg_agent.planning.chat_critic import ChatCritic, Reviewed
from mepg_agent.planning.psa import PsaPlanner, at_hand, psa_planner
from mepg_agent.planning.rules import RulePlanner
from mepg_agent.portfolio import Backbone, Vocabulary
from mepg_agent.records import Brief
from mepg_agent.scene import ScenePlan
from mepg_agent.settings import Settings

CHAT = "chat:"
CHOICES = ("auto", "psa", "rules", "chat:PROVIDER:MODEL")


class Chain:
    """Planners in the order of preference: the first that can plan does, and its plan's notes say why the others did
    not."""

    def __init__(self, *planners: Planner) -> None:
        """At least one."""
        self.name = planners[0].name
        self._planners = planners

    def plan(
        self, brief: Brief, backbone: Backbone, vocabulary: Vocabulary | None, styles: tuple[str, ...]
    ) -> ScenePlan:
        """See `Planner.plan`. Raises BadInput, with every reason, if none can plan; of a single planner its own
        error."""
        failures: list[MepgError] = []
        for planner in self._planners:
            try:
                plan = planner.plan(brief, backbone, vocabulary, styles)
            except Cancelled:
                raise
            except MepgError as error:
                failures.append(error)
                continue
            return plan.replaced(notes=(*(_note(f, planner.name) for f in failures), *plan.notes))
        if len(failures) == 1:
            raise failures[0]
        raise BadInput(" ".join(dict.fromkeys(f.message for f in failures)), failures[-1].advice)


def _note(failure: MepgError, planner: str) -> str:
    """One sentence: "chat:… could not plan: it cannot be reached, so rules did." """
    return f"{failure.message.removesuffix('.')}, so {planner} planned instead."


def choose_planner(name: str, settings: Settings) -> Planner:
    """The planner that `Brief.planner` names; with a critic in the settings, its plans are looked over. Raises BadInput
    for an unknown name."""
    planner = _named(name, settings)
    if settings.critic is None:
        return planner
    model = settings.critic.removeprefix(CHAT)
    return Reviewed(planner, ChatCritic(model, settings.prompts, settings.chat_url, settings.chat_timeout))


def _named(name: str, settings: Settings) -> Planner:
    if name == "auto":
        return Chain(*_at_home(settings))
    if name == PsaPlanner.name:
        return Chain(psa_planner(settings.experts), RulePlanner())
    if name == RulePlanner.name:
        return RulePlanner()
    if name.startswith(CHAT):
        model = name.removeprefix(CHAT)
        return Chain(
            ChatPlanner(model, settings.prompts, settings.chat_url, settings.chat_timeout), *_at_home(settings)
        )
    raise BadInput(f"There is no planner '{name}'.", f"Planners: {', '.join(CHOICES)}.")


def _at_home(settings: Settings) -> tuple[Planner, ...]:
    """Planners that need no other machine, the best first: where the small model is installed it is right about more
    prompts of people than the rules are (experts/psa/CARD.md)."""
    small = (psa_planner(settings.experts),) if at_hand(settings) else ()
    return (*small, RulePlanner())
