"""forebay.toml → frozen settings; a wrong key or value is named with its file."""

from __future__ import annotations

import difflib
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from forebay.errors import ConfigError

FILE_NAME = "forebay.toml"

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
        return f"GatewaySettings(host={self.host!r}, username={self.username!r}, password=…)"


class RecorderSettings(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[recorder]: how often to ask, and whose clock stamps the samples."""

    fast_s: Annotated[float, Meta(ge=1, le=3600)] = 5.0
    slow_s: Annotated[float, Meta(ge=10, le=86_400)] = 60.0
    clock: Literal["auto", "system", "gateway"] = "auto"


class StoreSettings(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """[store]: where the record is kept; flush_s bounds what a power cut may lose [s]."""

    path: Path | None = None
    flush_s: Annotated[float, Meta(ge=0, le=10)] = 10.0


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


class Settings(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Everything that forebay.toml may say. state_dir: pins and kept log-ins."""

    gateway: GatewaySettings = GatewaySettings()
    recorder: RecorderSettings = RecorderSettings()
    store: StoreSettings = StoreSettings()
    page: PageSettings = PageSettings()
    state_dir: Path | None = None


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
        settings = msgspec.convert(raw, Settings, dec_hook=_from_toml)
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path}: is not UTF-8 text") from exc
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{path}: {exc}") from exc
    except msgspec.ValidationError as exc:
        text, _, at = str(exc).partition(" - at `")
        place = at.rstrip("`").removeprefix("$").removeprefix(".")
        what = _unknown(text, place) or f"{place or 'top level'}: {text}"
        raise ConfigError(f"{path}: {what}") from None
    return settings


def _unknown(text: str, section: str) -> str | None:
    """Say what was meant by a key that nobody knows; None where the complaint is another."""
    found = re.search("unknown field `(.+)`", text)
    kind = getattr(Settings(), section, None) if section else Settings()
    if found is None or not isinstance(kind, msgspec.Struct):
        return None
    known = kind.__struct_fields__
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

    Raises ConfigError when the named file cannot be read.
    """
    if env := os.environ.get("FOREBAY_PASSWORD"):
        return env
    if settings.password_file is not None:
        try:
            return settings.password_file.read_text(encoding="utf-8").splitlines()[0]
        except (OSError, IndexError, UnicodeDecodeError) as exc:
            raise ConfigError(f"gateway.password_file: {settings.password_file} holds no password: {exc}") from exc
    return settings.password


def _quoted(text: str) -> str:
    """Return a TOML string of one line, whatever the text holds."""
    plain = "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in re.sub(r'(["\\])', r"\\\1", text))
    return f'"{plain}"'


def write(path: Path, *, host: str, username: str, password: str | None, timezone: str | None = None) -> None:
    """Write a forebay.toml that only its owner may read; whole or not at all.

    Raises ConfigError when it cannot be written.
    """
    lines = [
        "# Settings of forebay; every key is explained in docs/reference/settings.md.",
        "[gateway]",
        f"host = {_quoted(host)}",
        f"username = {_quoted(username)}",
    ]
    if password is not None:
        lines.append(f"password = {_quoted(password)}")
    if timezone is not None:  # the gateway's words: they must stay a comment
        lines.append(f"# the gateway says that the site is in {_quoted(timezone)}")
    temporary = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be written: {exc.strerror or exc}") from exc
