"""The whole family from packed sprites, in one command: `python -m mepg_agent.training.family --minutes 11`.

Runs the trainers as processes, each as soon as what it needs is there, several beside one another on a GPU. The minutes
of the configuration are stretched so that the longest chain of stages takes those given; composing scenes goes on
beside. A stage that ended leaves a mark, so a stopped run goes on where it was; each stage's words are in its log.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mepg_agent.errors import BadInput
from mepg_agent.training.config import TrainingConfig, arguments, read
from mepg_agent.training.pool import Source, expert_styles

LANES = 5  # processes that train experts side by side
PATIENCE = 0.2  # seconds between two looks at what runs


@dataclass(frozen=True)
class Stage:
    name: str
    command: tuple[str, ...]  # module of `mepg_agent.training`, then its arguments
    needs: tuple[str, ...] = ()
    minutes: float = 0.0


def stages(config: TrainingConfig) -> list[Stage]:
    styles = expert_styles(Source.of(config.data).vocabulary())
    lanes = [styles[i::LANES] for i in range(LANES)]
    return [
        Stage("pool", ("pool",)),
        Stage("pca", ("autoencoder", "pca")),
        Stage("words", ("words",), minutes=config.words.minutes),
        Stage("autoencoder", ("autoencoder", "decoder"), ("pca",), config.autoencoder.minutes),
        Stage("denoiser", ("denoiser",), ("pca", "words"), config.denoiser.minutes),
        Stage("imagetext", ("imagetext",), ("words", "autoencoder"), config.imagetext.minutes),
        Stage("scorer", ("scorer",), ("autoencoder",), config.scorer.minutes),
        Stage("sketcher", ("sketcher",), ("denoiser",), config.sketcher.minutes),
        Stage("sketch_reader", ("sketch_reader",), ("sketcher",), config.sketch_reader.minutes),
        Stage("decoder", ("decoder",), ("autoencoder", "denoiser"), config.decoder.minutes),
        *(
            Stage(f"experts-{i}", ("experts", *lane), ("sketch_reader",), config.experts.minutes * len(lane))
            for i, lane in enumerate(lanes)
        ),
    ]


def longest(every: Sequence[Stage]) -> float:
    """Minutes of the longest chain."""
    named = {stage.name: stage for stage in every}

    @cache
    def until(name: str) -> float:
        return named[name].minutes + max((until(need) for need in named[name].needs), default=0.0)

    return max(until(name) for name in named)


def stretched(text: str, factor: float) -> str:
    """A configuration with all its minutes times `factor`."""
    return re.sub(r"(?m)^minutes = ([\d.]+)", lambda found: f"minutes = {float(found[1]) * factor:.3f}", text)


def run(every: Sequence[Stage], file: Path, out: Path, device: str, jobs: int) -> None:
    """Raises BadInput when a stage failed, after those that do not need it have ended."""
    marks, logs = out / "done", out / "logs"
    for folder in (marks, logs):
        folder.mkdir(parents=True, exist_ok=True)
    running: dict[str, subprocess.Popen[bytes]] = {}
    failed: list[str] = []
    try:
        while True:
            for stage in every:
                begun = stage.name in running or stage.name in failed or (marks / stage.name).exists()
                ready = all((marks / need).exists() for need in stage.needs)
                if ready and not begun and len(running) < jobs:
                    running[stage.name] = _started(stage, file, logs / f"{stage.name}.log", device)
            if not running:
                break
            time.sleep(PATIENCE)
            failed += [name for name in _ended(running) if not _marked(name, running.pop(name).returncode, marks)]
    finally:
        for process in running.values():
            process.terminate()
            process.wait()
    if failed:
        raise BadInput(
            f"Failed: {', '.join(failed)}.", f"Read the logs in {logs}; the same command goes on from there."
        )


def _started(stage: Stage, file: Path, log: Path, device: str) -> subprocess.Popen[bytes]:
    print(f"{stage.name} …", flush=True)
    module, *words = stage.command
    command = [sys.executable, "-m", f"mepg_agent.training.{module}", *words, "--config", str(file), "--device", device]
    with log.open("ab") as stream:
        return subprocess.Popen(command, stdout=stream, stderr=stream)


def _ended(running: Mapping[str, subprocess.Popen[bytes]]) -> list[str]:
    return [name for name, process in running.items() if process.poll() is not None]


def _marked(name: str, code: int, marks: Path) -> bool:
    """Whether the stage succeeded, which is then written down."""
    print(f"{name}: {'failed' if code else 'done'}", flush=True)
    if not code:
        (marks / name).touch()
    return not code


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--minutes", type=float, help="of the longest chain of stages; default: as configured")
    parser.add_argument("--jobs", type=int, help="stages at a time; default: 2 on a CPU, all that can run on a GPU")
    options = parser.parse_args()
    config = read(options.config)
    every = stages(config)
    file, factor = config.out / "training.toml", options.minutes / longest(every) if options.minutes else 1.0
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(stretched(options.config.read_text(encoding="utf-8"), factor), encoding="utf-8")
    jobs = options.jobs or (2 if options.device.type == "cpu" else len(every))
    run(every, file, config.out, str(options.device), jobs)


if __name__ == "__main__":
    try:
        main()
    except BadInput as error:
        sys.exit(str(error))
