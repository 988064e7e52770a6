"""`mepg serve` with the fixtures of the conformance suite, for a process of the tests; it takes the same options."""

from __future__ import annotations

import sys
from typing import Any

from conformance_fixtures import add_fixtures
from conformance_rounds import add_rounds
from fake_mepg import fake_agent
from mcp.server.mcpserver import MCPServer

from mcp_server import serve
from mepg_agent.cli import Door, run


def main() -> int:
    real = serve.build_server

    def with_fixtures(*given: Any) -> MCPServer[Any]:
        server = real(*given)
        add_fixtures(server)
        add_rounds(server)
        return server

    serve.build_server = with_fixtures
    return run(sys.argv[1:], Door(make_agent=fake_agent))


if __name__ == "__main__":
    sys.exit(main())
