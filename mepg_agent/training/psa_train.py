"""Trains the planner: a low-rank adapter on a small language model, loss on the answer only.

Batches hold a fixed number of tokens of examples of similar length. The learning rate follows a cosine over the time
granted, so a run always ends annealed. The folder of a run gets adapter_model.safetensors (float16),
adapter_config.json, losses.json, losses.png and a checkpoint (safetensors); a run that finds one goes on from it.
"""

from __future__ import annotations

import json
import math
import os
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Annotated, Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from peft.helpers import disable_input_dtype_casting
from pydantic import Field
from safetensors.torch import load_file, save_file

from mepg_agent.errors import BadInput, Cancelled
from mepg_agent.planning.psa import ADAPTER, load_base
from mepg_agent.planning.question import PLAN, question
from mepg_agent.planning.target import RELATES
from mepg_agent.scene import Frozen
from mepg_agent.training.adapters import load_adapter
from mepg_agent.training.crew import Crew
from mepg_agent.training.psa_data import Example, read_jsonl

IGNORED = -100  # label of tokens that carry no loss
Tell = Callable[[int, int, str], None]  # done, of, what
Stop = Callable[[], bool]
Tokens = tuple[list[int], int]  # ids of question and answer, length of the question


class Config(Frozen):
    base: str
    train: str
    dev: str
    seed: int
    rank: Annotated[int, Field(ge=1)]
    alpha: Annotated[int, Field(ge=1)]
    dropout: Annotated[float, Field(ge=0, lt=1)]
    modules: tuple[str, ...]
    learning_rate: float
    warmup: Annotated[float, Field(ge=0, lt=1)]
    weight_decay: float
    clip: float
    batch_tokens: Annotated[int, Field(ge=64)]
    longest: Annotated[int, Field(ge=64)]
    epochs: Annotated[int, Field(ge=1)]
    unrelated: Annotated[float, Field(ge=0, le=1)] = 1.0


def chosen(examples: list[Example], unrelated: float, seed: int) -> list[Example]:
    """All edits, all plans with a relation or a detail worded like one ("on a leash"), and the share `unrelated` of the
    other plans, which are learned sooner."""
    rng = Random(seed)
    return [e for e in examples if e["task"] != PLAN or RELATES.search(e["target"]) or rng.random() < unrelated]


def tokenize(examples: list[Example], tokenizer: Any, longest: int) -> list[Tokens]:
    """Ids of question + answer + end mark; examples over `longest` tokens are left out."""
    asked = tokenizer([question(e["task"], e["prompt"], e["context"]) for e in examples], add_special_tokens=False)
    told = tokenizer([e["target"] for e in examples], add_special_tokens=False)
    pairs = zip(asked["input_ids"], told["input_ids"], strict=True)
    rows = [(q + a + [tokenizer.eos_token_id], len(q)) for q, a in pairs]
    return [row for row in rows if len(row[0]) <= longest]


def batches(rows: list[Tokens], batch_tokens: int, rng: Random) -> Iterator[list[Tokens]]:
    """One epoch in random order; a batch holds examples of similar length and at most `batch_tokens` padded tokens."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]) + rng.random() * 8)
    groups: list[list[int]] = [[]]
    for index in order:
        if groups[-1] and (len(groups[-1]) + 1) * len(rows[index][0]) > batch_tokens:
            groups.append([])
        groups[-1].append(index)
    rng.shuffle(groups)
    for group in groups:
        yield [rows[i] for i in group]


def tensors(batch: list[Tokens], pad: int, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """ids and labels, each (batch, length), padded on the right. No mask: nothing looks to its right."""
    length = max(len(ids) for ids, _ in batch)
    ids = torch.full((len(batch), length), pad)
    labels = torch.full((len(batch), length), IGNORED)
    for row, (tokens, asked) in enumerate(batch):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        labels[row, asked : len(tokens)] = torch.tensor(tokens[asked:])
    return ids.to(device, non_blocking=True), labels.to(device, non_blocking=True)


def answer_loss(model: Any, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy over answer tokens; logits are made for those positions only."""
    hidden = model.base_model.model.model(input_ids=ids, use_cache=False)[0]
    wanted = labels[:, 1:]
    keep = wanted != IGNORED
    logits = model.base_model.model.lm_head(hidden[:, :-1][keep])
    return torch.nn.functional.cross_entropy(logits.float(), wanted[keep])


def learning_rate(part: float, config: Config) -> float:
    """Linear warm-up, then a cosine to zero; `part` of the run, 0..1."""
    if part < config.warmup:
        return config.learning_rate * part / config.warmup
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * (part - config.warmup) / (1 - config.warmup)))


