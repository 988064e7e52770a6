"""What flows between the parts: a `Brief` goes in; jobs, renders, verdicts and events come out. All frozen values.

No record holds pixels: pictures live on disk under the hash of their content, records name them by it.
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from mepg_agent.printable import printable
from mepg_agent.scene import MAX_PROMPT, Box, Extent, Fraction, Frozen, RegionId, ScenePlan, Words

Seed = Annotated[int, Field(ge=0, lt=2**63)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]  # sha256 (hex); it names a file, so it is nothing else
MAX_CANDIDATES = 16  # of one repair, drawn in one batch
ROUNDS, MAX_ROUNDS = 5, 20  # of repair: without another word as many as there are rungs to climb, and at most
Combine = Literal["all", "any", "mean"]


def digest(value: Any) -> str:
    """sha256 (hex) of a JSON-able value in canonical form: sorted keys, no spaces."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Brief(Frozen):
    """What the person asked for. `plan` skips the planner."""

    prompt: Annotated[str, Field(max_length=MAX_PROMPT)]
    seed: Seed = 0
    steps: Annotated[int, Field(ge=1, le=200)] | None = None  # None takes the backbone's default
    guidance: Annotated[float, Field(ge=1, le=30)] | None = None
    rounds: Annotated[int, Field(ge=0, le=MAX_ROUNDS)] = ROUNDS  # of repair; each takes what failed one step up
    # denoiser calls; no repair begins that might need more. None allows what `ladder.PICTURES` whole pictures take
    max_calls: Annotated[float, Field(gt=0)] | None = None
    max_seconds: Annotated[float, Field(gt=0)] | None = None  # no repair begins after that
    extent: Extent | None = None
    backbone: str = "picturebook"
    planner: str = "auto"
    verifiers: Annotated[tuple[str, ...], Field(min_length=1, max_length=4)] = ("auto",)  # `verify.chain` knows them
    combine: Combine = "all"  # what several verifiers say
    approve: bool = False  # stop before a new picture is drawn until its layout is approved
    plan: ScenePlan | None = None

    @field_validator("prompt")
    @classmethod
    def _said_something(cls, prompt: str) -> str:
        if not prompt.strip():
            raise ValueError("the prompt is empty: say what the picture should show")
        return printable(prompt).strip()


class GateKind(StrEnum):
    POSITION = "position"
    ATTENTION = "attention"


class JobRegion(Frozen):
    """A region as the engine needs it: final words, seed and adapter."""

    id: RegionId
    box: Box
    prompt: str  # with the style words and trigger words the expert wants
    adapter: str | None = None  # id of an entry of RenderJob.adapters
    scale: Annotated[float, Field(ge=0, le=2)] = 1.0
    seed: Seed
    strength: Annotated[float, Field(gt=0, le=4)] = 1.0
    start: Fraction = 0.0
    end: Fraction = 1.0
    z: int = 0


class Adapter(Frozen):
    """An expert's weights, named by content so that a job replays only with the same file."""

    id: str
    kind: Literal["adapter", "checkpoint"] = "adapter"  # a low-rank adapter, or another UNet of the same latent space
    path: str  # absolute path of adapter.safetensors
    sha256: str
    licence: str = ""
    start: Fraction = 0.0  # the expert's own time window
    end: Fraction = 1.0
    sketched: Fraction = 1.0  # until then the denoiser hears sketches of what the expert draws


class Keep(Frozen):
    """Repair instead of draw: the boxes of `redraw` are drawn again on top of `picture`; all other pixels stay."""

    picture: Hash  # of the picture to keep
    latents: Hash  # of its latents
    redraw: tuple[Box, ...]  # what may change
    candidates: Annotated[int, Field(ge=1, le=MAX_CANDIDATES)] = 1
    zoom: bool = False  # the crop around the boxes is drawn as large as the whole canvas, then made small again


class RenderJob(Frozen):
    """Everything a render depends on. Its hash keys the result, so rendering twice is a cache hit."""

    backbone: str
    weights: str  # sha256 over the backbone's files
    prompt: str  # the global prompt
    negative: str = ""
    extent: Extent
    regions: tuple[JobRegion, ...]
    adapters: tuple[Adapter, ...] = ()
    background_adapter: str | None = None
    background_scale: Annotated[float, Field(ge=0, le=2)] = 1.0
    seed: Seed
    steps: Annotated[int, Field(ge=1, le=200)]
    guidance: Annotated[float, Field(ge=1, le=30)]
    scheduler: str = "default"
    gate: GateKind = GateKind.ATTENTION
    feather: Annotated[float, Field(ge=0, le=0.25)] = 0.02  # width of a region's soft border, fraction of the canvas
    # An expert falls silent over so much of its box's sides, towards the borders.
    fade: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    # β: share of the global prompt inside regions, at the first and the last step
    global_share: tuple[Fraction, Fraction] = (0.5, 0.1)
    keep: Keep | None = None

    @model_validator(mode="after")
    def _adapters_exist(self) -> Self:
        known = {a.id for a in self.adapters}
        for used in [r.adapter for r in self.regions] + [self.background_adapter]:
            if used is not None and used not in known:
                raise ValueError(f"the job uses the adapter '{used}' but does not carry it")
        return self

    def hash(self) -> str:
        """Content hash. Where adapter files lie and who may use them does not matter, what is in them does."""
        data = self.model_dump(mode="json")
        for adapter in data["adapters"]:
            del adapter["path"], adapter["licence"]
        if not self.fade:
            del data["fade"]  # jobs that were kept before there was one have the same hash
        return digest(data)

    def without_paths(self) -> RenderJob:
        """The same job, free of what only this machine knows."""
        return self.model_copy(update={"adapters": tuple(a.model_copy(update={"path": ""}) for a in self.adapters)})


