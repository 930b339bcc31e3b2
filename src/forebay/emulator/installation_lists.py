"""What the wizard offers to choose from: companies, inverters, grid codes, radios.

A handful of each. Companies, their numbers and the approvals are invented;
brands, models and grid codes have the names that a wizard would show.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import NamedTuple

from forebay.wire.firmware import Timeline
from forebay.wire.installation import (
    Company,
    CustomizablePoint,
    GridCodes,
    GridCodeSetting,
    GridRegions,
    Radio,
    SolarModel,
)
from forebay.wire.model import UNSET

COMPANY_NAMES = (
    ("Alder Creek Electric", "US"),
    ("Blue Gum Power & Light", "AU"),
    ("Fellside Renewables", "GB"),
    ("Harbour Sun Works", "NZ"),
    ("Isarwinkel Elektro", "DE"),
    ("Juniper Ridge Solar", "US"),
)

_COMPANY_ID = Timeline(("1.15", "AN-{n:07d}"), ("21.0", "9d3c51e{n:x}-7a0b-4e46-8c2f-5b1f60d7a2{n:02x}"))

_MODELS = (
    ("ABB", "PVI-4.2-OUTD-S-US (240V)", "4.2 kW string inverter, 240 Vac", 4200),
    ("Delta Electronics", "Solivia 5.2 TL (240V)", "5.2 kW string inverter, 240 Vac", 5200),
    ("Diehl AKO Stiftung & Co. KG", "Platinum 4300 S", "4.3 kW string inverter, 230 Vac", 4300),
    ("Enphase Energy", "IQ7-60-x-US (240V)", "240 W microinverter, 240 Vac", 240),
    ("Enphase Energy", "IQ7PLUS-72-x-US (240V)", "290 W microinverter, 240 Vac", 290),
    ("Fronius USA", "Primo 5.0-1 (240V)", "5 kW string inverter, 240 Vac", 5000),
    ("SMA America", "SB5.0-1SP-US-40 (240V)", "5 kW string inverter, 240 Vac", 5000),
    ("SolarEdge Technologies", "SE3800H-US (240V)", "3.8 kW inverter for optimizers, 240 Vac", 3800),
    ("SolarEdge Technologies", "SE5000 (240V) w/ -ER-US or A-US", "5 kW inverter for optimizers, 240 Vac", 5000),
    ("SolarEdge Technologies", "SE7600H-US (240V)", "7.6 kW inverter for optimizers, 240 Vac", 7600),
)
BRANDS = tuple(dict.fromkeys(brand for brand, *_ in _MODELS))
DISCONNECT_TYPES = ("DownstreamATS",)

RADIOS = (
    Radio(manufacturer="Telit", model="HE910-D", fcc_id="XXX0000A", ic_id="0000A-XXX"),
    Radio(manufacturer="Redpine", model="RS9113DB", fcc_id="XXX0000B", ic_id="0000B-XXX"),
)


class Region(NamedTuple):
    """A line of the grid regions: where a grid code is in force."""

    grid_code: str
    country: str
    state: str = "*"
    distributor: str = "*"
    utility: str = "*"
    retailer: str = "*"
    standard: str = ""


_US = "United States"
_PGE = "Pacific Gas and Electric Company"
REGIONS = Timeline[tuple[Region, ...]](
    (
        "1.15",
        (
            Region("50Hz_230V_1_ASNZS4777.2:2015_AU", "Australia", standard="ASS4777.2"),
            Region("50Hz_230V_1_VDE4105:2011_Germany", "Germany", standard="VDE4105"),
            Region("50Hz_230V_1_G59:UK", "United Kingdom", standard="G59 21A"),
            Region("60Hz_240V_s_IEEE1547:2003", _US, standard="IEEE1547"),
            Region("60Hz_240V_s_UL1741SA:2016_California", _US, "California", standard="UL1741SA"),
        ),
    ),
    (
        "20.49",
        (
            Region("50Hz_230V_1_ASNZS4777.2:2015_AU", "Australia", standard="ASS4777.2:2015"),
            Region("50Hz_230V_1_VDE4105:2018_Germany", "Germany", standard="VDE4105:2018"),
            Region("50Hz_202V_s_JEAC9701_2019_Japan", "Japan", standard="JEAC9701:2019"),
            Region("50Hz_230V_1_G59:UK", "United Kingdom", standard="G59 21A"),
            Region("60Hz_240V_s_IEEE1547a_2014", _US, standard="IEEE1547a:2014"),
            Region("60Hz_240V_s_IEEE1547a_2014", _US, "California", standard="IEEE1547a:2014"),
            Region("60Hz_208V_1_IEEE1547_2003", _US, "California", utility=_PGE, standard="IEEE1547:2003 208V L-L"),
            Region("60Hz_240V_s_UL1741SA:2016_California", _US, "California", standard="UL1741SA-CA:2016"),
            Region(
                "60Hz_240V_s_UL1741SA:2019_California", _US, "California", utility=_PGE, standard="UL1741SA-CA:2019"
            ),
        ),
    ),
)
"""The grid codes that a release knows, by region; 1.x knows no utilities."""

_CALIFORNIA = Region("60Hz_240V_s_UL1741SA:2016_California", _US, "California", utility=_PGE, standard="UL1741SA")
_BRITAIN = Region("50Hz_230V_1_G59:UK", "United Kingdom", standard="G59 21A")
_GERMANY = Region("50Hz_230V_1_VDE4105:2011_Germany", "Germany", standard="VDE4105")
HOME_REGIONS = Timeline[dict[tuple[int, str], Region]](
    (
        "1.15",
        {
            (60, "split"): _CALIFORNIA,
            (60, "single"): Region("60Hz_240V_s_IEEE1547:2003", _US, standard="IEEE1547"),
            (60, "three"): Region("60Hz_240V_s_IEEE1547:2003", _US, standard="IEEE1547"),
            (50, "split"): _BRITAIN,
            (50, "single"): _BRITAIN,
            (50, "three"): _GERMANY,
        },
    ),
    (
        "20.49",
        {
            (60, "split"): _CALIFORNIA._replace(
                grid_code="60Hz_240V_s_UL1741SA:2019_California", standard="UL1741SA-CA:2019"
            ),
            (60, "single"): Region(
                "60Hz_208V_1_IEEE1547_2003", _US, "California", utility=_PGE, standard="IEEE1547:2003 208V L-L"
            ),
            (60, "three"): Region(
                "60Hz_208V_1_IEEE1547_2003", _US, "California", utility=_PGE, standard="IEEE1547:2003 208V L-L"
            ),
            (50, "split"): Region("50Hz_202V_s_JEAC9701_2019_Japan", "Japan", standard="JEAC9701:2019"),
            (50, "single"): _BRITAIN,
            (50, "three"): _GERMANY._replace(grid_code="50Hz_230V_1_VDE4105:2018_Germany", standard="VDE4105:2018"),
        },
    ),
)
"""Where a home stands whose wizard said nothing, by frequency [Hz] and phases.

