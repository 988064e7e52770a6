"""The speed bench at its smallest: every contender draws, the report is whole. No time is ever asserted."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel
from PIL import Image
from test_cli import mepg
from training_fixtures import FAMILY

from mepg_agent.bench import contenders as contenders_module
from mepg_agent.bench import speed as speed_module
from mepg_agent.bench.contenders import Bench
from mepg_agent.bench.memory import peak_bytes
from mepg_agent.bench.shapes import ARCHS, ATTENTION, WIDE, Arch, build
from mepg_agent.bench.speed import Report
from mepg_agent.engine import sampler
from mepg_agent.engine.patch_autoencoder import PatchAutoencoder
from mepg_agent.scene import Extent

TINY = Arch(
    unet={
        "sample_size": 8,
        "in_channels": 8,
        "out_channels": 8,
        "layers_per_block": 1,
        "block_out_channels": (16, 32),
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
        "cross_attention_dim": 16,
        "attention_head_dim": 2,
        "norm_num_groups": 8,
    },
    encoders=({"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2},),
    vae=PatchAutoencoder,
    vae_sizes={"width": 8, "fine_width": 8, "blocks": 1, "fine_blocks": 1},
    tokens=8,
    pixels=128,
    rank=2,
    targets=(*ATTENTION, *WIDE),
)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ARCHS, "tiny", TINY)


def test_one_command_gives_a_table_a_plot_and_the_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(contenders_module, "REGIONS", (1, 8))
    monkeypatch.setattr(contenders_module, "AREAS", (1 / 4, 1.0))
    monkeypatch.setitem(speed_module.MOST, "tiny", 1.5)
    said = mepg("bench", "speed", "--arch", "tiny", "--steps", "1", "--repeats", "2", "-o", str(tmp_path / "speed.png"))
    assert said.code == 0, said.err
    for words in ("ours", "pass per region", "pass per adapter", "set_adapters", "reference", "canvas denoised"):
        assert words in said.out
    with Image.open(tmp_path / "speed.png", formats=["PNG"]) as plot:
        plot.load()
    report = Report.model_validate_json((tmp_path / "speed.json").read_bytes())
    plain = report.cases[0]
    assert (plain.name, plain.picture_ratio, plain.step_ratio, plain.passes) == ("plain", 1.0, 1.0, 1.0)
    assert all(len(c.picture_seconds) == len(c.step_seconds) == 2 for c in report.cases)
    assert all(
        0 < step < picture
        for c in report.cases
        for step, picture in zip(c.step_seconds, c.picture_seconds, strict=True)
    )
    found = {aim.what: (aim.most, aim.found) for aim in report.aims}
    assert found["8 regions with 4 experts"] == (1.5, (report.find("ours", 8, 4) or plain).picture_ratio)
    assert "a repair of 25% of the area at most 0.45 ×" in said.out and len(found) == 2
    assert str(report.date) in said.out
    assert {(c.regions, c.experts) for c in report.cases if c.name == "ours"} == {(1, 1), (8, 1), (8, 2), (8, 4)}


def test_the_usual_ways_can_be_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contenders_module, "REGIONS", (1, 2))
    monkeypatch.setattr(contenders_module, "AREAS", (1 / 4,))
    said = mepg("bench", "speed", "--arch", "tiny", "--steps", "1", "--repeats", "1", "--no-peers", "--json")
    assert said.code == 0, said.err
    assert {case.name for case in Report.model_validate_json(said.out).cases} == {"plain", "ours", "repair"}


def test_every_way_makes_the_passes_it_is_known_for(tmp_path: Path) -> None:
    pipe = build(TINY, "cpu", torch.float32)
    marks: list[int] = []
    found = {}
    for c in Bench(TINY, pipe, Extent(width=128, height=128), tmp_path).contenders():
        if (c.regions, c.experts) in {(0, 1), (8, 4)}:
            marks.clear()
            found[c.name, c.area] = c.draw(1, lambda: marks.append(1))
            assert len(marks) == 1
    assert {name: passes for (name, area), passes in found.items() if area is None} == {
        "plain": 1, "ours": 1, "pass per region": 9, "pass per adapter": 5, "set_adapters": 9, "reference": 9,
    }  # fmt: skip
    assert found["repair", 1 / 16] == 1 / 4 and found["repair", 1.0] == 1


def test_the_usual_ways_blend_the_same_picture_with_their_adapters_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A peer whose adapters did nothing would be no peer."""
    seen: list[torch.Tensor] = []
    monkeypatch.setattr(sampler, "decode", lambda pipe, latents: seen.append(latents))
    bench = Bench(TINY, build(TINY, "cpu", torch.float32), Extent(width=128, height=128), tmp_path)
    draw = {c.name: c.draw for c in bench.contenders() if (c.regions, c.experts) == (4, 4)}
    for name in ("pass per region", "set_adapters", "pass per region"):
        draw[name](2, lambda: None)
    torch.testing.assert_close(seen[1], seen[0], rtol=1e-3, atol=1e-3)
    assert torch.equal(seen[2], seen[0])
    bench.job = lambda regions, experts: job  # type: ignore[method-assign]
    job = Bench.job(bench, 4, 4)
    job = job.model_copy(update={"regions": tuple(r.model_copy(update={"adapter": None}) for r in job.regions)})
    next(c for c in bench.contenders() if c.name == "pass per region").draw(2, lambda: None)
    assert (seen[3] - seen[0]).abs().max() > 0.1


