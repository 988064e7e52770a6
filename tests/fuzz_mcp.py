"""Fuzzes the server with mcp-fuzzer, on this machine alone and for a bounded number of requests.

python tests/fuzz_mcp.py 25   # prints what was sent and what came of it
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from served import served

LONGEST = 540  # seconds
ALL = "1000000"  # requests a minute: the limit is tested elsewhere
SEED = "7"


def fuzz(runs: int, folder: Path) -> dict[str, Any]:
    """`runs` calls of each tool and phase, half as many messages of each kind; what is found, as numbers."""
    with served(folder / "home", "--rate", ALL) as server:
        bounds = ("--runs", str(runs), "--runs-per-type", str(max(1, runs // 2)), "--seed", SEED, "--timeout", "60")
        what = ("--mode", "all", "--phase", "both", "--protocol-phase", "aggressive", "--no-corpus", "--no-network")
        where = ("--output-dir", str(folder / "out"), "--fs-root", str(folder / "files"))
        fuzzer = (str(Path(sys.executable).with_name("mcp-fuzzer")), "--protocol", "streamablehttp")
        command = (*fuzzer, "--endpoint", server.url, *bounds, *what, *where)
        environment = {**os.environ, "HOME": str(folder)}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=LONGEST, cwd=folder)
        base = server.url.removesuffix("/mcp")
        alive = json.load(urlopen(f"{base}/health"))["status"] == "ok"
        page = urlopen(f"{base}/metrics").read().decode()
        server.end(signal.SIGTERM)
    said = "".join(file.read_text() for file in (folder / "out").rglob("*.json")) + done.stdout
    statuses = re.findall(r'mepg_http_responses_total\{status="(\d+)"\} (\d+)', page)
    return {
        "completed": "Status: completed" in done.stdout,
        "alive": alive,
        "tools": len(re.findall(r"^  \w+: \d+ runs, \d+ handled", done.stdout, re.MULTILINE)),
        "responses": {int(status): int(count) for status, count in statuses},
        "crashes": sum(map(int, re.findall(r"(\d+) crashes", done.stdout))),
        "anomalies": sum(map(int, re.findall(r"(\d+) transport/protocol anomalies", done.stdout))),
        "tracebacks_told": len(re.findall(r"Traceback|File \\?\"", said)),
        "errors_logged": [line for line in server.log if '"level": "ERROR"' in line],
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(fuzz(int(sys.argv[1]), Path(folder)), indent=1))
