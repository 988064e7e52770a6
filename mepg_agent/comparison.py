"""What differs between two versions of a picture, pixel by pixel."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from mepg_agent.errors import BadInput
from mepg_agent.history import History, Number, Version
from mepg_agent.planning.edits import changed_regions
from mepg_agent.scene import Box, Extent, Fraction, Frozen
from mepg_agent.session import SessionStore


class Comparison(Frozen):
    """Between versions `a` and `b`. `boxes` is all that the edits between them drew again, on the way over the version
    that both were made from; the full box where one drew the whole picture, or how it was drawn is not known here."""

    a: Number
    b: Number
    regions: tuple[str, ...]  # ids that those edits changed, added, removed or repaired
    boxes: tuple[Box, ...]
    outside_equal: bool  # whether every byte outside the boxes is the same
    changed: Fraction  # share of the pixels that differ
    largest: Annotated[int, Field(ge=0, le=255)]  # difference of one channel


def compare(store: SessionStore, history: History, a: int, b: int) -> Comparison:
    """Raises BadInput for a version that is not there or two of other sizes, BrokenAsset for a picture that is not."""
    steps = history.path(a, b)
    regions = dict.fromkeys(region for step in steps for region in _changed(*step))
    boxes = tuple(dict.fromkeys(box for step in steps for box in _drawn(store, *step)))
    one, two = (store.picture(history.version(number).render.picture) for number in (a, b))
    if one.shape != two.shape:
        raise BadInput(f"Versions {a} and {b} are not of one size.", "Look at each of them instead.")
    distance = np.abs(one.astype(np.int16) - two).max(axis=2)
    height, width = distance.shape
    outside = np.ones((height, width), bool)
    for box in boxes:
        outside[box.pixels(Extent(width=width, height=height)).as_slices()] = False
    return Comparison(
        a=a,
        b=b,
        regions=tuple(regions),
        boxes=(Box.full(),) if Box.full() in boxes else boxes,
        outside_equal=not distance[outside].any(),
        changed=float((distance > 0).mean()),
        largest=int(distance.max()),
    )


def _changed(parent: Version, child: Version) -> tuple[str, ...]:
    return (*changed_regions(parent.plan, child.plan), *(a.region for a in child.attempts if a.kept))


def _drawn(store: SessionStore, parent: Version, child: Version) -> tuple[Box, ...]:
    """What the jobs from one picture to the other drew again, the first one's boxes first."""
    made = {r.picture: r for r in child.renders}
    boxes: tuple[Box, ...] = ()
    picture, render = child.render.picture, child.render
    while picture != parent.render.picture:
        recipe = store.recipe(render.job) if render else None
        if recipe is None or recipe.job.keep is None:
            return (Box.full(),)
        boxes = (*recipe.job.keep.redraw, *boxes)
        picture = recipe.job.keep.picture
        render = made.pop(picture, None)  # once each, whatever an imported history says
    return boxes
