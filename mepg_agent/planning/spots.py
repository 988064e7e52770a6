"""Parts of the canvas that people name, "top left", and the boxes of things that go there."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from mepg_agent.planning.items import BORDER, GAP
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import Box, Region


def at_spot(region: Region, spot: str, vocabulary: Vocabulary | None) -> Box:
    """The region's box, its size kept, at a part of the canvas; sideways only where just a side was said."""
    wide, high = region.box.width / 2, region.box.height / 2
    sky = vocabulary is not None and region.noun in vocabulary.nouns and vocabulary.nouns[region.noun].stands == "sky"
    words = {"corner": "top right" if sky else "bottom left"}.get(spot, spot).split()
    cx = {"left": wide + BORDER, "right": 1 - BORDER - wide, "center": 0.5}.get(words[-1], region.box.cx)
    cy = {"top": high + BORDER, "bottom": 1 - BORDER - high, "center": 0.5}.get(words[0], region.box.cy)
    return Box.centered(cx, cy, region.box.width, region.box.height)


def side_by_side(regions: Iterable[Region], spot: str, vocabulary: Vocabulary | None) -> dict[str, Box]:
    """The boxes of several at a part of the canvas, by id. Where they would stand on one another there, in a row, from
    left to right as before."""
    row = sorted(regions, key=lambda r: r.box.cx)
    boxes = {r.id: at_spot(r, spot, vocabulary) for r in row}
    if not any(boxes[a.id].overlap(boxes[b.id]) for a, b in pairwise(row)):
        return boxes
    widths = sum(r.box.width for r in row)
    gap = min(GAP, (1 - 2 * BORDER - widths) / (len(row) - 1))
    whole = Box.centered(0.5, row[0].box.cy, min(widths + gap * (len(row) - 1), 1.0), row[0].box.height)
    at = at_spot(row[0].model_copy(update={"box": whole}), spot, vocabulary).x
    for region in row:
        box = boxes[region.id]
        boxes[region.id] = box.moved(at - box.x, 0)
        at += box.width + gap
    return boxes