class Run:
    """One training run: model, optimiser, clock, log."""

    def __init__(
        self, config: Config, out: Path, minutes: float, device: str, tell: Tell, stop: Stop, start: Path | None = None
    ) -> None:
        """`device` is cpu or cuda, `minutes` those of the whole run, pauses left out; `start` is the folder of an
        adapter to go on from. Raises BrokenAsset without the base model, BadInput without data or with a `start` that
        does not fit."""
        self.tell, self.stop = tell, stop
        self.config, self.out, self.device = config, out, device
        self.seconds = minutes * 60
        out.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(config.seed)
        self.half = device == "cuda" or torch.backends.cpu.get_cpu_capability().startswith("AVX512")
        dtype = torch.bfloat16 if self.half else torch.float32  # other CPUs multiply bfloat16 eight times as slowly
        self.tokenizer, base = load_base(config.base, dtype, "sdpa" if device == "cuda" else "eager")
        lora = LoraConfig(
            r=config.rank, lora_alpha=config.alpha, lora_dropout=config.dropout,
            target_modules=list(config.modules), task_type="CAUSAL_LM",
        )  # fmt: skip
        self.model = get_peft_model(base, lora, autocast_adapter_dtype=True).to(device)  # adapters in float32
        if start is not None:
            load_adapter(self.model, start / ADAPTER)
        parts = 1 if device == "cuda" else len(os.sched_getaffinity(0))
        if parts > 1:
            torch.set_num_threads(1)
        self.crew = Crew(self.model, parts)
        self.weights = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            self.weights,
            lr=config.learning_rate,
            betas=(0.9, 0.99),
            weight_decay=config.weight_decay,
            fused=device == "cuda",
        )
        examples = chosen(read_split(Path(config.train)), config.unrelated, config.seed)
        self.train = tokenize(examples, self.tokenizer, config.longest)
        self.dev = tokenize(read_split(Path(config.dev)), self.tokenizer, config.longest)
        self.steps, self.spent, self.losses, self.dev_losses = 0, 0.0, [], []
        self._resume()

    def fit(self) -> None:
        """Train until the time or the epochs are over; checkpoints every minute. Raises Cancelled when asked to stop,
        with everything kept."""
        start, saved = time.perf_counter() - self.spent, time.perf_counter()
        total = self._steps_planned()
        for group in self._stream():
            self.spent = time.perf_counter() - start
            part = max(self.spent / self.seconds, self.steps / total)
            if part >= 1:
                break
            if self.stop():
                self._checkpoint()
                raise Cancelled(f"Stopped after {self.steps} steps.", "The same command goes on from there.")
            self._step(group, part)
            if self.steps % 10 == 0:
                self._log(part)
            if time.perf_counter() - saved > 60:
                self._checkpoint()
                saved = time.perf_counter()
        self.finish()

    def _loss(self, model: Any, batch: list[Tokens]) -> torch.Tensor:
        with torch.autocast(self.device, torch.bfloat16, enabled=self.half), disable_input_dtype_casting(model):
            return answer_loss(model, *tensors(batch, self.tokenizer.pad_token_id, self.device))

    def _step(self, group: list[list[Tokens]], part: float) -> None:
        """One step on a batch for every part of the crew."""
        for settings in self.optimizer.param_groups:
            settings["lr"] = learning_rate(part, self.config)
        loss = self.crew.backward(lambda model, index: self._loss(model, group[index]))
        torch.nn.utils.clip_grad_norm_(self.weights, self.config.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.losses.append(loss)  # no .item() here: it would make the CPU wait for the GPU at every step
        self.steps += 1

    def _batches(self, epoch: int) -> list[list[list[Tokens]]]:
        """The steps of an epoch, each a batch for every part; what is left over is dropped."""
        parts = len(self.crew.models)
        single = list(batches(self.train, self.config.batch_tokens // parts, Random(self.config.seed + epoch)))
        return [single[i : i + parts] for i in range(0, len(single) - parts + 1, parts)]

    def _stream(self) -> Iterator[list[list[Tokens]]]:
        skip = self.steps
        for epoch in range(self.config.epochs):
            steps = self._batches(epoch)
            yield from steps[min(skip, len(steps)) :]
            skip -= min(skip, len(steps))

    def _steps_planned(self) -> int:
        return max(self.config.epochs * len(self._batches(0)), 1)

    def _log(self, part: float) -> None:
        recent = torch.stack(self.losses[-50:]).mean().item()
        speed = self.steps * self.config.batch_tokens / max(self.spent, 1e-9)
        self.tell(round(part * 1000), 1000, f"step {self.steps}, loss {recent:.3f}, {speed:.0f} tokens/s")

    @torch.no_grad()
    def dev_loss(self) -> float:
        self.model.eval()
        sums, count = 0.0, 0
        for batch in batches(self.dev, self.config.batch_tokens, Random(0)):
            answers = sum(len(ids) - asked for ids, asked in batch)
            sums += self._loss(self.model, batch).item() * answers
            count += answers
        self.model.train()
        return sums / max(count, 1)

    def finish(self) -> None:
        """Write the adapter in float16, its configuration, the losses and their curve."""
        self._checkpoint()
        self._write()
        self.tell(1000, 1000, f"{self.steps} steps in {self.spent:.0f} s; reading the dev split")
        dev = self.dev_loss()
        losses = [round(x, 5) for x in torch.stack(self.losses).tolist()] if self.losses else []
        (self.out / "losses.json").write_text(json.dumps({"seconds": self.spent, "dev": dev, "train": losses}))
        _plot(losses, dev, self.out / "losses.png")
        self.tell(1000, 1000, f"loss on the dev split {dev:.4f}")

    def _write(self) -> None:
        """The adapter as it is now, in float16."""
        state = {k: v.to(torch.float16).contiguous() for k, v in get_peft_model_state_dict(self.model).items()}
        save_file(state, self.out / ADAPTER)
        self.model.peft_config["default"].base_model_name_or_path = self.config.base
        self.model.peft_config["default"].save_pretrained(str(self.out))

    def _checkpoint(self) -> None:
        """Adapter, Adam moments and counters in one safetensors file (no pickle)."""
        state = {f"w.{k}": v for k, v in get_peft_model_state_dict(self.model).items()}
        for index, weight in enumerate(self.weights):
            for key, value in self.optimizer.state.get(weight, {}).items():
                state[f"o.{index}.{key}"] = value
        state["losses"] = torch.stack(self.losses).float() if self.losses else torch.zeros(0)
        meta = {"steps": str(self.steps), "spent": str(self.spent)}
        partial = self.out / "checkpoint.partial"
        save_file({k: v.detach().cpu().contiguous() for k, v in state.items()}, partial, metadata=meta)
        partial.rename(self.out / "checkpoint.safetensors")

    def _resume(self) -> None:
        file = self.out / "checkpoint.safetensors"
        if not file.exists():
            return
        state = load_file(file, device=self.device)
        set_peft_model_state_dict(self.model, {k[2:]: v for k, v in state.items() if k.startswith("w.")})
        for index, weight in enumerate(self.weights):
            prefix = f"o.{index}."
            moments = {k[len(prefix) :]: v for k, v in state.items() if k.startswith(prefix)}
            if moments:
                self.optimizer.state[weight] = moments
        with file.open("rb") as stream:
            header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
        self.steps, self.spent = int(header["__metadata__"]["steps"]), float(header["__metadata__"]["spent"])
        self.losses = list(state["losses"])
        self.tell(0, 1000, f"going on from step {self.steps}")


def _plot(losses: list[float], dev: float, file: Path) -> None:
    """Loss curve, smoothed over 25 steps, drawn with Pillow (matplotlib is not a dependency)."""
    from PIL import Image, ImageDraw

    width, height, border = 900, 420, 45
    image = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(image)
    smooth = [sum(losses[max(i - 24, 0) : i + 1]) / len(losses[max(i - 24, 0) : i + 1]) for i in range(len(losses))]
    logs = [math.log10(max(v, 1e-4)) for v in [*smooth, dev]]
    low, high = math.floor(min(logs) * 4) / 4, math.ceil(max(logs) * 4) / 4 + 1e-9

    def spot(step: float, value: float) -> tuple[float, float]:
        x = border + step / max(len(smooth) - 1, 1) * (width - 2 * border)
        return x, height - border - (value - low) / (high - low) * (height - 2 * border)

    for tick in (low + i * (high - low) / 4 for i in range(5)):
        pen.line([spot(0, tick), spot(len(smooth) - 1, tick)], fill="#dddddd")
        pen.text((4, spot(0, tick)[1] - 6), f"{10**tick:.3f}", fill="black")
    if len(smooth) > 1:
        pen.line([spot(i, v) for i, v in enumerate(logs[:-1])], fill="#3050c0", width=2)
    pen.text((border, 8), f"loss per answer token, {len(losses)} steps; dev {dev:.4f}", fill="black")
    image.save(file)


def read_split(file: Path) -> list[Example]:
    """Raises BadInput if there is no such file."""
    if not file.is_file():
        raise BadInput(f"There is no training data at {file}.", "Make it with: mepg psa data.")
    return read_jsonl(file)


def load_config(file: Path) -> Config:
    try:
        return Config.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValueError) as error:
        raise BadInput(
            f"{file} is no training configuration: {error}.", "Compare it with experts/psa/smollm2.toml."
        ) from error
