"""Fixtures of the conformance suite that need several rounds: the server says what it needs, and the client calls again
with the answers (revision 2026-07-28)."""

from __future__ import annotations

from typing import Any

from conformance_fixtures import Ctx, answer, tool
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.prompts.base import UserMessage
from mcp.shared.exceptions import MCPError
from mcp_types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CallToolResult,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    ListRootsRequest,
    SamplingMessage,
    TextContent,
)

Result = CallToolResult | InputRequiredResult


def form(message: str, name: str, kind: str = "string") -> ElicitRequest:
    schema = {"type": "object", "properties": {name: {"type": kind}}, "required": [name]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def sampling(text: str, tokens: int = 100) -> CreateMessageRequest:
    message = SamplingMessage(role="user", content=TextContent(text=text))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[message], max_tokens=tokens))


def needs(state: str | None = None, **requests: Any) -> InputRequiredResult:
    return InputRequiredResult(input_requests=requests, request_state=state)


def said(ctx: Context[Any, Any], key: str, field: str) -> str | None:
    """What the person answered; None where it is missing or no answer to this question."""
    found = (ctx.input_responses or {}).get(key)
    content = found.content if isinstance(found, ElicitResult) and found.action == "accept" else None
    value = (content or {}).get(field)
    return None if value is None else str(value)


def add_rounds(server: MCPServer[Any]) -> None:
    @tool(server)
    def test_input_required_result_elicitation(ctx: Ctx) -> Result:
        """Needs a name."""
        name = said(ctx, "user_name", "name")
        return answer(f"Hello, {name}!") if name else needs(user_name=form("What is your name?", "name"))

    @tool(server)
    def test_streaming_elicitation(ctx: Ctx) -> Result:
        """Needs a name, too."""
        name = said(ctx, "user_name", "name")
        return answer(f"Hello, {name}!") if name else needs(user_name=form("What is your name?", "name"))

    @tool(server)
    def test_input_required_result_sampling(ctx: Ctx) -> Result:
        """Needs the client's model."""
        if ctx.input_responses:
            return answer("The model answered.")
        return needs(capital_question=sampling("What is the capital of France?"))

    @tool(server)
    def test_input_required_result_list_roots(ctx: Ctx) -> Result:
        """Needs the client's folders."""
        return answer("Folders are known.") if ctx.input_responses else needs(client_roots=ListRootsRequest())

    @tool(server)
    def test_input_required_result_request_state(ctx: Ctx) -> Result:
        """Needs a yes, and its own state back."""
        if ctx.request_state == "first" and said(ctx, "confirm", "ok"):
            return answer("state-ok")
        return needs("first", confirm=form("Please confirm", "ok", "boolean"))

    @tool(server)
    def test_input_required_result_tampered_state(ctx: Ctx) -> Result:
        """State that nobody may change; the server's seal is what refuses it."""
        if ctx.request_state == "first":
            return answer("The state came back as it was.")
        return needs("first", confirm=form("Please confirm", "ok", "boolean"))

    @tool(server)
    def test_input_required_result_multiple_inputs(ctx: Ctx) -> Result:
        """Needs three answers at once."""
        asked = {
            "user_name": form("What is your name?", "name"),
            "greeting": sampling("Generate a greeting", 50),
            "client_roots": ListRootsRequest(),
        }
        if ctx.request_state == "first" and set(asked) <= set(ctx.input_responses or {}):
            return answer("All three are known.")
        return needs("first", **asked)

    @tool(server)
    def test_input_required_result_multi_round(ctx: Ctx) -> Result:
        """Needs two answers, one after the other."""
        if ctx.request_state == "second" and (color := said(ctx, "step2", "color")):
            return answer(f"The color is {color}.")
        if ctx.request_state == "first" and said(ctx, "step1", "name"):
            return needs("second", step2=form("Step 2: What is your favorite color?", "color"))
        return needs("first", step1=form("Step 1: What is your name?", "name"))

    @tool(server)
    def test_input_required_result_capabilities(ctx: Ctx) -> Result:
        """Asks only what the client can answer."""
        able = ctx.client_capabilities
        requests: dict[str, Any] = {}
        if able is not None and able.elicitation is not None:
            requests["user_name"] = form("What is your name?", "name")
        if able is not None and able.sampling is not None:
            requests["greeting"] = sampling("Generate a greeting", 50)
        if not requests:
            raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, "Nothing can be asked.", {"requiredCapabilities": {}})
        return needs(**requests)

    @server.prompt()
    def test_input_required_result_prompt(ctx: Ctx) -> list[UserMessage] | InputRequiredResult:
        """Needs a context."""
        context = said(ctx, "user_context", "context")
        if context:
            return [UserMessage(f"Context: {context}")]
        return needs(user_context=form("What context should the prompt use?", "context"))
