"""The endpoint and the fault table as pages."""

from __future__ import annotations

from typing import Any, get_args, get_origin

from forebay.wire import catalogue
from forebay.wire.endpoint import Endpoint, Needs, Poll
from forebay.wire.faults import BY_KEY, FAULTS, Fault
from forebay.wire.firmware import PROFILES
from tools.reference.markdown import code, name_of, over, table

_ENDPOINTS = """# Endpoints

What the gateway offers, as far as forebay knows it: {count} rows. The client calls these rows and the emulator serves
them. `forebay endpoints` prints the same table, `forebay call METHOD PATH` calls any row, `forebay openapi --firmware
21.44` prints the rows of a release with their models and refusals as OpenAPI 3.1.

- **Access** is the least role that may call: public, customer, installer.
- **Effect** is what a call does, whatever the method: a *session* row logs in or out, a *writes* row changes the house.
  `forebay call` sends a row that writes only with `--yes`, the library only with `confirm=True`.
- **Needs** is the state of the site master without which the row refuses.
- **Poll** is the spacing at which the recorder asks at most; *never* is not recorded.
- **Restricted** is whether a gateway answers it that answers little else, as a Powerwall 3 does.
- **Setting** is a key of `[gateway]` in a [HOME.toml](home.md) that changes the row, where sources contradict each
  other.
- **Quality**: documented by its source; partial, where members or answers are missing from it; inferred from others.
- **Unverified** is what no source shows and forebay had to choose.

A fact that changed reads "public; customer from 20.49": the first entry also holds for everything before. Releases are
known at the profiles {profiles}; where exactly a fact changed between two profiles is often unverified. Sources:
"seed" is the founding document of the community, with its line numbers; "samples" are replies of real gateways; the
others are named. S and E numbers are forebay's own, for its tests.

"""

_FAULTS = """# Refusals

How a gateway refuses, and what the client makes of it. The emulator prints these bodies to the letter; the client maps
the status to an [error](errors.md). `{method}` and `{path}` stand for the request's. *Unverified* rows were never seen
in a reply of a real gateway.

"""


def endpoints_page() -> str:
    """Return the page of all rows."""
    profiles = ", ".join(profile.name for profile in PROFILES)
    overview = table(
        ("Method", "Path", "Effect", "What"),
        [(row.method, f"[{row.path}](#{anchor(row)})", str(row.effect), row.summary) for row in catalogue.EVERY],
    )
    sections = "\n".join(section(row) for row in catalogue.EVERY)
    return _ENDPOINTS.format(count=len(catalogue.EVERY), profiles=profiles) + overview + "\n" + sections


def anchor(row: Endpoint[Any, Any]) -> str:
    """Return the anchor of a row's heading."""
    kept = "".join(c for c in f"{row.method} {row.path}".lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


def section(row: Endpoint[Any, Any]) -> str:
    """Return one row as a section."""
    facts: list[tuple[str, str]] = [
        ("name", code(f"catalogue.{row.name}")),
        ("offered", _offered(row)),
        ("access", over(row.access)),
        ("effect", str(row.effect)),
        ("needs", over(row.needs) + _refusal(row)),
        ("sends", _type(row.body) or "nothing"),
        ("answers", f"{over(row.status)}, {_type(row.reply) or 'no body'}"),
        ("content type", over(row.content_type)),
        ("restricted", "answered too" if row.kept else "not answered"),
        ("setting", _variant(row)),
        ("poll", "never" if row.poll is Poll.NEVER else f"every {int(row.poll)} s"),
        ("quality", str(row.quality)),
        ("source", row.source),
        ("unverified", "; ".join(row.unverified) or "–"),
        ("numbers", ", ".join((row.spec, *row.seed))),
    ]
    return f"## {row.method} {row.path}\n\n{row.summary}\n\n{table(('', ''), facts)}"


def _offered(row: Endpoint[Any, Any]) -> str:
    if len(row.offered.steps) > 1:
        return over(row.offered)
    return "always" if row.offered.steps[0][1] else "never"


def _variant(row: Endpoint[Any, Any]) -> str:
    variant = row.variant
    if variant is None:
        return "–"
    what = "always offered" if variant.offered else f"for {variant.access.name.lower()}" if variant.access else ""
    return f"{code(variant.setting)}: {what}"


def _refusal(row: Endpoint[Any, Any]) -> str:
    if all(needs is Needs.ANY for _, needs in row.needs.steps):
        return ""
    return f", else {BY_KEY[row.refusal].status}"


def _type(kind: Any) -> str:
    if kind is type(None):
        return ""
    if kind is bytes:
        return "bytes"
    parts = [part for part in get_args(kind) if part is not type(None)]
    if get_origin(kind) is list:
        return f"a list of {_type(parts[0])}"
    if parts:
        return f"{' or '.join(_type(part) for part in parts)}, or null"
    return code(kind.__name__)


def faults_page() -> str:
    """Return the page of all refusals."""
    head = ("Status", "Key", "Body", "Content type", "The client raises", "Source")
    return _FAULTS + table(head, [_fault(fault) for fault in FAULTS])


def _fault(fault: Fault) -> tuple[str, ...]:
    if fault.body is None:
        body = f'`{{"code":{fault.status},"error":"{fault.error}","message":"{fault.message}"}}`'
    else:
        body = code(fault.body.decode().replace("\n", "\\n")) or "empty"
    raises = f"[{fault.raises.__name__}](errors.md#{fault.raises.__name__.lower()})"
    source = fault.source + (" (unverified)" if fault.unverified else "")
    return str(fault.status), code(fault.key), body, name_of(fault.content_type), raises, source
