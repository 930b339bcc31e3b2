"""The commands and their options. Imports nothing heavy, so that --help is quick."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from forebay.cli.capture_options import add_capture, add_openapi, add_replay
from forebay.cli.history_parser import add_history
from forebay.cli.house_parser import add_force_login, add_house
from forebay.cli.intake_parser import add_intake
from forebay.cli.keep_parser import add_keeping
from forebay.cli.notify_parser import add_notify
from forebay.cli.page_parser import add_page

Run = Callable[[argparse.Namespace], int]


def _lazily(module: str, function: str) -> Run:
    def run(options: argparse.Namespace) -> int:
        command: Run = getattr(import_module(f"forebay.cli.{module}"), function)
        return command(options)

    return run


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text} is not a port: 0 to 65535")
    return int(text)


def _speed(text: str) -> float:
    return _number(text, least=0, most=1_000_000, words="is not a speed: 0 to 1000000")


def _positive(text: str) -> float:
    return _number(text, least=1e-6, most=1e6, words="must be a number above 0")


def _number(text: str, *, least: float, most: float, words: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{text} {words}")
    return number


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(f"{text} is not a time such as 2026-06-21T06:00:00") from exc


class _Parser(argparse.ArgumentParser):
    """A parser that takes no shortened options: --password must not be read as --password-file."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **settings})


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line; wrong usage ends the process with 2 and a message."""
    parser: argparse.ArgumentParser = _Parser(
        prog="forebay",
        description="Record, watch and emulate a home battery's gateway.",
        epilog="`forebay COMMAND --help` explains each. `make demo` or `forebay demo` shows a living home.",
    )
    parser.add_argument("--version", action="store_true", help="print the version and end")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    parser.set_defaults(run=_lazily("about", "about"), help_text=parser.format_help)

    common = _common()
    talking = _talking()
    for name, summary in (
        ("status", "power, charge, grid and mode at a glance"),
        ("meters", "power, energy and voltage at the four points"),
        ("soe", "charge, on the app's and the gateway's scale"),
        ("grid", "whether the grid is there, and its recent alerts"),
        ("vitals", "every device with what it measures (firmware 20.49 to 23.36.4)"),
        ("info", "firmware, site, Powerwalls, registration"),
    ):
        one = commands.add_parser(name, parents=[common, talking], help=summary, description=f"Show {summary}.")
        one.add_argument("--json", action="store_true", help="print JSON instead of a table")
        one.set_defaults(run=_lazily("read", name))

    watch = commands.add_parser("watch", parents=[common, talking], help="the house, live in the terminal")
    watch.add_argument("--every", type=_positive, default=2.0, metavar="S", help="seconds between readings (2)")
    watch.add_argument("--count", type=int, metavar="N", help="end after N readings")
    watch.set_defaults(run=_lazily("watch", "watch"))

    _add_recording(commands, common, talking)
    _add_meeting(commands, common, talking)
    add_house(commands, [common, talking], _lazily)
    _add_emulate(commands)
    add_capture(commands, [common, _talking(names_host=False)], _lazily, _positive)
    add_openapi(commands, _lazily)
    _say_what_each_is_for(commands)
    return parser.parse_args(argv)


def _say_what_each_is_for(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Begin the help of each command with its line in the list, where it has no longer words of its own."""
    for one in commands._choices_actions:
        command = commands.choices[one.dest]
        if command.description is None and one.help:
            command.description = f"{one.help[0].upper()}{one.help[1:]}."


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    group = common.add_argument_group("settings")
    group.add_argument("--config", type=Path, metavar="FILE", help="forebay.toml to read")
    group.add_argument("--state-dir", type=Path, metavar="DIR", help="where pins and kept log-ins are")
    group.add_argument("-v", "--verbose", action="store_true", help="say more on stderr")
    return common


