"""Runs an example with fakes for what needs weights: python tests/run_example.py examples/draw_one.py"""

from __future__ import annotations

import runpy
import sys

from scripted import ScriptedVerifier

from mepg_agent import agent
from mepg_agent.engine.fake import FakeEngine

if __name__ == "__main__":
    agent.Agent._load_engine = lambda self, backbone: FakeEngine()
    agent.load_verifier = lambda *_: ScriptedVerifier()
    runpy.run_path(sys.argv[1], run_name="__main__")
