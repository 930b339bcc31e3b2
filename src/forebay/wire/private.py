"""Which members of a gateway's answers tell whose house it is: the table behind redaction.

What is not known to be harmless is private: an unknown member's text is
replaced, so that a firmware nobody has seen tells no more than the known ones.
Sources: models of this package, samples of 1.40 to 23.x, behaviour.md 10.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import inspect as look

from forebay.wire import catalogue
from forebay.wire.jsontext import ELEMENT, Place
from forebay.wire.model import OpenEnum


class Privacy(Enum):
    """What a member is.

    PRIVATE: replaced. ZONE: a time zone, replaced by one of the same offset.
    PLACE: a coordinate, set to zero. PACKED: an address in base64.
    PLAIN: kept, but for private words in it. CODE: kept to the letter.
    NESTED: JSON in a string. UNKNOWN: private unless its form says otherwise.
    """

    PRIVATE = "private"
    ZONE = "zone"
    PLACE = "place"
    PACKED = "packed"
    PLAIN = "plain"
    CODE = "code"
    NESTED = "nested"
    UNKNOWN = "unknown"


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


def _table(**words: str) -> dict[str, Privacy]:
    return {word: Privacy[kind] for kind, listed in words.items() for word in listed.split()}


MEMBERS: dict[str, Privacy] = _table(
    PRIVATE="""
        din vin gateway_din componentParentDin leader followers serial Serial device_serial serial_number
        serialNumber PackageSerialNumber ecu_package_serial_number short_id sensorId site_uid siteLabel
        site_name network_name networkName ssid bssid mac hw_address ip ip_address ipAddress gateway username
        password company customer_id phone email given_name family_name firstname lastname token
        street city state zip country distributor utility retailer dns_servers name region
    """,
    ZONE="timezone time_zone",
    PLACE="latitude longitude lat lon lng latitude_deg longitude_deg coordinates",
    PACKED="IP",
    CODE="""
        version git_hash firmwareVersion firmware_version start_time up_time_seconds uptime Mask mask subnet
        grid_code grid_phase_setting last_communication_time brand model manufacturer fcc_id ic_id
        type Type interface security_type device_type sync_type teg_type bc_type ecu_type grid_state status
        PackagePartNumber partNumber ecu_package_part_number part_number real_mode mode units
        pvi_sub_package_numbers island_mode amp_ct_type ct1 ct2 ct3 mounting wiring
        backup_configuration solar_installation solar_installation_type installation_types disconnect_type
        server_ca_cert client_cert client_key urgency alert_name category serialPort serialBaud last_toggle_timestamp
        OpSeqState pinv_state pinv_grid_state command_source system_island_state grid_status can_reboot
        disabled_reasons states state_reason level disruptive ip_networks
    """,
    PLAIN="""
        error errors message description phase_detection_last_error on_grid_check_error alert alerts
        offline_update_error grid_availability standard
    """,
    NESTED="decoded_alert",
)
"""By the name of the member, wherever it stands."""

_NAMED = (
    ("checks", ELEMENT),
    ("commissioning_diagnostic",),
    ("update_diagnostic",),
    ("grid_customizable_points", ELEMENT),
    ("decoded_alert", ELEMENT),
)

AT: dict[tuple[str, Place], Privacy] = {
    **{("", (*end, "name")): Privacy.PLAIN for end in _NAMED},
    ("", ("decoded_alert", ELEMENT, "value")): Privacy.PLAIN,
    ("CONN_TESTS", ("name",)): Privacy.PLAIN,
    ("NETWORKS", (ELEMENT, "name")): Privacy.CODE,
    ("", ("iface_network_info", "state")): Privacy.CODE,
    ("GRID_REGIONS", ("regions",)): Privacy.CODE,
    ("GRID_REGIONS", ("region",)): Privacy.CODE,
    ("GRID_CODES", ("region",)): Privacy.CODE,
    ("SITE_INFO", ("region",)): Privacy.CODE,
    ("UPDATE_STATUS", ("state",)): Privacy.CODE,
    ("INSTALLER", ("location",)): Privacy.CODE,
    ("METERS_SITE", ("location",)): Privacy.CODE,
    ("METERS_SOLAR", ("location",)): Privacy.CODE,
    ("DISCONNECT_TYPES", (ELEMENT,)): Privacy.CODE,
    ("SOLAR_BRANDS", (ELEMENT,)): Privacy.CODE,
    ("WIFI_SECURITY_TYPES", (ELEMENT,)): Privacy.CODE,
    ("EXTRA_PROGRAMS", (ELEMENT,)): Privacy.CODE,
}
"""By row ("" is any) and the end of the place: these go before the names."""

KEYED: dict[str, tuple[tuple[Place, Privacy], ...]] = {
    "METER_READINGS": (((), Privacy.PRIVATE),),
    "GRID_CODES": (((), Privacy.PRIVATE), (("*",), Privacy.PRIVATE), (("*", "*"), Privacy.CODE)),
    "GRID_REGIONS": ((("grid_code_settings",), Privacy.CODE),),
}
"""Objects whose keys are values: row → places; "*" is any key."""

TABLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "GRID_REGIONS": ("regions", ("country", "state", "distributor", "utility", "retailer")),
}
"""Members that hold CSV: row → member and its private columns."""

SERVICE_ADDRESSES = frozenset({"0.0.0.0", "127.0.0.1", "192.168.90.1", "192.168.90.2", "192.168.91.1"})
"""Addresses that every gateway has (T03, S168)."""

LISTS = frozenset({"INSTALLER_COMPANIES", "GRID_REGIONS", "GRID_CODES"})
"""Rows that list what every gateway lists; a word of them is nobody's until the house says it too."""

