"""An emulated gateway for other people's tests: `with gateway() as gw:`, or the fixture `powerwall_gateway`.

It runs in a thread and an event loop of its own, so that it answers blocking
and asynchronous clients alike. Its time stands still until a test moves it.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from forebay.emulator.build import build_device
from forebay.emulator.description import describe
from forebay.emulator.device import Device
from forebay.emulator.front import Front, Line
from forebay.emulator.injection import Injection
from forebay.emulator.library import find_home, find_scenario
from forebay.emulator.refusal import Refused
from forebay.emulator.scenario import Play
from forebay.emulator.serve import Ready, serve
from forebay.emulator.verb_kinds import BadRequest
from forebay.emulator.verbs import BY_NAME
from forebay.errors import EmulatorError
from forebay.wire.system import GridState

START = "2026-06-21T12:00:00"
"""The local time at which an emulated home begins when a test says nothing else: the longest day, at noon."""

ANSWER_S = 30.0
"""How long the gateway's thread may take to start, to do something, and to end [s]."""

SETTLED = (GridState.CONNECTED, GridState.ISLANDED, GridState.FAULTED, GridState.WAITS_FOR_USER)
_LONGEST_TRANSITION_S = 3_600

T = TypeVar("T")


class EmulatedGateway:
    """A running gateway and the home behind it.

    url, host, port: where it answers; they follow when it moves.
    username, password: of its owner. installer_password: of its installer.
    serial: its serial number; "S" + serial is the password of 1.x.
    certificate: the PEM file to trust. fingerprint: its SHA-256 as it is shown now, hex in pairs joined by ":".
    firmware: the version that it reports.
    """

    username = "customer"

    def __init__(self, device: Device, loop: asyncio.AbstractEventLoop, certificate: Path) -> None:
        self._device = device
        self._loop = loop
        self.certificate = certificate
        self.serial = device.serial

    def __repr__(self) -> str:
        return f"<EmulatedGateway {self.url} firmware {self.firmware}>"

    # -- where and who ---------------------------------------------------------

    @property
    def url(self) -> str:
        """Where it answers, such as https://127.0.0.1:40123."""
        return self._inside(lambda: self._device.area(Front).url)

    @property
    def host(self) -> str:
        """Its address."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """Its port."""
        return urlsplit(self.url).port or 443

    @property
    def fingerprint(self) -> str:
        """The certificate that it shows now: SHA-256, lower-case hex in pairs joined by ":"."""
        return self._inside(lambda: self._device.area(Front).fingerprint)

    @property
    def firmware(self) -> str:
        """The version that it reports now."""
        return self._device.home.gateway.firmware

    @property
    def password(self) -> str:
        """The password of its owner now."""
        return self._device.password

    @property
    def installer_password(self) -> str:
        """The password of its installer now."""
        return self._device.installer_password

    @property
    def state(self) -> dict[str, Any]:
        """The world and the home now, as /state of the control port tells them."""
        return self._inside(lambda: describe(self._device))

    @property
    def now(self) -> datetime:
        """The time of the home, in its own zone."""
        return self._device.clock.now().astimezone(self._device.home.zone)

    # -- the world -------------------------------------------------------------

    def grid_down(self, *, settle: bool = True) -> None:
        """Let the utility fail; settle: live on until the house is an island, which takes a few seconds."""
        self.do("grid", up=False)
        if settle:
            self._settle()

    def grid_up(self, *, settle: bool = True) -> None:
        """Let the utility return; settle: live on until the house has joined it, a minute by default."""
        self.do("grid", up=True)
        if settle:
            self._settle()

    def clouds(self, cover: float | None = 1.0) -> None:
        """Cover the sky, 0 clear to 1 overcast; None is the weather of the seed."""
        self.do("clouds", cover=cover)

    def load_w(self, watts: float | None) -> None:
        """Fix what the house uses [W]; None is its own use."""
        self.do("load", watts=watts)

    def solar_w(self, watts: float | None) -> None:
        """Fix what the panels could give [W]; None is what the sun gives."""
        self.do("solar", watts=watts)

    def charge_pct(self, percent: float) -> None:
        """Set the charge of every pack [% on the gateway's scale]."""
        self.do("charge", percent=percent)

    def appliance(self, name: str, watts: float) -> None:
        """Switch something on beside the house's own use [W]; 0 switches it off."""
        self.do("appliance", name=name, watts=watts)

    # -- time ------------------------------------------------------------------

    def advance(self, *, seconds: float = 0.0, minutes: float = 0.0, hours: float = 0.0, days: float = 0.0) -> None:
        """Live through so much time at once: sun, counters, tokens, scenarios and timestamps follow."""
        self.do("time", advance_s=seconds + 60 * minutes + 3_600 * hours + 86_400 * days)

    def speed(self, speed: float) -> None:
        """Let time flow by itself: emulated seconds for each real one; 0 stands still."""
        self.do("time", speed=speed)

    # -- the gateway -----------------------------------------------------------

    def stop(self) -> None:
        """Stop the power system: what needs it running answers 502."""
        self.do("sitemaster", run=False)

    def run(self) -> None:
        """Let the power system run."""
        self.do("sitemaster", run=True)

    def toggle_switch(self) -> None:
        """Toggle the switch on a Powerwall: an installer may log in for five minutes."""
        self.do("switch")

    def end_sessions(self) -> None:
        """Let every token given so far be worth nothing."""
        self.do("logout")

    def lock_out(self, seconds: float = 300.0) -> None:
        """Answer every log-in with 429 for so long [s of the home's time]."""
        self.do("lockout", seconds=seconds)

    def change_password(self, password: str) -> None:
        """Give the owner another password; open sessions stay open."""
        self.do("password", user="customer", password=password)

    def new_certificate(self) -> None:
        """Show another certificate than before, as a replaced gateway would; `certificate` stays the kept one."""
        self.do("certificate", fresh=True)

    def kept_certificate(self) -> None:
        """Show the kept certificate again."""
        self.do("certificate", fresh=False)

    def move(self, *, host: str | None = None, port: int = 0) -> None:
        """Answer at another address of 127.0.0.0/8 or another port; 0 takes a free one."""
        self.do("address", **({"bind": host} if host else {}), port=port)

    def line(self, state: Line) -> None:
        """Let nobody reach it: "refused", "silent", "cut" in the handshake or "noise"; "open" ends that."""
        self.do("line", state=state)

    def reboot(self) -> None:
        """Cut everybody off and start anew: the uptime begins again, and old tokens are worth nothing."""
        self.do("computer", up=False)
        self.do("computer", up=True)

    def fault(
        self,
        path: str = "*",
        *,
        status: int | None = None,
        times: int | None = None,
        delay_s: float | None = None,
        cut_after: int | None = None,
        bytes_per_s: int | None = None,
        garbage: bool = False,
        retry_after_s: int | None = None,
        hang: bool = False,
        body: Any = None,
    ) -> None:
        """Let requests for a path go wrong, or all of them; times: so often, else until `clear_faults`.

        delay_s: silence before the answer [real s]. cut_after: the connection breaks after so many bytes.
        bytes_per_s: the body comes in drops. retry_after_s: that header, as with a 429.
        garbage: bytes that are not JSON. hang: no answer at all. body: instead of the one that goes with the status.
        """
        members = {
            "status": status, "times": times, "delay_s": delay_s, "cut_after": cut_after, "body": body,
            "bytes_per_s": bytes_per_s, "retry_after_s": retry_after_s,
            "garbage": garbage or None, "hang": hang or None,
        }  # fmt: skip
        self.do("faults", path=path, **{key: value for key, value in members.items() if value is not None})

    def clear_faults(self) -> None:
        """Let everything go right again."""
        self._inside(lambda: self._device.area(Injection).clear())

    def play(self, scenario: str | Path) -> None:
        """Play a scenario from now on: a file, or scenario:NAME."""
        found = find_scenario(scenario)
        self._inside(lambda: self._device.area(Play).add(found))

    def do(self, verb: str, **members: Any) -> None:
        """Do what a verb of the control port does, with its members.

        Raises ValueError for a verb or member that is none, EmulatorError for what cannot be done.
        """
        known = BY_NAME.get(verb)
        if known is None:
            raise ValueError(f"no such verb: {verb}; there are {', '.join(BY_NAME)}")
        self._inside(lambda: known.do(self._device, members))

    # -- inside ----------------------------------------------------------------

    def _settle(self) -> None:
        def live_on() -> None:
            for _ in range(_LONGEST_TRANSITION_S):
                self._device.clock.jump(1)
                self._device.catch_up()
                if self._device.grid_state in SETTLED:
                    return
            raise EmulatorError(f"the house is still {self._device.grid_state} after an hour")

        self._inside(live_on)

    def _inside(self, action: Callable[[], T]) -> T:
        """Do something in the gateway's own thread, at its present; return what it returns."""
        done: Future[T] = Future()

        def act() -> None:
            try:
                self._device.catch_up()
                result = action()
                self._device.catch_up()
            except BadRequest as exc:
                done.set_exception(ValueError(str(exc)))
            except Refused as exc:
                done.set_exception(EmulatorError(f"the gateway refuses: {exc.key}"))
            except BaseException as exc:
                done.set_exception(exc)
            else:
                done.set_result(result)

        if self._loop.is_closed():
            raise EmulatorError("this gateway has ended; use it inside its `with`, or within its test")
        self._loop.call_soon_threadsafe(act)
        return done.result(ANSWER_S)


@contextlib.contextmanager
def gateway(
    home: str | Path | None = None,
    *,
    firmware: str | None = None,
    scenario: str | Path | Sequence[str | Path] = (),
    seed: int = 1,
    start: str | datetime = START,
    speed: float = 0.0,
    password: str | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    server: Literal["faithful", "fast"] = "faithful",
) -> Iterator[EmulatedGateway]:
    """Run an emulated gateway while the `with` lasts.

    home: a HOME.toml, or gallery:NAME; a home with two Powerwalls without.
    firmware, password: replace what the home says. scenario: one or several, files or scenario:NAME.
    seed: which weather and house. start: local time of the home.
    speed: emulated seconds for each real one; at 0 time moves by `advance` only.
    host, port: where to answer; port 0 takes a free one.
    Raises EmulatorError naming file, line and key.
    """
    scenarios = [scenario] if isinstance(scenario, str | Path) else scenario
    device = build_device(
        find_home(home),
        start=datetime.fromisoformat(start) if isinstance(start, str) else start,
        speed=speed,
        seed=seed,
        firmware=firmware,
        password=password,
        scenarios=[find_scenario(named) for named in scenarios],
    )
    with tempfile.TemporaryDirectory(prefix="forebay-") as folder:
        running: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

        async def live() -> None:
            stop, loop = asyncio.Event(), asyncio.get_running_loop()

            def ready(_line: Ready) -> None:
                running.set_result((loop, stop))

            await serve(device, state_dir=Path(folder), ready=ready, stop=stop, bind=host, port=port, server=server)

        def thread() -> None:
            try:
                asyncio.run(live())
            except BaseException as exc:
                if running.done():
                    raise
                running.set_exception(exc)

        worker = threading.Thread(target=thread, name="forebay-gateway", daemon=True)
        worker.start()
        loop, stop = running.result(ANSWER_S)
        try:
            yield EmulatedGateway(device, loop, Path(folder) / "gateway.pem")
        finally:
            loop.call_soon_threadsafe(stop.set)
            worker.join(ANSWER_S)
            if worker.is_alive():
                raise EmulatorError(f"the emulated gateway did not end within {ANSWER_S:g} s")
