"""From the words for a style to the expert that draws it, with the reason. Pure: needs only the experts' cards.

Exact names first, then trigger phrases, then likeness of words: TF-IDF weights (Spärck Jones, J. Documentation 28(1),
1972) over word stems and letter groups, cosine for short fields (title, triggers), share covered for the whole card.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log, sqrt

from mepg_agent.portfolio import Expert, Found
from mepg_agent.records import Remark, Severity
from mepg_agent.scene import Frozen, Region, ScenePlan

THRESHOLD = 0.42  # likeness below which no card is near; see tests/test_routing.py for what it separates
LETTERS = 4  # length of the letter groups that let "watercolour" meet "watercolor"
LETTER_WEIGHT = 0.5  # of a letter group against a whole word
_EMPTY = {"style", "styles", "like", "look", "looking", "in", "a", "an", "the", "of", "as", "and", "with", "on", "for"}
_EMPTY |= {"to", "by", "is", "are", "at", "art", "picture", "image", "drawing", "drawn", "made", "very", "kind", "or"}
_EMPTY |= {"old", "new", "bright", "dark", "light", "color", "colour", "colors", "colours", "colored", "coloured"}
_EMPTY |= {"small", "large", "low", "high", "few", "many", "fine", "nice", "beautiful", "simple"}
_EMPTY |= {"effect", "that", "this", "it", "its", "from", "into", "over", "some", "painted"}


class Route(Frozen):
    """Who draws a style. `expert` None is the base model; `style` is the word to write into the prompt."""

    expert: str | None
    style: str | None
    reason: str  # "watercolor: the words 'soft wash' are nearest to its card"
    runner_up: str | None = None  # the likest other card, where any is like the phrase at all


@dataclass(frozen=True)
class _Card:
    """What is known of an expert, or of a look of the base model (`expert` None)."""

    name: str
    expert: str | None
    fields: tuple[str, ...]  # title and triggers
    text: str  # these and the description


def route(phrase: str, experts: Mapping[str, Found[Expert]], looks: tuple[str, ...] = ()) -> Route:
    """The expert for a style phrase: by id, by trigger phrase (whole, then inside the phrase), by likeness to cards.

    `looks` are the styles that the base model itself knows by name; one of these routes to no expert and is written as
    it is. A phrase near to nothing routes to the base model with the person's own words.
    """
    cards = _cards(experts, looks)
    said, near = _key(phrase), _nearest(phrase, cards)
    for card in cards:
        if said == _key(card.name):
            return _to(card, experts, f"{card.name}: named exactly", near)
    for card in cards:
        if said and said in {_key(f) for f in card.fields}:
            return _to(card, experts, f"{card.name}: '{phrase}' is one of its trigger phrases", near)
    contained = [
        (len(_key(f)), -i, c, f) for i, c in enumerate(cards) for f in (c.name, *c.fields) if _within(f, phrase)
    ]
    if contained:
        *_, card, field = max(contained, key=lambda found: found[:2])
        return _to(card, experts, f"{card.name}: the phrase holds its words '{field}'", near)
    if not near or near[0][0] < THRESHOLD:
        none = f"no card is near '{phrase}'; the base model draws it from the words"
        return Route(expert=None, style=phrase, reason=none, runner_up=near[0][1].name if near else None)
    best = near[0][1]
    return _to(best, experts, f"{best.name}: the {_shared_words(phrase, best)} nearest to its card", near)


def route_plan(
    plan: ScenePlan, experts: Mapping[str, Found[Expert]], looks: tuple[str, ...] = ()
) -> tuple[ScenePlan, tuple[Remark, ...]]:
    """The plan with an expert for every region that names a style, and each choice in words.

    Regions that already name an expert keep it. A style that a look or the picture's expert goes by is rewritten to its
    word, since the picture's style and looks are named by word; other styles stay as the person said them.
    """
    remarks: list[Remark] = []
    changed: list[Region] = []
    for region in plan.regions:
        if region.style is None or region.expert is not None:
            continue
        found = route(region.style, experts, looks)
        remarks.append(_remark(found, (region.id,)))
        style = region.style if found.expert is not None else found.style
        changed.append(Region.model_validate({**dict(region), "expert": found.expert, "style": style}))
    plan = plan.with_regions(changed)
    if plan.style is not None:
        found = route(plan.style, experts, looks)
        remarks.append(_remark(found, ()))
        plan = plan.replaced(style=found.expert if _is_shared(found, experts) else found.style)
    return plan, tuple(remarks)


def _is_shared(found: Route, experts: Mapping[str, Found[Expert]]) -> bool:
    """Whether the word of the chosen expert is another one's as well, so that only its id tells who draws."""
    word = (found.style or "").casefold()
    others = (e.item for i, e in experts.items() if i != found.expert)
    return found.expert is not None and any(word in (e.id, *(t.casefold() for t in e.triggers)) for e in others)


