"""How many bytes of tensors a piece of work holds at its peak."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.autograd.profiler import profile


def peak_bytes(work: Callable[[], object], device: str) -> int:
    """Bytes beyond what was held before. On a CPU every allocation of torch is counted, which slows `work` down."""
    if device == "cuda":
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        work()
        return torch.cuda.max_memory_allocated() - before
    watched: Any = profile(profile_memory=True)
    with _silent(), watched:
        work()
    held = peak = 0
    for event in sorted(watched.kineto_results.events(), key=lambda event: event.start_ns()):
        if event.name() == "[memory]":
            held += event.nbytes()
            peak = max(peak, held)
    return peak


@contextmanager
def _silent() -> Iterator[None]:
    """The profiler talks of itself on the process's standard error, below Python's."""
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
