"""What people put around the scene they ask for: a request, wishes that place nothing, what must not be there."""

from __future__ import annotations

from mepg_agent.training.psa_pool import Pool, more

# {b} the scene
FRAMES = Pool(
    (
        "{b}", "{b}", "{b}", "{b}", "{b}.", "draw {b}", "Draw {b}.", "a picture of {b}", "A picture with {b}.",
        "paint {b}", "please draw {b}", "I want {b}", "I'd like a picture of {b}", "can you make {b}?", "make me {b}",
        "create an image of {b}", "an illustration of {b}", "show {b}", "generate {b}", "Imagine {b}.",
        "a scene with {b}", "give me {b}", "we need {b} for the cover", "Could you draw {b} for me?", "image: {b}",
        "my son wants {b}", "my boss needs {b}", "the kids would love {b}", "do you think you could make {b}?",
        "let us see {b}", "Let there be {b}.", "Prepare an artwork with {b}.", "I am thinking of {b}",
        "what about a picture with {b}?",
        "[draw|paint|make|create|design|produce|sketch|show] [me |us |][a picture of |an image of |an illustration "
        "of |a scene with |] {b}",
        "[please|pls|kindly] [draw|paint|make|create|design|generate] {b}",
        "[can|could|would|will] you [please |][draw|paint|make|create|design|do] {b}[?| please| for me?]",
        "I [want|need|would like|would love|am looking for|wish for|imagine|dream of] {b}",
        "I [want|need|would like] [a picture|an image|a drawing|a poster|a card|an illustration] [of|with|that "
        "shows] {b}",
        "[picture|image|drawing|scene|illustration|poster|card] [of|with|:] {b}",
        "[a|one] [nice|lovely|simple|funny|detailed|small|new] [picture|image|drawing|illustration|scene|card|"
        "poster] [of|with] {b}",
        "[we|they|the students|my friends|my parents|my teacher] [want|need|would like|wish for|ordered] {b}",
        "[next|today|this time|now][,|] {b}",
        "[there is|there are|you can see|we see|I see|picture this:|visualize|think of] {b}",
        "{b}, [please|if you can|that is all|that's it|that is what I want]",
        "[a view of|a photo of|the following:|task:|prompt:|subject:|idea:] {b}",
        "[it should show|the picture shows|the image contains|this picture has|I see|the drawing is of] {b}",
        "{b} [please|pls|would be great|would be nice|is what I need]", "let's [have|see|draw|make|do] {b}",
        "help me draw {b}",
        "put together a scene showing {b}", "what I have in mind is {b}", "how about {b}?", "my kid asked for {b}",
        "Compose an artwork featuring {b}.",
    ),
    (
        "any chance of {b}?", "my daughter is dying to see {b}", "all I'm asking for is {b}", "see if you can do {b}",
        "today's subject is {b}", "you know what would be cool? {b}",
    ),
    more("scenes", "frames"),
)  # fmt: skip
NOTHING_ELSE = Pool(
    (
        "no people", "without any text", "no text", "nobody around", "no watermark", "no humans in it",
        "without people", "no other animals", "no words", "don't add any {noun}", "but no {noun}",
        "there must not be any {noun}", "without a {noun}", "no {noun} please", "not a single {noun}",
        "minus the {noun}", "omit the {noun}", "do not include any {noun}", "avoid people", "exclude the {noun}",
        "keep the {noun} out of it", "never a {noun}", "I do not want a {noun}", "there is no {noun} in it",
        "not even one {noun}", "and nobody at all", "no {noun} [anywhere|at all|in sight|whatsoever|allowed]",
        "[free|devoid] of {noun}", "nothing else", "[please |]no {noun} or people", "there should be no {noun}",
        "[I|we] don't want [any |]{noun}", "don't draw [any |a |]{noun}", "do not add [any |]{noun}",
        "but never {noun}", "with no {noun} [around|nearby|]", "{noun} should not appear", "no {noun}, please",
        "nobody else", "cut the {noun}", "not one {noun}", "with neither people nor {noun}", "{noun} are not wanted",
        "we hate {noun}, so none of them", "no letters, no numbers", "the {noun} must stay out", "anything but {noun}",
        "don't show people",
        "leave out the {noun}", "absolutely zero {noun}", "and skip people entirely",
    ),
    ("no {noun} to be seen", "I'd rather there was no {noun}", "no writing on it", "not even the smallest {noun}"),
    more("scenes", "nothing_else"),
)  # fmt: skip
FILLER = Pool(
    (
        "highly detailed", "beautiful", "4k", "very cute", "thanks!", "it's for my daughter's birthday card",
        "nice colors", "please", "keep it simple", "high quality", "for a children's book", "cozy mood",
        "dramatic light", "thank you", "asap", "as soon as you can", "sharp focus", "masterpiece", "8k",
        "for my [son|mother|blog|website|class|living room wall]", "nothing fancy", "lots of detail",
        "make it [nice|pretty|funny|cute|cool]", "very [pretty|funny|nice|cool]", "a happy mood", "soft light", "vivid",
        "with love", "trending", "you know what I mean", "surprise me with the rest", "so sweet",
        "for a [t-shirt|birthday|postcard|party invitation|logo|school project]", "best quality", "ultra sharp",
        "as always",
        "it is meant as a poster for my classroom", "make it look lovely",
    ),
    ("it'll make my day", "no hurry", "my niece will adore it"),
    more("scenes", "filler"),
)  # fmt: skip
