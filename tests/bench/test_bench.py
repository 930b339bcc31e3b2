"""The benchmarks' arithmetic and readers; nothing here is timed or started."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench import gateway, load, machine, memory, nginx, processes, startup, swarm
from bench.report import BEGIN, END, Table, page_with
from bench.stats import figure, percentile, ratios, rotated, spread
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.lists(st.floats(0.001, 1e9), min_size=1, max_size=40)


@given(VALUES)
def test_the_middle_half_surrounds_the_median(values: list[float]) -> None:
    found = spread(values)

    assert min(values) <= found.low <= found.median <= found.high <= max(values)


@given(VALUES, st.floats(1, 100))
def test_a_percentile_is_a_measured_value_with_that_many_at_or_below(values: list[float], pct: float) -> None:
    found = percentile(values, pct)

    assert found in values
    assert sum(value <= found for value in values) >= len(values) * pct / 100 - 1e-9


def test_nothing_measured_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        spread([])
    with pytest.raises(ValueError, match="nothing was measured"):
        percentile([], 50)


def test_a_disturbed_round_cancels_in_the_ratio() -> None:
    assert ratios([2.0, 20.0], [1.0, 10.0]) == [2.0, 2.0]


def test_every_contender_goes_first_equally_often() -> None:
    orders = list(rotated(["a", "b", "c"], 6))

    assert all(sorted(order) == ["a", "b", "c"] for order in orders)
    assert sorted(order[0] for order in orders) == ["a", "a", "b", "b", "c", "c"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (1234.4, "1,230"),
        (65_432.0, "65,400"),
        (999.6, "1,000"),
        (9.996, "10.0"),
        (12.34, "12.3"),
        (1.0, "1.00"),
        (0.01234, "0.0123"),
        (-1.404, "-1.40"),
    ],
)
def test_figures_have_three_significant_digits(value: float, words: str) -> None:
    assert figure(value) == words


def test_a_table_says_its_skips_before_its_notes() -> None:
    table = Table("Speed", ["", "ms"], notes=["Three rounds."])
    table.add("forebay", "1")
    table.skip("nginx", "not installed")

    assert table.markdown() == (
        "### Speed\n\n|         | ms |\n|---------|---:|\n| forebay |  1 |\n\n"
        "- Skipped nginx: not installed.\n- Three rounds."
    )
    with pytest.raises(ValueError, match="3 cells for 2 columns"):
        table.add("too", "many", "cells")


def test_a_page_keeps_its_words_around_new_results() -> None:
    page = f"# Before\n{BEGIN}\n\nold\n\n{END}\nAfter\n"

    assert page_with(page, "new") == f"# Before\n{BEGIN}\n\nnew\n\n{END}\nAfter\n"
    with pytest.raises(ValueError, match="no place"):
        page_with("# Before\n", "new")


def test_the_results_page_has_its_place() -> None:
    page = Path(__file__).parents[2] / "docs" / "benchmarks.md"

    assert "new results" in page_with(page.read_text(encoding="utf-8"), "new results")


def test_the_ready_line_is_read_word_by_word() -> None:
    words = gateway.parsed("ready https://127.0.0.1:41729 firmware 21.44 serial TG1 fingerprint ab:cd")

    assert words["ready"] == "https://127.0.0.1:41729"
    assert words["fingerprint"] == "ab:cd"


def test_processor_time_is_read_past_a_name_with_spaces_and_brackets() -> None:
    line = "7 (a) b) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 1 2 20 0 1 0 100 0 0"

    assert processes.stat_ticks(line) == 300


def test_memory_is_read_from_the_rollup() -> None:
    text = "559a-7ffd ---p 0 0:0 0 [rollup]\nRss:   2048 kB\nPss:   1024 kB\nPss_Anon:  900 kB\n"

    assert processes.rollup(text) == {"Rss": 2048, "Pss": 1024}


def test_steady_memory_is_the_last_quarter_and_growth_its_rise_over_the_third() -> None:
    values = [90.0, 70.0, 50.0, 52.0, 53.0, 53.0, 54.0, 54.0]

    assert memory.steady(values).median == 54.0
    assert memory.growth(values) == 1.0


def test_the_report_of_wrk_is_read_and_failures_are_errors() -> None:
    report = "  15420 requests in 2.00s, 37.61MB read\nRequests/sec:   7707.38\n"

    assert load.read_wrk(report) == (15420, 7707.38)
    for wrong in (report + "  Non-2xx or 3xx responses: 12\n", "Requests/sec:  0.00\n"):
        with pytest.raises(RuntimeError):
            load.read_wrk(wrong)


def test_the_report_of_openssl_is_read_and_none_is_an_error() -> None:
    report = "648 connections in 3 real seconds, 2569 bytes read per connection\n"

    assert load.read_s_time(report) == (648, 2569)
    with pytest.raises(RuntimeError):
        load.read_s_time("unable to connect\n")


def test_headers_go_into_the_request_that_openssl_writes() -> None:
    path = load.with_headers("/api/status", {"Authorization": "Bearer x"})

    assert f"GET {path} HTTP/1.0\r\n\r\n" == (
        "GET /api/status HTTP/1.0\r\nAuthorization: Bearer x\r\nX-Rest: HTTP/1.0\r\n\r\n"
    )
    assert load.with_headers("/api/status", {}) == "/api/status"


def test_nginx_serves_only_loopback_with_one_worker_and_no_resumption() -> None:
    text = nginx.config(Path("/tmp/x"), 4443, Path("/tmp/c.pem"), Path("/tmp/c.key"))

    assert text.count("listen ") == 1
    assert "listen 127.0.0.1:4443 ssl;" in text
    for setting in ("worker_processes 1;", "ssl_protocols TLSv1.3;", "ssl_session_tickets off;"):
        assert setting in text


def test_start_up_compares_with_bare_python_and_a_limit() -> None:
    wanted = startup.commands()

    assert {startup.BARE, startup.HELP, "import forebay", "from forebay import Gateway"} <= wanted.keys()
    assert all(command[0] for command in wanted.values())


@pytest.mark.parametrize(
    ("words", "version"),
    [("nginx version: nginx/1.22.1", "1.22.1"), ("OpenSSL 3.0.22 25 Aug 2026", "3.0.22"), ("none", "?")],
)
def test_versions_are_found_in_programs_words(words: str, version: str) -> None:
    assert machine.parsed_version(words) == version


def test_an_answer_is_only_right_when_its_powers_add_up() -> None:
    def body(load_w: float) -> bytes:
        power = {"site": 100.4, "battery": -50.0, "solar": 2_000.0, "load": load_w}
        return json.dumps({point: {"instant_power": watts} for point, watts in power.items()}).encode()

    aggregates, soe = swarm.PATHS
    assert swarm.problem(aggregates, 200, body(2_050.0)) == ""
    assert swarm.problem(aggregates, 200, body(2_100.0)) == "powers do not add up"
    assert swarm.problem(aggregates, 200, b"{}") == "body"
    assert swarm.problem(aggregates, 502, b"") == "status 502"
    assert swarm.problem(soe, 200, b'{"percentage":45.5}') == ""
    assert swarm.problem(soe, 200, b'{"percentage":145.5}') == "charge"
