"""States in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from forebay.records.reading import Reading
from forebay.records.reasons import Reason
from forebay.records.tempo import Tempo
from forebay.store.state import Connection
from forebay.views import text, words
from forebay.wire.site import OperationMode
from forebay.wire.system import GridState

NOW = datetime(2026, 6, 21, 20, tzinfo=UTC)


def test_every_known_state_and_mode_has_words_and_unknown_ones_are_told() -> None:
    assert all(not (words.grid_words(str(state)) or "").startswith("Grid state") for state in GridState)
    assert all(words.mode_words(str(mode)) != str(mode) for mode in OperationMode)
    assert words.grid_words("SystemNew") == "Grid state SystemNew"
    assert words.mode_words("new") == "new"
    assert words.grid_words(None) is None
    assert all(words.gap_words(reason).endswith(".") for reason in Reason)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2, "2 s"), (119, "119 s"), (240, "4 min"), (10_800, "3 h"), (259_200, "3 days"), (-1, "0 s")],
)
def test_spans_are_told_in_their_largest_unit(seconds: float, text: str) -> None:
    assert words.span_words(seconds) == text


def test_a_restarted_recorder_shows_the_old_reading_as_old() -> None:
    reading = Reading(at=NOW - timedelta(hours=5))
    tempo = Tempo("system", 1.0, reading.at, reading.at)

    stands = words.standing(Connection("waiting"), reading, tempo, NOW)

    assert (stands.state, stands.words) == ("stale", "Asking the gateway; the last reading is 5 h old.")


def test_a_standing_emulated_clock_is_live_while_the_gateway_answers() -> None:
    reading = Reading(at=NOW)
    tempo = Tempo("gateway", 0.0, NOW, NOW)

    assert words.standing(Connection("live", NOW), reading, tempo, NOW + timedelta(seconds=1)).state == "live"
    assert words.standing(Connection("live", NOW), reading, tempo, NOW + timedelta(seconds=9)).state == "stale"


@pytest.mark.parametrize(("watt_hours", "said"), [(-0.3, "0 Wh"), (0.0, "0 Wh"), (-3.2, "-3 Wh"), (None, "–")])
def test_no_energy_is_a_negative_zero(watt_hours: float | None, said: str) -> None:
    assert text.energy(watt_hours) == said
