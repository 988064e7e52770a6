"""Says where and when a scene is."""

from __future__ import annotations

from mepg_agent.training.psa_places import (
    FIXED,
    MOODS,
    OUTDOORS,
    PLACE_FIRST,
    PLAIN,
    PREPOSITIONS,
    SCENE_SENTENCE,
    SETTINGS,
    SURFACES,
    TIMES,
)
from mepg_agent.training.psa_pool import Voice
from mepg_agent.training.psa_scenes import Scene


def place_words(voice: Voice, scene: Scene) -> str:
    """ "In a quiet forest"; often nothing for a plain background."""
    rng, place = voice.rng, scene.place
    if place == "plain":
        return voice.pick(PLAIN) if rng.random() < 0.2 else ""
    preposition = PREPOSITIONS.get(place, rng.choice(("in a", "in a", "in the")))
    if place not in FIXED and rng.random() < 0.45:
        preposition = rng.choice(SURFACES if preposition.split()[0] in ("on", "at") else OUTDOORS)
        if rng.random() < 0.3:
            place = f"{rng.choice(MOODS)} {place}"
    if place.endswith("s") and place != "grass" and preposition.endswith(" a"):
        preposition = preposition[:-1] + "the"
    if preposition.endswith(" a") and place[0] in "aeiou":
        preposition += "n"
    return f"{preposition} {place}".strip()


def time_words(voice: Voice, scene: Scene) -> str:
    """ "At night"; mostly nothing by day."""
    return "" if scene.time is None and voice.rng.random() < 0.9 else voice.pick(TIMES[scene.time])


def set_in(voice: Voice, scene: Scene, body: str) -> str:
    """The body with the scene's place and time before, after or around it."""
    rng = voice.rng
    if scene.place not in ("plain", *FIXED) and rng.random() < 0.2:
        mood = f"{rng.choice(MOODS)} " if rng.random() < 0.2 else ""
        text = voice.pick(PLACE_FIRST).format(b=body, w=f"{mood}{scene.place}", t=time_words(voice, scene))
    else:
        text = _setting(voice, scene, body)
    return " ".join(text.replace(" ,", ",").split()).strip(" ,:-;").replace(",,", ",").replace("()", "")


def _setting(voice: Voice, scene: Scene, body: str) -> str:
    if not scene.time and scene.place == "plain" and voice.rng.random() < 0.6:
        return body
    place, time = place_words(voice, scene), time_words(voice, scene)
    return voice.pick(SETTINGS).format(b=body, p=place, t=time) if place or time else body


def scene_sentence(voice: Voice, scene: Scene) -> str:
    """ "It is set in a forest at night."; empty where neither goes into words."""
    place, time = place_words(voice, scene), time_words(voice, scene)
    if not place and not time:
        return ""
    text = voice.pick(SCENE_SENTENCE).format(p=place, t=time, place=scene.place)
    return " ".join(text.split()).replace(" .", ".")
