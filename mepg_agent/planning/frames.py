"""Sentences that ask for a change without its verb: "the dog can go" is "remove the dog", "a cat instead of the dog" is
"replace the dog with a cat"."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 200  # characters of a sentence that is looked at
_SLOTS = {
    "X": r"(?P<x>(?!there\b|here\b).+?)",  # words that point at a thing
    "Y": r"(?P<y>.+?)",
    "A": r"(?P<a>(?:an?|another|more|some|several|one|two|three|four|five|six|seven|eight|\d|(?:a )?pair of)\b.+?)",
    "MODAL": "(?:can|could|should|must|may|shall|will|would|might|(?:has|have|needs?|ought) to|(?:is|are|was)(?: to)?)",
    "PICTURE": "(?:it|here|there|(?:the |this )?(?:picture|scene|image))",
    "PLACES": "(?:(?:their )?(?:places?|positions?|spots?|sides|seats|locations?))",
    "OTHERS": "(?:every(?:thing|one|body)(?: else)?|all(?: else)?|(?:all )?(?:of )?(?:the )?(?:others|rest))",
    "DRAW": "(?:draw|paint|put|place|use|show|take|have|there (?:should|could|must) be|we need|i want|i['’]d like)",
    "LIGHT": "(?:make|have|let|get|turn|change)",
    "NOT": "(?:do not|don['’]?t|would rather not|['’]d rather not)",
}
_REMOVE, _REPLACE, _SWAP = "remove {x}", "replace {x} with {a}", "swap {x} and {y}"
_FRONT, _BACK = "move {x} to the front", "move {x} to the back"
_BIGGER, _SMALLER, _ADD = "make {x} bigger", "make {x} smaller", "add {a}"
_FRAMES = (
    ("X,? MODAL (go|be gone|gone|disappear|vanish|be (removed|deleted|erased|taken out))( away)?", _REMOVE),
    ("X (disappear|vanish|gone|go away|removed|deleted|erased|(out|away)( of PICTURE)?|out of PICTURE)", _REMOVE),
    ("(make|have|let) X (disappear|vanish|go( away)?)", _REMOVE),
    ("(take|throw|cut|wipe|rub|leave|get|kick) X (away|out|off)( of PICTURE)?", _REMOVE),
    ("(no more|no|away with|off with|without|stop (drawing|showing)) X", _REMOVE),
    ("(DRAW |make |imagine )?(PICTURE )without X", _REMOVE),
    ("(PICTURE (MODAL )?(be|needs?|have|has) no|(?:do|go) without|(say )?goodbye to|lose) X", _REMOVE),
    ("X (had|has) better go", _REMOVE),
    ("(i|we) ?NOT (want|need|have|see)( to (have|see))? X( (there|here|in PICTURE|any ?more|any longer))?", _REMOVE),
    ("X (should|must|may|does|do)(n['’]?t| not) (be|belong) (there|here|in PICTURE)", _REMOVE),
    ("X ((is|are) (not needed|unnecessary|superfluous|in the way|too much)|(is|are)n['’]?t needed)", _REMOVE),
    ("(substitute|swap in|exchange) A for X", _REPLACE),
    ("(DRAW )?A,? (instead|in( the)? place) of X", _REPLACE),
    ("instead of X,? (DRAW )?A", _REPLACE),
    ("(DRAW )?A where X (is|are|was|were)( now)?", _REPLACE),
    ("where X (is|are)( now)?,? (DRAW )?A", _REPLACE),
    ("(LIGHT )?X (MODAL )?(now )?(become|be|is|be(come)?s|turn(ed|s)? into|changed? (in)?to) A", _REPLACE),
    ("(LIGHT )?X (MODAL )?(be )?(replaced|turned|changed|swapped|exchanged) (by|with|into|to|for) A", _REPLACE),
    ("(trade|exchange|swap|swap out|switch|switch out|change|substitute) X (for|with|against|by|to) A", _REPLACE),
    ("make A (out )?(of|from) X", _REPLACE),
    ("(get|have|let|use|take) A (to replace|replace|as a replacement (for|of)) X", _REPLACE),
    ("X out,? (and )?A in", _REPLACE),
    ("(DRAW |i (said|meant) )?A,? (and )?not X", _REPLACE),
    ("(re-?make|redraw|recast) X (as|into) A", _REPLACE),
    ("(LIGHT )?X and Y,? (MODAL )?(be )?(swap|switch|change|exchange|trade)(d|ped|ed)?( PLACES)?", _SWAP),
    ("(swap|switch|exchange|interchange|reverse|change|trade|flip) (the )?PLACES (of|between) X and Y", _SWAP),
    ("(exchange|switch|interchange|trade|flip) X (and|with|for) Y", _SWAP),
    ("(put|move) X where Y is,? and (vice versa|the other way (a?round)|.+ where .+ is)", _SWAP),
    ("X and Y (in each other['’]?s? PLACES|the other way (a?round))", _SWAP),
    ("(put |move |draw )?OTHERS (MODAL )?(be )?(behind|under|below|beneath) X", _FRONT),
    ("(put |move |draw )?OTHERS (MODAL )?(be |lie )?(in front of|over|above|on top of) X", _BACK),
    ("X (MODAL )?(be )?(covers?|overlaps?|hides?) OTHERS", _FRONT),
    ("X (MODAL )?(be )?covered by OTHERS", _BACK),
    ("(scale|blow|size) X up", _BIGGER),
    ("(zoom in on|increase( the size of)?|magnify|blow up|scale up|inflate|stretch) X", _BIGGER),
    ("(scale|size) X down", _SMALLER),
    ("(zoom out on|(reduce|decrease)( the size of)?|downsize|scale down|size down) X", _SMALLER),
    ("X (takes?|taking)( up)? too much (room|space)", _SMALLER),
    ("X (takes?|taking)( up)? too little (room|space)", _BIGGER),
    ("(there|here) MODAL (also )?be A", _ADD),
    ("(we|you|i)(['’]re| are|['’]m| am) missing A", _ADD),
    ("PICTURE (MODAL )?(needs?|lacks?|wants?|use|have|include|get|is missing) A", _ADD),
    ("((bring|throw|put|squeeze|fit|slip|drop|draw|work|stick) in|put|place|(find|make) (room|space) for|show|create"
     "|sketch|give (me|us)|draw( me)?|paint( me)?|with|let me (have|see)) A( added)?", _ADD),
    ("give X A", "add {a} to {x}"),
    ("(put|place|draw|paint|show) (?P<w>(in|at|on|next|behind|under|above|left|right) .+?) A", "add {a} {w}"),
    ("A (MODAL (also )?be (there|added|included|in PICTURE)|(is|are) (needed|missing)|too|as well|also|in addition"
     "|(to be )?added)", _ADD),
    ("A", _ADD),
)  # fmt: skip
_SLOT = re.compile("|".join(_SLOTS))


def _compiled(frame: str) -> re.Pattern[str]:
    pattern = _SLOT.sub(lambda slot: _SLOTS[slot.group()], frame.replace("(", "(?:").replace("(?:?", "(?"))
    return re.compile(pattern, re.IGNORECASE)


_COMPILED = tuple((_compiled(frame), wish) for frame, wish in _FRAMES)


def with_verb(text: str) -> Iterator[str]:
    """The ways to say `text` with a verb, most telling first."""
    for pattern, wish in _COMPILED if len(text) <= LONGEST else ():
        found = pattern.fullmatch(text)
        if found:
            yield wish.format(**found.groupdict())
