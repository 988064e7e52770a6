"""More ways to say how things stand and what a prompt is wrapped in, for training alone; see `Pool.more`."""

from __future__ import annotations

from mepg_agent.scene import RelationKind as Kind


def side_of(side: str) -> tuple[str, ...]:
    return (
        f"[kept|left|drawn|shown|hung|resting|leaning|parked|planted|stationed|located] [to|on] the {side} of",
        f"[close by|close|near] on the {side} of", f"with a place to the {side} of", f"[one step|two steps] {side} of",
        f"at {side} of", f"in the space [to the |]{side} of", f"beyond the {side} side of",
        f"[neighbouring|adjoining] on the {side}", f"by the {side} side of", f"to the immediate {side} of",
        f"[occupying|taking|having] the {side} side of", f"on the {side} flank of", f"over on the {side} of",
        f"next to, on the {side} of", f"beside, to the {side} of", f"a little way {side} of",
    )  # fmt: skip


def its_side(side: str) -> tuple[str, ...]:
    return (
        f"[over|off|close|near] to its {side}", f"by its {side} side",
        f"[located|found|drawn|shown|parked|seated] [to|on] its {side}", f"a step to its {side}",
        f"to its immediate {side}", f"next to it on the {side}", f"on its {side} flank", f"further {side}",
    )  # fmt: skip


