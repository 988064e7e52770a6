"""Sketches of regions: where they stand, what a denoiser hears of them, and that nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from engine_fixtures import SIDE, WEIGHTS, artist, difference, draw, make_job, region, save_adapter, save_pipeline
from hypothesis import given, settings
from hypothesis import strategies as st

from mepg_agent.engine.base import Latents
from mepg_agent.engine.local import LocalEngine
from mepg_agent.engine.reference import ReferenceEngine
from mepg_agent.engine.sketch_reader import DOTS
from mepg_agent.engine.sketching import Artist, placed, seen_from, silhouettes, stacked, visible
from mepg_agent.engine.windows import Window
from mepg_agent.records import Adapter
from mepg_agent.scene import Box

LEFT, RIGHT = Box(x=0, y=0.25, width=0.5, height=0.5), Box(x=0.5, y=0.25, width=0.5, height=0.5)


def drawn_on(side: int, left: int, top: int, right: int, bottom: int) -> torch.Tensor:
    """A sketch (1, 4, side, side) of a filled rectangle."""
    sketch = torch.zeros(1, 4, side, side)
    sketch[..., top:bottom, left:right] = 1
    return sketch


@pytest.fixture
def engine(tmp_path: Path) -> LocalEngine:
    return LocalEngine(save_pipeline(tmp_path), weights_hash=WEIGHTS)


@pytest.fixture
def expert(engine: LocalEngine, tmp_path: Path) -> Adapter:
    return save_adapter(tmp_path / "experts", engine.pipe.unet, 1, rank=3, alpha=4)


corner = st.integers(0, 30)


@given(corner, corner, st.integers(4, 16), st.integers(4, 16), st.integers(6, 12), st.integers(6, 12))
@settings(max_examples=40)
def test_a_sketch_fills_its_box_as_far_as_its_proportions_allow(
    left: int, top: int, wide: int, high: int, art_wide: int, art_high: int
) -> None:
    size = 64
    box = torch.tensor([[left / size, top / size, (left + wide) / size, (top + high) / size]])
    sheet = placed(drawn_on(16, 2, 3, 2 + art_wide, 3 + art_high), box, (size, size))
    found = (visible(sheet) * size)[0]
    scale = min(wide / art_wide, high / art_high)
    wanted = torch.tensor([
        left + wide / 2 - art_wide * scale / 2, top + high - art_high * scale,
        left + wide / 2 + art_wide * scale / 2, float(top + high),
    ])  # fmt: skip
    soft = 1 + scale / 2  # an edge is as soft as a dot of the sketch
    assert (found - wanted).abs().max() <= soft, "in the middle, and standing on the box's lower side"


def test_near_sketches_hide_far_ones_and_what_is_half_there_mixes() -> None:
    far, near = torch.zeros(4, 2, 2), torch.zeros(4, 2, 2)
    far[:, :, 0], near[:, 0] = 1.0, torch.tensor([0.0, 0.0, 0.0, 1.0])[:, None]
    near[3, 1], near[0, 1] = 0.5, 0.25
    sheet = stacked(torch.stack([far, near]))
    assert sheet[:, 0, 0].tolist() == [0, 0, 0, 1], "only the near one"
    assert sheet[:, 1, 0].tolist() == [0.75, 0.5, 0.5, 1.0]
    assert torch.equal(stacked(torch.stack([near, far]))[:, 0, 0], far[:, 0, 0])


def test_an_expert_is_heard_on_its_thing_and_a_position_around_it() -> None:
    layers = placed(drawn_on(16, 0, 0, 16, 16), torch.tensor([[0.27, 0.27, 0.73, 0.73]]), (16 * DOTS, 16 * DOTS))
    heard = silhouettes(torch.cat([layers, torch.zeros_like(layers)]))
    assert bool((heard[0, 4:12, 4:12] == 1).all()) and 0 < float(heard[0, 3, 8]) < 1
    assert float(heard[0, :2].max()) == float(heard[0, :, 14:].max()) == 0
    assert not heard[1].any(), "nothing is sketched there"


def test_a_window_shows_its_part_of_a_sheet() -> None:
    layers = torch.arange(4 * 64 * 64).view(1, 4, 64, 64)
    assert torch.equal(seen_from(layers, Window(2, 3, 4, 8)), layers[..., 8:24, 12:44])


def test_a_reader_that_learned_nothing_changes_nothing(engine: LocalEngine) -> None:
    job = make_job((region("fox", LEFT), region("owl", RIGHT)))
    without = draw(engine, job)
    artist(engine.pipe.unet, learned=False).joins(engine.pipe)
    assert difference(draw(engine, job).latents, without.latents) == 0


def test_sketches_change_pictures_with_regions_and_only_them(engine: LocalEngine) -> None:
    plain, job = make_job(), make_job((region("fox", LEFT),))
    before = [draw(engine, each).latents for each in (plain, job)]
    artist(engine.pipe.unet).joins(engine.pipe)
    after = [draw(engine, each).latents for each in (plain, job)]
    assert difference(before[0], after[0]) == 0 and difference(before[1], after[1]) > 0.01
    assert difference(draw(engine, job).latents, after[1]) == 0, "the same job gives the same bytes"


def test_the_unconditional_branch_hears_no_sketch(engine: LocalEngine) -> None:
    of = artist(engine.pipe.unet)
    layers = of.sketch(torch.randn(1, 24, 32), [LEFT], (8, 8))
    told = of.guide(layers).batch(2, 3, torch.float32)
    for each in (*told["down_block_additional_residuals"], told["mid_block_additional_residual"]):
        assert len(each) == 5 and not each[:2].any() and bool(each[2:].any())


def test_a_region_whose_time_is_over_is_sketched_no_more(engine: LocalEngine) -> None:
    late = make_job((region("fox", LEFT, start=0.9), region("owl", RIGHT, end=0.9)))
    *_, heard = (draw(engine, late).latents, draw(engine, make_job((region("owl", RIGHT, end=0.9),))).latents)
    artist(engine.pipe.unet).joins(engine.pipe)
    gone = draw(engine, make_job((region("fox", LEFT, start=0.99),)))
    assert difference(gone.latents, draw(engine, make_job((region("fox", LEFT, start=0.98),))).latents) == 0
    assert difference(heard, draw(engine, make_job((region("owl", RIGHT, end=0.9),))).latents) > 0.01


def test_one_full_region_equals_the_slow_renderer_with_sketches_too(engine: LocalEngine) -> None:
    job = make_job((region("fox", Box.full()),))
    without = draw(engine, job).latents
    artist(engine.pipe.unet).joins(engine.pipe)
    slow = draw(ReferenceEngine(engine), job).latents
    assert difference(draw(engine, job).latents, slow) < 1e-4 and difference(slow, without) > 0.01


def test_where_nothing_is_sketched_an_expert_is_heard_as_without_sketches(engine: LocalEngine, expert: Adapter) -> None:
    job = make_job((region("fox", LEFT, adapter=expert.id),), (expert,), fade=0.2)
    before = draw(engine, job).latents
    artist(engine.pipe.unet, learned=False, thing=False).joins(engine.pipe)
    assert difference(draw(engine, job).latents, before) == 0
    artist(engine.pipe.unet, learned=False).joins(engine.pipe)
    assert difference(draw(engine, job).latents, before) > 0


def test_what_was_learned_is_there_again_after_it_was_saved(engine: LocalEngine, tmp_path: Path) -> None:
    one = artist(engine.pipe.unet)
    one.sketcher.save_pretrained(tmp_path / "sketches" / "sketcher")
    one.reader.save_pretrained(tmp_path / "sketches" / "reader")
    again = Artist.load(tmp_path / "sketches", "cpu")
    states = torch.randn(1, 24, 32)
    guides = [each.guide(each.sketch(states, [LEFT], (SIDE // 8, SIDE // 8))) for each in (one, again)]
    assert all(torch.equal(a, b) for a, b in zip(guides[0].skips, guides[1].skips, strict=True))


def test_an_expert_says_until_when_its_things_are_sketched(engine: LocalEngine, expert: Adapter) -> None:
    def drawn(sketched: float, learned: bool = True) -> Latents:
        artist(engine.pipe.unet, learned).joins(engine.pipe)
        adapter = expert.model_copy(update={"sketched": sketched})
        return draw(engine, make_job((region("fox", LEFT, adapter=expert.id),), (adapter,))).latents

    assert difference(drawn(0.0), drawn(1.0, learned=False)) == 0, "not at all"
    assert difference(drawn(0.2), drawn(0.5)) > 0.01, "in the first step of three, or in two"
    assert difference(drawn(0.4), drawn(0.6)) == 0, "the same steps"
