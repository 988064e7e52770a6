"""Words the planner's training prompts are made of. Every pool has phrasings that only the test split uses."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal


@dataclass(frozen=True)
class Pool:
    """Phrasings of one meaning: `train` for training, `held` only for the test split."""

    train: tuple[str, ...]
    held: tuple[str, ...] = ()

    def pick(self, rng: Random, held: bool) -> str:
        return rng.choice(self.held if held and self.held else self.train)


@dataclass(frozen=True)
class FreeNoun:
    """A noun the embedded family cannot draw; the planner places it all the same."""

    stands: Literal["ground", "sky", "water"]
    size: float  # usual height, fraction of the canvas
    aspect: float = 1.0  # width / height
    plural: str = ""


FREE_NOUNS: dict[str, FreeNoun] = {
    "girl": FreeNoun("ground", 0.45, 0.5),
    "boy": FreeNoun("ground", 0.45, 0.5),
    "woman": FreeNoun("ground", 0.5, 0.5, "women"),
    "man": FreeNoun("ground", 0.5, 0.5, "men"),
    "knight": FreeNoun("ground", 0.5, 0.5),
    "wizard": FreeNoun("ground", 0.5, 0.5),
    "witch": FreeNoun("ground", 0.5, 0.6, "witches"),
    "pirate": FreeNoun("ground", 0.5, 0.5),
    "astronaut": FreeNoun("ground", 0.5, 0.6),
    "chef": FreeNoun("ground", 0.5, 0.5),
    "farmer": FreeNoun("ground", 0.5, 0.5),
    "princess": FreeNoun("ground", 0.5, 0.5, "princesses"),
    "king": FreeNoun("ground", 0.5, 0.5),
    "queen": FreeNoun("ground", 0.5, 0.5),
    "mermaid": FreeNoun("water", 0.4, 0.8),
    "samurai": FreeNoun("ground", 0.5, 0.5, "samurai"),
    "ballerina": FreeNoun("ground", 0.5, 0.5),
    "scarecrow": FreeNoun("ground", 0.5, 0.6),
    "lighthouse": FreeNoun("ground", 0.6, 0.4),
    "windmill": FreeNoun("ground", 0.55, 0.7),
    "barn": FreeNoun("ground", 0.45, 1.2),
    "bridge": FreeNoun("ground", 0.35, 2.0),
    "tower": FreeNoun("ground", 0.65, 0.4),
    "temple": FreeNoun("ground", 0.5, 1.2),
    "pyramid": FreeNoun("ground", 0.45, 1.3),
    "igloo": FreeNoun("ground", 0.35, 1.3),
    "greenhouse": FreeNoun("ground", 0.45, 1.2),
    "treehouse": FreeNoun("ground", 0.55, 0.9),
    "well": FreeNoun("ground", 0.35, 0.9),
    "statue": FreeNoun("ground", 0.5, 0.5),
    "fence": FreeNoun("ground", 0.25, 2.0),
    "gate": FreeNoun("ground", 0.45, 0.8),
    "bench": FreeNoun("ground", 0.25, 1.6, "benches"),
    "table": FreeNoun("ground", 0.35, 1.5),
    "desk": FreeNoun("ground", 0.35, 1.4),
    "sofa": FreeNoun("ground", 0.35, 1.7),
    "bookshelf": FreeNoun("ground", 0.55, 0.8, "bookshelves"),
    "fireplace": FreeNoun("ground", 0.45, 1.0),
    "fridge": FreeNoun("ground", 0.5, 0.6),
    "violin": FreeNoun("ground", 0.35, 0.7),
    "saxophone": FreeNoun("ground", 0.35, 0.7),
    "typewriter": FreeNoun("ground", 0.3, 1.2),
    "laptop": FreeNoun("ground", 0.3, 1.3),
    "microscope": FreeNoun("ground", 0.35, 0.7),
    "vase": FreeNoun("ground", 0.3, 0.6),
    "mug": FreeNoun("ground", 0.25, 1.0),
    "bottle": FreeNoun("ground", 0.3, 0.4),
    "basket": FreeNoun("ground", 0.3, 1.1),
    "barrel": FreeNoun("ground", 0.3, 0.8),
    "treasure chest": FreeNoun("ground", 0.3, 1.3),
    "skateboard": FreeNoun("ground", 0.2, 2.0),
    "canoe": FreeNoun("water", 0.25, 2.0),
    "submarine": FreeNoun("water", 0.35, 1.6),
    "ferry": FreeNoun("water", 0.4, 1.6, "ferries"),
    "surfboard": FreeNoun("water", 0.25, 1.6),
    "buoy": FreeNoun("water", 0.3, 0.6),
    "seal": FreeNoun("water", 0.3, 1.2),
    "seahorse": FreeNoun("water", 0.3, 0.6),
    "starfish": FreeNoun("water", 0.25, 1.0, "starfish"),
    "otter": FreeNoun("ground", 0.3, 1.2),
    "raccoon": FreeNoun("ground", 0.3, 1.0),
    "badger": FreeNoun("ground", 0.3, 1.3),
    "moose": FreeNoun("ground", 0.5, 1.0, "moose"),
    "goat": FreeNoun("ground", 0.4, 1.0),
    "donkey": FreeNoun("ground", 0.45, 1.0),
    "hippo": FreeNoun("ground", 0.45, 1.3),
    "rhino": FreeNoun("ground", 0.45, 1.3),
    "cheetah": FreeNoun("ground", 0.4, 1.4),
    "panther": FreeNoun("ground", 0.4, 1.3),
    "ostrich": FreeNoun("ground", 0.5, 0.7, "ostriches"),
    "turkey": FreeNoun("ground", 0.35, 1.0),
    "hamster": FreeNoun("ground", 0.22, 1.0),
    "lizard": FreeNoun("ground", 0.25, 1.6),
    "caterpillar": FreeNoun("ground", 0.2, 1.8),
    "ant": FreeNoun("ground", 0.18, 1.2),
    "eagle": FreeNoun("sky", 0.32, 1.3),
    "seagull": FreeNoun("sky", 0.24, 1.3),
    "crow": FreeNoun("sky", 0.24, 1.2),
    "dragonfly": FreeNoun("sky", 0.22, 1.2, "dragonflies"),
    "hot air balloon": FreeNoun("sky", 0.4, 0.8),
    "zeppelin": FreeNoun("sky", 0.3, 1.9),
    "drone": FreeNoun("sky", 0.22, 1.3),
    "satellite": FreeNoun("sky", 0.28, 1.3),
    "comet": FreeNoun("sky", 0.25, 1.4),
    "lightning bolt": FreeNoun("sky", 0.35, 0.5),
    "willow": FreeNoun("ground", 0.55, 1.0),
    "bamboo": FreeNoun("ground", 0.5, 0.5, "bamboo"),
    "bush": FreeNoun("ground", 0.28, 1.3, "bushes"),
    "daisy": FreeNoun("ground", 0.3, 0.6, "daisies"),
    "rock": FreeNoun("ground", 0.25, 1.3),
    "log": FreeNoun("ground", 0.2, 1.8),
    "sandwich": FreeNoun("ground", 0.25, 1.2, "sandwiches"),
    "croissant": FreeNoun("ground", 0.25, 1.3),
    "taco": FreeNoun("ground", 0.25, 1.3),
    "peach": FreeNoun("ground", 0.28, 1.0, "peaches"),
    "pancake": FreeNoun("ground", 0.22, 1.5),
}

FREE_PLACES = (
    *("library", "harbor", "swamp", "canyon", "cave", "market", "stadium", "museum", "train station", "rooftop"),
    *(
        "vineyard",
        "farmyard",
        "classroom",
        "theater stage",
        "castle courtyard",
        "spaceship cabin",
        "savanna",
        "volcano",
    ),
    *("greenhouse", "subway", "laboratory", "workshop", "airport", "graveyard", "circus tent", "playground"),
)

# canonical style -> ways of saying it that fit "a … fox" / "in …" / "… style"; see psa_phrases
STYLES: dict[str, Pool] = {
    "cartoon": Pool(
        ("cartoon", "cartoon style", "shaded cartoon", "comic cartoon style"), ("saturday-morning cartoon",)
    ),
    "flat": Pool(
        ("flat", "flat design", "flat colours", "flat vector", "simple flat shapes"), ("minimal flat vector look",)
    ),
    "glossy": Pool(
        ("glossy", "shiny glossy", "glossy 3d icon style", "smooth shiny gradients"), ("polished glossy finish",)
    ),
    "sticker": Pool(("sticker", "sticker style", "die-cut sticker", "emoji sticker"), ("peel-off sticker look",)),
    "ink": Pool(("ink", "black ink", "ink silhouette", "high contrast black ink"), ("bold black ink shapes",)),
    "watercolor": Pool(
        (
            "watercolor",
            "watercolour",
            "watercolor painting",
            "soft wash of color",
            "soft watery paint",
            "aquarelle",
            "loose watercolor washes",
            "wet paint bleeding into paper",
        ),
        ("delicate translucent washes", "wet-on-wet brushwork"),
    ),
    "pixel-art": Pool(
        (
            "pixel art",
            "pixel-art",
            "pixelated",
            "8-bit",
            "blocky retro game graphics",
            "16-bit video game sprites",
            "old game console pixels",
            "chunky pixels",
        ),
        ("nintendo-era sprite graphics", "low-res blocky squares"),
    ),
    "neon": Pool(
        (
            "neon",
            "neon lights",
            "glowing neon",
            "glowing lines on black",
            "neon sign",
            "bright glowing tubes of light",
            "fluorescent glow",
        ),
        ("electric glowing outlines", "like a lit-up bar sign"),
    ),
    "pencil-sketch": Pool(
        (
            "pencil sketch",
            "pencil-sketch",
            "pencil drawing",
            "hatched graphite",
            "graphite sketch",
            "sketchy pencil lines",
            "hand-drawn pencil",
        ),
        ("cross-hatched graphite strokes", "rough pencil scribble"),
    ),
    "stained-glass": Pool(
        (
            "stained glass",
            "stained-glass",
            "stained glass window",
            "coloured glass panes",
            "leaded glass",
            "cathedral window glass",
        ),
        ("church window panels", "bright glass pieces with lead lines"),
    ),
    "oil": Pool(
        ("oil painting", "oil paint", "oils", "oil on canvas", "thick oil brush strokes", "impasto", "oil"),
        ("heavy brushy oil paint", "old master oil technique"),
    ),
    "paper-cut": Pool(
        (
            "paper cut",
            "paper-cut",
            "paper cutout",
            "cut paper layers",
            "layered paper",
            "papercraft",
            "construction paper collage",
        ),
        ("scissor-cut paper shapes", "layered card stock"),
    ),
}
OPEN_STYLES = (  # copied as said; routing decides
    *("claymation", "cubist", "ukiyo-e", "charcoal", "anime", "art deco", "mosaic", "crayon", "vaporwave", "line art"),
    *("woodcut", "pop art", "pastel", "low poly", "steampunk", "chalk", "gouache", "photorealistic", "embroidery"),
)

BIG = Pool(("big", "large", "huge", "giant", "enormous"), ("massive", "gigantic"))
SMALL = Pool(("small", "little", "tiny"), ("miniature", "teeny"))
DETAILS = {
    "animal": ("sleepy", "happy", "fluffy", "angry", "sad", "curious", "cute", "smiling", "sleeping", "baby", "old",
               "~ with a scarf", "~ wearing a hat", "~ with big eyes", "~ dancing", "~ running", "~ jumping",
               "~ curled up", "~ looking up", "~ waiting",
               "playful", "grumpy", "striped", "spotted"),
    "plant": ("tall", "blooming", "bare", "lush", "old", "leafy", "dry"),
    "food": ("fresh", "ripe", "tasty", "juicy", "half-eaten", "delicious"),
    "building": ("old", "wooden", "stone", "ruined", "brick", "haunted", "abandoned", "cozy"),
    "landscape": ("snowy", "rocky", "steep", "misty"),
    "vehicle": ("old", "rusty", "shiny", "vintage", "fast", "broken", "toy", "wooden", "metal"),
    "sky": ("bright", "glowing", "pale", "shining"),
    "thing": ("old", "shiny", "wooden", "metal", "broken", "plastic", "antique", "toy", "glass"),
    "free": ("old", "lonely", "beautiful", "strange", "ancient", "cheerful", "tired", "fancy"),
}  # fmt: skip
TYPOS = {
    "castle": "castel", "elephant": "elephent", "watercolor": "watercolr", "giraffe": "girafe", "left": "lefft",
    "right": "rigth", "behind": "behing", "beside": "besides", "butterfly": "buterfly", "picture": "pictuer",
    "with": "wiht", "the": "teh", "yellow": "yelow", "purple": "purpel", "beautiful": "beatiful",
    "mountain": "mountian",
    "between": "beetween", "house": "huose", "rabbit": "rabit", "style": "stlye", "background": "backround",
    "pencil": "pencle", "dinosaur": "dinosour", "umbrella": "umbrela", "octopus": "octapus", "penguin": "pengiun",
    "balloon": "baloon", "bicycle": "bycicle", "forest": "forrest", "desert": "dessert", "front": "frnot",
}  # fmt: skip