RELATIONS: dict[Kind, tuple[str, ...]] = {
    Kind.LEFT_OF: side_of("left"),
    Kind.RIGHT_OF: side_of("right"),
    Kind.ABOVE: (
        "[suspended|floating|swinging|rising|sailing|levitating|shining|poised|swooping|strung up] [above|over]",
        "[well|high up|a little|slightly|somewhat] above", "[way|far|high] up over", "at a greater height than",
        "[raised|lifted|held|placed] over", "overlooking from above", "up in the air over", "[towering|looming] over",
        "aloft over", "in the space above", "some way above", "on a higher level than", "vertically above",
    ),
    Kind.BELOW: (
        "[kept|drawn|shown|parked|resting|hanging|seated|floating] below", "[well|a little|slightly|somewhat] below",
        "in the space below", "at a lower height than", "[far|way|deep] down below", "on a lower level than",
        "vertically below", "some way below", "downward of", "[further|farther] down the picture than",
    ),
    Kind.ON: (
        "[parked|spread|posted|enthroned|sprawled|squatting|kneeling|planted|riding|landing|landed|installed|hoisted|"
        "curled up|stretched out|displayed|asleep] [on|on top of|upon|atop]",
        "on the [upper side|surface|back|roof] of", "supported by", "borne by", "carried by", "up on top of",
        "with its feet on", "making itself at home on", "[up high|high] upon", "[using|taking] as its seat",
        "held up by", "that has come down on",
    ),
    Kind.UNDER: (
        "[kept|stowed|crawling|crouched|curled up|seated|dozing|asleep|cowering|stuck|buried|squeezed|"
        "concealed] [under|beneath|underneath]",
        "on the floor under", "in the space [under|beneath]", "at the foot of, beneath",
        "[covered|roofed|overhung|sheltered|protected] by", "seeking cover under", "down under",
    ),
    Kind.BEHIND: (
        "[concealed|kept|parked|seated|crouching|placed|resting|posted|standing up|located|tall|visible|"
        "rising up] behind",
        "on the far side of", "on the other side of, behind", "in the rear of", "[a bit|slightly|well|some way] behind",
        "obscured by", "screened by", "partly concealed by", "in the back, behind", "further away than",
        "[more|farther] distant than", "looking over from behind", "at a distance behind", "following behind",
    ),
    Kind.IN_FRONT_OF: (
        "[kept|drawn|shown|resting|located|crouching|parked|posted|kneeling|stationed] in front of",
        "[a bit|slightly|well|some way|straight|squarely] in front of", "on the near side of", "on this side of",
        "at the front of", "closer to the front than", "partly hiding", "partly concealing", "obscuring part of",
        "[more|further] to the front than", "ahead of", "screening", "to the front of", "leading, in front of",
    ),
    Kind.NEXT_TO: (
        "[kept|drawn|shown|parked|crouching|leaning|kneeling|located|stationed|huddled] [next to|beside|by|near]",
        "[very|quite|rather|fairly|really] [close to|near]", "in the neighbourhood of", "at arm's length from",
        "a few steps from", "in the company of", "touching", "beside and level with", "in close proximity to",
        "bordering on", "to one side of", "on one side of", "at the elbow of", "elbow to elbow with", "joining",
        "within reach of", "level with and near", "a stone's throw from",
    ),
    Kind.INSIDE: (
        "[kept|stowed|crouching|curled up|located|parked|packed|resting|stored|caught|captured|asleep|imprisoned|"
        "sheltered|visible] [inside|in|within]",
        "[well|fully|right|completely] [inside|within]", "on the inside of", "filling", "occupying", "held by",
        "that has gone into", "behind the walls of", "in the middle of the inside of", "housed in", "shut in",
        "in the belly of", "[looking out|gazing out|waving out] of",
    ),
}  # fmt: skip
ITS: dict[Kind, tuple[str, ...]] = {
    Kind.LEFT_OF: its_side("left"),
    Kind.RIGHT_OF: its_side("right"),
    Kind.ABOVE: (
        "[suspended|circling|soaring|sailing|placed|shining|rising] [above|over] it", "high over it",
        "in the air above it", "up over it", "a little above it", "in the space above it", "on a higher level",
    ),
    Kind.BELOW: (
        "[placed|located|resting|drawn|hanging] below it", "in the space below it", "a little below it",
        "further below",
        "at a lower level", "well below it",
    ),
    Kind.ON: (
        "[lying|parked|posted|kneeling|curled up|asleep|mounted|set|propped] on [it|top of it|top]", "on its back",
        "on its upper side", "up on top of it", "right on it", "atop it", "carried on top", "balanced upon it",
    ),
    Kind.UNDER: (
        "[crouching|dozing|curled up|seated|placed|parked|sheltering] [under|beneath|underneath] it",
        "in the space beneath it", "on the floor under it", "in its shelter", "covered by it", "down under it",
    ),
    Kind.BEHIND: (
        "[placed|concealed|seated|parked|looming|visible|crouching] behind it", "on its far side", "in the rear",
        "a little behind it", "further back", "following behind", "at its back",
    ),
    Kind.IN_FRONT_OF: (
        "[posing|parked|seated|kneeling|playing|resting|crouching] in front [of it|]", "on its near side",
        "to the front",
        "a little in front of it", "ahead of it", "further to the front", "at its front",
    ),
    Kind.NEXT_TO: (
        "[parked|leaning|crouching|placed|resting|kneeling] [next to|beside|near|by] it", "very close to it",
        "a few steps away", "to one side of it", "beside it", "at arm's length", "touching it", "not far away",
        "in its company",
    ),
    Kind.INSIDE: (
        "[placed|lying|kept|waiting|crouching|resting|locked] [inside|within] [it|]", "on the inside",
        "right inside it",
        "inside of it", "deep inside it", "filling it",
    ),
}  # fmt: skip
HAVING = (
    "{b} that comes with {a} {r}", "{b} which is accompanied by {a} {r}", "{b}; {a} is {r}", "{b}, with, {r}, {a}",
    "{b} and, {r}, {a}", "{b} (and {r} {a})", "{b}[,|;|.] [one finds|you find|can be seen|add|draw|place] {a} {r}",
    "{b}[,|;] and {r} [one finds|you find|add|draw|goes|place|belongs] {a}", "{b} [has got|shall have|gets] {a} {r}",
    "{b}, {a} being {r}", "{b} plus {a} {r}", "{b} together with {a} {r}",
)  # fmt: skip
BETWEEN = (
    "{b} and {c} on either side of {a}", "{b} and {c} [to the left and right of|left and right of] {a}",
    "{a} with {b} on the one side and {c} on the other", "halfway between {b} and {c} [there is|stands|we see] {a}",
    "{b} and {c} [enclosing|framing|around|bracketing] {a}", "{a} separating {b} from {c}",
    "[on|at] the left {b}, [on|at] the right {c} and {a} [in the centre|in the middle|between the two]",
    "{a}, [to the left of it|on its left] {b}, [to the right of it|on its right] {c}",
    "{b} and {c}, separated by {a}", "{b}, next {a}, next {c}, going right", "{b} | {a} | {c} from left to right",
    "{a} in the space between {b} and {c}", "{b} and {c} with, in the middle, {a}",
)  # fmt: skip
AFTERWARDS = (
    "the {a} [rests|appears|waits|lies|ought to be|has to be|is to be|should stand|gets placed|is drawn|lives|is set|"
    "takes its place|can be found|is meant to be] {r} the {b}",
    "[make sure|note that|remember:|see to it that] the {a} [is|stands] {r} the {b}",
    "[have|let|leave|locate|situate|depict|paint|picture] the {a} {r} the {b}",
    "as for the {a}, it is {r} the {b}", "{r} the {b} [should be|belongs|comes|appears|draw|I want|we find] the {a}",
    "the {b} has the {a} {r} it", "we see the {a} {r} the {b}", "the position of the {a} is {r} the {b}",
    "I [see|picture|imagine|would like] the {a} {r} the {b}", "where the {a} is {r} the {b}",
)  # fmt: skip
ACTIONS = (
    "scolding", "teaching", "photographing", "welcoming", "who admires", "who is friends with", "imitating",
    "hiding from",
    "fleeing from", "in conversation with", "joking with", "teasing", "ignoring", "saluting", "calling", "pushing",
    "who hugs", "competing with", "in the company of", "crying about", "attacking", "defending", "looking for",
    "proud of", "paired with", "combined with", "who is watched by",
)  # fmt: skip
FRAMES = (
    "[I need you to|please|kindly|go ahead and|I'd like you to|try to] [draw|paint|create|make|illustrate|produce] {b}",
    "[here is what I want:|here's my idea:|my request:|order:|scene:|picture idea:|concept:|brief:|wanted:] {b}",
    "[for our newsletter|for the school play|for my gallery|for a puzzle|for the menu|for my book], [draw|I need|"
    "make] {b}",
    "[my brother|my neighbour|our client|grandma|a friend of mine|the editor|somebody] [wants|would like|needs|"
    "longs for|dreams of] {b}",
    "[could we have|may I have|can I get|is it possible to get|do you have|would you try] {b}?",
    "an [artwork|image|illustration|photo|etude] [that shows|that contains|in which we see|depicting|presenting] {b}",
    "[you see|one sees|in view:|on display:|the following is seen:|in the frame:] {b}",
    "[fill the page with|bring to life|sketch out|whip up|dream up|come up with|work on] {b}",
    "{b}, [that's my wish|that's the picture|is the idea|as a picture|if possible|as discussed]",
    "[suppose there is|imagine there is|say there is|once there was|behold] {b}",
    "the scene [contains|consists of] {b}",
    "I [was thinking about|have an idea:|am in need of|would be happy with|long for|see before me] {b}",
    "[all I want is|what we need is|the picture should have|on the page:] {b}", "I'd love {b}",
)  # fmt: skip
NOTHING_ELSE = (
    "[please avoid|never draw|refrain from|we can do with no|I can't stand] {noun}", "[any|all] {noun} must be absent",
    "[make sure|be sure] there is no {noun}", "with [all|any] {noun} removed", "{noun}-free",
    "under no circumstances {noun}",
    "no sign of [any |]{noun}", "no trace of {noun}", "there are to be no {noun}", "by no means {noun}",
    "I did not say {noun}, so no {noun}", "no [extra|additional] things", "no [captions|letters|signature|logo|frame]",
    "[it is|keep it] without {noun}", "ban the {noun}", "nobody in sight", "do without frames", "no {noun} this time",
    "not with {noun}", "nor any {noun}", "{noun} are forbidden", "we need no {noun}",
)  # fmt: skip
FILLER = (
    "for [my|our] [gallery|newsletter|office|nursery|bedroom|t-shirt shop|grandmother|friend|blog post]",
    "[very|quite|super|really|extremely] [calm|lively|detailed|simple|charming|elegant]",
    "with [care|attention|passion]",
    "by [tomorrow|tonight]", "a [calm|lively|warm|magical|festive] mood", "in high resolution", "no rush",
    "thanks a lot",
    "[elegant|little detail|calm colors|strong contrast|good composition|nice light|crisp]", "it is a gift",
    "it is urgent", "take your time", "I trust you", "you are the best", "hope that works", "as big as possible please",
    "for printing", "we will hang it on the wall", "kids will see it", "just like last time", "good luck",
)  # fmt: skip
CONTRASTS = (
    "{n} [as opposed to|in contrast to|as a replacement for|over|and no] {x}", "{x}? no, {n}",
    "I said {x} but meant {n}",
    "{n} (not {x})", "no {x}, [only|instead|please] {n}", "[cancel|strike|drop] {x}, [take|use|have|I want] {n}",
    "{n} where [one expects|you would expect] {x}", "{x} is wrong, {n} is right", "anything but {x}, so {n}",
)  # fmt: skip
SETTINGS = (
    "{b}, [the whole lot|which is|which happens|living|taking place|staged|located] {p} {t}",
    "{b}. [This happens|It all happens|All this takes place|You are|The setting is|It goes on] {p} {t}",
    "[somewhere|once|here we are|welcome to a scene|take me to a scene|go to a place] {p} {t}: {b}",
    "{p} {t} [one finds|appear|waits|stand|is shown|exist|comes] {b}", "{b}, {t}, {p}",
    "{b} with everything {p} {t}", "{b} [found|discovered|hanging out|living|photographed|depicted] {p} {t}",
    "[setting|where|place] = {p} {t}; {b}", "{p} ({t}): {b}", "{b} / {p} / {t}",
)  # fmt: skip
SCENE_SENTENCE = (
    "The [scene|action|story|picture] [takes place|unfolds|is located|is staged|goes on] {p} {t}.",
    "[Think of|Picture|Imagine] all this {p} {t}.", "[Surroundings|Scenery|Environment|World|Landscape]: {place} {t}.",
    "It is [located|situated|placed|found] {p} {t}.", "Where? {p} {t}.", "[I want|I see|I'd like] it {p} {t}.",
    "For the [background|scenery|setting] [use|take|draw|I want] {place} {t}.", "You find them {p} {t}.",
    "The [scenery|world around them|view behind] is {place} {t}.", "They [live|meet|gather|stand] {p} {t}.",
)  # fmt: skip
PLAIN = (
    "on an empty [page|canvas|sheet]", "[on|with] [a neutral|an even|a single-colour] background", "nothing behind",
    "with the background left [white|empty]", "no scenery", "[without|with no] scenery", "on white",
    "white behind it", "just white behind", "no setting", "cut free on white",
)  # fmt: skip
TIMES: dict[str | None, tuple[str, ...]] = {
    "night": (
        "while it is night", "[under|beneath] [the stars|the moon|a moonlit sky|a starlit sky]", "as night has come",
        "at [one|three|eleven] [o'clock |]at night", "in the small hours", "when the stars are out", "by starlight",
        "[with|under] a [dark|black|starry] sky", "in the night", "through the night", "late at night", "nocturnal",
        "when all is dark", "a dark night",
    ),
    "sunset": (
        "at the end of the day", "[with|under] a [setting|rising|low] sun", "when [evening|morning|dawn|dusk] comes",
        "when the sun is low", "in the [red|orange|warm] light of evening", "at the close of day", "in the gloaming",
        "at first light", "with the sun at the horizon", "in evening glow", "towards evening", "in the twilight",
        "when the sky turns [red|orange|pink]", "as the sun sinks", "as day ends", "an evening scene", "at eventide",
    ),
    None: (
        "at [ten|eleven|two] in the daytime", "while the sun shines", "under a [blue|clear|bright] sky",
        "in the middle of the day", "with the sun high up", "at lunchtime", "in the daytime", "on a nice day",
    ),
}  # fmt: skip
BIGNESS = {
    "big": (
        "sizable", "colossal", "towering", "extra large", "giant-sized", "bulky", "outsized", "vast", "monumental",
        "hefty", "very large", "super big", "king-size", "monster",
    ),
    "small": (
        "minute", "pocket-sized", "extra small", "microscopic", "petite", "very little", "dwarf", "pint-sized",
        "super tiny",
        "diminutive", "toy-sized", "quite small", "itty-bitty",
    ),
}  # fmt: skip


