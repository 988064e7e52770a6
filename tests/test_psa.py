"""The small planner with a tiny model: held to its grammar, trained, stopped, resumed, loaded; who steps in for it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from planning_fixtures import STYLES, Says, answered, backbone, vocabulary
from safetensors.torch import load_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from mepg_agent.errors import BadInput, BrokenAsset, Cancelled
from mepg_agent.planning import chain, editing, psa
from mepg_agent.planning.editing import PsaEditor, RuleEditor
from mepg_agent.planning.edits import Add, Move, Recolor, Remove, Restyle, apply
from mepg_agent.planning.psa import ADAPTER, CONFIG, Writer, for_edits
from mepg_agent.planning.question import PLAN
from mepg_agent.planning.references import Question
from mepg_agent.planning.target import decode, next_line
from mepg_agent.portfolio import read_vocabulary
from mepg_agent.records import Brief
from mepg_agent.scene import ScenePlan
from mepg_agent.settings import Settings
from mepg_agent.training.psa_data import read_jsonl, write_splits
from mepg_agent.training.psa_train import Config, Run, chosen


def quietly(*_: object) -> None:
    return None


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A language model of two thin layers that spells byte by byte."""
    folder = tmp_path_factory.mktemp("base")
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = {letter: n for n, letter in enumerate([*letters, "<end>"])}
    spelling = Tokenizer(models.BPE(vocab=words, merges=[]))
    spelling.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    spelling.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=spelling, eos_token="<end>", pad_token="<end>")
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    shape: Any = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    LlamaForCausalLM(LlamaConfig(vocab_size=len(words), tie_word_embeddings=True, **shape)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    words = read_vocabulary(Path(__file__).parents[1] / "experts/picturebook/vocabulary-full.toml")
    write_splits(words, folder, 40, 20, 1, frozenset())
    return folder


def config(base: Path, data: Path, **changes: Any) -> Config:
    values: dict[str, Any] = {
        "base": str(base), "train": str(data / "train.jsonl.gz"), "dev": str(data / "train.jsonl.gz"), "seed": 1,
        "rank": 2, "alpha": 4, "dropout": 0.0, "modules": ("q_proj", "v_proj"), "learning_rate": 0.01, "warmup": 0.0,
        "weight_decay": 0.0, "clip": 1.0, "batch_tokens": 2048, "longest": 400, "epochs": 1,
    }  # fmt: skip
    return Config.model_validate({**values, **changes})


def test_an_answer_keeps_to_its_pattern(base: Path) -> None:
    writer = Writer(None, str(base), trained=False)
    patterns = ["(remove|front) [12]", "add 1 [a-c]{3}"]
    answers = writer.write_all(["away with it", "more"], patterns)
    assert all(a is not None and re.fullmatch(p, a) for a, p in zip(answers, patterns, strict=True))
    assert writer.write("more", patterns[1]) == answers[1]  # alone or beside others


@pytest.mark.parametrize("things", [("cat", "tree"), ("cat", "tree", "owl"), ("cat", "cat", "tree", "cat")])
def test_the_grammar_of_relations_can_be_compiled(base: Path, things: tuple[str, ...]) -> None:
    pattern = next_line(None, "")("plain\n" + "".join(f"1 {thing}\n" for thing in things))
    answer = Writer(None, str(base), trained=False).write_all(["go on"], [pattern])[0]
    assert answer is None or re.fullmatch(pattern, answer)


def test_an_answer_may_be_held_line_by_line(base: Path) -> None:
    def pattern(text: str) -> str:
        said = text.splitlines()
        return ["[ab]{3}", "[cd]{3}", said[0][::-1] if said else "", ""][len(said)]

    answers = Writer(None, str(base), trained=False).write_all([f"say {n}" for n in range(12)], [pattern] * 12)
    lines = [answer.splitlines() for answer in answers if answer is not None]
    assert len(lines) == 12 and max(map(len, lines)) == 3
    for first, *rest in lines:
        assert re.fullmatch("[ab]{3}", first) and all(re.fullmatch("[cd]{3}", line) for line in rest[:1])
        assert rest[1:] in ([], [first[::-1]])


def test_an_answer_without_an_end_is_refused(base: Path) -> None:
    with pytest.raises(BadInput, match="does not end"):
        Writer(None, str(base), trained=False).write("go on", "a{1000}")


def test_a_stopped_run_goes_on_and_its_adapter_can_be_loaded(base: Path, data: Path, tmp_path: Path) -> None:
    calls = iter([False, False, True])
    with pytest.raises(Cancelled):
        Run(config(base, data), tmp_path, 10, "cpu", quietly, lambda: next(calls)).fit()
    assert not (tmp_path / ADAPTER).exists()
    run = Run(config(base, data), tmp_path, 10, "cpu", quietly, lambda: False)
    assert run.steps == 2
    before = run.dev_loss()
    run.fit()
    assert run.dev_loss() < before
    assert (tmp_path / "losses.png").stat().st_size > 0
    assert all(value.dtype is torch.float16 for value in load_file(tmp_path / ADAPTER).values())
    assert psa.base_of(tmp_path) == str(base)
    assert Writer(tmp_path).write("p", "x[yz]") in ("xy", "xz")


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:500])


