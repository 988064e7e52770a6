"""Fetch the icon sets from the npm registry and pack them as sprites: `python -m mepg_agent.training.icons`.

The result, `train-data/sprites.npz`, holds one RGBA sprite per noun and look. Install, tests and demo never need it.
Licences of the sets stand in `experts/picturebook/CARD.md`.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mepg_agent.errors import BrokenAsset
from mepg_agent.portfolio import Vocabulary, read_vocabulary
from mepg_agent.training.style_fields import blur, edge_strength, grown, kuwahara

FLAT = ("@iconify-json/fluent-emoji-flat", "1.2.6")
# look -> (npm package, version). All from one hand: no expert draws other shapes than its backbone knows
SETS = {
    "cartoon": FLAT,
    "flat": FLAT,
    "glossy": ("@iconify-json/fluent-emoji", "1.2.7"),
    "sticker": FLAT,
    "ink": ("@iconify-json/fluent-emoji-high-contrast", "1.2.6"),
}
SIZE = 160  # pixels of a sprite's longer side, its border included
BORDER = 8  # pixels left free around the art for outlines
CONTOUR = (58, 40, 32)  # a cartoon's dark brown

# hue ranges in degrees; achromatic colours are told apart by value
HUES = (("red", 14), ("orange", 40), ("yellow", 68), ("green", 165), ("blue", 258), ("purple", 292), ("pink", 344))


def fetch(folder: Path) -> None:
    """npm-install the packages of SETS below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text("{}")
    wanted = sorted({f"{package}@{version}" for package, version in SETS.values()})
    try:
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", *wanted], cwd=folder, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise BrokenAsset(f"npm could not fetch the icon sets: {error}.", "Install Node.js and try again.") from error


def _svg(data: dict[str, Any], name: str) -> str:
    while name not in data["icons"]:
        name = data["aliases"][name]["parent"]
    icon = data["icons"][name]
    width, height = (icon.get(k, data.get(k, 16)) for k in ("width", "height"))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width} {height}">{icon["body"]}</svg>'
    )


