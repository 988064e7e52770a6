"""`mepg` with an engine and a verifier that need no weights: what the tests of the faces talk to, also as a process."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from scripted import ScriptedVerifier

from mepg_agent.agent import Agent
from mepg_agent.cli import Door, run
from mepg_agent.engine.base import Latents, Picture, Pixels, Step
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.records import RenderJob


class ChattyEngine(FakeEngine):
    """Writes to the standard output, as model libraries sometimes do."""

    def run(self, job: RenderJob, before: tuple[Pixels, Latents] | None = None) -> Iterator[Step | Picture]:
        print("loading weights: 100%", flush=True)
        yield from super().run(job, before)


def fake_agent(engine: FakeEngine | None = None, verifier: ScriptedVerifier | None = None) -> Agent:
    return Agent(engine=engine or FakeEngine(), verifier=verifier or ScriptedVerifier())


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], Door(make_agent=lambda: fake_agent(ChattyEngine()))))
