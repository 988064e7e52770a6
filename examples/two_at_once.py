"""Two pictures from asynchronous code: the event loop stays free, the engine draws one after the other."""

import asyncio

from mepg_agent import Agent

PROMPTS = ("a red fox on a meadow", "a castle at night")


async def main() -> None:
    with Agent() as agent:
        for result in await asyncio.gather(*(agent.adraw(prompt, seed=7) for prompt in PROMPTS)):
            print(f"{result.brief.prompt}: {result.status.replace('_', ' ')}, {result.image}")


asyncio.run(main())
