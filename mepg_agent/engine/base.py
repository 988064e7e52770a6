"""The engine's protocol: a job goes in, a generator of steps comes out, its last item is the picture.

Whoever draws pulls the generator, so progress needs no callback, and stopping between two steps is `close()`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from mepg_agent.records import RenderJob
from mepg_agent.scene import Extent

Pixels = NDArray[np.uint8]  # (height, width, 3), sRGB
Latents = NDArray[np.float32]  # (channels, height / 8, width / 8), scaled as the denoiser sees them


@dataclass(frozen=True)
class Step:
    """One denoising step is done. `preview` is a rough decoded picture where the engine can give one cheaply."""

    step: int  # 1..of
    of: int
    preview: Pixels | None = None


@dataclass(frozen=True)
class Picture:
    """The result. For a repair there is one per candidate, best left to the verifier."""

    image: Pixels
    latents: Latents
    seconds: float
    calls: float  # denoiser evaluations of a full canvas (a batch of conditional and unconditional counts once)
    region_seconds: dict[str, float] = field(default_factory=dict)
    candidates: tuple[tuple[Pixels, Latents], ...] = ()  # all of a repair, the first one is `image`


@runtime_checkable
class Engine(Protocol):
    """Draws jobs. Same job, same machine: same bytes."""

    def extent(self) -> Extent:
        """The canvas the backbone draws best."""
        ...

    def weights_hash(self) -> str:
        """sha256 over the backbone's files: part of every job."""
        ...

    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        """Draw `job`; yields a `Step` after each denoising step and one `Picture` last.

        `before` is the picture and the latents that `job.keep` names; required exactly when `job.keep` is set.
        Raises BadInput for a job the backbone cannot draw, BrokenAsset for damaged weights.
        """
        ...
