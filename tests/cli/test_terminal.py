"""What a gateway, an encoding or a full disk can do to a terminal: nothing."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.cli.conftest import Emulated, Forebay
from tests.cli.processes import command, environment, run

EVIL = "\x1b[2J\x1b]0;own\x07\u202eevil\x9b31m"


def fault(gateway: Emulated, at: str, body: object) -> None:
    gateway.control("/faults", **{"path": at, "body": body})


def harmless(text: str) -> bool:
    return all(sign.isprintable() or sign == "\n" for sign in text)


def test_a_gateways_words_do_not_steer_the_terminal(forebay: Forebay, gateway: Emulated) -> None:
    gateway.control("/site", name=EVIL[:40])
    fault(gateway, "/api/system_status/grid_status", {"grid_status": EVIL})
    fault(
        gateway,
        "/api/operation",
        {"real_mode": EVIL, "backup_reserve_percent": 24, "freq_shift_load_shed_soe": 0},
    )

    for name in ("status", "info", "grid"):
        outcome = forebay(name, "--host", gateway.host)
        assert outcome.code == 0
        assert harmless(outcome.out + outcome.err)
        assert "evil" in outcome.out
    outcome = forebay("watch", "--count", "1", "--host", gateway.host)
    assert harmless(outcome.out)


def test_json_is_the_same_text_after_the_terminal(forebay: Forebay, gateway: Emulated) -> None:
    gateway.control("/site", name=EVIL)

    outcome = forebay("call", "GET", "/api/site_info/site_name", "--host", gateway.host)
    assert harmless(outcome.out)
    assert outcome.json["site_name"] == EVIL
    assert forebay("info", "--json", "--host", gateway.host).json["site_info"]["site_name"] == EVIL


@pytest.mark.parametrize("body", ['{"site_name":"\\ud800"}', "[" * 2_000])
def test_json_that_is_no_text_or_too_deep_is_no_traceback(forebay: Forebay, gateway: Emulated, body: str) -> None:
    fault(gateway, "/api/site_info/site_name", body)

    outcome = forebay("call", "GET", "/api/site_info/site_name", "--host", gateway.host)
    assert "Traceback" not in outcome.err
    assert outcome.code == (0 if "ud800" in body else 1)


def test_an_alert_at_an_impossible_time_is_still_told(forebay: Forebay, gateway: Emulated) -> None:
    known = {"alert_is_fault": False, "decoded_alert": "", "alert_raw": 1, "git_hash": "", "site_uid": ""}
    pack = {"ecu_type": "TEPINV", "ecu_package_part_number": "", "ecu_package_serial_number": ""}
    fault(
        gateway, "/api/system_status/grid_faults", [{"timestamp": 10**18, "alert_name": "PINV_a006", **known, **pack}]
    )

    outcome = forebay("grid", "--host", gateway.host)
    assert outcome.code == 0
    assert "at 1000000000000000000 ms  PINV_a006" in outcome.out


@pytest.mark.parametrize("name", ["status", "meters", "watch", "doctor"])
def test_a_terminal_without_box_characters_gets_plain_ones(home: Path, gateway: Emulated, name: str) -> None:
    more = ["--count", "1"] if name == "watch" else []
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C", "FOREBAY_PASSWORD": gateway.password}
    outcome = run(home, name, "--host", gateway.host, *more, **ascii_only)

    assert "Traceback" not in outcome.stderr
    assert outcome.returncode == 0
    assert outcome.stdout.isascii()
    assert "\ufffd" not in outcome.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this machine")
def test_a_full_disk_is_exit_1_in_words(home: Path) -> None:
    with Path("/dev/full").open("w") as full:
        outcome = subprocess.run(
            [*command(), "endpoints"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(home),
            check=False,
        )

    assert (outcome.returncode, outcome.stderr) == (1, "forebay: no space left on device\n")


def test_a_record_that_cannot_be_made_is_exit_1_in_words(home: Path) -> None:
    outcome = run(home, "up", "--host", "127.0.0.1:1", "--db", "/proc/none/forebay.db", "--page-port", "0")

    assert outcome.returncode == 1
    assert outcome.stderr.startswith("forebay: /proc/none/forebay.db: ")


def test_json_is_escaped_where_the_encoding_cannot_show_it(home: Path, gateway: Emulated) -> None:
    gateway.control("/site", name="Häuschen \U0001f3e0")
    outcome = run(home, "info", "--json", "--host", gateway.host, PYTHONIOENCODING="ascii", FOREBAY_PASSWORD="56789")

    assert outcome.stdout.isascii()
    assert json.loads(outcome.stdout)["site_info"]["site_name"] == "Häuschen \U0001f3e0"
