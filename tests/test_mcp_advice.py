"""What is advised over MCP can be done over MCP, or says that the person does it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_mepg import fake_agent
from mcp_fixtures import PROMPT, called, connected, data, drawn, refused, words

from mcp_server.advice import told
from mepg_agent.errors import BrokenAsset, NeedsApproval
from mepg_agent.records import Brief
from mepg_agent.scene import ScenePlan
from mepg_agent.turns import stopped

pytestmark = pytest.mark.anyio


def waiting() -> str:
    """The session of a layout that was drawn with `mepg draw --ask`."""
    with fake_agent() as agent, pytest.raises(NeedsApproval) as waits:
        agent.draw(PROMPT, approve=True, steps=2)
    return waits.value.session


async def test_a_layout_that_waits_for_approval_is_the_persons_to_answer_or_is_drawn_anew():
    session = waiting()
    async with connected() as client:
        listed = await called(client, "history", action="list", session=session)
        said = await refused(client, "wait", session=session)
        again = await refused(client, "history", action="resume", session=session)
        plan = ScenePlan.model_validate_json(said[said.index("{") :])
        picture = data(await called(client, "draw_picture", plan=plan.model_dump(mode="json"), steps=2))["drawing"]
    approves = f"The person answers on the command line: `mepg resume {session} --approve`, or --reject."
    assert approves in words(listed) and approves in said and said == again
    assert picture["plan"]["regions"] == plan.model_dump(mode="json")["regions"] and picture["session"] != session


@pytest.mark.parametrize(
    ("tool", "arguments"), [("edit_picture", {"instruction": "make it night"}), ("get_picture", {})]
)
async def test_a_picture_that_is_not_finished_is_to_be_waited_for(tool: str, arguments: dict[str, str]):
    with fake_agent() as agent:
        session = agent.store.begin(Brief(prompt=PROMPT))
    async with connected() as client:
        assert "Call wait with its session first." in await refused(client, tool, session=session, **arguments)


async def test_a_change_that_does_not_follow_is_dropped_with_a_tool(home: Path):
    async with connected() as client:
        session = await drawn(client)
        (home / "sessions" / session / "edit.json").write_text("{")
        said = await refused(client, "draw_region", session=session, regions=[{"region": "fox"}])
        assert "history with action undo drops the edit" in said and "mepg sessions" not in said
        assert data(await called(client, "history", action="undo", session=session))["drawing"]["version"] == 1


async def test_a_damaged_session_is_the_persons_to_mend(home: Path):
    async with connected() as client:
        session = await drawn(client)
        (home / "sessions" / session / "brief.json").write_text("{")
        said = await refused(client, "get_picture", session=session)
    assert f"The person can restore it from a copy, or give it up with `mepg sessions delete {session}`." in said
    assert "`history` without a session lists" in said


def test_what_was_stopped_is_picked_up_with_wait():
    assert told(stopped()).endswith("Call wait with its session to draw it after all.")


def test_other_advice_stays_as_it_is():
    assert told(BrokenAsset("The weights are damaged.", "Install them again.")).endswith("damaged. Install them again.")
