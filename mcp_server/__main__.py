"""`python -m mcp_server` and `mepg-mcp`: the server on the standard streams, as `mepg serve` without options."""

from mcp_server.serve import Wishes, serve_stdio
from mepg_agent.agent import Agent


def main() -> None:
    serve_stdio(Agent, Wishes(), "info")


if __name__ == "__main__":
    main()
