"""The things of a scene while they are laid out, and the measures that all of that keeps to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mepg_agent.portfolio import Noun
from mepg_agent.scene import Extent

BORDER = 0.03
GAP = 0.06  # between things side by side or in two rows: two of a kind whose boxes nearly touch are drawn as one
TALLEST = 0.7
SMALL = 0.2  # of several at one thing or in two rows, none is made smaller than this
ONE_ROW = 3  # more than these stand in two rows, one behind the other


@dataclass
class Item:
    """One region to place. `size` is the factor the person said ("huge" 1.6), `height` the share of the canvas."""

    id: str
    noun: Noun
    size: float = 1.0
    spot: str | None = None
    depth: Literal["front", "back"] | None = None
    height: float = 0.0
    cx: float = 0.5
    cy: float = 0.5


def width_of(item: Item, extent: Extent) -> float:
    """Width in fractions of the canvas of a thing that is as wide as high in pixels."""
    return min(item.height * extent.height / extent.width, 0.94)
