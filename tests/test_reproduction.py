"""A version drawn once more while another program has the device."""

from __future__ import annotations

import threading

from edit_fixtures import agent_of, drawn

from mepg_agent.records import Event
from mepg_agent.reproduction import Reproduction
from mepg_agent.scene import ScenePlan
from mepg_agent.settings import Settings
from mepg_agent.turns import WAITING, Turns


def test_reproducing_says_that_it_waits_and_can_be_given_up_meanwhile(settings: Settings, three_things: ScenePlan):
    with agent_of(settings) as agent:
        session = drawn(agent, three_things)
        [lock] = (settings.home / "devices").glob("*.next.lock")
        other = Turns(settings.home, lambda: lock.name.removesuffix(".next.lock"))
        with other.turn(threading.Event()):
            stream = agent.stream_reproduce(session)
            begun, waits, still = next(stream), next(stream), next(stream)
            assert isinstance(begun, Event) and "again" in begun.message
            assert [e.message for e in (waits, still) if isinstance(e, Event)] == [WAITING, WAITING]
            stream.close()
        *_, made = agent.stream_reproduce(session)
    assert isinstance(made, Reproduction) and made.same
