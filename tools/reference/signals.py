"""The signal table as a page."""

from __future__ import annotations

from forebay.records.alerts import MEANINGS
from forebay.records.flows import FLOWS
from forebay.records.parts import PART_SIGNALS
from forebay.records.reasons import EXPLANATIONS
from forebay.records.signals import FAST, SLOW, Signal
from forebay.records.spans import SPAN_KINDS
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

_PARTS = """
## Parts

Each pack, string, inverter and meter has signals of its own, asked for as often as the fast ones (`recorder.parts_s`)
and kept as long: every reading, and quarters of an hour with count, sum and extremes. A part is known by its serial
number, of which only a shortened hash is kept. In a curve its signals are called `part/ID/name`.

The vitals of a gateway tell all of them in one request. Firmware 23.44 and later has no vitals: of packs
`/api/system_status` still tells power, voltage, frequency, energies and state, of strings and their inverter
`/api/solar_powerwall`, of meters `/api/meters/site` and `/api/meters/solar`; temperatures, limits, heating and both
sides of the switch to the grid are told no more. A restricted gateway tells nothing of parts.

"""

_SPANS = """
## Spans

What lasts for a while has a start and an end. What ended while nobody looked ends when it was last seen, and its
detail says so.

"""

_ALERTS = """
## Alerts

What is known of the alerts that gateways raise. Names and meanings are those of public lists; where those say nothing,
the sentence is taken from the name, and marked so. Any other name is kept and shown as it is. *State* tells how things
are, *notice* is worth knowing, *warning* is something that does not work as it should, *fault* a part that does not
work at all.

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
    parts += [_PARTS, _of_parts(), _SPANS, table(("Kind", "What", "Name"), _spans()), _ALERTS, _alerts()]
    return "".join(parts)


def _of_parts() -> str:
    rows = [
        (code(s.name), s.label, ", ".join(s.of), s.unit, s.positive and f"+ is {s.positive}", str(s.kind), str(s.held))
        for s in PART_SIGNALS
    ]
    return table(("Name", "What", "Told by", "Unit", "Sign", "Kind", "Held as"), rows)


def _spans() -> list[tuple[str, str, str]]:
    return [(code(row.kind), row.label, row.name_is) for row in SPAN_KINDS]


def _alerts() -> str:
    rows = [
        (code(row.name), row.severity.name.lower(), row.words, "a list" if row.is_told else "the name")
        for row in MEANINGS
    ]
    return table(("Alert", "How bad", "What it means", "Taken from"), rows)


def _table(signals: tuple[Signal, ...]) -> str:
    rows = [
        (code(s.name), s.label, s.unit, s.positive and f"+ is {s.positive}", str(s.kind), str(s.held), s.device_class)
        for s in signals
    ]
    return table(("Name", "What", "Unit", "Sign", "Kind", "Held as", "Device class"), rows)
