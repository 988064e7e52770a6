"""How what a text names stands together: lists, relations and the pronouns in them, what is said of some of several."""

from __future__ import annotations

from dataclasses import replace

from mepg_agent.planning.lexer import Lexicon, Piece, Tag
from mepg_agent.planning.lookahead import at_or_none, means_place, noun_phrase_head, objects_end, subject_follows
from mepg_agent.planning.reading import Pending, Phrase, Reading, Thing
from mepg_agent.planning.words import BOTH_SIDES, EACH, ITS, ONES
from mepg_agent.scene import RelationKind


class Standing:
    """The reading under way: what was named last, what it is joined to, and the relation that waits for its end."""

    def __init__(self, lexicon: Lexicon, pieces: list[Piece], notes: list[str]) -> None:
        self.lexicon = lexicon
        self.pieces = pieces
        self.reading = Reading(notes=notes)
        self._phrase = Phrase()
        self._pending: Pending | None = None
        self._group: list[int] = []  # things joined by "and" just now
        self._open = False  # the list may go on
        self._again = False  # it lists things that were named before
        self._joined = ""  # what stood between the last two things: "and", ","
        self._after = ""  # what was read last: "thing", "place", "break", "link", ""
        self._negated = False
        self._related: list[int] = []  # whose relation was said last
        self._rest: int | None = None  # what is left of several of which some were described

    def _add(self, thing: Thing, joined: str | None = None) -> None:
        self.reading.things.append(thing)
        if thing.count > 1:
            self._rest = None  # "one" is one of these from now on
        if joined is not None:
            self._joined, self._after = joined, "link"
        self._enter(len(self.reading.things) - 1)

    def _enter(self, index: int, again: bool = False) -> None:
        """A thing has just been named: it ends a relation that waits for it, or joins the list under way."""
        pending = self._pending
        listed = (
            self._open and self._after in ("link", "break") and self._joined in ("and", ",") and again == self._again
        )
        if pending is not None:
            self._fill(pending, index)
        self._group = [*self._group, index] if listed and pending is None else [index]
        self._open, self._again = pending is None, again
        self._after = "thing"

    def _close_phrase(self) -> None:
        """A phrase ends without a noun: "the dog is red" describes the dog, "a fox and a red" nothing."""
        phrase, self._phrase = self._phrase, Phrase()
        if phrase.count == 0 or not (phrase.described or phrase.spot or phrase.depth) or not self._group:
            return
        counts = [thing.count if thing.noun else 0 for thing in self.reading.things]
        if phrase.count is None:
            self.reading.describe(self._group[-1], phrase)
        elif phrase.count == sum(counts[i] for i in self._group) > 1:  # "a fox and a dog, both red"
            for index in self._group:
                self.reading.describe(index, phrase)
        else:  # "two dogs, one red and one blue"
            several = [i for i, count in enumerate(counts) if count > phrase.count]
            self._part([self._group[-1], *several, *self._of_rest(phrase.count)][-1], phrase)

    def _part(self, index: int, phrase: Phrase) -> None:
        self._rest = self.reading.part(index, phrase)
        if self._rest is not None:
            self._group = [*(i for i in self._group if i != index), index, self._rest]

    def _of_rest(self, count: int) -> list[int]:
        """What is left of several, where it is at least so many."""
        rest = self._rest
        return [rest] if rest is not None and self.reading.things[rest].count >= count else []

    def _some_of(self, last: int, count: int) -> int | None:
        """Several of which "a big one" may be so many: "two dogs, a big one"; None for "a dog and a big one"."""
        several = [last] if self._after == "break" and self.reading.things[last].count > count else []
        return next(iter(self._of_rest(count) or several), None)

    def _meant(self, named: list[int], phrase: Phrase) -> int | None:
        """What "the big one" is: of a kind of which there are several, if it fits, else of the kind named last."""
        things = [self.reading.things[i] for i in reversed(named)]
        nouns = [thing.noun or "" for thing in things for _ in range(thing.count)]
        kinds = dict.fromkeys((*(noun for noun in nouns if nouns.count(noun) > 1), *nouns))
        return next((at for noun in kinds if (at := self.reading.mentioned(noun, phrase)) is not None), None)

    def _relation(self, piece: Piece, at: int) -> None:
        if self._after == "link" and self._phrase.described and not self._group:
            self._phrase = Phrase()
        counted = self._last_so_many(self._phrase.count or 0) if not self._phrase.described else []
        self._close_phrase()
        self._negated = False
        ahead = at if piece.value == ITS else noun_phrase_head(self.pieces, at + 1)
        following = at_or_none(self.pieces, ahead) if ahead > at else None
        if piece.tag is Tag.AMONG or (following is not None and self._is_setting(following, ahead)):
            return
        kind = RelationKind.ON if piece.tag is Tag.WEARING else piece.kind
        end = ahead if piece.tag is not Tag.BETWEEN else objects_end(self.pieces, ahead)
        comma = not self.reading.things or following is None
        fronted = self._after != "thing" and subject_follows(self.pieces, end, comma)
        if not fronted and not self._group:
            return
        subjects = [] if fronted else list(self._group) if self._joined == "and" else self._group[-1:]
        if kind in (RelationKind.LEFT_OF, RelationKind.RIGHT_OF):  # "a cat on the left and a dog right of a house"
            subjects = [i for i in subjects if i == subjects[-1] or not self.reading.things[i].spot]
        subjects = counted if counted and not fronted else subjects
        if not fronted and at and self.pieces[at - 1].text == "and" and self._related:
            subjects = list(self._related)  # "a dog left of a cat and right of a fox"
        flanking = piece.text in BOTH_SIDES
        if flanking and self.pieces[at - 1].text in ONES:  # "two trees beside a house, one on each side"
            return
        self._pending = Pending(
            kind,
            subjects,
            fronted=fronted,
            reverse=piece.tag is Tag.WEARING,
            each=any(p.text in EACH for p in self.pieces[at + 1 : ahead]),
            apiece=bool(at) and self.pieces[at - 1].text in EACH,
            flanking=flanking,
        )
        if following is None or following.tag not in (Tag.NOUN, Tag.UNKNOWN, Tag.IT):
            self._it(True)

    def _last_so_many(self, count: int) -> list[int]:
        """The things named last that are so many: "a fish left of an octopus, both below a ship"; none for one."""
        found: list[int] = []
        for index in reversed(range(len(self.reading.things))):
            if sum(self.reading.things[i].count for i in found) >= count:
                break
            found.insert(0, index)
        return found if count == sum(self.reading.things[i].count for i in found) > 1 else []

    def _is_setting(self, piece: Piece, at: int) -> bool:
        """Whether a preposition before `piece` says where or when the picture is, not how a thing stands."""
        return piece.tag in (Tag.PLACE, Tag.TIME) or bool(piece.place and means_place(self.pieces, at, False))

    def _it(self, many: bool = False) -> None:
        """The pronoun, or an object left unsaid: what was named before the subjects. `many`: several may be meant."""
        pending = self._pending
        if pending is None:
            return
        named = range(len(self.reading.things))
        candidates = [i for i in named if i < min(pending.subjects, default=len(named))]
        if many and pending.kind is None:
            self._between_them(pending, candidates)
            return
        candidates = candidates or [i for i in named if i not in pending.subjects]
        at_place = self.reading.place is not None and pending.kind in (RelationKind.ON, RelationKind.INSIDE)
        if not candidates and len(pending.subjects) > 1 and not at_place:  # "a castle and a dragon above it"
            candidates, pending.subjects = pending.subjects[:1], pending.subjects[1:]
        if not candidates:
            self._pending = None
            return
        self._open = False  # who was related to it is no part of a list that goes on
        self._fill(pending, self.reading.antecedent(candidates))

    def _between_them(self, pending: Pending, before: list[int]) -> None:
        """What it is between was named before it: "a house and a tree with a fox between them"."""
        listed = len(pending.subjects) > 2 or not before  # "a house, a tree and a fox between them"
        if listed and not pending.fronted:
            *before, last = pending.subjects
            pending.subjects = [last]
        pair = before[-1:] if before and self.reading.things[before[-1]].count > 1 else before[-2:]
        pending.objects, self._open = pair, False
        if not pair:
            self._pending = None
        elif not pending.fronted:
            self._pending = None
            self._connect(pending)

    def _fill(self, pending: Pending, index: int) -> None:
        if pending.fronted and self._full(pending):
            pending.subjects = [index]
        else:
            pending.objects.append(index)
            if pending.fronted or not self._full(pending):
                return
        self._pending = None
        self._connect(pending)

    def _full(self, pending: Pending) -> bool:
        """Whether all its objects were named: one, or of "between" two, or several of a kind."""
        objects = pending.objects
        single = len(objects) == 1 and self.reading.things[objects[0]].count == 1
        return bool(objects) and not (pending.kind is None and single)

    def _connect(self, pending: Pending) -> None:
        objects = pending.objects
        self._related = pending.subjects
        if pending.each:
            self.reading.each |= set(objects)
            self._as_many(pending.subjects, objects)
        elif pending.apiece:
            self._as_many(objects, pending.subjects)
        if pending.flanking:
            first, last = pending.subjects[0], pending.subjects[-1]
            if first == last and self.reading.things[first].count == 1:
                self.reading.things[first] = replace(self.reading.things[first], count=2)
            self.reading.between.append((objects[0], first, last))
            return
        for subject in pending.subjects:
            if subject in objects and len(pending.subjects) > 1:
                continue  # "a house, a tree and a fox between the house and the tree": the fox
            if pending.kind is None:
                self.reading.between.append((subject, objects[0], objects[-1]))
            elif pending.reverse:
                self.reading.links.append((objects[0], pending.kind, subject))
            else:
                self.reading.links.append((subject, pending.kind, objects[0]))

    def _as_many(self, few: list[int], many: list[int]) -> None:
        """Each of the first becomes as many as there are of the others."""
        things = self.reading.things
        for index in few:
            if things[index].count == 1:
                things[index] = replace(things[index], count=max(things[i].count for i in many))

    def _stands(self, index: int) -> str | None:
        noun = self.reading.things[index].noun
        known = self.lexicon.vocabulary.nouns.get(noun or "")
        return known.stands if known else None
