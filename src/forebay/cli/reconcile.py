"""`forebay reconcile`: the counters, the powers and a bill, day by day, and why they differ."""

from __future__ import annotations

import argparse
import csv
import re
import sys
from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forebay.cli.connect import record_path, settings_of
from forebay.cli.output import as_json, progress_line, table
from forebay.errors import ConfigError, StoreError
from forebay.records.causes import BY_CAUSE, Cause
from forebay.records.signals import BY_NAME
from forebay.records.troubles import BY_TROUBLE
from forebay.store.state import from_ms

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from forebay.store.differences import Account, Billed, Difference, Line
    from forebay.store.store import Store

_LONGEST_DAYS = 3700
_MOST_TROUBLES = 20
_EVERYDAY = {Cause.SPACING, Cause.ROUNDING, Cause.METER}


def reconcile(options: argparse.Namespace) -> int:
    """Compare what was counted, by day and flow, with the powers and with a bill; 1 where something is unexplained."""
    from forebay.store.differences import total_of
    from forebay.store.query import site_zone
    from forebay.store.reconcile import reconcile as compare
    from forebay.store.store import Store

    path = record_path(options, settings_of(options))
    with Store.read(path) as store:
        gateways = {row.name: row.id for row in store.gateways()}
        name = options.gateway or next(iter(gateways), "")
        if name not in gateways:
            raise StoreError(f"{path}: nothing is recorded of {name or 'any gateway'}; `forebay up` records")
        latest = store.latest(gateways[name])
        if latest is None:
            raise StoreError(f"{path}: nothing is recorded of {name} yet; `forebay up` records")
        zone = site_zone(store, gateways[name])
        days = _days(options, latest.at.astimezone(zone).date())
        bill = _bill(options, store, gateways[name], zone, days)
        with progress_line() as progress:
            account = compare(store, gateways[name], days, zone, bill, progress)
    if options.json:
        print(as_json(_as_dict(account, days)))
    elif options.csv:
        _print_csv(account)
    else:
        _print_text(account)
        _print_troubles(account)
    totals = [total_of(account.lines, flow) for flow in _flows(account)]
    is_explained = all(d is None or d.is_explained for line in account.lines for d in (line.by_power, line.by_bill))
    if not options.json and not options.csv:
        print("\n".join(_summary(account, [line for line in totals if line is not None])))
    return 0 if is_explained else 1


# what is asked for


def _days(options: argparse.Namespace, last: date) -> list[date]:
    """Return the days asked for, the last seven if none are."""
    if options.month:
        if options.since or options.until:
            raise ConfigError("--month is a range of its own; leave --from and --to away")
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", options.month):
            raise ConfigError(f"--month {options.month}: is no month such as 2026-06")
        year, month = map(int, options.month.split("-"))
        start, end = date(max(1, year), month, 1), date(max(1, year), month, monthrange(max(1, year), month)[1])
    else:
        end = _day(options.until, "--to") or last
        start = _day(options.since, "--from") or end - timedelta(days=6)
    if end < start:
        raise ConfigError(f"--from {start}: comes after --to {end}")
    if (end - start).days >= _LONGEST_DAYS:
        raise ConfigError(f"{start} to {end} is more than ten years; ask for less")
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def _day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise ConfigError(f"{option} {text}: is no day such as 2026-06-21") from exc


def _bill(
    options: argparse.Namespace, store: Store, gateway_id: int, zone: ZoneInfo, days: Sequence[date]
) -> list[Billed]:
    if options.against is None:
        if options.columns or options.unit:
            raise ConfigError("--columns and --unit say how to read a file; name it with --against")
        return []
    if options.against == "imported":
        from forebay.store.reconcile import imported_bill

        found = imported_bill(store, gateway_id, days, zone)
        if not found:
            raise StoreError("nothing was imported of these days; see `forebay import --help`")
        return found
    from forebay.exchange.bill import read_bill

    columns: dict[str, str] = {}
    for pair in (options.columns or "").split(","):
        key, is_pair, word = pair.partition("=")
        if pair and not (is_pair and word):
            raise ConfigError(f"--columns {pair}: say OURS=THEIRS, as in date=Tag,grid_in=Bezug")
        if pair:
            columns[key.strip()] = word.strip()
    return read_bill(Path(options.against), zone, columns, options.unit or "kWh")


