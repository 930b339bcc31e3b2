"""`forebay import`: the history of other programs, shown first and kept only with --apply."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from forebay.cli.connect import record_path, settings_of
from forebay.cli.output import as_json, note, table
from forebay.cli.terminal import say
from forebay.errors import ConfigError, StoreError
from forebay.views import text

if TYPE_CHECKING:
    from forebay.exchange.intake import Taken
    from forebay.exchange.preview import Preview
    from forebay.exchange.utility import Layout
    from forebay.store.store import Store


def take_in(options: argparse.Namespace) -> int:
    """Show what a foreign history would bring, and keep it with --apply."""
    if options.what in ("list", "undo"):
        return _listed(options) if options.what == "list" else _undone(options)
    if not options.source:
        raise ConfigError(f"name what to import: forebay import {options.what} FILE…")
    path = record_path(options, settings_of(options))
    name, zone = _known(path, options)
    taken = _read(options, zone)
    if not taken.candidates and not taken.bad:
        raise ConfigError("nothing to import was found there")
    if options.apply and taken.candidates:
        return _apply(options, path, name, taken)
    previews = _previews(path, name, taken)
    _tell(options, name, taken, previews, zone)
    return 0 if previews else 1


def _known(path: Path, options: argparse.Namespace) -> tuple[str, ZoneInfo | None]:
    """Return the gateway's name and the zone of local times: --zone, or that of the gateway's site."""
    from forebay.store.store import Store

    name, zone = options.gateway, None
    if path.exists():
        with Store.read(path) as store:
            rows = store.gateways()
            row = next((row for row in rows if row.name == name or name is None), None)
            if name is not None and row is None and rows:
                raise ConfigError(f"{path}: has no gateway {name}; there are {', '.join(one.name for one in rows)}")
            if row is not None:
                name, zone = row.name, row.timezone
    named = options.zone or zone
    if named is None:
        return name or "gateway", None
    try:
        return name or "gateway", ZoneInfo(named)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise ConfigError(f"{named}: is no time zone such as Europe/Berlin") from exc


def _progress() -> Callable[[object], object]:
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda what: print(
        f"\r\033[K… {what:%Y-%m-%d}" if isinstance(what, datetime) else f"\r\033[K… {what}",
        end="",
        file=sys.stderr,
        flush=True,
    )


def _read(options: argparse.Namespace, zone: ZoneInfo | None) -> Taken:
    from forebay.exchange import cloud, utility

    sources = [Path(one) for one in options.source]
    try:
        if options.what == "csv":
            return utility.read(sources, layout_of(options), zone)
        if options.what == "influx":
            return _read_influx(options)
        return cloud.read(sources, zone, options.unit, _progress())
    finally:
        _end_progress()


def _read_influx(options: argparse.Namespace) -> Taken:
    from forebay.exchange import influx_files, influx_http

    first = str(options.source[0])
    if "://" not in first:
        return influx_files.read([Path(one) for one in options.source], options.database, options.policy, _progress())
    if len(options.source) > 1:
        raise ConfigError("one address at a time")
    password = os.environ.get("FOREBAY_INFLUX_PASSWORD")
    if options.password_file is not None:
        try:
            password = options.password_file.read_text("utf-8").partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigError(f"{options.password_file}: cannot be read; its first line is the password") from exc
    server = influx_http.Server(first, options.database, options.policy, options.username, password)
    return influx_http.read(server, _progress())


_COLUMNS = {
    "import_kwh": "grid_in",
    "export_kwh": "grid_out",
    "net_kwh": "net",
    "solar_kwh": "solar",
    "home_kwh": "home",
    "charge_kwh": "battery_in",
    "discharge_kwh": "battery_out",
    "battery_kwh": "battery",
}


def layout_of(options: argparse.Namespace) -> Layout:
    """Return how the options say that a utility's file is to be read. Raises ConfigError."""
    from forebay.exchange.utility import Layout

    if not options.time:
        raise ConfigError("say which column holds the time, such as --time 'Interval start'")
    where: dict[str, str] = {}
    for one in options.where:
        name, sign, words = one.partition("=")
        if not sign:
            raise ConfigError(f"{one}: say --where COLUMN=TEXT")
        where[name.strip()] = words.strip()
    if options.interval is not None and not 0 < options.interval <= 1500:
        raise ConfigError(f"--interval {options.interval:g}: must be above 0 and at most 1500 minutes")
    return Layout(
        time=options.time,
        columns={quantity: name for key, quantity in _COLUMNS.items() if (name := getattr(options, key))},
        unit=options.unit or "kWh",
        interval_min=options.interval,
        stamp=options.stamp,
        decimal=options.decimal,
        delimiter={"tab": "\t", "\\t": "\t"}.get(options.delimiter, options.delimiter),
        date_format=options.date_format,
        where=where,
    )


