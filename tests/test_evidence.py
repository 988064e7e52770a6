"""What a verdict is about can be looked at, for as long as there is the verdict."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scripted import ScriptedVerifier

from mepg_agent.agent import Agent
from mepg_agent.engine.fake import FakeEngine
from mepg_agent.scene import ScenePlan
from mepg_agent.session import Result
from mepg_agent.settings import Settings
from mepg_agent.verify.crops import square_crop


def agent_of(settings: Settings) -> Agent:
    return Agent(settings, engine=FakeEngine(), verifier=ScriptedVerifier())


def check_crops(agent: Agent, result: Result) -> None:
    picture = agent.store.picture(result.render.picture)
    assert len({finding.crop for finding in result.verdict.findings}) == 3
    for finding in result.verdict.findings:
        assert finding.crop and finding.region
        seen = square_crop(picture, result.plan.region(finding.region).box)
        assert np.array_equal(agent.store.picture(finding.crop), np.asarray(seen))


def test_every_finding_shows_the_part_that_was_looked_at_and_collecting_spares_it(
    settings: Settings, three_things: ScenePlan
):
    with agent_of(settings) as agent:
        result = agent.draw(three_things.prompt, plan=three_things, steps=1)
        agent.collect()
        check_crops(agent, agent.result(result.session))


def test_an_imported_verdict_shows_it_too(settings: Settings, three_things: ScenePlan, tmp_path: Path):
    with agent_of(settings) as agent:
        session = agent.draw(three_things.prompt, plan=three_things, steps=1).session
        file = agent.export(session, tmp_path / "session.zip")
    with agent_of(settings.model_copy(update={"home": tmp_path / "elsewhere"})) as other:
        check_crops(other, other.import_(file))