# what is printed


def _flows(account: Account) -> list[str]:
    return list(dict.fromkeys(line.flow for line in account.lines))


def _kwh(wh: float | None, sign: str = "") -> str:
    return "–" if wh is None else f"{wh / 1000:{sign}.2f}".replace("-", "−")


def _percent(difference: Difference | None, wh: float | None) -> str:
    """Return by how much this energy differs from the counters', of theirs."""
    if difference is None or wh is None or abs(wh - difference.wh) < 1:
        return ""
    percent = round(100 * difference.wh / (wh - difference.wh), 1)
    return f"{percent:+.1f} %".replace("-", "−") if percent else "0.0 %"


def _why(difference: Difference) -> str:
    """Return a difference's explanation as one sentence."""
    parts = [
        f"{_kwh(part.wh, '+')} {BY_CAUSE[part.cause].words}{f' ({part.detail})' if part.detail else ''}"
        for part in difference.explained
    ]
    if not difference.is_explained:
        parts.append(f"{_kwh(difference.left_wh, '+')} unexplained")
    return "; ".join(parts)


def _is_worth_a_word(difference: Difference) -> bool:
    """Whether more is behind it than the spacing of readings, a last digit and two good meters."""
    return not difference.is_explained or any(part.cause not in _EVERYDAY for part in difference.explained)


def _print_text(account: Account) -> None:
    from forebay.records.flows import FLOWS
    from forebay.store.differences import total_of

    for flow in FLOWS:
        lines = [line for line in account.lines if line.flow == flow.name]
        has_bill = any(line.bill_wh is not None for line in lines)
        if not lines or not any(line.counted or line.power_wh or line.bill_wh for line in lines):
            continue
        total = total_of(lines, flow.name)
        rows = [("", "counters", "power", "", *(("bill", "") if has_bill else ()))]
        for line in [*lines, *([total] if total and len(lines) > 1 else [])]:
            counted_wh = None if line.counted is None else line.counted.wh
            row = (
                "together" if line is total else f"{line.day:%a %Y-%m-%d}",
                _kwh(counted_wh),
                _kwh(line.power_wh),
                _percent(line.by_power, line.power_wh),
            )
            rows.append((*row, _kwh(line.bill_wh), _percent(line.by_bill, line.bill_wh)) if has_bill else row)
        print(f"{flow.label} [kWh]")
        print(table(rows, right=range(1, 6)))
        for line in lines:
            for name, difference in (("power", line.by_power), ("bill", line.by_bill)):
                if difference is not None and _is_worth_a_word(difference):
                    print(f"  {line.day:%Y-%m-%d} {name} {_kwh(difference.wh, '+')}: {_why(difference)}")
        print()


def _print_troubles(account: Account) -> None:
    """Print what was wrong with the counters, the first ones; JSON has them all."""
    if not account.troubles:
        return
    print("Troubles of the counters")
    for step in account.troubles[:_MOST_TROUBLES]:
        meaning = BY_TROUBLE[step.reason]
        name = BY_NAME[step.signal].label if step.signal in BY_NAME else "Readings"
        size = "" if not step.size_wh else f" ({_kwh(step.size_wh, '+')} kWh)"
        at = from_ms(step.since_ms).astimezone(account.zone)
        counted = f"counted: {_kwh(step.fill_wh)} kWh" if step.fill_wh is not None else "counted: nothing"
        more = "" if step.most_wh is None else f", up to {_kwh(step.most_wh)} kWh"
        print(f"  {at:%Y-%m-%d %H:%M:%S} {name}: {meaning.words}{size}; {step.detail or counted + more}")
    if len(account.troubles) > _MOST_TROUBLES:
        print(f"  and {len(account.troubles) - _MOST_TROUBLES} more; --json has them all")
    print()