def rasterise(svg: str) -> Image.Image:
    """The art of one icon, trimmed, fitted into SIZE minus the border, centred."""
    import resvg_py  # only the training extra has it

    inner = SIZE - 2 * BORDER
    art = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg, width=2 * inner, height=2 * inner))))
    art = art.convert("RGBA")
    box = Image.fromarray(np.asarray(art.getchannel("A")) > 8).getbbox()
    if box is None:
        raise BrokenAsset("An icon is empty.", "Pin the icon package to the version named in SETS.")
    art = art.crop(box)
    scale = inner / max(art.size)
    size = (max(round(art.width * scale), 1), max(round(art.height * scale), 1))
    art = art.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    canvas = Image.new("RGBA", (SIZE, SIZE))
    canvas.paste(art, ((SIZE - size[0]) // 2, (SIZE - size[1]) // 2))
    return canvas


def _under(sprite: NDArray[np.uint8], mask: NDArray[np.float64], color: tuple[int, int, int]) -> NDArray[np.uint8]:
    """`sprite` over a flat shape of `color`; `mask` is the shape's coverage, 0..1."""
    top = sprite[..., 3:].astype(float) / 255
    alpha = top + mask[..., None] * (1 - top)
    rgb = (sprite[..., :3] * top + np.array(color) * mask[..., None] * (1 - top)) / np.maximum(alpha, 1e-6)
    return np.concatenate([rgb, alpha * 255], axis=-1).round().clip(0, 255).astype(np.uint8)


def dress(sprite: NDArray[np.uint8], look: str) -> NDArray[np.uint8]:
    """What makes a look unmistakable: dark contours, a sticker's border, gloss, white paper under ink."""
    alpha = sprite[..., 3].astype(float) / 255
    if look == "cartoon":
        return _under(_contoured(sprite, alpha), grown(alpha >= 0.5, 6), CONTOUR)
    if look == "sticker":
        paper = _under(sprite, grown(np.asarray(ndimage.binary_fill_holes(alpha > 0.5)), 6), (255, 255, 255))
        return _under(paper, grown(paper[..., 3] > 127, 2), (176, 180, 188))
    if look == "ink":
        closed = ndimage.binary_closing(np.pad(alpha > 0.5, 8), iterations=4)[8:-8, 8:-8]
        return _under(sprite, grown(np.asarray(ndimage.binary_fill_holes(closed)), 2), (255, 255, 255))
    if look == "glossy":
        return _gloss(sprite, alpha)
    return sprite


def _contoured(sprite: NDArray[np.uint8], alpha: NDArray[np.float64]) -> NDArray[np.uint8]:
    """`sprite` with dark lines where two of its colours meet."""
    inside = alpha > 0.5
    art = np.where(inside[..., None], sprite[..., :3] / 255, 0.5).astype(np.float32)
    edges = blur(edge_strength(kuwahara(art, 2)), 0.7)
    line = 0.9 * ((edges - 0.1) / 0.06).clip(0, 1) * ndimage.binary_erosion(inside, iterations=2)
    rgb = sprite[..., :3] * (1 - line[..., None]) + np.array(CONTOUR) * line[..., None]
    return np.concatenate([rgb.round(), sprite[..., 3:]], axis=-1).astype(np.uint8)


def _gloss(sprite: NDArray[np.uint8], alpha: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Light from the upper left on an inflated shape: a soft highlight and a darker lower edge."""
    depth = np.minimum(np.asarray(ndimage.distance_transform_edt(alpha > 0.5)), 26.0)
    height = ndimage.gaussian_filter(np.sqrt(depth), 3)
    dy, dx = np.gradient(height)
    shade = ndimage.gaussian_filter(-(dx + dy), 1.5) * 2.2
    rgb = sprite[..., :3].astype(float)
    light = np.clip(-shade, 0, 1)[..., None] * 0.55
    dark = np.clip(shade, 0, 1)[..., None] * 0.4
    # gradients point uphill: light falls on slopes that rise towards the lower right
    rgb = rgb * (1 - dark) + (255 - rgb * (1 - dark)) * light
    return np.concatenate([rgb.clip(0, 255), sprite[..., 3:]], axis=-1).astype(np.uint8)


def dominant_color(sprite: NDArray[np.uint8]) -> str | None:
    """The colour word a person would use, when at least 45% of the opaque pixels have it."""
    pixels = sprite[sprite[..., 3] > 200][:, :3].astype(float) / 255
    high, low = pixels.max(1), pixels.min(1)
    span = np.maximum(high - low, 1e-6)
    r, g, b = pixels.T
    hue = np.where(high == r, (g - b) / span % 6, np.where(high == g, (b - r) / span + 2, (r - g) / span + 4)) * 60
    names = np.full(len(pixels), "red", dtype="<U8")
    for name, end in reversed(HUES):
        names[hue < end] = name
    names[(names == "orange") & (high < 0.72)] = "brown"
    names[(names == "red") & (span < 0.35) & (high < 0.75)] = "brown"
    gray = span < 0.14
    names[gray] = "gray"
    names[gray & (high > 0.85)] = "white"
    names[high < 0.25] = "black"
    values, counts = np.unique(names, return_counts=True)
    best = int(counts.argmax())
    return str(values[best]) if counts[best] >= 0.45 * len(pixels) else None


def pack(vocabulary: Vocabulary, modules: Path, target: Path) -> None:
    """Write `target` (.npz): sprites (nouns, looks, SIZE, SIZE, 4) uint8, nouns, looks, colors (nouns, looks) or ''."""
    sets = {look: json.loads((modules / package / "icons.json").read_text()) for look, (package, _) in SETS.items()}
    nouns = list(vocabulary.nouns)
    sprites = np.zeros((len(nouns), len(SETS), SIZE, SIZE, 4), np.uint8)
    colors = np.full((len(nouns), len(SETS)), "", dtype="<U8")
    for i, noun in enumerate(nouns):
        for j, look in enumerate(SETS):
            art = np.asarray(rasterise(_svg(sets[look], vocabulary.nouns[noun].icon)))
            sprites[i, j] = dress(art, look)
            if look != "ink":
                colors[i, j] = dominant_color(art) or ""
    target.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(target, sprites=sprites, nouns=np.array(nouns), looks=np.array(list(SETS)), colors=colors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("train-data"), help="folder for the packages and sprites.npz")
    parser.add_argument("--vocabulary", type=Path, default=Path("experts/picturebook/vocabulary-full.toml"))
    options = parser.parse_args()
    vocabulary = read_vocabulary(options.vocabulary)
    if not (options.out / "node_modules").is_dir():
        fetch(options.out)
    pack(vocabulary, options.out / "node_modules", options.out / "sprites.npz")
    print(f"{options.out / 'sprites.npz'}: {len(vocabulary.nouns)} nouns × {len(SETS)} looks")


if __name__ == "__main__":
    main()
