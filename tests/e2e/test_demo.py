"""`forebay demo`: one line, a living house, and a clean end."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.cli.processes import Started, wait_for
from tests.e2e.conftest import fetch


def test_the_demo_prints_one_line_shows_a_living_house_and_leaves_nothing(
    start: Callable[..., Started], tmp_path: Path
) -> None:
    demo = start("demo", "--page-port", "0", "--hours", "2")
    words = demo.ready()
    url = words[1]
    now = wait_for(lambda: n if (n := fetch(f"{url}api/now"))["connection"]["state"] == "live" else None)
    later = wait_for(lambda: n if (n := fetch(f"{url}api/now"))["at"] > now["at"] else None)
    folders = list(tmp_path.glob("forebay-demo-*"))
    began = time.monotonic()
    code = demo.end()

    assert (code, demo.out.count("\n")) == (0, 1)
    assert time.monotonic() - began < 6
    assert words[0] == "ready"
    assert later["power_w"]["load"] > 0
    assert len(folders) == 1
    assert not folders[0].exists()
    assert "Traceback" not in demo.err
    left = subprocess.run(
        ["ps", "-o", "pid=", "-s", str(demo.process.pid)], capture_output=True, text=True, check=False
    )
    assert left.stdout.strip() == ""


def test_the_demo_whose_port_is_taken_says_which_and_ends(start: Callable[..., Started], tmp_path: Path) -> None:
    first = start("demo", "--page-port", "0")
    port = first.ready()[1].rstrip("/").rpartition(":")[2]
    second = start("demo", "--page-port", port)

    assert second.process.wait(20) == 1
    assert second.out == ""
    assert f"port {port}" in second.err
    assert "--page-port" in second.err
    assert "Traceback" not in second.err
    assert first.end() == 0
    assert not list(tmp_path.glob("forebay-demo-*"))


def test_the_demo_keeps_its_files_where_it_is_told(start: Callable[..., Started], tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    demo = start("demo", "--page-port", "0", "--hours", "0", "--dir", kept)
    url = demo.ready()[1]
    wait_for(lambda: fetch(f"{url}api/now")["connection"]["state"] == "live")

    assert demo.end() == 0
    assert (kept / "forebay.db").is_file()