def _talking(*, names_host: bool = True) -> argparse.ArgumentParser:
    talking = argparse.ArgumentParser(add_help=False)
    group = talking.add_argument_group("gateway", "The password comes from the settings, $FOREBAY_PASSWORD or a file.")
    if names_host:
        group.add_argument("--host", help="name or address, also host:port")
        group.add_argument("--gateway", dest="house", metavar="NAME", help="which of the settings' gateways")
    group.add_argument("--username", help="customer (the default) or installer")
    group.add_argument("--password-file", type=Path, metavar="FILE", help="its first line is the password")
    group.add_argument("--fingerprint", metavar="SHA256", help="the certificate must have this fingerprint")
    group.add_argument("--cacert", type=Path, metavar="PEM", help="this file must vouch for the certificate")
    group.add_argument("--insecure", action="store_true", help="do not check who answers; warns")
    group.add_argument("--timeout", type=_positive, metavar="S", help="seconds to wait for an answer (10)")
    return talking


def _add_recording(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
    talking: argparse.ArgumentParser,
) -> None:
    up = commands.add_parser("up", parents=[common, talking], help="record a gateway and serve the dashboard")
    up.add_argument("--db", type=Path, metavar="FILE", help="the record (in the user's data folder)")
    up.add_argument("--page-bind", metavar="ADDRESS", help="where the dashboard listens (127.0.0.1)")
    up.add_argument("--page-port", type=_port, metavar="N", help="its port (8480; 0 takes a free one)")
    up.add_argument("--clock", choices=("auto", "system", "gateway"), help="whose time stamps the samples (auto)")
    up.set_defaults(run=_lazily("up", "up"))

    demo = commands.add_parser("demo", parents=[common], help="an emulated home, recorded, on a page")
    demo.add_argument("--speed", type=_speed, default=60.0, metavar="N", help="emulated seconds per second (60)")
    demo.add_argument("--page-port", type=_port, default=8480, metavar="N", help="port of the dashboard (8480)")
    demo.add_argument("--seed", type=int, default=1, metavar="N", help="which home and weather (1)")
    demo.add_argument("--hours", type=float, default=11.0, metavar="H", help="hours of today lived through first (11)")
    demo.add_argument("--dir", type=Path, metavar="DIR", help="keep the demo's files here (a temporary folder)")
    demo.set_defaults(run=_lazily("up", "demo"))

    add_history(commands, common, _lazily)
    add_keeping(commands, common, _lazily)
    add_intake(commands, common, _lazily)
    add_page(commands, common, _lazily)
    add_notify(commands, common, _lazily)


def _add_meeting(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
    talking: argparse.ArgumentParser,
) -> None:
    setup = commands.add_parser("setup", parents=[common, talking], help="meet a gateway and write forebay.toml")
    setup.add_argument("--accept", metavar="SHA256", help="the fingerprint to accept without asking")
    setup.set_defaults(run=_lazily("setup", "setup"))

    trust = commands.add_parser("trust", parents=[common, talking], help="show, accept or forget a certificate")
    trust.add_argument("gateway", nargs="?", metavar="HOST", help="name or address, also host:port")
    trust.add_argument("--accept", metavar="SHA256", help="pin the certificate if it has this fingerprint")
    trust.add_argument("--forget", action="store_true", help="forget the pinned fingerprint")
    trust.add_argument("--hosts-line", action="store_true", help="print the line for the hosts file")
    trust.add_argument("--pem", action="store_true", help="print the certificate itself")
    trust.add_argument("--json", action="store_true", help="print JSON")
    trust.set_defaults(run=_lazily("setup", "trust"))

    doctor = commands.add_parser("doctor", parents=[common, talking], help="what is wrong, in words")
    doctor.add_argument("--db", type=Path, metavar="FILE", help="the record (in the user's data folder)")
    doctor.add_argument("--login", action="store_true", help="try the password even where a log-in is kept")
    doctor.add_argument("--json", action="store_true", help="print JSON")
    doctor.set_defaults(run=_lazily("doctor", "doctor"))

    call = commands.add_parser("call", parents=[common, talking], help="call any resource of the gateway")
    call.add_argument("method", metavar="METHOD", help="GET, POST or DELETE")
    call.add_argument("path", metavar="PATH", help="such as /api/status")
    call.add_argument("--body", metavar="JSON", help="what to send; - reads it from stdin")
    call.add_argument("--dry-run", action="store_true", help="print the request that would be sent; send nothing")
    call.add_argument("--yes", action="store_true", help="do not ask before calling what changes the house")
    call.add_argument(
        "--as",
        dest="style",
        choices=("curl", "curl-windows"),
        help="print it as a command for curl, with its log-in; send nothing",
    )
    call.add_argument("--firmware", metavar="X.Y", help="the release that --as is for (the newest)")
    add_force_login(call)
    call.add_argument("--raw", action="store_true", help="print the body as it came")
    call.add_argument("--json", action="store_true", help="print JSON without colour or extra lines")
    call.set_defaults(run=_lazily("call", "call"))

    endpoints = commands.add_parser("endpoints", parents=[common], help="print the catalogue of resources")
    endpoints.add_argument("--firmware", metavar="X.Y", help="only what this release offers")
    endpoints.add_argument("--json", action="store_true", help="print JSON")
    endpoints.set_defaults(run=_lazily("call", "endpoints"))


