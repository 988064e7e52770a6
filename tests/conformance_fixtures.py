"""What the protocol's conformance suite calls by name: tools, resources and prompts that the server has no use for.

The names, texts and forms are those that the suite asks for. They are added to the real server in a process of the
tests alone, so that the suite passes through everything else of it: transport, limits, guard, middleware.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from io import BytesIO
from typing import Annotated, Any
from wave import open as open_wave

import anyio
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.prompts.base import UserMessage
from mcp.shared.exceptions import MCPError
from mcp_types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    AudioContent,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    EmptyResult,
    ImageContent,
    SamplingMessage,
    SetLevelRequestParams,
    TextContent,
    TextResourceContents,
)
from PIL import Image
from pydantic import BaseModel, Field

Ctx = Context[Any, Any]
PAUSE = 0.05  # seconds between two notifications, as the suite asks
Add = Callable[..., Any]


def png() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (1, 1), "red").save(buffer, "PNG")
    return buffer.getvalue()


def wav() -> bytes:
    buffer = BytesIO()
    with open_wave(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0")
    return buffer.getvalue()


def in_text(content: bytes) -> str:
    return base64.b64encode(content).decode()


IMAGE = ImageContent(data=in_text(png()), mime_type="image/png")


def embedded(uri: str, mime: str, text: str) -> EmbeddedResource:
    return EmbeddedResource(resource=TextResourceContents(uri=uri, mime_type=mime, text=text))


def answer(*blocks: ContentBlock | str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=b) if isinstance(b, str) else b for b in blocks])


def add_fixtures(server: MCPServer[Any]) -> None:
    add_contents(server)
    add_schemas(server)
    add_notifications(server)
    add_questions(server)
    add_resources(server)
    add_prompts(server)

    async def level(_: Any, __: SetLevelRequestParams) -> EmptyResult:
        return EmptyResult()

    server._lowlevel_server.add_request_handler("logging/setLevel", SetLevelRequestParams, level)


def tool(server: MCPServer[Any]) -> Add:
    """A decorator: the function's name is the tool's, its docstring the description."""
    return server.tool(structured_output=False)


def add_contents(server: MCPServer[Any]) -> None:
    @tool(server)
    def test_simple_text() -> CallToolResult:
        """Text."""
        return answer("This is a simple text response for testing.")

    @tool(server)
    def test_image_content() -> CallToolResult:
        """An image."""
        return answer(IMAGE)

    @tool(server)
    def test_audio_content() -> CallToolResult:
        """A sound."""
        return answer(AudioContent(data=in_text(wav()), mime_type="audio/wav"))

    @tool(server)
    def test_embedded_resource() -> CallToolResult:
        """A resource in the answer."""
        return answer(embedded("test://embedded-resource", "text/plain", "This is an embedded resource content."))

    @tool(server)
    def test_multiple_content_types() -> CallToolResult:
        """Text, an image and a resource."""
        data = json.dumps({"test": "data", "value": 123})
        mixed = embedded("test://mixed-content-resource", "application/json", data)
        return answer("Multiple content types test:", IMAGE, mixed)

    @tool(server)
    def test_error_handling() -> CallToolResult:
        """Always an error."""
        raise ToolError("This tool intentionally returns an error for testing")


REACHED = {"address": {"$anchor": "addressDef", "type": "object", "properties": {"city": {"type": "string"}}}}
BY_PHONE = {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]}
FULL_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": REACHED,
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": BY_PHONE,
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def add_schemas(server: MCPServer[Any]) -> None:
    @tool(server)
    def test_header(region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]) -> CallToolResult:
        """With an argument that also stands in a header."""
        return answer(region)

    @tool(server)
    def json_schema_2020_12_tool() -> CallToolResult:
        """With a schema that uses much of JSON Schema."""
        return answer("Done.")

    listed = server._tool_manager.get_tool("json_schema_2020_12_tool")
    assert listed is not None
    listed.parameters = FULL_SCHEMA


def add_notifications(server: MCPServer[Any]) -> None:
    async def tell(ctx: Ctx, *lines: str) -> None:
        for line in lines:
            await ctx.session.send_log_message("info", line)
            await anyio.sleep(PAUSE)

    @tool(server)
    async def test_tool_with_logging(ctx: Ctx) -> CallToolResult:
        """Three lines of log."""
        await tell(ctx, "Tool execution started", "Tool processing data", "Tool execution completed")
        return answer("Done.")

    @tool(server)
    async def test_logging_tool(ctx: Ctx) -> CallToolResult:
        """Log that only reaches who asked for it."""
        await tell(ctx, "A line.")
        return answer("Done.")

    @tool(server)
    async def test_tool_with_progress(ctx: Ctx) -> CallToolResult:
        """Progress in three steps."""
        for progress in (0, 50, 100):
            await ctx.report_progress(progress, 100, f"Step {progress} of 100")
            await anyio.sleep(PAUSE)
        return answer("Done.")

    @tool(server)
    async def test_trigger_tool_change(ctx: Ctx) -> CallToolResult:
        """Says that the tools changed."""
        await ctx.notify_tools_changed()
        return answer("Done.")

    @tool(server)
    async def test_trigger_prompt_change(ctx: Ctx) -> CallToolResult:
        """Says that the prompts changed."""
        await ctx.notify_prompts_changed()
        return answer("Done.")

    @tool(server)
    def test_missing_capability(ctx: Ctx) -> CallToolResult:
        """Needs a client that samples."""
        if ctx.client_capabilities is None or ctx.client_capabilities.sampling is None:
            needed = {"requiredCapabilities": {"sampling": {}}}
            raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, "This tool needs sampling.", needed)
        return answer("The client samples.")


class Asked(BaseModel):
    username: str = Field(description="User's response")
    email: str = Field(description="User's email address")


class Defaults(BaseModel):
    name: str = "John Doe"
    age: int = 30
    score: float = 95.5
    status: str = Field(default="active", json_schema_extra={"enum": ["active", "inactive", "pending"]})
    verified: bool = True


def titled(*values: str) -> list[Any]:
    return [{"const": value, "title": f"The {value}"} for value in values]


class Enums(BaseModel):
    untitledSingle: str = Field(json_schema_extra={"enum": ["option1", "option2", "option3"]})
    titledSingle: str = Field(json_schema_extra={"oneOf": titled("value1", "value2", "value3")})
    legacyEnum: str = Field(
        json_schema_extra={"enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option 1", "Option 2", "Option 3"]}
    )
    untitledMulti: list[str] = Field(
        json_schema_extra={"items": {"type": "string", "enum": ["option1", "option2", "option3"]}}
    )
    titledMulti: list[str] = Field(json_schema_extra={"items": {"anyOf": titled("value1", "value2", "value3")}})


def add_questions(server: MCPServer[Any]) -> None:
    """Those of the revisions in which a server asks its client while a call is under way."""

    async def elicited(ctx: Ctx, message: str, form: type[BaseModel]) -> str:
        found = await ctx.elicit(message, form)
        return f"action={found.action}, content={found.data.model_dump_json() if found.action == 'accept' else '{}'}"

    @tool(server)
    async def test_sampling(prompt: str, ctx: Ctx) -> CallToolResult:
        """Asks the client's model."""
        message = SamplingMessage(role="user", content=TextContent(text=prompt))
        found = await ctx.session.create_message([message], max_tokens=100)
        said = found.content.text if isinstance(found.content, TextContent) else ""
        return answer(f"LLM response: {said}")

    @tool(server)
    async def test_elicitation(message: str, ctx: Ctx) -> CallToolResult:
        """Asks the person."""
        return answer(f"User response: {await elicited(ctx, message, Asked)}")

    @tool(server)
    async def test_elicitation_sep1034_defaults(ctx: Ctx) -> CallToolResult:
        """A form with defaults."""
        return answer(f"Elicitation completed: {await elicited(ctx, 'Please review the form', Defaults)}")

    @tool(server)
    async def test_elicitation_sep1330_enums(ctx: Ctx) -> CallToolResult:
        """A form with lists to choose from."""
        return answer(f"Elicitation completed: {await elicited(ctx, 'Please choose', Enums)}")


