"""Closed classes of English that the rule planner reads: numbers, sizes, spots, relations, and words to pass over."""

from __future__ import annotations

from itertools import product

from mepg_agent.scene import RelationKind as Kind

UNITS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
COUNTS = {
    **{"zero": 0, **UNITS, "ten": 10},
    **{"a pair of": 2, "pair of": 2, "a couple of": 2, "couple of": 2, "both": 2, "twin": 2},
    **{"a trio of": 3, "trio of": 3, "a foursome of": 4, "foursome of": 4, "half a dozen": 6, "a half dozen": 6},
    **dict.fromkeys(("a few", "several", "some", "a group of", "a bunch of", "bunch of", "group of"), 3),
    **{"duo of": 2, "a duo of": 2},
    **{"ones": 2, "eleven": 11, "twelve": 12, "a dozen": 12},
    **{"a herd of": 4, "a flock of": 4, "a pack of": 4, "many": 5, "lots of": 5, "a lot of": 5, "a row of": 4},
}
_TEENS = ("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
TEENS = dict(zip(_TEENS, range(13, 20), strict=True))
TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
CROWDS = {"dozens of": 24, "a hundred": 100, "one hundred": 100, "hundreds of": 100, "a thousand": 1000}
SLIPS = {"teh": "the", "hte": "the", "adn": "and", "nad": "and", "wiht": "with"}  # too short for `Lexicon.mended`
EACH = ("each", "every", "any")
NEWEST = ("newest", "latest")
THINGS = ("thing", "things", "object", "item", "element")
ONES = ("one", "ones")  # without a noun they stand for the one just named
INDEFINITE = ("a", "an", "another", "a single", "one single")
DEFINITE = ("the", "this", "that", "these", "those", "its", "his", "her", "their", "my", "your", "our")
POSSESSIVE = ("its", "his", "her", "their")
ITS = "it"  # value of a relation that names its object in a pronoun: "to its left"
SIZES = {
    **dict.fromkeys(("tiny", "miniature", "very small", "teeny", "minuscule"), 0.55),
    **dict.fromkeys(("small", "little", "mini", "smallish", "smaller"), 0.75),
    **dict.fromkeys(("big", "large", "bigger", "larger"), 1.3),
    **dict.fromkeys(("huge", "giant", "enormous", "gigantic", "massive", "very big", "very large", "colossal"), 1.6),
}
SHADES = ("dark", "light", "bright", "pale", "deep", "vivid")  # before a colour they are passed over
_AT = ("", "to ", "on ", "at ", "to the ", "on the ", "at the ")
_SIDE_OF = (" of", " side of", " hand side of", " hand of")
# one stands at each of them
BOTH_SIDES = tuple(
    f"{at} {s}{of}"
    for at in ("on", "at", "to")
    for s in ("each side", "either side", "both sides")
    for of in (" of", "")
)
RELATIONS: dict[str, Kind] = {
    **{f"{at}left{of}": Kind.LEFT_OF for at in _AT for of in _SIDE_OF},
    **{f"{at}right{of}": Kind.RIGHT_OF for at in _AT for of in _SIDE_OF},
    **dict.fromkeys(("above", "over", "high above", "up above", "higher than", "higher up than"), Kind.ABOVE),
    **dict.fromkeys(("below", "beneath", "lower than", "further down than"), Kind.BELOW),
    **dict.fromkeys(("on top of", "on", "upon", "onto", "atop", "at the top of", "riding", "rides", "on top"), Kind.ON),
    **dict.fromkeys(("under", "underneath"), Kind.UNDER),
    **dict.fromkeys(("behind", "at the back of", "in back of", "at the rear of", "in the back of"), Kind.BEHIND),
    **dict.fromkeys(("on the far side of", "further back than", "farther back than"), Kind.BEHIND),
    **dict.fromkeys(("in front of", "before", "in front", "ahead of", "at the front of"), Kind.IN_FRONT_OF),
    **dict.fromkeys(("closer to us than", "nearer to us than", "closer than", "nearer than"), Kind.IN_FRONT_OF),
    **dict.fromkeys(("next to", "beside", "near", "by", "nearby", "close to", "alongside", "besides"), Kind.NEXT_TO),
    **dict.fromkeys(("closer to", "nearer to", "not far from", *BOTH_SIDES), Kind.NEXT_TO),
    **dict.fromkeys(("at the side of", "at", "against", "around", "outside", "adjacent to", "holding"), Kind.NEXT_TO),
    **dict.fromkeys(("inside", "inside of", "within", "in", "into"), Kind.INSIDE),
}
NOT_PLACES = {*Kind} - {Kind.ON, Kind.BEHIND, Kind.IN_FRONT_OF, Kind.INSIDE}  # "above the clouds": things
BETWEEN = ("between", "in between", "in the middle between")
AMONG = ("among", "amid", "amongst", "across", "through", "along")  # before places only
EXCEPTIONS = ("except", "apart from")
NEGATIONS = (
    *("no", "without", "without any", "not", "but no", "but not", "with no", "free of", "never", "don't"),
    *("dont", "neither", "nor", "instead of", "in lieu of", "anything but"),
    *EXCEPTIONS,
)
CARRIERS = (
    *("painting", "picture", "drawing", "image", "illustration", "scene", "print", "poster", "artwork", "version"),
    *("rendering", "photo", "render", "sketch", "portrait", "style", "art", "look", "technique"),
)
FILLER = (
    *("is", "are", "was", "were", "be", "being", "there", "which", "who", "and also", "also", "then", "it is", "of"),
    *("sits", "sit", "sitting", "stands", "stand", "standing", "lies", "lying", "placed", "located", "positioned"),
    *("perched", "leaning", "leans", "leaned", "hidden", "seated", "rests", "toward", "towards", "aloft"),
    *("flying", "flies", "floating", "floats", "hangs", "hanging", "hovering", "resting", "parked", "sails", "sailing"),
    *("swims", "swim", "float", "fly", "hang", "hover", "lie", "lean", "swimming", "grows", "growing", "hides"),
    *("hiding", "stood", "sat", "show", "showing", "shows", "draw"),
    *("paint", "make", "create", "me", "please", "i", "want", "would like", "to", "see", "has", "have"),
    *("having", "for"),
    *("looking at", "looks at", "look at", "staring at", "pointing at", "waving at", "place"),
    *("colored", "coloured", "color", "colour", "very", "quite", "really", "just", "only", "so", "as", "side"),
    *("should", "must", "would", "will", "might", "may", "shall", "ought", "need", "needs", "wish", "rather", "than"),
    *("background", "we", "you", "can", "could", "let", "us", "us see", "while", "where", "looking", "looks", "like"),
    *("using", "done", "drawn", "painted", "made", "rendered", "depicted", "featuring", "containing", "plus"),
    *("s", "t", "d", "ll", "m", "re", "ve"),  # after an apostrophe
    *("both of them", "side by side", "together", "each", "every", "other", "up", "down", "directly", "exactly"),
    *("in a row", "in a line", "in line", "all in a row"),
    *("places", "positions", "spots", "seats", "setting", "treatment", "shade", "tone", "instead"),
    *("slightly", "far", "high", "low", "during", "lit", "from", "today", "now", "nice", "beautiful", "pretty"),
    *("cute", "lovely", "amazing", "stunning", "detailed", "simple", "masterpiece", "high quality", "4k", "hd"),
)
WHOLE = (
    *("everything else", "the rest", "all the rest", "the others", "all the others", "all else", "what is left"),
    *("everything", "all", "all of it", "every thing", "every single thing", "each thing", "all things"),
    *("whole thing", "whole picture", "whole scene", "whole image", "entire picture", "entire scene"),
)
ROW = ("from left to right", "left to right", "from the left to the right")
# words of talking about a picture; they name nothing in it
TALK = {
    *("about", "add", "after", "am", "any", "anything", "around", "behold", "bring", "cheers", "come", "comes"),
    *("contents", "create", "dear", "depict", "do", "elements", "else", "find", "finds", "generate", "get"),
    *("give", "go", "goes", "great", "happens", "hello", "help", "hey", "hi", "how", "idea", "if", "illustrate"),
    *("image", "imagine", "include", "items", "keep", "kindly", "late", "love", "mind", "mood", "more", "my"),
    *("need", "objects", "off", "oh", "ok", "okay", "out", "part", "pls", "plz", "prepare", "produce", "put"),
    *("same", "scenery", "set", "shows", "situated", "somewhere", "story", "subjects", "take", "takes", "task"),
    *("thank", "thanks", "things", "think", "thinking", "too", "try", "use", "want", "wants", "way", "well"),
    *("what", "when", "whose", "work", "yes"),
}
# light of the scene in more words than a vocabulary has
TIMES = {
    "night": (
        *("moonlight", "by moonlight", "in the moonlight", "nightfall", "after dark", "under the stars", "starlight"),
        *("late at night", "in the dark", "under the night sky", "night sky", "night time", "darkness"),
    ),
    "sunset": (
        *("when the sun sets", "as the sun sets", "setting sun", "the sun is setting", "the sun goes down"),
        *("the sun rises", "rising sun", "daybreak", "the sun comes up", "low sun", "evening light", "golden light"),
    ),
    "day": ("daylight", "afternoon", "morning", "day time", "in the sun", "broad daylight", "lunchtime", "bright day"),
}
IT = ("it", "them", "him", "they")
MANY = ("them", "they")  # the pronoun of several
LINKS = ("and", "or", "with", "but", "as well as", "together with", "along with", "alongside of")


def large_counts() -> dict[str, int]:
    """Numbers of more than a picture holds; known, so that they are not passed over: "fourteen", "twenty-one"."""
    both = {f"{ten} {unit}": TENS[ten] + UNITS[unit] for ten, unit in product(TENS, UNITS)}
    return {**TEENS, **TENS, **CROWDS, **both}


def spots() -> dict[str, str]:
    """Every phrase for a part of the canvas: "in the top right corner" to "top right", "in the middle" to "center"."""
    found: dict[str, str] = {}
    rows = {"top": "top", "upper": "top", "bottom": "bottom", "lower": "bottom"}
    sides = {"left": "left", "right": "right"}
    parts = {f"{r} {s}": f"{row} {side}" for (r, row), (s, side) in product(rows.items(), sides.items())}
    tails = ("", " corner", " part", " side", " third", " half", " edge", " area", " quarter")
    for lead, (part, spot), tail in product(
        ("", "in the ", "at the ", "on the ", "to the ", "in "), parts.items(), tails
    ):
        found[f"{lead}{part}{tail}"] = spot
    for lead, (part, spot) in product(("in the ", "at the ", "on the ", "to the "), {**rows, **sides}.items()):
        found.update({f"{lead}{part}{tail}": spot for tail in tails})
    for part, spot in {**rows, **sides}.items():
        found.update({f"{part}{tail}": spot for tail in tails})
    for lead, middle in product(("in the ", "at the ", "in the very ", "on the ", ""), ("middle", "center", "centre")):
        found[f"{lead}{middle}"] = "center"
    for lead, far, spot in product(("", "on the ", "at the ", "to the "), ("far", "outer", "furthest"), sides):
        found[f"{lead}{far} {spot}"] = spot
    found.update({f"from the {side}": side for side in sides})
    found.update({"centered": "center", "in the corner": "corner", "in a corner": "corner"})
    for spot, words in DEPTHS.items():
        found.update(dict.fromkeys(words, spot))
    of = ("picture", "image", "canvas", "frame", "scene", "page", "painting", "drawing")
    return found | {f"{p} of the {o}": spot for (p, spot), o in product(found.items(), of)}


def its_sides() -> dict[str, Kind]:
    """Every phrase that relates to what was just named: "to its left", "on her right side"."""
    sides = {"left": Kind.LEFT_OF, "right": Kind.RIGHT_OF}
    parts = product(("to", "on", "at"), POSSESSIVE, sides.items(), ("", " side"))
    return {f"{lead} {whose} {side}{tail}": kind for lead, whose, (side, kind), tail in parts}


DEPTHS = {
    "front": ("in the foreground", "in foreground", "up front"),
    "back": ("in the background", "in the distance", "far away", "in the far distance", "on the horizon"),
}
