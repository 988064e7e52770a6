"""Edit examples: a plan, an instruction in many wordings, and the operations it stands for."""

from __future__ import annotations

from random import Random

from mepg_agent.english import noun_phrase
from mepg_agent.planning.operations import ALIKE, DIRECTIONS, SCALES, SPOTS, Operation, Verb, coarse, in_order
from mepg_agent.planning.reading import Thing
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import Region, RelationKind, ScenePlan
from mepg_agent.training import psa_phrasings as say
from mepg_agent.training.psa_phrases import NUMBERS, article
from mepg_agent.training.psa_scenes import COLORS, known_thing, plural_of
from mepg_agent.training.psa_scenes import SPOTS as SCENE_SPOTS
from mepg_agent.training.psa_words import FREE_PLACES, OPEN_STYLES, STYLES, TYPOS, Pool

WORDING: dict[Verb, Pool] = {
    Verb.REMOVE: Pool(
        ("remove {x}", "delete {x}", "take {x} away", "get rid of {x}", "take out {x}", "no {n}", "I don't want {x}",
         "{x} has to go", "lose {x}", "erase {x} please", "drop {x}", "without {x}", "{x} should not be there" ,
         "[cut|wipe|rub|clear|throw|toss|edit|strike|leave|paint|pull] {x} [out|away|off]",
         "[scrap|ditch|dump|discard|eliminate|kill|clear|wipe|hide|omit|skip|banish|cancel|exclude] {x}",
         "{x} [must go|can go|goes|is not needed|is not wanted|shall disappear|should disappear|should vanish|"
         "must disappear|is too much|disturbs|is in the way|bothers me|doesn't belong here|does not fit|is one "
         "too many|has no place here|spoils it|should be gone|is unnecessary]",
         "[I|we] [don't|do not] [want|need|like to see|want to see] {x}[ anymore| any more| in it| here|]",
         "[I|we] [want|need|prefer] it without {x}", "make {x} [disappear|vanish|go away]",
         "let {x} [disappear|vanish|go]", "[no more|minus] {n}",
         "can {x} [go|disappear|be removed|be deleted]?",
         "[the picture|the scene|it] [is better|looks better|would be better|should be] without {x}", "{x} away",
         "{x} out", "[the picture|it] needs no {n}", "there should be no {n}", "why is {x} there?[ remove it|]",
         "off with {x}", "empty the spot where {x} is"),
        ("kick {x} out", "can we do without {x}?", "{x} is superfluous"),
    ),
    Verb.RECOLOR: Pool(
        ("make {x} {c}", "{x} should be {c}", "paint {x} {c}", "change {x} to {c}", "color {x} {c}", "turn {x} {c}",
         "I want {x} in {c}", "{c} {n} please", "recolor {x} {c}", "change the color of {x} to {c}",
         "{x} must be {c}" , "[dye|tint|colour|spray|shade|fill] {x} {c}",
         "[dip|dress|redo|paint|draw|do|show] {x} in {c}",
         "[change|switch|set|turn|alter] {x}'s [color|colour] to {c}",
         "[set|switch|turn] the [color|colour] of {x} to {c}",
         "{x} [in|into|to] {c}", "{x}: {c}",
         "[the|make the] [color|colour] of {x} [should be|must be|is|has to be|shall be] {c}",
         "I [want|prefer|would like|need|imagined|would prefer|wish] {x} [to be |in |]{c}",
         "make {x} [all|completely|really|a nice|bright|look] {c}",
         "{x} [has to be|ought to be|shall be|needs to be|is supposed to be|is meant to be|will be|becomes|goes|"
         "turns|looks better|is prettier] {c}",
         "{c} [for|would suit|fits|suits] {x}", "use {c} for {x}", "can {x} be {c}?", "I like {c} better for {x}",
         "why isn't {x} {c}?", "give {x} [the color|a coat of] {c}", "let {x} be {c}",
         "a {c} {n} [please|would be better|is what I want]", "{x} is the wrong color, make it {c}",
         "{x} not like that but {c}"),
        ("give {x} a {c} color instead", "could {x} be {c}?", "{x} would be nicer in {c}"),
    ),
    Verb.RESTYLE: Pool(
        ("make {x} {s}", "{x} in {s} style", "redo {x} as {s}", "draw {x} in {s}", "turn {x} into {s}", "{x}: {s}",
         "{x} should look like {s}", "change the style of {x} to {s}", "use {s} for {x}", "I'd like {x} in {s}" ,
         "[draw|paint|do|redo|show|make|style|depict|redraw|restyle|remake|convert|transform|change] {x} [as|in|"
         "into|to|like|with] {s}",
         "[switch|set|convert|transform|change|turn] {x} [to|into] [a |]{s}[ style| look| version|]",
         "{x} [in|as|into|like|with] {s}",
         "{x} [should be|must be|has to be|ought to be|shall be|becomes|wants to be|is to be|needs to be] [in |"
         "drawn as |done in |shown in |made of |]{s}",
         "I [want|prefer|would like|need|see|imagine] {x} [as|in|like|drawn in] {s}",
         "[apply|try|take|choose|use] {s} [for|to|on] {x}", "{s} [for|on] {x}",
         "make {x} look [like|as if it were] {s}", "[the|set the] style of {x}[ should be|:| is| to] {s}",
         "let {x} [be|look like|appear in|be done in] {s}", "style {x} [as|with|like] {s}",
         "can {x} [be|look like] {s}?", "can I see {x} in {s}?",
         "{x} [looks better|is nicer|suits me better] [as|in] {s}", "the look of {x}: {s}",
         "{x} needs [a |]{s}[ look| style|]", "more {s} for {x}"),
        ("give {x} the {s} treatment", "render {x} using {s}", "{x} would look cool as {s}"),
    ),
    Verb.RESIZE: Pool(
        ("make {x} {z}", "{x} should be {z}", "{z} {n}", "I want {x} {z}", "{x} needs to be {z}", "resize {x}: {z}" ,
        "{x} [must|has to|ought to|shall|is to|may] be {z}", "{x} {z}", "[draw|show|paint|turn|get] {x} {z}",
        "[change|set|adjust] the size of {x}: {z}", "I [need|would like|prefer|imagined] {x} {z}",
        "let {x} [be|get] {z}", "can {x} be {z}?", "{x} [looks better|is better] {z}",
        "[size|dimensions] of {x}: {z}", "I want a {z} {n}", "make {x} [look |appear |]{z}", "{x} in a {z} size"),
        ("could {x} be {z}?", "scale {x} so it is {z}"),
    ),
    Verb.REPLACE: Pool(
        ("replace {x} with {a}", "change {x} to {a}", "turn {x} into {a}", "make {x} {a}", "instead of {x} draw {a}",
         "{a} instead of {x}", "swap {x} for {a}", "I want {a} where {x} is", "exchange {x} for {a}" ,
         "[substitute|trade|exchange|switch|swap] {x} [for|with|against] {a}", "substitute {a} for {x}",
         "[replace|exchange] {x} by {a}", "[transform|convert|morph|magic|change] {x} into {a}",
         "[I want|draw|use|take|show|I'd like|give me|make it] {a}[,|] [not|instead of] {x}",
         "instead of {x} [I want|I'd like|there should be|use|show|take|we need] {a}",
         "where {x} is[,| now there should be| I want| draw] {a}",
         "{x} [should become|becomes|must become|turns into|has to be|ought to be|should turn into|should "
         "really be|is supposed to be|was meant to be|shall be] {a}",
         "[remove|delete|take away] {x} and [put|draw|place] {a} [there|in its place|instead]",
         "{a} [replaces|takes the place of|for] {x}", "{x} out, {a} in", "not {x}[,| but] {a}",
         "let {a} [replace|take the place of|stand in for] {x}", "can {x} be {a}?", "a different thing for {x}: {a}",
         "{x} -> {a}", "I said {a}, not {x}", "{x} is wrong, it should be {a}"),
        ("put {a} in place of {x}", "let {x} become {a}", "{x} should be {a} rather"),
    ),
    Verb.SWAP: Pool(
        ("swap {x} and {y}", "let {x} and {y} change places", "exchange the positions of {x} and {y}",
         "switch {x} and {y}", "{x} and {y} should swap places", "put {x} where {y} is and vice versa" ,
         "[swap|switch|exchange|interchange|reverse|flip|change] [the places of |the positions of |the spots of "
         "|places of |]{x} and {y}",
         "swap {x} with {y}",
         "{x} and {y} [should|must|have to|shall|need to] [swap|switch|change|exchange] [places|positions|spots|sides]",
         "let {x} and {y} [swap|switch|exchange] [places|positions|]",
         "[put|move] {x} [to|in|into] the [place|position|spot] of {y} and [vice versa|the other way around|the "
         "reverse]",
         "{x} goes where {y} is, and {y} where {x} is", "have {x} and {y} change [seats|sides|positions]",
         "make {x} and {y} [swap|switch|change places]", "{x} <-> {y}", "{x} in {y}'s place and vice versa",
         "{x} and {y} in each other's place"),
        ("trade places between {x} and {y}", "{x} and {y} the other way round"),
    ),
    Verb.FRONT: Pool(
        ("bring {x} to the front", "put {x} in front of everything", "{x} to the foreground", "move {x} to the front",
         "{x} should be in front", "{x} on top of the others" ,
         "[bring|move|get|take|pull|push|place|put|shift] {x} [forward|to the very front|into the foreground|to "
         "the fore|up front|to the top layer|in front of all others|before everything]",
         "{x} [must|has to|shall|needs to|should] be [in front of everything|at the front|in the foreground|on "
         "the top layer|the frontmost]",
         "{x} [in front|frontmost|up front|first layer|forward]", "[everything|all else|all others] behind {x}",
         "let {x} [come forward|be in front of all]",
         "I want {x} [in front of all the others|in the foreground|closest to us]",
         "{x} [overlaps|covers] everything", "{x} should not be [covered|hidden|behind anything]", "top layer: {x}",
         "{x} before all the rest", "don't hide {x}"),
        ("nothing may cover {x}", "{x} nearest to the viewer"),
    ),
    Verb.BACK: Pool(
        ("send {x} to the back", "put {x} behind everything", "{x} into the background", "move {x} to the back",
         "{x} should be at the back", "{x} behind all others" ,
         "[bring|move|get|take|pull|push|place|put|shift|send] {x} [backward|to the very back|to the rear|into "
         "the background|to the bottom layer|behind all others|behind the rest]",
         "{x} [must|has to|shall|needs to|should] be [behind everything|at the very back|in the background|on "
         "the bottom layer|the hindmost]",
         "{x} [at the back|in the back|to the rear|last layer|backward]",
         "[everything|all else|all others] in front of {x}", "let {x} [go back|be behind all]",
         "I want {x} [behind all the others|in the background|at the back]", "[everything|all] overlaps {x}",
         "bottom layer: {x}", "{x} behind all the rest", "{x} should be covered by the others"),
        ("everything may cover {x}", "{x} farthest away"),
    ),
    Verb.BACKGROUND: Pool(
        ("change the background to {p}", "make it {p}", "put it all in {p}", "set the scene in {p}", "background: {p}",
         "use {p} as background", "move everything to {p}", "let it be in {p} instead", "I want it in {p}" ,
         "[set|switch|turn|change] the [background|backdrop|scenery|setting|scene|place|location|surroundings|"
         "environment] [to|into] {p}",
         "[background|setting|place|location|scene|scenery|backdrop]: {p}",
         "the [background|setting|scene|place|backdrop|location] [should be|must be|is|has to be|shall be|becomes] {p}",
         "[put|place|show|set|draw|transfer|bring|take] [it|everything|them|them all|all of them|the whole "
         "thing|the scene] [in|to|into] {p}",
         "[it|everything|all this|the scene|the whole thing] [should be|must be|is|happens|plays|has to be] in {p}",
         "I [want|prefer|need|would like] {p} [behind them|as the background|in the background|as the setting|"
         "as background]",
         "[make|let] it [be |]{p} [in the background|behind them|instead|around them]",
         "[replace|exchange] the background [with|by] {p}",
         "let [it|the scene|everything] [happen|be set|play] in {p}", "{p} as [the |]background",
         "{p} in the background", "can we [be|go|move] [in|to] {p}?", "[a new|another] background: {p}",
         "[I'd like|give me|draw|use|take] {p} [for|as] the background", "let them [be|stand|live] in {p}",
         "off to {p}", "[we are|they are] in {p} now", "instead of this background {p}",
         "move [the scene|them|them all|this] to {p}"),
        ("relocate the whole scene to {p}", "how about {p} for the backdrop?"),
    ),
    Verb.TIME: Pool(
        ("make it {t}", "set the time to {t}", "it should be {t}", "change it to {t}", "turn it into {t}",
         "let it be {t}",
         "I want {t}", "{t} please",
         "[switch|turn|set|change] [the time of day|the time|the scene|the light|the lighting] to {t}",
         "[the time|time|time of day|it|lighting]: {t}",
         "[it|the scene|the time|the time of day] [must be|has to be|is|shall be|should be|becomes|is now|ought "
         "to be] {t}",
         "I [need|prefer|would like|imagined] [it at |]{t}", "let [there be|it turn] {t}",
         "[set|show|draw|paint] [it|the scene|everything] [at|during|in the] {t}",
         "{t}[, please| instead| now| it is|]", "[the whole thing|everything|the scene|the picture] at {t}",
         "can it be {t}?", "make the [scene|picture|time|light] {t}", "[I'd like|give me] {t}",
         "let it [get|be|turn] {t}", "[as if it were|with the light of|at] {t}",
         "[it is too bright|it is too dark|wrong time], [make it|I want] {t}", "from now on {t}"),
        ("have it happen at {t}", "what about {t}?"),
    ),
    Verb.REDRAW: Pool(
        ("redraw {x}", "try {x} again", "do {x} again", "{x} looks wrong", "another try for {x}", "regenerate {x}",
         "I don't like {x}", "{x} is ugly, try again", "new version of {x}", "fix {x}", "{x} came out badly",
         "[repaint|remake|rework|redo|refresh|rerun|retry|reroll|renew|repeat|improve] {x}[ please| once more|]",
         "[draw|paint|make|generate|render|create|try|do] {x} [again|anew|once more|once again|afresh|one more "
         "time|a second time|over|from scratch]",
         "{x} [is|looks] [bad|odd|strange|weird|off|broken|ugly|terrible|awful|funny|not right|not good|poor|"
         "distorted|deformed|blurry|unnatural|silly]",
         "I [don't like|do not like|dislike|hate|am not happy with|am not satisfied with] [how |the way |]{x}[ "
         "looks| turned out|]",
         "[a new|another|one more|a second|a better|a different|a fresh] [try|version|attempt|drawing|take] [of|"
         "for|at] {x}",
         "{x} [needs|deserves|wants|could use] [another try|a new attempt|to be redrawn|a redo|improvement|a "
         "second chance]",
         "{x} [once more|again|one more time]",
         "{x} [is not|isn't] [good|nice|well drawn|right|pretty|what I wanted]", "something is wrong with {x}",
         "can you [redo|redraw|improve|fix] {x}?", "{x} should look better", "same again for {x}, but better",
         "repair {x}", "[start over|begin again] with {x}"),
        ("give {x} another go", "{x} isn't convincing", "roll the dice again for {x}"),
    ),
    Verb.ADD: Pool(
        ("add {a}", "put {a}", "draw {a}", "I also want {a}", "place {a}", "there should be {a}", "insert {a}",
         "add {a} please", "can you add {a}", "include {a}", "also {a}",
         "[now |then |and |]{a} [too|as well|please|also|in addition|on top of that]",
         "[bring in|put in|draw in|paint in|fit in|work in|set in|place|sketch|slip in|squeeze in|stick in|drop "
         "in] {a}",
         "[I|we] [want|need|would like|wish|wish to see|also need|want to see|would love] {a}",
         "[there|here] [must|has to|could|is to|shall|should also|ought to] be {a}",
         "[can|could|would|will] you [put|draw|place|include|insert|paint|make] {a}",
         "[let there be|give me|show|create|make|paint|let me see|let's have|let us have] {a}",
         "[it|the picture|the scene] [needs|lacks|should have|could use|should get] {a}",
         "[plus|and|with|additionally|furthermore|besides|extra:|new:] {a}", "{a}",
         "{a} [would be nice|would be great|should be there|is needed|must be in it]", "add [also |in |]{a}",
         "complete it with {a}", "append {a}"),
        ("how about {a}", "we're missing {a}", "throw in {a}"),
    ),
    Verb.NOTHING: Pool(
        ("thanks, looks great", "perfect", "I like it", "nice work", "leave it as it is", "don't change anything",
         "cool",
         "what is in the picture?", "good", "that's it, thank you", "which styles are there?", "hello", "keep it",
         "[great|super|lovely|beautiful|very nice|awesome|fantastic|excellent|amazing|good job|well done|"
         "brilliant|fine|ok|okay|yes|thanks|thank you|thank you very much|cheers|bravo|wow]",
         "[it|this|that] [looks|is] [great|good|perfect|nice|fine|lovely|wonderful|just right|what I wanted]",
         "[I|we] [love|like] [it|this|that|the picture|it as it is|how it looks]",
         "[no changes|nothing to change|nothing|nothing more|no more changes|nothing else|that will do|that's "
         "all|that is all|all good|all fine|ready|finished|save it|I am happy|I'm satisfied]",
         "[what|how many] [things|objects|animals] are [in it|there|in the picture]?",
         "[how|why] [does this work|did you do that|are you]?",
         "[who are you|what can you do|can you help me|are you there|how long does it take|what time is it|how "
         "do I save it|what do you think|is it done]?",
         "[hi|hey|good morning|good evening]",
         "[don't|do not|please don't] [touch|change|alter] [it|anything|a thing]",
         "[keep|leave] [everything|all of it|the picture|this] [as it is|like this|like that|unchanged]"),
        ("wonderful, we are done here", "no further wishes"),
    ),
}  # fmt: skip
SPOT_WORDING = Pool(
    ("move {x} {w}", "put {x} {w}",
        "[set|bring|shift|position|take|slide|push|carry|get|drop|lay|send|transfer|arrange|pull] {x} {w}",
        "{x} [must|has to|shall|needs to|ought to|should really|is supposed to|is to|may] be {w}",
        "{x} [goes|belongs|is better|looks better|fits better|stands|sits|moves|comes] {w}",
        "I [need|would like|prefer|would prefer|imagined|see] {x} {w}", "let {x} [stand|sit|go|move|stay|come] {w}",
        "{x} [placed|to be|now|please] {w}", "{x} should [stand|sit|move|go|come|appear] {w}", "can {x} be {w}?",
        "[change|set] the [position|place] of {x}: {w}", "{w} is where I want {x}", "{w} [goes|put|place] {x}",
        "make {x} [stand|sit|be|appear|go] {w}", "{x} {w}", "I want {x} {w}", "place {x} {w}", "{x} should be {w}",
     "shift {x} so it is {w}"),
    ("let {x} be {w} instead", "have {x} {w}"),
)  # fmt: skip
SHIFT_WORDING = Pool(
    ("move {x} {d}", "move {x} a bit {d}", "shift {x} {d}", "nudge {x} {d}", "{x} further {d}", "push {x} {d}",
     "{x} a little more {d}", "slide {x} {d} a bit",
     "[move|shift|slide|push|pull|nudge|bring|put|budge|bump|set|get|take|position|edge] {x} [a bit|a little|"
     "slightly|somewhat|a bit further|a little more|further|some|a touch|a tad|more|a few steps|an inch|] {d}",
     "{x} [should|must|has to|needs to|ought to] [be|go|move|come|sit|stand] [a bit|a little|further|slightly|"
     "more|] {d}",
     "{x} [a bit|a little|slightly|further|somewhat|more] {d}", "{x} {d}", "[more|further] {d} with {x}",
     "I want {x} [a bit|a little|further|more|] {d}", "let {x} [go|move|slide] [a bit|further|] {d}",
     "can {x} [be|go|move] [a bit|a little|further|] {d}?", "{d} a [bit|little] with {x}"),
    ("scoot {x} {d}", "drag {x} {d} somewhat"),
)  # fmt: skip
DIRECTION_WORDS = {"left": ("left", "to the left", "leftwards", "leftward", "towards the left", "over to the left"),
    "right": ("right", "to the right", "rightwards", "rightward", "towards the right", "over to the right"),
                   "up": ("up", "higher", "upwards", "upward", "higher up", "towards the top"),
                   "down": ("down", "lower", "downwards", "downward", "lower down", "towards the bottom")}  # fmt: skip
