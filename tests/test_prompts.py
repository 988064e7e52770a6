from pathlib import Path

import pytest

from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.prompts import Prompt, load_prompt
from mepg_agent.settings import asset_root

HEAD = "<!-- variables: thing, price -->\n"
FOLDER = asset_root() / "prompts"


def test_variables_are_put_in_and_the_declaration_is_left_out():
    assert Prompt("p", HEAD + "A ${thing} for $$${price}.").fill(thing="fox", price="3") == "A fox for $3."


def test_a_value_is_never_expanded_again():
    assert Prompt("p", HEAD + "${thing} ${price}").fill(thing="${price}", price="$x") == "${price} $x"


@pytest.mark.parametrize("values", [{"thing": "fox"}, {"thing": "fox", "price": "3", "color": "red"}])
def test_a_missing_or_an_unknown_value_is_named(values: dict[str, str]):
    odd = "price" if len(values) == 1 else "color"
    with pytest.raises(BadInput, match=odd):
        Prompt("p", HEAD + "${thing} ${price}").fill(**values)


@pytest.mark.parametrize(
    ("text", "odd"),
    [
        ("no declaration ${thing}", "declare"),
        (HEAD + "${thing}", "price"),
        (HEAD + "${thing} ${price} ${color}", "color"),
        (HEAD + "${thing} ${price} $ 3", "dollar"),
    ],
)
def test_a_template_that_does_not_match_its_declaration_is_refused(text: str, odd: str):
    with pytest.raises(BrokenAsset, match=odd):
        Prompt("p", text)


def test_a_missing_template_is_a_broken_installation(tmp_path: Path):
    with pytest.raises(BrokenAsset, match="nowhere"):
        load_prompt(tmp_path, "nowhere")


@pytest.mark.parametrize("name", ["plan", "critique", "revise", "verify", "edit"])
def test_every_template_that_comes_with_the_package_can_be_filled(name: str):
    prompt = load_prompt(FOLDER, name)
    text = prompt.fill(**{variable: f"<{variable}>" for variable in prompt.variables})
    assert all(f"<{variable}>" in text for variable in prompt.variables)
