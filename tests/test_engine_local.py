"""The engine held against plain diffusers, against itself, and against the slow renderer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DPMSolverMultistepScheduler
from engine_fixtures import (
    ATTENTION,
    SIDE,
    WEIGHTS,
    as_adapter,
    build_unet,
    build_wide_unet,
    difference,
    draw,
    make_job,
    region,
    save_adapter,
    save_pipeline,
    save_text_adapter,
    save_wide_pipeline,
)
from safetensors.torch import save_file
from torch.overrides import TorchFunctionMode

from mepg_agent.engine.base import Engine, Latents, Step
from mepg_agent.engine.gating import partition
from mepg_agent.engine.local import LocalEngine
from mepg_agent.engine.reference import ReferenceEngine
from mepg_agent.engine.routing import Routing
from mepg_agent.engine.text import TextReader
from mepg_agent.errors import BadInput
from mepg_agent.records import Adapter, GateKind, Keep
from mepg_agent.scene import Box, Extent

FULL = Box.full()
LEFT, RIGHT = Box(x=0, y=0, width=0.4, height=1), Box(x=0.4, y=0, width=0.6, height=1)
SMALL, OTHER = Box(x=0.05, y=0.1, width=0.4, height=0.5), Box(x=0.5, y=0.4, width=0.45, height=0.5)
ROUNDING = 1e-4  # latents have a spread of about 1


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> LocalEngine:
    return LocalEngine(save_pipeline(tmp_path_factory.mktemp("tiny")), weights_hash=WEIGHTS)


@pytest.fixture(scope="module")
def experts(engine: LocalEngine, tmp_path_factory: pytest.TempPathFactory) -> tuple[Adapter, ...]:
    folder = tmp_path_factory.mktemp("experts")
    return tuple(save_adapter(folder, build_unet(), seed, rank=2 + seed, alpha=4) for seed in (1, 2))


def plain(
    engine: LocalEngine, prompt: str, adapter: Adapter | None = None, scale: float = 1.0, **fields: float
) -> Latents:
    """What diffusers' own pipeline makes of it."""
    pipe = engine.pipe
    if adapter is not None:
        file = Path(adapter.path)
        pipe.load_lora_weights(str(file.parent), weight_name=file.name, adapter_name="one")
        pipe.set_adapters(["one"], [scale])
    try:
        noise = torch.randn((1, 16, SIDE // 8, SIDE // 8), generator=torch.Generator().manual_seed(7))
        values = {"num_inference_steps": 3, "guidance_scale": 4.0, **fields}
        return pipe(prompt, height=SIDE, width=SIDE, latents=noise, output_type="latent", **values).images[0].numpy()
    finally:
        if adapter is not None:
            pipe.unload_lora_weights()


def test_it_keeps_the_engine_protocol(engine: LocalEngine) -> None:
    assert isinstance(engine, Engine)
    assert engine.extent() == Extent(width=SIDE, height=SIDE) and engine.weights_hash() == WEIGHTS


def test_no_region_equals_the_plain_pipeline(engine: LocalEngine) -> None:
    assert difference(draw(engine, make_job(prompt="a fox")).latents, plain(engine, "a fox")) < ROUNDING


@pytest.mark.parametrize("gate", list(GateKind))
def test_one_full_region_equals_the_plain_pipeline_with_its_adapter(
    engine: LocalEngine, experts: tuple[Adapter, ...], gate: GateKind
) -> None:
    wanted = plain(engine, "a fox", experts[0], 0.7)
    assert difference(wanted, plain(engine, "a fox")) > 0.1
    job = make_job((region("fox", FULL, adapter="expert1", scale=0.7),), experts[:1], gate=gate)
    assert difference(draw(engine, job).latents, wanted) < ROUNDING


def test_the_pictures_of_one_full_region_and_of_the_plain_pipeline_agree(engine: LocalEngine) -> None:
    noise = torch.randn((1, 16, SIDE // 8, SIDE // 8), generator=torch.Generator().manual_seed(7))
    wanted = engine.pipe("a fox", num_inference_steps=3, guidance_scale=4.0, latents=noise, output_type="np").images[0]
    image = draw(engine, make_job((region("fox", FULL),))).image
    assert image.shape == (SIDE, SIDE, 3) and np.abs(image / 255 - wanted).max() < 1 / 255


def test_without_guidance_there_is_one_branch_and_the_same_picture(
    engine: LocalEngine, experts: tuple[Adapter, ...]
) -> None:
    job = make_job((region("fox", FULL, adapter="expert1"),), experts[:1], guidance=1.0)
    wanted = plain(engine, "a fox", experts[0], guidance_scale=1.0)
    assert difference(draw(engine, job).latents, wanted) < ROUNDING


def test_the_background_expert_equals_the_plain_pipeline_with_it(
    engine: LocalEngine, experts: tuple[Adapter, ...]
) -> None:
    job = make_job(prompt="a fox", adapters=experts[:1], background_adapter="expert1", background_scale=0.6)
    assert difference(draw(engine, job).latents, plain(engine, "a fox", experts[0], 0.6)) < ROUNDING


def test_inside_a_region_the_background_expert_is_taken_out_again(
    engine: LocalEngine, experts: tuple[Adapter, ...]
) -> None:
    job = make_job((region("fox", FULL, adapter="expert1"),), experts, background_adapter="expert2")
    assert difference(draw(engine, job).latents, plain(engine, "a fox", experts[0])) < ROUNDING
    bare = make_job((region("fox", FULL),), experts, background_adapter="expert2")
    assert difference(draw(engine, bare).latents, plain(engine, "a fox")) < ROUNDING


def test_scale_zero_equals_the_base(engine: LocalEngine, experts: tuple[Adapter, ...]) -> None:
    with_expert = make_job((region("fox", SMALL, adapter="expert1", scale=0.0),), experts[:1])
    base = make_job((region("fox", SMALL),))
    assert difference(draw(engine, with_expert).latents, draw(engine, base).latents) < ROUNDING


@pytest.mark.parametrize("gate", list(GateKind))
def test_two_regions_with_the_same_prompt_and_expert_equal_one_region(
    engine: LocalEngine, experts: tuple[Adapter, ...], gate: GateKind
) -> None:
    same = {"prompt": "a fox", "adapter": "expert1"}
    two = make_job((region("a", LEFT, **same), region("b", RIGHT, **same)), experts[:1], gate=gate)
    one = make_job((region("a", FULL, **same),), experts[:1], gate=gate)
    assert difference(draw(engine, two).latents, draw(engine, one).latents) < ROUNDING


def test_a_region_that_says_what_the_background_says_changes_nothing(
    engine: LocalEngine, experts: tuple[Adapter, ...]
) -> None:
    fields = {"prompt": "a fox", "adapters": experts[:1], "background_adapter": "expert1"}
    job = make_job((region("fox", SMALL, "a fox", adapter="expert1"),), global_share=(0.5, 0.1), **fields)
    assert difference(draw(engine, job).latents, draw(engine, make_job(**fields)).latents) < ROUNDING


def test_the_order_of_regions_and_adapters_changes_no_bit(engine: LocalEngine, experts: tuple[Adapter, ...]) -> None:
    regions = (
        region("a", SMALL, adapter="expert1", seed=3),
        region("b", OTHER, adapter="expert2", scale=0.5),
        region("c", Box.centered(0.5, 0.5, 0.3, 0.3), z=1),
    )
    job = make_job(regions, experts, global_share=(0.5, 0.1))
    turned = make_job(regions[::-1], experts[::-1], global_share=(0.5, 0.1))
    assert (draw(engine, job).latents == draw(engine, turned).latents).all()


def test_the_same_job_gives_the_same_bytes(engine: LocalEngine, experts: tuple[Adapter, ...]) -> None:
    job = make_job((region("fox", SMALL, adapter="expert1"),), experts[:1], global_share=(0.5, 0.1))
    first, again = draw(engine, job), draw(engine, job)
    assert (first.image == again.image).all() and (first.latents == again.latents).all()


def test_runs_may_be_interleaved_and_closed_between_steps(engine: LocalEngine, experts: tuple[Adapter, ...]) -> None:
    jobs = [make_job((region("fox", SMALL, adapter=a.id),), (a,), background_adapter=a.id) for a in experts]
    alone = [draw(engine, job).latents for job in jobs]
    dropped = engine.run(jobs[0])
    next(dropped)
    dropped.close()  # type: ignore[attr-defined]
    together = list(zip(*(engine.run(job) for job in jobs), strict=True))[-1]
    assert all((picture.latents == wanted).all() for picture, wanted in zip(together, alone, strict=True))
    assert difference(draw(engine, make_job(prompt="a fox")).latents, plain(engine, "a fox")) < ROUNDING


def test_the_denoiser_is_left_exactly_as_it_was(engine: LocalEngine, experts: tuple[Adapter, ...]) -> None:
    unet = engine.pipe.unet
    before = {k: v.clone() for k, v in unet.state_dict().items()}
    processors = dict(unet.attn_processors)
    draw(engine, make_job((region("fox", SMALL, adapter="expert1"),), experts, background_adapter="expert2"))
    assert unet.attn_processors == processors
    assert all((v == before[k]).all() for k, v in unet.state_dict().items())
    assert not any(m._forward_hooks for m in unet.modules())


def test_an_expert_changes_its_own_region_most(engine: LocalEngine, experts: tuple[Adapter, ...]) -> None:
    """One step and no guidance, so that what self-attention spreads stays small against what the gate lets through."""
    fields = {"steps": 1, "guidance": 1.0, "gate": GateKind.POSITION, "feather": 0.0}
    base = draw(engine, make_job((region("fox", LEFT),), **fields)).latents
    styled = draw(engine, make_job((region("fox", LEFT, adapter="expert1"),), experts[:1], **fields)).latents
    change = np.abs(styled - base).mean(0)
    assert change[:, :6].mean() > 2 * change[:, 9:].mean()


@pytest.mark.parametrize("candidates", [1, 2])
def test_products_where_an_expert_is_heard_equal_products_everywhere(
    engine: LocalEngine, experts: tuple[Adapter, ...], monkeypatch: pytest.MonkeyPatch, candidates: int
) -> None:
    regions = (
        region("a", SMALL, adapter="expert1"),
        region("b", OTHER, adapter="expert2", scale=0.5),
        region("c", Box.centered(0.5, 0.5, 0.3, 0.3), adapter="expert1", z=1),
    )
    keep = Keep(picture="0" * 64, latents="1" * 64, redraw=(FULL,), candidates=candidates)
    job = make_job(regions, experts, background_adapter="expert2", global_share=(0.5, 0.1), keep=keep)
    before = (np.zeros((SIDE, SIDE, 3), np.uint8), np.zeros((16, SIDE // 8, SIDE // 8), np.float32))
    found = []
    for routed in (True, False):
        monkeypatch.setattr(Routing, "pays_for_tokens", lambda *_, routed=routed: routed)
        monkeypatch.setattr(Routing, "pays_for_maps", lambda *_, routed=routed: routed)
        found.append(draw(engine, job, before).candidates)
    for (_, routed), (_, everywhere) in zip(*found, strict=True):
        assert difference(routed, everywhere) < ROUNDING


def test_many_ranks_are_routed_and_few_are_stacked() -> None:
    weights = torch.from_numpy(partition([SMALL, OTHER], [0, 0], 0.02, (32, 32)))
    routing = Routing(weights, torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    assert routing.pays_for_tokens((32, 32)) and not routing.pays_for_tokens((4, 4))
    assert routing.pays_for_maps((32, 32), 2000) and not routing.pays_for_maps((4, 4), 2000)


def test_a_closed_window_of_an_expert_or_of_a_region_is_silence(
    engine: LocalEngine, experts: tuple[Adapter, ...]
) -> None:
    asleep = experts[0].model_copy(update={"start": 0.9})
    base = draw(engine, make_job((region("fox", SMALL),)))
    late = draw(engine, make_job((region("fox", SMALL, adapter="expert1"),), (asleep,)))
    assert difference(late.latents, base.latents) < ROUNDING
    unheard = draw(engine, make_job((region("fox", SMALL, start=0.9),)))
    assert difference(unheard.latents, draw(engine, make_job()).latents) < ROUNDING
    half = draw(engine, make_job((region("fox", SMALL, start=0.5),)))
    assert difference(half.latents, base.latents) > 1e-3 < difference(half.latents, unheard.latents)


def test_a_region_has_its_own_noise_and_leaves_that_of_others_alone(engine: LocalEngine) -> None:
    from mepg_agent.engine.field import Field
    from mepg_agent.engine.sampler import draw_noise
    from mepg_agent.engine.windows import Window

    def noise(seed: int) -> torch.Tensor:
        job = make_job((region("fox", LEFT, seed=seed),), feather=0.0)
        field = Field(job, Window(0, 0, 64, 64), (64, 64), 1, frozenset(), torch.device("cpu"), torch.float32)
        return draw_noise(job, field, 16, (64, 64))

    first, second = noise(7), noise(8)
    assert (first[:, :, 27:] == second[:, :, 27:]).all() and (first[:, :, :25] != second[:, :, :25]).all()
    assert abs(float(second.var()) - 1) < 0.02


def test_more_strength_and_less_global_share_bring_out_the_region(engine: LocalEngine) -> None:
    def drawn(**fields: Any) -> Latents:
        share = fields.pop("share", 0.5)
        return draw(engine, make_job((region("fox", FULL, **fields),), global_share=(share, share))).latents

    alone, equal = plain(engine, "a fox"), drawn()
    assert difference(drawn(strength=4.0), alone) < difference(equal, alone)
    assert difference(drawn(share=0.1), alone) < difference(equal, alone)
    assert difference(drawn(share=1.0), plain(engine, "a meadow")) < ROUNDING


def test_steps_come_one_by_one_with_a_few_small_previews(engine: LocalEngine) -> None:
    *steps, picture = engine.run(make_job(steps=8))
    assert [s.step for s in steps if isinstance(s, Step)] == list(range(1, 9))
    previews = [s.preview for s in steps if isinstance(s, Step) and s.preview is not None]
    assert 2 <= len(previews) <= 4 and all(p.dtype == np.uint8 and p.shape[2] == 3 for p in previews)
    assert picture.calls == 8  # type: ignore[union-attr]
    assert draw(engine, make_job(steps=2, extent=Extent(width=1152, height=64))).image.shape == (64, 1152, 3)


@pytest.mark.parametrize("scheduler", ["ddim", "dpm++", "unipc", "euler", "lcm"])
def test_every_scheduler_draws_a_finite_picture_twice_the_same(engine: LocalEngine, scheduler: str) -> None:
    job = make_job((region("fox", SMALL),), scheduler=scheduler)
    first, again = draw(engine, job).latents, draw(engine, job).latents
    assert np.isfinite(first).all() and (first == again).all()


def test_more_steps_than_a_scheduler_has_are_refused_in_a_sentence(engine: LocalEngine) -> None:
    with pytest.raises(BadInput, match="60 steps"):
        draw(engine, make_job(scheduler="lcm", steps=60))


@pytest.mark.parametrize("start", [0.0, 0.5])
def test_one_full_region_equals_the_slow_renderer(
    engine: LocalEngine, experts: tuple[Adapter, ...], start: float
) -> None:
    job = make_job((region("fox", FULL, adapter="expert1", start=start),), experts[:1])
    assert difference(draw(engine, job).latents, draw(ReferenceEngine(engine), job).latents) < ROUNDING


def test_two_regions_stay_near_the_slow_renderer_at_a_third_of_its_calls(
    engine: LocalEngine, experts: tuple[Adapter, ...]
) -> None:
    regions = (region("a", LEFT, adapter="expert1", seed=5), region("b", RIGHT, adapter="expert2"))
    job = make_job(regions, experts)
    fast, slow = draw(engine, job), draw(ReferenceEngine(engine), job)
    assert fast.calls * 3 == slow.calls
    base = draw(engine, make_job(tuple(r.model_copy(update={"adapter": None}) for r in regions))).latents
    assert np.abs(fast.latents - slow.latents).mean() < np.abs(base - slow.latents).mean()


def test_a_checkpoint_expert_over_the_whole_canvas_equals_that_checkpoint(engine: LocalEngine, tmp_path: Path) -> None:
    torch.manual_seed(5)
    other = build_unet()
    save_file(other.state_dict(), tmp_path / "other.safetensors")
    checkpoint = as_adapter(tmp_path / "other.safetensors", "other").model_copy(update={"kind": "checkpoint"})
    found = draw(engine, make_job((region("fox", FULL, adapter="other"),), (checkpoint,)))
    own, engine.pipe.unet = engine.pipe.unet, other.eval()
    try:
        wanted = plain(engine, "a fox")
    finally:
        engine.pipe.unet = own
    assert difference(found.latents, wanted) < ROUNDING and found.calls == 6
    corner = Box(x=0, y=0, width=0.25, height=0.25)
    part = draw(engine, make_job((region("fox", corner, adapter="other"),), (checkpoint,)))
    base = draw(engine, make_job((region("fox", corner),))).latents
    assert part.calls == 3 * (1 + 64 / 256)
    assert difference(part.latents[:, :4, :4], base[:, :4, :4]) > 0.01


def test_a_size_off_the_grid_and_a_foreign_job_are_refused_with_advice(engine: LocalEngine) -> None:
    with pytest.raises(BadInput, match=r"multiples of 32 pixels.*Ask for 96 × 128"):
        next(engine.run(make_job(extent=Extent(width=100, height=128))))
    with pytest.raises(BadInput, match="other weights"):
        next(engine.run(make_job(weights="1" * 64)))
    with pytest.raises(BadInput, match=r"no scheduler 'magic'.*dpm\+\+"):
        next(engine.run(make_job(scheduler="magic")))


def test_sdxl_equals_its_plain_pipeline_with_an_adapter_and_without(tmp_path: Path) -> None:
    engine = LocalEngine(save_wide_pipeline(tmp_path), weights_hash=WEIGHTS)
    targets = (*ATTENTION, "proj_in", "conv1", "ff.net.2")
    expert = save_adapter(tmp_path, build_wide_unet(), 1, targets, rank=4, alpha=4)
    base = draw(engine, make_job((region("fox", FULL, "a meadow"),)))
    assert difference(base.latents, plain(engine, "a meadow")) < ROUNDING
    # SDXL reads its pooled state from one prompt for the whole picture: the global one.
    styled = make_job((region("fox", FULL, "a meadow", adapter="expert1"),), (expert,), global_share=(0.0, 0.0))
    wanted = plain(engine, "a meadow", expert)
    assert difference(draw(engine, styled).latents, wanted) < ROUNDING < difference(base.latents, wanted)


def test_an_experts_text_side_weights_act_on_its_own_prompt(engine: LocalEngine, tmp_path: Path) -> None:
    expert = save_text_adapter(tmp_path, engine.pipe)
    wanted = plain(engine, "a fox", expert)
    assert difference(wanted, plain(engine, "a fox")) > 1e-3
    job = make_job((region("fox", FULL, adapter="text"),), (expert,))
    assert difference(draw(engine, job).latents, wanted) < ROUNDING
    assert difference(draw(engine, make_job(prompt="a fox", adapters=(expert,))).latents, wanted) > 1e-3


def test_a_prompt_is_read_once_for_all_experts_that_leave_the_text_encoder_alone(
    engine: LocalEngine, experts: tuple[Adapter, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    plain_read = TextReader.read
    monkeypatch.setattr(TextReader, "read", lambda self, *asked: read.append(asked[0]) or plain_read(self, *asked))
    own = save_text_adapter(tmp_path, engine.pipe)
    regions = (region("a", LEFT, adapter="expert1"), region("b", RIGHT, adapter="expert2"))
    draw(engine, make_job(regions, experts, negative="blurry"))
    assert sorted(read) == ["a a", "a b", "a meadow", "blurry"]
    read.clear()
    draw(engine, make_job((region("a", LEFT, adapter="text"),), (own,), negative="blurry"))
    assert sorted(read) == ["a a", "a meadow", "blurry", "blurry"]


def test_nothing_of_double_precision_is_sent_to_the_device_for_apple_s_have_none(
    engine: LocalEngine, experts: tuple[Adapter, ...]
) -> None:
    sent: list[torch.dtype] = []

    class Watched(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func is torch.Tensor.to and any(isinstance(a, torch.device) for a in args) and torch.float64 not in args:
                sent.append(args[0].dtype)
            return func(*args, **(kwargs or {}))

    keep = Keep(picture="0" * 64, latents="1" * 64, redraw=(SMALL,))
    job = make_job((region("a", SMALL, adapter="expert1"),), experts[:1], steps=1)
    with Watched():
        first = draw(engine, job)
        draw(engine, job.model_copy(update={"keep": keep}), (first.image, first.latents))
    assert sent and torch.float64 not in sent


def test_a_wide_canvas_is_drawn(engine: LocalEngine, experts: tuple[Adapter, ...]) -> None:
    job = make_job((region("fox", SMALL, adapter="expert1"),), experts[:1], extent=Extent(width=192, height=64))
    assert draw(engine, job).image.shape == (64, 192, 3)


def test_no_scheduler_cuts_codes_off_as_if_they_were_pixels():
    from mepg_agent.engine.sampler import SCHEDULERS, make_scheduler

    own = DPMSolverMultistepScheduler(prediction_type="sample")
    made = [make_scheduler(name, own) for name in SCHEDULERS]
    assert [m.config.get("clip_sample", False) for m in made] == [False] * len(SCHEDULERS)
