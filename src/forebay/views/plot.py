"""Small pictures out of characters: filled curves a few lines high, in any width, also without colour.

Why no library: docs/decisions/0111.
"""

from __future__ import annotations

from collections.abc import Sequence

_EIGHTHS = " ▁▂▃▄▅▆▇█"
NOT_KNOWN = "·"
"""Stands at the foot of a column of which nothing is known."""

Values = Sequence[float | None]


def fitted(values: Values, width: int) -> list[float | None]:
    """Return as many values as fit into a width, at most one for each column.

    Where there are more values than columns, the mean of those that share one. None where nothing of it is known.
    """
    if width <= 0 or len(values) <= width:
        return list(values) if width > 0 else []
    found: list[float | None] = []
    for column in range(width):
        low, high = column * len(values) // width, (column + 1) * len(values) // width
        known = [value for value in values[low:high] if value is not None]
        found.append(sum(known) / len(known) if known else None)
    return found


def strip(values: Values, height: int, scale: tuple[float, float], width: int) -> list[str]:
    """Return `height` lines of bars, one for each value, side by side in a width.

    scale: what the foot and the top stand for. What is above the foot shows at least an eighth of a line, so that
    little is told from nothing. The bars take the whole width; those of three columns and more stand apart.
    """
    (low, high), n = scale, max(1, len(values))
    edges = [number * width // n for number in range(n + 1)] if n <= width else list(range(n + 1))
    span = high - low
    steps: list[int | None] = []
    for value in values:
        share = 0.0 if value is None else (value - low) / span if span > 0 else 0.5
        steps.append(None if value is None else min(8 * height, max(int(share > 0.001), round(share * 8 * height))))
    lines = []
    for line in reversed(range(height)):
        text = ""
        for number, step in enumerate(steps):
            cell = (NOT_KNOWN if line == 0 else " ") if step is None else _EIGHTHS[max(0, min(8, step - 8 * line))]
            wide = edges[number + 1] - edges[number]
            text += cell * (wide - 1) + " " if wide > 2 else cell * wide
        lines.append(text)
    return lines


def axis(labels: Sequence[tuple[float, str]], width: int) -> str:
    """Return a line with labels, each beginning at its share of the width (0–1); those without room are left out."""
    line = ""
    for share, label in labels:
        at = min(round(share * width), width - len(label))
        if at >= len(line) + (1 if line else 0):
            line = line.ljust(at) + label
    return line
