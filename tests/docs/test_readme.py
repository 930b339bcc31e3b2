"""What the documents show is what happens: their examples are run, and the README's claims checked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.conftest import DOCS, PAGES, ROOT, Shell, blocks, name

from forebay.records.signals import SIGNALS
from forebay.wire import catalogue
from forebay.wire.firmware import PROFILES

RUN = [page for page in PAGES if any(block.language in {"console", "python"} for block in blocks(page))]
NUMBERS = {8: "eight", 9: "nine", 10: "ten"}
README = ROOT / "README.md"
PICTURE_LIMIT = 200_000


def pattern(expected: str) -> re.Pattern[str]:
    """Return what an output must match: "…" is anything on its line, alone on a line any lines."""
    lines = [".*" if line.strip() == "…" else re.escape(line).replace("…", "[^\n]*") for line in expected.split("\n")]
    return re.compile("\n".join(lines), re.DOTALL)


def commands_of(text: str) -> list[tuple[str, str]]:
    """Return a console block as commands with their outputs."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)
    assert not parts[0], "a console block begins with a command"
    return list(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("page", RUN, ids=name)
def test_examples_print_what_the_page_says(page: Path, shell: Shell) -> None:
    found = blocks(page)
    for block, following in zip(found, [*found[1:], None], strict=True):
        at = f"{name(page)}:{block.line}"
        if block.language == "console":
            for command, expected in commands_of(block.text):
                printed = shell.type(command)
                wanted = shell.substituted(expected).rstrip("\n")
                assert pattern(wanted).fullmatch(printed.rstrip("\n")), f"{at}: $ {command}\n{printed}"
        elif block.language == "python":
            printed = shell.execute(block.text)
            assert following is not None, f"{at}: a program is followed by what it prints"
            assert following.language == "text", f"{at}: a program is followed by what it prints"
            assert printed == following.text, f"{at}:\n{printed}"


def test_a_wildcard_stays_on_its_line() -> None:
    assert pattern("a … c\n…\nz").fullmatch("a b c\nmany\nlines\nz")
    assert not pattern("a …").fullmatch("a b\nc")
    assert not pattern("exactly").fullmatch("exactly!")


def test_the_first_screen_says_what_for_whom_and_how() -> None:
    first = README.read_text("utf-8").split("## ")[0]

    for said in ("make demo", "make test", "Owners", "Developers", "<picture>", "No real gateway", "trademarks"):
        assert said in first, said


def test_the_two_commands_exist() -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)

    assert {"demo", "test"} <= set(targets)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_picture_is_there_and_small(scheme: str) -> None:
    picture = DOCS / "images" / f"now-{scheme}.png"

    assert picture.name in README.read_text("utf-8")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < PICTURE_LIMIT


def test_numbers_in_the_readme_are_current() -> None:
    text = " ".join(README.read_text("utf-8").split())

    assert f"all {len(SIGNALS)} signals" in text
    for page in (text, (ROOT / "CHANGELOG.md").read_text("utf-8")):
        found = re.findall(r"(\d+) known resources", " ".join(page.split()))
        assert found
        assert {int(stated) for stated in found} == {len(catalogue.EVERY)}
    assert f"{NUMBERS[len(PROFILES)]} [profiles]" in text