SCALE_WORDS = {
    "bigger": Pool(
        (
            "bigger",
            "larger",
            "a bit bigger",
            "a little [bigger|larger|taller]",
            "[slightly|somewhat] [bigger|larger]",
            "taller",
            "greater",
            "a size up",
            "grander",
            "increased",
            "more big",
            "wider and taller",
            "big",
            "large",
            "not so small",
            "less small",
        ),
        ("more sizeable",),
    ),
    "smaller": Pool(
        (
            "smaller",
            "tinier",
            "a bit smaller",
            "a little [smaller|shorter]",
            "[slightly|somewhat] smaller",
            "shorter",
            "littler",
            "a size down",
            "reduced",
            "more compact",
            "small",
            "little",
            "not so big",
            "less big",
            "not as large",
            "less large",
        ),
        ("less sizeable",),
    ),
    "much bigger": Pool(
        (
            "much bigger",
            "huge",
            "twice as big",
            "way larger",
            "[much|a lot|far|way|considerably|very much] [bigger|larger|taller]",
            "[twice|two times|three times] as [big|large|tall]",
            "giant",
            "enormous",
            "really [big|large|huge]",
            "immense",
            "[two|three] times bigger",
            "as big as possible",
        ),
        ("double the size",),
    ),
    "much smaller": Pool(
        (
            "much smaller",
            "tiny",
            "half as big",
            "way smaller",
            "[much|a lot|far|way|considerably|very much] [smaller|tinier]",
            "half as [large|tall]",
            "half the size",
            "really [small|tiny]",
            "minuscule",
            "mini",
            "very very small",
            "half its size",
            "as small as possible",
            "a third of the size",
        ),
        ("a fraction of its size",),
    ),
}
SCALE_VERBS = {
    "bigger": Pool(
        (
            "enlarge {x}",
            "scale {x} up",
            "let {x} grow",
            "{x} is too small",
            "[grow|blow up|size up|increase|upscale|magnify|expand|stretch|inflate|boost] {x}[ a bit| a little|]",
            "increase the size of {x}",
            "make {x} grow",
            "{x} [should|must|has to|needs to] [grow|gain size|take more room]",
            "{x} is [a bit |a little |] too [small|little|tiny]",
            "more of {x}, size-wise",
            "[a|I want a] [bigger|larger] {n}[ please|]",
            "{x} bigger",
            "{x} not so small",
        )
    ),
    "smaller": Pool(
        (
            "shrink {x}",
            "scale {x} down",
            "reduce {x}",
            "{x} is too big",
            "[minimize|size down|decrease|downscale|diminish|compress|lessen|contract|downsize] {x}[ a bit| a little|]",
            "[decrease|reduce] the size of {x}",
            "make {x} shrink",
            "let {x} shrink",
            "{x} [should|must|has to|needs to] [shrink|take less room|lose size]",
            "{x} is [a bit |a little |] too [big|large|tall]",
            "[a|I want a] smaller {n}[ please|]",
            "{x} smaller",
            "{x} takes too much room",
            "{x} not so big",
        )
    ),
    "much bigger": Pool(
        (
            "make {x} a lot bigger",
            "{x} is [far|way|much] too [small|tiny]",
            "[double|triple] {x}[ in size|]",
            "enlarge {x} a lot",
            "let {x} [grow a lot|grow into a giant]",
            "blow {x} up [a lot|to double size]",
            "scale {x} up [a lot|twice|by a factor of two]",
            "increase {x} a lot",
            "make {x} twice as big",
        )
    ),
    "much smaller": Pool(
        (
            "make {x} a lot smaller",
            "{x} is [far|way|much] too [big|large]",
            "halve {x}",
            "halve the size of {x}",
            "shrink {x} [a lot|to half|by half]",
            "scale {x} down [a lot|by half|to half]",
            "cut {x} in half in size",
            "reduce {x} [a lot|by half]",
            "make {x} half as big",
        )
    ),
}
EVERYTHING = Pool(
    (
        "everything",
        "the whole picture",
        "it all",
        "the picture",
        "all of it",
        "the whole [thing|image|scene]",
        "the image",
        "the scene",
        "all things",
        "all the things",
        "the lot",
        "every single thing",
        "the [complete|full] [picture|image]",
        "all",
        "every object",
        "all objects",
    ),
    ("the entire image",),
)
GROUPS = Pool(
    (
        "the {p}",
        "all the {p}",
        "all {p}",
        "every one of the {p}",
        "every single one of the {p}",
        "all of the {p}",
        "these {p}",
        "those {p}",
        "the [many|different|various] {p}",
        "{p}",
        "my {p}",
    ),
    ("each of the {p}",),
)
PAIRS = Pool(
    (
        "both {p}",
        "the two {p}",
        "the {p}",
        "both of the {p}",
        "both the {p}",
        "all the {p}",
        "these two {p}",
        "the pair of {p}",
        "the {p}, both of them,",
        "those {p}",
    ),
    ("each of the {p}",),
)
POLITE = Pool(
    (
        "{i}",
        "{i}",
        "{i}",
        "{i}",
        "please {i}",
        "{i} please",
        "can you {i}?",
        "now {i}",
        "ok, {i}",
        "hmm, {i}",
        "{i}, thanks",
        "[could|would|will|can] you [please |]{i}[?|]",
        "[so|well|great, but|nice, but|good, now|next|then|also|and|but|actually|hey|oh|wait|hm|finally|first|"
        "no,|maybe|perhaps|sorry, but|looks good, but|almost, but] {i}",
        "{i} [pls|thx|if you can|now|if possible|thank you|!|then|ok?]",
        "[I think|I'd say|let's|you should|I want you to|try to|you could|kindly|just|simply|my wish:|next "
        "step:|change:|edit:|it would be great if you could|do me a favor:] {i}",
    ),
    ("alright then: {i}", "one more thing, {i}"),
)
TIME_WORDS = {"night": ("night", "nighttime", "midnight", "dark", "night time", "a starry night", "late at night"),
    "sunset": ("sunset", "dusk", "evening", "dawn", "sunrise", "twilight", "golden hour", "the evening"),
              "day": ("day", "daytime", "noon", "midday", "a sunny day", "bright day", "daylight")}  # fmt: skip
