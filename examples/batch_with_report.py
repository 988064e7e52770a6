"""Draw a list into the folder `pictures`, with a page about it. Start it again and it goes on where it stopped.

Much the same on the command line: mepg batch examples/prompts.txt -o pictures --resume --report pictures/report.html
"""

from pathlib import Path

from mepg_agent import Agent
from mepg_agent.batch import Outcome, make_items, run_batch
from mepg_agent.batch_report import write_report
from mepg_agent.records import Brief

PROMPTS = ("a red fox on a meadow", "two cats in front of a house", "a castle at night")

folder = Path("pictures")
items = make_items((None, Brief(prompt=prompt, seed=7)) for prompt in PROMPTS)
outcomes: dict[str, Outcome] = {}
with Agent() as agent:
    for item, news in run_batch(agent, items, folder, resume=True):
        if isinstance(news, Outcome):  # all other news are events
            outcomes[item.id] = news
            print(f"{item.id}: {news.error or news.status}")
    write_report(folder / "report.html", items, outcomes, folder, agent.store)
