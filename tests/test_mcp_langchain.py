"""An agent of LangGraph that uses the server through LangChain's own adapter: its model is a script."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from fake_mepg import fake_agent
from langchain.agents import create_agent
from langchain.mcp import MCPAdapter
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from mcp_fixtures import TIMEOUT
from pydantic import Field

from mcp_server.server import build_server

pytestmark = pytest.mark.anyio

Turn = Callable[[str], tuple[str, dict[str, Any]]]  # of the session that was drawn: a tool and its arguments
SCRIPT: tuple[Turn, ...] = (
    lambda _: ("draw_picture", {"prompt": "a red fox left of a castle", "steps": 2}),
    lambda session: ("edit_picture", {"session": session, "instruction": "make the fox blue"}),
    lambda session: ("history", {"session": session, "action": "undo"}),
)


class Scripted(BaseChatModel):
    """Calls the tools of the script, one after the other, with the session that it read in the first answer."""

    tools: list[str] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **_: Any) -> Any:
        self.tools.extend(tool.name for tool in tools)
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> ChatResult:
        answers = [message for message in messages if isinstance(message, ToolMessage)]
        said = AIMessage("Done.")
        if len(answers) < len(SCRIPT):
            name, arguments = SCRIPT[len(answers)](session_in(answers))
            call = {"name": name, "args": arguments, "id": f"call-{len(answers)}"}
            said = AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=said)])


def session_in(answers: list[ToolMessage]) -> str:
    """As a model finds it: in the words of the first answer."""
    words = str(answers[0].content) if answers else ""
    return words.partition("Session ")[2].partition(",")[0]


async def test_an_agent_of_langgraph_draws_edits_and_undoes():
    model = Scripted()
    with anyio.fail_after(TIMEOUT):
        async with MCPAdapter(build_server(fake_agent)) as adapter:
            agent = create_agent(model, await adapter.list_tools())
            state = await agent.ainvoke({"messages": [HumanMessage("A fox, then a blue one, then not.")]})
    answers = [message for message in state["messages"] if isinstance(message, ToolMessage)]
    assert {"draw_picture", "edit_picture", "history", "wait"} <= set(model.tools)
    assert [(message.name, message.status) for message in answers] == [
        ("draw_picture", "success"),
        ("edit_picture", "success"),
        ("history", "success"),
    ]
    drawn, edited, undone = (picture_of(message) for message in answers)
    assert drawn == undone != edited
    assert state["messages"][-1].content == "Done."
    assert all(any(block["type"] == "image" for block in message.content_blocks) for message in answers)


def picture_of(message: ToolMessage) -> str:
    return json.loads(json.dumps(message.artifact))["structured_content"]["drawing"]["picture"]
