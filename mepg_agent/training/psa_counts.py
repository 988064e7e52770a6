"""How many of a thing, in words."""

from __future__ import annotations

from mepg_agent.training.psa_pool import Pool

NUMBERS = {1: ("one", "1"), 2: ("two", "2"), 3: ("three", "3"), 4: ("four", "4"), 5: ("five", "5"), 6: ("six", "6")}
COUNTS: dict[int, Pool] = {
    2: Pool(
        (
            "two", "two", "2", "a pair of", "a couple of", "exactly two", "2 of the", "my two", "twin", "both",
            "precisely two", "a duo of", "two identical", "just two", "only two", "two matching", "(two)", "2x",
            "two of the same",
            "both of my",
        ),
        ("not one but two", "a set of two", "two separate"),
    ),
    3: Pool(
        (
            "three", "three", "3", "exactly three", "3 of the", "my three", "a threesome of", "three identical",
            "just three", "only three", "3x", "precisely three", "three of my", "a row of three", "three matching",
            "a trio of",
        ),
        ("a set of three", "three of these", "three different"),
    ),
    4: Pool(
        (
            "four", "four", "4", "exactly four", "4 of the", "my four", "a foursome of", "four of the", "just four",
            "only four", "4x", "a row of four", "four identical", "precisely four",
            "a group of four",
        ),
        ("a quartet of", "a set of four", "four separate"),
    ),
    5: Pool(
        (
            "five", "five", "5", "exactly five", "a bunch of five", "my five", "five similar", "just five", "5x",
            "a row of five", "five identical", "5 of the", "a cluster of five",
            "five different",
        ),
        ("a group of five", "five of these", "five separate"),
    ),
    6: Pool(
        (
            "six", "six", "6", "half a dozen", "exactly six", "a bunch of six", "my six", "just six", "6x",
            "a half dozen", "a row of six", "6 of the", "six identical",
            "a set of six",
        ),
        ("six different", "a collection of six"),
    ),
    7: Pool(("seven", "seven", "7", "exactly seven", "my seven")),
    8: Pool(("eight", "eight", "8", "exactly eight", "my eight")),
    9: Pool(("nine", "nine", "9", "exactly nine")),
    10: Pool(("ten", "ten", "10", "exactly ten")),
}  # fmt: skip
