"""Scenes and lessons as they are composed, and things in other colours than their icons'."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from training_fixtures import VOCABULARY, write_sprites

from mepg_agent.training.scenes import SIDES, TINTS, Composer, Sprites, snapped, tint


@pytest.fixture(scope="module")
def sprites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sprites(tmp_path_factory.mktemp("sprites"))


def test_a_scene_is_named_by_its_seed(sprites: Path) -> None:
    one, two = (Composer(Sprites.load(sprites), VOCABULARY, 64).scene(np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one.image, two.image) and one.things == two.things


def test_a_lesson_shows_one_whole_thing_on_the_grid_of_the_codes(sprites: Path) -> None:
    composer, rng = Composer(Sprites.load(sprites), VOCABULARY, 64), np.random.default_rng(1)
    for _ in range(20):
        scene = composer.lesson(rng)
        (thing,) = scene.things
        assert scene.image.shape == (32, 32, 3) and not thing.painted and thing.box.width > 0.4
    for _ in range(50):
        box = snapped(*rng.uniform(0, 1, 3))
        assert all(float(16 * v).is_integer() for v in (box.x, box.y, box.width)) and box.right <= 1 >= box.bottom
        assert 16 * box.width in SIDES


def test_a_tinted_thing_has_its_colour_and_keeps_its_lines_and_lights() -> None:
    sprite = np.zeros((8, 8, 4), np.float32)
    sprite[..., 3] = 255
    sprite[..., :3] = (150, 20, 40)  # a dark red body
    sprite[0, :, :3], sprite[1, :, :3] = 10, 250
    for color, rgb in TINTS.items():
        tinted = tint(sprite, color)[..., :3]
        assert np.abs(tinted[4, 4] - rgb).max() < 30, color
        assert tinted[0].max() < 40 and tinted[1].min() > 200


def test_lessons_show_other_colours_as_often_as_asked(sprites: Path) -> None:
    composer, rng = Composer(Sprites.load(sprites), VOCABULARY, 64), np.random.default_rng(1)
    things = [composer.lesson(rng, tinted=0.5).things[0] for _ in range(60)]
    assert 15 < sum(thing.painted and thing.color in TINTS for thing in things) < 45
