import json
from pathlib import Path

import numpy as np
import pytest
from clip_fixtures import save_clip, save_siglip
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mepg_agent.errors import BrokenAsset
from mepg_agent.portfolio import Noun, Vocabulary
from mepg_agent.records import Check, Finding, Verdict
from mepg_agent.scene import Box, Extent, Region, ScenePlan
from mepg_agent.verify import clip
from mepg_agent.verify.base import Verifier
from mepg_agent.verify.clip import VIEWS, ClipVerifier
from mepg_agent.verify.crops import part_crops, square_crop

STYLES = {"ink": "ink", "neon": "neon", "neon glow": "neon", "flat": "flat"}
IMAGE = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)


def thing(noun: str) -> Noun:
    return Noun(icon=noun, group="thing", stands="ground", size=0.4, plural=f"{noun}s")


VOCABULARY = Vocabulary(
    looks=("ink",),
    colors=("red", "blue", "green"),
    color_aliases={},
    places={},
    times={},
    nouns={noun: thing(noun) for noun in ("fox", "dog", "castle", "apple")},
)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_clip(tmp_path_factory.mktemp("clip"))


@pytest.fixture
def verifier(folder: Path) -> ClipVerifier:
    return ClipVerifier(folder, {"style": 0.3}, VOCABULARY, STYLES, "{prompt}, {style} style")


def plan_of(*regions: Region, style: str | None = None) -> ScenePlan:
    words = " and ".join(r.prompt for r in regions) or "nothing"
    extent = {"width": 128, "height": 128}
    return ScenePlan.model_validate(
        {"prompt": words, "global_prompt": words, "extent": extent, "regions": regions, "style": style}
    )


def region_of(noun: str, x: float = 0.0, **fields: object) -> Region:
    box = Box(x=x, y=0.5, width=0.4, height=0.4)
    return Region.model_validate({"id": noun, "noun": noun, "prompt": f"a {noun}", "box": box, **fields})


