"""What axe, the checker of accessibility, says about a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"


def axe_of(page: Any) -> list[tuple[str, str]]:
    """Return what axe finds wrong on a page: rule and place; skips where axe-core is not installed."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci in web/")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [(r["id"], r["nodes"][0]["html"]) for r in found]
