"""`python -m mepg_agent` is `mepg`."""

from mepg_agent.cli import main

if __name__ == "__main__":
    main()
