"""Two gateways, one `forebay up`: one record, each by its name, both added up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.processes import Started, run, wait_for

from .conftest import fetch

PASSWORD = "56789"


def test_one_command_records_two_gateways_and_adds_them_up(start: Callable[..., Started], tmp_path: Path) -> None:
    emulated = [
        start(
            *("emulate", "--port", "0", "--password", password, "--seed", str(seed), "--firmware", firmware),
            *("--start", "2026-06-21T12:00:00", "--state-dir", str(tmp_path / f"certificate{seed}")),
        )
        for seed, firmware, password in ((1, "21.44", PASSWORD), (2, "23.44", "abcde"))
    ]
    hosts = [one.ready()[1].removeprefix("https://").rstrip("/") for one in emulated]
    settings = tmp_path / "forebay.toml"
    secret = tmp_path / "barn-password"
    secret.write_text("abcde\n")
    settings.write_text(
        f'[gateway]\nhost = "{hosts[0]}"\nname = "house"\npassword = "{PASSWORD}"\n'
        f'[gateways.barn]\nhost = "{hosts[1]}"\npassword_file = "{secret}"\n[recorder]\nfast_s = 1\nslow_s = 10\n'
    )
    settings.chmod(0o600)
    up = start("up", "--config", settings, "--db", tmp_path / "house.db", "--page-port", "0")
    page = up.ready()[1]

    def live() -> list[Any] | None:
        objects = [fetch(f"{page}api/now?gateway={name}") for name in ("house", "barn", "%2B")]
        states = [one["connection"]["state"] for one in objects]
        return objects if states == ["live"] * 3 and all(one["charge"]["full_wh"] for one in objects) else None

    house, barn, both = wait_for(live, 30.0)

    assert both["gateways"] == ["house", "barn"]
    assert (house["firmware"] or "").startswith("21.44")
    assert (barn["firmware"] or "").startswith("23.44")
    assert both["charge"]["full_wh"] == house["charge"]["full_wh"] + barn["charge"]["full_wh"]
    listed = fetch(f"{page}api/gateways")
    assert [one["name"] for one in listed["gateways"]] == ["house", "barn"]
    assert [one["name"] for one in listed["together"]] == ["+"]

    doctor = run(tmp_path, "doctor", "--config", str(settings), "--db", str(tmp_path / "house.db"))
    assert doctor.returncode == 0, doctor.stdout
    assert "house: the meters are read" in doctor.stdout
    assert "barn: the meters are read" in doctor.stdout
    status = run(tmp_path, "status", "--config", str(settings), "--gateway", "barn", "--json")
    assert status.returncode == 0, status.stderr
    unnamed = run(tmp_path, "status", "--config", str(settings), "--gateway", "shed")
    assert unnamed.returncode != 0
    assert "house, barn" in unnamed.stderr

    emulated[1].end()
    down = wait_for(lambda: (now := fetch(f"{page}api/now?gateway=%2B"))["missing"] == ["barn"] and now, 30.0)
    assert down["connection"]["words"].startswith("1 of 2 gateways is live. barn: ")
    assert fetch(f"{page}api/now?gateway=house")["connection"]["state"] == "live"
    assert up.end() == 0
