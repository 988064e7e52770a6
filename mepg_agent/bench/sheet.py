"""Contact sheets."""

from __future__ import annotations

from textwrap import wrap

from PIL import Image, ImageDraw

LINE, LETTER = 14, 6  # pixels of a caption's line, and of one of its letters
LINES = 3  # of a caption at most


def grid(images: list[Image.Image], labels: list[str], columns: int = 6) -> Image.Image:
    """Pictures of one size with their captions under them."""
    width, height = images[0].size
    captions = [wrap(label, width // LETTER, max_lines=LINES, placeholder=" …") for label in labels]
    below = LINE * max(map(len, captions)) + 4
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (columns * (width + 6), rows * (height + below)), "white")
    draw = ImageDraw.Draw(sheet)
    for i, (image, caption) in enumerate(zip(images, captions, strict=True)):
        x, y = i % columns * (width + 6), i // columns * (height + below)
        sheet.paste(image, (x, y))
        for number, line in enumerate(caption):
            draw.text((x + 2, y + height + 2 + number * LINE), line, fill="black")
    return sheet
