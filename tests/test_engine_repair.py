"""Regenerating regions: nothing outside the boxes changes, the cost follows the crop, candidates differ."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline
from engine_fixtures import SIDE, WEIGHTS, build_unet, draw, make_job, region, save_adapter, save_pipeline
from hypothesis import given, settings
from hypothesis import strategies as st

from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.blending import opacity
from mepg_agent.engine.local import LocalEngine
from mepg_agent.engine.patch_autoencoder import PatchAutoencoder
from mepg_agent.engine.regions import receptive_radius
from mepg_agent.engine.windows import touched
from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.records import Adapter, GateKind, JobRegion, Keep, RenderJob
from mepg_agent.scene import EPS, Box, Extent

Before = tuple[Pixels, Latents]
FOX, DOG = Box(x=0.05, y=0.1, width=0.3, height=0.4), Box(x=0.55, y=0.4, width=0.4, height=0.5)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> LocalEngine:
    return LocalEngine(save_pipeline(tmp_path_factory.mktemp("tiny")), weights_hash=WEIGHTS)


@pytest.fixture(scope="module")
def expert(tmp_path_factory: pytest.TempPathFactory) -> Adapter:
    return save_adapter(tmp_path_factory.mktemp("experts"), build_unet(), 1)


@pytest.fixture(scope="module")
def before(engine: LocalEngine) -> Before:
    picture = draw(engine, make_job((region("fox", FOX), region("dog", DOG))))
    return picture.image, picture.latents


def repair_job(redraw: tuple[Box, ...], candidates: int = 1, **fields: object) -> RenderJob:
    keep = Keep(picture="0" * 64, latents="1" * 64, redraw=redraw, candidates=candidates)
    regions = (region("fox", FOX, seed=11), region("dog", DOG))
    return make_job(**{"regions": regions, "keep": keep, **fields})  # type: ignore[arg-type]


def outside(redraw: tuple[Box, ...], extent: Extent) -> np.ndarray:
    mask = np.ones((extent.height, extent.width), bool)
    for box in redraw:
        mask[box.pixels(extent).as_slices()] = False
    return mask


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    side = st.floats(0.02, 0.7)
    return Box.centered(draw(st.floats(0, 1)), draw(st.floats(0, 1)), draw(side), draw(side))


sizes = st.builds(lambda wide, high: Extent(width=32 * wide, height=32 * high), st.integers(2, 5), st.integers(2, 5))


@given(st.lists(boxes(), min_size=1, max_size=3), st.integers(0, 2**62), sizes)
@settings(max_examples=12, deadline=None)
def test_every_pixel_outside_the_boxes_stays_to_the_byte(
    engine: LocalEngine, redraw: list[Box], seed: int, extent: Extent
) -> None:
    noise = np.random.default_rng(seed % 2**32)
    image = noise.integers(0, 256, (extent.height, extent.width, 3), dtype=np.uint8)
    latents = noise.standard_normal((16, extent.height // 8, extent.width // 8)).astype(np.float32)
    job = repair_job(tuple(redraw), 2, steps=1, extent=extent, seed=seed)
    kept = outside(job.keep.redraw, extent)  # type: ignore[union-attr]
    pixels = [b.pixels(extent) for b in redraw]
    still = ~touched(pixels, latents.shape[1:], 8)
    for picture, codes in draw(engine, job, (image, latents)).candidates:
        assert (picture[kept] == image[kept]).all()
        assert (codes[:, still] == latents[:, still]).all()


def test_the_inside_changes_and_every_candidate_is_another(engine: LocalEngine, before: Before) -> None:
    found = draw(engine, repair_job((FOX,), 3), before)
    inside = FOX.pixels(Extent(width=SIDE, height=SIDE)).as_slices()
    pictures = [image[inside] for image, _ in found.candidates]
    assert len(pictures) == 3 and (found.image == found.candidates[0][0]).all()
    for i, picture in enumerate([before[0][inside], *pictures]):
        assert all((picture != other).any() for other in pictures[i:])


def test_a_batch_of_candidates_equals_one_candidate_drawn_alone(engine: LocalEngine, before: Before) -> None:
    alone = draw(engine, repair_job((FOX,), 1), before)
    among = draw(engine, repair_job((FOX,), 3), before)
    np.testing.assert_allclose(alone.latents, among.latents, atol=1e-4)


def test_a_repair_is_the_same_twice(engine: LocalEngine, before: Before, expert: Adapter) -> None:
    regions = (region("fox", FOX, adapter="expert1"), region("dog", DOG))
    job = repair_job((FOX,), 2, regions=regions, adapters=(expert,))
    assert (draw(engine, job, before).image == draw(engine, job, before).image).all()


def test_a_crop_that_no_expert_reaches_is_drawn_as_without_experts(engine: LocalEngine, tmp_path: Path) -> None:
    expert = save_adapter(tmp_path, build_unet(), 1, rank=32)
    corner, far = Box(x=0, y=0, width=0.15, height=0.15), Box(x=0.7, y=0.7, width=0.25, height=0.25)
    wide, keep = Extent(width=512, height=512), repair_job((far,)).keep

    def regions(adapter: str | None) -> tuple[JobRegion, ...]:
        return region("fox", corner, adapter=adapter), region("dog", far)

    whole = draw(engine, make_job(regions(expert.id), (expert,), extent=wide, steps=1))
    before = whole.image, whole.latents
    repaired = draw(engine, make_job(regions(expert.id), (expert,), extent=wide, steps=1, keep=keep), before)
    plain = draw(engine, make_job(regions(None), extent=wide, steps=1, keep=keep), before)
    assert (repaired.image == plain.image).all()


def test_an_expert_that_fades_changes_the_borders_of_its_box_less_than_the_middle(
    engine: LocalEngine, expert: Adapter
) -> None:
    box = Box.centered(0.5, 0.5, 0.75, 0.75)
    fields = {"steps": 1, "guidance": 1.0, "gate": GateKind.POSITION, "feather": 0.0}
    base = draw(engine, make_job((region("fox", box),), **fields)).latents
    shares = []
    for fade in (0.0, 0.5):
        styled = draw(engine, make_job((region("fox", box, adapter=expert.id),), (expert,), fade=fade, **fields))
        change = np.abs(styled.latents - base).mean(0)
        shares.append(change[2:4, 2:14].mean() / change[6:10, 6:10].mean())
    assert shares[1] < 0.8 * shares[0]


def test_the_cost_follows_the_area_of_the_crop(engine: LocalEngine, before: Before) -> None:
    corner = Box(x=0.0, y=0.0, width=0.1, height=0.1)
    small, both = draw(engine, repair_job((corner,)), before), draw(engine, repair_job((corner, DOG), 2), before)
    assert small.calls == 3 * 16 / 256
    assert small.calls * 2 < both.calls < 3 * 2
    everything = draw(engine, repair_job((Box.full(),)), before)
    assert everything.calls == 3


def test_drawing_the_whole_canvas_again_equals_drawing_it(engine: LocalEngine, before: Before) -> None:
    job = repair_job((Box.full(),))
    again, fresh = draw(engine, job, before), draw(engine, job.model_copy(update={"keep": None}))
    assert (again.latents == fresh.latents).all() and (again.image == fresh.image).all()


def test_steps_are_counted_over_all_crops(engine: LocalEngine, before: Before) -> None:
    corners = (Box(x=0, y=0, width=0.1, height=0.1), Box(x=0.9, y=0.9, width=0.1, height=0.1))
    *steps, picture = engine.run(repair_job(corners), before)
    assert [(s.step, s.of) for s in steps if isinstance(s, Step)] == [(i, 6) for i in range(1, 7)]
    assert isinstance(picture, Picture)


@given(st.lists(boxes(), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_the_new_picture_shows_inside_the_boxes_only(redraw: list[Box]) -> None:
    extent = Extent(width=96, height=64)
    pixels = [b.pixels(extent) for b in redraw]
    seen = opacity(pixels, extent.height, extent.width)
    assert (seen[outside(tuple(redraw), extent)] == 0).all() and seen.min() >= 0
    assert all(seen[p.as_slices()].max() > 0 for p in pixels) and seen.max() <= 1


def test_decoding_a_crop_within_the_reach_gives_the_pixels_of_the_whole(engine: LocalEngine) -> None:
    torch.manual_seed(0)
    patch = PatchAutoencoder(patch=16, latent_channels=16, width=16, fine_width=8, blocks=1, fine_blocks=1)
    for layer in patch.modules():
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.normal_(layer.weight, std=0.1)
    for vae, scale in ((engine.pipe.vae, 8), (patch, 16)):
        reach = receptive_radius(vae)
        assert reach is not None
        z = torch.randn(1, 16, 4 * reach, 4 * reach)
        with torch.no_grad():
            whole = vae.decode(z, return_dict=False)[0]
            part = vae.decode(z[:, :, reach : 4 * reach, reach:], return_dict=False)[0]
        inner = slice(reach * scale, None)
        torch.testing.assert_close(part[..., inner, inner], whole[..., 2 * reach * scale :, 2 * reach * scale :])


def test_a_decoder_that_sees_the_whole_picture_has_no_reach() -> None:
    from diffusers import AutoencoderKL

    assert receptive_radius(AutoencoderKL(block_out_channels=(32,))) is None


def test_a_repair_without_its_picture_or_of_another_size_is_refused(engine: LocalEngine, before: Before) -> None:
    with pytest.raises(BadInput, match="needs the picture"):
        engine.run(repair_job((FOX,)))
    with pytest.raises(BadInput, match="needs the picture"):
        engine.run(make_job(), before)
    with pytest.raises(BadInput, match=r"128×128.*64×64"):
        next(iter(engine.run(repair_job((FOX,), extent=Extent(width=64, height=64)), before)))
    for nothing in ((), (Box(x=1, y=1, width=EPS, height=EPS),)):
        with pytest.raises(BadInput, match="nothing to draw"):
            next(iter(engine.run(repair_job(nothing), before)))


def test_a_pipeline_folder_that_is_not_there_is_a_broken_asset(tmp_path: Path) -> None:
    with pytest.raises(BrokenAsset, match="cannot be loaded"):
        LocalEngine(tmp_path / "nowhere", weights_hash=WEIGHTS)


def test_a_pipeline_whose_weights_are_cut_short_is_a_broken_asset(tmp_path: Path) -> None:
    folder = save_pipeline(tmp_path)
    [weights] = (folder / "text_encoder").glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(BrokenAsset, match="cannot be loaded"):
        LocalEngine(folder, weights_hash=WEIGHTS)


@pytest.mark.parametrize("said", [{"_class_name": "NobodysPipeline"}, {"unet": [1, 2]}])
def test_a_pipeline_of_a_kind_that_there_is_not_is_a_broken_asset(tmp_path: Path, said: dict[str, object]) -> None:
    index = save_pipeline(tmp_path) / "model_index.json"
    index.write_text(json.dumps({**json.loads(index.read_text()), **said}))
    with pytest.raises(BrokenAsset, match="cannot be loaded"):
        LocalEngine(index.parent, weights_hash=WEIGHTS)


def test_a_pipeline_that_does_not_fit_the_device_is_told_with_what_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")

    folder = save_pipeline(tmp_path)
    monkeypatch.setattr(StableDiffusionPipeline, "to", full)
    with pytest.raises(BrokenAsset, match=r"too little memory for the pipeline.*MEPG_DEVICE=cpu"):
        LocalEngine(folder, weights_hash=WEIGHTS)


def test_a_drawing_that_does_not_fit_the_device_is_told_with_what_would(
    engine: LocalEngine, before: Before, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")

    monkeypatch.setattr(engine.pipe.unet, "forward", full)
    zoomed = repair_job((FOX,)).keep.model_copy(update={"zoom": True})  # type: ignore[union-attr]
    for job in (make_job((region("fox", FOX),)), repair_job((FOX,)), repair_job((FOX,), keep=zoomed)):
        with pytest.raises(BrokenAsset, match=r"too little memory.*smaller picture, or fewer candidates") as caught:
            list(engine.run(job, before if job.keep else None))
        assert caught.value.__cause__ is caught.value.__context__ is None, "which would keep the tensors"
    monkeypatch.undo()
    monkeypatch.setattr(engine, "experts", full)
    with pytest.raises(BrokenAsset, match="too little memory") as caught:
        engine.run(repair_job((FOX,)), before)
    assert caught.value.__cause__ is caught.value.__context__ is None, "which would keep the tensors"
    monkeypatch.undo()
    assert draw(engine, repair_job((FOX,)), before).image.shape == (SIDE, SIDE, 3)
