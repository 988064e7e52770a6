"""Masks, cells, gates: a partition of unity, and cells that equal the dense computation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.attention_processor import Attention
from engine_fixtures import make_job, region
from hypothesis import given, settings
from hypothesis import strategies as st

from mepg_agent.engine.attention import Prompts, RegionalAttention
from mepg_agent.engine.field import Field
from mepg_agent.engine.gating import CALL, cells_of, labels, partition, reach
from mepg_agent.engine.windows import Window, crops, touched
from mepg_agent.records import Adapter
from mepg_agent.scene import Box, Extent

fractions = st.floats(0.01, 1.0)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    width, height = draw(fractions), draw(fractions)
    return Box.centered(draw(st.floats(0, 1)), draw(st.floats(0, 1)), width, height)


scenes = st.lists(st.tuples(boxes(), st.integers(-2, 2)), max_size=8)
sizes = st.sampled_from([(4, 4), (8, 8), (16, 12), (32, 32)])


@given(scenes, st.floats(0, 0.25), sizes)
@settings(max_examples=150, deadline=None)
def test_weights_sum_to_one_and_every_region_dominates_somewhere(
    scene: list[tuple[Box, int]], feather: float, size: tuple[int, int]
) -> None:
    weights = partition([b for b, _ in scene], [z for _, z in scene], feather, size)
    assert weights.shape == (len(scene) + 1, *size)
    np.testing.assert_allclose(weights.sum(0), 1, atol=1e-9)
    assert weights.min() >= 0
    assert all((region > 0.5).any() for region in weights[1:])


def test_sixteen_tiny_regions_fit_on_sixteen_positions() -> None:
    tiny = [Box.centered(0.5, 0.5, 0.01, 0.01)] * 16
    weights = partition(tiny, [0] * 16, 0.02, (4, 4))
    assert sorted(labels(weights).ravel()) == list(range(1, 17))


def test_a_full_box_owns_everything_even_at_the_rim() -> None:
    weights = partition([Box.full()], [0], 0.1, (8, 8))
    np.testing.assert_array_equal(weights[1], 1)


def test_no_background_shows_between_two_boxes_that_touch() -> None:
    left, right = Box(x=0, y=0, width=0.4, height=1), Box(x=0.4, y=0, width=0.6, height=1)
    weights = partition([left, right], [0, 0], 0.1, (16, 16))
    np.testing.assert_allclose(weights[0], 0, atol=1e-12)
    np.testing.assert_allclose(weights[1] + weights[2], 1)


def test_the_nearer_region_hides_the_farther_one() -> None:
    weights = partition([Box.full(), Box.centered(0.5, 0.5, 0.5, 0.5)], [0, 1], 0.0, (8, 8))
    assert (labels(weights)[2:6, 2:6] == 2).all() and (labels(weights)[:2] == 1).all()


def test_a_border_is_as_wide_as_the_feather() -> None:
    half = Box(x=0, y=0, width=0.5, height=1)
    row = partition([half], [0], 0.25, (1, 64))[1, 0]
    soft = np.flatnonzero((row > 0.01) & (row < 0.99))
    assert 14 <= len(soft) <= 17 and abs(row[31] + row[32] - 1) < 1e-9


def test_an_expert_fades_from_the_middle_of_its_box_to_its_borders_but_not_at_the_rim_of_the_canvas() -> None:
    free, at_the_rim = Box(x=0.25, y=0.25, width=0.5, height=0.5), Box(x=0, y=0.5, width=0.5, height=0.5)
    background, inner, corner = reach([free, at_the_rim], 0.5, (32, 32))
    assert (background == 1).all()
    assert inner[15, 15] > 0.95 and inner[15, 8] < 0.02 and inner[15, 4] == 0
    assert (np.diff(inner[15, 8:16]) > 0).all()
    assert corner[31, 0] == 1 and corner[31, 14] < 0.1 and corner[17, 0] < 0.1


@given(boxes(), st.floats(0.01, 0.5), sizes)
@settings(max_examples=100, deadline=None)
def test_an_expert_that_fades_is_heard_in_any_box_that_holds_a_positions_middle(
    box: Box, fade: float, size: tuple[int, int]
) -> None:
    _, heard = reach([box], fade, size)
    assert ((heard >= 0) & (heard <= 1)).all()
    down, across = (
        (low <= (np.arange(count) + 0.45) / count) & ((np.arange(count) + 0.55) / count <= high)
        for low, high, count in ((box.y, box.bottom, size[0]), (box.x, box.right, size[1]))
    )
    assert (heard[np.ix_(down, across)] > 0).all()


def test_without_fading_an_expert_is_heard_wherever_its_block_speaks() -> None:
    assert (reach([Box.centered(0.5, 0.5, 0.2, 0.2)], 0.0, (8, 8)) == 1).all()


@given(scenes, st.floats(0, 0.5), st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_gates_are_the_shares_of_the_regions_as_far_as_their_experts_reach(
    scene: list[tuple[Box, int]], fade: float, seed: int
) -> None:
    adapters = tuple(Adapter(id=f"a{i}", path="", sha256="0" * 64) for i in range(2))
    regions = tuple(
        region(f"r{i}", box, adapter=f"a{i % 2}", z=z, scale=0.5 + i / 2) for i, (box, z) in enumerate(scene[:3])
    )
    job = make_job(regions, adapters, fade=fade, global_share=(0.5, 0.5))
    field = Field(job, Window(0, 0, 8, 8), (8, 8), 1, frozenset(), torch.device("cpu"), torch.float32)
    field.at(0, 1)
    level = field.levels[64]
    reached = torch.from_numpy(reach([r.box for r in regions], fade, (8, 8))).float().flatten(1)
    shares = torch.rand(1, 64, level.talk.slots, generator=torch.Generator().manual_seed(seed))
    by_block = (shares[0, ..., None] * level.talk.slot_rows(torch.eye(len(regions) + 1))).sum(1)
    level.record(shares)
    for column, name in enumerate(field.experts):
        scales = [0.0, *(r.scale if r.adapter == name else 0.0 for r in regions)]
        wanted = (by_block * reached.T * torch.tensor(scales)).sum(1)
        torch.testing.assert_close(level.token_gates((1,) * len(field.experts))[0, :, column], wanted)


@given(scenes, st.floats(0, 0.2))
@settings(max_examples=60, deadline=None)
def test_cells_cover_every_position_once_with_its_blocks_and_cost_no_more_than_apart(
    scene: list[tuple[Box, int]], feather: float
) -> None:
    speaks = partition([b for b, _ in scene], [z for _, z in scene], feather, (8, 8)).reshape(len(scene) + 1, -1) > 0
    found = cells_of(speaks)
    assert sorted(found.order) == list(range(64))
    for cell in found.cells:
        assert tuple(np.flatnonzero(speaks[:, found.order[cell.start : cell.stop]].any(1))) == cell.blocks
    cost = sum(CALL + (cell.stop - cell.start) * len(cell.blocks) for cell in found.cells)
    assert cost <= len(np.unique(speaks.T, axis=0)) * CALL + speaks.sum()


@given(scenes, st.floats(0, 0.2), st.floats(0, 1), st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_attention_by_cells_equals_dense_attention_and_its_shares(
    scene: list[tuple[Box, int]], feather: float, share: float, seed: int
) -> None:
    """Against the formula written out: one softmax over all tokens of all blocks, biased by the log-weights."""
    torch.manual_seed(seed)
    regions = tuple(region(f"r{i}", box, z=z) for i, (box, z) in enumerate(scene))
    job = make_job(regions, global_share=(share, share), feather=feather, guidance=1.0)
    field = Field(job, Window(0, 0, 8, 8), (8, 8), 1, frozenset(), torch.device("cpu"), torch.float32)
    field.at(0, 1)
    attn = Attention(16, cross_attention_dim=12, heads=2, dim_head=8).eval()
    texts = [torch.randn(5, 12) for _ in range(len(regions) + 1)]
    prompts = Prompts(texts, [torch.randn(5, 12)], field.read_by, field.mute_read_by)
    hidden = torch.randn(3, 64, 16)
    level = field.levels[64]
    taken: list[torch.Tensor] = []
    level.record = taken.append  # type: ignore[method-assign]
    with torch.no_grad():
        out = RegionalAttention(field, attn, "attn2", prompts, {})(attn, hidden)
        wanted, shares = _dense(attn, hidden, texts, field, share)
    torch.testing.assert_close(out, wanted, atol=2e-5, rtol=2e-5)
    for got in taken:
        by_block = level.talk.slot_rows(torch.eye(len(texts)))
        torch.testing.assert_close((got[..., None] * by_block).sum(2), shares, atol=1e-5, rtol=1e-5)


def _dense(
    attn: Any, hidden: torch.Tensor, texts: list[torch.Tensor], field: Field, share: float
) -> tuple[torch.Tensor, torch.Tensor]:
    weights = torch.from_numpy(field.finest).float().flatten(1)
    weights = (1 - share) * weights
    weights[0] += share

    def split(x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(-1, (2, 8)).transpose(-3, -2)

    text = torch.cat(texts)
    logits = split(attn.to_q(hidden)) @ split(attn.to_k(text)).transpose(-1, -2) / 8**0.5
    chances = (logits + weights.log().T.repeat_interleave(5, 1)).softmax(-1)
    out = attn.to_out[0]((chances @ split(attn.to_v(text))).transpose(1, 2).flatten(2))
    return out, chances.unflatten(-1, (-1, 5)).sum(-1).mean(1)


@given(st.lists(boxes(), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_crops_cover_the_boxes_without_overlap_and_fit_the_coarsest_grid(redraw: list[Box]) -> None:
    pixels = [b.pixels(Extent(width=256, height=256)) for b in redraw]
    seen = np.zeros((32, 32), int)
    for window in crops(pixels, (32, 32), 8, 4, 1 / 8):
        assert window.height % 4 == window.width % 4 == 0
        seen[window.as_slices()] += 1
    assert seen.max() == 1
    assert seen[touched(pixels, (32, 32), 8)].all()


@pytest.mark.parametrize(("side", "area"), [(0.2, 256), (0.9, 1024)])
def test_a_crop_is_as_small_as_its_box_allows(side: float, area: int) -> None:
    pixels = [Box.centered(0.5, 0.5, side, side).pixels(Extent(width=256, height=256))]
    assert sum(w.area for w in crops(pixels, (32, 32), 8, 4, 1 / 8)) == area


@given(st.floats(0, 1), st.floats(0, 1))
def test_on_a_coarse_grid_a_box_of_a_third_never_takes_the_whole_canvas(x: float, y: float) -> None:
    pixels = [Box.centered(x, y, 0.35, 0.35).pixels(Extent(width=256, height=256))]
    assert sum(w.area for w in crops(pixels, (16, 16), 16, 4, 1 / 8)) <= 12 * 12


@given(scenes, st.floats(0, 0.2), st.integers(0, 2), st.integers(0, 2), st.integers(1, 4), st.integers(1, 4))
def test_a_part_has_the_weights_of_the_whole(
    scene: list[tuple[Box, int]], feather: float, top: int, left: int, height: int, width: int
) -> None:
    boxes, depths = [b for b, _ in scene], [z for _, z in scene]
    whole = partition(boxes, depths, feather, (16, 16))
    at, shape = (4 * top, 4 * left), (min(4 * height, 16 - 4 * top), min(4 * width, 16 - 4 * left))
    part = partition(boxes, depths, feather, (16, 16), (*at, *shape))
    cut = whole[:, at[0] : at[0] + shape[0], at[1] : at[1] + shape[1]]
    placed = (cut > 0.5).any((1, 2)) == (part > 0.5).any((1, 2))  # a place of its own is given in what is seen
    assert np.allclose(part, cut) or not placed.all()


def test_a_part_may_begin_between_two_positions() -> None:
    half = Box(x=0, y=0, width=0.5, height=1)
    [row] = partition([half], [0], 0.0, (1, 4), (0, 0.5, 1, 3))[1]
    assert np.allclose(row, [1, 0.5, 0])
