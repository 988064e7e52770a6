"""Plan a picture, draw every region with its own expert, check it, repair what failed.

Start at `mepg_agent.Agent`. Nothing heavy is imported before it is asked for.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mepg_agent.agent import Agent

__version__ = "0.1.0"
__all__ = ["Agent"]


def __getattr__(name: str) -> object:
    if name == "Agent":
        from mepg_agent.agent import Agent

        return Agent
    raise AttributeError(f"module 'mepg_agent' has no attribute '{name}'")