def _add_emulate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    emulate = commands.add_parser("emulate", help="be a gateway, with a home that lives")
    emulate.add_argument(
        "home", nargs="?", metavar="HOME.toml", help="the home, also gallery:NAME; a built-in one without"
    )
    emulate.add_argument(
        "--scenario",
        action="append",
        default=[],
        metavar="FILE",
        help="what happens to the home, also scenario:NAME; may be given again",
    )
    emulate.add_argument("--list-homes", action="store_true", help="list the homes that come with the package and end")
    emulate.add_argument("--list-scenarios", action="store_true", help="list the scenarios that do and end")
    emulate.add_argument(
        "--homes", type=int, metavar="N", help="be N gateways, each at an address of its own from 127.1.0.1 on"
    )
    emulate.add_argument(
        "--bind", metavar="ADDRESS", help="address to listen on (127.0.0.1); of the first of several homes (127.1.0.1)"
    )
    emulate.add_argument("--port", type=_port, default=8443, metavar="N", help="port (8443; 0 takes a free one)")
    emulate.add_argument("--firmware", metavar="X.Y", help="release to behave as, or restricted (21.44)")
    emulate.add_argument(
        "--restricted",
        type=int,
        choices=(404, 403),
        help="offer a log-in, aggregates, soe and grid_status only, as a Powerwall 3 does; the status of the rest",
    )
    emulate.add_argument(
        "--password", metavar="TEXT", help="the emulated customer's password (the end of the serial number)"
    )
    emulate.add_argument("--speed", type=_speed, default=1.0, metavar="N", help="emulated seconds per second (1)")
    emulate.add_argument("--start", type=_instant, metavar="TIME", help="local time of the site to begin at (now)")
    emulate.add_argument("--seed", type=int, default=1, metavar="N", help="which weather and house (1)")
    emulate.add_argument("--load-trace", type=Path, metavar="CSV", help="recorded use of a house: timestamp,load_w")
    emulate.add_argument("--solar-trace", type=Path, metavar="CSV", help="recorded solar power: timestamp,solar_w")
    emulate.add_argument("--control-port", type=_port, metavar="N", help="loopback port that moves the world")
    emulate.add_argument("--http-port", type=_port, metavar="N", help="plain http port that sends on to https")
    emulate.add_argument(
        "--server",
        choices=("faithful", "fast"),
        help="through one library, or for many requests (faithful; homes: fast)",
    )
    emulate.add_argument(
        "--strict-names", action="store_true", help="refuse TLS for names other than teg, powerwall, powerpack"
    )
    emulate.add_argument(
        "--hold",
        action=argparse.BooleanOptionalAction,
        help="let time stand still until somebody reads a meter (with a trace: yes)",
    )
    emulate.add_argument("--state-dir", type=Path, metavar="DIR", help="where the certificate is kept")
    add_replay(emulate)
    emulate.set_defaults(run=_lazily("emulate", "emulate"))
