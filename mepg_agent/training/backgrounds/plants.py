"""Trees, grass, flowers and other small things that several places share."""

import numpy as np

from mepg_agent.training.backgrounds.canvas import Array, Canvas, Stencil, smoothstep


def pine(stencil: Stencil, x: float, foot: float, height: float, width: float) -> None:
    """A conifer's silhouette in three tiers, its foot at (x, foot)."""
    stencil.box(x - width * 0.09, foot - height * 0.2, x + width * 0.09, foot)
    for top, bottom, half in ((1.0, 0.60, 0.28), (0.80, 0.36, 0.40), (0.56, 0.12, 0.5)):
        points = [(x, foot - height * top), (x + width * half, foot - height * bottom)]
        points += [(x, foot - height * (bottom - 0.04)), (x - width * half, foot - height * bottom)]
        stencil.polygon(points)


def round_tree(canvas: Canvas, stencil: Stencil, x: float, foot: float, height: float) -> None:
    """A broad-leaved tree's silhouette: a crown of a few balls on a trunk."""
    stencil.box(x - height * 0.045, foot - height * 0.5, x + height * 0.045, foot)
    for _ in range(5):
        ball = height * canvas.uniform(0.20, 0.28)
        across, up = canvas.uniform(-0.2, 0.2) * height, canvas.uniform(0.48, 0.78) * height
        stencil.ellipse(x + across, foot - up, ball, ball)


def tree_row(canvas: Canvas, line: Array, number: int, heights: tuple[float, float], pines: bool) -> Array:
    """Mask of a loose row of far trees standing on a line of land, in clumps as trees grow."""

    def shapes(stencil: Stencil) -> None:
        clumps = [canvas.uniform(0.0, 1.0) for _ in range(max(2, number // 4))]
        for _ in range(number):
            x = clumps[canvas.count(0, len(clumps) - 1)] + canvas.rng.normal(0.0, 0.06)
            foot = float(line[int(np.clip(x, 0.0, 0.999) * canvas.size)]) + 0.006
            height = canvas.uniform(*heights)
            if pines:
                pine(stencil, x, foot, height, height * 0.5)
            else:
                round_tree(canvas, stencil, x, foot, height)

    return canvas.stencil(shapes)


def tufts(canvas: Canvas, top: float, number: int) -> Array:
    """Mask of grass tufts below `top`, larger towards the viewer."""

    def shapes(stencil: Stencil) -> None:
        for _ in range(number):
            depth = canvas.uniform(0.04, 1.0) ** 0.8
            x, y = canvas.uniform(0.0, 1.0), top + (1.0 - top) * depth
            height = 0.014 + 0.030 * depth
            for lean in (-0.55, -0.1, 0.4):
                tip = (x + lean * height + canvas.uniform(-0.004, 0.004), y - height * canvas.uniform(0.7, 1.1))
                half = height * 0.13
                stencil.polygon([(x + lean * half - half, y), tip, (x + lean * half + half, y)])

    return canvas.stencil(shapes)


def dots(canvas: Canvas, top: float, number: int, radii: tuple[float, float], flatness: float = 1.0) -> Array:
    """Mask of small round spots below `top` (flowers, pebbles), larger towards the viewer."""

    def shapes(stencil: Stencil) -> None:
        for _ in range(number):
            depth = canvas.uniform(0.05, 1.0)
            radius = radii[0] + (radii[1] - radii[0]) * depth
            stencil.ellipse(
                canvas.uniform(0.0, 1.0), top + (1.0 - top) * depth, radius, radius * flatness, canvas.uniform(0.7, 1)
            )

    return canvas.stencil(shapes)


def path(canvas: Canvas, top: float) -> Array:
    """Mask of a winding path that narrows towards the horizon."""
    depth = np.clip((canvas.y - top) / (1.0 - top), 0.0, 1.0)
    bend, far, near = canvas.uniform(-0.16, 0.16), canvas.uniform(0.3, 0.7), canvas.uniform(0.15, 0.85)
    middle = far + (near - far) * depth + bend * np.sin(depth**0.6 * 2 * np.pi)
    half = 0.006 + 0.13 * depth**1.3
    edge = 0.006 + 0.02 * depth
    inside = 1.0 - np.clip((np.abs(canvas.x - middle) - half + edge) / edge, 0.0, 1.0)
    return inside * canvas.below(top)


def mottle(canvas: Canvas, top: float, strength: float, rows: int = 14, columns: int = 9) -> None:
    """Soft light and dark patches lying on the ground below `top`."""
    patches = canvas.ground_noise(top, rows, columns) + 0.5 * canvas.ground_noise(top, rows * 2, columns * 2)
    fade = smoothstep(top, top + 0.06, canvas.y)
    canvas.shade(patches * fade * np.float32(strength))
