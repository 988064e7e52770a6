"""What is drawn again takes the tone of what surrounds it, and writes nothing outside its boxes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mepg_agent.engine.blending import ALIKE, blend
from mepg_agent.scene import Box, Extent, PixelBox

SIDE = 96
BOX = PixelBox(left=20, top=24, right=76, bottom=72)


def plain(level: float) -> np.ndarray:
    return np.full((SIDE, SIDE, 3), level, np.uint8)


def test_a_background_that_came_out_lighter_meets_the_one_around_it():
    old, new = plain(100), plain(112)
    new[40:56, 40:56] = (220, 40, 40)
    mixed = blend(old, new, [BOX]).astype(int)
    background = np.ones((SIDE, SIDE), bool)
    background[40:56, 40:56] = False
    assert np.abs(mixed - 100)[background].max() <= 1
    assert np.abs(mixed[44:52, 44:52] - (208, 28, 28)).max() <= 2  # the thing keeps its contrast with it


def test_each_side_meets_its_own_surroundings():
    old, new = plain(100), plain(100)
    old[:, : SIDE // 2] = 90
    mixed = blend(old, new, [BOX]).astype(int)
    assert np.abs(mixed[48, 30] - 90).max() <= 3 and np.abs(mixed[48, 66] - 100).max() <= 3


def test_another_thing_at_the_border_is_not_taken_for_another_tone():
    old, new = plain(100), plain(100)
    old[:, :40] = 100 + int(ALIKE) + 60
    mixed = blend(old, new, [BOX]).astype(int)
    assert np.abs(mixed[30:66, 48:70] - 100).max() <= 1


def test_without_a_border_inside_the_canvas_the_new_picture_is_taken_as_it_is():
    rng = np.random.default_rng(0)
    old, new = (rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8) for _ in range(2))
    whole = Box.full().pixels(Extent(width=SIDE, height=SIDE))
    assert (blend(old, new, [whole]) == new).all()


corners = st.integers(0, SIDE - 2)
boxes = st.builds(
    lambda x, y, w, h: PixelBox(left=x, top=y, right=min(x + w, SIDE), bottom=min(y + h, SIDE)),
    *(corners, corners, st.integers(1, SIDE), st.integers(1, SIDE)),
)


@given(st.lists(boxes, min_size=1, max_size=4), st.integers(0, 2**16))
def test_no_pixel_outside_the_boxes_is_written(redrawn: list[PixelBox], seed: int):
    rng = np.random.default_rng(seed)
    old, new = (rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8) for _ in range(2))
    outside = np.ones((SIDE, SIDE), bool)
    for box in redrawn:
        outside[box.as_slices()] = False
    assert (blend(old, new, redrawn)[outside] == old[outside]).all()