def _end_progress() -> None:
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def _previews(path: Path, name: str, taken: Taken) -> list[Preview]:
    from forebay.exchange.preview import preview
    from forebay.store.store import Store

    if not path.exists():
        return [preview(None, None, one) for one in taken.candidates]
    with Store.read(path) as store:
        gateway_id = next((row.id for row in store.gateways() if row.name == name), None)
        return [preview(store if gateway_id else None, gateway_id, one) for one in taken.candidates]


def _apply(options: argparse.Namespace, path: Path, name: str, taken: Taken) -> int:
    from forebay.exchange.preview import preview
    from forebay.store.imports import add, claim
    from forebay.store.store import Store

    with Store.beside(path) as store:
        gateway_id, first = claim(store, name, options.zone)
        is_known = any(row.id == gateway_id for row in store.gateways())
        previews = [preview(store if is_known else None, gateway_id, one) for one in taken.candidates]
        new = [one.new for one in previews]
        try:
            numbers = iter(add(store, gateway_id, new, datetime.now(UTC), _progress(), first=first))
        finally:
            _end_progress()
        _, zone = _known(path, options)
        _tell(options, name, taken, previews, zone, [next(numbers) if one.n_new else None for one in previews])
    return 0


def _tell(  # noqa: PLR0917 - everything there is to say
    options: argparse.Namespace,
    name: str,
    taken: Taken,
    previews: list[Preview],
    zone: ZoneInfo | None,
    numbers: list[int | None] | None = None,
) -> None:
    _write_bad(options, taken)
    if options.json:
        print(as_json(_as_data(name, taken, previews, numbers)))
        return
    for number, one in enumerate(previews):
        kept = None if numbers is None else numbers[number]
        _tell_one(one, zone or ZoneInfo("UTC"), kept, is_applied=numbers is not None)
    for sentence in taken.notes:
        say(sentence)
    if taken.repeated:
        say(f"{taken.repeated} rows told a time again with the same values; each counts once")
    for bad in taken.bad[: options.limit]:
        say(f"not taken: {bad}")
    if len(taken.bad) > options.limit:
        say(f"… and {len(taken.bad) - options.limit} more rows not taken; --bad FILE lists them all")
    if numbers is None:
        if not previews:
            say("Nothing of it can be taken.")
        elif any(one.n_new for one in previews):
            say(f"Nothing has been written. Add --apply to keep this for the gateway {name}.")
        else:
            say("All of it is there already; --apply would change nothing.")


def _tell_one(one: Preview, zone: ZoneInfo, number: int | None, *, is_applied: bool) -> None:
    from forebay.records.flows import FLOWS

    kind = "metered" if one.new.is_metered else "made of powers"
    say(f"{one.new.source} ({one.new.kind}, {kind}, every {_span(one.new.step_ms)})")
    begin, end = (f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (one.start, one.end))
    rows = [("  from", f"{begin} to {end}, {zone.key}")]
    n_known = one.n_read - one.n_new
    rows.append(("  intervals", f"{one.n_read}, of which {one.n_new} new" if n_known else f"{one.n_read}, all new"))
    rows += [(f"  {flow.label}", text.energy(wh)) for flow in FLOWS if (wh := one.totals_wh[flow.name]) is not None]
    if one.n_recorded:
        rows.append(("  recorded", f"{one.n_recorded} of these times were recorded; there the record stands"))
    if one.others:
        rows.append(("  also told by", "import " + ", ".join(map(str, one.others))))
    if is_applied:
        rows.append(
            ("  kept as", f"import {number}; `forebay import undo {number}` takes it away" if number else "nothing new")
        )
    print(table(rows))


