"""A plan drawn as SVG: one labelled box a region, farthest first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import wrap
from xml.sax.saxutils import escape

from mepg_agent.scene import Region, ScenePlan

PER_ROW, GAP, CAPTION = 4, 24, 100  # of a page of layouts; SVG units
LINES, LETTERS = 4, 68  # of a caption
WIDTH = 640  # of the drawing, in SVG units; the height follows the canvas
# Okabe and Ito's palette without its black: tells boxes apart for colour-blind readers as well.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#B59F00")
NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # characters XML 1.0 cannot hold


def layout_svg(plan: ScenePlan) -> str:
    """SVG text of the layout. Regions keep their colour by their place in the plan, whatever their depth."""
    height = WIDTH * plan.extent.height / plan.extent.width
    scene = " · ".join(filter(None, (plan.background, plan.time, plan.style)))
    order = sorted(enumerate(plan.regions), key=lambda pair: pair[1].z)
    boxes = "\n".join(_box(region, COLORS[index % len(COLORS)], height) for index, region in order)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" height="{height:g}"'
        ' font-family="sans-serif" font-size="14">\n'
        f"<title>{_text(plan.prompt)}</title>\n"
        f'<rect width="{WIDTH}" height="{height:g}" fill="#ffffff" stroke="#444444"/>\n'
        f'<text x="8" y="{height - 8:g}" fill="#444444">{_text(scene)} · {plan.extent}</text>\n'
        f"{boxes}\n</svg>\n"
    )


def layouts_page(plans: Sequence[ScenePlan]) -> str:
    """SVG text of several layouts in rows of PER_ROW, each under its prompt."""
    tall = max((WIDTH * p.extent.height / p.extent.width for p in plans), default=WIDTH) + CAPTION
    cells: list[str] = []
    for index, plan in enumerate(plans):
        x, y = index % PER_ROW * (WIDTH + GAP), index // PER_ROW * (tall + GAP)
        lines = wrap(plan.prompt, LETTERS)[:LINES]
        words = "".join(f'<tspan x="4" dy="22">{_text(line)}</tspan>' for line in lines)
        drawing = layout_svg(plan).replace("<svg ", f'<svg y="{CAPTION}" ', 1)
        cells.append(f'<g transform="translate({x:g} {y:g})"><text y="4" font-size="18">{words}</text>\n{drawing}</g>')
    wide, high = PER_ROW * (WIDTH + GAP), -(-len(plans) // PER_ROW) * (tall + GAP)
    rows = "\n".join(cells)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high:g}" font-family="sans-serif">\n'
        f'<rect width="{wide}" height="{high:g}" fill="#ffffff"/>\n{rows}\n</svg>\n'
    )


def _box(region: Region, color: str, height: float) -> str:
    box = region.box
    x, y = box.x * WIDTH, box.y * height
    label = f"{region.id} (z {region.z})"
    style = " · ".join(filter(None, (region.style, region.expert and f"expert {region.expert}")))
    return (
        f'<g fill="{color}">'
        f'<rect x="{x:g}" y="{y:g}" width="{box.width * WIDTH:g}" height="{box.height * height:g}"'
        f' fill-opacity="0.15" stroke="{color}" stroke-width="2"/>'
        f'<text x="{x + 6:g}" y="{y + 18:g}" font-weight="bold">{_text(label)}</text>'
        f'<text x="{x + 6:g}" y="{y + 36:g}">{_text(region.prompt)}</text>'
        f'<text x="{x + 6:g}" y="{y + 54:g}">{_text(style)}</text></g>'
    )


def _text(words: str) -> str:
    return escape(NOT_XML.sub("", words))
