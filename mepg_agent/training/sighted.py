"""How well the loop bench sees (`bench/sight.py` with the scorer): on composed scenes, whose things are known.

`python -m mepg_agent.training.sighted` composes scenes that no one trained on and asks of each what the bench asks:
which of the nouns that stand in it are found and where, how many of each, and which of two stands left of the other or
above it. One noun more is asked for in each, which is not there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from mepg_agent.bench.scorer import Scorer
from mepg_agent.bench.sight import Seen, find, thresholds
from mepg_agent.bench.wanted import OPPOSITE, Thing, Wanted, given
from mepg_agent.training.config import arguments, read
from mepg_agent.training.pool import Source, expert_styles
from mepg_agent.training.scenes import Composer, Scene, Sprites

SEED = 40_000  # no pool is composed with it
SCENES, EMPTY = 200, 12
FOUND = 0.3  # IoU from which on a thing was found where it stands
APART = 0.15  # of the canvas: centres that are nearer stand neither left nor right


def question(scene: Scene, one: str, other: str) -> Wanted | None:
    """Whether `one` stands where it does to `other`; None where neither axis tells them clearly apart."""
    a, b = (next(t.box for t in scene.things if t.noun == noun) for noun in (one, other))
    apart = {name: dx * (a.cx - b.cx) + dy * (a.cy - b.cy) for name, (dx, dy) in OPPOSITE.items()}
    relation = max(apart, key=lambda name: apart[name])
    return Wanted("relation", "", (Thing(one), Thing(other)), relation) if apart[relation] >= APART else None


def marks(scene: Scene, seen: Sequence[Seen], absent: str) -> dict[str, list[bool]]:
    """What the detector got right in one scene, by measure."""
    nouns = list(dict.fromkeys(t.noun for t in scene.things))
    found: dict[str, list[bool]] = {
        "things found": [any(s.noun == t.noun and s.box.iou(t.box) > FOUND for s in seen) for t in scene.things],
        "finds that are there": [
            any(s.noun == t.noun and s.box.iou(t.box) > FOUND for t in scene.things) for s in seen
        ],
        "counts right": [sum(s.noun == n for s in seen) == sum(t.noun == n for t in scene.things) for n in nouns],
        "absent things not found": [all(s.noun != absent for s in seen)],
    }
    alone = [n for n in nouns if sum(t.noun == n for t in scene.things) == 1]
    if len(alone) > 1 and (asked := question(scene, *alone[:2])):
        found["relations seen"] = [given(asked, seen).whole]
        other = Wanted("relation", "", asked.things[::-1], asked.relation)
        found["false relations refused"] = [not given(other, seen).whole]
    return found


def measure(scorer: Scorer, composer: Composer, count: int, styles: Sequence[str]) -> dict[str, float]:
    """Shares of 0..1 over `count` scenes, every third in an expert's style, in whole or in part."""
    rng = np.random.default_rng(SEED)
    bars = thresholds(scorer, [composer.scene(rng, 0).image for _ in range(EMPTY)])
    every: dict[str, list[bool]] = {}
    for index in range(count):
        style = str(rng.choice(list(styles))) if index % 3 == 0 else None
        scene = composer.scene(rng, int(rng.integers(1, 4)), style, mixed=index % 2 == 0)
        nouns = {t.noun for t in scene.things}
        absent = str(rng.choice([n for n in scorer.nouns if n not in nouns]))
        seen = find(scorer, scene.image, {*nouns, absent}, bars)
        for name, values in marks(scene, seen, absent).items():
            every.setdefault(name, []).extend(values)
    return {name: round(float(np.mean(values)), 3) for name, values in every.items()}


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--scenes", type=int, default=SCENES)
    options = parser.parse_args()
    config = read(options.config)
    source = Source.of(config.data)
    composer = Composer(Sprites.load(source.sprites), source.vocabulary(), source.size)
    scorer = Scorer.load(config.out / "scorer")
    print(json.dumps(measure(scorer, composer, options.scenes, expert_styles(composer.vocabulary))))


if __name__ == "__main__":
    main()
