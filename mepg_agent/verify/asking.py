"""A verifier that asks: a model with eyes is shown one part of the picture at a time and answers questions about it.

A crop holds one thing, since such models count and place better the less there is to see; the whole picture is shown
for what only it can tell. All questions on one part go into one call.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from mepg_agent.english import article
from mepg_agent.prompts import load_prompt
from mepg_agent.records import Check, Finding, Verdict
from mepg_agent.scene import Region, ScenePlan
from mepg_agent.verify.base import Pixels
from mepg_agent.verify.crops import square_crop

THRESHOLD = 0.5  # an answer is a probability of "yes"
BESIDE = 0.15  # a region that covers less of another one than this has no business being seen there
REMEMBERED = 2000  # parts of pictures whose answers are kept: a repair leaves most of a picture as it was


@dataclass(frozen=True)
class Reply:
    yes: float  # probability, 0..1
    said: str  # in words for a person


class Eyes(Protocol):
    """A model that is shown a picture and asked about it."""

    name: str

    def ask(self, image: Image.Image, part: str, questions: Sequence[str]) -> list[Reply]:
        """One reply a question, in order. `part` says what is shown. Raises BrokenAsset if the model does not answer,
        Transient if it may another time."""
        ...


@dataclass(frozen=True)
class Question:
    region: str | None
    check: Check
    text: str
    wrong: bool = False  # whether "yes" is the bad answer


class AskingVerifier:
    """Asks `eyes` about every region's crop and about the whole picture."""

    def __init__(self, eyes: Eyes, styles: Mapping[str, str]) -> None:
        """`styles` maps every phrase that names a style to the words for it."""
        self._eyes, self._styles = eyes, dict(styles)
        self._known: dict[str, list[Reply]] = {}

    def verify(self, image: Pixels, plan: ScenePlan) -> Verdict:
        """PRESENT, COLOR, STYLE and LEAK of each region's crop; SCENE and each subject's POSITION of the whole."""
        findings: list[Finding] = []
        for region in plan.regions:
            crop = square_crop(image, region.box)
            findings += self._found(crop, "a part of a drawn picture", list(self._on(region, plan)))
        findings += self._found(Image.fromarray(image, "RGB"), "a drawn picture", list(_on_whole(plan)))
        return Verdict(findings=tuple(findings), verifier=self._eyes.name)

    def _found(self, image: Image.Image, part: str, questions: list[Question]) -> Iterator[Finding]:
        for question, reply in zip(questions, self._replies(image, part, questions), strict=True):
            score = 1 - reply.yes if question.wrong else reply.yes
            yield Finding(
                region=question.region,
                check=question.check,
                passed=score >= THRESHOLD,
                score=score,
                threshold=THRESHOLD,
                evidence=f"{question.text} {reply.said}",
                question=question.text,
                answer=reply.said,
            )

    def _replies(self, image: Image.Image, part: str, questions: list[Question]) -> list[Reply]:
        texts = [question.text for question in questions]
        key = hashlib.sha256(repr((image.size, texts)).encode() + image.tobytes()).hexdigest()
        if key not in self._known:
            while len(self._known) >= REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key] = self._eyes.ask(image, part, texts)
        return self._known[key]

    def _on(self, region: Region, plan: ScenePlan) -> Iterator[Question]:
        noun = region.noun
        yield Question(region.id, Check.PRESENT, f"Is there {article(noun)}, complete and recognisable?")
        if region.color is not None:
            yield Question(region.id, Check.COLOR, f"Is the {noun} {region.color}?")
        style = self._style_of(region, plan)
        if style is not None:
            yield Question(region.id, Check.STYLE, f"Is the {noun} drawn in this style: {style}?")
        beside = [r.noun for r in plan.regions if r.id != region.id and region.box.covered_by(r.box) < BESIDE]
        strange = [article(other) for other in dict.fromkeys(beside) if other != noun]
        if strange:
            yield Question(region.id, Check.LEAK, f"Is there {' or '.join(strange)}?", wrong=True)

    def _style_of(self, region: Region, plan: ScenePlan) -> str | None:
        named = region.expert or region.style or plan.style
        return self._styles.get(named.casefold(), named) if named else None


def _on_whole(plan: ScenePlan) -> Iterator[Question]:
    yield Question(None, Check.SCENE, f"Does it show everything that these words ask for: {json.dumps(plan.asked)}?")
    places: dict[str, list[str]] = defaultdict(list)
    for relation in plan.relations:
        places[relation.subject].append(f"{relation.kind} the {plan.region(relation.object).noun}")
    for subject, where in places.items():
        text = f"Is the {plan.region(subject).noun} {' and '.join(where)}?"
        yield Question(subject, Check.POSITION, text)


def instructions(prompts: Path, part: str, questions: Sequence[str], schema: Mapping[str, Any]) -> str:
    """prompts/verify.md, filled."""
    numbered = {str(number): text for number, text in enumerate(questions, 1)}
    words = json.dumps(numbered, ensure_ascii=False, indent=1)
    return load_prompt(prompts, "verify").fill(part=part, questions=words, schema=json.dumps(schema))
