"""What a kill costs: SIGKILL around every checkpoint of a conversation and at random instants, each time a restart.

A conversation is one picture, two edits and an undo, drawn by the engine that needs no model and checked by a judge
that is hard to please. Graph, checkpoints, files and locks are the real ones. Every start looks the home over, goes on
where the one before was killed, and dies again. At the end every version must have the bytes that it has without kills.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from mepg_agent.agent import Agent
from mepg_agent.engine.base import Pixels
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.errors import BadInput, MepgError
from mepg_agent.pictures import Drawn
from mepg_agent.records import Check, Event, Finding, Verdict
from mepg_agent.scene import Frozen, ScenePlan
from mepg_agent.session import Result, SessionStore
from mepg_agent.settings import Settings

PROMPT = "a fox left of a castle and a dog on a meadow"
EDITS = ("make the dog red", "add a balloon top left")  # with an undo between them
STEPS = 2
INSTANTS = ("node done, nothing saved", "its result saved", "its checkpoint saved")  # of every node, in turn
LIMIT = 60.0  # seconds for one start; one that takes longer hangs
Tell = Callable[[int, int, str], None]  # done, of, what
Told = tuple[str, Any]


class Report(Frozen):
    kills: int
    around_checkpoints: dict[str, int]  # of these, by the node that was at work
    starts: int  # of the program, unbroken ones included
    faults: tuple[str, ...]  # what was lost, half written or different; none is the aim
    seconds: float


class Picky:
    """Fails about half of all regions, the same ones for the same pixels."""

    def verify(self, image: Pixels, plan: ScenePlan) -> Verdict:
        return Verdict(findings=tuple(self._look(image, plan, r.id) for r in plan.regions), verifier="picky")

    def _look(self, image: Pixels, plan: ScenePlan, region: str) -> Finding:
        crop = image[plan.region(region).box.pixels(plan.extent).as_slices()]
        score = hashlib.sha256(crop.tobytes()).digest()[0] / 255
        words = f"{score:.2f}"
        return Finding(
            region=region, check=Check.PRESENT, passed=score >= 0.5, score=score, threshold=0.5, evidence=words
        )


@dataclass
class _Start:
    """One process, from its start to its end."""

    killed: bool
    told: list[Told]
    seconds: float

    def all(self, what: str) -> list[Any]:
        return [value for kind, value in self.told if kind == what]


@dataclass
class _Campaign:
    home: Path  # gets one home a conversation
    settings: Settings
    tell: Tell
    reference: dict[int, str] = field(default_factory=dict)  # sha256 of the picture by version
    starts: int = 0
    kills: int = 0
    nodes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def conversation(self, name: str, next_kill: Callable[[], Kill | None]) -> None:
        """Start after start in one home, until the conversation is finished."""
        kept: dict[int, str] = {}
        while True:
            kill = next_kill()
            start = self._start(name, kill)
            lost = [words for found in start.all("found")[:1] for words in missing(kept, found)]
            lost += [words for ended in start.all("done") for words in missing(self.reference, ended)]
            self.faults += [f"{name}: {words}" for words in (*start.all("fault"), *lost)]
            kept |= dict(start.all("kept"))
            if not start.killed:
                return

    def _start(self, name: str, kill: Kill | None) -> _Start:
        start = run_once(self.settings.model_copy(update={"home": self.home / name}), kill)
        self.starts += 1
        if start.killed:
            self.kills += 1
            self.nodes.update(start.all("dies"))
            self.tell(self.kills, self.kills + 1, name)
        return start


@dataclass(frozen=True)
class Kill:
    """At one of INSTANTS of the first node that ends, or after a time (seconds) from the first sign of life."""

    instant: str | None = None
    after: float = 0.0


def campaign(settings: Settings, kills: int, seed: int, tell: Tell = lambda *_: None) -> Report:
    """Kills around every checkpoint of one conversation, then `kills` times at random instants of others.

    `settings` say which experts there are; its home is left alone. Raises BadInput on a system without SIGKILL.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        raise BadInput("Kills need a POSIX system.", "Run this on Linux or macOS.")
    began, random = time.perf_counter(), Random(seed)
    with TemporaryDirectory() as home:
        run = _Campaign(Path(home), settings, tell)
        whole = run._start("unbroken", None)
        [run.reference] = whole.all("done") or [{}]
        run.faults += whole.all("fault")
        turns = iter(_turns())
        run.conversation("checkpoints", lambda: next(turns))
        number, enough = 0, run.kills + kills
        while run.kills < enough and not run.faults:
            number += 1
            run.conversation(f"instants-{number}", lambda: _someday(random, whole.seconds, run.kills < enough))
    seconds = time.perf_counter() - began
    return Report(
        kills=run.kills,
        around_checkpoints=dict(run.nodes),
        starts=run.starts,
        faults=tuple(run.faults),
        seconds=seconds,
    )


