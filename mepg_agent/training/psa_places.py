"""Places and times of day, and how a prompt speaks of them."""

from __future__ import annotations

from mepg_agent.training.psa_pool import Pool, extended, more

# outside the family's vocabulary
FREE_PLACES = (
    "library", "harbor", "swamp", "canyon", "cave", "market", "stadium", "museum", "train station", "rooftop",
    "vineyard", "farmyard", "classroom", "theater stage", "castle courtyard", "spaceship cabin", "savanna", "volcano",
    "office", "hospital", "castle hall", "attic", "basement", "balcony", "terrace", "zoo", "school", "castle garden",
    "bakery", "cafe", "restaurant", "shop", "barnyard", "orchard", "wheat field", "quarry", "ruins", "temple garden",
    "dungeon", "throne room", "ballroom", "bathroom", "garage", "harbour", "pier", "island", "glacier", "marsh",
    "moon base", "space station", "concert hall", "gym", "swimming pool", "parking lot", "highway", "alley",
    "greenhouse", "subway", "laboratory", "workshop", "airport", "graveyard", "circus tent", "playground",
)  # fmt: skip
PREPOSITIONS = {
    "beach": "at the", "shore": "on the", "seaside": "at the", "coast": "on the", "sand": "on the", "sea": "on the",
    "ocean": "on the", "lake": "on a", "water": "on the", "river": "on a", "pond": "on a", "waves": "on the",
    "sky": "in the", "clouds": "in the", "the air": "in", "blue sky": "in a", "space": "in", "outer space": "in",
    "stars": "among the", "galaxy": "in a", "cosmos": "in the", "underwater": "", "under the sea": "",
    "seabed": "on the", "reef": "at a", "deep sea": "in the", "aquarium": "in an", "desert": "in the",
    "dunes": "in the", "sahara": "in the", "snow": "in the", "winter": "in", "ice": "on the", "arctic": "in the",
    "mountains": "in the", "alps": "in the", "woods": "in the", "forest": "in a", "jungle": "in the",
    "countryside": "in the", "hill": "on a", "hills": "in the", "grass": "on the", "lawn": "on a", "street": "on a",
    "road": "on a", "downtown": "", "indoors": "", "table": "on a", "inside a room": "", "rooftop": "on a",
    "market": "at a", "playground": "at a", "theater stage": "on a", "train station": "at a", "airport": "at an",
    "savanna": "on the", "skyline": "before a", "mountain range": "in a",
}  # fmt: skip
OUTDOORS = (
    "in the", "in a", "out in the", "somewhere in the", "deep in the", "in the middle of the", "at the edge of the",
    "in the heart of a", "inside a", "within a", "across the", "surrounded by a",
)  # fmt: skip
SURFACES = ("on the", "on a", "out on the", "at the", "by the", "beside the", "near the", "along the", "next to a")
# that take no article
FIXED = (
    "underwater", "under the sea", "inside a room", "indoors", "downtown", "the air", "winter", "outer space", "space",
)  # fmt: skip
MOODS = (
    "quiet", "wide", "lonely", "big", "beautiful", "peaceful", "misty", "empty", "busy", "lovely", "vast", "old",
    "magic", "lush", "dreamy", "calm", "mysterious", "strange", "pretty", "typical", "spooky", "cold", "hot", "sunny",
    "rainy", "foreign", "fairytale",
)  # fmt: skip
PLAIN = Pool(
    (
        "on a plain background", "on a white background", "with a plain background", "with a simple background",
        "[on|against|with|in front of] a [plain|white|simple|empty] background", "background plain",
        "without any background", "no background", "background: [plain|white]", "with nothing in the background",
        "on a plain [white|gray] backdrop", "in a studio", "isolated on white",
        "against nothing but blank paper",
    ),
    ("on a blank page", "with plain white behind it all", "with the backdrop left blank"),
    more("scenes", "plain"),
)  # fmt: skip
TIMES: dict[str | None, Pool] = extended({
    "night": Pool(
        (
            "at night", "by night", "at midnight", "in the middle of the night", "at nighttime", "in the dark",
            "on a starry night", "under a night sky", "[late|deep] [at night|in the night]", "in the moonlight",
            "by moonlight", "during the night", "at nighttime", "in the dead of night",
            "under a [starry|black|dark night] sky", "one [dark|cold|quiet|warm|starry|moonlit] night",
            "on a [dark|cold|quiet|moonlit|winter's|summer] night", "at night time", "when it is dark", "in pitch dark",
            "nighttime", "night", "after dark", "with the moon out", "at two in the morning",
            "while everyone sleeps at night", "lit by the moon", "a night scene",
            "after nightfall", "long past bedtime, in darkness",
        ),
        ("long after dark", "at a quarter past midnight", "late into the night"),
    ),
    "sunset": Pool(
        (
            "at sunset", "at dusk", "in the evening", "during golden hour", "at dawn", "at sunrise", "at twilight",
            "[just|shortly|right] [before|after|at] sunset", "in the [evening|morning|setting] sun",
            "in the evening light", "as evening falls", "in the early evening", "late in the day",
            "with a [red|orange|pink|glowing] evening sky", "under a [red|orange|pink] sunset sky", "when the sun sets",
            "while the sun is setting", "during [sunset|sunrise|dusk|twilight]", "in [warm|soft|golden] evening light",
            "sunset", "dusk", "evening", "golden hour", "at daybreak", "when the sun rises",
            "on a [summer|warm|quiet] evening", "in the golden hour", "a sunset scene", "in the glow of the sunset",
            "as the sun goes down", "in the last light of the day",
        ),
        ("at sundown", "as dusk settles in", "as the day draws to a close"),
    ),
    None: Pool(
        (
            "on a sunny day", "at noon", "during the day", "in daylight", "at midday",
            "on a [summer|clear|fine|nice|spring] day", "in broad daylight", "in [bright|full] sunshine", "in the sun",
            "by day", "at daytime", "one day", "in good weather", "on a sunny morning",
            "on a bright afternoon",
        ),
        ("early in the afternoon", "around lunch time"),
    ),
}, "scenes", "times")  # fmt: skip
# where body, place and time meet: {b} body, {p} place, {t} time; the last two may be empty
SETTINGS = Pool(
    (
        "{b} {p} {t}", "{b} {p} {t}", "{b} {p}, {t}", "{p} {t}, {b}", "{p}, {b} {t}", "{t}, {b} {p}", "{b}, {p} {t}",
        "{p} {t} there is {b}", "{p}: {b}, {t}", "{b}, and all that {p} {t}", "{b} {t} {p}", "{b} {t}, {p}",
        "{t} {p}, {b}", "{p} {t} [we see|you can see|stands|I see|are|lives|appears|you find|one sees|I want] {b}",
        "{p} [we see|there is|you can see|there are] {b} {t}", "{t} [there is|we see|there are] {b} {p}",
        "{b}, [set|located|happening|placed|situated|somewhere|right|out] {p} {t}",
        "{b}; [this is|it is|they are|we are|the whole scene is|the scene is|all are|everything is] {p} {t}",
        "{b} - {p} {t}", "{b} ({p}, {t})", "{p} - {b} {t}", "{b}. {p}, {t}.",
        "[imagine|we are|picture yourself] {p} {t}: {b}", "{b} [seen|shown|standing|spotted|captured] {p} {t}",
        "{t} {p}: {b}", "{b}, all of it {p} {t}",
    ),
    ("what you find {p} {t}: {b}", "{b} - and everything is {p} {t}", "{b}, with the scene {p} {t}"),
    more("scenes", "settings"),
)  # fmt: skip
# {w} the place as a noun phrase without its article
PLACE_FIRST = Pool(
    (
        "[a|the] {w} [with|where there is|that has|in which there is|full of life, with|and on it] {b} {t}",
        "{w} [scene|setting|background|backdrop], {b} {t}",
        "{b} {t}, {w} [scene|setting|background|backdrop|in the background]", "[a|one] {w} scene [with|of|:] {b} {t}",
        "{w}: {b} {t}", "{w}, {t}, {b}", "{w} {t}. {b}.", "{b}, {w}, {t}",
        "{b} [with|before|against|in front of] a {w} [background|backdrop] {t}",
        "{b} and a {w} behind [them|it all|everything] {t}", "[there is|we see|here is] a {w} and {b} {t}",
        "{t}: a {w}, {b}", "{b} with [a|the] {w} in the background {t}", "a {w} {t}, [and there|on it|and] {b}",
    ),
    more=more("scenes", "place_first"),
)  # fmt: skip
# {p} "in a forest", {place} "forest"
SCENE_SENTENCE = Pool(
    (
        "The scene is {p} {t}.", "It is set {p} {t}.", "Everything happens {p} {t}.", "Background: {place} {t}.",
        "Setting: {place} {t}.", "It [is|happens|plays] {p} {t}.",
        "[This is|All this is|They are|We are|All of them are] {p} {t}.",
        "The [background|backdrop|setting|place|location|environment|surroundings] [is|should be|shows|: ] {place} "
        "{t}.",
        "As [a |]background[,|] {place} {t}.",
        "[Background|Place|Location|Where|Scene|Backdrop|Environment]: {place} {t}.", "Set it {p} {t}.",
        "[Behind them|In the background|Around them|All around] [is|we see|there is] {place} {t}.",
        "The [whole thing|picture|story|action] [is|happens|plays|is set] {p} {t}.",
        "{place} as [the |]background {t}.", "Put it all {p} {t}.", "The place is {place}, {t}.",
        "Make the background {place} {t}.",
        "Let it take place {p} {t}.",
    ),
    ("It should look like it's {p} {t}.", "You would find all of this {p} {t}."),
    more("scenes", "scene_sentence"),
)  # fmt: skip
