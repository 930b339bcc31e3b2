"""Every part that a gateway has or had, as a list: packs, strings, inverters, meters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from forebay.store.parts import parts
from forebay.views.web.asked import Asked, iso

SILENT = timedelta(days=1)
"""A part that told nothing for so long is silent."""


def parts_list(asked: Asked) -> list[dict[str, Any]]:
    """Return the parts of /api/system; a serial number is never told, only the shortened hash that tells two apart."""
    if asked.gateway_id is None:
        return []
    return [
        {
            "id": part.id,
            "kind": str(part.kind),
            "label": part.label,
            "mark": part.serial_hash[:6],
            "first": iso(part.first),
            "last": iso(part.last),
            "is_silent": part.last is None or asked.now - part.last > SILENT,
        }
        for part in parts(asked.store, asked.gateway_id)
    ]
