"""`mepg experts add|remove|check`: what is printed, and the exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine_fixtures import build_unet, save_adapter, save_pipeline
from experts_fixtures import install_family
from test_cli import mepg


@pytest.fixture
def lora(home: Path, tmp_path: Path) -> Path:
    install_family(home / "experts", str(save_pipeline(tmp_path / "family")))
    return Path(save_adapter(tmp_path, build_unet(), 1).path)


def test_an_added_expert_is_listed_checked_and_can_be_removed(home: Path, lora: Path) -> None:
    wishes = ("--id", "woodcut", "--trigger", "woodcut", "--trigger", "linocut", "--licence", "MIT", "--scale", "0.8")
    said = mepg("experts", "add", str(lora), "--base", "tiny", *wishes)
    assert (said.code, said.err) == (0, "")
    assert "woodcut, linocut" in said.out and str(home / "experts" / "tiny" / "woodcut") in said.out
    card = mepg("experts", "show", "tiny/woodcut", "--json").json
    assert (card["triggers"], card["licence"], card["scale"]) == (["woodcut", "linocut"], "MIT", 0.8)
    assert ("tiny/woodcut", None) in [(h["expert"], h["problem"]) for h in mepg("experts", "check", "--json").json]
    assert mepg("experts", "remove", "woodcut").code == 0
    assert "woodcut" not in [expert["id"] for expert in mepg("experts", "list", "--json").json]


def test_adding_answers_a_program_in_json(home: Path, lora: Path) -> None:
    added = mepg("experts", "add", str(lora), "--base", "tiny", "--json").json
    assert (added["id"], added["licence"]) == ("expert1", "unknown")
    assert Path(added["folder"]) == home / "experts" / "tiny" / "expert1"
    assert mepg("experts", "remove", "expert1", "--json").json == {"removed": added["folder"]}


def test_a_broken_expert_makes_the_check_fail_and_is_named(home: Path, lora: Path) -> None:
    folder = Path(mepg("experts", "add", str(lora), "--base", "tiny", "--json").json["folder"])
    assert mepg("experts", "check").code == 0
    (folder / "adapter.safetensors").write_bytes(b"something else")
    said = mepg("experts", "check")
    assert said.code == 1
    assert "broken" in said.out and "sha256 differs" in said.out
    assert mepg("experts", "check", "--json").code == 1
    manifest = folder / "expert.toml"
    for name in ("a\\u0000b", "a" * 300):
        manifest.write_text(f'{manifest.read_text().split("file =")[0]}file = "{name}"\n')
        healths = mepg("experts", "check", "--json").json
        assert [h["expert"] for h in healths if h["problem"]] == ["tiny/expert1"] and len(healths) > 1


@pytest.mark.parametrize(
    "arguments",
    [("add", "nowhere.safetensors"), ("add", "model.ckpt"), ("add", "{lora}", "--id", "../x"), ("remove", "nobody")],
    ids=" ".join,
)
def test_a_mistake_is_one_sentence_and_advice(lora: Path, arguments: tuple[str, ...]) -> None:
    base = ("--base", "tiny") if arguments[0] == "add" else ()
    said = mepg("experts", *(a.format(lora=lora) for a in arguments), *base)
    assert (said.code, said.out) == (2, "")
    assert "Traceback" not in said.err and len(said.err.strip().splitlines()) == 2
