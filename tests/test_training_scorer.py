"""The judge of the benchmarks learns, goes on from what it was, and looks at styles in their own light."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from training_fixtures import FAMILY, VOCABULARY, composed, write_sprites

from mepg_agent.bench.scorer import Scorer
from mepg_agent.training import scorer
from mepg_agent.training.crops import CLOSE, STORED, Crops, cut, cut_empty, naming, right
from mepg_agent.training.loop import Budget
from mepg_agent.training.pool import Pool, Source, all_styles
from mepg_agent.training.scenes import TINTS, Composer, Sprites


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    folder = tmp_path_factory.mktemp("pool")
    return composed(Source(write_sprites(folder), FAMILY / "vocabulary.toml", folder, size=64, styled=0.05), shards=1)


def new() -> Scorer:
    torch.manual_seed(0)
    return Scorer(list(VOCABULARY.nouns), all_styles(VOCABULARY), list(TINTS))


def test_it_learns_and_what_is_kept_says_the_same(pool: Pool, tmp_path: Path) -> None:
    model, fresh = new(), new()
    sets, empty = [cut(pool, 20, 60)], cut_empty(pool, 20, 60)
    scorer.train(model, sets, empty, tmp_path / "runs", Budget(steps=2), batch=16, bfloat16=False, peak=1e-3)
    assert any(not torch.equal(a, b) for a, b in zip(model.parameters(), fresh.parameters(), strict=True))
    model.half().float().save(tmp_path / "scorer")
    views = torch.rand(4, 3, 64, 64) * 2 - 1
    kept = Scorer.load(tmp_path / "scorer")
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(kept.judge(views), model.judge(views), strict=True))
    assert set(scorer.accuracy(kept, cut(pool, 0, 20))) == {"noun", "style", "color"}


def test_a_mirror_image_counts_for_nouns_and_not_for_styles_and_colors() -> None:
    """On paper and oil paint light falls from one side."""
    model, views = new().eval(), torch.rand(4, 3, 64, 64) * 2 - 1
    said, mirrored = model.judge(views), model.judge(views.flip(-1))
    assert torch.allclose(said.nouns, mirrored.nouns) and not torch.allclose(said.styles, mirrored.styles)
    with torch.inference_mode():
        plain = model(views)
    assert torch.equal(said.styles, F.softmax(plain.styles, -1))
    assert torch.equal(said.colors, F.softmax(plain.colors, -1))


def test_colors_are_learned_and_counted_where_one_is_known(pool: Pool, tmp_path: Path) -> None:
    """A thing in none of the colours that have a name teaches none, and is no mistake."""
    model, fresh, things = new(), new(), cut(pool, 20, 60)
    things.labels[:, 2] = torch.tensor([-1, 3, -1, 5]).repeat(len(things.labels))[: len(things.labels)]
    unknown = Crops(things.pixels[::2], things.labels[::2])
    scorer.train(
        model, [unknown], cut_empty(pool, 20, 60), tmp_path, Budget(steps=2), batch=16, bfloat16=False, peak=1e-6
    )
    assert torch.allclose(model.color.weight, fresh.color.weight, atol=1e-5), "only its weight decays"
    with torch.no_grad():
        model.color.weight.zero_()
        model.color.bias[3] = 9.0
    assert scorer.accuracy(model, things)["color"] == pytest.approx(0.5, abs=0.05)


def test_of_what_has_no_name_it_learns_to_be_sure_of_nothing() -> None:
    logits, nouns = torch.tensor([[2.0, 0, 0, 0], [0, 3.0, 1, 0], [5.0, 1, 0, 2]]), torch.tensor([0, 2, -1])
    named, nameless = F.cross_entropy(logits[:2], nouns[:2], reduction="sum"), -F.log_softmax(logits[2], 0).mean()
    assert torch.isclose(naming(logits, nouns), (named + nameless) / 3)
    assert right(logits, nouns) == 0.5, "what has no name is not counted"


def test_a_thing_has_a_name_where_one_is_likelier_than_not() -> None:
    shares = np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]], np.float32)
    assert Scorer(["cat", "dog"], ["flat"], ["red"]).named(shares) == ["cat", None, "dog"]


def test_a_part_of_a_thing_is_cut_from_the_thing_alone_and_is_about_half_of_it() -> None:
    pixels = torch.zeros((1, 2, STORED, STORED, 3), dtype=torch.uint8)
    pixels[:, CLOSE, :, : STORED // 2] = 255
    crops = Crops(pixels, torch.zeros((1, 3), dtype=torch.long))
    rows, generator = torch.zeros(64, dtype=torch.long), torch.Generator().manual_seed(0)
    white = (crops.parts(rows, generator, rough=False) > 0).float().mean((1, 2, 3))
    assert white.min() < 0.2 and white.max() > 0.8, "parts are of the left and of the right"
    assert white.mean() == pytest.approx(0.5, abs=0.1)


def test_a_medley_shows_every_style_and_says_which_thing_is_in_which(tmp_path: Path) -> None:
    composer, rng = Composer(Sprites.load(write_sprites(tmp_path)), VOCABULARY, 64), np.random.default_rng(2)
    scenes = [composer.medley(rng) for _ in range(40)]
    assert all(scene.style is None and 2 <= len(scene.things) <= 5 for scene in scenes)
    assert {thing.look for scene in scenes for thing in scene.things} == set(all_styles(VOCABULARY))
