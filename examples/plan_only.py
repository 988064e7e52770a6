"""Lay a picture out without drawing it, and look at the boxes: open layout.svg in a browser."""

from pathlib import Path

from mepg_agent import Agent
from mepg_agent.cli_layout import layout_svg

with Agent() as agent:
    plan = agent.plan("a red fox left of a castle, a moon above the castle, at night")

for region in plan.regions:
    print(f"{region.id}: {region.prompt} at {region.box}")
Path("layout.svg").write_text(layout_svg(plan), encoding="utf-8")
Path("plan.json").write_text(plan.model_dump_json(indent=1), encoding="utf-8")  # mepg draw --plan plan.json
