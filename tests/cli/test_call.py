"""`forebay call` and `forebay endpoints`: any row by hand, and no write by accident."""

from __future__ import annotations

import json

import pytest
from tests.cli.conftest import Emulated, Forebay

from forebay.wire import catalogue, vitals
from forebay.wire.endpoint import Effect
from forebay.wire.firmware import parse_version

WRITES = [row for row in catalogue.ALL if row.effect is Effect.WRITES]


@pytest.mark.parametrize("row", WRITES, ids=lambda row: row.name)
def test_a_row_that_changes_the_house_is_not_sent_without_yes(forebay: Forebay, row: catalogue.Endpoint) -> None:  # type: ignore[type-arg]
    outcome = forebay("call", row.method, row.path, "--host", "127.0.0.1:1")  # sending would say: refused

    assert (outcome.code, outcome.out) == (1, "")
    assert "changes the house" in outcome.err
    assert "Nothing was sent." in outcome.err
    assert "Add --yes to do it." in outcome.err


def test_with_yes_it_is_sent(forebay: Forebay, gateway: Emulated) -> None:
    stop = ("call", "POST", "/api/sitemaster/stop", "--host", gateway.host, "--body", '{"force": true}', "--yes")
    assert forebay(*stop).code == 0
    assert not gateway.state()["running"]

    outcome = forebay("call", "get", "api/sitemaster/run", "--host", gateway.host, "--yes")
    assert outcome.code == 0
    assert outcome.out == ""
    assert "202" in outcome.err
    assert gateway.state()["running"]


def test_a_body_is_read_from_stdin(forebay: Forebay, gateway: Emulated) -> None:
    stop = ("call", "POST", "/api/sitemaster/stop", "--host", gateway.host, "--body", "-", "--yes")

    assert forebay(*stop, stdin='{"force": true}').code == 0
    assert not gateway.state()["running"]


def test_a_body_that_is_not_json_is_not_sent(forebay: Forebay) -> None:
    outcome = forebay("call", "POST", "/api/operation", "--host", "127.0.0.1:1", "--body", "{real_mode", "--yes")

    assert outcome.code == 1
    assert "--body is not JSON" in outcome.err


def test_an_answer_is_printed_as_json_or_as_it_came(forebay: Forebay, gateway: Emulated) -> None:
    printed = forebay("call", "GET", "/api/status", "--host", gateway.host)
    raw = forebay("call", "GET", "/api/status", "--host", gateway.host, "--raw")

    assert printed.code == raw.code == 0
    assert printed.json == raw.json
    assert raw.out.startswith('{"din":"')
    assert printed.out.count("\n") > 5


def test_bytes_come_out_as_they_are_and_printed_as_what_they_mean(forebay: Forebay, gateway: Emulated) -> None:
    raw = forebay("call", "GET", "/api/devices/vitals", "--host", gateway.host, "--raw")
    printed = forebay("call", "GET", "/api/devices/vitals", "--host", gateway.host)

    devices = vitals.decode(raw.out.encode("utf-8", "surrogateescape"))
    assert [device["din"] for device in printed.json] == [device.din for device in devices]


def test_a_part_of_the_path_may_be_written_quoted_or_plain(forebay: Forebay, gateway: Emulated) -> None:
    """S138."""
    for brand in ("SolarEdge%20Technologies", "SolarEdge Technologies", "Diehl AKO Stiftung %26 Co. KG"):
        outcome = forebay("call", "GET", f"/api/solars/brands/{brand}", "--host", gateway.host)

        assert outcome.code == 0, outcome.err
        assert outcome.json


def test_an_unknown_path_names_the_command_that_lists_them(forebay: Forebay) -> None:
    outcome = forebay("call", "GET", "/api/nothing", "--host", "127.0.0.1:1")

    assert outcome.code == 1
    assert "`forebay endpoints` lists what is known" in outcome.err


def test_a_wrong_method_names_the_right_one(forebay: Forebay) -> None:
    outcome = forebay("call", "DELETE", "/api/operation", "--host", "127.0.0.1:1")

    assert outcome.code == 1
    assert "GET or POST" in outcome.err


def test_a_refusal_is_exit_1_with_the_gateways_words(forebay: Forebay, gateway: Emulated) -> None:
    body = '{"real_mode":"backup","backup_reserve_percent":100}'
    outcome = forebay("call", "POST", "/api/operation", "--host", gateway.host, "--body", body, "--yes")

    assert (outcome.code, outcome.out) == (1, "")
    assert "Unable to POST to resource" in outcome.err


@pytest.mark.parametrize("firmware", ["1.40.2", "21.44", "23.44"])
def test_endpoints_lists_what_a_release_offers(forebay: Forebay, firmware: str) -> None:
    words = forebay("endpoints", "--firmware", firmware)
    rows = forebay("endpoints", "--firmware", firmware, "--json").json

    offered = {(row.method, row.path) for row in catalogue.EVERY if row.offered_by(parse_version(firmware))}
    assert {(row["method"], row["path"]) for row in rows} == offered
    assert words.code == 0
    assert len(words.out.splitlines()) == len(offered) + 1


def test_endpoints_knows_the_releases_that_the_emulator_takes(forebay: Forebay) -> None:
    four = forebay("endpoints", "--firmware", "restricted", "--json").json
    unknown = forebay("endpoints", "--firmware", "banana")

    assert {row["path"] for row in four} >= {"/api/login/Basic", "/api/meters/aggregates"}
    assert len(four) == 5
    assert forebay("endpoints", "--firmware", "22.18.3").out == forebay("endpoints", "--firmware", "21.44").out
    assert (unknown.code, "1.40.2, 1.50, 20.49" in unknown.err) == (1, True)


def test_endpoints_lists_every_row_with_its_effect(forebay: Forebay) -> None:
    out = forebay("endpoints").out
    rows = json.loads(forebay("endpoints", "--json").out)

    assert {row["name"] for row in rows} == {row.name for row in catalogue.EVERY}
    for row in catalogue.ALL:
        line = next(line for line in out.splitlines() if line.split()[:2] == [row.method, row.path])
        assert str(row.effect) in line