def of_another_rank(file: Path) -> None:
    settings = json.loads((file.parent / CONFIG).read_text())
    (file.parent / CONFIG).write_text(json.dumps({**settings, "r": 3}))


@pytest.mark.parametrize("spoil", [cut_short, of_another_rank])
def test_a_broken_adapter_is_refused_in_a_sentence(base: Path, tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    model = AutoModelForCausalLM.from_pretrained(base)
    get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj"])).save_pretrained(str(tmp_path))
    Writer(tmp_path, str(base)).load()
    spoil(tmp_path / ADAPTER)
    with pytest.raises(BrokenAsset, match="no readable adapter of the small planner"):
        Writer(tmp_path, str(base)).load()


def test_a_broken_base_is_refused_in_a_sentence(base: Path, tmp_path: Path) -> None:
    shutil.copytree(base, tmp_path / "base")
    cut_short(tmp_path / "base" / "model.safetensors")
    with pytest.raises(BrokenAsset, match="no readable language model"):
        Writer(None, str(tmp_path / "base"), trained=False).load()


def test_a_run_may_go_on_from_another_ones_adapter(base: Path, data: Path, tmp_path: Path) -> None:
    Run(config(base, data), tmp_path / "one", 10, "cpu", quietly, lambda: False).fit()
    fresh = Run(config(base, data), tmp_path / "two", 10, "cpu", quietly, lambda: False)
    going = Run(config(base, data), tmp_path / "two", 10, "cpu", quietly, lambda: False, tmp_path / "one")
    assert going.steps == 0
    assert going.dev_loss() < fresh.dev_loss()
    with pytest.raises(BadInput, match="not of this configuration's shape"):
        Run(config(base, data, rank=3), tmp_path / "two", 10, "cpu", quietly, lambda: False, tmp_path / "one")
    with pytest.raises(BadInput, match="no adapter to go on from"):
        Run(config(base, data), tmp_path / "two", 10, "cpu", quietly, lambda: False, tmp_path)


def test_of_the_training_examples_only_plans_without_a_relation_are_left_out(data: Path) -> None:
    examples = read_jsonl(data / "train.jsonl.gz")
    bare = [e for e in examples if e["task"] == PLAN and not (r := decode(e["target"], None)).links and not r.between]
    assert chosen(examples, 0.0, 1) == [e for e in examples if e not in bare]
    assert len(examples) - len(bare) < len(chosen(examples, 0.5, 1)) < len(examples)
    assert chosen(examples, 1.0, 1) == examples


def test_training_without_data_says_how_to_make_it(base: Path, data: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no training data") as refused:
        Run(config(base, tmp_path), tmp_path, 1, "cpu", quietly, lambda: False)
    assert "mepg psa data" in refused.value.advice


def test_what_the_model_reads_is_laid_out_and_what_cannot_be_drawn_is_named() -> None:
    found = answered("graveyard, night, in oil\n2 puppy, red\n1 zorb\n1 castle, in neon\npuppy left of castle")
    assert [r.id for r in found.regions] == ["dog", "dog-2", "castle"]
    assert [str(r) for r in found.relations] == ["dog left of castle", "dog-2 left of castle"]
    assert (found.time, found.style, found.planner) == ("night", "oil", "psa")
    assert found.region("dog").box.right < found.region("castle").box.right
    assert any("'zorb'" in n for n in found.notes)
    assert any("'graveyard'" in n for n in found.notes)


def test_a_thing_of_the_words_that_the_model_overlooks_is_named() -> None:
    overlooked = "The small planner reads no cat. If you want one, say it in a sentence of its own or edit it in."
    assert overlooked in answered("plain\n1 dog", "a dog and two cats").notes
    assert not any("reads no" in n for n in answered("plain\n1 dog\n2 cat", "a dog and two cats").notes)
    assert not any("reads no" in n for n in answered("plain\n1 dog", "a dog and no cats").notes)


def test_an_open_backbone_gets_the_persons_own_words() -> None:
    found = answered("graveyard\n1 zorb, is ~ with a scarf", closed=False)
    assert (found.background, found.regions[0].prompt) == ("graveyard", "a zorb with a scarf")


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(BadInput, match="nothing"):
        answered("plain")


def test_without_weights_the_rules_plan_and_the_plan_says_so(settings: Settings) -> None:
    without = settings.model_copy(update={"experts": (settings.home,)})
    made = chain.choose_planner("psa", without).plan(Brief(prompt="a fox"), backbone(), vocabulary(), STYLES)
    assert made.planner == "rules"
    assert any("psa" in note and "rules" in note for note in made.notes)
    with pytest.raises(BrokenAsset):
        Writer(None).load()


def test_auto_plans_and_edits_with_the_small_model_where_it_is_at_hand(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert chain.choose_planner("auto", settings).name == "rules"
    settings = settings.model_copy(update={"planner": "auto"})
    monkeypatch.setattr(chain, "at_hand", lambda settings: True)
    monkeypatch.setattr(editing, "at_hand", lambda settings: True)
    planner = chain.choose_planner("auto", settings)
    assert isinstance(planner, chain.Chain) and [p.name for p in planner._planners] == ["psa", "rules"]
    assert isinstance(editing.choose_editor(settings), PsaEditor)


def edit(answer: str, instruction: str, three_things: ScenePlan) -> Any:
    return PsaEditor(Says(answer)).read(instruction, three_things, vocabulary(), STYLES).edits


def test_operations_become_typed_edits(three_things: ScenePlan) -> None:
    said = "remove dog 1\nrestyle fox 1 neon\nrecolor castle 1 blue\nmove fox 1 to top left\nadd 2 owl left of castle 1"
    found = edit(said, "do all that", three_things)
    assert found[:3] == (
        Remove(region="dog"),
        Restyle(region="fox", style="neon"),
        Recolor(region="castle", color="blue"),
    )
    assert found[3] == Move(region="fox", spot="top left")
    assert [e.noun for e in found[4:] if isinstance(e, Add)] == ["owl", "owl"]


def test_operations_on_a_thing_that_an_earlier_one_replaced_are_about_what_came_for_it(three_things: ScenePlan) -> None:
    found = edit(
        "replace fox 1 cat\nrecolor fox 1 blue\nswap fox 1 castle 1",
        "the fox a blue cat, where the castle is",
        three_things,
    )
    after = apply(three_things, found, vocabulary())
    assert [(r.id, r.color) for r in after.regions] == [("cat", "blue"), ("dog", None), ("castle", None)]
    assert after.region("cat").box.cx > after.region("dog").box.cx > after.region("castle").box.cx


def test_what_is_unclear_or_cannot_be_drawn_comes_back_as_a_question(three_things: ScenePlan) -> None:
    fox, dog, castle = three_things.regions
    two_dogs = three_things.with_regions([fox.model_copy(update={"noun": "dog"}), dog, castle])
    assert edit("which dog", "remove the dog", two_dogs) == Question(
        text="Which dog?", choices=("the left dog", "the right dog")
    )
    assert "zorb" in edit("replace fox 1 zorb", "a zorb there", three_things).text
    assert "no owl" in edit("remove fox 1", "remove the owl", three_things).text  # and not the nearest other thing
    assert edit("nothing", "thanks", three_things) == ()


def test_the_rules_read_an_edit_that_the_model_cannot(three_things: ScenePlan) -> None:
    understood = PsaEditor(Says("remove dog 9")).read("remove the dog", three_things, vocabulary(), STYLES)
    assert understood.edits == (Remove(region="dog"),)
    assert "rules" in understood.notes[0]
    assert RuleEditor().read("remove the dog", three_things, vocabulary(), STYLES).edits == understood.edits


def test_edits_have_an_adapter_of_their_own_where_there_is_one(tmp_path: Path) -> None:
    for name in (ADAPTER, CONFIG):
        (tmp_path / name).touch()
    assert for_edits(None) is None and for_edits(tmp_path) == tmp_path
    (tmp_path / "edits").mkdir()
    (tmp_path / "edits" / ADAPTER).touch()
    assert for_edits(tmp_path) == tmp_path, "half of one is none"
    (tmp_path / "edits" / CONFIG).touch()
    assert for_edits(tmp_path) == tmp_path / "edits"
