"""English about a picture to things and how they stand, one pass over the lexer's phrases."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection
from dataclasses import replace
from itertools import pairwise

from mepg_agent.planning.lexer import Lexicon, Piece, Tag
from mepg_agent.planning.lookahead import (
    BEGINS,
    at_or_none,
    color_list_head,
    is_overhead,
    means_place,
    noun_phrase_head,
    past_filler,
)
from mepg_agent.planning.numerals import counted
from mepg_agent.planning.reading import Phrase, Thing, too_many
from mepg_agent.planning.setaside import without_backdrop, without_refused
from mepg_agent.planning.standing import Standing
from mepg_agent.planning.stylephrase import StylePhrase, find_style, noun_follows
from mepg_agent.planning.words import EACH, EXCEPTIONS, MANY, ONES, POSSESSIVE, TALK
from mepg_agent.portfolio import FLOATS
from mepg_agent.scene import RelationKind

MOST_OF_A_KIND = 8
SOME = 2  # how many "foxes" without a number are
# why a word is left out
NO_WORD = "not a word for a thing, colour, style or place here"
ONE_COLOR = "a thing has one colour"
NO_COLOR = "a place has no colour of its own"
LAST_OF_ROW = "of things named in a row the last is drawn; commas between them part them"


class Reader(Standing):
    """Reads one text; `reading` is the result, `heads` where in `pieces` its things were named.

    `there`: nouns of a picture that the text is said of. "The dog" is then one of that picture, if it has any.
    """

    def __init__(self, lexicon: Lexicon, text: str, there: Collection[str] = ()) -> None:
        pieces, notes = lexicon.read(text)
        wanted, refused = without_refused(pieces)
        told, looks = without_backdrop(wanted)
        notes += [f"Left out {look}, as asked." for look in refused]
        notes += [f"Left out {look}: a background has no look of its own." for look in looks]
        super().__init__(lexicon, told, notes)
        self.text = text
        self.heads: dict[int, int] = {}
        self._there = there
        self._headless: list[Phrase] = []  # "a red and" of "a red and a blue balloon"
        self._left_out: dict[str, list[str]] = {}  # words by the reason
        self._row = sys.maxsize  # index of the first thing of a row
        self._excepted = False  # what is refused is so by one of EXCEPTIONS
        self._usual: str | None = None  # a place where the things said to be there always are
        at = 0
        while at < len(self.pieces):
            at = self._read(at)
        self._close_phrase()
        self._line_up()
        if self.reading.place is None and all(self._stands(i) == self._usual for i in range(len(self.reading.things))):
            self.reading.place = self._usual
        for why, left in self._left_out.items():
            said = ", ".join(f"'{w}'" for w in dict.fromkeys(left))
            self.reading.notes.append(f"Left out {said}: {why}.")

    def _line_up(self) -> None:
        """The things of "from left to right: …" that nothing else relates."""
        related = {end for one, _, other in self.reading.links for end in (one, other)}
        listed = [i for i, t in enumerate(self.reading.things) if i >= self._row and t.noun and i not in related]
        self.reading.links += [(a, RelationKind.LEFT_OF, b) for a, b in pairwise(listed)]

    def _read(self, at: int) -> int:
        """Handles the piece at `at`; returns the index of the next one."""
        piece = self.pieces[at]
        style = find_style(self.pieces, at)
        if style is not None:
            self._style(style)
            return style.end
        match piece.tag:
            case Tag.NOUN:
                self._noun(piece, at)
            case Tag.PLACE:
                self._place(piece.value, piece, at)
            case Tag.TIME:
                self._time(piece)
            case Tag.RELATION | Tag.BETWEEN | Tag.AMONG | Tag.WEARING:
                self._relation(piece, at)
            case Tag.SPOT:
                self._spot(piece, at)
            case Tag.UNKNOWN:
                self._unknown(piece, at)
            case Tag.IT:
                self._it(piece.text in MANY)
            case Tag.INDEFINITE | Tag.COUNT | Tag.DEFINITE:
                self._article(piece, at)
            case Tag.FILLER if piece.text in EACH and noun_follows(self.pieces, at + 1):
                self._phrase.opened = self._phrase.definite = True
            case Tag.COLOR:
                self._color(piece, at)
            case Tag.SIZE:
                self._phrase.size = piece.number
            case Tag.BREAK | Tag.LINK:
                self._separator(piece, at)
            case Tag.WHOLE if not noun_follows(self.pieces, at + 1):  # "a fox and a dog, all red"
                self._phrase.count = sum(self.reading.things[i].count for i in self._group) or None
            case Tag.ROW:
                self._row = len(self.reading.things)
            case Tag.NEGATION:
                self._close_phrase()
                self._negated, self._excepted = True, piece.text in EXCEPTIONS
            case _:
                pass
        return at + 1

    # Noun phrases

    def _article(self, piece: Piece, at: int) -> None:
        if piece.text in ONES and self._phrase.opened and not noun_follows(self.pieces, at + 1):
            self._one(piece)
            return
        if self._phrase.described and self._after == "link":
            self._headless.append(self._phrase)
            self._phrase = Phrase()
        self._phrase.opened = True
        if piece.tag is Tag.DEFINITE:
            self._phrase.definite = True
        elif piece.tag is Tag.COUNT and not (piece.text == "some" and self._is_one(at + 1)):
            self._phrase.count = counted(piece.number)

    def _is_one(self, at: int) -> bool:
        """Whether the noun phrase at `at` is about one thing: "some cloud"."""
        head = at_or_none(self.pieces, noun_phrase_head(self.pieces, at))
        return head is not None and head.tag is Tag.NOUN and not head.plural

    def _one(self, piece: Piece) -> None:
        """ "a red car and a blue one": another of the kind; "two dogs, a big one and the small one": of them."""
        phrase, self._phrase = self._phrase, Phrase()
        named = [i for i, t in enumerate(self.reading.things) if t.noun]
        if not named or self._negated:
            return
        last = self.reading.things[named[-1]]
        known = phrase.definite and phrase.count is None
        phrase.count = count = phrase.count or (SOME if piece.text == "ones" else 1)
        at = self._meant(named, phrase) if known else self._some_of(named[-1], count)
        if at is not None:
            rest = self.reading.part(at, phrase)
            self._rest = self._rest if rest is None and at != self._rest else rest
            self._enter(at, again=True)
            return
        said = {f: getattr(phrase, f) for f in ("color", "style", "size", "spot", "depth")}
        self._add(replace(last, count=count, detail=None, **said))

    def _color(self, piece: Piece, at: int) -> None:
        color, head = self._phrase.color, color_list_head(self.pieces, at)
        if color is not None and color != piece.value:
            bare_plural = head is not None and head.plural and not self._phrase.opened
            if self._after not in ("link", "break") or not bare_plural:
                self._leave_out(piece.text, ONE_COLOR)
                return
            self._headless.append(self._phrase)  # "red and blue balloons" are red ones and blue ones
            self._phrase = Phrase()
        self._phrase.color = piece.value

    def _noun(self, piece: Piece, at: int) -> None:
        if piece.place is not None and means_place(self.pieces, at, self._phrase.count is not None):
            self._place(piece.place, piece, at)
            return
        following = at_or_none(self.pieces, at + 1)
        if following is not None and following.tag is Tag.NOUN and not piece.plural:
            self._leave_out(piece.text, LAST_OF_ROW)  # "dog house" is a house
            return
        phrase, self._phrase = self._phrase, Phrase()
        if self._negated or phrase.count == 0:
            self._refuse(f"the {piece.value}")
            self._negated = self._negated and following is not None and following.tag is Tag.LINK
            self._pending, self._after = None, "link"  # "instead of a horse I want a zebra": the zebra is wanted
            return
        earlier = self.reading.mentioned(piece.value, phrase) if phrase.definite and phrase.count is None else None
        if piece.value in self._there and earlier not in self.reading.definite:
            earlier = None
        headless, self._headless = self._headless, []
        for one in headless:
            if one.count == 0:
                self._refuse(" ".join(word for word in ("the", one.color, piece.value) if word))
            else:
                self._add(self._thing(piece, one), "and")
        if earlier is None:
            self.heads[len(self.reading.things)] = at
            if phrase.definite:
                self.reading.definite.add(len(self.reading.things))
            self._add(self._thing(piece, phrase), "and" if headless else None)
            return
        if phrase.spot and not piece.plural:  # "two dogs; the left dog is red"
            self._part(earlier, phrase)
        else:
            self.reading.describe(earlier, phrase)
        self._enter(earlier, again=True)

    def _thing(self, piece: Piece, phrase: Phrase) -> Thing:
        known = self.lexicon.vocabulary.nouns.get(piece.value)
        plural = known.plural if known else f"{piece.value}s"
        always_many = piece.text == plural and piece.text.endswith("s")
        count = phrase.count if phrase.count is not None else SOME if piece.plural and piece.value != piece.text else 1
        if always_many and piece.value == piece.text:
            count = 1  # "a pair of scissors"
        if count > MOST_OF_A_KIND:
            self.reading.notes.append(too_many(count, plural, MOST_OF_A_KIND))
            self.reading.crowds.append((count, plural))
        own_color = self.lexicon.phrases.get(piece.text.split()[0])
        color = own_color.value if own_color is not None and own_color.tag is Tag.COLOR else None
        return Thing(
            noun=piece.value,
            count=min(count, MOST_OF_A_KIND),
            color=phrase.color or color,
            style=phrase.style,
            size=phrase.size,
            spot=phrase.spot,
            depth=phrase.depth,
        )

    def _leave_out(self, word: str, why: str) -> None:
        self._left_out.setdefault(why, []).append(word)

    def _refuse(self, what: str) -> None:
        self.reading.refused.append(what)
        self.reading.barred += [] if self._excepted else [what]
        self.reading.notes.append(f"Left out {what}, as asked.")

    def _place(self, place: str, piece: Piece, at: int) -> None:
        phrase, self._phrase = self._phrase, Phrase()
        compound = at + 1 < len(self.pieces) and self.pieces[at + 1].tag is Tag.NOUN and piece.tag is Tag.PLACE
        if phrase.color is not None and not compound:
            self._leave_out(phrase.color, NO_COLOR)
        if self._negated or phrase.count == 0:
            self._refuse(f"the {place}")
            return
        stood_on = self.lexicon.vocabulary.places[place].ground < FLOATS
        if self._after == "thing" and self._group and all(self._stands(i) == place for i in self._group):
            self._usual = place  # "stars in the sky" says nothing new about the picture's place
        elif not stood_on and is_overhead(self.pieces, at):
            self._usual = place  # "a house under a starry sky" stands on the ground
        elif self.reading.place in (None, place):
            self.reading.place = place
        else:
            self.reading.notes.append(f"One picture has one place: {self.reading.place}; left out {place}.")
        if compound:
            self._phrase = phrase
            return
        self._pending = None
        self._after = "place"

    def _time(self, piece: Piece) -> None:
        if self.reading.time in (None, piece.value):
            self.reading.time = piece.value
        else:
            self.reading.notes.append(f"One picture has one time: {self.reading.time}; left out {piece.value}.")
        self._after = "place"

    def _spot(self, piece: Piece, at: int) -> None:
        following = at_or_none(self.pieces, at + 1)
        if piece.text in ("left", "right") and following is not None and following.tag is Tag.RELATION:
            return  # "right above"
        one_thing = following is not None and following.tag is Tag.NOUN and not following.plural
        if one_thing and piece.text.startswith("on the ") and self._after == "thing":  # "a bird on the left dog"
            self._relation(Piece(Tag.RELATION, "on", kind=RelationKind.ON), at)
            self._phrase = Phrase(opened=True, definite=True)
            return
        ahead = past_filler(self.pieces, at + 1)  # "on the left there is a dog"
        head = at_or_none(self.pieces, ahead)
        begins = head is not None and (head.tag in BEGINS or head.text == ":")
        if head is not None and head.text == "," and self._after in ("", "break"):
            begins = ahead + 1 < len(self.pieces) and self.pieces[ahead + 1].tag in BEGINS
        inside_phrase = self._phrase.opened and noun_follows(self.pieces, at + 1)
        some = self._phrase.count is not None and not self._phrase.described  # "one on the left"
        if not inside_phrase and not some and not (begins and self._after != "thing"):
            self._close_phrase()
        if piece.value in ("front", "back"):
            self._phrase.depth = "front" if piece.value == "front" else "back"
        else:
            self._phrase.spot = piece.value
        if inside_phrase or (begins and self._after != "thing"):
            return
        self._close_phrase()
        self._joined = ""

    # The rest

    def _as_said(self, found: StylePhrase) -> StylePhrase:
        """The style with the hyphens of the person: "ukiyo-e", not "ukiyo e"."""
        said = re.search(r"[\W_]+".join(map(re.escape, found.style.split())), self.text, re.IGNORECASE)
        return replace(found, style=said.group().lower()) if said else found

    def _style(self, found: StylePhrase) -> None:
        found = found if found.style in self.lexicon.styles else self._as_said(found)
        if not found.whole and (found.before_noun or self._for_thing(found.end)):
            self._phrase.style = self._phrase.style or found.style
            return
        if not found.whole and self._phrase.opened and self._after != "thing":
            self._phrase.style = found.style
            return
        things = self.reading.things
        last = not any(p.tag in (Tag.NOUN, Tag.PLACE) for p in self.pieces[found.end :])
        styled = any(t.style for t in things)
        apart = self._after != "thing" or found.loose
        if self._again and self._after == "thing" and not found.whole:  # "the fox should be in watercolor"
            self.reading.describe(self._group[-1], Phrase(style=found.style))
        elif found.whole or not things or (last and not styled and (apart or len(things) > 1)):
            self._whole_style(found.style)
        elif things[-1].style is None:
            for index in self._group[-1:] or [len(things) - 1]:
                things[index] = replace(things[index], style=found.style)
        else:
            self._whole_style(found.style)
        self._phrase = Phrase()

    def _for_thing(self, at: int) -> bool:
        """Whether a style is said for the thing named next: "watercolor for the fox"."""
        after = past_filler(self.pieces, at)
        said = any(p.text == "for" for p in self.pieces[at:after])
        head = at_or_none(self.pieces, noun_phrase_head(self.pieces, after))
        return said and self.pieces[after].tag is Tag.DEFINITE and head is not None and head.tag is Tag.NOUN

    def _whole_style(self, style: str) -> None:
        if self.reading.style in (None, style):
            self.reading.style = style
        else:
            self.reading.notes.append(f"The picture has one style of its own: {self.reading.style}; left out {style}.")
        self._phrase = Phrase()

    def _unknown(self, piece: Piece, at: int) -> None:
        if piece.text in TALK and not self._negated:
            return
        if self._negated or self._phrase.count == 0:
            self._refuse(f"'{piece.text}'")
            self._phrase = Phrase()
            return
        if self._pending is not None and at and self.pieces[at - 1].text in POSSESSIVE:
            self._it()  # "with a crown on its head"
            return
        following = at_or_none(self.pieces, at + 1)
        begins = following is not None and following.tag in (Tag.INDEFINITE, Tag.DEFINITE, Tag.COUNT)
        if begins and piece.text.endswith(("ing", "ed", "s")):  # a verb: "a knight fighting a dragon"
            self._leave_out(piece.text, NO_WORD)
            return
        adjective = noun_follows(self.pieces, at + 1) or (following is not None and following.tag is Tag.PLACE)
        named = self._phrase.opened or self._phrase.described or self._pending is not None or self._after != "thing"
        if adjective or not named or (following is not None and following.tag is Tag.UNKNOWN) or len(piece.text) < 3:
            self._leave_out(piece.text, NO_WORD)
            return
        self.reading.unknown.append(piece.text)
        self.reading.undrawn += [piece.text] if self._phrase.opened else []
        self._phrase = Phrase()
        self._add(Thing(noun=None))

    def _separator(self, piece: Piece, at: int) -> None:
        if piece.tag is Tag.BREAK:
            self._negated = False
            colors = self._phrase.color and self._after != "thing" and color_list_head(self.pieces, at)
            if (not self._phrase.spot or self._after == "thing") and not colors:
                self._close_phrase()
            if piece.text not in (",", ":") and self._pending is not None:
                self._pending = None
        elif self._says_more() and not self._headless_follows(at):
            self._close_phrase()
        if piece.text in ("with", "together with", "along with", "but"):
            self._joined, self._negated = "", False
        elif self._after in ("thing", "break", "link") and not (piece.text == "," and self._joined == "and"):
            self._joined = "and" if piece.tag is Tag.LINK else "," if piece.text == "," else ""
        else:
            self._joined = ""
        if self._after == "place":
            self._joined = ""
        self._after = "link" if piece.tag is Tag.LINK else "break"

    def _says_more(self) -> bool:
        """Whether the adjectives before this "and" may be about what was named before them: "the fox is red and …"."""
        return self._phrase.described and (self._after == "thing" or self._phrase.count is not None)

    def _headless_follows(self, at: int) -> bool:
        """Whether the adjectives before this "and" belong to a noun said only after it: "a red and a blue balloon"."""
        head = at_or_none(self.pieces, noun_phrase_head(self.pieces, at + 1))
        named = head is not None and head.tag in (Tag.NOUN, Tag.UNKNOWN)
        return self._phrase.opened and named and self.pieces[at + 1].tag in BEGINS