def _turns() -> Iterator[Kill]:
    while True:
        yield from (Kill(instant) for instant in INSTANTS)


def _someday(random: Random, seconds: float, wanted: bool) -> Kill | None:
    return Kill(after=random.uniform(0, seconds)) if wanted else None


def missing(wanted: dict[int, str], found: dict[int, str]) -> list[str]:
    """Versions that were kept and are not there, or not with the same bytes."""
    return [
        f"version {number} {'has other bytes' if number in found else 'is lost'}"
        for number, sha256 in wanted.items()
        if found.get(number) != sha256
    ]


def half_written(home: Path) -> list[str]:
    """Every visible file of the store that is not what its name or its kind says."""
    wrong = [
        file
        for part in ("pictures", "latents")
        for file in (home / part).rglob("[!.]*.*")
        if hashlib.sha256(file.read_bytes()).hexdigest() != file.stem
    ]
    for file in (home / "renders").glob("[!.]*"):
        try:
            Drawn.model_validate_json(file.read_bytes())
        except ValueError:
            wrong.append(file)
    return [f"{file.relative_to(home)} is half written" for file in wrong]


def run_once(settings: Settings, kill: Kill | None) -> _Start:
    """The program once, forked from a process that has imported everything already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", __name__])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(settings, kill.instant if kill else None, theirs))
    process.start()
    theirs.close()
    wait([ours, process.sentinel], LIMIT)  # the first sign of life
    began = time.perf_counter()
    random = kill is not None and kill.instant is None
    if not wait([process.sentinel], kill.after if kill and random else LIMIT):
        process.kill()
    process.join()
    told = [] if random or process.exitcode in (0, -signal.SIGKILL) else [("fault", f"exit code {process.exitcode}")]
    return _Start(process.exitcode == -signal.SIGKILL, told + list(_heard(ours)), time.perf_counter() - began)


def _heard(pipe: Connection) -> Iterator[Told]:
    with pipe:
        try:
            while True:
                yield pipe.recv()
        except EOFError:  # also in the middle of what a killed process said
            return


def _work(settings: Settings, instant: str | None, out: Connection) -> None:
    """Inside the process: looks the home over, then goes on to the end of the conversation, or dies at `instant`."""
    out.send(("alive", True))
    try:
        with Agent(settings, engine=FakeEngine(), verifier=Picky()) as agent:
            look_over(agent, out)
            if instant is not None:
                _die_at(instant, agent, lambda node: out.send(("dies", node)))
            for item in _conversation(agent):
                if isinstance(item, Result):
                    out.send(("kept", (item.version, item.render.picture)))
            agent.collect()
            look_over(agent, out)
            out.send(("done", _versions(agent.store)))
    except MepgError as error:
        out.send(("fault", str(error)))


def look_over(agent: Agent, out: Connection) -> None:
    for words in half_written(agent.store.home):
        out.send(("fault", words))
    out.send(("found", _versions(agent.store)))


def _versions(store: SessionStore) -> dict[int, str]:
    history = next((store.history(s.session) for s in store.sessions()), None)
    return {v.number: v.render.picture for v in history.versions} if history else {}


def _conversation(agent: Agent) -> Iterator[Event | Result]:
    """What is left of it, by what the store says."""
    sessions = agent.store.sessions()
    if not sessions:
        yield from agent.stream(PROMPT, steps=STEPS, planner="rules")
    session = agent.store.sessions()[0].session
    yield from agent.resume(session)
    while len((history := agent.history(session)).versions) <= len(EDITS):
        done = len(history.versions)
        if history.head == done > 1:
            yield agent.undo(session)
        else:
            yield from agent.stream_edit(session, EDITS[done - 1])


def _die_at(instant: str, agent: Agent, last_words: Callable[[str], None]) -> None:
    """Wraps the checkpoints of this process, which has nothing else to do. The node is named by what it saves: events
    reach their listener in a thread of their own, too late to tell."""
    saver: Any = agent._compiled().checkpointer
    put, put_writes, ended = saver.put, saver.put_writes, ["between two nodes"]

    def die() -> None:
        last_words(ended[0])
        os.kill(os.getpid(), signal.SIGKILL)

    def dying_put(*args: Any, **kwargs: Any) -> None:
        put(*args, **kwargs)
        die()

    def noting(config: Any, writes: Any, *args: Any, **kwargs: Any) -> None:
        ended[0] = next((node for channel, value in writes if channel == "seconds" for node in value), ended[0])
        if instant != INSTANTS[0]:
            put_writes(config, writes, *args, **kwargs)
        if instant != INSTANTS[2]:
            die()

    saver.put_writes = noting
    if instant == INSTANTS[2]:
        saver.put = dying_put
