"""Styles: the words for each, and how a prompt speaks of the style of a thing, of the rest and of everything."""

from __future__ import annotations

from mepg_agent.training.psa_pool import Pool, extended, more

# canonical style -> ways of saying it that fit "a … fox", "in …" and "… style"
STYLES: dict[str, Pool] = extended({
    "cartoon": Pool(
        (
            "cartoon", "cartoon style", "shaded cartoon", "comic cartoon style", "comic book", "cartoonish",
            "comic strip", "comics", "animated cartoon", "kids' tv cartoon", "cartoon drawing", "like a comic",
            "funny cartoon with outlines", "toon",
            "saturday-morning cartoon",
        ),
        ("hanna-barbera look", "comic-page drawing", "kids' comic panels"),
    ),
    "flat": Pool(
        (
            "flat", "flat design", "flat colours", "flat vector", "simple flat shapes", "flat illustration",
            "flat vector art", "flat icon", "plain flat colors", "material design", "vector graphics",
            "flat shapes without shading", "solid flat colours", "simple vector", "clean flat graphics",
            "minimal flat vector look",
        ),
        ("uniform colors and zero shading", "shadowless solid colors", "shadow-free vector"),
    ),
    "glossy": Pool(
        (
            "glossy", "shiny glossy", "glossy 3d icon style", "smooth shiny gradients", "gloss", "shiny 3d",
            "shiny plastic", "smooth and shiny", "glossy icon", "glossy like glass", "shiny with highlights",
            "web 2.0 gloss", "lacquered", "3d icon",
            "polished glossy finish",
        ),
        ("high-shine finish", "showroom polish", "highly polished plastic"),
    ),
    "sticker": Pool(
        (
            "sticker", "sticker style", "die-cut sticker", "emoji sticker", "stickers", "a sticker with a white border",
            "vinyl sticker", "cut-out sticker", "sticker with white outline", "laptop sticker", "sticker art", "emoji",
            "white-bordered sticker",
            "peel-off sticker look",
        ),
        ("telegram sticker", "peel-and-stick picture", "sticker cut out along a white edge"),
    ),
    "ink": Pool(
        (
            "ink", "black ink", "ink silhouette", "high contrast black ink", "inked", "india ink", "ink drawing",
            "black silhouette", "pen and ink", "solid black ink", "black and white ink", "silhouette", "brush and ink",
            "plain black shapes",
            "bold black ink shapes",
        ),
        ("quill-pen ink", "black ink brushwork", "blacked-out silhouette"),
    ),
    "watercolor": Pool(
        (
            "watercolor", "watercolour", "watercolor painting", "soft wash of color", "soft watery paint", "aquarelle",
            "loose watercolor washes", "wet paint bleeding into paper", "watercolors", "watercolours", "water colour",
            "aquarelle painting", "painted with water colours", "thin runny paint", "soft bleeding colours",
            "pale washes", "washy paint", "a watery painting", "paint with lots of water", "watercolor on paper",
            "flowing wet colors",
            "delicate translucent washes", "wet-on-wet brushwork",
        ),
        ("soft paint blooms and water stains", "sheer watery tints", "paint thinned with plenty of water"),
    ),
    "pixel-art": Pool(
        (
            "pixel art", "pixel-art", "pixelated", "8-bit", "blocky retro game graphics", "16-bit video game sprites",
            "old game console pixels", "chunky pixels", "pixels", "pixel graphics", "retro game", "retro arcade",
            "8-bit game", "made of pixels", "coarse pixels", "old computer game look", "arcade game graphics", "16-bit",
            "pixel style", "jagged pixels", "like an old video game", "game sprite",
            "nintendo-era sprite graphics", "low-res blocky squares",
        ),
        ("game boy graphics", "low-resolution sprite look", "zx spectrum graphics"),
    ),
    "neon": Pool(
        (
            "neon", "neon lights", "glowing neon", "glowing lines on black", "neon sign",
            "bright glowing tubes of light", "fluorescent glow", "neon glow", "neon tubes", "neon light",
            "glowing neon tubes", "glow in the dark lines", "luminous lines", "bright neon colours", "neon outline",
            "glowing light tubes", "nightclub lights", "shining tubes", "glowing strokes in the dark", "neon signage",
            "cyberpunk glow",
            "electric glowing outlines", "like a lit-up bar sign",
        ),
        ("lit-up motel sign", "lit gas tubes on a dark wall", "electric sign glow"),
    ),
    "pencil-sketch": Pool(
        (
            "pencil sketch", "pencil-sketch", "pencil drawing", "hatched graphite", "graphite sketch",
            "sketchy pencil lines", "hand-drawn pencil", "pencil", "sketch", "pencilled", "sketched",
            "sketched in pencil", "drawn with a pencil", "graphite", "lead pencil", "gray pencil lines",
            "shaded pencil", "quick sketch", "pencil on paper", "drawing in pencil", "graphite drawing",
            "loose pencil lines", "a page of a sketchbook",
            "cross-hatched graphite strokes", "rough pencil scribble",
        ),
        ("soft gray lead strokes", "graphite with eraser smudges", "shaded lead drawing"),
    ),
    "stained-glass": Pool(
        (
            "stained glass", "stained-glass", "stained glass window", "coloured glass panes", "leaded glass",
            "cathedral window glass", "stained glass art", "glass mosaic window", "stained glass panel",
            "leaded window", "coloured glass", "colored glass", "tiffany glass", "pieces of coloured glass",
            "glass panes with black lines", "glass window of a chapel", "window of colored glass", "glass painting",
            "church window panels", "bright glass pieces with lead lines",
        ),
        ("medieval church glass", "translucent glass pieces joined by lead", "notre-dame window glass"),
    ),
    "oil": Pool(
        (
            "oil painting", "oil paint", "oils", "oil on canvas", "thick oil brush strokes", "impasto", "oil",
            "oil paints", "oil colours", "oil on board", "painted in oils", "oil brush strokes", "thick paint",
            "thick brush strokes", "classical oil painting", "brushy oils", "an oil", "palette knife oil",
            "rich oil colours", "museum oil painting", "gallery oil painting",
            "heavy brushy oil paint", "old master oil technique",
        ),
        ("rembrandt-style canvas", "linseed pigment on canvas", "layered oil glazes"),
    ),
    "paper-cut": Pool(
        (
            "paper cut", "paper-cut", "paper cutout", "cut paper layers", "layered paper", "papercraft",
            "construction paper collage", "papercut", "cut paper", "paper collage", "cut-out paper", "paper craft",
            "colored paper cutouts", "folded and cut paper", "paper layers", "snipped paper", "paper shapes",
            "cut from coloured paper", "layers of cut paper", "paper art", "made of paper", "cardboard cutout",
            "scissor-cut paper shapes", "layered card stock",
        ),
        ("scissors-and-glue craft", "shapes snipped from colored card", "matisse paper shapes"),
    ),
}, "styles", "styles")  # fmt: skip
# copied as said; routing decides
OPEN_STYLES = (
    "claymation", "cubist", "ukiyo-e", "charcoal", "anime", "art deco", "mosaic", "crayon", "vaporwave", "line art",
    "linocut", "manga", "origami", "felt", "lego", "graffiti", "impressionist", "surrealist", "baroque", "fresco",
    "blueprint", "etching", "risograph", "collage", "batik", "clay", "wood carving", "bauhaus", "retro poster",
    "storybook", "acrylic", "marker", "ballpoint pen", "spray paint", "3d render", "isometric", "engraving", "woodcut",
    "pop art", "pastel", "low poly", "steampunk", "chalk", "gouache", "photorealistic", "embroidery",
)  # fmt: skip
# {n} noun phrase, {s} words for the style
OBJECT_STYLES = Pool(
    (
        "{n} in {s}", "{n} in {s} style", "{s} {n}", "{s} {n}", "{n} drawn as {s}", "{n} done in {s}", "{n} ({s})",
        "{n} rendered in {s}", "{n}, {s},", "{n} that looks like {s}", "{n} painted in {s}", "{n} with {s}",
        "{n} shown as {s}", "{n} with a {s} look", "{n} in the manner of {s}", "{n} as if it were {s}",
        "{n}, think {s},", "{n} turned into {s}",
        "{n}, [drawn|painted|done|rendered|made|shown|depicted|illustrated|pictured|kept] [in|as|with] {s},",
        "{n} [drawn|painted|made|depicted|illustrated|created|styled|executed|designed|pictured] [in|as|with|using|"
        "like] {s}",
        "{n}, [which is|style|all|entirely|fully|completely|itself] {s},",
        "{n} [as|like|in the style of|in a style of|in the look of|with the look of|using|made with|in the form of|"
        "resembling|similar to] {s}",
        "{n} - {s} -",
        "{n} [which|that] [is|is drawn in|is made of|looks like|is done as|resembles|has the style of|reminds of] {s}",
        "{n} in [a |the |]{s} [look|manner|technique|fashion|version|way]", "{n} [of|from] {s}",
        "[one|a] {s} version of {n}", "{n} (drawn [in|as] {s})", "{n} [with|of] {s} [style|look|texture|effect]",
        "{n}, style: {s},",
        "{n} given the {s} treatment", "{n} made to look like {s}", "{n} having a {s} feel",
    ),
    ("{n} in what looks like {s}", "{n} (go for {s} there)", "{n} drawn to look like {s}"),
    more("styles", "object_styles"),
)  # fmt: skip
STYLE_SENTENCES = Pool(
    (
        "The {n} is {s}.", "The {n} should be {s}.", "Make the {n} {s}.", "Use {s} for the {n}.",
        "Draw the {n} in {s}.", "The {n} in {s} style.", "{n}: {s}.", "I want the {n} to be {s}.",
        "The {n} must look like {s}.", "Let the {n} be {s}.", "The {n} gets {s}.", "The {n} has the look of {s}.",
        "For the {n} use {s}.", "Style of the {n}: {s}.", "The {n} as {s}, please.",
        "[Draw|Paint|Make|Do|Show|Depict|Design|Style|Create] the {n} [as|in|with|using|like] {s}.",
        "The {n} [is drawn|is painted|is done|is made|is shown|is depicted|must be|ought to be|has to be|will be|"
        "should look|appears] [in|as|like] {s}.",
        "[Only|Just] the {n} [is|in|as|should be] {s}.",
        "[For|On] the {n}[,|] [I want|we want|please use|take|choose|pick|I'd like] {s}.",
        "The {n} [wants|needs|is to have|should have|comes in|has] {s}.", "The {n}'s style is {s}.", "{s} for the {n}.",
        "{s} is [the style of|for|how I want] the {n}.", "The {n} looks [like|as if it were] {s}.",
        "The {n}, [however|though|in contrast], is {s}.", "Style for the {n}: {s}.",
        "I [want|see|imagine|would like] the {n} [in|as] {s}.", "The style of the {n} [is|should be] {s}.",
        "Give the {n} a {s} look.", "As for the {n}, go with {s}.",
    ),
    ("{s} would suit the {n}.", "When it comes to the {n}, I'd go for {s}.", "Please stick to {s} for the {n}."),
    more("styles", "style_sentences"),
)  # fmt: skip
GLOBAL_STYLES = Pool(
    (
        "{b}, {s}", "{b}, {s}", "{b} in {s} style", "{s} of {b}", "{s}: {b}", "{b}. Style: {s}.",
        "{b}. Everything in {s}.", "in the style of {s}, {b}", "{b}, {s} style", "{b}, all in {s}", "{b} as {s}",
        "a {s} picture of {b}", "a {s} with {b}", "{b} - the whole thing should be {s}", "using {s}: {b}",
        "{s} style, {b}", "{b}; everything is {s}", "{b}. The whole picture is {s}.", "make it all {s}: {b}",
        "{b}, done as {s}", "{b}. I want {s} everywhere.", "{b}; draw it with {s}",
        "{b}[,|.|;] [all|everything|the whole picture|the whole scene|the whole image|it all] [is|in|as|should be|"
        "must be|drawn in|done as|painted as|looks like] {s}",
        "{b} [drawn|painted|done|made|shown|depicted|illustrated|created] [in|as|with|using|like] {s}",
        "[in|as|using|with] {s}[:|,] {b}",
        "{b}, [please |][in|as|use|using|with] {s} [please|for everything|everywhere|for all of it|]",
        "{b}. [The style is|Use|Style:|Draw everything in|Paint it as|Do it as|Make it|The look is|Art style:|"
        "Technique:|I like] {s}.",
        "a {s} [picture|image|drawing|painting|illustration|scene|version|artwork|rendition] [of|with] {b}",
        "{s} [picture|image|drawing|illustration|scene|art|artwork] [of|with] {b}", "{b} - {s}", "{b} ({s})",
        "{b} | {s}", "[style|art style|look]: {s}. {b}", "{b} in [a|the] {s} [look|manner|technique|fashion|style]",
        "{s}, {b}", "[paint|draw|make|do] it [in|as] {s}: {b}", "{b} like {s}", "{b}, {s} [art|drawing|picture|look]",
        "{b}. It [should|must] [all |][be|look like] {s}.",
        "{b}; render the entire image with {s}", "go for {s} throughout: {b}", "{b}, with a {s} look overall",
    ),
    (
        "{b}. The picture as a whole should have a {s} feel.", "{b}, {s} from edge to edge",
        "{b} - nothing but {s} please", "{b}. What I'm after is a {s} look.",
    ),
    more("styles", "global_styles"),
)  # fmt: skip
REST_STYLES = Pool(
    (
        "{b}, the rest {s}", "{b}, everything else in {s}", "{b}, on a {s} background", "{b}. The background is {s}.",
        "{b}. Otherwise {s}.", "{b}, with the background in {s}", "{b}; all that is left is {s}",
        "{b}, all else as {s}", "{b}. Do the others in {s}.", "{b}; behind it all {s}",
        "{b}[,|;|.] [the rest|everything else|all the rest|all else|the background|the others|the surroundings|the "
        "rest of the picture|all other things|the scene around] [is|in|as|should be|drawn in|done as|shown as|is to "
        "be|will be|looks like] {s}",
        "{b}. [Draw|Paint|Do|Make|Use for] [the rest|everything else|all others|the background] [in|as|:] {s}.",
        "{s} [for|as] the rest: {b}", "[generally|otherwise|apart from that|by default] {s}: {b}",
        "{b}; [else|otherwise|besides that|in general|all in all] {s}", "[a|one] {s} picture with {b}",
        "{b}, and the [background|rest|others] {s}",
        "{b}; whatever remains goes {s}",
    ),
    (
        "{b}. Fill in the rest with {s}.", "{b}. Whatever else there is: {s}.",
        "{b}. Where I said nothing about style, go with {s}.",
    ),
    more("styles", "rest_styles"),
)  # fmt: skip
EXCEPT = Pool(
    (
        "{b}, all in {s} except the {n}", "{b}. Everything but the {n} in {s}.",
        "{b}. Apart from the {n} it is all {s}.", "{b}, {s} for all except the {n}",
        "{b}, and except for the {n} all {s}",
        "{b}[,|.|;] [everything|all|it is all|the whole picture] [but|except|except for|apart from|besides] the {n} "
        "[is|in|as|should be] {s}",
        "{b}. [Besides|Except for|Other than|With the exception of|Excluding] the {n}[,|] [everything is|all is|it "
        "is all|use|draw all in] {s}.",
        "{b}, [all|everything] {s}, [not|but not|just not|except] the {n}",
        "{b}. {s} [everywhere|for everything] [except|but] the {n}.",
        "{b}; only the {n} is not {s}",
    ),
    (
        "{b}. Do everything in {s}, the {n} being the exception.", "{b}. No {s} for the {n}, but {s} for the others.",
        "{b}. Go {s} on all things that are not the {n}.",
    ),
    more("styles", "except"),
)  # fmt: skip
