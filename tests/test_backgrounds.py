"""Backgrounds: every place at every time, the same from the same seed, and told apart from one another."""

import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mepg_agent.training.backgrounds import GROUND_SWING, PLACES, TIMES, Background, paint_background

SIZE = 96
VOCABULARY = Path(__file__).parents[1] / "experts" / "picturebook" / "vocabulary.toml"


def paint(place: str, time: str = "day", seed: int = 0, size: int = SIZE) -> Background:
    return paint_background(place, time, size, np.random.default_rng(seed))


def thumbnail(picture: Background) -> NDArray[np.float64]:
    """Mean colours on an 8 x 8 grid."""
    side = picture.image.shape[0] // 8
    return picture.image.reshape(8, side, 8, side, 3).mean(axis=(1, 3))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("time", TIMES)
def test_every_place_paints_at_every_time_and_the_same_seed_gives_the_same_bytes(place: str, time: str) -> None:
    first, second = paint(place, time, 3), paint(place, time, 3)
    assert first.image.shape == (SIZE, SIZE, 3)
    assert first.image.dtype == np.uint8
    assert first.image.std() > 1.0
    assert np.array_equal(first.image, second.image)
    assert (first.ground, first.light) == (second.ground, second.light)


@pytest.mark.parametrize("size", [64, 100, 512])
@pytest.mark.parametrize("place", PLACES)
def test_a_place_paints_at_small_odd_and_large_sizes(place: str, size: int) -> None:
    assert paint(place, "sunset", 1, size).image.shape == (size, size, 3)


@pytest.mark.parametrize("place", PLACES)
def test_night_is_darker_than_sunset_and_sunset_no_lighter_than_day(place: str) -> None:
    brightness = {time: np.mean([paint(place, time, seed).image.mean() for seed in range(4)]) for time in TIMES}
    assert brightness["night"] < 0.75 * brightness["day"]
    assert brightness["night"] < brightness["sunset"] < 1.1 * brightness["day"]
    lights = [paint(place, time).light for time in TIMES]
    assert lights == sorted(lights, reverse=True) and lights[0] == 1.0 and lights[-1] == 0.35


@pytest.mark.parametrize("place", PLACES)
def test_the_ground_stays_near_the_line_the_vocabulary_gives(place: str) -> None:
    usual = tomllib.loads(VOCABULARY.read_text(encoding="utf-8"))["places"][place]["ground"]
    assert all(abs(paint(place, seed=seed, size=64).ground - usual) <= GROUND_SWING + 1e-9 for seed in range(8))


def test_places_and_times_are_those_of_the_vocabulary() -> None:
    vocabulary = tomllib.loads(VOCABULARY.read_text(encoding="utf-8"))
    assert set(PLACES) == set(vocabulary["places"])
    assert set(TIMES) == set(vocabulary["times"])


@pytest.mark.parametrize("place", PLACES)
def test_different_seeds_give_visibly_different_pictures(place: str) -> None:
    pictures = [paint(place, seed=seed).image.astype(float) for seed in range(5)]
    assert np.mean([np.abs(a - b).mean() for a, b in combinations(pictures, 2)]) > 4.0


def test_a_picture_lies_nearer_to_its_own_place_than_to_the_others() -> None:
    centres = {place: np.mean([thumbnail(paint(place, seed=s)) for s in range(8)], axis=0) for place in PLACES}
    hits = 0
    for place in PLACES:
        for seed in (50, 51, 52, 53):
            seen = thumbnail(paint(place, seed=seed))
            hits += min(PLACES, key=lambda other: float(np.abs(seen - centres[other]).mean())) == place
    assert hits >= 0.7 * 4 * len(PLACES)


@pytest.mark.parametrize("place", PLACES)
def test_textures_are_soft_enough_for_a_small_model(place: str) -> None:
    """Little energy in the finest detail: blurring over 2 x 2 pixels changes a picture by a few levels at most."""
    picture = paint(place, size=256).image.astype(float)
    coarse = picture.reshape(128, 2, 128, 2, 3).mean(axis=(1, 3)).repeat(2, axis=0).repeat(2, axis=1)
    assert np.abs(picture - coarse).mean() < 3.0


@pytest.mark.parametrize(("place", "time", "known"), [("moon", "day", "meadow"), ("meadow", "noon", "sunset")])
def test_an_unknown_place_or_time_is_refused_with_the_known_ones(place: str, time: str, known: str) -> None:
    with pytest.raises(ValueError, match=known):
        paint(place, time)
