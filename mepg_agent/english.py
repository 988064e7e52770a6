"""The few English phrases that planner, engine, verifier and trainers must say alike."""

from __future__ import annotations

PLACES = {
    "meadow": "on a meadow",
    "forest": "in a forest",
    "beach": "on a beach",
    "sea": "on the sea",
    "desert": "in a desert",
    "snow": "in the snow",
    "mountains": "in the mountains",
    "city": "in a city",
    "room": "in a room",
    "sky": "in the sky",
    "space": "in space",
    "underwater": "underwater",
    "plain": "on a plain background",
}
TIMES = {"night": "at night", "sunset": "at sunset", "day": "by day"}


def article(words: str) -> str:
    """ "owl" -> "an owl"."""
    return f"{'an' if words[:1] in tuple('aeiou') else 'a'} {words}"


def noun_phrase(noun: str, color: str | None) -> str:
    """ "fox", "red" -> "a red fox": the prompt of a region, without style."""
    return article(f"{color} {noun}" if color else noun)


def place_words(place: str, time: str | None) -> str:
    """ "meadow", "night" -> "on a meadow at night". A plain background goes without saying."""
    where = "" if place == "plain" else PLACES.get(place, f"in the {place}")
    return " ".join(w for w in (where, TIMES.get(time, f"at {time}") if time else "") if w)
