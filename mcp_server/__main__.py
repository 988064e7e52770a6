"""`python -m mcp_server` and `mepg-mcp`: `mepg serve` by one word, with the same options."""

from typing import NoReturn

from mepg_agent import cli


def main() -> NoReturn:
    cli.main("serve")


if __name__ == "__main__":
    main()
