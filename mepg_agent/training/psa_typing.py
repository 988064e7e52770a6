"""Text as people type it: capitals or none, words left out, misspellings."""

from __future__ import annotations

from collections.abc import Iterable

from mepg_agent.training.psa_pool import Pool, Voice, more

TYPOS = {
    "castle": "castel", "elephant": "elephent", "watercolor": "watercolr", "giraffe": "girafe", "left": "lefft",
    "right": "rigth", "behind": "behing", "beside": "besides", "butterfly": "buterfly", "picture": "pictuer",
    "with": "wiht", "the": "teh", "yellow": "yelow", "purple": "purpel", "beautiful": "beatiful",
    "mountain": "mountian", "between": "beetween", "house": "huose", "rabbit": "rabit", "style": "stlye",
    "background": "backround", "pencil": "pencle", "dinosaur": "dinosour", "umbrella": "umbrela", "octopus": "octapus",
    "penguin": "pengiun", "balloon": "baloon", "bicycle": "bycicle", "forest": "forrest", "desert": "dessert",
    "front": "frnot",
}  # fmt: skip
# what phrasings leave where they meet
MENDS = (
    (",,", ","), (" ,", ","), (",.", "."), ("..", "."), (".,", ","), (". -", " -"), ("style style", "style"),
    ("look look", "look"), ("colours style", "colours"), ("; .", "."), ("(, ", "("), (", )", ")"), ("( ", "("),
    (" )", ")"), (", ?", "?"), ("?.", "?"), (".;", ";"), (". .", "."),
)  # fmt: skip
CHATTER = Pool(
    ("pls {b}", "{b} lol", "ok so {b}", "{b} thx", "hey, {b}", "um {b}", "yo {b} cheers"),
    ("hi there! {b}", "umm so {b}", "{b} ty!!"),
    more("scenes", "chatter"),
)  # fmt: skip


def mended(text: str, mends: Iterable[tuple[str, str]]) -> str:
    for wrong, right in mends:
        text = text.replace(wrong, right)
    return text


def roughen(voice: Voice, text: str) -> str:
    """A prompt as somebody types it."""
    rng = voice.rng
    text = " ".join(mended(text, MENDS).split())
    if rng.random() < 0.1:
        text = voice.pick(CHATTER).format(b=text)
    if rng.random() < 0.04:  # as telegrams are written
        text = " ".join(w for w in text.split() if w.lower() not in ("a", "an", "the"))
    if rng.random() < 0.12:
        text = " ".join(TYPOS.get(w, w) if rng.random() < 0.6 else w for w in text.split())
    roll = rng.random()
    if roll < 0.3:
        return text.lower().rstrip(".")
    return text[0].upper() + text[1:] if roll < 0.75 else text
