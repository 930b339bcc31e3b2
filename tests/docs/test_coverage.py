"""Every statement of the founding document has its proof, and the page of them is honest."""

from __future__ import annotations

import pytest
from tools import docs
from tools.reference import acceptance, coverage

from forebay.wire import catalogue


def test_every_statement_and_row_has_its_proof() -> None:
    assert coverage.unproven() == []


def test_the_nine_of_the_planner_are_the_only_ones_left_out() -> None:
    numbers = {f"S{number:03}" for number in range(1, 176)}

    assert set(acceptance.STATEMENTS) | set(acceptance.LATER) == numbers
    assert sorted(acceptance.LATER) == ["S073", "S074", "S076", "S077", "S078", "S079", "S080", "S081", "S082"]
    assert not set(acceptance.STATEMENTS) & set(acceptance.LATER)
    assert {row.spec for row in catalogue.EVERY} == {f"E{number:03}" for number in range(1, 132)}


def test_a_statement_without_a_proof_fails_the_build(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown = f"S{999}"
    monkeypatch.setitem(acceptance.STATEMENTS, unknown, "L999 · what nobody proves")
    monkeypatch.setattr("sys.argv", ["docs", "--check"])

    assert docs.main() == 1
    assert f"coverage: {unknown}: no test names it" in capsys.readouterr().err


def test_a_page_alone_does_not_prove_what_a_program_does(monkeypatch: pytest.MonkeyPatch) -> None:
    by_page = {number: (("docs/page.md", ""),) for number in acceptance.STATEMENTS}
    monkeypatch.setattr(coverage, "proofs", lambda: by_page)

    wanting = {line[:4] for line in coverage.unproven() if line.endswith("no test names it")}
    assert wanting == set(acceptance.STATEMENTS) - acceptance.IN_WORDS


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("S033, S034", {"S033", "S034"}),
        ("S126–S129: pairs", {"S126", "S127", "S128", "S129"}),
        ("US001, S01, S0333", set()),
    ],
)
def test_ids_are_read_as_they_are_written(text: str, ids: set[str]) -> None:
    assert coverage.ids_in(text) == ids


def test_a_test_is_named_by_its_function_and_a_page_by_its_file() -> None:
    assert ("tests/docs/test_coverage.py", "") not in coverage.proofs().get("S142", ())
    assert ("docs/explanation/the-document.md", "") in coverage.proofs()["S142"]
    assert (
        "tests/document/test_open_rows.py",
        "test_a_stopped_sitemaster_answers_to_the_letter",
    ) in coverage.proofs()["S051"]
