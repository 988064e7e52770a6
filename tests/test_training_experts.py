"""Style experts learn on their own thing, and leave alone what is around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from engine_fixtures import artist
from PIL import Image
from training_fixtures import FAMILY, VOCABULARY, composed, tiny_drawer, tiny_vae, write_sprites
from transformers import CLIPTokenizer

from mepg_agent.engine.layers import GatedLayer, LowRank
from mepg_agent.errors import BadInput
from mepg_agent.portfolio import read_backbone
from mepg_agent.training import config, denoiser, experts, regional
from mepg_agent.training.crops import HELD_OUT
from mepg_agent.training.loop import Budget
from mepg_agent.training.pool import Pool, Source, all_styles, expert_styles
from mepg_agent.training.scenes import Composer, Sprites
from mepg_agent.training.styles import RIM, restyle

OIL = all_styles(VOCABULARY).index("oil")


@pytest.fixture(scope="module")
def sprites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sprites(tmp_path_factory.mktemp("sprites"))


@pytest.fixture(scope="module")
def pool(sprites: Path, tmp_path_factory: pytest.TempPathFactory) -> Pool:
    folder = tmp_path_factory.mktemp("pool")
    source = Source(sprites, FAMILY / "vocabulary.toml", folder, size=64, style="oil")
    return composed(source)


@pytest.fixture(scope="module")
def pipe(pool: Pool) -> Any:
    tokenizer = CLIPTokenizer.from_pretrained(FAMILY / "pipeline" / "tokenizer")
    drawer = tiny_drawer(tokenizer)
    return denoiser.pipeline(tiny_vae(pool), drawer.text, tokenizer, drawer.unet)


@pytest.mark.parametrize(("left", "top"), [(20, 30), (-8, 40), (50, 50)])
def test_a_thing_is_repainted_and_nothing_beyond_its_rim(left: int, top: int) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    canvas, alpha = Image.fromarray(noise), np.full((30, 30), 255, np.float32)
    restyle("oil", canvas, alpha, left, top, seed=1)
    changed = (np.asarray(canvas) != noise).any(-1)
    rows, columns = np.nonzero(changed)
    assert changed[max(top, 0) : top + 30, max(left, 0) : left + 30].mean() > 0.9
    assert rows.min() >= top - RIM - 3 and rows.max() < top + 30 + RIM + 3
    assert columns.min() >= left - RIM - 3 and columns.max() < left + 30 + RIM + 3


def test_a_style_s_scenes_are_all_in_it_or_some_of_their_things(pool: Pool) -> None:
    things, whole = pool.labels[:, :, 1], pool.style == OIL
    assert 0.35 < whole.float().mean() < 0.65
    assert bool((things[whole][pool.labels[whole][:, :, 0] >= 0] == OIL).all())
    mixed = things[~whole][pool.labels[~whole][:, :, 0] >= 0]
    assert 0.4 < (mixed == OIL).float().mean() < 0.8
    assert set(mixed.tolist()) == {OIL, *range(len(VOCABULARY.looks))}


def test_a_look_of_the_icons_that_the_denoiser_does_not_know_is_an_expert_s_style(sprites: Path) -> None:
    assert "ink" in expert_styles(VOCABULARY) and not set(VOCABULARY.looks) & set(expert_styles(VOCABULARY))
    composer = Composer(Sprites.load(sprites), VOCABULARY, 64)
    scene = composer.scene(np.random.default_rng(0), 3, style="ink")
    assert scene.style == "ink" and {thing.look for thing in scene.things} == {"ink"}


def test_region_by_region_each_prompt_says_whose_style_it_asks_for(pool: Pool, pipe: Any) -> None:
    rows = torch.arange(HELD_OUT, len(pool))
    told = regional.told(pool, rows, pipe.tokenizer)
    for row, styles, ids in zip(rows[told.rows].tolist(), told.styles, told.ids, strict=True):
        assert int(styles[0]) == int(pool.style[row])
        said = pipe.tokenizer.batch_decode(ids.long(), skip_special_tokens=True)
        assert all(("oil style" in text) == (int(style) == OIL) for text, style in zip(said, styles, strict=True))


def randomised(unet: Any) -> None:
    for name, parameter in unet.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.05)


def test_a_gate_gives_the_adapter_exactly_the_positions_of_its_blocks(pool: Pool) -> None:
    drawer = tiny_drawer(CLIPTokenizer.from_pretrained(FAMILY / "pipeline" / "tokenizer"))
    experts.equip(drawer.unet, "oil", 4, 0)
    randomised(drawer.unet)
    pupil = experts.Pupil(drawer.unet, "oil").eval()
    x, step, states = torch.randn(1, 4, 4, 4), torch.tensor([500]), torch.randn(1, 12, 32)
    shares = torch.full((1, 3, 4, 4), 1 / 3)

    @torch.no_grad()
    def drawn(worn: list[bool] | None) -> torch.Tensor:
        pupil.ears.spoken = None
        if worn is not None:
            told = torch.tensor([worn])
            pupil.ears.gates = regional.gates(shares, told, torch.ones(1, 2, 4, 4), 2)
            pupil.ears.spoken = told.repeat_interleave(4, 1)[..., None]
        return pupil.unet(x, step, encoder_hidden_states=states).sample

    everywhere, nowhere, some = drawn([True] * 3), drawn([False] * 3), drawn([True, False, False])
    assert torch.allclose(everywhere, drawn(None), atol=1e-5)
    assert not torch.allclose(some, everywhere, atol=1e-4) and not torch.allclose(some, nowhere, atol=1e-4)
    drawer.unet.disable_adapters()
    assert torch.allclose(nowhere, drawn(None), atol=1e-5)


def test_the_gate_in_training_is_the_engine_s(pool: Pool) -> None:
    torch.manual_seed(0)
    down, up, hidden = torch.randn(3, 6), torch.randn(5, 3), torch.randn(1, 16, 6)
    shares = torch.rand(1, 2, 4, 4).softmax(1)
    worn, everywhere = torch.tensor([[False, True]]), torch.ones(1, 1, 4, 4)
    ears = regional.Ears(gates=regional.gates(shares, worn, everywhere, 1), spoken=torch.ones(1))
    taught = regional.Gate(ears, of_text=False)(torch.nn.Identity(), (), hidden @ down.T) @ up.T

    class Level:
        """All positions of one resolution, with the shares of the second block as gates."""

        class routing:
            @staticmethod
            def pays_for_tokens(ranks: tuple[int, ...]) -> bool:
                return False

        @staticmethod
        def token_gates(ranks: tuple[int, ...]) -> torch.Tensor:
            return shares[:, 1].flatten(1)[..., None].expand(-1, -1, sum(ranks))

    field: Any = type("Field", (), {"levels": {16: Level}})
    drawn = torch.zeros(1, 16, 5)
    GatedLayer([LowRank(down, up)], field)(torch.nn.Linear(6, 5), (hidden,), drawn)
    assert torch.allclose(drawn, taught, atol=1e-5)


def test_an_adapter_that_draws_the_setting_too_is_heard_around_things_as_well() -> None:
    shares, faded = torch.full((2, 2, 2, 2), 0.5), torch.full((2, 1, 2, 2), 0.25)
    heard = regional.gates(shares, torch.tensor([[True, True], [False, True]]), faded, 1)[4]
    assert heard.flatten(1).tolist() == [[1.0] * 4, [0.125] * 4]


def lessons_of(pool: Pool, pipe: Any) -> experts.Lessons:
    rows = torch.arange(HELD_OUT, len(pool))
    told = regional.told(pool, rows, pipe.tokenizer)
    codes = denoiser.encoded(pool, rows, pipe.vae, pipe.tokenizer)
    whole = (pool.style[rows] == OIL).nonzero()[:, 0]
    return experts.taught(pipe, codes, whole, told, OIL, artist(pipe.unet))


def test_an_expert_learns_alone_and_ships_as_a_folder(pool: Pool, pipe: Any, tmp_path: Path) -> None:
    taught = lessons_of(pool, pipe)
    before = {k: v.clone() for k, v in pipe.unet.state_dict().items()}
    shipped = config.read(FAMILY / "training.toml")
    wishes = shipped.experts.model_copy(update={"batch": 4, "bfloat16": False})
    budget = Budget(steps=6)
    experts.learn(pipe, taught, "oil", shipped.model_copy(update={"experts": wishes, "out": tmp_path}), budget)
    after = {k.replace(".base_layer", ""): v for k, v in pipe.unet.state_dict().items() if "lora_" not in k}
    assert all(torch.equal(after[k], v) for k, v in before.items())
    assert any(bool(p.abs().max() > 0) for n, p in pipe.unet.named_parameters() if "lora_B" in n)
    card = {"title": "Oil", "description": "Thick strokes.", "triggers": ["oil"]}
    experts.save(pipe.unet, "oil", tmp_path / "oil", card, read_backbone(FAMILY / "backbone.toml"))
    assert sorted(f.name for f in (tmp_path / "oil").iterdir()) == ["adapter.safetensors", "expert.toml"]
    pipe.unet.delete_adapters("oil")


def test_an_expert_goes_on_from_the_one_that_is_there(pipe: Any, tmp_path: Path) -> None:
    learned = experts.equip(pipe.unet, "oil", 4, seed=0)
    with torch.no_grad():
        for number, part in enumerate(learned.parts):
            part.fill_(0.25 * (1 + number % 3))  # exact in half precision
    (tmp_path / "adapter.safetensors").write_bytes(experts.packed(pipe.unet, "oil"))
    wanted = [part.clone() for part in learned.parts]
    pipe.unet.delete_adapters("oil")
    anew = experts.equip(pipe.unet, "oil", 4, seed=1)
    experts.go_on(pipe.unet, "oil", tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(anew.parts, wanted, strict=True))
    pipe.unet.delete_adapters("oil")
    experts.equip(pipe.unet, "oil", 2, seed=1)
    with pytest.raises(BadInput, match="other layers"):
        experts.go_on(pipe.unet, "oil", tmp_path)
    pipe.unet.delete_adapters("oil")


def test_a_piece_is_told_of_what_it_shows_where_it_shows_it() -> None:
    boxes = torch.tensor([[[0.5, 0.5, 0.75, 0.75], [0.0, 0.0, 0.25, 0.25], [0, 0, 0, 0]]])
    there, styles = torch.tensor([[True, True, False]]), torch.tensor([[-1, OIL, 0, -1]])
    told = regional.Told(torch.tensor([7]), torch.zeros(1, 4, 8, dtype=torch.short), styles, boxes, there)
    piece = told.piece(torch.tensor([0]), torch.tensor([[0.5, 0.375]]), 0.5)
    assert piece.boxes[0, 0].tolist() == [0.0, 0.25, 0.5, 0.75]
    assert piece.there.tolist() == [[True, False, False]], "the other thing stands outside"


def test_pieces_hold_the_whole_of_a_thing_in_the_style(pool: Pool, pipe: Any) -> None:
    taught = lessons_of(pool, pipe)
    drawer = tiny_drawer(pipe.tokenizer)
    experts.equip(drawer.unet, "oil", 4, 0)
    pupil = experts.Pupil(drawer.unet, "oil").eval()
    codes, told = taught._pieces(pupil, 40, torch.Generator().manual_seed(0))
    heard = pupil.ears.gates[4]
    assert codes.shape == (40, 4, 2, 2) and len(told["encoder_hidden_states"]) == 40
    assert bool((heard.amax(1) > 0.2).all()), "the adapter is heard somewhere in every piece"
