"""HOME.toml as a page."""

from __future__ import annotations

import inspect

import msgspec

from forebay.emulator import home
from forebay.emulator.injected import InjectedFault
from tools.reference.markdown import code, table
from tools.reference.structs import Key, keys

TABLES: dict[str, type[msgspec.Struct]] = {
    "[site]": home.Site,
    "[gateway]": home.GatewayTable,
    "[owner]": home.Owner,
    "[installer]": home.InstallerTable,
    "[[solar]]": home.SolarString,
    "[[packs]]": home.PackTable,
    "[solar_inverter]": home.SolarInverter,
    "[meters]": home.MetersTable,
    "[generator]": home.GeneratorTable,
    "[house]": home.House,
    "[[house.appliances]]": home.Appliance,
    "[grid]": home.Grid,
    "[[grid.outages]]": home.Outage,
    "[operation]": home.OperationTable,
    "[sitemaster]": home.SiteMasterTable,
    "[updates]": home.UpdatesTable,
    "[[users]]": home.UserTable,
    "[[faults]]": InjectedFault,
}

WORDS: dict[str, dict[str, str]] = {
    "[site]": {
        "name": "What the gateway calls the site.",
        "timezone": "An IANA name; local times of the home are in it.",
        "latitude_deg": "Where the sun shines; north is positive.",
        "longitude_deg": "East is positive.",
    },
    "[gateway]": {
        "firmware": "The release to be: the nearest profile below it decides how; *restricted* is a gateway as below.",
        "stop_by_get": "From 20.49 on GET /api/sitemaster/stop stops the system too, as the README has it (X01).",
        "commands_by_get": "GET does what POST does where the README lists GET: phase detection, updates, reset (X12).",
        "registration_needs_login": "/api/customer/registration is no longer open, as OpenAPI has it (X11).",
        "vitals_need_installer": "/api/devices/vitals is for installers, as it was first reported (X20).",
        "openapi": "The gateway serves its OpenAPI document at /openapi.json, which no real one does.",
        "says_google": "The old connectivity test names its second test in full: *Google GET Test* (X16).",
        "installer_password": "Of the installer; the last five characters of the serial when left out.",
    },
    "[owner]": {
        "city": "Shown by /api/customer up to 1.50, as the next three are.",
        "state": "In full.",
        "zip": "As a text.",
        "country": "Two letters.",
    },
    "[installer]": {"phone": "Shown by /api/installer.", "email": "Shown by /api/installer, from 1.40 on."},
    "[[solar]]": {
        "peak_w": "Power at 1000 W/m² [W].",
        "tilt_deg": "0 is flat, 90 a wall.",
        "facing_deg": "90 is east, 180 south, 270 west.",
    },
    "[[packs]]": {
        "full_wh": "Energy when full [Wh].",
        "power_w": "Greatest power either way [W].",
        "charge_pct": "Charge at the start, on the gateway's scale.",
        "round_trip": "What comes out again of what goes in.",
        "idle_w": "Drawn from the cells at all times [W].",
        "part_number": "As the gateway prints it; by model and release when left out.",
        "serial": "As the gateway prints it; made from the seed when left out.",
    },
    "[solar_inverter]": {},
    "[meters]": {},
    "[generator]": {"name": "What /api/generators calls it."},
    "[house]": {"appliances": "A list of tables, below."},
    "[[house.appliances]]": {"name": "For whoever reads the file."},
    "[grid]": {
        "voltage_v": "Nominal [V]: between the outer conductors of a split phase, else from line to neutral.",
        "frequency_hz": "Nominal [Hz].",
        "outages": "A list of tables, below.",
        "black_start_span": "Span of local time with attempts.",
    },
    "[[grid.outages]]": {"start": "Local time of the site, without an offset.", "minutes": "How long it lasts [min]."},
    "[[users]]": {"password": "Of this user."},
    "[[faults]]": {},
    "[operation]": {
        "mode": "What the packs are for.",
        "reserve_app_pct": "Kept for outages, as the app shows it.",
        "max_pv_export_kw": "How much sun may flow into the grid [kW]; left out, all of it.",
        "reserve_charge_w": "How fast each pack is refilled from the grid below the reserve [W].",
        "backup_charge_w": "How fast each pack charges from the grid in the mode backup [W].",
        "autonomous_charge_w": "How fast each pack charges from the grid in cheap hours [W].",
        "peak_hours": "Spans of local time in which the autonomous mode serves the house; unverified.",
        "cheap_hours": "Spans in which it charges from the grid; in all others only from the sun. Unverified.",
        "snaps_reserve": "Whether a reserve of 81 to 99 % in the app becomes 80 %; left out, as the release does.",
        "weekends_have_peaks": "Whether peak hours hold on Saturdays and Sundays too.",
    },
    "[sitemaster]": {},
    "[updates]": {},
}

_HEAD = """# HOME.toml

What `forebay emulate HOME.toml` builds. Every table and key may be left out, except where a default says "needed". A
wrong key or value is an error that names the file, the line and the key. How to use it:
[emulate a home](../how-to/emulate-a-home.md).

"""


def page() -> str:
    """Return the page of all keys of a home."""
    parts = [_HEAD]
    for name, struct in TABLES.items():
        doc = (inspect.getdoc(struct) or "").partition("\n")[0].partition("]: ")[2]
        summary = doc.partition(";")[0].partition(". ")[0].rstrip(".")
        parts += [f"## {name}\n\n{summary[:1].upper()}{summary[1:]}.\n\n", _table(keys(struct, WORDS[name])), "\n"]
    parts.append(_built_in())
    return "".join(parts)


def _table(rows: list[Key]) -> str:
    return table(("Key", "Type", "Default", "Meaning"), [(code(k.name), k.kind, k.default, k.meaning) for k in rows])


def _built_in() -> str:
    """Say what the home without a file is."""
    built = home.Home()
    strings = " and ".join(f"{s.peak_w:g} W facing {s.facing_deg:g}°" for s in built.solar)
    packs = " and ".join(f"{p.full_wh:g} Wh at {p.charge_pct:g} %" for p in built.packs)
    return (
        "## Without a file\n\n"
        f"The defaults above, with the solar strings {strings}, and {len(built.packs)} Powerwalls: {packs}. "
        "A file that names any `[[solar]]` or `[[packs]]` replaces all of these; "
        "`solar = []` is a home without panels.\n"
    )
