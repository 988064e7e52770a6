"""Pictures and latents on disk under the hash of their content, and under the hash of a job how to draw it and what it
gave. Every file is written whole or not at all.

    home/pictures/3f/3f9a….png    home/latents/0c/0c11….safetensors    home/{jobs,renders}/<job hash>.json
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Annotated, TypeVar

import numpy as np
from PIL import Image, PngImagePlugin
from pydantic import Field, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from mepg_agent.engine.base import Latents, Picture, Pixels
from mepg_agent.errors import BrokenAsset
from mepg_agent.files import whole
from mepg_agent.records import Render, RenderJob
from mepg_agent.scene import Frozen, ScenePlan

F = TypeVar("F", bound=Frozen)
AGAIN = "Remove it and draw the picture again."  # what mends a record that the picture can do without


class Drawn(Frozen):
    """What one job gave: one render, or for a repair one a candidate."""

    renders: Annotated[tuple[Render, ...], Field(min_length=1)]
    region_seconds: dict[str, float] = Field(default_factory=dict)


class Recipe(Frozen):
    """All that it takes to draw a picture once more, byte for byte: the paths of adapters are left empty."""

    job: RenderJob
    plan: ScenePlan  # what the pictures say of themselves


class Pictures:
    """What was drawn, below one folder. Safe to share between threads and processes."""

    def __init__(self, home: Path) -> None:
        """Makes `home` where needed. Raises BrokenAsset if it cannot be written."""
        self.home = home
        with writing(home):
            for part in ("pictures", "latents", "jobs", "renders"):
                (home / part).mkdir(parents=True, exist_ok=True)

    def put_picture(self, image: Pixels, provenance: Mapping[str, str]) -> str:
        """Keeps `image` (height, width, 3) as a PNG whose text chunks hold `provenance`; returns its sha256."""
        return self.put_content("pictures", ".png", png(image, provenance))

    def picture(self, sha256: str) -> Pixels:
        """Raises BrokenAsset for a missing or altered file."""
        with Image.open(BytesIO(self.content("pictures", ".png", sha256)), formats=["PNG"]) as image:
            return np.asarray(image.convert("RGB"))

    def picture_path(self, sha256: str) -> Path:
        return self._path("pictures", ".png", sha256)

    def put_latents(self, latents: Latents) -> str:
        """Keeps latents (channels, height / 8, width / 8); returns the sha256 of the file."""
        return self.put_content("latents", ".safetensors", save_tensors({"latents": np.ascontiguousarray(latents)}))

    def latents(self, sha256: str) -> Latents:
        """Raises BrokenAsset for a missing or altered file."""
        try:
            return load_tensors(self.content("latents", ".safetensors", sha256))["latents"]
        except (SafetensorError, KeyError) as error:
            raise BrokenAsset(
                f"The latents {sha256[:12]} cannot be read: {error}.", "Draw the picture again."
            ) from error

    def keep(self, job: RenderJob, picture: Picture, plan: ScenePlan) -> Drawn:
        """Writes every candidate with its provenance, then the record of the job. They share the cost evenly."""
        recipe = self.add_recipe(Recipe(job=job.without_paths(), plan=plan))
        pairs = picture.candidates or ((picture.image, picture.latents),)
        renders = tuple(
            Render(
                picture=self.put_picture(image, provenance_of(recipe)),
                latents=self.put_latents(latents),
                job=job.hash(),
                seed=job.seed,
                seconds=picture.seconds / len(pairs),
                calls=picture.calls / len(pairs),
            )
            for image, latents in pairs
        )
        drawn = Drawn(renders=renders, region_seconds=picture.region_seconds)
        self.put_drawn(job.hash(), drawn)
        return drawn

    def add_recipe(self, recipe: Recipe) -> Recipe:
        """Keeps it unless the job has one that can be read, and returns the one that the job has. Another's may name
        another plan or licence, and every picture of the job says of itself what the one that is here says."""
        file = self._recipe_file(recipe.job.hash())
        with writing(self.home):
            touch(file)  # it is not collected meanwhile
            with suppress(BrokenAsset):
                if (found := read(file, Recipe)) is not None:
                    return found
            self._write(file, recipe.model_dump_json(indent=1).encode())
        return recipe

    def recipe(self, job: str) -> Recipe | None:
        """How the job of this hash is drawn; None where that is not known."""
        return read(self._recipe_file(job), Recipe)

    def _recipe_file(self, job: str) -> Path:
        return self.home / "jobs" / f"{job}.json"

    def put_drawn(self, job: str, drawn: Drawn) -> None:
        self._write(self.home / "renders" / f"{job}.json", drawn.model_dump_json(indent=1).encode())

    def drawn(self, job: str) -> Drawn | None:
        """What the job of this hash gave, if all of it is still here and as it was. Its files are young again: they are
        not collected before the session says that it has them."""
        file = self.home / "renders" / f"{job}.json"
        drawn = read(file, Drawn)
        if drawn is None:
            return None
        pictures = [("pictures", ".png", render.picture) for render in drawn.renders]
        parts = [*pictures, *(("latents", ".safetensors", render.latents) for render in drawn.renders)]
        for young in (file, self._recipe_file(job), *(self._path(*part) for part in parts)):
            touch(young)
        try:
            for part in parts:
                self.content(*part)
        except BrokenAsset:
            return None
        return drawn

    def _path(self, part: str, ending: str, sha256: str) -> Path:
        return self.home / part / sha256[:2] / f"{sha256}{ending}"

    def put_content(self, part: str, ending: str, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        self._write(self._path(part, ending, sha256), content)
        return sha256

    def content(self, part: str, ending: str, sha256: str) -> bytes:
        """Raises BrokenAsset for a missing or altered file."""
        return content_of(self._path(part, ending, sha256))

    def _write(self, file: Path, content: bytes) -> None:
        """All of it or nothing."""
        with writing(self.home):
            file.parent.mkdir(parents=True, exist_ok=True)
            with whole(file) as stream:
                stream.write(content)


def touch(file: Path) -> None:
    """Makes it young, by the clock that `collection` goes by, where it is there and may be touched."""
    now = time.time_ns()
    with suppress(OSError):
        os.utime(file, ns=(now, now))


def content_of(file: Path) -> bytes:
    """Of what is kept under the name of its hash. Raises BrokenAsset for a missing or altered file."""
    advice = "Draw the picture again; for a finished session, `mepg sessions reproduce` does that."
    try:
        content = file.read_bytes()
    except OSError as error:
        raise BrokenAsset(f"{file} cannot be read: {error.strerror}.", advice) from error
    if hashlib.sha256(content).hexdigest() != file.stem:
        raise BrokenAsset(f"{file} is not what was written there.", advice)
    return content


def png(image: Pixels, provenance: Mapping[str, str]) -> bytes:
    """A PNG file of `image` (height, width, 3) whose text chunks hold `provenance`."""
    chunks = PngImagePlugin.PngInfo()
    for key, value in provenance.items():
        chunks.add_itxt(key, value)
    buffer = BytesIO()
    Image.fromarray(image, "RGB").save(buffer, "PNG", pnginfo=chunks)
    return buffer.getvalue()


def provenance_of(recipe: Recipe) -> dict[str, str]:
    """What a picture says of itself, see `provenance.read_provenance`."""
    experts = {a.id: {"sha256": a.sha256, "licence": a.licence} for a in recipe.job.adapters}
    return {
        "mepg:plan": recipe.plan.model_dump_json(),
        "mepg:job": recipe.job.hash(),
        "mepg:experts": json.dumps(experts),
    }


@contextmanager
def writing(home: Path) -> Iterator[None]:
    """What the disk refuses, as BrokenAsset in a sentence."""
    try:
        yield
    except OSError as error:
        advice = "Free some space there, or set MEPG_HOME to a folder that can be written."
        raise BrokenAsset(f"Pictures cannot be kept in {home}: {error.strerror or error}.", advice) from error


def parse(file: Path, advice: str = AGAIN) -> dict | None:
    """None where there is no such file, also when it goes at this moment. Raises BrokenAsset with `advice`."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise ValueError("it holds no record")
        return data
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise BrokenAsset(f"{file} cannot be read: {error}.", advice) from error


def validate(file: Path, model: type[F], data: dict, advice: str = AGAIN) -> F:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        said = f"{file} does not hold a {model.__name__.lower()}: it was written by another version."
        raise BrokenAsset(said, advice) from error


def read(file: Path, model: type[F], advice: str = AGAIN) -> F | None:
    data = parse(file, advice)
    return None if data is None else validate(file, model, data, advice)
