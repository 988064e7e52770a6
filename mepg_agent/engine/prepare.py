"""From a plan to a job: final words, seeds, adapters with their hashes, the backbone's defaults. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mepg_agent.english import PLACES, place_words
from mepg_agent.errors import BadInput
from mepg_agent.portfolio import Backbone, Expert, Found, weights_file
from mepg_agent.records import Adapter, Brief, GateKind, JobRegion, Keep, RenderJob
from mepg_agent.scene import Frozen, Region, RegionId, ScenePlan

GUIDANCE = 1.4  # times as much, for a region that is pushed


class Push(Frozen):
    """For a region that did not come out as usual: guidance weighs more, and gates follow boxes alone, with sharp
    borders and nothing of the shared prompt inside."""

    alone: RegionId | None = None  # instead, no region but this one is heard, and nearer ones that stand before it


def prepare(
    plan: ScenePlan,
    brief: Brief,
    backbone: Found[Backbone],
    experts: Mapping[str, Found[Expert]],
    weights: str,
    keep: Keep | None = None,
    push: Push | None = None,
) -> RenderJob:
    """The job that draws `plan` with the brief's seed, steps and guidance, or the backbone's where it names none.

    `experts` are the backbone's own, by id; `weights` is the engine's hash of the backbone; with `keep` the job is a
    repair, in another way with `push`. A region draws with its expert; one that names neither style nor expert follows
    the background, whose expert is the one that `plan.style` names by id or trigger phrase. BadInput for an expert that
    is not there and for a region that no pixel shows, which no repair could draw again.
    """
    family = backbone.item
    background = _expert_for_style(plan.style, experts)
    regions = tuple(_region(r, plan, brief, family, experts, background) for r in plan.regions)
    used = {r.adapter for r in regions if r.adapter} | ({background.id} if background else set())
    job = RenderJob(
        backbone=family.id,
        weights=weights,
        prompt=styled(_shared(plan, family), _style_word(plan.style, background), family),
        negative=family.defaults.negative,
        extent=plan.extent,
        regions=regions,
        adapters=tuple(_adapter(experts[i]) for i in sorted(used)),
        background_adapter=background.id if background else None,
        background_scale=background.scale if background else 1.0,
        seed=brief.seed,
        steps=brief.steps or family.defaults.steps,
        guidance=brief.guidance or family.defaults.guidance,
        scheduler=family.defaults.scheduler,
        fade=family.defaults.fade,
        keep=keep,
    )
    if family.shared_prompt == "setting":
        # A setting that every region's own prompt says has nothing to add inside the regions.
        job = job.model_copy(update={"global_share": (0.0, 0.0)})
    return job if push is None else _pushed(job, push, family)


def _pushed(job: RenderJob, push: Push, backbone: Backbone) -> RenderJob:
    if push.alone is not None:
        return _alone(job, push.alone, backbone)
    # Without guidance there is nothing to raise: such a model was made to draw without.
    guidance = min(job.guidance * GUIDANCE, 30.0) if job.guidance > 1 else job.guidance
    stronger = {"guidance": guidance, "gate": GateKind.POSITION, "feather": 0.0, "global_share": (0.0, 0.0)}
    return RenderJob.model_validate({**dict(job), **stronger})


def _alone(job: RenderJob, name: str, backbone: Backbone) -> RenderJob:
    region = next(r for r in job.regions if r.id == name)
    regions = tuple(r for r in job.regions if r is region or (r.z > region.z and r.box.overlap(region.box) > 0))
    heard = {r.adapter for r in regions} | {job.background_adapter}
    fewer = {"regions": regions, "adapters": tuple(a for a in job.adapters if a.id in heard)}
    if backbone.shared_prompt == "scene":  # which names every thing of the picture
        fewer["prompt"] = region.prompt
    return RenderJob.model_validate({**dict(job), **fewer})


def _region(
    region: Region,
    plan: ScenePlan,
    brief: Brief,
    backbone: Backbone,
    experts: Mapping[str, Found[Expert]],
    background: Expert | None,
) -> JobRegion:
    if not region.box.pixels(plan.extent).area:
        raise BadInput(f"The region '{region.id}' covers no pixel of the picture.", "Give it a larger box.")
    expert = _chosen(region, experts)
    if expert is None and region.style is None:
        expert = background
    word = _style_word(region.style or plan.style or backbone.default_style, expert)
    scale = 1.0 if expert is None else expert.scale if region.expert_scale is None else region.expert_scale
    return JobRegion(
        id=region.id,
        box=region.box,
        prompt=styled(_set(region.prompt, _setting(plan, backbone)), word, backbone),
        adapter=expert.id if expert else None,
        scale=scale,
        seed=brief.seed if region.seed is None else region.seed,
        strength=region.strength,
        start=region.start,
        end=region.end,
        z=region.z,
    )


def _chosen(region: Region, experts: Mapping[str, Found[Expert]]) -> Expert | None:
    if region.expert is None:
        return None
    if region.expert not in experts:
        raise BadInput(
            f"The region '{region.id}' asks for the expert '{region.expert}', which is not installed.",
            f"Installed for this backbone: {', '.join(sorted(experts)) or 'none'}.",
        )
    return experts[region.expert].item


def _expert_for_style(style: str | None, experts: Mapping[str, Found[Expert]]) -> Expert | None:
    """The expert that a style names exactly: by the word that is written for it, its id, or any trigger phrase."""
    if style is None:
        return None
    wanted = style.casefold()
    phrases = {i: [t.casefold() for t in found.item.triggers] for i, found in experts.items()}
    named = [i for i in experts if wanted == i or wanted in phrases[i]]
    best = min(named, key=lambda i: (wanted not in phrases[i][:1], wanted != i), default=None)
    return None if best is None else experts[best].item


def _style_word(style: str | None, expert: Expert | None) -> str | None:
    """What is written into the prompt: the expert's first trigger, else the style as the person said it."""
    if expert is None:
        return style
    return expert.triggers[0] if expert.triggers else None


def _shared(plan: ScenePlan, backbone: Backbone) -> str:
    return _setting(plan, backbone) if backbone.shared_prompt == "setting" and plan.regions else plan.global_prompt


def _setting(plan: ScenePlan, backbone: Backbone) -> str:
    """Place and time. A plain background goes without saying, unless the setting is all that is heard outside boxes."""
    return place_words(plan.background, plan.time) or (PLACES["plain"] if backbone.shared_prompt == "setting" else "")


def _set(prompt: str, setting: str) -> str:
    """The prompt in its setting: what a region draws around its thing goes on from what the others draw."""
    return prompt if says(prompt, setting) else f"{prompt} {setting}"


def styled(prompt: str, style: str | None, backbone: Backbone) -> str:
    """The prompt with its style word, unless it says it already."""
    if style is None or says(prompt, style):
        return prompt
    return backbone.style_prompt.format(style=style, prompt=prompt)


def says(prompt: str, words: str) -> bool:
    """Whether the prompt holds these words as words: a pink fox does not say "ink"."""
    return not words or re.search(rf"(?<!\w){re.escape(words)}(?!\w)", prompt, re.IGNORECASE) is not None


def _adapter(found: Found[Expert]) -> Adapter:
    expert = found.item
    return Adapter(
        id=expert.id,
        kind=expert.kind,
        path=str(weights_file(found)),
        sha256=expert.sha256,
        licence=expert.licence,
        start=expert.start,
        end=expert.end,
        sketched=expert.sketched,
    )
