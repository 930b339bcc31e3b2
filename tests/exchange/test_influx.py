"""The usual dashboard's history, out of backups that InfluxDB wrote, line protocol, and a living server."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import os
import shutil
import subprocess
import tarfile
import threading
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from forebay.errors import ConfigError
from forebay.exchange import influx_files, influx_http
from forebay.exchange.intake import Taken, totals_wh
from forebay.exchange.tsm import Damaged, blocks
from forebay.store.packed import COLUMNS

FOLDER = Path(__file__).parent / "influx"
POINTS = FOLDER / "points.txt"
BACKUPS = [FOLDER / "portable", FOLDER / "older"]


def told() -> list[tuple[str, dict[str, str], int]]:
    """Series, fields and time of each line that was written to the server."""
    found = []
    for line in POINTS.read_text().splitlines():
        head, _, rest = line.partition(" ")
        fields, _, at = rest.rpartition(" ")
        pairs = [pair.partition("=")[::2] for pair in fields.replace('"a b,c', '"a b;c').split(",")]
        name, *tags = head.split(",")
        found.append((",".join([name, *sorted(tags)]), dict(pairs), int(at)))  # as the server orders them
    return found


def members(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.iterdir()):
        if tarfile.is_tarfile(path) and "kwh" not in path.name:
            with tarfile.open(path) as tar:
                for member in tar:
                    content = tar.extractfile(member)
                    if content is not None and member.name.endswith(".tsm") and "kwh" not in member.name:
                        yield content.read()


def minutes_of(taken: Taken) -> list[tuple[float | None, ...]]:
    (one,) = taken.candidates
    return [
        (float(start), *(None if v != v else round(v, 4) for v in values))
        for piece in one.pieces()
        for start, values in zip(piece.starts_ms, piece.values.tolist(), strict=True)
    ]


@pytest.mark.parametrize("folder", BACKUPS, ids=lambda path: path.name)
def test_every_number_of_a_backup_is_the_one_that_was_written(folder: Path) -> None:
    found = {}
    for content in members(folder):
        for block in blocks(content, lambda *_: True):
            for at, value in zip(block.times_ns.tolist(), block.values.tolist(), strict=True):
                found[block.series, block.field, at] = value
    n = 0
    for series, fields, at in told():
        for name, text in fields.items():
            if text[0] in "-0123456789":
                assert found[series, name, at] == float(text.removesuffix("i")), (series, name, at)
                n += 1
            else:
                assert (series, name, at) not in found  # words and switches are no numbers

    assert n > 1400


@pytest.mark.parametrize("place", [100, 3000, -13, -3])
def test_a_damaged_file_is_told_as_such(place: int) -> None:
    content = bytearray(max(members(FOLDER / "portable"), key=len))
    content[place] ^= 0xFF
    with pytest.raises(Damaged):
        list(blocks(bytes(content), lambda *_: True))
    for cut in (0, 4, 12, 500, len(content) - 1):
        with pytest.raises(Damaged):
            list(blocks(bytes(content[:cut]), lambda *_: True))


def test_a_house_by_the_minute_is_the_same_from_every_kind_of_file(tmp_path: Path) -> None:
    lines = influx_files.read([POINTS], "powerwall", "autogen")
    packed = tmp_path / "points.gz"
    packed.write_bytes(gzip.compress(POINTS.read_bytes()))
    archive = tmp_path / "dashboard.tar.xz"
    with lzma.open(archive, "wb") as file, tarfile.open(fileobj=file, mode="w") as tar:
        for number, content in enumerate(members(FOLDER / "portable")):
            info = tarfile.TarInfo(f"influxdb/data/powerwall/autogen/{number}/000000001-000000001.tsm")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        tar.addfile(tarfile.TarInfo("influxdb/meta/meta.db"))
    kinds = [*BACKUPS, packed, archive]
    first = minutes_of(lines)

    assert lines.bad == []
    for kind in kinds:
        taken = influx_files.read([kind], "powerwall", "autogen")
        assert minutes_of(taken) == first, kind
        assert taken.bad == []


def test_powers_become_energies_and_what_came_from_the_cloud_fills_its_minutes() -> None:
    taken = influx_files.read([FOLDER / "portable"], "powerwall", "autogen")
    (piece,) = taken.candidates[0].pieces()
    rows = {
        int(start) // 60_000: dict(zip(COLUMNS, values, strict=True))
        for start, values in zip(piece.starts_ms, piece.values.tolist(), strict=True)
    }
    points = {at // 60_000_000_000: fields for series, fields, at in told() if series == "http,month=Jul,year=2023"}
    begin = min(points)

    assert len(rows) == 180
    for minute, fields in points.items():
        assert rows[minute]["solar_wh"] == pytest.approx(max(0.0, float(fields["solar"])) / 60, abs=1e-5)
        assert rows[minute]["battery_out_wh"] == pytest.approx(float(fields["from_pw"]) / 60, abs=1e-5)
        assert rows[minute]["charge_pct"] == pytest.approx(float(fields["percentage"]))
    assert [round(rows[begin + 60 + n]["home_wh"] * 60) for n in range(15)] == [600] * 5 + [601] * 5 + [602] * 5
    assert {rows[begin + 60 + n]["charge_pct"] for n in range(15)} == {61.5}


def test_what_is_left_out_is_told() -> None:
    taken = influx_files.read([FOLDER / "portable"], "powerwall", "autogen")

    assert taken.notes == ["kwh: left out, they are computed from the minutes"]


def test_an_export_says_which_policy_its_lines_are_of(tmp_path: Path) -> None:
    file = tmp_path / "export.txt"
    head = "# INFLUXDB EXPORT: 1677-09-21T00:12:43Z - 2262-04-11T23:47:16Z\n# DDL\n"
    head += "CREATE DATABASE powerwall WITH NAME autogen\n# DML\n# CONTEXT-DATABASE:powerwall\n"
    file.write_text(
        head
        + "# CONTEXT-RETENTION-POLICY:kwh\n# writing tsm data\nhttp,month=Jul,year=2023 home=77 1690002000000000000\n"
        + "# CONTEXT-RETENTION-POLICY:autogen\nhttp,month=Jul,year=2023 home=600 1690002000000000000\n"
        + "http,month=Jul,year=2023 solar=60i 1690002000000000000\n"
    )
    totals = totals_wh(influx_files.read([file], "powerwall", "autogen").candidates[0])

    assert (totals["home"], totals["solar"], totals["grid_in"]) == (10, 1, None)


def test_bad_lines_are_listed_with_their_number(tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    good = "http,month=Jul home={} 16900020{:02}000000000"
    lines = [good.format(100, n) for n in range(10)]
    lines[2], lines[4] = "nonsense", "http,month=Jul home=much 1690002004000000000"
    lines[6], lines[7] = "http,month=Jul home=1 soon", r'alerts,x=a\ b text="with words" 1690002004000000000'
    lines[8] = "http,month=Jul home=5"
    lines[9] = "http,month=Jul home=5 99999999999999999999999999"
    file.write_text("\n".join(lines))
    taken = influx_files.read([file], "powerwall", "autogen")

    assert [(bad.line, bad.column) for bad in taken.bad] == [(3, ""), (5, "home"), (7, "time"), (9, ""), (10, "time")]
    assert taken.notes == ["alerts: left out (which alerts there were)"]


def test_powers_that_no_house_has_are_listed(tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    file.write_text(
        "http home=9e9 1690002000000000000\nhttp percentage=107 1690002000000000000\nhttp home=5 1690002060\n"
        "http solar=5 77\n"
    )
    taken = influx_files.read([file], "powerwall", "autogen")

    assert sorted(bad.column for bad in taken.bad) == ["home", "percentage", "solar"]
    assert "2023-07-22T05:00:00.000Z is nothing that a home does" in taken.bad[0].reason
    assert taken.candidates[0].n == 1


def test_a_log_that_is_not_read_is_told_with_the_way_out(tmp_path: Path) -> None:
    shard = tmp_path / "data" / "powerwall" / "autogen" / "7"
    shard.mkdir(parents=True)
    (shard / "000000001-000000001.tsm").write_bytes(max(members(FOLDER / "portable"), key=len))
    (tmp_path / "wal").mkdir()
    (tmp_path / "wal" / "_00001.wal").write_bytes(b"x")
    taken = influx_files.read([tmp_path], "powerwall", "autogen")

    assert taken.candidates[0].n == 180
    assert "a write-ahead log is there and was not read" in taken.notes[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "holds nothing of database powerwall"), (gzip.compress(b"x" * 99)[:-6], "cannot be read")],
)
def test_files_of_nothing_are_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        influx_files.read([tmp_path / "file"], "powerwall", "autogen")


def test_another_database_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing of database home, policy autogen; there is powerwall: say"):
        influx_files.read([FOLDER / "portable"], "home", "autogen")


class Standin:
    """Answers queries with what it is told to, on loopback; remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, str]] = []
        self.asked: list[tuple[str, str | None]] = []
        standin = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)["q"][0]
                standin.asked.append((query, self.headers["Authorization"]))
                status, text = standin.answers.pop(0)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def standin() -> Iterator[Standin]:
    one = Standin()
    one.thread.start()
    yield one
    one.server.shutdown()
    one.thread.join()
    one.server.server_close()


