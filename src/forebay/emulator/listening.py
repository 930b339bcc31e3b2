"""Sockets and TLS of a gateway: bound first, so that a printed port is the right one."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import ssl
import sys
import tempfile
from collections.abc import Iterator

from forebay.emulator.certificate import SERVER_NAMES, Certificate
from forebay.errors import EmulatorError

BACKLOG = 1024
GRACE_S = 0.25
"""How long answers on their way may take when closing [s]."""


def bound(bind: str, port: int, setting: str, *, listens: bool = True) -> socket.socket:
    """Return a listening socket; port 0 takes a free one.

    listens: False only keeps the port, and connections to it are refused.
    Raises EmulatorError naming the setting and what to do.
    """
    if not 0 <= port <= 65_535:
        raise EmulatorError(f"{setting} must be from 0 to 65535, got {port}")
    try:
        ipaddress.ip_address(bind.partition("%")[0])  # getaddrinfo takes shortened ones too, which no certificate names
        family, kind, proto, _, address = socket.getaddrinfo(
            bind, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST | socket.AI_PASSIVE
        )[0]
    except (OSError, ValueError) as exc:
        raise EmulatorError(f"{bind} is not an IP address to listen on, such as 127.0.0.1 or 0.0.0.0") from exc
    listener = socket.socket(family, kind, proto)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        if listens:
            listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as exc:
        listener.close()
        raise EmulatorError(f"{bind} port {port}: {_in_words(exc, port, setting)}") from exc
    return listener


def bound_to_loopback(port: int, setting: str) -> socket.socket | None:
    """Return one listening socket for every loopback address; None where the system has no such thing.

    It is bound to the loopback device: nobody else's packets come by that.
    Raises EmulatorError naming the setting when the port is out of range or needs rights.
    """
    if not 0 <= port <= 65_535:
        raise EmulatorError(f"{setting} must be from 0 to 65535, got {port}")
    device = getattr(socket, "SO_BINDTODEVICE", None)
    if device is None:
        return None
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, device, b"lo")
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("0.0.0.0", port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as exc:
        listener.close()
        if isinstance(exc, PermissionError) and 0 < port < 1024:
            raise EmulatorError(f"port {port}: {_in_words(exc, port, setting)}") from exc
        return None  # an old kernel, or somebody has the port at one address: each address is tried by itself
    return listener


SPARE_FILES = 512
"""Open files besides the connections of a fleet: itself, its libraries, newcomers."""


def allow_open_files(homes: int, each: int = 1) -> None:
    """Let this process have a connection to every home at once.

    each: open files that a home takes.

    Raises EmulatorError saying what to do when the system's limit is lower.
    """
    import resource  # where fleets live; other systems have no such limit

    needed = each * homes + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, needed))  # the administrator may
        except (OSError, ValueError) as exc:
            raise EmulatorError(
                f"{homes:,} homes need {needed:,} open files, and this user may have {hard:,}: raise the limit "
                f"(`ulimit -Hn {needed}` as root, or LimitNOFILE= of the service) or emulate fewer homes"
            ) from exc
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def _in_words(exc: OSError, port: int, setting: str) -> str:
    if isinstance(exc, PermissionError):
        return f"ports below 1024 need special rights; choose another with {setting}, such as {port + 8000}"
    reason = (exc.strerror or str(exc)).lower()
    return f"{reason}; choose another with {setting}, or 0 for a free one"


def tls_context(certificate: Certificate, *, strict_names: bool, http2: bool = True) -> ssl.SSLContext:
    """Return TLS as a gateway has it: 1.2 or later, HTTP/1.1 and, where the release has it, HTTP/2.

    strict_names: refuse handshakes that ask for a name that is none of the
        gateway's, with the alert unrecognized_name; none at all is fine (T08, T09).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    show(context, certificate)
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["h2", "http/1.1"] if http2 else ["http/1.1"])
    if strict_names:
        context.sni_callback = _check_name
    return context


def show(context: ssl.SSLContext, certificate: Certificate) -> None:
    """Let handshakes that begin from now on show this certificate."""
    with _as_file(certificate.pem + certificate.key_pem) as path:
        context.load_cert_chain(path)


@contextlib.contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """Give a file that no other user can read, for a library that reads files only.

    Where the system has files in memory it is one: a fleet needs thousands, and must not wait for a disk.
    """
    if sys.platform == "linux":
        descriptor = os.memfd_create("certificate")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            yield f"/proc/self/fd/{descriptor}"
    else:
        with tempfile.NamedTemporaryFile(prefix="forebay-", suffix=".pem") as file:
            file.write(content)
            file.flush()
            yield file.name


def _check_name(_tls: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
    if name is None or name.lower() in SERVER_NAMES:  # RFC 6066: whatever its case
        return None
    return int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)


def is_any(bind: str) -> bool:
    """Whether an address to listen on is all of them."""
    return bind in ("0.0.0.0", "::")


_ELSEWHERE = {socket.AF_INET: "198.51.100.1", socket.AF_INET6: "2001:db8::1"}
"""Addresses that nobody has (RFC 5737, RFC 3849), to learn by which of ours this machine would go out."""


def own_addresses(bind: str) -> tuple[str, ...]:
    """Return the addresses at which who listens on `bind` is reached, without any zone.

    Where that is everywhere: those that this machine's name stands for, and those it goes out by. Nothing is sent.
    """
    if not is_any(bind):
        return (bind.partition("%")[0],)
    found: list[str] = []
    with contextlib.suppress(OSError):
        name = socket.gethostname()
        found += [str(one[4][0]) for one in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)]
    for family, elsewhere in _ELSEWHERE.items():
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))
            found.append(probe.getsockname()[0])
    return tuple(dict.fromkeys(address.partition("%")[0] for address in found))


def url_of(scheme: str, bind: str, port: int) -> str:
    """Return where a socket is reached; one that listens everywhere is reached on loopback."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(bind, f"[{bind}]" if ":" in bind else bind)
    return f"{scheme}://{host}:{port}"
