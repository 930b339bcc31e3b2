"""From the gateway's words to a reading: what is not known is None, never 0."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forebay.errors import ForebayError, LoginRejected, SiteStopped, StoreError, Throttled
from forebay.records.reading import app_pct, fast_reading, gateway_time, slow_reading
from forebay.records.reasons import EXPLANATIONS, Reason, explain
from forebay.wire import catalogue, codec
from forebay.wire.gotime import NEVER
from forebay.wire.percent import WirePercent
from forebay.wire.power import Aggregates, Meter
from forebay.wire.site import Operation, OperationMode
from forebay.wire.system import GridState, GridStatus, Sitemaster, StateOfEnergy, Status

AT = datetime(2021, 12, 26, 20, 9, 23, tzinfo=UTC)
STAMP = "2021-12-26T13:09:22.321056599-07:00"


def meter(power_w: float, exported_wh: float = 0.0, imported_wh: float = 0.0, **more: float) -> Meter:
    return Meter(
        last_communication_time=STAMP,
        instant_power=power_w,
        energy_exported=exported_wh,
        energy_imported=imported_wh,
        **more,  # type: ignore[arg-type]
    )


def house(**more: Meter) -> Aggregates:
    return Aggregates(
        **{
            "site": meter(72, 348, 752, instant_average_voltage=213.6),
            "battery": meter(-60, 567, 642, frequency=60.007),
            "load": meter(1154, 0, 1595),
            "solar": meter(1144, 1269, 2),
            **more,
        }
    )


def test_each_meter_fills_its_own_fields() -> None:
    reading = fast_reading(
        AT,
        house(),
        StateOfEnergy(percentage=WirePercent(42.4)),
        GridStatus(grid_status=GridState.CONNECTED, grid_services_active=False),
    )

    assert (reading.site_power_w, reading.site_export_wh, reading.site_import_wh) == (72, 348, 752)
    assert (reading.battery_power_w, reading.battery_discharge_wh, reading.battery_charge_wh) == (-60, 567, 642)
    assert (reading.load_power_w, reading.load_wh) == (1154, 1595)
    assert (reading.solar_power_w, reading.solar_export_wh, reading.solar_import_wh) == (1144, 1269, 2)
    assert (reading.charge_wire_pct, reading.grid_state) == (42.4, "SystemGridConnected")
    assert reading.grid_services_active is False


def test_a_meter_that_says_null_leaves_the_others_standing() -> None:
    said = codec.encode(house(), (21, 44, 0)).replace(b'"instant_power":1144', b'"instant_power":null')
    reading = fast_reading(AT, codec.decode(catalogue.AGGREGATES, said))

    assert (reading.solar_power_w, reading.solar_export_wh) == (None, 1269)
    assert (reading.site_power_w, reading.load_power_w) == (72, 1154)


def test_a_frequency_of_zero_is_not_measured() -> None:
    reading = fast_reading(AT, house())

    assert reading.site_frequency_hz is None
    assert reading.battery_frequency_hz == 60.007


def test_rows_that_did_not_answer_are_none() -> None:
    reading = fast_reading(AT, house())

    assert reading.charge_wire_pct is None
    assert reading.grid_state is None
    assert reading.grid_services_active is None


def test_a_house_without_solar_has_no_solar_rather_than_zero() -> None:
    silent = Meter(last_communication_time=NEVER, instant_power=0, energy_exported=0, energy_imported=0)

    assert fast_reading(AT, house(solar=silent)).solar_power_w is None
    assert fast_reading(AT, Aggregates(site=meter(1), battery=meter(2), load=meter(3))).solar_export_wh is None


def test_the_gateways_time_is_that_of_its_site_meter() -> None:
    assert gateway_time(house()) == datetime(2021, 12, 26, 20, 9, 22, 321056, tzinfo=UTC)


def test_a_gateway_that_tells_no_time_has_none() -> None:
    silent = Meter(last_communication_time=NEVER, instant_power=1, energy_exported=0, energy_imported=0)

    assert gateway_time(Aggregates(site=silent, battery=silent, load=silent)) is None


def test_slow_rows_may_all_be_missing() -> None:
    reading = slow_reading(AT, {})

    assert all(getattr(reading, name) is None for name in ("firmware", "pack_count", "grid_alerts", "operation_mode"))


def test_slow_rows_fill_their_fields() -> None:
    status = Status(
        start_time="2021-12-16 22:13:25 +0800",
        up_time_seconds="230h55m59.932079901s",
        is_new=False,
        version="1.15.0\n",
        git_hash="x",
    )
    models = {
        "STATUS": status,
        "SITEMASTER": Sitemaster(running=True, connected_to_tesla=False),
        "OPERATION": Operation(mode=OperationMode.BACKUP, backup_reserve_percent=WirePercent(24)),
        "GRID_FAULTS": [],
    }

    reading = slow_reading(AT, models)

    assert (reading.firmware, reading.sitemaster_running, reading.vendor_connected) == ("1.15.0", True, False)
    assert (reading.operation_mode, reading.reserve_wire_pct, reading.grid_alerts) == ("backup", 24, "")
    assert reading.uptime_s == pytest.approx(831359.932)


def test_the_app_shows_five_wire_percent_as_empty() -> None:
    assert app_pct(5) == 0
    assert app_pct(100) == 100
    assert app_pct(None) is None


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (LoginRejected("no"), Reason.REFUSED),
        (Throttled("no"), Reason.THROTTLED),
        (SiteStopped("no"), Reason.STOPPED),
        (StoreError("no"), Reason.STORE),
        (ForebayError("no"), Reason.FAILED),
    ],
)
def test_an_error_means_a_reason(error: ForebayError, reason: Reason) -> None:
    assert explain(error).reason is reason


def test_every_reason_is_explained_once_in_a_sentence() -> None:
    assert {row.reason for row in EXPLANATIONS} == set(Reason)
    assert len(EXPLANATIONS) == len(Reason)
    assert all(row.words.endswith(".") for row in EXPLANATIONS)
