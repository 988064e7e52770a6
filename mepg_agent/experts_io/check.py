"""Checking every installed expert: its manifest, its weights' hash, and whether they fit their family."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mepg_agent.errors import BrokenAsset
from mepg_agent.portfolio import (
    Backbone,
    Expert,
    Found,
    expert_files,
    place,
    read_backbone,
    read_expert,
    weights_file,
)
from mepg_agent.records import Adapter
from mepg_agent.scene import Frozen
from mepg_agent.settings import Settings


class Health(Frozen):
    """What was found in one expert's folder."""

    expert: str  # "picturebook/woodcut"
    folder: Path
    problem: str | None  # None: everything is well


def check(settings: Settings) -> tuple[Health, ...]:
    """Every expert under the asset roots, in the order they are found. A broken one does not hide the others."""
    return tuple(_Checker(settings).run())


def shapes(family: Found[Backbone]) -> Any:
    """The family's pipeline without weights. BrokenAsset where its configuration is not there."""
    source = place(family, family.item.pipeline)
    if isinstance(source, Path) and not source.is_dir():
        raise BrokenAsset(
            f"The family '{family.item.id}' has no folder {source}.", "Its weights are missing: install it again."
        )
    from mepg_agent.engine.skeleton import skeleton

    return skeleton(str(source), family.item.revision)


class _Checker:
    def __init__(self, settings: Settings) -> None:
        self._roots = settings.experts
        self._families: dict[str, Found[Backbone]] = {}
        self._shapes: dict[str, Any] = {}
        self._seen: dict[tuple[str, str], Path] = {}

    def run(self) -> Iterator[Health]:
        for manifest in (f for root in self._roots for f in sorted(root.glob("*/backbone.toml"))):
            family = Found(folder=manifest.parent, item=read_backbone(manifest))
            self._families.setdefault(family.item.id, family)
        for manifest in (f for root in self._roots for f in expert_files(root)):
            name, problem = "/".join(manifest.parts[-3:-1]), None
            try:
                expert = read_expert(manifest)
                name = f"{expert.base}/{expert.id}"
                self._look(Found(folder=manifest.parent, item=expert))
            except BrokenAsset as error:
                problem = str(error)
            yield Health(expert=name, folder=manifest.parent, problem=problem)

    def _look(self, found: Found[Expert]) -> None:
        """Raises BrokenAsset with the first thing that is wrong."""
        from mepg_agent.engine import skeleton
        from mepg_agent.engine.local import quiet

        expert = found.item
        first = self._seen.setdefault((expert.base, expert.id), found.folder)
        if first != found.folder:
            raise BrokenAsset(f"The folder {first} holds an expert of the same id.", "Rename or remove one.")
        if expert.base not in self._families:
            known = ", ".join(sorted(self._families)) or "none"
            raise BrokenAsset(f"There is no family '{expert.base}'.", f"Installed: {known}.")
        adapter = Adapter(id=expert.id, kind=expert.kind, path=str(weights_file(found)), sha256=expert.sha256)
        with quiet():
            skeleton.check(adapter, self._pipeline(expert.base))

    def _pipeline(self, base: str) -> Any:
        if base not in self._shapes:
            self._shapes[base] = shapes(self._families[base])
        return self._shapes[base]
