"""A HOME.toml read from disk: keys and values first, then whether such a home can be."""

from __future__ import annotations

from pathlib import Path

import msgspec

from forebay.emulator.home import Home
from forebay.emulator.home_rules import is_elsewhere, place_of, rules_broken
from forebay.emulator.tables import Document, convert, read_file
from forebay.emulator.toml_lines import path_in_words
from forebay.errors import EmulatorError


def load_home(path: Path | None) -> Home:
    """Read a HOME.toml; None is the built-in home.

    Raises EmulatorError with every problem on a line of its own: file, line, key, and what to do.
    """
    return Home() if path is None else home_of(read_file(path))


def home_of(document: Document) -> Home:
    """Return the home that a document describes; raises EmulatorError as `load_home` does."""
    home = _placed(convert(document, Home), document)
    problems = [*rules_broken(home), *(is_elsewhere(home) if "site" in document.raw else ())]
    if problems:
        raise document.error(problems)
    return _with_passwords(home)


def checked(home: Home, where: str) -> Home:
    """Return the home if it can be; raises EmulatorError naming every wrong key."""
    problems = list(rules_broken(home))
    if problems:
        raise EmulatorError("\n".join(f"{where}: {path_in_words(p.path)}: {p.words}" for p in problems))
    return home


def _placed(home: Home, document: Document) -> Home:
    """Put a home that says its time zone only where most people of that zone live."""
    said = document.raw.get("site", {})
    if "timezone" not in said or "latitude_deg" in said or "longitude_deg" in said:
        return home
    place = place_of(home.site.timezone)
    if place is None:
        return home
    site = msgspec.structs.replace(home.site, latitude_deg=min(66.0, max(-66.0, place[0])), longitude_deg=place[1])
    return msgspec.structs.replace(home, site=site)


def _with_passwords(home: Home) -> Home:
    """Give the gateway's two users the passwords that [[users]] says."""
    said = {user.name: user.password for user in home.users}
    changes = {
        key: said[name] for name, key in (("customer", "password"), ("installer", "installer_password")) if name in said
    }
    return msgspec.structs.replace(home, gateway=msgspec.structs.replace(home.gateway, **changes))
