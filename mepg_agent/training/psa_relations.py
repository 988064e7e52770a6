"""How two things stand to each other, in words."""

from __future__ import annotations

from mepg_agent.scene import RelationKind as Kind
from mepg_agent.training.psa_pool import Pool, extended, more


def _side_of(side: str, posture: str) -> Pool:
    placed = "[standing|sitting|placed|located|positioned|waiting|lying|found|seated|set|posed|parked]"
    return Pool(
        (
            f"to the {side} of", f"{side} of", f"on the {side} side of", f"on the {side} of",
            f"{posture} to the {side} of", f"just {side} of", f"over to the {side} of", f"on the {side}-hand of",
            f"{placed} to the {side} of", f"{placed} on the {side} of", f"{placed} {side} of",
            f"[just|a bit|directly|immediately|far|slightly|a little|right|straight|well|some way] to the {side} of",
            f"at the {side} of", f"[directly|immediately|further] on the {side} of", f"more to the {side} than",
            f"further [to the |]{side} than", f"on the {side} hand of", f"at the {side} side of",
            f"to the {side} side of", f"{side} from", f"[somewhere|a few steps|not far] to the {side} of",
            f"towards the {side} of", f"at the {side} hand side of",
            f"off to the {side} side of", f"on the {side}-hand side of",
        ),
        (f"directly {side} of", f"a short distance {side} of", f"immediately {side} of", f"in a spot to the {side} of"),
    )  # fmt: skip


def _its_side(side: str) -> Pool:
    return Pool(
        (
            f"to its {side}", f"on its {side}", f"on the {side} of it", f"on its {side} side", f"to the {side}",
            f"on the {side}", f"[standing|sitting|placed|waiting] to its {side}", f"{side} of it",
            f"to the {side} of it", f"[just|directly|further] to its {side}", f"on the {side} side",
            f"at its {side} hand",
        ),
        (f"on its {side}-hand side", f"beside it on the {side}", f"a short distance to its {side}"),
    )  # fmt: skip


