"""The eyes of an image-text-to-text model on this machine.

Its answer is a form: the text around the answers is given, and each answer is whichever of "true" and "false" the model
finds likelier there, with its probability. So an answer always parses, whatever the model is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from mepg_agent.loading import readable
from mepg_agent.verify.asking import Reply, instructions

ADVICE = "Name a folder or hub id of one, as vlm:HuggingFaceTB/SmolVLM-256M-Instruct."
YES, NO = "true", "false"
Tokens = list[int]


class LocalEyes:
    """Any folder (or hub id) that holds a transformers image-text-to-text model with its processor."""

    def __init__(self, source: Path | str, prompts: Path, device: str = "cpu") -> None:
        """Loads it, .safetensors only. Raises BrokenAsset for a folder that does not hold such a model."""
        self.name = f"vlm:{source}"
        self._prompts, self._device = prompts, device
        self._model, self._processor = _load(source, device)

    def ask(self, image: Image.Image, part: str, questions: Sequence[str]) -> list[Reply]:
        """See `Eyes.ask`. The same picture and questions give the same replies."""
        import torch

        words = instructions(self._prompts, part, questions, _schema(len(questions)))
        content = [{"type": "image", "image": image}, {"type": "text", "text": words}]
        inputs = self._processor.apply_chat_template(
            [{"role": "user", "content": content}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        ).to(self._device, self._model.dtype)
        start = inputs["input_ids"].shape[1]
        form = Form(self._processor.tokenizer, len(questions))
        with torch.inference_mode():
            out = self._model.generate(
                **inputs,
                do_sample=False,
                num_beams=1,
                max_new_tokens=form.longest,
                prefix_allowed_tokens_fn=lambda _, ids: form.allowed(ids[start:].tolist()),
                output_scores=True,
                return_dict_in_generate=True,
            )
        tokens = out.sequences[0, start:].tolist()
        chances = [
            float(scores[0].float().softmax(-1)[token]) for scores, token in zip(out.scores, tokens, strict=False)
        ]
        return [_reply(*answer) for answer in form.read(tokens, chances)]


class Form:
    """`{"answers": [_, _]}` as tokens, with a blank for each answer."""

    def __init__(self, tokenizer: Any, blanks: int) -> None:
        def tokens(text: str) -> Tokens:
            return tokenizer.encode(text, add_special_tokens=False)

        answer = [tokens(YES), tokens(NO)]
        self._parts: list[list[Tokens]] = [[tokens('{"answers": [')]]
        for blank in range(blanks):
            self._parts += [answer, [tokens(", " if blank < blanks - 1 else "]}")]]
        self._end = tokenizer.eos_token_id
        self.longest = sum(max(map(len, part)) for part in self._parts)

    def allowed(self, done: Tokens) -> Tokens:
        """What may come after `done`."""
        for part in self._parts:
            ways = [way for way in part if way[: len(done)] == done[: len(way)]]
            whole = [way for way in ways if len(way) <= len(done)]
            if not whole:
                return sorted({way[len(done)] for way in ways})
            done = done[len(whole[0]) :]
        return [self._end]

    def read(self, tokens: Tokens, chances: Sequence[float]) -> list[tuple[bool, float]]:
        """Each blank's answer and its probability, from the tokens of a filled form and each token's probability."""
        found, at = [], 0
        for part in self._parts:
            way = next(way for way in part if tokens[at : at + len(way)] == way)
            if len(part) > 1:
                chance = 1.0
                for one in chances[at : at + len(way)]:
                    chance *= one
                found.append((way is part[0], chance))
            at += len(way)
        return found


def _reply(yes: bool, chance: float) -> Reply:
    return Reply(chance if yes else 1 - chance, f"{'yes' if yes else 'no'}, {chance:.2f} sure")


def _schema(count: int) -> dict[str, Any]:
    answers = {"type": "array", "items": {"type": "boolean"}, "description": f"{count} of them"}
    return {"type": "object", "properties": {"answers": answers}}


def _load(source: Path | str, device: str) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForImageTextToText, AutoProcessor
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # it would run through the caller's own progress
    with readable(source, "image-text-to-text model", ADVICE):
        processor: Any = AutoProcessor.from_pretrained(source)
        if getattr(processor, "chat_template", None) is None or not hasattr(processor, "tokenizer"):
            raise ValueError("its processor has no chat template")
        dtype = torch.float32 if device == "cpu" else "auto"
        model: Any = AutoModelForImageTextToText.from_pretrained(source, use_safetensors=True, dtype=dtype)
        return model.to(device).eval(), processor
