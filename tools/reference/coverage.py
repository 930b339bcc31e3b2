"""The coverage page: which test or page proves each statement of the acceptance list, and what each row rests on.

Tests and pages name the ids they prove: S001 in a test's docstring, comment or
table, in a comment of a page. A range such as "S126–S132" names all of it.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from forebay.wire import catalogue
from forebay.wire.endpoint import Endpoint
from tools.reference.acceptance import IN_WORDS, LATER, STATEMENTS
from tools.reference.markdown import table
from tools.reference.protocol import anchor

ROOT = Path(__file__).parents[2]

_ID = re.compile(r"\bS(\d{3})(?:\s?[–-]\s?S(\d{3}))?\b")
_PRINTED = ("docs/reference/endpoints.md", "docs/reference/coverage.md")
_CAPTURED = "tests/test_evidence"

_HEAD = """# Coverage

What the founding document of the community states, and where forebay proves it: {proven} of {all} statements have a
test or a page, {later} belong to a part that is still to come and are listed by name. What each of the {rows} rows of
the catalogue rests on follows. A statement without a test or page, and a row without evidence that is not marked
unverified, fails the build.

The lines (L…) are those of the document. A test is named by file and function; `pytest FILE -k FUNCTION` runs it.

"""


def ids_in(text: str) -> set[str]:
    """Return the ids that a text names, ranges filled in."""
    found: set[str] = set()
    for match in _ID.finditer(text):
        first, last = int(match[1]), int(match[2] or match[1])
        found.update(f"S{number:03}" for number in range(first, last + 1))
    return found


def _in_python(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (id, "function") for ids within a test, (id, "") for those in the rest of the file."""
    lines = path.read_text("utf-8").splitlines()
    owned: set[int] = set()
    for node in ast.walk(ast.parse("\n".join(lines))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not node.name.startswith("test_"):
            continue
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        while first > 1 and lines[first - 2].lstrip().startswith("#"):
            first -= 1
        span = range(first - 1, node.end_lineno or node.lineno)
        owned.update(span)
        for number in ids_in("\n".join(lines[line] for line in span)):
            yield number, node.name
    for number in ids_in("\n".join(line for index, line in enumerate(lines) if index not in owned)):
        yield number, ""


@cache
def proofs() -> dict[str, tuple[tuple[str, str], ...]]:
    """Return, for each id that is named, the files and functions that name it, in order."""
    found: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if path.name.startswith("test_") and path.parent.name != "docs":  # tests of this page prove nothing on it
            for number, function in _in_python(path):
                found[number].add((path.relative_to(ROOT).as_posix(), function))
    for path in sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]):
        name = path.relative_to(ROOT).as_posix()
        if name not in _PRINTED:
            for number in ids_in(path.read_text("utf-8")):
                found[number].add((name, ""))
    return {number: tuple(sorted(places)) for number, places in found.items()}


def rests_on(row: Endpoint[Any, Any]) -> tuple[str, ...]:
    """Return the files that hold this row against words which are not our own.

    Those that read captured replies, else those that prove what the founding document prints of it.
    """
    pattern = re.compile(rf"\bcatalogue\.{row.name}\b")
    files = sorted((ROOT / "tests").glob("test_evidence*.py"))
    captured = tuple(f.relative_to(ROOT).as_posix() for f in files if pattern.search(f.read_text("utf-8")))
    if captured:
        return captured
    named = {file for number in row.seed for file, _ in proofs().get(number, ()) if file.startswith("tests/")}
    return tuple(sorted(named)) if not row.unverified else ()


def unproven() -> list[str]:
    """Return what fails the build: one sentence for each statement or row without a proof."""
    known = {**STATEMENTS, **LATER}
    tested = {number for number, places in proofs().items() if any(file.startswith("tests/") for file, _ in places)}
    lines = [f"{number}: no page names it" for number in sorted(IN_WORDS) if number not in proofs()]
    lines += [f"{number}: no test names it" for number in STATEMENTS if number not in tested | IN_WORDS]
    lines += [f"{number}: named, but not on the list" for number in sorted(proofs()) if number not in known]
    lines += [
        f"{row.spec} {row.name}: neither evidence nor a sentence in `unverified`"
        for row in catalogue.EVERY
        if not rests_on(row) and not row.unverified
    ]
    served = {row.spec for row in catalogue.EVERY}
    return lines + [f"E{n:03}: no row" for n in range(1, 132) if f"E{n:03}" not in served]


def _link(place: tuple[str, str]) -> str:
    file, function = place
    words = f"{Path(file).name}: {function.removeprefix('test_').replace('_', ' ')}" if function else Path(file).name
    return f"[{words}](../../{file})"


def _cell(places: tuple[tuple[str, str], ...]) -> str:
    """Name single tests before whole files, at most three."""
    ordered = sorted(places, key=lambda place: (not place[1], place))
    return "; ".join(_link(place) for place in ordered[:3]) + (f"; {len(ordered) - 3} more" if ordered[3:] else "")


def _row(row: Endpoint[Any, Any]) -> str:
    name = f"{row.method} {row.path}"
    return f"[{name}](endpoints.md#{anchor(row)})" if row in catalogue.ALL else name


def _basis(row: Endpoint[Any, Any]) -> str:
    files = rests_on(row)
    kind = "captured replies" if files and files[0].startswith(_CAPTURED) else "the document's own reply"
    evidence = [f"{kind}: " + ", ".join(_link((file, "")) for file in files)] if files else []
    return "; ".join([*evidence, *(["*unverified*: " + "; ".join(row.unverified)] if row.unverified else [])])


def page() -> str:
    """Return the page."""
    statements = [(number, words, _cell(proofs().get(number, ()))) for number, words in STATEMENTS.items()]
    rows = [
        (row.spec, _row(row), str(row.quality), _basis(row))
        for row in sorted(catalogue.EVERY, key=lambda row: row.spec)
    ]
    head = _HEAD.format(
        proven=sum(number in proofs() for number in STATEMENTS),
        all=len(STATEMENTS) + len(LATER),
        later=len(LATER),
        rows=len(rows),
    )
    return (
        head
        + "## Statements\n\n"
        + table(("Id", "Statement", "Proven by"), statements)
        + "\n## Still to come\n\nThe daily routine against a tariff comes with the planner.\n\n"
        + table(("Id", "Statement"), list(LATER.items()))
        + "\n## Rows\n\n"
        + table(("Id", "Row", "Quality", "Rests on"), rows)
    )
