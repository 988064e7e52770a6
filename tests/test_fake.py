import numpy as np
import pytest

from mepg_agent.engine.base import Engine, Latents, Picture, Pixels, Step
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput
from mepg_agent.records import JobRegion, Keep, RenderJob
from mepg_agent.scene import Box, Extent

BOX = Box(x=0.1, y=0.2, width=0.33, height=0.4)


def job_of(seed: int = 1, keep: Keep | None = None) -> RenderJob:
    return RenderJob(
        backbone="picturebook",
        weights="w",
        prompt="a meadow",
        extent=Extent(width=128, height=96),
        regions=(JobRegion(id="fox", box=BOX, prompt="a fox", seed=seed),),
        seed=1,
        steps=3,
        guidance=4,
        keep=keep,
    )


def draw(job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> tuple[list[Step], Picture]:
    *steps, picture = FakeEngine().run(job, before)
    assert isinstance(picture, Picture)
    return [s for s in steps if isinstance(s, Step)], picture


def test_it_is_an_engine():
    assert isinstance(FakeEngine(), Engine)


def test_same_job_same_bytes_other_seed_other_bytes():
    (_, one), (_, two), (_, other) = draw(job_of()), draw(job_of()), draw(job_of(seed=2))
    assert np.array_equal(one.image, two.image) and np.array_equal(one.latents, two.latents)
    assert not np.array_equal(one.image, other.image)


def test_every_step_is_told_and_the_picture_comes_last():
    steps, picture = draw(job_of())
    assert [(s.step, s.of) for s in steps] == [(1, 3), (2, 3), (3, 3)]
    assert picture.image.shape == (96, 128, 3) and picture.latents.shape == (4, 12, 16)


def test_a_repair_changes_its_box_and_nothing_else_and_gives_every_candidate():
    _, first = draw(job_of())
    keep = Keep(picture="0" * 64, latents="1" * 64, redraw=(BOX,), candidates=3)
    _, repaired = draw(job_of(seed=9, keep=keep), (first.image, first.latents))
    inside = np.zeros(first.image.shape[:2], bool)
    inside[BOX.pixels(Extent(width=128, height=96)).as_slices()] = True
    images = [image for image, _ in repaired.candidates]
    assert len({image.tobytes() for image in images}) == 3
    assert np.array_equal(images[0], repaired.image)
    for image in images:
        assert np.array_equal(image[~inside], first.image[~inside])
        assert (image[inside] != first.image[inside]).any()


def test_a_repair_without_its_picture_is_refused():
    with pytest.raises(BadInput, match="needs the picture"):
        draw(job_of(keep=Keep(picture="0" * 64, latents="1" * 64, redraw=(BOX,))))
