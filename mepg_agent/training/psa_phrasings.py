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
            "over to the left of",
            "on the left-hand of",
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
            "over to the right of",
            "on the right-hand of",
        ),
        ("off to the right side of", "on the right-hand side of"),
    ),
    Kind.ABOVE: Pool(("above", "over", "floating above", "higher than", "up above", "high above"), ("hovering over",)),
    Kind.BELOW: Pool(("below", "lower than", "down below", "further down than"), ("situated below",)),
    Kind.ON: Pool(
        ("on", "on top of", "sitting on", "standing on", "atop", "lying on", "placed on", "upon"),
        ("perched on", "resting on"),
    ),
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
    "on the far left", "at the left-hand side", "close to the left edge", "leftmost", "in the left half"),
                 ("along the left edge", "over on the left-hand side")),
    "right": Pool(("on the right", "at the right", "on the right side", "in the right third", "to the right",
                   "on the far right", "at the right-hand side", "close to the right edge", "rightmost",
                   "in the right half"), ("along the right edge", "over on the right-hand side")),
    "center": Pool(("in the center", "in the middle", "at the centre", "in the centre of the picture", "centered",
                    "dead center", "right in the middle"),
                   ("smack in the middle", "taking center stage")),
    "top": Pool(("at the top", "up at the top", "in the upper part", "close to the top edge",
                 "in the upper half"), ("along the top edge",)),
    "bottom": Pool(("at the bottom", "down at the bottom", "in the lower part", "close to the bottom edge"),
                   ("along the bottom edge",)),
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
     "without a {noun}", "no {noun} please", "not a single {noun}", "minus the {noun}", "omit the {noun}",
     "do not include any {noun}", "avoid people", "exclude the {noun}", "keep the {noun} out of it", "never a {noun}",
     "I do not want a {noun}", "there is no {noun} in it", "not even one {noun}", "and nobody at all"),
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
     "we need {b} for the cover", "Could you draw {b} for me?", "image: {b}", "my son wants {b}", "my boss needs {b}",
     "the kids would love {b}", "do you think you could make {b}?", "let us see {b}", "Let there be {b}.",
     "Prepare an artwork with {b}.", "I am thinking of {b}", "what about a picture with {b}?"),
    ("put together a scene showing {b}", "what I have in mind is {b}", "how about {b}?", "my kid asked for {b}",
     "Compose an artwork featuring {b}."),
)  # fmt: skip
SETTINGS = Pool(  # where body and place and time meet; {b} body, {p} place, {t} time (either may be empty)
    (
        "{b} {p} {t}",
        "{b} {p} {t}",
        "{b} {p}, {t}",
        "{p} {t}, {b}",
        "{p}, {b} {t}",
        "{t}, {b} {p}",
        "{b}, {p} {t}",
        "{p} {t} there is {b}",
        "{p}: {b}, {t}",
        "{b}, and all that {p} {t}",
    ),
    ("{t} {p}: {b}", "{b}, all of it {p} {t}"),
)
SCENE_SENTENCE = Pool(
    ("The scene is {p} {t}.", "It is set {p} {t}.", "Everything happens {p} {t}.", "Background: {place} {t}.",
     "Setting: {place} {t}."),
    ("Let it take place {p} {t}.",),
)  # fmt: skip
OBJECT_STYLES = Pool(  # {n} noun phrase, {s} style phrase
    ("{n} in {s}", "{n} in {s} style", "{s} {n}", "{s} {n}", "{n} drawn as {s}", "{n} done in {s}", "{n} ({s})",
     "{n} rendered in {s}", "{n}, {s},", "{n} that looks like {s}", "{n} painted in {s}", "{n} with {s}",
     "{n} shown as {s}", "{n} with a {s} look", "{n} in the manner of {s}", "{n} as if it were {s}", "{n}, think {s},",
     "{n} turned into {s}"),
    ("{n} given the {s} treatment", "{n} made to look like {s}", "{n} having a {s} feel"),
)  # fmt: skip
STYLE_SENTENCES = Pool(
    ("The {n} is {s}.", "The {n} should be {s}.", "Make the {n} {s}.", "Use {s} for the {n}.", "Draw the {n} in {s}.",
     "The {n} in {s} style.", "{n}: {s}.", "I want the {n} to be {s}.", "The {n} must look like {s}.",
     "Let the {n} be {s}.", "The {n} gets {s}.", "The {n} has the look of {s}.", "For the {n} use {s}.",
     "Style of the {n}: {s}.", "The {n} as {s}, please."),
    ("Give the {n} a {s} look.", "As for the {n}, go with {s}."),
)  # fmt: skip
GLOBAL_STYLES = Pool(
    ("{b}, {s}", "{b}, {s}", "{b} in {s} style", "{s} of {b}", "{s}: {b}", "{b}. Style: {s}.",
     "{b}. Everything in {s}.",
     "in the style of {s}, {b}", "{b}, {s} style", "{b}, all in {s}", "{b} as {s}", "a {s} picture of {b}",
     "a {s} with {b}", "{b} - the whole thing should be {s}", "using {s}: {b}", "{s} style, {b}",
     "{b}; everything is {s}", "{b}. The whole picture is {s}.", "make it all {s}: {b}", "{b}, done as {s}",
     "{b}. I want {s} everywhere.", "{b}; draw it with {s}"),
    ("{b}; render the entire image with {s}", "go for {s} throughout: {b}", "{b}, with a {s} look overall"),
)  # fmt: skip
REST_STYLES = Pool(
    ("{b}, the rest {s}", "{b}, everything else in {s}", "{b}, on a {s} background", "{b}. The background is {s}.",
     "{b}. Otherwise {s}.", "{b}, with the background in {s}", "{b}; all that is left is {s}", "{b}, all else as {s}",
     "{b}. Do the others in {s}.", "{b}; behind it all {s}"),
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
     "waiting for", "talking to", "dancing with", "dreaming of", "running towards", "waving at", "staring at",
     "walking up to", "laughing at", "singing to"),
    ("admiring", "sneaking up to"),
)  # fmt: skip
CONTRASTS = Pool(
    (
        "not {x} but {n}",
        "{n} instead of {x}",
        "{n}, not {x},",
        "{n} rather than {x}",
        "{x}, no, {n}",
        "{n} in place of {x}",
        "scrap {x}, make it {n}",
        "sorry, not {x}, {n}",
        "not {x}, I want {n}",
    ),
    ("forget {x}, I mean {n}",),
)
ROWS = Pool(
    ("from left to right: {l}", "{t}, from left to right", "left to right {l}", "in a row from left to right, {l}",
     "{l} in this order from left to right", "{l}, left to right", "from the left: {l}", "left to right: {l}",
     "in order from left to right: {l}"),
    ("reading from the left: {l}", "starting at the left {t}"),
)  # fmt: skip
TWINS = Pool(  # two of a kind: {p} plural, {n} noun, {x}/{y} what tells them apart, {s} where the first one is
    ("two {p}: the {x} {s}, the other {y}", "two {p}, the {x} of them {s}, the other one {y}",
     "{p}, two of them: one is {x} and {s}, the second is {y}",
     "two {p}, one {x} and one {y}, the {x} one {s}", "two {p}, the {x} one {s} and the {y} one on the other side",
     "a {x} {n} and a {y} {n}, the {x} one {s}", "a {x} {n} {s} and a {y} {n} opposite",
     "two {p}. One is {x}, the other {y}. The {x} {n} is {s}.", "a pair of {p}: {x} ({s}) and {y}"),
    ("two {p} of which the {x} sits {s} and the other is {y}",),
)  # fmt: skip
GROUPS = Pool(  # several of a kind that differ: {k} count, {p} plural, {e} each with "one", {l} bare list
    ("{k} {p}: {e}", "{k} {p}, {e}", "{e}", "{k} {p} in {l}", "{k} {p} ({l})", "{k} {p} in a row: {e}"),
    ("{k} {p} which are, from left to right, {l}",),
)
COUNTS: dict[int, Pool] = {
    2: Pool(("two", "two", "2", "a pair of", "a couple of", "exactly two", "2 of the", "my two", "twin", "both"),
            ("both of my",)),
    3: Pool(("three", "three", "3", "exactly three", "3 of the", "my three", "a threesome of", "three identical"),
            ("a trio of",)),
    4: Pool(("four", "four", "4", "exactly four", "4 of the", "my four", "a foursome of", "four little"),
            ("a group of four",)),
    5: Pool(("five", "five", "5", "exactly five", "a bunch of five", "my five", "five similar"), ("five different",)),
    6: Pool(("six", "six", "6", "half a dozen", "exactly six", "a bunch of six", "my six"), ("a set of six",)),
}  # fmt: skip
CHATTER = Pool(("pls {b}", "{b} lol", "ok so {b}", "{b} thx", "hey, {b}", "um {b}"), ("yo {b} cheers",))
