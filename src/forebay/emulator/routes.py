"""The catalogue as one gateway speaks it: a dispatch table."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from forebay.emulator.device import Device
from forebay.emulator.refusal import Refused
from forebay.emulator.resources import RESOURCES, Resource
from forebay.errors import EmulatorError
from forebay.wire.catalogue import ALL, LOGIN, LOGOUT
from forebay.wire.endpoint import Access, Effect, Endpoint, Needs, Variant
from forebay.wire.firmware import Version


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One row as a release has it; resource is None where the session rows answer."""

    row: Endpoint[Any, Any]
    resource: Resource | None
    access: Access
    needs: Needs
    status: int
    content_type: bytes
    reads: bool
    writes: bool
    takes_body: bool


@dataclass(frozen=True, slots=True)
class _Path:
    pattern: re.Pattern[str]
    methods: dict[str, Route]


class WrongMethod(Refused):
    """The path exists, but not for this method; allow is the header that says which."""

    def __init__(self, allow: str) -> None:
        super().__init__("wrong_method")
        self.allow = allow


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one gateway speaks: its release, and what its owner's [gateway] settings change.

    restricted: None, or the status of all but the few rows of a restricted gateway, 404 or 403.
    settings: keys that are true, of which a row's `Variant` may name one.
    """

    version: Version
    restricted: int | None = None
    settings: Collection[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, device: Device) -> Dialect:
        """Return the dialect of a device as it is now."""
        table = device.home.gateway
        restricted = table.restricted or (404 if device.profile.is_restricted else None)
        chosen = frozenset(key for key in table.__struct_fields__ if getattr(table, key) is True)
        return cls(device.version, restricted, chosen)

    def offers(self, row: Endpoint[Any, Any]) -> bool:
        """Whether the gateway would answer a row, were it not restricted."""
        variant = self._variant(row)
        if variant is not None and variant.offered is not None:
            return variant.offered
        return row.offered_by(self.version)

    def withholds(self, row: Endpoint[Any, Any]) -> bool:
        """Whether the gateway does not answer a row because it is restricted."""
        return self.restricted is not None and not row.kept

    def answers(self, row: Endpoint[Any, Any]) -> bool:
        """Whether the gateway answers a row."""
        return self.offers(row) and not self.withholds(row)

    def access(self, row: Endpoint[Any, Any]) -> Access:
        """Return the least role that may use a row."""
        variant = self._variant(row)
        if variant is not None and variant.access is not None:
            return variant.access
        return row.access.at(self.version)

    def _variant(self, row: Endpoint[Any, Any]) -> Variant | None:
        return row.variant if row.variant is not None and row.variant.setting in self.settings else None


class Routes:
    """What one gateway offers.

    Raises EmulatorError naming the row when a resource is missing.
    """

    def __init__(
        self,
        dialect: Dialect,
        resources: Mapping[Endpoint[Any, Any], Resource] = RESOURCES,
        rows: Iterable[Endpoint[Any, Any]] = ALL,
    ) -> None:
        self._exact: dict[str, dict[str, Route]] = {}
        self._forbidden: list[re.Pattern[str]] = []
        templates: dict[str, _Path] = {}
        for row in rows:
            if not dialect.offers(row):
                continue
            if dialect.withholds(row):
                if dialect.restricted == HTTPStatus.FORBIDDEN:
                    self._forbidden.append(row.pattern)
                continue
            route = _route(row, dialect, resources)
            if row.placeholders:
                methods = templates.setdefault(row.path, _Path(row.pattern, {})).methods
            else:
                methods = self._exact.setdefault(row.path, {})
            methods[row.method] = route
            if row.method == "GET" and route.reads:
                methods["HEAD"] = route
        self._templates = tuple(templates.values())

    def find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """Return the route and the parts of the path. Raises Refused: absent, forbidden, wrong_method."""
        methods = self._exact.get(path)
        params: Mapping[str, str] = {}
        if methods is None:
            methods, params = self._by_template(path)
        route = methods.get(method)
        if route is None:
            raise WrongMethod(", ".join(sorted(methods)))
        return route, params

    def _by_template(self, path: str) -> tuple[dict[str, Route], Mapping[str, str]]:
        for candidate in self._templates:
            match = candidate.pattern.fullmatch(path)
            if match is not None:
                return candidate.methods, match.groupdict()
        raise Refused("forbidden" if any(pattern.fullmatch(path) for pattern in self._forbidden) else "absent")


@lru_cache(maxsize=64)
def routes_of(dialect: Dialect) -> Routes:
    """Return what gateways of a dialect offer; all of them share it."""
    return Routes(dialect)


def _route(row: Endpoint[Any, Any], dialect: Dialect, resources: Mapping[Endpoint[Any, Any], Resource]) -> Route:
    resource = resources.get(row)
    if resource is None and row not in (LOGIN, LOGOUT):
        raise EmulatorError(f"{row.name}: nothing answers {row.method} {row.path}")
    body: Any = row.body
    version = dialect.version
    return Route(
        row=row,
        resource=resource,
        access=dialect.access(row),
        needs=row.needs.at(version),
        status=row.status.at(version),
        content_type=row.content_type.at(version).encode(),
        reads=row.effect is Effect.READS,
        writes=row.effect is Effect.WRITES,
        takes_body=body is not type(None),
    )
