"""Phrasings of relations, places, times, styles and whole requests. `held` ones appear only in the test split."""

from __future__ import annotations

from mepg_agent.scene import RelationKind as Kind
from mepg_agent.training.psa_words import Pool

RELATIONS: dict[Kind, Pool] = {
    Kind.LEFT_OF: Pool(
        (
            "to the left of",
            "left of",
            "on the left side of",
            "on the left of",
            "standing to the left of",
            "just left of",
        ),
        ("off to the left side of", "on the left-hand side of"),
    ),
    Kind.RIGHT_OF: Pool(
        (
            "to the right of",
            "right of",
            "on the right side of",
            "on the right of",
            "placed to the right of",
            "just right of",
        ),
        ("off to the right side of", "on the right-hand side of"),
    ),
    Kind.ABOVE: Pool(("above", "over", "floating above", "higher than", "up above", "high above"), ("hovering over",)),
    Kind.BELOW: Pool(("below", "lower than", "down below", "further down than"), ("situated below",)),
    Kind.ON: Pool(("on", "on top of", "sitting on", "standing on", "atop"), ("perched on", "resting on")),
    Kind.UNDER: Pool(("under", "beneath", "underneath", "sheltering under"), ("in the shade of", "tucked under")),
    Kind.BEHIND: Pool(
        ("behind", "at the back of", "partly hidden behind", "in the distance behind"), ("peeking out from behind",)
    ),
    Kind.IN_FRONT_OF: Pool(
        ("in front of", "right in front of", "standing in front of", "closer to us than"), ("in the foreground before",)
    ),
    Kind.NEXT_TO: Pool(
        ("next to", "beside", "by", "near", "close to", "alongside", "right next to"),
        ("adjacent to", "side by side with"),
    ),
    Kind.INSIDE: Pool(("inside", "within", "inside of", "in"), ("enclosed in",)),
}
ITS: dict[Kind, Pool] = {  # "a castle with a fox …"
    Kind.LEFT_OF: Pool(("to its left", "on its left", "on the left of it", "on its left side"), ("at its left hand",)),
    Kind.RIGHT_OF: Pool(
        ("to its right", "on its right", "on the right of it", "on its right side"), ("at its right hand",)
    ),
    Kind.ABOVE: Pool(("above it", "over it", "floating over it"), ("hovering overhead",)),
    Kind.BELOW: Pool(("below it", "beneath it")),
    Kind.ON: Pool(("on it", "on top of it", "on top", "sitting on it"), ("perched on it",)),
    Kind.UNDER: Pool(("under it", "underneath it", "beneath it")),
    Kind.BEHIND: Pool(("behind it", "in the background behind it", "at the back"), ("peeking out from behind it",)),
    Kind.IN_FRONT_OF: Pool(("in front of it", "in front", "right in front of it"), ("in the foreground before it",)),
    Kind.NEXT_TO: Pool(("next to it", "beside it", "by its side", "close by"), ("right alongside",)),
    Kind.INSIDE: Pool(("inside it", "inside", "within it")),
}
THEM = {"it": "them", "its": "their"}
BETWEEN = Pool(
    ("{a} between {b} and {c}", "{a} standing between {b} and {c}", "{b} and {c} with {a} between them",
     "{b} and {c}, and {a} in the middle of the two", "{b}, {a} and {c} in a row from left to right",
     "in between {b} and {c}, {a}", "{a} in the middle, {b} on its left and {c} on its right"),
    ("{a} flanked by {b} on the left and {c} on the right", "{a} sandwiched between {b} and {c}"),
)  # fmt: skip
SPOTS: dict[str, Pool] = {
    "left": Pool(("on the left", "at the left", "on the left side", "in the left third", "to the left",
    "on the far left"),
                 ("along the left edge", "over on the left-hand side")),
    "right": Pool(("on the right", "at the right", "on the right side", "in the right third", "to the right",
                   "on the far right"), ("along the right edge", "over on the right-hand side")),
    "center": Pool(("in the center", "in the middle", "at the centre", "in the centre of the picture", "centered"),
                   ("smack in the middle", "taking center stage")),
    "top": Pool(("at the top", "up at the top", "in the upper part"), ("along the top edge",)),
    "bottom": Pool(("at the bottom", "down at the bottom", "in the lower part"), ("along the bottom edge",)),
    "top left": Pool(("in the top left corner", "in the upper left", "top left", "at the top left"),
                     ("in the left corner up top",)),
    "top right": Pool(("in the top right corner", "in the upper right", "top right", "at the top right"),
                      ("in the right corner up top",)),
    "bottom left": Pool(("in the bottom left corner", "in the lower left", "bottom left", "at the bottom left"),
                        ("in the left corner down below",)),
    "bottom right": Pool(("in the bottom right corner", "in the lower right", "bottom right", "at the bottom right"),
                         ("in the right corner down below",)),
}  # fmt: skip
TIMES: dict[str | None, Pool] = {
    "night": Pool(("at night", "by night", "at midnight", "in the middle of the night", "at nighttime", "in the dark",
                   "on a starry night", "under a night sky"), ("after nightfall", "long past bedtime, in darkness")),
    "sunset": Pool(("at sunset", "at dusk", "in the evening", "during golden hour", "at dawn", "at sunrise",
    "at twilight"),
                   ("as the sun goes down", "in the last light of the day")),
    None: Pool(("on a sunny day", "at noon", "during the day", "in daylight"), ("on a bright afternoon",)),
}  # fmt: skip
PREPOSITIONS = {
    "beach": "at the", "shore": "on the", "seaside": "at the", "coast": "on the", "sand": "on the", "sea": "on the",
    "ocean": "on the", "lake": "on a", "water": "on the", "river": "on a", "pond": "on a", "waves": "on the",
    "sky": "in the", "clouds": "in the", "the air": "in", "blue sky": "in a", "space": "in", "outer space": "in",
    "stars": "among the", "galaxy": "in a", "cosmos": "in the", "underwater": "", "under the sea": "",
    "seabed": "on the",
    "reef": "at a", "deep sea": "in the", "aquarium": "in an", "desert": "in the", "dunes": "in the",
    "sahara": "in the",
    "snow": "in the", "winter": "in", "ice": "on the", "arctic": "in the", "mountains": "in the", "alps": "in the",
    "woods": "in the", "forest": "in a", "jungle": "in the", "countryside": "in the", "hill": "on a", "hills": "in the",
    "grass": "on the", "lawn": "on a", "street": "on a", "road": "on a", "downtown": "", "indoors": "", "table": "on a",
    "inside a room": "", "rooftop": "on a", "market": "at a", "playground": "at a", "theater stage": "on a",
    "train station": "at a", "airport": "at an", "savanna": "on the", "skyline": "before a", "mountain range": "in a",
}  # fmt: skip
PLAIN = Pool(("on a plain background", "on a white background", "with a plain background", "with a simple background"),
             ("against nothing but blank paper",))  # fmt: skip
