"""forebay.toml → frozen settings; a wrong key or value is named with its file."""

from __future__ import annotations

import difflib
import os
import re
import stat
import tomllib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_type_hints

import msgspec
from msgspec import Meta

from forebay.errors import ConfigError
from forebay.notify.settings import NotifySettings

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

FILE_NAME = "forebay.toml"

_NAME_WORDS = "a name is made of letters, digits, spaces, dots, _ and -, and begins with a letter or a digit"
_NAME = re.compile(r"[^\W_][\w .-]{0,39}")

Port = Annotated[int, Meta(ge=1, le=65_535)]


class GatewaySettings(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[gateway]: which gateway, and as whom.

    host: name or address, also "host:port". fingerprint: pins the certificate
    here instead of in the state directory. password_file: its first line is the
    password. cacert: PEM file that must vouch for the gateway, instead of a pin.
    """

    host: str = ""
    port: Port = 443
    username: str = "customer"
    password: str | None = None
    password_file: Path | None = None
    fingerprint: str | None = None
    cacert: Path | None = None
    insecure: bool = False
    timeout_s: Annotated[float, Meta(gt=0, le=300)] = 10.0

    def __repr__(self) -> str:
        return f"{type(self).__name__}(host={self.host!r}, username={self.username!r}, password=…)"


class FirstGatewaySettings(GatewaySettings, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[gateway]: the only gateway, or the first of several.

    name: what the record calls it, its host unless told. site: gateways of one site are also shown added up.
    """

    name: str = ""
    site: str = ""


class FurtherGatewaySettings(GatewaySettings, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[gateways.NAME]: a further gateway, by the name that the record and the page call it.

    site: gateways of one site are also shown added up.
    """

    site: str = ""


class RecorderSettings(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[recorder]: how often to ask, and whose clock stamps the samples.

    parts_s: of packs, strings, inverters and meters [s]; as fast_s where it is left out, 0 asks for none.
    """

    fast_s: Annotated[float, Meta(ge=1, le=3600)] = 5.0
    slow_s: Annotated[float, Meta(ge=10, le=86_400)] = 60.0
    parts_s: Annotated[float, Meta(ge=0, le=86_400)] | None = None
    clock: Literal["auto", "system", "gateway"] = "auto"


class StoreSettings(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[store]: where the record is kept; flush_s bounds what a power cut may lose [s].

    keep_days, keep_mb: how long raw readings are kept, and how much the record may take [MB]; None is no bound.
    """

    path: Path | None = None
    flush_s: Annotated[float, Meta(ge=0, le=10)] = 10.0
    keep_days: Annotated[int, Meta(ge=30)] | None = None
    keep_mb: Annotated[int, Meta(ge=50)] | None = None


class PageSettings(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[page]: where the dashboard listens; loopback until told otherwise.

    bind: an address; a wider one than loopback needs a password (`forebay page password`).
    hosts: names by which browsers or a reverse proxy ask for it. prefix: what a proxy leaves in front of the paths,
    such as /forebay. behind_tls: whether that proxy speaks TLS to browsers. certificate: PEM file to speak TLS with.
    """

    bind: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8480
    hosts: tuple[str, ...] = ()
    prefix: Annotated[str, Meta(pattern=r"^(/[A-Za-z0-9._-]+)*$")] = ""
    behind_tls: bool = False
    certificate: Path | None = None
    key: Path | None = None


class SiteSettings(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[site]: what no gateway tells; [sites.NAME] says it of one site, or of one gateway, alone.

    commissioned: the first day of the battery; without it the first day of the record. pack_kwh: what one pack is sold
    to hold. warranty_years: how long it is promised to keep warranty_pct of that; what yours promises stands in its
    papers. voltage_tolerance_pct: how far the voltage may be off, as in EN 50160; ANSI C84.1 has 5.
    frequency_tolerance_hz: how far the frequency may be off, as in EN 50160 for 50 Hz; for 60 Hz unverified.
    """

    commissioned: date | None = None
    pack_kwh: Annotated[float, Meta(gt=0, le=1000)] = 13.5
    warranty_years: Annotated[float, Meta(gt=0, le=50)] = 10.0
    warranty_pct: Annotated[float, Meta(gt=0, le=100)] = 70.0
    voltage_v: Annotated[float, Meta(gt=0, le=1000)] | None = None
    frequency_hz: Annotated[float, Meta(gt=0, le=100)] | None = None
    voltage_tolerance_pct: Annotated[float, Meta(gt=0, le=50)] = 10.0
    frequency_tolerance_hz: Annotated[float, Meta(gt=0, le=10)] = 0.5


class Settings(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Everything that forebay.toml may say. state_dir: pins and kept log-ins."""

    gateway: FirstGatewaySettings = FirstGatewaySettings()
    gateways: dict[str, FurtherGatewaySettings] = {}
    recorder: RecorderSettings = RecorderSettings()
    store: StoreSettings = StoreSettings()
    page: PageSettings = PageSettings()
    site: SiteSettings = SiteSettings()
    sites: dict[str, SiteSettings] = {}
    notify: NotifySettings = NotifySettings()
    state_dir: Path | None = None


def by_name(settings: Settings) -> dict[str, FirstGatewaySettings | FurtherGatewaySettings]:
    """Return every gateway that the settings tell of, by its name; [gateway] comes first."""
    first = settings.gateway
    named: dict[str, FirstGatewaySettings | FurtherGatewaySettings] = {first.name or first.host: first}
    return {**(named if first.host else {}), **settings.gateways}


def chosen(settings: Settings, name: str) -> Settings:
    """Return the settings with one gateway alone, as [gateway]. Raises ConfigError for a name they do not know."""
    known = by_name(settings)
    if name not in known:
        listed = ", ".join(known) or "none; `forebay setup` writes one"
        raise ConfigError(f"there is no gateway {name!r} in the settings; there are {listed}")
    fields = {key: getattr(known[name], key) for key in known[name].__struct_fields__}
    return msgspec.structs.replace(settings, gateway=FirstGatewaySettings(**{**fields, "name": name}), gateways={})


def default_config_path() -> Path:
    """Return where `setup` writes and commands look last: the user's own configuration."""
    from platformdirs import user_config_path

    return user_config_path("forebay") / FILE_NAME


def default_store_path() -> Path:
    """Return where the record is kept unless the settings say otherwise."""
    from platformdirs import user_data_path

    return user_data_path("forebay") / "forebay.db"


def named_by_variable() -> Path | None:
    """Return the file that $FOREBAY_CONFIG names."""
    named = os.environ.get("FOREBAY_CONFIG")
    return Path(named) if named else None


def find_config(given: Path | None) -> Path | None:
    """Return the file to read: the one given, $FOREBAY_CONFIG, ./forebay.toml, the user's own.

    Raises ConfigError when a file that was named is not there; None where there is none.
    """
    named = given or named_by_variable()
    if named is not None:
        if not named.is_file():
            raise ConfigError(f"{named}: there is no such file; `forebay setup --config {named}` writes it")
        return named
    for path in (Path(FILE_NAME), default_config_path()):
        if path.is_file():
            return path
    return None


def load(path: Path | None) -> Settings:
    """Read settings; None is all defaults. Raises ConfigError naming file and key."""
    if path is None:
        return Settings()
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        _check_gateways(path, raw)
        settings = msgspec.convert(raw, Settings, dec_hook=_from_toml)
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path}: is not UTF-8 text") from exc
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{path}: {exc}") from exc
    except msgspec.ValidationError as exc:
        raise ConfigError(f"{path}: {_complaint(exc)}") from None
    return settings


def _complaint(exc: msgspec.ValidationError, kind: msgspec.Struct | None = None, within: str = "") -> str:
    """Say which key is wrong; `kind` and `within` tell of a table that was read by itself."""
    text, _, at = str(exc).partition(" - at `")
    place = ".".join(part for part in (within, at.rstrip("`").removeprefix("$").removeprefix(".")) if part)
    if " matching regex " in text and (examples := _examples_at(place)):
        text = f"write it like {' or '.join(examples)}"
    return _unknown(text, place, type(kind) if kind else _struct_at(place)) or f"{place or 'top level'}: {text}"


def _check_gateways(path: Path, raw: dict[str, Any]) -> None:
    """Read each of [gateways] by itself, so that an error can name it. Raises ConfigError."""
    tables = raw.get("gateways", {})
    if not isinstance(tables, dict):
        raise ConfigError(f"{path}: gateways: write a table for each, such as [gateways.barn]")
    for name, table in tables.items():
        key = f"gateways.{name}"
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{path}: {key}: {_NAME_WORDS}")
        try:
            gateway = msgspec.convert(table, FurtherGatewaySettings, dec_hook=_from_toml)
        except msgspec.ValidationError as exc:
            raise ConfigError(f"{path}: {_complaint(exc, FurtherGatewaySettings(), key)}") from None
        if not gateway.host:
            raise ConfigError(f"{path}: {key}.host: which gateway is it? give its name or address")
    first = raw.get("gateway", {})
    _check_hosts(path, first, tables)
    name = (first.get("name") or first.get("host")) if isinstance(first, dict) else None
    if name in tables:
        raise ConfigError(f"{path}: gateways.{name}: [gateway] has this name already; give one of them another")
    if isinstance(name, str) and name.startswith("+"):
        raise ConfigError(f"{path}: gateway.name: {name} begins with +, which means several gateways together")


def _check_hosts(path: Path, first: object, tables: dict[str, Any]) -> None:
    """Raise ConfigError for a gateway that is named twice: it would be asked and recorded twice."""
    hosts: dict[tuple[object, object], str] = {}
    every = {"gateway": first} | {f"gateways.{name}": table for name, table in tables.items()}
    told = {key: table for key, table in every.items() if isinstance(table, dict) and table.get("host")}
    for key, table in told.items():
        if (other := hosts.setdefault((table["host"], table.get("port", 443)), key)) != key:
            raise ConfigError(f"{path}: {key}.host: {table['host']} is that of [{other}] too; name each gateway once")


def _struct_at(place: str) -> type[msgspec.Struct] | None:
    """Return the struct that a path such as `notify.webhook[0]` leads to; None where it leads to none."""
    kind: type[msgspec.Struct] = Settings
    for key in re.findall(r"[^.\[\]]+", re.sub(r"\[\d+\]", "", place)):
        names = dict(zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True))
        hint = get_type_hints(kind).get(names.get(key, ""))
        structs = [one for one in (hint, *get_args(hint)) if isinstance(one, type) and issubclass(one, msgspec.Struct)]
        if not structs:
            return None
        kind = structs[0]
    return kind


def _examples_at(place: str) -> list[str]:
    """Return how the text at a path may look, where its type has examples."""
    section, _, key = re.sub(r"\[\d+\]$", "", place).rpartition(".")
    kind = _struct_at(section)
    if kind is None or key not in kind.__struct_encode_fields__:
        return []
    name = kind.__struct_fields__[kind.__struct_encode_fields__.index(key)]
    left, found = [get_type_hints(kind, include_extras=True)[name]], []
    while left:
        hint = left.pop()
        found += [
            example for meta in getattr(hint, "__metadata__", ()) for example in getattr(meta, "examples", None) or ()
        ]
        left += get_args(hint)
    return [str(example) for example in found]


def _unknown(text: str, section: str, kind: type[msgspec.Struct] | None) -> str | None:
    """Say what was meant by a key that nobody knows; None where the complaint is another."""
    found = re.search("unknown field `(.+)`", text)
    if found is None or kind is None:
        return None
    known = kind.__struct_encode_fields__
    like = difflib.get_close_matches(found[1], known, 1)
    hint = f"did you mean {like[0]}?" if like else f"the keys here are {', '.join(known)}"
    return f"{section + '.' if section else ''}{found[1]}: no such setting; {hint}"


def _from_toml(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value).expanduser()
    raise ValueError(f"Expected a path, got {type(value).__name__}")


def readable_by_others(path: Path) -> bool:
    """Whether other users of this machine may read the file."""
    return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def password_of(settings: GatewaySettings) -> str | None:
    """Return the password: $FOREBAY_PASSWORD, the file named, the settings; None where there is none.

    The variable is for one gateway, [gateway] or the one chosen: what opens the house is not shown to the barn.
    Raises ConfigError when the named file cannot be read.
    """
    if (env := os.environ.get("FOREBAY_PASSWORD")) and not isinstance(settings, FurtherGatewaySettings):
        return env
    if settings.password_file is not None:
        try:
            return settings.password_file.read_text(encoding="utf-8").splitlines()[0]
        except (OSError, IndexError, UnicodeDecodeError) as exc:
            reason = getattr(exc, "strerror", None) or exc
            raise ConfigError(f"gateway.password_file: {settings.password_file} holds no password: {reason}") from exc
    return settings.password


def _quoted(text: str) -> str:
    """Return a TOML string of one line, whatever the text holds."""
    plain = "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in re.sub(r'(["\\])', r"\\\1", text))
    return f'"{plain}"'


