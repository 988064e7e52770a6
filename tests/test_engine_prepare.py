"""From a plan to a job: words, seeds, experts, defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mepg_agent.engine.prepare import prepare
from mepg_agent.errors import BadInput
from mepg_agent.portfolio import Backbone, Defaults, Expert, Found
from mepg_agent.records import Brief, JobRegion, Keep, RenderJob, digest
from mepg_agent.scene import Box, Extent, Region, ScenePlan

EXTENT = Extent(width=256, height=256)
WEIGHTS = "f" * 64


def backbone(style_prompt: str = "{style} {prompt}") -> Found[Backbone]:
    item = Backbone(
        id="tiny",
        title="",
        description="",
        licence="MIT",
        pipeline="pipeline",
        style_prompt=style_prompt,
        defaults=Defaults(steps=20, guidance=4.0, scheduler="dpm++", negative="blurry", extent=EXTENT),
    )
    return Found(folder=Path("/experts/tiny"), item=item)


def expert(name: str, *triggers: str, **fields: Any) -> Found[Expert]:
    item = Expert(
        **{"id": name, "title": "", "base": "tiny", "description": "", "licence": "MIT", "sha256": "a" * 64, **fields},
        triggers=triggers,
    )
    return Found(folder=Path(f"/experts/tiny/{name}"), item=item)


EXPERTS = {
    "watercolor": expert("watercolor", "watercolor painting", "soft wash", scale=0.8, end=0.9),
    "neon": expert("neon", "neon sign", kind="checkpoint"),
    "plain": expert("plain"),
}


def plan(scene_style: str | None = None, **fields: Any) -> ScenePlan:
    region = Region(**{"id": "fox", "box": Box.full(), "prompt": "a red fox", "noun": "fox", **fields})
    return ScenePlan(prompt="p", global_prompt="a fox on a meadow", style=scene_style, extent=EXTENT, regions=(region,))


def job(scene_style: str | None = None, brief: Brief | None = None, **fields: Any) -> RenderJob:
    return prepare(plan(scene_style, **fields), brief or Brief(prompt="p"), backbone(), EXPERTS, WEIGHTS)


def fox(**fields: Any) -> JobRegion:
    return job(**fields).regions[0]


def test_the_backbone_fills_in_what_the_brief_leaves_open() -> None:
    made = job()
    assert (made.steps, made.guidance, made.scheduler, made.negative) == (20, 4.0, "dpm++", "blurry")
    assert made.weights == WEIGHTS and made.extent == EXTENT and made.adapters == () and made.keep is None
    chosen = job(brief=Brief(prompt="p", steps=3, guidance=2.0, seed=9))
    assert (chosen.steps, chosen.guidance, chosen.seed) == (3, 2.0, 9)


def test_a_region_takes_the_seed_of_the_picture_unless_it_has_its_own() -> None:
    assert fox(brief=Brief(prompt="p", seed=9)).seed == 9
    assert fox(brief=Brief(prompt="p", seed=9), seed=0).seed == 0


def test_an_experts_first_trigger_is_the_style_word_and_its_file_comes_along() -> None:
    made = job(expert="watercolor")
    found = made.regions[0]
    assert (found.prompt, found.adapter, found.scale) == ("watercolor painting a red fox", "watercolor", 0.8)
    (adapter,) = made.adapters
    assert adapter.path == "/experts/tiny/watercolor/adapter.safetensors"
    assert (adapter.kind, adapter.sha256, adapter.end) == ("adapter", "a" * 64, 0.9)
    assert job(expert="neon").adapters[0].kind == "checkpoint"


def test_a_look_of_the_backbone_is_a_style_word_without_an_expert() -> None:
    found = fox(style="flat", expert=None)
    assert (found.prompt, found.adapter) == ("flat a red fox", None)
    assert job("flat").prompt == "flat a fox on a meadow"
    own = prepare(plan(None, style="ink"), Brief(prompt="p"), backbone("{prompt}, {style} style"), EXPERTS, WEIGHTS)
    assert own.regions[0].prompt == "a red fox, ink style" and own.prompt == "a fox on a meadow"


def test_a_region_says_where_and_when_unless_its_words_do() -> None:
    night = plan().model_copy(update={"background": "meadow", "time": "night"})
    made = prepare(night, Brief(prompt="p"), backbone("{prompt}, {style} style"), EXPERTS, WEIGHTS)
    assert made.regions[0].prompt == "a red fox on a meadow at night"
    said = plan(prompt="a red fox on a meadow at night").model_copy(update={"background": "meadow", "time": "night"})
    assert prepare(said, Brief(prompt="p"), backbone(), EXPERTS, WEIGHTS).regions[0].prompt == said.regions[0].prompt


def test_a_backbone_may_ask_that_only_the_setting_is_heard_everywhere() -> None:
    shy = Found(folder=backbone().folder, item=backbone().item.model_copy(update={"shared_prompt": "setting"}))
    night = plan("ink").model_copy(update={"background": "meadow", "time": "night"})
    made = prepare(night, Brief(prompt="p"), shy, EXPERTS, WEIGHTS)
    assert (made.prompt, made.global_share) == ("ink on a meadow at night", (0, 0))
    assert prepare(plan(), Brief(prompt="p"), shy, EXPERTS, WEIGHTS).prompt == "on a plain background"
    bare = night.replaced(regions=())
    assert prepare(bare, Brief(prompt="p"), shy, EXPERTS, WEIGHTS).prompt == "ink a fox on a meadow"


def test_a_thing_without_a_style_takes_the_backbones_own_if_it_has_one() -> None:
    plain = Found(folder=backbone().folder, item=backbone().item.model_copy(update={"default_style": "flat"}))
    drawn = [prepare(plan(s), Brief(prompt="p"), plain, EXPERTS, WEIGHTS).regions[0].prompt for s in (None, "ink")]
    assert drawn == ["flat a red fox", "ink a red fox"]


def test_the_background_expert_serves_regions_that_name_no_style() -> None:
    made = job("Soft Wash")
    assert (made.background_adapter, made.background_scale) == ("watercolor", 0.8)
    assert made.prompt == "watercolor painting a fox on a meadow"
    assert made.regions[0].adapter == "watercolor" and made.regions[0].prompt == "watercolor painting a red fox"
    mixed = prepare(plan("watercolor", style="ink"), Brief(prompt="p"), backbone(), EXPERTS, WEIGHTS)
    assert mixed.regions[0].adapter is None and mixed.regions[0].prompt == "ink a red fox"


def test_the_style_of_the_picture_goes_to_the_expert_that_the_word_is_written_for() -> None:
    rivals = {
        "brush": expert("brush", "brush work", "ink"),
        "pen": expert("pen", "ink"),
        "ink": expert("ink", "ink wash"),
    }

    def background(style: str) -> str | None:
        return prepare(plan(style), Brief(prompt="p"), backbone(), rivals, WEIGHTS).background_adapter

    assert [background(style) for style in ("ink", "ink wash", "brush", "sepia")] == ["pen", "ink", "brush", None]
    del rivals["pen"]
    assert background("ink") == "ink"


def test_a_scale_of_zero_is_kept_and_a_word_is_not_said_twice() -> None:
    assert fox(expert="watercolor", expert_scale=0.0).scale == 0.0
    assert fox(expert="neon", prompt="a neon sign fox").prompt == "a neon sign fox"
    assert fox(expert="plain").prompt == "a red fox"


def test_a_style_that_another_word_holds_is_still_to_be_said() -> None:
    assert fox(style="ink", prompt="a pink fox").prompt == "ink a pink fox"
    assert fox(style="ink", prompt="a fox, Ink on paper").prompt == "a fox, Ink on paper"


def test_an_expert_that_is_not_installed_is_named_with_those_that_are() -> None:
    with pytest.raises(BadInput, match=r"'fox' asks for the expert 'oil'.*neon, plain, watercolor"):
        job(expert="oil")


def test_a_region_that_no_pixel_shows_is_refused_before_anything_is_drawn() -> None:
    with pytest.raises(BadInput, match="'fox' covers no pixel"):
        job(box=Box(x=1, y=0, width=1e-6, height=1))


def test_what_to_keep_goes_into_the_job_and_its_hash() -> None:
    keep = Keep(picture="0" * 64, latents="1" * 64, redraw=(Box.full(),))
    kept = prepare(plan(), Brief(prompt="p"), backbone(), EXPERTS, WEIGHTS, keep)
    assert kept.keep == keep and kept.hash() != job().hash()


def test_how_far_experts_fade_is_the_backbones_and_a_job_without_fading_keeps_the_hash_it_always_had() -> None:
    family = backbone()
    softer = family.item.defaults.model_copy(update={"fade": 0.3})
    faded = prepare(
        plan(),
        Brief(prompt="p"),
        family.model_copy(update={"item": family.item.model_copy(update={"defaults": softer})}),
        EXPERTS,
        WEIGHTS,
    )
    assert faded.fade == 0.3 and faded.hash() != job().hash()
    known = {key: value for key, value in job().model_dump(mode="json").items() if key != "fade"}
    for adapter in known["adapters"]:
        del adapter["path"], adapter["licence"]
    assert digest(known) == job().hash()
