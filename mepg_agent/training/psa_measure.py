"""One run of `mepg psa eval`: all planners on all sets, and the plans of the challenge."""

from __future__ import annotations

from pathlib import Path

from mepg_agent.planning.psa import Writer, base_of, find_adapter, for_edits, shared_writer
from mepg_agent.planning.rules import RulePlanner
from mepg_agent.portfolio import Portfolio, Vocabulary
from mepg_agent.scene import ScenePlan
from mepg_agent.settings import Settings, asset_root
from mepg_agent.training.psa_changes import case_of, read_edit_challenge
from mepg_agent.training.psa_eval import PlannerBench, Report, Tell, by_category
from mepg_agent.training.psa_facts import facts_of, read_challenge
from mepg_agent.training.psa_train import read_split

TRAINED, UNTRAINED = "psa", "untrained"
FINE = 8  # latent scale: how coarse a family's grid is, is not the planner's affair


def measure(
    settings: Settings,
    vocabulary: Vocabulary,
    splits: Path,
    out: Path,
    adapter: Path | None,
    count: int,
    untrained: bool,
    tell: Tell,
) -> tuple[Report, list[ScenePlan]]:
    """The figures, and the plans of the challenge prompts. Raises BadInput without test splits, BrokenAsset without the
    model."""
    folder = adapter or find_adapter(settings.experts)
    trained = shared_writer(folder)
    trained.load()
    writers = {TRAINED: trained}
    if untrained and folder is not None:
        writers[UNTRAINED] = Writer(None, base_of(folder), trained=False)
    backbone = Portfolio(settings.experts).backbone("picturebook").item.model_copy(update={"latent_scale": FINE})
    bench = PlannerBench(backbone, vocabulary, out, writers)
    unseen = [facts_of(e, vocabulary) for e in read_split(splits / "test.jsonl.gz")[:count]]
    sets = asset_root() / "experts/psa"
    challenge = list(read_challenge(sets / "challenge.jsonl"))
    edits = [case_of(e, vocabulary) for e in read_split(splits / "edit-test.jsonl.gz")[:count]]
    edit_challenge = list(read_edit_challenge(sets / "edits_challenge.jsonl", vocabulary))
    both = (TRAINED, RulePlanner.name)
    editors = PlannerBench(backbone, vocabulary, out, {TRAINED: shared_writer(for_edits(folder))})
    made = {who: bench.scored(who, challenge, tell) for who in (*writers, RulePlanner.name)}
    report = Report(
        unseen={who: bench.score(bench.scored(who, unseen, tell)) for who in both},
        challenge={
            who: {name: bench.score(some) for name, some in by_category(pairs).items()} for who, pairs in made.items()
        },
        edits={who: editors.edit_score(who, edits, tell) for who in both},
        edit_challenge={who: editors.edit_score(who, edit_challenge, tell) for who in both},
        seconds=round(bench.seconds(TRAINED, [facts.prompt for facts in unseen]), 2),
    )
    return report, [plan for _, plan in made[TRAINED] if plan is not None]
