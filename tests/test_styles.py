"""Each made style repaints a scene in its own way, and only its own; looks dress the same art."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from training_fixtures import disc

from mepg_agent.training.icons import dress
from mepg_agent.training.style_fields import palette
from mepg_agent.training.styles import MADE_STYLES, apply_style
from mepg_agent.training.styles_cut import CELL, LAYERS, PALETTE

Picture = NDArray[np.uint8]


def scene(size: int = 256) -> Picture:
    """A sky with a gradient, a meadow, a red ball with a white eye."""
    down = np.linspace(0, 1, size)[:, None, None] * np.ones((1, size, 1))
    sky, land = np.array([90, 160, 235]) + 90 * down, np.array([70, 170, 80]) - 40 * down
    image = Image.fromarray(np.where(down < 0.62, sky, land).clip(0, 255).astype(np.uint8))
    draw, unit = ImageDraw.Draw(image), size / 256
    draw.ellipse([70 * unit, 80 * unit, 190 * unit, 200 * unit], fill=(214, 40, 40))
    draw.ellipse([100 * unit, 110 * unit, 125 * unit, 135 * unit], fill=(250, 250, 250))
    return np.asarray(image)


def painted(style: str, seed: int = 0) -> NDArray[np.float64]:
    return apply_style(style, scene(), np.random.default_rng(seed)).astype(float)


def tone(picture: NDArray[Any]) -> NDArray[np.float64]:
    return picture @ [0.299, 0.587, 0.114]


def chroma(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    return picture.max(-1) - picture.min(-1)


def flatness(picture: NDArray[np.float64]) -> float:
    """Share of neighbouring pixels with nearly the same tone."""
    return float((np.abs(np.diff(tone(picture), axis=1)) < 2.5).mean())


def test_the_seven_styles_have_the_ids_the_experts_use():
    expected = ("watercolor", "pixel-art", "neon", "pencil-sketch", "stained-glass", "oil", "paper-cut")
    assert expected == MADE_STYLES


@pytest.mark.parametrize("style", MADE_STYLES)
def test_the_same_generator_state_gives_the_same_bytes(style):
    first = apply_style(style, scene(), np.random.default_rng(7))
    assert np.array_equal(first, apply_style(style, scene(), np.random.default_rng(7)))


@pytest.mark.parametrize("style", sorted(set(MADE_STYLES) - {"pixel-art"}))
def test_another_seed_paints_another_picture(style):
    assert not np.array_equal(painted(style, 1), painted(style, 2))


@pytest.mark.parametrize("style", MADE_STYLES)
@pytest.mark.parametrize("shape", [(256, 256, 3), (128, 128, 3), (96, 160, 3), (101, 67, 3)])
def test_shape_and_type_are_kept_and_the_input_is_left_alone(style, shape):
    image = np.ascontiguousarray(scene()[: shape[0], : shape[1]])
    before = image.copy()
    result = apply_style(style, image, np.random.default_rng(0))
    assert result.shape == shape and result.dtype == np.uint8
    assert np.array_equal(image, before)


@pytest.mark.parametrize("style", MADE_STYLES)
@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_blank_picture_is_painted_without_overflow(style, value):
    with np.errstate(all="raise", under="ignore"):
        result = apply_style(style, np.full((64, 64, 3), value, np.uint8), np.random.default_rng(0))
    assert np.median(np.abs(np.diff(result.astype(int), axis=1))) < 60


def test_an_unknown_style_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'cubism'.*watercolor.*paper-cut"):
        apply_style("cubism", scene(), np.random.default_rng(0))


@pytest.mark.parametrize("image", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3), np.float32)])
def test_what_is_not_an_rgb_byte_picture_is_refused(image):
    with pytest.raises(ValueError, match="uint8"):
        apply_style("oil", image, np.random.default_rng(0))


@pytest.mark.parametrize("style", MADE_STYLES)
def test_every_style_changes_the_picture_visibly(style):
    assert np.abs(painted(style) - scene()).mean() > 4


def test_no_two_styles_look_alike():
    pictures = [painted(style) for style in MADE_STYLES]
    gaps = [np.abs(a - b).mean() for i, a in enumerate(pictures) for b in pictures[:i]]
    assert min(gaps) > 8


@pytest.mark.parametrize("style", ["watercolor", "pixel-art", "stained-glass", "oil", "paper-cut"])
def test_coloured_styles_keep_the_ball_red_on_the_green_meadow(style):
    picture = painted(style)
    ball, meadow = picture[150:180, 120:150].mean((0, 1)), picture[220:245, 20:60].mean((0, 1))
    assert ball[0] > 1.5 * ball[1] and meadow[1] > 1.2 * meadow[0]


def test_pixel_art_has_constant_cells_on_a_fixed_grid_and_few_colours():
    picture = painted("pixel-art")
    cells = picture[::CELL, ::CELL]
    assert np.array_equal(cells.repeat(CELL, 0).repeat(CELL, 1), picture)
    assert 4 <= len(np.unique(cells.reshape(-1, 3), axis=0)) <= PALETTE


def test_neon_is_dark_with_a_few_saturated_lights():
    picture = painted("neon")
    assert tone(picture).mean() < 60
    assert 0.005 < (chroma(picture) > 150).mean() < 0.25


def test_a_pencil_sketch_is_gray_on_mostly_light_paper_with_dark_contours():
    picture = painted("pencil-sketch")
    assert chroma(picture).max() == 0
    assert (tone(picture) > 150).mean() > 0.5 and (tone(picture) < 70).mean() > 0.005


def test_stained_glass_has_dark_lead_around_flat_bright_pieces():
    dark = tone(painted("stained-glass")) < 40
    assert 0.08 < dark.mean() < 0.35
    assert dark.any(0).all() and dark.any(1).all()  # the lead crosses the whole window


def test_lead_follows_the_contour_of_the_ball():
    dark = tone(painted("stained-glass")) < 60
    angle = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    rim_y, rim_x = (140 + 60 * np.sin(angle)).astype(int), (130 + 60 * np.cos(angle)).astype(int)
    near = [dark[y - 3 : y + 4, x - 3 : x + 4].any() for y, x in zip(rim_y, rim_x, strict=True)]
    assert np.mean(near) > 0.9


def test_oil_has_strokes_where_the_scene_was_flat():
    assert flatness(painted("oil")) < 0.6 < 0.9 < flatness(scene().astype(float))


def test_watercolor_leaves_white_paper_at_the_margin_and_lightens_the_dark():
    picture = painted("watercolor")
    margin = np.concatenate([picture[:3].reshape(-1, 3), picture[-3:].reshape(-1, 3)])
    assert (margin.min(-1) > 220).mean() > 0.8
    night = apply_style("watercolor", scene() // 6, np.random.default_rng(0))
    assert tone(night.astype(float)).mean() > 1.5 * tone(scene() // 6).mean()


def test_a_paper_cut_is_a_few_plain_sheets_and_their_shadows():
    picture = painted("paper-cut")
    assert flatness(picture) > 0.6
    coarse, counts = np.unique((picture // 24).reshape(-1, 3), axis=0, return_counts=True)
    common = np.sort(counts)[::-1][: 2 * LAYERS].sum()
    assert common > 0.75 * counts.sum() and len(coarse) > LAYERS


def test_a_sheet_throws_its_shadow_to_the_lower_right_and_never_across_the_border():
    image = np.full((128, 128, 3), 220, np.uint8)
    image[80:, 40:90] = (200, 40, 40)  # touches the lower border
    picture = tone(apply_style("paper-cut", image, np.random.default_rng(0)).astype(float))
    far = np.median(picture[:60])
    assert picture[100:120, 91:94].mean() < 0.8 * far  # right of the sheet
    assert picture[100:120, 30:36].mean() > 0.9 * far  # left of it
    assert picture[:3, 40:90].mean() > 0.9 * far  # opposite border


def test_a_palette_keeps_a_small_vivid_thing_beside_a_large_gradient():
    picture = scene().astype(np.float32) / 255
    picture[10:18, 10:18] = (1, 0.9, 0)
    gaps = np.abs(palette(picture, 8) - np.array([1, 0.9, 0])).max(-1)
    assert gaps.min() < 0.05


def test_a_cartoon_has_dark_contours_and_a_sticker_white_paper_around_the_same_art() -> None:
    flag = np.pad(disc((210, 30, 30), 60), ((10, 10), (10, 10), (0, 0)))
    flag[:, 40:, :3] = np.where(flag[:, 40:, 3:] > 0, (250, 220, 40), 0)
    cartoon, sticker = (dress(flag, look)[40].astype(int) for look in ("cartoon", "sticker"))
    edge = int(np.flatnonzero(flag[40, :, 3])[0])
    assert cartoon[40, :3].max() < 100 and cartoon[edge - 3, :3].max() < 100  # where two colours meet, and outside
    assert cartoon[25, :3].tolist() == sticker[25, :3].tolist() == [210, 30, 30]
    assert sticker[edge - 3].tolist() == [255] * 4 and sticker[edge - 7, :3].max() < 200 < sticker[edge - 7, 3]
