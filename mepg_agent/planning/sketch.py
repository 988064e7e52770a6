"""What a chat model is asked for: a small plan of plain values, read strictly, then made into a scene.

A model may have been talked into anything, so its answer is material, not a plan: region ids are made anew, a phrase is
a few words or nothing, a style or a detail counts only where the person said it, and a closed vocabulary has the last
word. What is left out becomes a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pydantic import ConfigDict, model_validator
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from mepg_agent.english import noun_phrase
from mepg_agent.errors import BadInput
from mepg_agent.planning.finish import finished
from mepg_agent.planning.lexer import lexicon
from mepg_agent.planning.rules import unknown_thing
from mepg_agent.planning.wording import phrase
from mepg_agent.portfolio import Backbone, Vocabulary
from mepg_agent.records import Brief
from mepg_agent.scene import MAX_REGIONS, Box, Frozen, Region, Relation, RelationKind, ScenePlan, free_id

LEAST = 0.01  # width and height of a wished box; the solver makes it as large as the backbone needs
SHOWN = 0.5  # share of a wished box that lies on the canvas; of less, the model meant something else than fractions
WORDS, DETAIL_WORDS = 5, 12  # of a noun, a colour, a style, a place; of a detail
LETTERS = 60  # of a phrase; twice that of a detail
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


class _Wire(Frozen):
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class SketchBox(_Wire):
    """Fractions of the canvas, top left corner first."""

    x: float
    y: float
    width: float
    height: float

    @model_validator(mode="after")
    def _on_the_canvas(self) -> Self:
        if self.width < LEAST or self.height < LEAST:
            raise ValueError(f"width and height must be at least {LEAST}")
        left, top, right, bottom = self._corners()
        if max(right - left, 0) * max(bottom - top, 0) < SHOWN * self.width * self.height:
            raise ValueError("the box lies outside the canvas: its four numbers are fractions of it, from 0 to 1")
        return self

    def _corners(self) -> tuple[float, float, float, float]:
        return max(self.x, 0.0), max(self.y, 0.0), min(self.x + self.width, 1.0), min(self.y + self.height, 1.0)

    @property
    def reaches_out(self) -> bool:
        wished = (self.x, self.y, self.x + self.width, self.y + self.height)
        return any(abs(a - b) > LEAST for a, b in zip(self._corners(), wished, strict=True))

    def cut(self) -> Box:
        return Box.from_corners(*self._corners())


class SketchThing(_Wire):
    id: str  # for the relations of the same answer only
    noun: str
    color: str | None = None
    detail: str | None = None
    style: str | None = None
    box: SketchBox


class SketchRelation(_Wire):
    subject: str
    kind: RelationKind
    object: str


class Sketch(_Wire):
    """The layout of a picture."""

    background: str | None = None
    time: str | None = None
    style: str | None = None
    objects: tuple[SketchThing, ...]
    relations: tuple[SketchRelation, ...] = ()
    left_out: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _ids_agree(self) -> Self:
        ids = {thing.id for thing in self.objects}
        if len(ids) < len(self.objects):
            raise ValueError("two objects have the same id")
        if any(end not in ids for r in self.relations for end in (r.subject, r.object)):
            raise ValueError("a relation names an id that no object has")
        return self


FIELDS = frozenset(name for model in (Sketch, SketchThing, SketchRelation, SketchBox) for name in model.model_fields)


class _Bare(GenerateJsonSchema):
    """Without defaults: servers that constrain their models refuse the keyword."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def sketch_schema() -> dict[str, Any]:
    """JSON schema in which every key is required and none may be added, as constrained decoding wants it."""
    return Sketch.model_json_schema(schema_generator=_Bare, mode="serialization")


def read_sketch(text: str) -> Sketch:
    """Raises pydantic's ValidationError unless the whole text is one JSON object of the schema, numbers as numbers."""
    return Sketch.model_validate_json(text, strict=True)


def to_scene(
    sketch: Sketch,
    brief: Brief,
    backbone: Backbone,
    vocabulary: Vocabulary | None,
    styles: tuple[str, ...],
    planner: str,
) -> ScenePlan:
    """The scene of a sketch, as `Planner.plan` wants it. Raises BadInput if nothing of it can be drawn."""
    ear = _Ear(frozenset(_pieces(brief.prompt)), vocabulary, styles)
    place = ear.place(sketch.background)
    regions = _regions(sketch, ear)
    if not regions and place is None:
        raise BadInput("Nothing in the plan can be drawn.", "Name a thing or a place that the backbone knows.")
    time = ear.time(sketch.time)
    left_out = [words for said in sketch.left_out if (words := ear.own(said))]
    draft = ScenePlan(
        prompt=brief.prompt,
        global_prompt="scene",
        background=place or _natural(regions.values(), vocabulary),
        time=None if time == "day" else time,
        style=ear.style(sketch.style, "the picture"),
        extent=brief.extent or backbone.defaults.extent_of(len(regions)),
        regions=tuple(regions.values()),
        relations=tuple(_relations(sketch, regions, ear)),
        planner=planner,
        undrawn=tuple(dict.fromkeys((*ear.unknown, *left_out))),
    )
    ear.notes += [f"Left out of the picture: {words}." for words in left_out]
    return finished(draft, vocabulary, backbone, dict.fromkeys(ear.notes), place is not None)


