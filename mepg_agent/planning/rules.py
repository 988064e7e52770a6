"""The rule planner: English over a closed vocabulary to a scene. Deterministic, needs no model, takes milliseconds."""

from __future__ import annotations

from mepg_agent.errors import BadInput
from mepg_agent.planning.laying import laid_out
from mepg_agent.planning.lexer import Lexicon, lexicon
from mepg_agent.planning.reader import Reader
from mepg_agent.planning.reading import Reading
from mepg_agent.portfolio import Backbone, Vocabulary
from mepg_agent.records import Brief
from mepg_agent.scene import ScenePlan


class RulePlanner:
    """Reads nouns, counts, colours, sizes, styles, places, times, spots and relations; notes what it does not know."""

    name = "rules"

    def plan(
        self, brief: Brief, backbone: Backbone, vocabulary: Vocabulary | None, styles: tuple[str, ...]
    ) -> ScenePlan:
        """See `Planner.plan`. Raises BadInput if the prompt names no thing and no place of the vocabulary, or if there
        is no vocabulary: rules cannot read what they have no words for."""
        if vocabulary is None:
            raise BadInput(
                f"The rule planner needs a vocabulary, and {backbone.id} has none.",
                "Use another planner (--planner psa), or give a plan.",
            )
        words = lexicon(vocabulary, styles)
        reading = Reader(words, brief.prompt).reading
        notes = [*reading.notes, *(unknown_thing(word, words) for word in dict.fromkeys(reading.unknown))]
        if not any(t.noun for t in reading.things) and reading.place is None:
            raise nothing_known(brief.prompt, reading, words)
        return laid_out(reading, brief, backbone, vocabulary, notes, self.name)


def unknown_thing(word: str, words: Lexicon) -> str:
    """The note on a thing the vocabulary has no word for."""
    nearest = words.nearest_nouns(word)
    hint = f" The nearest word it knows is '{nearest[0]}'." if nearest else ""
    return f"'{word}' is not among the things this backbone can draw.{hint}"


def nothing_known(prompt: str, reading: Reading, words: Lexicon) -> BadInput:
    """The refusal of words that name nothing of the vocabulary, with what they are near to."""
    said = [*reading.unknown, *(p.text for p in words.read(prompt)[0] if p.text.isalpha() and len(p.text) > 2)]
    nearest = list(dict.fromkeys(n for word in said[:20] for n in words.nearest_nouns(word, 2, 0.45)))[:5]
    some = nearest or list(words.vocabulary.nouns)[:5]
    return BadInput(
        "The prompt names nothing that this backbone can draw.",
        f"Name a thing or a place it knows, for example: {', '.join(some)}.",
    )
