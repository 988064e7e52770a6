"""The eyes of a chat model with vision, behind any provider of LangChain."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

from PIL import Image
from pydantic import Field

from mepg_agent.chat_model import ChatModel, Talk
from mepg_agent.errors import BadInput
from mepg_agent.scene import Fraction, Frozen
from mepg_agent.verify.asking import Reply, instructions

SIDE = 336  # pixels; smaller pictures are enlarged: models see little in a few pixels
FIELDS = frozenset({"seen", "answers", "yes", "sure"})


class Answer(Frozen):
    yes: bool
    sure: Fraction


class Answers(Frozen):
    """What the model sees, in a few words, then its answers in the order of the questions."""

    seen: Annotated[str, Field(max_length=300)]
    answers: tuple[Answer, ...]


class ChatEyes:
    """Asks a chat model for one small JSON object a picture, checks it strictly, has a refused one corrected twice."""

    def __init__(self, model: str, prompts: Path, url: str | None = None, timeout: float = 60.0) -> None:
        """`model` is "PROVIDER:MODEL"; see `ChatModel`. Raises BadInput for a name without both parts."""
        self._model = ChatModel(model, url, timeout, "look at the picture", "the family's own verifier")
        self.name = self._model.name
        self._prompts = prompts

    def ask(self, image: Image.Image, part: str, questions: Sequence[str]) -> list[Reply]:
        """See `Eyes.ask`."""
        schema = _schema(len(questions))
        shown = {"type": "image", "base64": base64.b64encode(_png(image)).decode(), "mime_type": "image/png"}
        words = {"type": "text", "text": instructions(self._prompts, part, questions, schema)}
        talk: Talk = [("human", [words, shown])]

        def read(text: str) -> list[Reply]:
            found = Answers.model_validate_json(text, strict=True)
            if len(found.answers) != len(questions):
                counted = f"{len(questions)} questions were asked, {len(found.answers)} are answered"
                raise BadInput(counted, "Answer each of them.")
            return [_reply(found.seen, answer) for answer in found.answers]

        return self._model.agreed(talk, schema, read, FIELDS)


def _reply(seen: str, answer: Answer) -> Reply:
    yes = answer.sure if answer.yes else 1 - answer.sure
    plain = "".join(c for c in seen if c.isprintable())
    return Reply(yes, f"{'yes' if answer.yes else 'no'}, {answer.sure:.2f} sure; sees: {plain}")


def _schema(count: int) -> dict[str, Any]:
    """JSON schema in which every key is required and none may be added, as constrained decoding wants it."""
    answer = {
        "type": "object",
        "properties": {"yes": {"type": "boolean"}, "sure": {"type": "number", "description": "0 to 1"}},
        "required": ["yes", "sure"],
        "additionalProperties": False,
    }
    seen = {"type": "string", "description": "what is there, in a few words"}
    answers = {"type": "array", "items": answer, "description": f"{count} of them"}
    return {
        "type": "object",
        "properties": {"seen": seen, "answers": answers},
        "required": ["seen", "answers"],
        "additionalProperties": False,
    }


def _png(image: Image.Image) -> bytes:
    scale = SIDE / min(image.size)
    if scale > 1:
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