RELATIONS: dict[Kind, Pool] = extended({
    Kind.LEFT_OF: _side_of("left", "standing"),
    Kind.RIGHT_OF: _side_of("right", "placed"),
    Kind.ABOVE: Pool(
        (
            "above", "over", "floating above", "higher than", "up above", "high above",
            "[flying|gliding|soaring|drifting|hanging|circling|dangling|placed|located|seen] [above|over]",
            "[just|right|directly|straight|somewhere|far|way|a bit] above", "[directly|right|straight] over",
            "at a height over", "[up|high] over", "[further|higher] up than", "in the air above",
            "hovering over",
        ),
        ("some distance above", "positioned over", "higher in the picture than"),
    ),
    Kind.BELOW: Pool(
        (
            "below", "lower than", "down below", "further down than",
            "[placed|located|positioned|standing|sitting|lying|found|seen|waiting] below",
            "[just|right|directly|straight|far|somewhere] below", "[a bit |]lower down than", "at a lower level than",
            "[right|directly|straight] down from",
            "situated below",
        ),
        ("lower in the picture than", "a short way below", "nearer the bottom than"),
    ),
    Kind.ON: Pool(
        (
            "on", "on top of", "sitting on", "standing on", "atop", "lying on", "placed on", "upon",
            "[sitting|standing|lying|seated|balanced|balancing|propped|placed|put|set|posing|sleeping|dancing|"
            "jumping|climbing|stacked|leaning|crouching|left|mounted] [on|on top of|upon|atop]",
            "[right|directly|up|high] on top of", "riding on", "which it has climbed: on", "on the top of", "up on",
            "[nestled|settled|planted|laid] on",
            "perched on", "resting on",
        ),
        ("set down on", "located on", "hanging out on"),
    ),
    Kind.UNDER: Pool(
        (
            "under", "beneath", "underneath", "sheltering under",
            "[sitting|standing|lying|hiding|sleeping|resting|waiting|placed|crouching|sheltered|huddled|parked|"
            "stored|napping|covered] [under|beneath|underneath]",
            "[right|directly|just|straight] [under|underneath|beneath]", "taking shelter [under|beneath]",
            "with a roof over it: under", "covered by", "protected by the roof of",
            "in the shade of", "tucked under",
        ),
        ("taking cover under", "nestled beneath", "staying dry under"),
    ),
    Kind.BEHIND: Pool(
        (
            "behind", "at the back of", "partly hidden behind", "in the distance behind",
            "[standing|sitting|waiting|lurking|hiding|hidden|placed|lying|rising|looming|partly covered|half hidden|"
            "parked] behind",
            "[right|just|directly|somewhere|far|a little] behind", "in back of", "to the rear of",
            "[further|farther] back than", "at the rear of", "in the background behind", "[half|partly] covered by",
            "looking out behind", "visible behind",
            "peeking out from behind",
        ),
        ("set back behind", "farther away than", "partially hidden by"),
    ),
    Kind.IN_FRONT_OF: Pool(
        (
            "in front of", "right in front of", "standing in front of", "closer to us than",
            "[sitting|waiting|placed|lying|posing|positioned|parked|playing|sleeping|seated] in front of",
            "[just|directly|immediately|somewhere|close|far] in front of", "nearer to us than",
            "closer to the [camera|viewer] than", "in the front of", "[standing|waiting|sitting|placed] before",
            "to the fore of", "further forward than", "up front, before", "partly covering",
            "in the foreground before",
        ),
        ("partially blocking the view of", "nearer the viewer than", "hiding part of"),
    ),
    Kind.NEXT_TO: Pool(
        (
            "next to", "beside", "by", "near", "close to", "alongside", "right next to",
            "[standing|sitting|waiting|lying|placed|parked|resting|seated|posing|walking|located] [next to|beside|by|"
            "near|close to|alongside]",
            "[just|right|directly|immediately|close] [beside|by|next to]", "at the side of", "a step away from",
            "not far from", "in the vicinity of", "neighbouring", "hard by", "shoulder to shoulder with",
            "adjacent to", "side by side with",
        ),
        ("keeping close to", "right up against", "huddled up to", "just a step or two from"),
    ),
    Kind.INSIDE: Pool(
        (
            "inside", "within", "inside of", "in",
            "[sitting|standing|lying|hiding|waiting|placed|sleeping|kept|stuck|locked|living|trapped|seated] [inside|"
            "in|within]",
            "[deep|right|safely|somewhere] inside", "in the interior of", "contained in", "surrounded by the walls of",
            "filling the inside of",
            "enclosed in",
        ),
        ("tucked away inside", "cooped up in", "all the way inside"),
    ),
}, "relations", "relations")  # fmt: skip
# "a castle with a fox …"
ITS: dict[Kind, Pool] = extended({
    Kind.LEFT_OF: _its_side("left"),
    Kind.RIGHT_OF: _its_side("right"),
    Kind.ABOVE: Pool(
        (
            "above it", "over it", "floating over it", "[flying|hanging|gliding|drifting|floating] above it",
            "[right|high|just|directly] above it", "up above it", "higher up",
            "hovering overhead",
        ),
        ("up in the sky over it", "some way above it"),
    ),
    Kind.BELOW: Pool(("below it", "lower down", "[right|just|directly] below it", "down below it", "further down")),
    Kind.ON: Pool(
        (
            "on it", "on top of it", "on top", "sitting on it",
            "[standing|lying|placed|balancing|seated|sleeping] on [it|top of it|top]", "on its top", "up on it",
            "upon it",
            "perched on it",
        ),
        ("settled on it", "located on it"),
    ),
    Kind.UNDER: Pool(
        (
            "under it", "underneath it", "beneath it",
            "[sitting|lying|hiding|sleeping|standing|waiting] [under|beneath|underneath] it",
            "[right|just|directly] under it", "underneath",
        )
    ),
    Kind.BEHIND: Pool(
        (
            "behind it", "in the background behind it", "at the back",
            "[standing|hiding|lurking|rising|waiting] behind it", "[right|just|far] behind it", "to its rear",
            "at the back of it", "in back of it",
            "peeking out from behind it",
        ),
        ("set back behind it", "partially hidden by it"),
    ),
    Kind.IN_FRONT_OF: Pool(
        (
            "in front of it", "in front", "right in front of it",
            "[sitting|standing|lying|waiting|placed] in front [of it|]", "before it", "[just|directly] in front of it",
            "closer to us",
            "in the foreground before it",
        ),
        ("partially blocking the view of it", "hiding part of it"),
    ),
    Kind.NEXT_TO: Pool(
        (
            "next to it", "beside it", "by its side", "close by",
            "[standing|sitting|waiting|lying] [next to|beside|near|by] it", "near it", "nearby", "right next to it",
            "at its side", "close to it", "right beside it",
            "right alongside",
        ),
        ("close at hand", "a few steps from it"),
    ),
    Kind.INSIDE: Pool(
        (
            "inside it", "inside", "within it", "in it", "[sitting|standing|hiding|sleeping] inside [it|]", "within",
            "in its interior",
        )
    ),
}, "relations", "its")  # fmt: skip
THEM = {
    "it": "them", "its": "their",
}  # fmt: skip
# {b} the anchor, {a} what stands {r} ("to its left"), both at their first mention
HAVING = Pool(
    (
        "{b} with {a} {r}", "{b} with {a} {r}", "{b} and {a} {r}", "{b} which has {a} {r}", "{b} that has {a} {r}",
        "{b}, {r} {a}", "{b} and {r} {a}", "{b}; {r} [there is|stands|we see|sits|is|I want|] {a}", "{b}, with {a} {r}",
        "{b} [where|and] {r} [there is|stands|we see|sits|is] {a}",
        "{b}. {r} [there is|stands|we see|sits|is|I want|] {a}", "{b} having {a} {r}", "{b} (with {a} {r})",
        "{b}, {a} {r}",
    ),
    more=more("relations", "having"),
)  # fmt: skip
BETWEEN = Pool(
    (
        "{a} between {b} and {c}", "{a} standing between {b} and {c}", "{b} and {c} with {a} between them",
        "{b} and {c}, and {a} in the middle of the two", "{b}, {a} and {c} in a row from left to right",
        "in between {b} and {c}, {a}", "{a} in the middle, {b} on its left and {c} on its right",
        "{a} [placed|sitting|waiting|positioned|seated|right|exactly|squeezed|caught] between {b} and {c}",
        "{a} in between {b} and {c}", "{b} on one side, {c} on the other, {a} between them",
        "{b} on the left, {c} on the right and {a} in [the middle|between|the center]",
        "between {b} and {c} [there is|stands|sits|we see|,] {a}",
        "{a} with {b} on [its|the] left and {c} on [its|the] right", "{b} to the left and {c} to the right of {a}",
        "{a} surrounded by {b} and {c}", "{b}, then {a}, then {c}, left to right",
        "left {b}, right {c}, in between {a}", "{a} that has {b} to the left and {c} to the right",
        "{a} in the gap between {b} and {c}", "{b} left of {a}, which is left of {c}",
        "{a} with {b} at left and {c} at right",
        "{a} flanked by {b} on the left and {c} on the right", "{a} sandwiched between {b} and {c}",
    ),
    (
        "{b} at one end, {c} at the other, {a} in the middle", "{a} stuck in the middle of {b} and {c}",
        "{b} first, {a} second, {c} third, going left to right", "{b} and then, further right, {a} and finally {c}",
    ),
    more("relations", "between"),
)  # fmt: skip
# {a} a thing named before, {r} relation, {b} the other
AFTERWARDS = Pool(
    (
        "the {a} [is|stands|sits|can be seen|should be|must be|is placed|goes|is found|is located|comes|has its "
        "place|belongs] {r} the {b}",
        "the {a} {r} the {b}", "the {a}, {r} the {b}",
        "[put|place|draw|show|set|arrange|keep|position] the {a} {r} the {b}",
        "{r} the {b} [is|stands|sits|you find|we see|place|put|goes] the {a}", "I want the {a} {r} the {b}",
        "with the {a} {r} the {b}",
    ),
    more=more("relations", "afterwards"),
)  # fmt: skip
# join two things and place nothing
ACTIONS = Pool(
    (
        "chasing", "watching", "looking at", "playing with", "following", "guarding", "hugging", "meeting", "and",
        "who meets", "waiting for", "talking to", "dancing with", "dreaming of", "running towards", "waving at",
        "staring at", "walking up to", "laughing at", "singing to", "greeting", "kissing", "feeding", "chatting with",
        "pointing at", "smiling at", "racing", "sniffing", "fighting", "painting", "helping", "thinking about",
        "carrying", "listening to", "shouting at", "hunting", "drawing", "in love with", "afraid of", "reading to",
        "bowing to", "barking at", "riding to", "flying to", "visiting", "who watches", "that loves", "and also",
        "together with", "as well as", "plus", "along with", "accompanied by",
        "admiring", "sneaking up to",
    ),
    ("winking at", "curious about", "becoming friends with"),
    more("relations", "actions"),
)  # fmt: skip
