"""What a person is told of values that do not fit: the first thing that is wrong, and where it stands."""

from __future__ import annotations

from pydantic import ValidationError


def first_mistake(error: ValidationError, name: str = "") -> str:
    """As "regions.0.box.x: Input should be …", without a full stop; `name` goes before the place."""
    place, said = place_of_mistake(error, name), said_of_mistake(error)
    return f"{place}: {said}" if place else said


def place_of_mistake(error: ValidationError, name: str = "") -> str:
    """ "regions.0.box.x"; empty where the value as a whole is wrong and has no name."""
    loc = error.errors(include_url=False)[0]["loc"]
    return ".".join(str(part) for part in (*filter(None, [name]), *loc))


def said_of_mistake(error: ValidationError) -> str:
    """What is wrong at that place."""
    return error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ").removesuffix(".")
