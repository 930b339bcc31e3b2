"""`forebay emulate --homes N`, as a user starts it."""

from __future__ import annotations

import csv
import http.client
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]


@contextmanager
def emulating(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    process = subprocess.Popen(
        [sys.executable, "-m", "forebay", "emulate", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def get(url: str, path: str) -> int:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    there = urlsplit(url)
    connection = http.client.HTTPSConnection(there.hostname or "", there.port, timeout=20, context=context)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_fleet_says_where_it_is_and_every_home_answers(tmp_path: Path) -> None:
    settings = ("--port", "0", "--state-dir", str(tmp_path), "--seed", "40", "--bind", "127.5.0.1")
    with emulating("--homes", "12", *settings) as (process, line):
        words = line.split()
        assert words[0::2] == ["ready", "homes", "last", "list"]
        assert words[3] == "12"
        with Path(words[7]).open(newline="") as file:
            homes = list(csv.DictReader(file))
        assert (homes[0]["url"], homes[-1]["url"]) == (words[1], words[5])
        assert [urlsplit(home["url"]).hostname for home in homes] == [f"127.5.0.{n}" for n in range(1, 13)]
        assert [get(home["url"], "/api/status") for home in homes] == [200] * 12
    assert process.returncode == 0


def test_a_folder_is_a_fleet_of_its_files(tmp_path: Path) -> None:
    homes = tmp_path / "homes"
    homes.mkdir()
    (homes / "b.toml").write_text('[gateway]\nfirmware = "1.40.2"\nserial = "TG00000000000B"\n')
    (homes / "a.toml").write_text('[gateway]\nfirmware = "23.44"\nserial = "TG00000000000A"\n')
    with emulating(str(homes), "--port", "0", "--state-dir", str(tmp_path / "state")) as (_, line):
        with Path(line.split()[7]).open(newline="") as file:
            listed = [(home["serial"], home["firmware"]) for home in csv.DictReader(file)]
        assert listed == [("TG00000000000A", "23.44"), ("TG00000000000B", "1.40.2")]
        assert get(line.split()[1], "/api/devices/vitals") == 404


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--homes", "0"), "from 1 to 100,000 homes, not 0"),
        (("--homes", "3", "--bind", "0.0.0.0"), "loopback address"),
        (("--homes", "3", "--bind", "powerwall"), "powerwall is not the IPv4 address of a first home"),
        (("--homes", "3", "--http-port", "0"), "--http-port is for one home"),
        (("{empty}",), "no homes there"),
    ],
)
def test_what_no_fleet_can_be_is_told_in_one_line(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    (tmp_path / "empty").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "forebay", "emulate", "--state-dir", str(tmp_path), "--port", "0"]
        + [argument.format(empty=tmp_path / "empty") for argument in arguments],
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        check=False,
    )

    assert done.returncode != 0
    assert done.stdout == ""
    assert words in done.stderr
    assert "Traceback" not in done.stderr
