"""`forebay history` as a table."""

from __future__ import annotations

from forebay.cli.history import heads
from forebay.cli.output import table
from forebay.records.flows import FLOWS
from forebay.views import text


def test_a_day_of_a_house_fits_into_eighty_columns() -> None:
    labels = [flow.label for flow in FLOWS]
    rows = [*heads(labels), ("Wed 2026-06-24", *(text.energy(123_400) for _ in labels))]
    lines = table(rows, right=range(1, len(labels) + 1)).splitlines()

    assert max(map(len, lines)) <= 80
    assert [" ".join(part for part in column if part) for column in zip(*heads(labels), strict=True)][1:] == labels
