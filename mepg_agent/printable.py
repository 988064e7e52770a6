"""Words of strangers as a terminal may print them."""

from __future__ import annotations

import unicodedata


def obeyed(character: str) -> bool:
    """Whether a terminal would do something other than print it: a control character but for line feed and tab, or
    half of a character, which stands for a byte that was no text."""
    return unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t"


def printable(words: str) -> str:
    """The words with a space for every control character."""
    return "".join(" " if obeyed(c) else c for c in words)
