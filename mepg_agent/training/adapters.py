"""Adapters that training goes on from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file

from mepg_agent.errors import BadInput


def load_adapter(model: Any, file: Path, name: str = "default", prefix: str = "") -> None:
    """Give the adapter `name` of the model the trained weights of `file`, whose names there begin with `prefix`.

    Raises BadInput where they are not all of its own.
    """
    try:
        state = {key.removeprefix(prefix): value for key, value in load_file(file).items()}
    except (OSError, SafetensorError) as error:
        raise BadInput(
            f"{file.parent} has no adapter to go on from: {error}.", "Name a folder like experts/psa."
        ) from error
    own = get_peft_model_state_dict(model, adapter_name=name)
    if {k: v.shape for k, v in own.items()} != {k: v.shape for k, v in state.items()}:
        raise BadInput(
            f"The adapter in {file.parent} has other layers, not of this configuration's shape.",
            "Compare rank and modules.",
        )
    set_peft_model_state_dict(model, state, adapter_name=name)
