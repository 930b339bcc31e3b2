"""InfluxDB 1.x in a temporary folder, laid out and asked as the usual dashboard stack does.

One measurement `http`, each poll as three points tagged by the address it came from and by month and year; retention
policies `raw` (three days), `autogen` (means of a minute), `kwh` (integrals of an hour), `daily` (their sums), filled
by continuous queries. Those of a running stack see each minute and each hour alone; so they are asked here, too.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.processes import stop
from bench.report import Missing
from forebay.records.parts import PartReading
from forebay.records.reading import Reading

DATABASE = "powerwall"
FLOWS = ("home", "solar", "from_pw", "to_pw", "from_grid", "to_grid")
_FIELDS = {
    "site_power_w": "site_instant_power",
    "battery_power_w": "battery_instant_power",
    "load_power_w": "load_instant_power",
    "solar_power_w": "solar_instant_power",
    "site_import_wh": "site_energy_imported",
    "site_export_wh": "site_energy_exported",
    "solar_export_wh": "solar_energy_exported",
    "solar_import_wh": "solar_energy_imported",
    "battery_discharge_wh": "battery_energy_exported",
    "battery_charge_wh": "battery_energy_imported",
    "load_wh": "load_energy_imported",
    "site_voltage_v": "site_instant_average_voltage",
    "site_frequency_hz": "site_frequency",
    "battery_frequency_hz": "battery_frequency",
}
_PACK = {
    "remaining_wh": "PW1_POD_nom_energy_remaining",
    "full_wh": "PW1_POD_nom_full_pack_energy",
    "power_w": "PW1_p_out",
}
_READY_S = 60.0


def _part(field: str, sign: str) -> str:
    return f"abs((1{sign}{field}/abs({field}))*{field}/2)"


_MINUTES = (
    "SELECT mean(home) AS home, mean(solar) AS solar, mean(from_pw) AS from_pw, mean(to_pw) AS to_pw,"
    " mean(from_grid) AS from_grid, mean(to_grid) AS to_grid, last(percentage) AS percentage"
    f" INTO {DATABASE}.autogen.:MEASUREMENT FROM (SELECT load_instant_power AS home, solar_instant_power AS solar,"
    f" {_part('battery_instant_power', '+')} AS from_pw, {_part('battery_instant_power', '-')} AS to_pw,"
    f" {_part('site_instant_power', '+')} AS from_grid, {_part('site_instant_power', '-')} AS to_grid, percentage"
    " FROM raw.http) WHERE time >= {0} AND time < {1} GROUP BY time(1m), month, year fill(none)"
)
_HOURS = (
    f"SELECT {', '.join(f'integral({name})/1000/3600 AS {name}' for name in FLOWS)}"
    f" INTO {DATABASE}.kwh.:MEASUREMENT FROM autogen.http"
    " WHERE time >= {0} AND time < {1} GROUP BY time(1h), month, year tz('America/Los_Angeles')"
)
_DAYS = (
    f"SELECT {', '.join(f'sum({name}) AS {name}' for name in FLOWS)}"
    f" INTO {DATABASE}.daily.:MEASUREMENT FROM {DATABASE}.kwh.http"
    " WHERE time >= {0} AND time < {1} GROUP BY time(1d), month, year tz('America/Los_Angeles')"
)


def config(folder: Path, port: int, other: int) -> str:
    """Return a configuration: loopback, everything in one folder, nothing reported, the defaults else."""
    return f"""\
reporting-disabled = true
bind-address = "127.0.0.1:{other}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[monitor]
  store-enabled = false
[continuous_queries]
  enabled = false
[logging]
  level = "error"