class Render(Frozen):
    """A finished picture, by reference."""

    picture: Hash  # of the PNG in the session store
    latents: Hash  # of the latents in the session store
    job: Hash  # RenderJob.hash()
    seed: Seed
    seconds: Annotated[float, Field(ge=0)]
    calls: Annotated[float, Field(ge=0)]  # denoiser evaluations of one full canvas; a crop counts by its area share


class Check(StrEnum):
    PRESENT = "present"
    STYLE = "style"
    COLOR = "color"
    POSITION = "position"
    LEAK = "leak"
    GONE = "gone"  # what an edit took away is no longer where it was
    SCENE = "scene"  # of the whole picture: that it shows the sentence


class Finding(Frozen):
    """One thing the verifier looked at in one region (or in the whole picture: region None)."""

    region: RegionId | None
    check: Check
    passed: bool
    score: float
    threshold: float
    evidence: Words  # "looks most like: fox 0.93, dog 0.04"
    crop: Hash | None = None  # of what was looked at
    question: Words | None = None  # what a model that answers questions was asked
    answer: Words | None = None  # and what it said
    was: RegionId | None = None  # of GONE: what an edit took away; it is no region of the plan any more

    @property
    def subject(self) -> str | None:
        """Id of the region, or of the thing that was taken away; None for the whole picture."""
        return self.was or self.region


class Action(StrEnum):
    ACCEPT = "accept"
    REGENERATE = "regenerate"
    REVISE_LAYOUT = "revise layout"
    REPLAN = "replan"
    STOP = "stop"


class Verdict(Frozen):
    findings: tuple[Finding, ...]
    action: Action = Action.ACCEPT
    verifier: str = "clip"

    @property
    def failed(self) -> tuple[str, ...]:
        """Ids of regions with a failed finding, in order, once each."""
        return tuple(dict.fromkeys(f.region for f in self.findings if not f.passed and f.region is not None))

    @property
    def wrong(self) -> tuple[str, ...]:
        """Ids of what failed, in order, once each: regions, and things that an edit took away."""
        return tuple(dict.fromkeys(f.subject for f in self.findings if not f.passed and f.subject is not None))

    @property
    def passed(self) -> bool:
        """Whether somebody looked, and everything that was looked at is right."""
        return bool(self.findings) and all(f.passed for f in self.findings)

    def score(self) -> float:
        """Higher is better: passed findings count whole, margins break ties. Used to keep the best picture."""
        if not self.findings:
            return 0.0
        margins = sum(max(min(f.score - f.threshold, 1.0), -1.0) for f in self.findings) / len(self.findings)
        return sum(f.passed for f in self.findings) + 0.5 * margins


class Rung(StrEnum):
    """The ladder of repairs, lowest first. A region that still fails goes one up."""

    SEEDS = "new seeds"
    STRONGER = "stronger gate and guidance"
    SOLO = "solo crop"
    MOVE = "bigger or moved box"
    SIMPLER = "simpler prompt"


class Trial(Frozen):
    """A repair that is to be tried."""

    round: Annotated[int, Field(ge=1)]
    region: RegionId
    rung: Rung
    reason: str  # from the verdict: "present 0.03, needs 0.50 (looks most like: dog 0.91)"


class Attempt(Trial):
    """A repair that was tried: what it cost, all candidates together, and what came of it."""

    calls: Annotated[float, Field(ge=0)]
    seconds: Annotated[float, Field(ge=0)]
    kept: bool
    outcome: str  # "kept: score 0.41 → 2.32", "rolled back: it made dog worse"
    picture: Hash | None = None  # of the picture after it, where it was kept


class Approval(Frozen):
    """A person's answer to a layout that waits for it."""

    answer: Literal["approve", "change", "reject"]
    plan: ScenePlan | None = None  # of "change": the layout to draw instead; it is shown once more

    @model_validator(mode="after")
    def _changed_to_something(self) -> Self:
        if (self.plan is not None) != (self.answer == "change"):
            raise ValueError("a change needs the changed plan, another answer has none")
        return self


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Remark(Frozen):
    """What the critic says about a plan."""

    severity: Severity
    about: str  # "overlap", "relation", "count", …
    regions: tuple[str, ...] = ()
    message: str


class Event(Frozen):
    """One line of the stream that the command line and MCP show."""

    node: str
    message: str  # words for a person: "verifying the fox"
    region: str | None = None
    step: int | None = None
    of: int | None = None
    preview: str | None = None  # path of a small picture


Status = Literal["accepted", "best_effort", "failed"]
