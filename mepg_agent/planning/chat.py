"""The chat planner: a language model behind any provider of LangChain lays the scene out.

An OpenAI-compatible server of one's own (vLLM, llama.cpp, Ollama, …) is the provider `openai` at MEPG_CHAT_URL. The
provider's key comes from the environment, where its own library reads it; no message of this module repeats what a
provider said, since such texts may hold a part of the key.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mepg_agent.errors import BadInput, BrokenAsset, MepgError
from mepg_agent.planning.sketch import FIELDS, read_sketch, sketch_schema, to_scene
from mepg_agent.portfolio import Backbone, Vocabulary
from mepg_agent.prompts import load_prompt
from mepg_agent.records import Brief
from mepg_agent.scene import MAX_REGIONS, ScenePlan

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

ANSWERS = 3  # the first and two corrected ones
LONGEST = 20_000  # characters of an answer; a full plan takes about 5000
MAX_TOKENS = 8192  # asked of the model; some count their thoughts in
FAULTS = 5  # of an answer told to the model
AGAIN = "Your answer was refused: {fault}. Answer again with the whole JSON object and nothing else."
REFUSED_OPTIONS = (400, 422)  # HTTP: the server does not take a schema, a temperature or a length
STATUS = {
    401: "it refused the key",
    403: "it refused the key",
    404: "it knows no such model or address",
    429: "too much was asked of it, or the account is empty",
}
OPEN = "whatever the request names"

Talk = list[tuple[str, str]]  # (role, text)


class ChatPlanner:
    """Asks a chat model for a small JSON plan, checks it strictly, and has a refused one corrected at most twice."""

    def __init__(self, model: str, prompts: Path, url: str | None = None, timeout: float = 60.0) -> None:
        """`model` is "PROVIDER:MODEL" as LangChain names them; `url` another server than the provider's own; `timeout`
        in seconds, for one answer. Nothing is imported or asked before the first plan. Raises BadInput for a name
        without both parts."""
        self._provider, _, self._model_name = model.partition(":")
        if not self._provider or not self._model_name:
            raise BadInput(
                f"'{model}' does not name a chat model.",
                "Write chat:PROVIDER:MODEL, for example chat:openai:gpt-4o-mini.",
            )
        self.name = f"chat:{model}"
        self._prompts, self._url, self._timeout = prompts, url, timeout

    def plan(
        self, brief: Brief, backbone: Backbone, vocabulary: Vocabulary | None, styles: tuple[str, ...]
    ) -> ScenePlan:
        """See `Planner.plan`; the same brief gives the same plan as far as the model does. Raises BrokenAsset if the
        model cannot be had or does not answer with a plan that can be drawn."""
        request = json.dumps({"request": brief.prompt}, ensure_ascii=False)
        talk: Talk = [("system", self._rules(vocabulary, styles)), ("human", request)]
        fault = ""
        for _ in range(ANSWERS):
            answer = self._answer(talk)
            try:
                return to_scene(read_sketch(answer), brief, backbone, vocabulary, styles, self.name)
            except (ValidationError, BadInput) as error:
                fault = _fault(error)
            talk += [("ai", answer), ("human", AGAIN.format(fault=fault))]
        raise self._failed(f"none of its {ANSWERS} answers was a usable plan ({fault.split(';')[0]})")

    def _rules(self, vocabulary: Vocabulary | None, styles: tuple[str, ...]) -> str:
        words = vocabulary
        return load_prompt(self._prompts, "plan").fill(
            nouns=", ".join(words.nouns) if words else OPEN,
            places=", ".join(words.places) if words else OPEN,
            times=", ".join(words.times) if words else OPEN,
            colors=", ".join(words.colors) if words else OPEN,
            styles=", ".join(styles) or OPEN,
            max_regions=str(MAX_REGIONS),
            schema=json.dumps(sketch_schema()),
        )

    def _answer(self, talk: Talk) -> str:
        """One answer, constrained where the server can do that. Raises BrokenAsset."""
        try:
            try:
                return self._read(talk, constrained=True)
            except Exception as error:
                if getattr(error, "status_code", None) not in REFUSED_OPTIONS:
                    raise
                return self._read(talk, constrained=False)
        except MepgError:
            raise
        except Exception as error:  # each provider's library raises its own kinds
            raise self._failed(_reason(error, self._timeout)) from error

    def _read(self, talk: Talk, constrained: bool) -> str:
        """The answer, read bit by bit so that neither its length nor its duration is up to the server."""
        model, until, text = self._model(constrained), monotonic() + self._timeout, ""
        options = {"response_format": _response_format()} if constrained and self._provider == "openai" else {}
        with closing(_parts(model, talk, options)) as parts:
            for part in parts:
                text += part
                if len(text) > LONGEST:
                    raise self._failed(f"its answer is longer than {LONGEST} characters")
                if monotonic() > until:
                    raise TimeoutError
        return text

    def _model(self, constrained: bool) -> BaseChatModel:
        """Raises BrokenAsset if a package or the key is missing."""
        options: dict[str, Any] = {"timeout": self._timeout, "max_retries": 0}
        if constrained:
            options |= {"temperature": 0, "max_tokens": MAX_TOKENS}
        if self._url is not None:
            options["base_url"] = self._url
            if self._provider == "openai" and not os.environ.get("OPENAI_API_KEY"):
                options["api_key"] = "none"  # a server of one's own seldom wants one, its client library does
        try:
            from langchain.chat_models import init_chat_model

            return init_chat_model(self._model_name, model_provider=self._provider, **options)
        except ImportError as error:
            more = "" if self._provider == "openai" else f" langchain-{self._provider}"
            raise BrokenAsset(
                f"{self.name} could not plan: a package is missing (pip install 'mepg-agent[chat]'{more}).",
                "Or use the rule planner (--planner rules).",
            ) from error
        except Exception as error:  # each provider's library raises its own kinds
            raise BrokenAsset(
                f"{self.name} could not plan: there is no such provider, or its key is not in the environment.",
                "Check the name, and set the key (for openai OPENAI_API_KEY, for another server also MEPG_CHAT_URL).",
            ) from error

    def _failed(self, reason: str) -> BrokenAsset:
        return BrokenAsset(
            f"{self.name} could not plan: {reason}.", "Check the model and its server, or use --planner rules."
        )


def _parts(model: BaseChatModel, talk: Talk, options: dict[str, Any]) -> Generator[str, None, None]:
    for part in model.stream(talk, **options):
        yield str(part.text)


def _response_format() -> dict[str, Any]:
    """Constrained decoding, as the OpenAI interface and its followers take it."""
    return {"type": "json_schema", "json_schema": {"name": "plan", "strict": True, "schema": sketch_schema()}}


def _fault(error: ValidationError | BadInput) -> str:
    """What is wrong with an answer, without repeating any of it."""
    if isinstance(error, BadInput):
        return error.message.removesuffix(".")
    faults = error.errors(include_url=False, include_input=False, include_context=False)[:FAULTS]
    return "; ".join(f"{_where(fault['loc'])}{fault['msg'].removeprefix('Value error, ')}" for fault in faults)


def _where(path: tuple[int | str, ...]) -> str:
    """ "objects.0.box: ". A key that the model made up is not repeated."""
    parts = [str(p) if isinstance(p, int) or p in FIELDS else "…" for p in path]
    return f"{'.'.join(parts)}: " if parts else ""


def _reason(error: Exception, timeout: float) -> str:
    """Why a provider did not answer, told from the kind of error and never from its text."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return STATUS.get(status, f"it answered with HTTP status {status}")
    kinds = " ".join(kind.__name__ for kind in type(error).__mro__)
    if "Timeout" in kinds:
        return f"it did not finish its answer within {timeout:g} s"
    if "Connect" in kinds:
        return "it cannot be reached"
    return f"it did not answer properly ({type(error).__name__})"
