"""What the owner tells of a site in the settings reaches the page, and a wrong key is named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from forebay.cli.up import facts_of
from forebay.config import load
from forebay.errors import ConfigError
from forebay.records.site import UNTOLD


def settings(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "forebay.toml"
    file.write_text(text, "utf-8")
    return file


def test_nothing_told_is_the_usual(tmp_path: Path) -> None:
    assert facts_of(load(settings(tmp_path, "")), "house", "") == UNTOLD


def test_facts_are_those_of_the_site_then_of_the_gateway_then_of_all(tmp_path: Path) -> None:
    told = load(
        settings(
            tmp_path,
            "[site]\ncommissioned = 2019-05-01\nwarranty_pct = 60\n"
            "[sites.home]\npack_kwh = 14.2\nvoltage_v = 240\n"
            "[sites.barn]\nfrequency_tolerance_hz = 0.2\n",
        )
    )

    assert facts_of(told, "any", "").commissioned == date(2019, 5, 1)
    assert facts_of(told, "any", "").warranty.kept_ratio == pytest.approx(0.6)
    assert facts_of(told, "barn", "home").pack_nominal_wh == pytest.approx(14_200)
    assert facts_of(told, "barn", "home").voltage_v == 240
    assert facts_of(told, "barn", "").frequency_tolerance_hz == pytest.approx(0.2)
    assert facts_of(told, "barn", "").commissioned is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[site]\ncommissioned = "soon"\n', "site.commissioned"),
        ("[site]\npack_kwh = 0\n", "site.pack_kwh"),
        ("[site]\nvoltage = 230\n", "voltage_v"),
        ("[sites.home]\nwarranty_pct = 170\n", "warranty_pct"),
    ],
)
def test_a_wrong_fact_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        load(settings(tmp_path, text))