def part(rows: list[list[object]], *, columns: list[str] | None = None, is_last: bool = True) -> str:
    names = columns or ["time", "solar", "home", "from_grid", "to_grid", "to_pw", "from_pw", "percentage", "source"]
    more = {} if is_last else {"partial": True}
    series = [{"name": "http", "columns": names, "values": rows, **more}]
    return json.dumps({"results": [{"statement_id": 0, "series": series, **more}]}) + "\n"


NOON = 1_690_002_000_000


def row(minute: int, source: str | None = None) -> list[object]:
    return [NOON + minute * 60_000, 60.0, 120.0, 60, 0, None, 0, 50, source]


def test_a_server_is_asked_month_by_month_and_answers_in_parts(standin: Standin) -> None:
    far = 40 * 1440
    standin.answers = [
        (200, part([row(0)])),
        (200, part([row(far)])),
        (200, part([row(0), row(1)], is_last=False) + part([row(2, "cloud")])),
        (200, part([row(far)])),
        (200, part([["raw"], ["autogen"], ["kwh"], ["pod"], ["mine"]], columns=["name"])),
    ]
    taken = influx_http.read(influx_http.Server(standin.url, "powerwall", "autogen", "reader", "secret"))
    queries = [query for query, _ in standin.asked]

    assert taken.candidates[0].n == 2 + 15 + 1  # a charge from the cloud stands for a quarter of an hour
    assert totals_wh(taken.candidates[0])["battery_in"] is None
    assert f"time >= {NOON}ms AND time < {NOON + 30 * 86_400_000}ms" in queries[2]
    assert 'FROM "powerwall"."autogen"."http"' in queries[0]
    assert all(query.startswith("SELECT ") for query in queries[:-1])
    assert queries[-1] == 'SHOW RETENTION POLICIES ON "powerwall"'
    assert [note.partition(":")[0] for note in taken.notes] == ["kwh", "pod", "raw", "mine"]
    assert {word for _, word in standin.asked} == {"Basic " + b64encode(b"reader:secret").decode()}


