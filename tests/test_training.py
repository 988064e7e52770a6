"""The trainers at tiny sizes, on sprites made here: no download, no icon sets."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler
from training_fixtures import FAMILY, LOOKS, VOCABULARY, composed, disc, tiny_drawer, tiny_vae, write_sprites
from transformers import CLIPTextModel, CLIPTokenizer

from mepg_agent.engine.patch_autoencoder import PatchAutoencoder
from mepg_agent.english import article
from mepg_agent.errors import BadInput
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import Box
from mepg_agent.training import autoencoder, config, decoder, denoiser, imagetext, regional, words
from mepg_agent.training.captions import caption, relation_words, where
from mepg_agent.training.crew import Crew
from mepg_agent.training.crops import (
    HELD_OUT,
    MARGIN,
    STORED,
    WIDE,
    Crops,
    batch_of,
    coded,
    cut,
    cut_empty,
    lessons,
)
from mepg_agent.training.draws import halved
from mepg_agent.training.icons import dominant_color, dress
from mepg_agent.training.loop import Budget, Run, learning_rate
from mepg_agent.training.pool import SHARD, Pool, Source, _compose
from mepg_agent.training.scenes import Composer, Sprites


@pytest.fixture(scope="module")
def sprites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sprites(tmp_path_factory.mktemp("sprites"))


@pytest.fixture(scope="module")
def pool(sprites: Path, tmp_path_factory: pytest.TempPathFactory) -> Pool:
    source = Source(sprites, FAMILY / "vocabulary.toml", tmp_path_factory.mktemp("pool"), size=64, styled=0.05)
    return composed(source)


@pytest.fixture(scope="module")
def tokenizer() -> CLIPTokenizer:
    return CLIPTokenizer.from_pretrained(FAMILY / "pipeline" / "tokenizer")


def test_captions_name_only_things_that_are_there(sprites: Path) -> None:
    composer, rng = Composer(Sprites.load(sprites), VOCABULARY, 64), np.random.default_rng(1)
    for _ in range(60):
        scene = composer.scene(rng)
        text = caption(scene, rng, VOCABULARY)
        absent = set(VOCABULARY.nouns) - {t.noun for t in scene.things} - _inside(scene.things, VOCABULARY)
        words = f" {text.replace(',', ' ').replace(';', ' ').replace(':', ' ')} "
        assert not [n for n in absent if f" {n} " in words], text


def _inside(things: tuple, vocabulary: Vocabulary) -> set[str]:
    """Nouns that an alias of a thing contains: "fish" says nothing of a "tropical fish"."""
    said = " ".join(a for t in things for a in (t.noun, *vocabulary.nouns[t.noun].aliases))
    return {n for n in vocabulary.nouns if n in said}


def test_relation_words_say_what_the_boxes_show() -> None:
    left, right = Box(x=0, y=0.4, width=0.2, height=0.2), Box(x=0.7, y=0.4, width=0.2, height=0.2)
    rng = np.random.default_rng(0)
    assert "left" in str(relation_words(left, right, rng)) and "right" in str(relation_words(right, left, rng))
    assert where(left) == "left" and where(Box(x=0.7, y=0, width=0.2, height=0.2)) == "top right"
    assert article("owl") == "an owl"


def test_looks_differ_and_the_dominant_color_is_the_one_a_person_names() -> None:
    red = disc((210, 30, 30), 60)
    assert dominant_color(red) == "red" and dominant_color(disc((40, 90, 220))) == "blue"
    dressed = [dress(red, look) for look in LOOKS]
    assert all(not np.array_equal(a, b) for i, a in enumerate(dressed) for b in dressed[:i])


def test_a_shard_is_the_same_whoever_makes_it_and_is_not_made_twice(pool: Pool, tmp_path: Path) -> None:
    again = Source(pool.source.sprites, pool.source.vocabulary_file, tmp_path, size=64, styled=0.05)
    _compose(again, 1)
    assert np.array_equal(np.load(again.file(1, "image.npy")), pool.images[1])
    before = again.file(1, "npz").stat().st_mtime_ns
    _compose(again, 1)
    assert again.file(1, "npz").stat().st_mtime_ns == before


def test_the_pool_takes_in_new_shards(pool: Pool, tmp_path: Path) -> None:
    source = Source(pool.source.sprites, pool.source.vocabulary_file, tmp_path, size=64)
    _compose(source, 0)
    growing = Pool(source)
    _compose(source, 1)
    assert len(growing) == SHARD
    growing.refresh()
    assert len(growing) == 2 * SHARD == len(growing.texts)


def test_the_pca_encoder_is_the_best_linear_code_and_the_decoder_starts_from_it(pool: Pool) -> None:
    images = pool.pictures(torch.arange(8))
    values = []
    for channels in (4, 12):
        model = PatchAutoencoder(16, channels, 16, 8, 1, 1)
        autoencoder.fit(model, pool, scenes=100)
        assert torch.allclose(model.basis @ model.basis.T, torch.eye(channels), atol=1e-4)
        assert autoencoder.psnr(model, images) == pytest.approx(autoencoder.psnr(model, images, linear=True))
        values.append(autoencoder.psnr(model, images))
    assert values[1] > values[0] + 1


def test_decoding_a_crop_with_its_halo_gives_the_pixels_of_the_whole() -> None:
    torch.manual_seed(0)
    model = PatchAutoencoder(16, 4, 16, 8, 1, 1).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    code = torch.randn(1, 4, 20, 20)
    with torch.inference_mode():
        whole, part = model.picture(code), model.picture(code[..., 2:18, 2:18])
    middle = slice(6 * 16, 14 * 16), slice(6 * 16, 14 * 16)
    shifted = slice(4 * 16, 12 * 16), slice(4 * 16, 12 * 16)
    assert torch.allclose(whole[0, :, *middle], part[0, :, *shifted], atol=1e-5)


def test_the_decoder_learns_beyond_its_pca(pool: Pool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = PatchAutoencoder(16, 6, 16, 8, 1, 1)
    autoencoder.fit(model, pool, scenes=60)
    images = pool.pictures(torch.arange(16))
    before = autoencoder.psnr(model, images)
    autoencoder.train(model, pool, tmp_path, Budget(steps=60), batch=4, crop=32)
    assert autoencoder.psnr(model, images) > before


def test_the_denoiser_trains_resumes_and_its_text_tower_learns_to_the_end(
    pool: Pool, tokenizer: CLIPTokenizer, tmp_path: Path
) -> None:
    sizes = config.DenoiserConfig(
        widths=(32, 64), attention=(True, False), minutes=1, batch=4, lessons=0.1, peak=1e-3, parts=2, bfloat16=False
    )
    rows, empty = denoiser.plain_rows(pool), denoiser.empty_ids(tokenizer)
    codes, scenes = denoiser.encoded(pool, rows, tiny_vae(pool), tokenizer), Future()
    scenes.set_result((codes, regional.told(pool, rows, tokenizer)))
    tables = []
    for steps in (4, 8):
        budget = Budget(steps=steps)
        denoiser.train(tiny_drawer(tokenizer), scenes, codes, empty, tmp_path / "runs", sizes, budget)
        state = torch.load(tmp_path / "runs" / "denoiser.checkpoint.pt", weights_only=True)
        assert state["step"] == steps
        tables.append(next(v for k, v in state["model"].items() if k.endswith("token_embedding.weight")))
    assert not torch.equal(*tables)


def test_parts_of_a_batch_give_the_gradient_of_the_whole() -> None:
    torch.manual_seed(0)
    first, last, batch = torch.nn.Linear(3, 5), torch.nn.Linear(5, 1), torch.randn(8, 3)
    model = torch.nn.Sequential(first, torch.nn.SiLU(), last)
    model(batch).square().mean().backward()
    whole = [p.grad.clone() for p in model.parameters() if p.grad is not None]
    model.zero_grad()
    crew = Crew(model, 2)
    for _ in range(2):  # gradients of the parts are gone after each step
        crew.backward(lambda part_model, part: part_model(batch.chunk(2)[part]).square().mean())
        parts = [p.grad for p in model.parameters() if p.grad is not None]
        assert all(torch.allclose(p, w, atol=1e-6) for p, w in zip(parts, whole, strict=True))
        model.zero_grad()
    with torch.no_grad():
        first.weight.add_(1)
    assert torch.equal(crew.models[1][0].weight, first.weight), "the parts follow the model"


def test_drawn_codes_of_a_seed_are_the_same_again(pool: Pool, tokenizer: CLIPTokenizer) -> None:
    drawer, rows = tiny_drawer(tokenizer), torch.arange(HELD_OUT, HELD_OUT + 40)
    pipe = denoiser.pipeline(tiny_vae(pool), drawer.text, tokenizer, drawer.unet)
    one, two = (decoder.drawn(pipe, pool, rows, 2.0, torch.Generator().manual_seed(0)) for _ in range(2))
    assert torch.equal(one, two) and one.shape == (40, 4, 4, 4) and one.isfinite().all()


def test_the_decoder_learns_to_mend_what_is_wrong_with_drawn_codes(pool: Pool, tmp_path: Path) -> None:
    vae, rows = tiny_vae(pool), torch.arange(HELD_OUT, HELD_OUT + 40)
    faded = 0.5 * denoiser.encode(vae, pool.pictures(rows))
    images = pool.pictures(rows).permute(0, 3, 1, 2) / 127.5 - 1

    @torch.no_grad()
    def error() -> float:
        return float((vae.picture(faded.float() / vae.config["scaling_factor"]) - images).square().mean())

    before = error()
    run = Run("decoder", tmp_path, vae, torch.optim.AdamW(vae.parameters()), Budget(steps=60), 1e-2)
    sizes = config.AutoencoderConfig(
        patch=16, channels=4, width=16, fine_width=8, blocks=1, fine_blocks=1, minutes=1, batch=8, crop=64,
        bfloat16=False,
    )  # fmt: skip
    decoder.train(vae, pool, rows, faded, run, sizes)
    assert error() < 0.9 * before


def test_a_decoder_that_got_worse_is_not_kept(tmp_path: Path) -> None:
    before, checkpoint = {"decoder": 38.4, "styled_decoder": 30.0}, tmp_path / "decoder.checkpoint.pt"
    decoder.check(before, {"decoder": 38.4, "styled_decoder": 29.0}, checkpoint)
    for worse in (33.5, float("nan")):
        with pytest.raises(BadInput, match=r"dB after 38\.4 dB.*not kept.*decoder\.checkpoint\.pt"):
            decoder.check(before, {"decoder": worse, "styled_decoder": 31.0}, checkpoint)


def test_near_things_are_heard_before_far_ones_and_the_setting_in_the_rest() -> None:
    boxes = torch.tensor([[[0, 0, 0.5, 1], [0.25, 0, 0.75, 1], [0, 0, 1, 1]]])
    shares = regional.weights(boxes, torch.tensor([[True, True, False]]), 8)
    columns = [[0, 0, 0, 0, 0, 0, 1, 1], [1, 1, 0, 0, 0, 0, 0, 0], [0, 0, 1, 1, 1, 1, 0, 0], [0] * 8]
    assert torch.allclose(shares[0], torch.tensor(columns).float()[:, None].expand(4, 8, 8))


def test_a_thing_told_in_a_box_over_everything_is_drawn_as_its_caption_says(tokenizer: CLIPTokenizer) -> None:
    drawer, x, step = tiny_drawer(tokenizer).eval(), torch.randn(1, 4, 4, 4), torch.tensor([500])
    with torch.no_grad():
        ids = tokenizer(["on a meadow", "a fox", "", ""], padding="max_length", return_tensors="pt")["input_ids"]
        states = drawer.text(ids).last_hidden_state
        alone = drawer.unet(x, step, encoder_hidden_states=states[1:2]).sample
        boxes = torch.tensor([[[0.0, 0, 1, 1]] * 3])
        for there, same in (([True, False, False], True), ([False, False, False], False)):
            shares = regional.weights(boxes, torch.tensor([there]), 4)
            drawer.ears.biases = regional.biases(shares, ids.shape[1], 2)
            heard = drawer.unet(x, step, encoder_hidden_states=states.flatten(0, 1)[None]).sample
            assert torch.allclose(heard, alone, atol=1e-5) is same


def test_lessons_come_first_and_scenes_later() -> None:
    shares = [denoiser.lessons(p, end=0.1) for p in (0.0, 0.3, 0.4, 0.5, 1.0)]
    assert shares[:2] == [1, 1] and 1 > shares[2] > shares[3] == pytest.approx(shares[4]) == pytest.approx(0.1)
    assert denoiser.lessons(0.0, end=0.1, knowing=True) == 0.1, "who draws already goes on as others end"


def test_the_text_tower_learns_to_tell_what_a_caption_names(
    pool: Pool, tokenizer: CLIPTokenizer, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    tower = CLIPTextModel(words.text_config(tokenizer, 32, 1))
    taught = words.train(tower, tokenizer, pool, tmp_path, Budget(steps=250), 32).eval()
    truth = words.answers(pool, torch.arange(HELD_OUT, len(pool)))
    texts = [captions[0] for captions in pool.texts[HELD_OUT:]]
    ids = tokenizer(texts, padding=True, return_tensors="pt")["input_ids"]
    shares = truth.mean(0).clamp(1e-4, 1 - 1e-4)
    with torch.no_grad():
        assert words.surprise(taught(ids), truth) < 0.95 * words.surprise(shares.logit().expand_as(truth), truth)


def test_clean_codes_at_no_noise_cost_nothing_to_a_perfect_denoiser(tokenizer: CLIPTokenizer) -> None:
    levels = DDPMScheduler(**denoiser.SCHEDULE).alphas_cumprod
    assert levels[-1] == pytest.approx(0, abs=1e-6), "the last step is pure noise"
    steps = denoiser.timesteps(512, 1000, torch.Generator().manual_seed(0))
    assert int(steps.min()) >= 0 and int(steps.max()) < 1000 and float(steps.float().mean()) > 500


def test_a_trained_pipeline_is_an_ordinary_diffusers_folder(
    pool: Pool, tokenizer: CLIPTokenizer, tmp_path: Path
) -> None:
    from diffusers import DiffusionPipeline

    drawer = tiny_drawer(tokenizer)
    denoiser.pipeline(tiny_vae(pool), drawer.text, tokenizer, drawer.unet).save_pretrained(tmp_path)
    pipe: Any = DiffusionPipeline.from_pretrained(tmp_path, use_safetensors=True, safety_checker=None)
    pipe.set_progress_bar_config(disable=True)
    assert pipe("a fox", num_inference_steps=2).images[0].size == (64, 64)


def test_the_image_tower_is_fitted_and_the_text_tower_left_alone(
    pool: Pool, tokenizer: CLIPTokenizer, tmp_path: Path
) -> None:
    text = tiny_drawer(tokenizer).text
    before = {k: v.clone() for k, v in text.state_dict().items()}
    model = imagetext.build(text, [8, 16])
    texts = imagetext.said(model, tokenizer, VOCABULARY)
    sets = [cut(pool, 20, 60), coded(tiny_vae(pool), pool, 20, 60)]
    imagetext.train(model, texts, sets, cut_empty(pool, 20, 60), tmp_path, Budget(steps=3), batch=16)
    assert all(torch.equal(v, before[k]) for k, v in model.text_model.state_dict().items())
    found = imagetext.accuracy(model, texts, cut(pool, 0, 20), cut_empty(pool, 0, 20))
    assert set(found) == {"noun", "style", "sure of nothing"}


def test_crops_are_labelled_with_what_they_show(pool: Pool) -> None:
    crops = cut(pool, 0, 20)
    things = int((pool.labels[:20, :, 0] >= 0).sum())
    assert len(crops.pixels) == len(crops.labels) == things
    views = crops.batch(torch.arange(things), torch.Generator().manual_seed(0))
    assert views.shape == (things, 3, 64, 64) and views.abs().max() <= 1
    assert len(pool) > HELD_OUT, "the fixture is large enough to leave held-out scenes alone"


def test_an_edge_shows_a_corner_of_its_thing_and_never_its_middle() -> None:
    def shares(radius: float) -> list[torch.Tensor]:
        """How much of a view is white, of 64 crops and 64 edges, where the inner part of a thing is."""
        inner, middle = round(radius * STORED / MARGIN / 2), STORED // 2
        pixels = torch.zeros((1, 2, STORED, STORED, 3), dtype=torch.uint8)
        pixels[:, WIDE, middle - inner : middle + inner, middle - inner : middle + inner] = 255
        crops, rows = Crops(pixels, torch.zeros((1, 3), dtype=torch.long)), torch.zeros(64, dtype=torch.long)
        kinds = (crops.batch, crops.edges)
        return [(views(rows, torch.Generator().manual_seed(0)) > 0).float().mean((1, 2, 3)) for views in kinds]

    whole, edge = shares(1.0)
    assert edge.min() > 0 and edge.max() < 0.6 and edge.mean() < 0.7 * whole.mean()
    whole, edge = shares(0.25)
    assert whole.min() > 0 and edge.max() == 0


def test_a_model_that_works_in_half_precision_has_gradients_in_full() -> None:
    class Doubling(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.tensor([1.0, 3.0]))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (self.weight * x.to(self.weight.dtype)).sum()

    model, x = Doubling(), torch.tensor([0.5, 2.0])
    for enabled, dtype in ((True, torch.bfloat16), (False, torch.float32)):
        model.zero_grad()
        value = halved(model, enabled, x)
        value.backward()
        assert value.dtype == dtype and model.weight.dtype == torch.float32
        assert model.weight.grad is not None and model.weight.grad.dtype == torch.float32
        assert torch.equal(model.weight.grad, x)


def test_pieces_of_background_hold_no_thing(pool: Pool) -> None:
    bare = cut_empty(pool, 0, 40)
    assert 5 < len(bare.labels) <= 40 and bool((bare.labels == -1).all())
    assert bare.batch(torch.arange(3), torch.Generator().manual_seed(0)).shape == (3, 3, 64, 64)


def test_a_run_ends_with_its_budget_and_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    def run(steps: int) -> Run:
        model = torch.nn.Linear(2, 2)
        return Run(
            "r", tmp_path, model, torch.optim.AdamW(model.parameters()), Budget(steps=steps), 1e-3, ema_decay=0.9
        )

    assert list(run(3)) == [0, 1, 2]
    assert list(run(5)) == [3, 4]


def test_the_learning_rate_warms_up_and_falls_to_its_floor() -> None:
    rates = [learning_rate(0, 1.0, step, warmup=200) for step in (0, 500)]
    assert rates[0] < 0.01 < rates[1] == pytest.approx(1.0)
    assert learning_rate(1.0, 1.0, step=5000, warmup=200) == pytest.approx(0.02)


def test_the_shipped_configuration_is_valid_and_a_wrong_key_is_named(tmp_path: Path) -> None:
    shipped = FAMILY / "training.toml"
    assert config.read(shipped).data.size == 256
    wrong = tmp_path / "training.toml"
    wrong.write_text(shipped.read_text().replace("styled =", "stylish ="))
    with pytest.raises(BadInput, match=r"styled|stylish"):
        config.read(wrong)


def test_the_shipped_configuration_leaves_scenes_of_every_kind_to_train_on() -> None:
    data = config.read(FAMILY / "training.toml").data
    assert min(data.scenes, data.lessons, data.style_scenes, data.medley_scenes) > HELD_OUT


def test_rare_styles_are_drawn_as_often_as_common_ones_in_half_of_a_batch() -> None:
    labels = torch.zeros((1000, 3), dtype=torch.long)
    labels[7, 1] = 1  # the one crop of its style
    rows = Crops(torch.zeros((1000, 1), dtype=torch.uint8), labels).drawn(400, torch.Generator().manual_seed(0))
    assert len(rows) == 400 and 70 < int((rows == 7).sum()) < 130


def test_scenes_that_the_autoencoder_gives_back_keep_their_labels_and_differ_a_little(pool: Pool) -> None:
    plain, given = cut(pool, 0, 16), coded(tiny_vae(pool), pool, 0, 16)
    assert torch.equal(plain.labels, given.labels) and not torch.equal(plain.pixels, given.pixels)
    again = coded(tiny_vae(pool), pool, 0, 16)
    assert torch.equal(given.pixels, again.pixels), "the same codes are off by the same"


def test_a_batch_has_as_many_crops_of_each_set() -> None:
    ones, twos = (Crops(torch.zeros((4, 2, 112, 112, 3), dtype=torch.uint8), torch.full((4, 3), n)) for n in (1, 2))
    views, labels = batch_of([ones, twos], 6, torch.Generator().manual_seed(0))
    assert views.shape == (6, 3, 64, 64) and labels[:, 0].tolist() == [1, 1, 1, 2, 2, 2]


def test_what_is_given_back_stays_within_the_scenes_that_may_be_learned_from(pool: Pool) -> None:
    composed, given = lessons(tiny_vae(pool), [pool], [(20, 36)])
    assert torch.equal(composed.labels, cut(pool, 20, 36).labels)
    assert torch.equal(given.labels, composed.labels), "16 scenes of the many that would be given back"
