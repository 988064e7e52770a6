"""What people say around a wish: "hey, could you please …", "one more thing: …", "…, thanks a lot". None of it asks for
anything, so an instruction is read without it."""

from __future__ import annotations

import re

_GOOD = "(?:great|good|nice|cool|perfect|lovely|super|wonderful|beautiful|fine|amazing|awesome|excellent)"
_CALLS = (
    *("ok", "okay", "oh", "ah", "hm+", "u+m+", "uh", "er", "well", "hey", "hi", "hello", "alright", "all right"),
    *(_GOOD, "(?:nice|good|great) (?:work|job)", "well done", "thanks", "thank you", "yes", "wait", "hang on"),
    *("here goes", "what['’]?s more", "next up", "on second thought", "same picture", "so", "but", "and"),
    *("plus", r"no(?=\W*$|[,.!])"),
    *("also", "too", "then", "now", "next(?! to)", "first(?:ly)?", "lastly", "finally", "actually", "maybe", "perhaps"),
    *("please", "pls", "plz", "kindly", "just", "simply", "in addition", "additionally", "after that"),
    *("i think(?: that)?", "i guess", "as i said", "instead(?! of)", "(?:it|that|this)['’]?s too (?:dark|bright)"),
    r"(?:i|we) (?:really )?(?:like|love) (?:it|this|that)(?=\W*$|[,.!])",
    rf"(?:(?:it|that|this) )?(?:looks|is) {_GOOD}(?=\W*$|[,.!])",
)
_COUNTED = "an?|one|two|some|my|the|another|last|next|first|second|more|other|further|final|small|little|extra|new"
_NOUNS = "things?|requests?|edits?|changes?|points?|wish(?:es)?|matters?|instructions?|problems?|favou?rs?"
_TOPICS = rf"(?:(?:(?:{_COUNTED})\s+)*(?:{_NOUNS})|something else|here is the thing|do me a favou?r)"
_ASKS = (
    r"(?:can|could|would|will|won['’]?t|couldn['’]?t|may|might|should) (?:you|we|i)(?: (?:have|see|try to))?",
    r"(?:can|could|would|will|should)(?= (?:the|that|this|these|those|my|our|both|all|every|it|them|there)\b)",
    r"(?:i|we)(?:['’]d| would)(?: really| also| still)? (?:like|love|want|prefer|rather have)"
    r"(?: to (?:have|get))?(?: you to)?",
    r"(?:i|we)(?: really| also| still)? (?:want|need|wish|prefer)(?: to (?:have|get))?(?: you to)?(?: for)?",
    r"let(?:['’]?s| us)(?: have| see)?",
    "let(?: me (?:have|see))?",
    "(?:can|could) i get you to|it would be [a-z]+ if you (?:can|could)",
    "(?:what if|how about|what about|make sure(?: that)?|try to|you (?:can|could|should|may|must)|why not)",
    "why don['’]?t (?:you|we)",
)
_CLOSING = (
    *("please", "pls", "plz", "thanks", "thx", "thank you", "cheers", "ok", "okay", "now", "i think", "as i said"),
    *("right away", "asap", "a lot", "very much", "so much", "if (?:possible|that works)", "if you (?:can|would|like)"),
    *("if you don['’]?t mind", "(?:that |it |this )?would (?:be (?:nice|great|good|better|lovely|cool)|help)"),
)
_STOPS = r"[\s,.:;!?)-]*"
_OPENERS = re.compile(
    rf"(?:{'|'.join(_CALLS)})(?![\w'’]){_STOPS}|{_TOPICS}\s*(?:[:,.-]\s*|$)|(?:{'|'.join(_ASKS)})(?![\w'’])[\s,:]*",
    re.IGNORECASE,
)
_CLOSERS = re.compile(rf"{_STOPS}\b(?:{'|'.join(_CLOSING)}){_STOPS}$", re.IGNORECASE)


def bare(text: str) -> str:
    """The wish alone; empty where the words ask for nothing."""
    text = text.strip()
    while found := _OPENERS.match(text):
        text = text[found.end() :]
    while found := _CLOSERS.search(text):
        text = text[: found.start()]
    return text.strip(" \t,.:;!?-–")