BUILDS = frozenset({"version", "git_hash", "firmwareVersion", "firmware_version"})
"""Members that tell a build, which is no secret wherever it stands."""

KNOWN_NETWORKS = re.compile(r"(?:(?:ethernet|gsm)_tesla_internal_default|default_(?:gsm|eth)|connman_\w{2,8}|\*|)")
"""Names that every gateway gives to a network, and the words for any and none."""

_PRIVATE_WORDS = _words("""
    serial din vin tsn uid uuid guid ssid bssid mac ip addr address host hostname domain dns phone mobile fax
    email mail street city town zip postal postcode county country site owner user username customer company
    installer contact surname label nickname alias password passwd pwd pin token secret key cookie iccid imei
    imsi msisdn account hash fingerprint cert certificate geo place utility retailer location
""")
_SECRET_WORDS = _words("password passwd pwd passphrase psk token secret key cookie credential credentials")
_PRIVATE_NUMBERS = _words("""
    serial zip postal postcode phone mobile fax uid uuid pin account iccid imei imsi msisdn password token
    customer
""")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_HARMLESS = re.compile(
    r"""
      (?i:true|false|null|yes|no|on|off|none|unknown|default|ok)?     # words that say nothing
    | \d{1,3} | -?\d{1,6}\.\d{0,12}                                   # a number that is no identity
    | v?\d{1,3}\.\d{1,3}(?:\.\d{1,3})?                                # a version
    | \d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[ ]?[+-]\d\d:?\d\d)?             # a time stamp
    | (?:\d+h)?(?:\d+m)?\d+(?:\.\d+)?(?:s|ms|ns|µs)                   # a duration
    | /[a-z]+(?:_[a-z]+){0,4}                                         # a state of the updater
    """,
    re.VERBOSE,
)
_CONSTANT = re.compile(
    r"[A-Z][A-Z0-9]*(?:_[A-Z][A-Z0-9]{0,11}){1,6}"
    r"|(?:System|Status|Test|Grid_|PVAC_|PVS_|PINV_|INV_|PV_|POD_|THC_|ISLAND_|SYNC_|BATTERY_)[A-Za-z_]{1,40}"
)
_REFUSAL = frozenset({"code", "error", "message"})
_LONG_NUMBER = re.compile(r"\d{5}")


REDACTED = "redacted"
"""What stands for every secret: a stand-in of a password's own form would tell how long it is."""


def is_secret(place: Place, value: str) -> bool:
    """Whether a text opens something: a password, a token, or a key or certificate in its own letters."""
    names = [name for name in place if name != ELEMENT]
    if not value or not names:
        return False
    is_named = MEMBERS.get(names[-1], Privacy.PRIVATE) is Privacy.PRIVATE
    words = {word.lower() for word in _PARTS.findall(names[-1])}
    return (is_named and bool(words & _SECRET_WORDS)) or "-----BEGIN " in value


