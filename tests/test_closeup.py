"""A region drawn again as a picture of its own: nothing outside its boxes changes, and it gets the whole grid."""

from __future__ import annotations

import numpy as np
import pytest
from engine_fixtures import SIDE, WEIGHTS, draw, make_job, region, save_pipeline
from hypothesis import given
from hypothesis import strategies as st

from mepg_agent.engine.base import Picture, Step
from mepg_agent.engine.closeup import MARGIN, View
from mepg_agent.engine.local import LocalEngine
from mepg_agent.engine.windows import touched
from mepg_agent.errors import BadInput
from mepg_agent.records import Keep, RenderJob
from mepg_agent.scene import Box, Extent

EXTENT = Extent(width=SIDE, height=SIDE)
FOX, DOG = Box(x=0.1, y=0.1, width=0.2, height=0.25), Box(x=0.55, y=0.4, width=0.4, height=0.5)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> LocalEngine:
    return LocalEngine(save_pipeline(tmp_path_factory.mktemp("tiny")), weights_hash=WEIGHTS)


@pytest.fixture(scope="module")
def before(engine: LocalEngine) -> Picture:
    return draw(engine, make_job((region("fox", FOX), region("dog", DOG))))


def closeup(*redraw: Box, candidates: int = 1) -> RenderJob:
    keep = Keep(picture="0" * 64, latents="1" * 64, redraw=redraw, candidates=candidates, zoom=True)
    return make_job((region("fox", FOX, seed=11), region("dog", DOG)), keep=keep)


@pytest.mark.parametrize("redraw", [(FOX,), (DOG,), (FOX, DOG), (Box.full(),)], ids=["small", "large", "both", "all"])
def test_nothing_outside_the_boxes_changes_and_everything_inside_may(
    engine: LocalEngine, before: Picture, redraw: tuple[Box, ...]
) -> None:
    boxes = [box.pixels(EXTENT) for box in redraw]
    inside = np.zeros((SIDE, SIDE), bool)
    for box in boxes:
        inside[box.as_slices()] = True
    free = touched(boxes, before.latents.shape[1:], 8)
    found = draw(engine, closeup(*redraw, candidates=2), (before.image, before.latents))
    pictures = [image for image, _ in found.candidates]
    assert len(pictures) == 2 and (pictures[0] != pictures[1]).any()
    for image, latents in found.candidates:
        assert (image[~inside] == before.image[~inside]).all() and (image[inside] != before.image[inside]).any()
        assert (latents[:, ~free] == before.latents[:, ~free]).all()
        assert (latents[:, free] != before.latents[:, free]).any()


def test_a_small_box_costs_a_whole_canvas_since_it_is_drawn_on_all_of_it(engine: LocalEngine, before: Picture) -> None:
    *steps, picture = engine.run(closeup(FOX, candidates=2), (before.image, before.latents))
    assert isinstance(picture, Picture) and picture.calls == 3 * 2
    assert [(s.step, s.of) for s in steps if isinstance(s, Step)] == [(1, 3), (2, 3), (3, 3)]


def test_it_is_the_same_twice(engine: LocalEngine, before: Picture) -> None:
    one, two = (draw(engine, closeup(FOX), (before.image, before.latents)) for _ in range(2))
    assert (one.image == two.image).all() and (one.latents == two.latents).all()


def test_a_picture_of_another_size_is_refused(engine: LocalEngine, before: Picture) -> None:
    with pytest.raises(BadInput, match="picture to repair"):
        next(iter(engine.run(closeup(FOX), (before.image[:64], before.latents))))


fractions = st.floats(0, 1)


@given(fractions, fractions, st.floats(0.05, 0.9), st.floats(0.05, 0.9))
def test_a_view_shows_its_box_with_a_margin_where_the_canvas_has_one(x: float, y: float, width: float, height: float):
    box = Box.centered(x, y, width, height)
    view = View.around((box,))
    assert box.covered_by(view.box) == pytest.approx(1)
    assert view.box.width == pytest.approx(min(max(width, height) + 2 * MARGIN, 1))
    seen = view.seen(box)
    assert seen is not None and seen.area == pytest.approx(box.area / view.box.area, rel=1e-6)


def test_what_is_out_of_view_or_only_touches_it_is_not_seen() -> None:
    assert View.around((Box(x=0, y=0, width=0.1, height=0.1),)).seen(DOG) is None
    beside = Box(x=0.1, y=0.55, width=0.1, height=0.35)  # ends where the view begins, but for a rounding
    assert View.around((Box.centered(0.725, 0.9, 0.55, 0.2),)).seen(beside) is None
