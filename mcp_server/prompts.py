"""Prompts that a person picks in the client: each tells the assistant how to use the tools for one job."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver import MCPServer
from pydantic import Field

from mcp_server.drawings import Drawings

Text = Annotated[str, Field(description="The text, or a short account of it.")]
Story = Annotated[str, Field(description="The story, in a few sentences.")]
Panels = Annotated[str, Field(description="How many pictures; without, four.")]
Style = Annotated[str, Field(description="An expert's id or a style in words.")]
StyleOrNone = Annotated[str, Field(description="One style for everything; without, what suits.")]
Session = Annotated[str, Field(description="The session of a picture that is drawn.")]
Region = Annotated[str, Field(description="Only this region; without, the whole picture.")]

KNOWN = "Call list_experts first, and use things, places and styles that it names."
HONEST = "If a result is best_effort, say which checks failed."


def add_prompts(server: MCPServer[Drawings]) -> None:
    server.prompt(title="Illustrate a text", description="One picture for a text.")(illustrate)
    server.prompt(title="Draw a storyboard", description="A story in several pictures that look alike.")(storyboard)
    server.prompt(title="Restyle a picture", description="Another style for a picture, or for one thing in it.")(
        restyle
    )


def illustrate(text: Text, style: StyleOrNone = "") -> str:
    asked = f" Everything in the style {style}." if style else " Choose a style that suits the text, and say which."
    return (
        f"Illustrate this text with one picture:\n\n{text}\n\n{KNOWN} Pick the one moment that tells most, and write "
        f"one sentence with two to five things in it that says where each of them stands.{asked} Look at the layout "
        f"with plan_scene, mend what the remarks name, then draw_picture. Look at the result yourself before you show "
        f"it: what you do not recognise, draw again with draw_region. {HONEST}"
    )


def storyboard(story: Story, panels: Panels = "4", style: StyleOrNone = "") -> str:
    look = style or "one style that you choose and keep"
    return (
        f"Draw a storyboard of {panels} pictures for this story:\n\n{story}\n\n{KNOWN} First show me a list of the "
        f"pictures, one sentence each. Then plan the characters, once for all pictures: for each a region with its id, "
        f"prompt (its noun and colour), style and a seed of its own. Make the plan of every picture from its sentence "
        f"with plan_scene, in {look}, and put the same prompt, style and seed into the regions of the characters that "
        f"are in it; move and resize their boxes as the story wants, and let revise_layout check the plan. Draw each "
        f"plan with draw_picture. Look at all pictures together: a character that does not look alike is drawn again "
        f"by draw_region with its prompt and seed. {HONEST}"
    )


def restyle(session: Session, style: Style, region: Region = "") -> str:
    what = f"the {region}" if region else "the whole picture"
    words = f"make the {region} {style}" if region else f"everything in {style}"
    return (
        f"Give {what} of the session {session} the style {style}: call edit_picture with the instruction "
        f'"{words}". If it answers with a question, ask me. Then compare the new version with the one before (history, '
        f"action compare) and tell me what changed and what stayed. {HONEST}"
    )
