"""`forebay export`: the record as CSV, JSON lines or Parquet."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from forebay.cli.connect import record_path, settings_of
from forebay.cli.output import note
from forebay.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from zoneinfo import ZoneInfo

    from forebay.exchange.export import Format, Row, Wanted


def export(options: argparse.Namespace) -> int:
    """Write what was recorded of a range to a file or to stdout."""
    from forebay.exchange.export import Wanted, rows
    from forebay.store.imported import known_span
    from forebay.store.query import site_zone
    from forebay.store.store import Store

    path = record_path(options, settings_of(options))
    kind = _format(options)
    with Store.read(path) as store:
        gateways = {row.name: row.id for row in store.gateways()}
        name = options.gateway or next(iter(gateways), "")
        if name not in gateways:
            raise StoreError(f"{path}: nothing is recorded of {name or 'any gateway'}; there are {', '.join(gateways)}")
        span = known_span(store, gateways[name])
        if span is None:
            raise StoreError(f"{path}: nothing is recorded of {name} yet")
        zone = site_zone(store, gateways[name])
        end = _instant(options.until, zone) or span[1]
        start = _instant(options.since, zone) or end - timedelta(days=1)
        columns = tuple(word.strip() for word in options.signals.split(",")) if options.signals else ()
        wanted = Wanted(
            gateway_id=gateways[name],
            start=start,
            end=end,
            every=options.every or ("day" if options.energy else "raw"),
            signals=columns,
            energy=options.energy,
            of=options.of,
        )
        n = _write(options.file, kind, wanted, rows(store, wanted), _telling(options, wanted))
    if sys.stderr.isatty() and (options.file is not None or not sys.stdout.isatty()):
        print("\r\033[K", end="", file=sys.stderr)  # the progress has been told
    if options.file is not None:
        first, last = (f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}" for at in (start, end))
        note(f"{options.file}: {n} rows from {first} to {last}, {zone.key}")
    return 0


def _format(options: argparse.Namespace) -> Format:
    from forebay.exchange.export import FORMATS

    suffix = options.file.suffix.removeprefix(".") if options.file else ""
    kind = options.format or {"jsonl": "json", "ndjson": "json"}.get(suffix, suffix) or "csv"
    if kind not in FORMATS:
        raise ConfigError(f"{options.file}: say in which format with --format; the name does not tell")
    if kind == "parquet" and options.file is None:
        raise ConfigError("Parquet goes into a file; name one")
    if options.file is not None and options.file.exists():
        raise ConfigError(f"{options.file}: is there already; name another file or move it away")
    return cast("Format", kind)


def _instant(text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise ConfigError(f"{text}: is no date or time such as 2026-06-21 or 2026-06-21T18:00") from exc


def _telling(options: argparse.Namespace, wanted: Wanted) -> Callable[[datetime], object]:
    if not sys.stderr.isatty() or (options.file is None and sys.stdout.isatty()):
        return lambda _: None
    span_s = (wanted.end - wanted.start).total_seconds()

    def tell(at: datetime) -> None:
        done = (at - wanted.start).total_seconds() / span_s
        print(f"\r\033[K{at:%Y-%m-%d}  {done:.0%}", end="", file=sys.stderr, flush=True)

    return tell


def _write(
    file: Path | None, kind: Format, wanted: Wanted, found: Iterator[Row], telling: Callable[[datetime], object]
) -> int:
    from forebay.exchange.export import write_parquet, write_text

    if file is None:
        return write_text(sys.stdout, kind, wanted, found, telling)
    if kind == "parquet":
        return write_parquet(file, wanted, found, telling)
    part = file.with_name(file.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="") as target:
            n = write_text(target, kind, wanted, found, telling)
        part.replace(file)
    except OSError as exc:
        raise StoreError(f"{file}: cannot be written: {exc.strerror or exc}") from exc
    finally:
        part.unlink(missing_ok=True)
    return n
