"""The printer follows Go's encoder; the reader lets new firmware pass."""

from __future__ import annotations

import json
from math import isfinite

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebay.errors import ConfigError, MalformedReply
from forebay.wire import catalogue, codec, gotime
from forebay.wire.firmware import parse_version
from forebay.wire.percent import AppPercent, WirePercent
from forebay.wire.site import OperationMode
from forebay.wire.system import GridState

NEW = (21, 44, 0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (100.0, "100"),
        (-0.0, "-0"),
        (0.0, "0"),
        (60.007000000000005, "60.007000000000005"),
        (-21.449996948242188, "-21.449996948242188"),
        (0.00005, "0.00005"),
        (1e-6, "0.000001"),
        (5e-7, "5e-7"),
        (1.5e-10, "1.5e-10"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (9.223372036854775807e18, "9223372036854776000"),
    ],
)
def test_numbers_are_printed_as_go_prints_them(value: float, text: str) -> None:
    assert msgspec.json.encode(codec.number(value)).decode() == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_printed_number_reads_back_as_itself(value: float) -> None:
    assert float(json.loads(msgspec.json.encode(codec.number(value)))) == value
    assert isfinite(value)


def test_angle_brackets_and_ampersands_are_escaped() -> None:
    assert codec.encode(["a<b>&c"], NEW) == b'["a\\u003cb\\u003e\\u0026c"]'


def test_a_64_bit_integer_survives() -> None:
    raw = b'[{"timestamp":1,"alert_name":"a","alert_is_fault":false,"decoded_alert":"","alert_raw":432406325129904128'
    raw += b',"git_hash":"","site_uid":"","ecu_type":"","ecu_package_part_number":"","ecu_package_serial_number":""}]'

    assert codec.decode(catalogue.GRID_FAULTS, raw)[0].alert_raw == 432406325129904128


def test_an_unknown_word_and_an_unknown_member_pass() -> None:
    reply = codec.decode(catalogue.GRID_STATUS, b'{"grid_status":"SystemBrandNew","novel":{"a":[1]}}')

    assert str(reply.grid_status) == "SystemBrandNew"
    assert not reply.grid_status.is_known
    assert reply.grid_status != GridState.CONNECTED
    assert codec.encode(reply, NEW) == b'{"grid_status":"SystemBrandNew"}'


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"{}", "percentage"),
        (b'{"percentage":"x"}', "$.percentage"),
        (b'{"percentage":tr', "not as known"),
        (b"", "empty"),
        (b"<html>", "not as known"),
        (b'{"percentage":\xff}', "not as known"),
        (b'{"percentage":1,"x":' + b"[" * 100_000, "not as known"),
    ],
)
def test_a_wrong_body_is_refused_in_words_that_name_the_place(raw: bytes, words: str) -> None:
    with pytest.raises(MalformedReply, match="soe") as caught:
        codec.decode(catalogue.STATE_OF_ENERGY, raw)

    assert words in str(caught.value)


def test_false_is_read_as_a_reserve_of_zero() -> None:
    body = codec.decode_body(catalogue.SET_OPERATION.body, b'{"backup_reserve_percent":false,"real_mode":"backup"}')

    assert body.backup_reserve_percent == WirePercent(0)
    assert body.present_mode is OperationMode.BACKUP


@pytest.mark.parametrize(
    ("app", "wire"),
    [(5, 10), (16, 20), (16, 20.6), (20, 24), (21, 24.6), (30, 33), (100, 100)],
    ids=["S126", "S127", "S128", "S129", "S130", "S131", "S132"],
)
def test_tested_pairs_of_app_and_gateway_agree_within_half_a_point(app: float, wire: float) -> None:
    assert abs(AppPercent(app).wire.value - wire) <= 0.5


def test_the_app_shows_whole_numbers_rounded_half_up() -> None:
    assert WirePercent(24.6).app.shown == 21
    assert WirePercent(5.000019999999999).app.shown == 0
    assert WirePercent(81).app.shown == 80
    assert WirePercent(2).app.shown == 0


@given(st.floats(0, 100))
def test_app_to_wire_and_back_is_identity(value: float) -> None:
    assert AppPercent(value).wire.app.value == pytest.approx(value, abs=1e-9)


def test_the_two_scales_cannot_be_mixed() -> None:
    assert AppPercent(20) != WirePercent(20)
    with pytest.raises(TypeError):
        _ = AppPercent(20) < WirePercent(24)
    with pytest.raises(TypeError):
        _ = AppPercent(20) + WirePercent(24)  # type: ignore[operator]
    for wrong in (True, -1, 101, "20"):
        with pytest.raises(ConfigError, match="0 to 100"):
            AppPercent.setting(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["223h5m51.577762169s", "50.170524281s", "2m0.5s", "1h0m0s", "0s", "230h55m59.932079901s"]
)
def test_go_durations_read_and_print_back(text: str) -> None:
    assert gotime.print_seconds(round(gotime.seconds(text) * 1e9))[:8] == text[:8]


@given(st.integers(0, 10**16))
def test_a_printed_duration_reads_back(nanoseconds: int) -> None:
    assert gotime.seconds(gotime.print_seconds(nanoseconds)) == pytest.approx(nanoseconds / 1e9, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize("text", ["", "h", "5", "1h2", "abc"])
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        gotime.seconds(text)


def test_never_is_no_instant_and_nine_digits_are_cut() -> None:
    assert gotime.instant(gotime.NEVER) is None
    when = gotime.instant("2021-12-26T13:09:22.321056599-07:00")
    assert when is not None
    assert when.isoformat() == "2021-12-26T20:09:22.321056+00:00"


@pytest.mark.parametrize("stamp", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00", "2026-02-30T00:00:00Z"])
def test_an_instant_outside_the_calendar_is_refused(stamp: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        gotime.instant(stamp)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.40.2", (1, 40, 2)),
        ("1.15.0\n", (1, 15, 0)),
        ("21.44 223a56cd", (21, 44, 0)),
        ("23.12.11 225ee4e9", (23, 12, 11)),
    ],
)
def test_versions_are_read_in_every_form(text: str, version: tuple[int, int, int]) -> None:
    assert parse_version(text) == version


def test_another_version_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"21\.44"):
        parse_version("latest")
