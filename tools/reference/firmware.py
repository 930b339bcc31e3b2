"""What the releases do differently, as a page."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from forebay.wire import catalogue, firmware
from forebay.wire.firmware import PROFILES, RESTRICTED, Profile, Timeline, print_version
from forebay.wire.model import Wire
from tools.reference.markdown import code, over, table

_HEAD = """# Firmware

Which releases the emulator imitates, and what each does differently. `forebay emulate --firmware` and
`gateway.firmware` of a [HOME.toml](home.md) take any release from {first} on, such as 21.39.1: it is reported as given
and behaves as the nearest profile below it. *{restricted}* is a gateway that answers a log-in, the meters, the charge
and the state of the grid, as a Powerwall 3 does. Why: [decision 0061](../decisions/0061-profiles-decide.md),
[decision 0062](../decisions/0062-restricted-gateway.md). Where the sources contradict each other:
[contradictions](../explanation/contradictions.md).

"Release" below is the one from which a fact is known or guessed to hold; it takes effect at the first profile that is
not older. [Endpoints](endpoints.md) says of each row what is unverified.

"""


def page() -> str:
    """Return the page of all differences."""
    parts = [_HEAD.format(first=PROFILES[0].name, restricted=RESTRICTED.name)]
    parts += ["## Profiles\n\n", table(("Profile", "Releases", "Rows", "Open to strangers"), list(_profiles())), "\n"]
    parts += ["## Of the whole gateway\n\n", table(("Fact", "Meaning", "By release"), list(_facts())), "\n"]
    parts += ["## Rows that come and go\n\n", table(("Row", "Offered"), list(_rows())), "\n"]
    parts += ["## Who may, by release\n\n", table(("Row", "Least role"), list(_access())), "\n"]
    parts += ["## Statuses and content types\n\n", table(("Row", "Status", "Content type"), list(_answers())), "\n"]
    parts += ["## Members of bodies\n\n", table(("Model", "Release", "More", "Less"), list(_members()))]
    return "".join(parts)


def _profiles() -> Iterator[tuple[str, ...]]:
    spans: list[tuple[Profile, str]] = [
        (profile, f"{profile.name} to before {after.name}") for profile, after in pairwise(PROFILES)
    ]
    for profile, span in [*spans, (PROFILES[-1], f"{PROFILES[-1].name} and later"), (RESTRICTED, "by its name")]:
        rows = [row for row in catalogue.ALL if row.offered_by(profile.version)]
        rows = [row for row in rows if row.kept or not profile.is_restricted]
        opened = sum(row.is_public(profile.version) for row in rows)
        yield profile.name, span, str(len(rows)), str(opened)


def _facts() -> Iterator[tuple[str, ...]]:
    body = ast.parse(inspect.getsource(firmware)).body
    for node, after in pairwise(body):
        if isinstance(node, ast.Assign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            name = node.targets[0].id if isinstance(node.targets[0], ast.Name) else ""
            fact = getattr(firmware, name, None)
            if isinstance(fact, Timeline):
                yield code(name), " ".join(str(after.value.value).split()), _steps(fact)


def _steps(fact: Timeline[Any]) -> str:
    return "; ".join(f"{print_version(version)}: {_value(value)}" for version, value in fact.steps)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(code(name) for name, _ in value) or "none"
    return code(value.replace("\n", "\\n")) if value else "nothing"


def _rows() -> Iterator[tuple[str, ...]]:
    for row in catalogue.EVERY:
        if len(row.offered.steps) > 1 or not row.offered.steps[0][1]:
            yield f"{row.method} {row.path}", over(row.offered)


def _access() -> Iterator[tuple[str, ...]]:
    for row in catalogue.EVERY:
        if len(row.access.steps) > 1:
            yield f"{row.method} {row.path}", over(row.access)


def _answers() -> Iterator[tuple[str, ...]]:
    for row in catalogue.EVERY:
        if len(row.status.steps) > 1 or len(row.content_type.steps) > 1:
            yield f"{row.method} {row.path}", over(row.status), over(row.content_type)


def _members() -> Iterator[tuple[str, ...]]:
    for model in sorted(_models(Wire), key=lambda model: model.__name__):
        members = model.MEMBERS
        for (_, before), (version, after) in pairwise(members.steps if members else ()):
            more = ", ".join(code(name) for name in after if name not in before)
            less = ", ".join(code(name) for name in before if name not in after)
            yield code(model.__name__), print_version(version), more or "–", less or ("–" if more else "another order")


def _models(kind: type[Wire]) -> Iterator[type[Wire]]:
    for model in kind.__subclasses__():
        yield model
        yield from _models(model)
