"""What an edit wants, in words."""

from __future__ import annotations

from mepg_agent.planning.operations import Verb
from mepg_agent.training.psa_pool import Pool, extended

# {x} words that point at a region, {y} at another, {n} its noun; {a} a new thing, {c} colour, {s} style, {z} size,
# {p} place, {t} time
WORDING: dict[Verb, Pool] = extended({
    Verb.REMOVE: Pool(
        (
            "remove {x}", "delete {x}", "take {x} away", "get rid of {x}", "take out {x}", "no {n}", "I don't want {x}",
            "{x} has to go", "lose {x}", "erase {x} please", "drop {x}", "without {x}", "{x} should not be there",
            "[cut|wipe|rub|clear|throw|toss|edit|strike|leave|paint|pull] {x} [out|away|off]",
            "[scrap|ditch|dump|discard|eliminate|kill|clear|wipe|hide|omit|skip|banish|cancel|exclude] {x}",
            "{x} [must go|can go|goes|is not needed|is not wanted|shall disappear|should disappear|should vanish|"
            "must disappear|is too much|disturbs|is in the way|bothers me|doesn't belong here|does not fit|is one "
            "too many|has no place here|spoils it|should be gone|is unnecessary]",
            "[I|we] [don't|do not] [want|need|like to see|want to see] {x}[ anymore| any more| in it| here|]",
            "[I|we] [want|need|prefer] it without {x}", "make {x} [disappear|vanish|go away]",
            "let {x} [disappear|vanish|go]", "[no more|minus] {n}", "can {x} [go|disappear|be removed|be deleted]?",
            "[the picture|the scene|it] [is better|looks better|would be better|should be] without {x}", "{x} away",
            "{x} out", "[the picture|it] needs no {n}", "there should be no {n}", "why is {x} there?[ remove it|]",
            "off with {x}", "empty the spot where {x} is",
            "kick {x} out", "can we do without {x}?", "{x} is superfluous",
        ),
        (
            "I'd be happier with {x} gone", "have {x} leave the scene", "could you make do without {x}?",
            "take {x} off the picture",
        ),
    ),
    Verb.RECOLOR: Pool(
        (
            "make {x} {c}", "{x} should be {c}", "paint {x} {c}", "change {x} to {c}", "color {x} {c}", "turn {x} {c}",
            "I want {x} in {c}", "{c} {n} please", "recolor {x} {c}", "change the color of {x} to {c}",
            "{x} must be {c}", "[dye|tint|colour|spray|shade|fill] {x} {c}",
            "[dip|dress|redo|paint|draw|do|show] {x} in {c}",
            "[change|switch|set|turn|alter] {x}'s [color|colour] to {c}",
            "[set|switch|turn] the [color|colour] of {x} to {c}", "{x} [in|into|to] {c}", "{x}: {c}",
            "[the|make the] [color|colour] of {x} [should be|must be|is|has to be|shall be] {c}",
            "I [want|prefer|would like|need|imagined|would prefer|wish] {x} [to be |in |]{c}",
            "make {x} [all|completely|really|a nice|bright|look] {c}",
            "{x} [has to be|ought to be|shall be|needs to be|is supposed to be|is meant to be|will be|becomes|goes|"
            "turns|looks better|is prettier] {c}",
            "{c} [for|would suit|fits|suits] {x}", "use {c} for {x}", "can {x} be {c}?", "I like {c} better for {x}",
            "why isn't {x} {c}?", "give {x} [the color|a coat of] {c}", "let {x} be {c}",
            "a {c} {n} [please|would be better|is what I want]", "{x} is the wrong color, make it {c}",
            "{x} not like that but {c}",
            "give {x} a {c} color instead", "could {x} be {c}?", "{x} would be nicer in {c}",
        ),
        (
            "{c} would look good on {x}", "shouldn't {x} be {c}?", "the right color for {x} is {c}",
            "{c} is how I'd like {x}",
        ),
    ),
    Verb.RESTYLE: Pool(
        (
            "make {x} {s}", "{x} in {s} style", "redo {x} as {s}", "draw {x} in {s}", "turn {x} into {s}", "{x}: {s}",
            "{x} should look like {s}", "change the style of {x} to {s}", "use {s} for {x}", "I'd like {x} in {s}",
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
            "{x} needs [a |]{s}[ look| style|]", "more {s} for {x}",
            "give {x} the {s} treatment", "render {x} using {s}", "{x} would look cool as {s}",
        ),
        (
            "{s} would work better for {x}", "show me how {x} would look in {s}", "I'm in the mood for {s} on {x}",
            "put {x} in {s} style instead",
        ),
    ),
    Verb.RESIZE: Pool(
        (
            "make {x} {z}", "{x} should be {z}", "{z} {n}", "I want {x} {z}", "{x} needs to be {z}", "resize {x}: {z}",
            "{x} [must|has to|ought to|shall|is to|may] be {z}", "{x} {z}", "[draw|show|paint|turn|get] {x} {z}",
            "[change|set|adjust] the size of {x}: {z}", "I [need|would like|prefer|imagined] {x} {z}",
            "let {x} [be|get] {z}", "can {x} be {z}?", "{x} [looks better|is better] {z}",
            "[size|dimensions] of {x}: {z}", "I want a {z} {n}", "make {x} [look |appear |]{z}", "{x} in a {z} size",
            "could {x} be {z}?", "scale {x} so it is {z}",
        ),
        ("I'd like to see {x} {z}", "{x} could do with being {z}", "size-wise {x} should be {z}"),
    ),
    Verb.REPLACE: Pool(
        (
            "replace {x} with {a}", "change {x} to {a}", "turn {x} into {a}", "make {x} {a}", "instead of {x} draw {a}",
            "{a} instead of {x}", "swap {x} for {a}", "I want {a} where {x} is", "exchange {x} for {a}",
            "[substitute|trade|exchange|switch|swap] {x} [for|with|against] {a}", "substitute {a} for {x}",
            "[replace|exchange] {x} by {a}", "[transform|convert|morph|magic|change] {x} into {a}",
            "[I want|draw|use|take|show|I'd like|give me|make it] {a}[,|] [not|instead of] {x}",
            "instead of {x} [I want|I'd like|there should be|use|show|take|we need] {a}",
            "where {x} is[,| now there should be| I want| draw] {a}",
            "{x} [should become|becomes|must become|turns into|has to be|ought to be|should turn into|should really "
            "be|is supposed to be|was meant to be|shall be] {a}",
            "[remove|delete|take away] {x} and [put|draw|place] {a} [there|in its place|instead]",
            "{a} [replaces|takes the place of|for] {x}", "{x} out, {a} in", "not {x}[,| but] {a}",
            "let {a} [replace|take the place of|stand in for] {x}", "can {x} be {a}?", "a different thing for {x}: {a}",
            "{x} -> {a}", "I said {a}, not {x}", "{x} is wrong, it should be {a}",
            "put {a} in place of {x}", "let {x} become {a}", "{x} should be {a} rather",
        ),
        (
            "could we have {a} rather than {x}?", "I'd prefer {a} to {x}", "out with {x} and in with {a}",
            "{a} should be standing where {x} is",
        ),
    ),
    Verb.SWAP: Pool(
        (
            "swap {x} and {y}", "let {x} and {y} change places", "exchange the positions of {x} and {y}",
            "switch {x} and {y}", "{x} and {y} should swap places", "put {x} where {y} is and vice versa",
            "[swap|switch|exchange|interchange|reverse|flip|change] [the places of |the positions of |the spots of |"
            "places of |]{x} and {y}",
            "swap {x} with {y}",
            "{x} and {y} [should|must|have to|shall|need to] [swap|switch|change|exchange] [places|positions|spots|"
            "sides]",
            "let {x} and {y} [swap|switch|exchange] [places|positions|]",
            "[put|move] {x} [to|in|into] the [place|position|spot] of {y} and [vice versa|the other way around|the "
            "reverse]",
            "{x} goes where {y} is, and {y} where {x} is", "have {x} and {y} change [seats|sides|positions]",
            "make {x} and {y} [swap|switch|change places]", "{x} <-> {y}", "{x} in {y}'s place and vice versa",
            "{x} and {y} in each other's place",
            "trade places between {x} and {y}", "{x} and {y} the other way round",
        ),
        (
            "{x} and {y} are the wrong way around", "{x} and {y} should each be where the other one is",
            "let {x} stand where {y} does, and the other way around",
        ),
    ),
    Verb.FRONT: Pool(
        (
            "bring {x} to the front", "put {x} in front of everything", "{x} to the foreground",
            "move {x} to the front", "{x} should be in front", "{x} on top of the others",
            "[bring|move|get|take|pull|push|place|put|shift] {x} [forward|to the very front|into the foreground|to "
            "the fore|up front|to the top layer|in front of all others|before everything]",
            "{x} [must|has to|shall|needs to|should] be [in front of everything|at the front|in the foreground|on "
            "the top layer|the frontmost]",
            "{x} [in front|frontmost|up front|first layer|forward]", "[everything|all else|all others] behind {x}",
            "let {x} [come forward|be in front of all]",
            "I want {x} [in front of all the others|in the foreground|closest to us]",
            "{x} [overlaps|covers] everything", "{x} should not be [covered|hidden|behind anything]", "top layer: {x}",
            "{x} before all the rest", "don't hide {x}",
            "nothing may cover {x}", "{x} nearest to the viewer",
        ),
        ("nothing should be between us and {x}", "I want an unblocked view of {x}", "let nothing hide {x}"),
    ),
    Verb.BACK: Pool(
        (
            "send {x} to the back", "put {x} behind everything", "{x} into the background", "move {x} to the back",
            "{x} should be at the back", "{x} behind all others",
            "[bring|move|get|take|pull|push|place|put|shift|send] {x} [backward|to the very back|to the rear|into "
            "the background|to the bottom layer|behind all others|behind the rest]",
            "{x} [must|has to|shall|needs to|should] be [behind everything|at the very back|in the background|on the "
            "bottom layer|the hindmost]",
            "{x} [at the back|in the back|to the rear|last layer|backward]",
            "[everything|all else|all others] in front of {x}", "let {x} [go back|be behind all]",
            "I want {x} [behind all the others|in the background|at the back]", "[everything|all] overlaps {x}",
            "bottom layer: {x}", "{x} behind all the rest", "{x} should be covered by the others",
            "everything may cover {x}", "{x} farthest away",
        ),
        ("make {x} the one that is farthest back", "tuck {x} in behind the rest", "nothing should be behind {x}"),
    ),
    Verb.BACKGROUND: Pool(
        (
            "change the background to {p}", "make it {p}", "put it all in {p}", "set the scene in {p}",
            "background: {p}", "use {p} as background", "move everything to {p}", "let it be in {p} instead",
            "I want it in {p}",
            "[set|switch|turn|change] the [background|backdrop|scenery|setting|scene|place|location|surroundings|"
            "environment] [to|into] {p}",
            "[background|setting|place|location|scene|scenery|backdrop]: {p}",
            "the [background|setting|scene|place|backdrop|location] [should be|must be|is|has to be|shall be|"
            "becomes] {p}",
            "[put|place|show|set|draw|transfer|bring|take] [it|everything|them|them all|all of them|the whole thing|"
            "the scene] [in|to|into] {p}",
            "[it|everything|all this|the scene|the whole thing] [should be|must be|is|happens|plays|has to be] in {p}",
            "I [want|prefer|need|would like] {p} [behind them|as the background|in the background|as the setting|as "
            "background]",
            "[make|let] it [be |]{p} [in the background|behind them|instead|around them]",
            "[replace|exchange] the background [with|by] {p}",
            "let [it|the scene|everything] [happen|be set|play] in {p}", "{p} as [the |]background",
            "{p} in the background", "can we [be|go|move] [in|to] {p}?", "[a new|another] background: {p}",
            "[I'd like|give me|draw|use|take] {p} [for|as] the background", "let them [be|stand|live] in {p}",
            "off to {p}", "[we are|they are] in {p} now", "instead of this background {p}",
            "move [the scene|them|them all|this] to {p}",
            "relocate the whole scene to {p}", "how about {p} for the backdrop?",
        ),
        (
            "let's go with {p} as the setting", "I'd rather have {p} behind it all",
            "could this all take place in {p}?", "what about having {p} behind everything?",
        ),
    ),
    Verb.TIME: Pool(
        (
            "make it {t}", "set the time to {t}", "it should be {t}", "change it to {t}", "turn it into {t}",
            "let it be {t}", "I want {t}", "{t} please",
            "[switch|turn|set|change] [the time of day|the time|the scene|the light|the lighting] to {t}",
            "[the time|time|time of day|it|lighting]: {t}",
            "[it|the scene|the time|the time of day] [must be|has to be|is|shall be|should be|becomes|is now|ought "
            "to be] {t}",
            "I [need|prefer|would like|imagined] [it at |]{t}", "let [there be|it turn] {t}",
            "[set|show|draw|paint] [it|the scene|everything] [at|during|in the] {t}",
            "{t}[, please| instead| now| it is|]", "[the whole thing|everything|the scene|the picture] at {t}",
            "can it be {t}?", "make the [scene|picture|time|light] {t}", "[I'd like|give me] {t}",
            "let it [get|be|turn] {t}", "[as if it were|with the light of|at] {t}",
            "[it is too bright|it is too dark|wrong time], [make it|I want] {t}", "from now on {t}",
            "have it happen at {t}", "what about {t}?",
        ),
        ("I was thinking more of {t}", "it's supposed to be {t}", "this would look better at {t}"),
    ),
    Verb.REDRAW: Pool(
        (
            "redraw {x}", "try {x} again", "do {x} again", "{x} looks wrong", "another try for {x}", "regenerate {x}",
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
            "repair {x}", "[start over|begin again] with {x}",
            "give {x} another go", "{x} isn't convincing", "roll the dice again for {x}",
        ),
        (
            "can I see a new take on {x}?", "{x} could have come out better", "{x} looks nothing like it should",
            "can we have a do-over for {x}?",
        ),
    ),
    Verb.ADD: Pool(
        (
            "add {a}", "put {a}", "draw {a}", "I also want {a}", "place {a}", "there should be {a}", "insert {a}",
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
            "complete it with {a}", "append {a}",
            "how about {a}", "we're missing {a}", "throw in {a}",
        ),
        ("it would be nice to have {a}", "could we get {a}", "don't forget {a}", "I'd like to see {a}"),
    ),
    Verb.NOTHING: Pool(
        (
            "thanks, looks great", "perfect", "I like it", "nice work", "leave it as it is", "don't change anything",
            "cool", "what is in the picture?", "good", "that's it, thank you", "which styles are there?", "hello",
            "keep it",
            "[great|super|lovely|beautiful|very nice|awesome|fantastic|excellent|amazing|good job|well done|"
            "brilliant|fine|ok|okay|yes|thanks|thank you|thank you very much|cheers|bravo|wow]",
            "[it|this|that] [looks|is] [great|good|perfect|nice|fine|lovely|wonderful|just right|what I wanted]",
            "[I|we] [love|like] [it|this|that|the picture|it as it is|how it looks]",
            "[no changes|nothing to change|nothing|nothing more|no more changes|nothing else|that will do|that's all|"
            "that is all|all good|all fine|ready|finished|save it|I am happy|I'm satisfied]",
            "[what|how many] [things|objects|animals] are [in it|there|in the picture]?",
            "[how|why] [does this work|did you do that|are you]?",
            "[who are you|what can you do|can you help me|are you there|how long does it take|what time is it|how do "
            "I save it|what do you think|is it done]?",
            "[hi|hey|good morning|good evening]",
            "[don't|do not|please don't] [touch|change|alter] [it|anything|a thing]",
            "[keep|leave] [everything|all of it|the picture|this] [as it is|like this|like that|unchanged]",
            "wonderful, we are done here", "no further wishes",
        ),
        ("you nailed it", "no complaints from me", "that's exactly how I pictured it"),
    ),
}, "edits", "wording")  # fmt: skip
TIME_WORDS = {
    "night": ("night", "nighttime", "midnight", "dark", "night time", "a starry night", "late at night"),
    "sunset": ("sunset", "dusk", "evening", "dawn", "sunrise", "twilight", "golden hour", "the evening"),
    "day": ("day", "daytime", "noon", "midday", "a sunny day", "bright day", "daylight"),
}  # fmt: skip
