"""A contact sheet: the versions of a picture side by side, numbered, with the words that led to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont

from mepg_agent.engine.base import Pixels
from mepg_agent.history import History
from mepg_agent.session import SessionStore

SIDE, GAP, COLUMNS = 256, 16, 4  # pixels, pixels, pictures a row
LETTERS, LINES, LINE = 34, 3, 18  # of a caption: letters a line, lines, pixels a line
FONT = 14  # pixels
PAPER, INK, SHOWN = (250, 250, 248), (30, 30, 30), (200, 60, 30)


@dataclass(frozen=True)
class Cell:
    image: Image.Image
    caption: str
    shown: bool = False  # framed: the version that is shown


def history_sheet(store: SessionStore, session: str, history: History) -> Image.Image:
    """All versions of a session, the shown one framed. Raises BrokenAsset for a picture that is missing."""
    prompt = store.brief(session).prompt
    return contact_sheet(
        [
            Cell(
                small(store.picture(version.render.picture)),
                f"{version.number}. {version.instruction or prompt}",
                shown=version.number == history.head,
            )
            for version in history.versions
        ]
    )


def contact_sheet(cells: Sequence[Cell]) -> Image.Image:
    """At most four in a row, each image (at most 256 pixels wide and high, see `small`) above its caption."""
    columns = min(len(cells), COLUMNS)
    rows = -(-len(cells) // COLUMNS)
    wide, high = SIDE + GAP, SIDE + GAP + LINES * LINE
    sheet = Image.new("RGB", (columns * wide + GAP, rows * high + GAP), PAPER)
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(FONT)
    for number, cell in enumerate(cells):
        left, top = GAP + number % COLUMNS * wide, GAP + number // COLUMNS * high
        sheet.paste(cell.image, (left, top))
        if cell.shown:
            right, bottom = left + cell.image.width, top + cell.image.height
            pen.rectangle((left - 3, top - 3, right + 2, bottom + 2), outline=SHOWN, width=3)
        for line, words in enumerate(caption_lines(cell.caption)):
            pen.text((left, top + SIDE + 4 + line * LINE), words, INK, font)
    return sheet


def small(pixels: Pixels) -> Image.Image:
    """The picture, made to fit a cell."""
    image = Image.fromarray(pixels, "RGB")
    image.thumbnail((SIDE, SIDE))
    return image


def caption_lines(caption: str) -> list[str]:
    """Its words in at most three lines, without anything that cannot be printed."""
    clean = "".join(c if c.isprintable() else " " for c in caption)
    return wrap(clean, LETTERS, max_lines=LINES, placeholder=" …")
