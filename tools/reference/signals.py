"""The signal table as a page."""

from __future__ import annotations

from forebay.records.flows import FLOWS
from forebay.records.reasons import EXPLANATIONS
from forebay.records.signals import FAST, SLOW, Signal
from tools.reference.markdown import code, table

_HEAD = """# Signals

Every quantity that forebay keeps. A signal's name is its field in a reading, its column in the database and its key in
the curves of the page. *Gauge* is an instantaneous value, *counter* a lifetime sum, *state* holds until it changes.
*Device class* is Home Assistant's word for the kind of quantity.

A value that is not known is NULL, never 0. Times are UTC. Percentages are on the gateway's scale, on which the app's
0 % is 5; see [units and signs](../explanation/units-and-signs.md).

"""

_FLOWS = """
## Flows

The six energies that `forebay history` and the page show. Each comes from its counter; power is integrated only
where there is no counter.

"""

_REASONS = """
## Reasons of a gap

Why there are no readings. The word stands in the record and in `forebay history --json`, the words on the page and in
the log.

"""


def page() -> str:
    """Return the page of all signals."""
    parts = [_HEAD, "## At each poll (5 s)\n\n", _table(FAST), "\n## Once a minute or slower\n\n", _table(SLOW)]
    flows = [
        (code(flow.name), flow.label, code(flow.counter), f"{'+' if flow.sign > 0 else '−'} {code(flow.power)}")
        for flow in FLOWS
    ]
    reasons = [(code(row.reason), row.words, row.advice or "") for row in EXPLANATIONS]
    parts += [_FLOWS, table(("Name", "What", "Counter", "Power"), flows)]
    parts += [_REASONS, table(("Reason", "In words", "What to do"), reasons)]
    return "".join(parts)


def _table(signals: tuple[Signal, ...]) -> str:
    rows = [
        (code(s.name), s.label, s.unit, s.positive and f"+ is {s.positive}", str(s.kind), str(s.held), s.device_class)
        for s in signals
    ]
    return table(("Name", "What", "Unit", "Sign", "Kind", "Held as", "Device class"), rows)
