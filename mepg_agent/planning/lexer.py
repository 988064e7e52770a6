"""English to a row of known phrases: the longest match wins, near misses are mended and noted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum, auto
from functools import lru_cache

from mepg_agent.planning import words
from mepg_agent.planning.numerals import NUMERAL, number_of, read_as, spelled
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import RelationKind

LONGEST = 9  # words in a phrase
TYPO_FROM = 5  # letters
CHANGED_FROM = 8  # letters of a word with one changed: shorter ones are other words, "bench" is no "beach"


class Tag(Enum):
    NOUN = auto()  # value: the noun; `plural` tells the form
    PLACE = auto()
    TIME = auto()
    STYLE = auto()  # value: the style as it is written into the plan
    COLOR = auto()
    COUNT = auto()  # number: how many
    SIZE = auto()  # number: factor
    SPOT = auto()
    RELATION = auto()  # kind
    BETWEEN = auto()
    AMONG = auto()
    INDEFINITE = auto()
    DEFINITE = auto()
    NEGATION = auto()
    LINK = auto()  # and, with, or
    ROW = auto()  # from left to right
    CARRIER = auto()  # painting, picture, style
    WHOLE = auto()
    WEARING = auto()
    IT = auto()
    BREAK = auto()
    SHADE = auto()
    FILLER = auto()
    UNKNOWN = auto()


@dataclass(frozen=True)
class Piece:
    """One phrase of the text. `place` is set on a plural noun that is a place word too ("mountains")."""

    tag: Tag
    text: str
    value: str = ""
    number: float = 0
    kind: RelationKind | None = None
    plural: bool = False
    place: str | None = None


class Lexicon:
    """All phrases known, by their words. Earlier classes win a phrase that two of them claim."""

    def __init__(self, vocabulary: Vocabulary, styles: tuple[str, ...]) -> None:
        self.vocabulary = vocabulary
        self.styles = (*vocabulary.looks, *styles)
        self.phrases: dict[str, Piece] = {}
        self._closed()
        self._nouns()
        for form, place in vocabulary.place_forms.items():
            self._put(Tag.PLACE, form, value=place)
        for form, time in vocabulary.time_forms.items():
            self._put(Tag.TIME, form, value=time)
        for time in vocabulary.times:
            for form in words.TIMES.get(time, ()):
                self._put(Tag.TIME, form, value=time)
        for style in self.styles:
            self._put(Tag.STYLE, style, value=style)
        self._plain()
        self.known = {word for phrase in self.phrases for word in phrase.split()} | {
            "style",
            "people",
            "person",
            *words.TALK,
        }
        self._by_start: dict[str, list[str]] = {}
        mends = self.known - set(words.large_counts())  # "thirsty" is no slip for "thirty"
        for word in sorted(w for w in mends if len(w) >= TYPO_FROM - 1):
            self._by_start.setdefault(word[0], []).append(word)

    def _put(self, tag: Tag, phrase: str, value: str = "", **more: object) -> None:
        key = " ".join(split(phrase))
        if key:
            self.phrases.setdefault(key, Piece(tag, key, value or key, **more))  # type: ignore[arg-type]

    def _closed(self) -> None:
        vocabulary = self.vocabulary
        for phrase, count in {**words.COUNTS, **words.large_counts()}.items():
            self._put(Tag.COUNT, phrase, number=count)
        for phrase, kind in words.RELATIONS.items():
            self._put(Tag.RELATION, phrase, kind=kind)
        for phrase, kind in words.its_sides().items():
            self._put(Tag.RELATION, phrase, value=words.ITS, kind=kind)
        for phrase, spot in words.spots().items():
            self._put(Tag.SPOT, phrase, value=spot)
        for color in vocabulary.colors:
            self._put(Tag.COLOR, color, value=color)
        for alias, color in vocabulary.color_aliases.items():
            self._put(Tag.COLOR, alias, value=color)
        for phrase, factor in words.SIZES.items():
            self._put(Tag.SIZE, phrase, number=factor)

    def _nouns(self) -> None:
        places = self.vocabulary.place_forms
        for name, noun in self.vocabulary.nouns.items():
            plurals = {noun.plural, *(f"{alias}s" for alias in noun.aliases)} - {name, *noun.aliases}
            for form in (name, *noun.aliases, *sorted(plurals)):
                if self.vocabulary.noun_forms[form] == name:
                    place = places.get(form) if form in plurals else None
                    self._put(Tag.NOUN, form, value=name, plural=form in plurals, place=place)

    def _plain(self) -> None:
        for tag, group in (
            (Tag.BETWEEN, words.BETWEEN),
            (Tag.AMONG, words.AMONG),
            (Tag.INDEFINITE, words.INDEFINITE),
            (Tag.DEFINITE, words.DEFINITE),
            (Tag.NEGATION, words.NEGATIONS),
            (Tag.LINK, words.LINKS),
            (Tag.ROW, words.ROW),
            (Tag.CARRIER, words.CARRIERS),
            (Tag.WHOLE, words.WHOLE),
            (Tag.WEARING, ("wearing", "wears")),
            (Tag.IT, words.IT),
            (Tag.SHADE, words.SHADES),
            (Tag.FILLER, words.FILLER),
        ):
            for phrase in group:
                self._put(tag, phrase)

    def naming(self, nouns: Iterable[str], other: Iterable[str]) -> Lexicon:
        """This lexicon with the names of things that are in a picture, known to the vocabulary or not, and `other`
        words, which are no slips of known ones."""
        more = copy(self)
        new = {noun.lower() for noun in nouns} - set(self.vocabulary.noun_forms)
        forms = [(form, noun) for noun in sorted(new) for form in (noun, f"{noun}s")]
        named = {" ".join(split(form)): Piece(Tag.NOUN, form, noun, plural=form != noun) for form, noun in forms}
        more.phrases = {**self.phrases, **named}
        more.known = self.known | {word for phrase in named for word in phrase.split()} | set(other)
        return more

    def nearest_nouns(self, word: str, count: int = 1, likeness: float = 0.6) -> list[str]:
        """Known nouns spelled most like `word`, best first."""
        forms = self.vocabulary.noun_forms
        close = get_close_matches(word, list(forms), n=3 * count, cutoff=likeness)
        return list(dict.fromkeys(forms[c] for c in close))[:count]

    def mended(self, word: str) -> str | None:
        """The known word one slip away (a letter more, less, changed, or two swapped), not an inflection of it."""
        if len(word) < TYPO_FROM or word in self.known:
            return None
        for known in self._by_start.get(word[0], ()):
            changed = len(word) == len(known) < CHANGED_FROM and sorted(word) != sorted(known)
            inflected = word[:-1] in (known, known[:-1]) and word[-1] != known[-1]  # "cloudy" is no slip for "clouds"
            ending = inflected or known == f"{word}s"
            if not changed and not ending and one_slip(word, known):
                return known
        return None

    def read(self, text: str) -> tuple[list[Piece], list[str]]:
        """The phrases of `text` and notes on mended words."""
        tokens, starts = _in_parts(words.SLIPS.get(word, word) for word in split(text))
        notes: list[str] = []
        for index, word in enumerate(tokens):
            better = self.mended(word)
            if better is not None:
                notes.append(f"Read '{word}' as '{better}'.")
                tokens[index] = better
        pieces: list[Piece] = []
        at = 0
        while at < len(tokens):
            piece, taken = self._match(tokens, at, starts)
            if at in starts and _parts(pieces[-1:], starts[at], piece):
                pieces.append(Piece(Tag.BREAK, ","))
            pieces.append(piece)
            at += taken
        counts = (read_as(piece.text, piece.number) for piece in pieces if piece.tag is Tag.COUNT)
        return pieces, [*notes, *(note for note in counts if note)]

    def in_commas(self, text: str) -> str:
        """The text with commas for the ends of lines between things: "a fox|a castle" is "a fox, a castle"."""
        first, *rest = re.split(r"(\s*[\n\t|]\s*)", text)
        for mark, part in zip(rest[::2], rest[1::2], strict=True):
            before, after = self.read(first)[0][-1:], self.read(part)[0]
            named = next((piece for piece in after if piece.tag not in (*_ADJECTIVES, *_ARTICLES)), None)
            things = before and named is not None and before[0].tag is named.tag is Tag.NOUN
            first += f", {part}" if things else f"{mark}{part}"
        return first

    def _match(self, tokens: list[str], at: int, starts: Mapping[int, str]) -> tuple[Piece, int]:
        """The phrase at `at` and its length. No noun goes over the start of a part: "a hot", "dog"."""
        if tokens[at] in BREAKS:
            return Piece(Tag.BREAK, tokens[at]), 1
        for size in range(min(LONGEST, len(tokens) - at), 0, -1):
            found = self.phrases.get(" ".join(tokens[at : at + size]))
            if found is None and size == 2 and len(tokens[at + 1]) > 1:  # "dog's" is no plural
                found = self._written_apart("".join(tokens[at : at + 2]))
            if found is not None and not (found.tag is Tag.NOUN and starts.keys() & {*range(at + 1, at + size)}):
                return found, size
        word = tokens[at]
        number = number_of(word)
        if number is not None:
            return Piece(Tag.COUNT, word, number=number), 1
        return Piece(Tag.UNKNOWN, word, word), 1

    def _written_apart(self, joined: str) -> Piece | None:
        """ "under water" for "underwater", "sun flower" for "sunflower"."""
        found = self.phrases.get(joined)
        return found if found is not None and found.tag in (Tag.NOUN, Tag.PLACE) else None


SLASH, LINE = "/", "\n"  # what parts things and stands for nothing itself
BREAKS = {",", ".", ";", ":", "!", "?", "(", ")", SLASH, LINE}
_TOKEN = re.compile(rf"{NUMERAL}|[^\W_]+|[,.;:!?()/\n\t|]")
_ADJECTIVES = (Tag.COLOR, Tag.SIZE, Tag.SHADE)
_ARTICLES = (Tag.INDEFINITE, Tag.DEFINITE, Tag.COUNT)
_MIDST = (Tag.RELATION, Tag.BETWEEN, Tag.AMONG, Tag.WEARING, Tag.LINK, Tag.FILLER, Tag.BREAK)


def split(text: str) -> list[str]:
    """Lower-case words and stops; hyphens and apostrophes part words, so "pixel-art" is "pixel art"."""
    tokens = _TOKEN.findall(unicodedata.normalize("NFKC", spelled(text)).lower())
    return [LINE if token in ("\t", "|") else token for token in tokens]


def wordless(text: str) -> bool:
    """Whether it has no word and no number."""
    return BREAKS.issuperset(split(text))


def _in_parts(tokens: Iterable[str]) -> tuple[list[str], dict[int, str]]:
    """The words and stops, and before which of them a slash or the end of a line stands."""
    kept: list[str] = []
    starts: dict[int, str] = {}
    for token in tokens:
        if token in (SLASH, LINE):
            starts[len(kept)] = token
        else:
            kept.append(token)
    return kept, starts


def _parts(before: Sequence[Piece], by: str, after: Piece) -> bool:
    """Whether a slash or the end of a line parts things there as a comma does. A sentence may be wrapped anywhere, and
    a slash has other uses: "b/w", "a fox / watercolor /"."""
    if not before or after.tag in _MIDST or before[0].tag in (*_MIDST, *_ARTICLES, Tag.NEGATION):
        return False
    if by == SLASH:
        return before[0].tag is after.tag is Tag.NOUN
    return before[0].tag not in _ADJECTIVES or after.tag in _ARTICLES


@lru_cache(maxsize=8)
def _lexicon(key: str, styles: tuple[str, ...]) -> Lexicon:
    return Lexicon(Vocabulary.model_validate_json(key), styles)


def lexicon(vocabulary: Vocabulary, styles: tuple[str, ...]) -> Lexicon:
    """The lexicon of a vocabulary and style phrases; kept, since building one takes a while."""
    return _lexicon(vocabulary.model_dump_json(), styles)


def one_slip(a: str, b: str) -> bool:
    """Whether one insertion, deletion, substitution or swap of neighbours turns `a` into `b` (a ≠ b)."""
    if abs(len(a) - len(b)) > 1 or a == b:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    rest_a, rest_b = a[start:], b[start:]
    swapped = rest_a[:2] == rest_b[1::-1] and rest_a[2:] == rest_b[2:] and len(rest_b) >= 2
    return rest_a[1:] == rest_b[1:] or rest_a[1:] == rest_b or rest_a == rest_b[1:] or swapped