def _summary(account: Account, totals: Sequence[Line]) -> list[str]:
    """Return what an owner wants to know, in sentences."""
    from forebay.records.flows import FLOWS
    from forebay.store.differences import duration_words

    if not account.lines:
        return ["Nothing is recorded of these days."]
    labels = {flow.name: flow.label for flow in FLOWS}
    found = []
    if account.shift:
        hours = account.shift.total_seconds()
        way = "after" if hours > 0 else "before"
        found.append(f"The bill's days begin {duration_words(abs(hours))} {way} the site's midnight.")
    for name, differences in (
        ("power", [(line, line.by_power) for line in account.lines]),
        ("bill", [(line, line.by_bill) for line in account.lines]),
    ):
        known = [(line, d) for line, d in differences if d is not None]
        if not known:
            continue
        left = [(line, d) for line, d in known if not d.is_explained]
        who = "The powers add up to the counters" if name == "power" else "The bill agrees with the record"
        if not left:
            found.append(f"{who}; every difference is explained.")
        for line, difference in left[:5]:
            found.append(
                f"{labels[line.flow]}, {line.day:%Y-%m-%d}: {_kwh(difference.left_wh, '+')} kWh of the {name}"
                " stay unexplained."
            )
        if len(left) > 5:
            found.append(f"So do those of {len(left) - 5} more.")
    return found + [
        f"{labels[line.flow]}: the bill says {_kwh(bill_wh)} kWh, the record {_kwh(bill_wh - line.by_bill.wh)} kWh"
        f" ({_percent(line.by_bill, bill_wh) or 'no difference'})."
        for line in totals
        if line.by_bill is not None and (bill_wh := line.bill_wh) is not None
    ]


def _differing(difference: Difference | None) -> dict[str, Any] | None:
    if difference is None:
        return None
    return {
        "kwh": difference.wh / 1000,
        "explained": [
            {"cause": str(part.cause), "kwh": part.wh / 1000, "detail": part.detail} for part in difference.explained
        ],
        "unexplained_kwh": 0.0 if difference.is_explained else difference.left_wh / 1000,
    }


def _as_dict(account: Account, days: Sequence[date]) -> dict[str, Any]:
    def kwh(wh: float | None) -> float | None:
        return None if wh is None else wh / 1000

    return {
        "timezone": account.zone.key,
        "from": days[0].isoformat(),
        "to": days[-1].isoformat(),
        "troubles": [
            {
                "counter": step.signal,
                "reason": str(step.reason),
                "since": from_ms(step.since_ms).isoformat(),
                "until": from_ms(step.at_ms).isoformat(),
                "size_kwh": kwh(step.size_wh),
                "counted_kwh": kwh(step.fill_wh),
                "most_kwh": kwh(step.most_wh),
                "detail": step.detail,
            }
            for step in account.troubles
        ],
        "bill_begins_later_s": account.shift.total_seconds(),
        "lines": [
            {
                "date": line.day.isoformat(),
                "flow": line.flow,
                "counters_kwh": None if line.counted is None else kwh(line.counted.wh),
                "covered_ratio": None if line.counted is None else line.counted.covered_ratio,
                "power_kwh": kwh(line.power_wh),
                "bill_kwh": kwh(line.bill_wh),
                "power_difference": _differing(line.by_power),
                "bill_difference": _differing(line.by_bill),
            }
            for line in account.lines
        ],
    }


def _print_csv(account: Account) -> None:
    head = ["date", "flow", "counters_kwh", "covered_ratio", "power_kwh", "bill_kwh"]
    for name in ("power", "bill"):
        head += [f"{name}_difference_kwh", f"{name}_because", f"{name}_unexplained_kwh"]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(head)
    for line in account.lines:
        counted = line.counted

        def kwh(wh: float | None) -> str:
            return "" if wh is None else f"{wh / 1000:.4f}"

        row = [line.day.isoformat(), line.flow, kwh(counted.wh if counted else None)]
        row += [f"{counted.covered_ratio:.6f}" if counted else "", kwh(line.power_wh), kwh(line.bill_wh)]
        for difference in (line.by_power, line.by_bill):
            if difference is None:
                row += ["", "", ""]
            else:
                because = " ".join(str(part.cause) for part in difference.explained)
                row += [kwh(difference.wh), because, kwh(0.0 if difference.is_explained else difference.left_wh)]
        writer.writerow(row)
