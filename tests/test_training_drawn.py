"""What verifier and scorer learn of drawn pictures: scenes that are known, drawn again by the family."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from training_fixtures import FAMILY, VOCABULARY, composed, write_sprites

from mepg_agent.bench.family import load
from mepg_agent.engine.local import LocalEngine
from mepg_agent.files import whole
from mepg_agent.settings import Settings
from mepg_agent.training.crops import cut
from mepg_agent.training.drawn import Drawer, kept, plan_of
from mepg_agent.training.pool import Pool, Source, all_styles


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    folder = tmp_path_factory.mktemp("pool")
    sprites = write_sprites(folder)
    return composed(Source(sprites, FAMILY / "vocabulary.toml", folder, size=64, medley=True), shards=1)


@pytest.fixture(scope="module")
def drawer() -> Drawer:
    family = load(Settings.load())
    assert isinstance(family.engine, LocalEngine)
    return Drawer(family.engine, family.backbone, family.experts)


def test_the_plan_names_every_thing_of_the_scene_in_its_style_and_who_draws_it(pool: Pool) -> None:
    styles, nouns = all_styles(VOCABULARY), list(VOCABULARY.nouns)
    for row in range(20):
        plan, labels = plan_of(pool, row, VOCABULARY), [each for each in pool.labels[row].tolist() if each[0] >= 0]
        assert [(r.noun, r.style) for r in plan.regions] == [(nouns[n], styles[s]) for n, s, _ in labels]
        assert all(r.expert == (None if r.style in VOCABULARY.looks else r.style) for r in plan.regions)
        corners = [[r.box.x, r.box.y, r.box.right, r.box.bottom] for r in plan.regions]
        assert np.allclose(corners, pool.boxes[row][: len(labels)].clamp(0, 1))


def test_a_plan_may_ask_for_other_things_in_their_places(pool: Pool) -> None:
    plan, other, nouns = plan_of(pool, 3, VOCABULARY), plan_of(pool, 3, VOCABULARY, 83), list(VOCABULARY.nouns)
    assert [r.noun for r in other.regions] == [nouns[(nouns.index(r.noun) + 83) % len(nouns)] for r in plan.regions]
    assert all(r.noun in r.prompt for r in other.regions)
    assert [(r.box, r.style, r.color) for r in other.regions] == [(r.box, r.style, r.color) for r in plan.regions]


def test_a_scene_drawn_again_is_near_to_what_was_composed_and_only_its_styles_are_in_doubt(
    pool: Pool, drawer: Drawer
) -> None:
    one, same, true = drawer.crops(pool, 3, VOCABULARY), drawer.crops(pool, 3, VOCABULARY), cut(pool, 3, 4)
    assert torch.equal(one.pixels, same.pixels) and torch.equal(one.labels, same.labels)
    assert torch.equal(one.labels[:, ::2], true.labels[:, ::2]) and (one.labels[:, 1] == -1).all()
    off, strange = (
        (one.pixels.float() - other.pixels[: len(one.pixels)].float()).abs().mean()
        for other in (true, cut(pool, 4, 12))
    )
    assert 1 < off < strange


def test_a_scene_spoiled_by_the_names_of_other_things_shows_nothing_to_name(pool: Pool, drawer: Drawer) -> None:
    again, spoiled = (drawer.crops(pool, 3, VOCABULARY, spoiled=s) for s in (False, True))
    assert (spoiled.labels == -1).all() and spoiled.labels.shape == again.labels.shape
    assert not torch.equal(spoiled.pixels, again.pixels)


def test_only_scenes_that_may_be_learned_from_are_taken(tmp_path: Path) -> None:
    for row in (3, 5, 9):
        with whole(tmp_path / f"{row:05}.npz") as stream:
            np.savez(stream, pixels=np.full((2, 112, 112, 3), row, np.uint8), labels=np.full((2, 3), row))
    assert kept(tmp_path, 4, 9).labels[:, 0].tolist() == [5, 5]
