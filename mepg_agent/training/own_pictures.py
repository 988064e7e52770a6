"""A person's own pictures to train a style on: found, checked before any work is done, cut to the canvas."""

from __future__ import annotations

import hashlib
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from mepg_agent.errors import BadInput
from mepg_agent.scene import MAX_PROMPT, Extent

ENDINGS = {".png", ".jpg", ".jpeg", ".webp"}
FORMATS = ("PNG", "JPEG", "WEBP")
# What Pillow stumbles over in damaged files, and in what cameras say beside the picture.
BROKEN = (
    *(OSError, SyntaxError, ValueError, AttributeError, LookupError, TypeError),
    *(struct.error, Image.DecompressionBombError),
)
FEWEST = 4  # pictures: fewer are copied, not learned from
SMALLEST = 64  # pixels of a picture's shorter side
VIEWS = 4  # of each picture: the whole, then cuts of it
NARROWEST = 0.7  # side of a cut, of the largest that fits


@dataclass(frozen=True)
class Example:
    """A picture, and what stands in the .txt file of its name beside it."""

    file: Path
    caption: str  # empty where there is none
    sha256: str


def find(folder: Path) -> tuple[Example, ...]:
    """The PNG, JPEG and WebP pictures of a folder by name, each of them decoded once.

    Raises BadInput for no folder, too few pictures, one that cannot be read or is tiny, and a caption that is no text.
    """
    advice = "Name a folder of PNG, JPEG or WebP pictures with --images."
    try:
        if not folder.is_dir():
            raise BadInput(f"There is no folder {folder}.", advice)
        files = sorted(f for f in folder.iterdir() if f.suffix.lower() in ENDINGS and not f.name.startswith("."))
    except OSError as error:
        raise BadInput(f"{folder} cannot be read: {error.strerror}.", advice) from error
    if len(files) < FEWEST:
        few = f"{len(files)} picture{'' if len(files) == 1 else 's'}"
        raise BadInput(
            f"{folder} holds {few} in PNG, JPEG or WebP; a style needs {FEWEST} at least.", "Add pictures of the style."
        )
    return tuple(_example(file) for file in files)


def _example(file: Path) -> Example:
    size = opened(file).size
    if min(size) < SMALLEST:
        raise BadInput(
            f"{file} is {size[0]}×{size[1]} pixels; {SMALLEST} are the least for either side.", "Replace or remove it."
        )
    return Example(file, _caption(file.with_suffix(".txt")), hashlib.sha256(file.read_bytes()).hexdigest())


def opened(file: Path) -> Image.Image:
    """Upright, RGB, what is transparent on white. BadInput for a file that is no good picture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as image:
                solid = ImageOps.exif_transpose(image).convert("RGBA")
    except (*BROKEN, Image.DecompressionBombWarning) as error:
        raise BadInput(f"The picture {file} cannot be read: {error}.", "Replace or remove it.") from error
    return Image.alpha_composite(Image.new("RGBA", solid.size, "white"), solid).convert("RGB")


def _caption(file: Path) -> str:
    if not file.exists():
        return ""
    try:
        text = " ".join(file.read_text(encoding="utf-8").split())
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The caption {file} cannot be read: {error}.", "Write it as UTF-8 text.") from error
    if len(text) > MAX_PROMPT:
        raise BadInput(f"The caption {file} is longer than {MAX_PROMPT} characters.", "Say less of the picture.")
    return text


def views(example: Example, extent: Extent, seed: int) -> Iterator[Image.Image]:
    """VIEWS pictures of the canvas's size: the middle of the picture, then cuts of it. Same seed, same cuts."""
    image = opened(example.file)
    rng = np.random.default_rng([seed, int(example.sha256[:8], 16)])
    scale = min(image.width / extent.width, image.height / extent.height)
    for number in range(VIEWS):
        share, across, down = (1.0, 0.5, 0.5) if number == 0 else (rng.uniform(NARROWEST, 1), *rng.random(2))
        width, height = extent.width * scale * share, extent.height * scale * share
        left, top = across * max(image.width - width, 0), down * max(image.height - height, 0)
        box = (left, top, min(left + width, image.width), min(top + height, image.height))
        yield image.resize((extent.width, extent.height), Image.Resampling.LANCZOS, box=box)
