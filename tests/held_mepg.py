"""`fake_mepg.py` with an engine that stands between two steps until there is a file `go` in the home."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from fake_mepg import fake_agent

from mepg_agent.cli import Door, run
from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.records import RenderJob
from mepg_agent.settings import Settings


class Held(FakeEngine):
    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        while not (Settings.load().home / "go").exists():
            yield Step(1, 2)
            time.sleep(0.02)
        yield from super().run(job, before)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], Door(make_agent=lambda: fake_agent(Held()))))
