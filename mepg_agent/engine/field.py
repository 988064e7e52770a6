"""The gates of one pass: what each block and each expert weighs at each position, at each resolution of the denoiser.

Source of the gate: share γ_r(p) of region r in the last cross-attention at that resolution, with logits biased by the
log of the regions' soft masks; the masks themselves before the first one and where a resolution has none. An expert's
gate is G_m(p) = Σ_r R[r, m] ρ_r(p) γ_r(p), where R holds the scales (see `routes`) and ρ_r falls towards the sides of
the box where the job says so (`gating.reach`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mepg_agent.engine.gating import Cells, Weights, cells_of, partition, reach
from mepg_agent.engine.routing import Routing
from mepg_agent.engine.sketching import sketched_at
from mepg_agent.engine.windows import Window
from mepg_agent.records import GateKind, JobRegion, RenderJob

SILENCE = -30.0  # log-weight of a block that must not be heard: e^-30 is below float32's rounding


Reader = tuple[str | None, float]  # adapter and its scale; (None, 0) is the base model


@dataclass(frozen=True)
class Phase:
    """What stays the same from one step to the next: which regions are heard or sketched, which experts work."""

    heard: tuple[bool, ...]  # by region
    sketched: tuple[bool, ...]  # by region
    working: frozenset[str]  # adapter ids inside their time windows
    shared: bool


class Layout:
    """Blocks that speak at each position of one branch (conditional or unconditional), grouped into cells."""

    def __init__(self, speaks: np.ndarray, device: torch.device) -> None:
        found: Cells = cells_of(speaks)
        self.cells, self.slots = found.cells, found.slots
        self.single = len(found.cells) == 1 and self.slots == 1
        order = torch.from_numpy(found.order).to(device)
        self.order = None if len(found.cells) == 1 else order
        self.inverse = torch.argsort(order)
        blocks = np.full((len(found.order), self.slots), -1)
        for cell in found.cells:
            blocks[cell.start : cell.stop, : len(cell.blocks)] = cell.blocks
        self._blocks = torch.from_numpy(blocks).to(device)  # (positions, slots), sorted by cell, -1 where none
        self._flat = self._blocks.clamp(min=0) * len(order) + order[:, None]
        self.bias = torch.zeros(0)

    def weigh(self, weights: Tensor) -> None:
        """Sets the bias: log-weights (positions, slots) in sorted order, from `weights` (blocks, positions)."""
        bias = weights.reshape(-1)[self._flat].log().clamp(min=SILENCE)
        self.bias = torch.where(self._blocks >= 0, bias, 0.0)

    def slot_rows(self, table: Tensor) -> Tensor:
        """Rows of `table` (blocks, experts) for each position and slot: (positions, slots, experts), row-major."""
        rows = table[self._blocks.clamp(min=0)] * (self._blocks >= 0).unsqueeze(-1)
        return rows[self.inverse]

    def slot_values(self, weights: Tensor) -> Tensor:
        """`weights` (blocks, positions) of each position and slot: (positions, slots), row-major."""
        return weights.reshape(-1)[self._flat][self.inverse]


class Level:
    """One resolution of the denoiser during one phase."""

    def __init__(
        self,
        weights: Tensor,
        reached: Tensor,
        routes: Tensor,
        merged: Sequence[int],
        shared: bool,
        copies: int,
        dtype: torch.dtype,
    ) -> None:
        """`weights` and `reached` (blocks, h, w); `routes` (blocks, experts); `merged` the unconditional block of each
        block."""
        self.weights = weights
        self.size = (weights.shape[1], weights.shape[2])
        self._copies = copies  # 2 where the batch also holds the unconditional branch
        self._flat = weights.flatten(1)
        self._into = torch.zeros(max(merged) + 1, len(weights), device=weights.device)
        self._into[list(merged), range(len(merged))] = 1.0
        speaks = self._flat > 0
        speaks[0] |= shared
        self.talk = Layout(speaks.cpu().numpy(), weights.device)
        self.mute = Layout((self._into @ speaks.float() > 0).cpu().numpy(), weights.device)
        reached = reached.flatten(1)
        self._slot_routes = (self.talk.slot_rows(routes) * self.talk.slot_values(reached).unsqueeze(-1)).to(dtype)
        self.routing = Routing(weights, routes)
        self._gates = ((self._flat * reached).T @ routes)[None].to(dtype)  # (1 or candidates, positions, experts)
        self._cache: dict[object, Tensor] = {}  # by what was asked, since the gates last changed

    def weigh(self, strengths: Tensor, share: float) -> None:
        """Log-weights for a step: β + (1 − β)·w_0 for the global prompt, (1 − β)·w_r·strength_r for a region."""
        weights = (1 - share) * self._flat
        weights[0] += share
        self.talk.weigh(weights * strengths[:, None])
        self.mute.weigh(self._into @ weights)

    def record(self, shares: Tensor) -> None:
        """Takes the shares γ (candidates, positions, slots) that a cross-attention gave as the gates from now on."""
        self._gates = (shares.unsqueeze(-1) * self._slot_routes).sum(2)
        self._cache.clear()

    def token_gates(self, ranks: tuple[int, ...]) -> Tensor:
        """Gates repeated over each expert's rank slots: (batch, positions, Σ ranks)."""

        def expand() -> Tensor:
            repeats = torch.tensor(ranks, device=self._gates.device)
            return self._for_batch(self._gates.repeat_interleave(repeats, dim=2, output_size=sum(ranks)))

        return self._cached(("tokens", ranks), expand)

    def map_gates(self, ranks: tuple[int, ...]) -> Tensor:
        """The same as a map: (batch, Σ ranks, h, w)."""
        return self._cached(
            ("map", ranks), lambda: self.token_gates(ranks).transpose(1, 2).unflatten(2, self.size).contiguous()
        )

    def mean_gates(self, ranks: tuple[int, ...]) -> Tensor:
        """Mean over the canvas, for layers that have no positions (time embedding): (batch, Σ ranks)."""
        return self.token_gates(ranks).mean(1)

    def row_gates(self, batch: int) -> Tensor:
        """Gates at the rows that `routing` gives each expert: (experts, rows, 1)."""
        return self._cached("rows", lambda: self.routing.gates(self._gates, batch // len(self._gates)))

    def window_gates(self, expert: int, window: Window) -> Tensor:
        """One expert's gates in a window: (batch, 1, height, width)."""
        return self._cached(
            (expert, window),
            lambda: self._for_batch(
                self._gates[:, :, expert].unflatten(1, self.size)[:, None, *window.as_slices()].contiguous()
            ),
        )

    def _for_batch(self, gates: Tensor) -> Tensor:
        """Each candidate's gates for its conditional and its unconditional copy; one for all stays one."""
        return gates if len(gates) == 1 else gates.repeat(self._copies, *[1] * (gates.ndim - 1))

    def _cached(self, key: object, make: Callable[[], Tensor]) -> Tensor:
        if key not in self._cache:
            self._cache[key] = make()
        return self._cache[key]


class Field:
    """Gates at every resolution for one pass over `window`; `at` moves it to a step."""

    def __init__(
        self,
        job: RenderJob,
        window: Window,
        canvas: tuple[int, int],
        depth: int,
        readers: frozenset[str],
        device: torch.device,
        dtype: torch.dtype,
        reached: Tensor | None = None,
    ) -> None:
        """`canvas` is the latent size of the whole picture, `depth` the number of resolutions, each half the last,
        `readers` the adapters that change how a prompt is read (its keys and values). `reached` (regions, h, w) is how
        much of its expert each region hears in the window; as `gating.reach` says where it is None or a region's is
        nothing."""
        self.job, self.window, self.device = job, window, device
        self._readers, self._dtype = readers, dtype
        self.copies = 2 if job.guidance > 1 else 1
        self.follows_attention = job.gate is GateKind.ATTENTION
        self._weights: list[Weights] = []
        self._reached: list[Tensor] = []
        boxes, depths = [r.box for r in job.regions], [r.z for r in job.regions]
        for level in range(depth):
            factor = 2**level
            size = (canvas[0] // factor, canvas[1] // factor)
            part = (window.top / factor, window.left / factor, window.height // factor, window.width // factor)
            self._weights.append(partition(boxes, depths, job.feather, size, part))
            heard = torch.from_numpy(reach(boxes, job.fade, size, part)).float().to(device)
            if reached is not None:
                own = F.avg_pool2d(reached, factor)
                heard[1:] = torch.where(reached.amax((1, 2))[:, None, None] > 0, own, heard[1:])
            self._reached.append(heard)
        self._windows = {a.id: (a.start, a.end) for a in job.adapters}
        self.phase: Phase | None = None
        self.levels: dict[int, Level] = {}  # by number of positions
        self.drawn_by: list[Reader] = []  # by block; the background's is fused into the weights
        self.experts: tuple[str, ...] = ()  # adapter ids of the gates' columns
        self.read_by: list[Reader] = []  # by block: what its prompt is read with
        self.mute_read_by: list[Reader] = []  # by unconditional block: what the negative prompt is read with

    @property
    def finest(self) -> Weights:
        """Weights of all blocks at the finest resolution, whether they are heard now or not."""
        return self._weights[0]

    @property
    def top(self) -> Level:
        """The finest resolution as it is now."""
        return next(iter(self.levels.values()))

    def at(self, step: int, of: int) -> bool:
        """Moves to step 0 ≤ `step` < `of`. True when a new phase began."""
        progress = step / of
        first, last = self.job.global_share
        share = first + (last - first) * step / max(of - 1, 1)
        phase = Phase(
            heard=tuple(r.start <= progress < r.end for r in self.job.regions),
            sketched=sketched_at(self.job, progress),
            working=frozenset(i for i, (start, end) in self._windows.items() if start <= progress < end),
            shared=share > 0,
        )
        changed = phase != self.phase
        if changed:
            self._enter(phase)
        strengths = torch.tensor([1.0, *(r.strength for r in self.job.regions)], device=self.device)
        for level in self.levels.values():
            level.weigh(strengths, share)
        return changed

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self.drawn_by = experts_of(self.job, phase.working)
        self.experts, table = routes(self.drawn_by)
        self.read_by = experts_of(self.job, phase.working & self._readers)
        self.mute_read_by = list(dict.fromkeys(self.read_by))
        merged = [self.mute_read_by.index(reader) for reader in self.read_by]
        self.levels.clear()
        for weights, reached in zip(self._weights, self._reached, strict=True):
            heard = weights.copy()
            for block, on in enumerate(phase.heard, 1):
                if not on:
                    heard[0] += heard[block]
                    heard[block] = 0.0
            tensor = torch.from_numpy(heard).float().to(self.device)
            table_ = torch.from_numpy(table).float().to(self.device)
            self.levels[weights[0].size] = Level(
                tensor, reached, table_, merged, phase.shared, self.copies, self._dtype
            )


def experts_of(job: RenderJob, working: frozenset[str]) -> list[Reader]:
    """Each block's adapter and its scale, where it is among `working`."""
    named = [(job.background_adapter, job.background_scale), *((r.adapter, r.scale) for r in job.regions)]
    return [(adapter, scale) if adapter in working else (None, 0.0) for adapter, scale in named]


def routes(used: Sequence[Reader]) -> tuple[tuple[str, ...], np.ndarray]:
    """Adapters to gate, and R (blocks, adapters): what a block's share adds to each adapter's gate, from the adapter
    and scale that each block uses.

    The background's adapter is fused into the weights, so its row is zero and a region's row holds the region's
    expert minus the background's.
    """
    base, base_scale = used[0]
    ids = sorted({i for i, _ in used if i is not None})
    table = np.zeros((len(used), len(ids)))
    for block, (adapter, scale) in enumerate(used):
        if adapter is not None:
            table[block, ids.index(adapter)] += scale
        if base is not None:
            table[block, ids.index(base)] -= base_scale
    kept = [m for m in range(len(ids)) if np.abs(table[:, m]).max() > 0]
    return tuple(ids[m] for m in kept), table[:, kept]


def canonical(job: RenderJob) -> RenderJob:
    """The job with its regions and adapters in the order of their ids: that they came in must not change a bit."""
    regions: tuple[JobRegion, ...] = tuple(sorted(job.regions, key=lambda r: r.id))
    return job.model_copy(update={"regions": regions, "adapters": tuple(sorted(job.adapters, key=lambda a: a.id))})
