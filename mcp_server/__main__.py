"""`python -m mcp_server` and `mepg-mcp`: the server on the standard streams."""

from mcp_server.server import build_server


def main() -> None:
    build_server().run("stdio")


if __name__ == "__main__":
    main()