NEWEST = Pool(("the last thing I added", "the thing I just added", "the newest thing", "what I added last",
    "the newest one", "the thing that was added last", "the [newest|latest|last added] [object|item|thing|element]",
    "what you added last", "the most recent [thing|object|one]", "the one I just added"),
              ("my latest addition",))  # fmt: skip
ORDERS = (
    *("add", "put", "draw", "place", "insert", "include", "show", "create", "make", "paint", "bring", "give"),
    *("move", "shift", "nudge", "push", "slide", "pull", "set", "take", "get", "remove", "delete", "erase"),
    *("drop", "lose", "cut", "wipe", "hide", "omit", "skip", "cancel", "exclude", "clear", "change", "color"),
    *("colour", "recolor", "turn", "dye", "tint", "spray", "fill", "use", "redo", "restyle", "convert"),
    *("transform", "switch", "apply", "style", "try", "swap", "exchange", "replace", "substitute", "trade"),
    *("send", "let", "have", "redraw", "regenerate", "fix", "repaint", "remake", "rework", "generate", "render"),
    *("enlarge", "scale", "shrink", "reduce", "resize", "grow", "increase", "decrease", "expand", "double"),
    *("halve", "position", "transfer", "keep", "leave", "magnify", "minimize"),
)
_ONE = (Verb.REMOVE, Verb.FRONT, Verb.BACK, Verb.REDRAW)
_IT = (Verb.RECOLOR, Verb.RESIZE, Verb.MOVE, Verb.REMOVE)
SORTS = {"animal": "animals", "vehicle": "vehicles", "building": "buildings", "plant": "plants", "food": "food items"}
ALL_BUT = Pool(
    (
        "everything but the {n}",
        "everything except the {n}",
        "all but the {n}",
        "all except the {n}",
        "all things except the {n}",
        "everything apart from the {n}",
        "everything besides the {n}",
        "all others than the {n}",
        "all the other things than the {n}",
    ),
)
_RARE = (Verb.ADD, Verb.NOTHING, Verb.WHICH)


