"""The catalogue of one release as an OpenAPI 3.1 document.

Each operation says what it does to the house (`x-forebay-effect`), which state
it needs, how well it is known and what is not (`x-forebay-unverified`); its
refusals are rows of the fault table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from forebay.wire import catalogue
from forebay.wire.endpoint import JSON, Access, Endpoint
from forebay.wire.faults import Fault
from forebay.wire.firmware import LOGIN_SETS_COOKIES, Release, Version, print_version
from forebay.wire.refusals import refusals_of
from forebay.wire.schema import Schemas

Document = dict[str, Any]

_INTRODUCTION = """The local HTTPS API of a home battery's gateway at firmware {firmware}, as its community knows it.
It is not the maker's document, partly outdated, and not checked on a real gateway by forebay: use it at your own risk.

Signs: site + is drawn from the grid, battery + is discharging, load + is use, solar + is production. Powers in W,
counters in Wh, charge in percent of the gateway's scale. `x-forebay-effect` says what a call does, whatever its method:
some GETs write. `x-forebay-unverified` lists what no source shows."""

_FORM = "application/x-www-form-urlencoded"


class Speaks(Protocol):
    """What a gateway offers, and to whom."""

    @property
    def version(self) -> Version:
        """Its release."""
        ...

    def answers(self, row: Endpoint[Any, Any]) -> bool:
        """Whether it answers a row."""
        ...

    def access(self, row: Endpoint[Any, Any]) -> Access:
        """Return the least role that may use a row."""
        ...


class ReleaseSpeaks:
    """A gateway of a release, as the catalogue has it."""

    def __init__(self, release: Release) -> None:
        self._release = release

    @property
    def version(self) -> Version:
        """Its release."""
        return self._release.profile.version

    def answers(self, row: Endpoint[Any, Any]) -> bool:
        """Whether it answers a row."""
        return row.offered_by(self.version) and (row.kept or not self._release.profile.is_restricted)

    def access(self, row: Endpoint[Any, Any]) -> Access:
        """Return the least role that may use a row."""
        return row.access.at(self.version)


def document(
    speaks: Speaks, *, firmware: str, examples: Mapping[str, Any] | None = None, stranger_status: int = 403
) -> Document:
    """Return the document of a gateway.

    firmware: the release's name. examples: answers by name of the row, in plain values.
    stranger_status: what a request without a valid log-in gets, 403 or 401 (X10).
    """
    schemas = Schemas(speaks.version)
    paths: dict[str, dict[str, Any]] = {}
    for row in catalogue.ALL:
        if speaks.answers(row):
            operation = _operation(row, speaks, schemas, examples or {}, stranger_status)
            paths.setdefault(row.path, {})[row.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Local API of a home battery's gateway",
            "version": firmware,
            "description": _INTRODUCTION.format(firmware=firmware),
        },
        "servers": [
            {
                "url": "https://{host}",
                "description": "The gateway, with a certificate that it signed itself.",
                "variables": {"host": {"default": "powerwall", "description": "A name or an address, with a port."}},
            }
        ],
        "paths": paths,
        "components": {
            "schemas": {**dict(sorted(schemas.components.items())), "Refusal": _refusal()},
            "securitySchemes": _security(speaks.version),
        },
    }


def _operation(
    row: Endpoint[Any, Any], speaks: Speaks, schemas: Schemas, examples: Mapping[str, Any], stranger_status: int
) -> dict[str, Any]:
    version, access = speaks.version, speaks.access(row)
    out: dict[str, Any] = {
        "operationId": row.name.lower(),
        "summary": row.summary,
        "tags": [row.path.strip("/").split("/")[1] if row.path.count("/") > 1 else "page"],
        "x-forebay-effect": str(row.effect),
        "x-forebay-access": access.name.lower(),
        "x-forebay-needs": str(row.needs.at(version)),
        "x-forebay-quality": str(row.quality),
        "x-forebay-source": row.source,
        "x-forebay-unverified": list(row.unverified),
        "x-forebay-numbers": [row.spec, *row.seed],
        "security": [] if access is Access.PUBLIC else [{name: []} for name in _security(version)],
    }
    if row.placeholders:
        out["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
            for name in row.placeholders
        ]
    body: Any = row.body
    if body is not type(None):
        out["requestBody"] = _body(row, schemas)
    responses = {str(row.status.at(version)): _success(row, version, schemas, examples)}
    by_status: dict[int, list[Fault]] = {}
    for fault in refusals_of(row, version, access):
        by_status.setdefault(fault.status, []).append(fault)
        if fault.key == "forbidden" and stranger_status != fault.status:
            by_status.setdefault(stranger_status, []).append(replace(fault, status=stranger_status))
    for status, faults in sorted(by_status.items()):
        responses[str(status)] = _refused(row, faults)
    return {**out, "responses": responses}


def _body(row: Endpoint[Any, Any], schemas: Schemas) -> dict[str, Any]:
    schema = schemas.of(row.body)
    content: dict[str, Any] = {JSON: {"schema": schema}}
    if row is catalogue.LOGIN:
        content[_FORM] = {"schema": schema}
    said = "JSON, whatever the content type says." + (" Also a form." if row is catalogue.LOGIN else "")
    return {"required": True, "description": said, "content": content}


def _success(
    row: Endpoint[Any, Any], version: Version, schemas: Schemas, examples: Mapping[str, Any]
) -> dict[str, Any]:
    reply: Any = row.reply
    kind = row.content_type.at(version)
    if reply is type(None) or not kind:
        return {"description": "Accepted, with an empty body."}
    media: dict[str, Any] = {"schema": {} if row.is_binary else schemas.of(reply)}
    if row.name in examples and not row.is_binary:
        media["example"] = examples[row.name]
    said = "Success." if kind.startswith(JSON) or row.is_binary else "Success; JSON under another content type."
    return {"description": said, "content": {kind: media}}


def _refused(row: Endpoint[Any, Any], faults: list[Fault]) -> dict[str, Any]:
    said = " ".join(f"{fault.key}: {_words_of(fault)}" for fault in faults)
    out: dict[str, Any] = {"description": said, "x-forebay-faults": [fault.key for fault in faults]}
    printed = [fault for fault in faults if fault.body is None]
    if printed:
        out["content"] = {
            JSON: {
                "schema": {"$ref": "#/components/schemas/Refusal"},
                "examples": {fault.key: {"value": _printed(row, fault)} for fault in printed},
            }
        }
    return out


def _words_of(fault: Fault) -> str:
    words = fault.message or "an empty body."
    seen = " Unverified." if fault.unverified else ""
    return f"{words.rstrip('.')}.{seen}"


def _printed(row: Endpoint[Any, Any], fault: Fault) -> dict[str, Any]:
    error = fault.error.replace("{method}", row.method)
    return {"code": fault.status, "error": error, "message": fault.message.replace("{path}", row.path)}


def _refusal() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "How a gateway refuses (E01): code is the status, error the cause, message what failed.",
        "properties": {"code": {"type": "integer"}, "error": {"type": "string"}, "message": {"type": "string"}},
        "required": ["code", "error", "message"],
    }


def _security(version: Version) -> dict[str, Any]:
    token = "the member token of the log-in's answer"  # noqa: S105 - words about one
    said = f"Authorization: Bearer and {token}"
    out: dict[str, Any] = {"bearer": {"type": "http", "scheme": "bearer", "description": said}}
    if LOGIN_SETS_COOKIES.at(version):
        said = "set by the log-in; its value is the token"
        out["cookie"] = {"type": "apiKey", "in": "cookie", "name": "AuthCookie", "description": said}
    return out


def name_of(release: Release) -> str:
    """Return what a document calls its release: as given, or the profile that it behaves as beside it."""
    if release.is_profile:
        return release.name
    return f"{release.name} (as {print_version(release.profile.version)})"
