"""The planner's training set: prompts with their plans, and edit instructions with their operations.

`write_splits` makes four gzipped JSON-lines files. `train` and `dev` share phrasings; every example of `test` and of
`edit-test` has at least one phrasing that training never saw. Same seed, same bytes.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import TypedDict

from mepg_agent.planning.operations import encode_operations, encode_picture
from mepg_agent.planning.question import EDIT, PLAN
from mepg_agent.planning.target import encode
from mepg_agent.portfolio import Vocabulary
from mepg_agent.training.psa_edits import Editor
from mepg_agent.training.psa_kin import write_group, write_row, write_split, write_twins
from mepg_agent.training.psa_scenes import any_known_thing, plan_of, reading_of, sample_scene
from mepg_agent.training.psa_writer import write

KIN_SHARE = 0.08  # scenes with several of a kind that differ
ROW_SHARE = 0.06  # of scenes named from left to right


class Example(TypedDict):
    task: str  # PLAN | EDIT
    prompt: str  # what the person says
    context: str  # the picture of an edit, see `planning.operations`, else ""
    target: str


def plan_examples(vocabulary: Vocabulary, count: int, seed: int, held: bool) -> Iterator[Example]:
    """`count` prompts with plans; with `held`, only prompts that use a held-out phrasing."""
    rng = Random(seed)
    made = 0
    while made < count:
        scene = sample_scene(rng, vocabulary)
        roll = rng.random()
        if roll < KIN_SHARE:
            base = any_known_thing(rng, vocabulary)
            writer = rng.choice((write_twins, write_twins, write_group, write_split))
            prompt, ordered, used = writer(rng, base, scene.place, held)
        elif roll < KIN_SHARE + ROW_SHARE and 3 <= len(scene.things) <= 6:
            prompt, ordered, used = write_row(rng, scene.things, scene.place, held)
        else:
            prompt, ordered, used = write(rng, scene, held)
        if used != held or plan_of(ordered, vocabulary, prompt) is None:
            continue
        made += 1
        yield Example(task=PLAN, prompt=prompt, context="", target=encode(reading_of(ordered)))


def edit_examples(vocabulary: Vocabulary, count: int, seed: int, held: bool) -> Iterator[Example]:
    """`count` edit instructions for random plans."""
    rng = Random(seed)
    made = 0
    while made < count:
        plan = plan_of(sample_scene(rng, vocabulary), vocabulary, "scene")
        if plan is None or len(plan.regions) > 8:
            continue
        editor = Editor(rng, plan, vocabulary, held)
        instruction, operations = editor.edit()
        if editor.used_held != held:
            continue
        made += 1
        context, target = encode_picture(plan), encode_operations(operations, plan)
        yield Example(task=EDIT, prompt=instruction, context=context, target=target)


def write_splits(
    vocabulary: Vocabulary,
    out: Path,
    plans: int,
    edits: int,
    seed: int,
    barred: frozenset[str],
    more: Sequence[Example] = (),
) -> dict[str, int]:
    """Write train, dev, test and edit-test under `out`; the number of examples of each. `more` goes to training. No
    prompt is in two splits, and none of `barred` (lower case; the hand-written challenge prompts) is in any."""
    out.mkdir(parents=True, exist_ok=True)
    splits: dict[str, list[Example]] = {
        "test": list(plan_examples(vocabulary, 600, seed + 1, held=True)),
        "edit-test": list(edit_examples(vocabulary, 400, seed + 2, held=True)),
        "dev": [
            *plan_examples(vocabulary, 400, seed + 3, held=False),
            *edit_examples(vocabulary, 200, seed + 4, held=False),
        ],
    }
    seen = {(e["context"], e["prompt"].lower()) for examples in splits.values() for e in examples}
    train = [
        *more,
        *plan_examples(vocabulary, plans, seed + 5, held=False),
        *edit_examples(vocabulary, edits, seed + 6, held=False),
    ]
    splits["train"] = [e for e in train if (e["context"], e["prompt"].lower()) not in seen]
    for name, examples in splits.items():
        splits[name] = [e for e in examples if e["prompt"].lower() not in barred]
    for name, examples in splits.items():
        write_jsonl(out / f"{name}.jsonl.gz", examples)
    return {name: len(examples) for name, examples in splits.items()}


def challenge_prompts(folder: Path) -> frozenset[str]:
    """Lower-cased prompts of the challenge sets in `folder`."""
    lines = [line for file in sorted(folder.glob("*challenge.jsonl")) for line in file.read_text("utf-8").splitlines()]
    return frozenset(json.loads(line)["prompt"].lower() for line in lines)


def write_jsonl(file: Path, examples: list[Example]) -> None:
    lines = "".join(json.dumps(example, ensure_ascii=False) + "\n" for example in examples)
    file.write_bytes(gzip.compress(lines.encode(), mtime=0))


def read_jsonl(file: Path) -> list[Example]:
    text = gzip.decompress(file.read_bytes()).decode()
    return [json.loads(line) for line in text.splitlines()]
