"""Numbers in figures, as people write them: "1,000", "1.5", "½", "-3". Things are counted in whole ones."""

from __future__ import annotations

import math
import re
import unicodedata

# all that is more than a row of digits; no dates, ranges or versions: "1/2/2024", "2-3", "1.5.2"
NUMERAL = r"(?<![\w.,/−-])(?:[-−]\d+(?:[.,/]\d+)?|\d{1,3}(?:[, ]\d{3})+|\d+[.,/]\d+)x?(?!\w)(?![.,/]\d)"
MOST_DIGITS = 12
_FRACTION_SIGN = re.compile("([0-9]?)([¼-¾⅐-⅞])")


def number_of(word: str) -> float | None:
    """The number that the word writes, be it negative or a fraction; None for a word that is none."""
    digits = word.removesuffix("x").lstrip("-−")  # "2x"
    sign = -1 if word[0] in "-−" else 1
    if len(digits) > MOST_DIGITS or not digits[:1].isdecimal():
        return None
    if re.fullmatch(r"\d{1,3}(?:[, ]\d{3})+|\d+", digits):
        return sign * int(re.sub("[, ]", "", digits))
    parts = re.fullmatch(r"(\d+)([.,/])(\d+)", digits)
    if parts is None or (parts[2] == "/" and not int(parts[3])):
        return None
    return sign * (int(parts[1]) / int(parts[3]) if parts[2] == "/" else float(f"{parts[1]}.{parts[3]}"))


def counted(number: float) -> int:
    """How many things a number that was said may mean: a part of one takes a whole one."""
    return math.ceil(abs(number))


def read_as(word: str, number: float) -> str | None:
    """The note on a number that no count can be; None for one that is."""
    whole = counted(number)
    return None if number == whole else f"Read '{word}' as {whole}: things come in whole numbers from 1 up."


def spelled(text: str) -> str:
    """The text with fractions in figures: "½" is "1/2"."""
    apart = _FRACTION_SIGN.sub(lambda f: f"{f[1]}{f[1] and ' '}{unicodedata.normalize('NFKC', f[2])}", text)
    return apart.replace("⁄", "/")


def in_whole_numbers(text: str) -> tuple[str, list[str]]:
    """The text with its numbers written as the counts they are read as, and the notes on those that are none. "2.0"
    stays: styles are called so."""
    notes: list[str] = []

    def whole(found: re.Match[str]) -> str:
        number = number_of(found[0])
        if number is None or (number == counted(number) and "." in found[0]):
            return found[0]
        note = read_as(found[0], number)
        notes.extend([note] if note else [])
        return str(counted(number))

    return re.sub(NUMERAL, whole, spelled(text)), notes
