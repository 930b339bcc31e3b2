"""Where a gateway is reached and which certificate it shows, for whoever moves its world.

The server that carries a device attaches itself here; the control port and
scenarios ask `device.area(Front)`. All of it happens at once, between two requests.
"""

from __future__ import annotations

from typing import Literal, Protocol, get_args

from forebay.emulator.device import Device
from forebay.errors import EmulatorError

Line = Literal["open", "refused", "silent", "cut", "noise"]
"""How the way to a gateway may be: open; connections are refused; they are made and nothing is ever said; they
break during the handshake; what comes is not TLS."""

LINES: tuple[Line, ...] = get_args(Line)


class Doors(Protocol):
    """A server, seen from the home behind it."""

    @property
    def url(self) -> str:
        """Where it answers."""
        ...

    @property
    def address(self) -> tuple[str, int]:
        """The address and the port that it listens on."""
        ...

    @property
    def fingerprint(self) -> str:
        """Which certificate it shows: SHA-256, lower-case hex in pairs joined by ":"."""
        ...

    def rotate_certificate(self) -> None:
        """Show a fresh certificate with a key of its own; the kept one stays kept."""
        ...

    def restore_certificate(self) -> None:
        """Show the kept certificate again."""
        ...

    def move(self, bind: str | None, port: int | None) -> None:
        """Answer elsewhere, and nowhere else."""
        ...

    def set_line(self, line: Line) -> None:
        """Let the way in be open or broken; whoever is connected is cut off or hears no more."""
        ...


class Front:
    """The way in, of one home."""

    def __init__(self, _device: Device) -> None:
        self._doors: Doors | None = None

    @property
    def is_served(self) -> bool:
        """Whether there is a way in at all."""
        return self._doors is not None

    def attach(self, doors: Doors | None) -> None:
        """Take over a server, or let go of it."""
        self._doors = doors

    @property
    def url(self) -> str:
        """Where the gateway answers. Raises EmulatorError where nothing serves it."""
        return self._served.url

    @property
    def address(self) -> tuple[str, int]:
        """The address and the port that are listened on. Raises EmulatorError where nothing serves the home."""
        return self._served.address

    @property
    def fingerprint(self) -> str:
        """Return the certificate's SHA-256, lower-case hex in pairs joined by ":"."""
        return self._served.fingerprint

    def rotate_certificate(self) -> str:
        """Show a fresh certificate, as after a repair or to a man in the middle; return its fingerprint.

        Only handshakes from now on see it; a new start shows the kept one again.
        Raises EmulatorError where nothing serves the home.
        """
        self._served.rotate_certificate()
        return self.fingerprint

    def restore_certificate(self) -> str:
        """Show the kept certificate again; return its fingerprint."""
        self._served.restore_certificate()
        return self.fingerprint

    def move(self, *, bind: str | None = None, port: int | None = None) -> str:
        """Answer at another address or port, as after a new lease; return the new URL.

        Whoever is connected is cut off; plain http moves along. Port 0 takes a free one.
        Raises EmulatorError naming the address or port that cannot be had: then nothing moves.
        """
        self._served.move(bind, port)
        return self.url

    def set_line(self, line: Line) -> None:
        """Let the way in be open or broken. Raises EmulatorError for a home whose line is not its own."""
        self._served.set_line(line)

    @property
    def _served(self) -> Doors:
        if self._doors is None:
            raise EmulatorError("nothing serves this home, so it has no address and no certificate")
        return self._doors
