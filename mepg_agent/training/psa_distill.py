"""Examples from a chat model: its plans of given prompts, in the small planner's own text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mepg_agent.errors import BadInput, MepgError
from mepg_agent.planning.chain import CHAT
from mepg_agent.planning.chat import ChatPlanner
from mepg_agent.planning.question import PLAN
from mepg_agent.planning.reading import Reading, Thing
from mepg_agent.planning.target import encode
from mepg_agent.portfolio import Portfolio, Vocabulary
from mepg_agent.records import Brief
from mepg_agent.scene import ScenePlan
from mepg_agent.settings import Settings
from mepg_agent.training.psa_data import Example

Tell = Callable[[int, int, str], None]


def distilled(model: str, prompts: Path, settings: Settings, vocabulary: Vocabulary, tell: Tell) -> list[Example]:
    """One example a prompt that the model could plan; the others are left out. Raises BadInput for a model that is no
    "chat:PROVIDER:MODEL" and for a file that cannot be read."""
    if not model.startswith(CHAT):
        raise BadInput(f"'{model}' is no chat model.", "Name one as chat:PROVIDER:MODEL.")
    try:
        lines = [line.strip() for line in prompts.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{prompts} cannot be read: {error}.", "Give a text file with one prompt a line.") from error
    planner = ChatPlanner(model.removeprefix(CHAT), settings.prompts, settings.chat_url, settings.chat_timeout)
    backbone = Portfolio(settings.experts).backbone("picturebook").item
    found: list[Example] = []
    for number, prompt in enumerate(lines):
        tell(number, len(lines), f"{model}: {len(found)} plans")
        try:
            plan = planner.plan(Brief(prompt=prompt), backbone, vocabulary, ())
        except MepgError:
            continue
        found.append(Example(task=PLAN, prompt=prompt, context="", target=encode(reading_of_plan(plan))))
    if lines and not found:
        raise BadInput(f"{model} made no usable plan of any prompt.", "Look whether the model answers: mepg plan.")
    return found


def reading_of_plan(plan: ScenePlan) -> Reading:
    """What the plan says, alike regions counted as one kind of thing where no relation tells them apart."""
    related = {end for r in plan.relations for end in (r.subject, r.object)}
    things: list[Thing] = []
    number: dict[str, int] = {}  # of the related regions
    kinds: dict[tuple[str | None, ...], Thing] = {}  # of the others
    for region in plan.regions:
        thing = Thing(region.noun, 1, region.color, region.style)
        look = (region.noun, region.color, region.style)
        if region.id in related:
            number[region.id] = len(things)
        elif look in kinds:
            kinds[look].count += 1
            continue
        else:
            kinds[look] = thing
        things.append(thing)
    links = [(number[r.subject], r.kind, number[r.object]) for r in plan.relations]
    place = None if plan.background == "plain" else plan.background
    return Reading(things, links, [], place, plan.time, plan.style)
