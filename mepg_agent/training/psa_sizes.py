"""New sizes of a region, in words."""

from __future__ import annotations

from mepg_agent.training.psa_pool import Pool, extended

# "make the fox …"
SCALE_WORDS = extended({
    "bigger": Pool(
        (
            "bigger", "larger", "a bit bigger", "a little [bigger|larger|taller]",
            "[slightly|somewhat] [bigger|larger]", "taller", "greater", "a size up", "grander", "increased", "more big",
            "wider and taller", "big", "large", "not so small", "less small",
            "more sizeable",
        ),
        ("noticeably larger", "bigger than before", "one size up"),
    ),
    "smaller": Pool(
        (
            "smaller", "tinier", "a bit smaller", "a little [smaller|shorter]", "[slightly|somewhat] smaller",
            "shorter", "littler", "a size down", "reduced", "more compact", "small", "little", "not so big", "less big",
            "not as large", "less large",
            "less sizeable",
        ),
        ("more modestly sized", "visibly smaller", "one size down"),
    ),
    "much bigger": Pool(
        (
            "much bigger", "huge", "twice as big", "way larger",
            "[much|a lot|far|way|considerably|very much] [bigger|larger|taller]",
            "[twice|two times|three times] as [big|large|tall]", "giant", "enormous", "really [big|large|huge]",
            "immense", "[two|three] times bigger", "as big as possible",
            "double the size",
        ),
        ("massive", "super big", "four times the size"),
    ),
    "much smaller": Pool(
        (
            "much smaller", "tiny", "half as big", "way smaller",
            "[much|a lot|far|way|considerably|very much] [smaller|tinier]", "half as [large|tall]", "half the size",
            "really [small|tiny]", "minuscule", "mini", "very very small", "half its size", "as small as possible",
            "a third of the size",
            "a fraction of its size",
        ),
        ("teeny-weeny", "super tiny", "really really small"),
    ),
}, "edits", "scale_words")  # fmt: skip
# {x} words that point at a region, {n} its noun
SCALE_VERBS = extended({
    "bigger": Pool(
        (
            "enlarge {x}", "scale {x} up", "let {x} grow", "{x} is too small",
            "[grow|blow up|size up|increase|upscale|magnify|expand|stretch|inflate|boost] {x}[ a bit| a little|]",
            "increase the size of {x}", "make {x} grow",
            "{x} [should|must|has to|needs to] [grow|gain size|take more room]",
            "{x} is [a bit |a little |] too [small|little|tiny]", "more of {x}, size-wise",
            "[a|I want a] [bigger|larger] {n}[ please|]", "{x} bigger", "{x} not so small",
        )
    ),
    "smaller": Pool(
        (
            "shrink {x}", "scale {x} down", "reduce {x}", "{x} is too big",
            "[minimize|size down|decrease|downscale|diminish|compress|lessen|contract|downsize] {x}[ a bit| a little|]",
            "[decrease|reduce] the size of {x}", "make {x} shrink", "let {x} shrink",
            "{x} [should|must|has to|needs to] [shrink|take less room|lose size]",
            "{x} is [a bit |a little |] too [big|large|tall]", "[a|I want a] smaller {n}[ please|]", "{x} smaller",
            "{x} takes too much room", "{x} not so big",
        )
    ),
    "much bigger": Pool(
        (
            "make {x} a lot bigger", "{x} is [far|way|much] too [small|tiny]", "[double|triple] {x}[ in size|]",
            "enlarge {x} a lot", "let {x} [grow a lot|grow into a giant]", "blow {x} up [a lot|to double size]",
            "scale {x} up [a lot|twice|by a factor of two]", "increase {x} a lot", "make {x} twice as big",
        )
    ),
    "much smaller": Pool(
        (
            "make {x} a lot smaller", "{x} is [far|way|much] too [big|large]", "halve {x}", "halve the size of {x}",
            "shrink {x} [a lot|to half|by half]", "scale {x} down [a lot|by half|to half]", "cut {x} in half in size",
            "reduce {x} [a lot|by half]", "make {x} half as big",
        )
    ),
}, "edits", "scale_verbs")  # fmt: skip
