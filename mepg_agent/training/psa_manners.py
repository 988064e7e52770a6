"""Edit instructions as people give them: what they put around a wish, and how they type it."""

from __future__ import annotations

import re

from mepg_agent.training.psa_pool import Pool, Voice, more
from mepg_agent.training.psa_typing import TYPOS, mended

# {i} the instruction
POLITE = Pool(
    (
        "{i}", "{i}", "{i}", "{i}", "please {i}", "{i} please", "can you {i}?", "now {i}", "ok, {i}", "hmm, {i}",
        "{i}, thanks", "[could|would|will|can] you [please |]{i}[?|]",
        "[so|well|great, but|nice, but|good, now|next|then|also|and|but|actually|hey|oh|wait|hm|finally|first|no,|"
        "maybe|perhaps|sorry, but|looks good, but|almost, but] {i}",
        "{i} [pls|thx|if you can|now|if possible|thank you|!|then|ok?]",
        "[I think|I'd say|let's|you should|I want you to|try to|you could|kindly|just|simply|my wish:|next step:|"
        "change:|edit:|it would be great if you could|do me a favor:] {i}",
        "alright then: {i}", "one more thing, {i}",
    ),
    ("before I forget: {i}", "small correction: {i}", "as a final touch, {i}"),
    more("edits", "polite"),
)  # fmt: skip
# what such a word must follow
BEFORE_ORDERS = re.compile(r"\byou\b|\b(to|and|should) \{i\}")
# first words of an instruction that "could you …" may go before
ORDERS = (
    "add", "put", "draw", "place", "insert", "include", "show", "create", "make", "paint", "bring", "give", "move",
    "shift", "nudge", "push", "slide", "pull", "set", "take", "get", "remove", "delete", "erase", "drop", "lose", "cut",
    "wipe", "hide", "omit", "skip", "cancel", "exclude", "clear", "change", "color", "colour", "recolor", "turn", "dye",
    "tint", "spray", "fill", "use", "redo", "restyle", "convert", "transform", "switch", "apply", "style", "try",
    "swap", "exchange", "replace", "substitute", "trade", "send", "let", "have", "redraw", "regenerate", "fix",
    "repaint", "remake", "rework", "generate", "render", "enlarge", "scale", "shrink", "reduce", "resize", "grow",
    "increase", "decrease", "expand", "double", "halve", "position", "transfer", "keep", "leave", "magnify", "minimize",
)  # fmt: skip
MENDS = (("??", "?"), (".?", "?"), ("?,", ","), ("?.", "."), ("? please", " please"), (" ,", ","))


def asked(voice: Voice, text: str) -> str:
    """The instruction as somebody types it."""
    rng, polite = voice.rng, voice.pick(POLITE)
    if BEFORE_ORDERS.search(polite) and text.split(" ")[0] not in ORDERS:
        polite = "{i}"  # "could you the fox is too big?" is nothing that people say
    text = mended(polite.format(i=text), MENDS)
    if rng.random() < 0.06:
        text = " ".join(TYPOS.get(w, w) for w in text.split())
    if rng.random() < 0.05:
        text = " ".join(w for w in text.split() if w != "the")
    roll = rng.random()
    if roll < 0.55:
        return text
    return text[0].upper() + text[1:].rstrip("?.") + ("." if roll < 0.9 else "")
