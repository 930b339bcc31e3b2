"""The tables are well formed, fully served, and agree with what is known."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.conftest import SHARED

from forebay import errors
from forebay.emulator.resources import RESOURCES
from forebay.wire import catalogue, faults
from forebay.wire.endpoint import Effect, Endpoint
from forebay.wire.firmware import PROFILES, Timeline, nearest_profile

ROWS = pytest.mark.parametrize("row", catalogue.EVERY, ids=lambda row: row.name)


def test_every_row_is_served_by_the_emulator() -> None:
    missing = {row.name for row in catalogue.ALL} - {row.name for row in RESOURCES} - {"LOGIN", "LOGOUT"}

    assert missing == set()


def test_names_specs_and_method_with_path_are_unique() -> None:
    for key in (lambda r: r.name, lambda r: r.spec, lambda r: (r.method, r.path)):
        keys = [key(row) for row in catalogue.EVERY]
        assert len(keys) == len(set(keys))


def test_all_131_rows_are_there() -> None:
    """E001–E131."""
    assert {row.spec for row in catalogue.EVERY} == {f"E{number:03d}" for number in range(1, 132)}


@ROWS
def test_a_row_is_named_as_its_constant(row: Endpoint[Any, Any]) -> None:
    assert getattr(catalogue, row.name) is row


@ROWS
def test_only_rows_that_read_are_polled(row: Endpoint[Any, Any]) -> None:
    assert not row.poll or row.effect is Effect.READS


def test_get_rows_that_change_the_house_are_marked() -> None:
    assert catalogue.SITEMASTER_STOP.writes
    assert catalogue.SITEMASTER_RUN.writes
    assert catalogue.CONFIG_COMPLETED.writes
    assert catalogue.LOGOUT.effect is Effect.SESSION


def test_a_row_that_makes_no_sense_cannot_be_built() -> None:
    good: dict[str, Any] = {
        "name": "X", "spec": "E1", "method": "GET", "path": "/x", "body": type(None), "reply": type(None),
        "summary": "", "source": "s",
    }  # fmt: skip
    for wrong in ({"path": "x"}, {"source": ""}, {"method": "POST"}, {"effect": Effect.WRITES, "poll": 5}):
        with pytest.raises(ValueError, match="X"):
            Endpoint(**(good | wrong))
    with pytest.raises(ValueError, match="rising"):
        Timeline(("20.49", 1), ("1.15", 2))


@ROWS
def test_rows_agree_with_the_collected_knowledge(row: Endpoint[Any, Any]) -> None:
    file = SHARED / "spec" / "endpoints.yaml"
    if not file.exists():
        pytest.skip("no collected knowledge: ../shared/spec is not beside this clone")
    entry = re.search(rf"^- id: {row.spec}\n  method: (\w+)\n  path: (\S+)$", file.read_text(), re.MULTILINE)

    assert entry is not None
    assert (entry[1], entry[2]) == (row.method, row.path)


def test_every_status_of_the_fault_table_raises_its_error() -> None:
    for fault in faults.FAULTS:
        raised = faults.error_for(fault.status, fault.error)
        assert issubclass(fault.raises, raised) or issubclass(raised, fault.raises) or fault.raises is errors.WrongState


def test_every_error_says_what_to_do() -> None:
    def leaves(kind: type[errors.ForebayError]) -> list[type[errors.ForebayError]]:
        below = kind.__subclasses__()
        return [leaf for sub in below for leaf in leaves(sub)] if below else [kind]

    drawn = errors.__doc__ or ""
    for leaf in leaves(errors.ForebayError):
        if leaf.__module__ == "forebay.errors":
            assert re.search(rf"{leaf.__name__}\s.*\[{leaf.advice}\]", drawn), leaf


def test_a_release_behaves_as_the_nearest_profile_below() -> None:
    assert nearest_profile((22, 18, 3)).name == "21.44"
    assert nearest_profile((1, 25, 0)).name == "1.20"
    assert nearest_profile((21, 39, 1)).name == "21.39"
    assert nearest_profile((1, 40, 2)).name == "1.40.2"
    with pytest.raises(errors.ConfigError, match=", ".join(p.name for p in PROFILES)):
        nearest_profile((1, 14, 0))
