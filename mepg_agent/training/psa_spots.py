"""Parts of the picture, in words."""

from __future__ import annotations

from mepg_agent.training.psa_pool import Pool, extended


def _side(side: str) -> Pool:
    return Pool(
        (
            f"on the {side}", f"at the {side}", f"on the {side} side", f"in the {side} third", f"to the {side}",
            f"on the far {side}", f"at the {side}-hand side", f"close to the {side} edge", f"{side}most",
            f"in the {side} half", f"[all the way|far|more|off|a bit] to the {side}", f"[far|further] {side}",
            f"at the {side} edge", f"on the {side} [half|part|third] of the [picture|image|canvas|page]",
            f"at the {side} border", f"on the {side} hand side", f"in the {side} part",
            f"near the {side} [side|border|edge|margin]", f"{side} of [center|the middle|centre]",
            f"by the {side} edge", f"on the outer {side}", f"at [far|extreme] {side}", f"towards the {side}",
            f"in the {side} area", f"on the {side} of the [picture|image|canvas|scene|frame]", f"on the very {side}",
            f"{side} side", f"{side}-aligned", f"against the {side} border",
            f"along the {side} edge", f"over on the {side}-hand side",
        ),
        (
            f"hugging the {side} edge", f"over by the {side} border", f"in the {side}-hand half of the image",
            f"not far from the {side} edge",
        ),
    )  # fmt: skip


def _corner(end: str, side: str) -> Pool:
    words = {"top": ("upper", "high up", "up top", "up"), "bottom": ("lower", "low down", "down below", "down")}
    rim, far, vague, up = words[end]
    return Pool(
        (
            f"in the {end} {side} corner", f"in the {rim} {side}", f"{end} {side}", f"at the {end} {side}",
            f"in the {rim} {side} corner", f"in the {end} {side}", f"{rim} {side}", f"at the {rim} {side}",
            f"{end}-{side}", f"in the {end}-{side} [corner|area|part]", f"in the {rim} {side}-hand corner",
            f"in the {side} {rim} corner", f"{end} {side} [corner|area|of the picture]",
            f"near the {end} {side} corner", f"in the corner at the {end} {side}", f"at the {end} on the {side}",
            f"[towards|close to|into] the {rim} {side}", f"on the {side} at the {end}", f"{far} on the {side}",
            f"in the {side} part of the {end}", f"in the {rim} {side} [third|quarter|quadrant|part|area]",
            f"on the {rim} {side}", f"at the {end}, on the {side} side", f"{end}, {side}",
            f"in the {side} corner {vague}",
        ),
        (
            f"tucked into the {rim} {side} corner", f"{up} in the {side} corner", f"all the way {up} on the {side}",
            f"where the {side} side meets the {end}",
        ),
    )  # fmt: skip


SPOTS: dict[str, Pool] = extended({
    "left": _side("left"),
    "right": _side("right"),
    "center": Pool(
        (
            "in the center", "in the middle", "at the centre", "in the centre of the picture", "centered",
            "dead center", "right in the middle", "at the center", "at the center of the [image|picture|canvas|scene]",
            "in the [exact|very] [middle|center]", "in the middle of the [picture|image|canvas|scene|page|frame]",
            "in the central part", "[placed |]centrally", "at the heart of the picture", "in the middle area",
            "halfway across", "at the midpoint", "as the centerpiece",
            "smack in the middle", "taking center stage",
        ),
        ("bang in the middle", "equally far from every edge", "right where the center is"),
    ),
    "top left": _corner("top", "left"),
    "top right": _corner("top", "right"),
    "bottom left": _corner("bottom", "left"),
    "bottom right": _corner("bottom", "right"),
    "top": Pool(
        (
            "at the top", "up at the top", "in the upper part", "close to the top edge", "in the upper half",
            "at the [very |]top of the [picture|image|canvas|page]", "[right |]at the top edge",
            "in the upper [third|area|half of the picture]", "high up", "near the top", "towards the top",
            "near the upper [border|edge]", "in the top [part|half|third]", "at the upper [edge|border|end]",
            "on top of the picture", "topmost", "up high in the picture", "under the upper border",
            "along the top edge",
        ),
        ("way up high in the image", "up against the top edge", "close under the top edge"),
    ),
    "bottom": Pool(
        (
            "at the bottom", "down at the bottom", "in the lower part", "close to the bottom edge",
            "at the [very |]bottom of the [picture|image|canvas|page]", "[right |]at the bottom edge",
            "in the lower [third|area|half|half of the picture]", "low down", "near the bottom",
            "[all the way |]down at the bottom", "towards the bottom", "near the lower [border|edge]",
            "in the bottom [part|half|third]", "at the lower [edge|border|end]", "lowermost", "down low in the picture",
            "above the lower border",
            "along the bottom edge",
        ),
        ("right by the bottom edge", "down against the bottom edge", "way down low in the image"),
    ),
}, "spots", "spots")  # fmt: skip