@pytest.mark.parametrize(
    ("status", "text", "words"),
    [
        (401, '{"error":"authorization failed"}', r"refuses the log-in \(401\); give --username"),
        (500, "oops", "answers 500: no reason given"),
        (200, '{"results":[{"statement_id":0,"error":"database not found: powerwall"}]}', "database not found"),
        (200, "<html>hello</html>", "words that are not InfluxDB's; is it version 1"),
        (200, '{"results":[{"statement_id":0,"se', "words that are not InfluxDB's"),
    ],
)
def test_a_server_that_refuses_is_told_with_what_to_do(standin: Standin, status: int, text: str, words: str) -> None:
    standin.answers = [(status, text)]
    with pytest.raises(ConfigError, match=words) as caught:
        influx_http.read(influx_http.Server(standin.url, "powerwall", "autogen", "reader", "hunter2"))

    assert "hunter2" not in str(caught.value)


def test_an_empty_policy_names_the_others(standin: Standin) -> None:
    nothing = '{"results":[{"statement_id":0}]}'
    standin.answers = [
        (200, nothing),
        (200, nothing),
        (200, part([["_internal"], ["powerwall"]], columns=["name"])),
        (200, part([["raw"], ["autogen"]], columns=["name"])),
    ]
    with pytest.raises(ConfigError, match="its policies are raw, autogen: say --policy"):
        influx_http.read(influx_http.Server(standin.url, "powerwall", "kwh"))


