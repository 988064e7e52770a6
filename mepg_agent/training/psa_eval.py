"""Measures the planner: on phrasings it never saw, and on hand-written prompts beside the rules and its own base.

Every answer of a model is kept in `answers.jsonl` as it comes, so a stopped run goes on; another adapter is asked anew.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mepg_agent.errors import MepgError
from mepg_agent.planning.instructions import parse_edit
from mepg_agent.planning.operations import decode_operations, edit_grammar, encode_picture
from mepg_agent.planning.psa import PsaPlanner, Writer
from mepg_agent.planning.question import EDIT, PLAN, Pattern, question
from mepg_agent.planning.rules import RulePlanner
from mepg_agent.planning.target import decode, next_line
from mepg_agent.portfolio import Backbone, Vocabulary
from mepg_agent.records import Brief, digest
from mepg_agent.scene import Extent, Frozen, ScenePlan
from mepg_agent.training.psa_changes import EditCase, right, signs_of_edits, signs_of_operations
from mepg_agent.training.psa_facts import WHAT, Facts, judge, overlap, style_phrases

Tell = Callable[[int, int, str], None]
GROUP = 16  # questions that are answered at once
TIMED = 8  # plans that are made one by one, for the clock
CANVAS = Extent(width=512, height=512)
UNENDED = ("an answer that does not end",)  # never what was wanted


class PlanScore(Frozen):
    """Of one planner on some prompts: right and all facts by kind, plans made, mean overlap of boxes."""

    prompts: int
    parsed: int
    wholly: int  # prompts of which every fact is right
    facts: dict[str, tuple[int, int]]
    overlap: float

    def share(self, what: str) -> float | None:
        correct, of = self.facts[what]
        return correct / of if of else None


class EditScore(Frozen):
    instructions: int
    placed: int  # right operations on the right regions
    right: int  # with the right values, too


class Report(Frozen):
    """What `mepg psa eval` found. Planners by name; "untrained" is the base model, asked as the trained one is."""

    unseen: dict[str, PlanScore]
    challenge: dict[str, dict[str, PlanScore]]  # planner -> category -> score; "all" is every category
    edits: dict[str, EditScore]  # editor -> score on phrasings it never saw
    edit_challenge: dict[str, EditScore]
    seconds: float  # for one plan, after loading


@dataclass
class Answers:
    """What models answered; kept in a file by who was asked what under which grammar."""

    file: Path
    known: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        text = self.file.read_text(encoding="utf-8") if self.file.exists() else ""
        whole = text[: text.rfind("\n") + 1]  # a run may have been stopped while it wrote a line
        if whole != text:
            self.file.write_text(whole, encoding="utf-8")
        for line in whole.splitlines():
            row = json.loads(line)
            self.known[row["key"]] = row["answer"]

    def of(
        self, who: str, writer: Writer, asked: Sequence[str], patterns: Sequence[Pattern], tell: Tell
    ) -> list[str | None]:
        """The answers, new ones in groups of similar length. None: an answer that does not end."""
        pairs = zip(asked, patterns, strict=True)
        keys = [digest([writer.mark, q, pattern if isinstance(pattern, str) else None]) for q, pattern in pairs]
        missing = [i for i, key in enumerate(keys) if key not in self.known]
        missing.sort(key=lambda i: len(asked[i]))
        for start in range(0, len(missing), GROUP):
            tell(start, len(missing), f"{who}: {len(asked)} answers")
            group = missing[start : start + GROUP]
            texts = writer.write_all([asked[i] for i in group], [patterns[i] for i in group])
            with self.file.open("a", encoding="utf-8") as out:
                for i, text in zip(group, texts, strict=True):
                    self.known[keys[i]] = text
                    out.write(json.dumps({"key": keys[i], "who": who, "asked": asked[i], "answer": text}) + "\n")
        return [self.known[key] for key in keys]


class PlannerBench:
    """One run. `writers` are models by name."""

    def __init__(self, backbone: Backbone, vocabulary: Vocabulary, out: Path, writers: dict[str, Writer]) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self.backbone, self.vocabulary, self.writers = backbone, vocabulary, writers
        self.answers = Answers(out / "answers.jsonl")

    def plans(self, who: str, prompts: Sequence[str], tell: Tell) -> list[ScenePlan | None]:
        """Plans for an open backbone: words that a vocabulary lacks count as much as others. The rules need one."""
        if who == RulePlanner.name:
            return [self._plan_by_rules(prompt) for prompt in prompts]
        asked = [question(PLAN, prompt) for prompt in prompts]
        texts = self.answers.of(who, self.writers[who], asked, [next_line(None, prompt) for prompt in prompts], tell)
        planner = PsaPlanner(self.writers[who], self.vocabulary)
        return [self._plan_of(planner, p, text) for p, text in zip(prompts, texts, strict=True)]

    def _plan_of(self, planner: PsaPlanner, prompt: str, text: str | None) -> ScenePlan | None:
        try:
            reading = decode(text or "", None)
            return planner.laid_out(reading, Brief(prompt=prompt, extent=CANVAS), self.backbone, None, ())
        except MepgError:
            return None

    def _plan_by_rules(self, prompt: str) -> ScenePlan | None:
        brief = Brief(prompt=prompt, extent=CANVAS)
        try:
            return RulePlanner().plan(brief, self.backbone, self.vocabulary, style_phrases())
        except MepgError:
            return None

    def scored(self, who: str, cases: Sequence[Facts], tell: Tell) -> list[tuple[Facts, ScenePlan | None]]:
        return list(zip(cases, self.plans(who, [c.prompt for c in cases], tell), strict=True))

    def seconds(self, who: str, prompts: Sequence[str]) -> float:
        """Mean time of a plan, made alone, the model being loaded."""
        planner = PsaPlanner(self.writers[who], self.vocabulary)
        planner.plan(Brief(prompt=prompts[0], extent=CANVAS), self.backbone, None, ())
        start = time.perf_counter()
        for prompt in prompts[:TIMED]:
            planner.plan(Brief(prompt=prompt, extent=CANVAS), self.backbone, None, ())
        return (time.perf_counter() - start) / len(prompts[:TIMED])

    def edit_score(self, who: str, cases: Sequence[EditCase], tell: Tell) -> EditScore:
        wanted = [signs_of_operations(case.wanted) for case in cases]
        if who == RulePlanner.name:
            found = [signs_of_edits(self._edit_by_rules(case)) for case in cases]
        else:
            asked = [question(EDIT, c.instruction, encode_picture(c.plan)) for c in cases]
            patterns = [edit_grammar(self.vocabulary, c.plan) for c in cases]
            texts = self.answers.of(who, self.writers[who], asked, patterns, tell)
            pairs = zip(cases, texts, strict=True)
            found = [
                [UNENDED] if text is None else signs_of_operations(decode_operations(text, c.plan, self.vocabulary))
                for c, text in pairs
            ]
        marks = [right(f, w) for f, w in zip(found, wanted, strict=True)]
        return EditScore(instructions=len(cases), placed=sum(a for a, _ in marks), right=sum(b for _, b in marks))

    def _edit_by_rules(self, case: EditCase):
        return parse_edit(case.instruction, case.plan, self.vocabulary, style_phrases())

    def score(self, made: Sequence[tuple[Facts, ScenePlan | None]]) -> PlanScore:
        judged = [judge(plan, facts, self.vocabulary) for facts, plan in made]
        plans = [plan for _, plan in made if plan is not None]
        totals = {what: _sum(score[what] for score in judged) for what in WHAT}
        return PlanScore(
            prompts=len(made),
            parsed=len(plans),
            wholly=sum(all(a == b for a, b in score.values()) for score in judged),
            facts=totals,
            overlap=round(sum(map(overlap, plans)) / max(len(plans), 1), 4),
        )


def by_category(made: Sequence[tuple[Facts, ScenePlan | None]]) -> dict[str, list[tuple[Facts, ScenePlan | None]]]:
    """Every category, and "all"."""
    names = sorted({facts.category for facts, _ in made})
    return {**{n: [m for m in made if m[0].category == n] for n in names}, "all": list(made)}


def _sum(pairs: Iterator[tuple[int, int]]) -> tuple[int, int]:
    listed = list(pairs)
    return sum(a for a, _ in listed), sum(b for _, b in listed)