NOTHING_ELSE = Pool(
    ("no people", "without any text", "no text", "nobody around", "no watermark", "no humans in it", "without people",
     "no other animals", "no words", "don't add any {noun}", "but no {noun}", "there must not be any {noun}",
     "without a {noun}", "no {noun} please"),
    ("leave out the {noun}", "absolutely zero {noun}", "and skip people entirely"),
)  # fmt: skip
FILLER = Pool(
    ("highly detailed", "beautiful", "4k", "very cute", "thanks!", "it's for my daughter's birthday card",
     "nice colors",
     "please", "keep it simple", "high quality", "for a children's book", "cozy mood", "dramatic light"),
    ("it is meant as a poster for my classroom", "make it look lovely"),
)  # fmt: skip
FRAMES = Pool(
    ("{b}", "{b}", "{b}", "{b}", "{b}.", "draw {b}", "Draw {b}.", "a picture of {b}", "A picture with {b}.",
     "paint {b}",
     "please draw {b}", "I want {b}", "I'd like a picture of {b}", "can you make {b}?", "make me {b}",
     "create an image of {b}",
     "an illustration of {b}", "show {b}", "generate {b}", "Imagine {b}.", "a scene with {b}", "give me {b}",
     "we need {b} for the cover", "Could you draw {b} for me?", "image: {b}"),
    ("put together a scene showing {b}", "what I have in mind is {b}", "how about {b}?", "my kid asked for {b}",
     "Compose an artwork featuring {b}."),
)  # fmt: skip
SETTINGS = Pool(  # where body and place and time meet; {b} body, {p} place, {t} time (either may be empty)
    ("{b} {p} {t}", "{b} {p} {t}", "{b} {p}, {t}", "{p} {t}, {b}", "{p}, {b} {t}", "{t}, {b} {p}", "{b}, {p} {t}"),
    ("{t} {p}: {b}", "{b}, all of it {p} {t}"),
)
SCENE_SENTENCE = Pool(
    ("The scene is {p} {t}.", "It is set {p} {t}.", "Everything happens {p} {t}.", "Background: {place} {t}.",
     "Setting: {place} {t}."),
    ("Let it take place {p} {t}.",),
)  # fmt: skip
OBJECT_STYLES = Pool(  # {n} noun phrase, {s} style phrase
    ("{n} in {s}", "{n} in {s} style", "{s} {n}", "{s} {n}", "{n} drawn as {s}", "{n} done in {s}", "{n} ({s})",
     "{n} rendered in {s}", "{n}, {s},", "{n} that looks like {s}", "{n} painted in {s}", "{n} with {s}"),
    ("{n} given the {s} treatment", "{n} made to look like {s}", "{n} having a {s} feel"),
)  # fmt: skip
STYLE_SENTENCES = Pool(
    ("The {n} is {s}.", "The {n} should be {s}.", "Make the {n} {s}.", "Use {s} for the {n}.", "Draw the {n} in {s}.",
     "The {n} in {s} style.", "{n}: {s}.", "I want the {n} to be {s}.", "The {n} must look like {s}."),
    ("Give the {n} a {s} look.", "As for the {n}, go with {s}."),
)  # fmt: skip
GLOBAL_STYLES = Pool(
    ("{b}, {s}", "{b}, {s}", "{b} in {s} style", "{s} of {b}", "{s}: {b}", "{b}. Style: {s}.",
     "{b}. Everything in {s}.",
     "in the style of {s}, {b}", "{b}, {s} style", "{b}, all in {s}", "{b} as {s}", "a {s} picture of {b}",
     "a {s} with {b}", "{b} - the whole thing should be {s}", "using {s}: {b}"),
    ("{b}; render the entire image with {s}", "go for {s} throughout: {b}", "{b}, with a {s} look overall"),
)  # fmt: skip
REST_STYLES = Pool(
    ("{b}, the rest {s}", "{b}, everything else in {s}", "{b}, on a {s} background", "{b}. The background is {s}.",
     "{b}. Otherwise {s}.", "{b}, with the background in {s}"),
    ("{b}; whatever remains goes {s}",),
)  # fmt: skip
EXCEPT = Pool(
    ("{b}, all in {s} except the {n}", "{b}. Everything but the {n} in {s}.", "{b}. Apart from the {n} it is all {s}.",
     "{b}, {s} for all except the {n}", "{b}, and except for the {n} all {s}"),
    ("{b}; only the {n} is not {s}",),
)  # fmt: skip
ACTIONS = Pool(
    ("chasing", "watching", "looking at", "playing with", "following", "guarding", "hugging", "meeting", "and",
     "who meets",
     "waiting for", "talking to", "dancing with", "dreaming of"),
    ("admiring", "sneaking up to"),
)  # fmt: skip
CONTRASTS = Pool(
    ("not {x} but {n}", "{n} instead of {x}", "{n}, not {x},", "{n} rather than {x}"), ("forget {x}, I mean {n}",)
)
ROWS = Pool(
    ("from left to right: {l}", "{t}, from left to right", "left to right {l}", "in a row from left to right, {l}",
     "{l} in this order from left to right", "{l}, left to right"),
    ("reading from the left: {l}", "starting at the left {t}"),
)  # fmt: skip
TWINS = Pool(  # two of a kind: {p} plural, {n} noun, {x}/{y} what tells them apart, {s} where the first one is
    ("two {p}, one {x} and one {y}, the {x} one {s}", "two {p}, the {x} one {s} and the {y} one on the other side",
     "a {x} {n} and a {y} {n}, the {x} one {s}", "a {x} {n} {s} and a {y} {n} opposite",
     "two {p}. One is {x}, the other {y}. The {x} {n} is {s}.", "a pair of {p}: {x} ({s}) and {y}"),
    ("two {p} of which the {x} sits {s} and the other is {y}",),
)  # fmt: skip
GROUPS = Pool(  # several of a kind that differ: {k} count, {p} plural, {e} each with "one", {l} bare list
    ("{k} {p}: {e}", "{k} {p}, {e}", "{e}", "{k} {p} in {l}", "{k} {p} ({l})", "{k} {p} in a row: {e}"),
    ("{k} {p} which are, from left to right, {l}",),
)
COUNTS: dict[int, Pool] = {
    2: Pool(("two", "2", "a pair of", "a couple of"), ("both of my",)),
    3: Pool(("three", "3"), ("a trio of",)),
    4: Pool(("four", "4"), ("a group of four",)),
    5: Pool(("five", "5"), ("five different",)),
    6: Pool(("six", "6", "half a dozen"), ("a set of six",)),
}
CHATTER = Pool(("pls {b}", "{b} lol", "ok so {b}", "{b} thx", "hey, {b}", "um {b}"), ("yo {b} cheers",))
