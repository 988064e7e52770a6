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
        f"it. {HONEST}"
    )


def storyboard(story: Story, panels: Panels = "4", style: StyleOrNone = "") -> str:
    look = style or "one style that you choose and keep"
    return (
        f"Draw a storyboard of {panels} pictures for this story:\n\n{story}\n\n{KNOWN} Write one sentence a picture "
        f"first and show me the list. Then draw each with draw_picture, in {look}. Use the same words, colours and "
        f"seed for a figure in all pictures, so that it looks alike. Where two pictures share their place, draw the "
        f"second by edit_picture from a branch of the first (history, action branch). {HONEST}"
    )


def restyle(session: Session, style: Style, region: Region = "") -> str:
    what = f"the {region}" if region else "the whole picture"
    words = f"make the {region} {style}" if region else f"everything in {style}"
    return (
        f"Give {what} of the session {session} the style {style}: call edit_picture with the instruction "
        f'"{words}". If it answers with a question, ask me. Then compare the new version with the one before (history, '
        f"action compare) and tell me what changed and what stayed. {HONEST}"
    )
