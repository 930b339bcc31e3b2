"""The homes that come with the package, as a page."""

from __future__ import annotations

from forebay.emulator.home import Home
from forebay.emulator.library import HOMES, find_home
from tools.reference.markdown import code, table

_HEAD = """# The gallery

Homes that come with the package: `forebay emulate gallery:NAME` serves one, `forebay emulate --list-homes` lists them,
and `powerwall_gateway` takes one as `home=` in [tests](../how-to/test-your-integration.md). Each is a
[HOME.toml](home.md) like any other.

"""


def page() -> str:
    """Return the page of all homes of the gallery."""
    rows = [_row(name, find_home(HOMES.prefix + name)) for name in HOMES.names()]
    parts = [_HEAD, table(("Home", "Firmware", "Powerwalls", "Panels", "Zone"), rows)]
    parts += [f"\n## {name}\n\n{HOMES.about(name)}\n\n```toml\n{_body(name)}```\n" for name in HOMES.names()]
    return "".join(parts)


def _row(name: str, home: Home) -> tuple[str, ...]:
    panels = sum(string.peak_w for string in home.solar) / 1000
    return code(name), home.gateway.firmware, str(len(home.packs)), f"{panels:g} kW", home.site.timezone


def _body(name: str) -> str:
    lines = HOMES.raw(name).decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("#")).lstrip("\n")