def test_measuring_leaves_the_weights_as_they_were(tmp_path: Path) -> None:
    pipe = build(TINY, "cpu", torch.float32)
    before = {name: weight.clone() for name, weight in pipe.unet.state_dict().items()}
    for c in Bench(TINY, pipe, Extent(width=128, height=128), tmp_path).contenders():
        if c.regions in (0, 2):
            c.draw(1, lambda: None)
    after = pipe.unet.state_dict()
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)


def test_the_peak_counts_what_is_held_at_once() -> None:
    def work() -> None:
        first = torch.zeros(1000)
        del first
        second = torch.zeros(2000)
        third = torch.zeros(500)
        del second, third

    assert peak_bytes(work, "cpu") == 4 * 2500


@pytest.mark.parametrize(("arch", "millions"), [("sd15", 859.5), ("sdxl", 2567.5)])
def test_the_shapes_have_the_sizes_that_are_published(arch: str, millions: float) -> None:
    with torch.device("meta"):
        unet = UNet2DConditionModel(**ARCHS[arch].unet)
    assert round(sum(p.numel() for p in unet.parameters()) / 1e6, 1) == millions


def test_the_picturebook_shape_is_the_one_that_is_trained() -> None:
    from mepg_agent.training.config import read
    from mepg_agent.training.denoiser import build as build_denoiser

    arch, config = ARCHS["picturebook"], read(FAMILY / "training.toml")
    sizes, denoiser, side = config.autoencoder, config.denoiser, config.data.size // config.autoencoder.patch
    with torch.device("meta"):
        ours = (
            UNet2DConditionModel(**arch.unet),
            PatchAutoencoder(latent_channels=arch.unet["in_channels"], **arch.vae_sizes),
        )
        trained = (
            build_denoiser(denoiser.widths, denoiser.attention, sizes.channels, config.words.width, side),
            PatchAutoencoder(
                sizes.patch, sizes.channels, sizes.width, sizes.fine_width, sizes.blocks, sizes.fine_blocks
            ),
        )
    assert [shapes(model) for model in ours] == [shapes(model) for model in trained]
    assert arch.unet["sample_size"] == side


def shapes(model: torch.nn.Module) -> dict[str, torch.Size]:
    return {name: weight.shape for name, weight in model.state_dict().items()}


@pytest.mark.parametrize(
    "wishes",
    [
        ("--arch", "flux"),
        ("--arch", "tiny", "--size", "100"),
        ("--steps", "0"),
        ("--repeats", "none"),
        ("-o", "speed.jpg"),
        ("-o", "nowhere/speed.png"),
    ],
    ids=" ".join,
)
def test_a_mistake_is_found_before_anything_is_measured(wishes: tuple[str, ...]) -> None:
    said = mepg("bench", "speed", *wishes)
    assert (said.code, said.out) == (2, "")
    assert "Traceback" not in said.err
