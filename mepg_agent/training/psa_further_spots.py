"""Still more words for places in the picture and for things of a kind, for training alone; see `Pool.more`."""

from __future__ import annotations

from mepg_agent.training.psa_further_places import AROUND


def at_side(side: str) -> tuple[str, ...]:
    _, wind, hour, _ = AROUND[side]
    return (
        f"hard {side}", f"[camera|screen|frame|house|audience] {side}",
        f"[pushed|shifted|shoved|moved|nudged] to the {side}", f"pushed up against the {side} [edge|side]",
        f"to the {wind}", f"on the {wind}ern side", f"in the {wind}ern half", f"[at|around] {hour} o'clock",
        f"flush {side}", f"flush with the {side} edge", f"stuck to the {side} [side|border]",
        f"in the {side} wing of the [picture|scene]", f"out {side}", f"out on the {side}", f"out to the {side}",
        f"on the viewer's {side}", f"to the viewer's {side}", f"as seen by us, {side}",
        f"on the {side}-hand [end|half|third] of things", f"in the {side}most [part|third|strip|column]",
        f"in the {side}-hand [third|column|strip|region]", f"with the {side} edge beside it", f"to {side} side",
        f"in {side} side of picture", f"in the {side} [side|zone] of the [frame|shot]", f"aligned {side}",
        f"aligned [with|to] the {side} [edge|side|margin]", f"over {side}", f"{side} of the picture's [middle|centre]",
        f"[tucked away|parked|hung|stationed] on the {side}", f"not in the middle but on the {side}",
        f"{side}-of-center",
    )  # fmt: skip


def corner(end: str, where: str) -> tuple[str, ...]:
    rim, way, north = ("upper", "up", "north") if end == "top" else ("lower", "down", "south")
    wind = AROUND[where][1]
    return (
        f"[hiding|parked|stuck|pinned|wedged] in the {end} {where} corner", f"in the {rim} {where}-hand quarter",
        f"{way} on the {where}, in the corner", f"in the {north}{wind} corner", f"to the {north}{wind}",
        f"in the {(north[0] + wind[0]).upper()} corner",
        f"{end} row, {where} column", f"{end} edge, {where} side", f"{end} end, {where}-hand side",
        f"{where}-hand side, {end}", f"on the {where} side, [all the way|far|way] {way}",
        f"all the way {way} and all the way to the {where}", f"far {way} and far {where}", f"both {end} and {where}",
        f"aligned {end} {where}", f"flush with the {end} and {where} edges",
        f"[hugging|touching|against] the {end} and {where} edges", f"{end} third, {where} third",
        f"in the {where} corner of the {end} edge", f"at the {where} end of the {end} [edge|border|side]",
        f"at the {end} end of the {where} [edge|border|side]", f"screen {end} {where}",
        f"in the {rim}most {where} part", f"[shoved|pushed|moved|shifted] to the {end} {where}",
        f"in {end} {where} corner of picture", f"at {end} {where} side", f"in the {rim} part of the {where} side",
        f"in the {where} half, close to the {end}", f"in the {end} half, close to the {where} edge",
        f"where the {where} edge runs into the {end} edge",
    )  # fmt: skip


