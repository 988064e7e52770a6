"""One clean English sentence for a whole scene: what the shared prompt of a picture says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mepg_agent.english import article, place_words
from mepg_agent.portfolio import Vocabulary
from mepg_agent.scene import Region, Relation, RelationKind, ScenePlan

LONGEST = 600  # characters of a global prompt
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
SPOTS = {"center": "in the middle", "front": "in the foreground", "back": "in the background"}
_SIDES = (RelationKind.LEFT_OF, RelationKind.RIGHT_OF)


def scene_sentence(plan: ScenePlan, vocabulary: Vocabulary | None, spots: Mapping[str, str] | None = None) -> str:
    """Everything the plan says in words: "a watercolor fox to the left of a castle and a full moon at the top right, at
    night". Regions of the same words count as one ("two dogs"). `spots` are parts of the canvas by region id, where the
    person named one. At most 600 characters: of a longer sentence the relations are left out, then the last things.
    """
    groups = _groups(plan, spots or {})
    setting = place_words(plan.background, plan.time)
    style = f"{plan.style} style" if plan.style else ""
    for relations in (plan.relations, ()):
        phrases = _phrases(groups, relations, vocabulary, spots or {})
        while True:
            sentence = _joined(phrases, setting, style)
            if len(sentence) <= LONGEST:
                return sentence
            if relations or not phrases:
                break
            phrases = phrases[:-1]
    return _joined([], setting, "")[:LONGEST]


def _joined(phrases: Sequence[str], setting: str, style: str) -> str:
    things = _listed(phrases)
    scene = f"{things} {setting}".strip() if things else setting.removeprefix("on ").removeprefix("in ")
    return ", ".join(p for p in (scene or "an empty scene", style) if p)


def _groups(plan: ScenePlan, spots: Mapping[str, str]) -> list[list[Region]]:
    """Regions of the same words, in the order of the first of each."""
    groups: dict[tuple[str, str | None, str | None], list[Region]] = {}
    for region in plan.regions:
        groups.setdefault((region.prompt, region.style, spots.get(region.id)), []).append(region)
    return list(groups.values())


def _phrases(
    groups: list[list[Region]],
    relations: Sequence[Relation],
    vocabulary: Vocabulary | None,
    spots: Mapping[str, str],
) -> list[str]:
    home = {region.id: index for index, group in enumerate(groups) for region in group}
    links = list(dict.fromkeys((home[r.subject], r.kind, home[r.object]) for r in relations))
    named: set[int] = set()
    phrases: list[str] = []

    def named_as(index: int) -> str:
        first = index not in named
        named.add(index)
        if not first:
            return f"the {_bare(groups[index], vocabulary)}"
        spot = spots.get(groups[index][0].id)
        return _group_words(groups[index], vocabulary) + (f" {_spot(spot)}" if spot else "")

    index = 0
    while index < len(groups):
        own = _own(index, links)
        alike = [index]  # "a fox, a dog and a cat in front of a house"
        while own and alike[-1] + 1 < len(groups) and alike[-1] + 1 not in named and _own(alike[-1] + 1, links) == own:
            alike.append(alike[-1] + 1)
        index = alike[-1] + 1
        if alike[0] in named and not own:
            continue
        start = _listed([named_as(i) for i in alike])
        tails = [f"{words} {_listed([named_as(o) for o in others])}" for words, others in own]
        phrases.append(f"{start} {' and '.join(tails)}" if tails else start)
    return phrases


def _own(index: int, links: Sequence[tuple[int, RelationKind, int]]) -> list[tuple[str, list[int]]]:
    """What a group's relations say: ("to the left of", [other]), or ("between", [one, other])."""
    own = [(kind, other) for subject, kind, other in links if subject == index and other != index]
    right = [other for kind, other in own if kind is RelationKind.RIGHT_OF]
    left = [other for kind, other in own if kind is RelationKind.LEFT_OF]
    if right and left:
        rest = [(str(kind), [other]) for kind, other in own if kind not in _SIDES]
        return [("between", list(dict.fromkeys((right[0], left[0])))), *rest]
    return [(f"to the {kind}" if kind in _SIDES else str(kind), [other]) for kind, other in own]


def _listed(phrases: Sequence[str]) -> str:
    return ", ".join(phrases[:-1]) + (" and " if len(phrases) > 1 else "") + phrases[-1] if phrases else ""


def _spot(spot: str) -> str:
    return SPOTS.get(spot, f"at the {spot}")


def _group_words(group: list[Region], vocabulary: Vocabulary | None) -> str:
    bare = _bare(group, vocabulary)
    if len(group) == 1:
        return group[0].prompt if not group[0].style else article(bare)
    number = NUMBERS[len(group)] if len(group) < len(NUMBERS) else str(len(group))
    return f"{number} {bare}"


def _bare(group: list[Region], vocabulary: Vocabulary | None) -> str:
    """The phrase without its article, in the plural where there are several: "watercolor red foxes"."""
    region = group[0]
    words = region.prompt.split()
    text = " ".join(words[1:]) if words[0] in ("a", "an", "the") and len(words) > 1 else region.prompt
    if len(group) > 1:
        noun = vocabulary.nouns.get(region.noun) if vocabulary else None
        plural = noun.plural if noun else f"{region.noun}s"
        text = text.replace(region.noun, plural, 1) if region.noun in text else text
    return f"{region.style} {text}" if region.style else text


def phrase(noun: str, color: str | None, detail: str | None) -> str:
    """ "fox", "red", "sleepy" -> "a sleepy red fox"; `~` in a detail stands for colour and noun."""
    pattern = detail if detail and "~" in detail.split() else f"{detail or ''} ~"
    named = f"{color} {noun}" if color else noun
    return article(" ".join(pattern.replace("~", named, 1).split()))
