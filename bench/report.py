"""What a benchmark hands back, and how it is printed and put into the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

BEGIN = "<!-- results: written by `python -m bench --write docs/benchmarks.md` -->"
END = "<!-- end of results -->"


class Missing(Exception):
    """A peer is not installed; the message says how to get it."""


@dataclass(slots=True)
class Table:
    """One benchmark's answer. rows: as wide as columns; notes: what the reader must know, skips first."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """Add a row. Raises ValueError when it does not fit the columns."""
        if len(cells) != len(self.columns):
            raise ValueError(f"{self.title}: {len(cells)} cells for {len(self.columns)} columns")
        self.rows.append(cells)

    def skip(self, name: str, reason: object) -> None:
        """Say that a peer was not measured, and why."""
        self.notes.insert(0, f"Skipped {name}: {reason}.")

    def markdown(self) -> str:
        """Return the table in Markdown, its columns aligned so that it reads in a terminal too."""
        lines = [self.columns, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        aligned = [
            "| "
            + " | ".join(
                cell.ljust(width) if i == 0 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
            + " |"
            for line in lines
        ]
        rule = "|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|"
        notes = [f"- {note}" for note in self.notes]
        return "\n".join([f"### {self.title}", "", aligned[0], rule, *aligned[1:], *([""] if notes else []), *notes])


def page_with(page: str, results: str) -> str:
    """Return the page with its results replaced. Raises ValueError when the page has no place for them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has no place for results")
    return f"{before}{BEGIN}\n\n{results.strip()}\n\n{END}{after}"
