"""Which device draws."""

from __future__ import annotations

from mepg_agent.errors import BadInput


def choose_device(name: str) -> str:
    """ "auto" becomes the best device at hand. Raises BadInput for a device that this machine lacks."""
    import torch

    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return next(device for device, here in present.items() if here)
    if not present.get(name, False):
        here = ", ".join(device for device, is_here in present.items() if is_here)
        raise BadInput(f"This machine has no device '{name}'.", f"Set MEPG_DEVICE to one of: {here}.")
    return name


def device_key(device: str) -> str:
    """A name that no other device of this machine has: two programs may each see another GPU as "cuda"."""
    if device != "cuda":
        return device
    import torch

    return f"cuda-{torch.cuda.get_device_properties(torch.cuda.current_device()).uuid}"
