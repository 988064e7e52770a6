"""Watch a picture being made. Leaving the loop early would stop the drawing; `mepg resume` takes it up again."""

from mepg_agent import Agent
from mepg_agent.records import Event

with Agent() as agent:
    for item in agent.stream("a dog in front of a red house", rounds=1):
        if isinstance(item, Event):
            step = f" {item.step}/{item.of}" if item.step else ""
            print(f"{item.node}: {item.message}{step}")
        else:  # the last one is the result
            print(f"{item.status.replace('_', ' ')}: {item.image}")
