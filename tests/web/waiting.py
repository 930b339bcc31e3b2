"""Waiting for a page, in a way that its strict policy for scripts allows."""

from __future__ import annotations

from typing import Any

STEP_MS = 40
LIMIT_MS = 20_000


def until(page: Any, expression: str, arg: object = None) -> Any:
    """Wait until a JavaScript expression or function is true on the page; gives what it said. Fails after 20 s."""
    for _ in range(LIMIT_MS // STEP_MS):
        told = page.evaluate(expression, arg)
        if told:
            return told
        page.wait_for_timeout(STEP_MS)
    raise AssertionError(f"never true on the page: {expression}")
