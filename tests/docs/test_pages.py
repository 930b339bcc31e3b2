"""The documents hang together: links lead somewhere, decisions are listed, required facts are said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.conftest import DOCS, PAGES, ROOT, name

from forebay.wire.percent import AppPercent, WirePercent

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|src(?:set)?=\"([^\"]+)\"")
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))
PAIRS = ((5, 10), (16, 20), (16, 20.6), (20, 24), (21, 24.6), (30, 33), (100, 100))


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


def anchors(page: Path) -> set[str]:
    """The anchors that a reader of Markdown makes of headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for link, source in LINK.findall(without_code(page.read_text("utf-8"))):
        target = link or source
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{name(page)}: {target}"
        if anchor:
            assert anchor in anchors(file), f"{name(page)}: {target}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        for link, _ in LINK.findall(page.read_text("utf-8")):
            file = (page.parent / link.partition("#")[0]).resolve()
            if link and "://" not in link and file.is_file():
                waiting.append(file)

    assert {name(page) for page in PAGES} - {name(page) for page in seen} == set()


def test_every_decision_is_listed_once_with_its_own_number() -> None:
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (DOCS / "decisions" / "README.md").read_text("utf-8"))

    assert listed == [page.name for page in DECISIONS]
    assert len({page.name[:4] for page in DECISIONS}) == len(DECISIONS)


@pytest.mark.parametrize("page", DECISIONS, ids=name)
def test_a_decision_begins_with_its_number(page: Path) -> None:
    assert page.read_text("utf-8").startswith(f"# {page.name[:4]}")


def test_decisions_that_the_code_names_exist() -> None:
    numbers = {page.name[:4] for page in DECISIONS}
    named = {
        (number, name(file))
        for file in (ROOT / "src").rglob("*.py")
        for number in re.findall(r"docs/decisions/(\d{4})", file.read_text("utf-8"))
    }

    assert {(number, file) for number, file in named if number not in numbers} == set()


@pytest.mark.parametrize(
    ("page", "facts"),
    [
        ("README.md", ("own risk", "outdated", "local* API only", "timdorr.docs.apiary.io", "not affiliated")),
        ("CONTRIBUTING.md", ("Contributions are welcome",)),
        (
            "docs/how-to/certificate.md",
            (
                '"Details"',
                '"Advanced…"',
                "192.168.99.99 powerwall",
                "openssl s_client -showcerts -servername powerwall -connect powerwall:443 > cacert.pem",
                "curl --cacert cacert.pem https://powerwall/api/meters/aggregates",
                "(51) SSL: no alternative certificate subject name matches target host name",
                "Reveal Serial number",
                "Linux computer",
                "high voltage",
                "www.tesla.com",
                "Be careful in the wizard",
                "whether it still works",
                "add `-k`",
            ),
        ),
    ],
)
def test_what_an_owner_must_be_told_is_told(page: str, facts: tuple[str, ...]) -> None:
    text = " ".join((ROOT / page).read_text("utf-8").split())

    assert [fact for fact in facts if fact not in text] == []


def test_the_tested_pairs_of_percentages_are_shown_as_the_code_gives_them() -> None:
    text = (DOCS / "explanation" / "units-and-signs.md").read_text("utf-8")
    for app, wire in PAIRS:
        row = next(line for line in text.splitlines() if line.startswith(f"| {app} | {wire} |"))
        assert f"| {AppPercent(app).wire.value:.2f} |" in row
        assert row.endswith(f"| {WirePercent(wire).app.value:.2f} |")
