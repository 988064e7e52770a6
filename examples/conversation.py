"""Talk about a picture: eight edits, an undo and a branch. Every version ends up on one sheet, versions.png.

The same on the command line: mepg draw, then mepg edit last "…", mepg sessions undo last, mepg open last.
"""

from pathlib import Path

from mepg_agent import Agent
from mepg_agent.cli_sheet import history_sheet

with Agent() as agent:
    session = agent.draw("a fox left of a castle and a dog on a meadow", seed=7).session

    def say(instruction: str) -> None:
        """Only what the words name is drawn again."""
        result = agent.edit(session, instruction)
        print(f"{result.version}. {instruction}: {result.status.replace('_', ' ')}")

    say("make the dog watercolor")
    say("add a balloon top left")
    say("make it night")
    say("move the castle up")
    agent.undo(session)  # shows version 4 again; version 5 stays where it is
    say("make the fox red")  # so this one opens a line of its own
    agent.branch(session, "early", at=2)  # and here another one begins, at the watercolor dog
    say("remove the dog")
    say("make the fox bigger")
    say("replace the fox with a cat")

    history = agent.history(session)
    print(", ".join(f"{line} ends at version {number}" for line, number in history.branches.items()))
    history_sheet(agent.store, session, history).save(Path("versions.png"))
