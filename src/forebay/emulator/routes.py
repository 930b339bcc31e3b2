"""The catalogue of one release as a dispatch table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from forebay.emulator.refusal import Refused
from forebay.emulator.resources import RESOURCES, Resource
from forebay.errors import EmulatorError
from forebay.wire.catalogue import ALL, LOGIN, LOGOUT
from forebay.wire.endpoint import Access, Effect, Endpoint, Needs
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


class Routes:
    """What a gateway of one release offers.

    Raises EmulatorError naming the row when a resource is missing.
    """

    def __init__(
        self,
        version: Version,
        resources: Mapping[Endpoint[Any, Any], Resource] = RESOURCES,
        rows: Iterable[Endpoint[Any, Any]] = ALL,
    ) -> None:
        self._exact: dict[str, dict[str, Route]] = {}
        templates: dict[str, _Path] = {}
        for row in rows:
            if not row.offered_by(version):
                continue
            route = _route(row, version, resources)
            if row.placeholders:
                methods = templates.setdefault(row.path, _Path(row.pattern, {})).methods
            else:
                methods = self._exact.setdefault(row.path, {})
            methods[row.method] = route
            if row.method == "GET" and route.reads:
                methods["HEAD"] = route
        self._templates = tuple(templates.values())

    def find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """Return the route and the parts of the path. Raises Refused: absent, wrong_method."""
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
        raise Refused("absent")


def _route(row: Endpoint[Any, Any], version: Version, resources: Mapping[Endpoint[Any, Any], Resource]) -> Route:
    resource = resources.get(row)
    if resource is None and row not in (LOGIN, LOGOUT):
        raise EmulatorError(f"{row.name}: nothing answers {row.method} {row.path}")
    body: Any = row.body
    return Route(
        row=row,
        resource=resource,
        access=row.access.at(version),
        needs=row.needs.at(version),
        status=row.status.at(version),
        content_type=row.content_type.at(version).encode(),
        reads=row.effect is Effect.READS,
        takes_body=body is not type(None),
    )
