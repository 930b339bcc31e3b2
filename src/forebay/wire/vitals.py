"""The protobuf message of /api/devices/vitals, as plain devices and back.

The message type is built from the table of field numbers below, so that there
is no generated code to keep in step. Source: vitals.md (community facts).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from forebay.errors import MalformedReply

Value = int | float | str | bool

_PACKAGE = "forebay.vitals"

# message -> ((name, number, kind, label), …); kinds with a capital are messages.
_FIELDS: dict[str, tuple[tuple[str, int, str, str], ...]] = {
    "StringValue": (("value", 1, "string", ""),),
    "UInt32Value": (("value", 1, "uint32", ""),),
    "Timestamp": (("seconds", 1, "int64", ""), ("nanos", 2, "int32", "")),
    "ConnectionParameters": (
        ("ipAddress", 1, "string", "optional"),
        ("serialPort", 2, "string", "optional"),
        ("serialBaud", 3, "string", "optional"),
        ("modbusId", 4, "uint32", "optional"),
    ),
    "HardwareId": (
        ("pcbaId", 1, "UInt32Value", ""),
        ("assemblyId", 2, "UInt32Value", ""),
        ("usageId", 3, "UInt32Value", ""),
    ),
    "EcuAttributes": (("ecuType", 1, "int32", "optional"), ("hardwareId", 2, "HardwareId", "")),
    "GeneratorAttributes": (
        ("nameplateRealPowerW", 1, "uint64", "optional"),
        ("nameplateApparentPowerVa", 2, "uint64", "optional"),
    ),
    "PvInverterAttributes": (("nameplateRealPowerW", 1, "uint64", "optional"),),
    "MeterAttributes": (("meterLocation", 1, "uint32", "repeated"),),
    "DeviceAttributes": (
        ("teslaEnergyEcuAttributes", 1, "EcuAttributes", "oneof attributes"),
        ("generatorAttributes", 2, "GeneratorAttributes", "oneof attributes"),
        ("pvInverterAttributes", 3, "PvInverterAttributes", "oneof attributes"),
        ("meterAttributes", 4, "MeterAttributes", "oneof attributes"),
    ),
    "Device": (
        ("din", 1, "StringValue", ""),
        ("partNumber", 2, "StringValue", ""),
        ("serialNumber", 3, "StringValue", ""),
        ("manufacturer", 4, "StringValue", ""),
        ("siteLabel", 5, "StringValue", ""),
        ("componentParentDin", 6, "StringValue", ""),
        ("firmwareVersion", 7, "StringValue", ""),
        ("firstCommunicationTime", 8, "Timestamp", ""),
        ("lastCommunicationTime", 9, "Timestamp", ""),
        ("connectionParameters", 10, "ConnectionParameters", ""),
        ("deviceAttributes", 11, "DeviceAttributes", ""),
    ),
    "ConnectedDevice": (("device", 1, "Device", ""),),
    "DeviceVital": (
        ("name", 1, "string", "optional"),
        ("intValue", 3, "int64", "oneof value"),
        ("floatValue", 4, "double", "oneof value"),
        ("stringValue", 5, "string", "oneof value"),
        ("boolValue", 6, "bool", "oneof value"),
    ),
    "ConnectedDeviceWithVitals": (
        ("device", 1, "ConnectedDevice", ""),
        ("vitals", 2, "DeviceVital", "repeated"),
        ("alerts", 3, "string", "repeated"),
    ),
    "DevicesWithVitals": (("devices", 1, "ConnectedDeviceWithVitals", "repeated"),),
}


@dataclass(frozen=True, slots=True)
class VitalsDevice:
    """One device and what it says of itself.

    din: "<TYPE>--<part>--<serial>". parent_din: "" for the gateway itself.
    last_seen_s, first_seen_s: seconds since 1970 UTC; 0 is not told.
    vitals: values by the gateway's own names, in their order.
    meter_location: numbers of the places a meter measures; empty for other devices.
    ecu_type: kind number of a controller, None for other devices.
    nameplate_w: what a solar inverter can give [W], None for other devices.
    """

    din: str
    part_number: str = ""
    serial_number: str = ""
    manufacturer: str = ""
    parent_din: str = ""
    firmware_version: str = ""
    first_seen_s: int = 0
    last_seen_s: int = 0
    vitals: dict[str, Value] = field(default_factory=dict)
    alerts: tuple[str, ...] = ()
    meter_location: tuple[int, ...] = ()
    ecu_type: int | None = None
    nameplate_w: int | None = None

    @property
    def kind(self) -> str:
        """The type of device: STSTSM, TESYNC, TETHC, TEPOD, TEPINV, PVAC, PVS, NEURIO, TESLA."""
        return self.din.partition("--")[0]


@lru_cache(maxsize=1)
def _message() -> Any:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    scalar = descriptor_pb2.FieldDescriptorProto
    kinds = {
        "string": scalar.TYPE_STRING,
        "bool": scalar.TYPE_BOOL,
        "double": scalar.TYPE_DOUBLE,
        "int32": scalar.TYPE_INT32,
        "int64": scalar.TYPE_INT64,
        "uint32": scalar.TYPE_UINT32,
        "uint64": scalar.TYPE_UINT64,
    }
    file = descriptor_pb2.FileDescriptorProto(name="forebay/vitals.proto", package=_PACKAGE, syntax="proto3")
    for name, rows in _FIELDS.items():
        message = file.message_type.add(name=name)
        choices = list(dict.fromkeys(label[6:] for *_, label in rows if label.startswith("oneof ")))
        for choice in choices:
            message.oneof_decl.add(name=choice)
        for field_name, number, kind, label in rows:
            row = message.field.add(name=field_name, number=number)
            row.label = scalar.LABEL_REPEATED if label == "repeated" else scalar.LABEL_OPTIONAL
            if kind in kinds:
                row.type = kinds[kind]
            else:
                row.type, row.type_name = scalar.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
            if label.startswith("oneof "):
                row.oneof_index = choices.index(label[6:])
            elif label == "optional":
                row.proto3_optional, row.oneof_index = True, len(message.oneof_decl)
                message.oneof_decl.add(name=f"_{field_name}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.DevicesWithVitals"))


def decode(raw: bytes) -> list[VitalsDevice]:
    """Read the message. Raises MalformedReply when the bytes are not one."""
    from google.protobuf.message import DecodeError

    message = _message()()
    try:
        message.ParseFromString(raw)
    except DecodeError as exc:
        raise MalformedReply(f"not a vitals message: {exc}", path="/api/devices/vitals", status=200) from exc
    return [_device(entry) for entry in message.devices]


def _device(entry: Any) -> VitalsDevice:
    device = entry.device.device
    attributes = device.deviceAttributes
    ecu = attributes.teslaEnergyEcuAttributes
    return VitalsDevice(
        din=device.din.value,
        part_number=device.partNumber.value,
        serial_number=device.serialNumber.value,
        manufacturer=device.manufacturer.value,
        parent_din=device.componentParentDin.value,
        firmware_version=device.firmwareVersion.value,
        first_seen_s=device.firstCommunicationTime.seconds,
        last_seen_s=device.lastCommunicationTime.seconds,
        vitals={
            vital.name: getattr(vital, vital.WhichOneof("value")) for vital in entry.vitals if vital.WhichOneof("value")
        },
        alerts=tuple(entry.alerts),
        meter_location=tuple(attributes.meterAttributes.meterLocation),
        ecu_type=ecu.ecuType if attributes.HasField("teslaEnergyEcuAttributes") and ecu.HasField("ecuType") else None,
        nameplate_w=attributes.pvInverterAttributes.nameplateRealPowerW
        if attributes.HasField("pvInverterAttributes")
        else None,
    )


_TEXTS = (
    ("din", "din"),
    ("partNumber", "part_number"),
    ("serialNumber", "serial_number"),
    ("manufacturer", "manufacturer"),
    ("componentParentDin", "parent_din"),
    ("firmwareVersion", "firmware_version"),
)


def _set_attributes(attributes: Any, source: VitalsDevice) -> None:
    """Say the one thing that a device has beside its values, if any."""
    if source.meter_location:
        attributes.meterAttributes.meterLocation.extend(source.meter_location)
    elif source.nameplate_w is not None:
        attributes.pvInverterAttributes.nameplateRealPowerW = source.nameplate_w
    elif source.ecu_type is not None:
        attributes.teslaEnergyEcuAttributes.ecuType = source.ecu_type


def encode(devices: list[VitalsDevice]) -> bytes:
    """Write the message; the same devices always give the same bytes."""
    message = _message()()
    for source in devices:
        entry = message.devices.add()
        device = entry.device.device
        for name, attribute in _TEXTS:
            target = getattr(device, name)
            target.SetInParent()
            target.value = getattr(source, attribute)
        for name, since in (
            ("firstCommunicationTime", source.first_seen_s),
            ("lastCommunicationTime", source.last_seen_s),
        ):
            if since:
                getattr(device, name).seconds = since
        _set_attributes(device.deviceAttributes, source)
        for vital_name, value in source.vitals.items():
            vital = entry.vitals.add(name=vital_name)
            match value:
                case bool():
                    vital.boolValue = value
                case int():
                    vital.intValue = value
                case float():
                    vital.floatValue = value
                case str():
                    vital.stringValue = value
        entry.alerts.extend(source.alerts)
    raw: bytes = message.SerializeToString(deterministic=True)
    return raw


_REWRITTEN = ("din", "partNumber", "serialNumber", "manufacturer", "siteLabel", "componentParentDin", "firmwareVersion")
_CONNECTION = ("ipAddress", "serialPort", "serialBaud")


def rewrite(raw: bytes, text: Callable[[str, str], str]) -> bytes:
    """Return the message with its texts changed; fields that the table lacks are left out.

    text: gets the name of a field or of a vital ("alerts" for an alert) and its text.
    Raises MalformedReply when the bytes are not such a message.
    """
    from google.protobuf.message import DecodeError

    message = _message()()
    try:
        message.ParseFromString(raw)
    except DecodeError as exc:
        raise MalformedReply(f"not a vitals message: {exc}", path="/api/devices/vitals", status=200) from exc
    message.DiscardUnknownFields()
    for entry in message.devices:
        device = entry.device.device
        for name in _REWRITTEN:
            if device.HasField(name):
                getattr(device, name).value = text(name, getattr(device, name).value)
        if device.HasField("connectionParameters"):
            for name in _CONNECTION:
                if device.connectionParameters.HasField(name):
                    setattr(device.connectionParameters, name, text(name, getattr(device.connectionParameters, name)))
        for vital in entry.vitals:
            if vital.WhichOneof("value") == "stringValue":
                vital.stringValue = text(vital.name, vital.stringValue)
        entry.alerts[:] = [text("alerts", alert) for alert in entry.alerts]
    changed: bytes = message.SerializeToString(deterministic=True)
    return changed
