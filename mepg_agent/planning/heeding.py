"""The small model's reading held against what the rules hear in the same words: a small model overlooks and adds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mepg_agent.planning.reading import Reading, too_many
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import MAX_REGIONS


def heeded(reading: Reading, said: Reading) -> Reading:
    """The model's reading without what the words say is not to be there, with a note on it."""
    wanted = {said.place, *(thing.noun for thing in said.things)}
    refused = {name for name in _names(reading) - wanted if f"the {name}" in said.barred}
    odd = {w for w in reading.unknown if {f"'{w}'", f"'{w}s'"} & {*said.barred} and w not in said.unknown}
    return replace(
        reading,
        things=[replace(t, noun=None) if t.noun in refused else t for t in reading.things],
        place=None if reading.place in refused else reading.place,
        unknown=[word for word in reading.unknown if word not in odd],
        undrawn=[word for word in reading.undrawn if word not in odd],
        notes=[*reading.notes, *(f"Left out the {name}, as asked." for name in sorted(refused))],
    )


def _names(reading: Reading) -> set[str]:
    return {name for name in (reading.place, *(thing.noun for thing in reading.things)) if name}


def unheeded(reading: Reading, said: Reading, vocabulary: Vocabulary) -> Iterator[str]:
    """Notes on every thing that the rules find in the words and the model does not, and on counts it does not give."""
    for noun in dict.fromkeys(thing.noun for thing in said.things if thing.noun and thing.noun not in _names(reading)):
        yield f"The small planner reads no {noun}. If you want one, say it in a sentence of its own or edit it in."
    crowds = {vocabulary.noun_forms[plural]: (count, plural) for count, plural in said.crowds}
    for noun in dict.fromkeys(thing.noun for thing in reading.things if thing.noun):
        drawn, heard = (sum(thing.count for thing in each.things if thing.noun == noun) for each in (reading, said))
        shown = min(drawn, MAX_REGIONS)
        if noun in crowds and shown < crowds[noun][0]:
            yield too_many(*crowds[noun], shown)
        elif drawn < heard:
            yield f"The small planner reads {drawn} of {noun}, the rules {heard}. Edit in what is missing."
