"""What every trainer shares: a budget in minutes or steps, a learning rate that follows it, checkpoints, logs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import cos, pi
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor, nn

from mepg_agent.errors import BrokenAsset

UNREADABLE = (OSError, EOFError, UnpicklingError)  # what torch makes of a damaged checkpoint
FOREIGN = (AttributeError, LookupError, RuntimeError, TypeError, ValueError)  # and of one that holds something else


@dataclass(frozen=True)
class Budget:
    """Stop after `steps` optimiser steps or `minutes` of training, whichever is set and comes first."""

    steps: int | None = None
    minutes: float | None = None

    def progress(self, step: int, seconds: float) -> float:
        """Share of the budget that is used, 0..1."""
        shares = [step / self.steps] if self.steps else []
        shares += [seconds / 60 / self.minutes] if self.minutes else []
        return min(max(shares, default=1.0), 1.0)


def learning_rate(progress: float, peak: float, step: int, warmup: int, floor: float = 0.02) -> float:
    """Linear warm-up, then half a cosine down to `floor` of the peak."""
    return peak * min((step + 1) / warmup, 1.0) * (floor + (1 - floor) * 0.5 * (1 + cos(pi * progress)))


@dataclass
class Run:
    """One resumable run. Iterate it: every item is a step number; it saves, logs and ends by itself."""

    name: str
    folder: Path
    model: nn.Module
    optimizer: torch.optim.Optimizer
    budget: Budget
    peak: float
    ema_decay: float | None = None
    warmup: int = 200  # steps
    save_every: float = 180.0  # seconds
    log_every: float = 10.0
    step: int = 0
    seconds: float = 0.0
    average: dict[str, Tensor] = field(default_factory=dict)
    _sums: dict[str, Tensor] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if next(self.model.parameters()).device.type == "cuda":  # of the whole process: elsewhere others draw in it
            torch.backends.cudnn.benchmark = True  # shapes repeat from step to step
            torch.set_float32_matmul_precision("high")
        if self.ema_decay:
            self.average = {k: v.detach().clone().float() for k, v in self.model.state_dict().items()}
        if self.checkpoint.exists():
            self._load()

    @property
    def checkpoint(self) -> Path:
        return self.folder / f"{self.name}.checkpoint.pt"

    def __iter__(self) -> Iterator[int]:
        started, saved, logged = time.monotonic() - self.seconds, time.monotonic(), time.monotonic()
        while (progress := self.budget.progress(self.step, self.seconds)) < 1:
            rate = learning_rate(progress, self.peak, self.step, self.warmup)
            for group in self.optimizer.param_groups:
                group["lr"] = rate * group.get("scale", 1.0)
            yield self.step
            self.step += 1
            self._update_average()
            now = time.monotonic()
            self.seconds = now - started
            if now - logged > self.log_every:
                self._log(progress)
                logged = now
            if now - saved > self.save_every:
                self._save()
                saved = now
        self._log(1.0)
        self._save()

    def descend(self, loss: Tensor) -> None:
        """One optimiser step down `loss`, gradients clipped to norm 1."""
        loss.backward()
        self.follow()

    def follow(self) -> None:
        """One optimiser step along the gradients that are there, clipped to norm 1; then there are none."""
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def note(self, **values: Tensor) -> None:
        """Add to the running means that the next log line prints."""
        for key, value in values.items():
            self._sums[key] = self._sums.get(key, torch.zeros((), device=value.device)) + value.detach().float()
            self._counts[key] = self._counts.get(key, 0) + 1

    @torch.no_grad()
    def _update_average(self) -> None:
        if not self.average:
            return
        assert self.ema_decay is not None
        decay = min(self.ema_decay, (1 + self.step) / (10 + self.step))
        state = self.model.state_dict()
        floats = [k for k, v in state.items() if v.is_floating_point()]
        now = [state[k].float() for k in floats]
        torch._foreach_lerp_([self.average[k] for k in floats], now, 1 - decay)

    def averaged(self) -> dict[str, Tensor]:
        """State dict to ship: the moving average where there is one."""
        return self.average or {k: v.detach() for k, v in self.model.state_dict().items()}

    def _log(self, progress: float) -> None:
        means = {k: round(float(v) / self._counts[k], 5) for k, v in self._sums.items()}
        left = self.seconds / max(progress, 1e-3) * (1 - progress)
        line = {"stage": self.name, "step": self.step, "seconds": round(self.seconds), "left": round(left), **means}
        print(json.dumps(line), flush=True)
        with (self.folder / f"{self.name}.log.jsonl").open("a") as log:
            log.write(json.dumps(line) + "\n")
        self._sums, self._counts = {}, {}

    def _save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average,
            "step": self.step,
            "seconds": self.seconds,
        }
        part = self.checkpoint.with_suffix(".part")
        torch.save(state, part)
        part.replace(self.checkpoint)

    def _load(self) -> None:
        try:
            state = torch.load(self.checkpoint, weights_only=True, map_location="cpu")
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            device = next(self.model.parameters()).device
            self.average = {k: v.to(device) for k, v in state["average"].items()}
            self.step, self.seconds = state["step"], state["seconds"]
            note = f"goes on from {self.checkpoint}, not from what it was to start from; remove that file to begin anew"
            print(json.dumps({"stage": self.name, "step": self.step, "seconds": round(self.seconds), "note": note}))
        except (*UNREADABLE, *FOREIGN) as error:
            advice = "Begin anew: remove that file, or for `mepg experts train` add --restart."
            raise BrokenAsset(f"What was learned, in {self.checkpoint}, is damaged.", advice) from error
