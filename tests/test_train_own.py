"""`mepg experts train`: a folder of pictures becomes an expert, for every kind of family; a stop loses nothing."""

from __future__ import annotations

import hashlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, DDPMScheduler
from engine_fixtures import autoencoder, save_pipeline, save_wide_pipeline
from experts_fixtures import install_family
from PIL import Image
from safetensors.torch import load_file
from test_cli import mepg

from mepg_agent.engine.patch_autoencoder import PatchAutoencoder
from mepg_agent.errors import BadInput, BrokenAsset, Cancelled
from mepg_agent.experts_io.check import check
from mepg_agent.portfolio import Expert, Found, Portfolio
from mepg_agent.scene import Extent
from mepg_agent.settings import Settings
from mepg_agent.training import denoiser, own_style
from mepg_agent.training.loop import Budget, Run
from mepg_agent.training.own_pictures import VIEWS, find, views
from mepg_agent.training.own_style import Card, Lessons, Wishes, encode, learn

STEPS = 4


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_pipeline(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def tiny(home: Path, pipeline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(own_style, "SHOWN", 3)
    install_family(home / "experts", str(pipeline))
    return Settings(home=home, experts=(home / "experts",), prompts=tmp_path, device="cpu", threads=1)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Six pictures in three formats and several shapes, two of them with a caption."""
    folder, rng = tmp_path / "images", np.random.default_rng(0)
    folder.mkdir()
    for i, (ending, size) in enumerate(zip(("png", "jpg", "webp") * 2, ((160, 128), (128, 200)) * 3, strict=True)):
        Image.fromarray(rng.integers(0, 255, (*size, 3), dtype=np.uint8)).save(folder / f"{i}.{ending}")
    (folder / "0.txt").write_text("a fox\n on a meadow", encoding="utf-8")
    (folder / "1.txt").write_text("a castle", encoding="utf-8")
    (folder / "notes.md").write_text("not a picture")
    return folder


def wishes(name: str = "woodcut", **other: object) -> Wishes:
    usual = {"trigger": "wood cut", "base": "tiny", "rank": 2, "batch": 2, "rate": 0.05, "seed": 0}
    return Wishes(name=name, **{**usual, **other})  # type: ignore[arg-type]


def trained(
    settings: Settings, images: Path, steps: int = STEPS, name: str = "woodcut", **other: object
) -> Found[Expert]:
    return learn(settings, wishes(name, **other), Card(), images, steps)


def stopping(at: int) -> dict[str, Callable[..., object]]:
    """Says stop once that many steps were told of."""
    told: list[int] = []
    return {
        "tell": lambda done, _, what: told.append(done) if what == "training" else None,
        "stop": lambda: len(told) >= at,
    }


def test_a_folder_of_pictures_becomes_an_expert_like_any_other(tiny: Settings, images: Path) -> None:
    found = learn(tiny, wishes(), Card(title="Wood", triggers=("linocut",), licence="MIT"), images, STEPS)
    assert found.folder == tiny.home / "experts" / "tiny" / "woodcut"
    assert Portfolio(tiny.experts).expert("tiny", "woodcut").item == found.item
    assert (found.item.title, found.item.triggers, found.item.licence) == ("Wood", ("wood cut", "linocut"), "MIT")
    assert [(h.expert, h.problem) for h in check(tiny)] == [("tiny/woodcut", None)]
    with Image.open(found.folder / "sample.png", formats=["PNG"]) as sample:
        assert sample.size == (3 * 134, 146)  # the two captions of the folder, and a thing
    state = load_file(found.folder / "adapter.safetensors")
    assert {v.dtype for v in state.values()} == {torch.float16}
    assert any(v.abs().max() > 0 for k, v in state.items() if k.endswith("lora_B.weight"))
    assert list((tiny.home / "training").rglob("*.pt")) == []


def test_the_same_pictures_and_seed_give_the_same_expert(tiny: Settings, images: Path) -> None:
    one, two, other = (trained(tiny, images, name=n, seed=s).item.sha256 for n, s in (("a", 0), ("b", 0), ("c", 1)))
    assert one == two != other


def test_a_style_is_learned(tiny: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On pictures of one colour, against the loss before: the family's weights are random."""
    folder, values = tmp_path / "red", []
    folder.mkdir()
    for i in range(4):
        Image.new("RGB", (128, 128), (200 + i, 20, 20)).save(folder / f"{i}.png")
    plain = denoiser.loss

    def noted(*arguments: object) -> torch.Tensor:
        values.append(plain(*arguments))  # type: ignore[arg-type]
        return values[-1]

    monkeypatch.setattr(own_style, "loss", noted)
    trained(tiny, folder, steps=36, batch=2, rank=4, rate=0.1)
    assert float(torch.stack(values[-8:]).mean()) < 0.8 * float(torch.stack(values[:8]).mean())


def test_a_stopped_training_goes_on_and_is_gone_when_done(tiny: Settings, images: Path) -> None:
    with pytest.raises(Cancelled, match=r"after step 3 of 6.*same command"):
        learn(tiny, wishes(), Card(), images, 6, **stopping(at=3))  # type: ignore[arg-type]
    assert "woodcut" not in [e for _, e in Portfolio(tiny.experts).experts]
    seen: list[int] = []
    learn(
        tiny, wishes(), Card(), images, 6, tell=lambda done, _, what: seen.append(done) if what == "training" else None
    )
    assert seen == [3, 4, 5]
    assert not (tiny.home / "training" / "tiny" / "woodcut").exists()


def test_a_stopped_training_is_not_mixed_with_another(tiny: Settings, images: Path) -> None:
    with pytest.raises(Cancelled):
        learn(tiny, wishes(), Card(), images, 6, **stopping(at=1))  # type: ignore[arg-type]
    changes: tuple[dict[str, Any], ...] = ({"rank": 3}, {"seed": 1}, {"trigger": "lino"})
    for change in changes:
        with pytest.raises(BadInput, match=r"other pictures or settings.*--restart"):
            learn(tiny, wishes(**change), Card(), images, STEPS)
    (images / "0.png").unlink()
    with pytest.raises(BadInput, match="other pictures or settings"):
        trained(tiny, images)
    learn(tiny, wishes(rank=3), Card(), images, STEPS, restart=True)


def test_a_damaged_checkpoint_is_named(tiny: Settings, images: Path) -> None:
    with pytest.raises(Cancelled):
        learn(tiny, wishes(), Card(), images, 6, **stopping(at=1))  # type: ignore[arg-type]
    (checkpoint,) = (tiny.home / "training").rglob("*.pt")
    checkpoint.write_bytes(checkpoint.read_bytes()[:100])
    with pytest.raises(BrokenAsset, match=r"damaged.*--restart"):
        trained(tiny, images, steps=6)
    checkpoint.with_name("of.txt").write_bytes(b"\xff")
    with pytest.raises(BadInput, match=r"other pictures or settings.*--restart"):
        trained(tiny, images, steps=6)


def other_shapes(file: Path) -> None:
    state = torch.load(file, weights_only=True)
    torch.save({**state, "model": {name: value[:1] for name, value in state["model"].items()}}, file)


@pytest.mark.parametrize(
    "harm",
    [
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"hello world"),
        lambda file: file.write_bytes(b"\x80\x04N."),
        lambda file: torch.save({"a": 1}, file),
        other_shapes,
    ],
    ids=["empty", "text", "pickle", "other", "shapes"],
)
def test_whatever_a_checkpoint_holds_instead_is_one_sentence(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    def run() -> Run:
        model = torch.nn.Linear(2, 2)
        return Run("style", tmp_path, model, torch.optim.AdamW(model.parameters()), Budget(steps=1), 0.1)

    for _ in run():
        pass
    assert run().step == 1
    harm(tmp_path / "style.checkpoint.pt")
    with pytest.raises(BrokenAsset, match=r"damaged.*--restart"):
        run()


def test_a_trigger_is_taken_as_it_can_be_written(tiny: Settings, images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def noted(_: Settings, wishes: Wishes, *__: object, **___: object) -> None:
        seen.append(wishes.model_dump_json())
        raise Cancelled("Enough.", "Go on.")

    monkeypatch.setattr(own_style, "learn", noted)
    for trigger in ("\udcff", "wood\udcff cut"):  # a byte that is no text, as the shell hands it on
        mepg("experts", "train", "wood-cut", "--base", "tiny", "--images", str(images), "--trigger", trigger)
    assert [Wishes.model_validate_json(said).trigger for said in seen] == ["wood cut", "wood cut"]


def test_a_family_of_sdxl_s_shape_learns_too(tiny: Settings, images: Path, tmp_path: Path) -> None:
    install_family(tiny.home / "experts", str(save_wide_pipeline(tmp_path / "wide")), "wide")
    found = trained(tiny, images, base="wide")
    assert [(h.expert, h.problem) for h in check(tiny)] == [("wide/woodcut", None)]
    assert found.item.base == "wide"


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "sample"])
def test_the_loss_is_that_of_what_the_family_predicts(kind: Any) -> None:
    """A denoiser that knows the answer has none, one that gives another kind's answer has some."""
    schedule = DDPMScheduler(prediction_type=kind)
    clean = torch.randn((4, 2, 8, 8), generator=torch.Generator().manual_seed(1))

    class Knowing:
        dtype = torch.float32

        def __init__(self, answers: str) -> None:
            self.answers = answers

        def __call__(self, noisy: torch.Tensor, step: torch.Tensor, **_: object) -> object:
            level = schedule.alphas_cumprod[step][:, None, None, None]
            noise = (noisy - level.sqrt() * clean) / (1 - level).sqrt()
            velocity = level.sqrt() * noise - (1 - level).sqrt() * clean
            answer = {"epsilon": noise, "v_prediction": velocity, "sample": clean}[self.answers]
            return type("Output", (), {"sample": answer})

    def value(answers: str) -> float:
        batch = (clean, {})
        return float(denoiser.loss(Knowing(answers), schedule, batch, torch.Generator().manual_seed(0)))  # type: ignore[arg-type]

    assert value(kind) < 1e-4
    assert all(value(other) > 0.1 for other in ("epsilon", "v_prediction", "sample") if other != kind)


def test_pictures_are_coded_by_every_kind_of_autoencoder() -> None:
    patch = PatchAutoencoder(patch=16, latent_channels=16, width=8, fine_width=8, blocks=1, fine_blocks=1)
    blocks: dict[str, Any] = {"block_out_channels": (8, 8), "norm_num_groups": 4}
    blocks |= {"down_block_types": ("DownEncoderBlock2D",) * 2, "up_block_types": ("UpDecoderBlock2D",) * 2}
    kl = AutoencoderKL(**blocks)
    for vae, wanted in ((patch, (16, 4, 4)), (kl, (4, 32, 32)), (autoencoder(), (16, 8, 8))):
        pipe = type("Pipe", (), {"vae": vae})
        assert encode(pipe, torch.rand(1, 3, 64, 64)).shape[1:] == wanted


def test_half_precision_codes_are_noised_in_full_and_told_as_the_text_encoder_says() -> None:
    told = {text: (torch.full((2, 3), number).half(), None) for number, text in enumerate(("", "a fox", "a cat"))}
    codes = torch.tensor([1.0, 2.0]).half()[:, None, None, None].expand(2, 4, 2, 2)
    reader = type("Reader", (), {"conditions": staticmethod(lambda pooled, size: {})})
    generator = torch.Generator().manual_seed(0)
    clean, said = Lessons(codes, ["a fox", "a cat"], told).batch(reader, (16, 16), 64, generator)  # type: ignore[arg-type]
    heard = said["encoder_hidden_states"]
    assert clean.dtype == torch.float32 and heard.dtype == torch.float16
    dropped = heard[:, 0, 0] == 0
    assert 0 < int(dropped.sum()) < 20
    assert torch.equal(clean[~dropped, 0, 0, 0], heard[~dropped, 0, 0].float())


def test_views_are_the_canvas_s_size_and_the_first_is_the_middle(images: Path) -> None:
    example = find(images)[0]
    seen = list(views(example, Extent(width=64, height=128), 0))
    assert len(seen) == VIEWS and {v.size for v in seen} == {(64, 128)}
    again = list(views(example, Extent(width=64, height=128), 0))
    assert all((np.asarray(a) == np.asarray(b)).all() for a, b in zip(seen, again, strict=True))
    assert not (np.asarray(seen[1]) == np.asarray(seen[2])).all()
    stripes = np.zeros((128, 384, 3), np.uint8)
    stripes[:, 128:256] = 255
    Image.fromarray(stripes).save(images / "0.png")
    assert np.asarray(next(views(find(images)[0], Extent(width=128, height=128), 0))).min() > 200


EXIF = bytes.fromhex("457869660000 4d4d002a 00000008")
UPRIGHT = bytes.fromhex("0112 0003 00000001 00060000")
ODD_EXIF = {  # what a camera says, after which way is up: tag, kind of value, how many, value
    "unit": (UPRIGHT, bytes.fromhex("0128 0002 00000001 ffffffff")),
    "width": (UPRIGHT, bytes.fromhex("011a 0002 00000004 61626300")),
    "words": (UPRIGHT, bytes.fromhex("010e 000c 00000001 00000010")),
}


def break_pictures(kind: str, images: Path) -> None:
    if kind == "few":
        for file in sorted(images.iterdir())[3:]:
            file.unlink()
    elif kind == "none":
        shutil.rmtree(images)
    elif kind == "text":
        (images / "6.png").write_text("<html>")
    elif kind == "cut":
        (images / "0.png").write_bytes((images / "0.png").read_bytes()[:200])
    elif kind == "gif":
        Image.new("RGB", (99, 99)).save(images / "7.gif")
        shutil.move(images / "7.gif", images / "7.png")
    elif kind == "tiny":
        Image.new("RGB", (99, 9)).save(images / "7.png")
    elif kind in ODD_EXIF:
        tags = ODD_EXIF[kind]
        Image.new("RGB", (99, 99)).save(
            images / "7.png", exif=EXIF + bytes([0, len(tags)]) + b"".join(tags) + bytes(12)
        )
    elif kind == "caption":
        (images / "2.txt").write_bytes(b"\xff\xfe\xfa")
    elif kind == "endless":
        (images / "2.txt").write_text("x" * 3000)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("few", r"holds 2 pictures.*needs 4"),
        ("none", "There is no folder"),
        ("text", r"6\.png cannot be read"),
        ("cut", r"0\.png cannot be read"),
        ("gif", r"7\.png cannot be read"),
        ("tiny", "99×9 pixels"),
        *((kind, r"7\.png cannot be read") for kind in ODD_EXIF),
        ("caption", r"2\.txt cannot be read"),
        ("endless", r"2\.txt is longer"),
    ],
)
def test_pictures_that_cannot_be_learned_from_are_named_before_any_work(
    tiny: Settings, images: Path, kind: str, said: str
) -> None:
    break_pictures(kind, images)
    with pytest.raises(BadInput, match=said) as caught:
        trained(tiny, images)
    assert "\n" not in str(caught.value) and not (tiny.home / "training").exists()