def privacy_of(row: str, place: Place) -> Privacy:
    """Return what the value at this place of this row's answer is."""
    for start in range(len(place)):
        for whose in (row, ""):
            if (known := AT.get((whose, place[start:]))) is not None:
                return known
    names = [name for name in place if name != ELEMENT]
    if not names:
        return Privacy.UNKNOWN
    name = names[-1]
    if name in ("value", "values", "text") and len(names) > 1 and names[-2] != "decoded_alert":
        name = names[-2]
    if (known := MEMBERS.get(name) or MEMBERS.get(name.rpartition(".")[2])) is not None:
        return known
    return Privacy.CODE if name.endswith(("_Location", "-Location")) else _by_words(name)


def _by_words(name: str) -> Privacy:
    words = {word.lower() for word in _PARTS.findall(name)}
    if words & {"lat", "latitude", "lon", "lng", "longitude", "coordinate", "coordinates"}:
        return Privacy.PLACE
    if words & {"timezone"} or words >= {"time", "zone"}:
        return Privacy.ZONE
    return Privacy.PRIVATE if words & _PRIVATE_WORDS else Privacy.UNKNOWN


def is_private_number(row: str, place: Place) -> bool:
    """Whether a number at this place is an identity; power, energy and counts are not."""
    names = [name for name in place if name != ELEMENT]
    if not names:
        return False
    if names[-1] in MEMBERS:
        return MEMBERS[names[-1]] is Privacy.PRIVATE
    return bool({word.lower() for word in _PARTS.findall(names[-1])} & _PRIVATE_NUMBERS)


def is_private_key(row: str, place: Place, word: str) -> bool:
    """Whether the keys of this object are values that are private; those of a refusal (E01) never are."""
    if word in _REFUSAL:
        return False
    for keyed, privacy in KEYED.get(row, ()):
        if len(keyed) == len(place) and all(one in ("*", two) for one, two in zip(keyed, place, strict=True)):
            return privacy is Privacy.PRIVATE and KNOWN_NETWORKS.fullmatch(word) is None
    if word in _known_keys():
        return False
    return bool(re.search(r"\d{4}", word)) or re.fullmatch(r"[A-Za-z_/][A-Za-z0-9_ ./-]{0,60}", word) is None


def is_harmless(value: str) -> bool:
    """Whether a text of an unknown member tells nothing of the house."""
    if value in vocabulary() or _HARMLESS.fullmatch(value) is not None:
        return True
    return _CONSTANT.fullmatch(value) is not None and _LONG_NUMBER.search(value) is None


def is_known_key(word: str) -> bool:
    """Whether a key is a member that some model has."""
    return word in _REFUSAL or word in _known_keys()


@lru_cache(maxsize=1)
def vocabulary() -> frozenset[str]:
    """Return every word that the gateway's enums know."""
    return frozenset(str(member.value) for kind in _enums() for member in kind)


@lru_cache(maxsize=1)
def _known_keys() -> frozenset[str]:
    return frozenset(name for struct in _structs() for name in struct.__struct_encode_fields__)


@lru_cache(maxsize=1)
def _kinds() -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    structs: dict[Any, None] = {}
    enums: dict[Any, None] = {}
    waiting: list[Any] = []
    for row in catalogue.ALL:
        waiting += [look.type_info(row.body), look.type_info(row.reply)]
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, look.StructType):
            if kind.cls not in structs:
                structs[kind.cls] = None
                waiting += [field.type for field in kind.fields]
        elif isinstance(kind, look.EnumType):
            enums[kind.cls] = None
        elif isinstance(kind, look.UnionType):
            waiting += kind.types
        elif isinstance(kind, look.ListType | look.VarTupleType | look.SetType):
            waiting.append(kind.item_type)
        elif isinstance(kind, look.DictType):
            waiting += [kind.key_type, kind.value_type]
    return tuple(structs), tuple(enums)


def _structs() -> tuple[type[msgspec.Struct], ...]:
    return _kinds()[0]


def _enums() -> tuple[type[OpenEnum], ...]:
    return _kinds()[1]
