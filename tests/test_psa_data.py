"""The planner's training set: reproducible, physically sound, and apart from what it is tested on."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import product
from pathlib import Path
from random import Random

import planning_fixtures
import pytest

from mepg_agent.planning.geometry import placed
from mepg_agent.planning.operations import edit_grammar
from mepg_agent.planning.psa import PsaPlanner, Writer
from mepg_agent.planning.target import decode
from mepg_agent.portfolio import read_vocabulary
from mepg_agent.records import Brief
from mepg_agent.scene import Extent
from mepg_agent.training import (
    psa_counts,
    psa_frames,
    psa_kin,
    psa_manners,
    psa_mentions,
    psa_moves,
    psa_places,
    psa_pointing,
    psa_relations,
    psa_sizes,
    psa_spots,
    psa_styles,
    psa_typing,
    psa_wishes,
)
from mepg_agent.training.psa_changes import case_of
from mepg_agent.training.psa_data import (
    Example,
    challenge_prompts,
    edit_examples,
    plan_examples,
    read_jsonl,
    write_splits,
)
from mepg_agent.training.psa_facts import facts_of, judge
from mepg_agent.training.psa_pool import Pool, Voice
from mepg_agent.training.psa_scenes import plan_of, sample_scene

ROOT = Path(__file__).parents[1]
VOCABULARY = read_vocabulary(ROOT / "experts/picturebook/vocabulary-full.toml")
EXTENT = Extent(width=512, height=512)
TABLES = (
    *(psa_counts, psa_frames, psa_kin, psa_mentions, psa_places, psa_relations, psa_spots, psa_styles, psa_typing),
    *(psa_manners, psa_moves, psa_pointing, psa_sizes, psa_wishes),
)


def test_every_relation_of_a_training_plan_holds_on_its_canvas() -> None:
    rng, seen = Random(3), set()
    for _ in range(400):
        plan = plan_of(sample_scene(rng, VOCABULARY), VOCABULARY, "p")
        if plan is None:
            continue
        for relation in plan.relations:
            assert placed(relation, plan.region(relation.subject).box, plan.region(relation.object).box), relation
            seen.add(relation.kind)
    assert len(seen) == 10


def test_things_of_the_sky_stand_above_things_of_the_ground_unless_told_otherwise() -> None:
    rng, higher = Random(4), []
    for _ in range(300):
        scene = sample_scene(rng, VOCABULARY)
        free = not scene.links and scene.between is None and all(t.spot is None for t in scene.things)
        plan = plan_of(scene, VOCABULARY, "p") if free else None
        if plan is None:
            continue
        stands = {t.noun: t.stands for t in scene.things}
        sky = [r.box.cy for r in plan.regions if stands[r.noun] == "sky"]
        ground = [r.box.cy for r in plan.regions if stands[r.noun] == "ground"]
        higher += [s < g for s in sky for g in ground]
    assert sum(higher) > 0.97 * len(higher) > 10


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_splits(VOCABULARY, tmp_path / name, 60, 30, 1, frozenset())
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


def test_every_target_is_one_the_grammar_allows() -> None:
    plans = list(plan_examples(VOCABULARY, 150, 7, held=False))
    assert all(planning_fixtures.may_be_written(e["target"], VOCABULARY, e["prompt"]) for e in plans)
    assert all(decode(e["target"], VOCABULARY).things for e in plans)
    for example in edit_examples(VOCABULARY, 150, 7, held=False):
        case = case_of(example, VOCABULARY)
        assert re.fullmatch(edit_grammar(VOCABULARY, case.plan), example["target"]) and case.wanted


def test_the_plan_of_every_target_has_all_its_facts() -> None:
    backbone, planner = planning_fixtures.backbone(), PsaPlanner(Writer(None), VOCABULARY)
    for example in plan_examples(VOCABULARY, 25, 8, held=True):
        reading, brief = decode(example["target"], None), Brief(prompt=example["prompt"], extent=EXTENT)
        plan = planner.laid_out(reading, brief, backbone, None, ())
        score = judge(plan, facts_of(example, VOCABULARY), VOCABULARY)
        assert all(right == of for right, of in score.values()), (example["prompt"], score)


def test_a_missing_an_extra_and_a_misplaced_thing_are_wrong_facts() -> None:
    example = Example(task="Plan", prompt="p", context="", target="plain\n2 fox, in oil\n1 owl, red\nfox left of owl")
    facts, planner = facts_of(example, VOCABULARY), PsaPlanner(Writer(None), VOCABULARY)
    said = decode("plain\n1 fox, in oil\n1 owl, blue\n1 cat\nfox right of owl", None)
    plan = planner.laid_out(said, Brief(prompt="p", extent=EXTENT), planning_fixtures.backbone(), None, ())
    score = judge(plan, facts, VOCABULARY)
    assert score["things"] == (1, 3)  # the owl; one fox is not two, and nobody asked for a cat
    assert score["relations"] == (0, 1)
    assert score["styles"] == (1, 2)  # two foxes in oil were asked for; the owl has no style, as asked
    assert score["colors"] == (0, 2)
    assert judge(None, facts, VOCABULARY)["things"] == (0, 2)


def test_challenge_prompts_are_in_no_split(tmp_path: Path) -> None:
    barred = challenge_prompts(ROOT / "experts/psa")
    write_splits(VOCABULARY, tmp_path, 300, 200, 2, barred)
    prompts = {e["prompt"].lower() for file in tmp_path.iterdir() for e in read_jsonl(file)}
    assert len(barred) > 250
    assert not prompts & barred
    some = next(iter(sorted(prompts)))
    write_splits(VOCABULARY, tmp_path, 300, 200, 2, frozenset({some}))
    assert some not in {e["prompt"].lower() for file in tmp_path.iterdir() for e in read_jsonl(file)}


def _pools() -> list[Pool]:
    values = [v for module in TABLES for v in vars(module).values() if isinstance(v, Pool | dict)]
    flat = [p for v in values for p in (v.values() if isinstance(v, dict) else [v])]
    return [p for p in flat if isinstance(p, Pool)]


def test_held_out_phrasings_never_serve_in_training() -> None:
    for pool in _pools():
        assert not set(pool.train) & set(pool.held)
    for example in plan_examples(VOCABULARY, 300, 9, held=False):
        for pool in (psa_relations.BETWEEN, *psa_spots.SPOTS.values(), *psa_styles.STYLES.values()):
            assert not any(p in example["prompt"].lower() for p in pool.held if "{" not in p), example["prompt"]


def test_added_phrasings_serve_in_training_alone() -> None:
    pool = Pool(("usual",), ("held",), ("added",))
    said = [{Voice(Random(n), held, share=0.5).pick(pool) for n in range(50)} for held in (True, False)]
    assert said == [{"usual", "held"}, {"usual", "added"}]


def test_the_test_splits_stay_as_they_are_when_phrasings_are_added() -> None:
    seed = 20_261_125  # of `mepg psa data`; figures of different days are of the same questions
    examples = [
        *plan_examples(VOCABULARY, 20, seed + 1, held=True),
        *edit_examples(VOCABULARY, 20, seed + 2, held=True),
    ]
    asked = [(e["context"], e["prompt"]) for e in examples]
    digest = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
    assert digest == "000d0df2647dcbe74cdda11320215880f9a15fd49de9919462c3a4a2b58db5f8"


def test_added_phrasings_are_not_near_to_held_out_ones() -> None:
    pools = _pools()
    usual = {word for pool in pools for text in pool.train for word in _words(text)}
    only_held = {word for pool in pools for text in pool.held for word in _words(text)} - usual
    for pool in pools:
        held = [_words(text) for text in pool.held]
        for text in pool.more:
            assert not only_held & set(_words(text)), text
            for said in _variants(text):
                alike = [SequenceMatcher(None, _words(said), words, autojunk=False).ratio() for words in held]
                assert max(alike, default=0) < 0.75, said


def _words(text: str) -> list[str]:
    return re.findall(r"\{[a-z]+\}|[a-z0-9'-]+", text.lower())


def _variants(text: str) -> Iterator[str]:
    """Every phrasing that "[a|b]" stands for."""
    parts = re.split(r"\[([^\[\]]*)\]", text)
    return map("".join, product(*(part.split("|") if n % 2 else [part] for n, part in enumerate(parts))))


@pytest.mark.parametrize("name", ["challenge", "edits_challenge"])
def test_challenge_lines_are_complete(name: str) -> None:
    rows = [json.loads(line) for line in (ROOT / f"experts/psa/{name}.jsonl").read_text("utf-8").splitlines()]
    assert len({(r["prompt"], r.get("context")) for r in rows}) == len(rows) >= (120 if name == "challenge" else 150)
    for row in rows:
        nouns = {o["noun"] for o in row.get("objects", [])}
        assert all({a, b} <= nouns for a, _, b in row.get("relations", []))
        assert row.get("objects") or row.get("expected")