def write(
    path: Path, *, host: str, username: str, password: str | None, timezone: str | None = None, name: str | None = None
) -> None:
    """Write a gateway into a forebay.toml that only its owner may read; whole or not at all.

    name: of a further gateway, None or its own name for [gateway].
    Whatever else the file says stays as it is, comments too.
    Raises ConfigError when it cannot be read or written.
    """
    import tomlkit

    document = _document(path)
    first = document.get("gateway", {})
    if name == (first.get("name") or first.get("host")):
        name = None
    if name and not _NAME.fullmatch(name):
        raise ConfigError(f"gateways.{name}: {_NAME_WORDS}")
    tables = document.setdefault("gateways", tomlkit.table(is_super_table=True)) if name else document
    table = tables.get(name or "gateway")
    if table is None or table.get("host") != host:  # what vouched for another gateway must not stay
        kept = {key: table[key] for key in ("name", "site") if key in table} if table is not None else {}
        table = tomlkit.table()
        for key, value in kept.items():
            table.add(key, value)
        tables[name or "gateway"] = table
        if timezone is not None:  # the gateway's words: they must stay a comment
            table.add(tomlkit.comment(f"the gateway says that the site is in {_quoted(timezone)}"))
    given = {"host": host, "username": username, **({} if password is None else {"password": password})}
    if password is not None:
        table.pop("password_file", None)
    for key, value in given.items():
        table[key] = tomlkit.parse(f"value = {_quoted(value)}")["value"]
    text = tomlkit.dumps(document).rstrip() + "\n"
    if name:  # an empty line before its head
        text = re.sub(rf"\n+(?=\[gateways\.{re.escape(name)}\]\n)", "\n\n", text, count=1)
    _replace(path, text)


def _document(path: Path) -> TOMLDocument:
    """Return what the file says now; a new one with its head where there is none."""
    import tomlkit

    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.parse("# Settings of forebay; every key is explained in docs/reference/settings.md.\n")
    except (OSError, ValueError) as exc:
        raise ConfigError(f"{path}: cannot be read: {exc}") from exc


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be written: {exc.strerror or exc}") from exc
