"""The record of a year every five seconds: disk, speed, memory, accuracy, beside InfluxDB as the usual stack has it.

The year is lived by the emulator and read as a recorder reads it, then recorded into both, in one run. In its second
half the recorder was off for 44 minutes every week and for two hours and twenty minutes every month. A folder named in
FOREBAY_BENCH_YEAR keeps the days between runs; without it they take half an hour.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from bench import house, influx
from bench.against_meter import TRUE, ZONE, Recorded, accuracy
from bench.gateway import emulated
from bench.house import Day
from bench.processes import memory_kb, python, running
from bench.report import Missing, Table
from bench.stats import figure, percentile, spread
from forebay.records.parts import PartReading
from forebay.records.reading import Reading
from forebay.records.signals import FAST, SLOW
from forebay.store.curves import curves, readings
from forebay.store.energy import energy_of_days
from forebay.store.part_writer import PartWriter
from forebay.store.query import day_bounds
from forebay.store.seal import upkeep
from forebay.store.store import Store, archive_of

DAYS, QUICK_DAYS = 365, 12
NAME = "house"
SIGNALS = ("solar_power_w", "load_power_w", "site_power_w", "battery_power_w", "charge_wire_pct")
MOST_MB, MOST_RESIDENT_MB, MOST_APPEND_MS = 150.0, 120.0, 1.0
MOST_DAY_MS, MOST_YEAR_MS, MOST_MINUTES_MS = 20.0, 10.0, 5.0
ROUNDS = 15
_BATCH = 6000

Heard = tuple[Reading, PartReading]
"""What the house and its first pack told at one instant."""


def run(quick: bool = False) -> list[Table]:
    """Record a year into both and ask both the same questions."""
    kept = os.environ.get("FOREBAY_BENCH_YEAR")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="forebay-bench-")))
        peer: influx.Influx | None = None
        missing: Missing | None = None
        try:
            peer = stack.enter_context(influx.running(folder / "influx"))
            peer.make()
        except Missing as exc:
            missing = exc
        database = folder / "forebay" / "forebay.db"
        done = _record(QUICK_DAYS if quick else DAYS, Path(kept) if kept else None, database, peer)
        tables = [
            _disk(database, done, peer),
            _questions(database, done, peer, folder, quick),
            accuracy(database, done, peer),
        ]
    if missing is not None:
        for table in tables:
            table.skip("InfluxDB", missing)
    return tables


def _say(words: str) -> None:
    sys.stderr.write(f"… {words}\n")
    sys.stderr.flush()


def _outages(days: int) -> list[tuple[datetime, datetime]]:
    """Return when the recorder was off: 44 minutes each week and 140 minutes each month, in the second half."""
    rng = random.Random(44)
    first = datetime(house.FIRST_DAY.year, house.FIRST_DAY.month, house.FIRST_DAY.day, tzinfo=ZONE).astimezone(UTC)
    found = []
    for day in range(days // 2, days - 3):
        for every, minutes in ((7, 44), (30, 140)):
            if day % every == 0:
                begin = first + timedelta(days=day, minutes=rng.uniform(0, 1440 - minutes))
                found.append((begin, begin + timedelta(minutes=minutes)))
    return found


def _record(days: int, kept: Path | None, database: Path, peer: influx.Influx | None) -> Recorded:
    done, off = Recorded(), _outages(days)
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
    with Store.open(database) as store:
        gateway_id = store.gateway_id(NAME)
        store.identify(gateway_id, timezone=ZONE.key)
        writer = PartWriter(store, gateway_id)
        for number, day in enumerate(house.days(days, kept)):
            told = zip(day.fast, day.pack, strict=True)
            heard = [one for one in told if not any(begin <= one[0].at < end for begin, end in off)]
            _append(store, writer, gateway_id, day, heard, done)
            if peer is not None:
                _write(peer, day, heard, done)
            if number % 30 == 0:
                _say(f"day {number} of {days}")
    if peer is not None:
        start, end = (day_bounds(day, ZONE)[n] for n, day in ((0, done.days[0]), (1, done.days[-1])))
        peer.sum_days(start, end)
    return done


def _append(
    store: Store, writer: PartWriter, gateway_id: int, day: Day, heard: Sequence[Heard], done: Recorded
) -> None:
    slow = iter(day.slow)
    waiting = next(slow, None)
    began = time.perf_counter()
    for one, pack in heard:
        before = time.perf_counter()
        store.append(gateway_id, one)
        writer.append(one.at, [pack])
        took_ms = (time.perf_counter() - before) * 1000
        done.slowest_ms = max(done.slowest_ms, took_ms)
        while waiting is not None and waiting.at <= one.at:
            store.append_slow(gateway_id, waiting)
            waiting = next(slow, None)
    done.append_ms.append((time.perf_counter() - began) * 1000 / max(1, len(heard)))
    began = time.perf_counter()
    while upkeep(store):
        pass
    done.seal_ms.append((time.perf_counter() - began) * 1000)
    done.days.append(day.day)
    done.true_wh.append({name: day.end_wh[counter] - day.begin_wh[counter] for name, counter in TRUE.items()})
    done.samples += len(heard)


def _write(peer: influx.Influx, day: Day, heard: Sequence[Heard], done: Recorded) -> None:
    month, year = f"{day.day:%b}", str(day.day.year)
    lines = influx.points(heard, month, year).split("\n")
    for first in range(0, len(lines), _BATCH):
        peer.write("\n".join(lines[first : first + _BATCH]))
    peer.roll([day_bounds(day.day, ZONE)[0]])
    one = influx.points(heard[-1:], month, year)
    began = time.perf_counter()
    peer.write(one)  # the day's last poll again, as a single one comes
    done.peer_ms.append((time.perf_counter() - began) * 1000)


def _folder_mb(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def _disk(database: Path, done: Recorded, peer: influx.Influx | None) -> Table:
    with Store.open(database) as store:  # as a recorder leaves it: nothing in the log beside it
        store.database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        archive_mb = store.database.rows("SELECT sum(bytes) FROM segments")[0][0] / 1e6
    signals = f"{len(FAST) + len(house.PACK)} signals every {house.EVERY_S} s and {len(SLOW)} every minute"
    table = Table(
        f"A year of one home, {signals}: disk",
        ["", "MB", f"÷ limit {MOST_MB:.0f} MB", "bytes a sample", "÷ forebay"],
    )
    all_mb = _folder_mb(database.parent) - _folder_mb(archive_of(database)) + archive_mb
    scale = DAYS / len(done.days)

    def row(name: str, megabytes: float) -> None:
        ratio = figure(megabytes * scale / MOST_MB)
        table.add(name, figure(megabytes), ratio, figure(megabytes * 1e6 / done.samples), figure(megabytes / all_mb))

    row("forebay, every reading for ever", all_mb)
    row("– of it Parquet files", archive_mb)
    if peer is not None:
        peer.ask("SHOW DATABASES")
        everything, raw_mb = peer.disk_mb(), peer.disk_mb("raw")
        row("InfluxDB, every reading for ever", everything)
        row("InfluxDB as the stack keeps it: three days, then means", everything - raw_mb + raw_mb * 4 / len(done.days))
    table.notes.append(
        f"{done.samples:,} samples of {len(done.days)} days; ÷ limit is of a year. The signals: all {len(FAST)} of the"
        f" house, and of its first pack {len(house.PACK)}: the energy in it and when full, its power. What all parts"
        " of a home would take beside it stands in decision 0090. Days that were joined into months stay for another"
        " hour and are not counted. InfluxDB: `raw` without its bound,"
        " as files stand at the end, its write-ahead log among them; three days are reckoned as four days' share of it."
    )
    return table


@dataclass(frozen=True, slots=True)
class Question:
    """One question: asked of the store in Python, of the page, and of InfluxDB; limit_ms: what it may take."""

    name: str
    limit_ms: float
    ours: Callable[[Store], object]
    paths: tuple[str, ...]
    peers: str


def _window(start: datetime, end: datetime) -> str:
    return f"time >= {int(start.timestamp())}s AND time < {int(end.timestamp())}s"


def _all(days: Sequence[date]) -> list[Question]:
    """Return the questions; the day is one that lies long in the archive, and one that is still in the database."""
    fields = "solar_instant_power, load_instant_power, site_instant_power, battery_instant_power"
    middle, last = days[len(days) // 2], days[-1]
    found = [
        Question(
            f"daily totals of {len(days)} days, six flows",
            MOST_YEAR_MS,
            lambda store: energy_of_days(store, 1, last, len(days), ZONE),
            (f"/api/days?last={len(days)}",),
            f"SELECT {', '.join(influx.FLOWS)} FROM daily.http",
        )
    ]
    for words, day in (("sealed", middle), ("of yesterday", days[-2])):
        start, end = day_bounds(day, ZONE)
        noon = start + (end - start) / 2
        listed = ",".join(SIGNALS)

        def path(low: datetime, high: datetime, points: int, listed: str = listed) -> str:
            times = f"start={int(low.timestamp())}&end={int(high.timestamp())}"
            return f"/api/series?{times}&signals={listed}&points={points}"

        found += [
            Question(
                f"a day at 5 s, {words}, five signals",
                MOST_DAY_MS,
                lambda store, start=start, end=end: readings(store, 1, start, end, names=SIGNALS),  # type: ignore[misc]
                (path(start, noon, 5000), path(noon, end, 5000)),
                f"SELECT {fields} FROM raw.http WHERE {_window(start, end)};"
                f"SELECT percentage FROM raw.http WHERE {_window(start, end)}",
            ),
            Question(
                f"24 h at one minute, {words}, five signals",
                MOST_MINUTES_MS,
                lambda store, start=start, end=end: curves(store, 1, start, end, step_s=60, names=SIGNALS),  # type: ignore[misc]
                (path(start, end, 1440),),
                "SELECT solar, home, from_grid, to_grid, from_pw, to_pw, percentage"
                f" FROM autogen.http WHERE {_window(start, end)}",
            ),
        ]
    return found


def _timed_ms(ask: Callable[[], object], rounds: int) -> list[float]:
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        found.append((time.perf_counter() - began) * 1000)
    return found


def _questions(database: Path, done: Recorded, peer: influx.Influx | None, folder: Path, quick: bool) -> Table:
    rounds = 3 if quick else ROUNDS
    table = Table(
        "The same questions",
        [
            "",
            "forebay, at once [ms]",
            "forebay, again [ms]",
            "÷ limit",
            "its page [ms]",
            "InfluxDB [ms]",
            "page ÷ InfluxDB",
        ],
    )
    with _up(database, folder) as (pid, ask):
        at_rest_mb = _resident_mb(pid)
        for question in _all(done.days):
            cold: list[float] = []
            for _ in range(min(rounds, 5)):
                with Store.read(database) as store:
                    cold += _timed_ms(lambda store=store, q=question: q.ours(store), 1)  # type: ignore[misc]
            with Store.read(database) as store:
                question.ours(store)
                warm = _timed_ms(lambda store=store, q=question: q.ours(store), rounds)  # type: ignore[misc]
            page: list[float] = []
            peers: list[float] = []
            for _ in range(rounds):  # in turn
                page += _timed_ms(lambda q=question: [ask(path) for path in q.paths], 1)  # type: ignore[misc]
                if peer is not None:
                    peers += _timed_ms(lambda q=question: peer.asked(q.peers), 1)  # type: ignore[misc]
            table.add(
                question.name,
                spread(cold).text(),
                spread(warm).text(),
                f"{spread(warm).median / question.limit_ms:.2f} of {question.limit_ms:g} ms",
                spread(page).text(),
                spread(peers).text() if peers else "–",
                figure(spread(page).median / spread(peers).median) if peers else "–",
            )
        resident_mb = _resident_mb(pid)
    typical = spread(done.append_ms)
    table.add(
        "adding a sample",
        "–",
        typical.text(),
        f"{typical.median / MOST_APPEND_MS:.3f} of {MOST_APPEND_MS:g} ms",
        "–",
        spread(done.peer_ms).text() if done.peer_ms else "–",
        "–",
    )
    table.add(
        "resident memory [MB]",
        f"{figure(at_rest_mb)} before",
        f"{figure(resident_mb)} after",
        f"{resident_mb / MOST_RESIDENT_MB:.2f} of {MOST_RESIDENT_MB:.0f} MB",
        "–",
        figure(_resident_mb(peer.process.pid)) if peer is not None else "–",
        figure(resident_mb / _resident_mb(peer.process.pid)) if peer is not None else "–",
    )
    table.notes.append(
        f"At once: by a store opened for it; again: {rounds} rounds, median (middle half). Page and InfluxDB are asked"
        " in turn over HTTP, their answers read to the end; a day at 5 s is two of its answers. The page's answers"
        " have means and both extremes of each slot, and gaps."
    )
    table.notes.append(
        "Adding: mean of a day's samples, with the pack's, rollups and slow signals among them; the slowest, with its"
        f" commit to the disk, took {figure(done.slowest_ms)} ms. Sealing a day took"
        f" {figure(percentile(done.seal_ms, 50))} ms, a month with it {figure(max(done.seal_ms))} ms."
        " InfluxDB: one poll as four points over HTTP."
    )
    table.notes.append(
        "Memory: the process `forebay up` with recorder and page, recording an emulated gateway into this record,"
        " before and after the page was asked all of this; of the stack InfluxDB alone, whose collector, proxy and"
        " dashboard are further processes."
    )
    return table


def _resident_mb(pid: int) -> float:
    return memory_kb(pid)["Rss"] * 1024 / 1e6


@contextlib.contextmanager
def _up(database: Path, folder: Path) -> Iterator[tuple[int, Callable[[str], bytes]]]:
    """Run `forebay up` on a copy of the record; give its process and what asks its page."""
    home = folder / "up"
    shutil.copytree(database.parent, home)
    state = folder / "gateway"
    with emulated(state, server="fast") as gateway:
        (home / "forebay.toml").write_text(
            f'[gateway]\nname = "{NAME}"\nhost = "{gateway.host}"\nport = {gateway.port}\n'
            f'fingerprint = "{gateway.fingerprint}"\npassword = "56789"\n',
            encoding="utf-8",
        )
        (home / "forebay.toml").chmod(0o600)
        command = python(
            "-m", "forebay", "up", "--config", str(home / "forebay.toml"), "--db", str(home / database.name)
        )
        command += ["--page-port", "0", "--state-dir", str(home / "state")]
        with running(command, "ready ") as (process, line):
            page = urlsplit(line.split()[1])
            connection = http.client.HTTPConnection(page.hostname or "", page.port, timeout=60)

            def ask(path: str) -> bytes:
                connection.request("GET", path)
                answer = connection.getresponse()
                body = answer.read()
                if answer.status != http.client.OK:
                    raise RuntimeError(f"the page answered {answer.status} to {path}: {body[:300]!r}")
                return body

            until = time.monotonic() + 30
            while b'"state":"live"' not in ask("/api/now").replace(b" ", b"") and time.monotonic() < until:
                time.sleep(0.5)
            yield process.pid, ask
            connection.close()