class Editor:
    """One edit example in the making."""

    def __init__(self, rng: Random, plan: ScenePlan, vocabulary: Vocabulary, held: bool) -> None:
        self.rng, self.plan, self.vocabulary, self.held = rng, plan, vocabulary, held
        self.used_held = False

    def pick(self, pool: Pool) -> str:
        held = self.held and bool(pool.held) and self.rng.random() < 0.75
        self.used_held = self.used_held or held
        return pool.pick(self.rng, held)

    def edit(self) -> tuple[str, list[Operation]]:
        """An instruction of one to three parts and its operations."""
        roll = self.rng.random()
        if roll < 0.08:
            return self.finished(*self.same_again())
        parts = [self.part() for _ in range(1 if roll < 0.78 else 2 if roll < 0.96 else 3)]
        if len(parts) > 1:
            parts = [p for p in parts if p[1][0].verb not in (Verb.NOTHING, Verb.WHICH)] or parts[:1]
            parts.sort(key=lambda p: p[1][0].verb is Verb.ADD)  # what is added comes last, its place may be long
        glue = self.rng.choice(
            (" and ", ", ", ", then ", ". ", " and then ", "; ", ", and ", ". Then ", ". Also ", " plus ")
        )
        return self.finished(glue.join(words for words, _ in parts), [op for _, ops in parts for op in ops])

    def same_again(self) -> tuple[str, list[Operation]]:
        """ "Make the fox red and move it to the left": two wishes about one thing."""
        region = self.rng.choice(self.plan.regions)
        kinds = (Verb.RECOLOR, Verb.RESIZE, Verb.MOVE, Verb.RESTYLE)
        first, second = self.rng.sample(kinds, 2)
        words, one = self.change(first, region, whole=False)
        other, two = self.change(second, region, name="it", whole=False)
        return self.rng.choice((" and ", ", ", ", then ", ". ", " and also ")).join((words, other)), [one, two]

    def finished(self, text: str, operations: list[Operation]) -> tuple[str, list[Operation]]:
        """With what people put around a wish, and as they type it."""
        rng = self.rng
        polite = self.pick(POLITE)
        if "you" in polite and text.split(" ")[0] not in ORDERS:
            polite = "{i}"  # "could you the fox is too big?" is nothing that people say
        text = polite.format(i=text)
        for wrong, right in (("??", "?"), (".?", "?"), ("?,", ","), ("?.", "."), ("? please", " please"), (" ,", ",")):
            text = text.replace(wrong, right)
        if rng.random() < 0.06:
            text = " ".join(TYPOS.get(w, w) for w in text.split())
        if rng.random() < 0.05:
            text = " ".join(w for w in text.split() if w != "the")
        roll = rng.random()
        if roll < 0.55:
            return text, operations
        return (text[0].upper() + text[1:].rstrip("?.") + ("." if roll < 0.9 else "")), operations

    def part(self) -> tuple[str, list[Operation]]:
        """One wish: mostly about one region, sometimes about all regions of a noun."""
        nouns = [r.noun for r in self.plan.regions]
        many = sorted({noun for noun in nouns if nouns.count(noun) > 1})
        if many and self.rng.random() < 0.3:
            return self.group(self.rng.choice(many))
        if many and self.rng.random() < 0.15:
            return self.unclear(self.rng.choice(many))
        if len(set(nouns)) > 1 and self.rng.random() < 0.05:
            return self.sort_of_things()
        words, operation = self.one()
        return words, [operation]

    def sort_of_things(self) -> tuple[str, list[Operation]]:
        """ "Make the animals red", "remove everything but the fox": one operation a region that it is about."""
        groups = [self.group_of(r) for r in in_order(self.plan)]
        named = sorted({g for g in groups if g in SORTS}) if None not in groups else []
        noun = self.rng.choice(self.plan.regions).noun
        if named and self.rng.random() < 0.6:
            sort = self.rng.choice(named)
            meant = [r for r, g in zip(in_order(self.plan), groups, strict=True) if g == sort]
            x = self.rng.choice(("the {p}", "all {p}", "all the {p}", "every one of the {p}")).format(p=SORTS[sort])
        else:
            meant = [r for r in in_order(self.plan) if r.noun != noun]
            several = sum(r.noun == noun for r in self.plan.regions) > 1
            x = self.pick(ALL_BUT).format(n=self.plural(noun) if several else noun)
        return self.for_all(meant, x, x)

    def group_of(self, region: Region) -> str | None:
        known = self.vocabulary.nouns.get(self.vocabulary.noun_forms.get(region.noun, ""))
        return known.group if known else None

    def plural(self, noun: str) -> str:
        return self.vocabulary.nouns[noun].plural if noun in self.vocabulary.nouns else plural_of(noun)

    def unclear(self, noun: str) -> tuple[str, list[Operation]]:
        """ "Make the fox red" where there are several: the answer is a question."""
        same = [r for r in in_order(self.plan) if r.noun == noun]
        words, _ = self.change(self.rng.choice((Verb.REMOVE, Verb.RECOLOR, Verb.RESIZE, Verb.REPLACE)), same[0], noun)
        return words, [Operation(verb=Verb.WHICH, choices=tuple(r.id for r in same))]

    def group(self, noun: str) -> tuple[str, list[Operation]]:
        """ "make all the foxes red": one operation a region."""
        plural = self.plural(noun)
        same = [r for r in in_order(self.plan) if r.noun == noun]
        x = self.pick(GROUPS if len(same) != 2 else PAIRS).format(p=plural)
        return self.for_all(same, x, plural)

    def for_all(self, same: list[Region], x: str, plural: str) -> tuple[str, list[Operation]]:
        """The same change of several regions, which are `x` in words."""
        verb = self.rng.choice((Verb.REMOVE, Verb.RECOLOR, Verb.RESTYLE, Verb.RESIZE))
        style, color, scale = self.rng.choice(list(STYLES)), self.rng.choice(COLORS), self.rng.choice(SCALES)
        value = {Verb.RECOLOR: color, Verb.RESTYLE: style, Verb.RESIZE: scale}.get(verb)
        said = {"s": self.pick(STYLES[style]), "c": color, "z": self.pick(SCALE_WORDS[scale])}
        words = self.pick(WORDING[verb]).format(x=x, n=plural, **said)
        for one, many in (
            ("s is ", "s are "),
            (" isn't ", " aren't "),
            (" needs ", " need "),
            (" has to ", " have to "),
        ):
            words = words.replace(one, many)
        return words, [Operation(verb=verb, region=r.id, value=value) for r in same]

    def one(self) -> tuple[str, Operation]:
        verbs = [Verb.ADD, *([v for v in Verb if v not in _RARE] if self.plan.regions else [])]
        weights = [{Verb.MOVE: 5, Verb.ADD: 3, Verb.RECOLOR: 2, Verb.RESTYLE: 3}.get(v, 1.5) for v in verbs]
        verb = Verb.NOTHING if self.rng.random() < 0.03 else self.rng.choices(verbs, weights=weights)[0]
        if verb is Verb.NOTHING:
            return self.pick(WORDING[verb]), Operation(verb=verb)
        if verb in (Verb.BACKGROUND, Verb.TIME):
            return self.setting(verb)
        if verb is Verb.ADD:
            return self.add()
        if verb is Verb.SWAP and len(self.plan.regions) < 2:
            verb = Verb.REMOVE
        return self.change(verb, self.rng.choice(self.plan.regions))

    def change(
        self, verb: Verb, region: Region, noun: str | None = None, name: str = "", whole: bool = True
    ) -> tuple[str, Operation]:
        """One change of a region: called `name`, or by a noun that may fit others too. `whole`: or of the picture."""
        x = name or (f"the {noun}" if noun else self.named(region))
        if not name and not noun and len(self.plan.regions) == 1 and verb in _IT and self.rng.random() < 0.2:
            x = "it"
        if verb in _ONE:
            return self.pick(WORDING[verb]).format(x=x, n=region.noun), Operation(verb=verb, region=region.id)
        if verb is Verb.MOVE:
            return self.move(region, x)
        if verb is Verb.SWAP:
            other = self.rng.choice([r for r in self.plan.regions if r.id != region.id])
            return self.pick(WORDING[verb]).format(x=x, y=self.named(other)), Operation(
                verb=verb, region=region.id, other=other.id
            )
        if verb is Verb.RECOLOR:
            color = self.rng.choice([c for c in COLORS if c != region.color])
            return self.pick(WORDING[verb]).format(x=x, n=region.noun, c=color), Operation(
                verb=verb, region=region.id, value=color
            )
        if verb is Verb.RESTYLE:
            return self.restyle(region, x, whole)
        if verb is Verb.RESIZE:
            scale = self.rng.choice(SCALES)
            pool = WORDING[verb] if self.rng.random() < 0.6 else SCALE_VERBS[scale]
            words = self.pick(pool).format(x=x, n=region.noun, z=self.pick(SCALE_WORDS[scale]))
            return words, Operation(verb=verb, region=region.id, value=scale)
        noun = known_thing(self.rng, self.rng.choice(list(self.vocabulary.nouns)), self.vocabulary).noun
        return self.pick(WORDING[Verb.REPLACE]).format(x=x, a=article(noun)), Operation(
            verb=Verb.REPLACE, region=region.id, value=noun
        )

    def restyle(self, region: Region, x: str, whole: bool) -> tuple[str, Operation]:
        whole = whole and self.rng.random() < 0.25
        style = self.rng.choice(list(STYLES)) if self.rng.random() < 0.9 else self.rng.choice(OPEN_STYLES)
        said = self.pick(STYLES[style]) if style in STYLES else style
        who = self.pick(EVERYTHING) if whole else x
        return self.pick(WORDING[Verb.RESTYLE]).format(x=who, s=said), Operation(
            verb=Verb.RESTYLE, region=None if whole else region.id, value=style
        )

    def move(self, region: Region, x: str) -> tuple[str, Operation]:
        roll = self.rng.random()
        others = [r for r in self.plan.regions if r.id != region.id]
        if roll < 0.4 and others:
            other, kind = self.rng.choice(others), self.rng.choice(list(RelationKind))
            where = f"{self.pick(say.RELATIONS[kind])} {self.named(other)}"
            return self.pick(SPOT_WORDING).format(x=x, w=where), Operation(
                verb=Verb.MOVE, region=region.id, value=kind.value, other=other.id
            )
        if roll < 0.7:
            spot = self.rng.choice(SPOTS)
            said = self.pick(say.SPOTS[spot])
            return self.pick(SPOT_WORDING).format(x=x, w="to the middle" if said == "centered" else said), Operation(
                verb=Verb.MOVE, region=region.id, value=f"to {spot}"
            )
        direction = self.rng.choice(DIRECTIONS)
        return self.pick(SHIFT_WORDING).format(x=x, d=self.rng.choice(DIRECTION_WORDS[direction])), Operation(
            verb=Verb.MOVE, region=region.id, value=direction
        )

    def setting(self, verb: Verb) -> tuple[str, Operation]:
        if verb is Verb.TIME:
            time = self.rng.choice(list(TIME_WORDS))
            return self.pick(WORDING[verb]).format(t=self.rng.choice(TIME_WORDS[time])), Operation(
                verb=verb, value=time
            )
        place = self.rng.choice(
            FREE_PLACES if self.rng.random() < 0.15 else [p for p in self.vocabulary.place_forms if p != "plain"]
        )
        the = self.rng.choice(("the ", "a ", "")) if " " not in place else ""
        return self.pick(WORDING[verb]).format(p=f"{the}{place}"), Operation(verb=verb, value=place)

    def add(self) -> tuple[str, Operation]:
        rng = self.rng
        known = known_thing(rng, rng.choice(list(self.vocabulary.nouns)), self.vocabulary)
        thing = Thing(known.noun)
        thing.color = rng.choice(COLORS) if rng.random() < 0.35 else None
        thing.style = rng.choice(list(STYLES)) if rng.random() < 0.25 else None
        words = noun_phrase(known.noun, thing.color)
        roll = rng.random()
        if roll < 0.12:
            thing.count = rng.choice((2, 2, 3))
            words = f"{self.pick(say.COUNTS[thing.count])} {thing.color or ''} {known.plural}".replace("  ", " ")
        elif roll < 0.2 and self.plan.regions:
            return self.more(rng.choice(self.plan.regions))
        if thing.style is not None:
            styled = self.pick(say.OBJECT_STYLES).format(n=words, s=self.pick(STYLES[thing.style]))
            words = styled.replace(" a ", " ").strip(",")
        where, kind, other = self.where_to_add(thing)
        said = f"{self.pick(WORDING[Verb.ADD]).format(a=words)}{where}"
        return said, Operation(verb=Verb.ADD, thing=thing, value=kind, other=other)

    def more(self, region: Region) -> tuple[str, Operation]:
        """ "Two more birds", as those that are there."""
        count = self.rng.choice((1, 1, 2, 3))
        known = self.vocabulary.nouns.get(region.noun)
        plural = known.plural if known else plural_of(region.noun)
        noun = region.noun if count == 1 else plural
        number = self.rng.choice(("one", "a", "another") if count == 1 else (self.rng.choice(NUMBERS[count]),))
        said = (
            f"{number} {noun}"
            if number == "another"
            else f"{number} more {noun}"
            if number != "a"
            else f"a second {noun}"
        )
        pattern = self.pick(WORDING[Verb.ADD]) if self.rng.random() < 0.7 else "{a}"
        return pattern.format(a=said), Operation(verb=Verb.ADD, thing=Thing(region.noun, count))

    def where_to_add(self, thing: Thing) -> tuple[str, RelationKind | None, str | None]:
        """Words that say where the new thing goes, and the relation if they name one; sets the thing's spot."""
        rng = self.rng
        if rng.random() < 0.35:
            thing.spot = rng.choice(SCENE_SPOTS)
            return f" {self.pick(say.SPOTS[thing.spot])}", None, None
        if rng.random() < 0.55 and self.plan.regions:
            other, kind = rng.choice(self.plan.regions), rng.choice(list(RelationKind))
            return f" {self.pick(say.RELATIONS[kind])} {self.named(other)}", kind, other.id
        return "", None, None

    def named(self, region: Region) -> str:
        """Words that point at one region: by noun if that is enough, else by colour, style, side or size."""
        rng = self.rng
        same = [r for r in in_order(self.plan) if r.noun == region.noun]
        if region.id == self.plan.regions[-1].id and rng.random() < 0.08:
            return self.pick(NEWEST)
        if rng.random() < 0.06 and (way := self.by_place(region)):
            return way
        if len(same) == 1:
            noun = self.by_alias(region) if rng.random() < 0.07 else region.noun
            look = rng.choice([w for w in (region.color, region.style) if w] or [""]) if rng.random() < 0.25 else ""
            if look and sum(look in (r.color, r.style) for r in self.plan.regions) == 1 and rng.random() < 0.12:
                noun = rng.choice(("one", "thing", "object"))
            spot = coarse(region)
            if rng.random() < 0.06:
                return f"the {noun} {self.pick(say.SPOTS[spot])}"
            roll = rng.random()
            the = (
                "the" if roll < 0.88 or look else rng.choice(("that", "this", "my", "our", "the lovely", "the little"))
            )
            the = the if the != "the little" else "that"
            return f"{the} {look.replace('-', ' ')} {noun}" if look else f"{the} {noun}"
        noun = rng.choice((region.noun, "one")) if len(same) == len(self.plan.regions) else region.noun
        ways: list[str] = []
        for value, word in ((lambda r: r.color, region.color), (lambda r: r.style, region.style)):
            if word and sum(value(r) == word for r in same) == 1:
                ways.append(f"the {word.replace('-', ' ')} {noun}")
        if region is same[0] and region.box.cx < same[1].box.cx - 0.04:
            ways += [
                f"the {noun} on the left",
                f"the left {noun}",
                f"the leftmost {noun}",
                f"the {noun} [at|on] the far left",
                f"the left-hand {noun}",
                f"the {noun} to the left",
                f"the {noun} on the left side",
                f"the first {noun} from the left",
                f"the {noun} that is [furthest|most to the] left",
                f"the {noun} at the left",
            ]
        elif region is same[-1] and region.box.cx > same[-2].box.cx + 0.04:
            ways += [
                f"the {noun} on the right",
                f"the right {noun}",
                f"the rightmost {noun}",
                f"the {noun} [at|on] the far right",
                f"the right-hand {noun}",
                f"the {noun} to the right",
                f"the {noun} on the right side",
                f"the last {noun}",
                f"the {noun} that is [furthest|most to the] right",
                f"the {noun} at the right",
            ]
        elif len(same) == 3 and region is same[1]:
            ways += [
                f"the middle {noun}",
                f"the {noun} in the middle",
                f"the central {noun}",
                f"the second {noun}",
                f"the {noun} between the others",
            ]
        areas = sorted(r.box.area for r in same)
        if region.box.area >= ALIKE * areas[-2]:
            ways += [
                f"the bigger {noun}",
                f"the biggest {noun}",
                f"the big {noun}",
                f"the large {noun}",
                f"the larger {noun}",
                f"the largest {noun}",
            ]
        elif region.box.area * ALIKE <= areas[1]:
            ways += [
                f"the smaller {noun}",
                f"the smallest {noun}",
                f"the small {noun}",
                f"the little {noun}",
                f"the tiny {noun}",
            ]
        ordinal = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")[same.index(region)]
        return self.pick(Pool(tuple(ways))) if ways else f"the {ordinal} {noun}{rng.choice(('', '', ' from the left'))}"

    def by_place(self, region: Region) -> str:
        """ "The thing on the far left"; empty where the region is at neither end."""
        order = in_order(self.plan)
        if len(order) < 2:
            return ""
        thing = self.rng.choice(("thing", "object", "item", "one"))
        if region is order[0] and region.box.cx < order[1].box.cx - 0.04:
            return self.pick(
                Pool((f"the leftmost {thing}", f"the {thing} on the far left", f"the first {thing} from the left"))
            )
        if region is order[-1] and region.box.cx > order[-2].box.cx + 0.04:
            return self.pick(
                Pool((f"the rightmost {thing}", f"the {thing} on the far right", f"the last {thing} on the right"))
            )
        return ""

    def by_alias(self, region: Region) -> str:
        """Another word for the region's noun that fits no other region."""
        known = self.vocabulary.noun_forms.get(region.noun)
        forms = [self.vocabulary.noun_forms.get(r.noun) for r in self.plan.regions]
        if known is None or known not in self.vocabulary.nouns or forms.count(known) > 1:
            return region.noun
        return self.rng.choice((known, *self.vocabulary.nouns[known].aliases))