def add_resources(server: MCPServer[Any]) -> None:
    @server.resource("test://static-text", mime_type="text/plain", description="Text.")
    def static_text() -> str:
        return "This is the content of the static text resource."

    @server.resource("test://static-binary", mime_type="image/png", description="An image.")
    def static_binary() -> bytes:
        return png()

    @server.resource("test://watched-resource", mime_type="text/plain", description="One to subscribe to.")
    def watched() -> str:
        return "Watched."

    @server.resource("test://template/{id}/data", mime_type="application/json", description="One of many.")
    def template(id: str) -> str:
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


def add_prompts(server: MCPServer[Any]) -> None:
    @server.prompt()
    def test_simple_prompt() -> list[UserMessage]:
        """Without arguments."""
        return [UserMessage("This is a simple prompt for testing.")]

    @server.prompt()
    def test_prompt_with_arguments(arg1: str, arg2: str) -> list[UserMessage]:
        """With two arguments."""
        return [UserMessage(f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'")]

    @server.prompt()
    def test_prompt_with_embedded_resource(resourceUri: str) -> list[UserMessage]:
        """With a resource."""
        resource = embedded(resourceUri, "text/plain", "Embedded resource content for testing.")
        return [UserMessage(resource), UserMessage("Please process the embedded resource above.")]

    @server.prompt()
    def test_prompt_with_image() -> list[UserMessage]:
        """With an image."""
        return [UserMessage(IMAGE), UserMessage("Please analyze the image above.")]
