"""More ways to say what an edit wants, for training alone; see `Pool.more`."""

from __future__ import annotations

from mepg_agent.planning.operations import Verb

MORE: dict[Verb, tuple[str, ...]] = {
    Verb.REMOVE: (
        "[dispose of|do away with|part with|abandon|evict|expel|say goodbye to|cross out|blot out|purge|subtract|"
        "scratch|nix|trash|bin|axe|zap|extract|withdraw|dismiss|deduct|crop out|weed out|filter out] {x}",
        "[send|chase|shoo|sweep|chuck|usher|carry|peel|pluck|whisk] {x} [away|out of the picture|out of here|off the "
        "page]",
        "{x} [serves no purpose|adds nothing|is pointless|is unwanted|is clutter|is distracting|is annoying|is not "
        "welcome|has nothing to do here|should leave|may leave|had better go|could be dropped|ruins the picture|had to "
        "be left out|is one thing too many]",
        "[we|I|the scene|the picture] can [live|manage|survive|get by|cope] without {x}",
        "[keep|leave] {x} out of [it|this|the picture]",
        "[there's|there is] no [need|room|place|use|reason] for {x}", "[nobody|no one] [needs|wants|ordered] {x}",
        "I'd [rather|sooner] not [have|see] {x}", "[enough of|good riddance to|bye bye,|goodbye to|farewell to] {x}",
        "[same picture|the same|all this] but [with no|minus|without] {n}", "stop drawing {x}",
        "[picture|imagine|show] it without {x}", "[picture|imagine] {x} gone",
        "{x} [gone|removed|deleted|absent|out of sight|away, please]",
        "[have|get] {x} [removed|deleted|taken out|erased|cleared|cut]",
        "[removing|deleting|dropping|erasing|losing] {x} would [help|be good|be nice|be an improvement]",
        "what if you [removed|deleted|took away|erased] {x}?", "consider [removing|deleting|dropping] {x}",
        "what is {x} doing there? [away with it|take it out|delete it]", "[less is more:|away:|out:|to delete:] {x}",
        "the picture [would win|gains|improves] without {x}", "{x} was a mistake, [delete|remove|lose] it",
    ),
    Verb.RECOLOR: (
        "[brush|coat|stain|glaze|cover|wash|bathe|drench|soak|lacquer|varnish|splash|airbrush|decorate|render|present|"
        "portray|cloak|wrap|clothe] {x} [in|with] {c}",
        "[let's see|I picture|picture|I envision|imagine|show me] {x} in {c}",
        "{x} in [a|some] [shade|tone|hue|tint] of {c}", "{x} [may|might|could] look [good|great|better|fine] in {c}",
        "[lend|grant] {x} [some {c}|a {c} coat|a {c} paint job|a touch of {c}|a layer of {c}|{c} paint]",
        "{x} [could|can] use some {c}", "{x}, but {c}", "[same|the same] {n}, [but|only|just] [in |]{c}",
        "I'd [rather|sooner|much rather] [have|see] {x} [in |]{c}",
        "[what if|suppose] {x} [were|was|turned|became] {c}?", "how would {x} look in {c}?",
        "{x} [wearing|dressed in|clad in|painted in] {c}", "[repaint|recolour|retint|re-colour] {x}[ to|:|,| in|] {c}",
        "{x}'s [color|colour|hue|shade|tint] [is|should be|becomes|goes|turns|=] {c}", "switch {x} over to {c}",
        "let {c} be the [color|colour|hue] of {x}", "{c} is [the right color|what I want|the colour] for {x}",
        "[wrong color for|not the right colour on] {x}, it [is|should be] {c}",
        "[making|painting|coloring|turning|dyeing] {x} {c} would [be nice|help|be better]",
        "{x} has to [turn|go|become|get] {c}", "isn't {x} supposed to be {c}?",
        "[get|have] {x} [painted|dyed|colored|done] [in |]{c}", "{x} [ends up|comes out|turns out] {c}",
        "[pick|choose|take|select] {c} [as the color of|for|as colour for] {x}", "add [some|more] {c} to {x}",
        "{x} [used to be another color|was fine] but now {c}", "[new colour|hue|tint] [of|for] {x}: {c}",
    ),
    Verb.RESTYLE: (
        "[present|portray|display|picture|recreate|reimagine|recast|rework|craft|fashion|stylize|reproduce|replicate|"
        "design|illustrate|execute|build|shape|sculpt|treat|express|interpret|translate|visualize|reinvent|revamp|"
        "remodel|sketch|produce|model] {x} [as|in|with|like|by way of|through|into] [a |the |]{s}",
        "[add|bring|assign|attach] [a|some|the] {s} [look|style|effect|filter|texture|vibe|touch] to {x}",
        "put [a|the] {s} [filter|effect|skin|look|spin|coat] on {x}",
        "[run|pass|put] {x} through [a|the] {s} [filter|machine|effect]",
        "{x} with [a|the|some] {s} [filter|vibe|touch|flavour|aesthetic|makeover|air|appearance]",
        "{x}, {s} [edition|version|variant|mode|style]",
        "[a|the] {s} [version|edition|variant|rendition|take|copy|interpretation] of {x}",
        "[medium|technique|look|art style|design|rendering] [for|of] {x}: {s}",
        "{x} [gets|takes|receives|adopts|assumes|takes on|wears|earns] [a|the] {s} [style|appearance|effect]",
        "I [picture|envision|see|imagine|prefer] {x} [done|made|executed|created|produced] [in|with|as] {s}",
        "what if {x} [were|was|became|looked like] {s}?", "how would {x} look [as|in] {s}?",
        "{x} [ought to|should|must|needs to] [resemble|imitate|mimic|pass for|appear as|come out as|turn out as] {s}",
        "[opt for|settle on|choose|pick|employ|adopt|favour|try out] {s} [on|for|with] {x}",
        "{x} [now|please|instead|this time] [in|as] {s}",
        "I'd [rather|sooner|love to] [have|see] {x} [in|as] {s}", "[could|can|might] {x} [become|turn|get|go] {s}?",
        "{x} [drawn|painted|made|done|built|crafted|cut|formed|shaped|created] [in|as|from|out of|with|of] {s}",
        "[reskin|re-style|redecorate|stylise|retouch|convert] {x}[:|,| to| as| into|] {s}",
        "{s} [would suit|suits|fits|becomes|is right for|is perfect for|is the look for|matches] {x}",
        "[drawing|painting|doing|making|styling] {x} [as|in] {s} would be [nice|great|fun|better]",
        "switch {x} over to {s}", "{x} is [boring|dull|plain], [make it|try|use|do] {s}",
        "[have|get] {x} [done|drawn|painted|made|redone|redrawn] [in|as|with] {s}",
        "{x} [as if done in|as seen in|straight out of|after the manner of|in imitation of|inspired by] {s}",
        "{s} [is what I want|is the style|shall be the look] for {x}", "[keep|leave] {x} but in {s}",
        "{x} [changes|turns|goes over|switches] to {s}", "[new style|different look|other technique] for {x}: {s}",
        "[make|let] {x} [resemble|imitate|mimic|evoke] {s}",
    ),
    Verb.RESIZE: (
        "[render|print|display|present|picture|depict] {x} {z}",
        "{x}[, but|, only|: make it|, please make it| - make it| ought to come out| should come out| should turn out| "
        "should end up| works better| should look|, just] {z}",
        "I [picture|envision|see|wish] {x} {z}", "[what if|suppose] {x} [were|was] {z}?",
        "I'd [rather|sooner] [have|see] {x} {z}", "[same|the same] {n}, [but|only|just] {z}",
        "[rescale|adjust|modify|alter|change] {x}[:|,| to be| until it is] {z}",
        "[the size of {x}|{x}'s size] [should be|must be|is to be|becomes] {z}", "[keep|leave] {x} but {z}",
        "should {x} not be {z}?", "get {x} [to be |]{z}", "[making|drawing] {x} {z} would [be nice|help|be better]",
        "how would {x} look if it were {z}?", "{x} [would gain|wins] by being {z}",
        "[want|need|please,] {x} {z}[ please| now|]",
    ),
    Verb.REPLACE: (
        "[supplant|supersede|trade in|retire|dismiss] {x} [with|for|in favour of] {a}",
        "{x} [makes way for|gives way to|is to make room for|yields to|steps aside for|is exchanged for|is replaced by|"
        "gets replaced by|was a mistake, draw|ought to have been|is out and in comes|leaves and is followed by] {a}",
        "[lose|drop|scrap|ditch|erase|delete] {x}[,| and] [add|draw|paint|bring in|use|get|insert] {a} [there|instead|"
        "in its spot|in the same spot]",
        "[I'd rather|I would rather|we'd sooner|I'd much rather] [have|see] {a} than {x}", "{a}, and not {x}",
        "what if {x} [were|was|became|turned into] {a}?",
        "[in the place of|in lieu of|as a replacement for|as a substitute for|in exchange for] {x}[,| draw| paint| "
        "show| I want] {a}",
        "{a} [takes over from|stands in for|steps in for|fills in for|in lieu of] {x}",
        "{a} [where|at the spot where] {x} [was|stood|used to be]",
        "[redraw|repaint|remake|recreate|reimagine] {x} as {a}", "have {x} [replaced by|changed into|turned into] {a}",
        "{x} should [not be there|go], and {a} should [be there|come]",
        "[change|switch|alter] {x}: [make it|now it's|it's] {a}", "make {a} out of {x}", "I meant {a}, not {x}",
        "{x}? [no, |better |]{a}", "use {a} as [a |]replacement for {x}",
        "[wrong thing|mistake]: {x} must be {a}", "get {a} to replace {x}",
        "upgrade {x} to {a}", "[replacing|exchanging|swapping] {x} [with|for] {a} would [be nice|be better|help]",
        "the place of {x} is taken by {a}", "{x} is now {a}", "[from|away with] {x}, [to|here comes] {a}",
    ),
    Verb.SWAP: (
        "make {x} and {y} [trade|exchange|reverse|invert] [seats|spots|locations|positions]",
        "[have|get|let] {x} [trade|swap|change|exchange] [seats|spots|positions|sides|places] with {y}",
        "{x} [takes|should take|gets|is to take] {y}'s [place|spot|seat|position] and [vice versa|the reverse|"
        "conversely]",
        "{x} for {y} and {y} for {x}", "[invert|transpose|cross over|permute] {x} and {y}",
        "[flip|exchange|turn] the order of {x} and {y}", "{x} where {y} [is|stands], {y} where {x} [is|stands]",
        "[I'd like|I want] {x} and {y} [swapped|exchanged|switched|reversed|interchanged]",
        "put each of {x} and {y} where the other is", "{x} and {y} [swapped|exchanged|switched|reversed], please",
        "let {y} have the place of {x} and {x} that of {y}",
        "[could|can|may] {x} and {y} [swap|switch|trade] [places|positions|spots]?",
        "what if {x} and {y} [swapped|traded|changed] [places|positions]?", "{x} and {y}: [swap|switch|exchange] them",
        "[swapping|switching|exchanging] {x} and {y} would be [nice|better]",
        "the [places|positions] of {x} and {y} should be [swapped|exchanged|reversed]",
        "{x} and {y} stand in the wrong order, [swap|switch] them", "put {y} where {x} is now, and {x} where {y} is",
    ),
    Verb.FRONT: (
        "[no other thing|none of the others|no thing|nobody] may [hide|overlap|stand before|lie over] {x}",
        "{x} [close|closest|very close] to [the onlooker|the lens|whoever looks]",
        "{x} [ought to|should|must] [overlap|cover|hide|lie over|come before] [everything|the others|the rest|all "
        "others|anything else]",
        "[raise|lift|promote|hoist] {x} to the [top|uppermost|first|front] layer",
        "nothing [should|must|is to] [be|stand|lie|come] [before|in front of|over|on top of] {x}",
        "{x} [closest|closer] to [me|us|the camera|the eye]",
        "{x} [uncovered|unobstructed|not covered by anything|fully visible]", "no one should stand before {x}",
        "I want to see [all|the whole] of {x}", "{x} as the [first|top|front|foremost|uppermost] [layer|thing|one]",
        "[layer|draw|paint|stack] {x} [over everything|above all the others|over all the rest]",
        "bring {x} [close to us|closer to the camera|out to the front|into the front row]",
        "{x} hides behind the others, [bring it out|it should not]", "{x} in the very front", "foreground: {x}",
        "[the others|everybody else|the rest] [go|goes|stay|is] behind {x}", "{x} should be the frontmost",
        "[get|have] {x} [before|in front of] [everything|the others]", "let nobody stand in front of {x}",
        "the others hide {x}, [change that|it should be in front]", "{x} [steps|comes|moves] to the fore",
    ),
    Verb.BACK: (
        "[the others|all others|anything else|the rest] may [hide|overlap|stand before|lie over] {x}",
        "{x} [far away|far off|in the far background|most distant|deepest in the picture|in the last row]",
        "{x} [ought to|should|must] be [overlapped|covered|partly hidden] by [everything|the others|the rest]",
        "[lower|demote|banish|drop] {x} to the [lowest|bottom|last|back] layer",
        "[anything else|all others|all the rest] [should|must|is to] [be|stand|lie|come] [before|in front of|over] {x}",
        "{x} [furthest|further] from [me|us|the camera]",
        "{x} as the [last|bottom|back|hindmost|lowest] [layer|thing|one]",
        "[layer|draw|paint|stack] {x} [below everything|beneath all others|at the very back|under the rest]",
        "{x} [in the far distance|in the back row|in the distance|at the far back]",
        "{x} covers the others, it should not", "push {x} [away from us|into the distance|far back|into the back row]",
        "{x} should not [cover|hide|overlap] [anything|the others]",
        "[the others|everybody else|the rest] [go|goes|stay|is] in front of {x}", "{x} should be the rearmost",
        "[get|have] {x} behind [everything|the others]", "let the others hide {x}",
        "{x} [steps|goes|moves] to the rear", "{x} stands in front, [it should not|send it back]",
    ),
    Verb.BACKGROUND: (
        "[swap|trade|change|replace] the [backdrop|background|scenery|setting] [for|to|with] {p}",
        "[transport|teleport|transplant|carry|ship] [them|everyone|everybody|us|all of this] to {p}",
        "{p} [should|must] [be|serve|act] as the [backdrop|setting|background]",
        "[let|have] {p} [be|serve as|act as] the [background|backdrop|setting]",
        "[the scene|the story|it all|this] [takes place|unfolds|is located|goes on|is situated] in {p}",
        "[with|against|before] a backdrop of {p}", "what if [they|we|it] [were|was] in {p}?",
        "[I picture|I see|I imagine] [them|it|this|the scene] in {p}",
        "paint {p} [behind it all|around it|behind everything]", "around them {p}",
        "they [live|are|stand|have moved] in {p} [now|]",
        "[setting|scenery|location|backdrop|environment|surroundings|landscape] [=|becomes|changes to|goes to|is now] "
        "{p}",
        "let's go to {p}", "take us to {p}",
        "[different|other|another|new] [place|location|setting|scenery][:|, namely|, make it] {p}",
        "the background is [boring|wrong|dull], [use|make it|take] {p}", "fill the background with {p}",
        "place the [action|scene|story] in {p}", "[all of them|they all] [should|must] [be|stand|live] in {p}",
        "behind everything [should be|I want|goes|put] {p}", "[I'd rather|I would rather|we'd rather] be in {p}",
        "use {p} [for|as] the [scenery|surroundings|location]", "same [things|picture], but in {p}",
    ),
    Verb.TIME: (
        "[shift|move|advance|turn] [it|the clock|the hour|the time] to {t}",
        "the [hour|clock|light|lighting] [should be|is|must be] that of {t}",
        "[let's make it|let's have|we want|I'd rather have|I picture it at|I see it at] {t}",
        "what if it [were|was] {t}?",
        "[it plays|it takes place|the scene takes place|all this takes place] [at|around|during] {t}",
        "time [=|becomes|changes to|is now] {t}", "{t} [mood|light|lighting|atmosphere|scene|sky|version][ please|]",
        "[in|with] {t} [light|lighting]", "as [seen|painted] at {t}", "put [it|them|everything] [in|at|into] {t}",
        "wait until {t}", "fast forward to {t}", "same [scene|picture], but [at |]{t}",
        "{t} would be [nice|better|great]", "the time is wrong, it is {t}", "let the [sky|light] be that of {t}",
        "[we'd|I'd] like it to be {t}", "time flies, it is {t}", "[hour|time]: {t}, [please|not what it is now]",
    ),
    Verb.REDRAW: (
        "[have|take] another [stab|shot|crack|look|swing|turn] at {x}",
        "{x} [didn't|did not] [turn out|come out|work out] [well|right|nicely|as I hoped]",
        "{x} [could be|might be] [better|nicer|prettier|drawn better]",
        "{x} [redrawn|redone|remade|repainted][, please|]", "I want {x} [redrawn|redone|remade|repainted]",
        "[re-render|re-draw|re-roll|reshape|overhaul|touch up|correct|mend|restore|rebuild|refine] {x}",
        "{x} [looks|seems|is|appears] [botched|crooked|messed up|messy|wonky|unfinished|sloppy|lifeless|disappointing|"
        "half done|mangled|garbled|wrong somehow|a mess|hideous|clumsy|unreal]",
        "what happened to {x}?[ try again| redo it|]", "I can't [tell|see|recognize] what {x} is",
        "nobody would recognize {x}", "{x} does not look [like one|as it should|like it]",
        "[let's|can we] [retry|redo|re-do] {x}", "take two for {x}",
        "{x}: [again|retry|redo|once more|another attempt|next try]",
        "I am [unhappy|disappointed|dissatisfied] with {x}", "do better [on|with] {x}",
        "work on {x} [again|some more]", "one more [attempt|time] [at|for|with] {x}",
        "[redoing|redrawing|repainting|fixing] {x} would [help|be good]",
        "{x} [needs|wants] [work|fixing|repair|redrawing]",
        "{x} is not [to my taste|good enough|quite right|there yet|what it should be]",
        "[have|get] {x} [redone|redrawn|fixed]", "you can do {x} better", "{x} doesn't look like much",
    ),
    Verb.ADD: (
        "[plop|plant|position|install|introduce|supply|provide|produce|conjure up|summon|incorporate|integrate|attach|"
        "deposit] {a}",
        "[what if there were|imagine|picture|suppose there was] {a}",
        "I [picture|see|imagine|envision|miss|lack|forgot|ordered|fancy|could use|would appreciate] {a}",
        "there [might|may] [also |]be {a}", "[new item|new object|next|in addition]: {a}",
        "[may|might|shall] [I|we] have {a}", "remember {a}", "[welcome|meet|enter|here comes|in comes|along comes] {a}",
        "{a} [belongs here|belongs in it|should join|joins them|shows up|comes in|appears|enters the scene|would "
        "complete it|goes in too|is to be added|should be added]",
        "[have|get|let] {a} [appear|join them|come in]", "make room for {a}", "find [room|a place|space] for {a}",
        "[bring|draw|paint|put|show] [me|us|them] {a}",
        "[the scene|it|the picture] [wants|would profit from|calls for|could do with|is incomplete without] {a}",
        "add [in|on|there|to it|to the scene|to the picture][:|] {a}", "{a}, [please add|add it|I forgot it]",
        "could there be {a}", "with {a} [added|as well|too]",
        "[my|our|the] picture should [contain|include|have] {a}", "sprinkle in {a}",
        "[let me|let us] have {a}", "[why is there no|where is] {a}? add it",
    ),
    Verb.NOTHING: (
        "[I wouldn't|I would not] change a thing",
        "[leave it be|let it be|that's perfect|spot on|flawless|looking good|looking great|I'm happy|very good|sweet|"
        "neat|gorgeous|stunning|adorable|hooray|yay|haha|good for now|just what I needed|exactly right|finished|this "
        "will do|good enough|no more edits|no edits|no need to change anything|stop|end|bye|see you|good night]",
        "[who made this|what is this|how big is it|where is it saved|what colors are there|is it finished|may I "
        "download it|can I print it|how did you make it|are you a robot|do you like it|what do you see|what is your "
        "name]?",
        "[save|print|export|download|share] [it|the picture|this]", "tell me [a joke|more|what you see]",
        "I [think|believe|find] it is [good|great|perfect|lovely] [as it is|now|like this|]",
        "[there is|I see] nothing to [change|improve|fix|add]", "[it|that] [came|turned] out [great|well|nicely]",
        "I'm [done|through|pleased|content], thanks",
    ),
}  # fmt: skip
# {w} "left of the castle", "in the middle"
SPOT_WORDING = (
    "[station|park|plant|plop|install|seat|locate|situate|dump|stick|reposition|rearrange|transplant|steer|guide|lead|"
    "haul|wheel|usher|walk|fly|adjust|align|switch|rest] {x} {w}",
    "{x} [gets|takes|finds|shall have|should have|should take] [its|a] [place|spot|position|seat] {w}",
    "{x}'s [place|position|spot|location] [is|should be|becomes|must be] {w}",
    "{x} [ought to|must|has to|should] [end up|wind up|be located|be positioned|be placed|be found|be seen|land|rest|"
    "settle] {w}",
    "[what if|suppose] {x} [were|was|stood|sat] {w}?", "I [picture|envision|wish|wish to see] {x} {w}",
    "I'd [rather|sooner] see {x} {w}", "get {x} to [stand|sit|be|stay] {w}",
    "{x} [stands|is|sits] in the wrong [place|spot], [it belongs|move it|put it] {w}",
    "{w}, [that's|that is] where {x} [belongs|should be|goes]", "[make sure|see to it that|ensure] {x} is {w}",
    "new [place|position|spot] [for|of] {x}: {w}", "[putting|moving|placing] {x} {w} would be [better|nice]",
    "{x} [looks|might look] [good|nicer|best] {w}", "{x} not there but {w}", "there is room for {x} {w}",
    "{x} {w}, [please|thanks|not where it is now]", "how would {x} look {w}?",
    "{x} {w} [would be better|is what I want]",
    "[the place|the spot|the position] of {x} [is|should be] {w}", "[where {x} is|the place] is wrong: {x} {w}",
    "for {x} I want a place {w}", "[same|the same] picture, but {x} {w}",
)  # fmt: skip
# {d} a direction
SHIFT_WORDING = (
    "[inch|creep|ease|jog|tug|draw|steer|hop|slip|drive|jerk|lug|haul|float|displace] {x} [a bit|a little|slightly|a "
    "tad|] {d}",
    "{x} [could|might|ought to|may] [be|sit|stand|go] [a bit|a little|a touch|slightly] [more |]{d}",
    "[shift|move|push] {x} [by a little|by an inch|a few pixels|by a few steps|one step|some way|by some pixels] {d}",
    "[further|a bit more|a little more|slightly] {d}, {x}", "{x}: [a bit |a little |slightly |further ]{d}",
    "[go|a step|two steps] {d} with {x}", "I'd [rather|sooner] have {x} [a bit|further|more] {d}",
    "{x} [sits|stands|is] too far the other way, [move it|it should go] {d}",
    "what if {x} were [further|a bit more|a little] {d}?", "let {x} [drift|wander|slip|shift|step|hop] [a bit|] {d}",
    "{x} needs [a nudge|a push|a shift|moving] {d}", "give {x} a [nudge|push|shove] {d}",
    "{d} {x} [should go|must go|goes]", "[the position of|the place of] {x} [a bit|slightly|] {d}",
    "[get|have] {x} moved [a bit|a little|] {d}", "[moving|pushing|shifting] {x} [a bit|] {d} would [help|be nice]",
)  # fmt: skip
POLITE = (
    "[in addition,|additionally,|besides,|what's more,|on top of that,|plus:|extra request:|add to that:|one point:|"
    "one other point:|one problem:|another matter:|a different matter:|then there is this:|next up:|two edits:|"
    "more edits:|some other requests:|also important:|one small edit:|more importantly,|three changes:|"
    "and another request:] {i}",
    "[right|okay|cool|listen|look|well then|fine|great work, now|thanks, and|love it, but|good start, but|one change:|"
    "a small change:|request:|to do:|instruction:|on second thought,|come to think of it,|by the way,|oh and|ah,|um,|"
    "er,|ooh,|hey there,|hello,|also please|if it is no trouble,|I have a request:|all right:|here goes:|quick one:|"
    "still,|hang on,|last change:|just this:] {i}",
    "[another request:|one further change:|something else:|oh, something else:|next thing on my list:|"
    "here is the thing,|the thing is,|first thing:|a last point:|number two:|two requests, first|some more edits:|"
    "more to do:|for a start,|second request:|another edit:|one request:|a third wish:|this too:|and more:|further,|"
    "moreover,|again,] {i}",
    "{i}[, that would be great|, okay|, right|, my friend|, dear| for me| this time| - thanks| :)| and that's it|"
    " asap| right away|, cheers|, thank you so much| if that works|, I think|, as I said]",
    "[I need you to|I'd like you to|you need to|you must|why don't you|would you be able to|can I get you to|could you "
    "maybe|would you kindly|you may|you might|you'd better|I'd love you to|I was hoping you could|are you able to] {i}",
)  # fmt: skip
NEWEST = (
    "the [object|thing|one|item] [that came last|I put in last|that arrived last|you just drew|you just put in|most "
    "recently added|we just got]",
    "what [I just put in|you just drew|came last|we added last|was just added]",
    "the last [one|object|item] [added|drawn|put in]", "the newcomer",
)  # fmt: skip
EVERYTHING = (
    "all [of them|of this|that is there|you see|there is|in it]", "each [thing|object]", "each and every thing",
    "the [picture|image|scene] as a whole", "everything [in it|here|there|you see|in the picture|in sight]",
    "the whole [lot|artwork|illustration|drawing]", "the [drawing|illustration|artwork]",
    "all the [objects|stuff|contents]", "every [item|element|part] [of it|]", "my [picture|drawing|image]",
    "this [picture|image|drawing|scene]", "all parts", "the total picture",
)  # fmt: skip
GROUPS = (
    "the {p}, [all of them|every one],", "all [these|those|my|our] {p}",
    "all {p} [there are|you see|in the picture|in it]", "the whole [group|bunch|lot|set] of {p}", "our {p}",
    "the group of {p}", "any {p} there are",
)  # fmt: skip
PAIRS = (
    "both [these|my|our|those] {p}", "both of [these|those|my|our] {p}", "my two {p}", "our {p}", "the couple of {p}",
    "the {p} together", "the two of them, the {p},",
)  # fmt: skip
SCALE_WORDS = {
    "bigger": (
        "of greater size", "a notch [bigger|larger]", "a wee bit larger", "[one|a] size larger", "bulkier",
        "a shade larger", "broader and higher", "more imposing", "grown",
    ),
    "smaller": (
        "of lesser size", "a notch smaller", "a shade smaller", "less imposing", "downsized", "shrunken", "diminished",
        "one size smaller", "a wee bit smaller",
    ),
    "much bigger": (
        "gargantuan", "colossal", "[four|five|ten|many|several] times [bigger|larger|as big|as large]",
        "[vastly|hugely|tremendously] [bigger|larger]", "of giant size", "monstrous", "monumental", "towering",
        "a whole lot [bigger|larger]", "at 200%", "as large as the page allows",
    ),
    "much smaller": (
        "[vastly|hugely|drastically] smaller", "[a quarter|a tenth|one third] as [big|large]", "microscopic",
        "thumbnail-sized", "a whole lot smaller", "at 50%", "itsy bitsy", "[three|four|ten] times smaller",
        "dwarf-sized",
    ),
}  # fmt: skip
SCALE_VERBS = {
    "bigger": (
        "[beef up|bulk up|pump up|puff up|swell|amplify|widen|broaden|heighten|extend] {x}",
        "{x} [takes|fills|occupies] [too little|not enough] [room|space]", "I can hardly see {x}, make it bigger",
        "{x} [looks|seems] too [small|little|tiny]", "{x} [deserves|needs|wants] more [room|space|size]",
        "scale up {x}", "zoom in on {x}", "[add|put] some size [to|on] {x}",
    ),
    "smaller": (
        "[slim|trim|cut|tone] {x} down", "{x} [fills|occupies|takes up] too much [space|of the picture]",
        "{x} [looks|seems|appears] too [big|large]", "{x} dominates, make it smaller",
        "{x} [needs|deserves] less [room|space]", "[condense|deflate|scale back|scale down] {x}", "zoom out on {x}",
        "take some size off {x}",
    ),
    "much bigger": (
        "supersize {x}", "quadruple {x}", "turn {x} into a giant", "{x} is ridiculously [small|little]",
        "make {x} [fill the picture|tower over the rest]", "scale {x} up [three times|by three|enormously]",
    ),
    "much smaller": (
        "{x} is ridiculously [big|large]", "turn {x} into a dwarf", "shrink {x} to a [dot|quarter|crumb]",
        "scale {x} down [three times|to a quarter|enormously]", "make {x} a [tiny dot|speck]",
    ),
}  # fmt: skip
