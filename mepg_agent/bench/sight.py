"""What the independent scorer finds in a picture, wherever it stands: a picture without a layout is judged as one with
a layout is.

The scorer names what a square shows and always names something. So a thing counts as found only where it is surer than
it is anywhere in pictures of the same family that show no thing at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mepg_agent.bench.judge import glance, look
from mepg_agent.bench.scorer import SURE, Scorer
from mepg_agent.engine.base import Pixels
from mepg_agent.scene import Box
from mepg_agent.verify.crops import square_crop

SIDES = (0.2, 0.28, 0.38, 0.5, 0.66, 0.85)  # of the squares, fractions of the canvas
STEP = 1 / 3  # of a square's side, from one to the next
SUREST = 0.98  # the most that may be asked for, however sure the scorer is of empty pictures
EMPTY = 0.99  # share of the squares of empty pictures that stay below the threshold
EVEN = 0.05  # two probabilities that are nearer than this are about equal
TAKEN = 0.5  # IoU from which on two squares of different things are of one thing, the surer one
APART = 0.3  # two squares that share more of the smaller one show one thing


@dataclass(frozen=True)
class Seen:
    """A thing in a picture. `styles`: a probability each, in the scorer's order."""

    noun: str
    box: Box
    score: float
    style: str
    styles: tuple[float, ...]


def find(
    scorer: Scorer, image: Pixels, nouns: Collection[str], bars: Mapping[str, float], boxes: Iterable[Box] = ()
) -> list[Seen]:
    """Every thing of `nouns` in the picture, the surest first; one that overlaps a surer one of its kind is that one.
    Of squares about equally sure the larger one counts: a part of a thing may look like it.

    `bars` has the least probability by noun. Looked at are squares of all sizes all over the picture, and `boxes`.
    """
    squares = [*_squares(), *(Box.centered(b.cx, b.cy, s := max(b.width, b.height), s) for b in boxes)]
    of_noun = glance(scorer, [square_crop(image, square) for square in squares]).nouns
    found: list[Seen] = []
    order = sorted(range(len(squares)), key=lambda i: (-round(float(of_noun[i].max()) / EVEN), -squares[i].area))
    for at in order:
        noun = scorer.nouns[int(of_noun[at].argmax())]
        score = float(of_noun[at].max())
        if noun not in nouns or score < bars[noun]:
            continue
        if any(_same_thing(s, noun, squares[at]) for s in found):
            continue
        [styles] = look(scorer, image, [squares[at]]).styles
        found.append(Seen(noun, squares[at], score, scorer.styles[int(styles.argmax())], tuple(map(float, styles))))
    return found


def thresholds(scorer: Scorer, empty: Sequence[Pixels]) -> dict[str, float]:
    """The least probability of every noun, from pictures that show none of them."""
    crops = [square_crop(image, square) for image in empty for square in _squares()]
    of_noun = glance(scorer, crops).nouns
    bars = np.clip(np.quantile(of_noun, EMPTY, axis=0), SURE, SUREST)
    return dict(zip(scorer.nouns, map(float, bars), strict=True))


def vendi(styles: NDArray[np.float64]) -> float:
    """How many styles there are in effect, 1 to n: the Vendi score (Friedman and Dieng, 2023) of feature vectors
    (n, features) under cosine similarity, exp of the entropy of the eigenvalues of their similarities over n."""
    unit = styles / np.linalg.norm(styles, axis=1, keepdims=True)
    values = np.linalg.eigvalsh(unit @ unit.T / len(unit))
    values = values[values > 1e-12]
    return float(np.exp(-(values * np.log(values)).sum()))


def _squares() -> list[Box]:
    found = []
    for side in SIDES:
        at = np.linspace(side / 2, 1 - side / 2, 1 + int(np.ceil((1 - side) / (side * STEP))))
        found += [Box.centered(float(x), float(y), side, side) for y in at for x in at]
    return found


def _same_thing(seen: Seen, noun: str, square: Box) -> bool:
    """One place is not both a bus and a car; yet a cat may stand in front of a house."""
    if seen.noun != noun:
        return seen.box.iou(square) > TAKEN
    return seen.box.overlap(square) > APART * min(seen.box.area, square.area)
