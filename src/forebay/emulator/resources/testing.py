"""Bodies of the rows of tests, log and problems."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from forebay.emulator.device import Device
from forebay.emulator.problems import present
from forebay.emulator.testing_state import (
    NAMED_TESTS_S,
    RESULT_STAYS_S,
    ConnectionTest,
    GatewayLog,
    InverterTest,
)
from forebay.wire import catalogue
from forebay.wire.endpoint import Endpoint
from forebay.wire.firmware import Timeline
from forebay.wire.model import Accepted
from forebay.wire.powerwalls import Check, CheckStatus
from forebay.wire.testing import ConnTest, LogEntry, PingTest, Problems, SystemTest

_TELLS_CHECKS = Timeline(("1.15", False), ("20.49", True))
"""Whether the connectivity test is told as groups of checks (C01, C02)."""

_OTHER_GROUPS = (("CAN bus", "InternalComms", "Enable switch"), ("Meter communication", "Metering", "Meter read"))


def conn_tests(device: Device, _body: None, _parts: Mapping[str, str]) -> ConnTest:
    """Report how far the connectivity test has come."""
    test = device.area(ConnectionTest)
    if _TELLS_CHECKS.at(device.version):
        return _group("Network connection", "Network", test.checks())
    results, timestamp = test.named_results()
    return ConnTest(results=results, timestamp=timestamp)


def start_conn_tests(device: Device, body: None, parts: Mapping[str, str]) -> ConnTest | list[ConnTest]:
    """Start the connectivity test; 1.x answers with a running or a fresh one instead."""
    test = device.area(ConnectionTest)
    if not _TELLS_CHECKS.at(device.version):
        age_s = test.age_s
        if age_s is None or age_s >= NAMED_TESTS_S + RESULT_STAYS_S:
            test.start()
        return conn_tests(device, body, parts)
    test.start()
    return [
        *(_group(name, kind, [_waiting(check)]) for name, kind, check in _OTHER_GROUPS),
        conn_tests(device, None, parts),
    ]


def _group(name: str, category: str, checks: list[Check]) -> ConnTest:
    return ConnTest(name=name, category=category, disruptive=False, inputs=None, checks=checks, alert=False)


def _waiting(name: str) -> Check:
    return Check(
        name=name,
        status=CheckStatus.NOT_RUN,
        start_time=None,
        end_time=None,
        results=None,
        debug=None,
        checks=None,
    )


def ping_test(_device: Device, _body: None, _parts: Mapping[str, str]) -> PingTest:
    """Report the error of which nothing is told."""
    return PingTest(Error={})


def logging(device: Device, body: LogEntry, _parts: Mapping[str, str]) -> Accepted:
    """Keep an entry of the wizard's log."""
    device.area(GatewayLog).add(body)
    return Accepted()


def problems(device: Device, _body: None, _parts: Mapping[str, str]) -> Problems:
    """Report what is wrong with the installation."""
    return Problems(problems=list(present(device)))


def testing(device: Device, _body: None, _parts: Mapping[str, str]) -> SystemTest:
    """Report the test of inverters and meters."""
    return device.area(InverterTest).report()


def start_testing(device: Device, _body: None, _parts: Mapping[str, str]) -> Accepted:
    """Start the test of inverters and meters."""
    device.area(InverterTest).start()
    return Accepted()


def cancel_testing(device: Device, _body: None, _parts: Mapping[str, str]) -> None:
    """Cancel the test of inverters and meters."""
    device.area(InverterTest).cancel()


RESOURCES: dict[Endpoint[Any, Any], Callable[[Device, Any, Mapping[str, str]], Any]] = {
    catalogue.CONN_TESTS: conn_tests,
    catalogue.START_CONN_TESTS: start_conn_tests,
    catalogue.PING_TEST: ping_test,
    catalogue.PING_TEST_POST: ping_test,
    catalogue.LOGGING: logging,
    catalogue.PROBLEMS: problems,
    catalogue.TESTING: testing,
    catalogue.START_TESTING: start_testing,
    catalogue.CANCEL_TESTING: cancel_testing,
}
"""The tests' part of the dispatch table."""