def _span(step_ms: int) -> str:
    minutes = step_ms / 60_000
    return "day" if minutes == 1440 else f"{minutes / 60:g} h" if minutes >= 60 else f"{minutes:g} min"


def _as_data(name: str, taken: Taken, previews: list[Preview], numbers: list[int | None] | None) -> dict[str, Any]:
    return {
        "gateway": name,
        "applied": numbers is not None,
        "imports": [
            {
                "id": None if numbers is None else numbers[n],
                "kind": one.new.kind,
                "source": one.new.source,
                "sha256": one.new.sha256,
                "start": one.start.isoformat(),
                "end": one.end.isoformat(),
                "step_s": one.new.step_ms / 1000,
                "metered": one.new.is_metered,
                "intervals": one.n_read,
                "new": one.n_new,
                "recorded": one.n_recorded,
                "others": list(one.others),
                "kwh": {flow: None if wh is None else wh / 1000 for flow, wh in one.totals_wh.items()},
                "decisions": one.new.decisions,
            }
            for n, one in enumerate(previews)
        ],
        "notes": taken.notes,
        "repeated": taken.repeated,
        "bad": [{"file": bad.file, "line": bad.line, "column": bad.column, "reason": bad.reason} for bad in taken.bad],
    }


def _write_bad(options: argparse.Namespace, taken: Taken) -> None:
    if options.bad is None:
        return
    import csv

    try:
        with options.bad.open("w", encoding="utf-8", newline="") as file:
            sheet = csv.writer(file, lineterminator="\n")
            sheet.writerow(("file", "line", "column", "reason"))
            sheet.writerows((bad.file, bad.line, bad.column, bad.reason) for bad in taken.bad)
    except OSError as exc:
        raise ConfigError(f"{options.bad}: cannot be written: {exc.strerror}") from exc
    note(f"{options.bad}: {len(taken.bad)} rows that were not taken")


def _gateway(store: Store, options: argparse.Namespace) -> int:
    rows = store.gateways()
    for row in rows:
        if row.name == options.gateway or options.gateway is None:
            return row.id
    raise StoreError(f"{store.database.path}: has no gateway {options.gateway or ''}; nothing was imported")


def _listed(options: argparse.Namespace) -> int:
    from forebay.store.imports import imports
    from forebay.store.query import site_zone
    from forebay.store.store import Store

    with Store.read(record_path(options, settings_of(options))) as store:
        gateway_id = _gateway(store, options)
        found, zone = imports(store, gateway_id), site_zone(store, gateway_id)
    if options.json:
        rows = [
            {
                "id": one.id,
                "imported": one.at.isoformat(),
                "kind": one.kind,
                "source": one.source,
                "sha256": one.sha256,
                "metered": one.is_metered,
                "step_s": one.step_s,
                "start": one.start.isoformat(),
                "end": one.end.isoformat(),
                "intervals": one.n,
                "decisions": dict(one.decisions),
            }
            for one in found
        ]
        print(as_json(rows))
        return 0
    if not found:
        say("nothing was imported")
        return 0
    rows_: list[tuple[str, ...]] = [("", "kind", "from", "to", "intervals", "imported", "source")]
    rows_ += [
        (
            str(one.id),
            one.kind,
            *(f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (one.start, one.end)),
            str(one.n),
            f"{one.at.astimezone(zone):%Y-%m-%d}",
            one.source,
        )
        for one in found
    ]
    print(table(rows_, right=(0, 4)))
    return 0


def _undone(options: argparse.Namespace) -> int:
    from forebay.store.imports import undo
    from forebay.store.store import Store

    if len(options.source) != 1 or not options.source[0].isdecimal():
        raise ConfigError("say which import by its number: forebay import undo 3; `forebay import list` shows them")
    number = int(options.source[0])
    path = record_path(options, settings_of(options))
    if not path.exists():
        raise StoreError(f"{path}: nothing was recorded or imported here yet")
    with Store.beside(path) as store:
        try:
            gone = undo(store, _gateway(store, options), number, _progress())
        finally:
            _end_progress()
    if options.json:
        print(as_json({"undone": gone.id, "intervals": gone.n}))
    else:
        say(f"import {gone.id} ({gone.kind}, {gone.n} intervals of {gone.source}) is gone")
    return 0