def side(where: str) -> tuple[str, ...]:
    return (
        f"[placed|located|kept|set|put|sitting] [on|at|to] the {where}", f"on the {where} margin", f"at {where}",
        f"next to the edge, {where}", f"in the {where} section [of the picture|]",
        f"in the {where} [portion|region|zone|quarter|column]", f"in the {where} hand [area|half|part]",
        f"on the {where}, [by the edge|far out]", f"[well|way|right] over to the {where}",
        f"in the {where} third of it",
        f"[leftward|sideways] on the {where}" if where == "left" else f"[rightward|sideways] on the {where}",
        f"where the picture ends on the {where}", f"on the page's {where}", f"at the picture's {where}",
    )  # fmt: skip


def corner(end: str, where: str) -> tuple[str, ...]:
    rim = "upper" if end == "top" else "lower"
    return (
        f"in the {end} {where} [region|section|zone|quarter|portion]", f"at the very {end} {where}",
        f"in the {end} {where} [edge|end] of the [picture|page|image]", f"in the picture's {end} {where}",
        f"[tight|right|snugly] in the {rim} {where} corner", f"{end} of the {where} side", f"{rim}-{where}",
        f"on the {where}, [at|near|close to] the {end}", f"in the {rim} part on the {where}", f"near the {rim} {where}",
        f"by the {end} {where} corner", f"at the {end} and to the {where}", f"{where} and {end}", f"{end} and {where}",
        f"where {end} and {where} edge meet", f"in the corner, {end} {where}", f"in the {where}-hand {rim} area",
    )  # fmt: skip


