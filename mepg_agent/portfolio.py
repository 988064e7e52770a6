"""Backbones and experts as data: strict TOML manifests in folders, found under the asset roots.

`experts/<backbone>/backbone.toml` describes a family, `experts/<backbone>/<expert>/expert.toml` an expert of it.
Adding one is dropping a folder; nothing here names any of them.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import Field, ValidationError, model_validator

from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.mistakes import first_mistake
from mepg_agent.scene import Extent, Fraction, Frozen

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Stands = Literal["ground", "sky", "water"]
FLOATS = 0.95  # a horizon as low as this is no ground: the sky and space have nothing to stand on
SafeId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


class Noun(Frozen):
    icon: str
    group: str
    stands: Stands
    size: Annotated[float, Field(gt=0, le=1)]  # usual height, fraction of the canvas
    plural: str
    aliases: tuple[str, ...] = ()


class Place(Frozen):
    ground: Fraction  # height of the horizon, from the top
    swim: bool = False  # things of the water are in it, at any height, not on it
    aliases: tuple[str, ...] = ()


class Vocabulary(Frozen):
    """The words a closed-vocabulary backbone knows. An open backbone has none."""

    looks: tuple[str, ...]
    colors: tuple[str, ...]
    color_aliases: dict[str, str]
    places: dict[str, Place]
    times: dict[str, tuple[str, ...]]
    nouns: dict[str, Noun]
    natural: dict[Stands, str] = Field(default_factory=dict)  # where a thing is when no place is named

    @model_validator(mode="after")
    def _natural_places_exist(self) -> Self:
        if missing := sorted(set(self.natural.values()) - set(self.places)):
            raise ValueError(f"natural names places that are not listed: {', '.join(missing)}")
        return self

    def natural_place(self, nouns: Iterable[str]) -> str:
        """A place that suits most of the nouns; one thing on the ground is enough for solid ground."""
        kinds: list[Stands] = [self.nouns[noun].stands for noun in nouns]
        kind: Stands = "ground" if "ground" in kinds or not kinds else max(kinds, key=kinds.count)
        return self.natural.get(kind, "plain")

    @cached_property
    def noun_forms(self) -> dict[str, str]:
        """Every spelling of a noun (singular, plural, alias, plural alias) to the noun; earlier nouns win."""
        forms: dict[str, str] = {}
        for name, noun in self.nouns.items():
            for form in (name, noun.plural, *noun.aliases, *(f"{a}s" for a in noun.aliases)):
                forms.setdefault(form, name)
        return forms

    def noun_of(self, word: str) -> str:
        """The noun of a spelling in any case ("Fox" in a given plan); another word as it is, in lower case."""
        return self.noun_forms.get(word.lower(), word.lower())

    @cached_property
    def place_forms(self) -> dict[str, str]:
        return {form: name for name, place in self.places.items() for form in (name, *place.aliases)}

    @cached_property
    def time_forms(self) -> dict[str, str]:
        return {form: name for name, forms in self.times.items() for form in (name, *forms)}


CROWD = 3  # regions that want a larger canvas, where a family names one


class Defaults(Frozen):
    steps: Annotated[int, Field(ge=1, le=200)]
    guidance: Annotated[float, Field(ge=1, le=30)]
    scheduler: str = "default"
    negative: str = ""
    extent: Extent
    fade: Annotated[float, Field(ge=0, le=0.5)] = 0.0  # of an expert towards the borders of its box, see `RenderJob`
    crowded: Extent | None = None  # for CROWD regions or more, which would be small on the other

    def extent_of(self, regions: int) -> Extent:
        """The canvas of a scene with so many regions."""
        return self.crowded if self.crowded is not None and regions >= CROWD else self.extent


class Backbone(Frozen):
    """`backbone.toml`: one family of weights that share a latent space."""

    id: SafeId
    title: str
    description: str
    licence: str
    pipeline: str  # folder beside the manifest, or a hub id
    revision: str | None = None  # of the hub id
    sketches: str | None = None  # folder beside the manifest: draws what regions hold as sketches, for the denoiser
    verifier: str | None = None  # folder beside the manifest, or a hub id
    vocabulary: str | None = None  # file beside the manifest
    style_prompt: str = "{style} {prompt}"  # how a style word goes into a prompt
    default_style: str | None = None  # of things for which none is named, where the backbone would mix its looks
    # What is heard everywhere, beside the regions' own prompts: the whole scene in a sentence, or its place and time
    # alone, for a backbone that draws whatever is named wherever it is heard.
    shared_prompt: Literal["scene", "setting"] = "scene"
    latent_scale: int = 8  # pixels per latent position
    defaults: Defaults
    sha256: dict[str, Sha256] = Field(default_factory=dict)  # of every weights file, by path below the folder
    thresholds: dict[str, float] = Field(default_factory=dict)  # of the verifier, calibrated on renders

    @model_validator(mode="after")
    def _style_prompt_has_both(self) -> Self:
        if "{style}" not in self.style_prompt or "{prompt}" not in self.style_prompt:
            raise ValueError("style_prompt must contain {style} and {prompt}")
        try:
            self.style_prompt.format(style="style", prompt="prompt")
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise ValueError("style_prompt may contain no braces but {style} and {prompt}") from error
        return self

    def weights_hash(self) -> str:
        """Of the weights that draw: another verifier draws the same pictures."""
        draw = {path: value for path, value in self.sha256.items() if not path.startswith(f"{self.verifier}/")}
        lines = "\n".join(f"{path} {value}" for path, value in sorted(draw.items()))
        return hashlib.sha256(f"{self.pipeline}@{self.revision}\n{lines}".encode()).hexdigest()


class Expert(Frozen):
    """`expert.toml`: a style (or subject) adapter of one family."""

    id: SafeId
    title: str
    base: SafeId  # the backbone's id
    kind: Literal["adapter", "checkpoint"] = "adapter"
    file: str = "adapter.safetensors"
    description: str
    triggers: tuple[str, ...] = ()  # phrases that choose it; the first is written into the region's prompt
    scale: Annotated[float, Field(gt=0, le=2)] = 1.0
    start: Fraction = 0.0
    end: Fraction = 1.0
    # Until then sketches say what its things look like, where the backbone has sketches: they know shapes and icons'
    # looks, but not how a style paints.
    sketched: Fraction = 0.5
    licence: str
    sha256: Sha256

    @model_validator(mode="after")
    def _window(self) -> Self:
        if self.start >= self.end:
            raise ValueError(f"its work starts at {self.start} and ends at {self.end}")
        return self


T = TypeVar("T", bound=Frozen)


class Found(Frozen, Generic[T]):
    """A manifest together with the folder it was read from."""

    folder: Path
    item: T


def _read(file: Path, model: type[T]) -> T:
    try:
        return model.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise BrokenAsset(f"{file}: {first_mistake(error)}.", "Mend that line of the manifest.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise BrokenAsset(f"{file} cannot be read: {error}.", "Restore the file or remove its folder.") from error


def read_vocabulary(file: Path) -> Vocabulary:
    """Raises BrokenAsset when the file is missing or wrong."""
    return _read(file, Vocabulary)


def read_backbone(file: Path) -> Backbone:
    """Raises BrokenAsset when the file is missing or wrong."""
    return _read(file, Backbone)


def read_expert(file: Path) -> Expert:
    """Raises BrokenAsset when the file is missing or wrong."""
    return _read(file, Expert)


def expert_files(root: Path) -> list[Path]:
    """The experts' manifests below an asset root."""
    return sorted(root.glob("*/*/expert.toml"))


