"""A language model behind any provider of LangChain, asked for one JSON object.

An OpenAI-compatible server of one's own (vLLM, llama.cpp, Ollama, …) is the provider `openai` at MEPG_CHAT_URL. The
provider's key comes from the environment, where its own library reads it; no message of this module repeats what a
provider said, since such texts may hold a part of the key.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import closing
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from mepg_agent.errors import BadInput, BrokenAsset, MepgError, Transient

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

LONGEST = 20_000  # characters of an answer; a full plan takes about 5000
MAX_TOKENS = 8192  # asked of the model; some count their thoughts in
FAULTS = 5  # of an answer told to the model
REFUSED_OPTIONS = (400, 422)  # HTTP: the server does not take a schema, a temperature or a length
STATUS = {
    401: "it refused the key",
    403: "it refused the key",
    404: "it knows no such model or address",
    429: "too much was asked of it, or the account is empty",
}
AGAIN = "Your answer was refused: {fault}. Answer again with the whole JSON object and nothing else."

Talk = list[tuple[str, Any]]  # (role, text or content blocks)
Read = TypeVar("Read")


class ChatModel:
    """Answers as far as its server does; what a message says of a fault is one of our own sentences."""

    def __init__(self, model: str, url: str | None, timeout: float, task: str, instead: str) -> None:
        """`model` is "PROVIDER:MODEL" as LangChain names them; `url` another server than the provider's own; `timeout`
        in seconds, for one answer; `task` ("plan") and `instead` ("--planner rules") stand in the messages. Nothing is
        imported or asked before the first answer. Raises BadInput for a name without both parts."""
        self._provider, _, self._model_name = model.partition(":")
        if not self._provider or not self._model_name:
            raise BadInput(
                f"'{model}' does not name a chat model.",
                "Write chat:PROVIDER:MODEL, for example chat:openai:gpt-4o-mini.",
            )
        self.name = f"chat:{model}"
        self._url, self._timeout, self._task, self._instead = url, timeout, task, instead

    def answer(self, talk: Talk, schema: dict[str, Any]) -> str:
        """One answer, constrained to the schema where the server can do that. Raises BrokenAsset, or Transient for a
        server that may answer another time."""
        try:
            try:
                return self._read(talk, schema)
            except Exception as error:
                if getattr(error, "status_code", None) not in REFUSED_OPTIONS:
                    raise
                return self._read(talk, None)
        except MepgError:
            raise
        except Exception as error:  # each provider's library raises its own kinds
            raise self.failed(_reason(error, self._timeout), Transient if _passes(error) else BrokenAsset) from error

    def agreed(
        self, talk: Talk, schema: dict[str, Any], read: Callable[[str], Read], known: frozenset[str], answers: int = 3
    ) -> Read:
        """What `read` makes of the first answer that it does not refuse (ValidationError, BadInput). The model is told
        what was wrong with a refused one, `known` keys by name. Raises BrokenAsset when none of `answers` was good, and
        as `answer` does."""
        fault = ""
        for _ in range(answers):
            answer = self.answer(talk, schema)
            try:
                return read(answer)
            except ValidationError as error:
                fault = fault_of(error, known)
            except BadInput as error:
                fault = error.message.removesuffix(".")
            talk = [*talk, ("ai", answer), ("human", AGAIN.format(fault=fault))]
        raise self.failed(f"none of its {answers} answers was usable ({fault.split(';')[0]})")

    def failed(self, reason: str, kind: type[BrokenAsset] = BrokenAsset) -> BrokenAsset:
        return kind(
            f"{self.name} could not {self._task}: {reason}.", f"Check the model and its server, or use {self._instead}."
        )

    def _read(self, talk: Talk, schema: dict[str, Any] | None) -> str:
        """The answer, read bit by bit so that neither its length nor its duration is up to the server."""
        model, until, text = self._model(constrained=schema is not None), monotonic() + self._timeout, ""
        options = {"response_format": _response_format(schema)} if schema and self._provider == "openai" else {}
        with closing(_before(until, _parts(model, talk, options))) as parts:
            for part in parts:
                text += part
                if len(text) > LONGEST:
                    raise self.failed(f"its answer is longer than {LONGEST} characters")
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
                f"{self.name} could not {self._task}: a package is missing (pip install 'mepg-agent[chat]'{more}).",
                f"Or use {self._instead}.",
            ) from error
        except Exception as error:  # each provider's library raises its own kinds
            raise BrokenAsset(
                f"{self.name} could not {self._task}: there is no such provider, or its key is not in the environment.",
                "Check the name, and set the key (for openai OPENAI_API_KEY, for another server also MEPG_CHAT_URL).",
            ) from error


def fault_of(error: ValidationError, known: frozenset[str]) -> str:
    """What is wrong with an answer, without repeating any of it; `known` are the keys that may be named."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)[:FAULTS]
    return "; ".join(f"{_where(fault['loc'], known)}{fault['msg'].removeprefix('Value error, ')}" for fault in faults)


def _where(path: tuple[int | str, ...], known: frozenset[str]) -> str:
    """ "objects.0.box: ". A key that the model made up is not repeated."""
    parts = [str(p) if isinstance(p, int) or p in known else "…" for p in path]
    return f"{'.'.join(parts)}: " if parts else ""


def _parts(model: BaseChatModel, talk: Talk, options: dict[str, Any]) -> Generator[str, None, None]:
    for part in model.stream(talk, **options):
        yield str(part.text)


def _before(until: float, parts: Generator[str, None, None]) -> Generator[str, None, None]:
    """The parts that come in time, else TimeoutError. They are read in a thread: a server that only says that it is
    still there, as some do for minutes, gives no part at which one could look at the clock."""
    heard: SimpleQueue[str | Exception | None] = SimpleQueue()
    enough = Event()
    Thread(target=_listen, args=(parts, heard, enough), daemon=True).start()
    try:
        while (left := until - monotonic()) > 0:
            part = heard.get(timeout=left)
            if part is None:
                return
            if isinstance(part, Exception):
                raise part
            yield part
    except Empty:
        pass
    finally:
        enough.set()
    raise TimeoutError


def _listen(parts: Generator[str, None, None], heard: SimpleQueue[str | Exception | None], enough: Event) -> None:
    """Hands on every part, then None or what went wrong; stops at the first part after `enough`."""
    try:
        with closing(parts):
            for part in parts:
                heard.put(part)
                if enough.is_set():
                    return
        heard.put(None)
    except Exception as error:  # whoever waits for the parts tells what it means
        heard.put(error)


def _response_format(schema: dict[str, Any]) -> dict[str, Any]:
    """Constrained decoding, as the OpenAI interface and its followers take it."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}


def _reason(error: Exception, timeout: float) -> str:
    """Why a provider did not answer, told from the kind of error and never from its text."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return STATUS.get(status, f"it answered with HTTP status {status}")
    kinds = _kinds(error)
    if "Timeout" in kinds:
        return f"it did not finish its answer within {timeout:g} s"
    if "Connect" in kinds:
        return "it cannot be reached"
    if isinstance(error, AssertionError):  # LangChain's, where a stream holds nothing
        return "it sent no answer"
    return f"it did not answer properly ({type(error).__name__})"


def _passes(error: Exception) -> bool:
    """Whether the same question may be answered a little later."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return status == 429 or status >= 500
    return "Timeout" in _kinds(error) or "Connect" in _kinds(error)


def _kinds(error: Exception) -> str:
    return " ".join(kind.__name__ for kind in type(error).__mro__)
