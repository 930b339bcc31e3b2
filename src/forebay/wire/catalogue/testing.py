"""Rows of the gateway's tests, log and problems. Sources: seed L299–303, L313; behaviour.md C01–C03."""

from __future__ import annotations

from typing import Final

from forebay.wire.catalogue.eras import EMPTY_REPLY, INSTALLER_ONLY, NOT_BEFORE_2020, SINCE_2020
from forebay.wire.endpoint import Access, Effect, Endpoint, Poll, Quality
from forebay.wire.firmware import always
from forebay.wire.model import Accepted
from forebay.wire.testing import ConnTest, LogEntry, PingTest, Problems, SystemTest

CONN_TESTS: Final = Endpoint[None, ConnTest](
    name="CONN_TESTS",
    spec="E044",
    method="GET",
    path="/api/system/networks/conn_tests",
    body=type(None),
    reply=ConnTest,
    summary="How far the connectivity test has come.",
    source="seed L299–301; samples conn_tests.get.1, get.2, 21.39.1, 21.44; C01, C02",
    seed=("S157", "S158"),
    unverified=(
        "whether 1.x answers a GET: it is offered with the bodies of the POST",
        "how long the checks take",
        "the words of a failed check",
    ),
)

START_CONN_TESTS: Final = Endpoint[None, ConnTest | list[ConnTest]](
    name="START_CONN_TESTS",
    spec="E043",
    method="POST",
    path="/api/system/networks/conn_tests",
    body=type(None),
    reply=ConnTest | list[ConnTest],  # type: ignore[arg-type]
    summary="Start the connectivity test, which runs for some seconds.",
    source="seed L299–301; samples conn_tests.post; C01, C02",
    seed=("S156", "S157", "S158"),
    effect=Effect.WRITES,
    unverified=(
        "how long 1.x answers with a result before it starts anew: a minute after its end",
        'whether 1.x says "Gle GET Test" or "Google GET Test": the founding document\'s own word',
    ),
)

PING_TEST: Final = Endpoint[None, PingTest](
    name="PING_TEST",
    spec="E045",
    method="GET",
    path="/api/system/networks/ping_test",
    body=type(None),
    reply=PingTest,
    summary="The error of a ping, of which nothing is told.",
    source="seed L302; getsamples.sh; samples 21.39.1, 21.44",
    seed=("S159",),
    quality=Quality.PARTIAL,
    unverified=("the body on 1.x", "what the error means: it was the same running and stopped"),
)

PING_TEST_POST: Final = Endpoint[None, PingTest](
    name="PING_TEST_POST",
    spec="E046",
    method="POST",
    path="/api/system/networks/ping_test",
    body=type(None),
    reply=PingTest,
    summary="The ping test under the method that the README gives.",
    source="README, table of the calls",
    seed=("S159",),
    effect=Effect.WRITES,
    quality=Quality.INFERRED,
    unverified=("the body of the success: that of PING_TEST is inferred",),
)

LOGGING: Final = Endpoint[LogEntry, Accepted](
    name="LOGGING",
    spec="E047",
    method="POST",
    path="/api/logging",
    body=LogEntry,
    reply=Accepted,
    summary="Leave an entry in the gateway's log; nothing of the API shows it.",
    source="seed L303; the wizard's calls",
    seed=("S160",),
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(EMPTY_REPLY, "whether an unknown level is refused: it is not"),
)

PROBLEMS: Final = Endpoint[None, Problems](
    name="PROBLEMS",
    spec="E124",
    method="GET",
    path="/api/troubleshooting/problems",
    body=type(None),
    reply=Problems,
    summary="Problems of the installation.",
    source="samples 21.39.1, 21.44; proxy of pypowerwall",
    offered=SINCE_2020,
    poll=Poll.SLOW,
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, "the form of a problem, and what is one: the list was always empty"),
)

TESTING: Final = Endpoint[None, SystemTest](
    name="TESTING",
    spec="E054",
    method="GET",
    path="/api/system/testing",
    body=type(None),
    reply=SystemTest,
    summary="Steps and results of the test of inverters and meters.",
    source="seed L313; samples system.testing.json, 21.39.1, 21.44; C03",
    seed=("S174",),
    unverified=("how long each stage takes", "the words of a failed test", "the form of inverter_results"),
)

START_TESTING: Final = Endpoint[None, Accepted](
    name="START_TESTING",
    spec="E119",
    method="POST",
    path="/api/system/testing/PINV_TEST",
    body=type(None),
    reply=Accepted,
    summary="Start the test of inverters and meters; it runs the site master and charges by up to 2 kW.",
    source="openapi system_testing.yaml; the wizard's words; C03",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    quality=Quality.PARTIAL,
    unverified=(
        NOT_BEFORE_2020,
        EMPTY_REPLY,
        INSTALLER_ONLY,
        "status and form of a refusal: its words are the wizard's",
        "that the test runs a stopped site master",
    ),
)

CANCEL_TESTING: Final = Endpoint[None, None](
    name="CANCEL_TESTING",
    spec="E118",
    method="DELETE",
    path="/api/system/testing",
    body=type(None),
    reply=type(None),
    summary="Cancel the running test.",
    source="openapi system_testing.yaml",
    offered=SINCE_2020,
    access=always(Access.INSTALLER),
    effect=Effect.WRITES,
    status=always(204),
    content_type=always(""),
    quality=Quality.PARTIAL,
    unverified=(NOT_BEFORE_2020, INSTALLER_ONLY, "that it does nothing when no test runs"),
)

ROWS: Final = (
    CONN_TESTS,
    START_CONN_TESTS,
    PING_TEST,
    PING_TEST_POST,
    LOGGING,
    PROBLEMS,
    TESTING,
    START_TESTING,
    CANCEL_TESTING,
)
"""Every row of this area, in the order in which the reference shows them."""
