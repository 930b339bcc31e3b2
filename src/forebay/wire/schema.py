"""Wire models as JSON Schema of one release: its members, its order, its open words."""

from __future__ import annotations

import inspect
import re
from typing import Any

from msgspec import inspect as look

from forebay.wire.firmware import Version
from forebay.wire.model import OpenEnum, Wire
from forebay.wire.percent import WirePercent

Schema = dict[str, Any]

_ABOUT = re.compile(r"(?:^|[.\n])\s*((?:\w+, )*\w+): ((?:[^.]|\.(?=\S))+)", re.MULTILINE)


_UNITS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), unit)
    for pattern, unit in (
        (r"apparent_power", "VA"),
        (r"reactive_power|^q_out$|_VAR$", "VAR"),
        (r"(?:^|_)power(?:_[abc])?$|^p_out$|_W$|_watts$|_power_remaining$", "W"),
        (r"_kW$", "kW"),
        (r"_kWh$", "kWh"),
        (r"energy_(?:exported|imported)|energy_(?:dis)?charged$|nominal_(?:full_pack_)?energy|energy_remaining$", "Wh"),
        (r"_Ws$", "watt-seconds"),
        (r"voltage$|^v_(?:out|l\dn)$|^Vl\dn$|_V$|voltage_setting$", "V"),
        (r"current$|^i_out$|_A$", "A"),
        (r"frequency$|^f_out$|_Hz$|freq_setting$|_delta_f$", "Hz"),
        (r"percent(?:age)?$|signal_strength$|_soe$", "%"),
    )
)


_PLAIN: dict[type[look.Type], Schema] = {
    look.NoneType: {"type": "null"},
    look.BoolType: {"type": "boolean"},
    look.IntType: {"type": "integer"},
    look.FloatType: {"type": "number"},
    look.StrType: {"type": "string"},
    look.AnyType: {},
}


class Schemas:
    """Schemas of one release; models become components that are referred to."""

    def __init__(self, version: Version) -> None:
        self._version = version
        self.components: dict[str, Schema] = {}

    def of(self, kind: Any) -> Schema:
        """Return the schema of a type as the rows name it."""
        return self._of(look.type_info(kind))

    def _of(self, kind: look.Type) -> Schema:
        if (plain := _PLAIN.get(type(kind))) is not None:
            return dict(plain)
        match kind:
            case look.UnionType():
                return _either([self._of(part) for part in kind.types])
            case look.ListType() | look.VarTupleType():
                return {"type": "array", "items": self._of(kind.item_type)}
            case look.DictType():
                return {"type": "object", "additionalProperties": self._of(kind.value_type)}
            case look.EnumType():
                return self._component(kind.cls, lambda: _words(kind.cls))
            case look.CustomType() if kind.cls is WirePercent:
                return self._component(WirePercent, lambda: {"type": "number", "description": _said(WirePercent)})
            case look.StructType():
                return self._component(kind.cls, lambda: self._object(kind))
        raise TypeError(f"no schema for {kind}")

    def _component(self, cls: type[Any], build: Any) -> Schema:
        name = cls.__name__
        if name not in self.components:
            self.components[name] = {}  # models refer to themselves
            self.components[name] = build()
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, kind: look.StructType) -> Schema:
        model: type[Wire] = kind.cls  # type: ignore[assignment] # rows hold wire models only
        fields = {field.encode_name: field for field in kind.fields}
        names = tuple(fields) if model.MEMBERS is None else model.MEMBERS.at(self._version)
        about = _about(model)
        properties: dict[str, Schema] = {}
        for name in names:
            schema = self._of(fields[name].type)
            said = about.get(fields[name].name) or _unit(name, schema)
            properties[name] = {**schema, "description": said} if said else schema
        needed = [name for name in names if fields[name].required]
        out: Schema = {"type": "object", "description": _said(model), "properties": properties}
        return {**out, "required": needed} if needed else out


def _unit(name: str, schema: Schema) -> str:
    """Return the unit of a number that its name tells; "" for none."""
    if schema.get("type") not in ("number", "integer", ["number", "null"]) and "$ref" not in schema:
        return ""
    return next((f"[{unit}]" for pattern, unit in _UNITS if pattern.search(name)), "")


def _either(schemas: list[Schema]) -> Schema:
    plain = [schema["type"] for schema in schemas if set(schema) == {"type"}]
    if len(plain) == len(schemas):
        return {"type": plain}
    return {"anyOf": schemas}


def _words(cls: Any) -> Schema:
    """Return the known words of an enum, open where releases bring new ones."""
    words = [str(member.value) for member in cls]
    known: Schema = {"type": "string", "enum": words}
    if not issubclass(cls, OpenEnum):
        return {**known, "description": _said(cls)}
    said = f"{_said(cls)} Known words are listed; a release may bring others."
    return {"description": said, "anyOf": [known, {"type": "string"}], "examples": words[:1]}


def _said(cls: type[Any]) -> str:
    return inspect.cleandoc(cls.__doc__ or "").replace("``", "`")


def _about(model: type[Any]) -> dict[str, str]:
    """Return what a model's docstring says of single members, units and signs among it."""
    found: dict[str, str] = {}
    names = set(model.__struct_fields__)
    for listed, said in _ABOUT.findall(_said(model)):
        for name in listed.split(", "):
            if name in names:
                found[name] = " ".join(said.split())
    return found
