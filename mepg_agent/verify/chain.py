"""Which verifier a request gets: the family's own, a model that was named, or several of them together."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Iterable
from pathlib import Path

from mepg_agent.errors import BadInput
from mepg_agent.portfolio import Portfolio, check_weights, place
from mepg_agent.records import Brief
from mepg_agent.settings import Settings
from mepg_agent.verify.asking import AskingVerifier
from mepg_agent.verify.base import Verifier
from mepg_agent.verify.chat import ChatEyes
from mepg_agent.verify.combined import CombinedVerifier

CHOICES = ("auto", "clip:MODEL", "vlm:MODEL", "chat:PROVIDER:MODEL")
KINDS = ("clip", "vlm", "chat")


def check_names(names: Iterable[str]) -> None:
    """Raises BadInput for a verifier that there is not, before anything is loaded."""
    for name in names:
        kind, _, model = name.partition(":")
        provider, _, rest = model.partition(":")
        if name != "auto" and (kind not in KINDS or not provider or (kind == "chat" and not rest)):
            raise BadInput(f"There is no verifier '{name}'.", f"Verifiers: {', '.join(CHOICES)}.")
        if kind in ("clip", "vlm"):
            _source(model)


def load_verifier(brief: Brief, portfolio: Portfolio, settings: Settings, device: Callable[[], str]) -> Verifier | None:
    """The verifiers that the brief names, together. None where it names the family's own alone and there is none.

    Raises BadInput for an unknown name, BrokenAsset for a model that cannot be loaded.
    """
    check_names(brief.verifiers)
    found = [_load(name, brief.backbone, portfolio, settings, device) for name in dict.fromkeys(brief.verifiers)]
    verifiers = [verifier for verifier in found if verifier is not None]
    if len(verifiers) < 2:
        return verifiers[0] if verifiers else None
    return CombinedVerifier(verifiers, brief.combine)


def _load(
    name: str, backbone: str, portfolio: Portfolio, settings: Settings, device: Callable[[], str]
) -> Verifier | None:
    kind, _, model = name.partition(":")
    styles = style_names(portfolio, backbone)
    if kind == "chat":
        return AskingVerifier(ChatEyes(model, settings.prompts, settings.chat_url, settings.chat_timeout), styles)
    if kind == "vlm":
        from mepg_agent.verify.vlm import LocalEyes

        return AskingVerifier(LocalEyes(_source(model), settings.prompts, device()), styles)
    from mepg_agent.verify.clip import ClipVerifier

    found, vocabulary = portfolio.backbone(backbone), portfolio.vocabulary(backbone)
    if kind == "clip":  # thresholds were calibrated for the family's own alone
        return ClipVerifier(_source(model), {}, vocabulary, styles, found.item.style_prompt, device())
    if found.item.verifier is None:
        return None
    check_weights(found, found.item.verifier)
    folder = place(found, found.item.verifier)
    return ClipVerifier(folder, found.item.thresholds, vocabulary, styles, found.item.style_prompt, device())


def _source(model: str) -> Path | str:
    """A folder, or a hub id ("owner/name")."""
    folder = os.path.expanduser(model)  # which, unlike Path, takes a home that nobody has and a name of any length
    if os.path.isdir(folder):
        return Path(folder)
    if model.count("/") != 1 or model.startswith((".", "/", "~")):
        raise BadInput(f"There is no folder {model}.", "Name a folder with a model, or a hub id as owner/name.")
    return model


def style_names(portfolio: Portfolio, backbone: str) -> dict[str, str]:
    """What a routed plan calls a style (look, expert id, first trigger) to its word in prompts."""
    vocabulary = portfolio.vocabulary(backbone)
    names = {look: look for look in (vocabulary.looks if vocabulary else ())}
    for expert in (found.item for found in portfolio.experts_of(backbone).values()):
        word = expert.triggers[0] if expert.triggers else expert.id
        names |= {expert.id: word, word.casefold(): word}
    return names
