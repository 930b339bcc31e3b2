"""What alerts mean: every one that the emulator raises is known, an unknown one is passed on."""

from __future__ import annotations

from typing import Any

from forebay.emulator.alerts import PACK_ALERTS, SOLAR_ALERTS, SYNC_ALERTS, SYSTEM_ALERTS
from forebay.emulator.grid_tie import OVER_FREQUENCY, UNDER_FREQUENCY
from forebay.records.alerts import BY_NAME, DEVICES, MEANINGS, Severity, meaning


def test_names_are_there_once_and_each_sentence_is_one() -> None:
    assert len(BY_NAME) == len(MEANINGS)
    for row in MEANINGS:
        assert row.words.endswith("."), row.name
        assert row.words.count(". ") == 0, row.name
        assert row.words[0].isupper(), row.name


def test_every_alert_of_the_emulator_is_known() -> None:
    rows: tuple[Any, ...] = (*SYSTEM_ALERTS, *SYNC_ALERTS, *PACK_ALERTS, *SOLAR_ALERTS)
    names = {*(row.name for row in rows), OVER_FREQUENCY, UNDER_FREQUENCY, "DisabledExcessiveVoltageDrop"}

    assert names - BY_NAME.keys() == set()


def test_what_is_normal_is_no_alarm_and_a_dark_house_is_one() -> None:
    assert meaning("SystemConnectedToGrid").severity is Severity.STATE
    assert meaning("POD_w110_SW_EOC").severity is Severity.STATE
    assert meaning("SYNC_a020_LoadsDropped").severity is Severity.FAULT
    assert Severity.FAULT > Severity.WARNING > Severity.NOTICE > Severity.STATE


def test_an_unknown_alert_is_passed_on_with_the_device_that_its_name_tells() -> None:
    odd = meaning("PINV_a999_flux")

    assert (odd.name, odd.severity, odd.is_told) == ("PINV_a999_flux", Severity.NOTICE, False)
    assert odd.words == "An alert of a pack's inverter. What it means is unknown to forebay."
    assert meaning("Hm").words == "What it means is unknown to forebay."
    assert len({prefix for prefix, _ in DEVICES}) == len(DEVICES)