"""


class Influx:
    """One running server and a kept-alive connection to it."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], port: int) -> None:
        self.folder = folder
        self.process = process
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Return the series that a query gives. Raises RuntimeError with the server's words."""
        body = urlencode({"q": query, "db": DATABASE, "epoch": "ms"})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = json.loads(self._exchange("POST", "/query", body.encode(), kind))
        result = answer["results"][0]
        if "error" in result:
            raise RuntimeError(f"InfluxDB: {result['error']} ({query[:200]})")
        found: list[dict[str, Any]] = result.get("series", [])
        return found

    def asked(self, query: str) -> bytes:
        """Return the bytes that a reading query gives, as a dashboard fetches them."""
        return self._exchange("GET", "/query?" + urlencode({"q": query, "db": DATABASE, "epoch": "ms"}), b"", {})

    def write(self, lines: str) -> None:
        """Write points to the policy `raw`. Raises RuntimeError with the server's words."""
        self._exchange("POST", f"/write?db={DATABASE}&rp=raw&precision=s", lines.encode(), {})

    def _exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        data = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"InfluxDB answered {answer.status}: {data[:300].decode(errors='replace')}")
        return data

    def disk_mb(self, policy: str = "") -> float:
        """Return what a policy's files take, or all of them [MB]."""
        places = [self.folder / "data" / DATABASE / policy] if policy else [self.folder / "data", self.folder / "wal"]
        return sum(f.stat().st_size for place in places for f in place.rglob("*") if f.is_file()) / 1e6

    def make(self) -> None:
        """Lay the database out; `raw` without its bound of three days, so that a year of it can be measured."""
        self.ask(f"CREATE DATABASE {DATABASE}")
        for name in ("raw", "kwh", "daily", "monthly"):
            self.ask(f"CREATE RETENTION POLICY {name} ON {DATABASE} DURATION INF REPLICATION 1")

    def roll(self, days: Sequence[datetime]) -> None:
        """Do what the continuous queries would have done in these days: each minute, each hour, each day by itself."""
        for start in days:
            end = start + timedelta(days=1)
            self.ask(_MINUTES.format(_ns(start), _ns(end)))
            for hour in range(24):
                begin = start + timedelta(hours=hour)
                self.ask(_HOURS.format(_ns(begin), _ns(begin + timedelta(hours=1))))

    def sum_days(self, start: datetime, end: datetime) -> None:
        """Fill the policy `daily`."""
        self.ask(_DAYS.format(_ns(start), _ns(end)))


def _ns(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000_000


def points(heard: Sequence[tuple[Reading, PartReading]], month: str, year: str) -> str:
    """Return what was read of the house and its first pack as lines: what each of four addresses would have told."""
    lines = []
    for one, pack in heard:
        second = int(one.at.timestamp())
        known = [f"{field}={value}" for name, field in _FIELDS.items() if (value := getattr(one, name)) is not None]
        tags = f"host=h,month={month},url=http://pypowerwall:8675"
        lines.append(f"http,{tags}/aggregates,year={year} {','.join(known)} {second}")
        if one.charge_wire_pct is not None:
            lines.append(f"http,{tags}/soe,year={year} percentage={one.charge_wire_pct} {second}")
        if one.grid_state is not None:
            up = 1.0 if one.grid_state == "SystemGridConnected" else 0.0
            lines.append(f"http,{tags}/freq,year={year} grid_status={up} {second}")
        first = [f"{field}={pack.values[name]}" for name, field in _PACK.items() if pack.values[name] is not None]
        lines.append(f"http,{tags}/pod,year={year} {','.join(first)} {second}")
    return "\n".join(lines)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Influx]:
    """Run a server until the block ends. Raises Missing where there is none."""
    program = os.environ.get("FOREBAY_INFLUXD") or shutil.which("influxd") or shutil.which("influxd", path="/usr/sbin")
    if program is None or not Path(program).exists():
        raise Missing(
            "influxd is not here (apt-get install influxdb; or apt-get download influxdb, dpkg -x, and name"
            " usr/bin/influxd in FOREBAY_INFLUXD)"
        )
    ports = _free_ports(2)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "influxdb.conf").write_text(config(folder, *ports), encoding="utf-8")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-config", str(folder / "influxdb.conf")], stdout=log, stderr=log)
    try:
        until = time.monotonic() + _READY_S
        while True:
            try:
                influx = Influx(folder, process, ports[0])
                influx.ask("SHOW DATABASES")
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"influxd does not answer: {(folder / 'log').read_text()[-500:]}") from None
                time.sleep(0.2)
        yield influx
    finally:
        stop(process)  # type: ignore[arg-type]


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