@pytest.mark.parametrize("url", ["http://me:secret@127.0.0.1:8086", "ftp://127.0.0.1", "http://", "http://h:99999"])
def test_addresses_that_are_none_or_hold_a_password_are_refused(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        influx_http.Server(url, "powerwall", "autogen")

    assert "secret" not in str(caught.value)


INFLUXD = os.environ.get("FOREBAY_INFLUXD") or shutil.which("influxd")


@pytest.fixture
def influxd(tmp_path: Path) -> Iterator[str]:
    """A real server with the points of the folder, at a free port."""
    if INFLUXD is None:
        pytest.skip("no influxd: install Debian's package influxdb, or name one by $FOREBAY_INFLUXD")
    ports = []
    for _ in range(2):
        with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as free:
            ports.append(free.server_port)
    folders = {name: str(tmp_path / name) for name in ("meta", "data", "wal")}
    config = tmp_path / "influxdb.conf"
    config.write_text(
        f'bind-address = "127.0.0.1:{ports[0]}"\nreporting-disabled = true\n[meta]\ndir = "{folders["meta"]}"\n'
        f'[data]\ndir = "{folders["data"]}"\nwal-dir = "{folders["wal"]}"\n'
        f'[http]\nbind-address = "127.0.0.1:{ports[1]}"\n'
    )
    url = f"http://127.0.0.1:{ports[1]}"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([INFLUXD, "-config", str(config)], stdout=log, stderr=log)
        try:
            until = time.monotonic() + 60
            while True:
                try:
                    urllib.request.urlopen(f"{url}/ping", timeout=5).close()
                    break
                except OSError:
                    assert process.poll() is None, (tmp_path / "log").read_text()
                    assert time.monotonic() < until, (tmp_path / "log").read_text()
                    time.sleep(0.05)
            create = quote("CREATE DATABASE powerwall")
            urllib.request.urlopen(f"{url}/query?q={create}", data=b"", timeout=30).close()
            urllib.request.urlopen(f"{url}/write?db=powerwall", data=POINTS.read_bytes(), timeout=30).close()
            yield url
        finally:
            process.terminate()
            process.wait(30)


def test_a_living_server_tells_what_its_backup_tells(influxd: str) -> None:
    living = influx_http.read(influx_http.Server(influxd, "powerwall", "autogen"))
    backup = influx_files.read([FOLDER / "portable"], "powerwall", "autogen")

    assert minutes_of(living) == minutes_of(backup)
    assert living.bad == []
    with pytest.raises(ConfigError, match="retention policy not found: kwh"):
        influx_http.read(influx_http.Server(influxd, "powerwall", "kwh"))
