"""Sessions, versions and what can be drawn, as the tools and the resources list them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from mcp_server.reply import picture_uri
from mepg_agent.agent import Agent
from mepg_agent.history import History
from mepg_agent.portfolio import Backbone
from mepg_agent.records import Status
from mepg_agent.session import Summary

LISTED = 50  # sessions in one answer


class SessionLine(BaseModel):
    session: str
    prompt: str
    status: Status | Literal["damaged"] | None  # None: the first picture is not finished
    versions: int
    edit: str | None = None  # words of a change that is not finished
    picture: str | None = None  # the one that is shown

    @property
    def state(self) -> str:
        if self.status == "damaged":
            return "damaged: its records cannot be read"
        state = "not finished" if self.status is None else f"{self.status}, {self.versions} versions"
        return f"{state}, a change not finished" if self.edit else state


class VersionLine(BaseModel):
    version: int
    parent: int | None
    branch: str
    said: str  # the prompt, or the words that led here from the parent
    status: Status
    failed: tuple[str, ...]  # with a check that failed: regions, and things that were taken away
    picture: str
    shown: bool


class ExpertLine(BaseModel):
    id: str
    family: str
    title: str
    description: str
    triggers: tuple[str, ...]  # words that choose it
    licence: str


class FamilyLine(BaseModel):
    """A family of models. Without words (`things` and the rest empty) it takes whatever is said."""

    id: str
    title: str
    description: str
    looks: tuple[str, ...] = ()  # styles that need no expert
    things: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    colors: tuple[str, ...] = ()


class Drawable(BaseModel):
    experts: tuple[ExpertLine, ...]
    families: tuple[FamilyLine, ...]


def session_lines(agent: Agent, damaged: bool = False) -> tuple[SessionLine, ...]:
    """Last touched first; those whose records cannot be read only where `damaged` ones are asked for."""
    return tuple(_line(summary) for summary in agent.store.sessions(damaged))


def _line(summary: Summary) -> SessionLine:
    picture = picture_uri(summary.image.stem) if summary.image else None
    return SessionLine(picture=picture, **{name: value for name, value in summary if name in SessionLine.model_fields})


def lines_of(history: History) -> tuple[VersionLine, ...]:
    return tuple(
        VersionLine(
            version=v.number,
            parent=v.parent,
            branch=v.branch,
            said=v.instruction or v.plan.prompt,
            status=v.status,
            failed=v.verdict.wrong,
            picture=picture_uri(v.render.picture),
            shown=v.number == history.head,
        )
        for v in history.versions
    )


def drawable(agent: Agent) -> Drawable:
    experts = (found.item for found in agent.portfolio.experts.values())
    return Drawable(
        experts=tuple(
            ExpertLine(
                id=e.id,
                family=e.base,
                title=e.title,
                description=e.description,
                triggers=e.triggers,
                licence=e.licence,
            )
            for e in experts
        ),
        families=tuple(_family(agent, found.item) for found in agent.portfolio.backbones.values()),
    )


def _family(agent: Agent, backbone: Backbone) -> FamilyLine:
    words = agent.portfolio.vocabulary(backbone.id)
    line = FamilyLine(id=backbone.id, title=backbone.title, description=backbone.description)
    if words is None:
        return line
    said = {"looks": words.looks, "things": (*words.nouns,), "places": (*words.places,), "times": (*words.times,)}
    return line.model_copy(update={**said, "colors": words.colors})
