"""Experts in and out: every usual layout is taken whole, everything hostile is refused in a sentence."""

from __future__ import annotations

import os
import shutil
import struct
import tomllib
from pathlib import Path

import pytest
import torch
from engine_fixtures import WEIGHTS, as_adapter, build_unet, save_adapter, save_pipeline, save_text_adapter
from experts_fixtures import REFUSALS, changed, hostile, install_family, kohya, mend, peft_folder
from hypothesis import given
from hypothesis import strategies as st
from peft import LoraConfig
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from test_engine_adapters import deltas, diffusers_deltas

from mepg_agent.engine.local import LocalEngine
from mepg_agent.engine.prepare import prepare
from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.experts_io import card as cards
from mepg_agent.experts_io import install
from mepg_agent.experts_io.card import as_toml, card, clean, metadata, slug
from mepg_agent.experts_io.check import check
from mepg_agent.experts_io.install import add, remove
from mepg_agent.portfolio import Expert, Found, Portfolio, weights_file
from mepg_agent.records import Adapter, Brief
from mepg_agent.scene import ScenePlan
from mepg_agent.settings import Settings


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_pipeline(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def engine(pipeline: Path) -> LocalEngine:
    return LocalEngine(pipeline, weights_hash=WEIGHTS)


@pytest.fixture(scope="module")
def lora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What diffusers saves: rank 3, alpha 6 in the header."""
    return Path(save_adapter(tmp_path_factory.mktemp("lora"), build_unet(), 1, alpha=6).path)


@pytest.fixture
def tiny(home: Path, pipeline: Path, tmp_path: Path) -> Settings:
    """A home with the family "tiny" and room for its experts; a package with an expert of its own."""
    install_family(home / "experts", str(pipeline))
    (tmp_path / "package").mkdir()
    return Settings(home=home, experts=(tmp_path / "package", home / "experts"), prompts=tmp_path)


def adapter_of(found: Found[Expert]) -> Adapter:
    return Adapter(id=found.item.id, path=str(weights_file(found)), sha256=found.item.sha256)


def same(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> None:
    assert ours.keys() == theirs.keys() and ours
    for name, delta in ours.items():
        torch.testing.assert_close(delta, theirs[name], msg=name)


def test_diffusers_layout_is_taken_whole_and_diffusers_reads_what_is_written(
    tiny: Settings, engine: LocalEngine, lora: Path
) -> None:
    found = add(tiny, lora, base="tiny", expert_id="woodcut")
    assert found.folder == tiny.home / "experts" / "tiny" / "woodcut"
    wanted = diffusers_deltas(engine.pipe, as_adapter(lora, "before"))
    same(deltas(engine.pipe, adapter_of(found)), wanted)
    same(diffusers_deltas(engine.pipe, adapter_of(found)), wanted)


def test_kohya_layout_is_converted_without_loss(
    tiny: Settings, engine: LocalEngine, lora: Path, tmp_path: Path
) -> None:
    for alpha in (1.0, 3.0):
        file = kohya(lora, tmp_path / "old.safetensors", alpha, half=True)
        found = add(tiny, file, base="tiny", expert_id=f"old-{alpha:g}")
        before, after = deltas(engine.pipe, as_adapter(file, "before")), deltas(engine.pipe, adapter_of(found))
        assert all(torch.equal(before[name], after[name]) for name in before) and before.keys() == after.keys()
        with safe_open(weights_file(found), "pt") as written:
            kinds = {written.get_tensor(key).dtype for key in written.keys()}  # noqa: SIM118 (no mapping)
        assert kinds == ({torch.float16} if alpha == 3 else {torch.float16, torch.float32})


def test_peft_layout_takes_alpha_from_the_file_beside_it(
    tiny: Settings, engine: LocalEngine, lora: Path, tmp_path: Path
) -> None:
    found = add(tiny, peft_folder(lora, tmp_path / "peft", alpha=6), base="tiny", expert_id="peft")
    same(deltas(engine.pipe, adapter_of(found)), deltas(engine.pipe, as_adapter(lora, "before")))
    (tmp_path / "peft" / "adapter_config.json").unlink()
    with pytest.raises(BadInput, match=r"adapter_config\.json is missing"):
        add(tiny, tmp_path / "peft" / "adapter_model.safetensors", base="tiny", expert_id="peft-2")


def test_what_a_unet_saves_by_itself_names_no_model(tiny: Settings, engine: LocalEngine, tmp_path: Path) -> None:
    unet = build_unet()
    config = LoraConfig(r=2, lora_alpha=4, target_modules=["to_q"], init_lora_weights=False)
    unet.add_adapter(config, adapter_name="made")
    unet.save_lora_adapter(tmp_path, adapter_name="made", weight_name="bare.safetensors")
    found = add(tiny, tmp_path / "bare.safetensors", base="tiny")
    for name, delta in deltas(engine.pipe, adapter_of(found)).items():
        made = unet.get_submodule(name.removeprefix("unet."))
        torch.testing.assert_close(delta, made.get_delta_weight("made").detach())  # type: ignore[operator]


def test_weights_of_the_text_encoder_come_along(tiny: Settings, engine: LocalEngine, tmp_path: Path) -> None:
    made = save_text_adapter(tmp_path, engine.pipe)
    found = add(tiny, Path(made.path), base="tiny")
    same(deltas(engine.pipe, adapter_of(found)), deltas(engine.pipe, made))


def test_the_same_file_gives_the_same_bytes(tiny: Settings, lora: Path) -> None:
    one, two = (add(tiny, lora, base="tiny", expert_id=name) for name in ("one", "two"))
    assert one.item.sha256 == two.item.sha256


def test_what_the_person_says_goes_before_what_the_file_says(tiny: Settings, lora: Path, tmp_path: Path) -> None:
    said = {
        "modelspec.title": "Soft Woodcut (v2)",
        "modelspec.trigger_phrase": "woodcut, lino\n cut,",
        "modelspec.license": "CC-BY-4.0",
        "modelspec.description": 'Bold "black" \\ lines\n[table]\x7f\x00',
    }
    save_file({k.removeprefix("unet."): v for k, v in load_file(lora).items()}, tmp_path / "x.safetensors", said)
    from_file = add(tiny, tmp_path / "x.safetensors", base="tiny").item
    assert (from_file.id, from_file.title) == ("soft-woodcut-v2", "Soft Woodcut (v2)")
    assert (from_file.triggers, from_file.licence) == (("woodcut", "lino cut"), "CC-BY-4.0")
    assert from_file.description == 'Bold "black" \\ lines [table]'
    wishes = {"title": "Mine", "triggers": ("mine",), "licence": "MIT", "description": "Its lines.", "scale": 0.7}
    from_person = add(tiny, tmp_path / "x.safetensors", base="tiny", **wishes).item  # type: ignore[arg-type]
    assert from_person.model_dump(include=set(wishes) | {"id"}) == {**wishes, "id": "mine"}
    assert Portfolio(tiny.experts).expert("tiny", "soft-woodcut-v2").item == from_file
    assert Portfolio(tiny.experts).expert("tiny", "mine").item == from_person


def test_without_a_licence_it_is_recorded_as_unknown(tiny: Settings, lora: Path) -> None:
    found = add(tiny, lora, base="tiny")
    assert (found.item.id, found.item.licence, found.item.triggers) == ("expert1", "unknown", ())


@given(st.text(), st.lists(st.text(), max_size=3))
def test_a_card_survives_the_way_through_its_file(title: str, phrases: list[str]) -> None:
    made = card("x", "tiny", "0" * 64, {"modelspec.trigger_phrase": ",".join(phrases)}, title=title)
    assert Expert.model_validate(tomllib.loads(as_toml(made))) == made
    assert made.title == clean(title) and made.title.isprintable()


@given(st.text())
def test_an_id_made_from_a_title_is_a_good_one_or_empty(title: str) -> None:
    assert slug(title) == "" or install.ID.fullmatch(slug(title))


@given(st.binary(max_size=200))
def test_metadata_of_anything_is_text_or_nothing(data: bytes) -> None:
    framed = struct.pack("<Q", len(data)) + data
    assert all(isinstance(v, str) for v in (metadata(data) | metadata(framed)).values())


def test_the_head_of_a_file_is_read_only_if_it_is_no_longer_than_any_good_one(monkeypatch: pytest.MonkeyPatch) -> None:
    head = b'{"__metadata__": {"title": "Wood"}}'
    data = struct.pack("<Q", len(head)) + head
    assert metadata(data) == {"title": "Wood"}
    monkeypatch.setattr(cards, "HEADER", len(head) - 1)
    assert metadata(data) == {}


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_file_that_is_no_good_adapter_is_refused_and_leaves_nothing(
    tiny: Settings, lora: Path, tmp_path: Path, kind: str
) -> None:
    with pytest.raises(BadInput, match=REFUSALS[kind]) as caught:
        add(tiny, hostile(kind, lora, tmp_path), base="tiny", expert_id="bad")
    assert "\n" not in str(caught.value)
    assert [f.name for f in (tiny.home / "experts").iterdir()] == ["tiny"]
    assert [f.name for f in (tiny.home / "experts" / "tiny").iterdir()] == ["backbone.toml"]


def test_a_file_that_is_too_large_is_refused(tiny: Settings, lora: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "LIMIT", lora.stat().st_size - 1)
    with pytest.raises(BadInput, match="is larger than"):
        add(tiny, lora, base="tiny")


@pytest.mark.parametrize(
    "name", ["../woodcut", "/etc/woodcut", "..", ".hidden", "a/b", "Wood", "", "x" * 65, "a\nb", "a\n"]
)
def test_an_id_that_could_be_a_path_is_refused(tiny: Settings, lora: Path, name: str) -> None:
    with pytest.raises(BadInput, match="cannot be an expert's id"):
        add(tiny, lora, base="tiny", expert_id=name)


@pytest.mark.parametrize("scale", [0.0, 2.5, float("nan")])
def test_a_scale_out_of_range_is_refused(tiny: Settings, lora: Path, scale: float) -> None:
    with pytest.raises(BadInput, match="scale cannot be"):
        add(tiny, lora, base="tiny", scale=scale)


def test_an_id_is_given_once_in_the_home_and_in_the_package(tiny: Settings, lora: Path) -> None:
    shutil.copytree(add(tiny, lora, base="tiny", expert_id="woodcut").folder, tiny.experts[0] / "tiny" / "built-in")
    mend(tiny.experts[0] / "tiny" / "built-in", id="built-in")
    (tiny.home / "experts" / "tiny" / "link").symlink_to(tiny.home / "nowhere")
    for name in ("woodcut", "built-in", "link"):
        with pytest.raises(BadInput, match="already"):
            add(tiny, lora, base="tiny", expert_id=name)


def test_nothing_is_written_through_a_link_out_of_the_home(tiny: Settings, lora: Path, tmp_path: Path) -> None:
    family = tiny.home / "experts" / "tiny"
    shutil.move(family, tmp_path / "elsewhere")
    family.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadInput, match="link to a place outside"):
        add(tiny, lora, base="tiny", expert_id="woodcut")


def test_a_family_that_is_not_there_or_has_no_weights_is_named(tiny: Settings, lora: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no backbone 'sd15'"):
        add(tiny, lora, base="sd15")
    install_family(tiny.experts[0], "pipeline", "bare")
    with pytest.raises(BrokenAsset, match="'bare' has no folder"):
        add(tiny, lora, base="bare")


def test_only_added_experts_can_be_removed(tiny: Settings, lora: Path, tmp_path: Path) -> None:
    folder = add(tiny, lora, base="tiny", expert_id="woodcut").folder
    shutil.copytree(folder, tiny.experts[0] / "tiny" / "built-in")
    mend(tiny.experts[0] / "tiny" / "built-in", id="built-in")
    with pytest.raises(BadInput, match="came with the package"):
        remove(tiny, "built-in")
    for name in ("nobody", "../tiny", "tiny", ".", ""):
        with pytest.raises(BadInput, match="There is no expert"):
            remove(tiny, name)
    shutil.move(folder, tmp_path / "kept")
    folder.symlink_to(tmp_path / "kept")
    with pytest.raises(BadInput, match="is a link"):
        remove(tiny, "woodcut")
    folder.unlink()
    shutil.move(tmp_path / "kept", folder)
    assert remove(tiny, "tiny/woodcut") == folder
    assert [f.name for f in folder.parent.iterdir()] == ["backbone.toml"] and not list(folder.parents[1].glob(".*"))
    assert (tiny.experts[0] / "tiny" / "built-in").is_dir()


def test_an_expert_with_an_unreadable_manifest_can_be_removed_by_its_folder(tiny: Settings, lora: Path) -> None:
    folder = add(tiny, lora, base="tiny", expert_id="woodcut").folder
    (folder / "expert.toml").write_text("???")
    assert remove(tiny, "woodcut") == folder and not folder.exists()


def test_a_dropped_folder_is_an_expert_that_draws(
    tiny: Settings, engine: LocalEngine, lora: Path, three_things: ScenePlan
) -> None:
    folder = tiny.home / "experts" / "tiny" / "dropped"
    folder.mkdir()
    shutil.copy(lora, folder / "adapter.safetensors")
    sha256 = as_adapter(lora, "x").sha256
    (folder / "expert.toml").write_text(
        f'id = "dropped"\ntitle = "D"\nbase = "tiny"\ndescription = "D"\nlicence = "MIT"\nsha256 = "{sha256}"\n'
    )
    portfolio = Portfolio(tiny.experts)
    plan = three_things.replaced(style="dropped")
    job = prepare(plan, Brief(prompt="x"), portfolio.backbone("tiny"), portfolio.experts_of("tiny"), WEIGHTS)
    assert [a.id for a in job.adapters] == ["dropped"]
    assert engine.experts(job)["dropped"].unet
    assert [(h.expert, h.problem) for h in check(tiny)] == [("tiny/dropped", None)]


def test_the_check_names_every_broken_expert_and_no_good_one(tiny: Settings, lora: Path, tmp_path: Path) -> None:
    every = ("good", "tampered", "manifest", "gone", "outside", "linked", "orphan", "nan", "twice", "shape")
    folders = {name: add(tiny, lora, base="tiny", expert_id=name).folder for name in every}
    weights = {name: folder / "adapter.safetensors" for name, folder in folders.items()}
    weights["tampered"].write_bytes(weights["tampered"].read_bytes()[:-1] + b"!")
    (folders["manifest"] / "expert.toml").write_text('id = "manifest"\ncolour = "red"\n')
    weights["gone"].unlink()
    mend(folders["outside"], file="../good/adapter.safetensors")
    weights["linked"].unlink()
    weights["linked"].symlink_to(lora)
    mend(folders["orphan"], base="nowhere")
    shutil.copytree(folders["good"], tiny.home / "experts" / "tiny" / "zz")
    for name, change in (
        ("nan", lambda s, k: s[k].view(-1)[0].fill_(float("nan"))),
        ("shape", lambda s, k: s.update({k: s[k][:, :1].contiguous()})),
    ):
        changed(lora, weights[name], change)
        mend(folders[name], sha256=as_adapter(weights[name], "x").sha256)
    problems = {h.folder.name: h.problem for h in check(tiny)}
    wanted = {
        "tampered": "sha256 differs", "manifest": "expert.toml", "gone": "cannot be read", "outside": "lie outside",
        "linked": "lie outside", "orphan": "no family 'nowhere'", "nan": "not finite", "zz": "same id",
        "shape": "the adapter's halves",
    }  # fmt: skip
    assert {name for name, problem in problems.items() if problem is None} == {"good", "twice"}
    assert {name: words in (problems[name] or "") for name, words in wanted.items()} == dict.fromkeys(wanted, True)


def test_an_expert_that_is_a_whole_checkpoint_is_held_against_its_family(
    tiny: Settings, lora: Path, engine: LocalEngine
) -> None:
    folder = add(tiny, lora, base="tiny", expert_id="whole").folder
    state = {name: weight.contiguous() for name, weight in engine.pipe.unet.state_dict().items()}
    for weights, problem in (
        (state, None),
        ({**state, "conv_in.bias": torch.ones(3)}, "conv_in.bias has another size"),
    ):
        save_file(weights, folder / "adapter.safetensors")
        mend(folder, kind="checkpoint", sha256=as_adapter(folder / "adapter.safetensors", "x").sha256)
        ((found,),) = ([h.problem for h in check(tiny)],)
        assert found is None if problem is None else problem in (found or "")


def test_a_job_never_reads_weights_outside_the_experts_folder(
    tiny: Settings, lora: Path, three_things: ScenePlan
) -> None:
    add(tiny, lora, base="tiny", expert_id="other")
    mend(add(tiny, lora, base="tiny", expert_id="woodcut").folder, file="../other/adapter.safetensors")
    portfolio = Portfolio(tiny.experts)
    plan = three_things.replaced(style="woodcut")
    with pytest.raises(BrokenAsset, match="lie outside its folder"):
        prepare(plan, Brief(prompt="x"), portfolio.backbone("tiny"), portfolio.experts_of("tiny"), WEIGHTS)


def test_a_full_disk_leaves_nothing_behind(tiny: Settings, lora: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BrokenAsset, match="No space left"):
        add(tiny, lora, base="tiny", expert_id="woodcut")
    assert [f.name for f in (tiny.home / "experts").iterdir()] == ["tiny"]
