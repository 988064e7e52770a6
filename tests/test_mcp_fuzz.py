"""Broken and hostile messages, by a fuzzer that others wrote; `python tests/fuzz_mcp.py 25` sends more of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from fuzz_mcp import fuzz


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_broken_and_hostile_messages_neither_crash_the_server_nor_show_its_insides(tmp_path: Path):
    found = fuzz(1, tmp_path)
    assert found["completed"] and found["alive"]
    assert found["tools"] >= 7 and sum(found["responses"].values()) >= 50
    assert max(found["responses"]) < 500
    assert (found["crashes"], found["anomalies"], found["tracebacks_told"]) == (0, 0, 0)
    assert found["errors_logged"] == []
