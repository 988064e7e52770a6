"""Manifests: what is wrong with one is told in a sentence when it is read, not while a picture is drawn."""

from __future__ import annotations

from pathlib import Path

import pytest
from experts_fixtures import FAMILY

from mepg_agent.errors import BrokenAsset
from mepg_agent.portfolio import Found, read_backbone, read_expert, weights_file

EXPERT = """
id = "woodcut"
title = "Woodcut"
base = "tiny"
description = "Bold black lines."
licence = "MIT"
sha256 = "{}"
""".format("0" * 64)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"triggers = {'[' * 5000}{']' * 5000}", "cannot be read"),
        (f"scale = {'9' * 5000}", "cannot be read"),
        ("scale = ???", "cannot be read"),
        ("start = 0.7\nend = 0.3", "starts at 0.7 and ends at 0.3"),
        ("start = 1.0", "starts at 1.0 and ends at 1.0"),
    ],
    ids=["nested", "digits", "syntax", "backwards", "never"],
)
def test_an_experts_manifest_that_is_none_is_one_sentence(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "expert.toml"
    file.write_text(EXPERT)
    assert read_expert(file).id == "woodcut"
    file.write_text(EXPERT + line)
    with pytest.raises(BrokenAsset, match=said):
        read_expert(file)


def test_weights_of_a_name_that_no_file_has_are_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "expert.toml").write_text(EXPERT + 'file = "a\\u0000b"')
    with pytest.raises(BrokenAsset, match="Mend the file in"):
        weights_file(Found(folder=tmp_path, item=read_expert(tmp_path / "expert.toml")))


@pytest.mark.parametrize("more", ["{x}", "{}", "{style.x}", "{style[x]}", "{", "{prompt!x}", "{prompt:d}"])
def test_a_style_prompt_that_could_not_be_filled_is_told_when_it_is_read(tmp_path: Path, more: str) -> None:
    file = tmp_path / "backbone.toml"
    for ending in ("", more):
        style_prompt = f'style_prompt = "{{style}} {{prompt}} {ending}"\n'
        file.write_text(style_prompt + FAMILY.format(pipeline='"pipeline"'))
        if not ending:
            assert read_backbone(file).id == "tiny"
    with pytest.raises(BrokenAsset, match="no braces but"):
        read_backbone(file)