def place(found: Found[Backbone], name: str) -> Path | str:
    """Where a family keeps its pipeline or verifier: a folder beside the manifest, or a hub id ("owner/name")."""
    folder = found.folder / name
    if folder.is_dir() or "/" not in name:
        return folder
    return name


def check_weights(found: Found[Backbone], part: str) -> None:
    """Compare the files below `part` with the manifest's hashes. BrokenAsset for one that is missing or damaged."""
    for path, wanted in found.item.sha256.items():
        if not path.startswith(f"{part}/"):
            continue
        file = found.folder / path
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != wanted:
            state = "is damaged" if file.is_file() else "is missing"
            raise BrokenAsset(f"The weights file {file} {state}.", "Restore it: install the package again.")


def weights_file(found: Found[Expert]) -> Path:
    """Absolute path of an expert's weights. BrokenAsset for one that leads out of the expert's folder or nowhere."""
    try:
        file = (found.folder / found.item.file).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        said = f"The weights of '{found.item.id}' have a name that no file has: {error}."
        raise BrokenAsset(said, f"Mend the file in {found.folder / 'expert.toml'}.") from error
    if not file.is_relative_to(found.folder.resolve()):
        raise BrokenAsset(
            f"The weights of '{found.item.id}' lie outside its folder {found.folder}: {found.item.file}.",
            "Copy the file into the folder.",
        )
    return file


class Portfolio:
    """Everything found under the asset roots; a later root (the user's) may add, never silently replace."""

    def __init__(self, roots: tuple[Path, ...]) -> None:
        self.roots = roots
        self.backbones: dict[str, Found[Backbone]] = {}
        self.experts: dict[tuple[str, str], Found[Expert]] = {}
        for root in roots:
            self._scan(root)

    def _scan(self, root: Path) -> None:
        for file in sorted(root.glob("*/backbone.toml")):
            backbone = read_backbone(file)
            self.backbones.setdefault(backbone.id, Found(folder=file.parent, item=backbone))
        for file in expert_files(root):
            expert = read_expert(file)
            key = (expert.base, expert.id)
            if key in self.experts:
                first = self.experts[key].folder
                raise BrokenAsset(
                    f"Two folders hold the expert '{expert.id}': {first} and {file.parent}.", "Rename or remove one."
                )
            self.experts[key] = Found(folder=file.parent, item=expert)

    def backbone(self, backbone_id: str) -> Found[Backbone]:
        if backbone_id not in self.backbones:
            known = ", ".join(sorted(self.backbones)) or "none"
            raise BadInput(f"There is no backbone '{backbone_id}'.", f"Installed backbones: {known}.")
        return self.backbones[backbone_id]

    def vocabulary(self, backbone_id: str) -> Vocabulary | None:
        found = self.backbone(backbone_id)
        if found.item.vocabulary is None:
            return None
        return read_vocabulary(found.folder / found.item.vocabulary)

    def experts_of(self, backbone_id: str) -> dict[str, Found[Expert]]:
        return {expert: found for (base, expert), found in self.experts.items() if base == backbone_id}

    def expert(self, backbone_id: str, expert_id: str) -> Found[Expert]:
        experts = self.experts_of(backbone_id)
        if expert_id not in experts:
            known = ", ".join(sorted(experts)) or "none"
            raise BadInput(f"{backbone_id} has no expert '{expert_id}'.", f"Its experts: {known}.")
        return experts[expert_id]