def test_a_picture_that_would_fill_the_memory_is_refused(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    with pytest.raises(BadInput, match="cannot be read"):
        find(images)


def test_a_taken_name_and_an_unknown_family_are_refused(tiny: Settings, images: Path) -> None:
    trained(tiny, images, steps=1)
    with pytest.raises(BadInput, match="has an expert 'woodcut' already"):
        trained(tiny, images)
    with pytest.raises(BadInput, match="cannot be an expert's id"):
        trained(tiny, images, name="../x")
    with pytest.raises(BadInput, match="no backbone 'sd15'"):
        trained(tiny, images, base="sd15")


def test_a_full_disk_is_said_before_and_during_the_training(
    tiny: Settings, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise RuntimeError("[enforce fail at inline_container.cc:664] . PytorchStreamWriter failed writing file")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(BrokenAsset, match=r"the disk is full.*Free some space"):
        trained(tiny, images)
    usage = shutil._ntuple_diskusage(10**9, 10**9, 1000)  # type: ignore[attr-defined]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(BrokenAsset, match=r"takes \d+ MiB and 0 MiB are free"):
        trained(tiny, images)


def test_a_training_that_diverges_says_so(tiny: Settings, images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_style, "loss", lambda *_: torch.tensor(float("nan"), requires_grad=True))
    with pytest.raises(BadInput, match="diverged at step 0"):
        trained(tiny, images)


def test_the_command_trains_is_stopped_by_ctrl_c_and_goes_on(
    tiny: Settings, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a person runs it: in a process of its own, with a real interrupt."""
    for name, value in (("MEPG_DEVICE", "cpu"), ("MEPG_THREADS", "1")):
        monkeypatch.setenv(name, value)
    line = ["experts", "train", "woodcut", "--base", "tiny", "--images", str(images)]
    line += ["--rank", "2", "--batch", "1", "--rate", "0.01"]
    command = [sys.executable, "-m", "mepg_agent", *line, "--steps", "100000"]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[1], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert any(said.strip() == "training" for said in process.stderr)  # reads on until it is
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait() == 130
    assert "Stopped after step" in rest and "same command" in rest and "Traceback" not in rest
    done = mepg(*line, "--steps", "3", "--json")
    assert done.code == 0, done.err
    folder = tiny.home / "experts" / "tiny" / "woodcut"
    assert done.json["folder"] == str(folder)
    assert done.json["sha256"] == hashlib.sha256((folder / "adapter.safetensors").read_bytes()).hexdigest()


def test_mistakes_on_the_command_line_are_one_sentence(tiny: Settings, images: Path) -> None:
    huge = ("--images", str(images), "--base", "tiny", "--seed", str(10**23))
    for wish in (("--images", "nowhere"), ("--images", str(images), "--base", "sd15"), huge, ()):
        said = mepg("experts", "train", "x", *wish)
        assert (said.code, said.out) == (2, "") and "Traceback" not in said.err