def _remark(found: Route, regions: tuple[str, ...]) -> Remark:
    who = regions[0] if regions else "the whole picture"
    runner_up = f" (next nearest: {found.runner_up})" if found.runner_up else ""
    return Remark(severity=Severity.NOTE, about="routing", regions=regions, message=f"{who}: {found.reason}{runner_up}")


def _cards(experts: Mapping[str, Found[Expert]], looks: tuple[str, ...]) -> list[_Card]:
    items = [experts[i].item for i in sorted(experts)]
    cards = [
        _Card(e.id, e.id, (e.title, *e.triggers), " ".join((e.id, e.title, *e.triggers, e.description))) for e in items
    ]
    return [*cards, *(_Card(look, None, (look,), look) for look in looks)]


def _to(card: _Card, experts: Mapping[str, Found[Expert]], reason: str, near: list[tuple[float, _Card]]) -> Route:
    runner_up = next((other.name for _, other in near if other is not card), None)
    if card.expert is None:
        return Route(expert=None, style=card.name, reason=f"{reason}; the base model draws it", runner_up=runner_up)
    triggers = experts[card.expert].item.triggers
    return Route(expert=card.expert, style=triggers[0] if triggers else card.expert, reason=reason, runner_up=runner_up)


def _nearest(phrase: str, cards: list[_Card]) -> list[tuple[float, _Card]]:
    """The cards that are like the phrase at all, the likest first."""
    asked, weights = _features(phrase), _weights(cards)
    scored = [(_likeness(asked, card, weights), card) for card in cards]
    return sorted(((score, card) for score, card in scored if score > 0), key=lambda s: -s[0])


def _shared_words(phrase: str, card: _Card) -> str:
    """ "words 'soft wash' are", of those that the phrase and the card have in common."""
    known = _features(card.text).keys()
    shared = list(dict.fromkeys(w for w in _split(phrase) if _features(w).keys() & known))
    return f"words '{' '.join(shared)}' are" if len(shared) > 1 else f"word '{' '.join(shared)}' is"


def _likeness(asked: Counter[str], card: _Card, weights: Mapping[str, float]) -> float:
    """0..1: the best cosine to a short field, or the share of the phrase that the whole card covers."""
    short = max((_cosine(asked, _features(f), weights) for f in card.fields), default=0.0)
    known = _features(card.text)
    total = sum(_weight(f, weights) for f in asked)
    covered = sum(_weight(f, weights) for f in asked if f in known) / total if total else 0.0
    return max(short, covered)


def _cosine(a: Counter[str], b: Counter[str], weights: Mapping[str, float]) -> float:
    dot = sum(_weight(f, weights) ** 2 for f in a if f in b)
    norm = sqrt(sum(_weight(f, weights) ** 2 for f in a) * sum(_weight(f, weights) ** 2 for f in b))
    return dot / norm if norm else 0.0


def _weight(feature: str, weights: Mapping[str, float]) -> float:
    rare = weights.get(feature, weights[""])
    return rare * (LETTER_WEIGHT if feature.startswith("#") else 1.0)


def _weights(cards: list[_Card]) -> dict[str, float]:
    """Inverse document frequency of every feature; key "" is that of a feature in no card."""
    seen = Counter(feature for card in cards for feature in _features(card.text))
    count = len(cards) + 1
    return {"": log(count + 1), **{feature: log(count / n) + 0.1 for feature, n in seen.items()}}


def _features(text: str) -> Counter[str]:
    """Word stems, and letter groups ("#wate") of the longer ones."""
    features: Counter[str] = Counter()
    for word in _words(text):
        features[word] += 1
        padded = f"^{word}"
        if len(word) > LETTERS:
            features.update(f"#{padded[i : i + LETTERS]}" for i in range(len(padded) - LETTERS + 1))
    return features


def _words(text: str) -> list[str]:
    return [_stem(w) for w in _split(text) if w not in _EMPTY]


def _split(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def _stem(word: str) -> str:
    """Without a plural s: "washes" and "wash" meet, "glass" stays."""
    if len(word) > 4 and word.endswith(("shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _key(text: str) -> str:
    """Case, hyphens, plural and the word "style" do not tell two names apart."""
    return " ".join(_stem(w) for w in _split(text) if w not in ("style", "a", "an", "the", "in"))


def _within(field: str, phrase: str) -> bool:
    key = _key(field)
    return bool(key) and f" {key} " in f" {_key(phrase)} "


def style_words(experts: Iterable[Found[Expert]], looks: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Every phrase that names a style: what a planner and the critic are told. Looks, then ids and trigger phrases."""
    named = (phrase for found in experts for phrase in (found.item.id, *found.item.triggers))
    return tuple(dict.fromkeys((*looks, *named)))
