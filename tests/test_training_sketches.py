"""Sketches are learned from icons, and the denoiser that hears them stays as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from engine_fixtures import artist
from training_fixtures import FAMILY, VOCABULARY, composed, tiny_drawer, tiny_vae, write_sprites
from transformers import CLIPTokenizer

from mepg_agent.engine.sketcher import Sketcher
from mepg_agent.training import config, denoiser, sketch_reader, sketcher
from mepg_agent.training.guides import guided, sketched
from mepg_agent.training.loop import Budget
from mepg_agent.training.pool import Pool, Source, all_styles
from mepg_agent.training.scenes import Sprites
from mepg_agent.training.sketcher import NOTHING, Album, Prompts
from mepg_agent.training.words import read_states


@pytest.fixture(scope="module")
def sprites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sprites(tmp_path_factory.mktemp("sprites"))


@pytest.fixture(scope="module")
def album(sprites: Path) -> Album:
    return Album.of(Sprites.load(sprites), VOCABULARY, 16)


@pytest.fixture(scope="module")
def pool(sprites: Path, tmp_path_factory: pytest.TempPathFactory) -> Pool:
    return composed(Source(sprites, FAMILY / "vocabulary.toml", tmp_path_factory.mktemp("pool"), size=64))


@pytest.fixture(scope="module")
def pipe(pool: Pool) -> Any:
    tokenizer = CLIPTokenizer.from_pretrained(FAMILY / "pipeline" / "tokenizer")
    drawer = tiny_drawer(tokenizer)
    return denoiser.pipeline(tiny_vae(pool), drawer.text, tokenizer, drawer.unet)


def small() -> Sketcher:
    torch.manual_seed(0)
    return Sketcher(text=32, heads=2, width=64, basis=24, grid=4, channels=12, patch=4)


def test_principal_sketches_say_every_icon_and_nothing_at_all(album: Album) -> None:
    one = small()
    weights = sketcher.principal(album, one)
    with torch.no_grad():
        found = one.patches(one.shapes(weights).unflatten(1, (-1, 4, 4)))
    off = (found - album.pictures / 255).square().mean((1, 2, 3)).sqrt()
    assert float(off.mean()) < 0.08 and float(off[album.place[NOTHING]]) < 0.02


def test_prompts_name_what_they_are_sketched_as(sprites: Path) -> None:
    known = Sprites.load(sprites)
    prompts = Prompts(known, VOCABULARY, seed=0)
    for text, (noun, look, color) in zip(prompts.texts, prompts.art, strict=True):
        style = text.rsplit(", ", 1)[1].removesuffix(" style")
        if not noun:
            assert not any(f" {each} " in text for each in VOCABULARY.nouns)
        else:
            assert noun in text and (color is None or color in text)
            assert look == (style if style in known.looks else "flat"), "a style of paint has no art"
    named = {text.rsplit(", ", 1)[1].removesuffix(" style") for text in prompts.texts}
    assert set(all_styles(VOCABULARY)) < named, "and some that nobody knows"
    assert {art[0] for art in prompts.art} == {"", *VOCABULARY.nouns}


def test_a_sketcher_learns_what_prompts_look_like(album: Album, pipe: Any, sprites: Path, tmp_path: Path) -> None:
    one, prompts = small(), Prompts(Sprites.load(sprites), VOCABULARY, seed=0)
    weights = sketcher.principal(album, one)
    some = range(0, len(prompts.texts), 16)
    ids = pipe.tokenizer([prompts.texts[i] for i in some], padding="max_length", truncation=True, return_tensors="pt")
    states = read_states(ids["input_ids"], pipe.text_encoder)
    wanted = weights[[album.place[prompts.art[i]] for i in some]]

    def off() -> float:
        with torch.no_grad():
            return float((one.coefficients(states.float()) - wanted).square().mean())

    before, shapes = off(), one.shapes.weight.clone()
    sizes = config.SketcherConfig(minutes=1, batch=64, peak=3e-3)
    sketcher.train(one, states, wanted, tmp_path, sizes, Budget(steps=150))
    assert off() < 0.8 * before and torch.equal(one.shapes.weight, shapes)


def test_only_the_reader_of_sketches_learns(pool: Pool, pipe: Any, tmp_path: Path) -> None:
    of = artist(pipe.unet, learned=False)
    pupil = sketch_reader.Pupil(pipe.unet, of.sketcher, of.reader.requires_grad_(True))
    told = sketch_reader.Told.of(pool.source, 0, pipe)
    before = {k: v.clone() for k, v in pupil.state_dict().items()}
    sizes = config.SketchReaderConfig(
        widths=(16, 16), blocks=(1, 0), minutes=1, batch=4, lessons=0.5, peak=1e-3, parts=2, bfloat16=False
    )
    for steps in (3, 6):
        sketch_reader.train(pupil, told, told, tmp_path, sizes, Budget(steps=steps))
        state = torch.load(tmp_path / "sketch-reader.checkpoint.pt", weights_only=True)
        assert state["step"] == steps and state["model"].keys() == pupil.reader.state_dict().keys()
    changed = {k.split(".")[0] for k, v in pupil.state_dict().items() if not torch.equal(v, before[k])}
    assert changed == {"reader"}


def test_scenes_are_sketched_where_their_things_are_and_not_where_nothing_is_said(pipe: Any) -> None:
    of, states = artist(pipe.unet), torch.randn(2, 2, 8, 32)
    boxes = torch.tensor([[[0.0, 0.0, 0.5, 0.5], [0.5, 0.5, 1.0, 1.0]], [[0.0, 0.5, 0.5, 1.0], [0.0] * 4]])
    there = torch.tensor([[True, True], [True, False]])
    layers = sketched(of.sketcher, states, boxes, there, 4)
    seen = layers[:, :, 3, 2::8, 2::8]  # the middle of each quarter
    assert seen.flatten(2).tolist() == [[[1, 0, 0, 0], [0, 0, 0, 1]], [[0, 0, 1, 0], [0, 0, 0, 0]]]
    heard = guided(of.reader, layers, torch.tensor([True, False]))
    assert all(bool(each[0].any()) and not each[1].any() for each in heard["down_block_additional_residuals"])