def show(verifier: ClipVerifier, monkeypatch: pytest.MonkeyPatch, *captions: str) -> None:
    """Lets the n-th region look as the n-th caption says: all its views get the caption's embedding."""
    seen = verifier._embed_texts(captions)
    seen /= np.linalg.norm(seen, axis=1, keepdims=True)
    monkeypatch.setattr(verifier, "_embed_images", lambda crops: seen.repeat(len(crops) // len(captions), 0))


def found(verdict: Verdict, region: str, check: Check) -> Finding:
    return next(f for f in verdict.findings if f.region == region and f.check is check)


def test_it_is_a_verifier(verifier: ClipVerifier):
    assert isinstance(verifier, Verifier)


def test_it_checks_what_was_asked_for_and_no_more(verifier: ClipVerifier):
    plan = plan_of(region_of("fox"), region_of("dog", 0.5, color="red", style="neon"))
    checks = [(f.region, f.check) for f in verifier.verify(IMAGE, plan).findings]
    fox = [("fox", Check.PRESENT), ("fox", Check.LEAK)]
    assert checks == [*fox, *(("dog", c) for c in (Check.PRESENT, Check.STYLE, Check.COLOR, Check.LEAK))]


def alone(
    verifier: ClipVerifier, monkeypatch: pytest.MonkeyPatch, region: Region, crops: list[Image.Image], check: Check
) -> list[float]:
    """The score of the region's check by each crop, as if it were all that is looked at."""
    scores = []
    for view in [verifier._embed_images([crop]) for crop in crops]:
        with monkeypatch.context() as patched:
            patched.setattr(verifier, "_embed_images", lambda crops, view=view: view.repeat(len(crops), 0))
            scores.append(found(verifier.verify(IMAGE, plan_of(region)), region.id, check).score)
    return scores


def test_an_answer_is_the_mean_of_several_views(verifier: ClipVerifier, monkeypatch: pytest.MonkeyPatch):
    region = region_of("fox")
    crops = [square_crop(IMAGE, region.box, grown) for grown in VIEWS]
    single = alone(verifier, monkeypatch, region, crops, Check.PRESENT)
    together = found(verifier.verify(IMAGE, plan_of(region)), "fox", Check.PRESENT).score
    assert len(set(single)) == len(VIEWS) and together == pytest.approx(np.mean(single), abs=1e-6)


def test_a_style_is_looked_for_in_parts_as_well(verifier: ClipVerifier, monkeypatch: pytest.MonkeyPatch):
    region = region_of("fox", style="neon")
    crops = [*(square_crop(IMAGE, region.box, grown) for grown in VIEWS), *part_crops(IMAGE, region.box)]
    single = alone(verifier, monkeypatch, region, crops, Check.STYLE)
    together = found(verifier.verify(IMAGE, plan_of(region)), "fox", Check.STYLE).score
    assert len(set(single)) == len(VIEWS) + 4 and together == pytest.approx(np.mean(single), abs=1e-6)


def test_an_empty_scene_has_nothing_to_check(verifier: ClipVerifier):
    assert verifier.verify(IMAGE, plan_of()).findings == ()


def test_the_right_thing_passes_and_a_wrong_one_fails_with_what_it_looks_like(
    verifier: ClipVerifier, monkeypatch: pytest.MonkeyPatch
):
    show(verifier, monkeypatch, "a fox", "a castle")
    verdict = verifier.verify(IMAGE, plan_of(region_of("fox"), region_of("dog", 0.5)))
    assert found(verdict, "fox", Check.PRESENT).passed
    dog = found(verdict, "dog", Check.PRESENT)
    assert not dog.passed and dog.evidence.startswith("looks most like: castle")
    assert verdict.failed == ("dog",)


def test_style_and_color_are_judged_with_the_noun_held_fixed(verifier: ClipVerifier, monkeypatch: pytest.MonkeyPatch):
    show(verifier, monkeypatch, "a fox, neon style", "a blue dog")
    plan = plan_of(region_of("fox", style="ink"), region_of("dog", 0.5, color="blue"))
    verdict = verifier.verify(IMAGE, plan)
    style = found(verdict, "fox", Check.STYLE)
    assert not style.passed and style.threshold == 0.3 and style.evidence.startswith("looks most like: neon")
    assert found(verdict, "dog", Check.COLOR).passed


def test_the_style_of_the_picture_and_the_expert_count_as_the_region_s(
    verifier: ClipVerifier, monkeypatch: pytest.MonkeyPatch
):
    show(verifier, monkeypatch, "a fox, neon style", "a dog, ink style")
    plan = plan_of(region_of("fox"), region_of("dog", 0.5, style="like a pen drawing", expert="ink"), style="Neon glow")
    verdict = verifier.verify(IMAGE, plan)
    assert found(verdict, "fox", Check.STYLE).passed and found(verdict, "dog", Check.STYLE).passed


def test_the_thing_of_another_region_is_a_leak(verifier: ClipVerifier, monkeypatch: pytest.MonkeyPatch):
    show(verifier, monkeypatch, "a dog", "a dog")
    verdict = verifier.verify(IMAGE, plan_of(region_of("fox"), region_of("dog", 0.5)))
    leak = found(verdict, "fox", Check.LEAK)
    assert not leak.passed and "dog" in leak.evidence
    assert found(verdict, "dog", Check.LEAK).passed


def test_what_overlaps_a_region_may_be_seen_in_it(verifier: ClipVerifier, monkeypatch: pytest.MonkeyPatch):
    plan = plan_of(region_of("fox"), region_of("dog", 0.1))
    show(verifier, monkeypatch, "a dog", "a dog")
    verdict = verifier.verify(IMAGE, plan)
    assert "dog" not in found(verdict, "fox", Check.PRESENT).evidence
    assert Check.LEAK not in {f.check for f in verdict.findings}


def test_without_a_vocabulary_a_thing_competes_with_the_plan_s_others_and_with_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    verifier = ClipVerifier(folder, {}, None, {})
    show(verifier, monkeypatch, "a fox", "an empty background")
    verdict = verifier.verify(IMAGE, plan_of(region_of("fox"), region_of("dog", 0.5, color="red", style="ink")))
    assert found(verdict, "fox", Check.PRESENT).passed
    assert found(verdict, "dog", Check.PRESENT).evidence.startswith("looks most like: an empty background")


def test_the_same_crop_scores_the_same_whatever_else_is_in_the_picture(verifier: ClipVerifier):
    other = IMAGE.copy()
    other[:, 100:] = 0
    plan = plan_of(region_of("fox"), region_of("dog", 0.6))
    one, two = verifier.verify(IMAGE, plan), verifier.verify(other, plan)
    assert found(one, "fox", Check.PRESENT) == found(two, "fox", Check.PRESENT)
    assert found(one, "dog", Check.PRESENT) != found(two, "dog", Check.PRESENT)


def test_texts_are_embedded_once(verifier: ClipVerifier, monkeypatch: pytest.MonkeyPatch):
    plan = plan_of(region_of("fox", style="ink", color="red"))
    first = verifier.verify(IMAGE, plan)
    monkeypatch.setattr(verifier, "_tokenizer", None)
    assert verifier.verify(IMAGE, plan) == first


def test_what_was_asked_before_changes_no_bit_of_a_verdict(folder: Path, verifier: ClipVerifier):
    names = ("a fox", "an apple", "a red dog, neon style", "a blue castle")
    together = verifier._embed_texts(names)
    alone = [ClipVerifier(folder, {}, VOCABULARY, STYLES)._embed_texts((name,))[0] for name in names]
    assert np.array_equal(together, alone)


def test_no_more_texts_are_kept_than_a_bound_and_an_answer_may_need_more(
    verifier: ClipVerifier, monkeypatch: pytest.MonkeyPatch
):
    plan = plan_of(region_of("fox", style="ink", color="red"))
    wanted = verifier.verify(IMAGE, plan)
    monkeypatch.setattr(clip, "REMEMBERED", 2)
    assert verifier.verify(IMAGE, plan) == wanted
    verifier._embed_texts(("a flat fox",))
    assert len(verifier._texts) == 2


def test_the_model_s_own_normalisation_is_used(folder: Path, tmp_path: Path, verifier: ClipVerifier):
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({"image_mean": [0, 0, 0], "image_std": [1, 1, 1]}))
    crop = square_crop(IMAGE, Box.full())
    unscaled = ClipVerifier(tmp_path, {}, VOCABULARY, STYLES)._embed_images([crop])
    # Reading x as it is equals reading (x + 1) / 2, which 0.5 and 0.5 bring back to x.
    half = Image.fromarray(((np.asarray(crop, np.float32) + 255) / 2).round().astype(np.uint8))
    assert np.allclose(unscaled, verifier._embed_images([half]), atol=0.02)
    assert not np.allclose(unscaled, verifier._embed_images([crop]), atol=0.02)


def test_siglip_reads_texts_of_full_length_so_a_text_is_the_same_among_longer_ones(tmp_path: Path):
    verifier = ClipVerifier(save_siglip(tmp_path), {}, VOCABULARY, STYLES)
    alone = verifier._embed_texts(("a fox",))[0]
    among = ClipVerifier(tmp_path, {}, VOCABULARY, STYLES)._embed_texts(("a fox", "a red fox, neon style"))[0]
    assert np.array_equal(alone, among)
    checks = {f.check for f in verifier.verify(IMAGE, plan_of(region_of("fox", style="ink"))).findings}
    assert checks == {Check.PRESENT, Check.STYLE}


def test_a_folder_without_a_model_or_with_half_of_one_is_a_sentence(folder: Path, tmp_path: Path):
    for there in ((), folder.iterdir()):
        for file in there:
            (tmp_path / file.name).write_bytes(file.read_bytes()[:5000])
        with pytest.raises(BrokenAsset, match="no readable CLIP model"):
            ClipVerifier(tmp_path, {}, VOCABULARY, STYLES)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("preprocessor_config.json", '{"image_mean": [0.5,'),
        ("preprocessor_config.json", "[0.5]"),
        ("preprocessor_config.json", '{"image_std": [1, 1]}'),
        ("config.json", None),
    ],
)
def test_a_model_that_does_not_fit_its_settings_is_a_sentence(
    folder: Path, tmp_path: Path, file: str, said: str | None
):
    for there in folder.iterdir():
        (tmp_path / there.name).write_bytes(there.read_bytes())
    config = json.loads((folder / "config.json").read_text())
    config["text_config"]["hidden_size"] = 16
    (tmp_path / file).write_text(json.dumps(config) if said is None else said)
    with pytest.raises(BrokenAsset, match="no readable CLIP model") as caught:
        ClipVerifier(tmp_path, {}, VOCABULARY, STYLES)
    assert "\n" not in str(caught.value)


corners = st.floats(0, 0.9)


@settings(max_examples=60)
@given(corners, corners, st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_crop_is_a_square_that_holds_the_box(x: float, y: float, width: float, height: float):
    box = Box(x=x, y=y, width=min(width, 1 - x), height=min(height, 1 - y))
    rows, columns = np.mgrid[:96, :160].astype(np.uint8)  # a picture whose pixels say where they are
    crop = np.asarray(square_crop(np.stack([rows, columns, rows], -1), box))
    assert abs(crop.shape[0] - crop.shape[1]) <= 1
    inside = box.pixels(Extent(width=160, height=96))
    assert crop[..., 0].min() <= inside.top + 1 and crop[..., 0].max() >= inside.bottom - 2
    assert crop[..., 1].min() <= inside.left + 1 and crop[..., 1].max() >= inside.right - 2
