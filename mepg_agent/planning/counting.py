"""The counts that the plan of a prompt may have. A small model copies nouns well and numbers badly, so it is held to
those that were said."""

from __future__ import annotations

import re

from mepg_agent.planning.lexer import split
from mepg_agent.planning.words import UNITS, large_counts
from mepg_agent.scene import MAX_REGIONS

_NUMBERS = {
    **large_counts(),
    **UNITS,
    **{"ten": 10, "eleven": 11, "twelve": 12, "dozen": 12},
    **dict.fromkeys(("pair", "pairs", "couple", "both", "twin", "twins", "duo", "double", "brace", "duet"), 2),
    **dict.fromkeys(("trio", "threesome", "triplet", "triplets", "triple"), 3),
    **dict.fromkeys(("foursome", "quartet", "quadruplets"), 4),
    **{"quintet": 5, "sextet": 6, "septet": 7, "octet": 8},
}
# words that leave it open how many there are
_OPEN = {
    *("some", "several", "few", "many", "lots", "lot", "multiple", "various", "numerous", "dozens", "plenty"),
    *("rest", "others", "other", "remaining", "more", "each", "every", "hundred", "hundreds", "thousand"),
}
# the same where "of" follows: "a row of houses", not "four houses in a row"
_COLLECTIVE = {
    *("herd", "flock", "pack", "swarm", "crowd", "bunch", "group", "row", "cluster", "set", "collection", "family"),
}
_OF_MANY = re.compile(rf"\b(?:{'|'.join(sorted(_COLLECTIVE))})s? of\b", re.IGNORECASE)
_OF_A_NUMBER = re.compile(
    rf"\b(?:{'|'.join(sorted(_OPEN | _COLLECTIVE))}) of (?=(?:the |my |these |exactly )?(\w+))", re.IGNORECASE
)
_DIGITS = re.compile(r"(?<![\w-])(\d{1,3})(?:x\b|(?![\w-]))")
_HALF = re.compile(r"\bhalf (?:a )?dozen\b", re.IGNORECASE)


def counts_of(prompt: str) -> tuple[int, ...]:
    """The counts that a thing of the prompt may have, in order: one and the numbers that are said, 1 to 16; all of them
    where no number is said, one is left open ("several"), or one is more than a picture holds."""
    text = _OF_A_NUMBER.sub(lambda of: "" if _number(of[1]) else of[0], _HALF.sub("six", prompt))
    said = split(text)
    numbers = {int(digits) for digits in _DIGITS.findall(text)} - {0, 1}
    numbers |= {n for word in said if word.isalpha() and (n := _number(word)) and n > 1}
    everything = tuple(range(1, MAX_REGIONS + 1))
    if not numbers or max(numbers) > MAX_REGIONS or _OPEN & set(said) or _OF_MANY.search(text):
        return everything
    return tuple(sorted({1, *numbers}))


def _number(word: str) -> int | None:
    return int(word) if word.isdecimal() else _NUMBERS.get(word.lower())
