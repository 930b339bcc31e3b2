"""A mistyped password is asked for again at a keyboard, and told once by doctor."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forebay import config
from forebay.cli import doctor, setup
from forebay.client.snapshot import Snapshot
from forebay.errors import LoginRejected
from forebay.records.reading import Reading
from forebay.store import Store
from forebay.store.state import Connection

NOW = datetime(2026, 6, 21, 12, tzinfo=UTC)
ZONE = "Europe/Zurich"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is typed, in turn; "right" is the password."""
    words: list[str] = []

    async def try_it(_: config.Settings, password: str | None) -> str:
        if password != "right":
            raise LoginRejected("bad credentials (status 401); nothing was written", path="/api/login/Basic")
        return ZONE

    monkeypatch.setattr(setup, "ask_password", lambda _: words.pop(0))
    monkeypatch.setattr(setup, "_try", try_it)
    return words


def test_a_refused_password_is_asked_for_again_at_a_keyboard(
    typed: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    typed += ["wrong", "right"]

    assert setup._ask_until_accepted(config.Settings()) == ("right", ZONE)
    assert "refused this password: bad credentials" in capsys.readouterr().err


@pytest.mark.parametrize(("keyboard", "asked"), [(True, 3), (False, 1)])
def test_but_not_for_ever(typed: list[str], monkeypatch: pytest.MonkeyPatch, keyboard: bool, asked: int) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: keyboard, raising=False)
    typed += ["wrong"] * 5

    with pytest.raises(LoginRejected, match="nothing was written"):
        setup._ask_until_accepted(config.Settings())
    assert len(typed) == 5 - asked


class Refusing:
    """A gateway that refuses the log-in for every row."""

    async def identify(self) -> Any:
        return type("Identity", (), {"firmware": (21, 44, 0)})

    async def snapshot(self) -> Snapshot:
        missing = {name: LoginRejected(f"no {name}", path="/x") for name in ("AGGREGATES", "OPERATION", "SITEMASTER")}
        return Snapshot(began_at=NOW, ended_at=NOW, missing=dict(missing))


async def test_doctor_tells_a_refused_password_once_with_what_to_do() -> None:
    found = await doctor._readings(Refusing(), has_password=True)  # type: ignore[arg-type]

    (wrong,) = [finding for finding in found if finding.verdict == "wrong"]
    assert wrong.words.startswith("the log-in is refused: ")
    assert "forebay setup" in wrong.advice


@pytest.mark.parametrize(
    ("names", "verdict"), [((), "wrong"), (("home",), "wrong"), (("cabin", "home"), "wrong"), (("cabin",), "note")]
)
def test_what_is_recorded_of_another_gateway_is_no_fault_of_this_one(
    tmp_path: Path, names: tuple[str, ...], verdict: str
) -> None:
    with Store.open(tmp_path / "forebay.db") as store:
        key = store.gateway_id("home")
        store.append(key, Reading(at=NOW - timedelta(hours=1)))
        store.set_connection(key, Connection("down", NOW, "The gateway did not answer."))

    (told,) = [f for f in doctor._record(tmp_path / "forebay.db", names) if "did not answer" in f.words]
    assert told.verdict == verdict
