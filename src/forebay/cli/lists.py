"""`forebay networks`, `site`, `solars`: the installation, read only; and `forebay logout`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forebay.cli.acting import agree, login_words, offered, release_of, show_plan, steps_for
from forebay.cli.connect import talk
from forebay.cli.output import as_json, note, table
from forebay.errors import GatewayError
from forebay.wire import catalogue
from forebay.wire.endpoint import Endpoint
from forebay.wire.model import UNSET
from forebay.wire.networks import Network

if TYPE_CHECKING:
    from forebay.client.gateway import Gateway

Cells = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Listing:
    """What one command reads.

    rows: by the key under which the JSON has each; the first one has to answer.
    cells: the table that is printed.
    """

    rows: dict[str, Endpoint[Any, Any]]
    cells: Callable[[dict[str, Any]], Cells]


def _text(value: object) -> str:
    if value is None or value is UNSET:
        return ""
    return "yes" if value is True else "no" if value is False else str(value)


def _network(one: Network) -> tuple[str, ...]:
    """One line for either era: an adapter up to 1.40, a saved network later."""
    if isinstance(one.name, str):
        saved = getattr(one.config, "network_name", "")
        return (one.name, _text(saved), _text(one.connected), _text(one.ip_address))
    link = getattr(one, "iface_network_info", None)
    address = ", ".join(net.address for net in getattr(link, "ip_networks", ()) or ())
    return (_text(one.interface), _text(one.network_name), _text(getattr(one, "active", None)), address)


def _networks(found: dict[str, Any]) -> Cells:
    return [("interface", "network", "connected", "address"), *(_network(one) for one in found["networks"])]


def _site(found: dict[str, Any]) -> Cells:
    site = found["site_info"]
    rules = site.rules
    return [
        ("Name", site.site_name),
        ("Time zone", site.timezone),
        ("Nominal", f"{site.nominal_system_energy_kWh:g} kWh, {site.nominal_system_power_kW:g} kW"),
        ("Grid code", rules.grid_code),
        ("Grid", f"{rules.grid_voltage_setting:g} V, {rules.grid_freq_setting:g} Hz, {rules.grid_phase_setting}"),
        ("Place", ", ".join(part for part in (rules.state, rules.country) if part and part != "*")),
        ("Utility", _text(rules.utility)),
        ("Least and most at the grid", _limits(site)),
    ]


def _limits(site: Any) -> str:
    ends = (site.min_site_meter_power_kW, site.max_site_meter_power_kW)
    return ", ".join("no limit" if abs(end) >= 1e9 else f"{end:g} kW" for end in ends)


def _solars(found: dict[str, Any]) -> Cells:
    head = ("brand", "model", "greatest power")
    return [head, *((one.brand, one.model, f"{one.power_rating_watts} W") for one in found["solars"])]


LISTINGS: dict[str, Listing] = {
    "networks": Listing({"networks": catalogue.NETWORKS, "saved": catalogue.SYSTEM_NETWORKS}, _networks),
    "site": Listing({"site_info": catalogue.SITE_INFO, "site_name": catalogue.SITE_NAME}, _site),
    "solars": Listing({"solars": catalogue.SOLARS}, _solars),
}
"""What each command reads."""


def listing(options: argparse.Namespace) -> int:
    """Read and print; says so before a log-in that stops the house."""
    wanted = LISTINGS[options.command]
    version, has_login = talk(options, release_of)
    offered(list(wanted.rows.values())[:1], version)
    asked = {key: row for key, row in wanted.rows.items() if row.offered_by(version)}
    rows = list(asked.values())
    login = login_words(version, rows, has_login=has_login)
    if options.dry_run:
        from forebay.client.reconfigure import Step

        steps = steps_for(version, [Step(row, row.summary) for row in rows], has_login=has_login)
        return show_plan(options, steps, login)
    if login:
        agree(options, login)
    found, missing = talk(options, lambda gateway: _read(gateway, asked))
    for key, error in missing.items():
        note(f"forebay: {key}: {error.message}")
    if options.json:
        empty = dict.fromkeys(wanted.rows)
        print(as_json({**empty, **found, "missing": {key: str(error) for key, error in missing.items()}}))
    else:
        print(table(wanted.cells(found)))
    return 0


async def _read(
    gateway: Gateway, rows: dict[str, Endpoint[Any, Any]]
) -> tuple[dict[str, Any], dict[str, GatewayError]]:
    found: dict[str, Any] = {}
    missing: dict[str, GatewayError] = {}
    for number, (key, row) in enumerate(rows.items()):
        try:
            found[key] = await gateway.call(row)
        except GatewayError as exc:
            if not number:
                raise
            found[key], missing[key] = None, exc
    return found, missing


def logout(options: argparse.Namespace) -> int:
    """End the kept log-in at the gateway and forget it here."""
    from forebay.client.reconfigure import Step
    from forebay.wire.firmware import LOGIN_STOPS_SYSTEM

    async def look(gateway: Gateway) -> tuple[bool, bool]:
        if not gateway.has_login:
            return False, False
        version, has_login = await release_of(gateway)
        return has_login, LOGIN_STOPS_SYSTEM.at(version)

    has_login, stops = talk(options, look)
    words = "The kept log-in ends at the gateway and is forgotten here; the house goes on as it is."
    later = "The next log-in stops the Powerwalls for a moment." if stops else ""
    if options.dry_run:
        steps = [Step(catalogue.LOGOUT, catalogue.LOGOUT.summary)] if has_login else []
        return show_plan(options, steps, words if has_login else "No log-in is kept.", later)
    if has_login:
        agree(options, words, later)
        talk(options, lambda gateway: gateway.logout())
    if options.json:
        print(as_json({"done": True, "had_login": has_login}))
    else:
        note("Logged out." if has_login else "No log-in is kept; nothing was sent.")
    return 0
