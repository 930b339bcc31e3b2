"""Whether a record is whole: the database, every file of the archive, and whether both say the same."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from forebay.errors import StoreError
from forebay.store.check_rollups import wrong_buckets
from forebay.store.imports import damaged_days
from forebay.store.keep import wrong_days
from forebay.store.raw import Raw, Segment, first_reading_ms, sealed_until, segments
from forebay.store.rollup import MINUTE_MS, QUARTER_MS
from forebay.store.seal import every_series
from forebay.store.slots import covered
from forebay.store.state import GatewayRow, from_ms, to_ms
from forebay.store.store import Store

_FOR_EVER_MS = 1 << 62


def check(store: Store, *, progress: Callable[[str], object] = lambda _: None) -> list[str]:
    """Return what is wrong, one sentence each; nothing when the record is whole.

    progress: told what is looked at. Reads everything once; a writer beside it goes on.
    """
    database = store.database
    progress("the database")
    found = [f"{database.path}: {row[0]}" for row in database.rows("PRAGMA integrity_check") if row[0] != "ok"]
    found += [
        f"{database.path}: a row of {row[0]} belongs to no gateway" for row in database.rows("PRAGMA foreign_key_check")
    ]
    for gateway in store.gateways():
        found += damaged_days(store, gateway.id, gateway.name)
        for raw in every_series(store, gateway.id):
            sealed = segments(database, gateway.id, raw.series, 0, _FOR_EVER_MS)
            for before, after in pairwise(sealed):
                if before.end_ms != after.start_ms:
                    found.append(
                        f"{gateway.name}: the archive of {raw.series} breaks off at {from_ms(before.end_ms)}"
                        f" and goes on at {from_ms(after.start_ms)}"
                    )
            for segment in sealed:
                progress(segment.file)
                found += _of_file(store, raw, segment)
        progress(f"the readings of {gateway.name} that are not sealed")
        found += _hot(store, gateway.id)
        if not found:  # else what the days are made of is to be put right first
            progress(f"the days of {gateway.name} that are put together")
            found += _days(store, gateway)
    return found


def _hot(store: Store, gateway_id: int) -> list[str]:
    """Compare what was put together of the readings in the database with them."""
    with store.database.snapshot():
        since_ms = sealed_until(store.database, gateway_id, "samples") or first_reading_ms(store.database, gateway_id)
        latest = store.latest(gateway_id)
        if since_ms is None or latest is None:
            return []
        return _rolled(store, gateway_id, since_ms, to_ms(latest.at) + 1, store.database.path)


def _days(store: Store, gateway: GatewayRow) -> list[str]:
    """Compare the days that are put together with what they are made of."""
    try:
        wrong = Counter[str]()
        first: dict[str, int] = {}
        for what, start_ms in wrong_days(store, gateway.id):
            wrong[what] += 1
            first.setdefault(what, start_ms)
    except StoreError as exc:
        return [str(exc)]
    return [
        f"{gateway.name}: {n} days of {what} are not what the readings say, the first at {from_ms(first[what])}"
        for what, n in wrong.items()
    ]


def _of_file(store: Store, raw: Raw, segment: Segment) -> list[str]:
    path = store.archive.path(segment.file)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        return [f"{path}: cannot be read: {exc.strerror}; put it back from a backup"]
    if digest != segment.sha256:
        return [f"{path}: is not the file that was written; put it back from a backup"]
    try:
        spans = [(len(at), int(at[0]), int(at[-1])) for at in _times(store, segment)]
    except StoreError as exc:
        return [str(exc)]
    n, least, most = sum(span[0] for span in spans), min(span[1] for span in spans), max(span[2] for span in spans)
    found = []
    if n != segment.n or least < segment.start_ms or most >= segment.end_ms:
        found.append(f"{path}: holds {n} readings of {from_ms(least)} to {from_ms(most)}, not what the database says")
    if raw.table == "samples":
        found += _rolled(store, raw.gateway_id, segment.start_ms, segment.end_ms, path)
    elif raw.table == "part_samples":
        found += _against_part_quarters(store, raw, segment)
    return found


def _times(store: Store, segment: Segment) -> Iterator[Any]:
    for part in store.archive.columns([segment.file], ()):
        yield part["at_ms"]


def _rolled(store: Store, gateway_id: int, start_ms: int, end_ms: int, where: object) -> list[str]:
    """Compare what was put together of [start, end) with the readings."""
    found = []
    for table in ("minutes", "quarters", "fed"):
        begin_ms = start_ms
        if table == "minutes":  # of what is sealed they may have gone, and all of them with a clock that was ahead
            first_ms, until_ms = covered(store, gateway_id, table, MINUTE_MS)
            begin_ms = max(start_ms, first_ms) if until_ms else end_ms
        try:
            wrong = wrong_buckets(store, gateway_id, begin_ms, end_ms, table) if begin_ms < end_ms else []
        except StoreError as exc:
            return [str(exc)]
        if wrong:
            words = {"minutes": "minutes", "quarters": "quarters of an hour", "fed": "quarters of what fed what"}[table]
            found.append(f"{where}: {len(wrong)} {words} differ from the database, the first at {from_ms(wrong[0])}")
    return found


def _against_part_quarters(store: Store, raw: Raw, segment: Segment) -> list[str]:
    """Compare the readings of a part with its quarters; where those are in a file that cannot be read, it is named."""
    select = f"SELECT at_ms - at_ms % {QUARTER_MS} AS q, count(*) FROM {{table}} GROUP BY 1"  # noqa: S608
    told: Counter[int] = Counter()
    for rows in store.archive.ask([segment.file], select, ()):
        told.update(dict(rows))
    quarters = store.raw(raw.gateway_id, "part_quarters", raw.part_id)
    first_ms = segment.start_ms - segment.start_ms % QUARTER_MS
    try:
        parts = quarters.ask("SELECT at_ms, n FROM {table}", first_ms, segment.end_ms)
    except StoreError as exc:
        return [str(exc)]
    kept = {at_ms: n for rows in parts for at_ms, n in rows}
    wrong = [q for q in told.keys() | kept.keys() if told.get(q) != kept.get(q)]
    if not wrong:
        return []
    path = store.archive.path(segment.file)
    return [
        f"{path}: {len(wrong)} quarters of an hour differ from those put together, the first at {from_ms(min(wrong))}"
    ]
