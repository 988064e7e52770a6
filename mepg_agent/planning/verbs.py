"""What instructions are said with: verbs and the operation they ask for, words for sizes and their factors."""

from __future__ import annotations

VERBS = {
    **dict.fromkeys(("remove", "delete", "erase", "drop", "take away", "take out", "get rid of", "lose"), "remove"),
    **dict.fromkeys(("cut", "ditch", "eliminate", "discard", "scrap", "omit", "leave out"), "remove"),
    **dict.fromkeys(("throw out", "throw away", "do away with", "wipe out", "clear away", "dispose of"), "remove"),
    **dict.fromkeys(("add", "insert", "include", "give it", "another", "one more"), "add"),
    **{f"{verb} {article}": "add" for verb in ("draw", "place", "put") for article in ("a", "an")},
    **dict.fromkeys(("replace", "exchange", "substitute"), "replace"),
    **dict.fromkeys(("swap", "switch"), "swap"),
    **dict.fromkeys(("redraw", "repaint", "redo", "remake", "rework", "fix", "repair", "improve"), "redraw"),
    **dict.fromkeys(("retry", "regenerate", "another try", "another go", "try"), "redraw"),
    **dict.fromkeys(("move", "shift", "put", "place", "bring", "send", "push", "slide", "pull", "drag"), "move"),
    **dict.fromkeys(("nudge", "position", "carry", "scoot", "shove", "lift", "raise", "hop", "budge"), "move"),
}
LONGEST_FIRST = sorted(VERBS, key=len, reverse=True)
VERB_FORMS = (
    *(*VERBS, "make", "color", "colour", "paint", "turn", "change", "enlarge", "shrink", "recolor", "restyle"),
    *("let", "have", "set", "scale", "double", "halve", "render", "resize", "recolour", "dye", "tint"),
)
_TWICE = ("as big", "as large", "as tall", "bigger")
_MORE, _LESS = ("bigger", "larger", "taller", "wider", "more big"), ("smaller", "shorter", "tinier", "littler")
_MUCH = ("much", "a lot", "way", "far", "considerably")
A_BIT = ("a bit", "a little", "slightly", "somewhat", "a tad")
SCALES = {
    **{f"{times} {size}": 2.0 for times in ("twice", "two times") for size in _TWICE},
    **{"double": 2.0, "double the size": 2.0, "twice the size": 2.0, "three times as big": 3.0, "triple": 3.0},
    **{f"{much} {more}": 1.6 for much in _MUCH for more in _MORE},
    **dict.fromkeys(("huge", "giant", "gigantic", "enormous", "much too small", "far too small"), 1.6),
    **dict.fromkeys((*_MORE, "enlarge", "grow", "big", "large", "too small", "too tiny", "too little"), 1.3),
    **dict.fromkeys(("less small", "not so small", "not as small", "a size up", "not so tiny"), 1.3),
    **{f"{bit} {more}": 1.15 for bit in A_BIT for more in _MORE},
    **{f"{bit} {less}": 0.87 for bit in A_BIT for less in _LESS},
    **dict.fromkeys((*_LESS, "shrink", "small", "too big", "too large", "too tall", "too huge"), 0.77),
    **dict.fromkeys(("less big", "less large", "not so big", "not as big", "not so large", "a size down"), 0.77),
    **{f"{much} {less}": 0.6 for much in _MUCH for less in _LESS},
    **dict.fromkeys(("much too big", "much too large", "far too big", "way too big"), 0.6),
    **dict.fromkeys(("tiny", "very small", "minuscule", "miniature"), 0.55),
    **dict.fromkeys(("half as big", "half as large", "half as tall", "half the size", "half its size", "halve"), 0.5),
}
# words that are understood, though nothing is named or set by them alone
KNOWN = {word for form in (*VERB_FORMS, *SCALES) for word in form.split()} | {
    *("shade", "tone", "hue", "size", "position", "places", "spot", "get", "give", "use", "keep", "become"),
    *("appear", "version"),
    *("towards", "toward", "bit", "more", "further", "too", "instead", "front", "forward", "backward"),
    *("others", "rest"),
    *("some", "into", "back", "else", "such", "belongs", "belong", "goes", "turn", "time", "setting", "backdrop"),
}
