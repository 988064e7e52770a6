"""Contact sheets."""

from __future__ import annotations

from PIL import Image, ImageDraw


def grid(images: list[Image.Image], labels: list[str], columns: int = 6) -> Image.Image:
    """Pictures of one size with their captions under them."""
    width, height = images[0].size
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (columns * (width + 6), rows * (height + 18)), "white")
    draw = ImageDraw.Draw(sheet)
    for i, (image, label) in enumerate(zip(images, labels, strict=True)):
        x, y = i % columns * (width + 6), i // columns * (height + 18)
        sheet.paste(image, (x, y))
        draw.text((x + 2, y + height + 2), label[: width // 6], fill="black")
    return sheet


def stacked(rows: list[Image.Image]) -> Image.Image:
    """Pictures of one width, one below the other."""
    sheet = Image.new("RGB", (rows[0].width, sum(row.height for row in rows)))
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    return sheet