SPOTS: dict[str, tuple[str, ...]] = {
    "left": side("left"),
    "right": side("right"),
    "center": (
        "at the [very|exact] [center|middle|centre]", "in the [center|centre|middle] of it", "in the midst",
        "in the [centre|center] [area|region|zone|part|section]", "in a central [place|position|spot]",
        "in the heart of the [page|image|canvas]", "at centre", "at center", "[exactly|precisely] centered",
        "midway across the picture", "as the focal point", "in the bull's eye", "central",
    ),
    "top left": corner("top", "left"),
    "top right": corner("top", "right"),
    "bottom left": corner("bottom", "left"),
    "bottom right": corner("bottom", "right"),
    "top": (
        "[placed|located|kept|set] at the top", "in the top [area|region|zone|section|portion|quarter]",
        "at the upper rim",
        "in the upper [portion|region|zone|section|quarter]", "way up",
        "[way|far|right] up at the top", "at the head of the [page|picture]", "up above everything", "at top",
        "up at the upper edge", "at the picture's top", "where the picture ends at the top",
    ),
    "bottom": (
        "[placed|located|kept|set] at the bottom", "in the bottom [area|region|zone|section|portion|quarter]",
        "in the lower [portion|region|zone|section|quarter]",  "way down",
        "[way|far|right] down at the bottom", "at the foot of the [page|picture]", "down below everything", "at bottom",
        "down at the lower edge", "at the picture's bottom", "at the lower rim", "at the base of the picture",
    ),
}  # fmt: skip
TWINS = (
    "two {p}[:|,|;] the {x} {n} [sits|stands|is|goes|belongs] {s}, the {y} one [elsewhere|opposite|on the other side]",
    "two {p}: {x} and {y}; the {x} one [goes|is|sits|stands] {s}", "{s} the {x} one of two {p}, the other is {y}",
    "two {p}, [the former|number one] {x} and {s}, [the latter|number two] {y}",
    "both a {x} and a {y} {n}, the former {s}", "two {p} that differ: the {x} is {s}, the {y} is not",
    "a {x} {n} [placed|located|kept] {s}, [while|whereas] the {y} {n} is [opposite|on the other side]",
)  # fmt: skip
GROUPS = (
    "{k} {p}, each different: {l}", "{k} {p}; [in turn|one by one|in order], {l}", "{k} {p}, [as follows|to wit]: {l}",
    "{k} different {p}: {e}", "{k} {p}, [made|kept|shown|drawn] {l} in that order", "{k} {p} [with|in] the looks {l}",
    "{k} {p} that [look|should be] {l}",
)  # fmt: skip
SPLITS = ("{k} {p}, {f}, to be exact", "{k} {p} made up of {f}", "{k} {p}, namely {f}", "a mix of {e} {p}")
ROWS = (
    "[beginning|going] on the left, {l}", "[ordered|sorted|listed|lined up] from left to right, {l}",
    "{l}, [seen|placed|going|named] left to right", "a line from left to right: {l}", "leftmost first: {l}",
    "side after side from left to right: {l}", "{t}, going right", "from left side to right side: {l}",
    "{l}, each right of the one before", "[left to right|from left to right] [you have|come|goes|follow]: {t}",
)  # fmt: skip
CHATTER = ("hello! {b}", "well, {b}", "{b} ok?", "ehm {b}", "dear all, {b}", "{b} haha", "right so {b}", "oh and {b}")