No grid code of three phases is known: a Powerwall 2 has one, and its code is of that kind whatever the house has.
"""

_HEADER = ("grid_code", "country", "state", "distributor", "utility", "retailer", "standard")
_CUSTOMIZABLE = {
    "50Hz_202V_s_JEAC9701_2019_Japan": (
        ("vf_limit_over_voltage_1_grid_following", "V_pu", 1.1, 1.2, 1.15),
        ("vf_limit_under_frequency_1_grid_following", "Hz", 47.5, 49.5, 48.5),
        ("vf_timing_qualifying_time_grid_following", "s", 1.0, 300.0, 300.0),
    )
}


def companies(version: tuple[int, int, int]) -> list[Company]:
    """Return the installers to choose from, numbered as the release numbers them."""
    number = _COMPANY_ID.at(version)
    return [
        Company(company=name, customer_id=number.format(n=n), country=country)
        for n, (name, country) in enumerate(COMPANY_NAMES, 1)
    ]


def models(brand: str) -> list[SolarModel]:
    """Return the inverters of a brand; none for an unknown one."""
    return [
        SolarModel(brand=maker, model=model, description=words, power_rating_watts=watts)
        for maker, model, words, watts in _MODELS
        if maker == brand
    ]


def setting(grid_code: str) -> GridCodeSetting:
    """Return what a grid code asks for; its name begins with frequency, voltage and phase."""
    hertz, volts, phase, _ = grid_code.split("_", 3)
    points = [
        CustomizablePoint(name=name, units=units, min=low, max=high, file_value=value, override=None, value=value)
        for name, units, low, high, value in _CUSTOMIZABLE.get(grid_code, ())
    ]
    return GridCodeSetting(
        grid_code=grid_code,
        grid_voltage_setting=float(volts.removesuffix("V")),
        grid_freq_setting=float(hertz.removesuffix("Hz")),
        grid_phase_setting="Split" if phase == "s" else "Single",
        grid_customizable_points=points or UNSET,
    )


def grid_regions(regions: Iterable[Region]) -> GridRegions:
    """Return the regions as CSV, and the settings of their codes in order."""
    lines = list(regions)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows(lines)
    codes = sorted({line.grid_code for line in lines})
    return GridRegions(regions=text.getvalue(), grid_code_settings={code: setting(code) for code in codes})


def grid_codes(regions: Iterable[Region], in_force: str) -> GridCodes:
    """Return the regions as a tree; only the code in force says where it belongs."""
    tree: GridCodes = {}
    for line in sorted(regions, key=lambda line: (line.country, line.state, line.standard)):
        shown = setting(line.grid_code)
        if line.grid_code == in_force:
            shown.country, shown.state, shown.region = line.country, line.state, line.standard
        tree.setdefault(line.country, {}).setdefault(line.state, {}).setdefault(line.standard, []).append(shown)
    return tree
