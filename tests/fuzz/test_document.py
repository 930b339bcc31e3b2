"""OpenAPI fuzzed: whatever the served document allows or forbids, the answer is one that it names."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from tests.cli.conftest import Emulated

from forebay.emulator.build import build_device
from forebay.emulator.home import Home
from forebay.emulator.sessions import Sessions
from forebay.wire.endpoint import Access

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # the fuzzer's own warnings, and unchecked TLS

schemathesis: Any = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
requests: Any = pytest.importorskip("requests", reason="requests is not installed")

START = datetime(2026, 6, 21, 19, 0, 3, tzinfo=UTC)
SETTINGS = hypothesis.settings(
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
    phases=[hypothesis.Phase.generate],
)

IS_SEARCH = (hypothesis.settings.default or SETTINGS).max_examples > 100
RELEASES = [("1.40.2", 1), ("21.44", 2), ("restricted", 4)]
if IS_SEARCH:  # `--hypothesis-profile=search` takes minutes and leaves nothing out
    RELEASES = [
        (name, 40) for name in ("1.15", "1.20", "1.40.2", "1.50", "20.49", "21.44", "22.36", "23.44", "restricted")
    ]
"""Releases, and how many requests of each kind are made for each row."""


@contextlib.contextmanager
def emulated(firmware: str, folder: Path) -> Iterator[Emulated]:
    """Serve a home whose time stands still."""
    running = Emulated(build_device(Home(), start=START, speed=0, firmware=firmware), folder).start()
    try:
        yield running
    finally:
        running.close()


def checks() -> list[Any]:
    """What every answer must be: of a status, a content type and a form that the document names."""
    from schemathesis.specs.openapi import checks as known

    return [known.status_code_conformance, known.content_type_conformance, known.response_schema_conformance]


def kinds(operation: Any) -> Iterator[Any]:
    """Requests that the document allows, and such that it does not."""
    from schemathesis.generation import GenerationMode

    yield operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if operation.body or operation.path_parameters:
        yield operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)


@pytest.mark.parametrize(("firmware", "examples"), RELEASES, ids=[name for name, _ in RELEASES])
def test_no_answer_is_other_than_the_served_document_says(tmp_path: Path, firmware: str, examples: int) -> None:
    wrong: dict[str, str] = {}
    made = 0
    with emulated(firmware, tmp_path) as running, requests.Session() as http:
        http.trust_env = False
        assert running.ready is not None
        document = http.get(f"{running.ready.control_url}/openapi.json", timeout=10).json()
        from schemathesis.core import failures

        sessions = running.device.area(Sessions)

        def ask(case: Any) -> None:
            nonlocal made
            made += 1
            token = sessions._grant(Access.ENGINEER, running.device.clock.now())
            headers = {"Authorization": f"Bearer {token}"}
            where = {"base_url": f"https://{running.host}", "session": http, "verify": False, "timeout": 10}
            answer = case.call(headers=headers, **where)
            try:
                case.validate_response(answer, checks=checks())
            except failures.FailureGroup as no:
                wrong.setdefault(f"{case.operation.label} {answer.status_code}", f"{no}\n{answer.request.body!r}")

        for found in schemathesis.openapi.from_dict(document).get_all_operations():
            for kind in kinds(found.ok()):
                run = hypothesis.settings(SETTINGS, max_examples=examples)(hypothesis.given(case=kind)(ask))
                run()
        status = http.get(f"https://{running.host}/api/meters/aggregates", verify=False, timeout=10).status_code

    assert wrong == {}
    assert made >= examples * len(document["paths"])
    assert status in (200, 403, 502)
