"""Pictures that a bench keeps, and what they say of themselves: those that are there are judged without being drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from mepg_agent.engine.base import Pixels
from mepg_agent.files import whole
from mepg_agent.pictures import png


def kept(file: Path) -> tuple[Pixels, dict[str, str]] | None:
    """The picture and its words; None where there is no file."""
    if not file.exists():
        return None
    with Image.open(file, formats=["PNG"]) as image:
        return np.asarray(image), {str(name): str(value) for name, value in image.info.items()}


def keep(file: Path, image: Pixels, **said: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with whole(file) as stream:
        stream.write(png(image, said))
