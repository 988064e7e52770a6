"""More ways to speak of styles, for training alone; see `Pool.more`."""

from __future__ import annotations

STYLES: dict[str, tuple[str, ...]] = {
    "cartoon": (
        "Sunday comics", "[comic|newspaper] [panel|strip|page]", "[kids'|children's|tv|disney] cartoon",
        "cel-shaded cartoon", "cel animation", "[goofy|playful|silly|cute|friendly|classic] [cartoon|toon|comic]",
        "caricature", "animated [series|show|film|movie]", "comic art", "graphic novel", "looney tunes",
        "cartoon [illustration|look|figure|character]", "cartoon with shading", "a frame of an animated film",
        "outlined and softly shaded", "speech-bubble comic", "children's tv", "morning tv animation",
    ),
    "flat": (
        "[flat|solid|plain] [color|colour] [areas|fills|blocks|patches]", "unshaded [shapes|graphics|colours]",
        "[modern|clean|simple|minimalist|geometric] flat [design|graphics|art|icons]",
        "[simple|clean|smooth|modern|plain] vector [art|shapes|illustration|drawing]", "infographic", "flat-design",
        "2d vector", "svg graphics", "flat clip art", "shapes of one solid colour", "flat shapes", "flat graphics",
        "shapes with no depth", "simple shapes in single colours", "even colours without gradients", "app icon, flat",
        "vector icon", "no-shading graphics",
    ),
    "glossy": (
        "[shiny|glassy|gleaming|glistening|sleek|smooth|reflective] [plastic|enamel|surfaces|icon|button]",
        "high gloss", "high-gloss", "gloss with reflections", "candy-like shine", "aqua button", "varnished", "glazed",
        "enamelled", "sleek 3d", "shiny toy", "glossy [plastic|balloon|button|surface|3d|paint]", "gleaming",
        "[bright|strong|soft] highlights and [reflections|gradients]", "glass-like shine", "wet shine", "like lacquer",
        "reflections and gradients", "smooth gradients with shine", "buffed to a shine", "glossy shine",
    ),
    "sticker": (
        "[scrapbook|bumper|planner|window|kids'|cute|paper] sticker", "decal", "vinyl decal", "emoticon", "stick-on",
        "[cut-out|cutout] with [a white|white] [border|edge|outline]", "thick white [border|edge|contour]",
        "[messenger|chat|phone|whatsapp] [sticker|emoji]", "die cut", "die-cut with white border", "sticker sheet",
        "sticker pack", "adhesive label", "sticker with [a thick edge|glue on the back]", "self-adhesive sticker",
        "label to stick on", "white edge around it like a sticker",
    ),
    "ink": (
        "[pure|stark|solid|jet] black [ink|silhouette]", "shadow [figure|silhouette|puppet]",
        "[chinese|brush|calligraphy|fountain pen|quill] ink", "sumi ink", "quill and ink", "dip pen",
        "[black ink|ink pen|ink] [blot|illustration|outline|lines|work]", "ink on [paper|white paper]", "inky",
        "monochrome ink", "black on white", "shadow play", "[inky|pitch-black|ink-black] [figure|outline|silhouette]",
        "printed in black ink", "black paint only", "nothing but black", "solid black", "black contours",
    ),
    "watercolor": (
        "[aquarelle|watercolour|watercolor] [wash|art|sketch|style|paints]", "watery [colours|paint|brush strokes]",
        "[wet|soft|light|thin|gentle|transparent|diluted|runny] [washes|paint|colours]", "watered-down paint",
        "[colours|paints] that [run|bleed|flow] into each other", "painted with [much water|water]", "wash of colour",
        "gentle brush with much water", "splashes of watery colour", "a child's paint box with water",
        "see-through paint",
        "wet brush on paper", "wet paint", "paint that runs", "soaked paper and colour", "thin veils of colour",
        "colour washes", "dripping wet colours", "light washes on damp paper", "brush and water", "loose washes",
    ),
    "pixel-art": (
        "[8 bit|16 bit|32-bit|8bit|16bit] [graphics|art|look|game|pixels]", "pixel [drawing|sprite|look|graphic|game]",
        "[gameboy|atari|sega|commodore 64|snes] [graphics|game|pixels|look]", "pixelated [blocks|look|game art]",
        "[big|visible|tiny|square|crude] pixels", "[bitmap|sprite-based|tile-based] [graphics|art]", "space invaders",
        "[vintage|classic|80s|90s|old-school] [video game|computer game|arcade game|console game]", "blocky pixels",
        "handheld console look", "ms-dos game", "[blocky|jagged|chunky] [graphics|game look|sprites]",
        "platformer sprite",
        "arcade machine look", "dots of an old screen", "large pixels as in old games", "old console look",
        "visible pixel grid", "early computer graphics", "8-bit blocks",
    ),
    "neon": (
        "[glowing|luminous|shining|radiant|bright|blinking|fluorescent|buzzing] [tubes|signs|light|letters|wires]",
        "[led|laser|uv] [lights|glow|lines|strips]", "[tron|las vegas|vegas|synthwave|disco|club] [lights|glow|neon]",
        "light tubes", "light tubes in the dark", "luminescent lines", "neon advertising", "shop window neon",
        "glows in the dark", "day-glo", "neon [strips|letters|wire|contours|art|signs|colors]", "glow sticks",
        "shining contours in the dark", "lines of light", "lights of a night club", "glowing contours", "glowing wire",
        "radiant tubes on black", "gas-filled glowing tubes", "bright lines against the dark",
    ),
    "pencil-sketch": (
        "[quick|loose|fine|soft|light|careful|faint|hasty|simple] pencil [sketch|drawing|lines|shading|study]",
        "[sketched|drawn|scrawled|doodled] [in|with] [pencil|graphite|a lead pencil]", "unfinished sketch",
        "[sketchbook|notebook|art class] [page|drawing|sketch]", "hatching", "hatching with a pencil", "2b pencil",
        "hb pencil", "[gray|grey] [lead|pencil] [lines|marks]", "shaded with a pencil", "black lead", "graphite pencil",
        "pencil [shading|hatching|strokes|study|marks|lines]", "sketchy lines", "pencil doodle", "graphite on paper",
        "hand sketch", "drawn by hand in gray", "an artist's quick sketch", "lines of a soft pencil",
        "graphite shading",
        "preliminary sketch",
    ),
    "stained-glass": (
        "[cathedral|abbey|chapel|temple|gothic|minster] [window|windows|glass]", "leadlight", "lead-framed glass",
        "[coloured|colored|tinted|painted] [glass|window|glass window|panes]", "vitrail", "rose window",
        "[glass shards|bits of glass] [set in lead|held by lead strips]", "light through coloured glass",
        "tiffany [lamp|window]", "mosaic of coloured glass", "glass art", "[religious|sacred] window",
        "stained [window|panes|window glass]", "leaded panes", "window of a cathedral", "colourful window glass",
        "sunlight through painted glass", "coloured panes in lead", "glass segments with dark seams", "glass window",
    ),
    "oil": (
        "[rembrandt|van gogh|renaissance|dutch|classical|victorian] [oils|oil painting|oil]",
        "[thick|dense|rich|buttery|creamy|textured] [oil paint|paint|brushstrokes|oil colour]",
        "brushstrokes on canvas",
        "oil-painted", "oil [portrait|study|artwork|picture|colour|canvas]", "canvas painting", "painted canvas",
        "palette knife", "palette knife strokes", "impasto strokes", "gallery canvas", "alla prima", "paint on canvas",
        "oils on [linen|canvas|wood]", "visible brush strokes", "layers of oil paint", "thickly painted canvas",
        "paint laid on thick", "brush strokes of oil", "a painting from a museum", "oil and brush", "a canvas in oils",
    ),
    "paper-cut": (
        "[cut|snipped|clipped|torn|layered|glued] paper", "[cut|snipped|torn|glued] [coloured paper|cardboard|card]",
        "kirigami", "decoupage", "paper [cuttings|cut-outs|cutouts|scraps|theatre|diorama|relief|pieces]",
        "[craft|construction|tissue|coloured|kraft] paper", "[craft|coloured|construction] paper [art|cut-out|shapes]",
        "shapes cut [out of|from] paper", "cut with scissors from paper", "pop-up book", "paper doll",
        "layer upon layer of paper", "cut from [paper|card|cardboard]", "handmade from paper",
        "sheets of coloured paper",
        "paper pieces glued together", "cardboard layers", "sheets of card", "thin card", "layers of cardboard",
        "cut and glued paper", "paper handicraft",
        "scissors and paper",
    ),
}  # fmt: skip
# {n} noun phrase, {s} words for the style
OBJECT_STYLES = (
    "{n} [having|possessing|carrying|boasting|owning|with] [the look of|the style of|the appearance of|the character "
    "of] {s}", "{n} having {s} [as its style|for a style|as a look]",
    "{n} [put through|subjected to|handed|granted|lent|blessed with|sent through] [a|the] {s} [filter|makeover|air|"
    "process|effect|style]", "{n} treated [with|as] {s}",
    "{n} [meant|supposed|intended] to [resemble|evoke|imitate|be] {s}",
    "{n} [crafted|built|formed|cut|shaped|sculpted|portrayed|presented|captured|realized|produced|fashioned|"
    "interpreted|visualized|conceived|reimagined|stylized|worked|carried out|sketched] [in|as|from|with|like|"
    "by way of] {s}",
    "{n} [with|bearing|sporting|wearing|displaying|in] [a|the] {s} [appearance|aesthetic|vibe|touch|flavour|filter|air|"
    "coat|quality|character|makeover]",
    "{n}, [only this one|this one|that one|but it] [in|as|drawn in|done in|is] {s},",
    "{n}, [rendered|pictured|stylized|portrayed|formed|cut] [as|in|like] {s},",
    "{n} whose [style|look|appearance|technique] is {s}",
    "{n} [as seen in|straight out of|as if taken from|right out of|as found in|as known from|borrowed from] {s}",
    "{n} [imitating|mimicking|evoking|recalling|echoing|in imitation of|inspired by|after the fashion of|"
    "along the lines of|à la] {s}",
    "{n}, [technique|medium|look|art style|drawing style][:|] {s},", "{n} / {s} /",
    "{n}, {s} [edition|variant|version|look|rendering|mode],",
    "{n} in [pure|full|classic|typical|proper|genuine|authentic] {s}",
    "{n} [made|done|drawn|painted] [entirely|completely|fully|wholly|only] [in|with|of] {s}",
    "a {s}-style version of {n}", "[a|one] {s} [rendition|rendering|depiction|interpretation|take|variant] of {n}",
    "{n} [which|that] [should|must] [be|look like|resemble|be drawn in|be done in|come in] {s}",
    "{n} [that appears|which appears|appearing|coming|turning up] [in|as] {s}", "{n} (style: {s})", "{n} (think {s})",
    "{n} (make it {s})", "{n}, please in {s},", "{n} [which I want|that I want|I'd like] [in|as] {s}",
    "{n}, for which [use|take|I want] {s},", "{n} [dressed up as|converted to|transformed into|reduced to] {s}",
    "{n}, and that one in {s},", "{n}, done up as {s},", "{n} [of the|of a] {s} [kind|sort|type|variety]",
)  # fmt: skip
STYLE_SENTENCES = (
    "The {n} [comes|appears|arrives|shows up|turns out] [in|as|like] {s}.",
    "[Render|Portray|Present|Imagine|Picture|Craft|Fashion|Stylize|Illustrate|Execute|Build|Form|Shape|Display|Keep|"
    "Have] the {n} [as|in|like|with] {s}.",
    "[Employ|Apply|Adopt|Reserve|Choose|Pick|Try|Keep] {s} [for|on] the {n}.",
    "{s} [goes to|belongs to|is reserved for|applies to|suits|is for] the {n}.",
    "The {n}[, by contrast,|, meanwhile,|, on the other hand,|, for its part,|, in turn,] [is|is in|comes in|"
    "uses] {s}.",
    "[Look|Technique|Medium|Art style] [of|for] the {n}[:|is|=] {s}.",
    "The {n}'s [look|technique|medium|appearance|design] [is|should be|must be] {s}.",
    "[Regarding|Concerning|About|Speaking of] the {n}[,|:] [I want|use|make it|it is|think|it should be|do it in] {s}.",
    "The {n} [ought to|should|must] [resemble|imitate|mimic|remind of|evoke] {s}.", "It is the {n} that is {s}.",
    "The {n} [is meant|is supposed|is intended|needs|ought] to be [in |]{s}.",
    "Only the {n} [gets|uses|comes in] {s}.", "Then the {n}: {s}.", "[My|Our|That|This] {n} [is|should be] {s}.",
    "[I'd like|I'd love|We'd like|I prefer|Please have] the {n} [in|as|done in|drawn as] {s}.",
    "The {n} [takes|receives|wears|bears|adopts] [a|the] {s} [style|appearance|manner].",
    "[Mark this: the|Note that the|Notice: the|Remember, the|And the|But the] {n} [is|is in|is done in|should be] {s}.",
    "{s} [style|] on the {n}[, please|].", "With {s} [used for|on|applied to] the {n}.",
    "What [style|look] [has|for] the {n}? {s}.", "[One detail:|Also:|Important:] the {n} [in|is|as] {s}.",
)  # fmt: skip
GLOBAL_STYLES = (
    "{b}[.|;|,] [Portray|Present|Picture|Create|Craft|Illustrate|Stylize|Execute|Sketch] [it all|everything|all of it|"
    "the scene|the picture|all of this|the whole] [in|as|like|with] {s}",
    "[all|everything] in {s}: {b}", "an [artwork|illustration|image|scene] in {s} [of|with] {b}",
    "{b}. [General style|Common style|The medium|Medium|The technique|Drawing style|Look of the picture|Style for "
    "all][:| is] {s}.",
    "{b}. [Every thing|Each thing|Every part|All things|All of them|All parts] [is|are|in|should be] {s}.",
    "[look|technique|medium|drawing style|general style]: {s}. {b}",
    "{b}, [with everything|with all of it|with the whole scene] [in|drawn as|done in|made of] {s}",
    "{b}. [I'd like|I want|We want|I prefer|Please make|Please do] [it all|the whole thing|everything|all of it|the "
    "picture] [in|as|done in|to be] {s}.",
    "[think|imagine|picture] {s}: {b}", "{b} - all [in|as|done in] {s}",
    "{b}. [It's|It is|This is|This should be|That's] [a|all|one] {s} [picture|piece|scene|work|illustration|artwork].",
    "[I want|we need|create|draw] [a|one] {s} [piece|artwork|illustration|scene] [of|with] {b}",
    "{b}. [Use|Apply|Choose|Employ|Keep to|Stick to] {s} [for all of it|for everything|everywhere|all over|for all "
    "things].",
    "{b}. The [whole|complete|full] [picture|scene|image|drawing] [has|uses|follows|is done in|comes in] {s}.",
    "in a {s} world: {b}", "{b} in a {s} world", "{b}, [everything|all of it|the lot|all things] [drawn|made|rendered|"
    "kept|shown] [in|as|like] {s}",
    "{b}; [I picture|I see|I imagine] [all this|the scene|it all] [in|as] {s}", "for all of this use {s}: {b}",
)  # fmt: skip
REST_STYLES = (
    "{b}[.|;|,] [the remainder|the remaining things|the remaining objects|anything else|the other things|the other "
    "objects|all other objects|what is left|everything around|all the others|the other parts] [is|in|as|should be|"
    "comes in|is drawn in|gets|stays] {s}",
    "{b}. [Unless said otherwise|Where nothing is said|If not stated|Elsewhere|Aside from that|Other than that|Beyond "
    "that|In all other respects], [use|everything is|it is|all is] {s}.",
    "{b}. Default style: {s}.", "[base style|default style|main style|general style|basic style]: {s}. {b}",
    "[mostly|mainly|for the most part|on the whole|largely] {s}: {b}",
    "{b}. [For|With] [the remaining things|the others|all else|the other things][,|] [use|take|choose|I want] {s}.",
    "{b}. [Render|Keep|Leave|Draw|Show|Present|Paint] [the others|all others|the remainder|everything else|all else] "
    "[in|as] {s}.",
    "{b}. {s} for [all else|the others|everything else|all other things].",
    "{b}, and [the remaining things|what is not mentioned|all that stays] in {s}",
    "{b}; [the other ones|all the other ones|those not mentioned] [are|in|should be] {s}",
)  # fmt: skip
EXCEPT = (
    "{b}. The {n} [differs|is the exception|stands out]; [the rest|all else|everything else] is {s}.",
    "{b}. [Save for|Barring|Excepting|Leaving aside|Not counting|Aside from] the {n}[,|] [everything|all|all of it|the "
    "picture] [is|in|as|comes in] {s}.",
    "{b}. [All things|Everyone|Everything] but the {n} [in|should be|comes in] {s}.",
    "{b}, the {n} [aside|excepted|apart|excluded], [all|everything] [in|is] {s}",
    "{b}. Do not use {s} for the {n} but for [all else|everything else|the rest].",
    "{b}. {s}, [though|however] not for the {n}.", "{b}. All {s} [save|other than] the {n}.",
    "{b}. The {n} [keeps its own style|is different]. [Anything else|The others|The remaining things] [in|is|as] {s}.",
)  # fmt: skip