def _natural(regions: Iterable[Region], vocabulary: Vocabulary | None) -> str:
    return vocabulary.natural_place(r.noun for r in regions) if vocabulary else "plain"


def _regions(sketch: Sketch, ear: _Ear) -> dict[str, Region]:
    """Regions by the ids of the sketch, in its order; at most MAX_REGIONS."""
    regions: dict[str, Region] = {}
    for number, thing in enumerate(sketch.objects):
        if len(regions) == MAX_REGIONS:
            ear.notes.append(f"One picture holds {MAX_REGIONS} things: left out {len(sketch.objects) - number} more.")
            break
        noun = ear.noun(thing.noun)
        if noun is not None:
            region_id = free_id(noun, (r.id for r in regions.values()))
            regions[thing.id] = _region(region_id, noun, thing, ear)
    return regions


def _region(region_id: str, noun: str, thing: SketchThing, ear: _Ear) -> Region:
    if thing.box.reaches_out:
        ear.notes.append(f"{region_id}: its box reached outside the canvas and was cut there.")
    color = ear.color(thing.color, region_id)
    detail = ear.detail(thing.detail, region_id)
    return Region(
        id=region_id,
        box=thing.box.cut(),
        prompt=phrase(noun, color, detail) if detail else noun_phrase(noun, color),
        noun=noun,
        color=color,
        style=ear.style(thing.style, region_id),
    )


def _relations(sketch: Sketch, regions: Mapping[str, Region], ear: _Ear) -> Iterator[Relation]:
    for said in dict.fromkeys(sketch.relations):
        subject, other = regions.get(said.subject), regions.get(said.object)
        if subject is not None and other is not None and subject is not other:
            yield Relation(subject=subject.id, kind=said.kind, object=other.id)
        elif subject is not other:
            known = subject or other
            at = known.id if known else "the picture"
            ear.notes.append(f"Left out '{said.kind}' at {at}: what it relates to cannot be drawn.")


@dataclass
class _Ear:
    """What the person said and what the backbone knows; a note on everything that is neither."""

    said: frozenset[str]
    vocabulary: Vocabulary | None
    styles: tuple[str, ...]
    notes: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)  # things the person named that the backbone has no word for

    def noun(self, text: str) -> str | None:
        words = _cut(text)
        if words is None:
            self.notes.append("Left out a thing whose name is not a noun.")
        elif self.vocabulary is not None and words.lower() not in self.vocabulary.noun_forms:
            if self._named(words):
                self.unknown.append(words.lower())
            self.notes.append(unknown_thing(words.lower(), lexicon(self.vocabulary, self.styles)))
        else:
            return self.vocabulary.noun_forms[words.lower()] if self.vocabulary else words
        return None

    def color(self, text: str | None, who: str) -> str | None:
        known = None
        if self.vocabulary is not None:
            known = {**{c: c for c in self.vocabulary.colors}, **self.vocabulary.color_aliases}
        return self._known(text, known, f"{who}: left out its colour, which this backbone does not know.")

    def place(self, text: str | None) -> str | None:
        known = self.vocabulary.place_forms if self.vocabulary else None
        return self._known(text, known, "The background asked for is not among the places this backbone can draw.")

    def time(self, text: str | None) -> str | None:
        known = self.vocabulary.time_forms if self.vocabulary else None
        return self._known(text, known, "The time asked for is not among those this backbone can draw.")

    def style(self, text: str | None, who: str) -> str | None:
        """A known style, or the person's own words for one."""
        if text is None:
            return None
        known = next((s for s in self.styles if _pieces(s) == _pieces(text)), None)
        style = known or self.own(text)
        if style is None:
            self.notes.append(f"{who}: left out a style that nobody asked for.")
        return style

    def detail(self, text: str | None, who: str) -> str | None:
        """The person's own words; a tilde in front says that they follow the noun."""
        if text is None:
            return None
        words = self.own(text, DETAIL_WORDS)
        if words is None:
            self.notes.append(f"{who}: left out a detail that nobody asked for.")
        elif self.vocabulary is not None:
            self.notes.append(f"{who}: left out '{words}', for which this backbone has no words.")
        else:
            return f"~ {words}" if text.lstrip().startswith("~") else words
        return None

    def own(self, text: str, most: int = WORDS) -> str | None:
        """The phrase, if the person said every word of it."""
        words = _cut(text, most)
        return words if words is not None and self.said.issuperset(_pieces(words)) else None

    def _named(self, noun: str) -> bool:
        """Whether the person said it, of one or of several."""
        return all(any(word.startswith(piece) for word in self.said) for piece in _pieces(noun))

    def _known(self, text: str | None, known: Mapping[str, str] | None, otherwise: str) -> str | None:
        words = _cut(text) if text is not None else None
        found = words if words is None or known is None else known.get(words.lower())
        if text is not None and found is None:
            self.notes.append(otherwise)
        return found


def _cut(text: str, most: int = WORDS) -> str | None:
    """The phrase with nothing but its words left; None if it has none, or too many to be such a phrase."""
    words = WORD.findall(text)
    cut = " ".join(words)
    return cut if words and len(words) <= most and len(cut) <= LETTERS * (1 + (most > WORDS)) else None


def _pieces(text: str) -> list[str]:
    """Words as they are compared: small letters, hyphens apart."""
    return re.findall(r"[^\W_]+", text.casefold())