SPOTS = {
    "left": at_side("left"),
    "right": at_side("right"),
    "center": (
        "at the core of the [picture|image|scene]", "at the hub of the picture", "mid-frame", "mid-picture",
        "center frame", "centre stage", "front and center in the frame",
        "halfway between the left edge and the right edge", "neither left nor right",
        "not on the left, not on the right, but in the middle",
        "[holding|occupying|taking] the [center|centre|middle]", "center-aligned", "at the navel of the picture",
        "where the two diagonals cross", "on the center line", "on the vertical axis of the picture",
        "in middle of picture", "in the midpoint of the [frame|canvas]", "mid-canvas", "in the eye of the picture",
        "smack dab in the middle", "in center position", "[middle|center] of the [picture|image|page|canvas]",
        "as the middle of everything",
    ),
    "top left": corner("top", "left"),
    "top right": corner("top", "right"),
    "bottom left": corner("bottom", "left"),
    "bottom right": corner("bottom", "right"),
    "top": (
        "hugging the top edge", "flush with the top edge", "[touching|brushing|skirting|grazing] the [top|upper] edge",
        "at the upper limit of the [frame|picture]", "top-aligned", "aligned [with|to] the top",
        "in the topmost [part|strip|row|third]", "in the top row", "in the uppermost [part|strip|row|third]",
        "uppermost", "upmost", "[at|around] [12|twelve] o'clock", "top [middle|center|centre]",
        "[pushed|shifted|shoved|moved|nudged] to the top", "as high as it will go", "as far up as possible",
        "up near the [edge|border|rim]", "just inside the top edge", "next to the top border",
        "top of the [page|picture|frame|image]", "top side", "where a headline would go", "in the header",
        "at the ceiling of the picture", "screen top", "on the upper side of the [picture|image]",
        "in upper part of picture", "on the upper edge", "up, close to where the picture stops",
        "not down low but high", "far from the bottom edge",
    ),
    "bottom": (
        "hugging the bottom edge", "flush with the bottom edge",
        "[touching|brushing|skirting|grazing] the [bottom|lower] edge", "at the lower limit of the [frame|picture]",
        "bottom-aligned", "aligned [with|to] the bottom", "in the bottommost [part|strip|row|third]",
        "in the bottom row", "in the lowermost [part|strip|row|third]", "bottommost", "lowest of all",
        "[at|around] [6|six] o'clock", "bottom [middle|center|centre]",
        "[pushed|shifted|shoved|moved|nudged] to the bottom", "as low as it will go", "as far down as possible",
        "down near the [edge|border|rim]", "just inside the bottom edge", "next to the bottom border",
        "bottom of the [page|picture|frame|image]", "bottom side", "where a footnote would go", "in the footer",
        "at the floor of the picture", "screen bottom", "on the lower side of the [picture|image]",
        "in lower part of picture", "on the lower edge", "down, close to where the picture stops",
        "not up high but low", "far from the top edge",
    ),
}  # fmt: skip
ROWS = (
    "L to R: {l}", "L-R: {l}", "l to r, {t}", "from L to R {t}", "{l} (left to right)", "{l} (from the left)",
    "{l}, counted from the left", "{t}, counting from the left", "[counting|counted] from the left: {l}",
    "[starting|beginning] from the left [side|edge]: {l}", "from the left edge to the right edge: {l}",
    "from the left edge onwards {t}", "[reading|read] left to right: {l}", "reading order, left to right: {l}",
    "as you would read them: {l}, left to right", "a [line-up|lineup|queue|series|sequence] from left to right: {l}",
    "[side by side|shoulder to shoulder|abreast], left to right: {l}", "{l} side by side, left to right",
    "{l} in left-to-right order", "in left-to-right order: {l}", "[order|sequence] left to right: {l}",
    "from west to east: {l}", "{l}, from west to east", "scanning from left to right we meet {t}",
    "[if you|when you|as you] go from left to right you [see|meet|pass] {t}", "going rightwards, {l}",
    "moving from the left to the right: {t}", "{l}, the first one leftmost and the last one rightmost",
    "{l}, with the first on the far left and the rest following to the right",
    "[lined up|arranged|set out|laid out|strung out] left to right are {l}", "from left until right: {l}",
    "from left side to right {t}", "first on the left, last on the right: {l}", "{t}, from the left towards the right",
)  # fmt: skip
TWINS = (
    "two {p}, {x} one {s}, {y} one opposite", "two {p} - {x} {s}, {y} on the opposite side",
    "2 {p} ({x} {s} / {y} on the other side)", "two {p}: {x} = {s}, {y} = opposite side",
    "{x} {n} {s}, {y} {n} across from it", "{x} {n} {s} + {y} {n} opposite",
    "{x} {n} {s} vs {y} {n} on the other side", "a {y} {n} and, {s}, a {x} {n}", "a {y} {n} as well as a {x} one {s}",
    "a {y} {n} and a {x} {n}; it's the {x} one that is {s}", "a {x} {n} and a {y} {n}, of which the {x} is {s}",
    "two {p}, one of them {y}, and the {x} one {s}", "two {p}, one {y} and the other, {s}, {x}",
    "two {p}, the {y} one facing the {x} one, which is {s}",
    "two {p} in different looks, {x} [being|standing|placed] {s}, {y} opposite",
    "{p}, a {x} one {s} and a {y} one facing it", "{p}, two: {x} goes {s}, {y} goes opposite",
    "a {x} {n} {s} with a {y} counterpart opposite", "a {x} {n} {s} and its {y} twin on the other side",
    "[twin|paired] {p}, {x} {s}, {y} opposite", "a duo of {p}, the {x} one {s} and the other one {y}",
    "a couple {p}, {x} one is {s}, other one is {y}", "{p} times two: a {x} one {s}, a {y} one opposite",
    "there are two {p}, a {x} and a {y}, and the {x} is the one {s}",
    "of two {p} the {x} one should be {s}, the other should be {y}",
)  # fmt: skip
GROUPS = (
    "[exactly|just|altogether|in total] {k} {p}: {l}", "a row of {k} {p}: {l}", "a line of {k} {p}, {l}",
    "{k} {p}, that is {e}", "{k} {p}, i.e. {e}", "{k} {p}, viz. {l}", "{k} {p} = {e}", "{k} {p} -> {l}",
    "{k} {p} / {l}", "{k} {p}, from the first to the last {l}", "{k} {p}, all [unlike|different|distinct]: {l}",
    "{k} {p}, one after another {l}", "{k} {p} side by side, {e}", "{k} {p}, left to right {l}",
    "{k} {p} from the left: {l}", "{k} {p}, [made up of|consisting of|comprising] {e}", "{k} {p} and they are {l}",
    "{k} {p}, their looks being {l}", "{k} {p} that come in {l}", "{k} {p} looking {l} in turn",
    "{k} {p} [where we have|where there is|with] {e}", "{k} {p}[, please|, thanks|, ok], {l}",
    "{k} {p}. In order: {l}", "{k} {p}. First to last: {l}", "{e}, all in a row", "{e}, side by side",
    "{e}, so {k} {p}", "{e}, that makes {k} {p}", "{e}: {k} {p} in all",
)  # fmt: skip
SPLITS = (
    "{k} {p}, split into {e}", "{k} {p}, divided into {f}", "{k} {p} in all: {e}",
    "{k} {p} [altogether|in total|all told], {f}", "a total of {k} {p}, {e}",
    "a [group|set|bunch|crowd] of {k} {p}, {f}", "{k} {p} ({e})", "{k} {p} ({f})", "{k} {p}, that is {e}",
    "{k} {p}, i.e. {f}", "{k} {p} = {e}", "{k} {p} - {f}", "{k} {p} -> {e}", "{k} {p}, [with|being|having] {e}",
    "{k} {p}, [comprising|consisting of|composed of] {f}", "{k} {p} and among them {e}", "{k} {p}, among which {e}",
    "{k} {p}, more precisely {e}", "{k} {p}. {e}", "{k} {p} [where|such that] {e} are there", "{k} {p}, mixed: {f}",
    "{k} {p} in a mix, {e}", "{p}, {f}", "{p} ({e})", "{p}, namely {e}", "{p}: {f}, mixed together",
    "[exactly|just] {e} {p}", "{f} {p} [mixed|together|in one picture]", "{e} {p}, {k} in total",
    "{f} {p}, that makes {k}", "of {k} {p}, {e}", "out of {k} {p} {f}",
)  # fmt: skip
