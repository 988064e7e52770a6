"""Draw one picture and say what the verifier made of it."""

import shutil

from mepg_agent import Agent

with Agent() as agent:
    result = agent.draw("a watercolor fox left of a castle at night", seed=7)

shutil.copyfile(result.image, "fox.png")
print(f"fox.png is {result.status.replace('_', ' ')}")
for finding in result.verdict.findings:
    print(f"  {finding.region}: {finding.check} {'passed' if finding.passed else 'failed'} ({finding.evidence})")
