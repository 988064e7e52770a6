"""A version of a picture, drawn once more from the jobs that led to it: no planner, no verifier, no cache."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from mepg_agent.context import Context
from mepg_agent.drawing import pulled
from mepg_agent.engine.base import Latents, Picture, Pixels
from mepg_agent.errors import BadInput, BrokenAsset
from mepg_agent.history import History
from mepg_agent.pictures import Pictures, Recipe, png, provenance_of
from mepg_agent.portfolio import Expert, Found, weights_file
from mepg_agent.records import Event, Render, RenderJob
from mepg_agent.scene import Frozen

Drawing = tuple[Pixels, Latents]


class Reproduction(Frozen):
    """`same`: every step on the way has the bytes that it had. Where one differs, it is the last one that was drawn."""

    session: str
    version: int
    same: bool
    drawn: Annotated[int, Field(ge=1)]  # steps: the first picture, then the repairs and edits that were kept
    of: int
    picture: str  # sha256 of the last one
    image: Path  # of the last one
    largest: Annotated[int, Field(ge=0, le=255)] | None = None  # difference of a channel; None: not known


def lineage(store: Pictures, history: History, number: int | None) -> tuple[tuple[Render, Recipe], ...]:
    """Every picture on the way to a version, the first one first, each with how it is drawn. Raises BadInput where that
    is not known."""
    made = {r.picture: r for v in history.versions for r in (*v.renders, v.render)}
    render: Render | None = history.version(number).render
    way: list[tuple[Render, Recipe]] = []
    while render is not None and len(way) <= len(made):
        recipe = store.recipe(render.job)
        if recipe is None:
            break
        way.append((render, recipe))
        if recipe.job.keep is None:
            return tuple(reversed(way))
        render = made.get(recipe.job.keep.picture)
    raise BadInput("Not all jobs that led to this picture are kept here.", "Import the session where it was drawn.")


def reproduce(
    store: Pictures, session: str, history: History, number: int | None, context: Context
) -> Generator[Event | Reproduction, None, None]:
    """Events while the version is drawn once more, the `Reproduction` last; closing it stops between two steps.

    A picture that comes out the same is put into the store again, in case that it was lost there. Raises BadInput for
    a version that is not there, jobs that are not known, or weights and experts that are not those of then.
    """
    way = lineage(store, history, number)
    jobs = [_here(recipe.job, context) for _, recipe in way]
    before: Drawing | None = None
    for place, ((render, recipe), job) in enumerate(zip(way, jobs, strict=True), 1):
        yield Event(node="reproduce", message=f"drawing picture {place} of {len(way)} again")
        picture = yield from _drawn(job, before, context)
        pairs = picture.candidates or ((picture.image, picture.latents),)
        files = [png(image, provenance_of(recipe)) for image, _ in pairs]
        hashes = [hashlib.sha256(file).hexdigest() for file in files]
        same = render.picture in hashes
        at = hashes.index(render.picture) if same else 0
        before = pairs[at]
        if same and place < len(way):
            continue
        store.put_content("pictures", ".png", files[at])
        yield Reproduction(
            session=session,
            version=history.version(number).number,
            same=same,
            drawn=place,
            of=len(way),
            picture=hashes[at],
            image=store.picture_path(hashes[at]),
            largest=_largest(store, render, [image for image, _ in pairs]),
        )
        return


def _here(job: RenderJob, context: Context) -> RenderJob:
    """The job with the adapters where they lie on this machine."""
    if context.weights(job.backbone) != job.weights:
        raise BadInput(f"It was drawn with other weights of {job.backbone}.", "Install the release that drew it.")
    experts = context.portfolio.experts_of(job.backbone)
    paths = {a.id: _path(a.id, a.sha256, experts) for a in job.adapters}
    adapters = tuple(a.model_copy(update={"path": paths[a.id]}) for a in job.adapters)
    return job.model_copy(update={"adapters": adapters})


def _path(expert: str, sha256: str, experts: Mapping[str, Found[Expert]]) -> str:
    found = experts.get(expert)
    if found is None or found.item.sha256 != sha256:
        raise BadInput(f"It was drawn with the expert '{expert}' ({sha256[:12]}).", "Install that one first.")
    return str(weights_file(found))


def _drawn(job: RenderJob, before: Drawing | None, context: Context) -> Generator[Event, None, Picture]:
    steps = pulled(context.engine(job.backbone), job, before)
    with ExitStack() as stack:
        for words in context.turns.waiting(stack, context.cancelled):
            yield Event(node="reproduce", message=words)
        for item in stack.enter_context(closing(steps)):
            if isinstance(item, Picture):
                return item
            yield Event(node="reproduce", message="drawing", step=item.step, of=item.of)
    raise BrokenAsset("The engine ended without a picture.", "Try it again; if that repeats, check the weights.")


def _largest(store: Pictures, render: Render, images: list[Pixels]) -> int | None:
    try:
        then = store.picture(render.picture).astype(np.int16)
    except BrokenAsset:
        return None
    return min(int(np.abs(then - image).max()) for image in images)
