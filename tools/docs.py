"""The generated pages of docs/reference: written from the tables, checked against them.

`python -m tools.docs --write` writes them, `--check` fails when one is stale.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from tools.reference import commands, coverage, errors, firmware, gallery, home, protocol, scenarios, settings, signals

FOLDER = Path(__file__).parents[1] / "docs" / "reference"

PAGES: dict[str, Callable[[], str]] = {
    "endpoints.md": protocol.endpoints_page,
    "coverage.md": coverage.page,
    "faults.md": protocol.faults_page,
    "firmware.md": firmware.page,
    "signals.md": signals.page,
    "commands.md": commands.page,
    "settings.md": settings.page,
    "home.md": home.page,
    "gallery.md": gallery.page,
    "scenarios.md": scenarios.page,
    "errors.md": errors.page,
}
"""Every generated page and what prints it."""

MARK = "<!-- Printed by `python -m tools.docs --write`; change the table, not this page. -->\n\n"


def text_of(name: str) -> str:
    """Return a page as it should be on disk."""
    return MARK + PAGES[name]().rstrip("\n") + "\n"


def stale() -> list[str]:
    """Return the names of pages that are missing or differ from their tables."""
    return [name for name in PAGES if not (path := FOLDER / name).exists() or path.read_text("utf-8") != text_of(name)]


def write() -> list[str]:
    """Write the pages that are stale and return their names."""
    names = stale()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names:
        (FOLDER / name).write_text(text_of(name), encoding="utf-8")
    return names


def main() -> int:
    """Write or check; 1 when a checked page is stale or a statement has no proof."""
    parser = argparse.ArgumentParser(prog="python -m tools.docs", description="Print the generated pages.")
    todo = parser.add_mutually_exclusive_group(required=True)
    todo.add_argument("--write", action="store_true", help="write what is stale")
    todo.add_argument("--check", action="store_true", help="fail where a page is stale")
    options = parser.parse_args()
    if options.write:
        for name in write():
            print(f"wrote docs/reference/{name}")
        return 0
    names = stale()
    for name in names:
        print(f"docs/reference/{name} is stale; run `python -m tools.docs --write`", file=sys.stderr)
    unproven = coverage.unproven()
    for line in unproven:
        print(f"coverage: {line}", file=sys.stderr)
    return 1 if names or unproven else 0


if __name__ == "__main__":
    sys.exit(main())
